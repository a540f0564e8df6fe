"""Structure measured: lines of programs and cells of tables that come out of a page as they went in. Prints a table.

    python bench/structure.py GOLD HTML

GOLD is a JSON Lines file (`.gz` or not) with the fields `id`, `page_type` and `main_content`, HTML one with `id` and
`html` for the same ids: the development split of WCXB (Murrough Foley, CC BY 4.0) has both. Pages of the type
`documentation` count, or those of `--type`.

A `<pre>` counts if more than half of its lines stand in the gold text, white space aside. Each of its lines that is not
blank is right if the output has a line equal to it, indent and all; an output line is used once. What a page draws in a
`<pre>` but nobody types (buttons, pictures) is no part of it; `<br>` and blocks in it are line ends.

A `<table>` counts if it has a header cell, two rows of two cells, no table and no `<pre>` in it, is not marked as
presentation, and more than half of its cells stand in the gold text. For each row of two or more cells with text the
output line with most of its cells, in order, says how many are right.

All read the same pages, with text that was decoded wrongly mended; `resiliparse` only where it is installed.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lxml.html import HtmlElement, HTMLParser, document_fromstring
from trafilatura import extract

import cleancopy
from cleancopy.repair import repair, repair_html

_LEFT_OUT = frozenset(["button", "script", "style", "svg", "template", "noscript"])
_BLOCKS = frozenset(["div", "p", "li", "tr", "table", "ol", "ul"])
_MARK = re.compile(r"\\(?=\|)")


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    data = path.read_bytes()
    yield from map(json.loads, (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines())


def squeezed(text: str) -> str:
    """The text without white space."""
    return "".join(text.split())


def typed(element: HtmlElement) -> Iterator[str]:
    """The pieces of text in a `<pre>`, with its line ends."""
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
            block = child.tag in _BLOCKS
            yield "\n" if child.tag == "br" or block else ""
            yield from typed(child)
            yield "\n" if block else ""
        yield child.tail or ""


def programs(tree: HtmlElement, gold: str) -> Iterator[list[str]]:
    """The lines of each `<pre>` that counts. gold: without white space."""
    for pre in tree.iter("pre"):
        lines = [line.rstrip() for line in "".join(typed(pre)).splitlines() if line.strip()]
        if lines and 2 * sum(squeezed(line) in gold for line in lines) > len(lines):
            yield lines


def tables(tree: HtmlElement, gold: str) -> Iterator[list[list[str]]]:
    """The rows of each table that counts: the cells with text, white space collapsed. gold: without white space."""
    for table in tree.iter("table"):
        if table.get("role") in ("presentation", "none") or table.find(".//th") is None:
            continue
        if table.find(".//table") is not None or table.find(".//pre") is not None:
            continue
        rows = [
            [" ".join(" ".join(typed(cell)).split()) for cell in row if cell.tag in ("td", "th")]
            for row in table.iter("tr")
        ]
        rows = [[cell for cell in row if cell] for row in rows]
        rows = [row for row in rows if len(row) > 1]
        cells = [cell for row in rows for cell in row]
        if len(rows) > 1 and 2 * sum(squeezed(cell) in gold for cell in cells) > len(cells):
            yield rows


def right_lines(lines: Sequence[str], output: Sequence[str]) -> int:
    """How many of the lines the output has."""
    left = Counter(line.rstrip() for line in output)
    right = 0
    for line in lines:
        right += left[line] > 0
        left[line] -= 1
    return right


def right_cells(row: Sequence[str], output: Sequence[str]) -> int:
    """How many cells of the row the best line of the output has, in order. Lines and cells: without white space."""
    best = 0
    for line in output:
        at = found = 0
        for cell in row:
            place = line.find(cell, at)
            if place >= 0:
                at, found = place + len(cell), found + 1
        best = max(best, found)
    return best


def extractors() -> Mapping[str, Callable[[str], str]]:
    """What is measured: name → text of a page."""
    found: dict[str, Callable[[str], str]] = {
        "cleancopy": _cleancopy,
        "trafilatura.extract": lambda html: extract(html, include_tables=True) or "",
    }
    if importlib.util.find_spec("resiliparse"):
        from resiliparse.extract.html2text import extract_plain_text

        found["resiliparse, main content"] = lambda html: extract_plain_text(html, main_content=True)
    return found


def _cleancopy(html: str) -> str:
    try:
        return cleancopy.clean(html=html).text
    except cleancopy.RecordError:
        return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("html", type=Path)
    parser.add_argument("--type", default="documentation", help="the page_type that counts")
    parser.add_argument("--lost", action="store_true", help="say for each page what cleancopy loses")
    options = parser.parse_args()
    gold = {page["id"]: page for page in records(options.gold) if page["page_type"] == options.type}
    pages = [page for page in records(options.html) if page["id"] in gold]
    for page in pages:
        page["html"] = repair_html(page["html"]).html
    total: Counter[str] = Counter()
    right = {name: Counter[str]() for name in extractors()}
    for page in pages:
        main_text = squeezed(repair(gold[page["id"]]["main_content"], ["mojibake"]).text or "")
        tree = document_fromstring(page["html"].encode(), parser=HTMLParser(encoding="utf-8"))
        lines = [line for program in programs(tree, main_text) for line in program]
        rows = [row for table in tables(tree, main_text) for row in table]
        total += Counter(
            pages=1, code=bool(lines), tables=bool(rows), lines=len(lines), cells=sum(len(row) for row in rows)
        )
        if not lines and not rows:
            continue
        for name, read in extractors().items():
            output = read(page["html"]).splitlines()
            packed = [squeezed(_MARK.sub("", line)) for line in output]
            had = Counter(
                lines=right_lines(lines, output),
                cells=sum(right_cells([squeezed(cell) for cell in row], packed) for row in rows),
            )
            right[name] += had
            if options.lost and name == "cleancopy":
                print(page["id"], f"lines {had['lines']}/{len(lines)}", f"cells {had['cells']}/{sum(map(len, rows))}")
    print(
        f"{total['pages']} pages, {total['code']} with {total['lines']} lines of programs, "
        f"{total['tables']} with {total['cells']} cells of tables\n"
    )
    print("| | lines of programs to the letter | cells of tables in their row, in order |\n| --- | --- | --- |")
    for name, counts in right.items():
        shares = [f"{counts[each] / max(1, total[each]):.3f}" for each in ("lines", "cells")]
        print(f"| {name} | {' | '.join(shares)} |")


if __name__ == "__main__":
    main()
