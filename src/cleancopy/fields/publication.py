"""Which of the dates on a page is the day it was published: candidates around the body, ranked by where they stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import mul

from cleancopy.fields.candidates import Probabilities, around, certainty, log_odds
from cleancopy.fields.dates import DateReader
from cleancopy.fields.dates.calendars import midnight
from cleancopy.model import Precision, StatedDate

DATE_FEATURES = (
    "published", "updated", "labelled", "between", "near_title", "near_body", "before_title", "after_body", "near_end",
    "alone", "month", "timed", "first", "url", "later", "model",
)  # fmt: skip
DATE_WEIGHTS = (
    0.79, -1.0, 0.13, 0.34, 0.27, 0.09, 0.0, -0.49, -0.07, 0.02, -0.44, -0.36, 0.99, 0.28, -0.7, 0.77,
)  # fmt: skip
"""Fitted by `train/rank.py` with "no date" as one of the choices; but `updated`, an update beside a publication, is
set by hand: it is no publication date. Fitted to the line model before this one; with weights fitted to this one dates
come out no better.
"""
DATE_THRESHOLD = -0.4
"""The weight of "no date", 0.5 below the fitted one. Measured, five-fold by site: right on 0.76 of the pages that
have a gold day (0.77 state it where it is looked for), wrong on 0.09, and an answer on 0.16 of those without.
"""
NO_DATE = DATE_THRESHOLD + 0.5
"""The fitted weight of "no date"."""
DATE_LEAST = 0.013
"""The probability below which no line can win, whatever else speaks for it."""
SEEN = 0.3
"""The score from which the day that readers see between title and body wins over another from outside. One with a time
of day does not: what a page shows to the minute it also declares to the minute, and a change is what differs then.
"""
CLOCK = -1.5
"""What speaks against a date above the title where another stands between title and body: pages show the day of the
visit, and teasers theirs, above it. Set by hand.
"""
LONGEST_SHOWN = 80
"""Characters of the line that shows it: longer ones are captions and teasers."""
PLAIN_REACH = 6
"""Lines above the body among which a line that is nothing but a date states it, whatever the model says."""
DATELINES = 2
"""Lines of prose at the start of the body whose dateline may state the day."""
DATE_WITHOUT_MODEL = 0.15
"""The probability of a candidate where no model ran: what makes precise answers, not many."""

_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)T")
_HANDLE = re.compile(r"\(@\w{2,30}\)")
"""An account's name as a quoted post is signed ("— Jane Doe (@jane) 2 May 2024")."""

Dated = tuple[tuple[int, ...], StatedDate]
"""A stated date with the lines it stands on."""


@dataclass(frozen=True, slots=True)
class DateChoice:
    """When the document says it was published: the lines that state it (empty where only a hint or the address
    does).
    """

    lines: tuple[int, ...]
    date: StatedDate
    score: float

    @property
    def certainty(self) -> float:
        """How sure the choice is."""
        return certainty(self.score, NO_DATE)


