from __future__ import annotations

import csv
import errno
import gzip
import io
import json
import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.local import LocalFileSystem

from cleancopy.errors import TransientError
from cleancopy.model import Record, Reject
from cleancopy.readers import Part, ReaderOptions, discover, read, split
from cleancopy.schema import metadata_json

from .files import COMPRESS, TEXTS, jsonl, outcome, read_all, records, response, warc, wet

compressions = pytest.mark.parametrize("ending", COMPRESS)


@compressions
@pytest.mark.parametrize("name", ["a.txt", "a.text", "a.md", "a.html", "a.htm", "a.xhtml", "a"])
def test_one_file_one_record(tmp_path: Path, name: str, ending: str) -> None:
    content = b"<p>Bees</p>\n"
    path = tmp_path / (name + ending)
    path.write_bytes(COMPRESS[ending](content))
    (record,) = records(read_all(path))
    body = record.html if "ht" in name else record.text
    assert body == content.decode()
    assert (record.html is None) != (record.text is None)
    assert record.source_uri == f"file://{path}"
    assert record.position == 0
    assert record.raw_sha256 == sha256(content).hexdigest()
    assert record.encoding == "utf-8 (valid)"


@compressions
@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json"])
def test_json_lines(tmp_path: Path, name: str, ending: str) -> None:
    content = jsonl()
    path = tmp_path / (name + ending)
    path.write_bytes(COMPRESS[ending](content))
    found = records(read_all(path))
    assert [record.text for record in found] == TEXTS
    assert [record.source_id for record in found] == [str(number) for number in range(len(TEXTS))]
    assert all(record.metadata == {"tags": ["a"]} for record in found)
    for record, line in zip(found, content.splitlines(), strict=True):
        assert content[record.position :].startswith(line + b"\n")
        assert record.raw_sha256 == sha256(line).hexdigest()


@compressions
@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t"), ("a.csv", "|")])
def test_delimited(tmp_path: Path, name: str, delimiter: str, ending: str) -> None:
    table = io.StringIO()
    writer = csv.writer(table, delimiter=delimiter)
    writer.writerow(["id", "text", "page"])
    writer.writerows((number, text, f'a "{delimiter}" b') for number, text in enumerate(TEXTS))
    path = tmp_path / (name + ending)
    path.write_bytes(COMPRESS[ending](table.getvalue().encode()))
    found = records(read_all(path))
    assert [record.text for record in found] == TEXTS
    assert [record.position for record in found] == list(range(len(TEXTS)))
    assert [record.source_id for record in found] == [str(number) for number in range(len(TEXTS))]
    assert found[0].metadata == {"page": f'a "{delimiter}" b'}


@pytest.mark.parametrize("codec", ["utf-16", "utf-8-sig", "cp1252"])
def test_delimited_in_another_encoding(tmp_path: Path, codec: str) -> None:
    text = "Über die Größe der Straßen lässt sich streiten"
    path = tmp_path / "a.csv"
    path.write_bytes(f'text;id\n"{text}\nund Länge";1\n{text};2\n'.encode(codec))
    found = records(read_all(path))
    assert [record.text for record in found] == [f"{text}\nund Länge", text]
    assert found[0].encoding.startswith({"utf-16": "utf-16-le (bom)", "utf-8-sig": "utf-8 (bom)"}.get(codec, "cp1252"))


