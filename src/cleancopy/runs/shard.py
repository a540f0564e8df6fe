"""One shard: read, clean in batches, write, receipt. Everything that a task of the flow calls, without Prefect.

Memory is bounded whatever the size of the input: one batch of documents and one row group a dataset are held at a time.
"""

from __future__ import annotations

import gc
import heapq
import os
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cleancopy import readers
from cleancopy.assembly import reader_options
from cleancopy.census.pages import site_of
from cleancopy.cleaner import Cleaned
from cleancopy.cleaning import Cleaning, surprise
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.receipts import SLOWEST, Counts, File, Input, Receipt, Slow, added, published, staged
from cleancopy.dataset.rejects import Rejects, article_keys
from cleancopy.dataset.sinks import SINKS
from cleancopy.dataset.writer import Shape, ShardWriter, counted
from cleancopy.errors import CleancopyError, RecordError, ShardError, SourceError
from cleancopy.model import Document, Record, Reject
from cleancopy.readers import Part, credentials
from cleancopy.runs.isolate import Isolation
from cleancopy.runs.plan import Shard
from cleancopy.runs.staleness import is_current
from cleancopy.runs.trace import Suspects, Trace, traced
from cleancopy.runs.watchdog import Watchdog
from cleancopy.schema import Provenance, RejectRow, Row, metadata_json
from cleancopy.settings import Settings

_ONE_AT_A_TIME = threading.Lock()
"""The watchdog is one a process; where a scheduler runs several tasks in threads, shards take turns."""

_SLOT_BYTES = 512
"""What an item costs besides its text, so that a batch of very short ones is bounded too."""
_HTML_SHARE = 8
"""A page in HTML counts by its lines, as those are what is decided at once, but by an eighth of its source at least,
which is held with it.
"""


def clean_shard(
    shard: Shard,
    settings: Settings,
    configuration: dict[str, str],
    root: Path,
    *,
    census: Path | None = None,
    isolated: bool,
    worker_died: bool = False,
) -> Receipt:
    """Clean one shard and stage its files. Gives back its receipt; a shard that is staged already is not done again.

    `census`: the file with the templates of its sites, if there is one.
    `isolated`: this process may be given up for a record that hangs, as a worker's may.
    `worker_died`: an earlier attempt of the same run took its worker down.
    Raises TransientError (try again), DatasetError (disk), ConservationError, ShardError.
    """
    layout = Layout(root)
    with _ONE_AT_A_TIME:
        standing = staged(layout, shard.id)
        if standing is not None and is_current(standing, shard, configuration) and standing.census == census_id(census):
            return standing
        layout.tmp.mkdir(parents=True, exist_ok=True)
        with traced(layout, shard.id, worker_died=worker_died) as (trace, suspects):
            if suspects.deaths > settings.run.max_deaths:
                raise ShardError(
                    f"shard {shard.id} took down {suspects.deaths} workers, more than run.max_deaths; "
                    f"its sources: {', '.join(sorted(shard.fingerprints))}"
                )
            return _Work(shard, settings, configuration, layout, trace, suspects, isolated, census).run()


def replay_shard(
    shard: Shard,
    settings: Settings,
    configuration: dict[str, str],
    root: Path,
    *,
    census: Path | None = None,
    isolated: bool,
    worker_died: bool = False,
) -> Receipt:
    """Clean the shard's rejects again, from its sources, and stage what becomes of them beside its other files.

    Of a source that is as it was, all that is no article yet is tried: where reading ended early, what stood behind has
    no reject of its own. Of one that has changed, only what lies where a reject was. Raises what `clean_shard` raises.
    """
    layout = Layout(root)
    with _ONE_AT_A_TIME:
        old = published(layout, shard.id)
        if old is None:
            raise ShardError(f"shard {shard.id}: its files are not as its receipt says; run again instead of replaying")
        with traced(layout, shard.id, worker_died=worker_died) as (trace, suspects):
            return _Replay(old, shard, settings, configuration, layout, trace, suspects, isolated, census).run()


def census_id(census: Path | None) -> str:
    """The id of the census in a file, which is named after it; empty without one."""
    return "" if census is None else census.stem


