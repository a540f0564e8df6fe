"""Plain text to lines.

A line ends where `str.splitlines` says so: `\\n`, `\\r\\n`, `\\r`, vertical tab, form feed, the file, group and record
separators (U+001C to U+001E), next line (U+0085), line separator (U+2028) and paragraph separator (U+2029). Scraped
text uses all of them as breaks, and one rule for both breaking and counting keeps `Document.numbers` unambiguous; where
a text has only the first three, as nearly every text does, the numbers are those that any editor shows.
"""

from __future__ import annotations

import re
from itertools import compress, pairwise

from cleancopy import flattened
from cleancopy.model import Document
from cleancopy.reflow import Columns, mended
from cleancopy.wrapping import unwrapped

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

    `numbers` counts every line, blank ones too, from 1; `indents` counts leading white space characters, `blanks` the
    blank lines above. In a text that was wrapped at a column, or broken at the text nodes of a page, the lines of a
    paragraph are one line, with the number of the first. A page that stands on one line is cut into its blocks, which
    all have the number of that line; prose on one line stays one, however long it is. Hints are passed through.
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
    blanks = [below - above - 1 for above, below in pairwise([0, *numbers])]
    columns = Columns(lines, numbers, indents, blanks)
    written = list(compress(raws, stripped))
    whole = unwrapped(columns, written)
    lines, numbers, indents, blanks = mended(columns, written) if whole is columns else whole
    if flattened.is_flattened(lines):
        lines, numbers, indents, blanks = _cut(Columns(lines, numbers, indents, blanks))
    return Document(
        lines=tuple(lines),
        numbers=tuple(numbers),
        indents=tuple(indents),
        blanks=tuple(blanks),
        url=url,
        title=title,
        author=author,
        date=date,
    )


def _cut(columns: Columns) -> Columns:
    """The same columns with a line for each block of a page that stands on one line, blank lines above the first."""
    cut = Columns([], [], [], [])
    for pieces, number, indent, blank in zip(flattened.cut(columns.lines), *columns[1:], strict=True):
        cut.lines.extend(pieces)
        cut.numbers.extend([number] * len(pieces))
        cut.indents.extend([indent] * len(pieces))
        cut.blanks.extend([blank, *[0] * (len(pieces) - 1)])
    return cut
