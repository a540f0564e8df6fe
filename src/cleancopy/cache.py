"""Where cleancopy keeps what can be made again at any time."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder() -> Path | None:
    """CLEANCOPY_CACHE, or cleancopy's place in the platform's cache folder; None where there is no home."""
    if os.environ.get("CLEANCOPY_CACHE"):
        return Path(os.environ["CLEANCOPY_CACHE"])
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "cleancopy"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "cleancopy"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "cleancopy"
