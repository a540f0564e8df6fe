"""Lexical evidence: how many words or short phrases of each category of the rule packs' lexicons a line holds.

Words are compared as hashes: one small table tells for every word of the batch whether any phrase starts with it, and
only the few that pass are looked up. The union of all packs is used, so no language has to be known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.lines import CLASSES, Text
from cleancopy.errors import ConfigurationError
from cleancopy.rules import LEXICON_CATEGORIES as CATEGORIES

_SIEVE_BITS = 16
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
        self._sign_classes = np.zeros(CLASSES, bool)
        self._sign_classes[Text([chr(sign) for sign in self._signs]).classes[::2]] = True
        categories = np.array([CATEGORIES.index(category) for _, category in phrases], np.int64)
        self._sieve = np.zeros(1 << _SIEVE_BITS, bool)
        self._keys: list[NDArray[np.uint64]] = []
        self._members: list[NDArray[np.bool_]] = []
        first = text.words[:-1]
        self._sieve[_slot(text.word_hashes[first[lengths > 0]])] = True
        for length in range(1, int(lengths.max(initial=0)) + 1):
            chosen = np.flatnonzero(lengths == length)
            keys, place = np.unique(_chain(text.word_hashes, first[chosen], length), return_inverse=True)
            members = np.zeros((len(keys), len(CATEGORIES)), bool)
            members[place, categories[chosen]] = True
            self._keys.append(keys)
            self._members.append(members)

    def counts(self, text: Text) -> NDArray[np.float32]:
        """float32[n, len(CATEGORIES)]: occurrences of each category in each string of `text`."""
        found = np.zeros((len(text), len(CATEGORIES)), np.float32)
        hashes, line = text.word_hashes, text.word_line
        at = np.flatnonzero(self._sieve[_slot(hashes)])
        for length, (keys, members) in enumerate(zip(self._keys, self._members, strict=True), 1):
            if length > 1:
                at = at[at + length <= len(hashes)]
                at = at[line[at + length - 1] == line[at]]
            if not len(keys) or not len(at):
                continue
            chained = _chain(hashes, at, length)
            place = np.minimum(np.searchsorted(keys, chained), len(keys) - 1)
            hit = keys[place] == chained
            self._add(found, line[at[hit]], members[place[hit]])
        if len(self._signs):
            marks = np.flatnonzero(self._sign_classes[text.classes])
            which = np.minimum(np.searchsorted(self._signs, text.codes[marks]), len(self._signs) - 1)
            hit = self._signs[which] == text.codes[marks]
            self._add(found, np.searchsorted(text.ends, marks[hit]), self._sign_members[which[hit]])
        return found

    @staticmethod
    def _add(found: NDArray[np.float32], lines: NDArray[np.int64], members: NDArray[np.bool_]) -> None:
        occurrences, categories = np.nonzero(members)
        places = lines[occurrences] * len(CATEGORIES) + categories
        found += np.bincount(places, minlength=found.size).reshape(found.shape)


def _slot(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return hashes & np.uint64((1 << _SIEVE_BITS) - 1)


def _chain(hashes: NDArray[np.uint64], starts: NDArray[np.int64], length: int) -> NDArray[np.uint64]:
    key = hashes[starts]
    for step in range(1, length):
        key = key * _NEXT + hashes[starts + step]
    return key
