"""Files in every format and compression, for the tests of the readers."""

from __future__ import annotations

import bz2
import gzip
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import zstandard

from cleancopy.model import Record, Reject
from cleancopy.readers import ReaderOptions, discover, read, split

COMPRESS = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress, ".bz2": bz2.compress}
TEXTS = [f"Bees № {number} are back.\nThey have come to stay." for number in range(12)]
WHOLE = 1 << 40


def read_all(
    source: Path | str,
    options: ReaderOptions | None = None,
    *,
    target: int = WHOLE,
    skipped: Counter[str] | None = None,
) -> list[Record | Reject]:
    options = options or ReaderOptions()
    return [
        item
        for file in discover([str(source)], options)
        for part in split(file, target)
        for item in read(part, options, skipped)
    ]


def records(items: Sequence[Record | Reject]) -> list[Record]:
    for item in items:
        assert isinstance(item, Record), item
    return [item for item in items if isinstance(item, Record)]


def outcome(item: Record | Reject) -> str:
    return "record" if isinstance(item, Record) else item.reason


def jsonl(texts: Sequence[str] = TEXTS) -> bytes:
    return b"".join(
        json.dumps({"id": number, "text": text, "tags": ["a"]}, ensure_ascii=False).encode() + b"\n"
        for number, text in enumerate(texts)
    )


def archive_record(kind: str, number: int, block: bytes, media: str) -> bytes:
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: http://site.example/{number}\r\n"
        f"WARC-Date: 2024-01-01T00:00:00Z\r\nWARC-Record-ID: <urn:test:{number}>\r\n"
        f"Content-Type: {media}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def response(
    number: int, body: bytes, media: str = "text/html; charset=utf-8", status: str = "200 OK", more: str = ""
) -> bytes:
    http = f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\n{more}\r\n".encode() + body
    return archive_record("response", number, http, "application/http; msgtype=response")


def warc(texts: Sequence[str] = TEXTS) -> list[bytes]:
    """An information record, a request, pages, and responses that are none."""
    return [
        archive_record("warcinfo", 900, b"software: test\r\n", "application/warc-fields"),
        archive_record("request", 901, b"GET / HTTP/1.1\r\n\r\n", "application/http; msgtype=request"),
        *(response(number, f"<p>{text}</p>".encode()) for number, text in enumerate(texts)),
        response(902, b"\x89PNG", "image/png"),
        response(903, b"<p>gone</p>", status="404 Not Found"),
    ]


def wet(texts: Sequence[str] = TEXTS) -> list[bytes]:
    return [
        archive_record("warcinfo", 900, b"software: test\r\n", "application/warc-fields"),
        *(archive_record("conversion", number, text.encode(), "text/plain") for number, text in enumerate(texts)),
    ]
