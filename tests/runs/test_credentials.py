"""Sources whose URL holds a password or a signature: what is read with it, and where it must never appear."""

from __future__ import annotations

import json
import pickle
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cleancopy import cli, settings
from cleancopy.dataset.receipts import Receipt
from cleancopy.readers import credentials
from cleancopy.runs.direct import run_direct
from cleancopy.runs.pipeline import Run
from tests.readers.test_web import ARTICLE, Server, server

__all__ = ["server"]

SECRET = "s3cret-word"
SETTINGS = ["clean.model=false", "run.workers=1", "run.retries=0", "run.max_failed_share=1", "run.shard_files=1"]


def shown_in(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


@pytest.mark.parametrize("how", ["token", "password"])
def test_a_replay_is_given_the_url_again(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    server.manner = {"locked"}
    server.files["a.jsonl"] = b"".join(json.dumps({"text": ARTICLE * n}).encode() + b"\n" for n in (1, 9))
    url = server.url(f"a.jsonl?token={SECRET}") if how == "token" else server.url("a.jsonl", f"ann:{SECRET}@")
    monkeypatch.setattr(credentials, "_given", {})
    run_direct([url], tmp_path / "d", settings.load(None, [*SETTINGS, "run.engine=inline", "limits.record_lines=4"]))

    def replay(*more: str) -> tuple[int, str]:
        monkeypatch.setattr(credentials, "_given", {})  # as in a process of its own
        arguments = [part for setting in [*SETTINGS, "run.engine=processes"] for part in ("--set", setting)]
        monkeypatch.setattr(sys, "argv", ["cleancopy", "replay", str(tmp_path / "d"), *arguments, *more])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return int(end.value.code or 0), "".join(capsys.readouterr())

    code, told = replay()
    assert (code, "a.jsonl" in told, "to replay with --source" in " ".join(told.split())) == (1, True, True)
    code, told = replay("--source", url)
    assert (code, "1 are articles now" in told, SECRET in told) == (0, True, False)
    assert shown_in(tmp_path) == []


def test_what_goes_to_another_process_does_not_show_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_given", {})
    clean = credentials.keep(f"https://ann:{SECRET}@h.example/a.txt")
    known = pickle.loads(pickle.dumps(credentials.of([clean])))
    assert known == {"https://h.example/a.txt": f"https://ann:{SECRET}@h.example/a.txt"}
    assert SECRET not in f"{known} {known!r} {(known,)}"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A scheduler and a worker; gives back their address and the folder of their logs."""
    pytest.importorskip("distributed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, logs = f"tcp://127.0.0.1:{port}", tmp_path / "logs"
    logs.mkdir()
    commands = {
        "scheduler": ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard"],
        "worker": [address, "--nthreads", "1", "--no-dashboard"],
    }
    started = []
    for name, arguments in commands.items():
        with (logs / name).open("wb") as log:
            command = [sys.executable, "-m", "dask", name, *arguments]
            started.append(subprocess.Popen(command, cwd=logs, stdout=log, stderr=subprocess.STDOUT))
    yield address, logs
    for process in started:
        process.kill()
        process.wait()


def test_workers_of_a_cluster_are_given_urls_that_their_logs_do_not_show(
    server: Server, tmp_path: Path, cluster: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, logs = cluster
    server.manner = {"locked"}
    server.files.update({"a.txt": ARTICLE.encode(), "b.txt": ARTICLE.encode()})
    attempt = Run.attempt

    def changed(self: Run, executor: Any, shard: Any) -> Receipt:
        server.files["b.txt"] = ARTICLE.encode() * 2
        return attempt(self, executor, shard)

    monkeypatch.setattr(Run, "attempt", changed)
    sources = [server.url(f"a.txt?token={SECRET}"), server.url("b.txt", f"ann:{SECRET}@")]
    loaded = settings.load(None, [*SETTINGS, "run.engine=dask", f"run.dask_address={address}"])
    summary = run_direct(sources, tmp_path / "d", loaded)
    assert summary.counts.articles == 1
    (why,) = summary.failures.values()
    assert ("b.txt: has changed" in why, SECRET in why) == (True, False)
    assert "b.txt" in (logs / "worker").read_text()
    assert shown_in(tmp_path) == []
