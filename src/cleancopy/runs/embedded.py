"""From the command line to the flow: on the configured Prefect server, or on an embedded one that comes and goes.

The only thing here that knows Prefect is its environment; the flow itself is loaded from `flows/` when it is run.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Any

from cleancopy.errors import ConfigurationError
from cleancopy.settings import resource

ENVIRONMENT = {
    # Prefect reports usage to its makers unless told not to, and logs errors where it cannot.
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # Migrating a fresh database takes 17 to 20 s; the default of 20 s is a coin toss.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    # A server that is lost in mid run is awaited for 14 s a request, long enough for its restart; by default for 62 s.
    "PREFECT_CLIENT_MAX_RETRIES": "3",
    # The embedded server ends with the run; what its recorder has not written by then is lost.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    # Whole seconds: Prefect 3.8 cuts a fraction off, and its server spins on an interval of 0 (two thirds of a core).
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
}
"""What Prefect must find when it is imported. Only an embedded server reads the server's part; the user's own wins."""


def load(*, verbose: bool) -> Any:
    """The module `flows/clean.py`, with Prefect set up for the command line. Takes 1 s: Prefect is imported."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if not verbose:
        for name in ("PREFECT_LOGGING_LEVEL", "PREFECT_INTERNAL_LOGGING_LEVEL"):
            os.environ.setdefault(name, "CRITICAL")
    return load_flow("clean")


def load_flow(name: str) -> Any:
    """The module `flows/<name>.py`. In a checkout `flows/` lies at the top, in the wheel inside the package."""
    path = resource("flows") / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"cleancopy_flow_{name}", path)
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"the flow {path} is missing; reinstall cleancopy")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
