"""WARC, WET and ARC archives: HTML responses and text conversions become records, all else is counted as skipped.

A record's position is what a CDX index gives: the offset of its compressed member where every record is a gzip member
of its own, as the standard asks, else its offset in the decompressed archive. Hashed as the payload after the transfer
and content codings of HTTP are undone. Compression goes by the archive's first bytes, whatever its name says.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from io import SEEK_END
from itertools import pairwise
from typing import BinaryIO

from cleancopy.errors import RecordError
from cleancopy.model import Record, Reject
from cleancopy.readers import streams
from cleancopy.readers.archives import LONGEST_HEADER, Cursor, Damage, Entry, begins_record, entries
from cleancopy.readers.compression import Member, compression_of, decompressed, zstd_with_dictionary
from cleancopy.readers.encoding import decode
from cleancopy.readers.rejects import reject, too_large
from cleancopy.readers.response import LONGEST_HEAD, Response, parse, payload
from cleancopy.readers.source import Part, ReaderOptions, SourceFile, open_file, open_part
from cleancopy.readers.whole import decode_html

_CHUNK = 1 << 20
_HEAD = 1 << 14
_MEMBER = b"\x1f\x8b\x08"
_HTML_TYPES = frozenset(["text/html", "application/xhtml+xml"])
_LONGEST_FIRST = 16 << 20
"""Bytes of a first record that is read to see whether it has a member of its own; crawlers begin with a short one."""


def split(file: SourceFile, target_bytes: int) -> list[Part]:
    """Parts that begin at a record.

    Uncompressed archives are cut where a record ends, those of one gzip member a record every `target_bytes`: a part
    then begins with the first member at or after its start. For any other compression, see `streams`.
    """
    bounds = [0]
    if file.size <= target_bytes:
        return [Part(file.uri, file.format, file.compression, 0, file.size)]
    with open_file(file.uri) as raw:
        compression = _compression(raw, file.compression)
        if not compression:
            for entry in entries(_Seeking(raw, 0)):
                if isinstance(entry, Damage):
                    break
                if entry.at - bounds[-1] >= target_bytes:
                    bounds.append(entry.at)
        elif compression == "gzip" and _has_member_a_record(raw):
            bounds = list(range(0, max(1, file.size), target_bytes))
        else:
            raw.seek(0)
            new = zstd_with_dictionary(raw) if compression == "zstd" else None
            return streams.split(file, raw, compression, target_bytes, new)
    bounds.append(file.size)
    return [Part(file.uri, file.format, file.compression, start, stop) for start, stop in pairwise(bounds)]


def read(part: Part, options: ReaderOptions, skipped: Counter[str]) -> Iterator[Record | Reject]:
    with open_part(part) as raw:
        compression = _compression(raw, part.compression)
        reading = _Reading(part, options, skipped)
        if not compression:
            yield from reading.items(_Seeking(raw, part.start), stop=part.stop)
        elif compression == "gzip" and _has_member_a_record(raw):
            yield from _members(raw, reading)
        else:
            raw.seek(0)
            new = zstd_with_dictionary(raw) if compression == "zstd" else None
            stream = Cursor(decompressed(raw, compression, new))
            yield from reading.items(stream, first=part.first, stop=part.last or None)
        if not reading.found and part.start == 0:
            yield reject(part, 0, RecordError("record.empty", "the archive holds no record"), options)


class _Reading:
    """What the records of one part become. `found`: whether anything in it was told of, be it as skipped."""

    def __init__(self, part: Part, options: ReaderOptions, skipped: Counter[str]) -> None:
        self.part = part
        self.found = False
        self.broken = False
        self._options = options
        self._skipped = skipped

    def items(
        self, cursor: Cursor, *, member: int | None = None, first: int = 0, stop: int | None = None
    ) -> Iterator[Record | Reject]:
        """Records and rejects of a stream; `broken` says afterwards whether it ended before its end.

        member: where the gzip member begins that the stream is; a record that is not its first is told apart by a byte.
        first, stop: records that begin before, or there or later, are another part's.
        """
        self.broken = False
        at = cursor.at if member is None else member
        told = False
        entry: Entry | None = None
        try:
            for number, item in enumerate(entries(cursor)):
                if stop is not None and item.at >= stop:
                    return
                self.found = True
                at = item.at if member is None else member + number
                if at < first:
                    continue
                told, entry = False, item if isinstance(item, Entry) else None
                taken = self._taken(item, at)
                if isinstance(taken, str):
                    self._skipped[taken] += 1
                else:
                    told = True
                    yield taken
        except RecordError as error:
            self.broken = self.found = True
            if at >= first:
                yield self.reject(at + told, error, None if told else entry)

    def reject(self, at: int, error: RecordError, entry: Entry | None = None) -> Reject:
        headers = entry.headers if entry else {}
        source_id, url = headers.get("warc-record-id"), headers.get("warc-target-uri")
        return reject(self.part, at, error, self._options, source_id=source_id, url=url)

    def _taken(self, item: Entry | Damage, at: int) -> Record | Reject | str:
        """The record, its reject, or the reason to skip it. Raises RecordError `compression.*` if the stream breaks."""
        if isinstance(item, Damage):
            return self.reject(at, RecordError("warc.malformed", item.detail))
        try:
            taken = _record(item, at, self.part, self._options)
            item.end()
            _check_whole(item, at)
        except RecordError as error:
            if error.reason.startswith("compression."):
                raise
            return self.reject(at, error, item)
        return taken


def _record(entry: Entry, at: int, part: Part, options: ReaderOptions) -> Record | str:
    """The record, or the reason to skip it."""
    html = text = None
    if entry.kind == "response":
        page = _page(entry, at, options)
        if isinstance(page, str):
            return page
        response, body = page
        html, encoding = decode_html(body, options, response.charset)
    elif entry.kind == "conversion":
        if not entry.headers.get("content-type", "text/plain").lower().startswith("text/plain"):
            return "warc.content_type"
        body = _block(entry, at, options)
        text, encoding = decode(body, override=options.encoding)
    else:
        return f"warc.type.{entry.kind}"
    if not (html or text or "").strip():
        raise RecordError("record.empty", "the payload holds no text")
    metadata = {"warc_date": entry.headers.get("warc-date")}
    if cut := entry.headers.get("warc-truncated"):
        metadata["warc_truncated"] = cut
    return Record(
        source_uri=part.uri,
        position=at,
        raw_sha256=sha256(body).hexdigest(),
        text=text,
        html=html,
        source_id=entry.headers.get("warc-record-id"),
        url=entry.headers.get("warc-target-uri"),
        encoding=encoding,
        metadata=metadata,
    )


def _page(entry: Entry, at: int, options: ReaderOptions) -> tuple[Response, bytes] | str:
    """The response and its payload if it is a page, or the reason to skip it."""
    head = entry.read(LONGEST_HEAD)
    http = entry.headers.get("content-type", "").lower().startswith("application/http")
    response = parse(head)
    if response is None:
        if not http:
            return "warc.not_http"
        raise RecordError("warc.malformed", f"the response at {at} has no HTTP status line")
    if response.status != 200:
        return "warc.status"
    media = response.media or entry.headers.get("warc-identified-payload-type", "").partition(";")[0].strip().lower()
    if media not in _HTML_TYPES:
        return "warc.content_type"
    body = head[response.size :] + _block(entry, at, options)
    body = payload(response, body, options.max_record_bytes, cut="warc-truncated" in entry.headers)
    if len(body) > options.max_record_bytes:
        raise too_large("a larger payload", options)
    return response, body


def _block(entry: Entry, at: int, options: ReaderOptions) -> bytes:
    """The rest of the record's block."""
    data = entry.read(options.max_record_bytes + 1)
    if len(data) > options.max_record_bytes:
        raise too_large("a larger payload", options)
    _check_whole(entry, at)
    return data


