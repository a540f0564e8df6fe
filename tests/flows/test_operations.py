"""What docs/operations.md promises of a real server: runs by the clock, alerts, and a server that goes away."""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, TypeVar

import httpx
import prefect
import pytest
import yaml

from cleancopy import settings
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.verify import verify
from cleancopy.runs.direct import run_direct
from tests.runs import inputs

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
PREFECT = [sys.executable, "-m", "prefect"]
CLEANCOPY = [sys.executable, "-m", "cleancopy.cli"]
SETTINGS = {"run.workers": 1, "run.shard_bytes": "12KB", "clean.model": False, "run.rejected_share_records": 1000}
WORKERS = Path(prefect.__file__).parent / "server" / "api" / "collections_data" / "views"
"""What Prefect knows of the workers of its integrations without them."""
PATIENCE = 120.0
"""Seconds for what takes a few on an idle machine."""


@dataclass
class Server:
    """A Prefect server of its own, with the environment in which everything finds it."""

    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    def ask(self, path: str, **body: Any) -> Any:
        url = f"{self.environment['PREFECT_API_URL']}/{path}"
        return httpx.post(url, json=body, timeout=PATIENCE).raise_for_status().json()

    def finish(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """In a session of its own, so that it can be ended with all that it starts."""
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            command, env=self.environment, cwd=ROOT, stdout=quiet, stderr=quiet, start_new_session=True
        )


@pytest.fixture(scope="module")
def server(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("prefect")
    shutil.copy(migrated, home)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")} | {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PWD": str(ROOT),
    }
    started = Server(None, environment)  # type: ignore[arg-type]
    started.process = started.start(*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port))

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    until(answers)
    yield started
    end(started.process)


def until(found: Callable[[], T]) -> T:
    deadline = time.monotonic() + PATIENCE
    while not (value := found()):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return value


