"""What a page says of itself: title, authors and date, from JSON-LD, meta elements and mark-up.

These are hints: the lines of the page may say it better, and what follows weighs both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from itertools import islice
from typing import Any

from htmldate import find_date
from lxml.html import HtmlElement

_WORD = re.compile(r"\w+")
_TAG = re.compile(r"<[a-zA-Z/][^<>]{0,400}>")
# What pages wrap JSON-LD in, for parsers of scripts and of XML.
_WRAPPED = re.compile(r"[/*]{0,4}\s{0,4}<!\[CDATA\[\s{0,4}[*/]{0,4}|[/*]{0,4}\s{0,4}\]\]>\s{0,4}[*/]{0,4}|<!--|-->")
# A string, a comment, or one character of anything else.
_JSON_PIECE = re.compile(r'"(?:[^"\\]|\\.)*(?:"|$)|/\*(?:[^*]|\*(?!/))*(?:\*/)?|//[^\n]*|[^"/]+|.', re.DOTALL)
# A string, or a comma before the end of a list or an object.
_TRAILING = re.compile(r'("(?:[^"\\]|\\.)*(?:"|$))|,(\s*[\]}])', re.DOTALL)
# What follows a bar is a section or a site in 19 of 21 titles (headlines of 709 annotated articles).
_BAR = re.compile(r"\s+\|+\s+|\s*\|\s*$")
# What may stand between a headline and the name of its site.
_SEPARATOR = re.compile(r"\s+[–—·•»«›:/~-]+\s+|\s*»\s*|:\s+")
# schema.org types that are, or that describe, one piece of writing.
_WORKS = ("Article", "Posting", "Report", "Recipe", "HowTo", "Review", "ScholarlyWork")
_PAGES = ("WebPage", "ItemPage", "FAQPage")
_AUTHOR_META = ("author", "article:author", "parsely-author", "sailthru.author", "byl", "dc.creator", "citation_author")
_DATE_META = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "publishdate",
    "publish-date",
    "publication_date",
    "pubdate",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "date",
    "citation_publication_date",
)
# A heading that shares less with every declaration is not the headline: 0.2 to 0.5 differ by 10 of 709 articles.
_LIKE = 0.3
# Looked at of each kind: all are compared with all. No annotated page has a third as many.
_MOST_TITLES = 256
_DAY = re.compile(r"(?:19|20)\d\d-[01]\d-[0-3]\d")
_HOST = re.compile(r"https?://(?:www\.)?([^/:?#]+)")
# Two to five words in a row that begin with capitals, with particles between them: what names mostly look like.
_PLAIN_NAME = re.compile(r"[^\W\d_a-zß-öø-ÿ][\w.’'-]*(?: (?:\w{1,3} ){0,2}[^\W\d_a-zß-öø-ÿ][\w.’'-]*){1,4}")
# "Quill, Martha", "van der Berg, Jan"
_FAMILY_FIRST = re.compile(
    r"((?:\w{1,3} ){0,2}[^\W\d_a-z][\w’'-]+), ([^\W\d_a-z][\w.’'-]*(?: [^\W\d_a-z][\w.’'-]*){0,2})"
)
_BYLINE_CLASS = re.compile(r"(?:^|[\s_-])(?:by-?line|authors?(?:[_-]?names?)?)(?:$|[\s_-])", re.IGNORECASE)
_LONGEST_BYLINE = 60
# Pages with a date are of the web's own time; a fixed bound keeps the answer independent of the day of the run.
_FIRST_DATE, _LAST_DATE = "1995-01-01", "2100-01-01"


@dataclass(frozen=True, slots=True)
class Metadata:
    """The headline without the site's name; authors' names separated by `; `; the date of publication in ISO 8601; the
    article as JSON-LD states it, empty where it does not.
    """

    title: str | None
    author: str | None
    date: str | None
    body: str


def describe(tree: HtmlElement, url: str | None = None) -> Metadata:
    """What the page at `url` states; the tree is not changed."""
    stated = _Stated(tree, url)
    return Metadata(_title(stated), _author(stated), _date(stated), _body(stated))


class _Stated:
    """The page's declarations: `meta` by lower-case name, JSON-LD objects, those that are works, names of the site."""

    def __init__(self, tree: HtmlElement, url: str | None) -> None:
        self.tree = tree
        self.meta = _meta(tree)
        self.nodes = list(_linked_data(tree))
        self.works = [node for node in self.nodes if _is(node, _WORKS)]
        names = self.meta.get("og:site_name", []) + self.meta.get("application-name", [])
        names += [_clean(node.get("name")) for node in self.nodes if _is(node, ("Organization", "WebSite"))]
        addresses = [url or "", *self.meta.get("og:url", [])]
        names += [match[1] for match in map(_HOST.match, addresses) if match]
        self.sites = {_letters(name) for name in names} | {_letters(name.rpartition(".")[0]) for name in names}
        self.sites.discard("")


