"""A site's template: the lines that it repeats, on how many of its pages, where and in which company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from cleancopy.census.pages import is_prose, lines_of
from cleancopy.model import Document, Standing

Numbers = NDArray[np.uint64]

LEAST_PAGES = 3
"""Pages, copies of an article counted once, from which on there is a template: what stands on both of two pages may be
the one thing that they have in common.
"""
COMMON = 0.8
"""What stands on more than this share of the pages is the site's, and says nothing of whether two pages are copies."""
SAME = 0.5
"""Two pages are copies of one article when they share this much of the prose of the shorter one, the site's aside."""
OWN_PROSE = 1
"""Lines of prose, the site's aside, that a page must have to count by itself; those with less count as one together."""
PLACES = ("above", "within", "below")
"""Where a line stands: above, within or below the prose that no other page of the site has."""
_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Template:
    """What the pages of a site have in common. Arrays of numbers are sorted.

    known:  pages of the site that were known when it was learned; an estimate beyond those that are kept.
    pages:  uint64[p], those that it was learned from.
    size:   how many these are, copies of an article counted once.
    lines:  uint64[m], the lines on more than one of them.
    counts: uint16[m, 4], on how many each stands: in all, above, within, below.
    pairs:  uint64[k], two lines that stand one below the other on more than one page.
    pair_counts: uint16[k], on how many.
    """

    site: str
    known: int
    pages: Numbers
    size: int
    lines: Numbers
    counts: NDArray[np.uint16]
    pairs: Numbers
    pair_counts: NDArray[np.uint16]

    @property
    def id(self) -> str:
        """What tells it from every other template: 16 hex characters."""
        digest = blake2b(self.site.encode("utf-8", "surrogatepass"), digest_size=8)
        digest.update(np.array([self.known, self.size], np.int64).tobytes())
        for array in (self.pages, self.lines, self.counts, self.pairs, self.pair_counts):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def standing(self, document: Document, page: int) -> Standing:
        """How often the site repeats each line of one of its pages; the page itself is counted, known or not.

        page: the number of its address.
        """
        lines = lines_of(document.lines)
        new = int(not _holds(self.pages, np.uint64(page)))
        found = _at(self.lines, self.counts, lines)
        seen = np.maximum(found[:, 0] + new, 1)
        place = places(is_prose(lines) & (seen <= 1))
        alike = np.maximum(found[np.arange(len(lines)), 1 + place] + new, 1)
        beside = np.ones(len(lines) + 1, np.int64)
        if len(lines) > 1:
            together = np.maximum(_at(self.pairs, self.pair_counts[:, None], _paired(lines))[:, 0] + new, 1)
            beside[1:-1] = together
        return Standing(
            site=self.site,
            pages=self.size + new,
            seen=tuple(seen.tolist()),
            alike=tuple(alike.tolist()),
            beside=tuple(np.maximum(beside[:-1], beside[1:]).tolist()),
            places=tuple(PLACES[each] for each in place.tolist()),
        )


def learn(site: str, known: int, pages: Sequence[tuple[int, Numbers]]) -> Template | None:
    """The template of the site with these pages, None where too few of them differ.

    pages: number of the address → its lines in order; in any order, each address once.
    """
    if len(pages) < LEAST_PAGES:
        return None
    pages = sorted(pages, key=lambda page: page[0])
    flat = np.concatenate([lines for _, lines in pages])
    owner = np.repeat(np.arange(len(pages)), [len(lines) for _, lines in pages])
    groups = _copies(flat, owner, len(pages))
    size = int(groups.max()) + 1
    if size < LEAST_PAGES:
        return None
    group = groups[owner]
    lines, counts = _tally(flat, group)
    repeated = counts > 1
    place = _places_of_all(flat, owner, len(pages), lines[~repeated])
    table = np.zeros((int(repeated.sum()), 1 + len(PLACES)), np.uint16)
    lines, table[:, 0] = lines[repeated], counts[repeated]
    for number in range(len(PLACES)):
        there = place == number
        some, often = _tally(flat[there], group[there])
        where = np.searchsorted(lines, some)
        inside = where < len(lines)
        inside[inside] = lines[where[inside]] == some[inside]
        table[where[inside], 1 + number] = often[inside]
    within = owner[1:] == owner[:-1]
    pairs, pair_counts = _tally(_paired(flat)[within], group[1:][within])
    common = pair_counts > 1
    numbers = np.array([number for number, _ in pages], np.uint64)
    return Template(site, known, numbers, size, lines, table, pairs[common], pair_counts[common].astype(np.uint16))


