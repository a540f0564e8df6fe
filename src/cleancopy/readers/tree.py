"""Files of a local folder, through symbolic links: each file once, whatever leads to it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

log = logging.getLogger("cleancopy.readers")


def files(root: str, depth: int | None, is_hidden: Callable[[str], bool]) -> Iterator[str]:
    """Paths of the files below `root`, at most `depth` levels down, without hidden files and folders.

    Every folder is walked once: where it lies, before where links lead to it. A link that leads back to a folder above
    it, or nowhere, is told in the log.
    """
    walked: set[str] = set()
    links: list[tuple[str, int]] = []
    waiting = [(root, 0)]
    while waiting or links:
        if not waiting:
            links.sort(reverse=True)
            waiting.append(links.pop())
        folder, level = waiting.pop()
        real = os.path.realpath(folder)
        if real in walked:
            if Path(os.path.realpath(Path(folder).parent)).is_relative_to(real):
                log.warning("%r is a link to a folder above it; it was read there", folder)
            continue
        walked.add(real)
        within = depth is None or level + 1 < depth
        for entry in _listed(folder, is_hidden):
            if entry.is_symlink():
                _through(entry, level, links)
            if not entry.is_dir(follow_symlinks=False):
                if _is_file(entry):
                    yield entry.path
            elif within:
                waiting.append((entry.path, level + 1))


def _listed(folder: str, is_hidden: Callable[[str], bool]) -> list[os.DirEntry[str]]:
    """What is in a folder and not hidden, by name."""
    with os.scandir(folder) as listed:
        return sorted((entry for entry in listed if not is_hidden(entry.name)), key=lambda entry: entry.name)


def _through(entry: os.DirEntry[str], level: int, links: list[tuple[str, int]]) -> None:
    try:
        if entry.is_dir():
            links.append((entry.path, level + 1))
        elif not Path(entry.path).exists():
            log.warning("%r is a link that leads nowhere; nothing was read through it", entry.path)
    except OSError as error:
        log.warning("%r is a link that cannot be followed: %s", entry.path, error.strerror)


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def once(paths: dict[str, bool]) -> set[str]:
    """Of the names of each file the one to read it by.

    paths: name → whether it tells a format. One that does goes first, then the file's own before a link's.
    """
    best: dict[str, tuple[bool, bool, bool, str]] = {}
    for path, tells in paths.items():
        real = os.path.realpath(path)
        rank = (not tells, Path(path).is_symlink(), real != path, path)
        best[real] = min(best.get(real, rank), rank)
    return {path for *_, path in best.values()}
