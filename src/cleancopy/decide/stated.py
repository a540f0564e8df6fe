"""What a document states about itself: its title, who made it, when it was published, what its pictures show.

Such lines leave the text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.captions import mark_captions
from cleancopy.decide.draft import SHAPE_CONFIDENCE, Draft
from cleancopy.decide.top import HEADLINE, Readers, adds_to, headline, stands_on_top, top_title, topmost
from cleancopy.fields.bylines import BylineChoice, choose_byline, signature
from cleancopy.fields.candidates import SURE
from cleancopy.fields.credits.datelines import dateline
from cleancopy.fields.publication import DATELINES, DateChoice, Dates, hinted
from cleancopy.fields.titles import TitleChoice, Titles
from cleancopy.linemodel.network import LineScores
from cleancopy.model import HINTS, ROLE_CODE, Credit, CreditRole, Fact, Role, StatedDate, TitleText
from cleancopy.rules import LEXICON_CATEGORIES
from cleancopy.text import signs
from cleancopy.text.headings import Casing, is_list_item
from cleancopy.text.letters import count_words
from cleancopy.text.shape import PROSE_WORDS
from cleancopy.text.sites import site

CREDIT_WORDS = 25
"""The longest line that is read for photo credits, sources, translators and the like."""
AGENCY_WORDS, AGENCY_REACH = 10, 2
"""Words of a line with an agency and a date, and lines between the two."""
SIGN_OFF_WORDS = 4
"""The longest line in brackets in which an agency signs."""
SIGNED_WORDS = 8
"""Words of a line below the last prose that still belongs to the text above a signature."""
LONGEST_SIGN_OFF = 60
"""The longest line in brackets below the text that says who reported, wrote and edited it."""
ABOVE, BELOW = 6, 6
"""Lines above the title, and below the last of the body, in which such credits still belong to the document."""

CAPTION = 60
"""Characters from which a line that ends with a credit for a picture describes it, and dates the picture."""
_BRACKETS = tuple(signs.OPENING_BRACKETS)
_LEGAL = ROLE_CODE[Role.LEGAL]
_CAPTION, _BYLINE = (LEXICON_CATEGORIES.index(category) for category in ("caption", "byline"))


@dataclass(frozen=True, slots=True)
class _Page:
    """A document whose lines have been judged, and what is asked of it.

    start, stop: the first and the last line of the body.
    clean: nothing on it is boilerplate, so it was cleaned before. What it states of itself stands on top of it then,
        and a name or date further down is part of it.
    seen: the first lines, in which title, dates and byline are sought.
    languages: what the document may be written in, best first; numeric dates are read by them.
    """

    draft: Draft
    readers: Readers
    scores: LineScores | None
    languages: Sequence[str]
    start: int
    stop: int
    clean: bool
    seen: int

    @classmethod
    def of(cls, draft: Draft, readers: Readers, scores: LineScores | None, languages: Sequence[str]) -> _Page:
        start, stop = _body(draft, scores)
        clean = draft.document.tags is None and bool(draft.kept.all() and draft.shape.prose.any())
        seen = min(start, HEADLINE) if clean else len(draft.document.lines)
        return cls(draft, readers, scores, languages, start, stop, clean, seen)

    @property
    def lines(self) -> tuple[str, ...]:
        """Of the whole document."""
        return self.draft.document.lines


def read_stated(
    draft: Draft,
    readers: Readers,
    scores: LineScores | None,
    lexicon: NDArray[np.float32],
    languages: Sequence[str],
) -> None:
    """Finds title, credits, dates and captions among the lines and in the hints, and takes their lines out of the text.

    lexicon: float32[n, categories], evidence words of each line. languages: what the document may be written in, best
    first; numeric dates are read by them.
    """
    page = _Page.of(draft, readers, scores, languages)
    dates = _dates(page)
    date = dates.choose()
    title = _title(page, () if date is None else date.lines)
    titled = () if title is None else title.lines
    if titled:
        # A date helps to find the title above it, and the title to tell which of several dates is the document's.
        date = dates.choose(_above(titled, page.start))
    dated = () if date is None else date.lines
    byline = _byline(page, titled, dated) or _signature(page, dated)
    hints = [*_say_title(page, title), *_say_date(page, dates, date, titled), *_say_byline(page, byline, titled, dated)]
    hints += _modified(page)
    if byline is None:
        _say_agency(page, titled, dated)
    _say_credits(page, lexicon, titled, {*titled, *dated, *(() if byline is None else byline.lines)}, byline)
    part = range(max(0, page.start - ABOVE), min(len(page.lines), page.stop + 1 + BELOW))
    mark_captions(draft, readers.credits, scores, part, min((page.start, *titled)), page.stop)
    if scores is None and draft.document.tags is None:
        # What would be lifted off the cleaned text goes now, so that cleaning that again changes nothing.
        for line, role in topmost(draft, readers, page.start, HEADLINE - 1 if title else HEADLINE):
            draft.say(line, role, f"{role.value}.line")
        for line in _names_below(page, titled):
            draft.say(line, Role.CREDIT, "credit.line")
    for line in np.flatnonzero(draft.kept & draft.shape.prose).tolist():
        credit = dateline(page.lines[line], readers.credits.organisations)
        if credit is not None:
            draft.state(line, (credit,))
    if hints:
        draft.facts[HINTS] = tuple(hints)


def _dates(page: _Page) -> Dates:
    document = page.draft.document
    return Dates(
        page.readers.dates,
        page.lines[: page.seen],
        body=page.lines[page.start : page.start + DATELINES],
        body_start=page.start,
        body_end=page.stop,
        languages=page.languages,
        probabilities=None if page.scores is None else page.scores.date[: page.seen],
        hint=document.date,
        url=document.url,
        site=site(document.url),
        barred=lambda line: len(line) > CAPTION and bool(page.readers.credits.caption(line)),
    )


def _byline(page: _Page, titled: Sequence[int], dated: Sequence[int]) -> BylineChoice | None:
    document = page.draft.document
    return choose_byline(
        page.readers.credits,
        page.lines[: page.seen],
        body_start=page.start,
        body_end=page.stop,
        title=_above(titled, page.start),
        dates=dated,
        probabilities=None if page.scores is None else page.scores.byline[: page.seen],
        hint=document.author,
        site=site(document.url),
        url=document.url,
    )


def _signature(page: _Page, dated: Sequence[int]) -> BylineChoice | None:
    """Who signs below the last paragraph, which may be too short to be told from its shape."""
    end, last = page.stop, len(page.lines) - 1
    kept, words = page.draft.kept, page.draft.shape.words
    while end < last and kept[end + 1] and words[end + 1] >= SIGNED_WORDS:
        end += 1
    if end < last and page.draft.evidence.sure[end + 1]:
        return None  # "Jaa Facebookissa" reads like a name
    buttons = page.draft.lines_of(Role.SHARE)
    return signature(page.readers.credits, page.lines, end, pictured=dated, buttons=buttons)


def _names_below(page: _Page, titled: Sequence[int]) -> Iterator[int]:
    """The lines that would be signatures of the cleaned text, where the byline and all between have gone: names of
    boxes about authors, and what only reads like a name.
    """
    draft, words = page.draft, page.draft.shape.words
    stays = draft.kept
    stays[list(titled)] = True
    lines = np.flatnonzero(stays).tolist()
    end = max((place for place, line in enumerate(lines) if line <= page.stop), default=len(lines))
    while end + 1 < len(lines) and words[lines[end + 1]] >= SIGNED_WORDS:
        end += 1
    while (found := signature(page.readers.credits, [page.lines[line] for line in lines], end)) is not None:
        yield lines.pop(found.lines[0])


def _say_title(page: _Page, title: TitleChoice | None) -> Iterator[Fact]:
    """Takes the title's lines out of the text; gives back what no line states."""
    if title is None:
        return
    draft = page.draft
    text = TitleText(title.text)
    if title.text.isupper():
        casing = Casing(page.lines[line] for line in np.flatnonzero(draft.shape.prose))
        # A headline is long: with names that the text does not have, its capitals are better than a guess.
        if casing.knows(title.text):
            text = TitleText(casing.restore(title.text))
    if not title.lines:
        yield text
    for place, line in enumerate(title.lines):
        if place == 0:
            draft.say(line, Role.TITLE, "title.line", _sure(title), facts=(text,))
        elif page.scores is None or line < page.start or not draft.kept[line]:
            # Between paragraphs of the article the same words are a heading or a caption.
            draft.say(line, Role.DUPLICATE, "title.repeated")


