"""Documents to look at: out of a source as a run reads it, or out of a dataset by reading its sources again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cleancopy import readers
from cleancopy.assembly import reader_options
from cleancopy.cleaning import Cleaning
from cleancopy.dataset.layout import Layout
from cleancopy.errors import RecordError, SourceError
from cleancopy.model import Document, Record, Reject
from cleancopy.settings import Settings

Origin = str
"""Where a document came from: the source's URI, the record's position where the source holds several, and its address
or id."""


def documents(source: str, settings: Settings, limit: int) -> Iterator[tuple[Origin, Document | RecordError]]:
    """The first `limit` records of a file, folder, glob or URL, or `limit` of a dataset's articles, fairly drawn.

    Each as a document, or as the reason why it is none. Raises SourceError where there is no source.
    """
    cleaning = Cleaning.of(settings)
    layout = None if "://" in source else Layout.at(source)
    if layout and layout.exists():
        from cleancopy.views.drawn import published

        records: Iterator[Record | Reject] = published(layout, settings, limit)
    else:
        records = _records(source, settings)
    for count, record in enumerate(records, 1):
        if isinstance(record, Reject):
            yield record.source_uri, RecordError(record.reason, record.detail)
        else:
            yield _origin(record), cleaning.document(record)
        if count == limit:
            return


def one(source: str, settings: Settings, number: int, text: str | None, url: str | None) -> tuple[Origin, Document]:
    """The document of one record: the `number`-th of the source, from 1; or `text`, as it came on standard input.

    Raises SourceError where there is no record of that number, or where it is no document.
    """
    if text is not None:
        record = Record("standard input", 0, "", text=text, url=url)
        made = Cleaning.of(settings).document(record)
        if isinstance(made, RecordError):
            raise SourceError(f"standard input: {made}")
        return record.source_uri, made
    count = 0
    for count, (origin, document) in enumerate(documents(source, settings, number), 1):
        if count == number:
            if isinstance(document, RecordError):
                raise SourceError(f"{origin}: {document}")
            return origin, document
    raise SourceError(f"{source}: there is no record {number}; it has {count}")


def _records(source: str, settings: Settings) -> Iterator[Record | Reject]:
    options = reader_options(settings)
    for file in readers.discover([source], options):
        for part in readers.split(file, settings.run.shard_bytes):
            yield from Cleaning.of(settings).read(part, Counter())


def _origin(record: Record) -> Origin:
    named = record.url or record.source_id
    parts = (record.source_uri, f"record {record.position}" if record.position else "", named or "")
    return " · ".join(part for part in parts if part)
