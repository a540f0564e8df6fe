"""Documents to look at: out of a source as a run reads it, or out of a dataset by reading its sources again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import ModuleType

from cleancopy import readers
from cleancopy.assembly import reader_options
from cleancopy.cleaning import Cleaning
from cleancopy.dataset.layout import Layout
from cleancopy.errors import ConfigurationError, RecordError, SourceError
from cleancopy.installed import missing
from cleancopy.model import Document, Record, Reject
from cleancopy.readers import Part, SourceFile, whole
from cleancopy.readers.rejects import reject, too_large
from cleancopy.readers.source import UNKNOWN, open_file, outside
from cleancopy.settings import Settings

Origin = str
"""Where a document came from: the source's URI, the record's position where the source holds several, and its address
or id."""
STANDARD_INPUT = "standard input"
_HEAD = 4096


def documents(source: str, settings: Settings, limit: int) -> Iterator[tuple[Origin, Document | RecordError]]:
    """The first `limit` records of a file, folder, glob or URL, or `limit` of a dataset's articles, fairly drawn.

    Each as a document, or as the reason why it is none. Raises SourceError where there is no source.
    """
    layout = None if "://" in source else Layout.at(source)
    cleaning = Cleaning.of(settings)
    if layout and layout.exists():
        found: Iterator[Record | Reject] = _drawn().published(layout, settings, limit)
        cleaning = _of_dataset(layout, settings)
    else:
        found = records(readers.discover([source], reader_options(settings)), settings)
    for count, record in enumerate(found, 1):
        if isinstance(record, Reject):
            yield record.source_uri, refusal(record)
        else:
            yield origin(record), cleaning.document(record)
        if count == limit:
            return


def one(source: str, settings: Settings, number: int, data: bytes | None, url: str | None) -> tuple[Origin, Document]:
    """The document of one record: the `number`-th of the source, from 1; or `data`, the bytes of standard input.

    Raises SourceError where there is no record of that number, or where it is no document.
    """
    count = 0
    read = documents(source, settings, number) if data is None else iter([_typed(data, settings, url)])
    for count, (origin, document) in enumerate(read, 1):
        if count == number or data is not None:
            if isinstance(document, RecordError):
                raise SourceError(f"{origin}: {document}")
            return origin, document
    raise SourceError(f"{source}: there is no record {number}; it has {count}")


def of_dataset(
    layout: Layout, settings: Settings, doc_id: str | None, reject_number: int | None
) -> tuple[Origin, Document | RecordError]:
    """The document behind an article or a reject of a dataset, or why it is none; without either, behind some article.

    Raises ConfigurationError where there is none, SourceError for a source that is gone.
    """
    drawn = _drawn()
    from cleancopy.schema import doc_id as id_of

    record: Record | Reject
    if reject_number is not None:
        record, called = drawn.rejected(layout, settings, reject_number), f"reject {reject_number}"
    elif doc_id is not None:
        whole_id, record = drawn.article(layout, settings, doc_id)
        called = f"article {whole_id}"
    else:
        first: Record = next(drawn.published(layout, settings, 1))
        record, called = first, f"article {id_of(first)}"
    named = f"{called} · {origin(record)}"
    return named, refusal(record) if isinstance(record, Reject) else _of_dataset(layout, settings).document(record)


def _of_dataset(layout: Layout, settings: Settings) -> Cleaning:
    """The cleaning of a dataset's sources with the census that the dataset has."""
    from cleancopy.dataset.census import templates_of

    taken = settings.census.enabled and not settings.census.file
    return Cleaning.of(settings, templates_of(layout) if taken else None)


def _drawn() -> ModuleType:
    """What reads datasets, which needs Arrow."""
    try:
        from cleancopy.views import drawn
    except ImportError as error:
        raise missing("reading a dataset") from error
    return drawn


def _typed(data: bytes, settings: Settings, url: str | None) -> tuple[Origin, Document | RecordError]:
    record = standard_input(data, settings, url)
    return STANDARD_INPUT, refusal(record) if isinstance(record, Reject) else Cleaning.of(settings).document(record)


def standard_input(data: bytes, settings: Settings, url: str | None = None) -> Record | Reject:
    """The record that bytes from standard input are: HTML or text, as `input.format` says or else their beginning.

    Raises ConfigurationError for another format.
    """
    kind = settings.input.format or whole.told(data)
    if kind not in ("text", "html"):
        raise ConfigurationError(f"standard input is read as text or HTML, not as {kind}; write it to a file")
    options = reader_options(settings)
    part = Part(STANDARD_INPUT, kind, "", 0, len(data))
    try:
        if len(data) > options.max_record_bytes:
            raise too_large(f"{len(data)} bytes", options)
        return replace(whole.record(data, part, options), url=url)
    except RecordError as error:
        return reject(part, 0, error, options, data)


def refusal(record: Reject) -> RecordError:
    """What is wrong with a record that could not be read."""
    return RecordError(record.reason, record.detail)


def files(source: str, settings: Settings) -> list[SourceFile]:
    """The files of a source. What the name of a single one does not tell, its beginning does.

    Raises SourceError where there is none.
    """
    found = readers.discover([source], reader_options(settings))
    if len(found) == 1 and found[0].format == UNKNOWN:
        with outside(found[0].uri), open_file(found[0].uri) as raw:
            return [replace(found[0], format=whole.told(raw.read(_HEAD)))]
    return found


def records(found: Iterable[SourceFile], settings: Settings) -> Iterator[Record | Reject]:
    """The records of files, in order."""
    for file in found:
        for part in readers.split(file, settings.run.shard_bytes):
            yield from Cleaning.of(settings).read(part, Counter())


def origin(record: Record | Reject) -> Origin:
    """Where a record came from, for people."""
    named = record.url or record.source_id
    parts = (record.source_uri, f"record {record.position}" if record.position else "", named or "")
    return " · ".join(part for part in parts if part)
