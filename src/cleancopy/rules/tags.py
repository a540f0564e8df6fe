"""Which packs a language asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

ALWAYS = frozenset({"common", "en"})
"""Packs of every document: what needs no language, and English, whose interface words are on pages everywhere."""

_SHARED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "nb": ("no",),
        "nn": ("no",),
        "ms": ("id",),
        "bs": ("hr",),
        "sr": ("sr", "hr"),
        "hr": ("hr", "sr"),
        "iw": ("he",),
        "in": ("id",),
    }
)
"""Languages whose words stand in the pack of another one. Serbian is written in two alphabets, a pack each."""


def packs_of(languages: Iterable[str]) -> frozenset[str]:
    """The names of the packs that apply to a document, those of every document among them.

    languages: BCP 47 tags. A tag with a script or a region (`zh-Hans`, `pt-BR`) asks for the pack of its language.
    """
    names = set(ALWAYS)
    for tag in languages:
        primary = tag.partition("-")[0].lower()
        names.update(_SHARED.get(primary, (primary,)))
    return frozenset(names)
