"""Clean article records out of raw scraped text, with every removal explained.

>>> article = cleancopy.clean(text, url="https://example.org/page")
>>> for line in cleancopy.explain(text): print(line.number, line.outcome, line.rule)

Importing costs nothing; rules and model are loaded at the first call and kept. Both are safe in threads.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cleancopy.cleaner import Cleaner
    from cleancopy.model import Article
    from cleancopy.views.explanation import Explanation

__all__ = ["__version__", "clean", "explain"]

__version__ = "0.1.0"


def clean(text: str, url: str | None = None) -> Article:
    """The article in a raw text, with the shipped configuration. `url`, where known, helps to tell the title.

    Raises RecordError, with the reason `article.empty`, if no line of the text belongs to an article.
    """
    from cleancopy.errors import RecordError
    from cleancopy.segment import segment

    result = _default().clean([segment(text, url=url)])[0]
    if isinstance(result, RecordError):
        raise result
    return result.article


def explain(text: str, url: str | None = None, *, evidence: bool = False) -> Explanation:
    """Every line of a raw text with its role, rule and confidence, and the article they make.

    evidence: say, too, what the line model went by, which takes longer: see `views.explanation.explain_document`.
    """
    from cleancopy.segment import segment
    from cleancopy.views.explanation import explain_document

    return explain_document(_default(), segment(text, url=url), evidence=evidence)


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