def shape(settings: Settings) -> Shape:
    """How the settings want files to be laid out."""
    output = settings.output
    return Shape(
        output.format,
        output.partition_by,
        output.row_group_bytes,
        output.file_bytes,
        min(output.compression_level, SINKS[output.format].levels),
        settings.limits.payload_bytes,
    )


class _Work:
    def __init__(
        self,
        shard: Shard,
        settings: Settings,
        configuration: dict[str, str],
        layout: Layout,
        trace: Trace,
        suspects: Suspects,
        isolated: bool,
        census: Path | None,
        tag: str = "",
    ) -> None:
        self._shard = shard
        self._settings = settings
        self._configuration = configuration
        self._trace = trace
        self._suspects = suspects
        self._isolated = isolated
        self._watchdog = Watchdog(settings.limits.record_seconds if isolated else None)
        self._cleaning = Cleaning.of(settings, census)
        self._census = census
        if isolated and not gc.get_freeze_count():
            # What a worker has loaded lives as long as it does: the garbage collector need not walk it again.
            gc.freeze()
        self._isolation = Isolation(settings, census)
        self._counts = {uri: Counts() for uri in shard.fingerprints}
        self._sites = {uri: Counter[str]() for uri in shard.fingerprints}
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._lap = 0.0
        self._slowest: list[tuple[float, int, Slow]] = []
        provenance = Provenance(configuration["fingerprint"], configuration["version"])
        self._writer = ShardWriter(layout, shard.id, provenance, shape(settings), tag)
        self._slots: list[_Slot] = []
        self._held_bytes = 0

    def run(self) -> Receipt:
        """Raises CleancopyError; a bug outside reading and cleaning becomes a ShardError, so that the run goes on."""
        try:
            with self._writer, self._watchdog:
                ordinal = 0
                for index, part in enumerate(self._shard.parts):
                    for item in self._items(index, part):
                        self._take(ordinal, item, part)
                        ordinal += 1
                self._flush()
                self._complete()
                with self._timed("write"):
                    files = self._writer.close()
                self._watchdog.rest()
                return self._writer.commit(self._receipt(files))
        except (CleancopyError, MemoryError):
            raise
        except Exception as error:
            failed = ShardError(surprise(error).detail)
            if credentials.hidden(str(error)) != str(error):
                raise failed from None  # logs show causes
            raise failed from error
        finally:
            self._isolation.close()

    def _complete(self) -> None:
        for counts in self._counts.values():
            counts.records += counts.skipped.total()

    def _receipt(self, files: tuple[File, ...]) -> Receipt:
        return Receipt(
            self._shard.id,
            {uri: self._input(uri) for uri in self._shard.fingerprints},
            self._configuration,
            added(self._counts.values()),
            {stage: round(seconds, 3) for stage, seconds in sorted(self._seconds.items())},
            files,
            tuple(slow for _, _, slow in sorted(self._slowest, reverse=True)),
            census=census_id(self._census),
        )

    def _input(self, uri: str) -> Input:
        parts = tuple(part for part in self._shard.parts if part.uri == uri)
        sites = {site: (pages, self._template(site)) for site, pages in sorted(self._sites[uri].items())}
        return Input(self._shard.fingerprints[uri], parts, self._shard.pieces, self._counts[uri], sites)

    def _template(self, site: str) -> str:
        templates = self._cleaning.census
        found = None if templates is None else templates.of(site)
        return "" if found is None else found[1]

    def _items(self, index: int, part: Part) -> Iterator[Record | Reject]:
        """The part's records and rejects; where reading itself kills, what could be read and then one reject."""
        stop = self._unreadable_from(index, part)
        items = self._cleaning.read(part, self._counts[part.uri].skipped, planned=self._planned(part.uri))
        number = 0
        behind = part.start
        while stop is None or number < stop[0]:
            self._trace.reading(index, number)
            self._watchdog.step()
            try:
                with self._timed("read"):
                    item = next(items, None)
            except MemoryError:
                if self._isolated:
                    os._exit(1)  # a worker that dies of it: the next attempt looks at this item alone
                raise
            except CleancopyError:
                raise
            except Exception as error:  # noqa: BLE001 - becomes a reject that names it; rejects are counted and limited
                stop = number, surprise(error)
                break
            if item is None:
                return
            yield item
            number += 1
            behind = item.position + 1
        _, why = stop
        yield Reject(part.uri, behind, why.reason, f"{why.detail}; the rest of this part was not read", b"")

    def _planned(self, uri: str) -> str | None:
        """The fingerprint that a source must have while it is read."""
        return self._shard.fingerprints[uri]

    def _unreadable_from(self, index: int, part: Part) -> tuple[int, RecordError] | None:
        for item in sorted(item for suspect, item in self._suspects.reading if suspect == index):
            self._watchdog.rest()
            error = self._isolation.read(part, item)
            if error is not None:
                return item, error
        return None

    def _take(self, ordinal: int, item: Record | Reject, part: Part) -> None:
        counts = self._counts[part.uri]
        counts.records += 1
        if isinstance(item, Reject):
            size = len(item.payload)
            self._slots.append(_Slot(ordinal, part, None, None, item, self._lap))
        else:
            size = len((item.text if item.html is None else item.html) or "")
            counts.bytes += size
            if self._cleaning.census is not None and (site := site_of(item.url)) is not None:
                self._sites[part.uri][site] += 1
            reading = self._lap
            metadata, outcome = None, self._parse(ordinal, item)
            if not isinstance(outcome, RecordError):
                try:
                    metadata = metadata_json(item.metadata)
                except Exception as error:  # noqa: BLE001 - becomes a reject that names it
                    outcome = surprise(error)
            # The text stays with its lines and the fields stay with their JSON.
            self._slots.append(_Slot(ordinal, part, item, metadata, outcome, reading + self._lap))
            if item.html is not None and isinstance(outcome, Document):
                size = max(sum(map(len, outcome.lines)), size // _HTML_SHARE)
            size += 2 * len(metadata or "")
        self._held_bytes += size + _SLOT_BYTES
        if self._held_bytes >= self._settings.run.batch_bytes:
            self._flush()

    def _parse(self, ordinal: int, record: Record) -> Document | Cleaned | RecordError:
        if ordinal in self._suspects.items:
            return self._alone(record)
        self._trace.cleaning(ordinal, ordinal)
        self._watchdog.step()
        with suppress(MemoryError), self._timed("parse"):
            return self._cleaning.document(record)
        return self._alone(record)

    def _alone(self, record: Record) -> Cleaned | RecordError:
        self._watchdog.rest()
        with self._timed("isolated"):
            return self._isolation.clean(record)

    def _flush(self) -> None:
        """Clean the documents that are held and write all that is held, in the order of the source."""
        slots, self._slots, self._held_bytes = self._slots, [], 0
        self._clean([slot for slot in slots if isinstance(slot.outcome, Document)])
        rows: list[Row] = []
        rejects: list[RejectRow] = []
        for slot in slots:
            outcome = slot.outcome
            if isinstance(outcome, Cleaned):
                assert slot.record is not None
                said = (outcome.document, outcome.decisions, outcome.article, outcome.signals)
                rows.append(Row(slot.record, slot.metadata, *said))
                continue
            if isinstance(outcome, RecordError):
                assert slot.record is not None
                outcome = _reject(slot.record, outcome)
            assert isinstance(outcome, Reject)
            rejects.append(RejectRow(outcome, slot.part.start, slot.part.stop))
            self._counts[slot.part.uri].rejected[outcome.reason] += 1
        for slot in slots:
            heapq.heappush(self._slowest, (slot.seconds, slot.ordinal, slot.slow()))
            if len(self._slowest) > SLOWEST:
                heapq.heappop(self._slowest)
        self._watchdog.rest()
        with self._timed("write"):
            if rejects:
                self._writer.reject(rejects)
            if rows:
                for uri, counts in self._writer.write(rows).items():
                    self._counts[uri].add(counts)

    def _clean(self, slots: list[_Slot]) -> None:
        if not slots:
            return
        self._trace.cleaning(slots[0].ordinal, slots[-1].ordinal)
        self._watchdog.step()
        documents = [slot.outcome for slot in slots if isinstance(slot.outcome, Document)]
        try:
            with self._timed("clean"):
                results = self._cleaning.clean(documents)
        except MemoryError:
            for slot in slots:
                assert slot.record is not None
                slot.outcome = self._alone(slot.record)
                slot.seconds += self._lap
            return
        a_line = self._lap / sum(len(document) + 1 for document in documents)
        for slot, document, result in zip(slots, documents, results, strict=True):
            slot.outcome = result
            slot.seconds += a_line * (len(document) + 1)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self._lap = time.perf_counter() - started
            self._seconds[stage] += self._lap


class _Replay(_Work):
    """The same work over those items alone that were rejected before."""

    def __init__(
        self,
        old: Receipt,
        shard: Shard,
        settings: Settings,
        configuration: dict[str, str],
        layout: Layout,
        trace: Trace,
        suspects: Suspects,
        isolated: bool,
        census: Path | None,
    ) -> None:
        number = len(old.replayed) + 1
        super().__init__(shard, settings, configuration, layout, trace, suspects, isolated, census, tag=f"-r{number}")
        self._old = old
        self._rejects = Rejects(layout, old)
        self._done = article_keys(layout, old)
        self._now = {uri: _fingerprint(uri, settings) for uri in old.fingerprints}
        self._same = {uri for uri, was in old.fingerprints.items() if self._now[uri] == was}
        self._tried = {key for key in self._rejects.keys if key[0] in self._same}

    def _planned(self, uri: str) -> str | None:
        return self._now[uri]

    def _take(self, ordinal: int, item: Record | Reject, part: Part) -> None:
        key = (item.source_uri, item.position)
        if key[0] in self._same:
            wanted = isinstance(item, Reject) or key not in self._done
        else:
            wanted = key in self._rejects.keys
        if wanted:
            self._tried.add(key)
            super()._take(ordinal, item, part)

    def _complete(self) -> None:
        """The counts of the whole shard: the old ones, without the rejects that were tried again, and the new ones."""
        kept = self._rejects.without(self._tried)
        self._writer.keep(kept)
        left = counted("rejected", kept, {})
        for uri, given in self._old.inputs.items():
            counts = Counts.of(given.counts.plain())
            reasons = left[uri].rejected if uri in left else Counter[str]()
            counts.records -= counts.rejected.total() - reasons.total()
            counts.rejected = reasons
            self._counts[uri].skipped.clear()  # they were counted when the shard was cleaned
            counts.add(self._counts[uri])
            self._counts[uri] = counts

    def _receipt(self, files: tuple[File, ...]) -> Receipt:
        receipt = super()._receipt(files)
        standing = tuple(file for file in self._old.files if file.dataset != "rejected")
        return replace(
            receipt,
            inputs={uri: replace(given, counts=self._counts[uri]) for uri, given in self._old.inputs.items()},
            configuration=self._old.configuration,
            census=self._old.census,
            files=standing + files,
            replayed=(*self._old.replayed, self._configuration["fingerprint"]),
        )


def _fingerprint(uri: str, settings: Settings) -> str | None:
    try:
        (file,) = readers.discover([uri], reader_options(settings))
    except SourceError:
        return None  # gone, as reading will say
    return file.fingerprint


@dataclass(slots=True)
class _Slot:
    """An item of the shard on its way: what has become of it so far."""

    ordinal: int
    part: Part
    record: Record | None
    metadata: str | None
    outcome: Document | Cleaned | RecordError | Reject
    seconds: float

    def slow(self) -> Slow:
        item = self.outcome if isinstance(self.outcome, Reject) else self.record
        assert item is not None
        return Slow(item.source_uri, item.position, item.source_id, round(self.seconds, 3))


def _reject(record: Record, error: RecordError) -> Reject:
    payload = (record.text if record.html is None else record.html) or ""
    return Reject(
        record.source_uri,
        record.position,
        error.reason,
        error.detail,
        payload.encode("utf-8", "surrogatepass"),
        record.source_id,
        record.url,
    )
