"""Twins: languages that letters cannot tell apart, told by their words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

_WORD = re.compile(r"[^\W\d_]+")
MOST_CHARACTERS = 4000
"""Characters that are looked at: far more than it takes for one language's words to outnumber the other's."""

Families = Mapping[str, Mapping[str, frozenset[str]]]


@cache
def families() -> Families:
    """The language of a profile → each language that the profile may stand for, likeliest first → its own words.

    A word that two languages of a family share tells nothing and is left out.
    """
    table = tomllib.loads((resources.files("cleancopy.describe.language") / "twins.toml").read_text(encoding="utf-8"))
    found: dict[str, Mapping[str, frozenset[str]]] = {}
    for family in table["family"]:
        words = {language: frozenset(listed) for language, listed in family["words"].items()}
        common = frozenset.intersection(*words.values())
        found[family["profile"]] = MappingProxyType({language: own - common for language, own in words.items()})
    return MappingProxyType(found)


def told(language: str, paragraphs: Iterable[str]) -> str:
    """The language that a text is in, which its letters give to `language`: that whose words it has most of."""
    twins = families().get(language)
    if twins is None:
        return language
    words = _WORD.findall("\n".join(paragraphs)[:MOST_CHARACTERS].lower())
    counts = {twin: sum(map(own.__contains__, words)) for twin, own in twins.items()}
    return max(counts, key=lambda twin: counts[twin])
