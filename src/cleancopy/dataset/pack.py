"""Several shards in one file: small files put together, and taken apart again when one of their shards is replaced.

A pack holds the rows of its shards one after the other; each shard's receipt says which are its own.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from cleancopy.dataset.layout import Layout, sync_folder, write_durably
from cleancopy.dataset.receipts import File, Receipt
from cleancopy.dataset.rows import rows, schema_of
from cleancopy.dataset.writer import Shape, Stream, disk

PACKING = 4
"""Text packs to about a quarter: a file on disk is that much smaller than its rows in memory."""
UNBOUNDED = 1 << 62


class Slice(NamedTuple):
    """The rows of one shard in one file."""

    shard: str
    file: File


def small(receipts: Mapping[str, Receipt], layout: Layout, shape: Shape) -> list[list[Slice]]:
    """Groups of files that fit into one: same dataset, partition and metadata, in the order of the shards.

    A file that holds several shards is a pack already: it enters a group with all of them, since it will be removed.
    """
    target = shape.file_bytes // PACKING
    files: dict[str, list[Slice]] = {}
    for shard, receipt in receipts.items():
        for file in receipt.files:
            files.setdefault(file.path, []).append(Slice(shard, file))
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


def pack(
    layout: Layout, receipts: Mapping[str, Receipt], groups: Iterable[Sequence[Slice]], shape: Shape
) -> dict[str, Any] | None:
    """Write each group into one staged file, with the receipts that will say so; gives back the publication's step."""
    written: dict[Slice, File] = {}
    put: list[list[Any]] = []
    gone: set[str] = set()
    folder = layout.staged / "packed"
    shutil.rmtree(folder, ignore_errors=True)  # left by a kill before the publication began
    for group in groups:
        parent = PurePosixPath(group[0].file.path).parent
        content = "".join(f"{s.shard} {s.file.sha256} {s.file.first_row} {s.file.rows}\n" for s in group)
        name = f"{parent}/pack-{hashlib.blake2b(content.encode(), digest_size=8).hexdigest()}"
        schema = schema_of(layout.root, group[0].file)
        one = replace(shape, file_bytes=UNBOUNDED)
        with disk(layout):
            stream = Stream(folder, group[0].file.dataset, name, schema, one)
            for each in group:
                for table in rows(layout.root, each.file):
                    stream.add(table)
            (file,) = stream.close()
        first = 0
        for each in group:
            written[each] = replace(file, first_row=first, rows=each.file.rows)
            first += each.file.rows
            gone.add(each.file.path)
        put.append([file.path, file.bytes])
    if not written:
        return None
    touched = {each.shard for each in written}
    moved = []
    (folder / "receipts").mkdir(parents=True, exist_ok=True)
    for shard in sorted(touched):
        files = tuple(written.get(Slice(shard, file), file) for file in receipts[shard].files)
        write_durably(folder / "receipts" / f"{shard}.json", replace(receipts[shard], files=files).to_json())
        moved.append([f"receipts/{shard}.json", shard])
    for parent_folder in sorted({path.parent for path in folder.rglob("*")}):
        sync_folder(parent_folder)
    return {
        "folder": "packed",
        "remove": sorted(gone - {path for path, _ in put}),
        "put": put,
        "receipts": moved,
        "forget": [],
    }
