"""The pages that the line model is fitted on: every rendering of every page, with its answers, read from a benchmark
checkout.

A page is a dict, so that it can be cached as JSON:

    id, kind, site, url    kind is the folder of the benchmark; site decides the fold
    views                  {renderer: plain text of the whole page}
    text, title, author, date, headings
                           the answers: gold where the benchmark has them, trafilatura's own output where it has none
    gold                   whether `text` is gold
    extracted              trafilatura's text, for views of already extracted pages
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

SETS = ("wcxb-dev", "wcxb-dev-other", "segments-dev", "pages-more")
RENDERERS = ("inscriptis", "resiliparse", "soup")
WORDS = re.compile(r"\w+")


def flat(text: str | None) -> str:
    return " ".join(WORDS.findall((text or "").lower()))


def rows(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def site_of(identifier: str) -> str:
    """The last two labels of the host; for a file name, of the host that it starts with."""
    if "://" in identifier:
        host = urlsplit(identifier).netloc
    else:
        host = re.split(r"[-_/]", identifier.rsplit("::", 1)[-1].removesuffix(".html").rsplit("/", 1)[-1])[0]
    labels = host.lower().split(":")[0].removeprefix("www.").split(".")
    return ".".join(labels[-3:] if len(labels) > 2 and len(labels[-2]) <= 3 else labels[-2:])


def render(html: str) -> dict[str, str]:
    """The page as plain text by three renderers; `soup` puts one text node on a line."""
    from bs4 import BeautifulSoup
    from inscriptis import get_text
    from resiliparse.extract.html2text import extract_plain_text

    soup = BeautifulSoup(html, "lxml")
    for element in soup(["script", "style", "noscript", "template"]):
        element.decompose()
    return {"inscriptis": get_text(html), "resiliparse": extract_plain_text(html), "soup": soup.get_text("\n")}


def page_headings(html: str, text: str) -> list[str]:
    """h2 to h6 of the page that stand as a line of the answer."""
    from lxml.html import HTMLParser, fromstring

    lines = {flat(line) for line in text.split("\n")} - {""}
    tree = fromstring(html.encode("utf-8", "replace"), parser=HTMLParser(encoding="utf-8"))
    found = (flat(element.text_content()) for element in tree.iter("h2", "h3", "h4", "h5", "h6"))
    return sorted({heading for heading in found if heading in lines})


def read_set(bench: Path, kind: str) -> Iterator[dict]:
    from trafilatura import bare_extraction

    folder = bench / kind
    raw = folder / "raw" if (folder / "raw").is_dir() else folder
    gold = {row["id"]: row for row in rows(folder / "gold.jsonl.gz")} if (folder / "gold.jsonl.gz").exists() else {}
    given = {
        name: {row["id"]: row["text"] for row in rows(path)}
        for name in RENDERERS
        if (path := raw / f"{name}.jsonl.gz").exists()
    }
    for row in rows(raw / "html.jsonl.gz"):
        identifier, html, url = row["id"], row["html"], row.get("url")
        if not html.strip():
            continue
        views = {name: texts[identifier] for name, texts in given.items() if identifier in texts}
        if set(views) != set(RENDERERS):
            views = render(html) | views
        found = bare_extraction(html, url=url, with_metadata=True, include_comments=False)
        extracted = (found.text or "") if found else ""
        answer = gold.get(identifier, {})
        is_gold = bool(answer.get("main_content"))
        text = answer["main_content"] if is_gold else extracted
        if not is_gold and len(text) < 200:
            continue
        headings = (
            [flat(h["text"]) for h in answer["headings"]]
            if answer.get("headings") is not None
            else page_headings(html, text)
        )
        stated = answer if is_gold else {"title": found.title, "author": found.author, "publish_date": found.date}
        yield {
            "id": identifier,
            "kind": kind,
            "site": site_of(url if url and "://" in url else identifier if kind == "pages-more" else url or identifier),
            "url": url if url and "://" in url else None,
            "views": views,
            "text": text,
            "gold": is_gold,
            "title": stated.get("title"),
            "author": stated.get("author"),
            "date": stated.get("publish_date"),
            "headings": headings,
            "extracted": extracted,
        }


def read_pages(bench: Path, cache: Path) -> list[dict]:
    """All pages of the benchmark; `cache` keeps the renderings, which take some minutes, from one run to the next."""
    pages = []
    for kind in SETS:
        path = cache / f"{kind}.jsonl.gz"
        if not path.exists():
            print(f"rendering {kind}", file=sys.stderr, flush=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial")
            with gzip.open(partial, "wt", encoding="utf-8", compresslevel=3) as file:
                for page in read_set(bench, kind):
                    file.write(json.dumps(page, ensure_ascii=False) + "\n")
            partial.rename(path)
        pages.extend(rows(path))
    return pages


def read_html(bench: Path) -> Iterator[tuple[str, str, str]]:
    """(kind, id, HTML) of every page."""
    for kind in SETS:
        folder = bench / kind
        raw = folder / "raw" if (folder / "raw").is_dir() else folder
        for row in rows(raw / "html.jsonl.gz"):
            yield kind, row["id"], row["html"]
