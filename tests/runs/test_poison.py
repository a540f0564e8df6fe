"""A record that hangs, crashes or exhausts its worker becomes a reject; its neighbours are unharmed."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq

from cleancopy import settings
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.verify import verify
from cleancopy.runs.direct import drive, run_direct
from cleancopy.runs.pipeline import open_replay
from tests.runs import inputs

FAULTS = {
    "FAULT hang": "record.timeout",
    "FAULT crash": "record.crashed",
    "FAULT memory": "record.memory",
    "FAULT bug": "record.failed",
}
BYSTANDER = "FAULT bystander"
"""Not to blame: somebody else kills the process that tries it alone, once."""
SETTINGS = {"clean.model": False, "limits.record_seconds": 3, "limits.worker_memory": "256MiB", "run.workers": 1}


def write(path: Path) -> None:
    """Three good records before each bad one, and after the last."""
    source = random.Random(3)
    lines = []
    for number, fault in enumerate([*FAULTS, BYSTANDER, None]):
        lines += [{"id": f"good-{number}-{index}", "text": inputs.text(source, 4)} for index in range(3)]
        if fault:
            lines.append({"id": fault, "text": f"{inputs.text(source, 2)}\n\n{fault}\n"})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def run_with_faults(source: Path, out: Path, *, code: int = 0, **more: object) -> str:
    """What the run says of its faults."""
    command = [sys.executable, "-m", "cleancopy.cli", "run", str(source), "--out", str(out), "--direct"]
    chosen = SETTINGS | {key.replace("__", "."): value for key, value in more.items()}
    command += [part for key, value in chosen.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    paths = [str(Path(__file__).parent / "faults"), *filter(None, [os.environ.get("PYTHONPATH")])]
    faults = {"PYTHONPATH": os.pathsep.join(paths), "FAULT_DEATHS": str(out.with_suffix(".deaths"))}
    done = subprocess.run(command, env={**os.environ, **faults}, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_poison_is_isolated(tmp_path: Path) -> None:
    source, out, without = tmp_path / "in.jsonl", tmp_path / "out", tmp_path / "without"
    write(source)
    run_with_faults(source, out)
    rejected = pq.read_table(out / "rejected").to_pylist()
    assert {row["source_id"]: row["reason"] for row in rejected} == FAULTS
    assert out.with_suffix(".deaths").stat().st_size == 2
    assert verify(Layout.at(out)).problems == []
    assert inputs.leftovers(out) == []
    run_direct([str(source)], without, settings.load(None, SETTINGS | {"run.engine": "inline"}))
    wanted = pq.read_table(without / "articles").to_pylist()
    assert pq.read_table(out / "articles").to_pylist() == [row for row in wanted if row["source_id"] not in FAULTS]


def test_reading_that_goes_wrong_costs_the_rest_of_its_part_until_it_is_replayed(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    text = inputs.text(random.Random(5), 4)
    faults = ["FAULT reading bug", "FAULT reading memory", "harmless"]
    for name, fault in zip("abc", faults, strict=True):
        lines = [json.dumps({"id": each, "text": text}) for each in (f"before {name}", fault, f"after {name}")]
        (source / f"{name}.jsonl").write_text("\n".join(lines))
    run_with_faults(source, out)
    rejected = pq.read_table(out / "rejected").to_pylist()
    assert {Path(row["source_uri"]).name: row["reason"] for row in rejected} == {
        "a.jsonl": "record.failed",
        "b.jsonl": "record.memory",
    }
    assert all("the rest of this part was not read" in row["detail"] for row in rejected)
    articles = sorted(pq.read_table(out / "articles")["source_id"].to_pylist())
    assert articles == ["after c", "before a", "before b", "before c", "harmless"]
    assert verify(Layout.at(out)).problems == []
    assert inputs.leftovers(out) == []
    with open_replay(out, settings.load(None, SETTINGS | {"run.engine": "inline"})) as replay:
        assert drive(replay).dataset.rejected.total() == 0
    articles = sorted(pq.read_table(out / "articles")["source_id"].to_pylist())
    assert articles == sorted([*(f"{when} {name}" for when in ("before", "after") for name in "abc"), *faults])
    assert verify(Layout.at(out)).problems == []


def test_a_bug_outside_reading_and_cleaning_costs_its_shard(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    text = inputs.text(random.Random(5), 4)
    for name, identifier in (("a", "FAULT writing bug"), ("b", "good")):
        (source / f"{name}.jsonl").write_text(json.dumps({"id": identifier, "text": text}))
    said = run_with_faults(source, out, code=1, run__shard_bytes="1KB", run__max_failed_share=1)
    assert "IndexError at sitecustomize.py" in said, said
    assert pq.read_table(out / "articles")["source_id"].to_pylist() == ["good"]
    run_direct([str(source)], out, settings.load(None, SETTINGS | {"run.engine": "inline", "run.shard_bytes": "1KB"}))
    assert sorted(pq.read_table(out / "articles")["source_id"].to_pylist()) == ["FAULT writing bug", "good"]
    assert verify(Layout.at(out)).problems == []
