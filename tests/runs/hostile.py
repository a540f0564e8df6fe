"""Hostile input: what accidents and attackers put into a source, and the laws that hold all the same.

`examine` puts one source through the whole line without a dataset; `examine_run` puts several through a whole run.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from hypothesis import strategies as st

from cleancopy import readers, settings
from cleancopy.apply import apply
from cleancopy.assembly import reader_options
from cleancopy.cleaner import Cleaned
from cleancopy.cleaning import Cleaning
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.receipts import recorded, total
from cleancopy.dataset.verify import verify
from cleancopy.model import Record, Reject
from cleancopy.readers import Part
from cleancopy.runs.direct import run_direct
from cleancopy.schema import Provenance, RejectRow, Row, articles_table, metadata_json, rejected_table, removed_table
from tests.readers.files import archive_record, response
from tests.runs import inputs

SETTINGS = {
    "run.engine": "inline",
    "run.max_rejected_share": 1,
    "run.shard_bytes": "4KB",
    "run.batch_bytes": "2KB",
    "limits.record_bytes": "256KiB",
    "limits.record_lines": 2000,
}
SECONDS = 20.0
"""CPU time that one source of a fuzz may take: it has some 20 kB at most, of which an honest 100 kB take 0.1 s."""
ENDINGS = (".txt", ".html", ".jsonl", ".csv", ".tsv", ".warc", ".wet", ".parquet", ".xyz")
PARTITIONS = ("none", "language", "month")
COMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstandard.compress,
    ".bz2": bz2.compress,
}
NOWHERE = Provenance("0" * 16, "0")

NASTY = (
    "\0",
    "\ud800",
    "\udfff\ud800",
    "\ufeff",
    "\u202e",
    "\u2066\u2069",
    "\u200b\u200d\u200c",
    "\u0300" * 40,
    "\x1b[31m",
    "\x85\u2028\u2029\x0b\x0c",
    "\U000e0041",
    "\uffff",
    "ﷺ",
    "İıſ",
    "../../../etc/passwd",
    "file:///etc/passwd",
    "s3://bucket/key",
    "http://[site]/news/1",
    "&lol9;",
    "<!ENTITY a '&b;&b;'>",
    "<![CDATA[",
    "<script>",
    "{{7*7}}",
    "${HOME}",
    "'; drop table articles;--",
    "=cmd|' /C calc'!A0",
    "9" * 400,
    "1e999",
    "-0",
    "31. Februar 2024, 25:61",
    "99999-99-99T99:99:99+99:99",
)
NAUGHTY = st.sampled_from(NASTY)
REPEATED = st.builds(
    lambda unit, count, end: unit * count + end,
    st.sampled_from(
        ["a", " ", "By ", "(", "1/", "- ", "# ", ". ", "a, ", "http://", "©", "and ", "—", "A", "> ", "|", "*"]
    ),
    st.integers(1, 3000),
    st.sampled_from(["", "!", "\n", "b", "0"]),
)
PAGE = (
    *inputs.SENTENCES,
    *inputs.FOOTER,
    "By Jane Doe and John Roe",
    "Published: 3 March 2024, 14:05",
    "# A heading",
    "- an item of a list",
    "© 2024 Example News. All rights reserved.",
    "Der Rat tagte am Dienstag und beschloss nach langer Debatte, die alte Brücke wieder aufzubauen.",
    "日本語の文章です。これは短い文です。",
    "",
)
HONEST = st.sampled_from(PAGE)
LINE = st.one_of(HONEST, HONEST, NAUGHTY, REPEATED, st.text(max_size=80), st.tuples(HONEST, NAUGHTY).map("".join))
TEXT = st.lists(LINE, max_size=20).map("\n".join)
TAGS = st.sampled_from(
    [
        "div",
        "p",
        "article",
        "table",
        "tr",
        "td",
        "li",
        "ul",
        "a",
        "b",
        "svg",
        "math",
        "script",
        "style",
        "h1",
        "template",
        "x",
    ]
)
NESTED = st.integers(1, 120).map(lambda depth: json.loads("[" * depth + "NaN" + "]" * depth))
OBJECT = st.dictionaries(
    st.sampled_from(["name", "$date", "$oid", "first"]), st.one_of(NAUGHTY, st.floats()), max_size=2
)
MOMENT = st.sampled_from([1714521600, 1714521600000, 1e8, 1.9e9 - 1, -1714521600])
VALUE = st.one_of(
    st.none(),
    TEXT,
    OBJECT,
    MOMENT,
    NAUGHTY,
    st.integers(),
    st.floats(),
    st.lists(NAUGHTY, max_size=2),
    st.booleans(),
    NESTED,
)


def _element(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    whole = st.builds(
        lambda tag, each: f"<{tag} class='x' href='{tag}'>{''.join(each)}</{tag}>", TAGS, st.lists(inner, max_size=4)
    )
    broken = st.builds(lambda tag, each: f"<{tag}<{each}</{tag[:1]}", TAGS, inner)
    deep = st.builds(lambda tag, depth, each: f"<{tag}>" * depth + each, TAGS, st.integers(1, 1500), inner)
    full = st.builds(
        lambda tag, form, count: f"<{tag} x='<' {''.join(form.format(n) for n in range(count))}>",
        TAGS,
        st.sampled_from(["a{} ", "a{}/", "a{}='1'", 'a{}="<"', "a{} = 1 "]),
        st.sampled_from([10, 1000, 20_000]),
    )
    return st.one_of(whole, broken, deep, full)


HTML = st.builds(
    lambda head, body: head + body,
    st.sampled_from(
        [
            "",
            "<!doctype html>",
            "<!DOCTYPE a [<!ENTITY x 'y'><!ENTITY z '&x;&x;&x;'>]>",
            "<?xml version='1.0' encoding='utf-16'?>",
            "<meta charset=utf-7>",
            "<meta charset=undefined>\ud800",
            "<meta charset=hex>\ud800",
            "<meta property='article:published_time' content='9999-99-99'>",
            '<script type=\'application/ld+json\'>{"@type": "Article", "author": [[[{}</script>',
        ]
    ),
    st.recursive(TEXT, _element, max_leaves=6),
)
FIELDS = st.dictionaries(
    st.sampled_from(["id", "text", "html", "url", "title", "author", "date", "more", "\ud800"]), VALUE, max_size=6
)
DEEP = st.builds(
    lambda field, depth, leaf: f'{{"text": "x", "{field}": {"[" * depth}{leaf}{"]" * depth}}}',
    st.sampled_from(["title", "author", "more"]),
    st.integers(90, 990),
    st.sampled_from(['"x"', "NaN", "{}"]),
)
JSONL = st.lists(st.one_of(FIELDS.map(json.dumps), LINE, DEEP), max_size=6).map("\n".join)
CSV = st.builds(
    lambda head, rows: "\n".join([head, *rows]),
    st.sampled_from(["id,text", "text", "text\tdate", 'text,"text"', "html;url", ""]),
    st.lists(
        st.lists(st.one_of(LINE, LINE.map(lambda cell: '"' + cell.replace('"', '""') + '"')), max_size=3).map(",".join),
        max_size=6,
    ),
)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _archive(bodies: list[str], kind: str, length: bytes) -> bytes:
    """Records of the bodies; the first claims to have `length` bytes if that is not empty."""
    if kind == "wet":
        parts = [archive_record("conversion", n, _bytes(body), "text/plain") for n, body in enumerate(bodies)]
    else:
        parts = [response(n, _bytes(body)) for n, body in enumerate(bodies)]
    content = b"".join(parts)
    return re.sub(rb"(?<=Content-Length: )\d+", length, content, count=1) if length else content


LENGTHS = st.sampled_from([b"", b"", b"", b"0", b"9" * 8, b"9" * 18, b"9" * 20, b"9" * 5000])


def _table(texts: list[str], kind: pa.DataType, numbers: list[int]) -> bytes:
    rows = min(len(texts), len(numbers))
    more = pa.array(numbers[:rows], pa.int64()).cast(kind)
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": [_bytes(text) for text in texts[:rows]], "date": more}), sink, row_group_size=2)
    return sink.getvalue()


PARQUET = st.builds(
    _table,
    st.lists(TEXT, max_size=5),
    st.sampled_from([pa.timestamp("ms"), pa.timestamp("ns", "UTC"), pa.duration("ns"), pa.duration("s"), pa.int64()]),
    st.lists(st.one_of(st.sampled_from([0, 1714521600, 1714521600000, 10**14]), st.integers(-(2**63), 2**63 - 1))),
)


CONTENT: dict[str, st.SearchStrategy[bytes]] = {
    ".txt": TEXT.map(_bytes),
    ".html": HTML.map(_bytes),
    ".jsonl": JSONL.map(_bytes),
    ".csv": CSV.map(_bytes),
    ".warc": st.builds(_archive, st.lists(HTML, max_size=4), st.just("warc"), LENGTHS),
    ".wet": st.builds(_archive, st.lists(TEXT, max_size=4), st.just("wet"), LENGTHS),
    ".parquet": PARQUET,
}


@st.composite
def sources(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file's ending and its bytes: a format's content, mostly under its own name, at times damaged."""
    ending = draw(st.sampled_from(sorted(CONTENT)))
    content = draw(CONTENT[ending])
    named = draw(st.sampled_from((ending, ending, ending, *ENDINGS)))
    packing = draw(st.sampled_from(("", "", "", *COMPRESS)))
    content = COMPRESS[packing](content)
    if content and draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(content) - 1))
        content = draw(
            st.sampled_from((content[:at], content[at:], content[:at] + b"\xff\x00" + content[at + 1 :], content * 3))
        )
    return named + packing, content


