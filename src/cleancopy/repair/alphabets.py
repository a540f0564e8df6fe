"""The letters of languages, by which one reading of bytes is told from another."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from cleancopy import settings
from cleancopy.languages import Languages


def of_languages(found: Mapping[str, int]) -> dict[str, int]:
    """How many of the characters, given with their counts, are small letters of each language outside ASCII."""
    return {name: sum(found.get(letter, 0) for letter in letters) for name, letters in alphabets().items()}


@cache
def alphabets() -> Mapping[str, frozenset[str]]:
    """Language → its small letters outside ASCII."""
    return {name: frozenset(letters) for name, letters in Languages().letters().items()}


@cache
def letters() -> frozenset[str]:
    """The small letters of all these languages."""
    return frozenset().union(*alphabets().values())


@cache
def marks() -> frozenset[str]:
    """Marks outside ASCII that texts have beside letters."""
    return frozenset(settings.read_shipped("strings.toml")["marks"])
