r"""Patterns as RE2 compiles them quickly: every character beyond ASCII passes for a letter (`\pL`) or number (`\pN`).

In UTF-8 a class of all letters is some 300 instructions wherever it stands; the English pack compiles in a fifteenth of
the time without. A loosened pattern matches whatever the pattern does, and the same lines as long as they are ASCII.
"""

from __future__ import annotations

import re

_PARTS = re.compile(r"\\p[LN]|\\.|\[\^?\]?|\]", re.DOTALL)
_LOOSE = {r"\pL": r"a-zA-Z\x{80}-\x{10ffff}", r"\pN": r"0-9\x{80}-\x{10ffff}"}
_UNREAD = ("[:", r"\Q")
"""Named classes and quotations, in which parts mean something else."""


def loosened(pattern: str) -> str:
    """The pattern with wider classes; the same pattern where one of them stands in a class of what may not be."""
    if any(sign in pattern for sign in _UNREAD):
        return pattern
    pieces, at, inside, negated = [], 0, False, False
    for part in _PARTS.finditer(pattern):
        sign = part[0]
        pieces.append(pattern[at : part.start()])
        at = part.end()
        if sign in _LOOSE:
            if negated:
                return pattern
            sign = _LOOSE[sign] if inside else f"[{_LOOSE[sign]}]"
        elif sign[0] == "[" and not inside:
            inside, negated = True, sign.startswith("[^")
        elif sign == "]":
            inside = negated = False
        pieces.append(sign)
    return "".join([*pieces, pattern[at:]])