NAMES = st.sampled_from(
    [
        "a",
        "..",
        "...a",
        "-rf",
        "a b",
        "a\nb",
        "%2e%2e%2f",
        "~",
        "a*?[b]",
        "a#b?c",
        "a::b",
        "zip:",
        "\udcff",
        "名",
        "a" * 200,
        "lang=en",
        "'\"$(x)",
    ]
)


def words() -> list[str]:
    """What a fuzzer that breeds bytes would not hit upon in time."""
    markup = (
        "<p>",
        "</p>",
        "<div>",
        "<table>",
        "<a href=",
        "<!doctype html>",
        '{"text": "',
        '"}',
        "WARC/1.0",
        "\r\n\r\n",
    )
    return [
        word for word in (*NASTY, *PAGE, *markup, "Content-Length: ", "WARC-Type: response", "HTTP/1.1 200 OK") if word
    ]


def examine(folder: Path, name: str, content: bytes) -> Counter[str]:
    """Put one source through readers, cleaner and tables. Gives back what became of its records, by reason."""
    path = folder / name
    path.write_bytes(content)
    started = time.process_time()
    loaded = settings.load(None, SETTINGS)
    cleaning, options = Cleaning.of(loaded), reader_options(loaded)
    (file,) = readers.discover([str(path)], options)
    became: Counter[str] = Counter()
    rows: list[Row] = []
    rejects: list[RejectRow] = []
    for part in readers.split(file, 1 << 40):
        for item in cleaning.read(part, became):
            result = cleaning.alone(item) if isinstance(item, Record) else item
            if isinstance(result, Cleaned):
                assert isinstance(item, Record)
                metadata = metadata_json(item.metadata)
                rows.append(Row(item, metadata, result.document, result.decisions, result.article, result.signals))
                check_article(result)
                became["article"] += 1
                continue
            reject = (
                result
                if isinstance(result, Reject)
                else Reject(file.uri, item.position, result.reason, result.detail, b"")
            )
            assert reject.reason != "record.failed", reject.detail
            assert reject.reason
            assert reject.detail
            rejects.append(RejectRow(reject, part.start, part.stop))
            became[reject.reason] += 1
    articles_table(rows, NOWHERE)
    removed_table(rows, NOWHERE)
    rejected_table(rejects, NOWHERE, 1000)
    # Where damage is found depends on where one begins to read, what is whole does not.
    cut, whole = (records(cleaning, readers.split(file, size)) for size in (512, 1 << 40))
    assert cut == whole
    assert time.process_time() - started < SECONDS
    path.unlink()
    return became


