"""Sources to records: files, folders, archives and tables, local or remote, compressed or not.

`discover` finds files, `split` cuts one into parts that can be read on their own, `read` turns a part into records and
rejects in bounded memory. Each format has a module with `read`, and those that can be cut one with `split`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib import import_module
from types import ModuleType

from cleancopy.model import Record, Reject
from cleancopy.readers.source import Part, Planned, ReaderOptions, SourceFile, discover, outside

__all__ = ["Part", "ReaderOptions", "SourceFile", "discover", "read", "split"]

_MODULES = {
    "text": "whole",
    "html": "whole",
    "unknown": "whole",
    "jsonl": "jsonl",
    "csv": "delimited",
    "parquet": "parquet",
    "warc": "warc",
    "wet": "warc",
}
"""Format to the module that reads it; imported when the first file of the format is read."""

_CUT = frozenset(["jsonl", "csv", "parquet", "warc", "wet"])
"""Formats of many records, whose modules have `split`."""

_Reader = Callable[[Part, ReaderOptions, Counter[str]], Iterator[Record | Reject]]


def split(file: SourceFile, target_bytes: int) -> list[Part]:
    """The file in parts of about `target_bytes` of it as it is stored, between records.

    A file that is one text or one page is one part. Where a file can be entered in its midst, parts are read on their
    own; where it cannot (CSV, and what is compressed as one stream), each is read up to the part's end.
    """
    with outside(file.uri):
        if file.format in _CUT:
            parts: list[Part] = _module(file.format).split(file, target_bytes)
            return parts
    return [Part(file.uri, file.format, file.compression, 0, file.size)]


def read(
    part: Part, options: ReaderOptions, skipped: Counter[str] | None = None, *, planned: str | None = None
) -> Iterator[Record | Reject]:
    """The records that begin in the part, in order, and a reject for everything in it that is none.

    What is left out on purpose (archive records that are no pages) is counted by reason in `skipped`. `planned`: the
    file's fingerprint when the run was planned. Raises SourceError when the file is gone, TransientError when the store
    fails for a moment or the file is not the one that was planned.
    """
    if planned is not None:
        part = Planned(**asdict(part), fingerprint=planned)
    reader: _Reader = _module(part.format).read
    with outside(part.uri):
        yield from reader(part, options, skipped if skipped is not None else Counter())


def _module(name: str) -> ModuleType:
    return import_module(f"cleancopy.readers.{_MODULES[name]}")
