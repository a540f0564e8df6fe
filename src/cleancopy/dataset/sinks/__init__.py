"""The file formats that a dataset can have: a module for each, and one table.

A dataset has one format, the setting `output.format`. Whatever writes or reads its files goes through `SINKS`; a file
tells its format by the end of its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cleancopy.dataset.layout import DATASETS, Layout
from cleancopy.dataset.sinks.jsonl import JsonLines
from cleancopy.dataset.sinks.parquet import Parquet
from cleancopy.dataset.sinks.sink import Contents, Sink, Unreadable, Writer
from cleancopy.errors import DatasetError

__all__ = ["SINKS", "Contents", "Sink", "Unreadable", "Writer", "data_files", "empty_name", "format_of", "sink_of"]

SINKS: Mapping[str, Sink] = {"parquet": Parquet(), "jsonl": JsonLines()}
"""Value of `output.format` → the sink."""


def sink_of(path: Path) -> Sink:
    """The sink that wrote a file. Raises DatasetError for a name that ends as none of theirs does."""
    for sink in SINKS.values():
        if path.name.endswith(sink.suffix):
            return sink
    known = ", ".join(sink.suffix for sink in SINKS.values())
    raise DatasetError(f"{path} is no file of a dataset: its name ends with none of {known}")


def data_files(folder: Path) -> list[Path]:
    """The files of one of the three tables, of whatever format, in the order of their names."""
    return sorted(path for sink in SINKS.values() for path in folder.rglob(f"*{sink.suffix}"))


def format_of(layout: Layout) -> str | None:
    """The `output.format` that a dataset is of; None before its first publication."""
    for name, sink in SINKS.items():
        if any(next((layout.root / table).rglob(f"*{sink.suffix}"), None) for table in DATASETS):
            return name
    return None


def empty_name(sink: Sink) -> str:
    """The name of the file without rows that is there while a table has no other: a reader always finds the schema."""
    return f"schema{sink.suffix}"
