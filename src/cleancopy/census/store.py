"""The files of the census: Arrow's, sorted by site, so that any number of them are read together site by site.

A file of samples has a row a page, one of templates a row a site. The latter is read where it lies (a memory map): a
worker pays for the sites that it meets.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from cleancopy.census.pages import page_of, site_of
from cleancopy.census.samples import Page, together
from cleancopy.census.template import PLACES, Template
from cleancopy.errors import ConfigurationError
from cleancopy.model import Document, Standing

BATCH = 4096
"""Rows of a batch."""
FAN_IN = 128
"""Files that are read together at most; an open file each."""
CACHED = 4096
"""Templates that a worker keeps unpacked."""
_COUNTS = 1 + len(PLACES)

_NUMBERS: dict[str, pa.DataType] = {
    "pages": pa.uint64(),
    "lines": pa.uint64(),
    "counts": pa.uint16(),
    "pairs": pa.uint64(),
    "pair_counts": pa.uint16(),
}
_SAMPLES: dict[str, Any] = {"site": pa.string(), "page": pa.uint64(), "lines": pa.list_(pa.uint64())}
SAMPLES: pa.Schema = pa.schema(_SAMPLES)
_TEMPLATES: dict[str, Any] = {
    "site": pa.string(),
    "id": pa.string(),
    "known": pa.int64(),
    "size": pa.int32(),
    **{name: pa.list_(kind) for name, kind in _NUMBERS.items()},
}
TEMPLATES: pa.Schema = pa.schema(_TEMPLATES, metadata={"cleancopy.census": "1"})


def write_samples(path: Path, sites: Iterable[tuple[str, Sequence[Page]]]) -> None:
    """Samples by site, in the order of the sites' names."""
    _write(path, SAMPLES, ((site, *page) for site, pages in sites for page in pages), "zstd")


def read_samples(path: Path) -> Iterator[tuple[str, list[Page]]]:
    with pa.memory_map(str(path)) as source:
        file = pa.ipc.open_file(source)
        rows = (row for number in range(file.num_record_batches) for row in _pages(file.get_batch(number)))
        for site, pages in groupby(rows, key=itemgetter(0)):
            yield site, [(page, lines) for _, page, lines in pages]


def read_together(paths: Sequence[Path], most: int, scratch: Path) -> Iterator[tuple[str, list[Page]]]:
    """The samples of many files as one, site by site. scratch: a folder for what is put together on the way."""
    step = 0
    while len(paths) > FAN_IN:
        step += 1
        fewer = []
        for first in range(0, len(paths), FAN_IN):
            path = scratch / f"together-{step}-{first}.arrow"
            write_samples(path, read_together(paths[first : first + FAN_IN], most, scratch))
            fewer.append(path)
        paths = fewer
    merged = heapq.merge(*map(read_samples, paths), key=itemgetter(0))
    for site, groups in groupby(merged, key=itemgetter(0)):
        yield site, together((page for _, pages in groups for page in pages), most)


def write_templates(path: Path, templates: Iterable[Template]) -> None:
    """Templates in the order of the sites' names."""
    _write(
        path,
        TEMPLATES,
        (
            (t.site, t.id, t.known, t.size, t.pages, t.lines, t.counts.reshape(-1), t.pairs, t.pair_counts)
            for t in templates
        ),
        None,
    )


