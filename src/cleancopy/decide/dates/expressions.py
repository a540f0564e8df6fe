"""Date expressions in a line, absolute, with the time of day beside them, whatever the line is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cleancopy.decide.dates.clock import Clock
from cleancopy.decide.dates.vocabulary import Order, Vocabulary, Zone
from cleancopy.model import Precision

_ORDINAL = r"(?:st|nd|rd|th|er|re|º|ª|°|\.|-?го|-?е|:e)?"
_YEAR = r"(?:19|20)\d\d(?!\d)"
_SHORT_YEAR = r"['’]\d\d(?!\d)"
_WORD = r"[^\W\d_]{2,14}"
_DATE = re.compile(
    rf"""
      (?<![\w./-])(?P<y1>{_YEAR})(?P<s1>[-/.•·])(?P<m1>\d{{1,2}})(?P=s1)(?P<d1>\d{{1,2}})(?!\d)
    | (?<!\d)(?P<y2>{_YEAR})\s?[年년]\s?(?P<m2>\d{{1,2}})\s?[月월](?:\s?(?P<d2>\d{{1,2}})\s?[日일号號])?
    | (?<![\w./-])(?P<y3>(?:19|20)\d\d)(?P<m3>\d\d)(?P<d3>\d\d)(?=T\d)
    | (?<![\w./:])(?P<d4>\d{{1,2}}){_ORDINAL}[\s,./-]{{1,3}}(?:(?P<j4>[^\W\d_]{{1,3}})[\s'’]{{1,2}})?
      (?P<w4>{_WORD})[.,]?(?:[\s./-]{{1,2}}(?P<k4>[^\W\d_]{{2,3}}))?[\s./-]{{0,2}}(?P<y4>{_YEAR}|{_SHORT_YEAR}|(?<=-)\d\d(?![\d-]))
    | (?<![^\W\d_])(?P<w5>{_WORD})\.?[\s-]{{0,2}}(?P<d5>\d{{1,2}}){_ORDINAL}
      (?:\s?,\s?|[\s-]{{1,2}})(?P<y5>{_YEAR}|{_SHORT_YEAR})
    | (?<![\w./-])(?P<y6>{_YEAR})[.,]?[\s-]{{1,2}}(?P<w6>{_WORD})\.?[\s-]{{1,2}}(?P<d6>\d{{1,2}})(?!\d)
    | (?<![\w./:-])(?P<a7>\d{{1,2}})\.?\s?(?P<s7>[./-])\s?(?P<b7>\d{{1,2}})\s?(?P=s7)\s?
      (?P<y7>{_YEAR}(?!\.\d)|\d\d(?![\d./-]))
    | (?<![^\W\d_])(?P<w8>{_WORD})\s{{1,2}}(?P<d8>\d{{1,2}})\s
      (?P<t8>\d{{1,2}}:\d\d(?::\d\d)?(?:\s[A-Z]{{1,5}}|\s[+-]\d{{4}})?)\s(?P<y8>{_YEAR})
    | (?<![^\W\d_])(?P<w9>{_WORD})(?:\.|,|\s(?:de|del|of))?\s(?P<y9>{_YEAR})
    """,
    re.VERBOSE,
)
_RUN = re.compile(r"[^\W\d_]+|\d+")
_NUMERIC = re.compile(r"\d\s?[/-]\s?\d{1,2}\s?[/-]")


@dataclass(frozen=True, slots=True)
class Span:
    """A date found in a line. `start` and `end` cover its time and zone."""

    start: int
    end: int
    moment: datetime
    precision: Precision


class Expressions:
    """Finds date expressions."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._clock = Clock(vocabulary)

    def find(self, line: str, languages: Sequence[str], order: Order | None) -> list[Span]:
        """The dates of the line, from left to right; none for one whose order nothing settles.

        languages, order: see `DateReader.read`.
        """
        spans: list[Span] = []
        at = 0
        while match := _DATE.search(line, at):
            parts = self._parts(match, languages)
            if parts is None:
                # The word is no month, but a date may start behind it ("Tue Mar 5 2024").
                inside = _RUN.match(line, match.start())
                at = inside.end() if inside else match.start() + 1
                continue
            at = match.end()
            span = self._span(line, match, parts, languages, order, spans[-1].end if spans else 0)
            if span is None:
                continue
            spans.append(span)
            at = span.end
        return spans

    def order(self, lines: Sequence[str], site: str | None = None) -> Order | None:
        """How the document writes numeric dates: by its unambiguous ones where they agree, else by its domain, else
        None.
        """
        seen: set[Order] = set()
        for line in lines:
            if not is_numeric(line):
                continue
            for match in _DATE.finditer(line):
                if match["a7"] and match["s7"] != ".":
                    first, second = int(match["a7"]), int(match["b7"])
                    if first > 12 >= second:
                        seen.add("day")
                    elif second > 12 >= first:
                        seen.add("month")
        if len(seen) == 1:
            return seen.pop()
        if seen or not site:
            return None
        return self._vocabulary.domains.get(site.rsplit(".", 1)[-1].casefold())

    def _span(
        self,
        line: str,
        match: re.Match[str],
        parts: tuple[int, int | None, int | None],
        languages: Sequence[str],
        order: Order | None,
        floor: int,
    ) -> Span | None:
        start, end = match.span()
        year, month, day = parts
        clock, end, zone = self._clock.after(line, end, match["t8"])
        if clock is None and match["t8"] is None:
            clock, start, zone = self._clock.before(line, start, floor)
        if match["y7"]:
            month, day = self._day_and_month(match, languages, order, zone)
        if month is None:
            return None
        moment = midnight(year, month, day or 1)
        if moment is None:
            return None
        if day is None:
            return Span(start, match.end(), moment, Precision.MONTH)
        if clock is None:
            return Span(start, end, moment, Precision.DAY)
        hour, minute, second = clock
        moment = moment.replace(hour=hour, minute=minute, second=second or 0)
        if zone is not None:
            moment = moment.replace(tzinfo=zone[0]).astimezone(UTC)
        return Span(start, end, moment, Precision.MINUTE if second is None else Precision.SECOND)

    def _parts(self, match: re.Match[str], languages: Sequence[str]) -> tuple[int, int | None, int | None] | None:
        """Year, month and day of a match (month and day of `05/03/2024` are still open), None where its word is no
        month.
        """
        for y, m, d in (("y1", "m1", "d1"), ("y2", "m2", "d2"), ("y3", "m3", "d3")):
            if match[y]:
                return int(match[y]), int(match[m]), int(match[d]) if match[d] else None
        if match["y7"]:
            return _full_year(match["y7"]), None, None
        for y, w, d in (
            ("y4", "w4", "d4"),
            ("y5", "w5", "d5"),
            ("y6", "w6", "d6"),
            ("y8", "w8", "d8"),
            ("y9", "w9", ""),
        ):
            if match[y]:
                month = self._vocabulary.month(match[w], languages)
                joiners = (match["j4"], match["k4"]) if y == "y4" else ()
                if month is None or any(j and not self._vocabulary.links(j) for j in joiners):
                    return None
                return _full_year(match[y]), month, int(match[d]) if d else None
        return None

    def _day_and_month(
        self,
        match: re.Match[str],
        languages: Sequence[str],
        order: Order | None,
        zone: Zone | None,
    ) -> tuple[int | None, int | None]:
        first, second = int(match["a7"]), int(match["b7"])
        if first > 12 or first == second:
            return second, first
        if second > 12:
            return first, second
        settled: Order | None = order or (zone[1] if zone else None)
        if settled is None and match["s7"] == ".":
            settled = "day"
        if settled is None and languages:
            orders = {self._vocabulary.order(language) for language in languages}
            settled = orders.pop() if len(orders) == 1 else None
        if settled is None:
            return None, None
        return (second, first) if settled == "day" else (first, second)


def is_numeric(line: str) -> bool:
    """Whether the line holds a date such as 05/03/2024, whose order may be in doubt."""
    return _NUMERIC.search(line) is not None


def _full_year(text: str) -> int:
    digits = text.lstrip("'’")
    year = int(digits)
    return year if len(digits) == 4 else year + (1900 if year >= 90 else 2000)


def midnight(year: int, month: int, day: int) -> datetime | None:
    """Midnight UTC of that day, None where the calendar has no such day or the year is out of 1900 to 2099."""
    if not 1900 <= year <= 2099:
        return None
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
