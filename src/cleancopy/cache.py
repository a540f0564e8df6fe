"""Where cleancopy keeps what can be made again at any time."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any


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


def kept(name: str, content: bytes, make: Callable[[], Any]) -> Any:
    """What `make` gives, of JSON's types: from the cache folder where it was made of the same `content` before.

    name: what kind of thing it is; content: all that it depends on. Safe with several processes: a file is whole or not
    there. One that cannot be read is made anew, and where none can be written it is done without.
    """
    base = cache_folder()
    if base is None:
        return make()
    path = base / f"{name}-{hashlib.sha256(content).hexdigest()[:16]}.json"
    try:
        check, _, data = path.read_bytes().partition(b"\n")
        if int(check, 16) == zlib.crc32(data):
            return json.loads(data)
    except (OSError, ValueError):
        pass
    made = make()
    data = json.dumps(made, ensure_ascii=False).encode("utf-8", "surrogatepass")
    keep(path, lambda file: file.write(b"%08x\n%b" % (zlib.crc32(data), data)))
    return made


def keep(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Writes a file of the cache, all or nothing; a folder that cannot be written is done without."""
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            write(file)
        temporary.replace(path)
    except OSError:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
