"""One shard for the census: whose pages it has, and the lines of those that are counted. What a worker does, without
cleaning: nothing that goes wrong with a record here matters, as cleaning will meet it again and say so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cleancopy.census.pages import counted, lines_of, page_of, site_of
from cleancopy.census.samples import Page, together
from cleancopy.census.store import read_samples, write_samples
from cleancopy.cleaning import Cleaning
from cleancopy.errors import CleancopyError
from cleancopy.model import Record
from cleancopy.runs.plan import Shard
from cleancopy.runs.watchdog import Watchdog
from cleancopy.settings import Settings


def scan_shard(shard: Shard, settings: Settings, out: Path, *, isolated: bool) -> None:
    """Write the addresses of the shard's pages by site, without their lines, to `out`. Raises what reading raises."""
    most = settings.census.pages
    sites: defaultdict[str, list[Page]] = defaultdict(list)
    for site, page, _ in _records(shard, settings, isolated=isolated):
        sites[site].append((page, None))
        if len(sites[site]) >= 2 * most:
            sites[site] = together(sites[site], most)
    write_samples(out, ((site, together(sites[site], most)) for site in sorted(sites)))


def count_shard(shard: Shard, settings: Settings, wanted: Path, out: Path, *, isolated: bool) -> None:
    """Write the lines of the pages in the file `wanted` to `out`. Raises what reading raises."""
    chosen = {site: {page for page, _ in pages} for site, pages in read_samples(wanted)}
    cleaning = Cleaning.of(settings)
    sites: defaultdict[str, list[Page]] = defaultdict(list)
    for site, page, record in _records(shard, settings, isolated=isolated):
        if page in chosen.get(site, ()):
            with suppress(MemoryError):
                lines = cleaning.lines(record)
                if lines:
                    sites[site].append((page, counted(lines_of(lines))))
    write_samples(out, ((site, together(sites[site], settings.census.pages)) for site in sorted(sites)))


def _records(shard: Shard, settings: Settings, *, isolated: bool) -> Iterator[tuple[str, int, Record]]:
    """The records that have an address, with their site and its number; a part is read as far as it can be."""
    cleaning = Cleaning.of(settings)
    with Watchdog(settings.limits.record_seconds if isolated else None) as watchdog:
        for part in shard.parts:
            items = cleaning.read(part, Counter(), planned=shard.fingerprints[part.uri])
            while True:
                watchdog.step()
                try:
                    item = next(items, None)
                except CleancopyError:
                    raise
                except Exception:  # noqa: BLE001 - reading it again for cleaning makes it a reject that says so
                    break
                if item is None:
                    break
                site = site_of(item.url) if isinstance(item, Record) else None
                if site is not None and isinstance(item, Record) and item.url:
                    yield site, page_of(item.url), item
