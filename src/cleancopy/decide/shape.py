"""The shape of lines, for a whole batch at once: how long, prose or not, cut short, apart from the line above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.lines import CLOSING, DIGIT, LETTER, LOWER, SPACE, TERMINATOR, UPPER, Lines

PROSE_WORDS = 18
"""A line of this many words that ends like a sentence reads as prose."""
LONG_PROSE_WORDS = 40
"""A line of this many words reads as prose however it ends."""

_ELLIPSIS = ord("…")
_FULL_STOP = ord(".")


@dataclass(frozen=True, slots=True)
class Shape:
    """One entry a line; a batch's arrays, or with `of` the views that one document has of them.

    words: int64, number of words; an ideograph or kana counts as a word.
    prose: bool, reads as running text.
    cut:   bool, ends in an ellipsis.
    gap:   int64, blank lines above.
    empty: bool, has no letter and no digit.
    """

    words: NDArray[np.int64]
    prose: NDArray[np.bool_]
    cut: NDArray[np.bool_]
    gap: NDArray[np.int64]
    empty: NDArray[np.bool_]

    def of(self, part: slice) -> Shape:
        """The lines of one document."""
        return Shape(self.words[part], self.prose[part], self.cut[part], self.gap[part], self.empty[part])


def shapes(lines: Lines) -> Shape:
    """The shape of every line of the batch."""
    count = len(lines)
    words = np.diff(lines.words)
    if not count:
        nothing = np.zeros(0, bool)
        return Shape(words, nothing, nothing, lines.blanks, nothing)
    codes, classes = lines.codes, lines.classes
    last = np.maximum(lines.ends - 1, 0)
    # A sentence may end inside quotes or brackets: look through up to two closing marks and the spaces before them.
    end = last.copy()
    for _ in range(2):
        skip = (classes[end] == CLOSING) | (classes[end] == SPACE)
        end = np.where(skip & (end > lines.starts), end - 1, end)
    terminated = classes[end] == TERMINATOR
    dots = (codes[last] == _FULL_STOP) & (codes[np.maximum(last - 1, 0)] == _FULL_STOP) & (last - 1 > lines.starts)
    bracketed = (classes[last] == CLOSING) & (codes[end] == _ELLIPSIS)
    cut = (codes[last] == _ELLIPSIS) | dots | bracketed
    prose = ((words >= PROSE_WORDS) & terminated & ~cut) | ((words >= LONG_PROSE_WORDS) & ~cut)
    counts = lines.class_counts
    empty = counts[:, [UPPER, LOWER, LETTER, DIGIT]].sum(1) == 0
    return Shape(words, prose, cut, lines.blanks, empty & (words == 0))
