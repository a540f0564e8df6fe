"""Properties are about results. How long an example may take is not asked: a busy machine is slow at anything.

Where nothing could be compiled, every process that a test starts is told so, and none warns of it. What is printed is
as wide as without a terminal, though runners of tests in several processes set a width. No test cuts the power, so
nothing waits for the disk; `tests/runs/test_durable.py` says what would.
"""

from __future__ import annotations

import os

from hypothesis import settings

from cleancopy import native

settings.register_profile("cleancopy", deadline=None)
settings.load_profile("cleancopy")

if not native.LIBRARY.exists():
    os.environ.setdefault(native.PURE, "1")

os.environ.pop("COLUMNS", None)
os.fsync = lambda _descriptor: None
