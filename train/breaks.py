"""How well lines broken at the text nodes of a page are joined again (`text.reflow`), against the page's HTML.

    python -m train.breaks BENCH

Every page is rendered one text node a line. A break that lies within one block element of the page, with no line break
of its own, should be joined; any other should not. Programs (`pre`) are left out: what belongs together in them is
another question. Printed are precision and recall, over all breaks and over those beside a line of prose.
"""

from __future__ import annotations

import argparse
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from bs4 import BeautifulSoup, NavigableString, Tag, XMLParsedAsHTMLWarning

from cleancopy.text.segment import segment
from train.pages import SETS, read_html

# fmt: off
BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "button", "canvas", "caption", "center", "dd", "details",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head",
    "header", "hr", "html", "iframe", "label", "legend", "li", "main", "nav", "noscript", "ol", "option", "p", "pre",
    "section", "select", "summary", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "title", "tr", "ul",
    "video",
))
# fmt: on
PROGRAMS = frozenset(("pre", "textarea"))
PROSE_CHARACTERS = 60

Node = tuple[str, int, bool]
"""A text node, the number of the stretch without a block's bound that it lies in, and whether it is a program's."""


def nodes(html: str) -> list[Node]:
    soup = BeautifulSoup(html, "lxml")
    for element in soup(["script", "style", "noscript", "template"]):
        element.decompose()
    stretch = 0

    def walk(element: Tag, program: bool) -> Iterator[Node]:
        nonlocal stretch
        for child in element.children:
            if isinstance(child, Tag):
                stretch += child.name in BLOCKS
                yield from walk(child, program or child.name in PROGRAMS)
                stretch += child.name in BLOCKS
            elif type(child) is NavigableString:  # and no comment
                yield str(child), stretch, program

    return list(walk(soup, False))


def count(page: list[Node], counts: Counter[tuple[bool, bool, bool]]) -> None:
    """Adds the breaks of a page: whether they were joined, should have been, and stand beside prose."""
    raws, places = [], []
    for text, stretch, program in page:
        pieces = text.splitlines() + [""] * text.endswith(("\n", "\r"))
        raws += pieces or [""]
        places += [(stretch, program)] * len(pieces or [""])
    starts = set(segment("\n".join(raws)).numbers)
    there = [index for index, raw in enumerate(raws) if raw.strip()]
    for above, below in pairwise(there):
        if not (places[above][1] or places[below][1]):
            prose = max(len(raws[above].strip()), len(raws[below].strip())) > PROSE_CHARACTERS
            counts[below + 1 not in starts, places[above] == places[below], prose] += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=Path, help=f"folder with {', '.join(SETS)}")
    warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
    counts: Counter[tuple[bool, bool, bool]] = Counter()
    for _, _, html in read_html(parser.parse_args().bench):
        count(nodes(html), counts)
    for name, kinds in (("all breaks", (False, True)), ("beside prose", (True,))):
        right = sum(counts[True, True, kind] for kind in kinds)
        joined = sum(counts[True, within, kind] for within in (False, True) for kind in kinds)
        within = sum(counts[joined, True, kind] for joined in (False, True) for kind in kinds)
        print(f"{name:13s} joined {joined:6d}  precision {right / joined:.3f}  recall {right / within:.3f}")


if __name__ == "__main__":
    main()
