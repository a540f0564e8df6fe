"""Where a worker is in its shard, on disk, so that whoever comes after its death knows what it died of.

Before every step the worker overwrites one small record; a kernel that outlives the worker keeps it. The next attempt
turns what it finds into suspects: items that are tried alone, in a process of their own, before they are believed.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from cleancopy.dataset.layout import Layout

_RECORD = struct.Struct("<Bqq")
_CHECK = struct.Struct("<I")


class Step(IntEnum):
    READING = 1
    """From the item `first` of the part `last` on: the source could not be read further."""
    CLEANING = 2
    """Items `first` to `last` of the shard."""


@dataclass(slots=True)
class Suspects:
    """What earlier attempts died of: items of the shard by ordinal, and (part, item of the part) where reading died."""

    items: set[int] = field(default_factory=set)
    reading: set[tuple[int, int]] = field(default_factory=set)
    deaths: int = 0


class Trace:
    """Overwrites the record of where the worker is; a step costs one system call."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def reading(self, part: int, item: int) -> None:
        os.pwrite(self._descriptor, checked(Step.READING, item, part), 0)

    def cleaning(self, first: int, last: int) -> None:
        os.pwrite(self._descriptor, checked(Step.CLEANING, first, last), 0)


@contextmanager
def traced(layout: Layout, shard: str, *, worker_died: bool) -> Iterator[tuple[Trace, Suspects]]:
    """A trace for this attempt and the suspects of those before. An attempt that ends in order leaves neither.

    What was being worked on is suspected at once if a worker of this run died of it (`worker_died`). If a whole run was
    killed, most likely no record was to blame: then only at the second time.
    """
    path, history = layout.tmp / f"{shard}.trace", layout.tmp / f"{shard}.suspects"
    suspects = _history(path, history, 1 if worker_died else 2)
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o644)
    try:
        yield Trace(descriptor), suspects
    finally:
        # Also on an exception: the worker lives, so no item killed it.
        path.unlink(missing_ok=True)
        os.close(descriptor)
    history.unlink(missing_ok=True)


def under_way(layout: Layout, shards: Collection[str], since: float) -> int:
    """Records that the workers of these shards have cleaned so far, as their traces of after `since` (epoch) tell."""
    found = 0
    for path in layout.tmp.glob("*.trace"):
        if path.stem in shards:
            with suppress(OSError):
                record = _read(path.read_bytes()) if path.stat().st_mtime >= since else None
                found += record[1] if record is not None and record[0] == Step.CLEANING else 0
    return found


def _history(path: Path, history: Path, times: int) -> Suspects:
    try:
        left = path.read_bytes()
    except FileNotFoundError:
        left = b""
    size = _RECORD.size + _CHECK.size
    if _read(left) is not None:
        with history.open("ab") as stream:
            stream.truncate(stream.tell() // size * size)  # what another death has cut off
            stream.write(left)
    suspects = Suspects()
    try:
        content = history.read_bytes()
    except FileNotFoundError:
        return suspects
    items: Counter[int] = Counter()
    reading: Counter[tuple[int, int]] = Counter()
    for place in range(0, len(content), size):
        record = _read(content[place : place + size])
        if record is None:
            continue  # damaged
        step, first, last = record
        suspects.deaths += 1
        if step == Step.READING:
            reading[last, first] += 1
        else:
            items.update(range(first, last + 1))
    suspects.items = {item for item, count in items.items() if count >= times}
    suspects.reading = {place for place, count in reading.items() if count >= times}
    return suspects


def checked(step: Step, first: int, last: int) -> bytes:
    """A record of the trace and of the history of suspects, with a sum over it: damage must not lead astray."""
    record = _RECORD.pack(step, first, last)
    return record + _CHECK.pack(zlib.crc32(record))


def _read(content: bytes) -> tuple[int, int, int] | None:
    """What a record says, None if it is not whole."""
    record, check = content[: _RECORD.size], content[_RECORD.size :]
    if len(content) != _RECORD.size + _CHECK.size or check != _CHECK.pack(zlib.crc32(record)):
        return None
    step, first, last = _RECORD.unpack(record)
    return step, first, last
