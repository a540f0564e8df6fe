"""The pages that the line model is fitted on: every rendering of every page, with its answers, read from a benchmark
checkout.

A page is a dict, so that it can be cached:

    id, kind, site, url    kind is the folder of the benchmark; site decides the fold
    views                  {renderer: plain text of the whole page}
    text, titles, author, date, headings
                           the answers: gold where the benchmark has them, what the HTML reader finds where it has none
    gold                   whether `text` is gold
    extracted              the lines that trafilatura keeps, for views of already extracted pages
    captions               the page's captions, flat
    subheads               the page's own headings below the title, flat
"""

from __future__ import annotations

import gzip
import json
import pickle
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lxml.html import HtmlElement, HTMLParser, fromstring

from cleancopy.errors import RecordError
from cleancopy.model import Document
from cleancopy.readers.html import document

SETS = (
    "wcxb-dev",
    "wcxb-dev-other",
    "segments-dev",
    "news-dev",
    "readability-dev",
    "siblings-dev",
    "pages-more",
    "pages-wide",
)
NEWS = ("news-dev", "siblings-dev")
"""Sets whose gold was written by publisher: without captions, paragraph by paragraph."""
RENDERERS = ("inscriptis", "resiliparse", "soup", "html2text", "paragraphs")
GIVEN = (*RENDERERS, "wrapped")
"""Renderings that are taken from the checkout where it has them; `wrapped` is never made here, and never fitted."""
WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
"""An ideograph or kana is a word."""
_SILENT = frozenset(("script", "style", "noscript", "template"))


def flat(text: str | None) -> str:
    return " ".join(WORDS.findall((text or "").lower()))


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def site_of(kind: str, row: dict[str, Any]) -> str:
    """The last two labels of the host, or what the page's name says of it."""
    identifier, url = str(row["id"]), row.get("url") or ""
    if kind == "siblings-dev":
        return f"{row['site'].lower()}.com"
    if kind == "readability-dev":
        return re.sub(r"-\d+$", "", identifier) + ".com"
    named = identifier if kind == "pages-more" or not url else url
    if "://" in named:
        host = urlsplit(named).netloc
    else:
        host = re.split(r"[-_/]", named.rsplit("::", 1)[-1].removesuffix(".html").rsplit("/", 1)[-1])[0]
    labels = host.lower().split(":")[0].removeprefix("www.").split(".")
    return ".".join(labels[-3:] if len(labels) > 2 and len(labels[-2]) <= 3 else labels[-2:])


def tree_of(html: str) -> HtmlElement:
    return fromstring(html.encode("utf-8", "replace"), parser=HTMLParser(encoding="utf-8"))


def nodes(element: HtmlElement) -> Iterator[str]:
    """The text nodes below an element that is not silent, in order."""
    if isinstance(element.tag, str) and element.tag not in _SILENT:
        if element.text:
            yield element.text
        for child in element:
            yield from nodes(child)
            if child.tail:
                yield child.tail


def _paragraphs(tree: HtmlElement) -> str:
    """The texts of paragraphs and headings alone, as home-made scrapers take them."""
    found = ("".join(nodes(element)).strip() for element in tree.iter("h1", "h2", "h3", "h4", "p"))
    return "\n".join(filter(None, found))


def _markdown(html: str) -> str:
    from html2text import HTML2Text

    maker = HTML2Text()
    maker.body_width, maker.ignore_links, maker.ignore_images = 0, True, True
    return str(maker.handle(html))


def _inscriptis(html: str) -> str:
    from inscriptis import get_text

    return str(get_text(html))


def _resiliparse(html: str) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    return str(extract_plain_text(html))


def render(html: str, tree: HtmlElement, given: dict[str, str]) -> dict[str, str]:
    """The page as plain text by every renderer; `soup` puts one text node on a line. What is given is not made."""
    makers: dict[str, Callable[[], str]] = {
        "inscriptis": lambda: _inscriptis(html),
        "resiliparse": lambda: _resiliparse(html),
        "soup": lambda: "\n".join(nodes(tree)),
        "html2text": lambda: _markdown(html),
        "paragraphs": lambda: _paragraphs(tree),
    }
    views = dict(given)
    for name, make in makers.items():
        if name not in views:
            try:
                views[name] = make()
            except Exception as error:  # noqa: BLE001  # A renderer that fails on a page costs that view alone.
                print(f"{name}: {error!r}", file=sys.stderr)
    return views


def _texts(tree: HtmlElement, *tags: str) -> list[str]:
    return sorted({flat(" ".join(nodes(element))) for element in tree.iter(*tags)} - {""})


