"""The training sets, made from checkouts of the public repositories that `sources.toml` names.

    python -m train data CHECKOUTS OUT

CHECKOUTS/owner/name is a clone of each repository; those that are missing are named, and their sets left out. Every
set becomes a folder of OUT with `raw/html.jsonl.gz` (id, url, html) and, where there are answers, `gold.jsonl.gz`. News
and segments are halved by a hash of publisher or address, so that the other half stays unseen.
`OUT/sources.json` says of each repository which revision it was, and of each file its SHA-256; equal checkouts give
equal files.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lxml.html import HtmlElement

from cleancopy.readers import ReaderOptions
from cleancopy.readers.whole import decode_html
from train.pages import flat, nodes, tree_of

SOURCES = Path(__file__).with_name("sources.toml")
THERE = {"news-dev": 0.9, "readability-dev": 0.8}
"""Share of the gold paragraphs whose beginnings have to stand in the page: others are of another version of it."""
LEAST_WORDS = 60
"""Words of a gold article of readability's tests: shorter ones test single features."""
LEAST_BYTES = 8000
"""Bytes of a test page that is a page, not a snippet."""
_BLOCKS = frozenset(
    (
        *("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "pre", "td", "th", "dt", "dd", "figcaption"),
        *("div", "section", "article", "ul", "ol", "table", "tr", "tbody", "dl", "figure", "header", "footer", "main"),
    )
)


class Page(NamedTuple):
    """One page. gold: None where nobody has said what its article is."""

    id: str
    url: str
    html: str
    gold: dict[str, Any] | None


def wcxb_articles(checkout: Path) -> Iterator[Page]:
    for page, kind in _wcxb(checkout):
        if kind == "article" and page.gold is not None:
            main, title = page.gold["main_content"], page.gold["title"]
            yield page._replace(gold=page.gold | {"headings": _headings(page.html, main, title)})


def wcxb_others(checkout: Path) -> Iterator[Page]:
    for page, kind in _wcxb(checkout):
        if kind != "article" and page.gold is not None:
            yield page._replace(gold=page.gold | {"page_type": kind})


def _wcxb(checkout: Path) -> Iterator[tuple[Page, str]]:
    files = json.loads((checkout / "metadata.json").read_text("utf-8"))["files"]
    for name, entry in sorted(files.items()):
        if entry["split"] != "dev":
            continue
        row = json.loads((checkout / "dev" / "ground-truth" / f"{name}.json").read_text("utf-8"))
        answer = row["ground_truth"]
        if answer.get("main_content"):
            gold = {key: answer.get(key) for key in ("main_content", "title", "author", "publish_date")}
            gold |= {key: answer.get(key) or [] for key in ("with", "without")}
            html = _unzipped(checkout / "dev" / "html" / f"{name}.html.gz")
            yield Page(name, row.get("url") or f"https://{entry['domain']}/", html, gold), entry["page_type"]


def _headings(html: str, main: str, title: str | None) -> list[dict[str, Any]]:
    """The h2 to h6 that stand as a line of the gold text, in the order of the page."""
    lines = {flat(line) for line in main.split("\n")} - {flat(title)}
    found = [(int(each.tag[1]), _text(each)) for each in tree_of(html).iter("h2", "h3", "h4", "h5", "h6")]
    return [{"level": level, "text": text} for level, text in found if flat(text) and flat(text) in lines]


def segments(checkout: Path) -> Iterator[Page]:
    tests = checkout / "tests"
    for url, row in sorted(json.loads((tests / "evaldata.json").read_text("utf-8")).items()):
        name = hashlib.sha1(url.encode()).hexdigest()[:12]
        path = next((path for place in ("eval", "cache") if (path := tests / place / row["file"]).exists()), None)
        if path is not None and int(name, 16) % 2:
            gold = {"with": row["with"], "without": row["without"]}
            yield Page(name, url, _decoded(path.read_bytes()), gold)


def news(checkout: Path) -> Iterator[Page]:
    """Pages of the parsers' tests: saved pages and versions of the parser's answer belong together in their order."""
    for country in _folders(checkout / "tests/resources/parser/test_data"):
        saved = json.loads((country / "meta.info").read_text("utf-8"))
        for path in sorted(country.glob("*.json")):
            dated = re.compile(rf"{re.escape(path.stem)}_\d{{4}}_\d\d_\d\d\.html\.gz")
            files = sorted((entry["crawl_date"], name) for name, entry in saved.items() if dated.fullmatch(name))
            answers = sorted(
                json.loads(path.read_text("utf-8")).items(), key=lambda each: [*map(int, re.findall(r"\d+", each[0]))]
            )
            if len(files) != len(answers) or _is_kept_apart(path.stem):
                continue
            for (_, name), (_, answer) in zip(files, answers, strict=True):
                html = _unzipped(country / name)
                gold = _news_gold(answer, html)
                if gold is not None:
                    about = {"country": country.name, "publisher": path.stem}
                    yield Page(name.removesuffix(".html.gz"), saved[name]["url"], html, gold | about)


def _news_gold(answer: Mapping[str, Any], html: str) -> dict[str, Any] | None:
    body = answer.get("body") or {}
    paragraphs: list[str] = list(body.get("summary") or ())
    headings: list[str] = []
    for section in body.get("sections") or ():
        headings += section.get("headline") or ()
        paragraphs += [*(section.get("headline") or ()), *(section.get("paragraphs") or ())]
    if not _stands_in(paragraphs, html, THERE["news-dev"]):
        return None
    title, authors = answer.get("title"), answer.get("authors") or []
    heads = [_text(each) for each in tree_of(html).iter("h1")]
    return {
        "main_content": "\n".join(paragraphs),
        "paragraphs": paragraphs,
        "headings": [{"level": 2, "text": text} for text in headings],
        "title": title,
        "title_also": [head for head in heads if _says_alike(head, title)],
        "authors": authors,
        "author": ", ".join(authors) or None,
        "publish_date": (answer.get("publishing_date") or "")[:10] or None,
    }


def _says_alike(head: str, title: str | None) -> bool:
    """Whether a first heading is another wording of the title: three words, a third of them the title's."""
    words = flat(head).split()
    return len(words) >= 3 and len({*words} & {*flat(title).split()}) * 3 >= len({*words})


def siblings(checkout: Path) -> Iterator[Page]:
    folder = checkout / "dataset"
    for name, answer in json.loads((folder / "ground_truth.json").read_text("utf-8")).items():
        site, identifier = name.rsplit("_", 1)[0], name.removesuffix(".html.gz")
        if not _is_kept_apart(site):
            url = f"https://www.{site.lower()}.example/{identifier.lower()}"
            body = answer["body"]
            gold = {"site": site, "main_content": "\n".join(body), "paragraphs": body}
            yield Page(identifier, url, _unzipped(folder / "html" / name), gold)


def readability(checkout: Path) -> Iterator[Page]:
    for folder in _folders(checkout / "test" / "test-pages"):
        html = (folder / "source.html").read_text("utf-8", "replace")
        stated = json.loads((folder / "expected-metadata.json").read_text("utf-8"))
        expected = tree_of((folder / "expected.html").read_text("utf-8", "replace"))
        found = [(name, text) for name, text in _blocks(expected) if flat(text)]
        paragraphs = [text for _, text in found]
        if sum(len(text.split()) for text in paragraphs) < LEAST_WORDS:
            continue
        if _stands_in(paragraphs, html, THERE["readability-dev"]):
            headings = [{"level": int(name[1]), "text": text} for name, text in found if re.match("h[2-6]$", name)]
            gold = {
                "main_content": "\n".join(paragraphs),
                "paragraphs": paragraphs,
                "headings": headings,
                "title": stated.get("title"),
                "author": stated.get("byline"),
                "publish_date": (stated.get("publishedTime") or "")[:10] or None,
            }
            yield Page(folder.name, f"https://{folder.name}.example/", html, gold)


def _blocks(element: HtmlElement) -> Iterator[tuple[str, str]]:
    """(tag, text) of every run of inline content between block elements, in order."""
    run: list[str] = [element.text or ""]

    def flushed() -> Iterator[tuple[str, str]]:
        text = " ".join("".join(run).split())
        run.clear()
        if text:
            yield str(element.tag), text

    for child in element:
        if isinstance(child.tag, str) and (child.tag in _BLOCKS or any(each.tag in _BLOCKS for each in child.iter())):
            yield from flushed()
            yield from _blocks(child)
        else:
            run.append(" " if child.tag == "br" else "".join(nodes(child)))
        run.append(child.tail or "")
    yield from flushed()


def bare(checkout: Path) -> Iterator[Page]:
    """Whole pages among the tests of an extractor, without answers."""
    for path in sorted({*checkout.rglob("*.html"), *checkout.rglob("*.htm")}):
        place = path.relative_to(checkout)
        if "_themes" in place.parts or place.parts[0] == "docs" or path.stat().st_size < LEAST_BYTES:
            continue
        name = f"{checkout.parent.name}+{checkout.name}/{place.as_posix()}"
        yield Page(name, "", _decoded(path.read_bytes()), None)


SETS: Mapping[str, Callable[[Path], Iterator[Page]]] = {
    "wcxb-dev": wcxb_articles,
    "wcxb-dev-other": wcxb_others,
    "segments-dev": segments,
    "news-dev": news,
    "readability-dev": readability,
    "siblings-dev": siblings,
    "pages-more": bare,
    "pages-wide": bare,
}


def _folders(path: Path) -> list[Path]:
    return sorted(each for each in path.iterdir() if each.is_dir() and not each.name.startswith("__"))


def _unzipped(path: Path) -> str:
    with gzip.open(path) as file:
        return file.read().decode("utf-8", "replace")


def _decoded(content: bytes) -> str:
    return decode_html(content, ReaderOptions())[0]


def _text(element: HtmlElement) -> str:
    return " ".join(" ".join(nodes(element)).split())


def _is_kept_apart(name: str) -> bool:
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 1


def _stands_in(paragraphs: list[str], html: str, share: float) -> bool:
    if not paragraphs:
        return False
    page = flat("\n".join(nodes(tree_of(html))))
    return sum(flat(text)[:60] in page for text in paragraphs) >= share * len(paragraphs)


def make(checkouts: Path, out: Path) -> dict[str, Any]:
    """Writes every set of which a checkout is there; returns what `sources.json` says.

    Raises FileNotFoundError where a checkout is there and is not laid out as its repository is.
    """
    said: dict[str, Any] = {"repositories": {}, "files": {}}
    found: dict[str, dict[str, Page]] = {}
    for name, source in tomllib.loads(SOURCES.read_text("utf-8")).items():
        checkout = checkouts / source["repository"]
        if not checkout.is_dir():
            print(f"{checkout} is missing: clone {source['repository']} there", file=sys.stderr)
            continue
        said["repositories"][name] = {**source, "revision": _revision(checkout)}
        for kind in source["sets"]:
            pages = found.setdefault(kind, {})
            for page in SETS[kind](checkout):
                # Test suites copy pages from one another.
                key = page.id
                if page.gold is None:
                    key = flat(_text(tree_of(page.html)))
                pages.setdefault(key, page)
    for kind, pages in found.items():
        html = [{"id": page.id, "url": page.url, "html": page.html} for page in pages.values()]
        gold = [{"id": page.id, "url": page.url, **page.gold} for page in pages.values() if page.gold is not None]
        for path, rows in ((out / kind / "raw" / "html.jsonl.gz", html), (out / kind / "gold.jsonl.gz", gold)):
            if rows:
                said["files"][path.relative_to(out).as_posix()] = _write(path, rows)
        print(f"{kind}: {len(pages)} pages", file=sys.stderr)
    out.mkdir(parents=True, exist_ok=True)
    (out / "sources.json").write_text(json.dumps(said, indent=1, sort_keys=True) + "\n", "utf-8")
    return said


def _revision(checkout: Path) -> str | None:
    asked = subprocess.run(["git", "-C", str(checkout), "rev-parse", "HEAD"], capture_output=True, text=True)
    return asked.stdout.strip() if asked.returncode == 0 and (checkout / ".git").exists() else None


def _write(path: Path, rows: list[dict[str, Any]]) -> str:
    """The SHA-256 of the file, which has no time of day in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    content = gzip.compress(lines.encode("utf-8", "replace"), mtime=0)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", type=Path, help="folder with a clone of each repository, as owner/name")
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    if not make(given.checkouts, given.out)["files"]:
        sys.exit(f"{given.checkouts}: none of the repositories that {SOURCES} names is there")


if __name__ == "__main__":
    main()
