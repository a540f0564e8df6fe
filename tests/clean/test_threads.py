"""Threads that share the process's cleaner give what one thread gives, from the first call on."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_info

from cleancopy.linemodel.network import LineModel
from cleancopy.text import lines

from . import threaded

THREADS = 16


def test_a_fresh_process_full_of_threads() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.clean.threaded", str(THREADS)], capture_output=True, text=True, check=True
    )
    alone = threaded.digests(1)
    together = run.stdout.split("\n")[: len(alone)]
    differing = [place for place, (one, many) in enumerate(zip(alone, together, strict=True)) if one != many]
    assert not differing, f"{len(differing)} of {len(alone)} tasks come out otherwise in threads: {differing[:10]}"


def test_the_limit_of_the_libraries_threads_is_put_back() -> None:
    def limits() -> list[int]:
        return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]

    model = LineModel.shipped()
    inputs = np.repeat(model.mean[None], 2000, axis=0)

    def score(_: int) -> None:
        model.score(inputs, np.array([0, len(inputs)]))

    score(0)
    before = limits()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(score, range(40)))
    assert limits() == before


def test_tables_of_powers_grow_under_threads() -> None:
    sizes = [1 << place for place in range(4, 14)] * 8

    def ask(count: int) -> bool:
        powers, inverses = lines.powers_to(count)
        return len(powers) == len(inverses) == count and bool((powers * inverses == 1).all())

    lines._powers = np.ones((2, 1), np.uint64)
    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(ask, sizes))