def read_documents(bench: Path, kind: str, cache: Path) -> dict[str, Document]:
    """Every page of a set as the HTML reader gives it; `cache` keeps them until the reader changes."""
    path = cache / f"html-{kind}.pickle"
    if path.exists():
        with path.open("rb") as file:
            kept: dict[str, Document] = pickle.load(file)
            return kept
    print(f"reading {kind}", file=sys.stderr, flush=True)
    found = {}
    for row in rows(_raw(bench, kind) / "html.jsonl.gz"):
        url = row.get("url")
        try:
            found[row["id"]] = document(row["html"], url=url if url and "://" in url else None, extraction=True)
        except RecordError as error:
            print(f"{kind} {row['id']}: {error}", file=sys.stderr)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        pickle.dump(found, file)
    return found


def _raw(bench: Path, kind: str) -> Path:
    folder = bench / kind
    return folder / "raw" if (folder / "raw").is_dir() else folder


def read_renderings(bench: Path, kind: str, cache: Path) -> dict[str, dict[str, Any]]:
    """views, captions and subheads of every page of a set; `cache` keeps them."""
    path = cache / f"text-{kind}.pickle"
    if path.exists():
        with path.open("rb") as file:
            kept: dict[str, dict[str, Any]] = pickle.load(file)
            return kept
    print(f"rendering {kind}", file=sys.stderr, flush=True)
    raw = _raw(bench, kind)
    given = {
        name: {row["id"]: row["text"] for row in rows(place)}
        for name in GIVEN
        if (place := raw / f"{name}.jsonl.gz").exists()
    }
    found = {}
    for row in rows(raw / "html.jsonl.gz"):
        if row["html"].strip():
            tree = tree_of(row["html"])
            found[row["id"]] = {
                "views": render(
                    row["html"], tree, {name: texts[row["id"]] for name, texts in given.items() if row["id"] in texts}
                ),
                "captions": _texts(tree, "figcaption"),
                "subheads": _texts(tree, "h2", "h3", "h4", "h5", "h6"),
            }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        pickle.dump(found, file)
    return found


def read_pages(bench: Path, cache: Path) -> list[dict[str, Any]]:
    """All pages of the benchmark; `cache` keeps the renderings, which take some minutes, from one run to the next."""
    pages = []
    for kind in SETS:
        documents, renderings = read_documents(bench, kind, cache), read_renderings(bench, kind, cache)
        path = bench / kind / "gold.jsonl.gz"
        gold = {row["id"]: row for row in rows(path)} if path.exists() else {}
        for row in rows(_raw(bench, kind) / "html.jsonl.gz"):
            identifier = row["id"]
            if identifier in documents and identifier in renderings:
                page = _page(kind, row, gold.get(identifier, {}), documents[identifier], renderings[identifier])
                if page["gold"] or len(page["text"]) >= 200:
                    pages.append(page)
    return pages


def _page(
    kind: str, row: dict[str, Any], answer: dict[str, Any], page: Document, rendering: dict[str, Any]
) -> dict[str, Any]:
    url = row.get("url")
    kept = [line for line, share in zip(page.lines, page.extracted or (), strict=True) if share >= 0.5]
    extracted = "\n".join(kept)
    is_gold = bool(answer.get("main_content"))
    text = answer["main_content"] if is_gold else extracted
    if answer.get("headings") is not None:
        headings = [flat(heading["text"]) for heading in answer["headings"]]
    else:
        lines = {flat(line) for line in text.split("\n")}
        headings = [heading for heading in rendering["subheads"] if heading in lines]
    stated: dict[str, Any] = (
        answer if is_gold else {"title": page.title, "author": page.author, "publish_date": page.date}
    )
    titles = [title for title in (stated.get("title"), *(stated.get("title_also") or ())) if title]
    site = site_of(kind, answer | row)
    return {
        "id": row["id"],
        "kind": kind,
        # Many of these pages say the same made-up text.
        "site": "lorem.example" if kind == "readability-dev" and "lorem ipsum" in text.lower() else site,
        "url": url if url and "://" in url and ".example/" not in url else None,
        "views": rendering["views"],
        "text": text,
        "gold": is_gold,
        "titles": titles,
        "author": stated.get("author"),
        "date": stated.get("publish_date"),
        "headings": headings,
        "extracted": extracted,
        "captions": rendering["captions"],
        "subheads": rendering["subheads"],
    }


def read_html(bench: Path) -> Iterator[tuple[str, str, str]]:
    """(kind, id, HTML) of every page."""
    for kind in SETS:
        for row in rows(_raw(bench, kind) / "html.jsonl.gz"):
            yield kind, row["id"], row["html"]
