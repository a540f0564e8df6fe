"""A run: plan → shards → receipts → publication. The flow and `cleancopy run --direct` are both thin over it.

A run opens the dataset (lock, unfinished publication, plan), has its shards cleaned by whoever drives it, and finishes:
counts are checked, limits are applied, and only then does anything appear in the dataset.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cleancopy import readers
from cleancopy.assembly import reader_options
from cleancopy.cleaning import Cleaning
from cleancopy.dataset import publish
from cleancopy.dataset.layout import Layout, write_durably
from cleancopy.dataset.lock import locked
from cleancopy.dataset.receipts import Counts, Receipt, published, recorded, staged, total
from cleancopy.errors import (
    CleancopyError,
    ConfigurationError,
    ConservationError,
    DatasetError,
    WorkerDied,
)
from cleancopy.readers import SourceFile, credentials
from cleancopy.readers.source import is_hidden
from cleancopy.runs.executors import Executor
from cleancopy.runs.log import RunLog
from cleancopy.runs.plan import Changes, Plan, Shard
from cleancopy.runs.shard import clean_shard, replay_shard, shape
from cleancopy.runs.staleness import configuration, is_current, is_gone, remember, why_stale
from cleancopy.schema import Provenance
from cleancopy.settings import Settings

MAX_SLOTS = 1024
"""Shards in flight at most; each is a thread that waits."""


class RunAborted(CleancopyError):
    """The run stopped before publishing; the dataset is as it was, and what was cleaned is kept for the next run."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    shards: int
    shards_total: int
    counts: Counts
    seconds: float


listener: ContextVar[Callable[[Progress], None] | None] = ContextVar("listener", default=None)
"""Who is told how far a run of this context is: the command line's progress bar."""


@dataclass(slots=True)
class Summary:
    """What a run did. `counts`: of this run. `dataset`: of all that is published. `wrote`: the shards it put in."""

    run: str
    out: str
    seconds: float = 0.0
    published: bool = False
    wrote: list[str] = field(default_factory=list)
    shards: Counter[str] = field(default_factory=Counter)
    stale: Counter[str] = field(default_factory=Counter)
    changes: dict[str, int] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    dataset: Counts = field(default_factory=Counts)
    stages: Counter[str] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    resumed: bool = False


