"""On the path of a run under test: lines that begin with FAULT do to the process what a bug in a library would do."""

import ctypes
import os
import re
import signal
import subprocess
import time
from pathlib import Path

from cleancopy.cleaner import Cleaner
from cleancopy.cleaning import Cleaning
from cleancopy.dataset.writer import ShardWriter

_clean, _read, _write = Cleaner.clean, Cleaning.read, ShardWriter.write


def _with_faults(self, documents):
    for document in documents:
        for line in document.lines:
            if line.startswith("FAULT hang"):
                re.match(r"(a+)+$", "a" * 64 + "b")  # inside C, holding the interpreter's lock
            elif line.startswith("FAULT nap"):
                time.sleep(float(line.split()[2]))
            elif line.startswith("FAULT stopped"):
                _stop(line.split()[2])
            elif line.startswith("FAULT crash"):
                ctypes.string_at(0)
            elif line.startswith("FAULT memory"):
                _exhaust()
            elif line.startswith("FAULT bystander"):
                deaths = Path(os.environ["FAULT_DEATHS"])
                with deaths.open("a") as stream:
                    stream.write("x")
                if deaths.stat().st_size == 1:
                    os.kill(os.getpid(), signal.SIGKILL)  # as somebody else would, once
            elif line.startswith("FAULT bug"):
                raise IndexError("list index out of range")
    return _clean(self, documents)


def _read_with_faults(self, part, skipped, **planned):
    for item in _read(self, part, skipped, **planned):
        if getattr(item, "source_id", None) == "FAULT reading bug":
            raise IndexError("list index out of range")
        if getattr(item, "source_id", None) == "FAULT reading memory":
            _exhaust()
        yield item


def _write_with_faults(self, rows):
    if any(row.record.source_id == "FAULT writing bug" for row in rows):
        raise IndexError("list index out of range")
    return _write(self, rows)


def _stop(seconds):
    """Stopped from outside, as a machine that is suspended would; somebody else wakes it."""
    subprocess.Popen(["/bin/sh", "-c", f"sleep {seconds}; kill -CONT {os.getpid()}"], start_new_session=True)
    os.kill(os.getpid(), signal.SIGSTOP)


def _exhaust():
    hoard = []
    while True:
        hoard.append(bytearray(64 << 20))


Cleaner.clean = _with_faults
Cleaning.read = _read_with_faults
ShardWriter.write = _write_with_faults
