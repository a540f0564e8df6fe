"""Writes one shard's files: streamed in row groups bounded by bytes, into files bounded by bytes, staged as a whole."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cleancopy.dataset.layout import Layout, sync_file, sync_folder
from cleancopy.dataset.receipts import LINES, RECEIPT, Counts, File, Receipt, staged
from cleancopy.dataset.sinks import SINKS, Sink, Writer
from cleancopy.errors import DatasetError
from cleancopy.schema import (
    Provenance,
    RejectRow,
    Row,
    articles_table,
    rejected_table,
    removed_table,
)

NO_VALUE = "unknown"
"""The partition of rows without a value. Not the name that Hive has for it: not every reader knows that."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How files are laid out: the [output] settings and the size of payloads that rejects carry."""

    format: str
    partition_by: str
    row_group_bytes: int
    file_bytes: int
    compression_level: int
    payload_bytes: int

    @property
    def sink(self) -> Sink:
        return SINKS[self.format]


class ShardWriter:
    """Collects a shard's rows and stages its files. Use as a context manager; what is not committed leaves no trace.

    `tag` distinguishes files that a replay adds to a shard.
    Raises DatasetError when the disk is full or cannot be written.
    """

    def __init__(self, layout: Layout, shard: str, provenance: Provenance, shape: Shape, tag: str = "") -> None:
        self._layout = layout
        self._shard = shard
        self._name = f"{shard}{tag}"
        self._provenance = provenance
        self._shape = shape
        self._streams: dict[tuple[str, str], Stream] = {}
        # A name of its own: a worker thought dead may still be writing the same shard.
        self._folder = layout.tmp / f"{shard}.{uuid.uuid4().hex[:12]}"

    def __enter__(self) -> ShardWriter:
        with disk(self._layout):
            self._folder.mkdir(parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def write(self, rows: Sequence[Row]) -> dict[str, Counts]:
        """Add articles and their removed lines; gives back what the rows themselves say, counted by source."""
        owners: dict[str, str] = {}
        found = self.add("articles", articles_table(rows, self._provenance), owners)
        for uri, counts in self.add("removed", removed_table(rows, self._provenance), owners).items():
            found[uri].add(counts)
        return found

    def add(self, dataset: str, table: pa.Table, owners: dict[str, str]) -> dict[str, Counts]:
        """Add rows of a dataset as they are; gives back what `counted` does, which `owners` are for."""
        with disk(self._layout):
            for partition, part in self._partitions(table) if dataset == "articles" else [("", table)]:
                self._stream(dataset, partition).add(part)
        return counted(dataset, table, owners)

    def reject(self, rows: Sequence[RejectRow]) -> None:
        """Add rejects."""
        with disk(self._layout):
            self._stream("rejected", "").add(rejected_table(rows, self._provenance, self._shape.payload_bytes))

    def keep(self, rejects: pa.Table) -> None:
        """Add rejects that stay as they are."""
        with disk(self._layout):
            self._stream("rejected", "").add(rejects)

    def close(self) -> tuple[File, ...]:
        """Finish the files; they are on the disk when this returns."""
        with disk(self._layout):
            return tuple(file for key in sorted(self._streams) for file in self._streams[key].close())

    def commit(self, receipt: Receipt) -> Receipt:
        """Stage the finished files with their receipt, all at once. Gives back the receipt that stands.

        Where another worker was faster (a scheduler ran the shard twice), its outcome stands: the bytes are the same.
        """
        receipt.check()
        target = self._layout.staged / self._shard
        with disk(self._layout):
            path = self._folder / RECEIPT
            path.write_bytes(receipt.to_json())
            sync_file(path)
            for folder in sorted({path.parent for path in self._folder.rglob("*")}):
                sync_folder(folder)
            try:
                self._folder.rename(target)
            except OSError:
                standing = staged(self._layout, self._shard)
                if standing is not None and _same_work(standing, receipt):
                    return standing
                if not target.exists():
                    raise
                shutil.rmtree(target)  # left over from another configuration
                self._folder.rename(target)
            sync_folder(self._layout.staged)
        return receipt

    def _stream(self, dataset: str, partition: str) -> Stream:
        key = (dataset, partition)
        if key not in self._streams:
            prefix = f"{dataset}/{partition}/" if partition else f"{dataset}/"
            self._streams[key] = Stream(
                self._folder,
                dataset,
                f"{prefix}{self._name}",
                self._provenance.stamp(dataset),
                self._shape,
                in_order=dataset == "articles",
            )
        return self._streams[key]

    def _partitions(self, table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
        """(folder, rows) for each partition, in the order of first appearance. The folder's key is no column's name."""
        if self._shape.partition_by == "none":
            yield "", table
            return
        values: pa.ChunkedArray[Any]
        if self._shape.partition_by == "language":
            key, values = "lang", table["language"]
        else:
            key, values = "month", pc.strftime(table["published_at"], "%Y-%m")  # type: ignore[assignment]
        for value in pc.unique(values).to_pylist():
            chosen = pc.is_null(values) if value is None else pc.equal(values, value)
            yield f"{key}={NO_VALUE if value is None else quote(value, safe='')}", table.filter(chosen)


def _same_work(one: Receipt, other: Receipt) -> bool:
    return all(
        getattr(one, name) == getattr(other, name) for name in ("configuration", "parts", "fingerprints", "replayed")
    )


def counted(dataset: str, table: pa.Table, owners: dict[str, str]) -> dict[str, Counts]:
    """What the rows of a table say, counted by source, as part of the counts of a shard.

    owners: doc_id → source; articles add theirs, removed lines look theirs up.
    """
    found: dict[str, Counts] = {}
    if dataset == "removed":
        for (doc_id, role), count in _occurrences(table, "doc_id", "role").items():
            found.setdefault(owners[doc_id], Counts()).roles[role] += count
        return found
    if dataset == "rejected":
        for (uri, reason), count in _occurrences(table, "source_uri", "reason").items():
            found.setdefault(uri, Counts()).rejected[reason] += count
        return found
    columns: dict[str, list[Any]] = table.select(["doc_id", "source_uri", "language", *LINES]).to_pydict()
    owners.update(zip(columns["doc_id"], columns["source_uri"], strict=True))
    for uri, language, *lines in zip(*(columns[name] for name in ("source_uri", "language", *LINES)), strict=True):
        counts = found.setdefault(uri, Counts())
        counts.articles += 1
        counts.languages[language] += 1
        for name, count in zip(LINES, lines, strict=True):
            setattr(counts, name, getattr(counts, name) + count)
    return found


def _occurrences(table: pa.Table, *columns: str) -> Counter[tuple[str, str]]:
    values: list[list[Any]] = [table[name].to_pylist() for name in columns]
    return Counter(zip(*values, strict=True))


class Stream:
    """The files of one dataset and partition of a shard. Only a row group's worth of rows is in memory.

    Row groups and files are cut by the rows alone, never by how they arrived: the bytes are the same however the worker
    batched them. `in_order`: they come by `source_uri` and `source_position`, as those of a shard do.
    """

    def __init__(
        self, folder: Path, dataset: str, name: str, schema: pa.Schema, shape: Shape, *, in_order: bool = False
    ) -> None:
        self._folder = folder
        self._dataset = dataset
        self._name = name
        self._schema = schema
        self._shape = shape
        self._in_order = in_order
        self._waiting: list[pa.Table] = []
        self._waiting_bytes = 0
        self._written_bytes = 0
        self._writer: Writer | None = None
        self._path = Path()
        self._rows = 0
        self._files: list[File] = []

    def add(self, table: pa.Table) -> None:
        sizes = np.cumsum(_sizes(self._dataset, table))
        start, before = 0, 0
        while start < table.num_rows:
            room = self._shape.row_group_bytes - self._waiting_bytes
            stop = int(np.searchsorted(sizes, before + room)) + 1  # the row that fills the group is its last
            rows = table.slice(start, stop - start)
            self._waiting.append(rows)
            start += rows.num_rows
            self._waiting_bytes += int(sizes[start - 1]) - before
            before = int(sizes[start - 1])
            if self._waiting_bytes >= self._shape.row_group_bytes:
                self._flush()

    def close(self) -> list[File]:
        self._flush()
        self._finish()
        return self._files

    def _flush(self) -> None:
        if not self._waiting:
            return
        # One chunk: where pages are cut follows the chunks.
        table = pa.concat_tables(self._waiting).combine_chunks()
        if self._writer is None:
            sink = self._shape.sink
            self._path = self._folder / f"{self._name}-{len(self._files):04d}{sink.suffix}"
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = sink.writer(
                self._path, self._dataset, self._schema, self._shape.compression_level, in_order=self._in_order
            )
        self._writer.write(table)
        self._rows += table.num_rows
        self._written_bytes += self._waiting_bytes
        self._waiting, self._waiting_bytes = [], 0
        if self._written_bytes >= self._shape.file_bytes:
            self._finish()

    def _finish(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        self._files.append(described(self._path, self._folder, self._dataset, self._rows))
        self._rows = self._written_bytes = 0


def _sizes(dataset: str, table: pa.Table) -> NDArray[np.int64]:
    """Roughly the bytes of each row in memory, from its long columns (an article holds its text twice)."""
    columns, besides = {
        "articles": (("text", "text", "metadata"), 512),
        "removed": (("text",), 64),
        "rejected": (("payload",), 256),
    }[dataset]
    sizes = np.full(len(table), besides, np.int64)
    for column in columns:
        sizes += pc.fill_null(pc.binary_length(table[column]), 0).to_numpy()
    return sizes


def described(path: Path, root: Path, dataset: str, rows: int) -> File:
    """A finished file, forced onto the disk, with its size and hash."""
    sync_file(path)
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return File(dataset, path.relative_to(root).as_posix(), rows, path.stat().st_size, digest)


@contextmanager
def disk(layout: Layout) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise DatasetError(
            f"cannot write to {layout.root}: {why}; nothing is damaged: make room or permission and run again"
        ) from error
