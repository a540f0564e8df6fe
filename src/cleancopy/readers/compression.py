"""Compressed files as streams of plain bytes, whatever they claim to contain."""

from __future__ import annotations

import io
import sys
import zlib
from collections.abc import Callable
from io import SEEK_CUR
from lzma import LZMAError
from typing import Any, BinaryIO, Protocol, cast

from cleancopy.errors import RecordError

_CHUNK = 1 << 16
# A block of zstd may expand 4 bytes to 128 KiB and its decompressor takes no limit: 256 bytes in are at most 8 MiB out.
_ZSTD_CHUNK = 1 << 8
# Text compresses 3 to 20 times and zeros a thousand times; a stream counts as a bomb when it is past both bounds.
_BOMB_RATIO = 200
_BOMB_BYTES = 64 << 20
_XZ_MEMORY = 256 << 20
_LONGEST_DICTIONARY = 16 << 20
_ZSTD = b"\x28\xb5\x2f\xfd"
_DICTIONARY = b"\x5d\x2a\x4d\x18"
_MARKS = (
    (b"\x1f\x8b\x08", "gzip"),
    (_ZSTD, "zstd"),
    (_DICTIONARY, "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
)


class Decompressed(io.RawIOBase):
    """Reads the members of a gzip, zstd, bzip2 or xz file one after the other.

    Raises RecordError `compression.truncated`, `compression.corrupt` or `compression.bomb` once everything before the
    fault has been read. Memory does not depend on the ratio.
    """

    def __init__(self, raw: BinaryIO, compression: str, new: Callable[[], Any] | None = None) -> None:
        self._raw = raw
        self._new = new or _DECOMPRESSORS[compression]
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
            if not isinstance(error, _damage()):
                raise
            self._fault = RecordError("compression.corrupt", f"after {self._given} bytes: {error}")
            return True
        self._given += len(data)
        self._ready = memoryview(data)
        self._fault = _bomb(self._taken, self._given)
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


class Member:
    """One member of a gzip file for `Cursor`: reads its bytes from `packed` and gives back those behind it.

    Raises RecordError `compression.truncated`, `compression.corrupt` or `compression.bomb` where the fault lies.
    """

    def __init__(self, packed: Packed) -> None:
        self._packed = packed
        self._member = _gzip()
        self._taken = self._given = 0

    def read(self, size: int, /) -> bytes:
        data = b""
        while not data and not self._member.eof:
            waiting: bytes = self._member.unconsumed_tail
            if not waiting:
                waiting = self._packed.some()
                self._taken += len(waiting)
            if not waiting:
                raise RecordError(
                    "compression.truncated", f"the file ends inside a compressed member, after {self._given} bytes"
                )
            try:
                data = self._member.decompress(waiting, size)
            except zlib.error as error:
                raise RecordError("compression.corrupt", f"after {self._given} bytes: {error}") from error
            if self._member.eof:
                self._packed.back(len(self._member.unused_data))
            self._given += len(data)
            if fault := _bomb(self._taken, self._given):
                raise fault
        return data


class Packed(Protocol):
    """Compressed bytes of which the last ones can be given back."""

    def some(self) -> bytes: ...

    def back(self, size: int, /) -> None: ...


class _Pulled(io.RawIOBase):
    """As `Decompressed` for LZ4 and Brotli, which Arrow brings; the last 4 KiB before a fault may be missing."""

    def __init__(self, raw: BinaryIO, compression: str) -> None:
        import pyarrow as pa

        self._raw = raw
        self._given = 0
        self._taken = _Counted(raw)
        self._stream = pa.CompressedInputStream(pa.PythonFile(cast(Any, self._taken), mode="r"), cast(Any, compression))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), 4096)
        try:
            data: bytes = self._stream.read(size)
        except _Outside as error:
            raise error.args[0] from None
        except OSError as error:
            kind = "truncated" if "Truncated" in str(error) else "corrupt"
            raise RecordError(f"compression.{kind}", f"after {self._given} bytes: {error}") from error
        self._given += len(data)
        if fault := _bomb(self._taken.size, self._given):
            raise fault
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Outside(Exception):
    """Carries an error of the store through Arrow, whose own errors of damaged bytes have the same class."""


class _Counted:
    """A file for Arrow that counts what was read from it."""

    closed = False

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._raw.read(size)
        except Exception as error:
            raise _Outside(error) from error
        self.size += len(data)
        return data

    def close(self) -> None:
        """Whoever opened the file closes it."""


def _bomb(taken: int, given: int) -> RecordError | None:
    if given <= _BOMB_BYTES or given <= _BOMB_RATIO * taken:
        return None
    return RecordError(
        "compression.bomb", f"{taken} compressed bytes hold more than {given}; text never compresses that well"
    )


_ZLIB = type(zlib.decompressobj())


def _gzip() -> Any:
    return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)


def _bzip2() -> Any:
    from bz2 import BZ2Decompressor

    return BZ2Decompressor()


def _xz() -> Any:
    from lzma import LZMADecompressor

    return LZMADecompressor(memlimit=_XZ_MEMORY)


def _zstd() -> Any:
    from zstandard import ZstdDecompressor

    return ZstdDecompressor(max_window_size=1 << 27).decompressobj()


def _damage() -> tuple[type[Exception], ...]:
    """What decompressors raise over damaged bytes; Zstandard's only where one of its own is at work."""
    zstandard = sys.modules.get("zstandard")
    own = () if zstandard is None else (zstandard.ZstdError,)
    return (zlib.error, OSError, EOFError, LZMAError, *own)


_DECOMPRESSORS: dict[str, Callable[[], Any]] = {"gzip": _gzip, "bzip2": _bzip2, "zstd": _zstd, "xz": _xz}


def decompressed(raw: BinaryIO, compression: str, new: Callable[[], Any] | None = None) -> BinaryIO:
    """`raw` itself when `compression` is empty, else the bytes it holds.

    new: makes the decompressor of each member, where it needs more than the compression's name.

    Not buffered: a buffer would drop what it holds when a fault is raised.
    """
    if compression in ("lz4", "brotli"):
        return cast(BinaryIO, _Pulled(raw, compression))
    return cast(BinaryIO, Decompressed(raw, compression, new)) if compression else raw


def zstd_with_dictionary(raw: BinaryIO) -> Callable[[], Any] | None:
    """The decompressor of an archive that begins with the dictionary of all its members; `raw` is then behind it.

    None, and `raw` as it was, where the file begins with no such frame (WARC compression with Zstandard, IIPC 2021).
    """
    from zstandard import ZstdCompressionDict, ZstdDecompressor, ZstdError

    head = raw.read(8)
    size = int.from_bytes(head[4:8], "little")
    if head[:4] != _DICTIONARY or size > _LONGEST_DICTIONARY:
        raw.seek(-len(head), SEEK_CUR)
        return None
    data = raw.read(size)
    if data.startswith(_ZSTD):
        try:
            data = ZstdDecompressor().decompress(data, max_output_size=_LONGEST_DICTIONARY)
        except ZstdError as error:
            raise RecordError("compression.corrupt", f"its dictionary: {error}") from error
    dictionary = ZstdCompressionDict(data)
    return lambda: ZstdDecompressor(dict_data=dictionary, max_window_size=1 << 27).decompressobj()


def compression_of(head: bytes) -> str:
    """The compression that a file's first bytes show; empty where they show none."""
    return next((name for mark, name in _MARKS if head.startswith(mark)), "")
