"""Which lines of a batch can match a rule at all: told of all lines at once by hashes, so that few are matched.

A line passes when its folded form is like a phrase, or has what a pattern needs (`cleancopy.rules.needs`), of a pack
that its document asks. What does not pass is matched by no rule; what passes is for the rule book to say, which is told
the groups of patterns that it can match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from cleancopy.rules import ALL_GROUPS, MAX_CHARACTERS, RuleBook, RulePack
from cleancopy.rules.fold import DECORATION, SAME, fold
from cleancopy.rules.needs import GRAM, LONGEST_END, LONGEST_START, Need
from cleancopy.text.lines import BASIC_PLANE, LINE_FEED, Lines, small_letters

_LAST = np.uint32(BASIC_PLANE - 1)
"""Stands for all codes beyond the basic plane."""
_UNCLEAR_SIGNS = tuple(map(ord, "…Σ\u0307"))
"""Signs that fold one way here and another there: a line that holds one passes."""
_ENDS = 8
"""Characters at each end by which, with its length, a line is like a phrase."""
_PACK_BITS = 32
"""Packs that a mask can tell apart; of more, some are asked together."""
_PHRASE = 1 << 63
"""Stands for all phrases beside the groups of patterns."""
_SLOT_BITS = 18
_FACTOR = np.uint64(0xD1342543DE82EF95)
_NEAR, _FAR = np.uint16(0x9E37), np.uint16(0xC2B3)


@cache
def _folding() -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
    """Of every code of the basic plane: what it folds to, with digits as 0, and whether the ends of lines lose it."""
    folded = small_letters().astype(np.uint16)
    lost = np.zeros(BASIC_PLANE, bool)
    lost[[LINE_FEED, *map(ord, DECORATION)]] = True
    for code, form in SAME.items():
        folded[code] = ord(form[0])
        lost[code] = not form.strip(DECORATION)
    folded[ord("İ")] = ord("i")
    folded[[ord(digit) for digit in "123456789"]] = ord("0")
    return folded, lost


class _Folded:
    """The folded forms of m strings, which stand in one array of code points.

    starts: int64[m] first character of each folded form; `ends` the one behind it, the same where nothing is left.
    """

    def __init__(self, codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> None:
        """codes: all code points. starts, ends: the strings, from their first character to behind their last."""
        self._codes = codes
        self.starts, self.ends = starts.copy(), ends.copy()
        _, lost = _folding()
        for edges, step, before in ((self.ends, -1, -1), (self.starts, 1, 0)):
            rows = np.flatnonzero(starts < ends)
            while len(rows):
                within = codes.take(edges[rows] + before)
                rows = rows[lost.take(np.minimum(within, _LAST)) & (self.starts[rows] < self.ends[rows])]
                edges[rows] += step

    @classmethod
    def of(cls, strings: Sequence[str]) -> _Folded:
        joined = "".join(f"{string}\n" for string in strings).encode("utf-32-le", "surrogatepass")
        ends = np.cumsum(np.fromiter(map(len, strings), np.int64, len(strings)) + 1) - 1
        return cls(np.frombuffer(joined, np.uint32), np.concatenate([[0], ends[:-1] + 1])[: len(ends)], ends)

    def _at(self, places: NDArray[np.int64]) -> NDArray[np.uint16]:
        folded, _ = _folding()
        return folded.take(np.minimum(self._codes.take(places, mode="clip"), _LAST))

    def edges(self, most: int, *, ends: bool) -> NDArray[np.uint64]:
        """uint64[most, m]: hashes of the first (or from the end) 1, 2, … characters; 0 where a form is shorter."""
        size = self.ends - self.starts
        keys = np.zeros((most, len(size)), np.uint64)
        key = np.full(len(size), 2 if ends else 1, np.uint64)
        for place in range(most):
            key = key * _FACTOR + self._at(self.ends - 1 - place if ends else self.starts + place)
            keys[place] = np.where(size > place, _stirred(key), 0)
        return keys

    def wholes(self) -> NDArray[np.uint64]:
        """uint64[m]: hashes of each form's length and the characters at its ends."""
        key = (self.ends - self.starts).astype(np.uint64)
        for place in range(_ENDS):
            key = key * _FACTOR + self._at(np.minimum(self.starts + place, self.ends - 1))
            key = key * _FACTOR + self._at(np.maximum(self.ends - 1 - place, self.starts))
        return _stirred(key)

    def inner(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
        """The characters of some forms, one form behind the other, and the offset of each form among them."""
        starts, size = self.starts[rows], self.ends[rows] - self.starts[rows]
        offsets = np.cumsum(size) - size
        return self._at(np.repeat(starts - offsets, size) + np.arange(size.sum())), offsets


def _grams(codes: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """uint16[c]: a hash of the `GRAM` characters that start at each place; those at the end run on into zeros."""
    codes = np.concatenate([codes, np.zeros(GRAM - 1, np.uint16)])
    pairs = codes[:-1] * _NEAR + codes[1:]
    fours = pairs[:-2] * _FAR + pairs[2:]
    hashes: NDArray[np.uint16] = fours[:-1] * _NEAR + codes[4:]
    return hashes ^ (hashes >> np.uint16(7))


assert GRAM == 5, "`_grams` hashes five characters"


@dataclass(frozen=True, slots=True)
class _Tables:
    """What some packs look for. Never changed once it is built, so that threads share it.

    read: the packs that are in it.
    begun_anyhow: by pack, the groups whose matches may start anyhow; ended_anyhow and held_anyhow: those of all packs
        whose matches may end anyhow, and hold anything.
    keys: uint64[k], sorted hashes of phrases, starts and ends; of each the packs and the groups that look for it.
    slots: uint32[2**_SLOT_BITS], by the last bits of a key the packs that may look for it.
    grams, signs: uint64[2**16], by hash or code the groups that look for it.
    """

    read: frozenset[str] = frozenset()
    begun_anyhow: Mapping[str, int] = field(default_factory=dict)
    ended_anyhow: int = 0
    held_anyhow: int = 0
    keys: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(1, np.uint64))
    key_packs: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(1, np.uint32))
    key_groups: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(1, np.uint64))
    slots: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(1 << _SLOT_BITS, np.uint32))
    grams: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(1 << 16, np.uint64))
    signs: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(BASIC_PLANE, np.uint64))

    def look_up(self, keys: NDArray[np.uint64], packs: NDArray[np.uint32], groups: NDArray[np.uint64]) -> None:
        """Adds to `groups` those of each line's key in its packs."""
        likely = np.flatnonzero((self.slots.take(_slot(keys)) & packs) != 0)
        keys = keys[likely]
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        known = (self.keys[place] == keys) & ((self.key_packs[place] & packs[likely]) != 0)
        groups[likely[known]] |= self.key_groups[place[known]]

    def held(self, folded: _Folded, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
        """uint64[rows]: the groups of all that these lines hold anywhere."""
        held = np.full(len(rows), self.held_anyhow, np.uint64)
        codes, offsets = folded.inner(rows)
        for table, found in ((self.grams, _grams(codes)), (self.signs, codes)):
            places = np.flatnonzero((table != 0).take(found))
            if len(places):
                line = np.searchsorted(offsets, places, "right") - 1
                firsts = np.flatnonzero(np.diff(line, prepend=-1))
                held[line[firsts]] |= np.bitwise_or.reduceat(table[found[places]], firsts)
        return held


class Sieve:
    """What the packs of a rule book look for. A pack is read when it is first asked; safe to share between threads."""

    def __init__(self, book: RuleBook) -> None:
        self._book = book
        self._packs = {pack.language: pack for pack in book.packs}
        self._bit = {language: 1 << place % _PACK_BITS for place, language in enumerate(self._packs)}
        self._tables = _Tables()
        self._reading = Lock()

    def passing(self, lines: Lines, asked: Sequence[frozenset[str]]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """The lines, in order, that may match a rule of the packs that each document asks, and for each the groups of
        patterns that it may match.
        """
        tables = self._tables_of(frozenset().union(*asked) & self._packs.keys())
        at = np.flatnonzero(lines.ends - lines.starts <= MAX_CHARACTERS)
        if not len(at):
            return at, np.zeros(0, np.uint64)
        folded = _Folded(lines.codes, lines.starts[at], lines.ends[at])
        masks = {languages: self._masks(tables, languages) for languages in set(asked)}
        own = lines.document[at]
        packs = np.array([masks[languages][0] for languages in asked], np.uint32)[own]
        begun = np.array([masks[languages][1] for languages in asked], np.uint64)[own]
        whole = np.zeros(len(at), np.uint64)
        tables.look_up(folded.wholes(), packs, whole)
        for keys in folded.edges(LONGEST_START, ends=False):
            tables.look_up(keys, packs, begun)
        likely = np.flatnonzero(begun)
        ended = np.full(len(likely), tables.ended_anyhow, np.uint64)
        for keys in folded.edges(LONGEST_END, ends=True)[:, likely]:
            tables.look_up(keys, packs[likely], ended)
        begun[likely] &= ended
        likely = likely[begun[likely] != 0]
        begun[likely] &= tables.held(folded, likely)
        groups = begun | whole
        for sign in _UNCLEAR_SIGNS:
            line = np.searchsorted(lines.ends, np.flatnonzero(lines.codes == sign))
            groups[np.searchsorted(at, line).clip(max=len(at) - 1)] = ALL_GROUPS
        passed = np.flatnonzero((groups != 0) & (folded.ends > folded.starts))
        return at[passed], groups[passed]

    def _masks(self, tables: _Tables, languages: Iterable[str]) -> tuple[int, int]:
        """The packs' bits, and the groups of their patterns whose matches may start anyhow."""
        packs = groups = 0
        for language in self._packs.keys() & languages:
            packs |= self._bit[language]
            groups |= tables.begun_anyhow[language]
        return packs, groups

    def _tables_of(self, languages: frozenset[str]) -> _Tables:
        """Tables with at least these packs. One thread builds new ones, and the others wait for them."""
        tables = self._tables
        if not languages <= tables.read:
            with self._reading:
                tables = self._tables  # another thread may have read the packs meanwhile
                new = sorted(languages - tables.read)
                if new:
                    tables = self._tables = self._with(tables, new)
        return tables

    def _with(self, tables: _Tables, new: Sequence[str]) -> _Tables:
        """Tables that have these packs as well."""
        begun_anyhow = dict(tables.begun_anyhow)
        ended_anyhow, held_anyhow = tables.ended_anyhow, tables.held_anyhow
        grams, signs = tables.grams.copy(), tables.signs.copy()
        columns = [(tables.keys, tables.key_packs, tables.key_groups)]
        for language in new:
            sought = _Sought.of(self._packs[language], self._book.needs(language))
            begun_anyhow[language] = sought.begun_anyhow
            ended_anyhow |= sought.ended_anyhow
            held_anyhow |= sought.held_anyhow
            sought.enter(grams, signs)
            keys, groups = sought.keys()
            columns.append((keys, np.full(len(keys), self._bit[language], np.uint32), groups))
        every, packs, groups = (np.concatenate(column) for column in zip(*columns, strict=True))
        keys, place = np.unique(every, return_inverse=True)
        key_packs, key_groups = np.zeros(len(keys), np.uint32), np.zeros(len(keys), np.uint64)
        np.bitwise_or.at(key_packs, place, packs)
        np.bitwise_or.at(key_groups, place, groups)
        slots = tables.slots.copy()
        np.bitwise_or.at(slots, _slot(keys), key_packs)
        return _Tables(
            tables.read.union(new),
            begun_anyhow,
            ended_anyhow,
            held_anyhow,
            keys,
            key_packs,
            key_groups,
            slots,
            grams,
            signs,
        )


@dataclass(frozen=True, slots=True)
class _Sought:
    """What one pack looks for: strings and the groups of patterns that need each, by where they stand in a line."""

    wholes: Mapping[str, int]
    starts: Mapping[str, int]
    ends: Mapping[str, int]
    grams: Mapping[str, int]
    begun_anyhow: int
    ended_anyhow: int
    held_anyhow: int

    @classmethod
    def of(cls, pack: RulePack, needs: Iterable[tuple[Need, int]]) -> _Sought:
        wholes = {fold(phrase): _PHRASE for rule in pack.rule for phrase in rule.phrases}
        starts: dict[str, int] = {}
        ends: dict[str, int] = {}
        grams: dict[str, int] = {}
        begun_anyhow = ended_anyhow = held_anyhow = 0
        for needed, group in needs:
            for found, into in (
                (needed.wholes, wholes),
                (needed.starts, starts),
                (needed.ends, ends),
                (needed.grams, grams),
            ):
                for each in found or ():
                    into[each] = into.get(each, 0) | group
            if needed.starts is None:
                begun_anyhow |= group
            if needed.ends is None:
                ended_anyhow |= group
            if needed.grams is None:
                held_anyhow |= group
        return cls(wholes, starts, ends, grams, begun_anyhow, ended_anyhow, held_anyhow)

    def keys(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """uint64[k], uint64[k]: the keys of phrases, starts and ends, and the groups of each."""
        own = (
            (_Folded.of(list(self.wholes)).wholes(), self.wholes),
            (_edge_keys(list(self.starts), LONGEST_START, ends=False), self.starts),
            (_edge_keys(list(self.ends), LONGEST_END, ends=True), self.ends),
        )
        groups = [np.array(list(entries.values()), np.uint64) for _, entries in own]
        return np.concatenate([keys for keys, _ in own]), np.concatenate(groups)

    def enter(self, grams: NDArray[np.uint64], signs: NDArray[np.uint64]) -> None:
        """Adds what may stand anywhere in a line to both tables."""
        for size, table in ((GRAM, grams), (1, signs)):
            own = [gram for gram in self.grams if len(gram) == size]
            codes, _ = _entries(own).inner(np.arange(len(own)))
            hashes = _grams(codes)[::GRAM] if size == GRAM else codes
            np.bitwise_or.at(table, hashes, np.array([self.grams[gram] for gram in own], np.uint64))


def _entries(strings: Sequence[str]) -> _Folded:
    """Parts of lines, which lose nothing at their ends."""
    folded = _Folded.of(strings)
    sizes = np.fromiter(map(len, strings), np.int64, len(strings))
    folded.starts = np.cumsum(sizes + 1) - sizes - 1
    folded.ends = folded.starts + sizes
    return folded


def _edge_keys(edges: Sequence[str], most: int, *, ends: bool) -> NDArray[np.uint64]:
    """The keys that `_Folded.edges` gives lines with these starts or ends."""
    folded = _entries(edges)
    keys: NDArray[np.uint64] = folded.edges(most, ends=ends)[folded.ends - folded.starts - 1, np.arange(len(edges))]
    return keys


def _stirred(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return keys ^ (keys >> np.uint64(32))


def _slot(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return keys & np.uint64((1 << _SLOT_BITS) - 1)