def _check_whole(entry: Entry, at: int) -> None:
    if entry.missing:
        raise RecordError("warc.truncated", f"the archive ends {entry.missing} bytes before the record at {at} does")


class _Seeking(Cursor):
    """A cursor over a file, which need not read what it passes over."""

    def __init__(self, raw: BinaryIO, at: int) -> None:
        super().__init__(raw, at)
        self._raw = raw
        self._size = raw.seek(0, SEEK_END)
        raw.seek(at)

    def skip(self, size: int) -> int:
        passed = min(size, max(0, self._size - self.at))
        if passed <= _CHUNK:
            return super().skip(size)
        self.at += passed
        self._held, self._first = b"", 0
        self._raw.seek(self.at)
        return passed


def _members(raw: BinaryIO, reading: _Reading) -> Iterator[Record | Reject]:
    """The records of an archive with a gzip member for each.

    A part begins with the first member in it that begins a record, and goes on up to the one with which the next part
    begins: what lies between members is told once, wherever the archive is cut.
    """
    stop = reading.part.stop
    at = _next_member(raw, reading.part.start, stop)
    while at is not None:
        raw.seek(at)
        packed = Cursor(raw, at)
        while True:
            at = packed.at
            mark = packed.peek(len(_MEMBER))
            if not mark or (at >= stop and _begins_record(packed.peek(_HEAD))):
                return
            if mark != _MEMBER:
                behind = RecordError("compression.corrupt", f"the bytes at {at}, behind a member, begin no other one")
                yield reading.reject(at, behind)
                break
            yield from reading.items(Cursor(Member(packed)), member=at)
            if reading.broken:
                break
            packed.strip(b"\0")  # some writers pad with zeros
        at = _next_member(raw, at + 1, stop)


def _next_member(raw: BinaryIO, position: int, stop: int) -> int | None:
    """Where the first member that begins a record begins, in `position` to `stop`."""
    while (found := _find(raw, _MEMBER, position, stop)) is not None:
        raw.seek(found)
        if _begins_record(raw.read(_HEAD)):
            return found
        position = found + 1
    return None


def _begins_record(member: bytes) -> bool:
    try:
        return begins_record(zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(member, LONGEST_HEADER))
    except zlib.error:
        return False


def _has_member_a_record(raw: BinaryIO) -> bool:
    """Whether the first record has a gzip member of its own, which another member follows."""
    raw.seek(0)
    packed = Cursor(raw)
    cursor = Cursor(Member(packed))
    try:
        first = next(entries(cursor), None)
        if not isinstance(first, Entry) or first.length > _LONGEST_FIRST:
            return False
        first.end()
        while line := cursor.line():
            if line.strip():
                return False
    except RecordError:
        return False
    return not first.missing and packed.peek(len(_MEMBER)) == _MEMBER


def _compression(raw: BinaryIO, named: str) -> str:
    """The compression that the first bytes show, else the one that the name states unless a record begins there."""
    raw.seek(0)
    head = raw.read(_HEAD)
    return compression_of(head) or ("" if begins_record(head) else named)


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