def _clean(text: object) -> str:
    return " ".join(unescape(text).split()) if isinstance(text, str) else ""


def _letters(text: str) -> str:
    """Letters and digits only, so that quotes, dashes, spaces and case do not matter."""
    return "".join(_WORD.findall(text.lower()))


def _meta(tree: HtmlElement) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = _clean(element.get("content"))
        name = element.get("property") or element.get("name") or element.get("itemprop")
        if content and name:
            found.setdefault(name.lower(), []).append(content)
    return found


def _linked_data(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    """Every object of the page's JSON-LD, outer ones first. Blocks that are no JSON say nothing."""
    for script in tree.iter("script"):
        if script.get("type") != "application/ld+json" or not script.text:
            continue
        waiting: list[Any] = [_loaded(script.text)]
        while waiting:
            item = waiting.pop()
            if isinstance(item, dict):
                yield item
                waiting.extend(value for value in reversed(item.values()) if isinstance(value, dict | list))
            elif isinstance(item, list):
                waiting.extend(value for value in reversed(item) if isinstance(value, dict | list))


def _loaded(text: str) -> Any:
    """The value that a block of JSON-LD holds, also where it is not quite JSON: within CDATA or comments, with comments
    or commas too many, or followed by something else. None where it is none.
    """
    text = text.strip()
    for attempt in (str, _repaired):
        try:
            return json.JSONDecoder(strict=False).raw_decode(attempt(text))[0]
        except (ValueError, RecursionError):
            continue
    return None


def _repaired(text: str) -> str:
    """`text` without what JSON does not know between its values; strings stay as they are."""
    text = _WRAPPED.sub("", text).strip()
    if text.startswith(("{&quot;", "[{&quot;")):
        text = unescape(text)
    pieces = _JSON_PIECE.findall(text)
    kept = ["" if piece.startswith(("//", "/*")) else piece for piece in pieces]
    return _TRAILING.sub(lambda match: match[1] or match[2], "".join(kept)).rstrip(";")


def _types(node: dict[str, Any]) -> list[str]:
    kinds = node.get("@type")
    return [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)]


def _is(node: dict[str, Any], endings: tuple[str, ...]) -> bool:
    return any(kind.endswith(endings) for kind in _types(node))


def _text(element: HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())


def _title(stated: _Stated) -> str | None:
    """The first-level heading that is most like what the page declares, else the first declaration."""
    declared = [_clean(work.get("headline")) for work in stated.works]
    declared += stated.meta.get("og:title", []) + stated.meta.get("twitter:title", [])
    declared += [_text(element) for element in stated.tree.iterfind(".//head/title")]
    declared = [_headline(title, stated.sites) for title in islice(filter(None, declared), _MOST_TITLES)]
    headings = [_text(element) for element in islice(stated.tree.iter("h1"), _MOST_TITLES)]
    headings = [_headline(heading, stated.sites) for heading in headings if _letters(heading) not in stated.sites]
    headings = list(filter(_letters, headings))
    likeness = [max((_likeness(heading, title) for title in declared), default=1.0) for heading in headings]
    if headings and max(likeness) >= _LIKE:
        return headings[likeness.index(max(likeness))]
    return next(iter(declared or headings), None)


def _headline(title: str, sites: set[str]) -> str:
    """`title` without what follows a bar, and without a last or first part that is the name of the site."""
    title = _clean(title)
    parts = [part for part in _BAR.split(title) if _letters(part) and _letters(part) not in sites]
    title = parts[0].strip() if parts else title
    separators = list(_SEPARATOR.finditer(title))
    if separators and _letters(title[separators[-1].end() :]) in sites:
        return title[: separators[-1].start()].strip()
    if separators and _letters(title[: separators[0].start()]) in sites:
        return title[separators[0].end() :].strip()
    return title


def _likeness(one: str, other: str) -> float:
    """Dice coefficient of the two titles' words, 0 to 1."""
    a, b = set(_WORD.findall(one.lower())), set(_WORD.findall(other.lower()))
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 0.0


