"""Boxes in the midst of articles that say where they begin and end: they go as a whole, and nothing else does."""

from __future__ import annotations

import html
import tomllib
from pathlib import Path
from typing import Any

import pytest

import cleancopy
from cleancopy.decide.passes.enclosed import BOX_LINES

PAGES = tomllib.loads((Path(__file__).parent / "enclosed.toml").read_text("utf-8"))["page"]
page_of = pytest.mark.parametrize("page", PAGES, ids=lambda page: page["language"])
SENTENCE = "The warden walked up the lane with her lamp and counted the sheep again, {} of them, before the rain came."


def with_boxes(page: dict[str, Any], boxes: list[list[str]]) -> list[list[str]]:
    """The parts of the page: each box below one of the paragraphs, in turn."""
    parts = [[page["title"]], [page["paragraphs"][0]]]
    for place, box in enumerate(boxes):
        parts += [box, *([[page["paragraphs"][place + 1]]] if place + 1 < len(page["paragraphs"]) else [])]
    return [*parts, *([paragraph] for paragraph in page["paragraphs"][len(boxes) + 1 :])]


def as_text(parts: list[list[str]]) -> str:
    return "\n\n".join("\n".join(part) for part in parts)


@page_of
@pytest.mark.parametrize("box", range(3), ids=["summary", "embed", "register"])
def test_a_box_goes_and_the_article_stays(page: dict[str, Any], box: int) -> None:
    parts = with_boxes(page, [page["boxes"][box]])
    article = cleancopy.clean(as_text(parts))
    assert article.title == page["title"]
    assert article.text == "\n\n".join(page["paragraphs"])


@page_of
def test_all_boxes_go_from_a_page(page: dict[str, Any]) -> None:
    title, *parts = with_boxes(page, page["boxes"][:2])
    rows = "".join(f"<p>{html.escape(line)}</p>" for part in parts for line in part)
    content = f"<html><body><article><h1>{html.escape(title[0])}</h1>{rows}</article></body></html>"
    assert cleancopy.clean(html=content).text == "\n\n".join(page["paragraphs"])


@page_of
def test_what_an_article_says_of_such_boxes_stays(page: dict[str, Any]) -> None:
    first, *others = page["paragraphs"]
    paragraphs = [first, *page["about"], *others]
    assert cleancopy.clean("\n\n".join([page["title"], *paragraphs])).text == "\n\n".join(paragraphs)


@page_of
def test_what_stands_below_a_box_without_an_end_stays(page: dict[str, Any]) -> None:
    """Below the name of a summary alone may stand the article."""
    text = as_text([[page["title"]], [page["boxes"][0][0]], *([paragraph] for paragraph in page["paragraphs"])])
    assert cleancopy.clean(text).text == "\n\n".join(page["paragraphs"])


@pytest.mark.parametrize(("lines", "goes"), [(1, True), (3, True), (BOX_LINES, True), (BOX_LINES + 1, False)])
def test_a_box_has_few_lines(lines: int, goes: bool) -> None:
    inside = [SENTENCE.format(number + 100) for number in range(lines)]
    outside = [SENTENCE.format(number + 200) for number in range(2 * BOX_LINES)]
    text = as_text(
        [["Lambs at Orley"], *([line] for line in outside), ["AI summary"], *([x] for x in inside), ["Close summary"]]
    )
    assert cleancopy.clean(text).text.split("\n\n") == (outside if goes else outside + inside)


def test_a_box_is_not_most_of_the_text() -> None:
    inside = [SENTENCE.format(number + 100) for number in range(6)]
    text = as_text(
        [["Lambs at Orley"], [SENTENCE.format(1)], ["AI summary"], *([x] for x in inside), ["Close summary"]]
    )
    assert cleancopy.clean(text).text.split("\n\n") == [SENTENCE.format(1), *inside]


def test_a_box_ends_with_the_first_end_of_its_role() -> None:
    inside, below = SENTENCE.format(100), [SENTENCE.format(number + 200) for number in range(4)]
    text = as_text(
        [
            ["Lambs at Orley"],
            [below[0]],
            ["AI summary", inside, "Close summary"],
            [below[1]],
            ["Hide summary"],
            *([x] for x in below[2:]),
        ]
    )
    lines = {line.text: line.rule for line in cleancopy.explain(text)}
    assert lines[inside] == "en.other.summary/list"
    assert lines["Close summary"] == lines["Hide summary"] == "en.other.summary_end"
    assert cleancopy.clean(text).text.split("\n\n") == below
