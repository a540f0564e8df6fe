"""The package as a library. What `cleancopy` exports is the public interface; `docs/python.md` describes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from threading import Lock
from typing import TypedDict, Unpack

from cleancopy.assembly import reader_options
from cleancopy.cleaner import Cleaned
from cleancopy.cleaning import Cleaning
from cleancopy.errors import CleancopyError, RecordError
from cleancopy.model import Article, Document, Record
from cleancopy.readers import Part, fields, whole
from cleancopy.settings import Settings, load
from cleancopy.views.explanation import Explanation, explain_document

_SOURCE = "memory"


class Hints(TypedDict, total=False):
    """What is known of a document from elsewhere; its text may contradict it."""

    url: str | None
    title: str | None
    author: str | None
    date: str | None


class Cleaner:
    """Cleans with one configuration. Building it loads rules and model, which takes half a second; safe in threads."""

    def __init__(self, settings: Settings | None = None) -> None:
        """settings: by default the shipped ones. Raises ConfigurationError where they name what is not there."""
        self.settings = settings or load()
        self._cleaning = Cleaning(self.settings)
        self._options = reader_options(self.settings)

    def clean(
        self, text: str | bytes | None = None, *, html: str | bytes | None = None, **hints: Unpack[Hints]
    ) -> Article:
        """The article in a text or an HTML page, as `cleancopy.clean`."""
        [result] = self._cleaning.clean([self._document(self._record(text, html, hints))])
        if isinstance(result, RecordError):
            raise result
        return result.article

    def clean_many(self, inputs: Iterable[str | Mapping[str, object]]) -> Iterator[Article | RecordError]:
        """An article or an error for each input, in order, as `cleancopy.clean_many`."""
        for _, result in self._cleaning.clean_all((None, self._parsed(each)) for each in inputs):
            if isinstance(result, Cleaned):
                yield result.article
            else:
                assert isinstance(result, RecordError)
                yield result

    def explain(
        self,
        text: str | bytes | None = None,
        *,
        html: str | bytes | None = None,
        evidence: bool = False,
        **hints: Unpack[Hints],
    ) -> Explanation:
        """Every line with what became of it and why, as `cleancopy.explain`."""
        document = self._document(self._record(text, html, hints))
        return explain_document(self._cleaning.cleaner, document, evidence=evidence)

    def _record(self, text: str | bytes | None, html: str | bytes | None, hints: Hints) -> Record:
        if (text is None) == (html is None):
            raise TypeError("give either text or html=, not both" if text is not None else "give a text, or html=")
        given, kind = (text, "text") if html is None else (html, "html")
        if isinstance(given, bytes):
            decoded = whole.record(given, Part(_SOURCE, kind, "", 0, len(given)), self._options)
            text, html = decoded.text, decoded.html
        elif not isinstance(given, str):
            raise TypeError(f"{kind} is of type {type(given).__name__}; give str or bytes")
        return Record(_SOURCE, 0, "", text=text, html=html, **hints)  # type: ignore[arg-type]  # no bytes any more

    def _document(self, record: Record) -> Document:
        document = self._cleaning.document(record)
        if isinstance(document, RecordError):
            raise document
        if record.text is not None and "page" in document.repairs:
            raise RecordError(
                "record.markup", "the text is HTML; hand it over as html=, as in cleancopy.clean(html=page)"
            )
        return document

    def _parsed(self, given: str | Mapping[str, object]) -> Document | CleancopyError:
        try:
            if isinstance(given, str):
                return self._document(self._record(given, None, {}))
            if not isinstance(given, Mapping):
                raise TypeError(
                    f"an input is of type {type(given).__name__}; give a text, or a mapping with text or html"
                )
            said = fields.record(given, self._options, uri=_SOURCE, position=0, raw_sha256="", encoding="utf-8")
            return self._document(said)
        except RecordError as error:
            return error


def clean(
    text: str | bytes | None = None,
    *,
    html: str | bytes | None = None,
    url: str | None = None,
    title: str | None = None,
    author: str | None = None,
    date: str | None = None,
    settings: Settings | None = None,
) -> Article:
    """The article in a text or an HTML page. Exactly one of `text` and `html` is given; bytes are decoded.

    url, title, author, date: what is known from elsewhere; hints, which the text may contradict.
    settings: by default the shipped ones. The cleaners of the last four are kept.

    Raises RecordError for what is no article; its `reason` is a stable code, such as `article.empty` where no line
    belongs to one, or `record.markup` for a `text` that is HTML. TypeError for both `text` and `html`, or neither.
    """
    return _cleaner(settings).clean(text, html=html, url=url, title=title, author=author, date=date)


def clean_many(
    inputs: Iterable[str | Mapping[str, object]], *, settings: Settings | None = None
) -> Iterator[Article | RecordError]:
    """An article, or the error that says why there is none, for each input, in order.

    inputs: texts, or mappings with `text` or `html`, and `url`, `title`, `author`, `date` where they are known; other
        keys are passed over, and `input.fields` of the settings may name others. Inputs are taken as results are asked
        for, and cleaned 64 at once at most: any number of them fits into memory.

    Raises TypeError for an input that is neither.
    """
    return _cleaner(settings).clean_many(inputs)


def explain(
    text: str | bytes | None = None,
    *,
    html: str | bytes | None = None,
    url: str | None = None,
    title: str | None = None,
    author: str | None = None,
    date: str | None = None,
    settings: Settings | None = None,
    evidence: bool = False,
) -> Explanation:
    """Every line of a text or an HTML page with its role, rule and confidence, and the article that they make.

    evidence: say what the line model went by, too: each line that it judged is scored again without each feature.

    Raises RecordError for what cannot be read, such as `record.markup` for a `text` that is HTML; TypeError for both
    `text` and `html`, or neither. A text without an article is explained: `article` is None, `refused` says why.
    """
    hints: Hints = {"url": url, "title": title, "author": author, "date": date}
    return _cleaner(settings).explain(text, html=html, evidence=evidence, **hints)


_building = Lock()


def _cleaner(settings: Settings | None) -> Cleaner:
    """The cleaner of this process. The threads that ask first wait for one of them to build it."""
    with _building:
        return _built(settings)


@lru_cache(maxsize=4)
def _built(settings: Settings | None) -> Cleaner:
    return Cleaner(settings)
