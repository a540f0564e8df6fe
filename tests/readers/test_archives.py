"""Archives of every age and maker: what another tool wrote is read, and what cannot be read is told."""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
import zstandard

from cleancopy.model import Record, Reject
from cleancopy.readers import ReaderOptions

from .files import COMPRESS, TEXTS, outcome, read_all, records, response, warc, wet

PAGES = [f"<p>{text}</p>" for text in TEXTS]


def lz4(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "lz4") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


def brotli(data: bytes) -> bytes:
    return pa.compress(data, codec="brotli", asbytes=True)


def arc_record(url: str, body: bytes, media: str = "text/html", version: int = 1) -> bytes:
    more = " 200 - - 0 made.arc" if version == 2 else ""
    return f"{url} 192.0.2.7 20040506070809 {media}{more} {len(body)}\n".encode() + body + b"\n"


def arc(version: int = 1) -> list[bytes]:
    names = "URL IP-address Archive-date Content-type Archive-length"
    if version == 2:
        names = "URL IP-address Archive-date Content-type Result-code Checksum Location Offset Filename Archive-length"
    head = f"{version} 0 Maker\n{names}\n".encode()
    http = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n\r\n"
    return [
        arc_record("filedesc://made.arc", head, "text/plain", version),
        arc_record("dns:site.example", b"20040506070809\nsite.example.\t1\tIN\tA\t192.0.2.7\n", "text/dns", version),
        *(
            arc_record(f"http://site.example/{number} of many", http % b"text/html" + page.encode(), version=version)
            for number, page in enumerate(PAGES)
        ),
        arc_record("http://site.example/a.gif", http % b"image/gif" + b"GIF89a", "image/gif", version),
    ]


def html(items: list[Record | Reject]) -> list[str | None]:
    return [record.html for record in records(items)]


