"""What a power cut may not take: files are on the disk before a run relies on them, and the entries of folders too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cleancopy import settings
from cleancopy.dataset.layout import Layout
from cleancopy.runs.direct import run_direct
from tests.runs import inputs

QUICK = {"run.engine": "inline", "clean.model": False, "run.shard_bytes": "12KB"}


def test_what_is_published_is_on_the_disk_before_it_is_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forced: list[Path] = []
    times: dict[int, int] = {}

    def note(descriptor: int) -> None:
        times[os.fstat(descriptor).st_ino] = len(forced)
        forced.append(Path(f"/proc/self/fd/{descriptor}").readlink())

    monkeypatch.setattr(os, "fsync", note)
    out = tmp_path / "out"
    run_direct([str(inputs.write(tmp_path / "in", files=2, records=4))], out, settings.load(None, QUICK))
    layout = Layout.at(out)
    tables = [path for name in ("articles", "removed", "rejected") for path in (out / name).iterdir()]
    tables = [path for path in tables if path.name != "schema.parquet"]  # of a table without rows: made anew if lost
    assert len(tables) > 3
    moved = min(forced.index(path.parent) for path in tables)
    (journal,) = (at for at, path in enumerate(forced) if "publishing.json" in path.name)
    assert journal < moved
    for path in (*tables, *layout.receipts.iterdir()):
        assert forced[times[path.stat().st_ino]] != path
        assert times[path.stat().st_ino] < journal
    assert layout.receipts in forced[moved:]
    assert forced[times[layout.card.stat().st_ino]].name.startswith(".README.md.")
