"""Which of the bylines on a page is the document's: candidates around the body, ranked by where they stand and what
they say.

They are looked at in the order of what the line model says of them, and only as long as nothing else that speaks for a
line could make up for its word: of the sixty lines around a body a handful is read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from operator import mul

import numpy as np
from numpy.typing import NDArray

from cleancopy.fields.candidates import Probabilities, around, certainty, log_odds
from cleancopy.fields.credits import CreditReader
from cleancopy.fields.credits.names import letters
from cleancopy.model import Credit, CreditRole
from cleancopy.text import signs
from cleancopy.text.title_text import address_path, slug_words

_BESIDE = re.compile(r"\s*/\s*|\s+[–—|-]\s+|\s*[,，]\s*")

PLACE_FEATURES = (
    "between", "near_title", "near_body", "before_title", "after_body", "near_end", "near_date", "model",
)  # fmt: skip
"""What speaks for a byline by where it stands; known before the line is read."""
PLACE_WEIGHTS = (0.23, 0.28, 0.03, 0.29, -0.38, 0.08, 0.81, 1.15)
READ_FEATURES = (
    "opened", "spelled_out", "apart", "bare", "single", "collective", "known", "alone", "dated", "lone", "common",
    "own", "bullet",
)  # fmt: skip
"""What speaks for a byline by what it says."""
READ_WEIGHTS = (0.53, 0.44, 0.54, -0.09, 0.23, -0.05, -0.04, -0.17, 0.11, -0.16, -0.59, 0.37, -0.15)
"""All weights are fitted by `train/rank.py` with "no byline" as one of the choices."""
_MOST_BY_READING = sum(max(0.0, weight) for weight in READ_WEIGHTS)
"""What the reading of a line can at most say for it: no feature exceeds 1."""
HINT_WEIGHT = 3.0
"""What speaks for a line that names the author known from outside; set by hand."""
BYLINE_THRESHOLD = -1.05
"""The weight of "no byline", 0.61 below the fitted one. Measured, five-fold by site: right on 0.72 of the pages with a
gold author (0.75 have it among their candidates), wrong on 0.10, and an answer on 0.15 of those without.
"""
NO_BYLINE = BYLINE_THRESHOLD + 0.61
"""The fitted weight of "no byline"."""
BYLINE_SEEN = 4.5
"""The score from which the author that readers see wins over another from outside, who may be the site's editor or
whoever uploaded the page. Measured where the two differ: above it the page is right on 10 documents and the hint on 2,
below it the page on 1 and the hint on 5.
"""
BYLINE_WITHOUT_MODEL = 0.17
"""The probability of a candidate where no model ran: what makes precise answers, not many."""
BYLINE_LEAST = 0.05
"""The probability below which no line can win, whatever else speaks for it."""
SIBLING = 0.5
"""The probability from which a name right above or below the byline is that of another author."""
MOST_OPENED = 24
"""Lines of names and joining words, the opener among them, that are read together."""
LIKELY = 0.5
"""The probability from which a line is read as the byline that it seems to be."""
LIKELY_APART = 0.1
"""The same where "by" has a line of its own: what stands on the next may then be a handle or an organisation."""
PLACED = 6
"""Lines below the title in which a phrase that opens nothing but credits needs no model beside it."""
LONGEST_SIGNATURE = 60
"""Characters of a signature below the text."""
COMMON_LINES = 40
"""Lines of the body in which the words of a name are looked up as ordinary words."""
LONGEST_BARE = 120
"""Characters of a line of names alone."""
LONE_REACH = 6
"""Lines below the title among which a single word may sign."""


@dataclass(frozen=True, slots=True)
class Byline:
    """Lines that may be the byline, what they say, and whether they say so themselves ("By") or by their place."""

    lines: tuple[int, ...]
    credits: tuple[Credit, ...]
    opened: bool

    @property
    def authors(self) -> list[str]:
        return [credit.name for credit in self.credits if credit.role is CreditRole.AUTHOR]


@dataclass(frozen=True, slots=True)
class BylineChoice:
    """The document's byline: the lines that state it, what they say, and what only a hint does."""

    lines: tuple[int, ...]
    credits: tuple[Credit, ...]
    score: float
    hinted: tuple[Credit, ...] = ()

    @property
    def certainty(self) -> float:
        """How sure the choice is: a menu's word that only its place speaks for is not as sure as "Written by"."""
        return certainty(self.score, NO_BYLINE)


