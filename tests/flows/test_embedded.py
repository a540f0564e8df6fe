"""The embedded server: a home and a database of its own, and plain words when it does not start."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cleancopy.errors import ConfigurationError
from cleancopy.runs import embedded
from tests.runs import inputs

NEWER = "0123456789ab"
"""A revision that no Prefect knows."""
ANSWER = """
import http.server
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""
DATABASE = """
path = os.environ["PREFECT_SERVER_DATABASE_CONNECTION_URL"].removeprefix("sqlite+aiosqlite:///")
with sqlite3.connect(path) as database:
    found = database.execute("select name from sqlite_master").fetchall()
    database.execute("create table if not exists migrated (x)")
database.close()
"""


@pytest.fixture
def pretended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`serve`, with a server that does what the given code says."""
    monkeypatch.setattr(embedded, "resource", lambda _name: tmp_path)
    monkeypatch.setenv("CLEANCOPY_CACHE", str(tmp_path / "cache"))

    def serve(code: str, note: Callable[[str], None] = print, **named: Any) -> Any:
        (tmp_path / "server.py").write_text(f"import os, sqlite3, sys, time\n{code}")
        return embedded.serve("1.2", {}, **{"stated": None, "note": note, **named})

    return serve


def test_the_user_has_a_newer_prefect(cache: Path, migrated: Path, tmp_path: Path) -> None:
    """The first command of the README, where a newer Prefect has migrated the user's own database."""
    home = tmp_path / "home"
    (home / ".prefect").mkdir(parents=True)
    database = home / ".prefect" / "prefect.db"
    shutil.copyfile(migrated, database)
    with closing(sqlite3.connect(database)) as changing:
        changing.execute("update alembic_version set version_num = ?", [NEWER])
        changing.commit()
    before = database.read_bytes()
    source = inputs.write(tmp_path / "in", files=1, records=2)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment |= {"HOME": str(home), "CLEANCOPY_CACHE": str(cache), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "cleancopy.cli", "run", str(source), "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [*command, "--engine", "inline", "--set", "clean.model=false"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "2 articles" in done.stdout
    assert [path.name for path in (home / ".prefect").iterdir()] == ["prefect.db"]
    assert database.read_bytes() == before
    assert list(tmp_path.glob("cleancopy-prefect-*")) == []


def test_a_database_that_the_user_names_is_used_and_named(migrated: Path, tmp_path: Path) -> None:
    database = tmp_path / "prefect.db"
    shutil.copyfile(migrated, database)
    with closing(sqlite3.connect(database)) as changing:
        changing.execute("update alembic_version set version_num = ?", [NEWER])
        changing.commit()
    setting = "PREFECT_SERVER_DATABASE_CONNECTION_URL"
    chosen = {setting: f"sqlite+aiosqlite:///{database}"}
    with (
        pytest.raises(ConfigurationError) as caught,
        embedded.serve("1.2", chosen, stated=setting, note=print),
    ):
        pass
    said = str(caught.value)
    assert f"Can't locate revision identified by '{NEWER}'" in said
    assert f"its database is the one that {setting} names" in said
    assert "--direct" in said


def test_a_server_that_dies_is_told_at_once(pretended: Callable[..., Any]) -> None:
    started = time.monotonic()
    with (
        pytest.raises(ConfigurationError, match=r"exit code 3\): ValueError: no disk.*--direct"),
        pretended("raise SystemExit(3) if print('ValueError: no disk', file=sys.stderr) is None else 0"),
    ):
        pass
    assert time.monotonic() - started < embedded.NOTE_SECONDS


def test_a_slow_start_is_waited_for(pretended: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "NOTE_SECONDS", 0.2)
    notes: list[str] = []
    with pretended(DATABASE + "time.sleep(1)\n" + ANSWER, notes.append) as server:
        assert server.url.endswith("/api")
    first, *rest = notes
    assert "Prefect 1.2 makes its database" in first
    assert rest
    assert all("still starting" in each and "--direct" in each for each in rest)


def test_this_process_works_while_its_server_starts(pretended: Callable[..., Any], tmp_path: Path) -> None:
    """The server waits for what this process does meanwhile: one after the other, it would never start."""
    ready = f"while not os.path.exists({str(tmp_path / 'ready')!r}):\n    time.sleep(0.05)\n"
    with pretended(ready + DATABASE + ANSWER, meanwhile=(tmp_path / "ready").touch) as server:
        assert server.url.endswith("/api")


def test_a_mistake_found_meanwhile_ends_the_server(pretended: Callable[..., Any]) -> None:
    def fail() -> None:
        raise ConfigurationError("no such pack")

    with pytest.raises(ConfigurationError, match="no such pack"), pretended("time.sleep(600)", meanwhile=fail):
        pass


def test_a_server_that_never_answers_is_given_up(
    pretended: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "PATIENCE_SECONDS", 0.3)
    with pytest.raises(ConfigurationError, match=r"does not answer.*--direct"), pretended("time.sleep(600)"):
        pass


def test_another_port_is_tried(pretended: Callable[..., Any], tmp_path: Path) -> None:
    taken = f"""
marker = {str(tmp_path / "taken")!r}
if not os.path.exists(marker):
    open(marker, "w").close()
    sys.exit("ERROR: [Errno 98] address already in use")
"""
    with pretended(taken + DATABASE + ANSWER):
        assert (tmp_path / "taken").exists()


def test_the_first_server_leaves_a_template(pretended: Callable[..., Any], tmp_path: Path) -> None:
    """The second one starts with a copy, also if the first has changed its own since."""
    template = tmp_path / "cache" / "prefect-1.2" / "prefect.db"
    with pretended(DATABASE + ANSWER), pretended(DATABASE + ANSWER) as second:
        kept = template.read_bytes()
        assert b"migrated" in kept
        with closing(sqlite3.connect(second.folder / "prefect.db")) as used:
            used.execute("create table run (x)")
            used.commit()
    assert template.read_bytes() == kept
    assert sorted(path.name for path in template.parent.parent.iterdir()) == ["prefect-1.2"]


def test_a_spoilt_template_is_made_anew(pretended: Callable[..., Any], tmp_path: Path) -> None:
    template = tmp_path / "cache" / "prefect-1.2"
    template.mkdir(parents=True)
    (template / "prefect.db").write_bytes(b"no database")
    with pretended(DATABASE + ANSWER):
        assert b"migrated" in (template / "prefect.db").read_bytes()


def test_the_server_ends_with_its_run(tmp_path: Path) -> None:
    """However the run ends: the real script, whose parent is killed."""
    folder = tmp_path / "home"
    folder.mkdir()
    code = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, {str(embedded.resource('flows') / 'server.py')!r}, '0', "
        f"{str(folder)!r}], stdin=subprocess.PIPE, start_new_session=True)\n"
        "print(child.pid, flush=True)\ntime.sleep(600)"
    )
    environment = os.environ | {
        "PREFECT_HOME": str(folder),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{folder}/prefect.db",
    }
    parent = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    server = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 120
    while Path(f"/proc/{server}").exists() and time.monotonic() < deadline:
        if Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            break
        time.sleep(0.1)
    assert time.monotonic() < deadline
    assert not folder.exists()
