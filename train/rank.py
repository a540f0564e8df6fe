"""Fits what chooses a document's byline and date: `PLACE_WEIGHTS`, `READ_WEIGHTS` and `DATE_WEIGHTS`, with thresholds.

    python -m train.rank PATH/wcxb-dev

PATH/wcxb-dev holds `gold.jsonl.gz` (id, author, publish_date) and `raw/VIEW.jsonl.gz` (id, url, text). Every page goes
through the cleaner as it is, line model included, so that the candidates and their features are those of a run. A
multinomial logit over each page's candidates and "none" is fitted; what it reaches is measured on five folds by site.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from cleancopy import settings
from cleancopy.assembly import build_cleaner
from cleancopy.decide import stated
from cleancopy.fields import bylines, publication
from cleancopy.text.segment import segment
from train.measure import author_is
from train.pages import flat

VIEWS = ("resiliparse", "inscriptis", "soup")
FOLDS, STEPS, RATE, DECAY = 5, 300, 0.1, 0.01
BYLINE = (*bylines.PLACE_FEATURES, *bylines.READ_FEATURES)


@dataclass(frozen=True)
class Page:
    """One page's candidates: float64[n + 1, features + 1] and bool[n + 1], the last row standing for "none"."""

    rows: NDArray[np.float64]
    right: NDArray[np.bool_]
    stated: bool
    site: str


def page(features: list[tuple[float, ...]], right: list[bool], width: int, is_stated: bool, site: str) -> Page:
    rows = np.zeros((len(features) + 1, width + 1))
    rows[:-1, :-1] = np.array(features).reshape(len(features), width)
    rows[-1, -1] = 1
    return Page(rows, np.array([*right, not is_stated]), is_stated, site)


def collect(folder: Path) -> tuple[list[Page], list[Page]]:
    """The pages' candidates for byline and date, in every view, with the answers of the gold standard."""
    gold = {row["id"]: row for row in _rows(folder / "gold.jsonl.gz")}
    asked: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {}
    for name in ("choose_byline", "Dates"):
        _listen(stated, name, asked)
    cleaner = build_cleaner(settings.load())
    authored, dated = [], []
    for view in VIEWS:
        for row in _rows(folder / "raw" / f"{view}.jsonl.gz"):
            cleaner.clean([segment(row["text"], url=row.get("url"))])
            answer, site = gold[row["id"]], urlsplit(row.get("url") or "").hostname or row["id"]
            author, day = answer.get("author") or "", (answer.get("publish_date") or "")[:10]
            (reader, lines), named = asked["choose_byline"]
            named.pop("hint")
            candidates = bylines.Bylines(reader, lines, **named)
            found, features = [], []
            for place, standing in zip(candidates.places, candidates.standing.tolist(), strict=True):
                if (byline := candidates.at(place)) is not None:
                    found.append(byline)
                    features.append((*standing, *candidates.features(byline)))
            right = [
                bool(author) and author_is(author, {flat(name) for name in candidates.with_siblings(byline).authors})
                for byline in found
            ]
            authored.append(page(features, right, len(BYLINE), bool(author), site))
            (reader, lines), around = asked["Dates"]
            dates = publication.Dates(reader, lines, **around)
            right = [bool(day) and str(date.moment)[:10] == day for _, date in dates.found]
            values = [*dates.features(named["title"])]
            dated.append(page(values, right, len(publication.DATE_FEATURES), bool(day), site))
    return authored, dated


def _listen(module: Any, name: str, asked: dict[str, Any]) -> None:
    """Keeps what a choice was last asked."""
    choose: Callable[..., Any] = getattr(module, name)

    def chosen(*values: Any, **named: Any) -> Any:
        asked[name] = (values, dict(named))
        return choose(*values, **named)

    setattr(module, name, chosen)


def fit(pages: list[Page]) -> NDArray[np.float64]:
    """float64[features + 1]: the weights, that of "none" last; pages whose answer is no candidate say nothing."""
    pages = [page for page in pages if page.right.any()]
    weights = mean = square = np.zeros(pages[0].rows.shape[1])
    for step in range(1, STEPS + 1):
        slope = -DECAY * weights
        for page in pages:
            odds = np.exp(page.rows @ weights - (page.rows @ weights).max())
            share, wanted = odds / odds.sum(), odds * page.right
            slope = slope + page.rows.T @ (wanted / max(wanted.sum(), 1e-12) - share) / len(pages)
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        weights = weights + RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weights


def measure(pages: list[Page], shifts: tuple[float, ...] = (-1.5, -1.0, -0.5, 0.0, 0.5)) -> Iterator[str]:
    """By shift of the threshold: pages answered rightly and wrongly where there is an answer, answered where not."""
    sums = {shift: Counter[str]() for shift in shifts}
    for fold in range(FOLDS):
        weights = fit([page for page in pages if sum(page.site.encode()) % FOLDS != fold])
        for page in (page for page in pages if sum(page.site.encode()) % FOLDS == fold):
            scores = page.rows @ weights
            best = int(np.argmax(scores[:-1])) if len(scores) > 1 else None
            for shift, count in sums.items():
                count["gold" if page.stated else "none"] += 1
                if best is not None and scores[best] >= scores[-1] + shift:
                    count["right" if page.right[best] else "wrong" if page.stated else "made up"] += 1
    for shift, count in sums.items():
        yield (
            f"{shift:+.1f}  right {count['right'] / count['gold']:.3f}  wrong {count['wrong'] / count['gold']:.3f}"
            f"  made up {count['made up'] / count['none']:.3f}"
        )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the annotated pages")
    authored, dated = collect(parser.parse_args().folder)
    for title, names, pages in (
        ("byline", BYLINE, authored),
        ("date", publication.DATE_FEATURES, dated),
    ):
        print(title, "candidates hold the answer:", f"{np.mean([p.right[:-1].any() for p in pages if p.stated]):.3f}")
        print(*measure(pages), sep="\n")
        weights = fit(pages)
        for name, weight in zip((*names, "none"), weights, strict=True):
            print(f"  {name:14} {weight:6.2f}")
        print(tuple(round(float(weight), 2) for weight in weights[:-1]), "threshold", round(float(weights[-1]), 2))


if __name__ == "__main__":
    main()
