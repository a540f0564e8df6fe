"""Text whose UTF-8 was read in another encoding, made whole again.

UTF-8 writes a character outside ASCII as a lead byte and one to three continuation bytes. Read in a code page, these
are two to four characters of a pattern that hardly any text has by itself: `é` becomes `Ã©`, `ж` becomes `Р¶`.

- A *sequence* is characters that stand for a lead byte and its continuation bytes in a code page.
- A line is *covered* by a code page if sequences hold nine of ten of its characters outside ASCII.
- A code page is *at work* in a text if a covered line has four different sequences, or if the whole text is covered and
  has as many, and if the letters that they stand for are of one script.

Where a code page is at work, every covered line is repaired. Elsewhere ftfy decides, whose rules know the single
sequences that no text has by itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cleancopy.repair import alphabets

# Where several explain a text equally well, the first is taken.
CODE_PAGES = (
    "cp1252",
    "latin_1",
    "cp1251",
    "cp1250",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "cp1258",
    "iso8859_2",
    "iso8859_7",
    "iso8859_9",
    "iso8859_15",
    "cp437",
    "cp850",
    "cp852",
    "cp866",
    "koi8_r",
    "mac_roman",
    "cp874",
)
_LATIN_PAGES = ("cp1252", "latin_1", "cp1250", "cp1254", "cp1257", "iso8859_2")
"""Those in which ftfy looks at single sequences: their leads are Latin letters, which rarely stand before marks."""
MIXED = "mixed"
"""In place of a code page, where lines or sequences were repaired one by one."""
_LOST = "\ufffd"
_FEWEST_SEQUENCES = 4
# So many are enough if they are Latin letters within words of Latin letters, so many times.
_FEWEST_IN_WORDS = 2
_FEWEST_TIMES = 3
_ROUNDS = 3
_OUTSIDE = re.compile("[^\x00-\x7f]+")
_CONTROL = re.compile("[\x80-\x84\x86-\x9f]")
# A line that was read in Latin-1 has nothing beyond it; its next line (U+0085) is one if it is its only control.
_IN_LATIN_1 = re.compile("[\x00-\xff]*[\x80-\x84\x86-\x9f][\x00-\xff]*")
_LATIN = frozenset(map(chr, range(0xDF, 0x250)))
# Controls are in what was encoded twice over, before its second step is undone.
_NO_TEXT = frozenset(["Cn", "Co", "Cs"])
_EAST_ASIAN = frozenset(["CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "FULLWIDTH", "HALFWIDTH", "IDEOGRAPHIC"])


def mend(text: str) -> tuple[str, tuple[str, ...]]:
    """`text` with doubly encoded lines undone, and the code pages that it had been read in, the last one first.

    Without any the text is the same string. `mixed` stands for single sequences in any of them,
    `latin-1` for controls of Latin-1 that Windows-1252 has marks for.
    """
    undone: list[str] = []
    for _ in range(_ROUNDS):
        mended, name = (text, "") if text.isascii() else _undone(text)
        if not name:
            break
        text = mended
        undone.append(name)
    if not text.isascii() and _has_controls(text):
        mended = "\n".join(
            line.translate(_marks()) if _IN_LATIN_1.fullmatch(line) else line for line in text.split("\n")
        )
        if mended != text:
            text = mended
            undone.append("latin-1")
    return text, tuple(undone)


def _has_controls(text: str) -> bool:
    """Whether the text has a control of Latin-1 other than the next line; most texts have none of the 32 codes."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return bool((points - np.uint32(0x80) < 0x20).any()) and _CONTROL.search(text) is not None


def follow(text: str, undone: Sequence[str]) -> str:
    """A short text beside one from which `undone` was undone: a single sequence is enough here."""
    names = {page.name: page for page in _pages()}
    for name in undone:
        if name in names and not text.isascii():
            text = "".join(names[name].undo([text]))
    return text if undone and text.isascii() else mend(text)[0]


def _undone(text: str) -> tuple[str, str]:
    found = _found(text)
    if not found:
        return text, ""
    lines = text.split("\n")
    page = _at_work(lines, found)
    if page is not None:
        return "\n".join(page.undo(lines)), page.name
    single = sorted({line for each in found if each.page.name in _LATIN_PAGES for line in each.lines})
    if not single:
        return text, ""
    from ftfy import fix_encoding

    fixed = lines.copy()
    for number in single:
        line = fix_encoding(lines[number])
        if _is_likely(set(line) - set(lines[number])):
            fixed[number] = line
    return ("\n".join(fixed), MIXED) if fixed != lines else (text, "")


