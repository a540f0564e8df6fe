"""Pages in a real browser: nothing runs or loads that should not, nothing overflows, all is legible, keys work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cleancopy import settings
from cleancopy.assembly import build_cleaner
from cleancopy.cleaner import Cleaner
from cleancopy.dataset.layout import Layout
from cleancopy.text.segment import segment
from cleancopy.views.diff import compare, diff_html
from cleancopy.views.explain_html import explain_html
from cleancopy.views.explanation import explain_document
from cleancopy.views.report import write_report
from tests.views.browser import Browser, browser, executable
from tests.views.conftest import HOSTILE, QUICK, RAW

pytestmark = pytest.mark.skipif(executable() is None, reason="no chromium on this machine")

LEAST_CONTRAST = 4.5
"""WCAG 2.2, criterion 1.4.3."""

CONTRASTS = """(() => {
  const channel = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const parse = color => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor);
      if (color.length === 3 || color[3] > 0.99) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("script, svg, .skip")) continue;
    if (!element.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.push([ratio, element.className + ": " + walker.currentNode.data.trim().slice(0, 40)]);
  }
  return found.sort((x, y) => x[0] - y[0]).slice(0, 3);
})()"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(
    cleaner: Cleaner, dataset: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    page = segment((RAW / "en-whole-page.txt").read_text())
    hostile = segment(HOSTILE)
    other = build_cleaner(settings.load(overrides={**QUICK, "clean.packs": ["common"]}))
    made = {
        "explain": explain_html(explain_document(cleaner, page), "en-whole-page.txt"),
        "hostile": explain_html(explain_document(cleaner, hostile), HOSTILE),
        "diff": diff_html(list(compare(cleaner, other, [(HOSTILE, hostile), ("page", page)])), "a → b"),
    }
    paths = {name: folder / f"{name}.html" for name in made}
    for name, html in made.items():
        paths[name].write_text(html)
    return {**paths, "report": write_report(Layout.at(dataset("none")))}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("name", ["explain", "hostile", "diff", "report"])
