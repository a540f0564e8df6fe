"""Plain text to lines.

A line ends where `str.splitlines` says so: `\\n`, `\\r\\n`, `\\r`, vertical tab, form feed, the file, group and record
separators (U+001C to U+001E), next line (U+0085), line separator (U+2028) and paragraph separator (U+2029). Scraped
text uses all of them as breaks, and one rule for both breaking and counting keeps `Document.numbers` unambiguous; where
a text has only the first three, as nearly every text does, the numbers are those that any editor shows.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import compress, pairwise
from operator import itemgetter

from cleancopy.model import Document
from cleancopy.text import flattened
from cleancopy.text.frontmatter import front_matter
from cleancopy.text.reflow import Columns, mended, with_initials
from cleancopy.text.wrapping import unwrapped

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
    all have the number of that line; prose on one line stays one, however long it is. Programs between fences stay line
    by line. Hints are passed through; where there are none, front matter gives them.
    """
    raws = text.splitlines()
    fenced = _fenced(raws) if "```" in text or "~~~" in text else {}
    front, stated = front_matter(raws)
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
    columns = _around(columns, written, fenced, front) if fenced or front else _whole(columns, written)
    lines, numbers, indents, blanks = columns
    return Document(
        lines=tuple(lines),
        numbers=tuple(numbers),
        indents=tuple(indents),
        blanks=tuple(blanks),
        breaks=tuple(_breaks(numbers, fenced)) if fenced else None,
        written=tuple(visible(fenced.get(number, "")) for number in numbers) if fenced else None,
        front=bisect_right(numbers, front),
        url=url,
        title=title or stated.get("title"),
        author=author or stated.get("author"),
        date=date or stated.get("date"),
    )


def _whole(columns: Columns, raws: Sequence[str]) -> Columns:
    """The columns with broken paragraphs joined, and a page on one line cut."""
    columns, raws = with_initials(columns, raws)
    whole = unwrapped(columns, raws)
    columns = mended(columns, raws) if whole is columns else whole
    return _cut(columns) if flattened.is_flattened(columns.lines) else columns


def _around(columns: Columns, written: list[str], fenced: Mapping[int, str], front: int) -> Columns:
    """The columns with broken paragraphs joined, but for lines of programs and front matter, which stay as they are."""
    kept = [number <= front or number in fenced for number in columns.numbers]
    blanks = [
        max(blank, 1) if kept[place] or (place and kept[place - 1]) else blank
        for place, blank in enumerate(columns.blanks)
    ]
    others = [not one for one in kept]
    joined = _whole(_chosen(columns._replace(blanks=blanks), others), list(compress(written, others)))
    rows = [*zip(*joined, strict=True), *zip(*_chosen(columns, kept), strict=True)]
    lines, numbers, indents, blanks = map(list, zip(*sorted(rows, key=itemgetter(1)), strict=True))
    return Columns(lines, numbers, indents, blanks)


def _chosen(columns: Columns, chosen: Sequence[bool]) -> Columns:
    lines, numbers, indents, blanks = columns
    return Columns(
        list(compress(lines, chosen)),
        list(compress(numbers, chosen)),
        list(compress(indents, chosen)),
        list(compress(blanks, chosen)),
    )


_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def _fenced(raws: Sequence[str]) -> dict[int, str]:
    """Number of the line, from 1 → the line as it was written, for the lines between a fence and the one that closes
    it, as Markdown sets off programs; those of the fences too, which are empty.
    """
    found: dict[int, str] = {}
    opened, mark = -1, ""
    for place, raw in enumerate(raws):
        fence = _FENCE.match(raw)
        if fence is None:
            continue
        rest = raw[fence.end() :].strip()
        if opened < 0:
            if "`" not in rest:
                opened, mark = place, fence[1]
        elif fence[1].startswith(mark) and not rest:
            found |= {number: raws[number - 1].rstrip() for number in range(opened + 2, place + 1)}
            found |= {opened + 1: "", place + 1: ""}
            opened = -1
    return found


def _breaks(numbers: Sequence[int], fenced: Mapping[int, str]) -> Iterator[int]:
    """Line ends between each line and the one above within one program; 0 for lines that are in none."""
    for above, number in pairwise([0, *numbers]):
        yield number - above if fenced.get(above) and fenced.get(number) else 0


def _cut(columns: Columns) -> Columns:
    """The same columns with a line for each block of a page that stands on one line, blank lines above the first."""
    cut = Columns([], [], [], [])
    for pieces, number, indent, blank in zip(flattened.cut(columns.lines), *columns[1:], strict=True):
        cut.lines.extend(pieces)
        cut.numbers.extend([number] * len(pieces))
        cut.indents.extend([indent] * len(pieces))
        cut.blanks.extend([blank, *[0] * (len(pieces) - 1)])
    return cut
