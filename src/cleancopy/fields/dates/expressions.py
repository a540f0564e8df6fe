"""Date expressions in a line, absolute, with the time of day beside them, whatever the line is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from cleancopy.fields.dates.calendars import LAST_YEAR, is_persian, midnight, persian_midnight
from cleancopy.fields.dates.clock import Clock
from cleancopy.fields.dates.vocabulary import Order, Vocabulary, Zone, key
from cleancopy.model import Precision
from cleancopy.text.letters import LETTER, WORD, plain_digits

_ORDINAL = r"(?:st|nd|rd|th|er|re|º|ª|°|\.|-?го|-?е|:e|η|ης)?"
_YEAR = r"(?:19|20|1[34]|2[45])\d\d(?!\d)"
"""Of the Gregorian, the Persian, and the Buddhist calendar."""
_SHORT_YEAR = r"['’]\d\d(?!\d)"
_THAI_SHORT_YEAR = r"(?<=[\u0e00-\u0e7f. ])\d\d(?![\d:.])"
_THAI = re.compile("[\u0e00-\u0e7f]")
_THAI_CENTURY = 2500
_RUN = re.compile(rf"{WORD}|\d+")
_STAMP = re.compile(r"\d(?:T|\s)\d\d:\d\d:\d\d|\dT\d")
"""A stamp for machines, which says an instant."""
_NUMERIC = re.compile(r"\d\s?[/-]\s?\d{1,2}\s?[/-]")


def _pattern(vocabulary: Vocabulary) -> re.Pattern[str]:
    """The forms of dates; the groups of each carry its number."""
    composed = "|".join(re.escape(name) for name in vocabulary.composed)
    word = rf"(?:(?i:{composed})(?![^\W_])|(?:{LETTER}){{2,14}})"
    # "14 آذار/مارس 2024", "14 آذار (مارس) 2024": a month by two names.
    other = rf"(?:\s?[/(]\s?{word}\)?)?"
    eras = "|".join(map(re.escape, vocabulary.eras))
    return re.compile(
        rf"""
      (?<![\w./-])(?P<y1>{_YEAR})(?P<s1>[-/.•·])\s?(?P<m1>\d{{1,2}})(?P=s1)\s?(?P<d1>\d{{1,2}})(?!\d)
    | (?P<e10>{eras})\s?(?P<y10>\d{{1,3}}|元)\s?年\s?(?P<m10>\d{{1,2}})\s?月(?:\s?(?P<d10>\d{{1,2}})\s?日)?
    | (?<!\d)(?P<y2>{_YEAR})\s?[年년]\s?(?P<m2>\d{{1,2}})\s?[月월](?:\s?(?P<d2>\d{{1,2}})\s?[日일号號])?
    | (?<![\w./-])(?P<y3>(?:19|20)\d\d)(?P<m3>\d\d)(?P<d3>\d\d)(?=T\d)
    | (?<![\w./:])(?P<d4>\d{{1,2}}){_ORDINAL}[\s,./-]{{1,3}}(?:(?P<j4>[^\W\d_]{{1,3}})[\s'’]{{1,2}})?
      (?P<w4>{word})[.,]?{other}(?:[\s./-]{{1,2}}(?P<k4>(?:{LETTER}){{2,3}}|[^\W\d_]\.[^\W\d_]\.))?[\s./-]{{0,2}}
      (?P<y4>{_YEAR}|{_SHORT_YEAR}|(?<=-)\d\d(?![\d-])|{_THAI_SHORT_YEAR})
    | (?<![^\W\d_])(?P<w5>{word})\.?[\s-]{{0,2}}(?P<d5>\d{{1,2}}){_ORDINAL}
      (?:\s?,\s?|[\s-]{{1,2}})(?P<y5>{_YEAR}|{_SHORT_YEAR})
    | (?<![\w./-])(?P<y6>{_YEAR})[.,]?[\s-]{{1,2}}(?:(?P<j6>[^\W\d_]{{1,5}})\.?\s)?(?P<w6>{word})\.?[\s-]{{1,2}}
      (?P<d6>\d{{1,2}})(?!\d)
    | (?<![\w./:-])(?P<a7>\d{{1,2}})\.?\s?(?P<s7>[./-])\s?(?P<b7>\d{{1,2}})\s?(?P=s7)\s?
      (?P<y7>{_YEAR}(?!\.\d)|\d\d(?![\d./-]))
    | (?<![^\W\d_])(?P<w8>{word})\s{{1,2}}(?P<d8>\d{{1,2}})\s
      (?P<t8>\d{{1,2}}:\d\d(?::\d\d)?(?:\s[A-Z]{{1,5}}|\s[+-]\d{{4}})?)\s(?P<y8>{_YEAR})
    | (?<![^\W\d_])(?P<w9>{word})(?:\.|,|\s(?P<k9>[^\W\d_]{{2,4}}))?[\s/](?P<y9>{_YEAR})
    """,
        re.VERBOSE,
    )


class _Parts(NamedTuple):
    """Year, month and day of a match as they stand; month and day of `05/03/2024` are still open."""

    year: int
    month: int | None
    day: int | None
    persian: bool = False


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
        self._dates = _pattern(vocabulary)

    def find(self, line: str, languages: Sequence[str], order: Order | None) -> list[Span]:
        """The dates of the line, from left to right; none for one whose order nothing settles.

        languages, order: see `DateReader.read`.
        """
        spans: list[Span] = []
        at = 0
        while match := self._dates.search(line, at):
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

    def is_zone(self, text: str) -> bool:
        """Whether `text` is nothing but the name of a time zone."""
        return self._clock.is_zone(text)

    def order(self, lines: Sequence[str], site: str | None = None) -> Order | None:
        """How the document writes numeric dates: by its unambiguous ones where they agree, else by its domain, else
        None.
        """
        seen: set[Order] = set()
        for line in lines:
            if not is_numeric(line):
                continue
            for match in self._dates.finditer(plain_digits(line)):
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
        parts: _Parts,
        languages: Sequence[str],
        order: Order | None,
        floor: int,
    ) -> Span | None:
        start, end = match.span()
        year, month, day, persian = parts
        clock, end, zone = self._clock.after(line, end, match["t8"])
        if clock is None and match["t8"] is None:
            clock, start, zone = self._clock.before(line, start, floor)
        if match["y7"]:
            month, day = self._day_and_month(match, languages, order, zone)
        if month is None:
            return None
        moment = (persian_midnight if persian else midnight)(year, month, day or 1)
        if moment is None:
            return None
        if day is None:
            return Span(start, match.end(), moment, Precision.MONTH)
        if clock is None:
            return Span(start, end, moment, Precision.DAY)
        hour, minute, second = clock
        moment = moment.replace(hour=hour, minute=minute, second=second or 0)
        if zone is not None:
            instant = moment.replace(tzinfo=zone[0]).astimezone(UTC)
            if instant.date() != moment.date() and _STAMP.search(line, start, end) is None:
                # The day is the one that readers see; the time of another day in UTC would deny it.
                return Span(start, end, moment.replace(hour=0, minute=0, second=0), Precision.DAY)
            moment = instant
        return Span(start, end, moment, Precision.MINUTE if second is None else Precision.SECOND)

    def _parts(self, match: re.Match[str], languages: Sequence[str]) -> _Parts | None:
        """What a match says, None where its word is no month."""
        for form in ("1", "2", "3"):
            if year := match["y" + form]:
                day = match["d" + form]
                return _Parts(int(year), int(match["m" + form]), int(day) if day else None, is_persian(int(year)))
        if match["y7"]:
            year = _full_year(match["y7"])
            return _Parts(year, None, None, is_persian(year))
        if match["e10"]:
            year = self._vocabulary.eras[match["e10"]] + (1 if match["y10"] == "元" else int(match["y10"]))
            return _Parts(year, int(match["m10"]), int(match["d10"]) if match["d10"] else None)
        for form in ("4", "5", "6", "8", "9"):
            if match["y" + form]:
                return self._named(match, form, languages)
        return None

    def _named(self, match: re.Match[str], form: str, languages: Sequence[str]) -> _Parts | None:
        """What a match says that names the month; None where it does not, or other words stand between its parts."""
        name, groups = match["w" + form], match.groupdict()
        between = (groups.get("j" + form), groups.get("k" + form))
        if any(word and not self._vocabulary.links(word) for word in between):
            return None
        day = groups.get("d" + form)
        year = _full_year(match["y" + form])
        if _THAI.match(name) and len(match["y" + form]) == 2:
            year = _THAI_CENTURY + int(match["y" + form])
        persian = self._vocabulary.persian.get(key(name)) if is_persian(year) else None
        month = persian or self._vocabulary.month(name, languages)
        return None if month is None else _Parts(year, month, int(day) if day else None, persian is not None)

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
        # Where other calendars are in use the day stands first.
        if settled is None and (match["s7"] == "." or _full_year(match["y7"]) > LAST_YEAR):
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
