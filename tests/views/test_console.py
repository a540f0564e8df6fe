"""What a person sees while a run goes on."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cleancopy.commands import console
from cleancopy.dataset.receipts import Counts
from cleancopy.runs import pipeline
from cleancopy.runs.pipeline import Progress
from cleancopy.shown import counted


def test_a_log_gets_a_line_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(console.time, "monotonic", lambda: now)
    with console.Console().progress("cleaning"):
        tell = pipeline.listener.get()
        assert tell is not None
        for shard in range(100):
            now += 1
            tell(Progress(shard, 100, Counts(articles=12 * shard), now))
    assert pipeline.listener.get() is None
    lines = " ".join(capsys.readouterr().err.split()).split("cleaning: ")[1:]
    assert [line.split(",")[0] for line in lines] == [
        "29 of 100 shards after 30 s",
        "59 of 100 shards after 60 s",
        "89 of 100 shards after 90 s",
    ]
    assert "348 articles, 0 rejected" in lines[0]


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
