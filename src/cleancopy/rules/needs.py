"""What a folded line must have before a pattern can match it, read off the pattern itself.

A pattern matches a whole line, so nearly every one fixes how a matching line starts, or else holds words that every
match contains. Both can be looked for in many lines at once, and the few lines that have them are matched with RE2.
What is said here is never too narrow: a line without what a pattern needs is not matched by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

MOST_STARTS = 1000
"""Starts that are kept of one pattern; where there are more, shorter ones are, which many have in common."""
LONGEST_START = 6
"""Characters of a start. With 8 fewer lines pass, 51 instead of 62 of a page, but reading the packs takes longer."""
LONGEST_END = 4
GRAM = 5
"""Characters of a word that is looked for anywhere in a line."""
_SMALL_CLASS = 24
"""A character class with more members stands for any character."""
_MOST_WORDINGS = 256
_NOTHING_TO_FIND, _COMMON, _SIGN, _WORD = range(4)
"""What there is to look for: nothing, a letter or digit, a sign or a letter beyond ASCII, `GRAM` characters."""
_DIGITS = frozenset("0123456789")


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
    starts = _longest_starts(tree, LONGEST_START)
    wholes = frozenset(start for start, whole in starts if whole)
    ends = frozenset(end[::-1] for end, _ in _longest_starts(_mirrored(tree), LONGEST_END)) - wholes
    begun = frozenset(start for start, whole in starts if not whole)
    wordings = _wordings(tree) or frozenset()
    known = _worth(wordings) > (_NOTHING_TO_FIND if "" in begun else _COMMON)
    return Need(
        wholes,
        None if "" in begun else begun,
        None if "" in ends else ends,
        _grams(wordings) if known else None,
    )


def without_digits(text: str) -> str:
    """The text with every digit as `0`."""
    return text.translate(_ZEROS)


_ZEROS = str.maketrans(dict.fromkeys("123456789", "0"))


class _UnknownError(Exception):
    """The pattern has something that is not read here."""


@dataclass(frozen=True, slots=True)
class _One:
    """One character: a member of the class, or any if there is none."""

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


_Node = _One | _Sequence | _Choice | _Repeat
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
            return _One(self._class())
        if sign == "\\":
            return self._escape()
        if sign == ".":
            return _ANY
        return _NOTHING if sign in "^$" else _One(frozenset(sign))

    def _escape(self) -> _Node:
        sign = self._take()
        if sign in "bBAz":
            return _NOTHING
        if sign in "DwWsS":
            return _ANY
        if sign in "pP":
            if self._take() == "{":
                self._skip_behind("}")
            return _ANY
        if sign == "d":
            return _One(_DIGITS)
        if sign.isalnum():
            raise _UnknownError
        return _One(frozenset(sign))

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
            node = self._escape()
            if not isinstance(node, _One):
                raise _UnknownError
            return node.members
        return frozenset(sign)


_Starts = set[tuple[str, bool]]
"""What matches of a node start with; True where that is the whole match and what follows the node comes next."""


class _TooManyError(Exception):
    """More starts than are kept."""


def _longest_starts(tree: _Node, most: int) -> _Starts:
    for length in range(most, 0, -1):
        try:
            return _starts(tree, length)
        except _TooManyError:
            continue
    return {("", False)}


def _mirrored(node: _Node) -> _Node:
    """What matches the same texts read backwards."""
    if isinstance(node, _One):
        return node
    if isinstance(node, _Repeat):
        return _Repeat(_mirrored(node.part), node.least, node.most)
    parts = tuple(map(_mirrored, node.parts))
    return _Choice(parts) if isinstance(node, _Choice) else _Sequence(parts[::-1])


def _starts(node: _Node, length: int) -> _Starts:
    if isinstance(node, _One):
        return {("", False)} if node.members is None else {(without_digits(sign), True) for sign in node.members}
    if isinstance(node, _Choice):
        return _bounded(set().union(*(_starts(part, length) for part in node.parts)))
    if isinstance(node, _Sequence):
        found: _Starts = {("", True)}
        for part in node.parts:
            if not any(whole for _, whole in found):
                break
            found = _joined(found, _starts(part, length), length)
        return found
    once = _starts(node.part, length)
    found, repeated = set(), {("", True)}
    for times in range(length + 1 if node.most is None else min(node.most, length) + 1):
        if times:
            repeated = _joined(repeated, once, length)
        # Fewer repetitions than are needed count only where the start ends within them.
        found |= repeated if times >= node.least else {start for start in repeated if not start[1]}
    if node.least > length:
        found |= repeated
    return _bounded(found)


def _joined(firsts: _Starts, seconds: _Starts, length: int) -> _Starts:
    joined: _Starts = set()
    for first, whole in firsts:
        if not whole:
            joined.add((first, False))
            continue
        for second, end in seconds:
            start = first + second
            joined.add((start[:length], False) if len(start) >= length else (start, end))
    return _bounded(joined)


def _bounded(starts: _Starts) -> _Starts:
    if len(starts) > MOST_STARTS:
        raise _TooManyError
    return starts


def _wordings(node: _Node) -> frozenset[str] | None:
    """Wordings one of which every match contains, the best that can be found; None where there are none."""
    if isinstance(node, _One):
        return _all(node)
    if isinstance(node, _Choice):
        parts = [_wordings(part) for part in node.parts]
        wordings = [part for part in parts if part is not None]
        return frozenset().union(*wordings) if len(wordings) == len(parts) else None
    if isinstance(node, _Repeat):
        return _wordings(node.part) if node.least else None
    found: list[frozenset[str]] = []
    run = frozenset([""])
    for part in node.parts:
        every = _all(part)
        if every is not None and len(run) * len(every) <= _MOST_WORDINGS:
            run = frozenset(first + second for first in run for second in every)
            continue
        found.append(run)
        run = frozenset([""]) if every is None else every
        inner = _wordings(part)
        if inner is not None:
            found.append(inner)
    return max([*found, run], key=_worth, default=None) if any(map(_worth, [*found, run])) else None


def _all(node: _Node) -> frozenset[str] | None:
    """Everything that the node matches, if that is not much."""
    if isinstance(node, _One):
        return None if node.members is None else frozenset(map(without_digits, node.members))
    if isinstance(node, _Repeat):
        if node.most != 1:
            return None
        inner = _all(node.part)
        return inner if inner is None or node.least else inner | {""}
    if isinstance(node, _Choice):
        parts = [_all(part) for part in node.parts]
        every = [part for part in parts if part is not None]
        union: frozenset[str] = frozenset().union(*every)
        return union if len(every) == len(parts) and len(union) <= _MOST_WORDINGS else None
    joined = frozenset([""])
    for part in node.parts:
        inner = _all(part)
        if inner is None or len(joined) * len(inner) > _MOST_WORDINGS:
            return None
        joined = frozenset(first + second for first in joined for second in inner)
    return joined


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
    shared = Counter(gram for found in grams.values() for gram in found)
    return frozenset(
        min(found, key=lambda gram: (-shared[gram], gram.count(" "), gram)) if found else _rarest(wording)
        for wording, found in grams.items()
    )


def _rarest(wording: str) -> str:
    return max(wording, key=lambda sign: (sign != " ", not sign.isascii(), not sign.isalnum(), sign))
