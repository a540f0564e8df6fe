"""A record that hangs, crashes or exhausts its worker becomes a reject; its neighbours are unharmed."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq

from cleancopy.dataset.layout import Layout
from cleancopy.dataset.verify import verify
from tests.runs import inputs

FAULTS = {
    "FAULT hang": "record.timeout",
    "FAULT crash": "record.crashed",
    "FAULT memory": "record.memory",
    "FAULT bug": "record.failed",
}


def write(path: Path, faults: list[str]) -> None:
    """Good records with a bad one after every third."""
    source = random.Random(3)
    lines = []
    for number, fault in enumerate([*faults, None]):
        lines += [{"id": f"good-{number}-{index}", "text": inputs.text(source, 4)} for index in range(3)]
        if fault:
            lines.append({"id": f"bad-{number}", "text": f"{inputs.text(source, 2)}\n\n{fault}\n"})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def run(source: Path, out: Path, *overrides: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cleancopy.cli", "run", str(source), "--out", str(out), "--direct"]
    for each in (
        "run.workers=1",
        "clean.model=false",
        "limits.record_seconds=2",
        "limits.worker_memory=1GiB",
        *overrides,
    ):
        command += ["--set", each]
    paths = [str(Path(__file__).parent / "faults"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "FAULT_DEATHS": str(out.with_suffix(".deaths"))}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)


def test_poison_is_isolated(tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out"
    write(source, list(FAULTS))
    result = run(source, out)
    assert result.returncode == 0, result.stderr
    rejected = pq.read_table(out / "rejected").to_pylist()
    assert {row["source_id"]: row["reason"] for row in rejected} == {
        f"bad-{number}": reason for number, reason in enumerate(FAULTS.values())
    }
    assert all(FAULT.encode() in row["payload"] for row, FAULT in zip(rejected, FAULTS, strict=True))
    articles = pq.read_table(out / "articles")
    assert articles["source_id"].to_pylist() == [f"good-{n}-{i}" for n in range(len(FAULTS) + 1) for i in range(3)]
    assert verify(Layout.at(out)).problems == []
    assert inputs.leftovers(out) == []


def test_neighbours_have_the_bytes_of_an_undisturbed_run(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    source = tmp_path / "in.jsonl"
    write(source, ["FAULT crash", "FAULT bug"])
    assert run(source, bad).returncode == 0
    source.write_text(source.read_text().replace("FAULT", "FAVOR"))
    assert run(source, good).returncode == 0
    wanted = pq.read_table(good / "articles").to_pylist()
    assert pq.read_table(bad / "articles").to_pylist() == [r for r in wanted if r["source_id"].startswith("good")]


def test_who_is_killed_by_somebody_else_is_no_reject(tmp_path: Path) -> None:
    """The worker dies over the record, and so does the first process that tries it alone; the second does not."""
    source, out = tmp_path / "in.jsonl", tmp_path / "out"
    write(source, ["FAULT bystander"])
    assert run(source, out).returncode == 0
    assert out.with_suffix(".deaths").stat().st_size == 3
    assert pq.read_table(out / "rejected").num_rows == 0
    assert pq.read_table(out / "articles").num_rows == 7
