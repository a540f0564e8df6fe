"""Prefect servers of the flow tests. Migrating their database costs 10 to 17 s, so it is done once and copied."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from cleancopy.runs.embedded import ENVIRONMENT, load_flow


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that no server has used yet."""
    home = tmp_path_factory.mktemp("migrated")
    upgrade = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "--yes"]
    subprocess.run(upgrade, env={**os.environ, "PREFECT_HOME": str(home)}, check=True, stdout=subprocess.DEVNULL)
    return home / "prefect.db"


@pytest.fixture(scope="session")
def server(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The embedded server, which the first flow starts and the others use."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker
    from prefect.server.api.server import SubprocessASGIServer
    from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL, temporary_settings

    database = shutil.copy(migrated, tmp_path_factory.mktemp("embedded"))
    with temporary_settings({PREFECT_SERVER_DATABASE_CONNECTION_URL: f"sqlite+aiosqlite:///{database}"}):
        yield
        # At exit the server would be gone before what is still to be sent to it.
        APILogWorker.drain_all()
        EventsWorker.drain_all()
        SubprocessASGIServer().stop()


@pytest.fixture(scope="session")
def clean(server: None) -> ModuleType:
    return load_flow("clean")


@pytest.fixture(scope="session")
def backfill(server: None) -> ModuleType:
    return load_flow("backfill")