def _author(stated: _Stated) -> str | None:
    """The first declaration whose names all look like names of persons, else a byline that does, else any declaration.

    Of 709 annotated articles the first are right in 95 of 100 cases, the second in 72, the third in 91.
    """
    declared = list(filter(None, map(_names, _declared_authors(stated))))
    for names in (*declared, *map(_names, _bylines(stated))):
        if names and all(_is_plain(name) and _letters(name) not in stated.sites for name in names):
            return "; ".join(names)
    if declared:
        return "; ".join(declared[0])
    organisations = [name for work in stated.works for name in _named(work, stated.nodes, organisations=True)]
    return organisations[0] if organisations else None


def _is_plain(name: str) -> bool:
    """Whether this looks like the name of one person, whichever part stands first."""
    return _PLAIN_NAME.fullmatch(name) is not None or _FAMILY_FIRST.fullmatch(name) is not None


def _names(candidates: list[str]) -> list[str]:
    """The candidates that may be names, each once."""
    return [
        name
        for name in dict.fromkeys(candidates)
        if 1 < len(name) <= _LONGEST_BYLINE
        and not any(map(str.isdigit, name))
        and not any(mark in name for mark in "/@:")
    ]


def _named(work: dict[str, Any], nodes: list[dict[str, Any]], *, organisations: bool = False) -> list[str]:
    """The names of a work's authors, of people or of organisations; some are given by the id of another object."""
    authors = work.get("author") or work.get("creator")
    names = []
    for author in authors if isinstance(authors, list) else [authors]:
        if not isinstance(author, dict):
            names += [] if organisations else _clean(author).split(";")
            continue
        person = author
        if not author.get("name") and isinstance(author.get("@id"), str):
            same = (node for node in nodes if node.get("@id") == author["@id"] and node.get("name"))
            person = next(same, author)
        if _is(person, ("Organization",)) is organisations:
            name = person.get("name")
            names += map(_clean, name if isinstance(name, list) else [name])
    return [name.strip() for name in names if name.strip()]


def _declared_authors(stated: _Stated) -> Iterator[list[str]]:
    for work in stated.works:
        yield _named(work, stated.nodes)
    for name in _AUTHOR_META:
        # A list in one element, family names first ("Quill, Martha; Farrow, Owen").
        yield [part.strip() for content in stated.meta.get(name, []) for part in content.split(";") if part.strip()]
    # Labelled values for previews: the author beside the reading time, under labels of any language.
    for name in ("twitter:data1", "twitter:data2"):
        yield stated.meta.get(name, [])


def _bylines(stated: _Stated) -> Iterator[list[str]]:
    """Elements that say to be a byline."""
    bylines = []
    for element in stated.tree.iter("a", "span", "div", "p", "address", "li", "h2", "h3", "h4", "h5", "h6", "strong"):
        if element.get("rel") == "author" or element.get("itemprop") == "author":
            yield [_text(element)]
        kind = element.get("class")
        if kind is not None and _BYLINE_CLASS.search(kind):
            bylines.append(element)
    for element in bylines:
        yield [_text(element)]
        yield [_text(link) for link in element.iter("a")][:1]


def _body(stated: _Stated) -> str:
    """The longest `articleBody` of the page's works; some hold mark-up, whose tags are taken out."""
    bodies = (work.get("articleBody") for work in stated.works)
    longest = max((body for body in bodies if isinstance(body, str)), key=len, default="")
    return unescape(_TAG.sub(" ", unescape(longest)))


def _date(stated: _Stated) -> str | None:
    """A day that the page declares, else one that htmldate finds in its mark-up."""
    dates = [_clean(work.get("datePublished")) for work in stated.works]
    for name in _DATE_META:
        dates += stated.meta.get(name, [])
    dates += [_clean(node.get("datePublished")) for node in stated.nodes if _is(node, _PAGES)]
    dates += [_clean(element.get("datetime")) for element in stated.tree.iter("time")]
    for date in dates:
        if _DAY.match(date):
            return date
    # Not in its text, which is read line by line after this: of 160 annotated articles without a declaration 128 get
    # the right day so and 25 a wrong one; with htmldate's extensive search, which takes 20 ms a page and loads the
    # words of 200 languages for 2 s in each process, 127 and 28.
    found: str | None = find_date(
        stated.tree, original_date=True, extensive_search=False, min_date=_FIRST_DATE, max_date=_LAST_DATE
    )
    # htmldate answers the first of January where it saw a year alone, mostly that of a copyright notice.
    return None if found is None or found.endswith("-01-01") else found
