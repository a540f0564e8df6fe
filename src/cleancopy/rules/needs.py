"""What a folded line must have before a pattern can match it, read off the pattern itself.

A pattern matches a whole line, so nearly every one fixes how a matching line starts, or else holds words that every
match contains. Both can be looked for in many lines at once, and the few lines that have them are matched with RE2.
What is said here is never too narrow: a line without what a pattern needs is not matched by it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from operator import or_
from typing import Literal, NamedTuple

MOST_STARTS = 1000
"""Starts that are kept of one pattern; where there are more, shorter ones are, which many have in common."""
LONGEST_START = 6
"""Characters of a start. With 8 fewer lines pass, 51 instead of 62 of a page, but reading the packs takes longer."""
LONGEST_END = 4
GRAM = 5
"""Characters of a word that is looked for anywhere in a line."""
_SMALL_CLASS = 24
"""A character class with more members stands for any character."""
_MOST_WORDINGS = 128
_NOTHING_TO_FIND, _COMMON, _SIGN, _WORD = range(4)
"""What there is to look for: nothing, a letter or digit, a sign or a letter beyond ASCII, `GRAM` characters."""
_DIGITS = frozenset("0123456789")
_GROUPS = {
    (True, False, True): 36,
    (True, True, True): 15,
    (True, True, False): 4,
    (True, False, False): 2,
    (False, False, True): 4,
    (False, True, True): 1,
}
"""How many groups there are for patterns of which starts, ends and grams are known or not, by how many are so in the
shipped packs. Others share one more group, and one bit of 64 is left.
"""
_OTHERS = (False, False, False)


@dataclass(frozen=True, slots=True)
class Need:
    """What a line that matches is like; all its digits are written as `0`.

    It is one of `wholes`, or else it starts with one of `starts`, ends with one of `ends` and holds one of `grams`,
    each of which is `GRAM` characters or a single one. None: of this nothing can be said.
    """

    wholes: frozenset[str] = frozenset()
    starts: frozenset[str] | None = None
    ends: frozenset[str] | None = None
    grams: frozenset[str] | None = None


def need(pattern: str) -> Need:
    """What the RE2 pattern needs; nothing where it is not understood."""
    try:
        tree = _Reading(pattern).tree()
    except _UnknownError:
        return Need()
    starts, ends = _longest_starts(tree, LONGEST_START), _longest_starts(_mirrored(tree), LONGEST_END)
    wordings = _wordings(tree).best
    anyhow = "" in starts.open
    known = _worth(wordings) > (_NOTHING_TO_FIND if anyhow else _COMMON)
    return Need(
        starts.whole,
        None if anyhow else starts.open,
        None if "" in ends.open else _reversed(ends.open) | (_reversed(ends.whole) - starts.whole),
        _grams(wordings) if known else None,
    )


def plain(needed: Need) -> list[list[str] | None]:
    """The need in JSON's types; `restored` makes it again."""
    parts = (needed.wholes, needed.starts, needed.ends, needed.grams)
    return [None if part is None else sorted(part) for part in parts]


def restored(parts: Sequence[Iterable[str] | None]) -> Need:
    """The need that `plain` gave the parts of."""
    wholes, *others = (None if part is None else frozenset(part) for part in parts)
    return Need(wholes or frozenset(), *others)


def _reversed(texts: frozenset[str]) -> frozenset[str]:
    return frozenset(text[::-1] for text in texts)


def dealt(needs: Sequence[Need]) -> list[int]:
    """The group of each pattern of a pack, as a number with one of its lower 63 bits set.

    How a line starts and ends and what it holds must meet in one group, so a group is of patterns of which the same
    is known, in every pack.
    """
    kinds: defaultdict[tuple[bool, bool, bool], list[int]] = defaultdict(list)
    for place, each in enumerate(needs):
        kind = (each.starts is not None, each.ends is not None, each.grams is not None)
        kinds[kind if kind in _GROUPS else _OTHERS].append(place)
    groups = [0] * len(needs)
    first = 0
    for kind, room in (*_GROUPS.items(), (_OTHERS, 1)):
        for turn, place in enumerate(kinds[kind]):
            groups[place] = 1 << first + turn * room // len(kinds[kind])
        first += room
    return groups


def without_digits(text: str) -> str:
    """The text with every digit as `0`."""
    return text.translate(_ZEROS)


_ZEROS = str.maketrans(dict.fromkeys("123456789", "0"))


class _UnknownError(Exception):
    """The pattern has something that is not read here."""


@dataclass(frozen=True, slots=True)
class _Text:
    """These characters, with all digits as `0`."""

    text: str


@dataclass(frozen=True, slots=True)
class _One:
    """One character: a member of the class, with all digits as `0`, or any if there is none."""

    members: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class _Sequence:
    parts: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    parts: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Repeat:
    part: _Node
    least: int
    most: int | None


_Node = _Text | _One | _Sequence | _Choice | _Repeat
_NOTHING = _Sequence(())
_ANY = _One(None)


