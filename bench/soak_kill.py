"""Kill real runs, hundreds of times, and compare every outcome byte for byte with an undisturbed run.

    python bench/soak_kill.py [--steps] [--random 300] [--seed 1]

`--steps` takes every single change of the file system as a kill point: of a first run, of one that replaces everything,
and of one that takes packs apart. `--random` kills at random moments. Exits 1 at the first difference.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cleancopy import settings
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.verify import verify
from cleancopy.runs.pipeline import compact
from tests.runs import inputs, killed

SETTINGS = ("run.engine=inline", "clean.model=false", "run.shard_bytes=12KB", "run.batch_bytes=4KB")
CHANGED = (*SETTINGS, "output.partition_by=language")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", action="store_true")
    parser.add_argument("--random", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        source = inputs.write(base / "in", files=4, records=8)
        fresh, published, packed = base / "fresh", base / "published", base / "packed"
        finish(source, fresh, SETTINGS)
        shutil.copytree(fresh, published)
        shutil.copytree(fresh, packed)
        compact(packed, settings.load(None, SETTINGS))
        starts = {"first run": (None, SETTINGS), "replacement": (published, CHANGED), "unpacking": (packed, CHANGED)}
        kills = 0
        for name, (start, wanted) in starts.items():
            expected = begin(base / "expected", start)
            finish(source, expected, wanted)
            goal = inputs.tree(expected)
            if given.steps:
                total = len(killed.steps([str(source)], begin(base / "count", start), wanted))
                for step in range(1, total + 1):
                    out = begin(base / "out", start)
                    run = killed.start([str(source)], out, wanted, kill_at=step)
                    run.join()
                    assert run.exitcode == -signal.SIGKILL, f"{name}: step {step} of {total} was not reached"
                    kills += 1
                    if not settled(source, out, wanted, goal, f"{name}, killed at step {step} of {total}"):
                        return 1
                print(f"{name}: killed at each of {total} steps; the bytes are the same", flush=True)
        kills += shoot(base, source, given.random, random.Random(given.seed))
    print(f"{kills} kills; every dataset ended with the bytes of an undisturbed run")
    return 0


def shoot(base: Path, source: Path, wanted: int, chance: random.Random) -> int:
    """Kill at random moments, several times into the same dataset."""
    started = time.monotonic()
    finish(source, begin(base / "timed", None), SETTINGS)
    length = time.monotonic() - started
    goal = inputs.tree(base / "timed")
    kills = 0
    while kills < wanted:
        out = begin(base / "out", None)
        for _ in range(5):
            run = killed.start([str(source)], out, SETTINGS)
            run.join(chance.uniform(0, length))
            if run.exitcode is None:
                os.kill(run.pid or 0, signal.SIGKILL)
                kills += 1
                if kills % 100 == 0:
                    print(f"{kills} random kills", flush=True)
            run.join()
        if not settled(source, out, SETTINGS, goal, f"random kill {kills}"):
            sys.exit(1)
    return kills


def begin(out: Path, start: Path | None) -> Path:
    shutil.rmtree(out, ignore_errors=True)
    if start is not None:
        shutil.copytree(start, out)
    return out


def finish(source: Path, out: Path, overrides: tuple[str, ...]) -> None:
    run = killed.start([str(source)], out, overrides)
    run.join()
    assert run.exitcode == 0


def settled(source: Path, out: Path, overrides: tuple[str, ...], goal: dict[str, bytes], where: str) -> bool:
    finish(source, out, overrides)
    problems = [
        *inputs.differences(inputs.tree(out), goal),
        *verify(Layout.at(out)).problems,
        *(f"{name} was left" for name in inputs.leftovers(out)),
    ]
    if problems:
        print(f"{where}: the dataset differs:", *problems, sep="\n", flush=True)
    return not problems


if __name__ == "__main__":
    sys.exit(main())
