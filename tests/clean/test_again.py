"""Where rules alone decide, cleaning the clean text again changes nothing."""

from __future__ import annotations

import gzip
import json
import tomllib
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings

from cleancopy.cleaner import Cleaned
from cleancopy.model import Article, Document
from cleancopy.text.segment import segment
from tests.benchmark import ABSENT, BENCH
from tests.case_files import load_cases

from .conftest import Make
from .test_cases import document_of
from .test_properties import TEXTS

PAGES = 60
MOST_CHANGED = 1
"""Pages of a rendering that may change: where a menu went, a long line or a break may tell more of what is left."""
BATCH = 64
# What is written in no language for sure may be read by other rules once some of it has gone.
PROSE = (
    "The bridge was closed to carts in the year of the flood, and nobody has asked for the key since then.\n\n"
    "What will become of it is for the town to say, and the town has other things on its mind than an old bridge."
)
CASES: list[dict[str, str]] = tomllib.loads((Path(__file__).parent / "again.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_once_changed(rules_make: Make, case: dict[str, str]) -> None:
    first = again(rules_make, [segment(case["text"], url=case.get("url"))])[0]
    assert first.title == case.get("title")
    for gone in case.get("gone", "").splitlines():
        assert gone not in first.text.splitlines()


def test_our_own_cases(rules_make: Make) -> None:
    again(rules_make, [document_of(case) for case in load_cases()])


@pytest.mark.parametrize("view", ["inscriptis", "resiliparse", "soup"])
@pytest.mark.parametrize("kind", ["wcxb-dev", "segments-dev"])
def test_pages_of_the_benchmark(rules_make: Make, kind: str, view: str) -> None:
    raw = BENCH / kind / "raw" / f"{view}.jsonl.gz"
    if not raw.exists():
        pytest.skip(ABSENT)
    with gzip.open(raw, "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in islice(stream, PAGES)]
    changed = [
        first.title
        for first, second in twice(rules_make, [segment(row["text"], url=row["url"]) for row in rows])
        if second is None or (second.title, second.text) != (first.title, first.text)
    ]
    assert len(changed) <= MOST_CHANGED, changed


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_any_text(rules_make: Make, text: str) -> None:
    again(rules_make, [segment(f"{text}\n\n{PROSE}")])


def again(make: Make, documents: list[Document]) -> list[Article]:
    """The articles of the documents; it fails where cleaning title and text of one once more gives other ones."""
    pairs = twice(make, documents)
    for first, second in pairs:
        assert second is not None
        assert (second.title, second.text) == (first.title, first.text)
    return [first for first, _ in pairs]


def twice(make: Make, documents: list[Document]) -> list[tuple[Article, Article | None]]:
    """The article of each document that has one, and the article of its title and text."""
    firsts = [
        (document, article) for document, article in zip(documents, clean(make, documents), strict=True) if article
    ]
    texts = [segment(f"{article.title or ''}\n\n{article.text}", url=document.url) for document, article in firsts]
    return [(first, second) for (_, first), second in zip(firsts, clean(make, texts), strict=True)]


def clean(make: Make, documents: list[Document]) -> list[Article | None]:
    """The article of each document; None where nothing is left of it."""
    articles: list[Article | None] = []
    for first in range(0, len(documents), BATCH):
        results = make.cleaner.clean(documents[first : first + BATCH])
        articles.extend(result.article if isinstance(result, Cleaned) else None for result in results)
    return articles
