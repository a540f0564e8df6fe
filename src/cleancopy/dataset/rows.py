"""Reads a shard's rows back, also where several shards share a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cleancopy.dataset.receipts import File
from cleancopy.dataset.sinks import Contents, Unreadable, sink_of
from cleancopy.errors import DatasetError

BATCH_ROWS = 2048


def rows(root: Path, file: File, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """The rows of `file` that are its shard's, in order, a bounded number at a time.

    Raises DatasetError for a file that is missing or damaged.
    """
    start = file.first_row or 0
    stop, at = start + file.rows, 0
    contents = _contents(root, file)
    for group, size in enumerate(contents.group_rows):
        if at < stop and at + size > start:
            table = _read(root, file, contents, group, columns)
            first = max(0, start - at)
            wanted = table.slice(first, min(size, stop - at) - first)
            for offset in range(0, wanted.num_rows, BATCH_ROWS):
                yield wanted.slice(offset, BATCH_ROWS)
        at += size


def rows_at(root: Path, files: Iterable[File], places: NDArray[np.int64], columns: Sequence[str]) -> Iterator[pa.Table]:
    """The rows of a shard at these places, ascending, of its `files` of one dataset together, a row group at a time.

    Row groups that hold none of them are not read. Raises DatasetError for a file that is missing or damaged.
    """
    before = 0
    for file in files:
        at = before - (file.first_row or 0)  # the place of the first row of the file, were it the shard's
        contents = _contents(root, file)
        for group, size in enumerate(contents.group_rows):
            low, high = max(at, before), min(at + size, before + file.rows)
            here = places[np.searchsorted(places, low) : np.searchsorted(places, high)] if low < high else places[:0]
            if len(here):
                yield _read(root, file, contents, group, columns).take(here - at)
            at += size
        before += file.rows


def schema_of(root: Path, file: File) -> pa.Schema:
    """The columns of `file`, with its metadata. Raises DatasetError for a file that is missing or damaged."""
    return _contents(root, file).schema


def _contents(root: Path, file: File) -> Contents:
    path = root / file.path
    try:
        return sink_of(path).contents(path)
    except FileNotFoundError:
        raise DatasetError(f"{path} is missing; run again with its sources to make it anew") from None
    except (OSError, Unreadable) as error:
        raise _unreadable(root, file, error) from error


def _read(root: Path, file: File, contents: Contents, group: int, columns: Sequence[str] | None) -> pa.Table:
    try:
        return contents.read(group, columns)
    except (OSError, Unreadable) as error:
        raise _unreadable(root, file, error) from error


def _unreadable(root: Path, file: File, error: Exception) -> DatasetError:
    return DatasetError(
        f"{root / file.path} cannot be read ({error}); delete it and run again with its sources to make it anew"
    )
