"""Cutting files that can only be read from their beginning: CSV, and whatever is compressed as one stream.

Each part is read up to its own end, and what comes before it is passed over: all parts together read half the file as
often as there are parts. That is worth it while passing over is much faster than cleaning, at 2 MB of text a second.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from typing import Any, BinaryIO

from cleancopy.errors import RecordError
from cleancopy.readers.compression import decompressed
from cleancopy.readers.source import Part, SourceFile

MOST_PARTS = {"": 16, "gzip": 16, "lz4": 4, "zstd": 4, "xz": 4}
"""Of a file, by its compression. A core passes over 98 MB/s of CSV, 106 of JSON Lines in gzip, 31 in xz, 25 in zstd,
and 5 in bzip2, which is not cut: about a sixth of the time of cleaning on top (random words, packed to six tenths).
"""
_SAMPLE = 1 << 20
"""Bytes by which the size of what a file holds is estimated."""


def split(
    file: SourceFile, raw: BinaryIO, compression: str, target_bytes: int, new: Callable[[], Any] | None = None
) -> list[Part]:
    """Parts of about equal size, as many as `MOST_PARTS` allows. Where each begins is an estimate, but each ends where
    the next one begins, so that every record is in one.

    raw: the file, at the beginning of what is compressed. new: as for `decompressed`.
    """
    step = max(1, target_bytes, -(-file.size // MOST_PARTS.get(compression, 1)))
    bounds = [*range(0, max(1, file.size), step), file.size]
    length = _length(file, raw, compression, new) if len(bounds) > 2 else 0
    if length < len(bounds):
        return [Part(file.uri, file.format, file.compression, 0, file.size)]
    first = [bound * length // file.size for bound in bounds]
    return [
        Part(file.uri, file.format, file.compression, start, stop, begin, 0 if stop == file.size else end)
        for (start, stop), (begin, end) in zip(pairwise(bounds), pairwise(first), strict=True)
    ]


def _length(file: SourceFile, raw: BinaryIO, compression: str, new: Callable[[], Any] | None) -> int:
    """How many bytes the file holds uncompressed, about, by its first ones; 0 where they cannot be read."""
    if not compression:
        return file.size
    head = raw.read(_SAMPLE)
    held = 0
    try:
        stream = decompressed(BytesIO(head), compression, new)
        while piece := stream.read(_SAMPLE):
            held += len(piece)
    except RecordError:
        pass  # the sample ends in the midst of the stream
    return held * file.size // len(head) if head else 0