def _modified(page: _Page) -> Iterator[Fact]:
    """The last change that is stated outside the lines."""
    document = page.draft.document
    date = hinted(page.readers.dates, document.modified, page.languages) if document.modified else None
    if date is not None:
        yield replace(date, kind="modified")


def _updates(dates: Dates, line: int, others: Iterable[StatedDate] = ()) -> tuple[StatedDate, ...]:
    """The updates that a line states, alone (`others`) or with a label above it."""
    stated = (*(date for lines, date in dates.found if lines[-1] == line), *others)
    return tuple(dict.fromkeys(date for date in stated if date.kind == "updated"))


def _say_date(page: _Page, dates: Dates, date: DateChoice | None, titled: Sequence[int]) -> Iterator[Fact]:
    """Takes the date's lines out of the text, and other dates near it; gives back what no line states."""
    draft, dated = page.draft, () if date is None else date.lines
    if date is not None:
        if not dated:
            yield date.date
        for line in dated:
            if line in titled:
                draft.state(line, (date.date,))
            else:
                facts = dict.fromkeys((date.date, *_updates(dates, line)))
                draft.say(line, Role.DATE, "date.line", _sure(date), facts=tuple(facts))
    # "Published …" and "Updated …" often stand on lines of their own; those not chosen are no text either.
    beside = {line + step for line in dated for step in (-1, 1)}
    above = range(titled[0] if titled else page.start, min(page.start, page.seen))
    for line in sorted({*above, *beside} - {*dated, *titled}):
        if not (0 <= line < len(page.lines) and page.readers.dates.may_date(page.lines[line])):
            continue
        others = page.readers.dates.read(page.lines[line], languages=page.languages)
        updates = _updates(dates, line, others)
        if others and (draft.kept[line] or (line in beside and draft.outvoted[line])):
            draft.say(line, Role.DATE, "date.line", facts=updates)
        elif updates:
            draft.state(line, updates)


