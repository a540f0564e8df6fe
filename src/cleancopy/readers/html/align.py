"""Which of a page's words an extraction kept: two word sequences aligned in order, in near-linear time.

Anchors are word n-grams that occur once in the page; the longest chain of anchors that is in order in both wins, so
that a teaser which repeats a sentence of the article elsewhere is no anchor at all. Matches are extended word by word
from both ends of every gap, and a gap is searched again with denser and shorter n-grams, which may well be unique
within it (patience diff over n-grams). Where a page says everything twice, first occurrences are the anchors. What is
left are short lines whose words recur: they match as whole lines, nearest to their neighbours.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

_WORDS = re.compile(r"\w+")
# (words, distance between the n-grams tried, must occur once): sparse first, for most of a page is one long match.
_SEARCHES = ((4, 8, True), (4, 1, True), (2, 1, True), (4, 1, False))


def kept_shares(lines: Sequence[str], extracted: str) -> tuple[list[float], float]:
    """For every line the share of its words that `extracted` keeps at this place of the page, 0 to 1.

    Also the share of the words of `extracted` that were found in the lines, 1 when it has none. Words are runs of
    letters, digits and underscores without joiners; a line without words has share 0.
    """
    find = _WORDS.findall
    page: list[str] = []
    starts = [0]
    for line in lines:
        page.extend(find(line if line.isascii() else _without_joiners(line)))
        starts.append(len(page))
    extraction = find(_without_joiners(extracted))
    matched = _Alignment(page, extraction, starts).matched
    shares = [
        round(sum(matched[start:stop]) / (stop - start), 3) if stop > start else 0.0 for start, stop in pairwise(starts)
    ]
    return shares, sum(matched) / len(extraction) if extraction else 1.0


def _without_joiners(text: str) -> str:
    return text.replace("\u200c", "").replace("\u200d", "")


class _Alignment:
    """`matched[i]` is 1 where word i of the page is matched to a word of the extraction.

    `starts` are the positions of the page's lines in `page`, with the end of the last one.
    """

    def __init__(self, page: list[str], extraction: list[str], starts: list[int]) -> None:
        self.page = page
        self.extraction = extraction
        self.starts = starts
        self.matched = bytearray(len(page))
        # Gaps to search: bounds in both sequences, where in `_SEARCHES` to go on. A list instead of recursion.
        gaps = [(0, len(page), 0, len(extraction), 0)]
        while gaps:
            gaps.extend(self._search(*gaps.pop()))

    def _search(self, a: int, a_end: int, b: int, b_end: int, search: int) -> list[tuple[int, int, int, int, int]]:
        page, extraction, matched = self.page, self.extraction, self.matched
        while a < a_end and b < b_end and page[a] == extraction[b]:
            matched[a] = 1
            a += 1
            b += 1
        while a < a_end and b < b_end and page[a_end - 1] == extraction[b_end - 1]:
            a_end -= 1
            b_end -= 1
            matched[a_end] = 1
        if a == a_end or b == b_end:
            return []
        for level in range(search, len(_SEARCHES)):
            n, distance, once = _SEARCHES[level]
            chained = _in_order(_shared(page, a, a_end, extraction, b, b_end, n, distance, once))
            if chained:
                gaps = []
                for at, bt in chained:
                    if at < a or bt < b:
                        continue  # It overlaps the anchor before.
                    gaps.append((a, at, b, bt, level))
                    for offset in range(n):
                        matched[at + offset] = 1
                    a, b = at + n, bt + n
                gaps.append((a, a_end, b, b_end, level))
                return gaps
        self._match_whole_lines(a, a_end, b, b_end)
        return []

    def _match_whole_lines(self, a: int, a_end: int, b: int, b_end: int) -> None:
        """Match lines of the gap whose words stand together in the extraction's gap, in order."""
        places: dict[str, list[int]] = {}
        for place in range(b, b_end):
            places.setdefault(self.extraction[place], []).append(place)
        # In the gap before everything that is matched the nearest copy is the last one, elsewhere the first.
        backwards = a == 0
        first = bisect_left(self.starts, a)
        last = bisect_left(self.starts, a_end)
        indices = range(first, last)
        for index in reversed(indices) if backwards else indices:
            start, stop = self.starts[index], self.starts[index + 1]
            if start == stop or stop > a_end:
                continue
            words = self.page[start:stop]
            candidates = places.get(words[0], ())
            for place in reversed(candidates) if backwards else candidates:
                if place < b or place + len(words) > b_end:
                    continue
                if self.extraction[place : place + len(words)] == words:
                    for position in range(start, stop):
                        self.matched[position] = 1
                    if backwards:
                        b_end = place
                    else:
                        b = place + len(words)
                    break


def _shared(
    page: list[str],
    a: int,
    a_end: int,
    extraction: list[str],
    b: int,
    b_end: int,
    n: int,
    distance: int,
    once: bool,
) -> list[tuple[int, int]]:
    """Positions (page, extraction) of the n-grams in both ranges, in order of the page.

    Of the extraction's n-grams every `distance`-th is tried. With `once` those that occur twice in the page do not
    count, without it the first occurrence does.
    """
    wanted: dict[tuple[str, ...], int] = {}
    for place in range(b, b_end - n + 1, distance):
        wanted.setdefault(tuple(extraction[place : place + n]), place)
    found: dict[tuple[str, ...], int] = {}
    for place, gram in enumerate(zip(*(page[a + k : a_end] for k in range(n)), strict=False), a):
        if gram in wanted:
            if gram not in found:
                found[gram] = place
            elif once:
                found[gram] = -1
    return [(place, wanted[gram]) for gram, place in found.items() if place >= 0]


def _in_order(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest chain of pairs that rises in both; `pairs` rise in the first."""
    tails: list[int] = []
    tail_index: list[int] = []
    previous: list[int] = []
    for index, (_, value) in enumerate(pairs):
        at = bisect_left(tails, value)
        previous.append(tail_index[at - 1] if at else -1)
        if at == len(tails):
            tails.append(value)
            tail_index.append(index)
        else:
            tails[at] = value
            tail_index[at] = index
    chained = []
    index = tail_index[-1] if tail_index else -1
    while index >= 0:
        chained.append(pairs[index])
        index = previous[index]
    return chained[::-1]
