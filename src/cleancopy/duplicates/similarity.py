"""How alike candidates are: the Jaccard similarity of their shingles, computed once for each pair of texts and kept.

Texts are read again from the articles, only the row groups that hold one, and only for pairs that no run has compared.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cleancopy.dataset.duplicates import state
from cleancopy.dataset.layout import Layout, sync_file
from cleancopy.dataset.receipts import Receipt
from cleancopy.dataset.rows import rows_at
from cleancopy.duplicates import ids
from cleancopy.duplicates.candidates import pack, unpack
from cleancopy.duplicates.ids import ID
from cleancopy.duplicates.shingles import ALGORITHM, shingles

PAIRS_AT_ONCE = 100_000
"""Pairs that a worker is given at once: some 3 s."""
_FIELDS: list[pa.Field[Any]] = [
    pa.field("first", ID, nullable=False),
    pa.field("second", ID, nullable=False),
    pa.field("similarity", pa.float64(), nullable=False),
]
_KEPT: pa.Schema = pa.schema(_FIELDS, metadata={"algorithm": ALGORITHM})


def write_shingles(root: Path, receipt: Receipt, places: NDArray[np.int64], out: Path) -> None:
    """Write the shingles of some of a shard's articles: `out`.npy, each text's sorted and once, and `out`.starts.npy.

    places: rows of the shard's articles, ascending. Runs in a worker.
    """
    files = [file for file in receipt.files if file.dataset == "articles"]
    found, sizes = [np.empty(0, np.uint64)], [0]
    for table in rows_at(root, files, places, ["text"]):
        texts: list[Any] = table["text"].to_pylist()
        hashes, starts, _ = shingles(texts)
        for start, stop in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
            found.append(np.unique(hashes[start:stop]))
            sizes.append(len(found[-1]))
    np.save(out.with_suffix(".npy"), np.concatenate(found))
    np.save(out.with_suffix(".starts.npy"), np.cumsum(sizes, dtype=np.int64))


def compare(folder: Path, where: Path, pairs: NDArray[np.uint64]) -> NDArray[np.float64]:
    """The similarity of each of the packed pairs. Runs in a worker.

    folder: of what `write_shingles` wrote for each shard, named by its number. where: the file of an array, number of
    a text → (shard, place among its texts).
    """
    located = np.load(where, mmap_mode="r")
    opened: dict[int, tuple[NDArray[np.uint64], NDArray[np.int64]]] = {}

    def of(text: int) -> NDArray[np.uint64]:
        shard, place = located[text].tolist()
        if shard not in opened:
            path = folder / str(shard)
            opened[shard] = (np.load(path.with_suffix(".npy"), mmap_mode="r"), np.load(path.with_suffix(".starts.npy")))
        values, starts = opened[shard]
        return np.asarray(values[starts[place] : starts[place + 1]])

    found = np.empty(len(pairs), np.float64)
    last, mine = -1, np.empty(0, np.uint64)
    for at, (first, second) in enumerate(zip(*(each.tolist() for each in unpack(pairs)), strict=True)):
        if first != last:
            last, mine = first, of(first)
        found[at] = jaccard(mine, of(second))
    return found


def jaccard(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> float:
    """Shared over all members of two sets, each sorted and without repetitions."""
    small, large = (one, other) if len(one) < len(other) else (other, one)
    at = np.searchsorted(large, small)
    shared = int((large[np.minimum(at, len(large) - 1)] == small).sum())
    return shared / (len(one) + len(other) - shared)


class Compared:
    """What earlier runs have compared: pairs of texts, by their hashes, and how alike they are."""

    def __init__(self, layout: Layout) -> None:
        self._path = state(layout) / "similar.parquet"
        self._tmp = layout.tmp / f".{self._path.name}.part"

    def look_up(self, texts: NDArray[np.uint64], pairs: NDArray[np.uint64]) -> NDArray[np.float64]:
        """The similarity of packed pairs (ascending); NaN where it is not known. texts (numbers × 2): their hashes."""
        found = np.full(len(pairs), np.nan)
        try:
            kept = pq.read_table(self._path, page_checksum_verification=True, partitioning=None)
        except (OSError, pa.ArrowInvalid):
            return found  # none, or damaged: all are compared again
        if kept.schema.metadata != _KEPT.metadata or not len(pairs):
            return found
        order = np.argsort(texts[:, 0])
        first, second = (_numbers(ids.numbers(kept[name]), texts, order) for name in ("first", "second"))
        known = (first >= 0) & (second >= 0)
        low, high = np.minimum(first, second)[known], np.maximum(first, second)[known]
        packed = pack(low, high)
        at = np.searchsorted(pairs, packed)
        at = np.minimum(at, len(pairs) - 1)
        there = pairs[at] == packed
        found[at[there]] = kept["similarity"].to_numpy()[known][there]
        return found

    def keep(self, texts: NDArray[np.uint64], pairs: NDArray[np.uint64], similarity: NDArray[np.float64]) -> None:
        """Keep these, and no others: what is no candidate any more is not needed."""
        first, second = unpack(pairs)
        with pq.ParquetWriter(
            self._tmp, _KEPT, compression="zstd", use_dictionary=False, write_page_checksum=True
        ) as writer:
            for start in range(0, len(pairs), 1_000_000):
                part = slice(start, start + 1_000_000)
                columns = [ids.column(texts[first[part]]), ids.column(texts[second[part]]), pa.array(similarity[part])]
                writer.write_table(pa.table(columns, schema=_KEPT))
        sync_file(self._tmp)
        self._tmp.replace(self._path)


def _numbers(wanted: NDArray[np.uint64], texts: NDArray[np.uint64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers of texts by their hashes, -1 where one is not there. order: sorts `texts` by their first half."""
    if not len(order):
        return np.full(len(wanted), -1, np.int64)
    at = order[np.minimum(np.searchsorted(texts[order, 0], wanted[:, 0]), len(order) - 1)]
    # Two texts with the same first half are one pair more to compare again: not worth a second look.
    return np.where((texts[at] == wanted).all(1), at, -1)
