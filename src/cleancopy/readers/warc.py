"""WARC and WET archives: HTML responses and text conversions become records, everything else is counted as skipped.

A record's position is what a CDX index gives: the offset of its compressed member where every record is a gzip member
of its own, as the standard asks, else its offset in the decompressed archive. Hashed as the payload after the transfer
and content codings of HTTP are undone.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from io import SEEK_END
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO

from cleancopy.errors import RecordError
from cleancopy.model import Record, Reject
from cleancopy.readers.compression import decompressed
from cleancopy.readers.encoding import decode
from cleancopy.readers.lines import Readable
from cleancopy.readers.rejects import reject, too_large
from cleancopy.readers.source import Part, ReaderOptions, SourceFile, open_file, outside
from cleancopy.readers.whole import decode_html

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

_CHUNK = 1 << 20
_MEMBER = b"\x1f\x8b\x08"
_RECORD = b"WARC/1."
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_LONGEST_HEADER = 1 << 16
_HTML_TYPES = frozenset(["text/html", "application/xhtml+xml"])


def split(file: SourceFile, target_bytes: int) -> list[Part]:
    """Parts that begin at a record, where records can be found without reading everything before them.

    Uncompressed archives are cut where a record ends, those of one gzip member a record every `target_bytes`: a part
    then begins with the first member at or after its start. Anything else is one part.
    """
    with open_file(file.uri) as raw:
        if not file.compression:
            bounds = [0]
            for start in _record_starts(raw):
                if start - bounds[-1] >= target_bytes:
                    bounds.append(start)
        elif file.compression == "gzip" and _has_member_a_record(raw):
            bounds = list(range(0, max(1, file.size), target_bytes))
        else:
            bounds = [0]
    bounds.append(file.size)
    return [Part(file.uri, file.format, file.compression, start, stop) for start, stop in pairwise(bounds)]


def read(part: Part, options: ReaderOptions, skipped: Counter[str]) -> Iterator[Record | Reject]:
    with open_file(part.uri) as raw:
        if not part.compression:
            archive: _Archive = _Plain(part, raw)
        elif part.compression == "gzip" and _has_member_a_record(raw):
            archive = _Members(part, raw)
        else:
            archive = _Stream(part, raw)
        yield from _read(archive, part, options, skipped)


def _read(archive: _Archive, part: Part, options: ReaderOptions, skipped: Counter[str]) -> Iterator[Record | Reject]:
    from fastwarc.warc import ArchiveIterator

    position = archive.first()
    if position is None:
        return
    found = False
    while position is not None:
        last: int | None = None
        try:
            for item in ArchiveIterator(archive.stream(position), parse_http=part.format == "warc", auto_decode="all"):
                at = position + item.stream_pos
                if at >= archive.stop:
                    return
                found = True
                last = at
                try:
                    taken = _record(item, at, part, options)
                except RecordError as error:
                    if error.reason.startswith("compression."):
                        raise
                    yield reject(
                        part,
                        at,
                        error,
                        options,
                        source_id=item.headers.get("WARC-Record-ID"),
                        url=item.headers.get("WARC-Target-URI"),
                    )
                    continue
                if isinstance(taken, str):
                    skipped[taken] += 1
                else:
                    yield taken
        except RecordError as error:
            yield reject(part, position if last is None else last + 1, error, options)
            return
        except OSError as error:
            broken = position if last is None else archive.after(last)
            position = archive.next(broken + 1)
            rest = "" if position is not None else "; the rest of the archive was not read"
            damage = RecordError("warc.malformed", f"the record at {broken} cannot be read: {error}{rest}")
            yield reject(part, broken, damage, options)
            found = True
            continue
        if last is not None and (fault := archive.fault(last)):
            yield reject(part, last + 1, fault, options)
        break
    if not found and part.start == 0:
        yield reject(part, 0, RecordError("record.empty", "the archive holds no record"), options)


def _record(item: WarcRecord, at: int, part: Part, options: ReaderOptions) -> Record | str:
    """The record, or the reason to skip it."""
    kind = str(item.record_type)
    if kind != ("response" if part.format == "warc" else "conversion"):
        return f"warc.type.{kind}"
    if part.format == "warc":
        headers = item.http_headers
        if headers is None:
            return "warc.not_http"
        if headers.status_code is None:
            raise RecordError("warc.malformed", f"the response at {at} has no HTTP status line")
        if headers.status_code != 200:
            return "warc.status"
        media = item.http_content_type or item.headers.get("WARC-Identified-Payload-Type") or ""
        if media.partition(";")[0].strip().lower() not in _HTML_TYPES:
            return "warc.content_type"
    try:
        payload = item.reader.read(options.max_record_bytes + 1)
    except OSError as error:
        raise RecordError("warc.payload", f"the payload of the record at {at} cannot be read: {error}") from error
    if len(payload) > options.max_record_bytes:
        raise too_large("a larger payload", options)
    coded = part.format == "warc" and item.http_headers is not None and _is_coded(item)
    if not coded and len(payload) < item.content_length:
        raise RecordError(
            "warc.truncated",
            f"the archive ends {item.content_length - len(payload)} bytes before the record at {at} does",
        )
    if part.format == "warc":
        text, encoding = decode_html(payload, options, item.http_charset)
    else:
        text, encoding = decode(payload, override=options.encoding)
    if not text or text.isspace():
        raise RecordError("record.empty", "the payload holds no text")
    metadata = {"warc_date": item.headers.get("WARC-Date")}
    if cut := item.headers.get("WARC-Truncated"):
        metadata["warc_truncated"] = cut
    return Record(
        source_uri=part.uri,
        position=at,
        raw_sha256=sha256(payload).hexdigest(),
        text=text if part.format == "wet" else None,
        html=text if part.format == "warc" else None,
        source_id=item.headers.get("WARC-Record-ID"),
        url=item.headers.get("WARC-Target-URI"),
        encoding=encoding,
        metadata=metadata,
    )


def _is_coded(item: WarcRecord) -> bool:
    headers = item.http_headers
    return "Content-Encoding" in headers or "Transfer-Encoding" in headers


class _Source:
    """An archive for the parser, counted from where it begins; a failing store is told from a faulty archive."""

    def __init__(self, stream: Readable, uri: str) -> None:
        self._stream = stream
        self._uri = uri
        self._position = 0

    def read(self, size: int = -1) -> bytes:
        with outside(self._uri):
            data = self._stream.read(size)
        self._position += len(data)
        return data

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        raise OSError("an archive is read in one direction")

    def close(self) -> None:
        """The reader of the part closes the file."""


class _Plain:
    """An uncompressed archive: a record begins where the one before ends."""

    def __init__(self, part: Part, raw: BinaryIO) -> None:
        self._part, self._raw = part, raw
        self.stop = part.stop

    def first(self) -> int | None:
        return self._part.start

    def stream(self, position: int) -> _Source:
        self._raw.seek(position)
        return _Source(self._raw, self._part.uri)

    def fault(self, last: int) -> RecordError | None:
        return None

    def after(self, position: int) -> int:
        return _end(self._raw, position) or position + 1

    def next(self, position: int) -> int | None:
        """The next line that begins a record, at `position` or later."""
        found = _find(self._raw, b"\n" + _RECORD, max(0, position - 1), self.stop)
        return None if found is None else found + 1


class _Members:
    """An archive with a gzip member for each record."""

    def __init__(self, part: Part, raw: BinaryIO) -> None:
        self._part, self._raw = part, raw
        self.stop = part.stop

    def first(self) -> int | None:
        return self.next(self._part.start)

    def stream(self, position: int) -> _Source:
        self._raw.seek(position)
        return _Source(self._raw, self._part.uri)

    def fault(self, last: int) -> RecordError | None:
        """What is wrong with the archive's end: the parser says nothing of a member that it cannot finish."""
        self._raw.seek(last)
        member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        while data := self._raw.read(_CHUNK):
            while data and not member.eof:
                member.decompress(data, _CHUNK)
                data = member.unconsumed_tail
            if member.eof:
                rest = member.unused_data or self._raw.read(1)
                return (
                    RecordError("compression.truncated", "the last member cannot be read")
                    if rest.strip(b"\0")
                    else None
                )
        return RecordError("compression.truncated", "the file ends inside its last member")

    def after(self, position: int) -> int:
        """Any member after the one at `position`, or the byte after its head."""
        return _find(self._raw, _MEMBER, position + 1, self.stop) or position + 1

    def next(self, position: int) -> int | None:
        """The next member that holds a record, at `position` or later."""
        while (found := _find(self._raw, _MEMBER, position, self.stop)) is not None:
            self._raw.seek(found)
            if _begins_record(self._raw.read(4096)):
                return found
            position = found + 1
        return None


