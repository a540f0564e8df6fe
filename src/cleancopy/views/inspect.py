"""Looking into a dataset: rows by filter, and figures over all of it. Reads only the columns that are asked for.

Works on any copy of the folders `articles`, `removed` and `rejected`; the run's own notes are not needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from numpy.typing import NDArray

from cleancopy.errors import DatasetError
from cleancopy.schema import DATASETS

WORD_EDGES = np.concatenate(([0], np.round(10 ** np.arange(1, 5.01, 0.125)))).astype(np.int64)
"""Edges of the histogram of words an article: eight steps a power of ten, from 10 to 100,000."""
SHARE_EDGES = np.linspace(0, 1, 21)
"""Edges of histograms of shares."""

LARGE_SAMPLE_ROWS = 300_000
"""Rows of `removed` that samples are drawn from before single rules are looked for."""


@dataclass(slots=True)
class Figures:
    """What a dataset holds. Histograms have one count more than inner edges: the last is what lies beyond.

    words:      int64, articles by words of the body, between `WORD_EDGES`.
    kept_share: int64, articles by the share of lines that stayed, between `SHARE_EDGES`.
    """

    articles: int = 0
    lines_total: int = 0
    lines_kept: int = 0
    lines_lifted: int = 0
    lines_removed: int = 0
    words_total: int = 0
    titled: int = 0
    credited: int = 0
    dated: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    sites: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    words: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(WORD_EDGES), np.int64))
    kept_share: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(SHARE_EDGES), np.int64))

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: dict(sorted(value.items()))
            if isinstance(value, Counter)
            else value.tolist()
            if isinstance(value, np.ndarray)
            else value
            for name, value in values.items()
        }


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows. None: whatever the value. `doc_id` may be the beginning of one."""

    language: str | None = None
    site: str | None = None
    role: str | None = None
    rule: str | None = None
    reason: str | None = None
    doc_id: str | None = None

    def expression(self, schema: pa.Schema) -> ds.Expression | None:
        """As an Arrow expression. Raises DatasetError for a filter on a column that the dataset has not."""
        found: ds.Expression | None = None
        for name in self.__slots__:
            value = getattr(self, name)
            if value is None:
                continue
            if name not in schema.names:
                raise DatasetError(f"a filter on {name} does not apply here; the columns are {', '.join(schema.names)}")
            column = ds.field(name)
            each = pc.starts_with(column, value) if name == "doc_id" else column == value
            found = each if found is None else found & each
        return found


def opened(root: Path, name: str) -> ds.Dataset:
    """One of the three datasets below `root`. Raises DatasetError if it is not there."""
    folder = root / name
    if not folder.is_dir():
        raise DatasetError(f"{root} is no dataset of cleancopy: it has no folder {name}/")
    return ds.dataset(folder, schema=DATASETS[name], format="parquet", exclude_invalid_files=False)


def rows(
    root: Path, name: str, where: Filter, count: int, *, seed: int | None = None, columns: list[str] | None = None
) -> pa.Table:
    """The first `count` rows that the filter lets through; with a seed, as many drawn at random, always the same."""
    dataset = opened(root, name)
    expression = where.expression(dataset.schema)
    if seed is None:
        return dataset.head(count, columns=columns, filter=expression)
    matching = dataset.count_rows(filter=expression)
    chosen = np.sort(np.random.default_rng(seed).choice(matching, min(count, matching), replace=False))
    return dataset.scanner(columns=columns, filter=expression).take(chosen)


