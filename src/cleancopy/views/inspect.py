"""Looking into a dataset: rows by filter, and figures over all of it or over what one run wrote.

Works on any copy of the folders `articles`, `removed` and `rejected`; the runs' own notes are not needed. Row groups
are read one at a time, in the columns that are asked for; those that a filter rules out by their statistics are not
read at all. Arrow's `dataset` module would do, but importing it imports pandas where that is installed: 1.5 s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cleancopy.errors import ConfigurationError, DatasetError

WORD_EDGES = np.concatenate(([0], np.round(10 ** np.arange(1, 5.01, 0.125)))).astype(np.int64)
"""Edges of the histogram of words an article: eight steps a power of ten, from 10 to 100,000."""
SHARE_EDGES = np.linspace(0, 1, 21)
"""Edges of histograms of shares."""

SAMPLED_GROUPS = 8
"""Row groups that lines are drawn from, evenly spread, before single rules are looked for in the others."""

REPEATED = {"articles": ["language", "site"], "removed": ["role", "rule"], "rejected": ["reason"]}
"""Columns of few different values: read as numbers with a list of what they stand for."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows of a Parquet file: [start, stop) of it, or all."""

    path: Path
    start: int = 0
    stop: int | None = None


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

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Figures:
        """From plain values, as read from JSON."""
        values: dict[str, Any] = {}
        for name in cls.__slots__:
            value = plain[name]
            values[name] = Counter(value) if isinstance(value, dict) else value
            if isinstance(value, list):
                values[name] = np.array(value, np.int64)
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows. None: whatever the value. `doc_id` may be the beginning of one.

    Of removed lines, `language` and `site` are those of the article.
    """

    language: str | None = None
    site: str | None = None
    role: str | None = None
    rule: str | None = None
    reason: str | None = None
    doc_id: str | None = None

    @property
    def asked(self) -> dict[str, str]:
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows [start, stop) of a row group of a file, which is open only while it is read: datasets have thousands."""

    path: Path
    dataset: str
    metadata: pq.FileMetaData
    index: int
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def read(self, columns: Sequence[str] | None) -> Any:
        """A table of the named columns, nested ones as `signals.words`; None: all.

        Raises DatasetError if the file is no longer what it was when it was listed.
        """
        names = None if columns is None else list(columns)
        try:
            with pq.ParquetFile(self.path, metadata=self.metadata, read_dictionary=REPEATED[self.dataset]) as file:
                table = file.read_row_group(self.index, columns=names)
        except (pa.ArrowInvalid, OSError) as error:
            raise DatasetError(f"{self.path}: {error}; if a run has just replaced it, look again") from None
        return table if len(table) == len(self) else table.slice(self.start, len(self))

    def may_hold(self, wanted: Mapping[str, str]) -> bool:
        """Whether the statistics of the group leave room for rows with these values."""
        names = {self.metadata.schema.column(index).path: index for index in range(len(self.metadata.schema))}
        for name, value in wanted.items():
            statistics = self.metadata.row_group(self.index).column(names[name]).statistics
            if statistics is None or not statistics.has_min_max:
                continue
            low, high = cast(str, statistics.min), cast(str, statistics.max)
            if not (low[: len(value)] <= value if name == "doc_id" else low <= value) or value > high:
                return False
        return True


def groups(name: str, parts: Sequence[Slice]) -> Iterator[RowGroup]:
    """The row groups of slices of one of the three datasets. Raises DatasetError for a file that is no Parquet."""
    for part in parts:
        try:
            with pq.ParquetFile(part.path, read_dictionary=REPEATED[name]) as file:
                metadata = file.metadata
        except (pa.ArrowInvalid, OSError, KeyError) as error:
            raise DatasetError(f"{part.path} is no file of {name}/: {error}") from None
        row = 0
        for index in range(metadata.num_row_groups):
            rows = metadata.row_group(index).num_rows
            stop = rows if part.stop is None else min(rows, part.stop - row)
            start = max(0, part.start - row)
            row += rows
            if start < stop:
                yield RowGroup(part.path, name, metadata, index, start, stop)


def slices(root: Path, name: str) -> list[Slice]:
    """All of one of the three datasets below `root`. Raises ConfigurationError if it is not there."""
    folder = root / name
    if not folder.is_dir():
        raise ConfigurationError(f"{root} is no dataset: it has no folder {name}/")
    return [Slice(path) for path in sorted(folder.rglob("*.parquet"))]


