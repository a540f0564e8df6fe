"""What a person sees while a run goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Semaphore

import pytest

from cleancopy.commands import console
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.receipts import Counts
from cleancopy.runs import pipeline
from cleancopy.runs.pipeline import Progress
from cleancopy.runs.trace import traced, under_way
from cleancopy.shown import counted


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while no shard comes to its end."""
    monkeypatch.setattr(console, "LINE_SECONDS", 0.01)
    asked = Semaphore(0)

    def progress() -> Progress:
        asked.release()
        return Progress(1, 4, 5_000_000, 20_000_000, 1250, Counts(articles=900), 61.2)

    with console.Console().progress("cleaning"):
        tell = pipeline.listener.get()
        assert tell is not None
        tell(progress)
        assert all(asked.acquire(timeout=30) for _ in range(3))
    assert pipeline.listener.get() is None
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) >= 2
    assert set(lines) == {
        "cleaning: 25% of 20.0 MB in 61 s, 1,250 records; 1 of 4 shards with 900 articles, 0 rejected"
    }


def test_records_count_before_their_shard_is_done(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.tmp.mkdir(parents=True)
    began = time.time() - 1
    with traced(layout, "a", worker_died=False) as (trace, _), traced(layout, "b", worker_died=False) as (other, _):
        assert under_way(layout, {"a", "b"}, began) == 0
        trace.cleaning(40, 79)
        other.reading(0, 7)
        assert under_way(layout, {"a", "b"}, began) == 40
        assert under_way(layout, {"b"}, began) == 0
        assert under_way(layout, {"a", "b"}, time.time() + 60) == 0


def test_one_is_one() -> None:
    assert [counted(number, "shard") for number in (0, 1, 2, 1200)] == [
        "0 shards",
        "1 shard",
        "2 shards",
        "1,200 shards",
    ]


def test_the_package_is_a_command() -> None:
    done = subprocess.run([sys.executable, "-m", "cleancopy", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip()


def test_the_shell_completes_commands() -> None:
    asked = {"_CLEANCOPY_COMPLETE": "complete_bash", "COMP_WORDS": "cleancopy ex", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "from cleancopy.cli import app; app(prog_name='cleancopy')"],
        env=os.environ | asked,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["explain"]
