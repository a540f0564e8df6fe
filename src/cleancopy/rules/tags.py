"""Which language a tag means, and which packs it asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

ALWAYS = frozenset({"common", "en"})
"""Packs of every document: what needs no language, and English, whose interface words are on pages everywhere."""

_SAME: Mapping[str, str] = MappingProxyType({"nb": "no", "nn": "no", "iw": "he", "in": "id"})
"""Codes that another one stands for: the written norms of Norwegian, and codes that are no longer used."""

_SHARED: Mapping[str, tuple[str, ...]] = MappingProxyType({"ms": ("id",), "bs": ("hr",), "sr": ("hr",), "hr": ("sr",)})
"""Languages that the pack of another one serves, too. Serbian is written in two alphabets, a pack each."""


def language_of(tag: str) -> str:
    """The code under which a language stands in the configuration: the tag (BCP 47) without script and region.

    `zh-Hans` is `zh`, `pt-BR` is `pt`, `nb` and `nn` are `no`.
    """
    primary = tag.partition("-")[0].lower()
    return _SAME.get(primary, primary)


def packs_of(languages: Iterable[str]) -> frozenset[str]:
    """The names of the packs that apply to a document, those of every document among them.

    languages: BCP 47 tags.
    """
    names = set(ALWAYS)
    for tag in languages:
        code = language_of(tag)
        names.update((code, *_SHARED.get(code, ())))
    return frozenset(names)
