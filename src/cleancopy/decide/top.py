"""What stands on top of a text without boilerplate: what is lifted off a page has to be found there again, so that
cleaning the clean text changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cleancopy.decide.draft import Draft
from cleancopy.fields.credits import CreditReader
from cleancopy.fields.dates import DateReader
from cleancopy.fields.titles import TitleChoice
from cleancopy.model import Role
from cleancopy.text import signs
from cleancopy.text.headings import is_list_item, shaped
from cleancopy.text.letters import count_words
from cleancopy.text.sites import site
from cleancopy.text.title_text import SiteNames, clean_title, flat, in_address, is_possible, plain_title

HEADLINE = 4
"""Lines above the body of a text that is no whole page: title, standfirst, source, date."""

TOLD_WORDS = 4
"""Words from which the line on top is the title without the page's address saying so."""


@dataclass(frozen=True, slots=True)
class Readers:
    credits: CreditReader
    dates: DateReader


def top_title(draft: Draft, readers: Readers) -> TitleChoice | None:
    """The title of a text that was cleaned before: the first line that stays, but for a source or date, where it is no
    prose.
    """
    lines = draft.document.lines
    for line in np.flatnonzero(draft.kept).tolist():
        if not readers.credits.read(lines[line]) and not _is_date(readers, lines[line]):
            title = TitleChoice(
                clean_title(lines[line], site(draft.document.url), shown=SiteNames(lines)), (line,), 0.0
            )
            return title if stands_on_top(draft, readers, title) else None
    return None


def stands_on_top(draft: Draft, readers: Readers, title: TitleChoice) -> bool:
    """Whether a title is one by itself, with nothing to say so but its place on top of the text.

    No rule names it, here or elsewhere on the page, it is no prose, date or credit and no item of a list, and one of a
    few words shares one with the page's address where that has words.
    """
    line = title.lines[0]
    if draft.evidence.sure[line] or is_list_item(title.text):
        return False
    if draft.shape.prose[line] and not title.text.endswith(tuple(signs.EXCLAIMED)):
        return False
    if flat(title.text) in {flat(draft.document.lines[line]) for line in np.flatnonzero(draft.evidence.sure).tolist()}:
        return False
    told = in_address(title.text, draft.document.url) is not False or count_words(title.text) >= TOLD_WORDS
    if not told or not is_possible(title.text):
        return False
    return not readers.credits.read(title.text) and not _is_date(readers, title.text)


def adds_to(top: TitleChoice, title: TitleChoice, url: str | None) -> bool:
    """Whether a page's title only adds to the line on top, for which the page's address speaks."""
    short, long = flat(top.text), flat(title.text)
    return short != long and short in long and count_words(top.text) >= TOLD_WORDS and bool(in_address(top.text, url))


def headline(draft: Draft, readers: Readers, start: int, dated: Sequence[int]) -> TitleChoice | None:
    """The line on top of a text that has nothing above its body but that line, a source and a date.

    The evidence that the choice among a page's lines asks for (address, repetition, a model's word) is needed where
    there are many; a text that opens with one line like a heading has it for its title.
    """
    lines = draft.document.lines
    for line in range(start):
        text = plain_title(lines[line])
        if line in dated or draft.evidence.sure[line] or not shaped(text, int(draft.shape.words[line])):
            continue
        if not readers.credits.read(lines[line]):
            return TitleChoice(clean_title(text, site(draft.document.url), shown=SiteNames(lines)), (line,), 0.0)
    return None


def topmost(draft: Draft, readers: Readers, start: int, places: int) -> list[tuple[int, Role]]:
    """The lines above the body that would be among the first of the cleaned text, to that number of places, and be
    lifted from there: credits and dates.
    """
    found = []
    for line in np.flatnonzero(draft.kept[:start]).tolist():
        text = draft.document.lines[line]
        if readers.credits.read(text):
            found.append((line, Role.CREDIT))
        elif readers.dates.read(text):
            found.append((line, Role.DATE))
        elif places > 1:
            places -= 1
        else:
            break
    return found


def _is_date(readers: Readers, line: str) -> bool:
    """Whether a line is a date with no more than a few words around it."""
    rest, dated = readers.dates.without_dates(line)
    return dated and len(rest.split()) < TOLD_WORDS
