"""A fair sample of a dataset's articles as the records that they were made of, read again from their sources."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cleancopy import readers
from cleancopy.assembly import reader_options
from cleancopy.cleaning import Cleaning
from cleancopy.dataset.layout import Layout
from cleancopy.errors import DatasetError
from cleancopy.model import Record
from cleancopy.readers import Part, SourceFile
from cleancopy.readers.source import open_file, outside
from cleancopy.settings import Settings
from cleancopy.views.inspect import groups, slices

_BY_BYTE = frozenset(["jsonl", "warc", "wet"])
"""Formats whose positions are offsets in the file, unless it is compressed as one stream."""
_CUT_BYTES = 1 << 20
"""A compressed archive larger than this that is one part is one stream."""


def published(layout: Layout, settings: Settings, limit: int) -> Iterator[Record]:
    """Records behind the articles with the smallest ids: ids are hashes, so that is a fair sample, always the same.

    Of a source as little is read as its format allows. Raises DatasetError for a dataset without articles, SourceError
    for a source that is gone.
    """
    drawn: Any = None
    for group in groups("articles", slices(layout.root, "articles")):
        table = group.read(("doc_id", "source_uri", "source_position"))
        table = table if drawn is None else pa.concat_tables([drawn, table])
        first = pc.select_k_unstable(cast(Any, table), limit, [("doc_id", "ascending")])
        drawn = table.take(first)
    if drawn is None or not len(drawn):
        raise DatasetError(f"{layout.root} has no articles to compare")
    wanted: dict[str, set[int]] = defaultdict(set)
    for uri, position in zip(drawn["source_uri"].to_pylist(), drawn["source_position"].to_pylist(), strict=True):
        wanted[uri].add(position)
    options = reader_options(settings)
    for uri in sorted(wanted):
        for file in readers.discover([uri], options):
            yield from _records_at(file, sorted(wanted[uri]), settings)


def _records_at(file: SourceFile, positions: Sequence[int], settings: Settings) -> Iterator[Record]:
    for part, wanted in _parts_with(file, positions):
        missing = set(wanted)
        for record in Cleaning.of(settings).read(part, Counter()):
            if isinstance(record, Record) and record.position in missing:
                missing.discard(record.position)
                yield record
            if not missing:
                break


def _parts_with(file: SourceFile, positions: Sequence[int]) -> Iterator[tuple[Part, Sequence[int]]]:
    """Parts that hold the records at these positions, and as little else as the format allows; each with its own."""
    if file.format == "parquet":  # positions count rows
        with outside(file.uri), open_file(file.uri) as raw:
            metadata = pq.read_metadata(raw)
        ends = np.cumsum([metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)])
        row_groups = readers.split(file, 1)[-len(ends) :]
        held = np.searchsorted(ends, positions, "right")
        for group, part in enumerate(row_groups):
            if group in held:
                yield part, np.asarray(positions)[held == group].tolist()
    elif file.format in _BY_BYTE and (not file.compression or len(readers.split(file, _CUT_BYTES)) > 1):
        for at in positions:
            yield Part(file.uri, file.format, file.compression, at, at + 1), [at]
    else:
        for part in readers.split(file, max(1, file.size)):
            yield part, positions