def _is_likely(new: set[str]) -> bool:
    """Whether the characters that single sequences give a line are marks and known Latin letters, or many of a script.

    `Ø±` is a diameter with its tolerance, although it may stand for a letter of Arabic.
    """
    letters = {character for character in new if character.isalpha()}
    scripts = set(map(_script, letters))
    if scripts <= {"LATIN"}:
        return all(character.lower() in alphabets.letters() for character in letters)
    return len(scripts) == 1 and len(new) >= _FEWEST_TIMES


def _script(character: str) -> str:
    script = unicodedata.name(character, "?").partition(" ")[0]
    return "East Asian" if script in _EAST_ASIAN else script


def _at_work(lines: Sequence[str], found: Sequence[_Found]) -> CodePage | None:
    """The code page that explains most of the text, of equal ones the one whose letters are a language's."""
    best: list[CodePage] = []
    most = 1
    for page, different, _, nearly, outside in found:
        if different < _FEWEST_IN_WORDS or not nearly:
            continue
        covered = [(line, cover) for line in (lines[number] for number in nearly) if (cover := page.cover(line)).holds]
        sequences = [sequence for _, cover in covered for sequence in cover.sequences]
        size = sum(cover.inside for _, cover in covered)
        alone = sum(cover.alone for _, cover in covered)
        strong = (
            any(len(set(cover.sequences)) >= _FEWEST_SEQUENCES for _, cover in covered)
            or (10 * size >= 9 * (outside - alone) and len(set(sequences)) >= _FEWEST_SEQUENCES)
            or page.stands_in_words(line for line, _ in covered)
        )
        if strong and size >= most and _reads_well(page, sequences):
            best, most = [*(best if size == most else ()), page], size
    return best[0] if len(best) == 1 else max(best, key=lambda page: page.likeness(lines), default=None)


def _reads_well(page: CodePage, sequences: Sequence[str]) -> bool:
    """Whether what the sequences stand for are characters that texts have, and its letters are of one script."""
    scripts: Counter[str] = Counter()
    odd = total = 0
    for sequence, count in Counter(sequences).items():
        if _LOST in sequence:
            continue
        character = page.character(sequence)
        total += count
        if len(character) != 1 or unicodedata.category(character) in _NO_TEXT:
            odd += count
        elif character.isalpha():
            scripts[_script(character)] += count
    letters = sum(scripts.values())
    return total > 0 and 20 * odd <= total and 10 * max(scripts.values(), default=0) >= 9 * letters


@dataclass(frozen=True, slots=True)
class Cover:
    """What sequences hold of a line.

    outside: characters outside ASCII. inside: those of them in sequences. alone: lead bytes of two-byte
    sequences before a space or at the end, whose no-break space (0xA0) may have become a plain one. sequences: the
    complete ones.
    """

    outside: int = 0
    inside: int = 0
    alone: int = 0
    sequences: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return 0 < self.inside >= 2 * self.alone and 10 * self.inside >= 9 * (self.outside - self.alone)


