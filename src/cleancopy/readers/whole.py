"""Text and HTML files: one file is one record, at position 0, hashed as the decompressed file's bytes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

from cleancopy.errors import RecordError
from cleancopy.model import Record, Reject
from cleancopy.readers.compression import decompressed
from cleancopy.readers.encoding import decode, is_binary
from cleancopy.readers.rejects import reject, too_large
from cleancopy.readers.source import UNKNOWN, Part, ReaderOptions, open_part
from cleancopy.repair.markup import is_page

_HEAD = 4096
_CHUNK = 1 << 20
_DECLARED_XML = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)""")
_DECLARED_META = re.compile(rb"""<meta[^>]{0,500}?charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)


def read(part: Part, options: ReaderOptions, skipped: Counter[str]) -> Iterator[Record | Reject]:
    data = bytearray()
    limit = options.max_record_bytes
    try:
        with open_part(part) as raw:
            stream = decompressed(raw, part.compression)
            while len(data) <= limit and (piece := stream.read(min(_CHUNK, limit + 1 - len(data)))):
                data += piece
        if len(data) > limit:
            data.clear()
            raise too_large("a larger size", options)
        yield record(bytes(data), part, options)
    except RecordError as error:
        # Of a file that is cut off the payload is what could be read.
        yield reject(part, 0, error, options, bytes(data))


def decode_html(data: bytes, options: ReaderOptions, http_charset: str | None = None) -> tuple[str, str]:
    """As `decode`, with what HTTP, the XML declaration or a meta element in the first 4 kB declare, in this order."""
    if http_charset:
        return decode(data, override=options.encoding, declared=http_charset, declarer="http")
    for declarer, pattern in (("xml", _DECLARED_XML), ("meta", _DECLARED_META)):
        if found := pattern.search(data, 0, _HEAD):
            label = found[1].decode("ascii")
            if label.lower().startswith(("utf-16", "utf-32")):
                label = "utf-8"  # Or the declaration could not have been read; browsers say the same.
            return decode(data, override=options.encoding, declared=label, declarer=declarer)
    return decode(data, override=options.encoding)


def told(head: bytes) -> str:
    """The format, `text` or `html`, of a file that begins with these bytes and whose name does not tell."""
    return "html" if is_page(head[:_HEAD].decode("latin-1")) else "text"


def record(data: bytes, part: Part, options: ReaderOptions) -> Record:
    """The record that a whole text or page is. Raises RecordError where it is binary, empty or not to be decoded."""
    if is_binary(data[:_HEAD]) and options.encoding is None:
        raise RecordError("format.binary", "the file is binary, not text; remove it from the sources")
    if part.format == UNKNOWN:
        raise RecordError(
            "format.unknown", "the name does not tell the format; rename it, or set input.format if all are of one"
        )
    text, encoding = decode_html(data, options) if part.format == "html" else decode(data, override=options.encoding)
    if not text or text.isspace():
        raise RecordError("record.empty", "the file holds no text")
    digest = sha256(data).hexdigest()
    if part.format == "html":
        return Record(part.uri, 0, digest, html=text, encoding=encoding)
    return Record(part.uri, 0, digest, text=text, encoding=encoding)
