"""The log of a run, for machines: a line of JSON for each thing that happened, in `_cleancopy/runs/<run>.jsonl`.

A person sees a progress bar and a summary; this is for whoever asks afterwards, also when the run was killed.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from cleancopy.dataset.layout import sealed


class RunLog:
    """Appends events, from any thread. A log that cannot be written stops nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def say(self, event: str, **figures: object) -> None:
        """Add one line: `at` (UTC), `event`, and the figures; sealed, so that `verify` sees damage."""
        line = sealed({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **figures})
        with suppress(OSError):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                os.write(descriptor, line)
            finally:
                os.close(descriptor)
