"""The time of day that stands behind or before a date, with its zone."""

from __future__ import annotations

import re
from datetime import timedelta, timezone

from cleancopy.fields.dates.vocabulary import Vocabulary, Zone, squeeze
from cleancopy.text.letters import LETTER, WORD, WORDS

_TO_TIME = re.compile(
    rf"[\s,;.|•·@T–—:(-]{{0,4}}(?:((?:{LETTER}){{1,8}})[.:]?,?\s?)?(?:((?:{LETTER}){{1,8}})[.:]?\s?)?"
)
_BRACKETED = re.compile(r"\s?[（(]?([^\W\d_]{1,3})[)）]\s?")
_FULL_HOURS = frozenset({"uhr", "h", "uur", "heures", "时", "時", "시"})
"""Those that make a time of a lone hour."""
_UNITS = "Uhr|hours|hrs|hs|heures|uur|ч|h|น|分|분|时|時|시"
"""What may stand behind a time of day, whatever the language."""
_ZONE = re.compile(
    r"[\s,]?\(?(?P<name>[A-Z]{1,5}(?![^\W\d_]))?\s?(?P<offset>[+\-−](?:0?\d|1[0-4])(?::?[0-5]\d)?(?!\d))?\)?"
)

Time = tuple[int, int, int | None]
"""Hour, minute, and second where it is stated."""


class Clock:
    """Reads times of day."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        halves = "|".join(map(_spelled, sorted(vocabulary.halves, key=len, reverse=True)))
        self._time = re.compile(
            rf"""(?P<h>[01]?\d|2[0-3])(?:(?P<sep>[:.h：]|\s?[时時点點시]|\sh(?=\s))\s?(?P<mi>[0-5]\d|\d(?=\s?[分분]))(?!\d)
                (?:[:.](?P<s>[0-5]\d)(?:[.,]\d{{1,9}})?)?)?
                (?![\d/])\s?(?P<half>[ap]\.?\s?m(?:\.|\b)|(?:{halves})(?!{LETTER}))?\s?
                (?:(?P<unit>{_UNITS})\.?(?!{LETTER}))?""",
            re.VERBOSE | re.IGNORECASE,
        )
        # Phrases are tried before abbreviations, of which one may open them.
        names = sorted((name for name in vocabulary.zones if not name.isupper()), key=len, reverse=True)
        places = rf"\s?{WORD}(?:[\s/]{WORD}){{0,2}}"
        self._named_zone = re.compile(
            rf"[\s,]{{0,2}}\(?\s?(?:(?P<name>{'|'.join(map(re.escape, names))})(?!{LETTER})"
            rf"|(?:{'|'.join(map(re.escape, vocabulary.clocks))}){places}(?=\s*(?:$|[)|,;.•·–—/-])))\s?\)?",
            re.IGNORECASE,
        )

    def after(self, line: str, at: int, inner: str | None) -> tuple[Time | None, int, Zone | None]:
        """The time that follows the date ending at `at`: hour, minute, second; where it ends; its zone."""
        if inner is not None:
            match = self._time.match(inner)
            clock = self._read_time(match) if match else None
            zone, _ = self._read_zone(inner, match.end() if match else 0)
            return clock, at, zone
        weekday = _BRACKETED.match(line, at)
        lead = _TO_TIME.match(line, weekday.end() if weekday else at)
        assert lead is not None  # every part of the pattern may be empty
        words = [word.casefold() for word in lead.groups() if word]
        start = lead.end()
        half = next((self._vocabulary.halves[word] for word in words if word in self._vocabulary.halves), None)
        if any(word not in self._vocabulary.halves and not self._vocabulary.links(word) for word in words):
            start = _skip(line, at)
        match = self._time.match(line, start)
        clock = self._read_time(match, half, linked=bool(words)) if match else None
        if match is None or clock is None:
            return None, at, None
        zone, end = self._read_zone(line, match.end())
        return clock, end, zone

    def before(self, line: str, start: int, floor: int) -> tuple[Time | None, int, Zone | None]:
        """The time that stands right before the date starting at `start` ("21:47 IST, Dec 17, 2025")."""
        window = line[max(floor, start - 36) : start]
        offset = start - len(window)
        for match in self._time.finditer(window):
            if match["sep"] is None and match["half"] is None:
                continue
            clock = self._read_time(match)
            if clock is None or (
                match.start() and (window[match.start() - 1].isdigit() or window[match.start() - 1] == ":")
            ):
                continue
            zone, end = self._read_zone(window, match.end())
            words = WORDS.findall(window[end:])
            if len(words) <= 3 and all(self._vocabulary.links(word) or self._is_weekday(word) for word in words):
                return clock, offset + match.start(), zone
        return None, start, None

    def _is_weekday(self, word: str) -> bool:
        return self._vocabulary.phrases.get((word.casefold(),)) == "weekday"

    def _read_time(self, match: re.Match[str], half: str | None = None, *, linked: bool = False) -> Time | None:
        hour = int(match["h"])
        half = self._vocabulary.halves.get(squeeze(match["half"])) if match["half"] else half
        if match["mi"] is None and not (half or (match["unit"] and match["unit"].casefold() in _FULL_HOURS)):
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

    def is_zone(self, text: str) -> bool:
        """Whether `text` is nothing but the name of a time zone or the place whose clock is meant."""
        text = text.strip(" ()")
        return text in self._vocabulary.zones or self._named_zone.fullmatch(text) is not None

    def _read_zone(self, line: str, at: int) -> tuple[Zone | None, int]:
        if named := self._named_zone.match(line, at):
            return self._vocabulary.zones[named["name"].casefold()] if named["name"] else None, named.end()
        match = _ZONE.match(line, at)
        if match is None:
            return None, at
        name, offset = match["name"], match["offset"]
        known = self._vocabulary.zones.get(name) if name else None
        if offset and (not name or known):
            digits = offset[1:].replace(":", "")
            hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
            sign = 1 if offset[0] == "+" else -1
            fixed = timezone(sign * timedelta(hours=hours, minutes=minutes))
            return (fixed, None), match.end()
        if known:
            return known, match.end() if not offset else match.end("name")
        return None, at


def _spelled(half: str) -> str:
    """The pattern of a half of the day; letters of an abbreviation may have a full stop each ("π.μ.")."""
    return r"\.?\s?".join(map(re.escape, half)) + r"\.?" if len(half) == 2 else re.escape(half)


def _skip(line: str, at: int) -> int:
    while at < len(line) and line[at] in " ,;.|•·@T–—:-(":
        at += 1
    return at
