"""JSON Lines: one object a line, at its offset in the decompressed file, hashed as the line's bytes without its end."""

from __future__ import annotations

import codecs
import json
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from math import isfinite
from sys import maxsize
from typing import Any, BinaryIO

from cleancopy.errors import RecordError
from cleancopy.model import Record, Reject
from cleancopy.readers import streams
from cleancopy.readers.compression import decompressed
from cleancopy.readers.encoding import WIDE, decode, is_binary, marked, wide
from cleancopy.readers.fields import named, record
from cleancopy.readers.lines import TooLong, lines
from cleancopy.readers.rejects import reject, too_large
from cleancopy.readers.source import Part, ReaderOptions, SourceFile, open_file, open_part

_MARK = b"\xef\xbb\xbf"
_HEAD = 1 << 16


def split(file: SourceFile, target_bytes: int) -> list[Part]:
    """Parts of `target_bytes`, wherever lines begin; of a compressed file, see `streams`.

    A file that shows in its first line that it is something else is one part, so that this is said once.
    """
    whole = Part(file.uri, file.format, file.compression, 0, file.size)
    if file.size <= target_bytes:
        return [whole]
    try:
        with open_file(file.uri) as raw, decompressed(raw, file.compression) as stream:
            first, _, _ = stream.read(_HEAD).removeprefix(_MARK).lstrip().partition(b"\n")
        is_other = _refused(first.strip(), ReaderOptions()) is not None
    except RecordError:
        is_other = True
    if is_other:
        return [whole]
    if file.compression:
        with open_file(file.uri) as raw:
            return streams.split(file, raw, file.compression, target_bytes)
    bounds = [*range(0, file.size, target_bytes), file.size]
    return [Part(file.uri, file.format, "", start, stop) for start, stop in pairwise(bounds)]


def read(part: Part, options: ReaderOptions, skipped: Counter[str]) -> Iterator[Record | Reject]:
    with open_part(part) as raw:
        own = _OwnLines(raw, part, options.max_record_bytes)
        is_first = part.start == 0
        try:
            for line in own:
                if isinstance(line, TooLong):
                    is_first = False
                    yield reject(part, line.offset, too_large(f"{line.size} bytes", options), options)
                    continue
                at, data = line
                data = data.strip() if at else data.strip().removeprefix(_MARK)
                if not data:
                    continue
                if is_first and (refused := _refused(data, options)):
                    yield reject(part, own.end, refused, options)
                    return
                is_first = False
                try:
                    yield _record(data, at, part, options)
                except RecordError as error:
                    yield reject(part, at, error, options, data)
        except RecordError as error:
            if own.is_within():
                yield reject(part, own.end, error, options)
            return
        if is_first:
            yield reject(part, 0, RecordError("record.empty", "the file holds no line"), options)


class _OwnLines:
    """The lines that begin in a part, as `lines` gives them. end: behind the last line read, of whichever part."""

    def __init__(self, raw: BinaryIO, part: Part, most: int) -> None:
        offset = 0
        self._begin, self._stop = (part.first, part.last or maxsize) if part.compression else (part.start, part.stop)
        if part.start and not part.compression:
            # A line belongs to the part in which it begins: whether one begins at `start`, the byte before tells.
            offset = part.start - 1
            raw.seek(offset)
        self._lines = lines(decompressed(raw, part.compression), offset, most)
        self.end = 0 if part.compression else part.start

    def __iter__(self) -> Iterator[tuple[int, bytes] | TooLong]:
        for line in self._lines:
            at, size = (line.offset, line.size) if isinstance(line, TooLong) else (line[0], len(line[1]))
            self.end = at + size + 1
            if at >= self._stop:
                return
            if at >= self._begin:
                yield line

    def is_within(self) -> bool:
        """Whether what comes behind the last line read begins in the part."""
        return self._begin <= self.end < self._stop


def _refused(first: bytes, options: ReaderOptions) -> RecordError | None:
    """What is said of the whole file where its first line shows that it is something else than JSON Lines."""
    codec = codecs.lookup(options.encoding).name if options.encoding else marked(first)[1] or wide(first)
    if codec in WIDE:
        return RecordError(
            "encoding.undecodable",
            f"the file is {codec}, where no single byte ends a line; convert it: iconv -f {codec} -t utf-8",
        )
    if first[:1] == b"[" or first == b"{":
        return RecordError(
            "json.not_lines",
            "the file is one JSON document, not one object a line; convert it, for example with jq -c '.[]'",
        )
    if first[:1] != b"{" and is_binary(first[:4096]):
        return RecordError("format.binary", "the file is binary, not JSON Lines; check its name and compression")
    return None


def _record(data: bytes, offset: int, part: Part, options: ReaderOptions) -> Record | Reject:
    encoding = "utf-8"
    fields: Any
    try:
        if options.encoding is None:
            fields = _loads(data)
        else:
            text, encoding = decode(data, override=options.encoding)
            fields = _loads(text)
    except UnicodeDecodeError:
        text, encoding = decode(data)
        fields = _loads(text)
    if not isinstance(fields, dict):
        raise RecordError("json.no_object", f"the line holds {type(fields).__name__}, expected an object")
    try:
        return record(
            fields,
            options,
            uri=part.uri,
            position=offset,
            raw_sha256=sha256(data).hexdigest(),
            encoding=encoding,
        )
    except RecordError as error:
        return reject(part, offset, error, options, data, **named(fields, options))


def _loads(text: str | bytes) -> Any:
    """The value, with all that the caller gave: a number that no float holds as it is written, a doubled name's values.

    Raises UnicodeDecodeError, and RecordError `json.broken`.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_float=_number)
    except UnicodeDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise _broken(error) from error


def _number(text: str) -> float | str:
    value = float(text)
    return value if isfinite(value) else text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object. Of a name that is given more than once the last value counts; others are beside it as `name.1`, …"""
    fields = dict(pairs)
    if len(fields) == len(pairs):
        return fields
    last = {name: place for place, (name, _) in enumerate(pairs)}
    numbers: dict[str, int] = {}
    for place, (name, value) in enumerate(pairs):
        if place == last[name] or value == fields[name]:
            continue
        numbers[name] = numbers.get(name, 0) + 1
        while (beside := f"{name}.{numbers[name]}") in fields:
            numbers[name] += 1
        fields[beside] = value
    return fields


def _broken(error: Exception) -> RecordError:
    return RecordError("json.broken", f"the line is no JSON: {error}")