class Bylines:
    """The candidates for a document's byline, each line read when it is first asked about."""

    def __init__(
        self,
        reader: CreditReader,
        lines: Sequence[str],
        *,
        body_start: int,
        body_end: int,
        title: int | None = None,
        dates: Collection[int] = (),
        probabilities: Probabilities | None = None,
        site: str | None = None,
        url: str | None = None,
        least: float = 0.0,
    ) -> None:
        """Arguments as for `choose_byline`; least: the probability below which the model rules a line out."""
        self._reader = reader
        self._lines, self._url = lines, url
        self._body_start, self._body_end, self._title = body_start, body_end, title
        self._dates = dates
        self._own = "" if site is None else letters(site.partition(".")[0])
        self._read: dict[int, Byline | None] = {}
        self._body: str | None = None
        self._folded: list[str] | None = None
        below = range(0 if title is None else title + 1, min(body_start, len(lines), (title or 0) + PLACED))
        told = {line for line in below if reader.spelled_out(lines[line])}
        self._placed = {line for line in below if any(abs(line - date) <= 2 for date in dates)}
        self.places = sorted({*around(len(lines), body_start, body_end, title, probabilities, least), *told})
        odds = log_odds(probabilities, self.places, BYLINE_WITHOUT_MODEL)
        if probabilities is not None:
            # Where the line says it itself, a model that may not know its language is not asked.
            unknown = log_odds(None, [0], BYLINE_WITHOUT_MODEL)[0]
            spoken = np.array([place in told for place in self.places], bool)
            odds = np.where(spoken, np.maximum(odds, unknown), odds)
        self.standing = self._standing(np.array(self.places, np.int64), odds)
        self._probabilities = probabilities
        self._sure = frozenset(
            () if probabilities is None else (place for place in self.places if probabilities[place] >= SIBLING)
        )

    def _standing(self, places: NDArray[np.int64], odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64[n, features]: what speaks for each place, in the order of `PLACE_FEATURES`."""
        start, end = self._body_start, self._body_end
        top = self._title if self._title is not None else start - 6
        above, after, below = places < start, places > end, places >= top
        dated = np.zeros(len(places), bool)
        for date in self._dates:
            dated |= abs(places - date) <= 2
        columns = (
            above & (places > top),
            below / (1 + abs(places - top)),
            above / (1 + abs(places - start)),
            ~below,
            after,
            after / (1 + abs(places - end)),
            dated,
            odds,
        )
        return np.stack(columns, axis=1)

    def at(self, place: int) -> Byline | None:
        """What the line reads as, None where it can be no byline."""
        if place not in self._read:
            self._read[place] = self._look(place)
        return self._read[place]

    def _look(self, index: int) -> Byline | None:
        reader, lines = self._reader, self._lines
        if index and reader.opens(lines[index - 1]):
            index -= 1
            if index and reader.announces(f"{lines[index - 1]} {lines[index]}") not in (None, CreditRole.AUTHOR):
                return None  # "Edited" and "by" on lines of their own
        if reader.opens(lines[index]):
            return self._opened(index)
        if index and self._is_another(index):
            return None
        likely = self._likely(index, index)
        credits = reader.read(lines[index])
        if not credits and likely:
            holder = reader.holder(lines[index])
            if holder is not None and not self._common([holder.name]):
                return Byline((index,), (holder,), False)
            if not reader.bare_name(lines[index]):
                credits = reader.read(lines[index], likely=True)
        if not credits:
            return self._bare(index, likely=likely)
        found = Byline((index,), self._signed(credits) if likely else credits, True)
        return found if found.authors else None

    def _opened(self, index: int) -> Byline | None:
        """The byline that an opener alone ("By") begins, with the lines behind it, as text extracted node by node has
        it.
        """
        reader, lines = self._reader, self._lines
        last, end = index, min(index + MOST_OPENED, len(lines))
        for last in range(index + 1, end):
            joining = (reader.opens(lines[at], joiner=True) for at in (last, last + 1) if at < len(lines))
            if not any(joining):
                break
        joined = " ".join(lines[index : last + 1])
        credits = reader.read(joined) or reader.read(joined, likely=self._likely(index, last, LIKELY_APART))
        found = Byline(tuple(range(index, last + 1)), credits, True)
        return found if found.authors else None

    def _bare(self, index: int, *, likely: bool) -> Byline | None:
        """The byline of a line that only its place shows to be one: names alone, or a word below the title."""
        reader, line = self._reader, self._lines[index]
        if len(line) > LONGEST_BARE or index == self._title:
            return None
        credits = reader.read(line, expect=CreditRole.AUTHOR) if reader.bare_name(line) else ()
        if not credits and self._title is not None and 0 < index - self._title <= LONE_REACH:
            name = reader.lone_name(line, handle=likely)
            credits = (self._lone(name, line),) if name and not self._is_subject(name) else ()
        return Byline((index,), credits, False) if credits else None

    def _lone(self, name: str, line: str) -> Credit:
        """The credit of a line that holds one word: an agency where it is one."""
        organisation = self._reader.organisations.named(name)
        if organisation is None:
            return Credit(CreditRole.AUTHOR, name, None, line)
        return Credit(organisation.role, organisation.name, organisation.domain, line)

    def _is_subject(self, name: str) -> bool:
        """Whether a single word is a section or a place rather than who signs: the page's address, its body, or another
        of its lines has it. A site that signs with its own name has that all over the page.
        """
        if self._is_own(name):
            return False
        folded = name.casefold()
        return (
            folded in slug_words(self._url)
            or folded in re.split(r"[/._-]+", address_path(self._url or "").casefold())
            or self._common([name]) > 0
            or sum(other.casefold() == folded for other in self._lines) > 1
        )

    def _is_own(self, name: str) -> bool:
        return bool(self._own) and "".join(name.casefold().split()) == self._own

    @staticmethod
    def _signed(credits: tuple[Credit, ...]) -> tuple[Credit, ...]:
        """The credits of a byline that names contributors alone: they are who wrote the document."""
        if any(credit.role is not CreditRole.CONTRIBUTOR for credit in credits):
            return credits
        return tuple(replace(credit, role=CreditRole.AUTHOR) for credit in credits)

    def _is_another(self, index: int) -> bool:
        """Whether the line above says that this one names somebody else than the author ("Edited by")."""
        role = self._reader.announces(self._lines[index - 1])
        return role is not None and role not in (CreditRole.AUTHOR, CreditRole.CONTRIBUTOR)

    def _likely(self, first: int, last: int, least: float = LIKELY) -> bool:
        """Whether the model takes one of these lines for the byline, or it stands below the title beside a date."""
        if least >= LIKELY and any(line in self._placed for line in range(first, last + 1)):
            return True
        return self._probabilities is not None and max(self._probabilities[first : last + 1]) >= least

    def holding(self, words: Collection[str]) -> list[int]:
        """The places whose line, or one of the three below that an opener takes along, holds one of the words."""
        if self._folded is None:
            self._folded = ["\n".join(self._lines[place : place + 4]).casefold() for place in self.places]
        return [
            place
            for place, lines in zip(self.places, self._folded, strict=True)
            if any(word in lines for word in words)
        ]

    def with_siblings(self, byline: Byline) -> Byline:
        """`byline` with the names that stand on lines of their own right above and below it."""
        for step in (-1, 1):
            at = byline.lines[0 if step < 0 else -1] + step
            while at in self._sure and (other := self.at(at)) is not None and self._beside(other, byline, step):
                pair = (byline, other) if step > 0 else (other, byline)
                credits = {(credit.role, credit.name): credit for each in pair for credit in each.credits}
                lines = sorted({*byline.lines, *other.lines})
                byline = Byline(tuple(lines), tuple(credits.values()), byline.opened)
                at += step
        return byline

    def _beside(self, other: Byline, byline: Byline, step: int) -> bool:
        """Whether the names on the line above or below are those of further authors: names alone, no caption
        ("Jane Doe / Example Agency"), and where "by" opens the byline they stand below it.
        """
        if other.opened or len(other.credits) > len(other.authors) or "/" in self._lines[other.lines[0]]:
            return False
        return not byline.opened or (step > 0 and all(" " in name for name in other.authors))

    def features(self, byline: Byline) -> tuple[float, ...]:
        """What speaks for what a candidate says; the order is that of `READ_FEATURES`."""
        opened, authors, line = byline.opened, byline.authors, self._lines[byline.lines[0]]
        single = all(" " not in name for name in authors)
        return (
            float(opened),
            float(opened and self._reader.spelled_out(" ".join(self._lines[place] for place in byline.lines))),
            float(opened and len(byline.lines) > 1),
            float(not opened),
            float(single),
            float(any(name.count(" ") > 2 for name in authors)),
            float(len(byline.credits) > len(authors)),
            float(not opened and len(line) - sum(map(len, authors)) < 6),
            float(not opened and any(map(str.isdigit, line))),
            float(not opened and single),
            0.0 if opened else self._common(authors),
            float(any(map(self._is_own, authors))),
            float(line[0] in f"{signs.BULLETS}-"),
        )

    def _common(self, authors: Sequence[str]) -> float:
        """How far the names' words are ordinary words of the body."""
        if self._body is None:
            self._body = " ".join(self._lines[self._body_start : self._body_start + COMMON_LINES])
        words = [word for name in authors for word in name.casefold().split() if len(word) > 2]
        ordinary = sum(f" {word}{end}" in self._body for word in words for end in " ,.")
        return min(1.0, ordinary / max(1, len(words)))


def choose_byline(
    reader: CreditReader,
    lines: Sequence[str],
    *,
    body_start: int,
    body_end: int,
    title: int | None = None,
    dates: Collection[int] = (),
    probabilities: Probabilities | None = None,
    hint: str | None = None,
    site: str | None = None,
    url: str | None = None,
) -> BylineChoice | None:
    """The document's byline, or None where neither a line nor a hint states one.

    body_start, body_end: indices of the first and last line of the body's prose.
    title:         index of the title line, where there is one.
    dates:         indices of the lines that state a date.
    probabilities: the model's probability that each line is the byline, where a model ran.
    hint:          the author known from outside; where it names somebody it wins, unless the page plainly names
                   another, and the lines that agree are lifted. Whom it names beside them is an author too.
    site:          the page's registrable domain; a site may sign with its own name.
    url:           the page's address, whose words are sections and subjects.
    """
    hinted = reader.declared(hint) if hint else ()
    page = Bylines(
        reader,
        lines,
        body_start=body_start,
        body_end=body_end,
        title=title,
        dates=dates,
        probabilities=probabilities,
        site=site,
        url=url,
        least=0.0 if hinted else BYLINE_LEAST,
    )
    names = {credit.name.casefold() for credit in hinted}
    scored = _scored(page, names, modelled=probabilities is not None)
    choice: BylineChoice | None = None
    if scored:
        score, byline = max(scored, key=lambda found: (found[0], -found[1].lines[0]))
        byline = page.with_siblings(byline)
        choice = BylineChoice(byline.lines, byline.credits, score)
    if hinted:
        return _beside_hint(choice, hinted, names)
    return choice if choice is not None and choice.score >= BYLINE_THRESHOLD else None


def _scored(page: Bylines, names: Collection[str], *, modelled: bool) -> list[tuple[float, Byline]]:
    """The bylines of a page that may win, each with what speaks for it.

    names: of the authors known from outside, case-folded. modelled: a model ran.
    """
    agreeing = set(page.holding({name.split()[-1] for name in names})) if names else set()
    least = (-math.inf if agreeing else BYLINE_SEEN) if names else BYLINE_THRESHOLD
    standing = page.standing @ np.array(PLACE_WEIGHTS)
    if agreeing:
        standing[[place in agreeing for place in page.places]] += HINT_WEIGHT
    scored: list[tuple[float, Byline]] = []
    for index in np.argsort(-standing, kind="stable").tolist():
        score = float(standing[index])
        if score + _MOST_BY_READING < least:
            break
        byline = page.at(page.places[index])
        # A bare name is a byline by another word only, the model's or a hint's: without one a menu is full of names.
        if byline is None or not (byline.opened or modelled or _names(byline, names)):
            continue
        score += sum(map(mul, READ_WEIGHTS, page.features(byline)))
        if page.places[index] in agreeing and not _names(byline, names):
            score -= HINT_WEIGHT
        scored.append((score, byline))
        least = max(least, score)
    return scored


def _beside_hint(choice: BylineChoice | None, hinted: tuple[Credit, ...], names: Collection[str]) -> BylineChoice:
    """The byline where the author is known from outside: the page's where it agrees, or plainly names another."""
    if choice is None or not (_names(choice, names) or (choice.score >= BYLINE_SEEN and not _extends(choice, names))):
        return BylineChoice((), (), 0.0, hinted)
    if any(credit.name.casefold() not in names for credit in choice.credits if credit.role is CreditRole.AUTHOR):
        return choice
    said = {credit.name.casefold() for credit in choice.credits}
    return replace(choice, hinted=tuple(credit for credit in hinted if credit.name.casefold() not in said))


def signature(
    reader: CreditReader,
    lines: Sequence[str],
    body_end: int,
    *,
    pictured: Collection[int] = (),
    buttons: Collection[int] = (),
) -> BylineChoice | None:
    """Who signs right below the text: a name alone, behind a dash, or beside an agency or a place ("— Jane Doe",
    "Jane Doe / EFE"). A name that the text has is its subject, and one above another short line of names a tag.

    buttons: lines that share the page, which may read like names ("Jaa Facebookissa").
    """
    at = body_end + 1
    if at >= len(lines) or at in pictured or len(lines[at]) > LONGEST_SIGNATURE:
        return None
    line = lines[at]
    name, *beside = _BESIDE.split(line.strip(" ()[]（）—–-/"), maxsplit=1)
    if (
        not reader.bare_name(name)
        or " " not in name.strip()
        or (at + 1 < len(lines) and at + 1 not in buttons and reader.bare_name(lines[at + 1]))
    ):
        return None
    if beside and not (reader.organisations.named(beside[0].strip()) or len(beside[0].split()) <= 3):
        return None
    text = "\n".join(lines[:at]).casefold()
    words = reader.name_words(name)
    if 2 * sum(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None for word in words) >= max(1, len(words)):
        return None
    credits = [*reader.read(name, expect=CreditRole.AUTHOR)]
    if beside and (organisation := reader.organisations.named(beside[0].strip())) is not None:
        credits.append(Credit(organisation.role, organisation.name, organisation.domain, line))
    signed = tuple(replace(credit, raw=line) for credit in credits)
    return BylineChoice((at,), signed, BYLINE_THRESHOLD) if signed else None


def _names(stated: Byline | BylineChoice, names: Collection[str]) -> bool:
    return any(credit.name.casefold() in names for credit in stated.credits)


def _extends(stated: BylineChoice, names: Collection[str]) -> bool:
    """Whether a name on the page begins with one known from outside: the page adds an employer or a section to it."""
    return any(credit.name.casefold().startswith(name) for credit in stated.credits for name in names)
