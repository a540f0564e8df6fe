"""Which of the dates on a page is the day it was published: candidates around the body, ranked by where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import mul

from cleancopy.decide.candidates import Probabilities, around, log_odds
from cleancopy.decide.dates import DateReader
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
DATE_LEAST = 0.013
"""The probability below which no line can win, whatever else speaks for it."""
SEEN = 0.3
"""The score from which the day that readers see above or in the body wins over another from outside: it stands alone at
the title. Of 56 pages in HTML that show another day than they declare, 34 of the 46 that show it there mean that, but 1
of the 8 that show it below the body, among comments and teasers.
"""
DATE_WITHOUT_MODEL = 0.15
"""The probability of a candidate where no model ran: what makes precise answers, not many."""

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


class Dates:
    """The dates that a document states around its body; each line is read once, however often they are ranked."""

    def __init__(
        self,
        reader: DateReader,
        lines: Sequence[str],
        *,
        body_start: int,
        body_end: int,
        languages: Sequence[str] = (),
        probabilities: Probabilities | None = None,
        hint: str | None = None,
        url: str | None = None,
        site: str | None = None,
    ) -> None:
        """Arguments as for `choose_byline`; `languages` and `site` settle ambiguous numeric dates."""
        self._lines = lines
        self._body_start, self._body_end = body_start, body_end
        self._addressed = reader.read_url(url) if url else None
        self._hinted = reader.read(hint, languages=languages) if hint else ()
        window = around(len(lines), body_start, body_end, None, probabilities, DATE_LEAST)
        self.found = _dated(
            reader, lines, [index for index in window if reader.may_date(lines[index])], languages, site
        )
        self._odds = log_odds(probabilities, [indices[-1] for indices, _ in self.found], DATE_WITHOUT_MODEL).tolist()

    def choose(self, title: int | None = None) -> DateChoice | None:
        """The document's publication date, given where the title stands; None where nothing states one.

        A hint that reads as a date wins, unless the page shows its readers another day beside the title; then the
        best line; then the page's address.
        """
        best: DateChoice | None = None
        for dated, values in zip(self.found, self.features(title), strict=True):
            score = sum(map(mul, DATE_WEIGHTS, values))
            if (best is None or score > best.score) and dated[0] != (title,):
                best = DateChoice(*dated, score)
        if self._hinted:
            hint = self._hinted[0]
            if (
                best is not None
                and best.score >= SEEN
                and best.lines[-1] <= self._body_end
                and best.date.kind == "published"
                and best.date.moment.date() != hint.moment.date()
            ):
                return best
            agreeing = {i for indices, date in self.found for i in indices if date.moment.date() == hint.moment.date()}
            return DateChoice(tuple(sorted(agreeing - {title})), hint, 0.0)
        if best is not None and best.score >= DATE_THRESHOLD:
            return best
        return DateChoice((), self._addressed, 0.0) if self._addressed is not None else None

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


def _dated(
    reader: DateReader, lines: Sequence[str], nominated: Sequence[int], languages: Sequence[str], site: str | None
) -> list[Dated]:
    """The dates on some lines; a label alone on the line before counts."""
    # How the document writes numeric dates has to be known only where one is ambiguous.
    numeric = any(reader.is_numeric(lines[index]) for index in nominated)
    order = reader.numeric_order(lines, site) if numeric else None
    found: list[Dated] = []
    for index in nominated:
        stated = reader.read(lines[index], languages=languages, order=order)
        if stated and index > 0 and reader.is_label(lines[index - 1]):
            joined = reader.read(f"{lines[index - 1]} {lines[index]}", languages=languages, order=order)
            found.extend(((index - 1, index), date) for date in joined)
        else:
            found.extend(((index,), date) for date in stated)
    return found