@dataclass(frozen=True)
class CodePage:
    """A code page, and how its characters stand for bytes of UTF-8.

    encode: code point → byte.
    undefined: bytes that the code page has no character for, which may have become U+FFFD.
    complete: a sequence. any: also one that has lost a byte, or whose no-break space has become a plain one.
    """

    name: str
    encode: Mapping[int, int]
    undefined: tuple[int, ...]
    complete: re.Pattern[str]
    any: re.Pattern[str]

    def cover(self, line: str) -> Cover:
        outside = sum(map(len, _OUTSIDE.findall(line)))
        inside = alone = 0
        sequences = []
        for match in self.any.finditer(line):
            piece = match[0]
            if match["alone"] is not None:
                alone += 1
            else:
                inside += len(piece) - piece.count(" ")
                sequences.append(piece)
        return Cover(outside, inside, alone, tuple(sequences))

    def character(self, sequence: str) -> str:
        """The character that a sequence stands for; the sequence itself, where its bytes are no UTF-8."""
        try:
            return bytes([0xA0 if mark == " " else self.encode[ord(mark)] for mark in sequence]).decode()
        except UnicodeDecodeError:
            return sequence

    def stands_in_words(self, lines: Iterable[str]) -> bool:
        """Whether all sequences are small Latin letters within words of ASCII letters, and are enough."""
        found: Counter[str] = Counter()
        for line in lines:
            for match in self.complete.finditer(line):
                around = line[match.start() - 1 : match.start()] + line[match.end() : match.end() + 1]
                character = self.character(match[0])
                if not (character.islower() and character in _LATIN and re.search("[A-Za-z]", around)):
                    return False
                found[character] += 1
        return len(found) >= _FEWEST_IN_WORDS and found.total() >= _FEWEST_TIMES

    def undo(self, lines: Sequence[str]) -> Iterator[str]:
        """The lines, the covered ones with each sequence as the character it stands for."""
        letters: frozenset[str] | None = None
        for line in lines:
            if line.isascii() or not self.cover(line).holds:
                yield line
                continue
            if letters is None and _LOST in line:
                letters = self._letters(lines)
            yield self._undo(line, letters or frozenset())

    def likeness(self, lines: Sequence[str]) -> int:
        """How many characters of the lines are small letters of one language, less those that stay lost."""
        undone = "".join(self.undo(lines))
        return max(alphabets.of_languages(Counter(undone)).values()) - undone.count(_LOST)

    def _letters(self, lines: Sequence[str]) -> frozenset[str]:
        """What the characters of the lines may be, by the languages that have most of the letters that are not lost."""
        found: Counter[str] = Counter()
        for line in lines:
            if not line.isascii() and (cover := self.cover(line)).holds:
                found.update(self.character(each) for each in cover.sequences if _LOST not in each)
        known = alphabets.of_languages(found)
        best = max(known.values())
        return frozenset().union(
            alphabets.marks(), *(alphabets.alphabets()[name] for name in known if known[name] == best > 0)
        )

    def _undo(self, line: str, letters: frozenset[str]) -> str:
        pieces: list[str] = []
        end = 0
        for match in self.any.finditer(line):
            pieces.append(line[end : match.start()])
            end = match.end()
            sequence = match[0]
            if match["alone"] is not None:
                character = self.character(sequence.rstrip(" ") + " ")
                # `Ã ` is the word `à` before a space, `Ã  ` too: elsewhere the space is all that is left of the letter.
                keeps = sequence.endswith(" ") and character == "à" and line[end : end + 1] != " "
                pieces.append(character + " " if keeps else character)
            elif _LOST in sequence:
                before = next((piece[-1] for piece in reversed(pieces) if piece), " ")
                pieces.append(self._lost(sequence, before, letters))
            else:
                pieces.append(self.character(sequence))
        pieces.append(line[end:])
        return "".join(pieces)

    def _lost(self, sequence: str, before: str, letters: frozenset[str]) -> str:
        """The one character that a sequence with lost bytes can stand for, U+FFFD where there are several."""
        choices = [self.undefined if mark == _LOST else (self.encode[ord(mark)],) for mark in sequence]
        found = set()
        for each in product(*choices):
            try:
                character = bytes(each).decode()
            except UnicodeDecodeError:
                continue
            if character.lower() in letters and not (before.islower() and character.isupper()):
                found.add(character)
        return found.pop() if len(found) == 1 else _LOST


@dataclass(frozen=True)
class _Tables:
    """By code point below U+10000, a bit for each code page: leads of two, three and four bytes, continuations."""

    lead: tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]
    any_lead: NDArray[np.uint32]
    continuation: NDArray[np.uint32]


class _Found(NamedTuple):
    """Where a text has sequences of a code page.

    different: how many there are. lines: numbers of the lines that have any. nearly: of those that may be covered.
    outside: characters outside ASCII in the whole text.
    """

    page: CodePage
    different: int
    lines: list[int]
    nearly: list[int]
    outside: int


