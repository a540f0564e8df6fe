"""A Dask cluster of real processes: the bytes of one machine, whatever happens to a worker."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cleancopy import settings
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.verify import verify
from cleancopy.errors import ConfigurationError
from cleancopy.runs import executors
from cleancopy.runs.direct import run_direct
from tests.runs import inputs

pytest.importorskip("distributed")

BASE = {"run.shard_bytes": "12KB", "clean.model": False, "run.engine": "dask"}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    started = [_dask("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", cwd=tmp_path)]
    started += [_dask("worker", address, "--nthreads", "1", "--no-dashboard", cwd=tmp_path) for _ in range(2)]
    yield address, started
    for process in started:
        process.kill()
        process.wait()


def _dask(*arguments: str, cwd: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dask", *arguments]
    return subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_cluster_writes_the_bytes_of_one_machine(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, started = cluster
    source = inputs.write(tmp_path / "in", files=12, records=20)
    run_direct([str(source)], tmp_path / "inline", settings.load(None, {**BASE, "run.engine": "inline"}))
    out = tmp_path / "dask"
    killed = threading.Thread(target=_kill_when_busy, args=(started[1], out))
    killed.start()
    summary = run_direct([str(source)], out, settings.load(None, {**BASE, "run.dask_address": address}))
    killed.join()
    assert started[1].poll() is not None
    assert not summary.failures
    assert inputs.differences(inputs.tree(out), inputs.tree(tmp_path / "inline")) == []
    assert verify(Layout.at(out)).problems == []


def _kill_when_busy(worker: subprocess.Popen[bytes], out: Path) -> None:
    deadline = time.monotonic() + 60
    while len(list(out.glob("_cleancopy/staged/*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    for child in _descendants(worker.pid):
        os.kill(child, 9)
    worker.kill()


def _descendants(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found += [int(folder.name), *_descendants(int(folder.name))]
        except OSError:
            continue
    return found


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "CONNECT_SECONDS", 1)
    source = inputs.write(tmp_path / "in", files=1, records=1)
    wrong = settings.load(None, {**BASE, "run.dask_address": "tcp://127.0.0.1:1"})
    with pytest.raises(ConfigurationError, match=r"127\.0\.0\.1:1.*no scheduler answers"):
        run_direct([str(source)], tmp_path / "out", wrong)
