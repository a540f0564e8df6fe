"""Dates as documents state them, absolute, with precision and kind; never resolved from "yesterday", never invented.

Policy, in one place:

- Only a line that *is* a date line states a date (`DateReader.read`); a sentence that mentions one does not.
- `05/03/2024` is read only where something says which number is the day: a number above 12, the zone on the line,
  another date of the document, the domain, or the language (`config/dates.toml`). Otherwise it states nothing. Dots
  (`05.03.2024`) are written by day-first countries alone; a year in front is always followed by the month.
- A two-digit year from 90 on is in the 1900s, below in the 2000s; a four-digit year counts from 1900 to 2099.
- A time with a zone becomes UTC. A time without one is kept as the wall clock it states.
- A month name that means different months in two languages (`listopada`: Polish November, Croatian October) is read
  only where the language decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cleancopy.decide.wordlists import known_fields, strings, table_at
from cleancopy.errors import ConfigurationError
from cleancopy.model import Precision, StatedDate

Order = Literal["day", "month"]
"""Which number comes first in a numeric date."""

MAX_LINE = 300
"""Characters. On 709 pages in three renderings no line that states the gold date is longer than 290."""

REMEMBERED = 20_000
"""Lines whose reading is kept: a line is asked about several times, and pages of a site repeat them."""

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
_TIME = re.compile(
    r"""(?P<h>[01]?\d|2[0-3])(?:(?P<sep>[:.h：])\s?(?P<mi>[0-5]\d)(?!\d)(?:[:.](?P<s>[0-5]\d)(?:[.,]\d{1,9})?)?)?
        (?![\d/])\s?(?P<half>[ap]\.?\s?m(?:\.|\b)|öö|上午|午前|下午|午後)?\s?
        (?:(?P<unit>Uhr|hours|hrs|hs|heures|uur|ч|h)(?![^\W\d_]))?""",
    re.VERBOSE | re.IGNORECASE,
)
_TO_TIME = re.compile(r"[\s,;.|•·@T–—:(-]{0,4}(?:([^\W\d_]{1,8})[.:]?,?\s?)?(?:([^\W\d_]{1,8})[.:]?\s?)?")
_COUNTED = re.compile(
    r"(?<!\w)(?!\w+\.[a-z]{2,4}\b)(?P<number>\d[\d.,:/–-]*\w{0,2}\+?)(?:[\s-]{1,2}(?P<unit>[^\W\d_]{2,12})(?:\s(?:read|de\s\w+|di\s\w+))?)?"
)
_BRACKETED = re.compile(r"\s?[（(]?([^\W\d_]{1,3})[)）]\s?")
_ZONE = re.compile(
    r"[\s,]?\(?(?P<name>[A-Z]{1,5}(?![^\W\d_]))?\s?(?P<offset>[+\-−](?:0?\d|1[0-4])(?::?[0-5]\d)?(?!\d))?\)?"
)
_LETTERS = re.compile(r"[^\W\d_]+")
_YEAR_ALONE = re.compile(r"([^\d©]{4,40}?)[:\s]\s{0,2}((?:19|20)\d\d)\.?")
_RUN = re.compile(r"[^\W\d_]+|\d+")
_CHEAP = re.compile(r"(?:19|20)\d\d|\d[./-]\w{1,9}[./-]\d\d|['’]\d\d")
_TWO_DIGITS = re.compile(r"[\d'’]\d")
"""What every line that `_CHEAP` finds holds; five times as quick to look for."""
_NUMERIC = re.compile(r"\d\s?[/-]\s?\d{1,2}\s?[/-]")
_RANGE = re.compile(r"\s*(?:[–—-]|to|bis|au|al)\s*")
_SEPARATOR = re.compile(r"\s[|•·∙⋅/–—-]\s?|[|•·∙⋅]")
_SENTENCE_END = re.compile(r"[.!?。！？…]['\"”’»)]?$")
_SEAM = re.compile(r"(?<=[a-zß-öø-ÿа-яё®.,;)])(?=[A-ZÀ-ÖØ-ÞА-ЯЁ])")
"""Where one word may run into the next ("Jane DoeMarch 5, 2024"), as renderers that drop spaces leave them."""
_DAY_NUMBER = re.compile(r"\.?\s{0,2}\d{1,2}(?:\D|$)")
_URL_DATE = re.compile(r"/((?:19|20)\d\d)[/-](\d\d?)[/-](\d\d?)(?=[/-]|$)")


@dataclass(frozen=True, slots=True)
class _Span:
    """A date found in a line. `end` covers its time and zone; `order` is the evidence its zone gives."""

    start: int
    end: int
    moment: datetime
    precision: Precision


@dataclass(frozen=True, slots=True)
class _Gap:
    """What stands between dates: the kind its last phrase announces, and the words that no date line needs."""

    kind: str | None
    residue: int
    lower: int
    unrelated: bool
    neutral_only: bool


class DateReader:
    """Reads stated dates. Build it once with `from_mapping`; immutable but for the lines that it remembers."""

    def __init__(
        self,
        *,
        months: Mapping[str, Mapping[str, int]],
        phrases: Mapping[tuple[str, ...], str],
        orders: Mapping[str, Order],
        domains: Mapping[str, Order],
        halves: Mapping[str, Literal["am", "pm"]],
        zones: Mapping[str, tuple[tzinfo, Order | None]],
    ) -> None:
        self._months = months
        self._phrases = phrases
        self._longest = max(map(len, phrases))
        self._orders = orders
        self._domains = domains
        self._halves = halves
        self._zones = zones
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._read)
        self._without = lru_cache(maxsize=REMEMBERED)(self._cut)

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any], source: str) -> DateReader:
        """The reader that `data` (a parsed `dates.toml`) describes.

        Raises ConfigurationError naming `source`, the entry and the field for an unknown or missing field, a list that
        is empty or holds duplicates, an impossible order, offset or region.
        """
        known_fields(data, {"languages", "day_halves", "zones", "domains"}, source, "the file")
        months: dict[str, dict[str, int]] = {}
        phrases: dict[tuple[str, ...], str] = {}
        orders: dict[str, Order] = {}
        for language, entry in table_at(data, "languages", source).items():
            where = f"languages.{language}"
            if not isinstance(entry, Mapping):
                raise ConfigurationError(f"{source}: {where} must be a table, not {type(entry).__name__}")
            known_fields(entry, {"order", "months", *_CATEGORIES}, source, where)
            if "order" in entry:
                orders[language] = _order(entry["order"], source, f"{where}.order")
            for number, names in enumerate(_twelve(entry.get("months"), source, f"{where}.months"), 1):
                for name in names:
                    months.setdefault(_key(name), {})[language] = number
            for field, category in _CATEGORIES.items():
                for phrase in strings(
                    entry.get(field, []), source, f"{where}.{field}", empty=field == "joiners" or field not in entry
                ):
                    key = tuple(_LETTERS.findall(phrase.casefold()))
                    if not key:
                        raise ConfigurationError(f"{source}: {where}.{field}: {phrase!r} has no letters")
                    if _RANK[category] > _RANK.get(phrases.get(key, ""), -1):
                        phrases[key] = category
        if not phrases:
            raise ConfigurationError(f"{source}: languages must not be empty")
        halves: dict[str, Literal["am", "pm"]] = {}
        table = table_at(data, "day_halves", source)
        known_fields(table, {"am", "pm"}, source, "day_halves")
        half: Literal["am", "pm"]
        for half in ("am", "pm"):
            for word in strings(table.get(half), source, f"day_halves.{half}"):
                halves[_squeeze(word)] = half
        domains: dict[str, Order] = {}
        table = table_at(data, "domains", source)
        known_fields(table, {"day", "month"}, source, "domains")
        order: Order
        for order in ("day", "month"):
            for suffix in strings(table.get(order), source, f"domains.{order}"):
                if suffix in domains:
                    raise ConfigurationError(f"{source}: domains: {suffix!r} stands under both day and month")
                domains[suffix] = order
        zones = {name: _zone(entry, source, f"zones.{name}") for name, entry in table_at(data, "zones", source).items()}
        return cls(months=months, phrases=phrases, orders=orders, domains=domains, halves=halves, zones=zones)

    def unglued(self, line: str) -> str:
        """`line` with a space where a month of a date or a date's label runs into the word before it
        ("Jane DoeMarch 5, 2024", "Jane DoePublished: …").
        """
        if not _SEAM.search(line):
            return line
        pieces, at = [], 0
        for seam in _SEAM.finditer(line):
            word = _LETTERS.match(line, seam.end())
            assert word is not None  # a seam is followed by a capital
            key = word[0].casefold()
            rest = line[word.end() : word.end() + 6]
            if (key in self._months and _DAY_NUMBER.match(rest)) or (
                len(key) > 3 and self._phrases.get((key,)) in ("published", "updated", "weekday")
            ):
                pieces.append(line[at : seam.end()])
                at = seam.end()
        return " ".join([*pieces, line[at:]])

    def read(self, line: str, *, languages: Sequence[str] = (), order: Order | None = None) -> tuple[StatedDate, ...]:
        """The dates that `line` states, in its order; empty for prose, ranges, relative and ambiguous dates.

        languages: what the document may be written in (BCP 47 tags, best first); they settle ambiguous dates.
        order:     the document's own evidence for numeric dates (`numeric_order`); it wins over the languages.
        """
        if not self.may_date(line):
            return ()
        return self._remembered(line, tuple(languages), order)

    def _read(self, line: str, languages: tuple[str, ...], order: Order | None) -> tuple[StatedDate, ...]:
        text = self.unglued(line)
        spans = self._spans(text, languages, order)
        if not spans and (year := _YEAR_ALONE.fullmatch(line)):
            gap = self._gap(year[1])
            moment = _moment(int(year[2]), 1, 1)
            return (
                (StatedDate(moment, Precision.YEAR, gap.kind, line),)
                if gap.kind and gap.neutral_only and moment
                else ()
            )
        return self._stated(text, spans, line)

    @staticmethod
    def may_date(line: str) -> bool:
        """Whether `line` holds what looks like a date. Cheap: few lines do, and only they are read."""
        return len(line) <= MAX_LINE and _TWO_DIGITS.search(line) is not None and _CHEAP.search(line) is not None

    @staticmethod
    def is_numeric(line: str) -> bool:
        """Whether `line` holds a date such as 05/03/2024, whose order may be in doubt."""
        return _NUMERIC.search(line) is not None

    def without_dates(self, line: str) -> tuple[str, bool]:
        """`line` with every date, and the label announcing it, replaced by ` | `; and whether there was one.

        Ambiguous numeric dates are cut out as well: their place is known even where their meaning is not.
        """
        if not self.may_date(line):
            return line, False
        return self._without(line)

    def _cut(self, line: str) -> tuple[str, bool]:
        spans = self._spans(line, (), "day") or self._spans(line, (), "month")
        if not spans:
            return line, False
        pieces, at = [], 0
        for span in spans:
            pieces.append(self._unlabel(line[at : span.start]))
            at = span.end
        pieces.append(line[at:])
        return " | ".join(pieces), True

    def without_counts(self, text: str) -> tuple[str, bool]:
        """`text` cut at its numbers ("Jane Doe 5 min read" → "Jane Doe | "), and whether one was a reading time."""
        pieces, at, counted = [], 0, False
        for match in _COUNTED.finditer(text):
            known = self._phrases.get((match["unit"].casefold(),)) == "read_time" if match["unit"] else False
            counted = counted or known
            pieces.append(text[at : match.start()])
            at = match.end() if known else match.end("number")
        pieces.append(text[at:])
        return " | ".join(pieces), counted

    def is_label(self, line: str) -> bool:
        """Whether `line` does nothing but announce a date ("Published:", "Zuletzt aktualisiert am")."""
        if len(line) > 40:
            return False
        gap = self._gap(line)
        return gap.kind is not None and gap.residue == 0 and not any(character.isdigit() for character in line)

    def is_calendar_word(self, word: str) -> bool:
        """Whether `word` is a weekday's or month's name that is no person's ("Friday"; "May" and "April" are both)."""
        key = _key(word)
        return len(key) > 5 and (self._phrases.get((key,)) == "weekday" or key in self._months)

    def numeric_order(self, lines: Sequence[str], site: str | None = None) -> Order | None:
        """How the document writes numeric dates: by its unambiguous ones where they agree, else by its domain, else
        None.
        """
        seen: set[Order] = set()
        for line in lines:
            if len(line) > MAX_LINE or not self.is_numeric(line):
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
        return self._domains.get(site.rsplit(".", 1)[-1].casefold())

    def read_url(self, url: str) -> StatedDate | None:
        """The day that a page address states as `/2024/03/05/` or `/2024-03-05-`; None for anything less."""
        match = _URL_DATE.search(url)
        moment = _moment(int(match[1]), int(match[2]), int(match[3])) if match else None
        return StatedDate(moment, Precision.DAY, raw=match[0].strip("/-")) if moment and match else None

    def _stated(self, line: str, spans: Sequence[_Span], raw: str) -> tuple[StatedDate, ...]:
        """The shape test: what stands around the dates must be labels, names and counts, not a sentence."""
        if not spans or "©" in line:
            return ()
        bounds = [0, *(edge for span in spans for edge in (span.start, span.end)), len(line)]
        gaps = [line[start:end] for start, end in zip(bounds[::2], bounds[1::2], strict=True)]
        if any(gap and _RANGE.fullmatch(gap) and gap.strip() for gap in gaps[1:-1]):
            return ()
        words = [self._gap(gap) for gap in gaps]
        residue, lower = sum(gap.residue for gap in words), sum(gap.lower for gap in words)
        labelled = any(gap.kind for gap in words)
        separated = bool(_SEPARATOR.search(line))
        if _SENTENCE_END.search(line) and lower > 1 and not (labelled and separated):
            return ()
        if residue > 14 or lower > (5 if labelled and words[0].neutral_only else 4 if separated else 2):
            return ()
        # Two days that run into each other ("May 21, 2025April 24, 2025") are those of the last change and of writing.
        changed = {
            max(place - 1, place, key=lambda at: spans[at].moment)
            for place in range(1, len(spans))
            if not gaps[place] and spans[place - 1].moment != spans[place].moment
        }
        found: list[StatedDate] = []
        kind = "published"
        for place, span in enumerate(spans):
            before, after = words[place], words[place + 1]
            if before.unrelated:
                continue
            if before.kind:
                kind = before.kind
            elif place == len(spans) - 1 and len(spans) == 1 and after.kind and after.residue <= 1:
                kind = after.kind
            if span.precision in (Precision.MONTH, Precision.YEAR) and (residue or (place and not labelled)):
                continue
            stated = StatedDate(span.moment, span.precision, "updated" if place in changed else kind, raw)
            if all((stated.moment, stated.kind) != (other.moment, other.kind) for other in found):
                found.append(stated)
        return tuple(found)

    def _spans(self, line: str, languages: Sequence[str], order: Order | None) -> list[_Span]:
        spans: list[_Span] = []
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

    def _span(
        self,
        line: str,
        match: re.Match[str],
        parts: tuple[int, int | None, int | None],
        languages: Sequence[str],
        order: Order | None,
        floor: int,
    ) -> _Span | None:
        start, end = match.span()
        year, month, day = parts
        clock, end, zone = self._clock(line, end, match["t8"])
        if clock is None and match["t8"] is None:
            clock, start, zone = self._clock_before(line, start, floor)
        if match["y7"]:
            month, day = self._day_and_month(match, languages, order, zone)
        if month is None:
            return None
        moment = _moment(year, month, day or 1)
        if moment is None:
            return None
        if day is None:
            return _Span(start, match.end(), moment, Precision.MONTH)
        if clock is None:
            return _Span(start, end, moment, Precision.DAY)
        hour, minute, second = clock
        moment = moment.replace(hour=hour, minute=minute, second=second or 0)
        if zone is not None:
            moment = moment.replace(tzinfo=zone[0]).astimezone(UTC)
        return _Span(start, end, moment, Precision.MINUTE if second is None else Precision.SECOND)

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
                month = self._month(match[w], languages)
                joiners = (match["j4"], match["k4"]) if y == "y4" else ()
                if month is None or any(j and self._phrases.get((j.casefold(),)) not in _LINKING for j in joiners):
                    return None
                return _full_year(match[y]), month, int(match[d]) if d else None
        return None

    def _month(self, word: str, languages: Sequence[str]) -> int | None:
        readings = self._months.get(_key(word))
        if readings is None:
            return None
        for language in languages:
            if (number := readings.get(language.split("-")[0])) is not None:
                return number
        numbers = set(readings.values())
        return numbers.pop() if len(numbers) == 1 else None

    def _day_and_month(
        self,
        match: re.Match[str],
        languages: Sequence[str],
        order: Order | None,
        zone: tuple[tzinfo, Order | None] | None,
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
            orders = {self._language_order(language) for language in languages}
            settled = orders.pop() if len(orders) == 1 else None
        if settled is None:
            return None, None
        return (second, first) if settled == "day" else (first, second)

    def _language_order(self, tag: str) -> Order | None:
        language, _, region = tag.partition("-")
        region = region.casefold()
        return self._orders.get(language) or self._domains.get("uk" if region == "gb" else region)

    def _clock(
        self, line: str, at: int, inner: str | None
    ) -> tuple[tuple[int, int, int | None] | None, int, tuple[tzinfo, Order | None] | None]:
        """The time that follows the date ending at `at`: hour, minute, second; where it ends; its zone."""
        if inner is not None:
            match = _TIME.match(inner)
            clock = self._read_time(match) if match else None
            zone, _ = self._read_zone(inner, match.end() if match else 0)
            return clock, at, zone
        weekday = _BRACKETED.match(line, at)
        lead = _TO_TIME.match(line, weekday.end() if weekday else at)
        assert lead is not None  # every part of the pattern may be empty
        words = [word.casefold() for word in lead.groups() if word]
        start = lead.end()
        half = next((self._halves[word] for word in words if word in self._halves), None)
        if any(word not in self._halves and self._phrases.get((word,)) not in _LINKING for word in words):
            start = _skip(line, at)
        match = _TIME.match(line, start)
        clock = self._read_time(match, half, linked=bool(words)) if match else None
        if match is None or clock is None:
            return None, at, None
        zone, end = self._read_zone(line, match.end())
        return clock, end, zone

    def _clock_before(
        self, line: str, start: int, floor: int
    ) -> tuple[tuple[int, int, int | None] | None, int, tuple[tzinfo, Order | None] | None]:
        """The time that stands right before the date starting at `start` ("21:47 IST, Dec 17, 2025")."""
        window = line[max(floor, start - 36) : start]
        offset = start - len(window)
        for match in _TIME.finditer(window):
            if match["sep"] is None and match["half"] is None:
                continue
            clock = self._read_time(match)
            if clock is None or (
                match.start() and (window[match.start() - 1].isdigit() or window[match.start() - 1] == ":")
            ):
                continue
            zone, end = self._read_zone(window, match.end())
            words = [word.casefold() for word in _LETTERS.findall(window[end:])]
            if all(self._phrases.get((word,)) in _LINKING | {"weekday"} for word in words) and len(words) <= 3:
                return clock, offset + match.start(), zone
        return None, start, None

    def _read_time(
        self, match: re.Match[str], half: str | None = None, *, linked: bool = False
    ) -> tuple[int, int, int | None] | None:
        hour = int(match["h"])
        half = self._halves.get(_squeeze(match["half"])) if match["half"] else half
        if match["mi"] is None and not (
            half or (match["unit"] and match["unit"].casefold() in ("uhr", "h", "uur", "heures"))
        ):
            return None
        if match["sep"] == "." and not (half or match["unit"] or linked):
            return None
        if half:
            if not 1 <= hour <= 12:
                return (
                    (hour, int(match["mi"] or 0), int(match["s"]) if match["s"] else None)
                    if half == "pm" and hour > 12
                    else None
                )
            hour = hour % 12 + (12 if half == "pm" else 0)
        return hour, int(match["mi"] or 0), int(match["s"]) if match["s"] else None

    def _read_zone(self, line: str, at: int) -> tuple[tuple[tzinfo, Order | None] | None, int]:
        match = _ZONE.match(line, at)
        if match is None:
            return None, at
        name, offset = match["name"], match["offset"]
        known = self._zones.get(name) if name else None
        if offset and (not name or known):
            digits = offset[1:].replace(":", "")
            hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
            sign = 1 if offset[0] == "+" else -1
            fixed = timezone(sign * timedelta(hours=hours, minutes=minutes))
            return (fixed, None), match.end()
        if known:
            return known, match.end() if not offset else match.end("name")
        return None, at

    def _gap(self, gap: str) -> _Gap:
        words = _LETTERS.findall(gap)
        folded = [word.casefold() for word in words]
        kind: str | None = None
        residue = lower = at = 0
        unrelated = False
        while at < len(folded):
            for length in range(min(self._longest, len(folded) - at), 0, -1):
                category = self._phrases.get(tuple(folded[at : at + length]))
                if category is not None:
                    break
            else:
                category, length = None, 1
            if category in ("published", "updated"):
                kind, unrelated = category, False
            elif category == "unrelated":
                unrelated = unrelated or at + length >= len(folded) - 1
                residue, lower = residue + length, lower + (words[at].islower())
            elif category is None and folded[at] not in self._months:
                residue += 1
                lower += words[at].islower()
            at += length
        return _Gap(kind, residue, lower, unrelated, residue == 0)

    def _unlabel(self, gap: str) -> str:
        """`gap` without the date labels that end it ("Jane Doe | Last updated:" → "Jane Doe | ")."""
        words = list(_LETTERS.finditer(gap))
        end = len(words)
        while end:
            for length in range(min(self._longest, end), 0, -1):
                category = self._phrases.get(tuple(word[0].casefold() for word in words[end - length : end]))
                if category in ("published", "updated", "joiner", "weekday"):
                    end -= length
                    break
            else:
                break
        return gap if end == len(words) else gap[: words[end].start()]


_CATEGORIES: Mapping[str, str] = {
    "weekdays": "weekday",
    "joiners": "joiner",
    "published": "published",
    "updated": "updated",
    "neutral": "neutral",
    "relative": "relative",
    "unrelated": "unrelated",
    "read_time": "read_time",
}
_RANK: Mapping[str, int] = {
    "neutral": 0, "read_time": 0, "relative": 1, "unrelated": 2, "published": 3, "updated": 4, "weekday": 5, "joiner":
    6,
}  # fmt: skip
"""Which reading of a word wins where languages disagree: the one a date line needs most."""
_LINKING = frozenset({"joiner", "neutral"})


def _key(word: str) -> str:
    return word.casefold().rstrip(".")


def _squeeze(word: str) -> str:
    return word.casefold().replace(".", "").replace(" ", "")


def _skip(line: str, at: int) -> int:
    while at < len(line) and line[at] in " ,;.|•·@T–—:-(":
        at += 1
    return at


def _full_year(text: str) -> int:
    digits = text.lstrip("'’")
    year = int(digits)
    return year if len(digits) == 4 else year + (1900 if year >= 90 else 2000)


def _moment(year: int, month: int, day: int) -> datetime | None:
    """Midnight UTC of that day, None where the calendar has no such day or the year is out of 1900 to 2099."""
    if not 1900 <= year <= 2099:
        return None
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None


def _twelve(value: object, source: str, where: str) -> list[list[str]]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) != 12:
        raise ConfigurationError(f"{source}: {where} must hold twelve lists, January to December")
    return [strings(names, source, f"{where}[{number}]") for number, names in enumerate(value, 1)]


