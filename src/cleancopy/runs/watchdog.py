"""Ends a process that is stuck, however it is stuck, and tells one that is stuck from one that is kept waiting.

What a step costs is its CPU time: on a machine that is busy, or asleep, the clock says nothing about a record.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import time
from pathlib import Path

HANGS = 10
"""A step hangs when the clock has gone so many times `limits.record_seconds` and it has done nothing meanwhile."""


class Watchdog:
    """Ends this process when one step takes more CPU time than allowed, or hangs, even inside C code that holds the
    interpreter's lock.

    CPU time: the kernel ends the process with SIGPROF. The clock: `faulthandler` runs its timer in a thread of its own
    that needs no lock; arming it costs 50 µs, so it is armed anew only when a tenth of the time has gone. It does not
    know a hang from a machine that is busy, so that what it ends must be tried again before it is blamed.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._armed: float | None = None
        self._sink = Path(os.devnull).open("w")  # noqa: SIM115 - faulthandler needs it for the process's life

    def __enter__(self) -> Watchdog:
        return self

    def __exit__(self, *_: object) -> None:
        self.rest()
        self._sink.close()

    def step(self) -> None:
        if self._seconds is None:
            return
        signal.setitimer(signal.ITIMER_PROF, self._seconds)
        now, patience = time.monotonic(), HANGS * self._seconds
        if self._armed is None or now - self._armed > patience / 10:
            faulthandler.dump_traceback_later(patience, exit=True, file=self._sink)
            self._armed = now

    def rest(self) -> None:
        if self._armed is not None:
            signal.setitimer(signal.ITIMER_PROF, 0)
            faulthandler.cancel_dump_traceback_later()
            self._armed = None


class Idleness:
    """For how long another process has been seen to wait for something, without any work in between.

    One that is ready to run and gets no core, or was stopped, does not wait. Neither does time pass while this process
    itself is stopped: each look counts for as long as looks are apart.
    """

    def __init__(self, pid: int) -> None:
        self._stat = Path(f"/proc/{pid}/stat")
        self._worked: int | None = None
        self._seconds = 0.0

    def look(self, seconds: float) -> float:
        """Look again, `seconds` after the last time; gives back the seconds that the process has waited.

        Where the system does not show it, it counts as waiting.
        """
        try:
            fields = self._stat.read_text().rpartition(")")[2].split()
        except OSError:
            self._seconds += seconds
            return self._seconds
        worked = int(fields[11]) + int(fields[12])  # user and system time, in ticks
        self._seconds = self._seconds + seconds if worked == self._worked and fields[0] in "SD" else 0.0
        self._worked = worked
        return self._seconds
