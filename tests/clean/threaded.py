"""Every gold case, as text and as a page, cleaned and explained in a process that has cleaned nothing before.

    python -m tests.clean.threaded THREADS

Prints one digest a task. The threads start together, so that all of them find every cache empty.
"""

from __future__ import annotations

import hashlib
import html
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import cleancopy
from cleancopy.errors import RecordError
from tests.case_files import load_cases

TOO_DEEP = "<html><body>" + "<div>" * 300 + "deep" + "</div>" * 300 + "</body></html>"


def texts() -> list[str]:
    """The raw texts of the gold cases, in a dozen languages."""
    cases = [case for case in load_cases() if not case.is_html]
    return [case.raw if case.raw is not None else _read(case.source) for case in cases]


def tasks() -> list[Callable[[], object]]:
    """What is done to the texts, one function each."""
    found: list[Callable[[], object]] = []
    for number, text in enumerate(texts()):
        paragraphs = "".join(f"<p>{html.escape(line)}</p>" for line in text.splitlines() if line.strip())
        page = f"<html><body><article>{paragraphs}</article></body></html>"
        found.append(lambda text=text: cleancopy.clean(text))  # type: ignore[misc]
        if number % 2:
            found.append(lambda page=page: cleancopy.clean(html=page))  # type: ignore[misc]
        if number % 4 == 0:
            found.append(lambda text=text: list(cleancopy.explain(text)))  # type: ignore[misc]
            found.append(lambda: cleancopy.clean(html=TOO_DEEP))
    return found


def digests(threads: int) -> list[str]:
    """What comes out, in the order of the tasks."""
    todo = tasks()
    if threads == 1:
        return [_digest(task) for task in todo]
    sys.setswitchinterval(1e-4)
    together = Barrier(threads)

    def work(first: int) -> Sequence[tuple[int, str]]:
        together.wait()
        # Each thread begins elsewhere, and two do each task.
        order = [(first * len(todo) // threads + step) % len(todo) for step in range(2 * len(todo) // threads + 1)]
        return [(place, _digest(todo[place])) for place in order]

    found: dict[int, set[str]] = {}
    with ThreadPoolExecutor(threads) as pool:
        for results in pool.map(work, range(threads)):
            for place, digest in results:
                found.setdefault(place, set()).add(digest)
    return [" ".join(sorted(found[place])) for place in range(len(todo))]


def _digest(task: Callable[[], object]) -> str:
    try:
        result: object = task()
    except RecordError as error:
        result = (error.reason, error.detail)
    return hashlib.blake2b(repr(result).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _read(source: Path | None) -> str:
    assert source is not None
    return source.read_bytes().decode("utf-8", "replace")


if __name__ == "__main__":
    sys.stdout.write("\n".join(digests(int(sys.argv[1]))) + "\n")
