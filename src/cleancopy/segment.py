"""Plain text to lines.

A line ends where `str.splitlines` says so: `\\n`, `\\r\\n`, `\\r`, vertical tab, form feed, the file, group and record
separators (U+001C to U+001E), next line (U+0085), line separator (U+2028) and paragraph separator (U+2029). Scraped
text uses all of them as breaks, and one rule for both breaking and counting keeps `Document.numbers` unambiguous; where
a text has only the first three, as nearly every text does, the numbers are those that any editor shows.
"""

from __future__ import annotations

import re
from itertools import compress, pairwise

from cleancopy.model import Document

WRAP_COLUMNS, WRAP_LEAST = 120, 50
"""Columns at which texts are wrapped; a text with a longer line was not wrapped at all."""
WRAPPED_PAIRS, WRAPPED_SHARE = 4, 0.6
"""Neighbouring lines that must have been wrapped, and their share of all neighbours, for a text to count as wrapped."""

_INVISIBLE = re.compile(
    # Controls that are neither white space nor line ends; DEL and the C1 controls but next line.
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
    # Soft hyphen, Arabic letter mark, Mongolian vowel separator.
    "\u00ad\u061c\u180e"
    # Zero-width space, directional marks, embeddings, overrides and isolates, word joiner, invisible operators.
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    # Byte order mark, interlinear annotation, shorthand and musical controls, tags.
    "\ufeff\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
)
_JOINING = "\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\ua840-\ua87f\ua8e0-\uabff\ufb50-\ufdff\ufe70-\ufefc"
_EMOJI = "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(
    # Joiners carry meaning between letters of joining scripts (Arabic, Indic, …) and inside emoji sequences only.
    f"[\u200c\u200d](?![{_JOINING}{_EMOJI}])|(?<![{_JOINING}{_EMOJI}])[\u200c\u200d]"
)
_UNSPACED = re.compile(
    # Scripts that write no spaces between words: Thai, Lao, Burmese, Khmer, ideographs and kana with their punctuation.
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff\uff00-\uff9f\U00020000-\U0003ffff]"
)
_UNSPACED_ENDS = ("。", "！", "？", "」", "』")
_SURROGATE = re.compile("[\ud800-\udfff]")


def visible(text: str) -> str:
    """`text` without what nobody sees: control, zero-width, bidirectional and tag characters.

    White space and line ends stay. Zero-width joiners stay where they shape the text: between letters of scripts that
    join, and in emoji. A lone surrogate, which no encoding can write, becomes U+FFFD.
    """
    text = _INVISIBLE.sub("", text)
    if "\u200c" in text or "\u200d" in text:
        text = _STRAY_JOINER.sub("", text)
    return _SURROGATE.sub("\ufffd", text)


def collapse(line: str) -> str:
    """`line` with runs of white space as one space, none at its ends, and without invisible characters."""
    line = " ".join(line.split())
    return line if line.isprintable() else " ".join(visible(line).split())


def segment(
    text: str,
    *,
    url: str | None = None,
    title: str | None = None,
    author: str | None = None,
    date: str | None = None,
) -> Document:
    """The non-blank lines of `text`: inner white space collapsed to single spaces, invisible characters taken out.

    `numbers` counts every line, blank ones too, from 1; `indents` counts leading white space characters. A text without
    line breaks stays one line however long it is; in a text that was wrapped at a column the lines of a paragraph are
    one line, with the number of the first. Hints are passed through.
    """
    raws = text.splitlines()
    stripped = list(map(str.strip, raws))
    together = "".join(stripped)
    # A printable line holds nothing invisible and no white space but the space.
    if not together.isprintable():
        stripped = [line if line.isprintable() else collapse(line) for line in stripped]
    if "  " in together:
        stripped = [line if "  " not in line else collapse(line) for line in stripped]
    lines = list(compress(stripped, stripped))
    numbers = list(compress(range(1, len(raws) + 1), stripped))
    indents = [
        0 if line is raw or len(line) == len(raw) else len(raw) - len(raw.lstrip())
        for line, raw in zip(lines, compress(raws, stripped), strict=True)
    ]
    if len(lines) > WRAPPED_PAIRS and max(map(len, lines)) <= WRAP_COLUMNS:
        lines, numbers, indents = _unwrapped(lines, numbers, indents)
    return Document(
        lines=tuple(lines),
        numbers=tuple(numbers),
        indents=tuple(indents),
        url=url,
        title=title,
        author=author,
        date=date,
    )


def _unwrapped(lines: list[str], numbers: list[int], indents: list[int]) -> tuple[list[str], list[int], list[int]]:
    """The same columns with wrapped lines joined; unchanged where the text was not wrapped.

    A line was wrapped when the next one's first word would not have fit beside it. In a wrapped text that is true of
    most neighbours; elsewhere short lines stand beside long ones. Where words are not spaced, a line is wrapped at any
    character; a full one that ends a sentence ends its paragraph as well, as paragraphs may be of one length.
    """
    width = max(map(len, lines))
    continues = [
        number + 1 == below_number and len(line) + 1 + _first_word(below) > width and not line.endswith(_UNSPACED_ENDS)
        for line, below, number, below_number in zip(lines, lines[1:], numbers, numbers[1:], strict=False)
    ]
    neighbours = sum(number + 1 == below for number, below in pairwise(numbers))
    if width < WRAP_LEAST or sum(continues) < max(WRAPPED_PAIRS, WRAPPED_SHARE * neighbours):
        return lines, numbers, indents
    firsts = [0, *(place + 1 for place, joined in enumerate(continues) if not joined)]
    bounds = zip(firsts, [*firsts[1:], len(lines)], strict=True)
    return (
        [_joined(lines[start:stop]) for start, stop in bounds],
        [numbers[first] for first in firsts],
        [indents[first] for first in firsts],
    )


def _first_word(line: str) -> int:
    """Characters of a line that cannot be parted."""
    return 1 if _UNSPACED.match(line) else len(line.split(" ", 1)[0])


def _joined(lines: list[str]) -> str:
    """The lines of one paragraph, with spaces between words but where their script has none."""
    text = lines[0]
    for line in lines[1:]:
        text += line if _UNSPACED.match(line) and _UNSPACED.match(text[-1]) else f" {line}"
    return text
