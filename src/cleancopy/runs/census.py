"""The census of a run: count first, then clean. What is known of each site, from this run's sources and those before.

    scan     every shard that is to be cleaned: which addresses it has, by site. Reading alone.
    choose   of each site with pages enough, those whose lines count: a sample that depends on no order.
    count    the lines of the chosen pages that nobody has counted yet.
    learn    a template for each site. One that is there stays until the site has `census.growth` times its pages.

A run that was killed counts again, and comes to the same.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from cleancopy.census.samples import Page, known
from cleancopy.census.store import Templates, read_samples, read_together, write_samples, write_templates
from cleancopy.census.template import LEAST_PAGES, Template, learn
from cleancopy.dataset.census import Note, current
from cleancopy.dataset.layout import Layout, sealed, sync_file, write_durably
from cleancopy.errors import CleancopyError, DatasetError, TransientError, WorkerDied
from cleancopy.readers import credentials
from cleancopy.runs.counting import count_shard, scan_shard
from cleancopy.runs.executors import Executor
from cleancopy.runs.plan import Shard
from cleancopy.settings import Settings


class Census:
    """What a dataset knows of its sites; at first what the runs before have published."""

    def __init__(self, layout: Layout, settings: Settings, configuration: Mapping[str, str]) -> None:
        self._layout = layout
        self._settings = settings
        self._counted = _counted(settings, configuration)
        note = current(layout)
        self._note = note if note is not None and note.counted == self._counted else None

    @property
    def templates(self) -> Path | None:
        """The file that workers look sites up in; None where nothing is known of any."""
        return None if self._note is None else self._layout.census / self._note.templates

    @property
    def id(self) -> str:
        """What tells it from any other census; empty where there is none."""
        return "" if self._note is None else Path(self._note.templates).stem

    def count(self, executor: Executor, shards: Sequence[Shard], say: Callable[..., None]) -> None:
        """Add the pages of these shards. Shards that cannot be read are left to cleaning, which says why."""
        started = time.monotonic()
        with _written(self._layout), _scratch(self._layout) as scratch:
            scanned = self._each(executor, shards, scan_shard, lambda shard: scratch / f"scan-{shard.id}.arrow", say)
            old = [] if self._note is None else [self._layout.census / self._note.samples]
            most = self._settings.census.pages
            wanted = _wanted(read_together([*old, *scanned.values()], most, scratch))
            asked = [shard for shard in shards if shard.id in scanned and _ask(scanned[shard.id], wanted)]
            asks = {shard.id: _wanted_file(scanned[shard.id]) for shard in asked}
            done = self._each(
                executor, asked, count_shard, lambda shard: scratch / f"count-{shard.id}.arrow", say, asks
            )
            samples, templates = scratch / "samples.arrow", scratch / "templates.arrow"
            files = [*old, *scanned.values(), *done.values()]
            write_samples(samples, read_together(files, most, scratch))
            write_templates(templates, self._learned(read_samples(samples)))
            self._note = Note(self._counted, self._keep(templates, "templates"), self._keep(samples, "samples"))
        found = Templates(self._layout.census / self._note.templates).ids()
        say("counted", shards=len(shards), read_twice=len(asked), sites=len(found), seconds=time.monotonic() - started)

    def _learned(self, sites: Iterator[tuple[str, list[Page]]]) -> Iterator[Template]:
        """The templates of the sites: those there are while the site has not grown enough, the others anew."""
        before = None if self.templates is None else Templates(self.templates)
        settings = self._settings.census
        for site, sample in sites:
            count = known(sample, settings.pages)
            old = None if before is None else before.of(site)
            if old is not None and (count < settings.growth * old[0].known or count == old[0].known):
                yield old[0]
                continue
            pages = [(page, lines) for page, lines in sample if lines is not None]
            template = learn(site, count, pages)
            if template is not None:
                yield template

    def _keep(self, path: Path, kind: str) -> str:
        """Put a finished file among those of the census, by its content; its name there."""
        name = f"{_digest(path)}.{kind}"
        self._layout.census.mkdir(exist_ok=True)
        sync_file(path)
        path.replace(self._layout.census / name)
        return name

    def publish(self) -> None:
        """Make it the dataset's."""
        if self._note is not None:
            write_durably(self._layout.census_note, sealed(asdict(self._note)), self._layout.tmp)

    def _each(
        self,
        executor: Executor,
        shards: Sequence[Shard],
        work: Callable[..., None],
        out: Callable[[Shard], Path],
        say: Callable[..., None],
        asked: Mapping[str, Path] = MappingProxyType({}),
    ) -> dict[str, Path]:
        """Have each shard worked on; the files of those that were. asked: shard → a file that says what is wanted."""

        def attempt(shard: Shard) -> Path | None:
            path = out(shard)
            try:
                for last in (False, False, True):
                    try:
                        known_to_all = credentials.of(shard.fingerprints)
                        more = (asked[shard.id],) if asked else ()
                        given = (shard, self._settings, *more, path)
                        executor.call(credentials.lend, known_to_all, work, *given, isolated=executor.isolated)
                        return path
                    except (TransientError, WorkerDied):
                        if last:
                            raise
            except CleancopyError as error:
                say("not counted", shard=shard.id, error=str(error))
            return None

        with ThreadPoolExecutor(max(1, executor.slots)) as threads:
            found = dict(zip((shard.id for shard in shards), threads.map(attempt, shards), strict=True))
        return {shard: path for shard, path in found.items() if path is not None}


def _wanted(sites: Iterator[tuple[str, list[Page]]]) -> dict[str, NDArray[np.uint64]]:
    """Of sites with pages enough, those of the sample that nobody has counted. Takes 8 bytes a page, and 200 a site."""
    found = {}
    for site, sample in sites:
        missing = [page for page, lines in sample if lines is None]
        if len(sample) >= LEAST_PAGES and missing:
            found[site] = np.array(missing, np.uint64)
    return found


def _ask(scanned: Path, wanted: Mapping[str, NDArray[np.uint64]]) -> bool:
    """Whether a shard has pages that are wanted; if so they are written beside its addresses."""
    nothing = np.zeros(0, np.uint64)
    kept = [
        (site, [(page, None) for page, _ in pages if np.uint64(page) in wanted.get(site, nothing)])
        for site, pages in read_samples(scanned)
        if site in wanted
    ]
    asked = [(site, pages) for site, pages in kept if pages]
    if asked:
        write_samples(_wanted_file(scanned), asked)
    return bool(asked)


def _wanted_file(scanned: Path) -> Path:
    return scanned.with_suffix(".wanted")


def _counted(settings: Settings, configuration: Mapping[str, str]) -> str:
    """What decides what is counted: another version, other ways to read, another size of the samples."""
    parts = {
        "pages": settings.census.pages,
        "input": settings.deciding()["input"],
        **{name: configuration[name] for name in ("code", "libraries", "version")},
    }
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=8).hexdigest()


def _digest(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=8)
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


@contextmanager
def _written(layout: Layout) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DatasetError(
            f"cannot write the census of {layout.root}: {error.strerror or error}; make room and run again"
        ) from error


@contextmanager
def _scratch(layout: Layout) -> Iterator[Path]:
    folder = layout.tmp / "census"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
