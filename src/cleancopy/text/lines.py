"""A batch of documents as arrays: characters, words and lines, so that no feature needs a Python loop over lines.

All lines of all documents stand in one array of code points, each closed by a line feed. Offsets into it mark lines and
words, bounds into the lines mark documents. Everything here depends on one document alone, never on its neighbours in
the batch: counts and hashes are whole numbers, whose sums are exact.

Words are runs of letters, marks, numbers and underscores, as `\\w+` finds them, but for scripts that put no space
between words: there each ideograph or kana is a word of its own, and runs of Thai, Lao, Khmer and Burmese are cut where
a syllable can begin (`_cuts`). Words and lines are compared by 64-bit hashes of their lower-case form.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from ctypes import CDLL
from functools import cache, cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from cleancopy import native
from cleancopy.model import Document
from cleancopy.text import signs

# Character classes. Those up to MARK make up words.
UPPER, LOWER, LETTER, IDEOGRAPH, DIGIT, MARK = range(6)
SPACE, COMMA, TERMINATOR, OPENING, CLOSING, SEPARATOR, PUNCTUATION, SYMBOL = range(6, 14)
CLASSES = 16
"""Room for the classes in one table of counts: a power of two."""

_CLASS_OF_CATEGORY = {
    **{"Lu": UPPER, "Lt": UPPER, "Ll": LOWER, "Lo": LETTER, "Lm": LETTER, "Nd": DIGIT, "Nl": DIGIT, "No": DIGIT},
    **dict.fromkeys(("Mn", "Mc", "Me"), MARK),
    **dict.fromkeys(("Ps", "Pi"), OPENING),
    **dict.fromkeys(("Pe", "Pf"), CLOSING),
    **dict.fromkeys(("Pc", "Pd", "Po"), PUNCTUATION),
    **dict.fromkeys(("Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn"), SPACE),
    **dict.fromkeys(("Sm", "Sc", "Sk", "So"), SYMBOL),
}
_CLASS_OF_SIGN = {
    **dict.fromkeys("|›‹•·→←►▸▶◄◂●★✓>/\\＞｜／", SEPARATOR),
    **dict.fromkeys(signs.CLOSING, CLOSING),
    **dict.fromkeys(signs.COMMAS, COMMA),
    **dict.fromkeys(signs.ENDS, TERMINATOR),
    "_": MARK,
}
"""Signs that their category says too little of."""
_IDEOGRAPHS = (
    (0x3040, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
_SYLLABIC = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF))
"""Thai and Lao, Burmese, Khmer: alphabets of which words stand side by side."""
_JOINERS = (0x0EBC, 0x1039, 0x17D2)
"""Marks below a letter behind which its syllable goes on."""
_LEADING = ((0x0E40, 0x0E44), (0x0EC0, 0x0EC4))
"""Vowels of Thai and Lao that are written before the consonant that they follow."""
_CLOSERS = (0x0E30, 0x0E33, 0x0E46, 0x0EB0, 0x0EB3, 0x0EC6)
"""Vowels that end a syllable, and the sign that says a word twice."""
_FOLLOWING = ((0x0E2F, 0x0E33), (0x0E45, 0x0E46), (0x0EAF, 0x0EB3), (0x0EC6, 0x0EC6))
"""Vowels and signs of Thai and Lao that belong to the letter before them."""
_SILENCERS = (0x0E4C, 0x103A)
"""Marks of a letter that has no vowel of its own: it closes the syllable."""
BASIC_PLANE = 0x10000
_ODD = np.uint64(0x9E3779B97F4A7C15)
LINE_FEED = 10
_FEED = "a line must not hold a line feed"


def _class_of(code: int) -> int:
    character = chr(code)
    found = _CLASS_OF_SIGN.get(character, _CLASS_OF_CATEGORY[unicodedata.category(character)])
    is_ideograph = found <= LETTER and any(low <= code <= high for low, high in _IDEOGRAPHS)
    return IDEOGRAPH if is_ideograph else found


def _lower(code: int) -> int:
    lowered = chr(code).lower()
    return ord(lowered) if len(lowered) == 1 else code


@cache
def small_letters() -> NDArray[np.uint64]:
    """The small letter of every code point of the basic plane; itself where there is none, or more than one."""
    small = list(map(str.lower, map(chr, range(BASIC_PLANE))))
    for code in np.flatnonzero(np.fromiter(map(len, small), np.int64, BASIC_PLANE) != 1).tolist():
        small[code] = chr(code)
    return np.frombuffer("".join(small).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)


def mixed(codes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One odd-looking 64-bit number per code point (the finaliser of SplitMix64)."""
    mixed = (codes + np.uint64(1)) * _ODD
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@cache
def _tables() -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    """Class and hash of every code point of the basic plane, built when first used (0.02 s)."""
    categories = map(unicodedata.category, map(chr, range(BASIC_PLANE)))
    classes = np.fromiter(map(_CLASS_OF_CATEGORY.__getitem__, categories), np.uint8, BASIC_PLANE)
    for low, high in _IDEOGRAPHS:
        within = classes[low : high + 1]
        within[within <= LETTER] = IDEOGRAPH
    for sign, found in _CLASS_OF_SIGN.items():
        classes[ord(sign)] = found
    return classes, mixed(small_letters())


