"""How well whole sets of pages come out: no figure may sink below what was once reached (`floors.toml`).

The gold cases are ours and always there. Where a benchmark checkout is at hand, so are its pages: those the shipped
model was fitted on, so its floors guard against breakage and say nothing about pages that nobody has seen.
"""

from __future__ import annotations

import gzip
import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from cleancopy.cleaner import Cleaned
from cleancopy.model import CreditRole, Document
from cleancopy.readers.html import document as html_document
from cleancopy.text.segment import segment
from cleancopy.text.title_text import flat
from tests.benchmark import ABSENT, BENCH
from tests.case_files import load_cases

from .conftest import Make
from .test_cases import document_of

FLOORS: dict[str, dict[str, float]] = tomllib.loads((Path(__file__).parent / "floors.toml").read_text("utf-8"))
PAGES = 60
BATCH = 64


@pytest.mark.parametrize("name", ["cases", "cases-rules-alone"])
def test_our_own_cases(model_make: Make, rules_make: Make, name: str) -> None:
    make = model_make if name == "cases" else rules_make
    cases = [case for case in load_cases() if case.paragraphs is not None]
    tally = Tally()
    for case, result in zip(cases, _clean(make, [document_of(case) for case in cases]), strict=True):
        headings = None if case.headings is None else [heading.text for heading in case.headings]
        tally.add(result, body="\n".join(case.paragraphs or ()), headings=headings, title=case.title)
    _check(name, tally)


@pytest.mark.parametrize("name", [name for name in FLOORS if "/" in name])
def test_pages_of_the_benchmark(model_make: Make, name: str) -> None:
    kind, view = name.split("/")
    raw, gold = BENCH / kind / "raw" / f"{view}.jsonl.gz", BENCH / kind / "gold.jsonl.gz"
    if not raw.is_file():
        pytest.skip(ABSENT)
    answers = {str(row["id"]): row for row in _rows(gold)}
    rows = list(islice(_rows(raw), PAGES))
    tally = Tally()
    for row, result in zip(rows, _clean(model_make, [_page(row) for row in rows]), strict=True):
        answer = answers[str(row["id"])]
        tally.add(
            result,
            body=answer.get("main_content"),
            headings=[heading["text"] for heading in answer["headings"]] if "headings" in answer else None,
            title=answer.get("title"),
            author=answer.get("author"),
            date=answer.get("publish_date"),
            present=answer.get("with") or (),
            absent=answer.get("without") or (),
        )
    _check(name, tally)


class Tally:
    """Means over documents of body word F1 and of right titles, authors and dates; F1 of headings and segments."""

    def __init__(self) -> None:
        self._sums: defaultdict[str, float] = defaultdict(float)
        self._counts: Counter[str] = Counter()

    def add(
        self,
        result: Cleaned | None,
        *,
        body: str | None = None,
        headings: Sequence[str] | None = None,
        title: str | None = None,
        author: str | None = None,
        date: str | None = None,
        present: Sequence[str] = (),
        absent: Sequence[str] = (),
    ) -> None:
        article = None if result is None else result.article
        text = "" if article is None else article.text
        if body:
            found, wanted = Counter(flat(text).split()), Counter(flat(body).split())
            self._mean("body", 2 * (found & wanted).total() / (found.total() + wanted.total()))
        if title:
            self._mean("title", article is not None and flat(article.title or "") == flat(title))
        if author:
            credits = () if article is None else article.credits
            names = {flat(credit.name) for credit in credits if credit.role is CreditRole.AUTHOR}
            self._mean("author", names == {flat(author)})
        if date:
            stated = None if article is None else article.published
            self._mean("date", stated is not None and stated.moment.date().isoformat() == date[:10])
        if headings is not None:
            found = Counter(flat(heading.text) for heading in (() if article is None else article.headings))
            found.pop(flat(title or ""), None)
            wanted = Counter(map(flat, headings))
            self._f1("headings", (found & wanted).total(), found.total(), wanted.total())
        haystack = flat(text)
        hits = [flat(segment) in haystack for segment in present]
        self._f1("segments", sum(hits), sum(hits) + sum(flat(each) in haystack for each in absent), len(hits))

    def figures(self) -> dict[str, float]:
        return {name: round(self._sums[name] / count, 4) for name, count in self._counts.items() if count}

    def _mean(self, name: str, value: float) -> None:
        self._sums[name] += value
        self._counts[name] += 1

    def _f1(self, name: str, right: int, found: int, wanted: int) -> None:
        self._sums[name] += 2 * right
        self._counts[name] += found + wanted


def _check(name: str, tally: Tally) -> None:
    figures = tally.figures()
    sunk = {key: (figures.get(key), floor) for key, floor in FLOORS[name].items() if figures.get(key, 0.0) < floor}
    assert not sunk, f"{name}: below the floor (figure, floor): {sunk}; all figures: {figures}"


def _clean(make: Make, documents: Sequence[Document]) -> Iterator[Cleaned | None]:
    for start in range(0, len(documents), BATCH):
        for result in make.cleaner.clean(documents[start : start + BATCH]):
            yield result if isinstance(result, Cleaned) else None


def _page(row: dict[str, Any]) -> Document:
    if "html" in row:
        return html_document(row["html"], url=row.get("url"))
    return segment(row["text"], url=row.get("url"))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        yield from map(json.loads, stream)
