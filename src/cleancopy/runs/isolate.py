"""One record at a time in a process of its own: what kills that process is the record's fault and nobody else's.

    parent ── ("clean", record) ──→ child ── Cleaned | RecordError ──→ parent
           ── ("read", part) ─────→       ── item number, … , None ──→

The child is started when a first suspect appears and again after each death; honest shards never start one.
It is a plain subprocess, since a Dask worker may not fork children of its own through `multiprocessing`.
"""

from __future__ import annotations

import faulthandler
import os
import resource
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from cleancopy.cleaner import Cleaned
from cleancopy.cleaning import Cleaning
from cleancopy.errors import RecordError, ShardError, WorkerDied
from cleancopy.model import Record
from cleancopy.readers import Part, credentials
from cleancopy.settings import Settings

T = TypeVar("T")

_OUT_OF_MEMORY = 86
"""Exit code of a child that could not get memory."""
START_SECONDS = 120.0
"""A cold start of the child, which loads rules and model, on a machine that is busy."""


class _Died(Exception):
    """The child is gone. `verdict`: what its record would be rejected with."""

    def __init__(self, verdict: RecordError) -> None:
        super().__init__(str(verdict))
        self.verdict = verdict


class Isolation:
    """Runs records alone. Close it when the shard is done.

    A record is to blame only if it kills two processes in a row: one may be killed by somebody else, or starve.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._child: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None

    def clean(self, record: Record) -> Cleaned | RecordError:
        """What cleaning `record` alone gives; RecordError `record.timeout`, `.memory` or `.crashed` if it kills."""

        def trial() -> Cleaned | RecordError:
            self._send(("clean", record))
            result: Cleaned | RecordError = self._answer()
            return result

        return _confirmed(trial)

    def read(self, part: Part, item: int) -> RecordError | None:
        """Read `part` up to and including its item number `item`; what killed the process on the way, if anything."""

        def trial() -> RecordError | None:
            self._send(("read", part, item, credentials.of([part.uri])))
            while self._answer() is not None:
                pass
            return None

        return _confirmed(trial)

    def close(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def _send(self, request: tuple[Any, ...]) -> None:
        if self._pipe is not None:
            try:
                self._pipe.send(request)
                return
            except OSError:
                self.close()  # killed between two records, by somebody else
        self._start().send(request)

    def _start(self) -> Connection:
        ours, theirs = socket.socketpair()
        with theirs:
            self._child = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
            )
        self._pipe = Connection(ours.detach())
        try:
            self._pipe.send(self._settings)
            if self._pipe.poll(START_SECONDS):
                self._pipe.recv()
                return self._pipe
        except (EOFError, OSError):
            pass
        self.close()
        raise WorkerDied("the process that tries suspects did not start")

    def _answer(self) -> Any:
        assert self._pipe is not None
        assert self._child is not None
        seconds = self._settings.limits.record_seconds
        try:
            if self._pipe.poll(seconds):
                answer = self._pipe.recv()
                if isinstance(answer, ShardError):
                    raise answer
                return answer
        except (EOFError, OSError):
            code = self._child.wait()
            self.close()
            raise _Died(_death(code)) from None
        self.close()
        raise _Died(
            RecordError(
                "record.timeout",
                f"took longer than limits.record_seconds = {seconds:g}; raise it or look at the record",
            )
        )


def _confirmed(trial: Callable[[], T]) -> T | RecordError:
    try:
        return trial()
    except _Died:
        pass
    try:
        return trial()
    except _Died as death:
        return death.verdict


def _death(code: int) -> RecordError:
    if code == _OUT_OF_MEMORY or code == -signal.SIGKILL:
        return RecordError("record.memory", "needs more than limits.worker_memory; raise it or look at the record")
    name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return RecordError("record.crashed", f"crashed the process that worked on it ({name}); look at the record")


def bound_memory(limit: int) -> None:
    """Let this process take `limit` bytes more private memory than it has now; 0 leaves it unbounded.

    Beyond it, allocations fail. Call it when all imports are done: Arrow alone reserves 1 GiB of addresses.
    """
    if limit:
        taken = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmData:"))
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = limit + int(taken.split()[1]) * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard < 0 else min(wanted, hard), hard))


def _serve(pipe: Connection) -> None:
    settings: Settings = pipe.recv()
    cleaning = Cleaning.of(settings)
    import_module("cleancopy.readers.html")
    bound_memory(settings.limits.worker_memory)
    pipe.send(None)
    while True:
        request = pipe.recv()
        # Also if the parent is gone and nobody else ends this process.
        faulthandler.dump_traceback_later(2 * settings.limits.record_seconds, exit=True)
        try:
            if request[0] == "clean":
                pipe.send(cleaning.alone(request[1]))
            else:
                _, part, last, known = request
                credentials.learn(known)
                for number, _item in enumerate(cleaning.read(part, Counter())):
                    pipe.send(number)
                    faulthandler.dump_traceback_later(2 * settings.limits.record_seconds, exit=True)
                    if number >= last:
                        break
                pipe.send(None)
        except ShardError as error:  # the source's, not the record's: a store that does not answer
            pipe.send(error)
        except MemoryError:
            os._exit(_OUT_OF_MEMORY)
        faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    with suppress(EOFError, BrokenPipeError):  # the parent is done with this process, or gone
        _serve(Connection(int(sys.argv[1])))
