"""Files of this machine behind the calls by which readers ask any store; nothing but Python is loaded for them."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO


class LocalFiles:
    """The part of fsspec's file systems that readers use, over absolute paths."""

    protocol = "file"

    def invalidate_cache(self) -> None:
        """Nothing is kept."""

    def exists(self, path: str) -> bool:
        return Path(path).exists()

    def isfile(self, path: str) -> bool:
        return Path(path).is_file()

    def isdir(self, path: str) -> bool:
        return Path(path).is_dir()

    def open(self, path: str, mode: str = "rb") -> BinaryIO:
        assert mode == "rb", "sources are only read"
        return Path(path).open("rb")

    def unstrip_protocol(self, name: str) -> str:
        return f"file://{name}"