class Dates:
    """The dates that a document states around its body; each line is read once, however often they are ranked."""

    def __init__(
        self,
        reader: DateReader,
        lines: Sequence[str],
        *,
        body_start: int,
        body_end: int,
        body: Sequence[str] = (),
        languages: Sequence[str] = (),
        probabilities: Probabilities | None = None,
        hint: str | None = None,
        url: str | None = None,
        site: str | None = None,
        barred: Callable[[str], bool] | None = None,
    ) -> None:
        """Arguments as for `choose_byline`.

        body: the first paragraphs, which a dateline may open. languages, site: they settle ambiguous numeric dates.
        barred: says which lines date something else than the page, as captions do.
        """
        self._lines = lines
        self._body_start, self._body_end = body_start, body_end
        self._dateline = _dateline(reader, body, languages)
        self._addressed = reader.read_url(url) if url else None
        self._hinted = hinted(reader, hint, languages) if hint else None
        window = [
            index
            for index in around(len(lines), body_start, body_end, None, probabilities, DATE_LEAST)
            if reader.may_date(lines[index]) and not (barred is not None and barred(lines[index]))
        ]
        self.found = _dated(reader, lines, window, languages, site)
        plain = range(max(0, body_start - PLAIN_REACH), min(body_start, len(lines)))
        self._plain = [
            dated
            for dated in _dated(reader, lines, [at for at in plain if reader.may_date(lines[at])], languages, site)
            if not reader.without_dates(lines[dated[0][-1]])[0].strip(" |,.;:·•–—-()")
        ]
        self._odds = log_odds(probabilities, [indices[-1] for indices, _ in self.found], DATE_WITHOUT_MODEL).tolist()

    def choose(self, title: int | None = None) -> DateChoice | None:
        """The document's publication date, given where the title stands; None where nothing states one.

        A hint that reads as a date wins, unless the page shows its readers another day between title and body; then
        the best line; then a dateline; then the page's address.
        """
        best: DateChoice | None = None
        between = any(self._is_between(indices, title) for indices, _ in self.found)
        for dated, values in zip(self.found, self.features(title), strict=True):
            score = sum(map(mul, DATE_WEIGHTS, values))
            if between and title is not None and dated[0][-1] < title:
                score += CLOCK
            if (best is None or score > best.score) and dated[0] != (title,):
                best = DateChoice(*dated, score)
        if self._hinted is not None:
            if best is not None and self._is_shown(best, title) and not _same_day(best.date, self._hinted):
                return best
            agreeing = {i for indices, date in self.found for i in indices if _same_day(date, self._hinted)}
            return DateChoice(tuple(sorted(agreeing - {title})), self._hinted, 0.0)
        if best is not None and best.score >= DATE_THRESHOLD:
            return best
        # A line that is nothing but a date needs no model to say so where no other is near.
        plain = [(indices, date) for indices, date in self._plain if self._is_between(indices, title)]
        if len(plain) == 1:
            return DateChoice(*plain[0], 0.0)
        stated = self._dateline or self._addressed
        return DateChoice((), stated, 0.0) if stated is not None else None

    def _is_between(self, indices: Sequence[int], title: int | None) -> bool:
        """Whether lines stand between title and body, where the day of publication is shown."""
        return (title is None or indices[0] > title) and indices[-1] <= self._body_start

    def _is_shown(self, choice: DateChoice, title: int | None) -> bool:
        """Whether the page shows its readers a day that may well be another than the declared one."""
        return (
            choice.score >= SEEN
            and choice.date.kind == "published"
            and choice.date.precision is Precision.DAY
            and self._is_between(choice.lines, title)
            and len(self._lines[choice.lines[-1]]) <= LONGEST_SHOWN
        )

    def features(self, title: int | None) -> Iterator[tuple[float, ...]]:
        """What speaks for each of `found`; the order is that of `DATE_FEATURES`."""
        start, end, addressed = self._body_start, self._body_end, self._addressed
        top = title if title is not None else start - 6
        for (indices, date), model in zip(self.found, self._odds, strict=True):
            index = indices[-1]
            above, after = index < start, index > end
            near = [other for place, other in self.found if abs(place[-1] - index) <= 3]
            yield (
                float(date.kind == "published"),
                float(date.kind == "updated" and any(other.kind == "published" for other in near)),
                float(len(indices) > 1),
                float(above and index > top),
                1 / (1 + index - top) if index >= top else 0.0,
                1 / (1 + abs(start - index)),
                float(index < top),
                float(after),
                1 / (1 + index - end) if after else 0.0,
                float(len(self._lines[index]) < 40),
                float(date.precision in (Precision.MONTH, Precision.YEAR)),
                float(date.precision in (Precision.MINUTE, Precision.SECOND)),
                float((indices, date) == self.found[0]),
                float(addressed is not None and addressed.moment.date() == date.moment.date()),
                float(any(other.moment < date.moment for other in near)),
                model,
            )


def hinted(reader: DateReader, hint: str, languages: Sequence[str]) -> StatedDate | None:
    """The date that a hint says, its day as it stands there: a stamp with a zone may be of another day in UTC."""
    date = next(iter(reader.read(hint, languages=languages)), None)
    own = _ISO_DAY.match(hint.strip())
    day = midnight(int(own[1]), int(own[2]), int(own[3])) if own and date is not None else None
    if date is None or day is None or day.date() == date.moment.date():
        return date
    return StatedDate(day, Precision.DAY, date.kind, date.raw)


def _same_day(one: StatedDate, other: StatedDate) -> bool:
    return one.moment.date() == other.moment.date()


def _dateline(reader: DateReader, body: Sequence[str], languages: Sequence[str]) -> StatedDate | None:
    """The day that the first paragraph opens with."""
    for line in body:
        if (date := reader.dateline(line, languages=languages)) is not None:
            return date
    return None


def _dated(
    reader: DateReader, lines: Sequence[str], nominated: Sequence[int], languages: Sequence[str], site: str | None
) -> list[Dated]:
    """The dates on some lines; a label alone on the line before counts."""
    # How the document writes numeric dates has to be known only where one is ambiguous.
    numeric = any(reader.is_numeric(lines[index]) for index in nominated)
    order = reader.numeric_order(lines, site) if numeric else None
    found: list[Dated] = []
    for index in nominated:
        if _HANDLE.search(lines[index]) or (index > 0 and _HANDLE.search(lines[index - 1])):
            continue  # that of an embedded post
        stated = reader.read(lines[index], languages=languages, order=order)
        if stated and index > 0 and reader.is_label(lines[index - 1]):
            joined = reader.read(f"{lines[index - 1]} {lines[index]}", languages=languages, order=order)
            found.extend(((index - 1, index), date) for date in joined)
        else:
            found.extend(((index,), date) for date in stated)
    return found
