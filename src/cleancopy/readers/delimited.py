"""CSV and TSV with a header row: one row is one record, at its ordinal below the header.

Hashed as the UTF-8 bytes of the row's fields, joined by U+001F: the raw bytes are gone once quoting is undone.
"""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from sys import maxsize

from cleancopy.errors import RecordError
from cleancopy.model import Record, Reject
from cleancopy.readers import streams
from cleancopy.readers.compression import decompressed
from cleancopy.readers.encoding import WIDE, decode, is_binary, marked, wide
from cleancopy.readers.fields import named, no_text, record
from cleancopy.readers.lines import Readable, TooLong, lines
from cleancopy.readers.rejects import reject, too_large
from cleancopy.readers.source import Part, ReaderOptions, SourceFile, open_file, open_part

_DELIMITERS = ",;\t|"
_HEAD = 1 << 16


def split(file: SourceFile, target_bytes: int) -> list[Part]:
    """See `streams`: whether a line begins a row, only the lines before it tell."""
    if file.size <= target_bytes:
        return [Part(file.uri, file.format, file.compression, 0, file.size)]
    with open_file(file.uri) as raw:
        return streams.split(file, raw, file.compression, target_bytes)


def read(part: Part, options: ReaderOptions, skipped: Counter[str]) -> Iterator[Record | Reject]:
    # The limit is one for the process and may only grow, for another file may be half read.
    csv.field_size_limit(max(csv.field_size_limit(), options.max_record_bytes))
    ordinal = 0
    is_ours = part.start == 0
    with open_part(part) as raw:
        try:
            source = _TextLines(decompressed(raw, part.compression), options)
            names, delimiter = _header(next(source, None), options)
            rows = csv.reader(source, delimiter=delimiter)
            while True:
                if source.end >= (part.last or maxsize):
                    return
                is_ours = is_ours or source.end >= part.first
                try:
                    row = next(rows)
                except StopIteration:
                    break
                except _LineError as error:
                    # The parser cannot go on inside the row; a new one begins with the next line.
                    if is_ours:
                        yield reject(part, ordinal, error, options)
                    rows = csv.reader(source, delimiter=delimiter)
                    ordinal += 1
                    continue
                except csv.Error as error:
                    raise RecordError(
                        "csv.malformed", f"row {ordinal}: {error}; check its quotes, the rest of the file was not read"
                    ) from error
                if row:
                    if is_ours:
                        yield _record(row, names, ordinal, source.encoding, part, options)
                    ordinal += 1
            if ordinal == 0:
                raise RecordError("record.empty", "the file holds a header but no row")
        except RecordError as error:
            if is_ours:
                yield reject(part, ordinal, error, options)


def _header(first: str | None, options: ReaderOptions) -> tuple[list[str], str]:
    """The names of the columns, and what parts them."""
    if first is None:
        raise RecordError("record.empty", "the file holds no row")
    first = first.removeprefix("\ufeff")
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        names = [name.strip() for name in next(csv.reader([first], delimiter=delimiter))]
    except csv.Error as error:
        raise RecordError(
            "csv.malformed", f"the header: {error}; check its line ends, the file was not read"
        ) from error
    if options.text not in names and options.html not in names:
        raise RecordError("record.no_text", no_text(dict.fromkeys(names), options))
    return names, delimiter


def _record(
    row: list[str], names: list[str], ordinal: int, encoding: str, part: Part, options: ReaderOptions
) -> Record | Reject:
    raw = "\x1f".join(row).encode()
    fields = dict(zip(names, row, strict=False))
    try:
        if len(raw) > options.max_record_bytes:
            raise too_large(f"{len(raw)} bytes", options)
        if len(row) != len(names):
            raise RecordError("csv.columns", f"has {len(row)} fields, the header has {len(names)}; check its quotes")
        return record(
            fields,
            options,
            uri=part.uri,
            position=ordinal,
            raw_sha256=sha256(raw).hexdigest(),
            encoding=encoding,
        )
    except RecordError as error:
        own = named(fields, options) if len(row) == len(names) else {}
        return reject(part, ordinal, error, options, raw, **own)


class _LineError(RecordError):
    """One line is no text or too long; those after it are not affected."""


class _TextLines:
    """Decoded lines with their ends; `encoding` is what was found out about them, `end` the offset behind the last.

    An iterator and no generator, for it goes on after an error.
    """

    def __init__(self, stream: Readable, options: ReaderOptions) -> None:
        head = stream.read(_HEAD)
        _, name = marked(head)
        self._options = options
        self.end = 0
        self.encoding = "utf-8 (valid)"
        self._codec = "utf-8"
        if options.encoding is not None:
            self._codec, self.encoding = options.encoding, f"{options.encoding} (configured)"
        elif is_binary(head):
            raise RecordError("format.binary", "the file is binary, not CSV; check its name and compression")
        elif name:
            self._codec, self.encoding = name, f"{name} (bom)"
        elif name := wide(head):
            self._codec, self.encoding = name, f"{name} (detected)"
        elif whole := head[: head.rfind(b"\n") + 1]:
            self.encoding = decode(whole)[1]
            self._codec = self.encoding.partition(" ")[0]
        rest: Readable = _Rejoined(head, stream)
        if (codec := codecs.lookup(self._codec).name) in WIDE:
            self._codec, rest = "utf-8", _Narrow(rest, codec)
        self._lines = lines(rest, 0, options.max_record_bytes)

    def __iter__(self) -> _TextLines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.end = 1 + (line.offset + line.size if isinstance(line, TooLong) else line[0] + len(line[1]))
        if isinstance(line, TooLong):
            error = too_large(f"a line of {line.size} bytes at {line.offset}", self._options)
            raise _LineError(error.reason, error.detail)
        try:
            return line[1].decode(self._codec) + "\n"
        except UnicodeDecodeError as error:
            raise _LineError(
                "encoding.undecodable", f"the line at byte {line[0]} is not {self._codec}: {error}; set input.encoding"
            ) from error


class _Rejoined:
    """A stream whose head has been looked at."""

    def __init__(self, head: bytes, stream: Readable) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        head, self._head = self._head, b""
        return head or self._stream.read(size)


class _Narrow:
    """A stream of UTF-16 or UTF-32 as UTF-8, so that a line feed is one byte."""

    def __init__(self, stream: Readable, codec: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(codec)()

    def read(self, size: int, /) -> bytes:
        narrow = b""
        while not narrow and (wide := self._stream.read(size)):
            try:
                narrow = self._decoder.decode(wide).encode()
            except UnicodeDecodeError as error:
                raise RecordError("encoding.undecodable", str(error)) from error
        return narrow
