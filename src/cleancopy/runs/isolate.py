"""One record at a time in a process of its own: what kills that process is the record's fault and nobody else's.

    parent ── ("clean", record) ──→ child ── Cleaned | RecordError ──→ parent
           ── ("read", part) ─────→       ── item number, … , None ──→

The child is started when a first suspect appears and again after each death; honest shards never start one.
It is a plain subprocess, since a Dask worker may not fork children of its own through `multiprocessing`.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
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
from cleancopy.runs.watchdog import HANGS, Idleness
from cleancopy.settings import Settings

T = TypeVar("T")

_OUT_OF_MEMORY = 86
"""Exit code of a child that could not get memory."""
START_SECONDS = 120.0
"""For how long a child that is starting, which loads rules and model, may wait without doing anything."""
LOOK_SECONDS = 0.5
"""Pause between looks at a child that has not answered."""


class _Died(Exception):
    """The child is gone. `verdict`: what its record would be rejected with."""

    def __init__(self, verdict: RecordError) -> None:
        super().__init__(str(verdict))
        self.verdict = verdict


class Isolation:
    """Runs records alone. Close it when the shard is done.

    A record is to blame only if it kills two processes in a row: one may be killed by somebody else. A child has
    `limits.record_seconds` of CPU time for each record, however long that takes on a busy machine, and hangs only if it
    was seen to do nothing for `HANGS` times as long.
    """

    def __init__(self, settings: Settings, census: Path | None = None) -> None:
        self._settings = settings
        self._census = census
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
            assert self._child.stdin is not None
            self._child.stdin.close()
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
                stdin=subprocess.PIPE,  # its end tells the child that this process is gone
                start_new_session=True,  # Ctrl-C is for the command, not for each of its processes
            )
        self._pipe = Connection(ours.detach())
        try:
            self._pipe.send((self._settings, self._census))
            if self._answers(START_SECONDS):
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
            if self._answers(HANGS * seconds):
                answer = self._pipe.recv()
                if isinstance(answer, ShardError):
                    raise answer
                return answer
        except (EOFError, OSError):
            code = self._child.wait()
            self.close()
            raise _Died(_death(code, seconds)) from None
        self.close()
        raise _Died(
            RecordError(
                "record.timeout",
                f"hung: did nothing for {HANGS} times limits.record_seconds = {seconds:g}; look at the record",
            )
        )

    def _answers(self, patience: float) -> bool:
        """Wait until the child has answered or is gone; False if it has done nothing for `patience` seconds."""
        assert self._pipe is not None
        assert self._child is not None
        idleness = Idleness(self._child.pid)
        while not self._pipe.poll(LOOK_SECONDS):
            if idleness.look(LOOK_SECONDS) > patience:
                return False
        return True


def _confirmed(trial: Callable[[], T]) -> T | RecordError:
    try:
        return trial()
    except _Died:
        pass
    try:
        return trial()
    except _Died as death:
        return death.verdict


def _death(code: int, seconds: float) -> RecordError:
    if code == -signal.SIGPROF:
        return RecordError(
            "record.timeout",
            f"took more CPU time than limits.record_seconds = {seconds:g}; raise it or look at the record",
        )
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
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    given: tuple[Settings, Path | None] = pipe.recv()
    settings, census = given
    seconds = settings.limits.record_seconds
    cleaning = Cleaning.of(settings, census)
    import_module("cleancopy.readers.html")
    bound_memory(settings.limits.worker_memory)
    pipe.send(None)
    while True:
        request = pipe.recv()
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            if request[0] == "clean":
                pipe.send(cleaning.alone(request[1]))
            else:
                _, part, last, known = request
                credentials.learn(known)
                for number, _item in enumerate(cleaning.read(part, Counter())):
                    pipe.send(number)
                    signal.setitimer(signal.ITIMER_PROF, seconds)
                    if number >= last:
                        break
                pipe.send(None)
        except ShardError as error:  # the source's, not the record's: a store that does not answer
            pipe.send(error)
        except MemoryError:
            os._exit(_OUT_OF_MEMORY)
        signal.setitimer(signal.ITIMER_PROF, 0)


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    with suppress(EOFError, BrokenPipeError):  # the parent is done with this process, or gone
        _serve(Connection(int(sys.argv[1])))
