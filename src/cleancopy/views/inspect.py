"""Looking into a dataset: rows by filter, lines that rules removed, rules that match the same lines.

Row groups are read one at a time, in the columns that are asked for; those that a filter rules out by their statistics
are not read at all. Arrow's `dataset` module would do, but importing it imports pandas where that is installed: 1.5 s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cleancopy.dataset import duplicates as tables
from cleancopy.dataset.row_groups import RowGroup, Slice, groups, slices
from cleancopy.dataset.row_groups import count as count_values
from cleancopy.dataset.sinks import sink_of
from cleancopy.errors import ConfigurationError

SAMPLED_GROUPS = 8
"""Row groups that lines are drawn from, evenly spread, before single rules are looked for in the others."""


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
        count_values(group.read((column,))[column], found)
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
        unknown = sorted(set(wanted) - set(group.columns))
        if unknown:
            columns = ", ".join(group.columns)
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


def duplicates(root: Path) -> tables.Figures | None:
    """What the table `duplicates` of a dataset says, None where there is none."""
    paths = sorted((root / tables.NAME).glob("part-*.parquet"))
    return tables.counted(paths) if paths else None


def clusters(root: Path, doc_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """doc_id → its row of the table `duplicates`, where there is one. Reads only row groups that may hold one."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((root / tables.NAME).glob("part-*.parquet")):
        contents = sink_of(path).contents(path)
        for group in range(len(contents.group_rows)):
            wanted = [each for each in doc_ids if contents.may_hold(group, {"doc_id": each})]
            if wanted:
                table = contents.read(group)
                rows: list[dict[str, Any]] = table.filter(pc.is_in(table["doc_id"], pa.array(wanted))).to_pylist()
                found |= {row["doc_id"]: row for row in rows}
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