PACKINGS: dict[str, tuple[str, Callable[[list[bytes]], bytes]]] = {
    "plain": ("", b"".join),
    "members": (".gz", lambda parts: b"".join(map(gzip.compress, parts))),
    "one member": (".gz", lambda parts: gzip.compress(b"".join(parts))),
    "members by size": (".gz", lambda parts: b"".join(gzip.compress(piece) for piece in cut(b"".join(parts), 700))),
    "lz4": (".lz4", lambda parts: b"".join(map(lz4, parts))),
    "xz": (".xz", lambda parts: lzma.compress(b"".join(parts))),
    "zstd": (".zst", lambda parts: b"".join(map(zstandard.compress, parts))),
    "gzip without its name": ("", lambda parts: b"".join(map(gzip.compress, parts))),
    "plain with another name": (".gz", b"".join),
}
packings = pytest.mark.parametrize(("ending", "pack"), PACKINGS.values(), ids=PACKINGS)


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def lf(part: bytes) -> bytes:
    """The record as a writer on Unix leaves it: LF in the header of WARC and of HTTP, and between records."""
    head, block = part.split(b"\r\n\r\n", 1)
    block = block.removesuffix(b"\r\n\r\n").replace(b"\r\n", b"\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    return b"\n".join([*lines, b"Content-Length: %d" % len(block)]) + b"\n\n" + block + b"\n\n"


WRITERS: dict[str, Callable[[bytes], bytes]] = {
    "WARC/0.17": lambda part: part.replace(b"WARC/1.0", b"WARC/0.17", 1),
    "WARC/0.18": lambda part: part.replace(b"WARC/1.0", b"WARC/0.18", 1),
    "WARC/1.1": lambda part: part.replace(b"WARC/1.0", b"WARC/1.1", 1),
    "LF": lf,
    "LF, WARC/0.18": lambda part: lf(part).replace(b"WARC/1.0", b"WARC/0.18", 1),
    "no blank lines between": lambda part: part.removesuffix(b"\r\n\r\n"),
    "header names in capitals": lambda part: part.replace(b"Content-Length", b"CONTENT-LENGTH").replace(
        b"WARC-Type", b"WARC-TYPE"
    ),
    "folded header": lambda part: part.replace(b"WARC-Date: ", b"WARC-Date:\r\n ", 1),
    "addresses as Wget writes them": lambda part: part.replace(b"-URI: http", b"-URI: <http").replace(
        b"\r\nWARC-Date", b">\r\nWARC-Date", 1
    ),
}


@packings
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("target", [1 << 40, 300])
def test_whoever_wrote_it(
    tmp_path: Path, write: Callable[[bytes], bytes], ending: str, pack: Callable[[list[bytes]], bytes], target: int
) -> None:
    path = tmp_path / f"a.warc{ending}"
    path.write_bytes(pack([write(part) for part in warc()]))
    skipped: Counter[str] = Counter()
    found = read_all(path, skipped=skipped, target=target)
    assert html(found) == PAGES
    assert [record.url for record in records(found)] == [f"http://site.example/{n}" for n in range(len(PAGES))]
    assert records(found)[0].metadata == {"warc_date": "2024-01-01T00:00:00Z"}
    assert skipped.total() == 4
    assert len({record.position for record in found}) == len(found)


@packings
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("target", [1 << 40, 300])
def test_arc(tmp_path: Path, version: int, ending: str, pack: Callable[[list[bytes]], bytes], target: int) -> None:
    path = tmp_path / f"a.arc{ending}"
    path.write_bytes(pack(arc(version)))
    skipped: Counter[str] = Counter()
    found = read_all(path, skipped=skipped, target=target)
    assert html(found) == PAGES
    assert records(found)[3].url == "http://site.example/3 of many"
    assert records(found)[0].metadata == {"warc_date": "2004-05-06T07:08:09Z"}
    assert skipped == {"warc.type.warcinfo": 1, "warc.not_http": 1, "warc.content_type": 1}


def test_an_archive_compressed_with_a_dictionary(tmp_path: Path) -> None:
    content = zstandard.ZstdCompressionDict(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" * 20)
    packer = zstandard.ZstdCompressor(dict_data=content)
    for name, stored in (("raw", content.as_bytes()), ("packed", zstandard.compress(content.as_bytes()))):
        path = tmp_path / f"{name}.warc.zst"
        head = b"\x5d\x2a\x4d\x18" + len(stored).to_bytes(4, "little") + stored
        path.write_bytes(head + b"".join(map(packer.compress, warc())))
        assert html(read_all(path)) == PAGES


def test_conversions_and_responses_in_one_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(map(gzip.compress, [*wet(), *warc()])))
    found = records(read_all(path))
    assert [record.text for record in found[: len(TEXTS)]] == TEXTS
    assert [record.html for record in found[len(TEXTS) :]] == PAGES


PAGE = b"<p>The bees \xe2\x84\x96 1 are back.</p>"
CHUNKED = b"10\r\n" + PAGE[:16] + b"\r\n%x;name=value\r\n" % len(PAGE[16:]) + PAGE[16:] + b"\r\n0\r\n\r\n"
CODED = {
    "chunked": ("Transfer-Encoding: chunked", CHUNKED),
    "chunked, undone": ("Transfer-Encoding: chunked", PAGE),
    "chunked twice named": ("Transfer-Encoding: chunked\r\nContent-Encoding: chunked", CHUNKED),
    "chunked with LF": ("Transfer-Encoding: chunked", CHUNKED.replace(b"\r\n", b"\n")),
    "gzip": ("Content-Encoding: gzip", gzip.compress(PAGE)),
    "gzip, undone": ("Content-Encoding: gzip", PAGE),
    "x-gzip": ("Content-Encoding: x-gzip", gzip.compress(PAGE)),
    "deflate": ("Content-Encoding: deflate", zlib.compress(PAGE)),
    "deflate without its header": ("Content-Encoding: deflate", zlib.compress(PAGE)[2:-4]),
    "deflate, undone": ("Content-Encoding: deflate", PAGE),
    "br": ("Content-Encoding: br", brotli(PAGE)),
    "br, undone": ("Content-Encoding: br", PAGE),
    "zstd": ("Content-Encoding: zstd", zstandard.compress(PAGE)),
    "two": ("Content-Encoding: gzip, br", brotli(gzip.compress(PAGE))),
    "gzip, chunked": (
        "Content-Encoding: gzip\r\nTransfer-Encoding: chunked",
        b"%x\r\n" % len(gzip.compress(PAGE)) + gzip.compress(PAGE) + b"\r\n0\r\n\r\n",
    ),
    "gzip, chunks undone": ("Content-Encoding: gzip\r\nTransfer-Encoding: chunked", gzip.compress(PAGE)),
    "both undone": ("Content-Encoding: gzip\r\nTransfer-Encoding: chunked", PAGE),
    "none": ("Content-Encoding: none", PAGE),
    "a name that is no coding": ("Content-Encoding: utf-8", PAGE),
}


@pytest.mark.parametrize(("more", "body"), CODED.values(), ids=CODED)
def test_codings_are_undone_once(tmp_path: Path, more: str, body: bytes) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(response(1, body, more=more + "\r\n") + response(2, PAGE))
    assert html(read_all(path)) == [PAGE.decode()] * 2


BROKEN = {
    "chunks that break off": ("Transfer-Encoding: chunked", CHUNKED[:30]),
    "gzip that breaks off": ("Content-Encoding: gzip", gzip.compress(PAGE)[:-9]),
    "gzip that is damaged": ("Content-Encoding: gzip", gzip.compress(PAGE)[:12] + b"\xff" * 20),
    "a coding that is not known": ("Content-Encoding: lzma", b"\0\1\2\3" * 20),
}


@pytest.mark.parametrize(("more", "body"), BROKEN.values(), ids=BROKEN)
def test_a_coding_that_cannot_be_undone_costs_its_page_alone(tmp_path: Path, more: str, body: bytes) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(response(1, body, more=more + "\r\n") + response(2, PAGE))
    reject, record = read_all(path)
    assert isinstance(reject, Reject)
    assert (reject.reason, reject.source_id, reject.url) == ("warc.payload", "<urn:test:1>", "http://site.example/1")
    assert outcome(record) == "record"


@pytest.mark.parametrize("coding", ["Transfer-Encoding: chunked", "Content-Encoding: gzip", "Content-Encoding: br"])
@pytest.mark.parametrize("media", ["image/png", "text/css", "application/json"])
def test_what_is_no_page_is_skipped_whatever_its_coding(tmp_path: Path, coding: str, media: str) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(response(1, b"\x89PNG\r\n body {}", media, more=coding + "\r\n") + response(2, PAGE))
    skipped: Counter[str] = Counter()
    assert html(read_all(path, skipped=skipped)) == [PAGE.decode()]
    assert skipped == {"warc.content_type": 1}


NOTHING = {
    "empty": b"",
    "blank": b"\r\n\r\n",
    "text": b"This is no archive.\nIt says so.\n",
    "another version": b"WORC/1.0\r\nWARC-Type: response\r\n\r\n",
    "a header alone": b"WARC/1.0\r\nWARC-Type: response\r\n",
    "no length": b"WARC/1.0\r\nWARC-Type: response\r\n\r\n<p>x",
    "a header without end": b"WARC/1.0\r\n" + b"X-More: " + b"x" * 200_000,
    "zeros": bytes(5000),
}


@pytest.mark.parametrize("content", NOTHING.values(), ids=NOTHING)
@pytest.mark.parametrize("ending", ["", ".gz", ".zst", ".bz2"])
@pytest.mark.parametrize("target", [1 << 40, 100])
def test_an_archive_in_which_nothing_was_found_is_a_reject(
    tmp_path: Path, content: bytes, ending: str, target: int
) -> None:
    for name in ("a.warc", "a.arc", "a.warc.wet"):
        path = tmp_path / (name + ending)
        path.write_bytes(COMPRESS[ending](content))
        items = read_all(path, target=target)
        assert items
        assert {outcome(item) for item in items} <= {"record.empty", "warc.malformed"}
        assert all(isinstance(item, Reject) and item.detail for item in items)


@pytest.mark.parametrize("target", [1 << 40, 300])
def test_damage_between_members_is_told_once(tmp_path: Path, target: int) -> None:
    members = [gzip.compress(response(number, PAGE)) for number in range(8)]
    broken = members[3][:40] + b"\xff\xff" + members[3][42:]
    odd = [members[0], gzip.compress(b"no record\n"), members[1], gzip.compress(b""), members[2], b"\0" * 40]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join([*odd, broken, members[4], b"\xffjunk", members[5], members[6], members[7][:-40]]))
    items = read_all(path, target=target)
    assert [item.url for item in items if isinstance(item, Record)] == [
        f"http://site.example/{number}" for number in (0, 1, 2, 4, 5, 6)
    ]
    rejects = [(item.reason, item.url) for item in items if isinstance(item, Reject)]
    assert [reason for reason, _ in rejects] == [
        "warc.malformed",
        "compression.corrupt",
        "compression.corrupt",
        "compression.truncated",
    ]
    assert len({item.position for item in items}) == len(items)


