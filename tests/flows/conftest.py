"""One Prefect server for all flow tests: it costs 10 s, a flow 1 s."""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import ModuleType

import pytest

from cleancopy.runs.embedded import ENVIRONMENT, load_flow


@pytest.fixture(scope="session")
def server() -> Iterator[None]:
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=90):
        yield


@pytest.fixture(scope="session")
def clean(server: None) -> ModuleType:
    return load_flow("clean")


@pytest.fixture(scope="session")
def backfill(server: None) -> ModuleType:
    return load_flow("backfill")
