"""What checkouts cost beside one another and beside trafilatura, in turns: other work on the machine slows all alike.

    python bench/turns.py --wcxb PATH [--pages N] [--rounds N] CHECKOUT...

Milliseconds of CPU a document, the least and the median of all rounds, and the median of the ratios to the first
checkout within a round. `batch` cleans whole pages in three renderings as a worker does, from records to articles;
`single` 1 kB out of each page, one text after the other, with `cleancopy.clean`; `html` the pages in HTML as a worker
does. trafilatura gets the HTML of the same pages, and for `single` a paragraph for each line.
`python -m cleancopy.native` in a checkout compiles its kernel.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from html import escape
from itertools import islice
from pathlib import Path
from statistics import median

PEER = "trafilatura"
TASKS = ("batch", "single", "html")
RENDERINGS = ("inscriptis", "resiliparse", "soup")
SHORT = 1000


def rows(wcxb: Path, name: str, count: int) -> list[dict[str, str]]:
    with gzip.open(wcxb / "raw" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in islice(stream, count)]


def short_texts(wcxb: Path, count: int) -> list[str]:
    return [row["text"][len(row["text"]) // 3 :][:SHORT] for row in rows(wcxb, "soup", count)]


def of_cleancopy(wcxb: Path, count: int) -> dict[str, Callable[[], int]]:
    import cleancopy
    from cleancopy import settings
    from cleancopy.cleaning import Cleaning
    from cleancopy.model import Record

    cleaning = Cleaning.of(settings.load())
    pages = [row for name in RENDERINGS for row in rows(wcxb, name, count)]
    marked_up = rows(wcxb, "html", count)
    short = short_texts(wcxb, count)

    def cleaned(records: Iterable[Record]) -> int:
        return sum(1 for _ in cleaning.clean_all((None, cleaning.document(record)) for record in records))

    def batch() -> int:
        return cleaned(Record("bench", place, "", text=row["text"], url=row["url"]) for place, row in enumerate(pages))

    def html() -> int:
        return cleaned(
            Record("bench", place, "", html=row["html"], url=row["url"]) for place, row in enumerate(marked_up)
        )

    def single() -> int:
        for text in short:
            with suppress(cleancopy.RecordError):
                cleancopy.clean(text)
        return len(short)

    return {"batch": batch, "single": single, "html": html}


def of_trafilatura(wcxb: Path, count: int) -> dict[str, Callable[[], int]]:
    from trafilatura import extract

    pages = [row["html"] for row in rows(wcxb, "html", count)]
    short = [
        f"<html><body>{''.join(f'<p>{escape(line)}</p>' for line in text.splitlines())}</body></html>"
        for text in short_texts(wcxb, count)
    ]

    def extracted(texts: list[str]) -> int:
        return sum(1 for text in texts if extract(text) is not text)

    return {"batch": lambda: extracted(pages), "single": lambda: extracted(short), "html": lambda: extracted(pages)}


def work(wcxb: Path, count: int, who: str) -> None:
    """Does each task that standard input names, and says what it took in milliseconds a document."""
    tasks = (of_trafilatura if who == PEER else of_cleancopy)(wcxb, count)
    for line in sys.stdin:
        started = time.process_time()
        documents = tasks[line.strip()]()
        print((time.process_time() - started) / documents * 1000, flush=True)


def compare(wcxb: Path, count: int, rounds: int, checkouts: list[str]) -> None:
    everyone = [*checkouts, PEER]
    workers = []
    for who in everyone:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(who).resolve() / "src")}
        command = [sys.executable, __file__, "--wcxb", str(wcxb), "--pages", str(count), "--work", who]
        workers.append(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        )

    def ask(worker: subprocess.Popen[str], task: str) -> float:
        assert worker.stdin is not None
        assert worker.stdout is not None
        print(task, file=worker.stdin, flush=True)
        return float(worker.stdout.readline())

    for task in TASKS:
        for worker in workers:
            ask(worker, task)  # what is loaded at first use
        taken = [[ask(worker, task) for worker in workers] for _ in range(rounds)]
        for place, who in enumerate(everyone):
            own = [each[place] for each in taken]
            ratio = median(each[place] / each[0] for each in taken)
            print(f"{task:7} {who:40} {min(own):8.2f} {median(own):8.2f} {ratio:6.2f}", flush=True)
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.close()
        worker.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="Checkouts beside one another, in turns.")
    parser.add_argument("checkouts", nargs="*")
    parser.add_argument("--wcxb", type=Path, required=True)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work is not None:
        work(given.wcxb, given.pages, given.work)
    else:
        compare(given.wcxb, given.pages, given.rounds, given.checkouts)


if __name__ == "__main__":
    main()