def rows(
    root: Path,
    name: str,
    where: Filter,
    count: int,
    *,
    seed: int | None = None,
    columns: Sequence[str] | None = None,
    different: bool = False,
    numbered: bool = False,
) -> list[dict[str, Any]]:
    """The first `count` rows that the filter lets through; with a seed, as many drawn at random, always the same.

    columns: those to read; None: all. different: of rows with the same text only the first counts.
    numbered: each row says in `number` which of all rows it is, from 1, as `row_at` counts.

    Raises ConfigurationError for a filter on a column that the rows have not.
    """
    matching = _different(_matching(root, name, where)) if different else _matching(root, name, where)
    chosen: Iterable[tuple[RowGroup, NDArray[np.int64]]]
    if seed is None:
        chosen = _first(matching, count)
    else:
        found = list(matching)
        ends = np.cumsum([len(at) for _, at in found])
        total = int(ends[-1]) if found else 0
        drawn = np.sort(np.random.default_rng(seed).choice(total, min(count, total), replace=False))
        parts = np.split(drawn, np.searchsorted(drawn, ends[:-1])) if found else []
        starts = ends - [len(at) for _, at in found]
        chosen = ((group, at[part - start]) for (group, at), part, start in zip(found, parts, starts, strict=True))
    before = _rows_before(root, name) if numbered else {}
    found_rows: list[dict[str, Any]] = []
    for group, at in chosen:
        if len(at):
            read: list[dict[str, Any]] = group.read(columns).take(pa.array(at)).to_pylist()
            if numbered:
                first = before[group.path, group.index] + 1
                read = [{"number": first + place, **row} for place, row in zip(at.tolist(), read, strict=True)]
            found_rows += read
    return found_rows


def _rows_before(root: Path, name: str) -> dict[tuple[Path, int], int]:
    """(file, row group) → the rows before it in the dataset."""
    before: dict[tuple[Path, int], int] = {}
    total = 0
    for group in groups(name, slices(root, name)):
        before[group.path, group.index] = total
        total += len(group)
    return before


def row_at(root: Path, name: str, number: int, columns: Sequence[str]) -> dict[str, Any]:
    """The row with this number, from 1, in the order of the files. Raises ConfigurationError where there are fewer."""
    total = 0
    for group in groups(name, slices(root, name)):
        if number <= total + len(group):
            row: dict[str, Any] = group.read(columns).slice(number - total - 1, 1).to_pylist()[0]
            return row
        total += len(group)
    raise ConfigurationError(f"{root} has no row {number} in {name}/; it has {total:,}")


def values(root: Path, name: str, column: str) -> Counter[str]:
    """How often each value stands in a column of strings, without nulls."""
    found: Counter[str] = Counter()
    for group in groups(name, slices(root, name)):
        _count(group.read((column,))[column], found)
    return found


def _matching(root: Path, name: str, where: Filter) -> Iterator[tuple[RowGroup, NDArray[np.int64]]]:
    """Each row group that has rows for the filter, with their places in it."""
    wanted, documents = where.asked, None
    if name == "removed" and (where.language or where.site):
        of_articles = Filter(language=where.language, site=where.site, doc_id=where.doc_id)
        parts = [group.read(["doc_id"])["doc_id"].take(at) for group, at in _matching(root, "articles", of_articles)]
        documents = pa.chunked_array([chunk for part in parts for chunk in part.chunks], pa.string())
        wanted = {key: value for key, value in wanted.items() if key not in ("language", "site")}
    for group in groups(name, slices(root, name)):
        names = group.metadata.schema.to_arrow_schema().names
        unknown = sorted(set(wanted) - set(names))
        if unknown:
            columns = ", ".join(names)
            raise ConfigurationError(f"a filter on {unknown[0]} does not apply to {name}/; its columns are {columns}")
        if not group.may_hold(wanted):
            continue
        if not wanted and documents is None:
            yield group, np.arange(len(group))
            continue
        table = group.read([*wanted, *(("doc_id",) if documents is not None and "doc_id" not in wanted else ())])
        mask = np.ones(len(table), bool)
        for key, value in wanted.items():
            mask &= _holds(table[key], key, value)
        if documents is not None:
            mask &= pc.is_in(table["doc_id"], documents).to_numpy()
        yield group, np.flatnonzero(mask)


def _different(
    matching: Iterable[tuple[RowGroup, NDArray[np.int64]]],
) -> Iterator[tuple[RowGroup, NDArray[np.int64]]]:
    """The same places without those whose text an earlier one has."""
    seen: set[str] = set()
    for group, at in matching:
        texts = group.read(("text",))["text"].take(pa.array(at)).combine_chunks().dictionary_encode()
        _, firsts = np.unique(texts.indices.to_numpy(), return_index=True)  # codes are given in the order of the rows
        new = [text not in seen for text in texts.dictionary.to_pylist()]
        seen.update(texts.dictionary.to_pylist())
        yield group, at[firsts[new]]


def _holds(column: Any, name: str, value: str) -> NDArray[np.bool_]:
    truth = pc.starts_with(column, value) if name == "doc_id" else pc.equal(column, pa.scalar(value))
    return cast(NDArray[np.bool_], pc.fill_null(truth, False).to_numpy())


def _first(
    matching: Iterable[tuple[RowGroup, NDArray[np.int64]]], count: int
) -> Iterator[tuple[RowGroup, NDArray[np.int64]]]:
    for group, at in matching:
        yield group, at[:count]
        count -= len(at)
        if count <= 0:
            return


def figures(root: Path) -> Figures:
    """Counts and histograms over a whole dataset."""
    return figures_of({name: slices(root, name) for name in ("articles", "removed", "rejected")})


