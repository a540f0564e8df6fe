"""A run: plan → shards → receipts → publication. The flow and `cleancopy run --direct` are both thin over it.

A run opens the dataset (lock, unfinished publication, plan), has its shards cleaned by whoever drives it, and finishes:
counts are checked, limits are applied, and only then does anything appear in the dataset.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cleancopy import readers
from cleancopy.assembly import reader_options
from cleancopy.census.store import Templates
from cleancopy.cleaning import Cleaning, given_census
from cleancopy.dataset import examples, publish
from cleancopy.dataset.census import is_outdated, sweep
from cleancopy.dataset.duplicates import Figures
from cleancopy.dataset.layout import Layout, sealed, write_durably
from cleancopy.dataset.lock import locked
from cleancopy.dataset.receipts import Counts, Receipt, is_whole, recorded, staged, total
from cleancopy.dataset.sinks import SINKS, format_of
from cleancopy.duplicates import originals
from cleancopy.duplicates.refresh import refresh
from cleancopy.errors import (
    CleancopyError,
    ConfigurationError,
    ConservationError,
    DatasetError,
    WorkerDied,
)
from cleancopy.readers import SourceFile, credentials
from cleancopy.readers.source import is_hidden
from cleancopy.runs.census import Census
from cleancopy.runs.executors import Executor, make
from cleancopy.runs.log import RunLog
from cleancopy.runs.plan import Changes, Shard, expansion, target_bytes, units
from cleancopy.runs.shard import census_id, clean_shard, replay_shard, shape
from cleancopy.runs.staleness import configuration, is_current, is_gone, remember, why_stale
from cleancopy.runs.trace import under_way
from cleancopy.schema import Provenance
from cleancopy.settings import Settings

MAX_SLOTS = 1024
"""Shards in flight at most; each is a thread that waits."""


SHOWN_REASONS = 6
"""Reasons of rejects that the message of a run that ends without publishing gives an example of."""


class RunAborted(CleancopyError):
    """The run stopped before publishing; the dataset is as it was, and what was cleaned is kept for the next run."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    bytes, bytes_total: of sources as they are stored, in finished shards and in all that are to be cleaned.
    records: cleaned so far, also in shards that are not finished. counts: of finished shards.
    """

    shards: int
    shards_total: int
    bytes: int
    bytes_total: int
    records: int
    counts: Counts
    seconds: float

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.bytes / self.bytes_total if self.bytes_total else self.shards / max(1, self.shards_total)


listener: ContextVar[Callable[[Callable[[], Progress]], None] | None] = ContextVar("listener", default=None)
"""Who shows how far a run of this context is: the command line. Given what to ask for it, first at the start."""


@dataclass(slots=True)
class Summary:
    """What a run did. `counts`: of this run. `dataset`: of all that is published. `wrote`: the shards it put in.

    rejects: reason → the first of the run's rejects with it.
    """

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
    rejects: dict[str, examples.Example] = field(default_factory=dict)
    stages: Counter[str] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    duplicates: dict[str, int] = field(default_factory=dict)
    resumed: bool = False

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {**values, "counts": self.counts.plain(), "dataset": self.dataset.plain()}


class Run:
    """An open run over a locked dataset. Made by `open_run`.

    todo:   shards that must be cleaned, in the order of the plan.
    ready:  shards that an earlier run has cleaned but not published.
    """

    def __init__(self, layout: Layout, settings: Settings) -> None:
        self.layout = layout
        self.settings = settings
        self.configuration = configuration(settings)
        self.todo: list[Shard] = []
        self.ready: list[Shard] = []
        self.receipts: dict[str, Receipt] = {}
        self.failures: dict[str, str] = {}
        self.started = time.monotonic()
        self._began = time.time()
        now = datetime.now(UTC)
        self.summary = Summary(f"{now:%Y%m%dT%H%M%S%f}-{os.getpid()}", str(layout.root))
        self.log = RunLog(layout.runs / f"{self.summary.run}.jsonl")
        self._old = recorded(layout)
        self._broken = {shard for shard, receipt in self._old.items() if not is_whole(receipt, layout.root)}
        self._units: list[tuple[list[Shard], dict[str, list[str]]]] = []
        self._standing: set[str] = set()
        self._outdated: set[str] = set()
        self._gone: list[str] = []
        self._work: Callable[..., Receipt] = clean_shard
        self._files: Sequence[SourceFile] = ()
        given = given_census(settings)
        self._known = Census(layout, settings, self.configuration) if settings.census.enabled and not given else None
        self.census: Path | None = self._known.templates if self._known is not None else given

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
                    census=self.census,
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
        return total(self._old.values())

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
            tell(self.progress)

    def progress(self) -> Progress:
        """Safe in any thread."""
        bytes_ = {shard.id: shard.bytes for shard in self.todo}
        finished = [shard for shard in bytes_ if shard in self.receipts or shard in self.failures]
        flying = bytes_.keys() - set(finished)
        return Progress(
            len(finished),
            len(self.todo),
            sum(bytes_[shard] for shard in finished),
            sum(bytes_.values()),
            self.summary.counts.records + under_way(self.layout, flying, self._began),
            self.summary.counts,
            time.monotonic() - self.started,
        )

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
            summary.rejects = examples.first_rejects(
                (self.layout.staged / shard, receipt) for shard, receipt in self.receipts.items()
            )
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
                ranked = [reason for reason, _ in summary.counts.rejected.most_common()]
                reasons = ", ".join(f"{reason} {summary.counts.rejected[reason]:,}" for reason in ranked[:3])
                first = "".join(f"\n  {line}" for line in examples.words(summary.rejects, ranked[:SHOWN_REASONS]))
                rest = (
                    "To publish what was cleaned, run again with --set run.max_rejected_share=1"
                    if summary.counts.articles
                    else "The input or the settings are not what they should be"
                )
                raise RunAborted(
                    f"{share:.0%} of {judged:,} records were rejected (run.max_rejected_share = "
                    f"{limits.max_rejected_share:g}): {reasons}; nothing was published. {rest}. "
                    f"The first of each reason:{first}"
                )
            shards, holders = self._finished()
            provenance = Provenance(self.configuration["fingerprint"], self.configuration["version"])
            if self._known is not None:
                # First: a census that rows have been cleaned with is known whenever the rows are there.
                self._known.publish()
            publish.publish(self.layout, shards, holders, provenance, shape(self.settings))
            summary.published, summary.wrote = True, shards
            _sweep(self.layout)
            sweep(self.layout)
            if self.settings.dedup.enabled:
                summary.duplicates = asdict(find_duplicates(self.layout, self.settings))
        finally:
            summary.seconds = round(time.monotonic() - self.started, 3)
            summary.dataset = total(recorded(self.layout).values())
            self.log.say(
                "published" if summary.published else "not published",
                shards=dict(summary.shards),
                articles=summary.dataset.articles,
                rejected=summary.dataset.rejected.total(),
                seconds=summary.seconds,
            )
            self._report()
        return summary

    def plan_cleaning(self, files: Sequence[SourceFile]) -> None:
        """Choose what is to be cleaned: of `files`, those that the dataset does not hold as they would be cleaned now.

        All that it holds of other sources stays where it is, and so does what it holds of these until the shards that
        replace it are finished. Raises TransientError where a store does not say whether a source is still there.
        """
        self._files = files
        self._plan(files, {})
        if self._known is None or not self.todo:
            self._clear()
        self._say_planned()

    def take_census(self, executor: Executor) -> None:
        """Count what is to be cleaned, and plan anew: with what is known now, other shards may be out of date."""
        if self._known is None or self._work is not clean_shard or not self.todo:
            return
        self._known.count(executor, [*self.todo, *self.ready], self.log.say)
        self.census = self._known.templates
        ids = {} if self.census is None else Templates(self.census).ids()
        self._plan(self._files, ids)
        self._clear()
        self._say_planned()

    def _plan(self, files: Sequence[SourceFile], ids: Mapping[str, str]) -> None:
        """Choose, where some templates are known: site → id."""
        self.todo, self.ready, self.receipts, self._units, self._standing = [], [], {}, [], set()
        self.summary.shards, self.summary.stale, self.summary.counts = Counter(), Counter(), Counts()
        growth = self.settings.census.growth
        self._outdated = {shard for shard, old in self._old.items() if ids and is_outdated(old, ids, growth)}
        changes, held = Changes(), self._held()
        discovered = {file.uri: file for file in files}
        if self.settings.input.on_missing == "remove":
            changes.missing = [uri for uri in held if uri not in discovered and is_gone(uri)]
        wanted = [file for file in files if self._is_wanted(file, held.get(file.uri, ()), changes)]
        moving = self._movable({*changes.missing, *(file.uri for file in wanted)})
        self._gone = [uri for uri in changes.missing if uri in moving]
        self._choose([file for file in wanted if file.uri in moving])
        self._count_standing(discovered, moving)
        for shard in self.todo:
            self.summary.stale.update(self._reasons(shard, held, set(changes.changed)))
        grown = [shard for shard in self._outdated if moving.intersection(self._old[shard].inputs)]
        self.summary.stale.update(["census grew"] * len(grown))
        self.summary.changes = {name: len(each) for name, each in asdict(changes).items() if each}

    def _held(self) -> dict[str, list[Receipt]]:
        """Source → the receipts of what has been cleaned of it."""
        held: dict[str, list[Receipt]] = {}
        for receipt in self._old.values():
            for uri in receipt.inputs:
                held.setdefault(uri, []).append(receipt)
        return held

    def _reasons(self, shard: Shard, held: Mapping[str, Sequence[Receipt]], changed: Collection[str]) -> set[str]:
        """Why what there is of the shard's sources is cleaned again."""
        before = {receipt.shard: receipt for uri in shard.fingerprints for receipt in held.get(uri, ())}
        reasons = {why for receipt in before.values() for why in why_stale(receipt, self.configuration, self.layout)}
        return reasons if shard.fingerprints.keys().isdisjoint(changed) else {*reasons, "sources changed"}

    def _is_wanted(self, file: SourceFile, receipts: Sequence[Receipt], changes: Changes) -> bool:
        """Whether a source is new, has changed and is to be replaced, or would be cleaned in another way now."""
        if not receipts:
            changes.added.append(file.uri)
            return True
        if any(receipt.inputs[file.uri].fingerprint != file.fingerprint for receipt in receipts):
            if self.settings.input.on_changed == "keep":
                return False
            changes.changed.append(file.uri)
            return True
        return any(
            receipt.configuration != self.configuration or receipt.shard in self._broken | self._outdated
            for receipt in receipts
        )

    def _movable(self, wanted: Collection[str]) -> set[str]:
        """Of the sources that are to be replaced or to go, those that can.

        What stays cannot be carried over out of a shard whose files are missing: then none of its sources moves.
        """
        moving = set(wanted)
        while stuck := {
            uri
            for shard in self._broken
            if not moving.issuperset(self._old[shard].inputs)
            for uri in self._old[shard].inputs
            if uri in moving
        }:
            moving -= stuck
        return moving

    def _choose(self, files: Sequence[SourceFile]) -> None:
        """Plan the shards of the files that are to be cleaned, and tell apart those that are finished already."""
        limits = self.settings.run
        target = target_bytes(files, limits.shard_bytes)
        parts = {file.uri: readers.split(file, max(1, target // expansion(file))) for file in files}
        fingerprints = {file.uri: file.fingerprint for file in files}
        waiting: dict[str, Receipt] = {}
        for folder in sorted(self.layout.staged.iterdir()):
            receipt = staged(self.layout, folder.name, reread=True)
            if receipt is not None and self._is_of_now(receipt):
                waiting[receipt.shard] = receipt
        standing = [
            Shard.again(receipt)
            for receipt in waiting.values()
            if all(
                fingerprints.get(uri) == each.fingerprint and each.parts == tuple(parts[uri]) and each.pieces == 1
                for uri, each in receipt.inputs.items()
            )
        ]
        for unit in units(files, parts, standing, target, limits.shard_files):
            holders: dict[str, list[str]] = {}
            for shard in unit:
                for uri in shard.fingerprints:
                    holders.setdefault(uri, []).append(shard.id)
                self._sort(shard, waiting.get(shard.id))
            self._units.append((unit, holders))

    def _sort(self, shard: Shard, waiting: Receipt | None) -> None:
        old = self._old.get(shard.id)
        spoilt = self._broken | self._outdated
        if old is not None and shard.id not in spoilt and is_current(old, shard, self.configuration):
            self._standing.add(shard.id)
            self.summary.shards["done"] += 1
        elif waiting is not None and is_current(waiting, shard, self.configuration):
            self.summary.shards["ready"] += 1
            self.ready.append(shard)
            self.receipts[shard.id] = waiting
            self.summary.counts.add(waiting.counts)
        else:
            self.todo.append(shard)

    def _is_of_now(self, receipt: Receipt) -> bool:
        """Whether a staged shard was cleaned as it would be now, with the census that is known."""
        return receipt.configuration == self.configuration and receipt.census == census_id(self.census)

    def _count_standing(self, discovered: Mapping[str, SourceFile], moving: set[str]) -> None:
        """Count the shards that stay whole, by why."""
        for shard, receipt in self._old.items():
            given = receipt.inputs.keys() & discovered.keys()
            if shard in self._broken and not moving.issuperset(receipt.inputs):
                self.summary.shards["damaged"] += 1
                self.log.say("damaged", shard=shard, sources=sorted(receipt.inputs))
            elif not receipt.inputs.keys().isdisjoint(moving):
                continue  # it is replaced, or cut
            elif not given:
                self.summary.shards["other sources"] += 1
            elif any(receipt.inputs[uri].fingerprint != discovered[uri].fingerprint for uri in given):
                self.summary.shards["kept"] += 1
            else:
                self.summary.shards["done"] += 1

    def _finished(self) -> tuple[list[str], dict[str, Collection[str]]]:
        """The shards that can be published, and which shards hold each of their sources from now on.

        Where a shard has failed, its whole unit stays as it was: of a file either all parts are published or none.
        """
        shards: list[str] = []
        holders: dict[str, Collection[str]] = dict.fromkeys(self._gone, ())
        for unit, held_by in self._units:
            if all(shard.id in self.receipts or shard.id in self._standing for shard in unit):
                shards += [shard.id for shard in unit if shard.id in self.receipts]
                holders |= held_by
        return shards, holders

    def _clear(self) -> None:
        """Take away what a killed run has left and this one does not need."""
        current = {shard.id for shard in self.ready}
        for folder in self.layout.staged.iterdir():
            if folder.name not in current:
                shutil.rmtree(folder)
        suspected = {shard.id for shard in self.todo}
        for path in self.layout.tmp.iterdir():
            if path.stem not in suspected:  # killed between the end of its work and the end of its trace
                path.unlink(missing_ok=True)

    def plan_replay(self) -> None:
        """Choose the shards that have rejects; of those, only the rejects are cleaned again."""
        self._work = replay_shard
        self.todo = [Shard.again(receipt) for receipt in self._old.values() if receipt.counts.rejected]
        self._units = [([shard], {}) for shard in self.todo]  # its sources stay in the shards that hold them
        self._clear()
        self._say_planned()

    def _say_planned(self) -> None:
        summary = self.summary
        found = {"shards": dict(summary.shards), "stale": dict(summary.stale), "changes": summary.changes}
        self.log.say("planned", todo=len(self.todo), configuration=self.configuration, **found)

    def _report(self) -> None:
        plain = self.summary.plain()
        plain["configuration"] = self.configuration
        plain["settings"] = self.settings.model_dump(mode="json")
        plain["finished"] = datetime.now(UTC).isoformat(timespec="seconds")
        path = self.layout.runs / f"{self.summary.run}.json"
        write_durably(path, sealed(plain), self.layout.tmp)


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
        resumed = publish.prepare(layout)
        keep_format(layout, settings)
        _sweep(layout)
        remember(layout, settings)
        run = Run(layout, settings)
        run.plan_cleaning(files)
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


def keep_format(layout: Layout, settings: Settings) -> None:
    """Raise ConfigurationError if the settings name another format than the dataset is of."""
    wanted, there = settings.output.format, format_of(layout)
    if there is not None and there != wanted:
        raise ConfigurationError(
            f"{layout.root} is a dataset in {SINKS[there].title}, and output.format is {wanted}; go on with "
            f"--set output.format={there}, or name another folder for one in {SINKS[wanted].title}"
        )


def in_format_of(layout: Layout, settings: Settings) -> Settings:
    """The settings with the format that the dataset is of: for what adds to it and makes nothing anew."""
    there = format_of(layout) or settings.output.format
    return settings.model_copy(update={"output": settings.output.model_copy(update={"format": there})})


@contextmanager
def open_replay(out: str | os.PathLike[str], settings: Settings) -> Iterator[Run]:
    """A run over the rejects of a dataset alone.

    Raises ConfigurationError if there is none, DatasetError if another run holds it.
    """
    layout = Layout.at(out)
    layout.require()
    Cleaning.checked(settings)
    with locked(layout, "cleancopy replay"):
        resumed = publish.prepare(layout)
        settings = in_format_of(layout, settings)
        _sweep(layout)
        remember(layout, settings)
        run = Run(layout, settings)
        run.plan_replay()
        run.summary.resumed = resumed
        yield run


def compact(out: str | os.PathLike[str], settings: Settings) -> tuple[int, int]:
    """Put small files together, up to `output.file_bytes`; gives back how many files there were and are."""
    layout = Layout.at(out)
    layout.require()
    now = configuration(settings)
    with locked(layout, "cleancopy compact"):
        publish.prepare(layout)
        _sweep(layout)
        written = shape(in_format_of(layout, settings))
        return publish.compact(layout, Provenance(now["fingerprint"], now["version"]), written)


def duplicates(out: str | os.PathLike[str], settings: Settings) -> Figures:
    """Find the near-duplicates among the articles of a dataset; gives back what its table `duplicates` says.

    Raises ConfigurationError if there is no dataset, DatasetError if another run holds it or it is damaged.
    """
    layout = Layout.at(out)
    layout.require()
    with locked(layout, "cleancopy duplicates"):
        publish.prepare(layout)
        _sweep(layout)
        return find_duplicates(layout, settings)


def find_duplicates(layout: Layout, settings: Settings) -> Figures:
    """Bring the table `duplicates` of a locked dataset up to date, and what `dedup.keep` asks for."""
    figures = refresh(layout, settings.dedup.similarity, lambda: make(settings))
    if settings.dedup.keep == "original":
        now = configuration(settings)
        provenance = Provenance(now["fingerprint"], now["version"])
        written = shape(in_format_of(layout, settings))
        originals.refresh(layout, written, provenance, lambda: make(settings))
    return figures


def _sweep(layout: Layout) -> None:
    """Take away what killed workers left, but not their traces: those say what killed them."""
    for path in layout.tmp.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.suffix not in (".trace", ".suspects"):
            path.unlink(missing_ok=True)
