"""Ends a process that is stuck, however it is stuck."""

from __future__ import annotations

import faulthandler
import os
import time
from pathlib import Path


class Watchdog:
    """Ends this process when one step takes longer than allowed, even inside C code that holds the interpreter's lock.

    The trace says which step it was. `faulthandler` runs the timer in a thread of its own that needs no lock; arming it
    costs 50 µs, so it is armed anew only when a tenth of the time has gone: a step gets 0.9 to 1 of the limit.
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
        now = time.monotonic()
        if self._armed is None or now - self._armed > self._seconds / 10:
            faulthandler.dump_traceback_later(self._seconds, exit=True, file=self._sink)
            self._armed = now

    def rest(self) -> None:
        if self._armed is not None:
            faulthandler.cancel_dump_traceback_later()
            self._armed = None
