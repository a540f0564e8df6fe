"""Work that is spread over workers, which are given paths and leave files."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from cleancopy.dataset.layout import Layout
from cleancopy.errors import DatasetError

T = TypeVar("T")
CALLS = 1024
"""Calls in flight at most; each is a thread that waits."""


class Caller(Protocol):
    """Where workers are: an executor of a run."""

    def call(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """The call's result, from a worker."""
        ...


Workers = Callable[[], AbstractContextManager[Caller]]
"""Opens the workers."""
Spread = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]
"""Calls a function in workers with each of the argument tuples; gives back the results in their order."""


@contextmanager
def working(layout: Layout, workers: Workers) -> Iterator[tuple[Path, Spread]]:
    """A folder for files of the work, below the dataset, where every worker sees it, and the way to have things done.

    Raises DatasetError if the disk is full or cannot be written.
    """
    scratch = layout.tmp / f"duplicates.{uuid.uuid4().hex[:12]}"
    try:
        scratch.mkdir()
        # The workers are closed first: that frees the threads which wait for them when the work ends early.
        with ThreadPoolExecutor(CALLS) as threads, workers() as caller:

            def spread(function: Callable[..., Any], tasks: Iterable[tuple[Any, ...]]) -> list[Any]:
                return list(threads.map(lambda task: caller.call(function, *task), tasks))

            yield scratch, spread
    except OSError as error:
        raise DatasetError(
            f"cannot write to {layout.root}: {error.strerror or error}; the articles are as they were: make room and "
            f"repeat `cleancopy duplicates {layout.root}`"
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
