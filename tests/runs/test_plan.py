"""How files become shards: a large one keeps all workers busy, and comes out as if it had not been cut."""

from __future__ import annotations

import csv
import gzip
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cleancopy import settings
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.receipts import Receipt
from cleancopy.dataset.verify import verify
from cleancopy.errors import ShardError
from cleancopy.readers import SourceFile
from cleancopy.runs.direct import drive, run_direct
from cleancopy.runs.pipeline import Run, Summary, open_replay, open_run
from cleancopy.runs.plan import LEAST_BYTES, SHARDS, target_bytes
from tests.readers.files import response
from tests.runs import inputs
from tests.runs.test_runs import BASE

MIB = 1 << 20
CUT = {**BASE, "run.shard_bytes": "6KB"}
FORMATS = ["a.jsonl", "a.jsonl.gz", "a.csv.gz", "a.parquet", "a.stream.warc.gz"]


def write(folder: Path, name: str, *, seed: int = 1) -> Path:
    """A file with 70 texts, two of them no articles."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    source = random.Random(seed)
    texts = [inputs.text(source, 1) if number % 40 else " " for number in range(70)]
    if name.endswith("parquet"):
        pq.write_table(pa.table({"id": range(70), "text": texts}), path, compression="none")
    elif ".csv" in name:
        with (gzip.open if name.endswith(".gz") else open)(path, "wt", newline="") as stream:
            csv.writer(stream).writerows([("id", "text"), *enumerate(texts)])
    else:
        lines = [json.dumps({"id": number, "text": text}) + "\n" for number, text in enumerate(texts)]
        pieces = [line.encode() for line in lines]
        if ".warc" in name:
            pieces = [response(number, text.encode(), "text/html") for number, text in enumerate(texts)]
        whole = b"".join(map(gzip.compress, pieces)) if name == "a.warc.gz" else b"".join(pieces)
        path.write_bytes(gzip.compress(whole) if name in ("a.jsonl.gz", "a.stream.warc.gz") else whole)
    return path


def run(source: Path, out: Path, chosen: dict[str, object]) -> Summary:
    return run_direct([str(source)], out, settings.load(None, chosen))


def rows(out: Path) -> list[list[dict[str, Any]]]:
    """The rows of the three tables, in the order of their files' names."""
    return [inputs.table_of(out, name).to_pylist() for name in ("articles", "removed", "rejected")]


@pytest.mark.parametrize("name", FORMATS)
def test_a_cut_file_comes_out_as_it_does_whole(tmp_path: Path, name: str) -> None:
    source = write(tmp_path / "in", name)
    whole = run(source, tmp_path / "whole", {**CUT, "run.shard_bytes": "1MiB"})
    cut = run(source, tmp_path / "cut", CUT)
    assert whole.shards["cleaned"] == 1
    assert cut.shards["cleaned"] > 1
    assert cut.counts.articles > 60
    assert cut.counts.rejected.total() >= 2
    assert cut.counts.plain() == whole.counts.plain()
    ranges = {"part_start", "part_stop"}
    found, wanted = (
        [[{k: v for k, v in row.items() if k not in ranges} for row in table] for table in rows(tmp_path / each)]
        for each in ("cut", "whole")
    )
    assert found == wanted
    assert verify(Layout.at(tmp_path / "cut")).problems == []
    assert +run(source, tmp_path / "cut", CUT).shards == {"done": cut.shards["cleaned"]}


def test_a_stopped_run_over_a_cut_file_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "in", "a.jsonl.gz")
    chosen = settings.load(None, CUT)
    run(source, tmp_path / "straight", CUT)
    attempt = Run.attempt
    done: list[str] = []

    def fail(self: Run, executor: Any, shard: Any) -> Receipt:
        if done:
            raise KeyboardInterrupt
        done.append(shard.id)
        return attempt(self, executor, shard)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "attempt", fail)
        with pytest.raises(KeyboardInterrupt):
            run(source, tmp_path / "stopped", CUT)
    with open_run([str(source)], tmp_path / "stopped", chosen) as again:
        assert sorted(shard.id for shard in again.ready) == sorted(done)
        drive(again)
    assert inputs.differences(inputs.tree(tmp_path / "stopped"), inputs.tree(tmp_path / "straight")) == []


