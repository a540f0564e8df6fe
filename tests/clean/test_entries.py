"""No entry of a page's furniture takes the article below it, in whatever way the page was rendered."""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cleancopy.cleaner import Cleaned
from cleancopy.text.segment import segment

from .conftest import Make

ARTICLES = tomllib.loads((Path(__file__).parent / "entries.toml").read_text("utf-8"))["article"]
# Of languages without a pack the rules know no header.
COLUMNS = 88


def _wrapped(block: str) -> str:
    if " " in block:
        return "\n".join(textwrap.wrap(block, COLUMNS))
    return "\n".join(block[start : start + 40] for start in range(0, len(block), 40))


LAYOUTS: dict[str, Callable[[list[str], list[str]], str]] = {
    # A terminal browser: bullets, paragraphs wrapped, a blank line between all blocks.
    "wrapped": lambda menu, blocks: (
        "\n".join(f"  • {entry}" for entry in menu) + "\n\n" + "\n\n".join(map(_wrapped, blocks))
    ),
    # One text node a line.
    "nodes": lambda menu, blocks: "\n".join([*menu, *blocks]),
    # A block a line, with a blank line between them, as inscriptis has it.
    "spaced": lambda menu, blocks: "\n".join(f"* {entry}" for entry in menu) + "\n\n" + "\n\n".join(blocks),
}


def _above() -> Iterator[Any]:
    for article in ARTICLES:
        for layout in LAYOUTS:
            for entry in article["above"]:
                yield pytest.param(article, layout, entry, id=f"{article['language']}-{layout}-{entry}")


@pytest.mark.parametrize(("article", "layout", "entry"), _above())
def test_an_entry_above_takes_nothing_of_the_text(
    model_make: Make, article: dict[str, Any], layout: str, entry: str
) -> None:
    blocks = [article["title"], article["byline"], entry, *article["paragraphs"]]
    text = _text(model_make, LAYOUTS[layout](article["menu"], blocks))
    assert [each for each in article["paragraphs"] if _flat(each) not in text] == []


@pytest.mark.parametrize(
    "article",
    [pytest.param(each, id=each["language"]) for each in ARTICLES],
)
@pytest.mark.parametrize("layout", ["wrapped", "spaced"])
def test_a_header_in_the_midst_takes_its_teasers_alone(model_make: Make, article: dict[str, Any], layout: str) -> None:
    paragraphs = article["paragraphs"]
    teasers = "\n".join(article["related"])
    text = LAYOUTS[layout]([], [article["title"], article["byline"], *paragraphs[:2], teasers, *paragraphs[2:]])
    if layout == "wrapped":
        text = text.replace(_wrapped(teasers), teasers)
    cleaned = _text(model_make, text)
    assert [each for each in paragraphs if _flat(each) not in cleaned] == []
    assert [each for each in article["related"] if _flat(each) in cleaned] == []


def _text(make: Make, raw: str) -> str:
    result = make.cleaner.clean([segment(raw)])[0]
    return _flat(result.article.text) if isinstance(result, Cleaned) else ""


def _flat(text: str) -> str:
    return "".join(text.split())
