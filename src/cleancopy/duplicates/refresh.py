"""Brings the table `duplicates` up to date with the articles that are published.

Each call of a worker is a function of a shard, of a band or of pairs, and any order of them gives the same. The table
is a function of the published articles and of `dedup.similarity`: what is kept from run to run (signatures,
similarities) only saves computing it again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cleancopy.dataset import duplicates, publish
from cleancopy.dataset.duplicates import Figures, Note
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.receipts import recorded
from cleancopy.dataset.sinks import SINKS, format_of
from cleancopy.duplicates import candidates, signatures, similarity
from cleancopy.duplicates.clusters import Members, components, originals
from cleancopy.duplicates.signatures import Signed
from cleancopy.duplicates.work import Spread, Workers, working


def refresh(layout: Layout, threshold: float, workers: Workers) -> Figures:
    """Make the table anew if articles or settings have changed since. The dataset must be locked.

    threshold: the Jaccard similarity from which two texts are near-duplicates.
    Raises DatasetError if the disk is full or a file is missing or damaged; the articles are never touched.
    """
    receipts = recorded(layout)
    made_with = f"{signatures.PARAMETERS}; nearest {candidates.NEAREST}; similarity {threshold!r}"
    standing = duplicates.current(layout, receipts)
    if standing is not None and standing.made_with == made_with and not duplicates.missing(layout, standing):
        return standing.figures
    signed = Signed(layout, tuple(each for each in receipts.values() if each.rows("articles")))
    with working(layout, workers) as (scratch, spread):
        duplicates.state(layout).mkdir(exist_ok=True)
        files = duplicates.write(scratch, _table(signed, *_alike(signed, threshold, scratch, spread)))
        figures = duplicates.counted(scratch / file.path for file in files)
        new = Note(duplicates.of_articles(receipts.values()), made_with, figures, tuple(files))
        # The card comes first: the table's note, which ends the work, says that all of it is done.
        publish.write_card(layout, receipts, SINKS[format_of(layout) or "parquet"], figures)
        duplicates.exchange(layout, scratch, new)
        _forget(signed)
    return figures


def _alike(
    signed: Signed, threshold: float, scratch: Path, spread: Spread
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each row the number of its text, and for each text the smallest of those that it is connected with."""
    layout, receipts = signed.layout, signed.receipts
    spread(signatures.sign, ((layout.root, each) for each in receipts if not signatures.is_signed(layout, each)))
    hashes, words = signed.ids("text"), signed.column("words")
    numbers, firsts = candidates.number(hashes, words)
    pairs = _candidates(signed, numbers, firsts, scratch, spread)
    compared = similarity.Compared(layout)
    found = compared.look_up(hashes[firsts], pairs)
    unknown = np.isnan(found)
    found[unknown] = _compare(signed, firsts, pairs[unknown], scratch, spread)
    compared.keep(hashes[firsts], pairs, found)
    return numbers, components(len(firsts), *candidates.unpack(pairs[found >= threshold]))


def _candidates(
    signed: Signed, numbers: NDArray[np.int64], firsts: NDArray[np.int64], scratch: Path, spread: Spread
) -> NDArray[np.uint64]:
    of_row = np.full(len(numbers), candidates.NONE)
    of_row[firsts] = np.arange(len(firsts))
    np.save(scratch / "numbers.npy", of_row)
    paths = [signatures.path(signed.layout, receipt) for receipt in signed.receipts]
    parts = -(-len(firsts) // candidates.ROWS_AT_ONCE)
    tasks = [
        (paths, scratch / "numbers.npy", band, part, parts, scratch / f"pairs-{band}-{part}.npy")
        for band in range(signatures.BANDS)
        for part in range(parts)
    ]
    spread(candidates.candidates, tasks)
    found = np.empty(0, np.uint64)
    for *_, path in tasks:
        found = np.union1d(found, np.load(path))
        path.unlink()
    return found


def _compare(
    signed: Signed, firsts: NDArray[np.int64], pairs: NDArray[np.uint64], scratch: Path, spread: Spread
) -> NDArray[np.float64]:
    """How alike the texts of pairs are, which are read from the articles again."""
    texts = np.unique(np.concatenate(candidates.unpack(pairs)))
    order = np.argsort(firsts[texts])
    texts = texts[order]  # in the order of their rows
    bounds = np.searchsorted(firsts[texts], signed.starts)
    folder = scratch / "shingles"
    folder.mkdir()
    located = np.zeros((len(firsts), 2), np.int64)
    tasks = []
    for shard, receipt in enumerate(signed.receipts):
        here = texts[bounds[shard] : bounds[shard + 1]]
        if len(here):
            located[here] = np.stack([np.full(len(here), shard), np.arange(len(here))], 1)
            tasks.append((signed.layout.root, receipt, firsts[here] - signed.starts[shard], folder / str(shard)))
    np.save(scratch / "located.npy", located)
    spread(similarity.write_shingles, tasks)
    at_once = similarity.PAIRS_AT_ONCE
    chunks = ((folder, scratch / "located.npy", pairs[at : at + at_once]) for at in range(0, len(pairs), at_once))
    found = spread(similarity.compare, chunks)
    shutil.rmtree(folder)
    return np.concatenate([np.empty(0), *found])


def _table(signed: Signed, numbers: NDArray[np.int64], connected: NDArray[np.int64]) -> Iterator[pa.Table]:
    """The table, sorted by doc_id: its rows are numbered in that order from here on."""
    ids = signed.ids("doc_id")
    order = np.lexsort((ids[:, 1], ids[:, 0]))
    numbers = numbers[order]
    label = connected[numbers]
    first = np.zeros(len(connected), np.int64)
    first[label[::-1]] = np.arange(len(label))[::-1]  # of equal labels the last one written stays: the smallest row
    cluster = first[label]
    size = np.bincount(label, minlength=1)[label]
    original = cluster.copy()
    several = size > 1
    if several.any():
        members = _members(signed, order, cluster, several)
        original[members.row] = originals(members)
    yield from duplicates.table(ids[order], cluster, size, original, numbers == numbers[original])


def _members(
    signed: Signed, order: NDArray[np.int64], cluster: NDArray[np.int64], several: NDArray[np.bool_]
) -> Members:
    """The members of clusters, whose rows are those of the sorted table."""
    sorted_row = np.empty(len(order), np.int64)
    sorted_row[order] = np.arange(len(order))
    single = ("site", "site_name", "date", "characters")
    found: dict[str, list[NDArray[Any]]] = {name: [] for name in (*single, "row", "credit", "by")}
    at = count = 0
    for table in signed.read([*single, "credited"]):
        rows = sorted_row[at : at + len(table)]
        at += len(table)
        wanted = several[rows]
        table = table.filter(pa.array(wanted)).combine_chunks()
        found["row"].append(rows[wanted])
        for name in single:
            found[name].append(table[name].to_numpy())
        credited: Any = table["credited"].combine_chunks()
        sizes = np.diff(credited.offsets.to_numpy())
        found["credit"].append(credited.flatten().to_numpy())
        found["by"].append(count + np.repeat(np.arange(len(table)), sizes))
        count += len(table)
    columns = {name: np.concatenate(parts) for name, parts in found.items()}
    columns["characters"] = columns["characters"].astype(np.int64)
    return Members(cluster=cluster[columns["row"]], **columns)


def _forget(signed: Signed) -> None:
    """Take away signatures of shards that are no more."""
    needed = {signatures.path(signed.layout, receipt) for receipt in signed.receipts}
    folder = duplicates.state(signed.layout) / "signatures"
    for path in folder.glob("*.parquet"):
        if path not in needed:
            path.unlink()
