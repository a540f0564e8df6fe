"""Compressed files as streams of plain bytes, whatever they claim to contain."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from cleancopy.errors import RecordError

_CHUNK = 1 << 16
# A block of zstd may expand 4 bytes to 128 KiB and its decompressor takes no limit: 256 bytes in are at most 8 MiB out.
_ZSTD_CHUNK = 1 << 8
# Text compresses 3 to 20 times and zeros a thousand times; a stream counts as a bomb when it is past both bounds.
_BOMB_RATIO = 200
_BOMB_BYTES = 64 << 20


class Decompressed(io.RawIOBase):
    """Reads the members of a gzip, zstd or bzip2 file one after the other.

    Raises RecordError `compression.truncated`, `compression.corrupt` or `compression.bomb` once everything before the
    fault has been read. Memory does not depend on the ratio.
    """

    def __init__(self, raw: BinaryIO, compression: str) -> None:
        self._raw = raw
        self._new = _DECOMPRESSORS[compression]
        self._chunk = _ZSTD_CHUNK if compression == "zstd" else _CHUNK
        self._member: Any = None
        self._waiting = b""
        self._ready = memoryview(b"")
        self._taken = self._given = 0
        self._fault: RecordError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = 0
        while size < len(buffer):
            if not self._ready:
                # What came before a fault is handed out first.
                if self._fault is not None and not size:
                    raise self._fault
                if self._fault is not None or not self._fill():
                    break
            step = min(len(buffer) - size, len(self._ready))
            buffer[size : size + step] = self._ready[:step]
            self._ready = self._ready[step:]
            size += step
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()

    def _fill(self) -> bool:
        """One step of decompression; False at the end of the file."""
        if not self._waiting and (self._member is None or self._needs_input()):
            self._waiting = self._raw.read(self._chunk)
            self._taken += len(self._waiting)
            if not self._waiting:
                if self._member is None:
                    return False
                self._fault = RecordError(
                    "compression.truncated", f"the file ends inside a compressed member, after {self._given} bytes"
                )
                return True
        if self._member is None:
            # Some writers pad with zeros.
            self._waiting = self._waiting.lstrip(b"\0")
            if not self._waiting:
                return True
            self._member = self._new()
        try:
            data = self._step()
        except Exception as error:
            if not isinstance(error, zlib.error | OSError | EOFError | _zstd_error()):
                raise
            self._fault = RecordError("compression.corrupt", f"after {self._given} bytes: {error}")
            return True
        self._given += len(data)
        self._ready = memoryview(data)
        if self._given > _BOMB_BYTES and self._given > _BOMB_RATIO * self._taken:
            self._fault = RecordError(
                "compression.bomb",
                f"{self._taken} compressed bytes hold more than {self._given}; text never compresses that well",
            )
        return True

    def _needs_input(self) -> bool:
        return bool(getattr(self._member, "needs_input", True))

    def _step(self) -> bytes:
        member = self._member
        if isinstance(member, _ZLIB):
            data: bytes = member.decompress(self._waiting, 1 << 20)
            self._waiting = member.unconsumed_tail
        elif hasattr(member, "needs_input"):
            data = member.decompress(self._waiting, 1 << 20)
            self._waiting = b""
        else:
            data = member.decompress(self._waiting)
            self._waiting = b""
        if member.eof:
            self._waiting = member.unused_data
            self._member = None
        return data


_ZLIB = type(zlib.decompressobj())


def _gzip() -> Any:
    return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)


def _bzip2() -> Any:
    from bz2 import BZ2Decompressor

    return BZ2Decompressor()


def _zstd() -> Any:
    from zstandard import ZstdDecompressor

    return ZstdDecompressor(max_window_size=1 << 27).decompressobj()


def _zstd_error() -> type[Exception]:
    from zstandard import ZstdError

    return ZstdError


_DECOMPRESSORS: dict[str, Callable[[], Any]] = {"gzip": _gzip, "bzip2": _bzip2, "zstd": _zstd}


def decompressed(raw: BinaryIO, compression: str) -> BinaryIO:
    """`raw` itself when `compression` is empty, else the bytes it holds.

    Not buffered: a buffer would drop what it holds when a fault is raised.
    """
    return cast(BinaryIO, Decompressed(raw, compression)) if compression else raw
