"""Reads a shard's rows back, also where several shards share a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cleancopy.dataset.receipts import File

BATCH_ROWS = 2048


def rows(root: Path, file: File, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """The rows of `file` that are its shard's, in order, a bounded number at a time."""
    start = file.first_row or 0
    stop, at = start + file.rows, 0
    with pq.ParquetFile(root / file.path) as reader:
        for group in range(reader.num_row_groups):
            size = reader.metadata.row_group(group).num_rows
            if at < stop and at + size > start:
                table = reader.read_row_group(group, columns=list(columns) if columns is not None else None)
                first = max(0, start - at)
                wanted = table.slice(first, min(size, stop - at) - first)
                for offset in range(0, wanted.num_rows, BATCH_ROWS):
                    yield wanted.slice(offset, BATCH_ROWS)
            at += size
