"""Whatever happens to a dataset, its rows are those that a dictionary says, or a run stops and changes nothing."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.runs.machine import Machine


def test_rows_are_those_that_a_dictionary_says() -> None:
    bounds = settings(
        max_examples=12,
        stateful_step_count=12,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Machine, settings=bounds)
