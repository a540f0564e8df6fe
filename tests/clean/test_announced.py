"""Links between paragraphs that stand again in a list of related articles: they go, and nothing like them does."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import cleancopy

PAGES = tomllib.loads((Path(__file__).parent / "announced.toml").read_text("utf-8"))["page"]
page_of = pytest.mark.parametrize("page", PAGES, ids=lambda page: page["language"])


def line_of(page: dict[str, Any], line: str, listed: list[str]) -> cleancopy.ExplainedLine:
    """What becomes of the line between the paragraphs, above a list of related articles."""
    first, *others = page["paragraphs"]
    text = "\n\n".join([page["title"], first, line, *others, "\n".join([page["header"], *listed])])
    return next(each for each in cleancopy.explain(text) if each.text == line)


@page_of
@pytest.mark.parametrize("sign", ["▶", "► ", "→ ", "» "])
def test_a_link_that_is_listed_again_goes(page: dict[str, Any], sign: str) -> None:
    found = line_of(page, sign + page["link"], [*page["others"], page["link"]])
    assert found.role.value == "related"


@page_of
def test_text_behind_an_arrow_stays(page: dict[str, Any]) -> None:
    line = "▶ " + page["paragraphs"][1]
    first, _, third = page["paragraphs"]
    text = "\n\n".join([page["title"], first, line, third, "\n".join([page["header"], *page["others"], page["link"]])])
    (found,) = [each for each in cleancopy.explain(text) if each.text == line]
    assert found.role.value in ("body", "list_item")
