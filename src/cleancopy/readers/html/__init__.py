"""HTML → a document: the whole page as lines, and what the page says of itself.

The page is parsed once. Nothing is fetched and nothing is executed. Where the article may be out of sight, trafilatura
is asked for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from itertools import compress
from threading import local

from lxml.etree import ElementDefaultClassLookup, ErrorTypes, LxmlError
from lxml.html import HtmlElement, HTMLParser, fromstring
from trafilatura import bare_extraction
from trafilatura.utils import is_dubious_html, repair_faulty_html

from cleancopy.errors import RecordError
from cleancopy.model import Document, Surroundings
from cleancopy.readers.html import boxes
from cleancopy.readers.html.align import kept_shares
from cleancopy.readers.html.metadata import describe
from cleancopy.readers.html.render import Rendering, render
from cleancopy.text.segment import segment

_VALUE = re.compile(r"""=\s*+(?:'[^']*+'|"[^"]*+"|[^\s>]*+)""")
_LAST_TAG = re.compile(r".*<([a-z].*)", re.IGNORECASE | re.DOTALL)
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROLS = bytes({*range(32)} - set(b"\t\n\r"))
# Characters in which trafilatura looks for what it repairs.
_HEAD = 4096
# The parser compares each attribute of a tag with all others: 20,000 take 2.5 s and ten times as many 250.
_MOST_ATTRIBUTES = 10_000
_FEW = 400
"""Characters: a page that shows fewer, or hides half as many as it shows, may have its article out of sight. One of
forty of 518 annotated pages is such a page; of the others trafilatura finds 0 to 85 words in what they hide.
"""
_LOCAL = local()


def _parser() -> HTMLParser:
    """This thread's parser. Its log is that of the page it parsed last, so threads cannot share one.

    As trafilatura parses, but each element is an HtmlElement without a call that looks its tag up in a table of
    classes: forms and their fields have their own there, which nobody asks for anything here. A sixth of the time.
    """
    parser: HTMLParser | None = getattr(_LOCAL, "parser", None)
    if parser is None:
        parser = _LOCAL.parser = HTMLParser(  # type: ignore[call-arg]  # the stubs lack default_doctype
            collect_ids=False, default_doctype=False, encoding="utf-8", remove_comments=True, remove_pis=True
        )
        parser.set_element_class_lookup(ElementDefaultClassLookup(element=HtmlElement))
    return parser


def parse(html: str) -> HtmlElement:
    """The page's tree, without comments and processing instructions.

    Raises RecordError `html.attributes` for a tag that would take the parser minutes, `html.unparsable` where it finds
    no element, and `html.too_deep` where elements nest deeper than its limit of 256: what follows would be lost. None
    of 2,224 real pages goes beyond either limit.
    """
    plain = _is_plain(html)
    if not plain:
        html = _UNREADABLE.sub("\ufffd", html)
    if any(map(_is_overfull, _long_pieces(html))):
        raise RecordError("html.attributes", f"a tag has more than {_MOST_ATTRIBUTES} attributes; no page needs them")
    tree = _tree(html, plain)
    if tree is None:
        # What is no whole page becomes one.
        tree = _tree(f"<html><body><div></div>{html}</body></html>", plain)
    if tree is None:
        raise RecordError("html.unparsable", "the parser finds no element; check that the record is HTML")
    if any(entry.type == ErrorTypes.ERR_RESOURCE_LIMIT for entry in _parser().error_log):
        raise RecordError(
            "html.too_deep", "elements nest deeper than 256 levels; flatten the page or hand over its text"
        )
    return tree


def _tree(html: str, plain: bool) -> HtmlElement | None:
    """The page's tree, None where there is nothing that looks like a page: as `trafilatura.load_html` has it."""
    beginning = html[:50].lower()
    # What is repaired stands in the first lines, but for characters that a plain page does not have.
    head = (html.find("\n", _HEAD) + 1 if plain else 0) or len(html)
    html = repair_faulty_html(html[:head], beginning) + html[head:]
    tree = _parsed(html)
    if tree is None or len(tree) < 1:
        tree = _parsed(html.encode())  # Strings that declare an encoding are refused, bytes are not.
    return None if tree is None or (is_dubious_html(beginning) and len(tree) < 2) else tree


def _parsed(html: str | bytes) -> HtmlElement | None:
    try:
        return fromstring(html, parser=_parser())
    except (ValueError, LxmlError, AssertionError):
        return None


def _is_plain(html: str) -> bool:
    """Whether the page has no lone surrogates and none of the characters that XML does not know."""
    try:
        data = html.encode()
    except UnicodeEncodeError:
        return False
    known = len(data.translate(None, _CONTROLS)) == len(data)
    return known and b"\xef\xbf\xbe" not in data and b"\xef\xbf\xbf" not in data  # U+FFFE and U+FFFF


