"""Paragraphs with each text node on a line of its own, whole again.

A scraper that takes the text of every node of a page and puts line ends between them breaks a paragraph at each link
and each word in bold:

    The mill was built by·
    two brothers from Leeds
    , who had made their money with wool.

What tells such a break from the end of a paragraph is what the nodes bring along: the space (·) that stood beside the
element, a comma that follows it, a small letter behind either. Figures in this module are shares of the breaks of a
kind that lie within one block of the page, against the HTML of 491 of the pages that `docs/model.md` names.
`train/breaks.py` measures all of them together, over all pages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cleancopy.text import signs
from cleancopy.text.letters import caseless


class Columns(NamedTuple):
    """The lines of a text, the number of each in the raw text, leading white space, and blank lines above."""

    lines: list[str]
    numbers: list[int]
    indents: list[int]
    blanks: list[int]


BROKEN = 3
"""Lines that go on with a sentence as no line that was written does, one of them with a comma or point, for a text to
count as broken at text nodes: so count 0.75 of 1,194 pages as they are rendered one node a line, none in two other
renderings. Without the comma programs would count that are indented by one.
"""
LONG = 50
"""A line of this many characters that ends with a word and stands right above a small letter goes on there: 0.97. Where
no white space is left to tell, a line of as many that begins small goes on with the one above: 0.95.
"""

WORD = 40
"""Cells of a linked word, or a few, on a line of its own."""

_NOTHING: Mapping[int, int] = {}
UNSPACED = re.compile(
    # Scripts that write no spaces between words: Thai, Lao, Burmese, Khmer, ideographs and kana with their punctuation.
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff\uff00-\uff9f\U00020000-\U0003ffff]"
)
_CLOSES = re.compile(r"[,.;:!?)\]%…]|[\"'”’»](?:[,.;:!?)\]\s]|\Z)|['’][^\W\d_]{1,2}\b")
"""What no line begins with that was written as one; a quotation mark only where it opens in no language."""
_BRACKETS = frozenset("([„")
_WORDS = frozenset("AÀEIOUYÓАВИКОСУЯ")
"""Letters that are words in some language."""
_QUOTES = frozenset("\"'“‘«")
_OPENING = frozenset(",;$/")
_TIGHT = frozenset(",.;:!?)]'\"")
"""What no space stands before."""
_ADDRESS = re.compile(r"\S*[/@_]|\S*\.\w")
_ENUMERATOR = re.compile(r"[0-9]{1,3}[.)]")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
"""What is set above the line behind a number, and so a text node of its own ("4th")."""
_GOES_ON = re.compile(r"[,.;](?:[\s”’\"')]|\Z)")
"""A point or comma that a sentence goes on with: no method call, no number, no definition in Markdown's manner, and no
bullet that an encoding turned into a question mark.
"""


def spaced(above: str, below: str) -> str:
    """A space, but none where the script writes none between words."""
    return "" if UNSPACED.match(below) and UNSPACED.match(above[-1]) else " "


@dataclass(frozen=True, slots=True)
class _Break:
    """Where one line ends and the next begins: both, the blank lines between them and above them, and the white space
    that stood behind the one and before the other.
    """

    above: str
    below: str
    apart: int
    topped: bool
    behind: int
    before: int

    @property
    def _one(self) -> bool:
        return self.behind + self.before == 1

    @property
    def _small(self) -> bool:
        return self.below[0].islower()

    @property
    def _ends(self) -> bool:
        return self.above[-1] in signs.ENDS

    @property
    def _opens(self) -> bool:
        """Whether the upper line ends with a bracket or a quotation mark that opens."""
        last = self.above[-1]
        return last in _BRACKETS or (last in _QUOTES and self.above[-2:-1] in ("", " ", "("))

    @property
    def _near(self) -> bool:
        return self.apart == 0 and self.behind < 2 and self.before < 2

    def _is_wide(self) -> bool:
        """Whether the upper line is long, ends with a word, and is no title: most of its words begin small."""
        above = self.above
        if len(above) < LONG or not (above[-1].isalnum() or above[-1] == ","):
            return False
        words = above.split(" ")
        return 2 * sum(word[0].isupper() for word in words) < len(words)

    def at_point(self) -> bool:
        """Whether no writer ends a line here, as the sentence goes on with a comma or a point."""
        return self._near and not self._ends and _GOES_ON.match(self.below) is not None

    def at_word(self) -> bool:
        """Whether no writer ends a line here, as the sentence goes on with a word and white space is on one side."""
        return self._near and self._small and self._one

    def goes_on(self) -> bool:
        """Whether a long line that ends with a word stands right above a small letter."""
        return self.apart == 0 and self._small and self._is_wide()

    def is_open(self) -> bool:
        """Whether a long line ends with a word in a script without capitals, or before a word that begins with one."""
        above, below = self.above, self.below
        if self.apart or _width(above) < LONG or not _is_within(above):
            return False
        return caseless(below) or (below[0].isupper() and self._is_wide())

    def is_sure(self) -> bool:
        """Whether it lies in a sentence whatever is around: 0.99 do."""
        if self.apart > 1 or self.behind > 1 or self.before > 1:
            return False
        if _CLOSES.match(self.below):
            return True
        if self.apart:
            return self._small and self.above[-1] == ","
        if self._opens or (self._one and (self._small or _ENUMERATOR.fullmatch(self.above))):
            return True
        return self.above[-1] in _OPENING and (self._small or self.below[0].isdigit())

    def is_likely(self, after_sure: bool, before_sure: bool, *, ahead: int, stripped: bool) -> bool:
        """Whether it lies in a paragraph, given that the break above, or the one below, surely does: 0.97 do.

        ahead: characters of the lower line with all that goes on in it.
        stripped: whether no piece of the text has kept the white space beside it, so that its absence says nothing.
        """
        sure = after_sure or before_sure
        if self.goes_on():
            return True
        if stripped:
            return not self._ends and self._reads_on(sure, before_sure, ahead)
        if self.apart > 1 or self.behind > 1 or self.before > 1:
            return False
        if self.apart or not (self.behind or self.before):
            return self._small and not self._ends and sure
        if not self._one:
            return False
        if self.above[-1] == ":":
            return True
        if not self.below[0].isupper():
            return not self._ends or before_sure
        if self._ends:
            return before_sure or self.before == 1
        return sure or (self.behind == 1 and self.topped)

    def _reads_on(self, sure: bool, before_sure: bool, ahead: int) -> bool:
        """Whether the lower line goes on with the upper one as far as words and length tell."""
        if not self._small:
            return before_sure and len(self.above) >= LONG
        address = _ADDRESS.match(self.below) is not None
        return sure or (not address and ahead >= LONG)

    @property
    def space(self) -> str:
        """What stands between both once they are joined."""
        if self.below[0] in _TIGHT and _CLOSES.match(self.below):
            return ""
        if self.behind or self.before:
            return " "
        if _CLOSES.match(self.below) or self._opens or self.above[-1] in "$/":
            return ""
        if self.above[-1].isdigit() and _ORDINAL.match(self.below):
            return ""
        return spaced(self.above, self.below)


def mended(columns: Columns, raws: Sequence[str]) -> Columns:
    """The same columns with the pieces of a paragraph joined that stood one text node a line; unchanged where fewer
    than `BROKEN` lines are such pieces beyond doubt. One is enough where no white space and no blank line is left: of
    the breaks beside prose that are joined then, 0.94 lie in one block, as where there are three.

    raws: the lines as they were, white space at their ends included.
    """
    lines, blanks = columns.lines, columns.blanks

    def parted(place: int) -> _Break:
        above, below = raws[place], raws[place + 1]
        return _Break(
            lines[place],
            lines[place + 1],
            blanks[place + 1],
            place > 0 and blanks[place] > 0,
            len(above) - len(above.rstrip()),
            len(below) - len(below.lstrip()),
        )

    # Most lines start with a capital, which tells nothing, and few with a point or comma.
    points = [parted(place) for place, line in enumerate(lines[1:]) if line[0] in ",.;"]
    stripped = not any(blanks[1:]) and all(len(raw.strip()) == len(raw) for raw in raws)
    if not points and not stripped:
        return columns
    lowered = (parted(place) for place, line in enumerate(lines[1:]) if line[0].islower())
    at_points = sum(each.at_point() for each in points)
    if stripped:
        inserted = _inserted(lines, parted)
        broken = at_points > 0 or bool(inserted) or any(each.goes_on() for each in [*points, *lowered])
    else:
        inserted = {}
        broken = at_points > 0 and at_points + sum(each.at_word() for each in [*points, *lowered]) >= BROKEN
    if not broken:
        return columns
    breaks = {place: parted(place) for place, blank in enumerate(blanks[1:]) if blank <= 1}
    sure = {place for place, each in breaks.items() if each.is_sure()}
    spaces: dict[int, str] = dict(inserted)
    ahead = 0
    for place in range(len(lines) - 2, -1, -1):
        ahead = len(lines[place + 1]) + (ahead if place + 1 in spaces else 0)
        each = breaks.get(place)
        if each is not None and (
            place in sure or each.is_likely(place - 1 in sure, place + 1 in sure, ahead=ahead, stripped=stripped)
        ):
            spaces[place] = each.space
    return joined(columns, spaces)


def _width(line: str) -> int:
    """Characters of a line; those of scripts without spaces count twice."""
    return 2 * len(line) if UNSPACED.match(line[-1]) else len(line)


def _is_within(line: str) -> bool:
    """Whether a line ends with a word, so that its sentence goes on."""
    return unicodedata.category(line[-1])[0] in "LMN"


def _inserted(lines: Sequence[str], parted: Callable[[int], _Break]) -> dict[int, str]:
    """What stands between lines where a linked word has one of its own in the midst of a sentence: a long line that
    ends with a word, a few words, and a line that ends the sentence.

    Where letters have two sizes, the last begins small; where they have one, a sentence ends right above the first, as
    it does above no byline or heading.
    """
    found: dict[int, str] = {}
    for place, (above, word, below) in enumerate(zip(lines, lines[1:], lines[2:], strict=False)):
        if not (_is_within(word) and _width(word) <= WORD and below[-1] in signs.ENDS and 2 * _width(below) >= LONG):
            continue
        if caseless(below):
            within = caseless(above) and place > 0 and lines[place - 1][-1] in signs.ENDS
        else:
            within = below[0].islower()
        first, last = parted(place), parted(place + 1)
        if within and first.is_open() and last.apart == 0:
            found[place], found[place + 1] = first.space, last.space
    return found


def with_initials(columns: Columns, raws: Sequence[str]) -> tuple[Columns, Sequence[str]]:
    """The same columns and raw lines with the first letter of a paragraph, set large on a line of its own, in place."""
    lines, blanks = columns.lines, columns.blanks
    spaces: dict[int, str] = {}
    for place, line in enumerate(lines[:-1]):
        if len(line) > 2 or not line[-1].isupper() or (len(line) == 2 and line[0] not in _QUOTES | _BRACKETS):
            continue
        below = lines[place + 1]
        first = below.split(" ", 1)[0]
        small = below[0].islower() or (len(first) > 1 and first.isupper())
        if small and len(below) >= LONG and blanks[place + 1] <= 1:
            # A letter that is a word as well is one where what follows is a word of the text.
            alone = line[-1] in _WORDS and any(f" {first} " in other for other in lines if other is not below)
            spaces[place] = " " if alone else ""
    if not spaces:
        return columns, raws
    whole = [
        raw if place - 1 not in spaces else f"{raws[place - 1].rstrip()}{spaces[place - 1]}{raw.lstrip()}"
        for place, raw in enumerate(raws)
        if place not in spaces
    ]
    return joined(columns, spaces), whole


def joined(columns: Columns, spaces: Mapping[int, str], *, trimmed: Mapping[int, int] = _NOTHING) -> Columns:
    """The columns with each line joined to the one below it for whose place `spaces` has what stands between them; all
    else is as it is for the first of them.

    trimmed: characters that such a line loses at its end.
    """
    texts: list[list[str]] = []
    firsts: list[int] = []
    for place, line in enumerate(columns.lines):
        piece = line[: -trimmed[place]] if place in trimmed else line
        if place - 1 in spaces:
            texts[-1] += spaces[place - 1], piece
        else:
            texts.append([piece])
            firsts.append(place)
    numbers, indents, blanks = ([column[place] for place in firsts] for column in columns[1:])
    return Columns(list(map("".join, texts)), numbers, indents, blanks)
