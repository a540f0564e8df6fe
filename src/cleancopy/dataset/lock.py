"""One run at a time into a dataset."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from cleancopy.dataset.layout import Layout
from cleancopy.errors import DatasetError


@contextmanager
def locked(layout: Layout, what: str) -> Iterator[None]:
    """Hold the dataset for writing. `what` says who does, for the one who is refused.

    The kernel frees the lock of a process that is gone at once. Raises DatasetError if another holds it.
    """
    layout.state.mkdir(parents=True, exist_ok=True)
    with layout.lock.open("a+", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            raise DatasetError(
                f"{layout.root} is being written by {_owner(stream.read())}; wait until it has finished, or stop it: "
                "the lock ends with its process"
            ) from None
        stream.seek(0)
        stream.truncate()
        now = datetime.now(UTC).isoformat(timespec="seconds")
        json.dump({"pid": os.getpid(), "host": socket.gethostname(), "since": now, "what": what}, stream)
        stream.flush()
        try:
            yield
        finally:
            stream.seek(0)
            stream.truncate()


def holder(layout: Layout) -> str | None:
    """Who is writing the dataset now, or None."""
    if not layout.lock.exists():
        return None
    with layout.lock.open(encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _owner(stream.read())
    return None


def _owner(text: str) -> str:
    try:
        owner = json.loads(text)
        return f"{owner['what']} (process {owner['pid']} on {owner['host']} since {owner['since']})"
    except (ValueError, KeyError):
        return "another run"
