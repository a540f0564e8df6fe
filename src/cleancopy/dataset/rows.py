"""Reads a shard's rows back, also where several shards share a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cleancopy.dataset.receipts import File
from cleancopy.errors import DatasetError

BATCH_ROWS = 2048


def rows(root: Path, file: File, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """The rows of `file` that are its shard's, in order, a bounded number at a time.

    Raises DatasetError for a file that is missing or no Parquet.
    """
    start = file.first_row or 0
    stop, at = start + file.rows, 0
    with _opened(root, file) as reader:
        for group in range(reader.num_row_groups):
            size = reader.metadata.row_group(group).num_rows
            if at < stop and at + size > start:
                table = reader.read_row_group(group, columns=list(columns) if columns is not None else None)
                first = max(0, start - at)
                wanted = table.slice(first, min(size, stop - at) - first)
                for offset in range(0, wanted.num_rows, BATCH_ROWS):
                    yield wanted.slice(offset, BATCH_ROWS)
            at += size


def schema_of(root: Path, file: File) -> pa.Schema:
    """The columns of `file`, with its metadata. Raises DatasetError for a file that is missing or no Parquet."""
    with _opened(root, file) as reader:
        return reader.schema_arrow


def _opened(root: Path, file: File) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(root / file.path)
    except FileNotFoundError:
        raise DatasetError(f"{root / file.path} is missing; run again with its sources to make it anew") from None
    except (OSError, pa.ArrowInvalid) as error:
        raise DatasetError(
            f"{root / file.path} cannot be read ({error}); delete it and run again with its sources to make it anew"
        ) from error