def test_page_is_sound(tab: Browser, pages: dict[str, Path], name: str, width: int, scheme: str) -> None:
    tab.events.clear()
    tab.open(pages[name], width, scheme)
    assert tab.ask("document.documentElement.scrollWidth <= innerWidth"), "it must be scrolled sideways"
    assert tab.ask("window.pwned === undefined")
    background = tab.ask("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (sum(background) < 3 * 128) == (scheme == "dark")
    contrasts = tab.ask(CONTRASTS)
    assert len(contrasts) == 3
    for ratio, where in contrasts:
        assert ratio >= LEAST_CONTRAST, where
    requested = [
        event["params"]["request"]["url"] for event in tab.events if event["method"] == "Network.requestWillBeSent"
    ]
    assert requested == [pages[name].as_uri()]
    complaints = [
        event["params"] for event in tab.events if event["method"] in {"Log.entryAdded", "Runtime.exceptionThrown"}
    ]
    assert complaints == []


def test_keys_walk_through_an_explanation(tab: Browser, pages: dict[str, Path]) -> None:
    tab.open(pages["explain"], 1280, "light")
    entries = tab.ask("document.querySelectorAll('.entry').length")
    here = "document.activeElement.dataset.line"
    tab.press("j")
    first = tab.ask(here)
    tab.press("ArrowDown")
    second = tab.ask(here)
    assert int(second) > int(first)
    tab.press("k")
    assert tab.ask(here) == first
    tab.press("Enter")
    assert tab.ask("document.activeElement.getAttribute('aria-expanded')") == "true"
    assert tab.ask("document.querySelector('.entry.open .more').checkVisibility()")
    tab.press("Escape")
    assert tab.ask("document.querySelectorAll('.entry.open').length") == 0
    tab.press("n")
    assert not tab.ask("document.activeElement.classList.contains('kept')")
    for _ in range(entries + 3):
        tab.press("j")
    assert tab.ask("[...document.querySelectorAll('.entry')].indexOf(document.activeElement)") == entries - 1


def test_outcomes_differ_without_colour(tab: Browser, pages: dict[str, Path]) -> None:
    """By their mark, and by the edge of their lines: whole, dotted or hatched."""
    tab.open(pages["explain"], 1280, "light")
    tab.call("Emulation.setEmulatedVisionDeficiency", type="achromatopsia")
    seen = {}
    for outcome in ("kept", "lifted", "removed"):
        entry = f"document.querySelector('.entry.{outcome}')"
        mark = tab.ask(f"{entry}.querySelector('.mark').textContent")
        name = tab.ask(f"{entry}.querySelector('.mark').getAttribute('aria-label')")
        edge = tab.ask(f"getComputedStyle({entry}).borderLeftStyle")
        hatched = tab.ask(f"getComputedStyle({entry}, '::before').backgroundImage.includes('gradient')")
        seen[outcome] = (mark, edge, hatched)
        assert name == outcome
    assert seen == {"kept": ("✓", "solid", False), "lifted": ("▲", "dotted", False), "removed": ("✕", "solid", True)}


def test_details_say_why(tab: Browser, pages: dict[str, Path]) -> None:
    tab.open(pages["explain"], 1280, "light")
    assert tab.ask("document.querySelectorAll('.more').length") == 0
    for key in ("n", "Enter"):
        tab.press(key)
    said = tab.ask("[...document.querySelectorAll('.entry.open dt')].map(e => e.textContent)")
    assert said[:3] == ["Outcome", "Decided by", "Confidence"]
    rule = tab.ask("document.querySelector('.entry.open .why code').textContent")
    assert rule in tab.ask("document.querySelector('.entry.open .more').textContent")


def test_hostile_details_are_text(tab: Browser, pages: dict[str, Path]) -> None:
    tab.open(pages["hostile"], 1280, "light")
    tab.ask("document.querySelectorAll('.entry').forEach(entry => entry.click())")
    opened = tab.ask("document.querySelectorAll('.more').length")
    assert opened == len(HOSTILE.splitlines())
    assert tab.ask("document.querySelectorAll('.more script, .more img, .more svg, .more a').length") == 0
    assert tab.ask("window.pwned === undefined")


def test_long_documents_open_at_once(tab: Browser, cleaner: Cleaner, tmp_path: Path) -> None:
    """Few elements a line, and none laid out that is out of sight: with all of them 5,000 lines took a busy machine
    20 s.
    """
    lines = [f"{number} {'word ' * (number % 40)}" for number in range(5000)]
    path = tmp_path / "long.html"
    path.write_text(explain_html(explain_document(cleaner, segment("\n".join(lines))), "long"))
    tab.open(path, 1280, "light")
    assert tab.ask("document.querySelectorAll('.entry').length") == len(lines)
    assert tab.ask("document.querySelectorAll('.lines *').length") < 10 * len(lines)
    drawn = "e => e.checkVisibility({contentVisibilityAuto: true})"
    seen = tab.ask(f"[...document.querySelectorAll('.entry')].filter({drawn}).length")
    assert 0 < seen < 1000
    tab.ask("location.hash = '#L4900'")
    assert tab.ask("Math.abs(document.getElementById('L4900').getBoundingClientRect().top) < innerHeight")


def test_outcomes_can_be_hidden(tab: Browser, pages: dict[str, Path]) -> None:
    tab.open(pages["explain"], 1280, "light")
    shown = "[...document.querySelectorAll('.entry')].filter(e => e.checkVisibility()).length"
    everything, removed = tab.ask(shown), tab.ask("document.querySelectorAll('.entry.removed').length")
    assert removed > 0
    tab.ask("document.querySelector('[data-outcome=removed]').click()")
    assert tab.ask(shown) == everything - removed
    tab.press("j")
    assert not tab.ask("document.activeElement.classList.contains('removed')")
