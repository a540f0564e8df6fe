"""Short articles beside long walls of consent: the wall goes and the article stays, wherever the wall stands."""

from __future__ import annotations

import html
import tomllib
from pathlib import Path
from typing import Any

import pytest

import cleancopy

PAGES = tomllib.loads((Path(__file__).parent / "walls.toml").read_text("utf-8"))["page"]
page_of = pytest.mark.parametrize("page", PAGES, ids=lambda page: page["language"])


def elements(name: str, texts: list[str]) -> str:
    return "".join(f"<{name}>{html.escape(text)}</{name}>" for text in texts)


def as_html(page: dict[str, Any], paragraphs: list[str], *, above: bool) -> str:
    title, *said, button = page["wall"]
    wall = f"<div class='box'><h2>{title}</h2>{elements('p', said)}<button>{button}</button></div>"
    links = " ".join(f"<a href='/{entry}'>{entry}</a>" for entry in page["menu"])
    parts = [
        f"<div>{links}</div>",
        f"<div><h1>{page['title']}</h1>{elements('p', paragraphs)}</div>",
        f"<div>{page['legal']}</div>",
    ]
    parts.insert(0 if above else 3, wall)
    head = f"<head><title>{page['title']}</title></head>"
    return f"<html lang='{page['language']}'>{head}<body>{''.join(parts)}</body></html>"


def as_text(page: dict[str, Any], paragraphs: list[str], *, above: bool) -> str:
    parts = ["\n".join(page["menu"]), page["title"], *paragraphs, page["legal"]]
    parts.insert(0 if above else len(parts), "\n".join(page["wall"]))
    return "\n\n".join(parts)


@page_of
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("above", [True, False], ids=["above", "below"])
@pytest.mark.parametrize("kind", ["html", "text"])
def test_the_wall_goes_and_the_article_stays(page: dict[str, Any], count: int, above: bool, kind: str) -> None:
    paragraphs = page["paragraphs"][:count]
    article = (
        cleancopy.clean(html=as_html(page, paragraphs, above=above))
        if kind == "html"
        else cleancopy.clean(as_text(page, paragraphs, above=above))
    )
    assert article.title == page["title"]
    assert article.text == "\n\n".join(paragraphs)


@page_of
def test_an_article_about_consent_stays(page: dict[str, Any]) -> None:
    paragraphs = [page["paragraphs"][0], page["about"], *page["paragraphs"][1:]]
    assert cleancopy.clean("\n\n".join([page["title"], *paragraphs])).text == "\n\n".join(paragraphs)


@page_of
def test_what_goes_is_said_line_by_line(page: dict[str, Any]) -> None:
    lines = cleancopy.explain(as_text(page, page["paragraphs"], above=True))
    found = [(line.role.value, line.rule) for line in lines]
    assert found[: len(page["wall"])] == [("cookie", "kind.consent")] * len(page["wall"])
    assert {line.text for line in lines if line.role.value == "title"} == {page["title"]}
