"""Rows that move from file to file without being cleaned again.

Small files are put together into packs. When sources leave a file, be it a shard's own or a pack, what stays in it is
written anew. A pack holds the rows of its shards one after the other; each shard's receipt says which are its own.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from cleancopy.dataset.layout import Layout, sync_folder
from cleancopy.dataset.receipts import File, Receipt, sha256
from cleancopy.dataset.rows import rows, schema_of
from cleancopy.dataset.writer import Shape, Stream, disk
from cleancopy.errors import ConservationError, DatasetError

PACKING = 4
"""Text packs to about a quarter: a file on disk is that much smaller than its rows in memory."""
UNBOUNDED = 1 << 62
PACKED = "packed"
"""The folder below `staged/` where packs wait for their publication."""


class Slice(NamedTuple):
    """The rows of one shard in one file."""

    shard: str
    file: File


@dataclass(frozen=True, slots=True)
class Moved:
    """Where the rows of some slices lie now. `files`: the new files, staged. `slices`: each slice and its new file."""

    files: list[File]
    slices: dict[Slice, File]


def small(receipts: Mapping[str, Receipt], layout: Layout, shape: Shape) -> list[list[Slice]]:
    """Groups of files that fit into one: same dataset, partition and metadata, in the order of the shards.

    A file that holds several shards is a pack already: it enters a group with all of them, since it will be removed.
    """
    target = shape.file_bytes // PACKING
    files = slices_by_file(receipts)
    groups: list[list[Slice]] = []
    open_groups: dict[tuple[str, str], tuple[list[Slice], int]] = {}
    for path, slices in files.items():
        size = slices[0].file.bytes
        if size >= target // 2:
            continue
        metadata = schema_of(layout.root, slices[0].file).metadata or {}
        stamp = {k.decode(): v.decode() for k, v in metadata.items() if k.startswith(b"cleancopy.")}
        key = (str(PurePosixPath(path).parent), json.dumps(stamp, sort_keys=True))
        group, filled = open_groups.get(key, ([], 0))
        if group and filled + size > target:
            groups.append(group)
            group, filled = [], 0
        open_groups[key] = ([*group, *slices], filled + size)
    groups += [group for group, _ in open_groups.values()]
    return [group for group in groups if len({each.file.path for each in group}) > 1]


def slices_by_file(receipts: Mapping[str, Receipt]) -> dict[str, list[Slice]]:
    """Path → the slices in that file, in the order of the shards."""
    files: dict[str, list[Slice]] = {}
    for shard, receipt in receipts.items():
        for file in receipt.files:
            files.setdefault(file.path, []).append(Slice(shard, file))
    return files


def pack(
    layout: Layout,
    receipts: Mapping[str, Receipt],
    groups: Iterable[Sequence[Slice]],
    shape: Shape,
    leaving: Mapping[str, Collection[str]] | None = None,
) -> Moved:
    """Write each group into one staged file.

    `leaving`: shard → the sources whose rows are left out. A group without any other rows gives no file.
    Raises DatasetError if a file is missing or not as it was written: damage must not get a new hash.
    """
    leaving = leaving or {}
    moved = Moved([], {})
    folder = layout.staged / PACKED
    shutil.rmtree(folder, ignore_errors=True)  # left by a kill before the publication began
    groups = list(groups)
    _check_whole(layout, (each.file for group in groups for each in group))
    staying = {shard: _Staying(layout, receipts[shard], sources) for shard, sources in leaving.items() if sources}
    for group in groups:
        parent = PurePosixPath(group[0].file.path).parent
        content = "".join(
            f"{s.shard} {s.file.sha256} {s.file.first_row} {s.file.rows} {' '.join(sorted(leaving.get(s.shard, ())))}\n"
            for s in group
        )
        digest = hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        schema = schema_of(layout.root, group[0].file)
        one = replace(shape, file_bytes=UNBOUNDED)
        found: list[tuple[Slice, int]] = []
        with disk(layout):
            stream = Stream(folder, group[0].file.dataset, f"{parent}/pack-{digest}", schema, one)
            for each in group:
                count = 0
                for table in rows(layout.root, each.file):
                    rest = staying[each.shard].of(table, each.file.dataset) if each.shard in staying else table
                    count += rest.num_rows
                    stream.add(rest)
                found.append((each, count))
            files = stream.close()
        first = 0
        for each, count in found:
            if count:
                moved.slices[each] = replace(files[0], first_row=first, rows=count)
            first += count
        moved.files.extend(files)
    with disk(layout):
        for parent_folder in sorted({path.parent for path in folder.rglob("*")}):
            sync_folder(parent_folder)
    return moved


def _check_whole(layout: Layout, files: Iterable[File]) -> None:
    """Before any is opened: what reading makes of damage is an error that names no remedy, or other rows."""
    for path, file in {file.path: file for file in files}.items():
        if sha256(layout.root / path) != file.sha256:
            raise DatasetError(
                f"{layout.root / path} is missing or not what was written, so that its rows cannot be moved; "
                "restore it from a backup, or delete it and run again with its sources to make it anew"
            )


class _Staying:
    """Tells the rows of a shard that stay when some of its sources leave."""

    def __init__(self, layout: Layout, receipt: Receipt, leaving: Collection[str]) -> None:
        self._shard = receipt.shard
        self._known = pa.array(sorted(receipt.inputs), pa.string())
        self._leaving = pa.array(sorted(leaving), pa.string())
        ids = [
            table["doc_id"].filter(pc.is_in(table["source_uri"], self._leaving)) for table in _articles(layout, receipt)
        ]
        self._ids = pa.chunked_array([chunk for each in ids for chunk in each.chunks], pa.string()).combine_chunks()

    def of(self, table: pa.Table, dataset: str) -> pa.Table:
        if dataset == "removed":
            return table.filter(pc.invert(pc.is_in(table["doc_id"], self._ids)))
        if not pc.all(pc.is_in(table["source_uri"], self._known), min_count=0).as_py():
            raise ConservationError(
                f"shard {self._shard}: {dataset} has rows of a source that its receipt does not name"
            )
        return table.filter(pc.invert(pc.is_in(table["source_uri"], self._leaving)))


def _articles(layout: Layout, receipt: Receipt) -> Iterator[pa.Table]:
    for file in receipt.files:
        if file.dataset == "articles":
            yield from rows(layout.root, file, ["doc_id", "source_uri"])
