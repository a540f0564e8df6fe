"""Finds the records of web archives: WARC of any version, ARC 1 and 2, with line ends of CRLF or LF.

A record is a header that states a length, and a block of that length. Bytes that are neither a record nor the blank
lines between records are told as `Damage`, and the next line that begins a record goes on: an archive that other tools
refuse after its first fault is read to its end, and nothing in it is passed over in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cleancopy.readers.lines import Readable

_CHUNK = 1 << 17
LONGEST_HEADER = 1 << 16
"""Bytes of a record's header; a longer one is damage."""
_WARC = re.compile(rb"WARC/\d")
# URL, address, date, media type, in version 2 also status, checksum, redirection, offset and file, and the length.
_ARC = re.compile(
    rb"([a-z][a-z0-9+.-]{0,20}:[^\r\n]*) ([0-9a-fA-F.:]+) (\d{8,17}) (\S*) (?:\S+ \S+ [^\r\n]* \d+ \S+ )?(\d{1,18})\s*$"
)
_ONCE = frozenset(["warc-type", "warc-record-id", "content-length"])
_LENGTH = re.compile(r"\d{1,18}")


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes at `at` that are no record, up to the next one."""

    at: int
    detail: str


class Cursor:
    """The bytes of a stream one after the other; `at` is the offset of the next one."""

    def __init__(self, stream: Readable, at: int = 0) -> None:
        self.at = at
        self._stream = stream
        self._held = b""
        self._first = 0

    def line(self, longest: int = LONGEST_HEADER) -> bytes:
        """The next line with its end, or the first `longest` bytes of it; empty at the end of the stream."""
        searched = self._first
        while True:
            end = self._held.find(b"\n", searched)
            if end >= 0 or len(self._held) - self._first >= longest:
                break
            searched = len(self._held) - self._first
            if not self._fill():
                break
        size = (end + 1 if end >= 0 else len(self._held)) - self._first
        return self._take(min(size, longest))

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer only at the end of the stream."""
        pieces = [self._take(size)]
        size -= len(pieces[0])
        while size > 0 and self._fill():
            pieces.append(self._take(size))
            size -= len(pieces[-1])
        return b"".join(pieces)

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, which stay; fewer only at the end of the stream."""
        while len(self._held) - self._first < size and self._fill():
            pass
        return self._held[self._first : self._first + size]

    def strip(self, byte: bytes) -> None:
        """Passes over all that is `byte`."""
        while data := self.some():
            if rest := data.lstrip(byte):
                self.back(len(rest))
                return

    def some(self) -> bytes:
        """Some bytes; none at the end of the stream."""
        if self._first == len(self._held):
            self._fill()
        return self._take(_CHUNK)

    def skip(self, size: int) -> int:
        """Passes over up to `size` bytes and says how many there were."""
        left = size - len(self._take(size))
        while left > 0 and self._fill():
            left -= len(self._take(left))
        return size - left

    def back(self, size: int) -> None:
        """Gives back the last `size` bytes, which the last call gave."""
        self._first -= size
        self.at -= size

    def _take(self, size: int) -> bytes:
        data = self._held[self._first : self._first + size]
        self._first += len(data)
        self.at += len(data)
        return data

    def _fill(self) -> bool:
        data = self._stream.read(_CHUNK)
        self._held = self._held[self._first :] + data
        self._first = 0
        return bool(data)


@dataclass(slots=True)
class Entry:
    """A record: where its header begins, its type as WARC calls it, its header and how to read its block.

    headers: by name in lower case; of an ARC those that WARC would have for it. length: of the block, in bytes.
    """

    at: int
    kind: str
    headers: Mapping[str, str]
    length: int
    _cursor: Cursor = field(repr=False)
    _left: int = 0
    missing: int = 0
    """Bytes that the block lacks at its end, as far as that has been seen."""

    def __post_init__(self) -> None:
        self._left = self.length

    def read(self, size: int) -> bytes:
        """Up to `size` bytes of the block; fewer only at its end."""
        wanted = min(size, self._left)
        data = self._cursor.read(wanted)
        self._passed(wanted, len(data))
        return data

    def end(self) -> None:
        """Passes over the rest of the block."""
        self._passed(self._left, self._cursor.skip(self._left))

    def _passed(self, wanted: int, passed: int) -> None:
        self._left -= passed
        if passed < wanted:
            self.missing, self._left = self._left, 0


def entries(cursor: Cursor) -> Iterator[Entry | Damage]:
    """The records from the cursor's place on, in order, and what lies between them that is none.

    An entry's block can be read until the next one is asked for. Raises what the cursor's stream raises.
    """
    while True:
        at = cursor.at
        line = cursor.line()
        if not line:
            return
        if not line.strip():
            continue
        found = _warc(cursor, at) if _WARC.match(line) else _arc(cursor, at, line)
        yield found
        if isinstance(found, Entry):
            found.end()
        else:
            _seek_record(cursor, whole_line=line.endswith(b"\n"))


def begins_record(head: bytes) -> bool:
    """Whether the first line of `head` that is not blank begins a record."""
    line, _, _ = head.lstrip(b"\r\n").partition(b"\n")
    return bool(_WARC.match(line) or _ARC.match(line))


def _seek_record(cursor: Cursor, *, whole_line: bool) -> None:
    while line := cursor.line():
        if whole_line and (_WARC.match(line) or _ARC.match(line)):
            cursor.back(len(line))
            return
        whole_line = line.endswith(b"\n")


def _warc(cursor: Cursor, at: int) -> Entry | Damage:
    headers: dict[str, str] = {}
    name = ""
    while True:
        line = cursor.line()
        if cursor.at - at > LONGEST_HEADER or not line.endswith(b"\n"):
            ends = "is longer than 64 KiB" if line else "has no end"
            return Damage(at, f"the header of the record at {at} {ends}")
        if not line.strip():
            break
        text = line.decode("utf-8", "replace")
        if text[0] in " \t" and name:
            headers[name] = f"{headers[name]} {text.strip()}".strip()
            continue
        if _WARC.match(line):
            cursor.back(len(line))
            return Damage(at, f"the header of the record at {at} has no end")
        name, _, value = text.partition(":")
        name = name.strip().lower()
        if name in _ONCE and name in headers:
            return Damage(at, f"the header of the record at {at} runs into that of another: it has two {name}")
        headers.setdefault(name, value.strip())
    length = headers.get("content-length", "")
    if not _LENGTH.fullmatch(length):
        stated = f"a Content-Length that is no length, {length[:40]!r}" if length else "no Content-Length"
        return Damage(at, f"the record at {at} has {stated}")
    address = headers.get("warc-target-uri", "")
    if address.startswith("<") and address.endswith(">"):  # as GNU Wget writes it
        headers["warc-target-uri"] = address[1:-1]
    return Entry(at, headers.get("warc-type", "unknown").lower(), headers, int(length), cursor)


def _arc(cursor: Cursor, at: int, line: bytes) -> Entry | Damage:
    found = _ARC.match(line)
    if found is None:
        shown = line[:40].rstrip().decode("latin-1")
        return Damage(at, f"the bytes at {at} begin no record of a WARC or ARC archive: {shown!r}")
    url, date, media = (found[group].decode("utf-8", "replace") for group in (1, 3, 4))
    if url.startswith("filedesc:"):
        return Entry(at, "warcinfo", {}, int(found[5]), cursor)
    headers = {"warc-target-uri": url, "warc-date": _moment(date), "warc-identified-payload-type": media}
    if url.startswith(("http:", "https:")):
        headers["content-type"] = "application/http; msgtype=response"
    return Entry(at, "response", headers, int(found[5]), cursor)


def _moment(digits: str) -> str:
    """A date of an ARC as WARC writes it, where it has its seconds."""
    if len(digits) < 14:
        return digits
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}T{digits[8:10]}:{digits[10:12]}:{digits[12:14]}Z"
