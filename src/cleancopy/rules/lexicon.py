"""Lexical evidence: how many words or short phrases of each category of the rule packs' lexicons a line holds.

Words are compared as hashes: one small table tells for every word of the batch how long the phrases are that may start
with it, and only those few are looked up. The union of all packs is used, so no language has to be known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cleancopy.errors import ConfigurationError
from cleancopy.rules import LEXICON_CATEGORIES as CATEGORIES
from cleancopy.text.lines import Text

_SIEVE_BITS = 16
_LENGTHS = 32
"""Lengths of phrases that a slot tells apart; of more, some share a bit."""
_NEXT = np.uint64(0xD1342543DE82EF95)


class Lexicon:
    """Phrases by category, ready to be counted."""

    def __init__(self, lexicons: Sequence[Mapping[str, Sequence[str]]]) -> None:
        """The union of `lexicons`, each from category to words or phrases, as `RuleBook.lexicon` gives it.

        A single sign such as `©` counts wherever it stands.
        Raises `ConfigurationError` for a category that is not in `CATEGORIES` and for other phrases without a word.
        """
        phrases = sorted(
            {(phrase, category) for lexicon in lexicons for category in lexicon for phrase in lexicon[category]}
        )
        for _, category in phrases:
            if category not in CATEGORIES:
                raise ConfigurationError(f"lexicon: unknown category `{category}`; known are {', '.join(CATEGORIES)}")
        text = Text([phrase for phrase, _ in phrases])
        lengths = np.diff(text.words)
        signs = [phrases[index] for index in np.flatnonzero(lengths == 0)]
        for sign, category in signs:
            if len(sign) != 1:
                raise ConfigurationError(f"lexicon.{category}: `{sign}` is neither words nor a single sign")
        self._signs = np.unique(np.array([ord(sign) for sign, _ in signs], np.uint32))
        self._sign_members = np.zeros((len(self._signs), len(CATEGORIES)), bool)
        for sign, category in signs:
            self._sign_members[np.searchsorted(self._signs, ord(sign)), CATEGORIES.index(category)] = True
        categories = np.array([CATEGORIES.index(category) for _, category in phrases], np.int64)
        self._sieve = np.zeros(1 << _SIEVE_BITS, np.uint32)
        self._keys: list[NDArray[np.uint64]] = []
        self._members: list[NDArray[np.bool_]] = []
        first = text.words[:-1]
        for length in range(1, int(lengths.max(initial=0)) + 1):
            chosen = np.flatnonzero(lengths == length)
            self._sieve[_slot(text.word_hashes[first[chosen]])] |= np.uint32(1 << length % _LENGTHS)
            keys, place = np.unique(_chain(text.word_hashes, first[chosen], length), return_inverse=True)
            members = np.zeros((len(keys), len(CATEGORIES)), bool)
            members[place, categories[chosen]] = True
            self._keys.append(keys)
            self._members.append(members)

    def counts(self, text: Text) -> NDArray[np.float32]:
        """float32[n, len(CATEGORIES)]: occurrences of each category in each string of `text`."""
        hashes, line = text.word_hashes, text.word_line
        lengths = self._sieve.take(_slot(hashes))
        at = np.flatnonzero(lengths != 0)
        lengths = lengths[at]
        lines, members = [], []
        for length, (keys, known) in enumerate(zip(self._keys, self._members, strict=True), 1):
            starts = at[(lengths & np.uint32(1 << length % _LENGTHS)) != 0]
            starts = starts[starts + length <= len(hashes)]
            starts = starts[line[starts + length - 1] == line[starts]]
            if len(keys) and len(starts):
                chained = _chain(hashes, starts, length)
                place = np.minimum(np.searchsorted(keys, chained), len(keys) - 1)
                hit = np.flatnonzero(keys[place] == chained)
                lines.append(line[starts[hit]])
                members.append(known.take(place[hit], axis=0))
        for sign, known in zip(self._signs, self._sign_members, strict=True):
            places = np.searchsorted(text.ends, np.flatnonzero(text.codes == sign))
            lines.append(places)
            members.append(np.repeat(known[None], len(places), axis=0))
        if not lines:
            return np.zeros((len(text), len(CATEGORIES)), np.float32)
        occurrences, categories = np.nonzero(np.concatenate(members))
        cells = np.concatenate(lines)[occurrences] * len(CATEGORIES) + categories
        counts = np.bincount(cells, minlength=len(text) * len(CATEGORIES)).astype(np.float32)
        return counts.reshape(len(text), len(CATEGORIES))


def _slot(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    return hashes.view(np.int64) & ((1 << _SIEVE_BITS) - 1)


def _chain(hashes: NDArray[np.uint64], starts: NDArray[np.int64], length: int) -> NDArray[np.uint64]:
    key = hashes[starts]
    for step in range(1, length):
        key = key * _NEXT + hashes[starts + step]
    return key