class _Reading:
    """Reads the syntax of RE2, but not flags or named groups."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def tree(self) -> _Node:
        tree = self._choice()
        if self._at < len(self._pattern):
            raise _UnknownError
        return tree

    def _next(self, count: int = 1) -> str:
        return self._pattern[self._at : self._at + count]

    def _take(self) -> str:
        if self._at >= len(self._pattern):
            raise _UnknownError
        self._at += 1
        return self._pattern[self._at - 1]

    def _skip_behind(self, end: str) -> str:
        stop = self._pattern.find(end, self._at)
        if stop < 0:
            raise _UnknownError
        skipped = self._pattern[self._at : stop]
        self._at = stop + len(end)
        return skipped

    def _choice(self) -> _Node:
        parts = [self._sequence()]
        while self._next() == "|":
            self._at += 1
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else _Choice(tuple(parts))

    def _sequence(self) -> _Node:
        parts: list[_Node] = []
        while self._next() not in ("", "|", ")"):
            part = self._atom()
            while (count := self._count()) is not None:
                part = _Repeat(part, *count)
            if parts and isinstance(part, _Text) and isinstance(before := parts[-1], _Text):
                parts[-1] = _Text(before.text + part.text)
            else:
                parts.append(part)
        return _Sequence(tuple(parts))

    def _count(self) -> tuple[int, int | None] | None:
        sign = self._next()
        if sign in ("*", "+", "?") and sign:
            self._at += 1
            count = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        elif sign == "{":
            self._at += 1
            least, comma, most = self._skip_behind("}").partition(",")
            if not least.isdecimal() or not (most.isdecimal() or not most):
                raise _UnknownError
            count = int(least), int(least) if not comma else int(most) if most else None
        else:
            return None
        if self._next() == "?":  # lazy or not, a whole line matches alike
            self._at += 1
        return count

    def _atom(self) -> _Node:
        sign = self._take()
        if sign == "(":
            if self._next() == "?":
                if self._next(2) != "?:":
                    raise _UnknownError
                self._at += 2
            inner = self._choice()
            if self._take() != ")":
                raise _UnknownError
            return inner
        if sign == "[":
            return _one(self._class())
        if sign == "\\":
            escaped = self._escape()
            return _NOTHING if escaped == "" else _one(escaped)
        if sign == ".":
            return _ANY
        return _NOTHING if sign in "^$" else _Text(without_digits(sign))

    def _escape(self) -> frozenset[str] | Literal[""] | None:
        """The characters that the sign behind a backslash stands for; none for a place between two; None for any."""
        sign = self._take()
        if sign in "bBAz":
            return ""
        if sign in "DwWsS":
            return None
        if sign in "pP":
            if self._take() == "{":
                self._skip_behind("}")
            return None
        if sign == "d":
            return _DIGITS
        if sign.isalnum():
            raise _UnknownError
        return frozenset(sign)

    def _class(self) -> frozenset[str] | None:
        negated = self._next() == "^"
        self._at += negated
        members: set[str] = set()
        wide, first = negated, True
        while self._next() != "]" or first:
            first = False
            low = self._member()
            if low is None or len(low) > 1:
                wide |= low is None
                members |= low or set()
            elif self._next() == "-" and self._next(2) != "-]":
                self._at += 1
                high = self._member()
                if high is None or len(high) > 1:
                    raise _UnknownError
                start, stop = ord(min(low)), ord(min(high)) + 1
                wide |= stop - start > 4 * _SMALL_CLASS
                members |= set(map(chr, range(start, stop))) if not wide else set()
            else:
                members |= low
        self._at += 1
        return None if wide or len(members) > _SMALL_CLASS else frozenset(members)

    def _member(self) -> frozenset[str] | None:
        sign = self._take()
        if sign == "[" and self._next() == ":":
            self._skip_behind(":]")
            return None
        if sign == "\\":
            members = self._escape()
            if members == "":
                raise _UnknownError
            return members
        return frozenset(sign)


def _one(members: frozenset[str] | None) -> _Node:
    if members is None:
        return _ANY
    plain = frozenset(map(without_digits, members))
    return _Text(*plain) if len(plain) == 1 else _One(plain)


@dataclass(frozen=True, slots=True)
class _Starts:
    """What matches of a node start with: `open` where only the first characters are told, `whole` where all are."""

    open: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if len(self.open) + len(self.whole) > MOST_STARTS:
            raise _TooManyError

    def __or__(self, other: _Starts) -> _Starts:
        return _Starts(self.open | other.open, self.whole | other.whole)

    def then(self, other: _Starts, length: int) -> _Starts:
        """What matches of one node and then another start with, as far as `length` characters."""
        found, whole = set(self.open), set()
        for first in self.whole:
            room = length - len(first)
            found.update([(first + second)[:length] for second in other.open])
            for second in other.whole:
                if len(second) < room:
                    whole.add(first + second)
                else:
                    found.add((first + second)[:length])
            if len(found) + len(whole) > MOST_STARTS:
                raise _TooManyError
        return _Starts(frozenset(found), frozenset(whole))


_EMPTY = _Starts(whole=frozenset([""]))
_ANYHOW = _Starts(open=frozenset([""]))


class _TooManyError(Exception):
    """More starts than are kept."""


def _longest_starts(tree: _Node, most: int) -> _Starts:
    for length in range(most, 0, -1):
        try:
            return _starts(tree, length)
        except _TooManyError:
            continue
    return _ANYHOW


def _mirrored(node: _Node) -> _Node:
    """What matches the same texts read backwards."""
    if isinstance(node, _Text):
        return _Text(node.text[::-1])
    if isinstance(node, _One):
        return node
    if isinstance(node, _Repeat):
        return _Repeat(_mirrored(node.part), node.least, node.most)
    parts = tuple(map(_mirrored, node.parts))
    return _Choice(parts) if isinstance(node, _Choice) else _Sequence(parts[::-1])


def _starts(node: _Node, length: int) -> _Starts:
    if isinstance(node, _Text):
        start = frozenset([node.text[:length]])
        return _Starts(whole=start) if len(node.text) < length else _Starts(open=start)
    if isinstance(node, _One):
        if node.members is None:
            return _ANYHOW
        return _Starts(whole=node.members) if length > 1 else _Starts(open=node.members)
    if isinstance(node, _Choice):
        return reduce(or_, (_starts(part, length) for part in node.parts))
    if isinstance(node, _Sequence):
        found = _EMPTY
        for part in node.parts:
            if not found.whole:
                break
            found = found.then(_starts(part, length), length)
        return found
    once, repeated, found = _starts(node.part, length), _EMPTY, _Starts()
    for times in range(min(length if node.most is None else node.most, length) + 1):
        if times:
            repeated = repeated.then(once, length)
        # Fewer repetitions than are needed count only where the start ends within them.
        found |= repeated if times >= node.least else _Starts(repeated.open)
    return found | repeated


class _Wordings(NamedTuple):
    """What a node matches, if that is not much; and the best wordings of which every match contains one."""

    every: frozenset[str] | None
    best: frozenset[str]


def _wordings(node: _Node) -> _Wordings:
    if isinstance(node, _Text):
        return _Wordings(frozenset([node.text]), frozenset([node.text]))
    if isinstance(node, _One):
        return _Wordings(node.members, node.members or frozenset())
    if isinstance(node, _Repeat):
        inner = _wordings(node.part)
        if node.least:
            return _Wordings(inner.every if node.most == 1 else None, inner.best)
        every = inner.every | {""} if node.most == 1 and inner.every is not None else None
        return _Wordings(every, frozenset())
    parts = [_wordings(part) for part in node.parts]
    if isinstance(node, _Choice):
        every = _union([part.every for part in parts])
        bests = [part.best for part in parts]
        return _Wordings(every, frozenset().union(*bests) if all(bests) else frozenset())
    return _in_a_row(parts)


def _in_a_row(parts: Sequence[_Wordings]) -> _Wordings:
    """The wordings of parts that follow one another: all of them where they are few, else the rarest run of parts."""
    whole = True
    run, found = frozenset([""]), []
    for part in parts:
        if part.every is not None and len(run) * len(part.every) <= _MOST_WORDINGS:
            run = frozenset([first + second for first in run for second in part.every])
            continue
        whole = False
        found += [run, part.best]
        run = part.every or frozenset([""])
    return _Wordings(run if whole else None, max([*found, run], key=_worth))


def _union(parts: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    union: frozenset[str] = frozenset()
    for part in parts:
        if part is None or len(union) > _MOST_WORDINGS:
            return None
        union |= part
    return union


def _worth(wordings: Iterable[str]) -> int:
    """How rare what can be looked for is in the wording that has least of it."""
    return min((_rarity(wording) for wording in wordings), default=0)


def _rarity(wording: str) -> int:
    if len(wording) >= GRAM:
        return _WORD
    signs = wording.replace(" ", "")
    if not signs:
        return _NOTHING_TO_FIND
    return _SIGN if not signs.isascii() or any(not sign.isalnum() for sign in signs) else _COMMON


def _grams(wordings: frozenset[str]) -> frozenset[str]:
    """What is looked for of the wordings: of each the `GRAM` characters that most of them have, or its rarest sign."""
    grams = {
        wording: {wording[place : place + GRAM] for place in range(len(wording) - GRAM + 1)} for wording in wordings
    }
    shared = Counter(chain.from_iterable(grams.values()))
    ranked = {gram: (-count, gram.count(" "), gram) for gram, count in shared.items()}
    return frozenset(
        min(found, key=ranked.__getitem__) if found else _rarest(wording) for wording, found in grams.items()
    )


def _rarest(wording: str) -> str:
    return max(wording, key=lambda sign: (sign != " ", not sign.isascii(), not sign.isalnum(), sign))
