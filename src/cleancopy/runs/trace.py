"""Where a worker is in its shard, on disk, so that whoever comes after its death knows what it died of.

Before every step the worker overwrites one small record; a kernel that outlives the worker keeps it. The next attempt
turns what it finds into suspects: items that are tried alone, in a process of their own, before they are believed.
"""

from __future__ import annotations

import json
import os
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from cleancopy.dataset.layout import Layout

_RECORD = struct.Struct("<Bqq")


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
        os.pwrite(self._descriptor, _RECORD.pack(Step.READING, item, part), 0)

    def cleaning(self, first: int, last: int) -> None:
        os.pwrite(self._descriptor, _RECORD.pack(Step.CLEANING, first, last), 0)


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


def _history(path: Path, history: Path, times: int) -> Suspects:
    try:
        left = path.read_bytes()
    except FileNotFoundError:
        left = b""
    if len(left) >= _RECORD.size:
        with history.open("a", encoding="ascii") as stream:
            stream.write(json.dumps(_RECORD.unpack_from(left)) + "\n")
    suspects = Suspects()
    try:
        lines = history.read_text("ascii").splitlines()
    except FileNotFoundError:
        return suspects
    items: Counter[int] = Counter()
    reading: Counter[tuple[int, int]] = Counter()
    for line in lines:
        try:
            step, first, last = json.loads(line)
        except ValueError:
            continue  # cut off by another death
        suspects.deaths += 1
        if step == Step.READING:
            reading[last, first] += 1
        else:
            items.update(range(first, last + 1))
    suspects.items = {item for item, count in items.items() if count >= times}
    suspects.reading = {place for place, count in reading.items() if count >= times}
    return suspects
