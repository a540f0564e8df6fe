"""Duplicates found in processes of their own, which are killed; forked as those of `tests.runs.killed`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.runs.killed import Changes, context


def start(out: Path, overrides: Sequence[str], kill_at: int) -> BaseProcess:
    """Find the duplicates of a dataset, killed at that change of the file system."""
    process = context().Process(target=_find, args=(str(out), list(overrides), kill_at, None))
    process.start()
    return process


def steps(out: Path, overrides: Sequence[str]) -> list[str]:
    """The changes of the file system that it makes undisturbed, in order: what is done to which kind of file."""
    receiving, sending = context().Pipe(duplex=False)
    process = context().Process(target=_find, args=(str(out), list(overrides), None, sending))
    process.start()
    assert receiving.poll(120)
    found: list[str] = receiving.recv()
    process.join()
    return found


def _find(out: str, overrides: list[str], kill_at: int | None, sending: Any) -> None:
    from cleancopy import settings
    from cleancopy.runs import pipeline

    changes = Changes(out)

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if changes.note(event, arguments) and kill_at is not None and len(changes.kinds) >= kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(note)
    pipeline.duplicates(out, settings.load(None, overrides))
    if sending is not None:
        sending.send(changes.kinds)
