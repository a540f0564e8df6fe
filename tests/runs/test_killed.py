"""Killed at any moment, a run that is started again ends with the bytes of one that was never disturbed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from cleancopy.dataset.layout import Layout
from cleancopy.dataset.verify import verify
from tests.runs import inputs, killed

SETTINGS = (
    "run.engine=inline",
    "clean.model=false",
    "run.shard_bytes=12KB",
    "run.batch_bytes=4KB",
    "run.rejected_share_records=100000",
)
RANDOM_KILLS = 15


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return inputs.write(tmp_path_factory.mktemp("source"), files=4, records=8)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shards: as many kinds of steps as a large input has, and few of each."""
    return inputs.write(tmp_path_factory.mktemp("small"), files=1, records=8)


@pytest.fixture(scope="module")
def undisturbed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    finish(source, out)
    assert not verify(Layout.at(out)).problems
    return inputs.tree(out)


def finish(source: Path, out: Path) -> None:
    run = killed.start([str(source)], out, SETTINGS)
    run.join(120)
    assert run.exitcode == 0


def check(out: Path, undisturbed: dict[str, bytes]) -> None:
    assert inputs.differences(inputs.tree(out), undisturbed) == []
    assert inputs.leftovers(out) == []
    assert verify(Layout.at(out)).problems == []


def test_killed_at_any_kind_of_change_of_the_file_system(small: Path, tmp_path: Path) -> None:
    """`bench/soak_kill.py --steps` takes every single change."""
    changes = killed.steps([str(small)], tmp_path / "undisturbed", SETTINGS)
    undisturbed = inputs.tree(tmp_path / "undisturbed")
    points = killed.kinds(changes)
    assert 15 < len(points) < 60
    for step in points:
        out = tmp_path / str(step)
        die_and_finish(small, out, step, SETTINGS)
        check(out, undisturbed)


def test_killed_while_replacing_what_was_published(small: Path, tmp_path: Path) -> None:
    settings = (*SETTINGS, "output.partition_by=language")
    before = tmp_path / "before"
    finish(small, before)
    after = tmp_path / "after"
    shutil.copytree(before, after)
    changes = killed.steps([str(small)], after, settings)
    expected = inputs.tree(after)
    assert inputs.differences(expected, inputs.tree(before))
    publication = next(number for number, change in enumerate(changes, 1) if "publishing.json" in change)
    for step in (step for step in killed.kinds(changes) if step >= publication):
        out = tmp_path / str(step)
        shutil.copytree(before, out)
        die_and_finish(small, out, step, settings)
        check(out, expected)


def die_and_finish(source: Path, out: Path, step: int, settings: Sequence[str]) -> None:
    run = killed.start([str(source)], out, settings, kill_at=step)
    run.join(120)
    assert run.exitcode == -signal.SIGKILL
    run = killed.start([str(source)], out, settings)
    run.join(120)
    assert run.exitcode == 0


def test_killed_at_random_moments_again_and_again(source: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    chance = random.Random(5)
    started = time.monotonic()
    finish(source, tmp_path / "timed")
    length = time.monotonic() - started
    kills = 0
    round_number = 0
    while kills < RANDOM_KILLS:
        out = tmp_path / f"out{round_number}"
        round_number += 1
        for _ in range(5):
            run = killed.start([str(source)], out, SETTINGS)
            run.join(chance.uniform(0, length))
            run.kill()
            run.join()
            kills += run.exitcode == -signal.SIGKILL
        finish(source, out)
        check(out, undisturbed)


def test_killed_with_its_workers(source: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    chance = random.Random(7)
    out = tmp_path / "out"
    command = with_two_workers(source, out)
    for kill in range(4):
        run = subprocess.Popen(command, process_group=0, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.5, 6))
        if kill % 2:
            os.killpg(run.pid, signal.SIGKILL)  # as a power cut would
        else:
            run.kill()  # the parent alone: its workers notice
        run.wait()
    deadline = time.monotonic() + 20
    while (left := _workers(out)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    check(out, undisturbed)


def test_a_killed_worker_costs_its_shard_only(source: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = with_two_workers(source, out)
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    victims = 0
    while run.poll() is None and victims < 3:
        for worker in _children(run.pid):
            if victims < 3 and list((out / "_cleancopy" / "tmp").glob("*.trace")):
                os.kill(worker, signal.SIGKILL)
                victims += 1
                break
        time.sleep(0.05)
    _, errors = run.communicate(timeout=120)
    assert run.returncode == 0, errors
    assert victims > 0
    check(out, undisturbed)


def with_two_workers(source: Path, out: Path) -> list[str]:
    """The command line of a run in processes that are spawned, as users run it."""
    command = [sys.executable, "-m", "cleancopy.cli", "run", str(source), "--out", str(out), "--direct"]
    return [*command, "--workers", "2", *(part for each in SETTINGS[1:] for part in ("--set", each))]


def _children(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if (
            int(stat.rpartition(")")[2].split()[1]) == parent
            and b"spawn_main" in command
            and b"resource_tracker" not in command
        ):
            found.append(int(folder.name))
    return found


def _workers(out: Path) -> list[str]:
    """Processes that still have something of the dataset open."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            links = [str(link.readlink()) for link in (folder / "fd").iterdir()]
        except OSError:
            continue
        if any(link.startswith(str(out)) for link in links):
            found.append(folder.name)
    return found
