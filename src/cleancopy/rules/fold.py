"""The form in which a line is compared with the rules: one case, one kind of quote, no decoration at its ends."""

from __future__ import annotations

import re

SAME = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "´": "'",
        "`": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "–": "-",
        "—": "-",
        "‑": "-",
        "\xa0": " ",
        "…": "...",
    }
)
"""Code point → what stands for it in the folded form, beside the small letter."""
DECORATION = " \t:.,;-*•·∙●○▪■□|>‹›<→←↑↓▶►◄▸▾▼▲+#!?¿¡/\\()[]{}'\"_=~✓✔★☆：。！？【】「」『』（）＞｜、，※◆"
"""What is cut off both ends of a line."""
_SAME = tuple((chr(code), form) for code, form in SAME.items())


_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)")


def fold(line: str) -> str:
    """The folded form: lower case, plain quotes and dashes, Markdown links without their addresses, decoration and
    punctuation at both ends cut off.

    A line of decoration alone folds to the empty string.
    """
    lowered = line.lower()
    # Everything that is mapped but the grave accent lies beyond ASCII, and most interface lines do not.
    if not lowered.isascii() or "`" in lowered:
        # A text has few of the signs, and looking for each takes a tenth of translating every character.
        for sign, form in _SAME:
            if sign in lowered:
                lowered = lowered.replace(sign, form)
        # The Turkish İ becomes two characters, an i and a dot above.
        lowered = lowered.replace("i\u0307", "i")
    if "](" in lowered:
        lowered = _LINK.sub(r"\1", lowered)
    return lowered.strip(DECORATION)