def test_a_new_file_leaves_the_parts_of_one_that_is_cut(tmp_path: Path) -> None:
    source = write(tmp_path / "in", "a.jsonl.gz").parent
    first = run(source, tmp_path / "out", CUT)
    write(source, "b.csv.gz", seed=2)
    second = run(source, tmp_path / "out", CUT)
    assert second.shards["done"] == first.shards["cleaned"]
    assert second.changes == {"added": 1}
    (source / "a.jsonl.gz").unlink()
    third = run(source, tmp_path / "out", {**CUT, "input.on_missing": "remove"})
    assert third.dataset.articles == second.counts.articles
    assert verify(Layout.at(tmp_path / "out")).problems == []


def test_of_a_cut_stream_a_part_that_fails_holds_all_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "in", "a.jsonl.gz")
    attempt = Run.attempt

    def fail(self: Run, executor: Any, shard: Any) -> Receipt:
        if not shard.parts[0].last:
            raise ShardError("the store is away")
        return attempt(self, executor, shard)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "attempt", fail)
        failed = run(source, tmp_path / "out", {**CUT, "run.max_failed_share": 1})
    assert (failed.dataset.articles, len(failed.failures)) == (0, 1)
    again = run(source, tmp_path / "out", CUT)
    assert (again.shards["cleaned"], again.shards["ready"]) == (1, failed.shards["cleaned"])


def test_rejects_of_a_cut_stream_are_replayed(tmp_path: Path) -> None:
    source = write(tmp_path / "in", "a.jsonl.gz")
    strict = {**CUT, "limits.record_lines": 3, "run.max_rejected_share": 1}
    before = run(source, tmp_path / "out", strict)
    assert before.dataset.articles == 0
    with open_replay(tmp_path / "out", settings.load(None, CUT)) as replay:
        after = drive(replay)
    assert after.dataset.articles > 60
    assert after.dataset.records == before.dataset.records
    assert verify(Layout.at(tmp_path / "out")).problems == []


def file(size: int, compression: str = "") -> SourceFile:
    return SourceFile("file:///a", "jsonl", compression, size, "1")


@pytest.mark.parametrize(
    ("files", "most", "target"),
    [
        ([], 32 * MIB, LEAST_BYTES),
        ([file(1)], 32 * MIB, LEAST_BYTES),
        ([file(1)], 1000, 1000),
        ([file(20 * MIB)], 32 * MIB, LEAST_BYTES),
        ([file(2 * SHARDS * LEAST_BYTES - 1)], 32 * MIB, LEAST_BYTES),
        ([file(2 * SHARDS * LEAST_BYTES)], 32 * MIB, 2 * LEAST_BYTES),
        ([file(SHARDS * LEAST_BYTES // 2, "gzip")], 32 * MIB, 2 * LEAST_BYTES),
        ([file(SHARDS * LEAST_BYTES)] * 8, 32 * MIB, 8 * LEAST_BYTES),
        ([file(100 << 30)], 32 * MIB, 32 * MIB),
    ],
)
def test_input_of_a_shard(files: list[SourceFile], most: int, target: int) -> None:
    assert target_bytes(files, most) == target


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.csv", "many"])
def test_twenty_megabytes_are_work_for_eight(tmp_path: Path, name: str) -> None:
    source = tmp_path / name
    line = json.dumps({"text": "x" * 2000}) + "\n"
    if name == "many":
        source.mkdir()
        for number in range(20):
            (source / f"{number}.txt").write_text("x" * MIB)
    elif name.endswith(".gz"):
        words = random.Random(1)
        source.write_bytes(
            gzip.compress(b"".join(words.randbytes(1000).hex().encode() + b"\n" for _ in range(5000)), 1)
        )
    else:
        source.write_text(line * (20 * MIB // len(line)))
    with open_run([str(source)], tmp_path / "out", settings.load(None, {})) as opened:
        assert 8 <= len(opened.todo) <= 16
        sizes = [shard.bytes for shard in opened.todo]
        assert max(sizes) <= 2 * sum(sizes) / len(sizes)
