"""A Dask cluster of real processes: the bytes of one machine, whatever happens to a worker."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cleancopy import settings
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.receipts import Receipt
from cleancopy.dataset.verify import verify
from cleancopy.errors import ConfigurationError
from cleancopy.runs import executors
from cleancopy.runs.direct import run_direct
from cleancopy.runs.pipeline import Run
from tests.readers.test_web import ARTICLE, Server, server
from tests.runs import inputs
from tests.runs.test_credentials import SECRET, SETTINGS, shown_in

__all__ = ["server"]

pytest.importorskip("distributed")

BASE = {"run.shard_bytes": "12KB", "clean.model": False, "run.engine": "dask"}


@dataclass(frozen=True)
class Cluster:
    address: str
    logs: Path
    """What each process prints, in a file with its name."""
    workers: tuple[subprocess.Popen[bytes], ...]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and two workers of a thread each, for all tests of this file: the last one kills a worker."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, logs = f"tcp://127.0.0.1:{port}", tmp_path_factory.mktemp("logs")
    worker = ["worker", address, "--nthreads", "1", "--no-dashboard"]
    commands = {
        "scheduler": ["scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"],
        "worker-0": worker,
        "worker-1": worker,
    }
    started = []
    for name, arguments in commands.items():
        with (logs / name).open("wb") as log:
            command = [sys.executable, "-m", "dask", *arguments]
            started.append(subprocess.Popen(command, cwd=logs, stdout=log, stderr=subprocess.STDOUT))
    yield Cluster(address, logs, tuple(started[1:]))
    for process in started:
        process.kill()
        process.wait()


def test_workers_are_given_urls_that_their_logs_do_not_show(
    server: Server, tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.manner = {"locked"}
    server.files.update({"a.txt": ARTICLE.encode(), "b.txt": ARTICLE.encode()})
    attempt = Run.attempt

    def changed(self: Run, executor: Any, shard: Any) -> Receipt:
        server.files["b.txt"] = ARTICLE.encode() * 2
        return attempt(self, executor, shard)

    monkeypatch.setattr(Run, "attempt", changed)
    sources = [server.url(f"a.txt?token={SECRET}"), server.url("b.txt", f"ann:{SECRET}@")]
    loaded = settings.load(None, [*SETTINGS, "run.engine=dask", f"run.dask_address={cluster.address}"])
    summary = run_direct(sources, tmp_path / "d", loaded)
    assert summary.counts.articles == 1
    (why,) = summary.failures.values()
    assert ("b.txt: has changed" in why, SECRET in why) == (True, False)
    assert any("b.txt" in path.read_text() for path in cluster.logs.glob("worker-?"))
    assert shown_in(tmp_path) == shown_in(cluster.logs) == []


def test_a_cluster_writes_the_bytes_of_one_machine_though_a_worker_is_killed(tmp_path: Path, cluster: Cluster) -> None:
    source = inputs.write(tmp_path / "in", files=12, records=10)
    run_direct([str(source)], tmp_path / "inline", settings.load(None, {**BASE, "run.engine": "inline"}))
    out = tmp_path / "dask"
    killed = threading.Thread(target=_kill_when_busy, args=(cluster.workers[0], out))
    killed.start()
    summary = run_direct([str(source)], out, settings.load(None, {**BASE, "run.dask_address": cluster.address}))
    killed.join()
    assert cluster.workers[0].poll() is not None
    assert not summary.failures
    assert inputs.differences(inputs.tree(out), inputs.tree(tmp_path / "inline")) == []
    assert verify(Layout.at(out)).problems == []


def _kill_when_busy(worker: subprocess.Popen[bytes], out: Path) -> None:
    deadline = time.monotonic() + 60
    while len(list(out.glob("_cleancopy/staged/*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
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
