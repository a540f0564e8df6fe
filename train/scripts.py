"""Pages as if they were written in another script: without capitals, some without spaces, some without full stops.

Nearly all pages with gold are in Latin, Greek and Cyrillic letters. A model that has seen no others takes a paragraph
without a capital for something less than a paragraph. What is written here means nothing, but its lines have the
lengths, signs, repetitions and breaks that lines of these scripts have, and the labels of the page that they are made
of. Equal words come out equal.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Mapping
from functools import cache

_WORD = re.compile(r"[^\W\d_]+")
_SPACES = re.compile(r" +")
_VOWELS = "aeiouy"
_CONSONANTS = "bcdfghjklmnpqrstvwxz"


def _letters(vowels: str, consonants: str) -> Mapping[str, str]:
    """What each Latin letter becomes; several may become the same."""
    return {
        **{letter: vowels[at % len(vowels)] for at, letter in enumerate(_VOWELS)},
        **{letter: consonants[at % len(consonants)] for at, letter in enumerate(_CONSONANTS)},
    }


_ARABIC = _letters("اويىوي", "بتثجحخدذرزسشصضطظعغفقكلمنه")
_HEBREW = _letters("אויעוי", "בגדזחטכלמנספצקרשת")
_DEVANAGARI = _letters("ािेोुी", "कखगघचजटडतदनपबमयरलवसह")
_THAI = _letters("าิีุเะ", "กขคงจชซดตทนบปพมยรลวส")
_HANGUL, _HAN, _KANA = range(0xAC00, 0xD7A4), range(0x4E00, 0x9FA0), range(0x3042, 0x3094)


def _by_letter(word: str, letters: Mapping[str, str]) -> str:
    return "".join(letters.get(letter, "") for letter in word) or word


def _by_hash(word: str, *alphabets: range) -> str:
    """One character of each alphabet, told by the word."""
    number = zlib.crc32(word.encode())
    found = []
    for alphabet in alphabets:
        number, place = divmod(number, len(alphabet))
        found.append(chr(alphabet[place]))
    return "".join(found)


def _korean(word: str) -> str:
    return "".join(_by_hash(word[at : at + 3], _HANGUL) for at in range(0, len(word), 3))


def _chinese(word: str) -> str:
    return _by_hash(word, _HAN) if len(word) < 5 else _by_hash(word, _HAN, _HAN)


def _japanese(word: str) -> str:
    return _by_hash(word, _KANA) if len(word) < 4 else _by_hash(word, _HAN, _KANA, _KANA)


_EAST_ASIAN = {".": "。", ",": "、", "?": "？", "!": "！", ":": "：", ";": "；", "(": "（", ")": "）"}
_SCRIPTS: Mapping[str, tuple[Callable[[str], str], Mapping[str, str], str]] = {
    "arabic": (lambda word: _by_letter(word, _ARABIC), {",": "،", ";": "؛", "?": "؟"}, " "),
    "hebrew": (lambda word: _by_letter(word, _HEBREW), {}, " "),
    "devanagari": (lambda word: _by_letter(word, _DEVANAGARI), {".": "।"}, " "),
    "korean": (_korean, {}, " "),
    "thai": (lambda word: _by_letter(word, _THAI), {".": "", ",": " ", ";": " "}, ""),
    "chinese": (_chinese, {**_EAST_ASIAN, ",": "，"}, ""),
    "japanese": (_japanese, _EAST_ASIAN, ""),
}
"""How a word is written, what signs become, and what stands between words."""

SCRIPTS = tuple(_SCRIPTS)


@cache
def _plain(word: str) -> str:
    """Small Latin letters without marks, as far as there are any."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", word.lower()) if letter.isalpha())


def rewritten(line: str, script: str) -> str:
    """The line in one of `SCRIPTS`. Addresses, figures and symbols stay as they are."""
    if "://" in line or "@" in line:
        return line
    write, signs, space = _SCRIPTS[script]
    pieces = []
    for piece in _SPACES.split(line):
        said = _WORD.sub(lambda match: write(_plain(match[0])) or match[0], piece)
        # A sign ends a phrase, behind which scripts without spaces have one as well, but for those of East Asia.
        closes = piece[-1:] in ".,;:?!"
        end = piece[-1:] if closes else ""
        said = said[:-1] + signs.get(end, end) if closes else said
        pieces.append(said + (" " if script == "thai" and closes else ""))
    return space.join(pieces).strip()