def end(process: subprocess.Popen[bytes]) -> None:
    """The process and all that it has started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return inputs.write(tmp_path_factory.mktemp("source"), files=8, records=20)


@pytest.fixture(scope="module")
def undisturbed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    run_direct([str(source)], out, settings.load(None, {**SETTINGS, "run.engine": "inline"}))
    return inputs.tree(out)


def test_runs_by_the_clock_one_at_a_time(
    server: Server, source: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    """The nightly deployment of `prefect.yaml`, every two seconds: the next one is due before the first has ended."""
    out = tmp_path / "out"
    project = yaml.safe_load((ROOT / "prefect.yaml").read_text())
    (nightly,) = [each for each in project["deployments"] if each["name"] == "nightly"]
    nightly["schedules"] = [{"interval": 2}]
    nightly["parameters"]["parameters"] = {"sources": [str(source)], "out": str(out), "settings": SETTINGS}
    project["deployments"] = [nightly]
    (tmp_path / "prefect.yaml").write_text(yaml.safe_dump(project))
    server.ask("work_pools/", name="local", type="process")
    done = server.finish(*PREFECT, "--no-prompt", "deploy", "--all", "--prefect-file", str(tmp_path / "prefect.yaml"))
    assert done.returncode == 0, done.stdout + done.stderr
    worker = server.start(*PREFECT, "worker", "start", "--pool", "local")

    def ended() -> dict[str, list[Any]] | None:
        runs = server.ask("flow_runs/filter", flow_runs={"state": {"type": {"any_": ["COMPLETED", "CANCELLED"]}}})
        found = {state: [run for run in runs if run["state_type"] == state] for state in ("COMPLETED", "CANCELLED")}
        return found if all(found.values()) else None

    try:
        found = until(ended)
    finally:
        end(worker)
    for run in (each for runs in found.values() for each in runs):
        assert run["auto_scheduled"]
        assert {"cleancopy", "nightly"} <= set(run["tags"])
    assert "concurrency limit" in found["CANCELLED"][0]["state"]["message"]
    assert found["COMPLETED"][0]["name"].startswith("clean-out-")
    spans = sorted((run["start_time"], run["end_time"]) for run in found["COMPLETED"])
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))
    run_direct([str(source)], out, settings.load(None, SETTINGS))  # finishes what the end of the worker cut off
    assert inputs.differences(inputs.tree(out), undisturbed) == []


def test_whoever_is_to_be_told_is_told(server: Server, tmp_path: Path) -> None:
    told: list[str] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as receiver:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        done = server.finish(sys.executable, "flows/alerts.py", f"http://127.0.0.1:{receiver.server_port}/")
        assert done.returncode == 0, done.stderr
        bad = tmp_path / "bad.jsonl"
        bad.write_text("{broken\n" * 200)
        done = server.finish(*CLEANCOPY, "run", str(bad), "--out", str(tmp_path / "out"))
        assert done.returncode == 1
        assert "max_rejected_share" in done.stderr
        (text,) = until(lambda: list(told))
        receiver.shutdown()
    assert "clean-out-" in text
    assert "max_rejected_share" in text


def test_an_event_starts_a_run_and_containers_are_deployed(server: Server, tmp_path: Path) -> None:
    """All that `prefect.yaml` deploys beside what runs above, and `prefect.containers.yaml`, by one call of Prefect."""
    project = yaml.safe_load((ROOT / "prefect.yaml").read_text())
    containers = yaml.safe_load((ROOT / "prefect.containers.yaml").read_text())
    (arrival,) = [each for each in project["deployments"] if each["name"] == "on-arrival"]
    arrival["work_pool"] = {"name": "events"}
    server.ask("work_pools/", name="events", type="process")
    workers = json.loads((WORKERS / "aggregate-worker-metadata.json").read_text())
    for kind in ("docker", "kubernetes"):
        template = workers[f"prefect-{kind}"][kind]["default_base_job_configuration"]
        server.ask("work_pools/", name=kind, type=kind, base_job_template=template)
        (variables,) = [
            each["work_pool"]["job_variables"] for each in containers["deployments"] if each["name"] == kind
        ]
        assert set(variables) <= set(template["variables"]["properties"])
    containers["deployments"].append(arrival)
    (tmp_path / "prefect.yaml").write_text(yaml.safe_dump(containers))
    done = server.finish(*PREFECT, "--no-prompt", "deploy", "--all", "--prefect-file", str(tmp_path / "prefect.yaml"))
    assert done.returncode == 0, done.stdout + done.stderr
    deployed = {each["name"]: each for each in server.ask("deployments/filter")}
    assert deployed["docker"]["job_variables"]["volumes"] == ["/srv/cleancopy:/data"]
    assert deployed["kubernetes"]["pull_steps"] == containers["pull"]

    page = (ROOT / "docs" / "howto" / "prefect-schedule.md").read_text().replace("\\\n", " ")
    (emit,) = re.findall(r"^    prefect (event emit .*)$", page, re.MULTILINE)
    done = server.finish(*PREFECT, *shlex.split(emit))
    assert done.returncode == 0, done.stdout + done.stderr
    (run,) = until(
        lambda: server.ask("flow_runs/filter", flow_runs={"deployment_id": {"any_": [deployed["on-arrival"]["id"]]}})
    )
    assert run["parameters"] == {"parameters": {"sources": ["s3://raw/2024/05/01.jsonl.gz"], "out": "/data/news"}}


def test_a_server_that_is_stopped_costs_its_history_only(
    server: Server, source: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    """The last of this module: its server is gone then."""
    out = tmp_path / "out"
    command = [*CLEANCOPY, "run", str(source), "--out", str(out)]
    command += [part for key, value in SETTINGS.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    server.environment["PREFECT_CLIENT_MAX_RETRIES"] = "0"  # more are only more patience
    run = subprocess.Popen(
        command, env=server.environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    until(lambda: list(out.glob("_cleancopy/staged/*/receipt.json")))
    os.killpg(server.process.pid, signal.SIGKILL)
    _, said = run.communicate(timeout=PATIENCE)
    (events,) = [path.read_text().splitlines() for path in out.glob("_cleancopy/runs/*.jsonl")]
    assert sum(json.loads(line)["event"] == "cleaned" for line in events) > 2
    assert run.returncode == 0, said
    assert "the Prefect server was lost" in said
    assert "Traceback" not in said
    assert inputs.differences(inputs.tree(out), undisturbed) == []
    assert inputs.leftovers(out) == []
    assert verify(Layout.at(out)).problems == []
    # It is still gone: a run does not begin without it, and says so.
    done = server.finish(*command)
    assert done.returncode == 2
    assert "no Prefect server answers" in done.stderr
    assert inputs.differences(inputs.tree(out), undisturbed) == []
