"""One run at a time into a dataset."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TextIO

from cleancopy.dataset.layout import Layout
from cleancopy.errors import ConfigurationError, DatasetError

LOOKS, LOOK = 5, 0.02
"""How often to try for the lock, and the seconds between: who looks whether it is held (`holder`) holds it as well."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def locked(layout: Layout, what: str) -> Iterator[None]:
    """Make the dataset's folders and hold it for writing. `what` says who does, for the one who is refused.

    The kernel frees the lock of a process that is gone at once. Raises DatasetError if another holds it or the disk is
    full, ConfigurationError if the folder cannot be written or its file system gives no locks.
    """
    try:
        layout.create()
        stream = layout.lock.open("a+", encoding="utf-8")
    except OSError as error:
        why = f"cannot write to {layout.root}: {error.strerror or error}"
        if error.errno in _FULL:
            raise DatasetError(f"{why}; make room and run again") from error
        raise ConfigurationError(f"{why}; name a folder that this user may write to, or make, there") from error
    with stream:
        try:
            _take(stream)
        except BlockingIOError:
            stream.seek(0)
            raise DatasetError(
                f"{layout.root} is being written by {_owner(stream.read())}; wait until it has finished, or stop it: "
                "the lock ends with its process"
            ) from None
        except OSError as error:
            raise _no_locks(layout, error) from error
        now = datetime.now(UTC).isoformat(timespec="seconds")
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": now, "what": what}
        with suppress(OSError):  # on a full disk the lock holds all the same; its owner is not named
            os.ftruncate(stream.fileno(), 0)
            os.pwrite(stream.fileno(), json.dumps(owner).encode(), 0)
        try:
            yield
        finally:
            with suppress(OSError):  # who held it stays named, and does not hold it
                os.ftruncate(stream.fileno(), 0)


def _take(stream: TextIO) -> None:
    for _ in range(LOOKS - 1):
        with suppress(BlockingIOError):
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(LOOK)
    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _no_locks(layout: Layout, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"cannot lock {layout.lock}: {error.strerror or error}. Its file system gives no locks, without which two runs "
        "could write one dataset: write to a local disk and copy the dataset, or have locks turned on where it is "
        "mounted (NFS: without `nolock`, with the lock service running; Lustre: with `flock`)"
    )


def holder(layout: Layout) -> str | None:
    """Who is writing the dataset now, or None. Raises ConfigurationError if its file system gives no locks."""
    if not layout.lock.exists():
        return None
    with layout.lock.open(encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _owner(stream.read())
        except OSError as error:
            raise _no_locks(layout, error) from error
    return None


def _owner(text: str) -> str:
    try:
        owner = json.loads(text)
        return f"{owner['what']} (process {owner['pid']} on {owner['host']} since {owner['since']})"
    except (ValueError, KeyError):
        return "another run"
