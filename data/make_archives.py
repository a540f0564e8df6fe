"""Write the sample inputs that no editor can: Parquet, WARC, WET, and the damaged files of `data/bad`.

    python data/make_archives.py

The texts come from the other samples, so those stay the only place to edit. Dates and ids are fixed: running it twice
with the same versions of zlib and pyarrow gives the same bytes.
"""

from __future__ import annotations

import gzip
import json
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

DATA = Path(__file__).resolve().parent
RAW = DATA / "raw"
BAD = DATA / "bad"
CRAWLED = "2024-06-01T00:00:00Z"
HOST = "https://samples.example"


def warc_record(kind: str, url: str | None, content_type: str, block: bytes) -> bytes:
    """One WARC/1.0 record, uncompressed."""
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {url} {len(block)}")
    headers = ["WARC/1.0", f"WARC-Type: {kind}", f"WARC-Date: {CRAWLED}", f"WARC-Record-ID: <urn:uuid:{identity}>"]
    if url:
        headers.append(f"WARC-Target-URI: {url}")
    headers += [f"Content-Type: {content_type}", f"Content-Length: {len(block)}"]
    return "\r\n".join(headers).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def http_response(content_type: str, body: bytes, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def response(path: str, content_type: str, body: bytes, status: str = "200 OK") -> bytes:
    return warc_record(
        "response", f"{HOST}/{path}", "application/http; msgtype=response", http_response(content_type, body, status)
    )


def warcinfo() -> bytes:
    return warc_record("warcinfo", None, "application/warc-fields", b"software: cleancopy samples\r\nformat: WARC\r\n")


def compressed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def members(records: list[bytes]) -> bytes:
    """One gzip member a record, as crawls are kept, so that each can be read from its offset."""
    return b"".join(map(compressed, records))


def warc() -> bytes:
    """Two HTML pages, and what a reader has to skip: warcinfo, request, picture, JSON, a page that was not found."""
    request = b"GET /en-page.html HTTP/1.1\r\nHost: samples.example\r\n\r\n"
    return members(
        [
            warcinfo(),
            warc_record("request", f"{HOST}/en-page.html", "application/http; msgtype=request", request),
            response("en-page.html", "text/html; charset=utf-8", (RAW / "en-page.html").read_bytes()),
            response("pixel.gif", "image/gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"),
            response("menu.json", "application/json", b'{"items": []}'),
            response("gone.html", "text/html", b"<html><body><h1>404 Not Found</h1></body></html>", "404 Not Found"),
            response("de-page.html", "text/html; charset=utf-8", (RAW / "de-page.html").read_bytes()),
        ]
    )


def wet() -> bytes:
    """Two conversions."""
    names = ("en-science.txt", "nl-molen.txt")
    pages = [
        warc_record("conversion", f"{HOST}/{name}", "text/plain", (RAW / name).read_bytes().rstrip()) for name in names
    ]
    return members([warcinfo(), *pages])


def damaged_warc() -> bytes:
    """A good page, one whose block is no HTTP response, a good page."""
    nonsense = warc_record("response", f"{HOST}/broken", "application/http; msgtype=response", b"\x00\xff\x00 nonsense")
    page = (RAW / "en-page.html").read_bytes()
    last = (RAW / "de-page.html").read_bytes()
    return members([response("first", "text/html; charset=utf-8", page), nonsense, response("last", "text/html", last)])


def broken_lines() -> bytes:
    """JSON Lines: good, cut short, without text, text of the wrong type, not an object, good."""
    good = [json.loads(line) for line in (RAW / "articles.jsonl").read_text("utf-8").splitlines()]
    lines = [
        json.dumps(good[0], ensure_ascii=False),
        '{"id": "cut-short", "text": "The line ends in the mid',
        '{"id": "no-text", "url": "https://samples.example/no-text"}',
        '{"id": "wrong-type", "text": 42}',
        '["a", "list"]',
        json.dumps(good[1], ensure_ascii=False),
    ]
    return ("\n".join(lines) + "\n").encode()


def write_parquet() -> None:
    """Three articles with a column of the caller's own, and a table that has nothing to clean."""
    names = ("pt-comunicado", "sv-bastu", "en-short")
    articles = {
        "id": [f"parquet-{name}" for name in names],
        "url": [f"{HOST}/{name}" for name in names],
        "text": [(RAW / f"{name}.txt").read_text("utf-8") for name in names],
        "collected_by": ["hand", "hand", None],
    }
    pq.write_table(pa.table(articles), RAW / "articles.parquet", compression="zstd")
    measures = {"station": ["north", "south"], "rain_mm": [12.5, 3.0]}
    pq.write_table(pa.table(measures), BAD / "other-columns.parquet", compression="zstd")


def main() -> None:
    BAD.mkdir(exist_ok=True)
    (RAW / "pages.warc.gz").write_bytes(warc())
    (RAW / "texts.wet.gz").write_bytes(wet())
    write_parquet()
    text = (RAW / "en-republished.txt").read_bytes()
    page = (RAW / "de-page.html").read_text("utf-8")
    packed = compressed(text)
    damaged = {
        "empty.txt": b"",
        "blank.txt": b" \n\t\n\n   \n",
        "binary.txt": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
        "bom-but-not-utf8.txt": b"\xef\xbb\xbf"
        + "Ein Satz mit Umlauten: äöü.\n".encode("cp1252")
        + b"\x81\x8d\x8f\x90\x9d\n",
        "wrong-charset.html": page.encode("cp1252"),
        "truncated.txt.gz": packed[: len(packed) // 2],
        "not-gzip.txt.gz": text,
        "broken-lines.jsonl": broken_lines(),
        "unclosed-quote.csv": b'id,text\n1,"A good row, with a comma."\n2,"A row whose quote is never closed\n3,lost\n',
        "not-parquet.parquet": b"PAR1 is how it should start and end\n",
        "damaged-record.warc.gz": damaged_warc(),
    }
    for name, data in damaged.items():
        (BAD / name).write_bytes(data)


if __name__ == "__main__":
    main()