def figures_of(parts: Mapping[str, Sequence[Slice]]) -> Figures:
    """Counts and histograms over slices of the three datasets."""
    found = Figures()
    lines = ("lines_total", "lines_kept", "lines_lifted", "lines_removed")
    columns = (*lines, "language", "site", "signals.words", "title", "published_precision", "credits.list.element.role")
    for group in groups("articles", parts["articles"]):
        table = group.read(columns)
        found.articles += len(table)
        for name in lines:
            setattr(found, name, getattr(found, name) + (pc.sum(table[name]).as_py() or 0))
        found.titled += len(table) - table["title"].null_count
        found.dated += len(table) - table["published_precision"].null_count
        found.credited += int(np.count_nonzero(pc.list_value_length(table["credits"]).to_numpy()))
        _count(table["language"], found.languages)
        _count(table["site"], found.sites)
        words = pc.struct_field(table["signals"], "words").to_numpy()
        found.words_total += int(words.sum())
        found.words += np.bincount(np.searchsorted(WORD_EDGES, words, "right") - 1, minlength=len(WORD_EDGES))
        share = table["lines_kept"].to_numpy() / np.maximum(table["lines_total"].to_numpy(), 1)
        found.kept_share += np.bincount(np.searchsorted(SHARE_EDGES, share, "right") - 1, minlength=len(SHARE_EDGES))
    for group in groups("removed", parts["removed"]):
        table = group.read(("role", "rule"))
        _count(table["role"], found.roles)
        _count(table["rule"], found.rules)
    for group in groups("rejected", parts["rejected"]):
        _count(group.read(("reason",))["reason"], found.reasons)
    return found


def samples(parts: Sequence[Slice], rules: Iterable[str], each: int) -> dict[str, list[str]]:
    """Rule → up to `each` different lines that it removed, spread over slices of `removed`; the same every time."""
    found: dict[str, list[str]] = {rule: [] for rule in sorted(rules)}
    every = list(groups("removed", parts))
    spread = sorted(set(np.linspace(0, len(every) - 1, min(SAMPLED_GROUPS, len(every))).astype(int).tolist()))
    per_group = -(-2 * each // max(len(spread), 1))
    for index in spread:
        _draw(every[index], found, per_group)
    for index in sorted(set(range(len(every))) - set(spread)):
        if all(found.values()):
            break
        _draw(every[index], {rule: lines for rule, lines in found.items() if not lines}, 2 * each)
    return {rule: list(dict.fromkeys(lines))[:each] for rule, lines in found.items()}


def _draw(group: RowGroup, found: Mapping[str, list[str]], count: int) -> None:
    """Add to each list up to `count` lines that the rule removed, evenly spread over the group."""
    column = group.read(("rule",))["rule"].combine_chunks()
    names, codes = column.dictionary.to_pylist(), column.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    places: dict[str, NDArray[np.int64]] = {}
    for name, start, stop in zip(names, bounds[:-1], bounds[1:], strict=True):
        if name in found and start < stop:
            places[name] = order[np.linspace(start, stop - 1, min(count, stop - start)).astype(np.int64)]
    if not places:
        return
    texts = group.read(("text",))["text"].take(pa.array(np.concatenate(list(places.values())))).to_pylist()
    rest = iter(texts)
    for name, at in places.items():
        found[name].extend(islice(rest, len(at)))


def overlaps(root: Path, matching: Callable[[str, str], Iterable[str]], limit: int) -> Counter[tuple[str, str]]:
    """Pairs of rules that match the same removed lines → how often, over the first `limit` rows.

    matching: a line and the language of its article → the ids of all rules that match it there.
    """
    articles = [group.read(("doc_id", "language")) for group in groups("articles", slices(root, "articles"))]
    known: Any = pa.concat_tables(articles) if articles else None
    tallies: Counter[tuple[str, str]] = Counter()
    for group in groups("removed", slices(root, "removed")):
        table = group.read(("doc_id", "text")).slice(0, limit)
        languages = known["language"].take(pc.index_in(table["doc_id"], known["doc_id"])).to_pylist()
        tallies.update(zip(languages, table["text"].to_pylist(), strict=True))
        limit -= len(group)
        if limit <= 0:
            break
    pairs: Counter[tuple[str, str]] = Counter()
    for (language, text), count in tallies.items():
        for pair in combinations(sorted(matching(text, language)), 2):
            pairs[pair] += count
    return pairs


def _count(column: Any, counter: Counter[str]) -> None:
    for chunk in column.chunks:
        if isinstance(chunk, pa.DictionaryArray):
            present = chunk.indices.drop_null().to_numpy()
            counts = np.bincount(present, minlength=len(chunk.dictionary)).tolist()
            entries = zip(chunk.dictionary.to_pylist(), counts, strict=True)
        else:
            tallied = cast(Any, pc.value_counts(chunk))
            entries = zip(tallied.field("values").to_pylist(), tallied.field("counts").to_pylist(), strict=True)
        for value, count in entries:
            if value is not None and count:
                counter[value] += count
