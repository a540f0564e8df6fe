"""What each pass is worth: the measures of annotated pages without it, less those with all passes.

    python bench/ablate.py SET... [--raw NAME...] [--most 100] [--set KEY=VALUE]

SET is a folder with `gold.jsonl.gz` and `raw/NAME.jsonl.gz` (rows with `id`, `url` and `text` or `html`), as the
benchmark checkout has them. Points of F1 (times 100) over words of the body, whole paragraphs and headings, where the
gold has them, and the lines that are decided otherwise, of a thousand. A pass that gives nothing in any row, or takes
more than it gives, is not worth its lines.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cleancopy import settings
from cleancopy.cleaner import Cleaned
from cleancopy.cleaning import Cleaning
from cleancopy.decide.passes import PASSES
from cleancopy.model import Article, Document, Record

BATCH = 64
MEASURES = ("body", "paragraphs", "headings")
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")


class Page(NamedTuple):
    document: Document
    gold: dict[str, Any]


class Result(NamedTuple):
    """Means of the measures, and the role of every line of all pages."""

    measures: dict[str, float]
    roles: list[np.ndarray[Any, np.dtype[np.int8]]]


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def pages(folder: Path, raw: str, most: int, cleaning: Cleaning) -> list[Page]:
    gold = {row["id"]: row for row in rows(folder / "gold.jsonl.gz")}
    found = []
    for row in islice(rows(folder / "raw" / f"{raw}.jsonl.gz"), most):
        url = row.get("url")
        record = Record(raw, 0, "", text=row.get("text"), html=row.get("html"), url=url if url else None)
        document = cleaning.document(record)
        if isinstance(document, Document) and row["id"] in gold:
            found.append(Page(document, gold[row["id"]]))
    return found


def f1(found: Counter[str], wanted: Counter[str]) -> tuple[int, int]:
    """(twice what both have, what either has)."""
    return 2 * (found & wanted).total(), found.total() + wanted.total()


def flat(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


def scored(article: Article | None, gold: dict[str, Any]) -> dict[str, tuple[int, int]]:
    text = article.text if article else ""
    found = {"body": f1(*(Counter(_WORD.findall(each.lower())) for each in (text, gold["main_content"] or "")))}
    if gold.get("paragraphs"):
        blocks = Counter(flat(block.text) for block in article.blocks) if article else Counter()
        found["paragraphs"] = f1(blocks, Counter(map(flat, gold["paragraphs"])))
    if gold.get("headings") is not None:
        headings = Counter(flat(heading.text) for heading in article.headings) if article else Counter()
        found["headings"] = f1(headings, Counter(flat(heading["text"]) for heading in gold["headings"]))
    return found


def measure(found: Sequence[Page], chosen: settings.Settings) -> Result:
    cleaning = Cleaning.of(chosen)
    sums: dict[str, list[tuple[int, int]]] = {name: [] for name in MEASURES}
    roles = []
    for first in range(0, len(found), BATCH):
        group = found[first : first + BATCH]
        for page, result in zip(group, cleaning.clean([page.document for page in group]), strict=True):
            cleaned = result if isinstance(result, Cleaned) else None
            for name, pair in scored(cleaned.article if cleaned else None, page.gold).items():
                sums[name].append(pair)
            roles.append(cleaned.decisions.roles if cleaned else np.full(len(page.document), -1, np.int8))
    # The body is a mean over pages; paragraphs and headings are counted over all, since many pages have one or none.
    body = [both / max(either, 1) for both, either in sums["body"]]
    means = {"body": float(np.mean(body))} if body else {}
    for name in ("paragraphs", "headings"):
        either = sum(pair[1] for pair in sums[name])
        if either:
            means[name] = sum(pair[0] for pair in sums[name]) / either
    return Result(means, roles)


def main() -> None:
    parser = argparse.ArgumentParser(description="What each pass is worth.")
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--raw", nargs="+", help="renderings; all that the set has")
    parser.add_argument("--most", type=int, default=100, help="pages of each set")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    overrides = settings.keys(given.set)
    chosen = settings.load(overrides=overrides)
    cleaning = Cleaning.of(chosen)
    print(f"{'set':16} {'rendering':12} {'without':9}" + "".join(f"{name:>12}" for name in MEASURES) + "   lines/1000")
    for folder in given.sets:
        raws = given.raw or sorted(path.name.removesuffix(".jsonl.gz") for path in (folder / "raw").glob("*.jsonl.gz"))
        for raw in raws:
            found = pages(folder, raw, given.most, cleaning)
            whole = measure(found, chosen)
            said = "".join(
                f"{100 * whole.measures[name]:12.2f}" if name in whole.measures else " " * 12 for name in MEASURES
            )
            print(f"{folder.name:16} {raw:12} {'nothing':9}{said}", flush=True)
            for off in PASSES:
                left = [name for name in chosen.clean.passes if name != off]
                without = measure(found, settings.load(overrides={**overrides, "clean.passes": left}))
                cells = "".join(
                    f"{100 * (without.measures[name] - whole.measures[name]):+12.2f}"
                    if name in whole.measures
                    else " " * 12
                    for name in MEASURES
                )
                lines = sum(map(len, whole.roles))
                other = sum(int((a != b).sum()) for a, b in zip(whole.roles, without.roles, strict=True))
                print(f"{'':29} {off:9}{cells} {1000 * other / max(lines, 1):12.1f}", flush=True)


if __name__ == "__main__":
    main()