def _look_up(codes: NDArray[np.uint32]) -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    classes, hashes = _tables()
    # `take` is several times faster than an index, and fastest with indices of the machine's own size.
    within = np.minimum(codes, BASIC_PLANE - 1).astype(np.intp)
    return classes.take(within), hashes.take(within)


def _look_up_beyond(codes: NDArray[np.uint32], classes: NDArray[np.uint8], hashes: NDArray[np.uint64]) -> None:
    """Classes and hashes of the code points beyond the basic plane."""
    astral = np.flatnonzero(codes >= BASIC_PLANE)
    if len(astral):
        distinct, place = np.unique(codes[astral], return_inverse=True)
        classes[astral] = np.array([_class_of(int(code)) for code in distinct], np.uint8)[place]
        hashes[astral] = mixed(np.array([_lower(int(code)) for code in distinct], np.uint64))[place]


_powers = np.ones((2, 1), np.uint64)


def powers_to(count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """`_ODD` and its inverse modulo 2**64, each to the powers 0 … count - 1; kept and grown by doubling."""
    global _powers
    powers = _powers  # another thread may exchange it at any time
    if powers.shape[1] < count:
        factors = np.full((2, 1 << (count - 1).bit_length()), _ODD)
        factors[1] = np.uint64(pow(int(_ODD), -1, 1 << 64))
        factors[:, 0] = 1
        _powers = powers = np.multiply.accumulate(factors, axis=1)
    return powers[0, :count], powers[1, :count]


def code_points(signs: str) -> NDArray[np.uint32]:
    """The code points of some signs, sorted."""
    return np.array(sorted(map(ord, signs)), np.uint32)


def one_of(codes: NDArray[np.uint32], signs: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """bool[c]: which characters are among the sorted `signs`; a third of what `np.isin` takes for a few."""
    found: NDArray[np.bool_] = signs[np.searchsorted(signs[:-1], codes)] == codes
    return found


def among(codes: NDArray[np.uint32], ranges: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    """bool[c]: which characters stand in one of the ranges, ends included."""
    found = np.zeros(len(codes), bool)
    for low, high in ranges:
        found |= (codes >= low) & (codes <= high)
    return found


def _cuts(codes: NDArray[np.uint32], classes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """bool[c - 1]: whether a syllable of a syllabic script can begin at the second of two neighbours.

    It does before a vowel that is written first, behind one that closes, and at a letter behind a mark, unless that
    letter is the last of its syllable. That is no dictionary's division; but equal words come out in equal pieces.
    """
    leading = among(codes, _LEADING)
    letter = (classes == LETTER) & ~among(codes, _FOLLOWING)
    behind = (classes == MARK) & ~np.isin(codes, _JOINERS) | np.isin(codes, _CLOSERS)
    ends = (classes != LETTER) & (classes != MARK)
    last = np.append(ends[1:] | leading[1:] | np.isin(codes[1:], _SILENCERS), True)
    cuts: NDArray[np.bool_] = letter[1:] & behind[:-1] & ~last[1:] | leading[1:]
    return cuts


class Text:
    """Strings as arrays. Shapes: c characters (with the line feeds), n strings, w words.

    codes:   uint32[c] code points.
    classes: uint8[c] character classes.
    starts:  int64[n] first character of each string; `ends` the line feed behind it.
    words:   int64[n + 1] offsets of the strings into the words.
    word_starts, word_ends: int64[w] characters of each word; `word_line` the string it stands in.
    """

    def __init__(self, strings: Sequence[str], compiled: bool = True) -> None:
        """compiled: by the compiled library where there is one, which gives the same arrays."""
        joined = "\n".join(strings) + "\n" if strings else ""
        self.codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        self._library = native.library() if compiled else None
        if self._library is not None and self._cut(self._library, len(strings)):
            return
        self.classes, self._hashes = _look_up(self.codes)
        _look_up_beyond(self.codes, self.classes, self._hashes)
        self.ends = np.flatnonzero(self.codes == LINE_FEED)
        if len(self.ends) != len(strings):
            raise ValueError(_FEED)
        self.starts = np.concatenate([np.zeros(min(1, len(self.ends)), np.int64), self.ends[:-1] + 1])
        self.word_starts, self.word_ends = self._find_words()
        self.words = np.searchsorted(self.word_starts, np.concatenate([self.starts, [len(self.codes)]]))
        self.word_line = np.repeat(np.arange(len(strings)), np.diff(self.words))

    def __len__(self) -> int:
        return len(self.ends)

    def _cut(self, library: CDLL, count: int) -> bool:
        """What `__init__` and some properties find, at once. False where there are syllables, which it leaves alone."""
        self.classes, self._hashes, beyond, syllabic = native.look_up(library, self.codes, *_tables())
        if syllabic:
            return False
        self._syllabic = None
        if beyond:
            _look_up_beyond(self.codes, self.classes, self._hashes)
        found = native.cut(library, self.codes, self.classes, self._hashes, int(_ODD), count, CLASSES)
        if found is None:
            raise ValueError(_FEED)
        self.starts, self.ends, self.words, self.word_starts, self.word_ends, self.word_line = found[:6]
        self.class_counts, self._prefix = found[6:]
        return True

    def _find_words(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if not len(self.codes):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        inside = self.classes <= MARK
        change = inside[1:] != inside[:-1]
        ideographs = self.classes == IDEOGRAPH
        if ideographs.any() or self._syllabic is not None:
            change |= ideographs[1:] | ideographs[:-1]
            if self._syllabic is not None:
                change |= self._syllabic[1:] & self._syllabic[:-1] & _cuts(self.codes, self.classes)
            edges = np.flatnonzero(change) + 1
            starts = np.concatenate([[0], edges])
            ends = np.concatenate([edges, [len(self.codes)]])
            real = inside[starts]
            return starts[real], ends[real]
        edges = np.flatnonzero(change) + 1
        if inside[0]:
            edges = np.concatenate([[0], edges])
        return edges[::2].copy(), edges[1::2].copy()

    @cached_property
    def _syllabic(self) -> NDArray[np.bool_] | None:
        """bool[c]: which characters are of a syllabic script; None where none is, as in most batches."""
        if self.codes.max(initial=0) < _SYLLABIC[0][0]:
            return None
        found = among(self.codes, _SYLLABIC)
        return found if found.any() else None

    @cached_property
    def unstopped(self) -> NDArray[np.bool_]:
        """bool[n]: mostly in a script that parts phrases by spaces and ends most sentences without a sign."""
        if self._syllabic is None:
            return np.zeros(len(self), bool)
        before: NDArray[np.int64] = np.concatenate([np.zeros(1, np.int64), np.cumsum(self._syllabic)])
        mostly: NDArray[np.bool_] = 2 * (before[self.ends] - before[self.starts]) > self.ends - self.starts
        return mostly

    @cached_property
    def _prefix(self) -> NDArray[np.uint64]:
        powers, _ = powers_to(len(self.codes) + 1)
        prefix = np.zeros(len(self.codes) + 1, np.uint64)
        np.multiply(self._hashes, powers[:-1], out=prefix[1:])
        return np.cumsum(prefix, out=prefix)

    def span_hashes(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
        """A 64-bit hash of the lower-case characters from `starts` to before `ends`, wherever they stand."""
        _, inverses = powers_to(len(self.codes) + 1)
        if self._library is not None:
            return native.span_hashes(self._library, self._prefix, inverses, starts, ends)
        hashes = self._prefix.take(ends)
        hashes -= self._prefix.take(starts)
        hashes *= inverses.take(starts)
        hashes ^= hashes >> np.uint64(32)
        return hashes

    @cached_property
    def word_hashes(self) -> NDArray[np.uint64]:
        """uint64[w]"""
        return self.span_hashes(self.word_starts, self.word_ends)

    @cached_property
    def line_hashes(self) -> NDArray[np.uint64]:
        """uint64[n]"""
        return self.span_hashes(self.starts, self.ends)

    @cached_property
    def class_counts(self) -> NDArray[np.int64]:
        """int64[n, CLASSES]: characters of each class in each string, without its line feed."""
        if not len(self):
            return np.zeros((0, CLASSES), np.int64)
        keys = np.repeat(np.arange(0, len(self) * CLASSES, CLASSES), self.ends - self.starts + 1)
        keys += self.classes
        counts = np.bincount(keys, minlength=len(self) * CLASSES).reshape(-1, CLASSES)
        counts[:, SPACE] -= 1
        return counts

    def sums(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64[n]: the sum of a whole-number value per word over each string."""
        total = np.zeros(len(values) + 1, np.int64)
        np.cumsum(values, out=total[1:])
        return np.diff(total.take(self.words))


class Lines(Text):
    """The lines of a batch of documents. Shapes: n lines, D documents.

    strings:  the lines' texts.
    bounds:   int64[D + 1] offsets of the documents into the lines.
    document: int64[n] the document of each line.
    blanks:   int64[n] blank lines before each line.
    indents:  int64[n] leading white space in characters.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        self.strings = [line for document in documents for line in document.lines]
        super().__init__(self.strings)
        self.documents = documents
        sizes = np.array([len(document) for document in documents], np.int64)
        self.bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        self.document = np.repeat(np.arange(len(documents)), sizes)
        self.indents = _column([document.indents for document in documents], len(self))
        self.blanks = _column([document.blanks for document in documents], len(self))


def _column(parts: Sequence[Sequence[int]], count: int) -> NDArray[np.int64]:
    return np.fromiter(chain.from_iterable(parts), np.int64, count)