def _say_byline(
    page: _Page, byline: BylineChoice | None, titled: Sequence[int], dated: Sequence[int]
) -> Iterator[Fact]:
    """Takes the byline out of the text; gives back what no line states."""
    if byline is None:
        return
    yield from byline.hinted
    draft = page.draft
    for line in byline.lines:
        if line in titled:
            draft.state(line, byline.credits)
        else:
            # A line that says who and when is both; it is a credit that also states the date.
            facts = draft.facts.get(line, ()) if line in dated else ()
            draft.say(line, Role.CREDIT, "credit.line", _sure(byline), facts=(*byline.credits, *facts))


def _say_agency(page: _Page, titled: Sequence[int], dated: Sequence[int]) -> None:
    """Takes the agency out that stands for the author between title and body: alone on its line, or beside the date."""
    draft, readers, title = page.draft, page.readers, _above(titled, page.start)
    for line in range(page.start if title is None else title + 1, page.start):
        text = page.lines[line]
        if draft.shape.words[line] > AGENCY_WORDS or not any(abs(line - date) <= AGENCY_REACH for date in dated):
            continue
        name = readers.dates.without_dates(text)[0].partition("|")[0].strip(" ,·•–—-")
        agency = readers.credits.organisations.named(name)
        if agency is None or not agency.agency:
            continue
        credit = Credit(agency.role, agency.name, agency.domain, text)
        if line in dated:
            draft.state(line, (credit,))
        else:
            draft.say(line, Role.CREDIT, "credit.line", facts=(credit,))
        return


def _say_credits(
    page: _Page,
    lexicon: NDArray[np.float32],
    titled: Sequence[int],
    settled: Collection[int],
    byline: BylineChoice | None,
) -> None:
    """Takes photo credits, sources, translators and the like out of the text."""
    draft, readers = page.draft, page.readers
    top, bottom = titled[0] if titled else page.start, page.seen - BELOW - 1 if page.clean else page.stop
    for line in _crediting(draft, lexicon, top, bottom):
        if line in settled or (page.clean and is_list_item(page.lines[line])):
            continue
        credits = readers.credits.read(page.lines[line]) or _signed_off(page.lines[line], readers)
        if line > page.stop and _is_sign_off(credits):
            written = byline is not None and bool(_authors(byline.credits))
            said = tuple(credit for credit in credits if not (written and credit.role is CreditRole.AUTHOR))
            draft.say(line, Role.CREDIT, "credit.line", facts=said)
            continue
        # Who wrote the document is settled above; other names after "by" are those of comments, books and teasers.
        if credits and not _authors(credits):
            if not _describes(page.readers, page.lines[line]):
                draft.say(line, Role.CREDIT, "credit.line", facts=credits)
        elif credits and titled and titled[0] < line < page.start and draft.kept[line]:
            draft.say(line, Role.CREDIT, "credit.line")


def _describes(readers: Readers, line: str) -> bool:
    """Whether a line says what a picture shows beside who made it: it is a caption then."""
    pictured = readers.credits.caption(line)
    return pictured is not None and any(map(str.isalpha, pictured.text))


def _above(titled: Sequence[int], start: int) -> int | None:
    """Of the lines that state the title the last one above the body, or the first where all stand in or below it."""
    above = [line for line in titled if line <= start]
    return above[-1] if above else titled[0] if titled else None


def _title(page: _Page, dated: Sequence[int]) -> TitleChoice | None:
    """The title among the first lines of the document: on top of a clean text, by the best evidence on a page."""
    draft, hint = page.draft, page.draft.document.title
    if hint:
        return _best_title(page, list(page.lines[: page.seen]), dated)
    if page.scores is None:
        top = top_title(draft, page.readers)
        return top if page.clean or not draft.shape.prose.any() else _title_again(page, dated, top)
    top = top_title(draft, page.readers) if page.clean else None
    return top or _best_title(page, list(page.lines[: page.seen]), dated)