def _found(text: str) -> list[_Found]:
    """The code pages in which the text has a sequence. Of a clean text two arrays are made and mostly no third."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    outside = np.flatnonzero(points > 0x7F)
    places = outside[:-1][np.diff(outside) == 1]
    if not len(places):
        return []
    tables = _tables()
    first, second = (np.minimum(points[each], 0xFFFF) for each in (places, places + 1))
    pairs = np.flatnonzero(tables.any_lead[first] & tables.continuation[second])
    if not len(pairs):
        return []
    places, first, second = places[pairs], first[pairs], second[pairs]
    padded = np.concatenate([points, np.zeros(2, np.uint32)])
    third, fourth = (np.minimum(padded[places + step], 0xFFFF) for step in (2, 3))
    second_bits, third_bits, fourth_bits = (tables.continuation[each] for each in (second, third, fourth))
    two, three, four = (tables.lead[size][first] & second_bits for size in range(3))
    three &= third_bits
    four &= third_bits & fourth_bits
    whole = two | three | four
    union = int(np.bitwise_or.reduce(whole))
    if not union:
        return []
    ends = np.flatnonzero(points == ord("\n"))
    line_of = np.searchsorted(ends, places)
    outside_by_line = np.bincount(np.searchsorted(ends, outside), minlength=len(ends) + 1)
    keys = first.astype(np.uint64) << np.uint64(32) | second.astype(np.uint64) << np.uint64(16)
    keys |= np.where(two, 0, third).astype(np.uint64)
    found = []
    for bit, page in enumerate(_pages()):
        if not union >> bit & 1:
            continue
        mask = np.uint32(1 << bit)
        here = np.flatnonzero(whole & mask)
        sizes = 2 + ((two & mask) == 0)[here] + ((four & mask) != 0)[here]
        inside = np.bincount(line_of[here], sizes, len(outside_by_line))
        # As `Cover.holds`, were as many lead bytes alone as may be.
        nearly = np.flatnonzero((inside > 0) & (14.5 * inside >= 9 * outside_by_line))
        lines = np.flatnonzero(inside)
        found.append(_Found(page, len(np.unique(keys[here])), lines.tolist(), nearly.tolist(), len(outside)))
    return found


@cache
def _pages() -> tuple[CodePage, ...]:
    return tuple(map(_page, CODE_PAGES))


def _page(name: str) -> CodePage:
    encode: dict[int, int] = {}
    undefined = []
    for byte in range(0x80, 0x100):
        try:
            encode.setdefault(ord(bytes([byte]).decode(name)), byte)
        except UnicodeDecodeError:
            undefined.append(byte)
            encode.setdefault(byte, byte)
    two, three, four = (_class(encode, *bounds) for bounds in ((0xC2, 0xDF), (0xE0, 0xEF), (0xF0, 0xF4)))
    more = _class(encode, 0x80, 0xBF)
    lost = more[:-1] + _LOST + "]" if undefined else more
    spaced = lost[:-1] + " ]"
    return CodePage(
        name,
        encode,
        tuple(undefined),
        re.compile(f"{two}{more}|{three}{more}{{2}}|{four}{more}{{3}}"),
        re.compile(
            f"{two}{lost}|{three}{lost}{{2}}|{four}{lost}{{3}}|{three} {more}|{three}{more} |{four}{spaced}{{3}}"
            f"|(?P<alone>{two}(?: |$))"
        ),
    )


def _class(encode: Mapping[int, int], first: int, last: int) -> str:
    return "[" + "".join(re.escape(chr(point)) for point, byte in encode.items() if first <= byte <= last) + "]"


@cache
def _tables() -> _Tables:
    two, three, four, more = (np.zeros(0x10000, np.uint32) for _ in range(4))
    for bit, page in enumerate(_pages()):
        for point, byte in page.encode.items():
            table = more if byte < 0xC0 else two if 0xC2 <= byte < 0xE0 else three if 0xE0 <= byte < 0xF0 else four
            if 0x80 <= byte < 0xC0 or 0xC2 <= byte < 0xF5:
                table[point] |= np.uint32(1 << bit)
        if page.undefined:
            more[ord(_LOST)] |= np.uint32(1 << bit)
    return _Tables((two, three, four), two | three | four, more)


@cache
def _marks() -> dict[int, str]:
    """Controls of Latin-1 → the marks that Windows-1252 has in their place."""
    marks = {}
    for byte in range(0x80, 0xA0):
        try:
            marks[byte] = bytes([byte]).decode("cp1252")
        except UnicodeDecodeError:
            continue
    return marks