def _long_pieces(html: str) -> Iterator[str]:
    """What stands between two `>`, if it has more than `_MOST_ATTRIBUTES` characters: others cannot have as many."""
    start = 0
    while len(html) - start > _MOST_ATTRIBUTES:
        end = html.rfind(">", start, start + _MOST_ATTRIBUTES + 1)
        if end < 0:
            end = html.find(">", start)
            end = len(html) if end < 0 else end
            yield html[start:end]
        start = end + 1


def _is_overfull(piece: str) -> bool:
    # A `<` in a value begins no tag; names are told apart by white space, slashes or the values between them. Scripts
    # have pieces of 13,000 such names, but only 1,900 different ones, and the parser keeps the first of a name.
    tag = _LAST_TAG.match(_VALUE.sub(" ", piece))
    return tag is not None and len(set(tag[1].replace("/", " ").split())) > _MOST_ATTRIBUTES


def document(
    html: str,
    *,
    url: str | None = None,
    title: str | None = None,
    author: str | None = None,
    date: str | None = None,
    most_lines: int | None = None,
    extraction: bool = False,
) -> Document:
    """The page as a document: `tags`, `links` and `surroundings` are set, `numbers` count the rendered lines.

    Lines that the page hides are left out. Where its article may be out of sight, those stay that trafilatura takes
    for the article's, and text that it finds in no line at all is added.
    extraction: `extracted` is set as well, which takes as long again.

    Hints that the caller has win over what the page states. Raises RecordError with a reason `html.…`, and
    `record.lines` for a page of more than `most_lines`: parsing takes a hundredth of the time of what follows.
    """
    tree = parse(html)
    page = render(tree, most_lines)
    stated = describe(tree, url)
    page.stated = kept_shares(page.lines, stated.body)[0] if stated.body else [0.0] * len(page.lines)
    sought = _is_out_of_sight(page)
    text = _extract(tree, url) if sought or extraction else ""
    page.extracted, found = kept_shares(page.lines, text) if text else ([0.0] * len(page.lines), 1.0)
    kept = [
        "hidden." not in tag or (sought and share >= 0.5) for share, tag in zip(page.extracted, page.tags, strict=True)
    ]
    if not all(kept):
        _drop(page, kept)
    if sought and found < 0.5:
        _embed(page, segment(text).lines)
    return Document(
        lines=tuple(page.lines),
        numbers=tuple(range(1, len(page.lines) + 1)),
        indents=tuple(page.indents),
        blanks=(0,) * len(page.lines),
        tags=tuple(page.tags),
        links=tuple(page.links),
        extracted=tuple(page.extracted) if extraction else None,
        surroundings=Surroundings(tuple(page.near), tuple(page.far), tuple(page.boxes), tuple(page.stated)),
        breaks=tuple(page.breaks),
        written=tuple(page.written) if any(page.written) else None,
        cells=tuple(page.cells) if any(page.cells) else None,
        depths=tuple(page.depths),
        url=url,
        title=title or stated.title,
        author=author or stated.author,
        date=date or stated.date,
        modified=stated.modified,
        about=stated.about,
    )


def lines(html: str, most_lines: int | None = None) -> list[str]:
    """The lines of the page alone, hidden ones too: a quarter of the time of `document`, which raises the same."""
    return render(parse(html), most_lines).lines


def _extract(tree: HtmlElement, url: str | None) -> str:
    """The body text that trafilatura finds, empty where it finds none. The tree is not changed."""
    try:
        extraction = bare_extraction(tree, url=url, include_comments=False, fast=True)
    except Exception as error:  # Whatever a hostile page breaks in the extractor costs that page alone.
        raise RecordError("html.extraction", f"trafilatura fails on the page: {error!r}") from error
    return getattr(extraction, "text", None) or ""


def _is_out_of_sight(page: Rendering) -> bool:
    """Whether the article may stand in what the page hides or in none of its lines at all."""
    hidden = sum(len(line) for line, tag in zip(page.lines, page.tags, strict=True) if "hidden." in tag)
    shown = sum(map(len, page.lines)) - hidden
    return shown < _FEW or 2 * hidden > shown


def _drop(page: Rendering, kept: list[bool]) -> None:
    # What stood below a line that goes begins a block.
    page.breaks = [breaks * above for breaks, above in zip(page.breaks, [False, *kept], strict=False)]
    for column in fields(page):
        setattr(page, column.name, list(compress(getattr(page, column.name), kept)))


def _embed(page: Rendering, lines: tuple[str, ...]) -> None:
    """Adds lines that the page has in none of its elements."""
    count = len(lines)
    page.lines.extend(lines)
    page.indents.extend([0] * count)
    page.tags.extend(["embedded.p"] * count)
    page.links.extend([0.0] * count)
    page.near.extend([0] * count)
    page.far.extend([0] * count)
    page.boxes.extend([boxes.NONE] * count)
    page.extracted.extend([1.0] * count)
    page.stated.extend([0.0] * count)
    page.breaks.extend([0] * count)
    page.written.extend([""] * count)
    page.cells.extend([None] * count)
    page.depths.extend([0] * count)
