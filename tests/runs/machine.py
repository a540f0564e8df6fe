"""A dataset under everything that may happen to it, beside a dictionary that says which rows it must have.

`tests/runs/test_machine.py` tries a few sequences, `bench/soak_runs.py` as many as there is time for.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cleancopy import settings
from cleancopy.cleaning import Cleaning
from cleancopy.dataset import publish
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.lock import locked
from cleancopy.dataset.receipts import recorded
from cleancopy.dataset.sinks import SINKS
from cleancopy.dataset.verify import verify
from cleancopy.errors import CleancopyError, ShardError
from cleancopy.runs.direct import drive, run_direct
from cleancopy.runs.pipeline import Run, compact, open_replay
from cleancopy.runs.staleness import configuration
from cleancopy.runs.status import status
from tests.runs.inputs import table_of
from tests.runs.killed import Changes

BASE = {
    "run.engine": "inline",
    "clean.model": False,
    "run.shard_bytes": 1200,  # two to four small files a shard; large ones are cut
    "run.max_failed_share": 1,
    "run.rejected_share_records": 100_000,
    "output.format": "parquet",
}
VARIANTS: dict[str, dict[str, object]] = {
    "plain": {},
    "threshold": {"clean.threshold": 0.3},
    "text": {"input.format": "text"},
    "short": {"limits.record_lines": 4},
    "partitions": {"output.partition_by": "language"},
}
NAMES = tuple("abcdefgh")
LINES = (
    "The harbour master closed the northern gate an hour before the tide turned.",
    "Two of the boats had already left, and a third waited beyond the wall.",
    "Nobody on the quay could say who had given the order, or why it came so early.",
)

Rows = dict[int, tuple[str, str, str]]
"""Position → table, raw hash or reason, configuration."""


@dataclass(frozen=True)
class Source:
    """A file as it lies on the disk."""

    content: bytes
    time: int


@dataclass(frozen=True)
class Held:
    """What the dataset must hold of a file: as it was when it was read, with which settings, and the rows it gave."""

    source: Source
    variant: str
    rows: Rows


def content(records: Iterable[int], stamp: int, broken: bool) -> bytes:
    """JSON Lines: a record of so many paragraphs each; `stamp` makes it different from all others."""
    lines = [
        json.dumps({"text": "\n\n".join(f"{LINES[n % 3]} It was boat {stamp} on day {place}." for n in range(size))})
        for place, size in enumerate(records)
    ]
    return "\n".join([*lines, *(["{broken"] if broken else [])]).encode() + b"\n"


def expected(source: Source, variant: str, fingerprint: str) -> Rows:
    """The rows that a file gives."""
    if variant == "text":
        return {0: ("articles", sha256(source.content).hexdigest(), fingerprint)}
    rows: Rows = {}
    offset = 0
    for line in source.content.splitlines():
        if line.startswith(b"{broken"):
            rows[offset] = ("rejected", "json.broken", fingerprint)
        elif variant == "short" and line.count(b"boat ") > 4:
            rows[offset] = ("rejected", "record.lines", fingerprint)
        else:
            rows[offset] = ("articles", sha256(line).hexdigest(), fingerprint)
        offset += len(line) + 1
    return rows


class Killed(BaseException):
    """Stands for a kill: from then on nothing changes any more on the disk."""


class _Kill:
    """Raises Killed at a change of the file system below a folder, and at every later one."""

    def __init__(self) -> None:
        self.changes: Changes | None = None
        self.left = 0
        sys.addaudithook(self._see)

    def _see(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.changes is not None and self.changes.note(event, arguments):
            self.left -= 1
            if self.left < 0:
                raise Killed

    @contextmanager
    def after(self, out: Path, changes: int) -> Iterator[None]:
        self.changes, self.left = Changes(str(out)), changes
        try:
            yield
        finally:
            self.changes = None


_kill = _Kill()
_fingerprints: dict[tuple[str, str], str] = {}
_cleanings: dict[str, Cleaning] = {}


def _cleaning(wanted: settings.Settings, census: Path | None = None) -> Cleaning:
    key = wanted.model_dump_json(exclude={"run", "output"})
    if key not in _cleanings:
        _cleanings[key] = Cleaning(wanted)
    return _cleanings[key]


def chosen(variant: str, **more: object) -> settings.Settings:
    return settings.load(None, {**BASE, **VARIANTS[variant], **{k.replace("__", "."): v for k, v in more.items()}})


def fingerprint(variant: str) -> str:
    key = variant, str(BASE["output.format"])
    if key not in _fingerprints:
        _fingerprints[key] = configuration(chosen(variant))["fingerprint"]
    return _fingerprints[key]


class Machine(RuleBasedStateMachine):
    """The steps. After each, the dataset's rows are those of `self.held`."""

    steps = 0
    sequences = 0

    def __init__(self) -> None:
        super().__init__()
        Machine.sequences += 1
        self.folder = Path(tempfile.mkdtemp(prefix="cleancopy-machine-"))
        self.sources, self.out = self.folder / "in", self.folder / "out"
        self.layout = Layout.at(self.out)
        self.sources.mkdir()
        self.clock = 1_700_000_000
        self.disk: dict[str, Source] = {}
        self.away: dict[str, Source] = {}
        self.held: dict[str, Held] = {}
        self.patches = ExitStack()
        # A kill is not a power cut: what was written is there.
        self.patches.enter_context(mock.patch.object(os, "fsync", return_value=None))
        # Settings change all the time here, and a process keeps rules and model for the last ones alone.
        self.patches.enter_context(mock.patch.object(Cleaning, "of", _cleaning))

    def teardown(self) -> None:
        self.patches.close()
        shutil.rmtree(self.folder)

    # The sources

    @initialize(sizes=st.lists(st.integers(2, 5), min_size=3, max_size=3), form=st.sampled_from(sorted(SINKS)))
    def begin(self, sizes: list[int], form: str) -> None:
        self.patches.enter_context(mock.patch.dict(BASE, {"output.format": form}))
        for name, size in zip(NAMES, sizes, strict=False):
            self._write(name, content([size], self.clock, broken=False))
        self.run_over_all("plain", "keep", "replace")

    @rule(
        name=st.sampled_from(NAMES),
        records=st.one_of(st.lists(st.integers(2, 6), min_size=1, max_size=2), st.just([6] * 6)),
        broken=st.booleans(),
    )
    def add_or_change(self, name: str, records: list[int], broken: bool) -> None:
        self._write(name, content(records, self.clock, broken))

    @rule(name=st.sampled_from(NAMES), to=st.sampled_from(NAMES))
    def rename(self, name: str, to: str) -> None:
        if name in self.disk and to not in self.disk:
            (self.sources / f"{name}.jsonl").rename(self.sources / f"{to}.jsonl")
            self.disk[to] = self.disk.pop(name)

    @rule(name=st.sampled_from(NAMES))
    def delete(self, name: str) -> None:
        if len(self.disk) > 1 and self.disk.pop(name, False):
            (self.sources / f"{name}.jsonl").unlink()

    @rule(names=st.sets(st.sampled_from(NAMES), min_size=1))
    def archive_away(self, names: set[str]) -> None:
        for name in sorted(names):
            if len(self.disk) > 1 and name in self.disk:
                self.away[name] = self.disk[name]
                self.delete(name)

    @rule()
    def restore(self) -> None:
        for name, source in self.away.items():
            if name not in self.disk:
                self._put(name, source)
        self.away = {}

    def _write(self, name: str, text: bytes) -> None:
        self.clock += 1
        self._put(name, Source(text, self.clock))

    def _put(self, name: str, source: Source) -> None:
        path = self.sources / f"{name}.jsonl"
        path.write_bytes(source.content)
        os.utime(path, (source.time, source.time))
        self.disk[name] = source

    # The runs

    variants = st.sampled_from(sorted(VARIANTS))
    missing = st.sampled_from(["keep", "keep", "remove"])
    changed = st.sampled_from(["replace", "replace", "keep"])
    seeds = st.integers(0, 1 << 32)
    some = st.sets(st.sampled_from(NAMES), min_size=1, max_size=3)

    @rule(variant=variants, missing=missing, changed=changed)
    def run_over_all(self, variant: str, missing: str, changed: str) -> None:
        self._run(set(self.disk), variant, missing, changed)

    @rule(names=some, variant=variants, missing=missing, changed=changed)
    def run_over_a_part(self, names: set[str], variant: str, missing: str, changed: str) -> None:
        given = names & self.disk.keys()
        if given:
            self._run(given, variant, missing, changed)

    @rule(name=st.sampled_from(NAMES), variant=variants, missing=missing)
    def run_where_a_shard_fails(self, name: str, variant: str, missing: str) -> None:
        """Every shard that holds the file, and so what shares one with it, stays as it was."""
        failed: set[str] = set()
        attempt = Run.attempt

        def failing(run: Run, executor: Any, shard: Any) -> Any:
            if any(Path(uri).stem == name for uri in shard.fingerprints):
                failed.update(Path(uri).stem for uri in shard.fingerprints)
                raise ShardError(f"{name} cannot be read")
            return attempt(run, executor, shard)

        with mock.patch.object(Run, "attempt", failing):
            self._direct(set(self.disk), variant, missing, "replace")
        self.held = self._after(set(self.disk), variant, missing, "replace", failed)

    @rule(name=st.sampled_from(NAMES), variant=variants)
    def run_where_too_many_shards_fail(self, name: str, variant: str) -> None:
        def failing(*_: Any) -> Any:
            raise ShardError("none can be read")

        with mock.patch.object(Run, "attempt", failing):
            try:
                self._direct(set(self.disk), variant, "remove", "replace", run__max_failed_share=0)
            except CleancopyError:
                return
        self.held = self._after(set(self.disk), variant, "remove", "replace")  # there was nothing to clean

    @rule(variant=variants)
    def compact(self, variant: str) -> None:
        compact(self.out, chosen(variant))

    @rule(variant=st.sampled_from(["plain", "short", "threshold"]))
    def replay(self, variant: str) -> None:
        if all(self.disk.get(name, held.source) == held.source for name, held in self.held.items()):
            self.held = self._replayed(variant, self._replay(variant))

    # Kills and damage

    @rule(changes=st.integers(0, 60), variant=variants, missing=missing, again=st.booleans())
    def kill_a_run(self, changes: int, variant: str, missing: str, again: bool) -> None:
        given = set(self.disk)
        self._killed(changes, lambda: self._direct(given, variant, missing, "replace"))
        self._settle([self._after(given, variant, missing, "replace")], again=again)

    @rule(changes=st.integers(0, 30), variant=variants)
    def kill_a_compaction(self, changes: int, variant: str) -> None:
        self._killed(changes, lambda: compact(self.out, chosen(variant)))
        self._settle([])

    @rule(changes=st.integers(0, 60), variant=variants, seed=seeds)
    def kill_a_run_and_damage_what_it_left(self, changes: int, variant: str, seed: int) -> None:
        given = set(self.disk)
        self._killed(changes, lambda: self._direct(given, variant, "keep", "replace"))
        self._settle([self._after(given, variant, "keep", "replace")], seed)

    @rule(seed=seeds, variant=variants, missing=missing)
    def damage_a_note(self, seed: int, variant: str, missing: str) -> None:
        path, restore = self._damage(seed)
        problems = verify(self.layout).problems
        name = path.relative_to(self.out).as_posix()
        # What is staged is no part of the dataset: a run that cannot read it cleans it again.
        relied_on = (path.suffix == ".json" and self.layout.staged not in path.parents) or path == self.layout.card
        assert problems or not relied_on, f"{name} is damaged and verify does not say so"
        with suppress(CleancopyError):
            status(self.layout, chosen(variant))
        with suppress(CleancopyError):
            self._run(set(self.disk), variant, missing, "replace")
            self._check()
        self._check()
        restore()

    @precondition(lambda self: self.out.exists())
    @invariant()
    def rows_are_those_of_the_dictionary(self) -> None:
        Machine.steps += 1
        self._check()

    def _check(self) -> None:
        found, wanted = self._found(), _flat(self.held)
        assert found == wanted, f"lost: {sorted(wanted - found)}; should not be there: {sorted(found - wanted)}"

    @rule()
    def verify(self) -> None:
        assert verify(self.layout).problems == []

    # What the steps are made of

    def _run(self, given: set[str], variant: str, missing: str, changed: str) -> None:
        self._direct(given, variant, missing, changed)
        self.held = self._after(given, variant, missing, changed)

    def _direct(self, given: set[str], variant: str, missing: str, changed: str, **more: object) -> None:
        paths = [str(self.sources / f"{name}.jsonl") for name in sorted(given)]
        run_direct(paths, self.out, chosen(variant, input__on_missing=missing, input__on_changed=changed, **more))

    def _after(
        self, given: set[str], variant: str, missing: str, changed: str, failed: Iterable[str] = ()
    ) -> dict[str, Held]:
        held = {name: each for name, each in self.held.items() if name in self.disk or missing == "keep"}
        for name in given - set(failed):
            source, old = self.disk[name], held.get(name)
            if old is not None and old.source != source and changed == "keep":
                continue
            if old is None or (old.source, old.variant) != (source, variant):
                held[name] = Held(source, variant, expected(source, variant, fingerprint(variant)))
        return held

    def _replay(self, variant: str) -> set[str]:
        """Replay the rejects; gives back the files whose shards failed, since one of their sources is gone."""
        receipts = recorded(self.layout)
        with open_replay(self.out, chosen(variant)) as run:
            failures = drive(run).failures
        return {Path(uri).stem for shard in failures for uri in receipts[shard].inputs}

    def _replayed(self, variant: str, failed: set[str]) -> dict[str, Held]:
        """Rejects that the settings now take are articles of these settings; the others are rejected anew by them."""
        after = {}
        for name, held in self.held.items():
            now = expected(held.source, variant, fingerprint(variant))
            tried = {place: now.get(place, row) if row[0] == "rejected" else row for place, row in held.rows.items()}
            after[name] = held if name in failed else replace(held, rows=tried)
        return after

    def _killed(self, changes: int, work: Callable[[], Any]) -> None:
        with _kill.after(self.out, changes), suppress(Killed):
            work()

    def _settle(self, outcomes: list[dict[str, Held]], seed: int | None = None, again: bool = False) -> None:
        """After a kill the next command finishes what was begun, or nothing was begun; damage it refuses, or mends."""
        if not self.layout.exists():
            return
        if again:
            self._killed(3, self._prepare)
        if seed is not None:
            _, restore = self._damage(seed)
            before = self._found()
            try:
                self._prepare()
            except CleancopyError:
                assert self._found() == before
            restore()
        self._prepare()
        # After a replay the rows alone do not tell: they may be those of a run with the same settings.
        receipts = recorded(self.layout).values()
        made_with = {(Path(uri).stem, each.configuration["fingerprint"]) for each in receipts for uri in each.inputs}
        found = self._found()
        for outcome in outcomes:
            wanted = {(name, fingerprint(each.variant)) for name, each in outcome.items()}
            if found == _flat(outcome) and made_with == wanted:
                self.held = outcome

    def _prepare(self) -> None:
        with locked(self.layout, "test"):
            publish.prepare(self.layout)

    def _damage(self, seed: int) -> tuple[Path, Callable[[], None]]:
        """Flip a bit of a file of the dataset's notes, or cut its tail; gives back what restores it.

        What was thrown away or written anew since then stays as it is.
        """
        pick = random.Random(seed)
        files = [path for path in (*self.layout.state.rglob("*"), self.layout.card) if path.is_file()]
        path = pick.choice(sorted(path for path in files if path.stat().st_size))
        whole = path.read_bytes()
        if pick.random() < 0.3:
            path.write_bytes(whole[: pick.randrange(len(whole))])
        else:
            bits = bytearray(whole)
            bits[pick.randrange(len(bits))] ^= 1 << pick.randrange(8)
            path.write_bytes(bytes(bits))
        damaged = path.read_bytes()

        def restore() -> None:
            if path.exists() and path.read_bytes() == damaged:
                path.write_bytes(whole)

        return path, restore

    def _found(self) -> set[tuple[object, ...]]:
        found: list[tuple[object, ...]] = []
        for table, column in (("articles", "raw_sha256"), ("rejected", "reason")):
            columns = ["source_uri", "source_position", column, "config_fingerprint"]
            values = table_of(self.out, table, columns).to_pydict()
            for uri, *said in zip(*(values[name] for name in columns), strict=True):
                found.append((Path(uri).stem, table, *said))
        assert len(found) == len(set(found)), "rows are there twice"
        return set(found)


def _flat(held: dict[str, Held]) -> set[tuple[object, ...]]:
    return {
        (name, table, place, said, made_with)
        for name, each in held.items()
        for place, (table, said, made_with) in each.rows.items()
    }
