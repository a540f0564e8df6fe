"""Which of a page's words an extraction kept: two word sequences aligned in order, in near-linear time.

Anchors are word n-grams that occur once in the page; the longest chain of anchors that is in order in both wins, so
that a teaser which repeats a sentence of the article elsewhere is no anchor at all. Matches are extended word by word
from both ends of every gap, and a gap is searched again with denser and shorter n-grams, which may well be unique
within it (patience diff over n-grams). Where a page says everything twice, first occurrences are the anchors. What is
left are short lines whose words recur: they match as whole lines, nearest to their neighbours. At last whole lines that
the extraction has moved to another place are looked up.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

_WORDS = re.compile(r"\w+")
# (words, distance between the n-grams tried, must occur once): sparse first, for most of a page is one long match.
_SEARCHES = ((4, 8, True), (4, 1, True), (2, 1, True), (4, 1, False))
# Copies of a short line's first word that are looked at: time stays linear on hostile pages.
_TRIES = 20
# A line with fewer words recurs by chance.
_MOVED_WORDS = 4


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
        self._used = bytearray(len(extraction))
        # Gaps to search: bounds in both sequences, where in `_SEARCHES` to go on. A list instead of recursion.
        gaps = [(0, len(page), 0, len(extraction), 0)]
        while gaps:
            gaps.extend(self._search(*gaps.pop()))
        self._match_moved_lines()

    def _match(self, at: int, place: int, size: int) -> None:
        self.matched[at : at + size] = b"\1" * size
        self._used[place : place + size] = b"\1" * size

    def _search(self, a: int, a_end: int, b: int, b_end: int, search: int) -> list[tuple[int, int, int, int, int]]:
        page, extraction = self.page, self.extraction
        # Beginning and end of the page are no anchors: what stands there first may be a teaser.
        size, most = 0, min(a_end - a, b_end - b) if a else 0
        while size < most and page[a + size] == extraction[b + size]:
            size += 1
        self._match(a, b, size)
        a, b = a + size, b + size
        size, most = 0, min(a_end - a, b_end - b) if a_end < len(page) else 0
        while size < most and page[a_end - 1 - size] == extraction[b_end - 1 - size]:
            size += 1
        a_end, b_end = a_end - size, b_end - size
        self._match(a_end, b_end, size)
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
                    self._match(at, bt, n)
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
            size = stop - start
            if not size or stop > a_end:
                continue
            words = self.page[start:stop]
            candidates = places.get(words[0], [])
            within = candidates[bisect_left(candidates, b) : bisect_right(candidates, b_end - size)]
            for place in within[: -_TRIES - 1 : -1] if backwards else within[:_TRIES]:
                if self.extraction[place : place + size] == words:
                    self._match(start, place, size)
                    if backwards:
                        b_end = place
                    else:
                        b = place + size
                    break

    def _match_moved_lines(self) -> None:
        """Match whole lines of which nothing is matched with words of the extraction that are still free."""
        n = _MOVED_WORDS
        heads: dict[tuple[str, ...], tuple[int, int]] = {}
        for start, stop in pairwise(self.starts):
            if stop - start >= n and not any(self.matched[start:stop]):
                heads.setdefault(tuple(self.page[start : start + n]), (start, stop))
        place = 0 if heads else len(self.extraction)
        while (place := self._used.find(0, place)) >= 0:
            # A line is compared once, so that a hostile page of one word costs no square of its length.
            start, stop = heads.pop(tuple(self.extraction[place : place + n]), (0, 0))
            size = max(1, stop - start)
            if stop and self.extraction[place : place + size] == self.page[start:stop]:
                self._match(start, place, size)
                place += size
            else:
                place += 1


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
