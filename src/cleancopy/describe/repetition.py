"""Runs of words that a document repeats: Gopher's criteria of repetition (Rae et al. 2021, appendix A1.1, table A1).

Words of lines that stay follow each other, as if they stood in one line. Characters are those of words, not what
stands between them; where runs overlap, a character counts once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleancopy import native
from cleancopy.text.lines import Lines

TOP_LIMITS = {2: 0.2, 3: 0.18, 4: 0.16}
"""Words of a run → the share of the most frequent one that Gopher keeps."""
DUPLICATE_LIMITS = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.1}
"""Words of a run → the share of all repeated ones that Gopher keeps."""

_SALT, _FACTOR = np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x9E3779B97F4A7C15)


def repetition(lines: Lines, kept: NDArray[np.bool_], compiled: bool = True) -> dict[str, NDArray[np.float64]]:
    """Signal name → float64[D]; NaN for a document without words. kept: bool[n], the lines that are in the body.
    compiled: by the compiled library where there is one, which counts the same.

    top_N_gram_character_share: characters in the run of N words that stands most often (the longest of several, then
        the first), 0 where none stands twice.
    duplicate_N_gram_character_share: characters in runs of N words that stood before.
    """
    staying = np.flatnonzero(kept.take(lines.word_line))
    words, document = lines.word_hashes.take(staying), lines.document.take(lines.word_line.take(staying))
    before = np.concatenate([[0], np.cumsum(lines.word_ends.take(staying) - lines.word_starts.take(staying))])
    bounds = np.searchsorted(document, np.arange(len(lines.documents) + 1))
    total = before[bounds[1:]] - before[bounds[:-1]]
    library = native.library() if compiled else None
    if library is not None:
        longest = max(TOP_LIMITS), max(DUPLICATE_LIMITS)
        counted = native.repetition(library, words, before, bounds, int(_FACTOR), *longest)
        with np.errstate(invalid="ignore"):
            return {
                f"{'top' if size in TOP_LIMITS else 'duplicate'}_{size}_gram_character_share": characters / total
                for size, characters in enumerate(counted, 2)
            }
    ends = bounds[1:].take(document)

    def share(places: NDArray[np.int64], size: int) -> NDArray[np.float64]:
        """The characters in the runs that begin at these places, which ascend."""
        fresh = places.copy()
        fresh[1:] = np.maximum(places[1:], places[:-1] + size)
        characters = np.bincount(document.take(places), before.take(places + size) - before.take(fresh), len(total))
        with np.errstate(invalid="ignore"):
            shares: NDArray[np.float64] = characters / total
        return shares

    found = {}
    places, runs = np.arange(len(words)), words + document.astype(np.uint64) * _SALT
    for size in range(2, max(DUPLICATE_LIMITS) + 1):
        whole = np.flatnonzero(places + size <= ends.take(places))
        places, runs = places.take(whole), runs.take(whole)
        runs = runs * _FACTOR + words.take(places + size - 1)
        first = _first_equals(runs)
        counts = np.bincount(first, minlength=len(runs))
        if size in TOP_LIMITS:
            heads = np.flatnonzero(counts > 1)
            owners, begin = document[places[heads]], places[heads]
            most = np.zeros(len(total), np.int64)
            np.maximum.at(most, owners, counts[heads])
            often = counts[heads] == most[owners]
            heads, owners, begin = heads[often], owners[often], begin[often]
            ranked = np.lexsort((-begin, before[begin + size] - before[begin], owners))
            last = np.append(np.diff(owners[ranked]) > 0, True)[: len(ranked)]
            top = np.zeros(len(runs), bool)
            top[heads[ranked[last]]] = True
            found[f"top_{size}_gram_character_share"] = share(places[top[first]], size)
        if size in DUPLICATE_LIMITS:
            found[f"duplicate_{size}_gram_character_share"] = share(places[first < np.arange(len(runs))], size)
        # Only where a run repeats can one that is a word longer, so that hardly a place is left after the first step.
        several = np.flatnonzero(counts.take(first) > 1)
        places, runs = places.take(several), runs.take(several)
    return found


def _first_equals(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """For each key the place of the first one equal to it, by tables of hashes: sorting takes three times as long.

    All keys go into a table with room for each. Those that find a stranger in their slot go on to another table.
    """
    first, rest, salted = np.empty(len(keys), np.int64), np.arange(len(keys)), keys
    while len(rest):
        bits = max(4, (2 * len(rest)).bit_length())
        slots = (salted >> np.uint64(64 - bits)).astype(np.intp)
        table = np.empty(1 << bits, np.intp)
        table[slots[::-1]] = rest[::-1]
        owner = table.take(slots)
        strangers = np.flatnonzero(keys.take(owner) != keys.take(rest))
        first[rest] = owner
        rest = rest.take(strangers)
        salted = salted.take(strangers) * _FACTOR
    return first
