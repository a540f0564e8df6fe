"""Lines of a byte stream in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

_CHUNK = 1 << 20


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class TooLong:
    """A line that was not kept: where it begins and how many bytes it has."""

    offset: int
    size: int


def lines(stream: Readable, offset: int, longest: int) -> Iterator[tuple[int, bytes] | TooLong]:
    """Every line with its offset, without its `\\n`; `offset` is that of the stream's first byte.

    Memory is bounded by `longest` bytes and a chunk of 1 MiB. An error of the stream is raised after the lines before
    it; the piece of a line that it cut off is not a line.
    """
    pieces: list[bytes] = []
    size = 0
    while chunk := stream.read(_CHUNK):
        first, *others = chunk.split(b"\n")
        size += len(first)
        if size <= longest:
            pieces.append(first)
        else:
            pieces.clear()
        if not others:
            continue
        yield (offset, b"".join(pieces)) if size <= longest else TooLong(offset, size)
        offset += size + 1
        last = others.pop()
        for line in others:
            yield (offset, line) if len(line) <= longest else TooLong(offset, len(line))
            offset += len(line) + 1
        size = len(last)
        pieces = [last] if size <= longest else []
    if size:
        yield (offset, b"".join(pieces)) if size <= longest else TooLong(offset, size)
