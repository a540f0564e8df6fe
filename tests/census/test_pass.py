from __future__ import annotations

from dataclasses import replace

import pytest

from cleancopy.assembly import build_cleaner
from cleancopy.cleaner import Cleaned
from cleancopy.model import Decisions, Document, Standing
from cleancopy.settings import load
from cleancopy.text.segment import segment
from tests.census.sites import BOX, article, page
from tests.census.test_template import SITE, learned, standing

CLEANER = build_cleaner(load())
OFF = build_cleaner(load(overrides={"clean.passes": [p for p in load().clean.passes if p != "census"]}))


def with_census(pages: list[list[str]], number: int) -> Document:
    document = segment("\n\n".join(pages[number]))
    found = standing(pages, number)
    said = [found[line] for line in document.lines]
    return replace(
        document,
        standing=Standing(
            SITE,
            said[0].pages,
            tuple(each.seen[0] for each in said),
            tuple(each.alike[0] for each in said),
            tuple(each.beside[0] for each in said),
            tuple(each.places[0] for each in said),
        ),
    )


def cleaned(document: Document) -> tuple[str, Decisions]:
    (result,) = CLEANER.clean([document])
    assert isinstance(result, Cleaned)
    return result.article.text, result.decisions


def rules(document: Document) -> dict[str, str]:
    _, decisions = cleaned(document)
    return {line: decisions[index].rule for index, line in enumerate(document.lines)}


def test_a_box_in_the_midst_goes_where_a_site_repeats_it() -> None:
    pages = [page(article(number)) for number in range(8)]
    document = with_census(pages, 3)
    assert BOX in cleaned(replace(document, standing=None))[0]
    text, _ = cleaned(document)
    assert BOX not in text
    assert all(paragraph in text for paragraph in article(3)[1:])
    assert rules(document)[BOX] == "census.repeated"


def planted(times: int, line: str, of: int = 10) -> Document:
    """The first of so many pages, with a line within the text of as many of them."""
    pages = [
        page([*body[:3], line, *body[3:]] if n < times else body) for n, body in enumerate(map(article, range(of)))
    ]
    return with_census(pages, 0)


QUOTATION = "“Nobody has ever mended a bridge by talking about it, and nobody ever will,” the first mayor used to say."


@pytest.mark.parametrize("line", ["Ingredients", "What it costs", QUOTATION])
def test_what_articles_share_stays(line: str) -> None:
    times = 4 if line is QUOTATION else 10
    assert rules(planted(times, line))[line] != "census.repeated"


@pytest.mark.parametrize("times", [5, 10])
def test_what_half_of_the_pages_have_in_the_same_place_goes(times: int) -> None:
    line = "CLICK HERE TO GET THE COURIER APP ON YOUR TELEPHONE"
    assert rules(planted(times, line))[line] == "census.repeated"
    assert rules(planted(4, line))[line] != "census.repeated"


def test_without_a_census_nothing_changes() -> None:
    document = segment("\n\n".join(page(article(3))))
    (one,), (other,) = CLEANER.clean([document]), OFF.clean([document])
    assert isinstance(one, Cleaned)
    assert isinstance(other, Cleaned)
    assert one.article == other.article
    assert one.decisions.roles.tolist() == other.decisions.roles.tolist()


def test_the_pass_can_be_switched_off() -> None:
    document = with_census([page(article(number)) for number in range(8)], 3)
    (result,) = OFF.clean([document])
    assert isinstance(result, Cleaned)
    assert BOX in result.article.text


def test_a_page_in_two_parts_keeps_what_is_said_of_its_lines() -> None:
    document = with_census([page(article(number)) for number in range(8)], 3)
    chosen = [index % 2 == 0 for index in range(len(document))]
    part = document.only(chosen)
    assert part.standing is not None
    assert document.standing is not None
    assert part.standing.seen == document.standing.seen[::2]
    assert part.standing.places == document.standing.places[::2]
    assert learned([page(article(0))]) is None