class _Stream:
    """An archive that can only be read from its beginning."""

    def __init__(self, part: Part, raw: BinaryIO) -> None:
        self._part, self._raw = part, raw
        self.stop = 1 << 62

    def first(self) -> int | None:
        return 0

    def stream(self, position: int) -> _Source:
        self._raw.seek(0)
        return _Source(decompressed(self._raw, self._part.compression), self._part.uri)

    def fault(self, last: int) -> RecordError | None:
        return None

    def after(self, position: int) -> int:
        return position + 1

    def next(self, position: int) -> int | None:
        return None


_Archive = _Plain | _Members | _Stream


def _record_starts(raw: BinaryIO) -> Iterator[int]:
    position: int | None = 0
    while position is not None:
        yield position
        position = _end(raw, position)


def _end(raw: BinaryIO, position: int) -> int | None:
    """Where the uncompressed record at `position` ends; None where none begins, or the file ends before it does."""
    size = raw.seek(0, SEEK_END)
    raw.seek(position)
    head = raw.read(_LONGEST_HEADER)
    length = head.find(b"\r\n\r\n")
    if not head.startswith(_RECORD) or length < 0:
        return None
    found = _CONTENT_LENGTH.search(head, 0, length + 2)
    if found is None:
        return None
    end = position + length + 4 + int(found[1])
    return min(end + 4, size) if end <= size else None


def _find(raw: BinaryIO, mark: bytes, start: int, stop: int) -> int | None:
    """Offset of the first `mark` that begins in `start` to `stop`."""
    raw.seek(start)
    held = b""
    while start < stop and (chunk := raw.read(_CHUNK)):
        window = held + chunk
        found = window.find(mark)
        if found >= 0:
            at = start - len(held) + found
            return at if at < stop else None
        held = window[1 - len(mark) :]
        start += len(chunk)
    return None


def _begins_record(member: bytes) -> bool:
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(member, 64).startswith(_RECORD)
    except zlib.error:
        return False


def _has_member_a_record(raw: BinaryIO) -> bool:
    """Whether the first record has a gzip member of its own, which another member follows."""
    raw.seek(0)
    head = raw.read(_CHUNK)
    member = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        while head and not member.eof:
            member.decompress(head, _CHUNK)
            head = member.unconsumed_tail
    except zlib.error:
        return False
    return member.eof and member.unused_data.startswith(_MEMBER)
