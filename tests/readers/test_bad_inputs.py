from __future__ import annotations

import bz2
import gzip
import random
import tomllib
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import zstandard

from cleancopy.model import Record, Reject
from cleancopy.readers import ReaderOptions, discover, read, split

from .files import COMPRESS, jsonl, outcome, read_all, records, response

FOLDER = Path(__file__).parent
BAD = tomllib.loads((FOLDER / "bad.toml").read_text("utf-8"))["case"]
ENCODINGS = tomllib.loads((FOLDER / "encodings.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", BAD, ids=lambda case: case["id"])
def test_bad_input(tmp_path: Path, case: dict[str, Any]) -> None:
    path = tmp_path / case["name"]
    repeat = case.get("repeat", {"text": "", "count": 0})
    content = (case.get("content", "") + repeat["text"] * repeat["count"]).encode(case.get("codec", "utf-8"))
    path.write_bytes(bytes.fromhex(case["hex"]) if "hex" in case else content)
    items = read_all(path, ReaderOptions(**case.get("options", {})))
    assert [outcome(item) for item in items] == case["items"]
    assert all(item.source_uri == f"file://{path}" for item in items)
    assert len({item.position for item in items}) == len(items)
    assert all(item.detail for item in items if isinstance(item, Reject))


@pytest.mark.parametrize("case", ENCODINGS, ids=lambda case: case["id"])
def test_encoding(tmp_path: Path, case: dict[str, Any]) -> None:
    text = case.get("text", case.get("html"))
    path = tmp_path / ("a.html" if "html" in case else "a.txt")
    path.write_bytes(case.get("bytes_text", text).encode(case["codec"]))
    (record,) = records(read_all(path, ReaderOptions(encoding=case.get("configured"))))
    assert (record.html if "html" in case else record.text) == text
    assert record.encoding == case["encoding"]


@pytest.mark.parametrize("ending", [".gz", ".zst", ".bz2"])
def test_truncated_file_keeps_what_was_read_before(tmp_path: Path, ending: str) -> None:
    noise = random.Random(1)
    lines = [f'{{"text": "{noise.randbytes(300).hex()}"}}\n'.encode() for _ in range(3000)]
    path = tmp_path / f"a.jsonl{ending}"
    path.write_bytes(COMPRESS[ending](b"".join(lines))[:-5000])
    items = read_all(path)
    assert outcome(items[-1]) == "compression.truncated"
    assert items[-1].position == sum(map(len, lines[: len(items) - 1]))
    # bzip2 has blocks of 900 kB; zstd and gzip lose the end only.
    assert len(records(items[:-1])) > (1000 if ending == ".bz2" else 2500)


@pytest.mark.parametrize("ending", [".gz", ".zst", ".bz2"])
def test_members_one_after_the_other(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.jsonl{ending}"
    path.write_bytes(b"".join(COMPRESS[ending](line + b"\n") for line in jsonl().splitlines()) + b"\0" * 512)
    assert len(records(read_all(path))) == len(jsonl().splitlines())


def test_truncated_archives_say_so(tmp_path: Path) -> None:
    parts = [
        response(number, b"<p>" + random.Random(number).randbytes(400).hex().encode() + b"</p>") for number in range(9)
    ]
    plain, members, one = b"".join(parts), b"".join(map(gzip.compress, parts)), gzip.compress(b"".join(parts))
    for name, content in (("plain.warc", plain), ("members.warc.gz", members), ("one.warc.gz", one)):
        path = tmp_path / name
        path.write_bytes(content[:-100])
        items = read_all(path)
        assert 6 <= sum(isinstance(item, Record) for item in items) <= 8
        assert {"plain.warc": "warc.truncated"}.get(name, "compression.truncated") in map(outcome, items)


@pytest.mark.parametrize("ending", [".gz", ".zst", ".bz2"])
@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.csv"])
def test_decompression_bombs_are_bounded(tmp_path: Path, name: str, ending: str) -> None:
    head = b"text\n" if name == "a.csv" else b""
    size = 150_000_000
    content = {".gz": gzip.compress, ".zst": zstandard.compress, ".bz2": bz2.compress}[ending](head + b"x" * size)
    path = tmp_path / (name + ending)
    path.write_bytes(content)
    tracemalloc.start()
    try:
        items = read_all(path, ReaderOptions(max_record_bytes=1 << 20))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # A bomb is one reject: of the record where that is the whole file, else of the file.
    assert len(items) == 1
    assert outcome(items[0]) in ("record.too_large", "compression.bomb")
    assert peak < 60 << 20


def test_huge_line_between_good_ones_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(b'{"text": "first"}\n{"text": "')
        for _ in range(200):
            file.write(b"x" * (1 << 20))
        file.write(b'"}\n{"text": "last"}\n')
    tracemalloc.start()
    try:
        items = read_all(path, ReaderOptions(max_record_bytes=1 << 20))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [outcome(item) for item in items] == ["record", "record.too_large", "record"]
    reject = items[1]
    assert isinstance(reject, Reject)
    assert (reject.payload, reject.position) == (b"", 18)
    assert "209715212 bytes" in reject.detail
    assert peak < 12 << 20
    # Cut anywhere, the same: the parts inside the line hold nothing.
    assert read_all(path, ReaderOptions(max_record_bytes=1 << 20), target=50 << 20) == items


def test_memory_is_flat_however_large_the_file(tmp_path: Path) -> None:
    peaks = []
    for name, copies in (("a.jsonl", 20), ("a.jsonl", 200)):
        path = tmp_path / name
        path.write_bytes(jsonl(["x" * 20_000] * 10) * copies)
        options = ReaderOptions()
        (file,) = discover([str(path)], options)
        tracemalloc.start()
        try:
            count = sum(1 for part in split(file, 1 << 40) for _ in read(part, options))
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert count == 10 * copies
    assert peaks[1] < 1.3 * peaks[0]
    assert peaks[1] < 12 << 20


def test_reject_carries_its_payload_or_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "x"}\n{small\n{' + "large" * 20)
    small, large = read_all(path, ReaderOptions(max_payload_bytes=50))[1:]
    assert isinstance(small, Reject)
    assert isinstance(large, Reject)
    assert small.payload == b"{small"
    assert large.payload == b""
    assert "101 bytes lie at 21" in large.detail