class Templates:
    """The templates of a file, by site."""

    def __init__(self, path: Path) -> None:
        """Raises ConfigurationError where it is none."""
        self.path = path
        try:
            self._file = pa.ipc.open_file(pa.memory_map(str(path)))
            fits = self._file.schema.equals(TEMPLATES, check_metadata=True)
        except (OSError, pa.ArrowInvalid) as error:
            raise ConfigurationError(f"{path} is no census: {error}") from None
        if not fits:
            raise ConfigurationError(
                f"{path} is no census of this version; name the folder of a dataset, or a file of it"
            )
        self._batches = [self._file.get_batch(number) for number in range(self._file.num_record_batches)]
        self._first = [batch.column(0)[0].as_py() for batch in self._batches]
        self._at = lru_cache(CACHED)(self._find)

    def __iter__(self) -> Iterator[Template]:
        return (_template(batch, row) for batch in self._batches for row in range(batch.num_rows))

    def ids(self) -> dict[str, str]:
        """Site → the id of its template."""
        found: dict[str, str] = {}
        for batch in self._batches:
            sites: list[Any] = batch.column(0).to_pylist()
            ids: list[Any] = batch.column(1).to_pylist()
            found.update(zip(sites, ids, strict=True))
        return found

    def of(self, site: str) -> tuple[Template, str] | None:
        """The template of a site and its id, if it has one."""
        return self._at(site)

    def standing(self, document: Document, url: str | None) -> Standing | None:
        """What the census says of a page at this address; None where it knows nothing of the site."""
        site = site_of(url)
        found = None if site is None else self.of(site)
        if url is None or found is None:
            return None
        return found[0].standing(document, page_of(url))

    def _find(self, site: str) -> tuple[Template, str] | None:
        number = bisect_left(self._first, site)
        if number == len(self._first) or self._first[number] != site:
            number -= 1
        if number < 0:
            return None
        batch = self._batches[number]
        sites = batch.column(0)
        low, high = 0, len(sites)
        while low < high:
            middle = (low + high) // 2
            if sites[middle].as_py() < site:
                low = middle + 1
            else:
                high = middle
        if low == len(sites) or sites[low].as_py() != site:
            return None
        return _template(batch, low), batch.column(1)[low].as_py()


def _template(batch: pa.RecordBatch, row: int) -> Template:
    def numbers(name: str) -> Any:
        return batch.column(TEMPLATES.get_field_index(name))[row].values.to_numpy()

    site, known, size = (batch.column(index)[row].as_py() for index in (0, 2, 3))
    counts = numbers("counts").reshape(-1, _COUNTS)
    return Template(
        site, known, numbers("pages"), size, numbers("lines"), counts, numbers("pairs"), numbers("pair_counts")
    )


def _pages(batch: pa.RecordBatch) -> Iterator[tuple[str, int, np.ndarray[Any, np.dtype[np.uint64]] | None]]:
    lines: Any = batch.column(2)
    flat, offsets = lines.values.to_numpy(), lines.offsets.to_numpy()
    there = lines.is_valid().to_pylist()
    sites: list[Any] = batch.column(0).to_pylist()
    pages: list[Any] = batch.column(1).to_pylist()
    for row, (site, page) in enumerate(zip(sites, pages, strict=True)):
        # A copy, since the batch goes when the next one is read.
        yield site, page, flat[offsets[row] : offsets[row + 1]].copy() if there[row] else None


def _write(path: Path, schema: pa.Schema, rows: Iterable[tuple[Any, ...]], compression: Literal["zstd"] | None) -> None:
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema, options=options) as writer:
        held: list[tuple[Any, ...]] = []
        for row in rows:
            held.append(row)
            if len(held) == BATCH:
                writer.write_batch(_batch(schema, held))
                held = []
        if held:
            writer.write_batch(_batch(schema, held))


def _batch(schema: pa.Schema, rows: Sequence[tuple[Any, ...]]) -> pa.RecordBatch:
    arrays = [_column([row[index] for row in rows], field.type) for index, field in enumerate(schema)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _column(values: list[Any], kind: Any) -> Any:
    if not pa.types.is_list(kind):
        return pa.array(values, kind)
    lengths = [0 if value is None else len(value) for value in values]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    parts = [value for value in values if value is not None and len(value)]
    flat: Any = pa.array(np.concatenate(parts) if parts else [], kind.value_type)
    nulls: Any = pa.array([value is None for value in values]) if any(value is None for value in values) else None
    made: Any = pa.ListArray
    return made.from_arrays(pa.array(offsets), flat, type=kind, mask=nulls)
