"""From the command line to the flow: on the configured Prefect server, or on an embedded one that comes and goes.

The only thing here that knows Prefect is its environment; the flow itself is loaded from `flows/` when it is run.
"""

from __future__ import annotations

import http.client
import importlib.util
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleancopy.cache import cache_folder
from cleancopy.errors import ConfigurationError
from cleancopy.settings import resource

ENVIRONMENT = {
    # Prefect reports usage to its makers unless told not to, and logs errors where it cannot.
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
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

NOTE_SECONDS = 15.0
"""Pause between notes that a server is still starting; an idle machine needs less."""
PATIENCE_SECONDS = 600.0
"""A server that lives and has not answered by then waits for something itself, such as a database that is not there."""
STOP_SECONDS = 5.0
_PORTS = 5
"""Ports to try: another process may take one between the look and the start."""
_DATABASE, _MEMO = "prefect.db", "memo_store.toml"
"""What a template holds: the migrated database, and Prefect's note of the block types that it has registered there."""
_WITHOUT = "run with --direct, which needs no server, or name a running server in PREFECT_API_URL"


def load(*, verbose: bool) -> Any:
    """The module `flows/clean.py`, with Prefect set up for the command line. Takes 1 s: Prefect is imported."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if not verbose:
        for name in ("PREFECT_LOGGING_LEVEL", "PREFECT_INTERNAL_LOGGING_LEVEL"):
            os.environ.setdefault(name, "CRITICAL")
    home = Path("~/.prefect").expanduser()
    new = not home.exists()
    flow = load_flow("clean")
    if new:
        with suppress(OSError):
            home.rmdir()  # importing Prefect makes it, and nothing of an embedded run lies there
    return flow


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


@dataclass(frozen=True, slots=True)
class Server:
    """An embedded server that answers: its API's address, and the folder that is its Prefect home."""

    url: str
    folder: Path


class _Ended(Exception):
    """The server's process ended before it answered. `said`: the last lines of what it wrote."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said)
        self.code = code
        self.said = said


@contextmanager
def serve(
    version: str,
    environment: Mapping[str, str],
    *,
    stated: str | None,
    note: Callable[[str], None],
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[Server]:
    """An embedded server of Prefect `version` while the block lasts.

    Its home and its database are its own, in a folder that goes with it; the database is copied from a template for
    this version in the cache folder, which the first server leaves there. Any number may start at once.
    stated: the setting that names a database of the user's, which is used instead. note: told what is waited for.
    meanwhile: what this process does while the server's starts; again, if that has to be started again.

    Raises ConfigurationError, with the server's own words, if its process ends or never answers; what `meanwhile` does.
    """
    folder = Path(tempfile.mkdtemp(prefix="cleancopy-prefect-"))
    template = None if stated else _template(version)
    if template is not None and not template.exists():
        note(f"Prefect {version} makes its database, which is kept in {template} for later runs")
    try:
        try:
            process, url = _start(folder, template, environment, stated, note, meanwhile)
        except _Ended as error:
            if template is None or not template.exists():
                raise ConfigurationError(_why(error, stated)) from None
            # A template that another installation has spoilt must not be the end: a fresh one is made.
            shutil.rmtree(template, ignore_errors=True)
            try:
                process, url = _start(folder, template, environment, stated, note, meanwhile)
            except _Ended as again:
                raise ConfigurationError(_why(again, stated)) from None
        try:
            if template is not None and not template.exists():
                _keep(folder, template)
            yield Server(url, folder)
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _template(version: str) -> Path | None:
    cache = cache_folder()
    return None if cache is None else cache / f"prefect-{version}"


def _start(
    folder: Path,
    template: Path | None,
    environment: Mapping[str, str],
    stated: str | None,
    note: Callable[[str], None],
    meanwhile: Callable[[], object],
) -> tuple[subprocess.Popen[bytes], str]:
    for name in (_DATABASE, _MEMO):
        for left in folder.glob(f"{name}*"):
            left.unlink()
        if template is not None and (template / name).exists():
            shutil.copyfile(template / name, folder / name)
    own = {"PREFECT_HOME": str(folder), "PREFECT_SERVER_API_BASE_PATH": "/api"}
    if stated is None:
        own["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = f"sqlite+aiosqlite:///{folder / _DATABASE}"
    surroundings = {**os.environ, **environment, **own}
    surroundings.pop("PREFECT_PROFILE", None)  # it names one in the user's home; `environment` has what it says
    for attempt in range(_PORTS):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]
        with (folder / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, str(resource("flows") / "server.py"), str(port), str(folder)],
                env=surroundings,
                stdin=subprocess.PIPE,  # its end tells the server that this process is gone
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for this process, which still needs its server for the last words
            )
        try:
            meanwhile()
            _await(process, port, folder, note)
            return process, f"http://127.0.0.1:{port}/api"
        except _Ended as error:
            _stop(process)
            if "address already in use" not in error.said or attempt == _PORTS - 1:
                raise
        except BaseException:
            _stop(process)
            raise
    raise AssertionError("unreachable")


def _await(process: subprocess.Popen[bytes], port: int, folder: Path, note: Callable[[str], None]) -> None:
    started = time.monotonic()
    told = 0.0
    while True:
        code = process.poll()
        if code is not None:
            raise _Ended(code, (folder / "server.log").read_text("utf-8", "replace"))
        with (
            suppress(OSError, http.client.HTTPException),
            closing(http.client.HTTPConnection("127.0.0.1", port, timeout=STOP_SECONDS)) as connection,
        ):
            connection.request("GET", "/api/health")
            if connection.getresponse().status == 200:
                return
        waited = time.monotonic() - started
        if waited > PATIENCE_SECONDS:
            raise ConfigurationError(f"Prefect's embedded server does not answer after {waited:.0f} s; {_WITHOUT}")
        if waited - told > NOTE_SECONDS:
            told = waited
            note(f"Prefect's embedded server is still starting after {waited:.0f} s (--direct needs none)")
        time.sleep(0.05)


def _why(error: _Ended, stated: str | None) -> str:
    lines = [line.strip() for line in error.said.splitlines() if line.strip()]
    # uvicorn's last words are that it exits; what it exits of is the last line of the traceback above them.
    said = next((line for line in reversed(lines) if not line.startswith("ERROR:")), "it said nothing")
    whose = f"; its database is the one that {stated} names" if stated else ""
    return (
        f"Prefect's embedded server ended while it was starting (exit code {error.code}): {said[:500]}{whose}. "
        f"To go on, {_WITHOUT}"
    )


def _keep(folder: Path, template: Path) -> None:
    """Leave a copy of a fresh server's database as the template: whole or not at all, and the first one stays."""
    with suppress(OSError, sqlite3.Error):
        template.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=template.parent, prefix=f"{template.name}-"))
        try:
            with (
                closing(sqlite3.connect(folder / _DATABASE)) as used,
                closing(sqlite3.connect(made / _DATABASE)) as copy,
            ):
                used.backup(copy)
            if (folder / _MEMO).exists():
                shutil.copyfile(folder / _MEMO, made / _MEMO)
            made.rename(template)
        finally:
            shutil.rmtree(made, ignore_errors=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin is not None:
        process.stdin.close()
