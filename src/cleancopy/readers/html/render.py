"""A page's tree → its lines, each with where on the page it stands.

One line per block element; `<br>` and the newlines of `<pre>` split; the short cells of one table row make one line,
joined by ` | `, because a data row says little cell by cell, while a cell of prose or of several lines (a table used
for layout) stands alone. What the page hides is rendered too and marked: many pages reveal their article by script.

Tags have a closed vocabulary, `[article.][region.][hidden.]block`:

    article.   the line lies inside `<article>` or `<main>` (or the ARIA roles of these names)
    region.    the nearest of nav, header, footer, aside, form, figure inside it; ARIA landmark roles count
    hidden.    the page hides the line until a script shows it (`hidden`, `display:none`, `<template>`)
    block      h1 … h6, p, li, dt, dd, td, th, caption, blockquote, figcaption, pre, address, summary, legend, label,
               button, a (a line that is nothing but links and has no better block), div (anything else)

and `embedded.p` for text that no element holds: trafilatura found it in the page's data (JSON-LD, a preloaded script).
So `tag.rpartition(".")[2]` is the block, and `tag.startswith("article.")` tells whether it is in the article.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree
from lxml.html import HtmlElement

from cleancopy.errors import RecordError
from cleancopy.model import CELL_BREAK, Cells
from cleancopy.readers.html.names import groups_of
from cleancopy.readers.html.tables import Table, is_data
from cleancopy.text.reflow import UNSPACED as _UNSPACED
from cleancopy.text.segment import collapse, visible


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NAMED_BLOCKS = _names(
    "h1 h2 h3 h4 h5 h6 p li dt dd td th caption blockquote figcaption pre address summary legend label button"
)
_BLOCKS = _NAMED_BLOCKS | _names(
    "article aside body center details dialog dir div dl fieldset figure footer form frameset header hgroup hr html "
    "main menu nav ol search section table tbody template tfoot thead tr ul"
)
_LISTS = _names("ul ol menu dir")
# Not rendered as text, or rendered by something else than the page's text; ruby would stand inside words.
_SKIPPED = _names(
    "applet area audio base basefont canvas datalist embed frame head iframe img input link map meta meter noframes "
    "noscript object optgroup option output param picture progress rp rt rtc script select source style svg "
    "textarea title track use video annotation annotation-xml"
)
# Skipped elements that take room in a line, so that the words around them do not touch.
_SPACED = _names("img input svg select picture video iframe object")
# The block whose name a `<p>` or `<div>` inside it takes: `<li><p>` is a list item.
_LENDS_NAME = _names("li dt dd blockquote figcaption caption address summary")
_REGIONS = {
    "nav": "nav",
    "header": "header",
    "footer": "footer",
    "aside": "aside",
    "form": "form",
    "figure": "figure",
    "article": "article",
    "main": "article",
}
_LANDMARKS = {
    "navigation": "nav",
    "banner": "header",
    "contentinfo": "footer",
    "complementary": "aside",
    "form": "form",
    "search": "form",
    "figure": "figure",
    "article": "article",
    "main": "article",
}
# Marks of writing, which may stand within a word; other inline elements hold something of their own.
_FORMATTING = _names("b i em strong u s font mark small big tt code kbd ins del cite q dfn var")
_WITHIN_WORDS = _names("sub sup wbr bdi bdo rb ruby")
# Classes of text that only screen readers tell ("opens in a new tab").
_SPOKEN = _names(
    "sr-only sr_only visually-hidden visuallyhidden screen-reader-text screenreader screen-reader screenreader-only "
    "screen-reader-only u-visually-hidden visually_hidden is-visually-hidden hidden-visually usa-sr-only "
    "govuk-visually-hidden a11y-only a11y-text  a11y-hidden element-invisible assistive-text show-for-sr vh"
)
# What shows a formula once more: KaTeX has it in boxes and in MathML, MathJax too.
_AGAIN = _names("katex-html mathjax_preview mjx_assistive_mathml")
# What a link tells those who do not see where it opens, in brackets.
_OPENS = re.compile(
    r"\s*[(\[](?:(?:link|external link|lien|enlace)?[\s:,]*(?:opens?|opening|öffnet|ouvre|s[’']ouvre|se abre|abre"
    r"|si apre|opent|öppnas|åpnes|åbner|avautuu|otwiera się)\b[^()\[\]]{0,20}"
    r"\b(?:tab|tabs|window|fenster|onglet|fenêtre|pestaña|ventana|scheda|finestra|tabblad|venster|aba|janela|separador"
    r"|flik|fönster|fane|vindu|vindue|välilehteen|ikkunaan|karcie|oknie)[^()\[\]]{0,10})[)\]]",
    re.IGNORECASE,
)
_DISPLAYED = re.compile(r"display:(?:block|flex|grid|table|list-item)")
# A cell that is longer holds prose, not a datum (characters).
_LONGEST_JOINED_CELL = 80
# Elements around a line whose names are about it more than about the page.
_NEAR = 4
BOXES = 4
NO_BOXES = (0.0,) * 3 * BOXES
# Stands between two inline elements that are two things, until the whole line is known.
_SEAM = "\x1f"
# Blocks whose line may be a row of labels: who wrote it, where, when.
_LABELLED = ("div", "p", "address")


@dataclass(slots=True)
class Rendering:
    """Columns of the rendered lines, one entry a line: text, leading white space, tag, share of characters in links,
    line ends between it and the line above within one block, the line as `<pre>` has it, what it says in a table of
    data, in how many lists it stands.

    near, far: what the names of the elements around a line say (`names.groups_of`), of the innermost `_NEAR` elements
    and of all but `<body>`. boxes: for each of the `BOXES` smallest elements that hold more than what the one before
    holds, the share of its characters in links, its share of the page's characters, and its lines.
    `extracted` and `stated` stay empty until the lines are compared with an extraction and with what the page states.
    """

    lines: list[str] = field(default_factory=list)
    indents: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    links: list[float] = field(default_factory=list)
    near: list[int] = field(default_factory=list)
    far: list[int] = field(default_factory=list)
    boxes: list[tuple[float, ...]] = field(default_factory=list)
    extracted: list[float] = field(default_factory=list)
    stated: list[float] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    cells: list[Cells | None] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)


def _is_hidden(element: HtmlElement) -> bool:
    if element.get("hidden") is not None:
        return True
    style = element.get("style")
    return style is not None and "none" in style and "display:none" in style.replace(" ", "").lower()


def _is_spoken(element: HtmlElement) -> bool:
    """Whether only screen readers tell the element, or it shows a formula once more; a title stays, as pages that show
    it as a picture hide its text.
    """
    names = element.get("class")
    if names is None or element.tag == "h1":
        return False
    words = names.lower().split()
    if not _SPOKEN.isdisjoint(words):
        return True
    return not _AGAIN.isdisjoint(words) and _has_twin(element)


def _has_twin(element: HtmlElement) -> bool:
    """Whether what stands beside the element shows the formula, too."""
    return element.getprevious() is not None or element.getnext() is not None


def _own_names(element: HtmlElement) -> int:
    found = 0
    for attribute in ("class", "id", "itemprop"):
        value = element.get(attribute)
        if value is not None:
            found |= groups_of(value)
    return found


def _is_set_as_block(element: HtmlElement) -> bool:
    """Whether an element that is inline by its name stands alone: its style says so, or it is one of the page's own
    making without text beside it.
    """
    style = element.get("style")
    if style is not None and "display" in style and _DISPLAYED.search(style.replace(" ", "").lower()):
        return True
    if "-" not in element.tag:
        return False
    parent, before = element.getparent(), element.getprevious()
    beside = parent.text if before is None and parent is not None else None if before is None else before.tail
    return not (beside or "").strip() and not (element.tail or "").strip()


def _are_apart(above: str, piece: str, below: str, text: str) -> bool:
    """Whether two inline elements without white space between them are two things ("Martha Quill", "Transport"), not
    two parts of a word.

    above, below: their tags. piece: what was last written; text: what comes.
    """
    last, first = piece[-1:], text[:1]
    if not (last.isalnum() or last in ".!?:)") or not first.isalnum() or {above, below} & _WITHIN_WORDS:
        return False
    if _UNSPACED.match(last) or _UNSPACED.match(first) or len(piece.strip()) < 2:
        return False
    if above in _FORMATTING and below in _FORMATTING:
        return first.isupper() and not last.isupper()
    if above == below:
        # Letters of a word that move one by one are short, and no label begins in the midst of one.
        return len(piece.strip()) > 3 and (first.isupper() or first.isdigit() or not last.isalpha())
    return True


class _Line:
    """The line being put together: pieces of text, how many of their characters are linked, the tag of the first."""

    __slots__ = ("box", "cell_length", "cells", "far", "length", "linked", "near", "own", "pieces", "tag")

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.length = self.linked = self.cell_length = self.cells = 0
        self.near = self.far = self.box = 0
        self.own = False
        self.tag = ""

    def raw(self) -> str:
        """The text as it stands; labels in elements of their own, with no text beside them, are divided by a bar."""
        raw = "".join(self.pieces)
        if _SEAM not in raw:
            return raw
        row = not self.own and self.length <= _LONGEST_JOINED_CELL and self.tag.rpartition(".")[2] in _LABELLED
        return raw.replace(_SEAM, CELL_BREAK if row else " ")


class _Boxes:
    """The block elements of a page as a tree, with what each holds: characters, those in links, lines."""

    def __init__(self) -> None:
        self.parents = [0]
        self.lengths, self.linked, self.lines = [0], [0], [0]
        self.of_line: list[int] = []

    def open(self, parent: int) -> int:
        self.parents.append(parent)
        for column in (self.lengths, self.linked, self.lines):
            column.append(0)
        return len(self.parents) - 1

    def add(self, box: int, length: int, linked: int) -> None:
        self.of_line.append(box)
        self.lengths[box] += length
        self.linked[box] += linked
        self.lines[box] += 1

    def around(self) -> list[tuple[float, ...]]:
        """What stands around each line, as `Rendering.boxes` has it."""
        parents, lengths, linked, lines = self.parents, self.lengths, self.linked, self.lines
        # An element is opened after the one that holds it.
        for box in range(len(parents) - 1, 0, -1):
            parent = parents[box]
            lengths[parent] += lengths[box]
            linked[parent] += linked[box]
            lines[parent] += lines[box]
        whole = max(lengths[0], 1)
        found: dict[int, tuple[float, ...]] = {}
        for box in self.of_line:
            if box not in found:
                said: list[float] = []
                at = box
                for _ in range(BOXES):
                    size = max(lengths[at], 1)
                    said += (round(linked[at] / size, 3), round(size / whole, 3), float(lines[at]))
                    held = lines[at]
                    while at and lines[at] == held:
                        at = parents[at]
                found[box] = tuple(said)
        return [found[box] for box in self.of_line]


def render(root: HtmlElement, most_lines: int | None = None) -> Rendering:
    """The visible lines below `root`, in document order. The tree is not changed.

    Raises RecordError `record.lines` as soon as there are more than `most_lines` that the page does not hide.
    """
    page = Rendering()
    shown = 0
    blocks: list[str] = ["div"]
    regions: list[str] = [""]
    line = _Line()
    in_link = in_pre = 0
    after_link = False
    lines_before_cell = 0
    ended = begun = ""
    own_blocks: set[HtmlElement] = set()
    boxes, box = _Boxes(), 0
    names, all_names = [0] * _NEAR, [0]
    tables: list[Table | None] = []  # those that are open; None for one of layout
    data_tables = depth = 0  # tables of data so far; lists that are open
    line_ends = 0  # since the last line of the block that is being rendered
    begins = True  # whether the next line begins a block

    def flush(by: int = 0) -> None:
        """Ends the line. by: the line ends that do so; 0 for a block that begins or ends."""
        nonlocal line, after_link, line_ends, begins, shown
        if line.tag:
            raw = line.raw()
            indent = len(raw) - len(raw.lstrip()) if in_pre else 0
            text = collapse(raw)
            text = text.strip("|").strip() if line.cells else text
            if text:
                tag = line.tag
                share = min(1.0, line.linked / line.length)
                if share == 1.0 and tag.endswith("div"):
                    tag = tag[:-3] + "a"
                page.lines.append(text)
                page.indents.append(indent)
                page.tags.append(tag)
                page.links.append(round(share, 3))
                page.near.append(line.near)
                page.far.append(line.far)
                boxes.add(line.box, line.length, line.linked)
                page.breaks.append(0 if begins else line_ends)
                page.written.append(visible(raw.rstrip()) if in_pre else "")
                page.cells.append(tables[-1].cells(line.pieces) if tables and tables[-1] else None)
                page.depths.append(depth)
                line_ends, begins = 0, False
                by = by or int(in_pre > 0)  # blocks in `<pre>` are its lines
                shown += "hidden." not in tag
                if most_lines is not None and shown > most_lines:
                    raise RecordError("record.lines", f"has more lines than limits.record_lines = {most_lines}")
        if line.pieces:
            line = _Line()
            if tables and tables[-1]:
                tables[-1].begin_line()
        after_link = False
        line_ends, begins = line_ends + by, begins or not (by or in_pre)

    def add(text: str) -> None:
        nonlocal after_link, ended, begun
        words = text.split()
        if not words:
            line.pieces.append(text if in_pre else " ")
            return
        if begun and not in_pre and line.pieces and _are_apart(ended, line.pieces[-1], begun, text):
            line.pieces.append(" " if line.pieces[-1][-1:] in ".!?:" else _SEAM)
        ended = begun = ""
        if in_pre:
            line.pieces.append(text)
        else:
            piece = " ".join(words)
            line.pieces.append((" " if text[0].isspace() else "") + piece + (" " if text[-1].isspace() else ""))
        length = sum(map(len, words))
        line.length += length
        line.cell_length += length
        if in_link:
            line.linked += length
        if not line.tag:
            line.tag = regions[-1] + blocks[-1]
            line.near = names[-1] | names[-2] | names[-3] | names[-4]
            line.far = all_names[-1]
            line.box = box
        after_link = False

    def add_preformatted(text: str) -> None:
        first, *others = text.splitlines() or [""]
        add(first)
        for other in others:
            flush(by=1)
            add(other)
        if text[-1] in "\r\n":
            flush(by=1)

    body = root.find(".//body")
    skipped: HtmlElement | None = None
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "start":
            hidden = tag == "template" or _is_hidden(element)
            if tag in _SKIPPED or (hidden and tag not in _BLOCKS) or _is_spoken(element):
                walk.skip_subtree()
                skipped = element
                continue
            role = element.get("role")
            region = _LANDMARKS.get(role) if role is not None else None
            region = region or _REGIONS.get(tag)
            if region == "footer" and blocks[-1] == "blockquote":
                region = None  # who said it
            if region == "form" and element.getparent() is body:
                region = None  # Some frameworks wrap the whole page in one form.
            within = regions[-1]
            if region is not None or (hidden and not within.endswith("hidden.")):
                article = "article." if region == "article" or within.startswith("article.") else ""
                if region is None:
                    region_prefix = within.removeprefix("article.")
                else:
                    region_prefix = "" if region == "article" else region + "."
                if hidden or within.endswith("hidden."):
                    region_prefix = region_prefix.removesuffix("hidden.") + "hidden."
                regions.append(article + region_prefix)
            else:
                regions.append(within)
            own = _own_names(element) if tag not in ("html", "body") else 0
            names.append(own)
            all_names.append(all_names[-1] | own)
            if tag in _BLOCKS:
                if tag in ("td", "th"):
                    if line.cells == 0:
                        flush()
                    lines_before_cell = len(page.lines)
                    if tables and tables[-1]:
                        tables[-1].begin_cell(element, len(line.pieces))
                else:
                    flush()
                    if tag == "table":
                        data = is_data(element)
                        data_tables += data
                        tables.append(Table(data_tables) if data else None)
                    elif tag == "tr" and tables and tables[-1]:
                        tables[-1].begin_row()
                box = boxes.open(box)
                depth += tag in _LISTS
                outer = blocks[-1]
                if tag in _NAMED_BLOCKS and not (tag == "p" and outer in _LENDS_NAME):
                    blocks.append(tag)
                elif tag in ("p", "div") or region is None:
                    blocks.append(outer)
                else:
                    blocks.append("div")
                if tag == "pre":
                    in_pre += 1
            elif tag == "br":
                flush(by=1)
            elif _is_set_as_block(element):
                own_blocks.add(element)
                flush()
            else:
                begun = tag if ended else ""
                if tag == "a" and after_link and not in_pre:
                    line.pieces.append(" ")
            if tag == "a":
                in_link += 1
            text = element.text
            if text and in_link and text[-1:] in ")]" and ("(" in text or "[" in text):
                text = _OPENS.sub("", text)
        else:
            if element is skipped:
                skipped = None
                if tag in _SPACED:
                    line.pieces.append(" ")
            else:
                regions.pop()
                names.pop()
                all_names.pop()
                if tag in _BLOCKS:
                    blocks.pop()
                    if tag in ("td", "th"):
                        if line.cell_length > _LONGEST_JOINED_CELL or len(page.lines) > lines_before_cell:
                            flush()
                        else:
                            line.pieces.append(CELL_BREAK)
                            line.cells += 1
                            line.cell_length = 0
                    else:
                        flush()
                        if tag == "table":
                            tables.pop()
                    box = boxes.parents[box]
                    depth -= tag in _LISTS
                    if tag == "pre":
                        in_pre -= 1
                        begins = True
                elif element in own_blocks:
                    own_blocks.discard(element)
                    flush()
                else:
                    ended = begun or tag
                    after_link = tag == "a" and line.tag != ""
                if tag == "a":
                    in_link -= 1
            text = element.tail
        if text:
            holder = element if event == "start" else element.getparent()
            line.own = line.own or (holder is not None and holder.tag in _BLOCKS and not text.isspace())
            if in_pre:
                add_preformatted(text)
            else:
                add(text)
    flush()
    page.boxes = boxes.around()
    return page
