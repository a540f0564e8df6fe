"""Runs in processes that are killed: forked from a server that has loaded rules and model already, so that each costs
little and nothing is shared with the test."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "shutil.rmtree")


def context() -> ForkServerContext:
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["tests.runs.loaded"])
    return found


def start(sources: Sequence[str], out: Path, overrides: Sequence[str], kill_at: int | None = None) -> BaseProcess:
    """A run in its own process; with `kill_at`, killed at that change of the file system."""
    process = context().Process(target=_run, args=(list(sources), str(out), list(overrides), kill_at))
    process.start()
    return process


def steps(sources: Sequence[str], out: Path, overrides: Sequence[str]) -> int:
    """How many changes of the file system an undisturbed run makes."""
    receiving, sending = context().Pipe(duplex=False)
    process = context().Process(target=_count, args=(list(sources), str(out), list(overrides), sending))
    process.start()
    process.join(120)
    assert process.exitcode == 0
    return int(receiving.recv())


def _run(sources: list[str], out: str, overrides: list[str], kill_at: int | None) -> None:
    from cleancopy import pipeline, settings

    if kill_at is not None:
        seen = _Counter()

        def die(event: str, arguments: tuple[Any, ...]) -> None:
            if seen.counts(event, arguments, out) and seen.count >= kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(die)
    pipeline.run_direct(sources, out, settings.load(None, overrides))


def _count(sources: list[str], out: str, overrides: list[str], sending: Any) -> None:
    from cleancopy import pipeline, settings

    seen = _Counter()
    sys.addaudithook(lambda event, arguments: (seen.counts(event, arguments, out), None)[1])
    pipeline.run_direct(sources, out, settings.load(None, overrides))
    sending.send(seen.count)


class _Counter:
    def __init__(self) -> None:
        self.count = 0

    def counts(self, event: str, arguments: tuple[Any, ...], out: str) -> bool:
        writing = event == "open" and isinstance(arguments[1], str) and any(mode in arguments[1] for mode in "wax+")
        created = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & (os.O_CREAT | os.O_TRUNC))
        if event not in CHANGES and not writing and not created:
            return False
        if not str(arguments[0]).startswith(out):
            return False
        self.count += 1
        return True
