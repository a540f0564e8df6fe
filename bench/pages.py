"""Article pages made up for measuring: the same numbers give the same pages, in HTML and as whole-page plain text.

A page has what pages have: a cookie notice, menus, share links, a byline with a date, paragraphs under headings, a
newsletter box, teasers between and below, comments, a footer. Menus repeat from page to page, sentences and teasers are
put together anew, as on real sites. The mark-up around the text is as heavy as that of common themes (pictures, inline
settings, nested boxes), so that HTML is some 130 kB a page. `pages.toml` has the words.
"""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

BODY_CHARACTERS = 14_000
"""Of the body by default; with everything around it a page has 21 kB of text, as whole pages of articles have."""

_WORDS: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("pages.toml").read_text(encoding="utf-8"))
_LANGUAGES = ("en", "en", "de", "en", "fr", "es")


class Page(NamedTuple):
    id: str
    url: str
    html: str
    text: str


class _Line(NamedTuple):
    tag: str
    text: str
    apart: bool
    """Whether a blank line stands above it in the plain text."""


def pages(count: int, *, body: int = BODY_CHARACTERS, first: int = 0) -> Iterator[Page]:
    """`count` pages from number `first` on, with about `body` characters of article each."""
    for number in range(first, first + count):
        yield _page(number, body)


def write(path: Path, count: int, field: str, *, body: int = BODY_CHARACTERS) -> None:
    """JSON Lines with `id`, `url`, and the field `html` or `text`."""
    with path.open("w", encoding="utf-8") as stream:
        for page in pages(count, body=body):
            row = {"id": page.id, "url": page.url, field: getattr(page, field)}
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def _page(number: int, body: int) -> Page:
    dice = random.Random(number)
    language = _LANGUAGES[number % len(_LANGUAGES)]
    words = _WORDS[language]

    def fill(template: str) -> str:
        return template.format(
            noun=dice.choice(words["nouns"]),
            place=dice.choice(words["places"]),
            name=dice.choice(words["names"]),
            adjective=dice.choice(words["adjectives"]),
            number=dice.randint(11, 99),
            day=dice.randint(1, 28),
            month=dice.choice(words["months"]),
            year=dice.randint(2009, 2024),
        )

    def teasers(count: int) -> list[_Line]:
        return [_Line("li a", fill(dice.choice(words["titles"])), False) for _ in range(count)]

    title = fill(dice.choice(words["titles"]))
    lines = [_Line("div", words["cookie"], False)]
    lines += [_Line("nav a", item, False) for item in words["menu"]]
    lines += [_Line("h1", title, True), _Line("p", fill(words["byline"]), True), _Line("p", fill(words["date"]), False)]
    lines += [_Line("a", item, False) for item in words["share"]]
    written, paragraphs = 0, 0
    while written < body:
        if paragraphs % 6 == 5:
            lines.append(_Line("h2", fill(dice.choice(words["headings"])), True))
        if paragraphs % 15 == 8:
            lines += [_Line("h3", words["related"], True), *teasers(4)]
        if paragraphs == 10:
            lines += [_Line("div", text, True) for text in words["newsletter"]]
        paragraph = " ".join(fill(dice.choice(words["sentences"])) for _ in range(dice.randint(2, 5)))
        lines.append(_Line("article p", paragraph, True))
        written += len(paragraph)
        paragraphs += 1
    around = max(1, round(written / 1000))
    lines += [_Line("h3", words["related"], True), *teasers(4 * around)]
    lines += [_Line("h3", words["popular"], True), *teasers(3 * around)]
    lines.append(_Line("h3", words["comments"], True))
    for _ in range(around):
        lines += [
            _Line("div", dice.choice(words["names"]), True),
            _Line("div", fill(dice.choice(words["remarks"])), False),
        ]
        lines.append(_Line("a", words["reply"], False))
    lines += [_Line("footer a", fill(item), False) for item in words["footer"]]
    slug = "-".join(title.lower().split()[:6])
    url = f"https://www.courier-{number % 50}.example/{language}/{number}/{slug}"
    return Page(str(number), url, _html(lines, title, language), _text(lines))


_PICTURE = (
    '<picture><source media="(min-width: 60em)" srcset="/images/wide.webp, /images/large.webp 2x" type="image/webp">'
    '<img class="card__image" src="/images/small.jpg" width="320" height="180" loading="lazy" alt=""></picture>'
    '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M2 2h12v12H2z M4 4h8v8H4z"></path></svg>'
)


def _html(lines: list[_Line], title: str, language: str) -> str:
    parts = [
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        "<style>body{font-family:serif;margin:0 auto;max-width:60em}.item{padding:1em;color:#333}</style>" * 40,
        '<script>window.settings={"consent":true,"track":[1,2,3],"page":{"kind":"article"}};</script>' * 250,
        "</head><body>",
    ]
    for place, line in enumerate(lines):
        outer, _, inner = line.tag.partition(" ")
        content = escape(line.text)
        if inner == "p":
            parts.append(f'<p class="article-body" data-place="{place}">{content}</p>\n')
        elif inner == "a" or outer == "a":
            kind = outer if inner else "div"
            link = f'<a class="link" href="/page/{place}" title="{content}"><span>{content}</span></a>'
            parts.append(
                f'<{kind} class="item item-{place % 7}"><div class="card"><div class="card__media">{_PICTURE}</div>'
            )
            parts.append(f'<div class="card__body">{link}</div></div></{kind}>\n')
        else:
            parts.append(f'<{outer} class="{outer}-{place % 3}">{content}</{outer}>\n')
    parts.append("</body></html>")
    return "".join(parts)


def _text(lines: list[_Line]) -> str:
    return "\n".join(("\n" if line.apart else "") + line.text for line in lines) + "\n"
