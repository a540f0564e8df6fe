"""What a worker turns records into cleaned documents with, built once a process from the settings."""

from __future__ import annotations

import json
import re
import traceback
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from cleancopy import readers as sources
from cleancopy.assembly import build_cleaner, build_rule_book, reader_options
from cleancopy.cleaner import Cleaned, Cleaner
from cleancopy.errors import CleancopyError, ConfigurationError, RecordError
from cleancopy.installed import HTML, missing
from cleancopy.model import Document, Record, Reject
from cleancopy.readers import Part, credentials
from cleancopy.repair import repair, repair_field, repair_html
from cleancopy.settings import Settings
from cleancopy.text.segment import segment

if TYPE_CHECKING:
    from cleancopy.census.store import Templates

Key = TypeVar("Key")

AT_ONCE = 64
"""Documents that are cleaned at once at most where results are waited for one by one."""


class Cleaning:
    """Readers and cleaner with one configuration."""

    census: Templates | None = None

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._options = reader_options(settings)
        self.cleaner: Cleaner = build_cleaner(settings)

    @classmethod
    def of(cls, settings: Settings, census: Path | None = None) -> Cleaning:
        """The one of this process; rules and model are loaded once.

        census: the file with the templates of sites; by default the one that `census.file` names, if it does.
        """
        census = census or given_census(settings)
        # What a run does with its shards and how it lays out files changes nothing here.
        key = settings.model_dump_json(exclude={"run", "output"})
        with _building:
            cleaning = _built.get((key, None))
            if cleaning is None:
                _built.clear()
                cleaning = _built[key, None] = cls(settings)
            if census is not None:
                plain, cleaning = cleaning, _built.get((key, census))
                if cleaning is None:
                    _built.clear()
                    _built[key, None] = plain
                    cleaning = _built[key, census] = plain.with_census(census)
        return cleaning

    def with_census(self, census: Path) -> Cleaning:
        """The same with a census. Raises ConfigurationError if the file is none, or where Arrow is not installed."""
        try:
            from cleancopy.census.store import Templates
        except ModuleNotFoundError as error:
            raise missing("reading a census") from error
        other = copy(self)
        other.census = Templates(census)
        return other

    @classmethod
    def checked(cls, settings: Settings) -> Cleaning:
        """The one of this process, once the rule packs have been held to their own hits and misses.

        Raises ConfigurationError for settings, rules or weights that are not valid.
        """
        if settings.clean.packs not in _checked:
            build_rule_book(settings)
            _checked.add(settings.clean.packs)
        return cls.of(settings)

    def read(self, part: Part, skipped: Counter[str], *, planned: str | None = None) -> Iterator[Record | Reject]:
        """The records of a part; what is skipped on purpose is counted by reason in `skipped`.

        planned: the fingerprint that its file must have, see `readers.read`.
        """
        return sources.read(part, self._options, skipped, planned=planned)

    def document(self, record: Record) -> Document | RecordError:
        """The record as lines, with what the census says of them. What goes wrong is the record's: RecordError, with
        `record.failed` for a surprise.

        Raises ConfigurationError for a page where what reads HTML is not installed.
        """
        document = self._segmented(record)
        if self.census is None or isinstance(document, RecordError):
            return document
        standing = self.census.standing(document, record.url)
        return document if standing is None else replace(document, standing=standing)

    def lines(self, record: Record) -> Sequence[str]:
        """The record's lines alone, for counting; none where it is no document, as cleaning it says."""
        kinds, most = self._settings.input.repair, self._settings.limits.record_lines
        if record.html is None:
            document = self._segmented(record)
            return () if isinstance(document, RecordError) else document.lines
        from cleancopy.readers.html import lines

        try:
            repaired = repair_html(record.html, kinds)
            if repaired.html is None:
                return segment(repaired.text or "").lines
            return lines(repaired.html, most)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - cleaning the record makes it a reject that says so
            return ()

    def _segmented(self, record: Record) -> Document | RecordError:
        text = record.text
        if text is not None and self._may_be_too_long(text) and (refused := self._too_long(_lines(text))):
            return refused
        try:
            document = document_of(
                record,
                self._settings.input.repair,
                self._settings.limits.record_lines,
                extraction=not self._settings.clean.model,
            )
        except RecordError as error:
            return error
        except (ConfigurationError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - becomes a reject that names it; rejects are counted and limited
            return surprise(error)
        return self._too_long(len(document)) or document

    def _may_be_too_long(self, text: str) -> bool:
        """Whether the text has so many line ends: few have, and counting lines that are not blank takes far longer."""
        return text.count("\n") + text.count("\r") >= self._settings.limits.record_lines

    def _too_long(self, lines: int) -> RecordError | None:
        limit = self._settings.limits.record_lines
        if lines <= limit:
            return None
        return RecordError("record.lines", f"has {lines} lines, more than limits.record_lines = {limit}")

    def clean(self, documents: Sequence[Document]) -> list[Cleaned | RecordError]:
        """One result for each document, in order. A batch that fails is cleaned one by one, to find the culprit."""
        try:
            return self.cleaner.clean(documents)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - becomes a reject that names it; rejects are counted and limited
            if len(documents) == 1:
                return [error if isinstance(error, RecordError) else surprise(error)]
        return [result for document in documents for result in self.clean([document])]

    def clean_all(
        self, documents: Iterable[tuple[Key, Document | CleancopyError]]
    ) -> Iterator[tuple[Key, Cleaned | CleancopyError]]:
        """The result for each document as it comes, in order, with its key; what is no document is handed on.

        Cleaned in batches of at most `run.batch_bytes` characters and `AT_ONCE` documents; one batch is held at a time.
        """
        held: list[tuple[Key, Document | CleancopyError]] = []
        size = 0
        for key, document in documents:
            held.append((key, document))
            if isinstance(document, Document):
                size += sum(map(len, document.lines))
            if size >= self._settings.run.batch_bytes or len(held) >= AT_ONCE:
                yield from self._clean_held(held)
                held, size = [], 0
        yield from self._clean_held(held)

    def _clean_held(
        self, held: Sequence[tuple[Key, Document | CleancopyError]]
    ) -> Iterator[tuple[Key, Cleaned | CleancopyError]]:
        results = iter(self.clean([document for _, document in held if isinstance(document, Document)]))
        for key, document in held:
            yield key, next(results) if isinstance(document, Document) else document

    def alone(self, record: Record) -> Cleaned | RecordError:
        """The result for one record."""
        document = self.document(record)
        return document if isinstance(document, RecordError) else self.clean([document])[0]


def _lines(text: str) -> int:
    """Lines of `text` that are not blank, found without making any of it."""
    return sum(1 for _ in _LINE.finditer(text))


# A line that is not blank, from its first mark on.
_LINE = re.compile(r"\S[^\n\r]*")


def document_of(
    record: Record, kinds: Collection[str], most_lines: int | None = None, *, extraction: bool = False
) -> Document:
    """The record's lines, once its strings are repaired; `kinds` of `cleancopy.repair.KINDS`. extraction: a page says
    what trafilatura keeps of its lines, which decides where no line model is asked.

    Raises RecordError, `record.lines` among them for a page of more than `most_lines`; ConfigurationError for a page
    where what reads HTML is not installed.
    """
    repaired = repair(record.text or "", kinds) if record.html is None else repair_html(record.html, kinds)
    title, author = (repair_field(value, repaired.repairs, kinds) for value in (record.title, record.author))
    if repaired.html is not None:
        try:
            from cleancopy.readers.html import document as html_document
        except ModuleNotFoundError as error:
            raise missing("reading HTML", HTML) from error
        document = html_document(
            repaired.html,
            url=record.url,
            title=title,
            author=author,
            date=record.date,
            most_lines=most_lines,
            extraction=extraction,
        )
    else:
        document = segment(repaired.text or "", url=record.url, title=title, author=author, date=record.date)
    return replace(document, repairs=repaired.repairs) if repaired.repairs else document


def given_census(settings: Settings) -> Path | None:
    """The file with the census that the settings name. Raises ConfigurationError where there is none."""
    if not settings.census.enabled or not settings.census.file:
        return None
    named = found = Path(settings.census.file).expanduser().absolute()
    if named.is_dir():
        state = named / "_cleancopy"
        with suppress(OSError, ValueError, KeyError):
            found = state / "census" / json.loads((state / "census.json").read_bytes())["templates"]
    if not found.is_file():
        raise ConfigurationError(f"census.file: {named} holds no census; name a dataset that has one, or a file of it")
    return found


_building = Lock()
_built: dict[tuple[str, Path | None], Cleaning] = {}
_checked: set[tuple[str, ...]] = set()


def surprise(error: Exception) -> RecordError:
    """The reject of a record over which a bug was found, here or in a library: `record.failed`, with its place."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(frame.filename).name}:{frame.lineno}"
    return RecordError(
        "record.failed",
        f"{type(error).__name__} at {where}: {credentials.hidden(str(error))[:300]}; please report it with this record",
    )