class Run:
    """An open run over a locked dataset. Made by `open_run`.

    todo:   shards that must be cleaned, in the order of the plan.
    ready:  shards that an earlier run has cleaned but not published.
    kept:   shards that are stale but whose sources are gone or changed: their rows stay.
    """

    def __init__(self, layout: Layout, settings: Settings, plan: Plan) -> None:
        self.layout = layout
        self.settings = settings
        self.configuration = configuration(settings)
        self.todo: list[Shard] = []
        self.ready: list[Shard] = []
        self.kept: list[Shard] = []
        self.receipts: dict[str, Receipt] = {}
        self.failures: dict[str, str] = {}
        self.started = time.monotonic()
        now = datetime.now(UTC)
        self.summary = Summary(f"{now:%Y%m%dT%H%M%S%f}-{os.getpid()}", str(layout.root))
        self.log = RunLog(layout.runs / f"{self.summary.run}.jsonl")
        self._plan = plan
        self._work: Callable[..., Receipt] = clean_shard

    def attempt(self, executor: Executor, shard: Shard) -> Receipt:
        """Clean one shard, again for each worker that it takes down: a death tells the next attempt what to suspect."""
        deaths = 0
        while True:
            try:
                receipt: Receipt = executor.call(
                    credentials.lend,
                    credentials.of(shard.fingerprints),
                    self._work,
                    shard,
                    self.settings,
                    self.configuration,
                    self.layout.root,
                    isolated=executor.isolated,
                    worker_died=deaths > 0,
                )
                return receipt
            except WorkerDied as error:
                deaths += 1
                self.log.say("worker died", shard=shard.id, deaths=deaths)
                if deaths > self.settings.run.max_deaths:
                    raise WorkerDied(f"shard {shard.id}: {error}, {deaths} times in a row") from None

    def before(self) -> Counts:
        """What is published now."""
        return total(recorded(self.layout).values())

    def done(self, shard: Shard, outcome: Receipt | CleancopyError) -> None:
        """Note what became of a shard and tell the listener. Raises what no other shard can be spared."""
        if isinstance(outcome, DatasetError | ConservationError | ConfigurationError):
            raise outcome
        if isinstance(outcome, Receipt):
            self.receipts[shard.id] = outcome
            self.summary.counts.add(outcome.counts)
            self.summary.stages.update(outcome.seconds)
            counts = outcome.counts
            self.log.say(
                "cleaned",
                shard=shard.id,
                records=counts.records,
                articles=counts.articles,
                rejected=dict(counts.rejected),
                seconds=outcome.seconds,
            )
        else:
            self.failures[shard.id] = str(outcome)
            self.log.say("failed", shard=shard.id, error=str(outcome))
        self.tell()

    def tell(self) -> None:
        """Tell the listener how far the run is."""
        tell = listener.get()
        if tell is not None:
            tell(self.progress())

    def progress(self) -> Progress:
        finished = len(self.receipts) + len(self.failures) - len(self.ready)
        return Progress(finished, len(self.todo), self.summary.counts, time.monotonic() - self.started)

    def finish(self) -> Summary:
        """Check the counts, apply the limits, publish, and write the run's report.

        Raises ConservationError, DatasetError, and RunAborted above a limit.
        """
        limits, summary = self.settings.run, self.summary
        summary.failures = self.failures
        summary.shards["cleaned"] = len(self.receipts) - len(self.ready)
        summary.shards["failed"] = len(self.failures)
        try:
            summary.counts.check("this run")
            attempted = len(self.todo) + len(self.ready)
            if self.failures and len(self.failures) > limits.max_failed_share * attempted:
                first = next(iter(self.failures.values()))
                raise RunAborted(
                    f"{len(self.failures)} of {attempted} shards failed (run.max_failed_share = "
                    f"{limits.max_failed_share:g}); nothing was published. The first: {first}"
                )
            share = summary.counts.rejected_share
            judged = summary.counts.articles + summary.counts.rejected.total()
            if judged >= limits.rejected_share_records and share > limits.max_rejected_share:
                reasons = ", ".join(f"{reason} {n:,}" for reason, n in summary.counts.rejected.most_common(3))
                raise RunAborted(
                    f"{share:.0%} of {judged:,} records were rejected (run.max_rejected_share = "
                    f"{limits.max_rejected_share:g}): {reasons}; nothing was published. To publish what was cleaned, "
                    "run again with --set run.max_rejected_share=1"
                )
            shards = [shard.id for shard in (*self.ready, *self.todo) if shard.id in self.receipts]
            provenance = Provenance(self.configuration["fingerprint"], self.configuration["version"])
            retired = set(recorded(self.layout)) - set(self._plan.shards)
            publish.publish(self.layout, shards, retired, provenance, shape(self.settings))
            summary.published, summary.wrote = True, shards
            _sweep(self.layout)
        finally:
            summary.seconds = round(time.monotonic() - self.started, 3)
            summary.dataset = total(recorded(self.layout).values())
            self._report()
            self.log.say(
                "published" if summary.published else "not published",
                shards=dict(summary.shards),
                articles=summary.dataset.articles,
                rejected=summary.dataset.rejected.total(),
                seconds=summary.seconds,
            )
        return summary

    def plan_cleaning(self, discovered: Collection[str], changes: Changes) -> None:
        """Choose the shards of the `discovered` sources that are not clean yet, or no longer as they would be now."""
        summary = self.summary
        discovered = set(discovered)
        old = recorded(self.layout)
        for shard in self._plan.shards.values():
            if discovered.isdisjoint(shard.fingerprints):
                summary.shards["other sources"] += 1
                continue
            receipt = published(self.layout, shard.id)
            if receipt is not None and is_current(receipt, shard, self.configuration):
                summary.shards["done"] += 1
                continue
            waiting = staged(self.layout, shard.id)
            if waiting is not None and is_current(waiting, shard, self.configuration):
                summary.shards["ready"] += 1
                self.ready.append(shard)
                self.receipts[shard.id] = waiting
                summary.counts.add(waiting.counts)
                continue
            if shard.id in old:
                if not discovered.issuperset(shard.fingerprints) and any(is_gone(uri) for uri in shard.fingerprints):
                    summary.shards["kept"] += 1
                    self.kept.append(shard)
                    continue
                summary.stale.update(why_stale(old[shard.id], shard, self.configuration, self.layout))
            self.todo.append(shard)
        current = {shard.id for shard in self.ready}
        for folder in self.layout.staged.iterdir():
            if folder.name not in current:
                shutil.rmtree(folder)
        suspected = {shard.id for shard in self.todo}
        for path in self.layout.tmp.iterdir():
            if path.stem not in suspected:  # killed between the end of its work and the end of its trace
                path.unlink(missing_ok=True)
        summary.changes = {name: len(each) for name, each in asdict(changes).items() if each}
        self._say_planned()

    def plan_replay(self) -> None:
        """Choose the shards that have rejects; of those, only the rejects are cleaned again."""
        self._work = replay_shard
        for shard, receipt in recorded(self.layout).items():
            if receipt.counts.rejected and shard in self._plan.shards:
                self.todo.append(self._plan.shards[shard])
        for folder in self.layout.staged.iterdir():
            shutil.rmtree(folder)
        self._say_planned()

    def _say_planned(self) -> None:
        summary = self.summary
        found = {"shards": dict(summary.shards), "stale": dict(summary.stale), "changes": summary.changes}
        self.log.say("planned", todo=len(self.todo), configuration=self.configuration, **found)

    def _report(self) -> None:
        plain = {name: getattr(self.summary, name) for name in self.summary.__slots__}
        plain["counts"], plain["dataset"] = self.summary.counts.plain(), self.summary.dataset.plain()
        plain["configuration"] = self.configuration
        plain["settings"] = self.settings.model_dump(mode="json")
        plain["finished"] = datetime.now(UTC).isoformat(timespec="seconds")
        path = self.layout.runs / f"{self.summary.run}.json"
        write_durably(path, json.dumps(plain, indent=1).encode(), self.layout.tmp)