def _title_again(page: _Page, dated: Sequence[int], top: TitleChoice | None) -> TitleChoice | None:
    """The best title that would be found again on top of the cleaned text, where rules alone decide.

    top: the one that stands there already.
    """
    left = list(page.lines[: page.seen])
    while (title := _best_title(page, left, dated)) is not None:
        if stands_on_top(page.draft, page.readers, title):
            return top if top is not None and adds_to(top, title, page.draft.document.url) else title
        if top is not None or not any(left[line] for line in title.lines):
            break
        for line in title.lines:
            left[line] = ""
    return top


def _best_title(page: _Page, lines: Sequence[str], dated: Sequence[int]) -> TitleChoice | None:
    """The line among the first `lines` of a page that the best evidence speaks for, or its headline."""
    document = page.draft.document
    title = Titles(
        lines,
        body_start=page.start,
        probabilities=None if page.scores is None else page.scores.title[: len(lines)],
        hint=document.title,
        url=document.url,
        site=site(document.url),
        tags=document.tags,
        stated=dated,
        barred=lambda line: _is_no_title(page.readers, line),
    ).choose()
    if title is None and not page.clean and page.start <= HEADLINE:
        return headline(page.draft, page.readers, page.start, dated)
    return title


def _is_no_title(readers: Readers, line: str) -> bool:
    """Whether a line says that it is a caption with a credit, or a reading time."""
    if line[:1].isdigit() or line[-1:].isdigit():
        rest, counted = readers.dates.without_counts(line)
        if counted and not rest.strip(" |·•"):
            return True
    return line[-1] in signs.CLOSING_BRACKETS and bool(readers.credits.caption(line))


def _body(draft: Draft, scores: LineScores | None) -> tuple[int, int]:
    """The first and the last kept line of prose. Where none reads as prose, as in verse, of all kept lines but those
    that the line model takes for a title or a byline.
    """
    kept = draft.kept
    lines = np.flatnonzero(kept & draft.shape.prose)
    if not len(lines):
        # Prose whose words no spaces divide is told by its length.
        lines = np.array(
            [line for line in np.flatnonzero(kept).tolist() if count_words(draft.document.lines[line]) >= PROSE_WORDS],
            np.int64,
        )
    if not len(lines):
        lines = np.flatnonzero(kept)
        if scores is not None:
            stated = np.maximum(scores.title, scores.byline)[lines] >= SURE
            lines = lines if stated.all() else lines[~stated]
    return (int(lines[0]), int(lines[-1])) if len(lines) else (len(kept), len(kept))


def _crediting(draft: Draft, lexicon: NDArray[np.float32], top: int, bottom: int) -> list[int]:
    """Short lines of and around the body that hold a word of crediting or stand in brackets, and are not part of a
    block of boilerplate.

    Of those that a rule is sure of, what it takes for a notice of rights: "© Photo: Jane Doe" is both.
    """
    part = slice(max(0, top - ABOVE), bottom + 1 + BELOW)
    found = (lexicon[part, _CAPTION] + lexicon[part, _BYLINE] > 0) & (draft.shape.words[part] <= CREDIT_WORDS)
    in_brackets = np.array([line.startswith(_BRACKETS) for line in draft.document.lines[part]], bool)
    below = np.arange(part.start, part.start + len(in_brackets)) > bottom
    found |= in_brackets & (draft.shape.words[part] <= np.where(below, LONGEST_SIGN_OFF, SIGN_OFF_WORDS))
    ruled = draft.evidence.sure[part] & (draft.evidence.roles[part] != _LEGAL)
    lines = [part.start + line for line in np.flatnonzero(found & ~ruled).tolist()]
    if not lines:
        return []
    taken = draft.taken
    return [line for line in lines if not taken[line]]


def _signed_off(line: str, readers: Readers) -> tuple[Credit, ...]:
    """The agency that signs a line of its own below the text ("(dpa/abc)")."""
    agency = dateline(line, readers.credits.organisations) if line.startswith(_BRACKETS) else None
    return () if agency is None else (agency,)


def _sure(choice: TitleChoice | DateChoice | BylineChoice) -> float:
    """The confidence of a choice; one that was not weighed against others has that of any built-in rule."""
    return choice.certainty if choice.score else SHAPE_CONFIDENCE


def _authors(credits: Sequence[Credit]) -> list[Credit]:
    return [credit for credit in credits if credit.role is CreditRole.AUTHOR]


def _is_sign_off(credits: Sequence[Credit]) -> bool:
    """Whether a line below the text names several who made it by what they did ("Reporting by …; editing by …")."""
    return len({credit.role for credit in credits}) > 1 and bool(_authors(credits))
