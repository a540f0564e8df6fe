"""A page's tree → its lines, each with where on the page it stands.

One line per block element; `<br>` and the newlines of `<pre>` split; the short cells of one table row make one line,
joined by ` | `, because a data row says little cell by cell, while a cell of prose or of several lines (a table used
for layout) stands alone. What the page hides is rendered too and marked: many pages reveal their article by script.

Tags have a closed vocabulary, `[article.][region.][hidden.]block`:

    article.   the line lies inside `<article>` or `<main>` (or the ARIA roles of these names)
    region.    the nearest of nav, header, footer, aside, form, figure inside it; ARIA landmark roles count
    hidden.    the page hides the line until a script shows it (`hidden`, `display:none`, `<template>`, tooltips)
    block      h1 … h6, p, li, dt, dd, td, th, caption, blockquote, figcaption, pre, address, summary, legend, label,
               button, a (a line that is nothing but links and has no better block), div (anything else)

and `embedded.p` for text that no element holds: trafilatura found it in the page's data (JSON-LD, a preloaded script).
So `tag.rpartition(".")[2]` is the block, and `tag.startswith("article.")` tells whether it is in the article.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from cleancopy.errors import RecordError
from cleancopy.model import CELL_BREAK, Cells
from cleancopy.readers.html.boxes import Boxes
from cleancopy.readers.html.markup import (
    BLOCKS,
    CELLS,
    LISTS,
    REGIONS,
    SKIPPED,
    SPACED,
    are_apart,
    block_name,
    is_aside,
    is_hidden,
    is_set_as_block,
    landmark,
    names_of,
    shows_formula,
    within,
    without_opening,
)
from cleancopy.readers.html.tables import Table, is_data
from cleancopy.text.reflow import spaced
from cleancopy.text.segment import collapse, visible

# A cell that is longer holds prose, not a datum (characters).
_LONGEST_JOINED_CELL = 80
# Elements around a line whose names are about it more than about the page.
_NEAR = 4
# Stands between two inline elements that are two things, until the whole line is known.
_SEAM = "\x1f"
# Blocks whose line may be a row of labels: who wrote it, where, when.
_LABELLED = ("div", "p", "address")
# Elements whose names are about the page.
_PAGES = ("html", "body")


@dataclass(slots=True)
class Rendering:
    """Columns of the rendered lines, one entry a line: text, leading white space, tag, share of characters in links,
    line ends between it and the line above within one block, the line as `<pre>` has it, what it says in a table of
    data, in how many lists it stands.

    near, far: what the names of the elements around a line say (`names.groups_of`), of the innermost `_NEAR` elements
    and of all but `<body>`. boxes: what stands around a line, as `Boxes.around` has it.
    `extracted` and `stated` stay empty until the lines are compared with an extraction and with what the page
    states.
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
        if row:
            return raw.replace(_SEAM, CELL_BREAK)
        above, *parts = raw.split(_SEAM)
        for part in parts:
            above = f"{above}{spaced(above, part)}{part}"
        return above


def render(root: HtmlElement, most_lines: int | None = None) -> Rendering:
    """The visible lines below `root`, in document order. The tree is not changed.

    Raises RecordError `record.lines` as soon as there are more than `most_lines` that the page does not hide.
    """
    walk = _Walk(root.find(".//body"), most_lines)
    walk.visit(root)
    walk.end_line()
    walk.page.boxes = walk.boxes.around()
    return walk.page


