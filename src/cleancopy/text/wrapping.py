"""Paragraphs that were wrapped at a column, whole again: a region at a time, with menus and long lines around them left
alone.

A line was wrapped when the first word of the next one would not have fit beside it. For each pair of neighbouring lines
that gives the columns at which it may have been wrapped: from where the upper line ends to where it would have ended
with that word. The column of a text is the one that most pairs agree on, and it is believed where lines end right below
it and hardly any right above. Widths are those of a terminal: an ideograph takes two cells, a mark that is set above a
letter none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from cleancopy.text import signs
from cleancopy.text.reflow import UNSPACED, Columns, joined, spaced

NARROWEST, WIDEST = 50, 200
"""Cells of a column at which prose is wrapped."""
NARROWEST_HYPHENATED = 28
"""Where words are parted at line ends, columns of a newspaper count as well."""
LEAST = 4
"""Pairs that must agree on a column. As many in a row are enough whatever the rest of the text is like."""
AGREEING = 0.6
"""Share of the lines that end shortly below the column and have a line right below them which must agree on it."""
BEYOND = 0.15
"""Lines that end shortly beyond the column, as a share of the pairs that agree, that do not yet speak against it."""
SHORTLY = 12
"""Cells: the length of a long word."""
COLUMNS = 3
"""Columns of one text that are looked for: an answer is wrapped at another one than what it quotes."""
HYPHENATED = 2
"""Words parted at line ends that make a text hyphenated."""

_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6"
    "\U0001f300-\U0001faff\U00020000-\U0003ffff]"
)
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0902\u093c\u0941-\u0948\u094d"
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u200b-\u200f]"
)
_UNSPACED_ENDS = (*signs.WIDE_ENDS, "」", "』")
_KINSOKU = 2
"""Characters that move to the next line with a sign that must not begin one."""
_FIRST = re.compile("[^ \t\u2000-\u2006\u2008-\u200b\u3000]+")
"""What is not parted at the beginning of a line: up to a space that is not one that keeps words together."""
_HANGUL = re.compile("[\uac00-\ud7a3]")
_BULLET = re.compile(rf"{signs.BULLET}|\+\s|{signs.NUMBER}|\[[0-9]{{1,3}}\]|>")
_HYPHENS = ("-", "\u2010", "\u00ad")
_PARTED = re.compile(r"[^\W\d_][-\u2010\u00ad]\Z")
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
_FRAGMENT = re.compile(r"([^\W\d_]+)[-\u2010]\Z")
_REST = re.compile(r"[^\W\d_]+")
# fmt: off
_CONJUNCTIONS = frozenset((
    "und", "oder", "bzw", "sowie", "and", "or", "y", "e", "o", "ou", "et", "och", "eller", "og", "of", "en", "i", "a",
    "lub", "oraz", "czy", "и", "или", "та", "або", "ve", "veya", "és", "vagy", "ja", "tai",
))
# fmt: on
"""Small words before which a hyphen stands for a part left out: "Vor- und Nachteile"."""


def unwrapped(columns: Columns, raws: Sequence[str]) -> Columns:
    """The same columns with wrapped lines joined, and the words that were parted at their ends.

    raws: the lines as they were, white space at their ends included.
    """
    if len(columns.lines) <= LEAST:
        return columns
    text = _Text(columns, raws)
    places = text.wrapped()
    if not places:
        return columns
    return joined(columns, {place: text.between(place) for place in places}, trimmed=text.trimmed)


class _Text:
    """The lines of a text with the cells that they take."""

    def __init__(self, columns: Columns, raws: Sequence[str]) -> None:
        self.lines, self.blanks = columns.lines, columns.blanks
        self._raws = raws
        self._expanded = [raw.rstrip().expandtabs() if "\t" in raw else raw.rstrip() for raw in raws]
        self.ends = [_cells(raw) for raw in self._expanded]
        self.starts = [len(raw) - len(raw.lstrip()) for raw in self._expanded]
        self.parted = {
            place
            for place, raw in enumerate(self._expanded[:-1])
            if raw.endswith(_HYPHENS)
            and not self.blanks[place + 1]
            and _PARTED.search(raw, len(raw) - 2)
            and self.lines[place + 1][0].islower()
        }
        self._at_syllables: set[int] = set()
        self.trimmed: dict[int, int] = {}
        self._words: Counter[str] | None = None
        self._pieces: Counter[str] | None = None

    def wrapped(self) -> list[int]:
        """The lines that go on in the one below, in order."""
        pairs = self._pairs()
        if len(pairs) < LEAST:
            return []
        found: set[int] = set()
        for _ in range(COLUMNS):
            width = self._column(pairs)
            if width is None:
                break
            agreeing = {place for place, (least, most) in pairs.items() if least <= width <= most}
            syllables = {place for place in agreeing if self._is_between_syllables(place)}
            # Where all such lines are full, they were broken at any syllable, else at spaces.
            if syllables and all(self.ends[place] >= width - 1 for place in syllables):
                self._at_syllables |= syllables
            kept = agreeing if self._is_whole(width, agreeing, found) else _in_rows(agreeing)
            found |= kept
            pairs = {place: pair for place, pair in pairs.items() if place not in agreeing}
        return sorted(found)

    def _pairs(self) -> dict[int, tuple[int, int]]:
        """The lines that may go on in the one below → the least and the most column at which they may be wrapped."""
        pairs: dict[int, tuple[int, int]] = {}
        for place, blanks in enumerate(self.blanks[1:]):
            least = self.ends[place]
            if blanks or (least > WIDEST and place not in self.parted):
                continue
            most = least + self._room(place)
            # What ends before any column is no pair, and most lines of a page do.
            if (most >= NARROWEST_HYPHENATED or place in self.parted) and self._goes_on(place):
                pairs[place] = least, most
        return pairs

    def _column(self, pairs: dict[int, tuple[int, int]]) -> int | None:
        """The column that most pairs agree on; None where fewer than `LEAST` do."""
        hyphenated = sum(place in self.parted for place in pairs) >= HYPHENATED
        narrowest = NARROWEST_HYPHENATED if hyphenated else NARROWEST
        changes: Counter[int] = Counter()
        for least, most in pairs.values():
            if most >= narrowest and least <= WIDEST:
                changes[max(least, narrowest)] += 1
                changes[most + 1] -= 1
        best, best_count, count = None, LEAST - 1, 0
        for column in sorted(changes):
            count += changes[column]
            if count > best_count and column <= WIDEST:
                best, best_count = column, count
        return best

    def _is_whole(self, width: int, agreeing: set[int], found: set[int]) -> bool:
        """Whether the text as a whole was wrapped at the column, so that each pair that agrees is one."""
        near = beyond = 0
        for place, end in enumerate(self.ends):
            if place in found:
                continue
            if width < end <= width + 2 * SHORTLY:
                beyond += 1
            elif width - SHORTLY < end <= width and not (self.blanks[place + 1] if place + 1 < len(self.ends) else 1):
                near += 1
        return beyond <= BEYOND * len(agreeing) and len(agreeing) >= AGREEING * near

    def _room(self, place: int) -> int:
        """Cells that the upper line would have needed more of for what begins the lower one."""
        if UNSPACED.match(self.lines[place + 1]):
            return 2 * _KINSOKU - 1
        first = _FIRST.match(self._raws[place + 1].lstrip())
        return 0 if first is None else _cells(first[0])

    def _is_between_syllables(self, place: int) -> bool:
        return _HANGUL.match(self.lines[place][-1]) is not None and _HANGUL.match(self.lines[place + 1]) is not None

    def _goes_on(self, place: int) -> bool:
        """Whether the lower line may belong to the paragraph of the upper one, as far as signs and indents tell."""
        above = self.lines[place]
        if above.endswith(_UNSPACED_ENDS):
            return False
        if self._is_item(place):
            return False
        left, right = self.starts[place], self.starts[place + 1]
        if left == right:
            return True
        item = _BULLET.match(above) is not None
        first = item or place == 0 or self.blanks[place] > 0 or self.starts[place - 1] != left
        return first and (item or right < left)

    def _is_item(self, place: int) -> bool:
        """Whether the lower line begins an item of a list: not with a number, or a dash, of a sentence that goes on."""
        above, below = self.lines[place], self.lines[place + 1]
        if _BULLET.match(below) is None:
            return False
        if below[0] in signs.DASHES:
            return _BULLET.match(above) is not None
        return not (below[0].isdigit() and self.starts[place] == self.starts[place + 1] and above[-1].isalnum())

    def between(self, place: int) -> str:
        """What stands between the lines once they are joined; says in `trimmed` where a hyphen goes."""
        above, below = self.lines[place], self.lines[place + 1]
        if self._expanded[place].endswith("\u00ad"):
            return ""
        if place in self._at_syllables:
            # Korean words are short: most full lines end within one.
            head, tail = above.rsplit(" ", 1)[-1], below.split(" ", 1)[0]
            words = self._tokens()
            return " " if not words[head + tail] and words[head] > 1 and words[tail] > 1 else ""
        last = _FRAGMENT.search(above)
        if last is None:
            return spaced(above, below)
        rest = _REST.match(below)
        if rest is None:
            return ""
        if rest[0].casefold() in _CONJUNCTIONS:
            return " "
        if not below[0].islower():
            return ""
        if not self._keeps_hyphen(last[1], rest[0]):
            self.trimmed[place] = 1
        return ""

    def _keeps_hyphen(self, head: str, tail: str) -> bool:
        """Whether the word has its hyphen elsewhere as well; where it stands nowhere else, whether both parts are words
        of the text and the whole is none.
        """
        words = self._all_words()
        whole, parted = words[f"{head}{tail}".casefold()], words[f"{head}-{tail}".casefold()]
        if whole or parted:
            return parted > whole
        return len(self.parted) < HYPHENATED or (words[head.casefold()] > 0 and words[tail.casefold()] > 0)

    def _tokens(self) -> Counter[str]:
        """How often each piece between spaces stands in the text."""
        if self._pieces is None:
            self._pieces = Counter(piece for line in self.lines for piece in line.split(" "))
        return self._pieces

    def _all_words(self) -> Counter[str]:
        if self._words is None:
            self._words = Counter()
            for place, line in enumerate(self.lines):
                found = _WORD.findall(line.casefold())
                if place in self.parted:
                    found = found[:-1]
                if place - 1 in self.parted:
                    found = found[1:]
                self._words.update(found)
        return self._words


def _in_rows(places: set[int]) -> set[int]:
    """Those places that stand in rows of `LEAST` or more."""
    found: set[int] = set()
    row: list[int] = []
    for place in sorted(places):
        if row and place != row[-1] + 1:
            row = []
        row.append(place)
        if len(row) >= LEAST:
            found.update(row)
    return found


def _cells(line: str) -> int:
    """The width of a line in a terminal."""
    if line.isascii():
        return len(line)
    return len(line) + len(_WIDE.findall(line)) - len(_MARKS.findall(line))
