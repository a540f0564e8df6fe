"""A file system that gives no locks is named, with what to do."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from cleancopy import settings
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.lock import holder, locked
from cleancopy.errors import ConfigurationError, DatasetError
from cleancopy.runs.direct import run_direct
from cleancopy.runs.status import status
from tests.runs import inputs


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EIO])
def test_no_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    layout = Layout.at(tmp_path / "out")
    with locked(layout, "before"):
        pass

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    source = inputs.write(tmp_path / "in", files=1, records=1)
    says = rf"cannot lock {layout.lock}: {os.strerror(code)}\. .* write to a local disk"
    with pytest.raises(ConfigurationError, match=says):
        run_direct([str(source)], layout.root, settings.load(None, {"run.engine": "inline", "clean.model": False}))
    with pytest.raises(ConfigurationError, match=says):
        holder(layout)
    with pytest.raises(ConfigurationError, match=says):
        status(layout, settings.load())
    assert not list(layout.root.glob("articles/*"))


def test_a_lock_that_is_held_is_no_missing_lock(tmp_path: Path) -> None:
    layout = Layout.at(tmp_path / "out")
    with locked(layout, "the first"):
        with pytest.raises(DatasetError, match="is being written by the first"), locked(layout, "the second"):
            pass
        assert "the first" in str(holder(layout))
    assert holder(layout) is None
