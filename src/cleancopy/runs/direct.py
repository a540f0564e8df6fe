"""Drives a run without Prefect: threads of this process that wait for the run's executor."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from cleancopy.dataset.receipts import Receipt
from cleancopy.errors import CleancopyError, TransientError
from cleancopy.runs.executors import Executor, make
from cleancopy.runs.pipeline import MAX_SLOTS, Run, Summary, open_run
from cleancopy.runs.plan import Shard
from cleancopy.settings import Settings


def run_direct(sources: Sequence[str], out: str | os.PathLike[str], settings: Settings) -> Summary:
    """A whole run without Prefect: the same plan, shards, receipts and bytes."""
    with open_run(sources, out, settings) as run:
        return drive(run)


def drive(run: Run) -> Summary:
    """Work an open run off with threads of this process, one a slot of its executor."""
    run.tell()
    if run.todo:
        with ThreadPoolExecutor(MAX_SLOTS) as threads, make(run.settings) as executor:
            # The executor closes first: that frees the threads which wait for a worker when a run ends early.
            run.take_census(executor)
            run.tell()
            _drive(run, executor, threads)
    return run.finish()


def _drive(run: Run, executor: Executor, threads: ThreadPoolExecutor) -> None:
    waiting = iter(run.todo)
    futures: dict[Future[Receipt], Shard] = {}
    while True:
        while len(futures) < executor.slots and (shard := next(waiting, None)) is not None:
            futures[threads.submit(_with_retries, run, executor, shard)] = shard
        if not futures:
            return
        finished, _ = wait(futures, return_when=FIRST_COMPLETED)
        for future in finished:
            shard = futures.pop(future)
            try:
                outcome: Receipt | CleancopyError = future.result()
            except CleancopyError as error:
                outcome = error
            run.done(shard, outcome)


def _with_retries(run: Run, executor: Executor, shard: Shard) -> Receipt:
    pause = run.settings.run.retry_seconds
    for retry in range(run.settings.run.retries + 1):
        try:
            return run.attempt(executor, shard)
        except TransientError:
            if retry == run.settings.run.retries:
                raise
            time.sleep(pause)
            pause *= 2
    raise AssertionError("unreachable")
