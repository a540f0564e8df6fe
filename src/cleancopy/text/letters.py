"""Words and digits of every script, as the readers of dates and credits need them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

_FIRST_MARK, _LAST_MARK = 0x300, 0x1CFF
_JOINERS = "\u200c\u200d"
"""Invisible characters inside words of Persian and of the scripts of India."""


def _ranges(points: Iterable[int]) -> Iterator[str]:
    """Character ranges, as a class of a pattern lists them, over sorted code points."""
    start = end = -1
    for point in points:
        if point != end + 1:
            if start >= 0:
                yield f"{chr(start)}-{chr(end)}"
            start = point
        end = point
    if start >= 0:
        yield f"{chr(start)}-{chr(end)}"


_MARKS = (
    "".join(
        _ranges(
            point for point in range(_FIRST_MARK, _LAST_MARK + 1) if unicodedata.category(chr(point)) in ("Mn", "Mc")
        )
    )
    + _JOINERS
)
"""Combining marks, which `\\w` leaves out: the vowels of Hindi and Thai, the points of Hebrew and Arabic."""

LETTER = rf"[^\W\d_][{_MARKS}]*"
"""A letter with its marks."""
WORD = rf"[^\W\d_]+(?:[{_MARKS}]+[^\W\d_]*)*"
"""Letters with their marks; one pattern without alternatives, so that a search takes linear time."""
WORDS = re.compile(WORD)

TOKENS = re.compile(rf"[\w{_MARKS}]+")
"""Words and numbers, as white space and marks divide them."""
_GRAMS = re.compile(
    r"(?P<ideographs>[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+)|(?P<hangul>[\uac00-\ud7af]+)"
    r"|(?P<unspaced>[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+)"
)
"""Scripts whose words no white space divides (Chinese and Japanese; Thai, Lao, Burmese, Khmer), and Korean, whose words
carry their particles.
"""
_LENGTHS = {"ideographs": 2, "hangul": 2, "unspaced": 4}
"""Characters of an ordinary word in these scripts."""

_INVISIBLE = "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u0640"
"""Marks of writing direction, and the stroke that stretches an Arabic word."""
_PLAIN: dict[int, str | None] = {
    **{ord(mark): None for mark in _INVISIBLE},
    **dict(zip(map(ord, "／．：－，（）、،٬"), "/.:-,(),,,", strict=True)),
    **{
        point: str(unicodedata.digit(chr(point)))
        for point in (*range(0x660, 0x1A9A), *range(0xA620, 0xABFA), *range(0xFF10, 0xFF1A))
        if unicodedata.category(chr(point)) == "Nd"
    },
}


def plain_digits(text: str) -> str:
    """`text` with the digits of every script, and the full-width marks between them, in ASCII; without marks of writing
    direction.
    """
    return text if text.isascii() else text.translate(_PLAIN)


def words_of(phrase: str) -> tuple[str, ...]:
    """The words of a phrase, case-folded: how phrases are looked up."""
    return tuple(WORDS.findall(phrase.casefold()))


def caseless(text: str) -> bool:
    """Whether the text is in a script without capitals, where a name may be one word."""
    return text[:1].isalpha() and text[0].lower() == text[0].upper()


def count_words(text: str) -> int:
    """Words of a text in any script: where no white space divides them, so many characters count as one."""
    count = 0
    for token in TOKENS.findall(text):
        runs = () if token.isascii() else _GRAMS.finditer(token)
        unspaced = [run for run in runs if run.lastgroup != "hangul"]
        left = len(token) - sum(map(len, (run[0] for run in unspaced)))
        count += sum(-(-len(run[0]) // _LENGTHS[str(run.lastgroup)]) for run in unspaced) + (left > 0)
    return count


def pieces_of(text: str) -> frozenset[str]:
    """What two texts are compared by: their words; in scripts without spaces every run of so many characters as an
    ordinary word has.
    """
    if text.isascii():
        return frozenset(text.split())
    pieces: set[str] = set()
    for word in text.split():
        rest = word
        for run in _GRAMS.finditer(word):
            length = _LENGTHS[str(run.lastgroup)]
            pieces.update(run[0][at : at + length] for at in range(max(1, len(run[0]) - length + 1)))
            rest = rest.replace(run[0], " ")
        pieces.update(rest.split())
    return frozenset(pieces)


def is_telling(piece: str) -> bool:
    """Whether a piece is likely no small word of its language, by its length."""
    return len(piece) > 3 or _GRAMS.fullmatch(piece) is not None
