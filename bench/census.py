"""What the census is worth on generated sites: how much of a template goes, and whether an article loses a paragraph.

    python bench/census.py [--pages 5,50,500] [--cleaned 20]

Each site, in one of eight languages (`sites.toml`), has a template (menu, a box within the text, a note and legal lines
below, the first paragraphs of the site's most read articles) around articles that share a heading on every page, a
quotation on every fifth and a notice on every tenth; one article in ten stands at two addresses. All pages are counted,
`--cleaned` of them are cleaned, as plain text and as HTML, without the census and with it.
"""

from __future__ import annotations

import argparse
import random
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from cleancopy.census.pages import counted, lines_of, page_of, site_of
from cleancopy.census.samples import known, together
from cleancopy.census.template import learn
from cleancopy.cleaner import Cleaned
from cleancopy.cleaning import Cleaning
from cleancopy.model import Document, Record
from cleancopy.settings import load

WORDS: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("sites.toml").read_text(encoding="utf-8"))


class Made(NamedTuple):
    """A page. own: the lines of its article below the title; template: those of the site."""

    url: str
    own: list[str]
    template: list[str]
    text: str
    html: str


def site(language: str, count: int, seed: int = 1) -> list[Made]:
    """The pages of a site."""
    words = WORDS[language]
    sources = [number - 1 if number % 10 == 9 else number for number in range(count)]
    articles = [_article(words, number, seed) for number in sources]
    popular = [line for title, own in articles[:3] for line in (title, own[0])]
    host = f"https://www.{language}-{count}.example"
    return [_page(f"{host}/{number}", words, *article, popular) for number, article in enumerate(articles)]


def _article(words: dict[str, Any], number: int, seed: int) -> tuple[str, list[str]]:
    dice = random.Random(f"{seed} {number}")

    def fill(template: str) -> str:
        noun, place = dice.choice(words["nouns"]), dice.choice(words["places"])
        return template.format(noun=noun, place=place, number=dice.randint(11, 9999))

    space = "" if words is WORDS["ja"] else " "
    own = [space.join(fill(each) for each in dice.sample(words["sentences"], 3)) for _ in range(dice.randint(5, 9))]
    if number % 5 == 0:
        own.insert(2, words["quotation"])
    own.insert(len(own) - 2, words["heading"])
    if number % 10 == 3:
        own.append(words["notice"])
    return fill(words["title"]), own


def _page(url: str, words: dict[str, Any], title: str, own: list[str], popular: list[str]) -> Made:
    half = len(own) // 2
    above, below = words["menu"], [words["note"], words["popular"], *popular, *words["legal"]]
    lines = [*above, title, *own[:half], words["box"], *own[half:], *below]
    text = "\n\n".join(lines)
    body = "".join(
        f"<h2>{escape(line)}</h2>" if line == words["heading"] else f"<p>{escape(line)}</p>"
        for line in (*own[:half], words["box"], *own[half:])
    )
    html = (
        f"<!doctype html><html><head><title>{escape(title)}</title></head><body>"
        f"<ul>{''.join(f'<li><a href=/>{escape(item)}</a></li>' for item in above)}</ul>"
        f"<h1>{escape(title)}</h1>{body}{''.join(f'<p>{escape(line)}</p>' for line in below)}</body></html>"
    )
    template = [*above, words["box"], words["note"], words["popular"], *words["legal"]]
    return Made(url, own, template, text, html)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", default="5,50,500", help="sizes of the sites")
    parser.add_argument("--cleaned", type=int, default=20, help="pages of each site that are cleaned")
    given = parser.parse_args()
    cleaning = Cleaning.of(load())
    print("| pages | form | own lines | kept without | kept with | taken | template lines | kept without | kept with |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for count in map(int, given.pages.split(",")):
        for form in ("text", "html"):
            found: Counter[str] = Counter()
            for language in WORDS:
                found += measured(cleaning, site(language, count), form, given.cleaned)
            names = ("own", "own without", "own with", "taken", "template", "template without", "template with")
            print(f"| {count} | {form} | " + " | ".join(f"{found[name]:,}" for name in names) + " |", flush=True)


def measured(cleaning: Cleaning, made: Sequence[Made], form: str, most: int) -> Counter[str]:
    """own, template: lines of both; … without, … with: those that are in the article without and with the census.
    taken: lines of the article that only the census takes.
    """
    most_pages, name = load().census.pages, site_of(made[0].url)
    assert name is not None
    records = [_record(page, form) for page in made]
    numbers = {page_of(page.url): record for page, record in zip(made, records, strict=True)}
    chosen = together(((number, None) for number in numbers), most_pages)
    lines = [(number, counted(lines_of(cleaning.lines(numbers[number])))) for number, _ in chosen]
    template = learn(name, known(chosen, most_pages), lines)
    found: Counter[str] = Counter()
    for page, record in list(zip(made, records, strict=True))[:most]:
        document = cleaning.document(record)
        assert isinstance(document, Document)
        before = _blocks(cleaning, document)
        after = before
        if template is not None:
            standing = template.standing(document, page_of(page.url))
            after = _blocks(cleaning, replace(document, standing=standing))
        found["own"] += len(page.own)
        found["own without"] += sum(line in before for line in page.own)
        found["own with"] += sum(line in after for line in page.own)
        found["taken"] += sum(line in before and line not in after for line in page.own)
        found["template"] += len(page.template)
        found["template without"] += sum(line in before for line in page.template)
        found["template with"] += sum(line in after for line in page.template)
    return found


def _record(page: Made, form: str) -> Record:
    text, html = (page.text, None) if form == "text" else (None, page.html)
    return Record(page.url, 0, "", text=text, html=html, url=page.url)


def _blocks(cleaning: Cleaning, document: Document) -> set[str]:
    (result,) = cleaning.clean([document])
    return {block.text for block in result.article.blocks} if isinstance(result, Cleaned) else set()


if __name__ == "__main__":
    main()
