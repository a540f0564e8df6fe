"""A text as shingles: the 64-bit hashes of every run of `WORDS` words, in folded case and without punctuation.

A text has the same shingles on any machine: words are hashed by BLAKE2b, and runs of them by integer arithmetic. Two
different runs share a hash once in 2^64; similarity is exact but for that.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import chain
from unicodedata import unidata_version

import numpy as np
from numpy.typing import NDArray

WORDS = 3
"""Words a shingle. With two, unrelated texts share so much that a billion of them could not be compared; with five, one
other word in ten leaves too little in common (docs/duplicates.md)."""

ALGORITHM = f"words {WORDS}, Unicode {unidata_version}"
"""What decides which shingles a text has; signatures and similarities of another one are made anew."""

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Ideographs and kana: each is a word, as no spaces tell their words apart."""
_WORD = re.compile(rf"[^\W_{_IDEOGRAPHS}]+|[{_IDEOGRAPHS}]")
_ODD = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], np.uint64)
"""Odd multipliers, one for each place in a run: a run read backwards has another hash."""


class _Hashes(dict[str, int]):
    """Word → its hash, each computed once."""

    def __missing__(self, word: str) -> int:
        digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        value = self[word] = int.from_bytes(digest, "little")
        return value


def shingles(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """The shingles of texts, one text after the other, with repetitions.

    Gives back the hashes; where each text's begin, and at last their number (one more entry than texts); and the words
    of each text. A text of fewer than `WORDS` words has one shingle, of all its words; one without words that of the
    text itself.
    """
    known = _Hashes()
    found = [list(map(known.__getitem__, _WORD.findall(text.casefold()))) for text in texts]
    words = np.array([len(each) for each in found], np.int64)
    for place in np.flatnonzero(words < WORDS).tolist():
        mark = "" if found[place] else texts[place]
        found[place] = [*found[place], known[f"\0{mark}"], *[0] * WORDS][:WORDS]  # no word begins with the mark
    lengths = np.array([len(each) for each in found], np.int64)
    flat = np.fromiter(chain.from_iterable(found), np.uint64, int(lengths.sum()))
    ends = np.cumsum(lengths)
    count = max(0, flat.size - WORDS + 1)
    runs = np.zeros(count, np.uint64)
    for word in range(WORDS):
        runs += mixed(flat[word : word + count] + _ODD[word])  # wraps around, as it should
        runs *= _ODD[0]
    whole = np.ones(count, bool)
    for back in range(1, WORDS):
        crossing = ends[:-1] - back  # runs that begin here reach into the next text
        whole[crossing[(crossing >= 0) & (crossing < count)]] = False
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths - WORDS + 1)))
    return mixed(runs[whole]), starts, words


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hashes of 64-bit values, by SplitMix64's finaliser: every bit moves every bit of the result."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
