"""Sources whose URL holds a password or a signature: what is read with it, and where it must never appear."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

import pytest

from cleancopy import cli, settings
from cleancopy.readers import credentials
from cleancopy.runs.direct import run_direct
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

    def replay(*more: str, engine: str = "inline") -> tuple[int, str]:
        monkeypatch.setattr(credentials, "_given", {})  # as in a process of its own
        arguments = [part for setting in [*SETTINGS, f"run.engine={engine}"] for part in ("--set", setting)]
        monkeypatch.setattr(sys, "argv", ["cleancopy", "replay", str(tmp_path / "d"), *arguments, *more])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return int(end.value.code or 0), "".join(capsys.readouterr())

    code, told = replay()
    assert (code, "a.jsonl" in told, "to replay with --source" in " ".join(told.split())) == (1, True, True)
    code, told = replay("--source", url, engine="processes" if how == "password" else "inline")
    assert (code, "1 are articles now" in told, SECRET in told) == (0, True, False)
    assert shown_in(tmp_path) == []


def test_what_goes_to_another_process_does_not_show_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_given", {})
    clean = credentials.keep(f"https://ann:{SECRET}@h.example/a.txt")
    known = pickle.loads(pickle.dumps(credentials.of([clean])))
    assert known == {"https://h.example/a.txt": f"https://ann:{SECRET}@h.example/a.txt"}
    assert SECRET not in f"{known} {known!r} {(known,)}"