def test_archives_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    one = b"".join(warc())
    path.write_bytes(gzip.compress(one) * 2 + b"".join(map(gzip.compress, arc())))
    items = read_all(path)
    assert html(items) == PAGES * 3
    assert len({item.position for item in items}) == len(items)


def test_several_records_in_a_later_member_have_positions_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    first, *others = warc()
    path.write_bytes(gzip.compress(first) + gzip.compress(b"".join(others)) + gzip.compress(b"".join(others)))
    items = read_all(path)
    assert html(items) == PAGES * 2
    assert len({item.position for item in items}) == len(items)


def test_a_length_that_is_too_short_or_too_long_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    page = response(1, PAGE * 5)
    length = len(page.split(b"\r\n\r\n", 1)[1]) - 4
    short = page.replace(b"Content-Length: %d" % length, b"Content-Length: %d" % (length - 40))
    path.write_bytes(short + response(2, PAGE))
    assert [outcome(item) for item in read_all(path)] == ["record", "warc.malformed", "record"]
    path = tmp_path / "a.warc.gz"
    long = page.replace(b"Content-Length: %d" % length, b"Content-Length: %d" % (length + 400))
    path.write_bytes(b"".join(map(gzip.compress, [response(0, PAGE), long, response(2, PAGE)])))
    assert [outcome(item) for item in read_all(path)] == ["record", "warc.truncated", "record"]


def test_a_picture_that_is_cut_off_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(response(1, PAGE) + response(2, b"\x89PNG" * 999, "image/png")[:-200])
    skipped: Counter[str] = Counter()
    assert [outcome(item) for item in read_all(path, skipped=skipped)] == ["record", "warc.truncated"]
    assert not skipped


def test_a_large_archive_record_is_not_held(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(
        b"".join(map(gzip.compress, [response(1, PAGE), response(2, b"x" * (9 << 20)), response(3, PAGE)]))
    )
    items = read_all(path, ReaderOptions(max_record_bytes=1 << 20))
    assert [outcome(item) for item in items] == ["record", "record.too_large", "record"]


def test_a_header_that_runs_into_another_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    first, second = response(1, PAGE), response(2, PAGE)
    path.write_bytes(first[: first.index(b"Content-Length")] + second[len(b"WARC/1.0\r\n") :] + response(3, PAGE))
    assert [outcome(item) for item in read_all(path)] == ["warc.malformed", "record"]