@pytest.mark.parametrize(
    ("codec", "configured"), [("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("utf-16", "utf-16-le"), ("utf-8", "utf-8")]
)
def test_delimited_in_the_configured_encoding(tmp_path: Path, codec: str, configured: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text,id\nGröße,1\nLänge,2\n".encode(codec))
    found = records(read_all(path, ReaderOptions(encoding=configured)))
    assert [(record.text, record.source_id) for record in found] == [("Größe", "1"), ("Länge", "2")]
    assert found[0].encoding == f"{configured} (configured)"


def parquet(path: Path, rows: int = 40, group: int = 10) -> Path:
    table = pa.table(
        {
            "text": [f"Bees № {number}" for number in range(rows)],
            "id": range(rows),
            "date": [date(2024, 5, 6)] * rows,
            "deep": [{"a": [1, None]}] * rows,
        }
    )
    pq.write_table(table, path, row_group_size=group)
    return path


def test_parquet(tmp_path: Path) -> None:
    found = records(read_all(parquet(tmp_path / "a.parquet")))
    assert [record.text for record in found] == [f"Bees № {number}" for number in range(40)]
    assert [record.position for record in found] == list(range(40))
    assert found[7].source_id == "7"
    assert found[7].date == "2024-05-06"
    assert found[7].metadata == {"deep": {"a": [1, None]}}
    assert found[7].raw_sha256 == sha256("Bees № 7".encode()).hexdigest()


def test_parquet_with_other_columns_names_them(tmp_path: Path) -> None:
    pq.write_table(pa.table({"body": ["x"], "headline": ["y"]}), tmp_path / "a.parquet")
    (reject,) = read_all(tmp_path / "a.parquet")
    assert isinstance(reject, Reject)
    assert reject.reason == "record.no_text"
    assert "'body', 'headline'" in reject.detail
    assert "input.fields.text" in reject.detail
    (record,) = records(read_all(tmp_path / "a.parquet", ReaderOptions(text="body", title="headline")))
    assert (record.text, record.title) == ("x", "y")


def test_damaged_row_group_is_one_reject(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", rows=4000, group=2000)
    content = bytearray(path.read_bytes())
    start = pq.ParquetFile(path).metadata.row_group(1).column(0).dictionary_page_offset
    content[start : start + 200] = b"\xff" * 200
    path.write_bytes(content)
    found = read_all(path)
    assert len(records(found[:2000])) == 2000
    (reject,) = found[2000:]
    assert isinstance(reject, Reject)
    assert reject.reason == "parquet.unreadable"


def footless(path: Path) -> None:
    content = parquet(path).read_bytes()
    length = int.from_bytes(content[-8:-4], "little")
    path.write_bytes(content[: -8 - length] + b"\xff" * length + content[-8:])


def test_damaged_footer_is_one_reject(tmp_path: Path) -> None:
    footless(tmp_path / "a.parquet")
    (reject,) = read_all(tmp_path / "a.parquet", target=100)
    assert isinstance(reject, Reject)
    assert reject.reason == "parquet.unreadable"


def test_table_without_columns_is_one_reject(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}).select([]), tmp_path / "a.parquet")
    (reject,) = read_all(tmp_path / "a.parquet", target=100)
    assert isinstance(reject, Reject)
    assert reject.reason == "record.no_text"


class Failing(LocalFileSystem):
    """A store whose disk cannot read the first bytes of a file."""

    protocol = "failing"

    def _open(self, path: str, mode: str = "rb", block_size: int | None = None, **options: Any) -> io.BytesIO:
        return FailingFile(Path(path).read_bytes())


class FailingFile(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        if self.tell() < 8:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(size)


def test_failing_store_is_no_damage(tmp_path: Path) -> None:
    fsspec.register_implementation("failing", Failing, clobber=True)
    path = parquet(tmp_path / "a.parquet")
    part = Part(f"failing://{path}", "parquet", "", 0, path.stat().st_size)
    with pytest.raises(TransientError, match="Input/output error"):
        list(read(part, ReaderOptions()))


UNREADABLE = {
    "year": pa.array([1, 10**14, 2], pa.timestamp("s")),
    "year, nested": pa.array([[1], [10**14], []], pa.list_(pa.timestamp("s"))),
    "UTF-8": pa.array([b"a", b"\xff", b"b"]).view(pa.utf8()),
}


@pytest.mark.parametrize("values", UNREADABLE.values(), ids=UNREADABLE)
def test_a_value_that_cannot_be_read_costs_its_row_alone(tmp_path: Path, values: pa.Array) -> None:
    pq.write_table(pa.table({"text": ["one", "two", "three"], "more": values}), tmp_path / "a.parquet")
    first, reject, last = read_all(tmp_path / "a.parquet")
    assert isinstance(reject, Reject)
    assert (reject.reason, reject.position) == ("record.bad_field", 1)
    assert "'more'" in reject.detail
    assert [record.text for record in records([first, last])] == ["one", "three"]


def test_nanoseconds_are_read(tmp_path: Path) -> None:
    moment = pa.array([3001], pa.timestamp("ns"))
    table = pa.table(
        {
            "text": ["x"],
            "date": moment,
            "deep": pa.array([[{"at": 3001}]], pa.list_(pa.struct([("at", pa.timestamp("ns", "UTC"))]))),
            "lasted": moment.cast(pa.int64()).cast(pa.duration("ns")),
            "at": moment.cast(pa.int64()).cast(pa.time64("ns")),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    (record,) = records(read_all(tmp_path / "a.parquet"))
    assert record.date == "1970-01-01T00:00:00.000003"
    assert record.metadata == {
        "deep": [{"at": datetime(1970, 1, 1, 0, 0, 0, 3, tzinfo=UTC)}],
        "lasted": timedelta(microseconds=3),
        "at": time(0, 0, 0, 3),
    }


@pytest.mark.parametrize("kind", ["warc", "wet"])
@pytest.mark.parametrize("packing", ["plain", "members", "one member", "zstd", "bzip2"])
def test_archives(tmp_path: Path, kind: str, packing: str) -> None:
    parts = warc() if kind == "warc" else wet()
    whole = b"".join(parts)
    content, ending = {
        "plain": (whole, ""),
        "members": (b"".join(map(gzip.compress, parts)), ".gz"),
        "one member": (gzip.compress(whole), ".gz"),
        "zstd": (COMPRESS[".zst"](whole), ".zst"),
        "bzip2": (COMPRESS[".bz2"](whole), ".bz2"),
    }[packing]
    path = tmp_path / f"a.{'warc.wet' if kind == 'wet' else kind}{ending}"
    path.write_bytes(content)
    skipped: Counter[str] = Counter()
    found = records(read_all(path, skipped=skipped))
    expected = [f"<p>{text}</p>" for text in TEXTS] if kind == "warc" else TEXTS
    assert [record.html if kind == "warc" else record.text for record in found] == expected
    assert [record.url for record in found] == [f"http://site.example/{number}" for number in range(len(TEXTS))]
    assert found[0].source_id == "<urn:test:0>"
    assert found[0].metadata == {"warc_date": "2024-01-01T00:00:00Z"}
    assert found[0].raw_sha256 == sha256(expected[0].encode()).hexdigest()
    first = len(parts) - len(TEXTS) - (2 if kind == "warc" else 0)
    packed = map(gzip.compress, parts[:first]) if packing == "members" else parts[:first]
    assert found[0].position == sum(map(len, packed))
    assert skipped == (
        {"warc.type.warcinfo": 1, "warc.type.request": 1, "warc.content_type": 1, "warc.status": 1}
        if kind == "warc"
        else {"warc.type.warcinfo": 1}
    )


def test_http_codings_are_undone_and_charsets_honoured(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(
        response(1, gzip.compress(b"<p>one</p>"), more="Content-Encoding: gzip\r\n")
        + response(2, b"5\r\n<p>tw\r\n5\r\no</p>\r\n0\r\n\r\n", more="Transfer-Encoding: chunked\r\n")
        + response(3, "<p>Größe</p>".encode("latin-1"), "text/html; charset=ISO-8859-1")
        + response(4, "<meta charset=windows-1251><p>Пчёлы</p>".encode("cp1251"), "text/html")
    )
    found = records(read_all(path))
    assert [record.html and record.html.rpartition("<p>")[2] for record in found] == [
        "one</p>",
        "two</p>",
        "Größe</p>",
        "Пчёлы</p>",
    ]
    assert [record.encoding for record in found[2:]] == ["cp1252 (declared by http)", "cp1251 (declared by meta)"]


@pytest.mark.parametrize("packing", ["plain", "members"])
def test_bad_archive_record_costs_itself_alone(tmp_path: Path, packing: str) -> None:
    good = [response(number, b"<p>good</p>") for number in range(4)]
    parts = [good[0], b"GARBAGE\r\n\r\n", good[1], good[2].replace(b"HTTP/1.1 200 OK", b"NONSENSE / NONE"), good[3]]
    path = tmp_path / ("a.warc" if packing == "plain" else "a.warc.gz")
    path.write_bytes(b"".join(parts if packing == "plain" else map(gzip.compress, parts)))
    found = read_all(path)
    assert [item.url for item in found if isinstance(item, Record)] == [
        f"http://site.example/{number}" for number in (0, 1, 3)
    ]
    rejects = [item for item in found if isinstance(item, Reject)]
    assert {reject.reason for reject in rejects} == {"warc.malformed"}
    assert rejects[0].position == len(good[0] if packing == "plain" else gzip.compress(good[0]))


LENGTHS = {
    "no offset": b"9" * 20,
    "no integer": b"9" * 5000,
    "beyond the end": b"9" * 8,
}


@pytest.mark.parametrize("length", LENGTHS.values(), ids=LENGTHS)
def test_length_of_an_archive_record_that_cannot_be(tmp_path: Path, length: bytes) -> None:
    first, second, third = (response(number, b"<p>good</p>") for number in range(3))
    second = re.sub(rb"(?<=Content-Length: )\d+", length, second, count=1)
    path = tmp_path / "a.warc"
    path.write_bytes(first + second + third)
    (file,) = discover([str(path)], ReaderOptions())
    assert all(part.start < part.stop <= file.size for part in split(file, 100))
    whole = read_all(path)
    assert read_all(path, target=100) == whole
    assert outcome(whole[0]) == "record"
    assert outcome(whole[1]) == ("warc.truncated" if len(length) == 8 else "warc.malformed")
    assert whole[1].position == len(first)
    # What a length within the integers swallows is the record's, another one ends with the header.
    assert outcome(whole[-1]) == ("warc.truncated" if len(length) == 8 else "record")


ENTERED = ["a.jsonl", "a.parquet", "a.warc", "a.warc.gz", "a.warc.wet.gz"]
"""Files whose parts are read on their own."""
STREAMS = [
    *("a.csv", "a.csv.gz", "a.csv.zst", "a.jsonl.gz", "a.jsonl.zst", "a.stream.warc.gz", "a.stream.warc.zst"),
    "a.group.parquet",
]
"""Files whose parts are read from the beginning of the file, or of a row group."""


def write(path: Path) -> Path:
    if path.name == "a.parquet":
        return parquet(path)
    if path.name == "a.group.parquet":
        pq.write_table(pa.table({"id": range(300), "text": [f"{TEXTS[0]} {number}" for number in range(300)]}), path)
        return path
    if ".csv" in path.name:
        content = b"id,text\n" + b"".join(f'{number},"{text}"\n'.encode() for number, text in enumerate(TEXTS))
    elif ".jsonl" in path.name:
        content = jsonl()
    else:
        parts = wet() if ".wet" in path.name else warc()
        content = b"".join(map(gzip.compress, parts) if path.name in ENTERED and ".gz" in path.name else parts)
    ending = path.suffix if path.name in STREAMS and path.suffix in COMPRESS else ""
    path.write_bytes(COMPRESS[ending](content))
    return path


@pytest.mark.parametrize("name", [*ENTERED, *STREAMS])
def test_records_do_not_depend_on_where_a_file_is_cut(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name)
    skipped: Counter[str] = Counter()
    whole = read_all(path, skipped=skipped)
    assert len(whole) >= len(TEXTS)
    for target in (1, 7, 100, 333, 1000, path.stat().st_size):
        again: Counter[str] = Counter()
        assert read_all(path, target=target, skipped=again) == whole
        assert again == skipped


@pytest.mark.parametrize("name", [*ENTERED, *STREAMS])
def test_parts_cover_the_file(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name)
    (file,) = discover([str(path)], ReaderOptions())
    parts = split(file, 100 if name in STREAMS else 300)
    assert len(parts) > 1
    assert [part.start for part in parts[1:]] == [part.stop for part in parts[:-1]]
    assert (parts[0].start, parts[-1].stop) == (0, file.size)


@pytest.mark.parametrize("name", ["a.csv.gz", "a.jsonl.gz", "a.stream.warc.gz"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("how", ["cut off", "damaged"])
def test_damage_is_told_once_wherever_a_stream_is_cut(tmp_path: Path, name: str, share: float, how: str) -> None:
    path = write(tmp_path / name)
    content = bytearray(path.read_bytes())
    at = int(len(content) * share)
    if how == "cut off":
        del content[at:]
    else:
        content[at] ^= 0xFF
    path.write_bytes(content)
    whole = read_all(path)
    assert sum(isinstance(item, Reject) for item in whole) >= 1
    for target in (1, 30, 100):
        assert read_all(path, target=target) == whole


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("lines", [True, False])
def test_a_file_that_is_no_json_lines_says_so_once(tmp_path: Path, ending: str, lines: bool) -> None:
    path = tmp_path / f"a.jsonl{ending}"
    content = json.dumps([{"text": text} for text in TEXTS], indent=1 if lines else None).encode()
    path.write_bytes(COMPRESS[ending](content))
    assert [outcome(item) for item in read_all(path, target=50)] == ["json.not_lines"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.warc", "a.warc.gz"])
def test_a_file_that_grew_keeps_its_parts_but_the_last(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name)
    (file,) = discover([str(path)], ReaderOptions())
    before = split(file, 300)
    path.write_bytes(path.read_bytes() * 2)
    (grown,) = discover([str(path)], ReaderOptions())
    assert grown.fingerprint != file.fingerprint
    assert split(grown, 300)[: len(before) - 1] == before[:-1]


def test_fields_are_mapped_and_others_pass_through(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        json.dumps(
            {
                "content": "x",
                "key": 7,
                "link": "u",
                "headline": "T",
                "by": ["A", "B"],
                "when": "2024",
                "text": "kept",
                "n": None,
            }
        )
    )
    options = ReaderOptions(text="content", id="key", url="link", title="headline", author="by", date="when")
    (record,) = records(read_all(path, options))
    assert (record.text, record.source_id, record.url, record.title) == ("x", "7", "u", "T")
    assert (record.author, record.date) == ("A; B", "2024")
    assert record.metadata == {"text": "kept", "n": None, "when": "2024"}


GIVEN: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    # What is given, what the record says, and what stays in the metadata.
    "strings": (
        {"id": "7", "author": "Ann Lee", "date": "2024-05-01"},
        {"source_id": "7", "author": "Ann Lee", "date": "2024-05-01"},
        {},
    ),
    "numbers": ({"id": 7, "title": 1984}, {"source_id": "7", "title": "1984"}, {}),
    "nothing": ({"id": None, "author": [], "title": " "}, {"source_id": None, "author": None, "title": None}, {}),
    "seconds": ({"date": 1714521600}, {"date": "2024-05-01T00:00:00+00:00"}, {}),
    "seconds, written": ({"date": "1714521600"}, {"date": "2024-05-01T00:00:00+00:00"}, {}),
    "milliseconds": ({"date": 1714521600500}, {"date": "2024-05-01T00:00:00.500000+00:00"}, {}),
    "a year": ({"date": 2024}, {"date": "2024"}, {"date": 2024}),
    "a day without marks": ({"date": 20240501}, {"date": "20240501"}, {}),
    "an hour without marks": ({"date": 2024050112}, {"date": "2024050112"}, {"date": 2024050112}),
    "a number that is no moment": ({"date": 1e300}, {"date": "1e+300"}, {"date": 1e300}),
    "a day that may be two": ({"date": "05/03/2024"}, {"date": "05/03/2024"}, {"date": "05/03/2024"}),
    "objects of MongoDB": (
        {"id": {"$oid": "66"}, "date": {"$date": "2024-05-01T00:00:00Z"}},
        {"source_id": None, "date": None},
        {"id": {"$oid": "66"}, "date": {"$date": "2024-05-01T00:00:00Z"}},
    ),
    "a name in parts": (
        {"author": {"first": "Jane", "last": "Doe"}},
        {"author": None},
        {"author": {"first": "Jane", "last": "Doe"}},
    ),
    "a name with more": (
        {"author": [{"name": "Jane Doe", "url": "/jane"}, "Ann Lee"]},
        {"author": "Jane Doe; Ann Lee"},
        {"author": [{"name": "Jane Doe", "url": "/jane"}, "Ann Lee"]},
    ),
}


@pytest.mark.parametrize(("given", "said", "kept"), GIVEN.values(), ids=GIVEN)
def test_what_the_record_does_not_say_stays_in_the_metadata(
    tmp_path: Path, given: dict[str, Any], said: dict[str, Any], kept: dict[str, Any]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "x", **given}))
    (record,) = records(read_all(path))
    assert {name: getattr(record, name) for name in said} == said
    assert record.metadata == kept


def test_html_wins_over_text(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "x", "html": "<p>x"}')
    (record,) = records(read_all(path))
    assert (record.html, record.text, record.metadata) == ("<p>x", None, {"text": "x"})


def test_unpaired_surrogates_of_json_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "x", "title": "a\\ud800b", "id": "\\udc00"}')
    (record,) = records(read_all(path))
    assert (record.title, record.source_id) == ("a\ufffdb", "\ufffd")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_json_cannot_say_stay_as_they_were_given(tmp_path: Path, number: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"text": "x", "n": {number}, "deep": [{{"n": {number}}}], "one": 1.5}}')
    (record,) = records(read_all(path))
    assert json.loads(metadata_json(record.metadata) or "") == {"n": number, "deep": [{"n": number}], "one": 1.5}


def test_names_that_are_given_twice_keep_all_their_values(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "one", "tag": 1, "tag": 2, "tag.1": 0, "tag": 2, "text": "two", "in": {"a": 1, "a": 2}}')
    (record,) = records(read_all(path))
    assert record.text == "two"
    assert record.metadata == {"text.1": "one", "tag": 2, "tag.1": 0, "tag.2": 1, "in": {"a": 2, "a.1": 1}}


EMPTY = {
    "a.jsonl": b'{"text": " ", "id": 7, "url": "http://site.example/7"}\n',
    "b.jsonl": b'{"text": 5, "id": 7, "url": "http://site.example/7"}\n',
    "c.jsonl": b'{"body": "x", "id": 7, "url": "http://site.example/7"}\n',
    "a.csv": b"id,url,text\n7,http://site.example/7,\n",
}


@pytest.mark.parametrize("name", [*EMPTY, "a.parquet", "a.warc"])
def test_a_reject_keeps_the_callers_id_and_address(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.parquet":
        pq.write_table(pa.table({"id": [7], "url": ["http://site.example/7"], "text": [""]}), path)
    else:
        path.write_bytes(EMPTY.get(name) or response(7, b" "))
    (reject,) = read_all(path)
    assert isinstance(reject, Reject)
    assert (reject.source_id, reject.url) == (
        "<urn:test:7>" if name == "a.warc" else "7",
        "http://site.example/7",
    )
