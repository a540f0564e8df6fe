"""Where everything lies in a dataset, and how a file gets there so that it survives a power cut."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleancopy.errors import ConfigurationError, DatasetError

DATASETS = ("articles", "removed", "rejected")
_SEAL = b', "check": "'
_SEALED_END = re.compile(rb'"[0-9a-f]{32}"\}\n$')


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of the dataset at `root`."""

    root: Path

    @classmethod
    def at(cls, location: str | os.PathLike[str]) -> Layout:
        """The dataset at a local path. Raises ConfigurationError for a URL: object stores have no atomic rename."""
        text = os.fspath(location)
        if not text:
            raise ConfigurationError(
                "the dataset's folder is an empty name (a variable that is not set?); name a folder"
            )
        if text.startswith("file://"):
            text = text.removeprefix("file://")
        if "://" in text:
            raise ConfigurationError(
                f"{text}: a dataset is written to a local or mounted file system, where a rename is atomic; "
                "write it there and copy articles/, removed/ and rejected/ to the object store afterwards"
            )
        return cls(Path(text).absolute())

    @property
    def state(self) -> Path:
        return self.root / "_cleancopy"

    @property
    def plan(self) -> Path:
        return self.state / "plan.jsonl"

    @property
    def receipts(self) -> Path:
        return self.state / "receipts"

    @property
    def staged(self) -> Path:
        return self.state / "staged"

    @property
    def journal(self) -> Path:
        return self.state / "publishing.json"

    @property
    def tmp(self) -> Path:
        return self.state / "tmp"

    @property
    def runs(self) -> Path:
        return self.state / "runs"

    @property
    def configurations(self) -> Path:
        return self.state / "configurations"

    @property
    def census(self) -> Path:
        return self.state / "census"

    @property
    def census_note(self) -> Path:
        return self.state / "census.json"

    @property
    def lock(self) -> Path:
        return self.state / "lock"

    @property
    def card(self) -> Path:
        return self.root / "README.md"

    def exists(self) -> bool:
        return self.state.is_dir()

    def require(self) -> None:
        """Raise ConfigurationError unless there is a dataset."""
        if not self.exists():
            raise ConfigurationError(
                f"{self.root} is no dataset: it has no _cleancopy/; `cleancopy run SOURCE --out {self.root}` writes one"
            )

    def create(self) -> None:
        """Make the folders; those that are there stay.

        Raises ConfigurationError for a folder that is no dataset but holds what a dataset would write over.
        """
        taken = [path.name for path in (*self._datasets, self.card) if path.exists()]
        if taken and not self.exists():
            raise ConfigurationError(
                f"{self.root} is no dataset, and a dataset would write over its {', '.join(taken)}; name another folder"
            )
        # Those of the state come first: once they are there, the folder is a dataset, however early a kill comes.
        for folder in (self.receipts, self.staged, self.tmp, self.runs, self.configurations, *self._datasets):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def _datasets(self) -> list[Path]:
        return [self.root / name for name in DATASETS]


def sealed(note: Mapping[str, Any]) -> bytes:
    """The note as an object of JSON on one line, whose last field `check` is a hash of all bytes before it."""
    body = json.dumps({**note}, sort_keys=True).encode()[:-1]
    return body + _SEAL + _check(body) + b'"}\n'


def is_sealed(content: bytes) -> bool:
    """Whether a note was sealed, even if a bit of its seal has changed since. Earlier versions sealed nothing."""
    return _SEAL in content or _SEALED_END.search(content) is not None


def unsealed(content: bytes) -> dict[str, Any]:
    """What a sealed note says. Raises ValueError if a single bit of it has changed or its end is missing."""
    body, seal, rest = content.rpartition(_SEAL)
    if not seal or rest != _check(body) + b'"}\n':
        raise ValueError("its check does not fit")
    note: dict[str, Any] = json.loads(body + b"}")
    return note


def read_note(path: Path) -> dict[str, Any]:
    """A note of the runs. Raises DatasetError if it is damaged, FileNotFoundError if it is not there."""
    (note,) = _read_notes(path, [path.read_bytes()])
    return note


def read_log(path: Path) -> list[dict[str, Any]]:
    """The events of a run's log. Raises DatasetError if it is damaged, FileNotFoundError if it is not there."""
    return _read_notes(path, path.read_bytes().splitlines(keepends=True))


def _read_notes(path: Path, contents: Iterable[bytes]) -> list[dict[str, Any]]:
    notes = []
    for content in contents:
        try:
            notes.append(unsealed(content))
        except ValueError as error:
            raise DatasetError(f"{path} is damaged ({error}); nothing relies on it: delete it and run again") from None
    return notes


def _check(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).hexdigest().encode()


def write_durably(path: Path, content: bytes, scratch: Path | None = None) -> None:
    """Put `content` at `path`, whole or not at all, and on the disk before returning.

    `scratch`: the folder of the unfinished file, where a kill leaves it; by default beside `path`.
    Raises DatasetError if it cannot be written.
    """
    part = (scratch or path.parent) / f".{path.name}.{os.getpid()}.part"
    try:
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        why = error.strerror or error
        raise DatasetError(f"cannot write {path}: {why}; nothing is damaged: make room and run again") from error


def sync_file(path: Path) -> None:
    """Force a file's content onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Force a folder's entries (renames, deletions) onto the disk."""
    sync_file(path)