def places(own: NDArray[np.bool_]) -> NDArray[np.int64]:
    """int64[n]: the place of each line of a page, an index into `PLACES`. own: bool[n], the prose that is its own."""
    found = np.flatnonzero(own)
    place = np.ones(len(own), np.int64)
    if len(found):
        place[: found[0]], place[found[-1] + 1 :] = 0, 2
    return place


def _places_of_all(flat: Numbers, owner: NDArray[np.int64], count: int, single: Numbers) -> NDArray[np.int64]:
    own = is_prose(flat) & np.isin(flat, single)
    bounds = np.searchsorted(owner, np.arange(count + 1))
    return np.concatenate([places(own[bounds[page] : bounds[page + 1]]) for page in range(count)])


def _copies(flat: Numbers, owner: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """int64[p]: the article that each page holds, from 0 on; copies of one have the same, and so have all pages
    without prose of their own.
    """
    prose = is_prose(flat)
    pairs = np.unique(np.stack([flat[prose], owner[prose].astype(np.uint64)], axis=1), axis=0)
    lines, place, often = np.unique(pairs[:, 0], return_inverse=True, return_counts=True)
    own = often <= COMMON * count
    has = np.zeros((count, len(lines)), np.float32)
    has[pairs[:, 1].astype(np.int64), place.reshape(-1)] = 1
    has = has[:, own]
    size = has.sum(axis=1)
    shared = has @ has.T
    poor = size < OWN_PROSE
    same = shared >= SAME * np.minimum(size[:, None], size[None, :])
    same[poor] = same[:, poor] = False
    same[np.ix_(poor, poor)] = True
    group = np.arange(count)
    while True:  # the smallest number spreads over each set of copies
        smallest = np.where(same | np.eye(count, dtype=bool), group[None, :], count).min(axis=1)
        if (smallest == group).all():
            return np.unique(group, return_inverse=True)[1].reshape(-1)
        group = smallest


def _tally(numbers: Numbers, group: NDArray[np.int64]) -> tuple[Numbers, NDArray[np.int64]]:
    """The different numbers, sorted, and in how many groups each is."""
    order = np.lexsort((group, numbers))
    numbers, group = numbers[order], group[order]
    new = np.ones(len(numbers), bool)
    new[1:] = (numbers[1:] != numbers[:-1]) | (group[1:] != group[:-1])
    distinct, often = np.unique(numbers[new], return_counts=True)
    return distinct, often


def _paired(lines: Numbers) -> Numbers:
    """uint64[n - 1]: each two lines that follow each other as one number."""
    return lines[:-1] * _ODD + (lines[1:] ^ (lines[1:] >> np.uint64(29)))


def _holds(numbers: Numbers, wanted: np.uint64) -> bool:
    place = int(np.searchsorted(numbers, wanted))
    return place < len(numbers) and bool(numbers[place] == wanted)


def _at(numbers: Numbers, values: NDArray[np.uint16], wanted: Numbers) -> NDArray[np.int64]:
    """int64[n, c]: the row of `values` of each wanted number, zeros where it is none of `numbers`."""
    found = np.zeros((len(wanted), values.shape[1]), np.int64)
    if len(numbers):
        place = np.minimum(np.searchsorted(numbers, wanted), len(numbers) - 1)
        there = numbers[place] == wanted
        found[there] = values[place[there]]
    return found
