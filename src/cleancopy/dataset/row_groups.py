"""The files of a dataset, a row group at a time, in the columns that are asked for.

Works on any copy of the folders `articles`, `removed` and `rejected`; the runs' own notes are not needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cleancopy.dataset.sinks import Contents, Unreadable, data_files, sink_of
from cleancopy.errors import ConfigurationError, DatasetError

REPEATED = {"articles": ["language", "site"], "removed": ["role", "rule"], "rejected": ["reason"]}
"""Columns of few different values: read as numbers with a list of what they stand for."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows of a file: [start, stop) of it, or all."""

    path: Path
    start: int = 0
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows [start, stop) of a row group of a file, which is open only while it is read: datasets have thousands."""

    path: Path
    dataset: str
    contents: Contents
    index: int
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns that the file has."""
        return self.contents.schema.names

    def read(self, columns: Sequence[str] | None) -> Any:
        """A table of the named columns, nested ones as `signals.words`; None: all.

        Raises DatasetError if the file is no longer what it was when it was listed.
        """
        try:
            table = self.contents.read(self.index, columns, REPEATED[self.dataset])
        except (OSError, Unreadable) as error:
            raise DatasetError(f"{self.path}: {error}; if a run has just replaced it, look again") from None
        return table if len(table) == len(self) else table.slice(self.start, len(self))

    def may_hold(self, wanted: Mapping[str, str]) -> bool:
        """Whether what the file says of the group leaves room for rows with these values."""
        return self.contents.may_hold(self.index, wanted)


def groups(name: str, parts: Sequence[Slice]) -> Iterator[RowGroup]:
    """The row groups of slices of one of the three datasets. Raises DatasetError for a file that cannot be read."""
    for part in parts:
        try:
            contents = sink_of(part.path).contents(part.path)
        except (OSError, Unreadable) as error:
            raise DatasetError(f"{part.path} is no file of {name}/: {error}") from None
        row = 0
        for index, rows in enumerate(contents.group_rows):
            stop = rows if part.stop is None else min(rows, part.stop - row)
            start = max(0, part.start - row)
            row += rows
            if start < stop:
                yield RowGroup(part.path, name, contents, index, start, stop)


def slices(root: Path, name: str) -> list[Slice]:
    """All of one of the three datasets below `root`. Raises ConfigurationError if it is not there."""
    folder = root / name
    if not folder.is_dir():
        raise ConfigurationError(f"{root} is no dataset: it has no folder {name}/")
    return [Slice(path) for path in data_files(folder)]


def count(column: Any, counter: Counter[str]) -> None:
    """Add to a counter how often each value stands in a column of strings, without nulls."""
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