@contextmanager
def open_run(sources: Sequence[str], out: str | os.PathLike[str], settings: Settings) -> Iterator[Run]:
    """Find the sources, lock the dataset, finish what a killed run left, and plan.

    Raises SourceError, ConfigurationError, and DatasetError if another run holds the dataset or it is damaged.
    """
    layout = Layout.at(out)
    Cleaning.checked(settings)  # settings, rules or weights that are wrong stop the run before anything is touched
    files = readers.discover(sources, reader_options(settings))
    keep_apart(layout, sources, files)
    with locked(layout, "cleancopy run"):
        resumed = publish.recover(layout)
        _sweep(layout)
        plan = Plan(layout)
        changes = plan.update(
            files,
            lambda file: readers.split(file, settings.run.shard_bytes),
            shard_bytes=settings.run.shard_bytes,
            shard_files=settings.run.shard_files,
            replace_changed=settings.input.on_changed == "replace",
            is_gone=is_gone if settings.input.on_missing == "remove" else None,
        )
        remember(layout, settings)
        run = Run(layout, settings, plan)
        run.plan_cleaning({file.uri for file in files}, changes)
        run.summary.resumed = resumed
        yield run


def keep_apart(layout: Layout, sources: Sequence[str], files: Sequence[SourceFile]) -> None:
    """Raise ConfigurationError if a run over the sources, now or the next time, would read what it has written."""
    root = layout.root.resolve()
    within = (f"file://{layout.root}/", f"file://{root}/")
    inside = next((file.uri for file in files if file.uri.startswith(within)), None)
    if inside is not None:
        raise ConfigurationError(f"{inside} lies in the dataset {root}, which is written; name other sources")
    for source in sources:
        folder = Path(source).expanduser().resolve()
        if "://" in source or not folder.is_dir() or not root.is_relative_to(folder):
            continue
        if not any(is_hidden(step) for step in root.relative_to(folder).parts):
            raise ConfigurationError(
                f"{root}: the dataset would lie in its source {source}, and the next run would read it; name a folder "
                "outside, or a glob of the files that are meant"
            )


@contextmanager
def open_replay(out: str | os.PathLike[str], settings: Settings) -> Iterator[Run]:
    """A run over the rejects of a dataset alone.

    Raises ConfigurationError if there is none, DatasetError if another run holds it.
    """
    layout = Layout.at(out)
    layout.require()
    Cleaning.checked(settings)
    with locked(layout, "cleancopy replay"):
        resumed = publish.recover(layout)
        _sweep(layout)
        remember(layout, settings)
        run = Run(layout, settings, Plan(layout))
        run.plan_replay()
        run.summary.resumed = resumed
        yield run


def compact(out: str | os.PathLike[str], settings: Settings) -> tuple[int, int]:
    """Put small files together, up to `output.file_bytes`; gives back how many files there were and are."""
    layout = Layout.at(out)
    layout.require()
    now = configuration(settings)
    with locked(layout, "cleancopy compact"):
        publish.recover(layout)
        _sweep(layout)
        shutil.rmtree(layout.staged / "packed", ignore_errors=True)
        return publish.compact(layout, Provenance(now["fingerprint"], now["version"]), shape(settings))


def _sweep(layout: Layout) -> None:
    """Take away what killed workers left, but not their traces: those say what killed them."""
    for path in layout.tmp.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.suffix not in (".trace", ".suspects"):
            path.unlink(missing_ok=True)