def records(cleaning: Cleaning, parts: Sequence[Part]) -> list[tuple[int, str | None, str | None]]:
    """The records of the parts: where each lies and what it is."""
    items = [item for part in parts for item in cleaning.read(part, Counter())]
    return [(item.position, item.text, item.html) for item in items if isinstance(item, Record)]


def check_article(result: Cleaned) -> None:
    article, document = result.article, result.document
    assert article.lines_total == len(document) == len(result.decisions)
    assert article.lines_kept + article.lines_lifted + article.lines_removed == article.lines_total
    assert apply(document, result.decisions) == article
    assert "\n\n".join(block.text for block in article.blocks) == article.text
    article.text.encode()
    for heading in article.headings:
        assert article.text.startswith(heading.text, heading.offset)


def examine_run(folder: Path, files: dict[str, bytes], **overrides: Any) -> None:
    """Put files through a whole run: what is published must be sound, and nothing may appear outside its folder."""
    source, out = folder / "in", folder / "out"
    source.mkdir()
    files = {**files, "plain.txt": b"Names that begin with a dot are not read; this one is."}
    for name, content in files.items():
        (source / name).write_bytes(content)
    run_direct([str(source)], out, settings.load(None, {**SETTINGS, **overrides}))
    assert verify(Layout.at(out)).problems == []
    assert inputs.leftovers(out) == []
    counts = total(recorded(Layout.at(out)).values())
    assert counts.rejected["record.failed"] == 0
    assert sorted(path.name for path in folder.iterdir()) == ["in", "out"]
    assert {path.name: path.read_bytes() for path in source.iterdir()} == files
    visible = {path.relative_to(out).parts[0] for path in out.rglob("*")}
    assert visible == {"README.md", "_cleancopy", "articles", "removed", "rejected"}
    again = run_direct([str(source)], out, settings.load(None, {**SETTINGS, **overrides}))
    assert again.shards["cleaned"] == 0