def figures(root: Path) -> Figures:
    """Counts and histograms over a whole dataset, streamed batch by batch."""
    found = Figures()
    columns: dict[str, ds.Expression] = {
        **{name: ds.field(name) for name in ("language", "site", "lines_total", "lines_kept", "lines_lifted")},
        "lines_removed": ds.field("lines_removed"),
        "words": ds.field("signals", "words"),
        "titled": _known("title"),
        "dated": _known("published_at"),
        "credits": ds.field("credits"),
    }
    for batch in _batches(opened(root, "articles"), columns):
        found.articles += batch.num_rows
        for name in ("lines_total", "lines_kept", "lines_lifted", "lines_removed"):
            setattr(found, name, getattr(found, name) + (pc.sum(batch[name]).as_py() or 0))
        for name in ("titled", "dated"):
            setattr(found, name, getattr(found, name) + (pc.sum(batch[name]).as_py() or 0))
        found.credited += int(np.count_nonzero(pc.list_value_length(batch["credits"]).to_numpy(zero_copy_only=False)))
        _count(batch["language"], found.languages)
        _count(batch["site"], found.sites)
        words = batch["words"].to_numpy(zero_copy_only=False)
        found.words_total += int(words.sum())
        found.words += np.bincount(np.searchsorted(WORD_EDGES, words, "right") - 1, minlength=len(WORD_EDGES))
        total = np.maximum(batch["lines_total"].to_numpy(), 1)
        share = batch["lines_kept"].to_numpy() / total
        found.kept_share += np.bincount(np.searchsorted(SHARE_EDGES, share, "right") - 1, minlength=len(SHARE_EDGES))
    for batch in _batches(opened(root, "removed"), {"role": ds.field("role"), "rule": ds.field("rule")}):
        _count(batch["role"], found.roles)
        _count(batch["rule"], found.rules)
    for batch in _batches(opened(root, "rejected"), {"reason": ds.field("reason")}):
        _count(batch["reason"], found.reasons)
    return found


def samples(root: Path, rules: Mapping[str, int], each: int) -> dict[str, list[str]]:
    """Rule → up to `each` different lines that it removed, spread over the dataset; the same lines every time."""
    dataset = opened(root, "removed")
    table = dataset.head(LARGE_SAMPLE_ROWS, columns=["rule", "text"])
    names = table["rule"].to_numpy()
    order = np.argsort(names, kind="stable")
    bounds = {rule: np.searchsorted(names[order], [rule, rule + "\0"]) for rule in rules}
    found: dict[str, list[str]] = {}
    for rule in sorted(rules):
        start, stop = bounds[rule].tolist()
        if start == stop:
            part = dataset.head(4 * each, columns=["text"], filter=ds.field("rule") == rule)
        else:
            spread = np.linspace(start, stop - 1, min(4 * each, stop - start)).astype(np.int64)
            part = table.take(order[spread])
        texts = cast(list[str], part["text"].to_pylist())
        found[rule] = list(dict.fromkeys(texts))[:each]
    return found


def overlaps(root: Path, matching: Callable[[str], Iterable[str]], limit: int) -> Counter[tuple[str, str]]:
    """Pairs of rules that match the same removed lines → how often, over the first `limit` rows.

    matching: line → the ids of all rules that match it, in the order of the book.
    """
    table = opened(root, "removed").head(limit, columns=["text"])
    pairs: Counter[tuple[str, str]] = Counter()
    for text, count in _tallies(table["text"]):
        names = sorted(matching(text))
        for index, first in enumerate(names):
            for second in names[index + 1 :]:
                pairs[first, second] += count
    return pairs


def _known(name: str) -> ds.Expression:
    return cast(ds.Expression, ds.field(name).is_valid())


def _batches(dataset: ds.Dataset, columns: Mapping[str, ds.Expression]) -> Iterator[pa.RecordBatch]:
    return (batch for batch in dataset.scanner(columns=cast(Any, dict(columns))).to_batches() if batch.num_rows)


def _count(column: Any, counter: Counter[str]) -> None:
    for value, count in _tallies(column):
        if value is not None:
            counter[value] += count


def _tallies(column: Any) -> Iterator[tuple[Any, int]]:
    """The different values of a column, each with how often it stands there."""
    tallied = cast(Any, pc.value_counts(column))
    return zip(tallied.field("values").to_pylist(), tallied.field("counts").to_pylist(), strict=True)
