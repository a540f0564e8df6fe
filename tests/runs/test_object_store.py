"""An object store that goes away in mid run: a clear error, nothing damaged, and the next run goes on."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cleancopy import settings
from cleancopy.runs.direct import run_direct
from cleancopy.runs.pipeline import RunAborted
from tests.runs import inputs

s3fs = pytest.importorskip("s3fs")
SETTINGS = {
    "run.engine": "inline",
    "run.shard_bytes": "12KB",
    "run.retries": 1,
    "run.retry_seconds": 0.1,
    "run.rejected_share_records": 1000,
    "clean.model": False,
}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], subprocess.Popen[bytes]]]:
    """Starts a server that speaks S3, always at the same address, with the files of a folder in its bucket `raw`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    started: list[subprocess.Popen[bytes]] = []

    def start(files: Path) -> subprocess.Popen[bytes]:
        command = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        s3fs.S3FileSystem.clear_instance_cache()
        store = s3fs.S3FileSystem()
        store.mkdir("raw")
        for path in files.iterdir():
            store.pipe_file(f"raw/{path.name}", path.read_bytes())
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
    s3fs.S3FileSystem.clear_instance_cache()


def test_a_store_that_goes_away(store: Callable[[Path], subprocess.Popen[bytes]], tmp_path: Path) -> None:
    files, out = inputs.write(tmp_path / "in", files=6, records=8), tmp_path / "out"
    loaded = settings.load(None, SETTINGS)
    server = store(files)
    run_direct(["s3://raw"], tmp_path / "undisturbed", loaded)

    def kill_when_busy() -> None:
        deadline = time.monotonic() + 60
        while not list(out.glob("_cleancopy/staged/*")) and time.monotonic() < deadline:
            time.sleep(0.001)
        server.kill()

    killer = threading.Thread(target=kill_when_busy)
    killer.start()
    with pytest.raises(RunAborted, match=r"shards failed .*nothing was published.*s3://raw/"):
        run_direct(["s3://raw"], out, loaded)
    killer.join()
    server.wait()
    done = len(list((out / "_cleancopy" / "staged").iterdir()))
    assert done > 0
    assert not list((out / "articles").iterdir())

    store(files)
    summary = run_direct(["s3://raw"], out, loaded)
    assert summary.shards["ready"] == done
    assert inputs.differences(inputs.tree(out), inputs.tree(tmp_path / "undisturbed")) == []
    assert inputs.leftovers(out) == []
