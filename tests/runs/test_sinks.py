"""Every sink holds the same rows, says the same of its files, and notices damage."""

from __future__ import annotations

import base64
import gzip
import inspect
import json
import random
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from typer.testing import CliRunner

from bench import uploads
from cleancopy import settings
from cleancopy.cli import app
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.row_groups import groups, slices
from cleancopy.dataset.sinks import SINKS, Sink, Unreadable
from cleancopy.dataset.verify import verify
from cleancopy.errors import ConfigurationError
from cleancopy.runs.direct import drive, run_direct
from cleancopy.runs.pipeline import compact, open_replay
from cleancopy.schema import DATASETS, Provenance
from tests.runs import inputs

RAW = Path(__file__).parents[2] / "data" / "raw"
QUICK = {"clean.model": False, "run.engine": "inline", "run.shard_bytes": "40KB", "output.row_group_bytes": "20KiB"}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sample pages and some broken records as a dataset in each format."""
    made = {}
    bad = inputs.write(tmp_path_factory.mktemp("bad"), files=1, records=2)
    for form in SINKS:
        made[form] = tmp_path_factory.mktemp(form) / "out"
        run_direct([str(RAW), str(bad)], made[form], settings.load(None, {**QUICK, "output.format": form}))
    return made


def rows(out: Path, name: str) -> list[dict[str, Any]]:
    made_with = {"config_fingerprint"}  # the format is a setting
    return [
        {key: value for key, value in row.items() if key not in made_with}
        for row in inputs.table_of(out, name).to_pylist()
    ]


@pytest.mark.parametrize("name", DATASETS)
def test_both_formats_hold_the_same_rows(both: dict[str, Path], name: str) -> None:
    parquet, jsonl = (rows(both[form], name) for form in ("parquet", "jsonl"))
    assert len(parquet) > 0
    assert jsonl == parquet


def test_lines_are_json_with_every_column(both: dict[str, Path]) -> None:
    """Read as anybody would, without our own code."""
    for name, schema in DATASETS.items():
        expected = inputs.table_of(both["parquet"], name).to_pylist()
        lines = [
            json.loads(line)
            for path in sorted((both["jsonl"] / name).rglob("*.jsonl.gz"))
            for line in gzip.decompress(path.read_bytes()).decode().split("\n")[:-1]
        ]
        assert {tuple(line) for line in lines} == {tuple(schema.names)}
        for line, row in zip(lines, expected, strict=True):
            if name == "articles" and row["published_at"]:
                assert line["published_at"].endswith("Z")
                assert datetime.fromisoformat(line["published_at"]) == row["published_at"]
            if name == "rejected":
                assert base64.b64decode(line["payload"]) == row["payload"]
            if name == "removed":
                assert len(str(line["confidence"])) <= 6, "as many digits as the number has"


@pytest.mark.parametrize("name", DATASETS)
def test_lines_hold_to_the_json_schema_and_it_to_the_arrow_schema(both: dict[str, Path], name: str) -> None:
    printed = CliRunner().invoke(app, ["schema", name])
    schema = json.loads(printed.stdout)
    Draft202012Validator.check_schema(schema)
    check = Draft202012Validator(schema, format_checker=FormatChecker())
    lines = [
        json.loads(line)
        for path in sorted((both["jsonl"] / name).rglob("*.jsonl.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()[:40]
    ]
    assert [error.message for line in lines for error in check.iter_errors(line)] == []
    assert [*schema["properties"]] == schema["required"] == DATASETS[name].names
    for field in DATASETS[name]:
        said = schema["properties"][field.name]
        assert said["description"] == (field.metadata or {})[b"description"].decode()
        assert check.is_valid({**lines[0], field.name: None}) is field.nullable
        assert not check.is_valid({**lines[0], field.name: {"of": "another type"}})
        assert not check.is_valid({key: value for key, value in lines[0].items() if key != field.name})


@pytest.mark.parametrize("form", SINKS)
def test_a_dataset_is_whole_in_every_format(both: dict[str, Path], form: str) -> None:
    assert verify(Layout.at(both[form])).problems == []
    sizes = [len(group) for group in groups("articles", slices(both[form], "articles"))]
    files = len(slices(both[form], "articles"))
    assert len(sizes) > files, "some file must hold several row groups"


@pytest.mark.parametrize("form", SINKS)
def test_nested_columns_are_read_alone(both: dict[str, Path], form: str) -> None:
    (first, *_) = groups("articles", slices(both[form], "articles"))
    table = first.read(["credits.role", "signals.words", "doc_id", "no_such_column"])
    assert sorted(table.schema.names) == ["credits", "doc_id", "signals"]
    whole = first.read(None)
    assert table["signals"].to_pylist() == [{"words": row["words"]} for row in whole["signals"].to_pylist()]
    assert table["credits"].to_pylist() == [
        [{"role": credit["role"]} for credit in row] for row in whole["credits"].to_pylist()
    ]


@pytest.mark.parametrize("form", SINKS)
def test_commands_on_every_format(both: dict[str, Path], form: str) -> None:
    run, root = CliRunner().invoke, str(both[form])
    (row,) = inputs.table_of(both["parquet"], "articles").slice(0, 1).to_pylist()
    shown = run(app, ["show", root, "--id", row["doc_id"], "--json"])
    assert json.loads(shown.stdout)["text"] == row["text"]
    assert row["title"] in run(app, ["show", root, "--id", row["doc_id"]]).stdout
    assert json.loads(run(app, ["stats", root, "--json"]).stdout)["articles"] == len(rows(both["parquet"], "articles"))
    assert row["doc_id"] in run(app, ["explain", root, "--id", row["doc_id"]]).stdout
    assert run(app, ["verify", root]).exit_code == 0
    assert run(app, ["report", root]).exit_code == 0


@pytest.mark.parametrize(("form", "other"), [("parquet", "jsonl"), ("jsonl", "parquet")])
def test_a_folder_has_one_format(tmp_path: Path, form: str, other: str) -> None:
    source, out = inputs.write(tmp_path / "in", files=1, records=3), tmp_path / "out"
    run_direct([str(source)], out, settings.load(None, {**QUICK, "output.format": form}))
    before = inputs.tree(out)
    with pytest.raises(
        ConfigurationError, match=rf"out is a dataset in {SINKS[form].title}.*--set output.format={form}"
    ):
        run_direct([str(source)], out, settings.load(None, {**QUICK, "output.format": other}))
    assert inputs.differences(inputs.tree(out), before) == []
    # What makes nothing anew goes with the dataset's format, whatever the settings say.
    compact(out, settings.load(None, {**QUICK, "output.format": other}))
    with open_replay(
        out, settings.load(None, {**QUICK, "output.format": other, "output.compression_level": 12})
    ) as run:
        drive(run)
    assert {path.name.partition(".")[2] for path in (out / "articles").iterdir()} == {SINKS[form].suffix[1:]}
    assert verify(Layout.at(out)).problems == []


def test_parquet_says_where_its_rows_are(both: dict[str, Path], tmp_path: Path) -> None:
    import duckdb

    for path in (both["parquet"] / "articles").rglob("*.parquet"):
        metadata = pq.read_metadata(path)
        table = pq.read_table(path, columns=["doc_id", "source_uri", "source_position"]).to_pylist()
        places = [(row["source_uri"], row["source_position"]) for row in table]
        assert places == sorted(places)
        for group in range(metadata.num_row_groups):
            order = metadata.row_group(group).sorting_columns
            assert [metadata.schema.column(each.column_index).path for each in order] == [
                "source_uri",
                "source_position",
            ]
            assert metadata.row_group(group).column(0).has_offset_index
            assert metadata.row_group(group).column(0).has_column_index
        if "bloom_filter_options" in inspect.signature(pq.ParquetWriter.__init__).parameters:  # pyarrow 24
            ids = [(table[0]["doc_id"], False), *((f"{number:032x}", True) for number in range(3))]
            for value, excluded in ids:
                probe = f"select bloom_filter_excludes from parquet_bloom_probe('{path}', 'doc_id', '{value}')"
                said = [row[0] for row in duckdb.sql(probe).fetchall()]
                assert all(said) if excluded else not all(said)
    shutil.copytree(both["parquet"], tmp_path / "out")
    compact(tmp_path / "out", settings.load(None, QUICK))
    (packed,) = (tmp_path / "out" / "articles").rglob("pack-*.parquet")
    assert not pq.read_metadata(packed).row_group(0).sorting_columns, "shards are put together in no such order"


def test_a_row_less_changes_few_bytes_of_parquet() -> None:
    chance = random.Random(3)
    paragraphs = [[f"{chance.getrandbits(16000):x}"] for _ in range(1500)]
    whole = uploads.table(paragraphs, list(range(1500)), "file:///in/")
    less = pa.concat_tables([whole.slice(0, 300), whole.slice(301)])
    again = {
        by_size: uploads.sent_again(*(uploads.written(rows, "parquet", cut_by_size=by_size) for rows in (whole, less)))
        for by_size in (False, True)
    }
    assert again[False] < 0.4 < again[True]


TEXTS = st.text(st.characters(exclude_categories=("Cs",)))
REJECTS = st.fixed_dictionaries(
    {
        "source_id": st.none() | TEXTS,
        "source_uri": TEXTS,
        "source_position": st.integers(-(1 << 63), (1 << 63) - 1),
        "url": st.none() | TEXTS,
        "reason": TEXTS,
        "detail": TEXTS,
        "payload": st.none() | st.binary(),
        "payload_bytes": st.integers(0, 1 << 40),
        "part_start": st.none() | st.integers(0, 1 << 62),
        "part_stop": st.none(),
        "config_fingerprint": st.just("f"),
        "version": st.just("v"),
    }
)


@pytest.mark.parametrize("sink", SINKS.values(), ids=SINKS)
@given(parts=st.lists(st.lists(REJECTS, min_size=1, max_size=4), max_size=3))
@bounds(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_written_is_read(sink: Sink, tmp_path_factory: pytest.TempPathFactory, parts: list[list[Any]]) -> None:
    path = tmp_path_factory.mktemp("file") / f"a{sink.suffix}"
    schema = Provenance("f", "v").stamp("rejected")
    tables = [pa.Table.from_pylist(part, schema) for part in parts]
    writer = sink.writer(path, "rejected", schema, 3)
    for table in tables:
        writer.write(table)
    writer.close()
    contents = sink.contents(path)
    assert contents.schema.equals(schema, check_metadata=True)
    assert [rows for rows in contents.group_rows if rows] == [len(table) for table in tables]
    for group, table in enumerate(tables):
        assert contents.read(group).equals(table)


@pytest.mark.parametrize("sink", SINKS.values(), ids=SINKS)
def test_damage_is_unreadable(sink: Sink, both: dict[str, Path], tmp_path: Path) -> None:
    (form,) = [name for name, each in SINKS.items() if each is sink]
    whole = slices(both[form], "removed")[0].path.read_bytes()
    path = tmp_path / f"a{sink.suffix}"
    for content in (b"", b"x", whole[:-1], whole[: len(whole) // 2], b"\x1f\x8b" + whole[2:][::-1], whole + b"more"):
        path.write_bytes(content)
        with pytest.raises(Unreadable):
            sink.contents(path)
    middle = bytearray(whole)
    middle[-40 if form == "jsonl" else 200] ^= 0xFF
    path.write_bytes(middle)
    contents = sink.contents(path)
    with pytest.raises((Unreadable, OSError)):
        [contents.read(group) for group in range(len(contents.group_rows))]
