"""Which script a character belongs to, and which scripts name a language by themselves.

Only letters and marks have a script; digits, punctuation, symbols and white space have none. The ranges are Unicode's
blocks below U+10000, where every language that can be named here is written; rare ideographs above it are no letters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

CODE_POINTS = 0x10000
"""Size of the tables by code point: the Basic Multilingual Plane."""

_BLOCKS: tuple[tuple[str, int, int], ...] = (
    ("Latn", 0x0041, 0x024F),
    ("Latn", 0x0250, 0x02AF),
    ("Latn", 0x0300, 0x036F),  # combining marks: what is left of them after composition is a Latin letter's
    ("Grek", 0x0370, 0x03FF),
    ("Cyrl", 0x0400, 0x052F),
    ("Armn", 0x0530, 0x058F),
    ("Hebr", 0x0590, 0x05FF),
    ("Arab", 0x0600, 0x06FF),
    ("Arab", 0x0750, 0x077F),
    ("Thaa", 0x0780, 0x07BF),
    ("Arab", 0x08A0, 0x08FF),
    ("Deva", 0x0900, 0x097F),
    ("Beng", 0x0980, 0x09FF),
    ("Guru", 0x0A00, 0x0A7F),
    ("Gujr", 0x0A80, 0x0AFF),
    ("Orya", 0x0B00, 0x0B7F),
    ("Taml", 0x0B80, 0x0BFF),
    ("Telu", 0x0C00, 0x0C7F),
    ("Knda", 0x0C80, 0x0CFF),
    ("Mlym", 0x0D00, 0x0D7F),
    ("Sinh", 0x0D80, 0x0DFF),
    ("Thai", 0x0E00, 0x0E7F),
    ("Laoo", 0x0E80, 0x0EFF),
    ("Tibt", 0x0F00, 0x0FFF),
    ("Mymr", 0x1000, 0x109F),
    ("Geor", 0x10A0, 0x10FF),
    ("Hang", 0x1100, 0x11FF),
    ("Ethi", 0x1200, 0x139F),
    ("Cher", 0x13A0, 0x13FF),
    ("Cans", 0x1400, 0x167F),
    ("Khmr", 0x1780, 0x17FF),
    ("Mong", 0x1800, 0x18AF),
    ("Geor", 0x1C90, 0x1CBF),
    ("Latn", 0x1E00, 0x1EFF),
    ("Grek", 0x1F00, 0x1FFF),
    ("Geor", 0x2D00, 0x2D2F),
    ("Tfng", 0x2D30, 0x2D7F),
    ("Ethi", 0x2D80, 0x2DDF),
    ("Hani", 0x3005, 0x3007),
    ("Kana", 0x3040, 0x30FF),
    ("Hani", 0x3100, 0x312F),
    ("Hang", 0x3130, 0x318F),
    ("Hani", 0x3400, 0x4DBF),
    ("Hani", 0x4E00, 0x9FFF),
    ("Hang", 0xAC00, 0xD7AF),
    ("Hani", 0xF900, 0xFAFF),
    ("Arab", 0xFB50, 0xFDFF),
    ("Arab", 0xFE70, 0xFEFF),
)

SCRIPTS: tuple[str, ...] = ("Zyyy", *dict.fromkeys(name for name, _, _ in _BLOCKS))
"""ISO 15924 codes; the index is what arrays store. `Zyyy` (0) is no letter of any script listed."""

LANGUAGE_OF_SCRIPT: Mapping[str, str] = MappingProxyType(
    {
        "Armn": "hy",
        "Cher": "chr",
        "Geor": "ka",
        "Khmr": "km",
        "Laoo": "lo",
        "Mymr": "my",
        "Orya": "or",
        "Sinh": "si",
        "Thaa": "dv",
    }
)
"""Languages without a profile whose script is used by hardly anything else on the web.

Ethiopic (Amharic, Tigrinya) and Tibetan (Tibetan, Dzongkha) are left out: there the script does not decide.
"""

KANA, HAN = SCRIPTS.index("Kana"), SCRIPTS.index("Hani")
KANA_OF_JAPANESE = 0.1
"""Text with at least this many kana for one ideograph is Japanese; a Chinese text may quote a few. Kana then take the
ideographs beside them with them, as one script."""

LETTERS_PER_CHARACTER: Mapping[str, int] = MappingProxyType({"Hani": 3, "Kana": 3, "Hang": 2})
"""How many letters of an alphabet one character is worth when two scripts compete for a line.

A Chinese word is about 1.6 characters and a Korean one 3, against 5 letters in English: a Japanese sentence that names
three Latin products is still Japanese.
"""


def script_table() -> NDArray[np.uint8]:
    """uint8[65536]: code point → index into `SCRIPTS`, 0 for everything that is no letter or mark."""
    table = np.zeros(CODE_POINTS, dtype=np.uint8)
    for name, first, last in _BLOCKS:
        script = SCRIPTS.index(name)
        for point in range(first, last + 1):
            if unicodedata.category(chr(point))[0] in "LM" or point == 0x3007:
                table[point] = script
    return table
