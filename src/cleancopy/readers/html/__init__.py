"""HTML → a document: the whole page as lines, what trafilatura keeps of each line, and what the page says of itself.

The page is parsed once. Nothing is fetched and nothing is executed.
"""

from __future__ import annotations

import re
from itertools import compress

from lxml.etree import ErrorTypes
from lxml.html import HtmlElement
from trafilatura import bare_extraction, load_html
from trafilatura.utils import HTML_PARSER

from cleancopy.errors import RecordError
from cleancopy.model import Document
from cleancopy.readers.html.align import kept_shares
from cleancopy.readers.html.metadata import describe
from cleancopy.readers.html.render import Rendering, render
from cleancopy.segment import segment

_QUOTED = re.compile(r"""'[^']*'|"[^"]*["]""")
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")
# The parser compares each attribute of a tag with all others: 20,000 take 2.5 s and ten times as many 250.
_MOST_ATTRIBUTES = 10_000


def parse(html: str) -> HtmlElement:
    """The page's tree, without comments and processing instructions.

    Raises RecordError `html.attributes` for a tag that would take the parser minutes, `html.unparsable` where it finds
    no element, and `html.too_deep` where elements nest deeper than its limit of 256: what follows would be lost. None
    of 2,224 real pages goes beyond either limit.
    """
    html = _UNREADABLE.sub("\ufffd", html)
    for piece in html.split(">"):
        if len(piece) > _MOST_ATTRIBUTES and _is_overfull(piece.rpartition("<")):
            raise RecordError(
                "html.attributes", f"a tag has more than {_MOST_ATTRIBUTES} attributes; no page needs them"
            )
    tree = load_html(html)
    if tree is None:
        # trafilatura takes whole pages only; a fragment becomes one.
        tree = load_html(f"<html><body><div></div>{html}</body></html>")
    if tree is None:
        raise RecordError("html.unparsable", "the parser finds no element; check that the record is HTML")
    if any(entry.type == ErrorTypes.ERR_RESOURCE_LIMIT for entry in HTML_PARSER.error_log):
        raise RecordError(
            "html.too_deep", "elements nest deeper than 256 levels; flatten the page or hand over its text"
        )
    return tree


def _is_overfull(tag: tuple[str, str, str]) -> bool:
    _, opened, content = tag
    return opened != "" and content[:1].isalpha() and len(_QUOTED.sub("", content).split()) > _MOST_ATTRIBUTES


def document(
    html: str,
    *,
    url: str | None = None,
    title: str | None = None,
    author: str | None = None,
    date: str | None = None,
) -> Document:
    """The page as a document: `tags`, `links` and `extracted` are set, `numbers` count the rendered lines.

    Hints that the caller has win over what the page states. Raises RecordError with a reason `html.…`.
    """
    tree = parse(html)
    page = render(tree)
    stated = describe(tree, url)
    _merge(page, _extract(tree, url))
    return Document(
        lines=tuple(page.lines),
        numbers=tuple(range(1, len(page.lines) + 1)),
        indents=tuple(page.indents),
        tags=tuple(page.tags),
        links=tuple(page.links),
        extracted=tuple(page.extracted),
        url=url,
        title=title or stated.title,
        author=author or stated.author,
        date=date or stated.date,
    )


def _extract(tree: HtmlElement, url: str | None) -> str:
    """The body text that trafilatura finds, empty where it finds none. The tree is not changed."""
    try:
        extraction = bare_extraction(tree, url=url, include_comments=False)
    except Exception as error:  # Whatever a hostile page breaks in the extractor costs that page alone.
        raise RecordError("html.extraction", f"trafilatura fails on the page: {error!r}") from error
    return getattr(extraction, "text", None) or ""


def _merge(page: Rendering, extraction: str) -> None:
    """Say of every line what the extraction keeps; hidden lines that it does not keep go, embedded text is added."""
    page.extracted, found = kept_shares(page.lines, extraction)
    kept = [share >= 0.5 or "hidden." not in tag for share, tag in zip(page.extracted, page.tags, strict=True)]
    if not all(kept):
        page.lines = list(compress(page.lines, kept))
        page.indents = list(compress(page.indents, kept))
        page.tags = list(compress(page.tags, kept))
        page.links = list(compress(page.links, kept))
        page.extracted = list(compress(page.extracted, kept))
    if found < 0.5:
        embedded = segment(extraction).lines
        page.lines.extend(embedded)
        page.indents.extend([0] * len(embedded))
        page.tags.extend(["embedded.p"] * len(embedded))
        page.links.extend([0.0] * len(embedded))
        page.extracted.extend([1.0] * len(embedded))
