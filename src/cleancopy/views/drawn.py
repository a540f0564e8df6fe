"""Rows of a dataset as the records that they were made of, read again from their sources: a fair sample, or one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from cleancopy import readers
from cleancopy.assembly import reader_options
from cleancopy.cleaning import Cleaning
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.row_groups import groups, slices
from cleancopy.errors import ConfigurationError, DatasetError, SourceError
from cleancopy.model import Record, Reject
from cleancopy.readers import Part, SourceFile, parquet
from cleancopy.readers.source import outside
from cleancopy.settings import Settings
from cleancopy.views.inspect import Filter, row_at, rows

_PLACE = ("source_uri", "source_position")
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
            yield from (item for item in _at(file, sorted(wanted[uri]), settings) if isinstance(item, Record))


def article(layout: Layout, settings: Settings, doc_id: str) -> tuple[str, Record | Reject]:
    """The `doc_id` of the article whose id begins so, and its record, read again from its source.

    Raises ConfigurationError where there is none or more than one, SourceError for a source that is gone.
    """
    columns = ("doc_id", *_PLACE)
    found = rows(layout.root, "articles", Filter(doc_id=doc_id), 2, columns=columns)
    if not found:
        raise ConfigurationError(
            f"{layout.root} has no article with the id {doc_id}; `cleancopy show {layout.root}` shows some with theirs"
        )
    if len({row["doc_id"] for row in found}) > 1:
        raise ConfigurationError(f"--id {doc_id}: several ids begin so, such as {found[0]['doc_id']}; write more of it")
    return found[0]["doc_id"], _again(found[0], settings)


def rejected(layout: Layout, settings: Settings, number: int) -> Record | Reject:
    """A reject, by its number in the order of `rejected`, as its source gives it now.

    Raises ConfigurationError where there are fewer, SourceError for a source that is gone.
    """
    return _again(row_at(layout.root, "rejected", number, _PLACE), settings)


def _again(row: Mapping[str, Any], settings: Settings) -> Record | Reject:
    uri, position = row["source_uri"], row["source_position"]
    for file in readers.discover([uri], reader_options(settings)):
        for item in _at(file, [position], settings):
            return item
    raise SourceError(f"{uri}: there is no record at {position} any more; run again to bring the dataset up to date")


def _at(file: SourceFile, positions: Sequence[int], settings: Settings) -> Iterator[Record | Reject]:
    """What the file holds at these positions."""
    for part, wanted in _parts_with(file, positions):
        missing = set(wanted)
        for item in Cleaning.of(settings).read(part, Counter()):
            if item.position in missing:
                missing.discard(item.position)
                yield item
            if not missing:
                break


def _parts_with(file: SourceFile, positions: Sequence[int]) -> Iterator[tuple[Part, Sequence[int]]]:
    """Parts that hold the records at these positions, and as little else as the format allows; each with its own."""
    if file.format == "parquet":  # positions count rows
        with outside(file.uri):
            yield from parquet.parts_with(file, positions)
    elif file.format in _BY_BYTE and (not file.compression or _can_be_entered(file)):
        for at in positions:
            yield Part(file.uri, file.format, file.compression, at, at + 1), [at]
    else:
        for part in readers.split(file, max(1, file.size)):
            yield part, positions


def _can_be_entered(file: SourceFile) -> bool:
    """Whether a compressed file has members that can be read without those before them."""
    parts = readers.split(file, _CUT_BYTES)
    return len(parts) > 1 and not parts[0].last
