"""Reports of runs one after the other: each is about its own run, beside the one before."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cleancopy import settings
from cleancopy.dataset.layout import Layout
from cleancopy.runs.direct import run_direct
from cleancopy.views.report import report_run, write_report
from tests.views.conftest import QUICK
from tests.views.pages import check_page

PAGE = """\
A page about the tides of the river

The tide rises twice a day, says the old keeper of the lock, and nobody here has ever needed a clock to know when.

Most boats leave with the first water of the morning, and come back when the second one lifts them over the bar.

Related articles
How the bar was dredged in the year of the great storm
Ten boats that never came back over the bar
"""
EXTRA = "Tide tables of the week\nShare this page\nTide tables of the month\nPrint this page\n"


@pytest.fixture
def pages(tmp_path: Path) -> Callable[[str, int, str], str]:
    """A folder of pages with something at their ends."""

    def make(name: str, count: int, ending: str) -> str:
        folder = tmp_path / name
        folder.mkdir()
        for number in range(count):
            (folder / f"{number}.txt").write_text(f"{PAGE.replace('river', f'river {number}')}{ending}")
        return str(folder)

    return make


def test_report_is_about_its_run_and_shows_what_changed(pages: Callable[[str, int, str], str], tmp_path: Path) -> None:
    chosen = settings.load(overrides=QUICK)
    layout = Layout.at(tmp_path / "out")
    sources = [pages("first", 60, "")]
    first = run_direct(sources, layout.root, chosen)
    page = report_run(layout, first.run, pytest.fail)
    assert page is not None
    assert "Beside the run before" not in check_page(page.read_text()).text

    sources.append(pages("second", 60, EXTRA))
    second = run_direct(sources, layout.root, chosen)
    shown = write_report(layout)
    assert shown.stem == second.run
    kept = json.loads(shown.with_suffix(".json").read_bytes())["figures"]
    assert kept["articles"] == 60  # its own, not the dataset's
    assert second.dataset.articles == 120
    text = " ".join(check_page(shown.read_text()).text.split())
    assert "far more or less often than in the run before" in text
    assert "en.share.call" in text[: text.index("records read")]
    assert "en.related.header" not in text[: text.index("records read")]
    assert "Slowest records" in text

    idle = run_direct(sources, layout.root, chosen)
    assert report_run(layout, idle.run, pytest.fail) is None
    assert write_report(layout) == shown, "the last run that wrote something"
    assert "nothing to do" in write_report(layout, idle.run).read_text()


def test_a_report_that_cannot_be_drawn_is_a_note(pages: Callable[[str, int, str], str], tmp_path: Path) -> None:
    layout = Layout.at(tmp_path / "out")
    run = run_direct([pages("only", 8, EXTRA)], layout.root, settings.load(overrides=QUICK)).run
    (layout.state / "reports").write_text("in the way")
    said: list[str] = []
    assert report_run(layout, run, said.append) is None
    assert f"cleancopy report {layout.root} tries again" in said[0]
    (layout.state / "reports").unlink()
    assert report_run(layout, run, pytest.fail) is not None


def test_figures_of_a_run_stay_when_its_shards_are_replaced(
    pages: Callable[[str, int, str], str], tmp_path: Path
) -> None:
    layout = Layout.at(tmp_path / "out")
    sources = [pages("only", 8, EXTRA)]
    first = run_direct(sources, layout.root, settings.load(overrides=QUICK))
    report_run(layout, first.run, pytest.fail)
    kept = (layout.state / "reports" / f"{first.run}.json").read_bytes()
    second = run_direct(sources, layout.root, settings.load(overrides={**QUICK, "clean.packs": ["common"]}))
    report_run(layout, second.run, pytest.fail)
    write_report(layout, first.run)
    assert (layout.state / "reports" / f"{first.run}.json").read_bytes() == kept
    for name in ("json", "html"):
        (layout.state / "reports" / f"{first.run}.{name}").unlink()
    assert "have been cleaned again since" in write_report(layout, first.run).read_text()
