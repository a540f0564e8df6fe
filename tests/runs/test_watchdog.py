"""What a record may take: CPU time of its own. A machine that is busy, suspended or stopped blames no record."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cleancopy import settings
from cleancopy.cleaner import Cleaned
from cleancopy.errors import RecordError
from cleancopy.model import Record
from cleancopy.runs import isolate
from cleancopy.runs.isolate import Isolation
from tests.runs import inputs

BURN = "while True: pass"
BURN_IN_C = "import re; re.match(r'(a+)+$', 'a' * 64 + 'b')"
STOPPED = (
    "import os, signal, subprocess; "
    "subprocess.Popen(['/bin/sh', '-c', f'sleep {{}}; kill -CONT {os.getpid()}']); os.kill(os.getpid(), signal.SIGSTOP)"
)


@pytest.mark.parametrize(
    ("seconds", "work", "code"),
    [
        (1, "time.sleep(2)", 0),
        (1, STOPPED.replace("{{}}", "2"), 0),
        (0.5, BURN, -signal.SIGPROF),
        (0.5, BURN_IN_C, -signal.SIGPROF),
        (0.1, "time.sleep(60)", 1),
        (0.5, "watchdog.rest(); sum(range(2 * 10**7)); time.sleep(0.1)", 0),
    ],
)
def test_a_step_may_take_its_own_time(seconds: float, work: str, code: int) -> None:
    script = f"import time\nfrom cleancopy.runs.watchdog import Watchdog\nwith Watchdog({seconds}) as watchdog:\n"
    script += f"    watchdog.step()\n    {work}\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stderr


@pytest.fixture(scope="module")
def isolation() -> Iterator[Isolation]:
    """Records with faults in a process of their own, with 2 s of CPU time each; what sleeps for 4 s hangs."""
    with pytest.MonkeyPatch.context() as patch:
        paths = [str(Path(__file__).parent / "faults"), *filter(None, [os.environ.get("PYTHONPATH")])]
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        patch.setattr(isolate, "HANGS", 2)
        opened = Isolation(settings.load(None, {"clean.model": False, "limits.record_seconds": 2}))
        yield opened
        opened.close()


def clean(isolation: Isolation, fault: str) -> str:
    text = f"{inputs.text(random.Random(3), 3)}\n\n{fault}\n"
    result = isolation.clean(Record("a", 0, "", text=text))
    if isinstance(result, Cleaned):
        return "clean"
    assert isinstance(result, RecordError)
    return f"{result.reason} {result.detail}"


def test_a_record_may_take_its_own_time(isolation: Isolation) -> None:
    assert clean(isolation, "No fault") == "clean"
    child = isolation._child
    assert clean(isolation, "FAULT nap 3") == "clean"
    assert clean(isolation, "FAULT stopped 5") == "clean"
    assert isolation._child is child, "the first trial must do"
    assert clean(isolation, "FAULT nap 60").startswith("record.timeout hung: did nothing for 2 times")
    assert clean(isolation, "No fault") == "clean"


def test_the_child_ends_with_its_parent(isolation: Isolation) -> None:
    assert clean(isolation, "No fault") == "clean"
    child = isolation._child
    assert child is not None
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(60) == 1
    assert clean(isolation, "No fault") == "clean"
