"""The shape of lines, for a whole batch at once: how long, prose or not, cut short, apart from the line above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleancopy.text.lines import CLOSING, DIGIT, IDEOGRAPH, LETTER, LOWER, SPACE, TERMINATOR, UPPER, Lines

PROSE_WORDS = 18
"""A line of this many words that ends like a sentence reads as prose."""
LONG_PROSE_WORDS = 40
"""A line of this many words reads as prose however it ends."""
WRAP_LEAST, WRAP_MOST = 50, 120
"""Characters of the longest line of a paragraph that was wrapped."""

_ELLIPSIS = ord("…")
_FULL_STOP = ord(".")


@dataclass(frozen=True, slots=True)
class Shape:
    """One entry a line; a batch's arrays, or with `of` the views that one document has of them.

    words: int64, number of words, as `Text` finds them.
    prose: bool, reads as running text by itself.
    text:  bool, is running text: prose, or a line of a paragraph that was wrapped.
    starts: int64, the first line of the paragraph that was wrapped, counted from the start of the batch or document; of
           other lines, the line itself.
    cut:   bool, ends in an ellipsis.
    gap:   int64, blank lines above.
    empty: bool, has no letter and no digit.
    digits: bool, has a digit, or another sign for a number.
    """

    words: NDArray[np.int64]
    prose: NDArray[np.bool_]
    text: NDArray[np.bool_]
    starts: NDArray[np.int64]
    cut: NDArray[np.bool_]
    gap: NDArray[np.int64]
    empty: NDArray[np.bool_]
    digits: NDArray[np.bool_]

    def of(self, part: slice) -> Shape:
        """The lines of one document."""
        return Shape(
            self.words[part],
            self.prose[part],
            self.text[part],
            self.starts[part] - part.start,
            self.cut[part],
            self.gap[part],
            self.empty[part],
            self.digits[part],
        )


def shapes(lines: Lines) -> Shape:
    """The shape of every line of the batch."""
    count = len(lines)
    words = np.diff(lines.words)
    if not count:
        nothing = np.zeros(0, bool)
        return Shape(words, nothing, nothing, words, nothing, lines.blanks, nothing, nothing)
    codes, classes = lines.codes, lines.classes
    last = np.maximum(lines.ends - 1, 0)
    # A sentence may end inside quotes or brackets: look through up to two closing marks and the spaces before them.
    end = last.copy()
    for _ in range(2):
        skip = (classes[end] == CLOSING) | (classes[end] == SPACE)
        end = np.where(skip & (end > lines.starts), end - 1, end)
    terminated = (classes[end] == TERMINATOR) | lines.unstopped
    dots = (codes[last] == _FULL_STOP) & (codes[np.maximum(last - 1, 0)] == _FULL_STOP) & (last - 1 > lines.starts)
    bracketed = (classes[last] == CLOSING) & (codes[end] == _ELLIPSIS)
    cut = (codes[last] == _ELLIPSIS) | dots | bracketed
    prose = _reads_on(words, terminated, cut)
    wrapped, starts = _wrapped(lines, words, terminated, cut)
    counts = lines.class_counts
    empty = counts[:, [UPPER, LOWER, LETTER, DIGIT]].sum(1) == 0
    return Shape(words, prose, prose | wrapped, starts, cut, lines.blanks, empty & (words == 0), counts[:, DIGIT] > 0)


def _reads_on(words: NDArray[np.int64], terminated: NDArray[np.bool_], cut: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool[n]: whether so many words, with such an end, are running text."""
    return ~cut & (((words >= PROSE_WORDS) & terminated) | (words >= LONG_PROSE_WORDS))


def _wrapped(
    lines: Lines, words: NDArray[np.int64], terminated: NDArray[np.bool_], cut: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """bool[n], int64[n]: the lines of paragraphs that were wrapped, and the first line of each; see `Shape.starts`.

    Among lines without a blank one between them, one is full where the first word of the next would have made it longer
    than the longest of them. A paragraph is a run of full lines and the line that ends it, and reads on as a whole.
    """
    count = len(words)
    sizes = lines.ends - lines.starts
    begins = (lines.blanks > 0) | np.append(True, np.diff(lines.document) > 0)
    group = np.cumsum(begins) - 1
    width = np.maximum.reduceat(sizes, np.flatnonzero(begins))[group]
    spaces = np.append(np.flatnonzero(lines.classes == SPACE), len(lines.codes))
    first_word = np.minimum(spaces[np.searchsorted(spaces, lines.starts)], lines.ends) - lines.starts
    first_word[lines.classes[lines.starts] == IDEOGRAPH] = 1
    ends = np.append(begins[1:], True)
    ends[:-1] |= sizes[:-1] + 1 + first_word[1:] <= width[:-1]
    first = np.flatnonzero(np.append(True, ends[:-1]))
    last = np.flatnonzero(ends)
    whole = _reads_on(np.add.reduceat(words, first), terminated[last], cut[last])
    whole &= (last > first) & (width[first] >= WRAP_LEAST) & (width[first] <= WRAP_MOST)
    heights = np.diff(np.append(first, count))
    wrapped = np.repeat(whole, heights)
    return wrapped, np.where(wrapped, np.repeat(first, heights), np.arange(count))
