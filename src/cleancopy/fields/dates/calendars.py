"""Days of the calendars that news pages date by, beside the Gregorian one.

A Persian (Solar Hijri) date is told by its year, 1300 to 1420 (1921 to 2042): the years of the Islamic lunar calendar
that pages carry today are above it. A Buddhist year (2443 to 2642) is 543 ahead, and so read whatever the language.
Years of Japanese eras and of the Republic of China are read by the era's name. Chinese may spell a
date in numerals.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

FIRST_YEAR, LAST_YEAR = 1900, 2099
"""Gregorian years that are read."""
_BUDDHIST = 543
_FIRST_PERSIAN, _LAST_PERSIAN = 1300, 1420
_PERSIAN_1400 = datetime(2021, 3, 21, tzinfo=UTC)

_NUMERALS = "〇一二三四五六七八九"
_SPELLED = re.compile(r"([〇○零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日")


def in_figures(text: str) -> str:
    """`text` with figures where it spells a date in Chinese numerals ("二〇二三年十一月二十日": 2023年11月20日)."""
    if "年" not in text:
        return text
    return _SPELLED.sub(lambda match: f"{_year(match[1])}年{_count(match[2])}月{_count(match[3])}日", text)


def _year(numerals: str) -> str:
    return "".join(str(max(0, _NUMERALS.find(each))) for each in numerals)


def _count(numerals: str) -> int:
    """A number below a hundred, as Chinese writes it: "十一" is 11, "二十" is 20."""
    tens, ten, ones = numerals.rpartition("十")
    return (10 * _NUMERALS.find(tens or "一") if ten else 0) + max(0, _NUMERALS.find(ones))


def midnight(year: int, month: int, day: int) -> datetime | None:
    """Midnight UTC of a Gregorian or Buddhist day; None where there is no such day, or not from 1900 to 2099."""
    if year >= FIRST_YEAR + _BUDDHIST:
        year -= _BUDDHIST
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None


def is_persian(year: int) -> bool:
    """Whether the year of a numeric date is one of the Persian calendar."""
    return _FIRST_PERSIAN <= year <= _LAST_PERSIAN


def persian_midnight(year: int, month: int, day: int) -> datetime | None:
    """Midnight UTC of a Persian day, None where there is no such day or its year is out of 1300 to 1420."""
    if not is_persian(year) or not 1 <= month <= 12:
        return None
    length = 31 if month <= 6 else 30 if month < 12 or _leap_years(year) > _leap_years(year - 1) else 29
    if not 1 <= day <= length:
        return None
    before = 31 * (month - 1) if month <= 7 else 30 * (month - 1) + 6
    years = 365 * (year - 1400) + _leap_years(year - 1) - _leap_years(1399)
    return _PERSIAN_1400 + timedelta(days=years + before + day - 1)


def _leap_years(year: int) -> int:
    """Leap years up to `year` in the 33-year cycle, which agrees with the equinox from 1178 to 1633."""
    return (8 * year + 29) // 33
