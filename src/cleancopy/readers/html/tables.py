"""Tables of data: which tables are, and where in its table each line of the page stands.

A table of layout sets text and menus side by side; it has no rows that say something together.
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml.html import HtmlElement

from cleancopy.model import CELL_BREAK, Cells
from cleancopy.text.segment import collapse

_OF_LAYOUT = frozenset(["table", "pre", "form", "nav", "article", "section", "aside", "main", "h1", "h2", "h3"])
"""What no cell of a table of data holds; a program with its line numbers beside it is such a table, too."""
_LONGEST = 80
"""Characters of a cell in a table without a header: a longer one holds prose."""
_MOST_SPANNED = 1000
"""What HTML limits `colspan` to."""


def is_data(table: HtmlElement) -> bool:
    """Whether the table has rows of data: two or more of two cells with text, and no cell with more than three quarters
    of the text. Without a header all cells are short, and rows have the same number of them.
    """
    if table.get("role") in ("presentation", "none"):
        return False
    header = False
    rows: list[list[int]] = []  # the characters of each cell
    for element in table.iter():
        tag = element.tag
        if tag in _OF_LAYOUT and element is not table:
            return False
        if tag == "tr":
            rows.append([])
        elif tag in ("td", "th"):
            header = header or tag == "th"
            size = len("".join("".join(element.itertext()).split()))
            if rows:
                rows[-1].append(size)
    told = [row for row in rows if any(row)]
    wide = [row for row in told if sum(map(bool, row)) > 1]
    if len(wide) < 2 or 2 * len(wide) < len(told):
        return False
    sizes = [size for row in told for size in row]
    if 4 * max(sizes) > 3 * sum(sizes):
        return False
    return header or (max(sizes) <= _LONGEST and len({len(row) for row in told}) == 1)


class Table:
    """A table of data that is being rendered: the cell that is open, and where in the line each cell begins."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._row, self._column, self._next = -1, 0, 0
        self._below: dict[int, int] = {}  # column → rows that a cell above reaches into, from the next one on
        self._spans: dict[int, int] = {}
        self._begins: list[tuple[int, int]] = []  # piece of the line, column

    def begin_row(self) -> None:
        """Cells that reach down leave their columns empty in the rows below."""
        self._row += 1
        self._next = 0
        self._below = {column: rows - 1 for column, rows in self._below.items() if rows > 1} | self._spans
        self._spans = {}
        self._begins = []

    def begin_cell(self, cell: HtmlElement, piece: int) -> None:
        """piece: of the line, with which the cell begins."""
        if self._row < 0:
            self.begin_row()
        while self._next in self._below:
            self._next += 1
        self._column = self._next
        self._next += _span(cell, "colspan")
        rows = _span(cell, "rowspan") - 1
        if rows:
            self._spans |= dict.fromkeys(range(self._column, self._next), rows)
        self._begins.append((piece, self._column))

    def begin_line(self) -> None:
        """Another line of the cell that is open begins."""
        if self._row >= 0:
            self._begins = [(0, self._column)]

    def cells(self, pieces: Sequence[str]) -> Cells | None:
        """What the line says. pieces: of the line; those between cells are `CELL_BREAK` itself."""
        if not self._begins:
            return None
        first, text, last = -1, "", 0
        ends = [*(begin for begin, _ in self._begins[1:]), len(pieces)]
        for (begin, column), end in zip(self._begins, ends, strict=True):
            said = collapse("".join(piece for piece in pieces[begin:end] if piece is not CELL_BREAK))
            if said:
                first = column if first < 0 else first
                text += (f" {'| ' * (column - last)}" if text else "") + said.replace("|", "\\|")
                last = column
        return Cells(self._number, self._row, first, text) if text else None


def _span(cell: HtmlElement, name: str) -> int:
    value = cell.get(name, "1").strip()
    return min(max(int(value), 1), _MOST_SPANNED) if value.isascii() and value.isdigit() and len(value) < 9 else 1