class _Walk:
    """A walk over a page in document order. What holds for the elements that are open is set when one opens and set
    back when it closes.
    """

    def __init__(self, body: HtmlElement | None, most_lines: int | None) -> None:
        self.page = Rendering()
        self.boxes = Boxes()
        self._body, self._most_lines, self._shown = body, most_lines, 0
        self._line = _Line()
        # Of the elements that are open: how tags of lines in them begin and end, the innermost box, what names say.
        self._prefix, self._block, self._box = "", "div", 0
        self._names, self._all_names = [0] * _NEAR, [0]
        self._links = self._programs = self._lists = 0  # those that are open
        self._tables: list[Table | None] = []  # those that are open; None for one of layout
        self._data_tables = 0  # so far
        self._lines_before_cell = 0
        self._after_link = False
        self._ended = self._begun = ""  # inline elements since the last text
        self._line_ends = 0  # since the last line of the block that is being rendered
        self._begins = True  # whether the next line begins a block

    def visit(self, element: HtmlElement) -> None:
        """Render an element, without the text behind it. Elements nest no deeper than the parser allows."""
        tag = element.tag
        if tag in SKIPPED:
            if tag in SPACED:
                self._space()
            return
        said = dict(element.items())
        is_block = tag in BLOCKS
        hidden = tag == "template" or is_hidden(said)
        if (hidden and not is_block and not shows_formula(element)) or is_aside(element, tag, said):
            return
        prefix, block = self._prefix, self._block
        region = self._region(element, said) if tag in REGIONS or "role" in said else None
        if region is not None or (hidden and is_block):
            self._prefix = within(prefix, region, hidden and is_block)
        own = names_of(said) if said and tag not in _PAGES else 0
        self._names.append(own)
        self._all_names.append(self._all_names[-1] | own)
        if is_block:
            self._open_block(element, tag, region)
            self._render_within(element, is_block)
            self._prefix, self._block = prefix, block
            self._close_block(tag)
        else:
            self._render_inline(element, tag, said)
            self._prefix = prefix
        self._names.pop()
        self._all_names.pop()

    def _render_within(self, element: HtmlElement, is_block: bool) -> None:
        if text := element.text:
            self._add(without_opening(text) if self._links else text, is_block)
        for child in element:
            self.visit(child)
            if text := child.tail:
                self._add(text, is_block)

    def _render_inline(self, element: HtmlElement, tag: str, said: Mapping[str, str]) -> None:
        is_link = tag == "a"
        alone = tag != "br" and is_set_as_block(element, tag, said)
        if alone or tag == "br":
            self.end_line(by=int(not alone))
        else:
            self._begun = tag if self._ended else ""
            if is_link and self._after_link and not self._programs:
                self._line.pieces.append(" ")
        self._links += is_link
        self._render_within(element, False)
        self._links -= is_link
        if alone:
            self.end_line()
        else:
            self._ended = self._begun or tag
            self._after_link = is_link and self._line.tag != ""

    def _region(self, element: HtmlElement, said: Mapping[str, str]) -> str | None:
        region = landmark(element.tag, said.get("role"), self._block)
        # Some frameworks wrap the whole page in one form.
        return None if region == "form" and element.getparent() is self._body else region

    def _open_block(self, element: HtmlElement, tag: str, region: str | None) -> None:
        if tag in CELLS:
            self._open_cell(element)
        else:
            self.end_line()
            if tag == "table":
                data = is_data(element)
                self._data_tables += data
                self._tables.append(Table(self._data_tables) if data else None)
            elif tag == "tr" and self._tables and (table := self._tables[-1]):
                table.begin_row()
        self._box = self.boxes.open(self._box)
        self._lists += tag in LISTS
        self._block = block_name(tag, self._block, region)
        self._programs += tag == "pre"

    def _open_cell(self, cell: HtmlElement) -> None:
        if self._line.cells == 0:
            self.end_line()
        self._lines_before_cell = len(self.page.lines)
        if self._tables and (table := self._tables[-1]):
            table.begin_cell(cell, len(self._line.pieces))

    def _close_block(self, tag: str) -> None:
        if tag in CELLS:
            self._close_cell()
        else:
            self.end_line()
            if tag == "table":
                self._tables.pop()
        self._box = self.boxes.parent(self._box)
        self._lists -= tag in LISTS
        if tag == "pre":
            self._programs -= 1
            self._begins = True

    def _close_cell(self) -> None:
        line = self._line
        if line.cell_length > _LONGEST_JOINED_CELL or len(self.page.lines) > self._lines_before_cell:
            self.end_line()
        else:
            line.pieces.append(CELL_BREAK)
            line.cells += 1
            line.cell_length = 0

    def _space(self) -> None:
        """White space, which only the lines of programs begin with."""
        if self._line.pieces or self._programs:
            self._line.pieces.append(" ")

    def _add(self, text: str, own: bool) -> None:
        """Text as the page has it. own: whether a block holds it itself."""
        if self._programs:
            self._add_lines(text, own)
        elif words := text.split():
            line = self._line
            line.own = line.own or own
            if self._begun and line.pieces and are_apart(self._ended, line.pieces[-1], self._begun, text):
                line.pieces.append(" " if line.pieces[-1][-1:] in ".!?:" else _SEAM)
            before, behind = " " if text[0].isspace() else "", " " if text[-1].isspace() else ""
            line.pieces.append(f"{before}{' '.join(words)}{behind}")
            self._count(words)
        elif text:
            self._space()

    def _add_lines(self, text: str, own: bool) -> None:
        """Text of a program, line by line."""
        if not text:
            return
        self._line.own = self._line.own or (own and not text.isspace())
        for number, written in enumerate(text.splitlines()):
            if number:
                self.end_line(by=1)
            self._line.pieces.append(written)
            if words := written.split():
                self._count(words)
        if text[-1] in "\r\n":
            self.end_line(by=1)

    def _count(self, words: list[str]) -> None:
        """Words were added to the line."""
        line = self._line
        length = sum(map(len, words))
        line.length += length
        line.cell_length += length
        if self._links:
            line.linked += length
        if not line.tag:
            near, all_names = self._names, self._all_names
            line.tag = self._prefix + self._block
            line.near = near[-1] | near[-2] | near[-3] | near[-4]
            line.far = all_names[-1]
            line.box = self._box
        self._ended = self._begun = ""
        self._after_link = False

    def end_line(self, by: int = 0) -> None:
        """by: the line ends that do so; 0 for a block that begins or ends."""
        line = self._line
        if line.tag and self._write(line):
            self._line_ends, self._begins = 0, False
            by = by or int(self._programs > 0)  # blocks in `<pre>` are its lines
        if line.pieces:
            self._line = _Line()
            if self._tables and (table := self._tables[-1]):
                table.begin_line()
        self._after_link = False
        self._line_ends += by
        self._begins = self._begins or not (by or self._programs)

    def _write(self, line: _Line) -> bool:
        """Write a line, if anything of it is visible; whether it is."""
        raw = line.raw()
        text = collapse(raw)
        if line.cells:
            text = text.strip("|").strip()
        if not text:
            return False
        page, tag, in_program = self.page, line.tag, self._programs > 0
        share = min(1.0, line.linked / line.length) if line.linked else 0.0
        if share == 1.0 and tag.endswith("div"):
            tag = tag[:-3] + "a"
        table = self._tables[-1] if self._tables else None
        page.lines.append(text)
        page.indents.append(len(raw) - len(raw.lstrip()) if in_program else 0)
        page.tags.append(tag)
        page.links.append(round(share, 3))
        page.near.append(line.near)
        page.far.append(line.far)
        self.boxes.add(line.box, line.length, line.linked)
        page.breaks.append(0 if self._begins else self._line_ends)
        page.written.append(visible(raw.rstrip()) if in_program else "")
        page.cells.append(table.cells(line.pieces) if table else None)
        page.depths.append(self._lists)
        self._shown += "hidden." not in tag
        if self._most_lines is not None and self._shown > self._most_lines:
            raise RecordError("record.lines", f"has more lines than limits.record_lines = {self._most_lines}")
        return True
