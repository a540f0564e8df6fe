"""Commands that are told to end: by Ctrl-C, which a terminal sends to all their processes, or by SIGTERM."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cleancopy import cli
from cleancopy.commands.signals import ended_by_sigterm
from tests.runs import inputs


def starting_workers(parent: int) -> list[str]:
    found = []
    for children in Path(f"/proc/{parent}/task").glob("*/children"):
        for child in children.read_text().split():
            command = Path(f"/proc/{child}/cmdline").read_bytes()
            if b"spawn_main" in command:
                found.append(child)
    return found


@pytest.mark.parametrize("handler", [signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler])
def test_what_a_termination_does_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handler: signal.Handlers
) -> None:
    (tmp_path / "in.txt").write_text("\n\n".join(inputs.SENTENCES))
    quick = ["--set", "run.engine=inline", "--set", "clean.model=false"]
    out = str(tmp_path / "out")
    before = signal.signal(signal.SIGTERM, handler)
    try:
        for command in (
            ["run", str(tmp_path / "in.txt"), "--direct", "--out", out],
            ["replay", out],
            ["replay", "none"],
        ):
            monkeypatch.setattr(sys, "argv", ["cleancopy", *command, *quick])
            with pytest.raises(SystemExit) as end:
                cli.main()
            assert end.value.code == (2 if "none" in command else 0)
            assert signal.getsignal(signal.SIGTERM) == handler
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_termination_unwinds_the_command() -> None:
    with pytest.raises(SystemExit) as end, ended_by_sigterm():
        signal.raise_signal(signal.SIGTERM)
    assert end.value.code == 143


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
