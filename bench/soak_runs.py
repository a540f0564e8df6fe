"""Do everything to a dataset that may happen to one, for hours, and compare its rows with a dictionary after each step.

    python bench/soak_runs.py --seconds 3600

The steps are those of `tests/runs/machine.py`. Exits 1 at the first difference, with the sequence that led to it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.runs.machine import Machine


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--steps", type=int, default=30, help="steps a sequence, at most")
    parser.add_argument(
        "--shrink", action="store_true", help="look for the shortest sequence, which takes as long again"
    )
    given = parser.parse_args()
    bounds = settings(
        max_examples=20,
        stateful_step_count=given.steps,
        deadline=None,
        database=None,
        phases=[Phase.generate, *([Phase.shrink] if given.shrink else [])],
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    end = time.monotonic() + given.seconds
    while time.monotonic() < end:
        try:
            run_state_machine_as_test(Machine, settings=bounds)
        except Exception:
            print(f"after {Machine.sequences:,} sequences of {Machine.steps:,} steps:", flush=True)
            raise
        print(f"{Machine.sequences:,} sequences, {Machine.steps:,} steps", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
