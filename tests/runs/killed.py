"""Runs in processes that are killed: forked from a server that has loaded rules and model already, so that each costs
little and nothing is shared with the test."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sys
from collections.abc import Sequence
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

NAMES = re.compile(r"[0-9a-f]{12,}|\d+T\d+-\d+|\d+")
"""What differs between files of one kind: shards, runs, processes."""
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


def steps(sources: Sequence[str], out: Path, overrides: Sequence[str]) -> list[str]:
    """The changes of the file system that an undisturbed run makes, in order: what is done to which kind of file."""
    receiving, sending = context().Pipe(duplex=False)
    process = context().Process(target=_list, args=(list(sources), str(out), list(overrides), sending))
    process.start()
    assert receiving.poll(120)
    found: list[str] = receiving.recv()
    process.join()
    return found


def kinds(changes: Sequence[str]) -> list[int]:
    """The kill points that stand for all: the first change of each kind, counted from 1."""
    first = {kind: number for number, kind in reversed(list(enumerate(changes, 1)))}
    return sorted(first.values())


def _run(sources: list[str], out: str, overrides: list[str], kill_at: int | None) -> None:
    from cleancopy import settings
    from cleancopy.runs import direct

    if kill_at is not None:
        changes = Changes(out)

        def die(event: str, arguments: tuple[Any, ...]) -> None:
            if changes.note(event, arguments) and len(changes.kinds) >= kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(die)
    direct.run_direct(sources, out, settings.load(None, overrides))


def _list(sources: list[str], out: str, overrides: list[str], sending: Any) -> None:
    from cleancopy import settings
    from cleancopy.runs import direct

    changes = Changes(out)
    sys.addaudithook(lambda event, arguments: (changes.note(event, arguments), None)[1])
    direct.run_direct(sources, out, settings.load(None, overrides))
    sending.send(changes.kinds)


class Changes:
    """The changes below a folder that audit events announce, just before each is made."""

    def __init__(self, out: str) -> None:
        self._out = out
        self.kinds: list[str] = []

    def note(self, event: str, arguments: tuple[Any, ...]) -> bool:
        writing = event == "open" and isinstance(arguments[1], str) and any(mode in arguments[1] for mode in "wax+")
        created = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & (os.O_CREAT | os.O_TRUNC))
        if event not in CHANGES and not writing and not created:
            return False
        path = str(arguments[0])
        if not path.startswith(self._out):
            return False
        self.kinds.append(f"{event} {NAMES.sub('*', path.removeprefix(self._out))}")
        return True
