"""The words by which dates are read, of all languages: the section `dates` of their files. Who writes the day first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from itertools import chain, product
from typing import Any, Literal
from unicodedata import normalize
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cleancopy.errors import ConfigurationError
from cleancopy.fields.wordlists import Section, known_fields, strings, table_at
from cleancopy.rules.tags import language_of
from cleancopy.text.letters import WORDS, words_of

Order = Literal["day", "month"]
"""Which number comes first in a numeric date."""
Zone = tuple[tzinfo, Order | None]
"""A time zone, and the order of numeric dates where it is in use."""

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
_ORDERS: tuple[Order, ...] = ("day", "month")
_HALVES: tuple[Literal["am", "pm"], ...] = ("am", "pm")
DATE_FIELDS: Mapping[str, str] = {
    "order": "how 05/03/2024 reads: `day` or `month` first; left out where readers disagree, as in English",
    "months": "twelve lists, January to December, with inflected and short forms",
    "weekdays": "names of the days, with inflected and short forms",
    "joiners": "words between the parts of a date or before its time (`of`, `um`)",
    "published": "what says that a date is that of publication",
    "updated": "what says that it is that of the last change; it wins where both match",
    "neutral": "what a line with a date may hold besides",
    "relative": "words of dates that count from a day unknown (`yesterday`), which are not read",
    "ago": "how long before a day unknown, with N for the number (`N hours ago`)",
    "unrelated": "what makes a date another one than the page's (`born`, `accessed`)",
    "read_time": "words behind a number of minutes or comments",
    "am": "before noon",
    "pm": "after noon",
    "clocks": "words before the place whose clock is meant (`hora de`)",
    "zones": "a table of zones in words, each with `minutes` east of UTC or a `region`",
}
"""What the section `dates` of a language may hold."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tables of the file, looked up by words as `key` and `squeeze` give them."""

    months: Mapping[str, Mapping[str, int]]
    """Name → language → number, in the Gregorian calendar."""
    persian: Mapping[str, int]
    """Name → number, in the Persian (Solar Hijri) calendar."""
    eras: Mapping[str, int]
    """Name of an era → the Gregorian year before its first."""
    composed: tuple[str, ...]
    """Names of months that are no single word ("tháng 3", "มี.ค."), the longest first."""
    phrases: Mapping[tuple[str, ...], str]
    """The words of a phrase, case-folded → what it says of a date beside it."""
    longest: int
    """Words of the longest phrase."""
    orders: Mapping[str, Order]
    domains: Mapping[str, Order]
    """How a language, and the pages of a country's domain, write numeric dates."""
    halves: Mapping[str, Literal["am", "pm"]]
    zones: Mapping[str, Zone]
    """Abbreviation, or words case-folded → zone."""
    clocks: tuple[str, ...]
    """Words before the place whose clock is meant ("hora de"), the longest first."""
    ago: Mapping[str, tuple[tuple[str, str], ...]]
    """What stands before and behind the number of a time that is counted back ("vor", "stunden"), case-folded, by the
    first letter behind it; the longest first.
    """

    @classmethod
    def from_sections(cls, languages: Mapping[str, Section], common: Section) -> Vocabulary:
        """languages: code → words. common: has the tables `calendars`, `day_halves`, `zones` and `domains`.

        Raises ConfigurationError naming the file, the entry and the field for an unknown or missing field, a list that
        is empty or holds duplicates, an impossible order, offset or region.
        """
        for section in languages.values():
            known_fields(section.data, DATE_FIELDS, section.source, section.name)
        data, source = common.data, common.source
        months = _months(languages)
        persian, eras = _calendars(table_at(data, "calendars", source), source)
        phrases = _phrases(languages)
        table = table_at(data, "day_halves", source)
        known_fields(table, set(_HALVES), source, "day_halves")
        halves = {half: strings(table.get(half), source, f"day_halves.{half}") for half in _HALVES}
        zones: dict[str, Zone] = {}
        for section in languages.values():
            zones |= _zones(section.data, section.source, f"{section.name}.zones") if "zones" in section.data else {}
        return cls(
            months=months,
            persian=persian,
            eras=eras,
            composed=tuple(_longest(name for name in (*months, *persian) if not WORDS.fullmatch(name))),
            phrases=phrases,
            longest=max(map(len, phrases)),
            orders={
                language: _order(section.data["order"], section.source, f"{section.name}.order")
                for language, section in languages.items()
                if "order" in section.data
            },
            domains=_domains(table_at(data, "domains", source), source),
            halves={
                **{squeeze(word): half for half in _HALVES for word in _words(languages, half)},
                **{squeeze(word): half for half, words in halves.items() for word in words},
            },
            zones=zones | _zones(data, source, "zones"),
            clocks=tuple(_longest(map(str.casefold, {*_words(languages, "clocks")}))),
            ago=_by_letter(_counted_back(languages)),
        )

    def links(self, word: str) -> bool:
        """Whether the word does no more than join a date with what stands beside it."""
        return self.phrases.get(words_of(word)) in _LINKING

    def month(self, word: str, languages: Sequence[str]) -> int | None:
        """The number of the month that the word means in the first language that has it; None where they disagree."""
        readings = self.months.get(key(word))
        if readings is None:
            return None
        for language in languages:
            if (number := readings.get(language_of(language))) is not None:
                return number
        numbers = set(readings.values())
        return numbers.pop() if len(numbers) == 1 else None

    def order(self, tag: str) -> Order | None:
        """How a language (a BCP 47 tag) writes numeric dates: by itself, or by its region."""
        region = tag.rpartition("-")[2].casefold()
        return self.orders.get(language_of(tag)) or self.domains.get("uk" if region == "gb" else region)


