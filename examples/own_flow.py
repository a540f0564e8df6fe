"""Cleaning as a step of a Prefect flow of one's own, every night: `python examples/own_flow.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE


@task(retries=2, retry_delay_seconds=60, cache_policy=NO_CACHE)
def clean(sources: list[str], out: str) -> dict[str, Any]:
    """The run's summary. A retry goes on where the run before it ended, and does nothing twice."""
    command = [sys.executable, "-m", "cleancopy", "run", *sources, "--out", out, "--direct", "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:  # 1: the run failed; 2: an argument or a setting is wrong. Standard error said why
        raise RuntimeError(f"cleancopy run ended with {done.returncode}")
    return json.loads(done.stdout)  # type: ignore[no-any-return]


@flow
def nightly(sources: list[str], out: str) -> int:
    """Fetch, clean, hand on. Gives back how many articles the dataset has."""
    summary = clean(sources, out)
    articles = int(summary["dataset"]["articles"])
    get_run_logger().info("%d new articles, %d in all", summary["counts"]["articles"], articles)
    return articles


if __name__ == "__main__":
    nightly.serve(cron="15 2 * * *", parameters={"sources": ["data/raw"], "out": "data/out"})
