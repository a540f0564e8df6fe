"""Ctrl-C, which a terminal sends to the command and to all its processes: one line, whenever it comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.runs import inputs


def starting_workers(parent: int) -> list[str]:
    found = []
    for children in Path(f"/proc/{parent}/task").glob("*/children"):
        for child in children.read_text().split():
            command = Path(f"/proc/{child}/cmdline").read_bytes()
            if b"spawn_main" in command:
                found.append(child)
    return found


@pytest.mark.parametrize("pause", [0.0, 0.3])
def test_while_workers_are_starting(tmp_path: Path, pause: float) -> None:
    source = inputs.write(tmp_path / "in", files=2, records=4)
    command = [sys.executable, "-m", "cleancopy.cli", "run", str(source), "--out", str(tmp_path / "out"), "--direct"]
    command += ["--workers", "2", "--set", "clean.model=false", "--set", "run.shard_bytes=1KB"]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0)
    deadline = time.monotonic() + 120
    while len(workers := starting_workers(run.pid)) < 2:
        assert run.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    time.sleep(pause)
    os.killpg(run.pid, signal.SIGINT)
    out, errors = run.communicate(timeout=120)
    assert (out, errors.strip()) == ("", "stopped; run the same command to go on where it ended")
    assert run.returncode in (130, -signal.SIGINT)
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]