def key(word: str) -> str:
    """The word as names of months and days are looked up: without the full stop of an abbreviation."""
    if not word.isascii():
        word = normalize("NFC", word)
    return word.casefold().rstrip(".").replace("\u0307", "")  # Turkish "İ" folds to "i" and a dot above


def squeeze(word: str) -> str:
    """The word as halves of the day are looked up: "p. m." is "pm"."""
    return word.casefold().replace(".", "").replace(" ", "")


def _zone_key(name: str) -> str:
    """How zones are looked up: abbreviations as they stand, words case-folded."""
    return name if name.isascii() and name.isupper() else name.casefold()


def _longest(names: Iterable[str]) -> list[str]:
    """The longest first, so that none hides a longer one that it opens."""
    return sorted(names, key=lambda name: (-len(name), name))


def _field(section: Section, field: str) -> list[str]:
    """The words of one field of a language, none where it has no such field."""
    if field not in section.data:
        return []
    return strings(section.data[field], section.source, section.place(field), empty=field in ("joiners", "clocks"))


def _words(languages: Mapping[str, Section], field: str) -> Iterator[str]:
    """The words of one field of all languages."""
    return chain.from_iterable(_field(section, field) for section in languages.values())


def _months(languages: Mapping[str, Section]) -> dict[str, dict[str, int]]:
    """Name → language → number of the month."""
    months: dict[str, dict[str, int]] = {}
    for language, section in languages.items():
        twelve = _twelve(section.data.get("months"), section.source, section.place("months"))
        for number, names in enumerate(twelve, 1):
            for name in names:
                months.setdefault(key(name), {})[language] = number
    return months


def _phrases(languages: Mapping[str, Section]) -> dict[tuple[str, ...], str]:
    """The words of each phrase → its category, the first of the highest rank."""
    phrases: dict[tuple[str, ...], str] = {}
    for section, (field, category) in product(languages.values(), _CATEGORIES.items()):
        for phrase in _field(section, field):
            words = words_of(phrase)
            if not words:
                raise ConfigurationError(f"{section.source}: {section.place(field)}: {phrase!r} has no letters")
            if _RANK[category] > _RANK.get(phrases.get(words, ""), -1):
                phrases[words] = category
    return phrases


def _domains(table: Mapping[str, Any], source: str) -> dict[str, Order]:
    """Which number the pages of each top-level domain write first."""
    known_fields(table, _ORDERS, source, "domains")
    domains: dict[str, Order] = {}
    for order in _ORDERS:
        for suffix in strings(table.get(order), source, f"domains.{order}"):
            if suffix in domains:
                raise ConfigurationError(f"{source}: domains: {suffix!r} stands under both day and month")
            domains[suffix] = order
    return domains


def _counted_back(languages: Mapping[str, Section]) -> Iterator[tuple[str, str]]:
    """What stands before and behind the number of each phrase that counts back."""
    for section in languages.values():
        for phrase in _field(section, "ago"):
            before, number, behind = phrase.partition("N")
            if not number or not behind.strip():
                raise ConfigurationError(
                    f"{section.source}: {section.place('ago')}: {phrase!r} needs N before other words"
                )
            yield before.strip().casefold(), behind.strip().rstrip(".").casefold()


def _by_letter(phrases: Iterable[tuple[str, str]]) -> Mapping[str, tuple[tuple[str, str], ...]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for before, behind in sorted(set(phrases), key=lambda phrase: (-len("".join(phrase)), phrase)):
        found.setdefault(behind[0], []).append((before, behind))
    return {letter: tuple(same) for letter, same in found.items()}


def _calendars(table: Mapping[str, Any], source: str) -> tuple[dict[str, int], dict[str, int]]:
    """The months of the Persian calendar, and the eras."""
    known_fields(table, {"persian", "eras"}, source, "calendars")
    persian = {
        key(name): number
        for number, names in enumerate(_twelve(table.get("persian"), source, "calendars.persian"), 1)
        for name in names
    }
    eras = table_at(table, "eras", source)
    for name, year in eras.items():
        if not isinstance(year, int) or isinstance(year, bool):
            raise ConfigurationError(
                f"{source}: calendars.eras.{name} is {year!r}; it must be the year before the first"
            )
    return persian, dict(eras)


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


def _zones(data: Mapping[str, Any], source: str, where: str) -> dict[str, Zone]:
    """The zones of the table `zones`."""
    table = table_at(data, "zones", source)
    return {_zone_key(name): _zone(entry, source, f"{where}.{name}") for name, entry in table.items()}


def _zone(entry: object, source: str, where: str) -> Zone:
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
