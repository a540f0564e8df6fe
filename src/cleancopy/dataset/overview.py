"""What the articles of a dataset hold, for its card: lengths, years, sites, duplicates, and two of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cleancopy.dataset.figures import WORD_EDGES, Figures, figures_of, ranked
from cleancopy.dataset.row_groups import groups, slices
from cleancopy.dataset.schema_table import markdown_table
from cleancopy.errors import DatasetError

FILTERS = {
    "pandas": 'words = articles["signals"].str["words"]\n'
    'good = articles[(words >= 50) & (articles["language"] == "en")]',
    "Polars": 'words = pl.col("signals").struct["words"]\n'
    'good = articles.filter((words >= 50) & (pl.col("language") == "en"))',
    "DuckDB": "good = articles.filter(\"signals.words >= 50 and language = 'en'\")",
}
"""Reader → code that chooses English articles of 50 words or more, to be run behind the code that loads them."""

SAMPLES = 2
_SHOWN = 10
_CUT_TEXT, _CUT_LIST = 200, 2
_HALF_POWER = 4
"""Steps of the histogram of words in half a power of ten."""


@dataclass(frozen=True, slots=True)
class Overview:
    """figures: of the articles alone. samples: the first rows of the table."""

    figures: Figures
    samples: Sequence[Mapping[str, Any]]


def overview(root: Path) -> Overview | None:
    """The overview of the dataset at `root`; None where a file is damaged or missing, which is no fault of the card."""
    try:
        files = slices(root, "articles")
        samples: list[Mapping[str, Any]] = []
        for group in groups("articles", files):
            samples += group.read(None).slice(0, SAMPLES - len(samples)).to_pylist()
            if len(samples) == SAMPLES:
                break
        return Overview(figures_of({"articles": files, "removed": (), "rejected": ()}), samples)
    except DatasetError:
        return None


def sections(found: Overview) -> list[str]:
    """The overview in Markdown."""
    figures = found.figures
    if not figures.articles:
        return []
    bounds = [0, *range(1, len(WORD_EDGES), _HALF_POWER)]
    words = [int(figures.words[first:last].sum()) for first, last in zip(bounds, [*bounds[1:], None], strict=True)]
    lengths = [
        (_range(WORD_EDGES[first], None if last is None else WORD_EDGES[last]), f"{count:,}")
        for first, last, count in zip(bounds, [*bounds[1:], None], words, strict=True)
        if count
    ]
    years = sorted(figures.years.items(), reverse=True)
    dates = [(year, f"{count:,}") for year, count in years[:_SHOWN]]
    dates += _rest(years, "earlier")
    dates += [("no date", f"{figures.articles - figures.dated:,}")] if figures.dated < figures.articles else []
    sites = ranked(figures.sites)
    return [
        "\n## Lengths\n",
        f"{figures.words_total:,} words. {figures.duplicates:,} articles have the text of an earlier one to the "
        "letter; `text_sha256` tells them.\n",
        markdown_table(("words", "articles"), lengths),
        "\n## Dates\n",
        markdown_table(("published", "articles"), dates),
        *(
            [
                "\n## Sites\n",
                markdown_table(
                    ("site", "articles"),
                    [*((site, f"{count:,}") for site, count in sites[:_SHOWN]), *_rest(sites, "others")],
                ),
            ]
            if sites
            else []
        ),
        "\n## Two rows\n",
        f"Texts are cut at {_CUT_TEXT} characters here, lists after {_CUT_LIST} entries.\n",
        *(_row(row) for row in found.samples),
    ]


def _range(first: int, last: int | None) -> str:
    if last is None:
        return f"{first:,} and more"
    return f"{first:,} to {last - 1:,}" if first else f"below {last:,}"


def _rest(entries: Sequence[tuple[str, int]], name: str) -> list[tuple[str, str]]:
    rest = entries[_SHOWN:]
    return [(f"{name} ({len(rest):,})", f"{sum(count for _, count in rest):,}")] if rest else []


def _row(row: Mapping[str, Any]) -> str:
    text = json.dumps(_cut(row), ensure_ascii=False, indent=1)
    fence = "```"
    while fence in text:  # what a page says must not end the block
        fence += "`"
    return f"{fence}json\n{text}\n{fence}\n"


def _cut(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _cut(each) for name, each in value.items()}
    if isinstance(value, list):
        return [*map(_cut, value[:_CUT_LIST]), *(["…"] if len(value) > _CUT_LIST else [])]
    if isinstance(value, str) and len(value) > _CUT_TEXT:
        return value[:_CUT_TEXT] + "…"
    if isinstance(value, float):
        return round(value, 4)  # as many digits as a 32-bit number is worth
    return value.isoformat() if isinstance(value, datetime) else value
