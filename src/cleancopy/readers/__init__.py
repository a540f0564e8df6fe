"""Sources to records: files, folders, archives and tables, local or remote, compressed or not.

`discover` finds files, `split` cuts one into parts that can be read on their own, `read` turns a part into records and
rejects in bounded memory. Each format has a module with `read`, and those that can be cut one with `split`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import pairwise
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

_Reader = Callable[[Part, ReaderOptions, Counter[str]], Iterator[Record | Reject]]


def split(file: SourceFile, target_bytes: int) -> list[Part]:
    """The file in parts of about `target_bytes`: JSON Lines and archives between records, Parquet between row groups.

    What cannot be cut is one part. Where the parts begin depends on the content before them alone, so that a file that
    grew keeps all its parts but the last.
    """
    with outside(file.uri):
        if file.format == "jsonl" and not file.compression:
            bounds = [*range(0, max(1, file.size), target_bytes), file.size]
            return [Part(file.uri, file.format, "", start, stop) for start, stop in pairwise(bounds)]
        if file.format in ("parquet", "warc", "wet"):
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
        part = Planned(part.uri, part.format, part.compression, part.start, part.stop, planned)
    reader: _Reader = _module(part.format).read
    with outside(part.uri):
        yield from reader(part, options, skipped if skipped is not None else Counter())


def _module(name: str) -> ModuleType:
    return import_module(f"cleancopy.readers.{_MODULES[name]}")
