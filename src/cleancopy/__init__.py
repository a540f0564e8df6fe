"""Clean article records out of raw scraped text, with every removal explained.

>>> article = cleancopy.clean(text, url="https://example.org/page")
>>> article = cleancopy.clean(html=page)
>>> for line in cleancopy.explain(text): print(line.number, line.outcome, line.rule)

Importing costs nothing; rules and model are loaded at the first call and kept. Both are safe in threads.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cleancopy.cleaner import Cleaner
    from cleancopy.model import Article, Document
    from cleancopy.views.explanation import Explanation

__all__ = ["__version__", "clean", "explain"]

__version__ = "0.1.0"


def clean(text: str | None = None, url: str | None = None, *, html: str | None = None) -> Article:
    """The article in a raw text or an HTML page, with the shipped configuration.

    Exactly one of `text` and `html` is given. `url`, where known, helps to tell the title.

    Raises RecordError, with the reason `article.empty`, if no line of the text belongs to an article, and
    `record.markup` for a `text` that is HTML; TypeError for both `text` and `html`, or neither.
    """
    from cleancopy.errors import RecordError

    result = _default().clean([_document(text, html, url)])[0]
    if isinstance(result, RecordError):
        raise result
    return result.article


def explain(
    text: str | None = None, url: str | None = None, *, html: str | None = None, evidence: bool = False
) -> Explanation:
    """Every line of a raw text or an HTML page with its role, rule and confidence, and the article they make.

    evidence: say, too, what the line model went by, which takes longer: see `views.explanation.explain_document`.

    Raises RecordError `record.markup` for a `text` that is HTML; TypeError for both `text` and `html`, or neither.
    """
    from cleancopy.views.explanation import explain_document

    return explain_document(_default(), _document(text, html, url), evidence=evidence)


def _document(text: str | None, html: str | None, url: str | None) -> Document:
    from cleancopy.cleaning import document_of
    from cleancopy.errors import RecordError
    from cleancopy.model import Record
    from cleancopy.repair import KINDS

    if (text is None) == (html is None):
        raise TypeError("give either text or html=, not both" if text is not None else "give a text, or html=")
    document = document_of(Record("", 0, "", text=text, html=html, url=url), KINDS)
    if text is not None and "page" in document.repairs:
        raise RecordError("record.markup", "the text is HTML; hand it over as html=, as in cleancopy.clean(html=page)")
    return document


_building = Lock()


def _default() -> Cleaner:
    """The cleaner of this process. The threads that ask first wait for one of them to build it."""
    with _building:
        return _shipped()


@cache
def _shipped() -> Cleaner:
    from cleancopy import settings
    from cleancopy.assembly import build_cleaner

    return build_cleaner(settings.load())
