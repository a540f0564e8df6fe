"""Prefect servers of the flow tests. Migrating their database costs 10 to 17 s, so it is done once and copied."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from cleancopy.runs import embedded
from cleancopy.runs.embedded import ENVIRONMENT, load_flow


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache folder in which embedded servers find their template, once one has run."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def embedded_server(cache: Path) -> Iterator[embedded.Server]:
    """The embedded server that the flows use."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLEANCOPY_CACHE", str(cache))
        patch.delenv("PREFECT_API_URL", raising=False)
        with load_flow("clean").serving(print) as served:
            yield served


@pytest.fixture(scope="session")
def migrated(embedded_server: embedded.Server, cache: Path) -> Path:
    """A database that no run has used yet."""
    (database,) = cache.glob("prefect-*/prefect.db")
    return database


@pytest.fixture(scope="session")
def clean(embedded_server: embedded.Server) -> ModuleType:
    return load_flow("clean")


@pytest.fixture(scope="session")
def backfill(embedded_server: embedded.Server) -> ModuleType:
    return load_flow("backfill")