def _order(value: object, source: str, where: str) -> Order:
    if value == "day":
        return "day"
    if value == "month":
        return "month"
    raise ConfigurationError(f"{source}: {where} is {value!r}; it must be 'day' or 'month'")


def _zone(entry: object, source: str, where: str) -> tuple[tzinfo, Order | None]:
    if not isinstance(entry, Mapping):
        raise ConfigurationError(f"{source}: {where} must be a table such as {{ minutes = 60 }}")
    known_fields(entry, {"minutes", "region", "order"}, source, where)
    order = _order(entry["order"], source, f"{where}.order") if "order" in entry else None
    if ("minutes" in entry) == ("region" in entry):
        raise ConfigurationError(f"{source}: {where} needs either minutes or region")
    if "region" in entry:
        try:
            return ZoneInfo(entry["region"]), order
        except (ZoneInfoNotFoundError, ValueError, TypeError) as error:
            raise ConfigurationError(
                f"{source}: {where}.region {entry['region']!r} is not in the time zone database (install tzdata?)"
            ) from error
    minutes = entry["minutes"]
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not -720 <= minutes <= 840:
        raise ConfigurationError(
            f"{source}: {where}.minutes is {minutes!r}; it must be a whole number from -720 to 840"
        )
    return timezone(timedelta(minutes=minutes)), order
