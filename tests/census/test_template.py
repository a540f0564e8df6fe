from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleancopy.census.pages import counted, lines_of, page_of
from cleancopy.census.store import Templates, write_templates
from cleancopy.census.template import Template, learn
from cleancopy.errors import ConfigurationError
from cleancopy.model import Standing
from cleancopy.text.segment import segment
from tests.census.sites import ABOVE, BELOW, BOX, article, page, url

SITE = "www.courier.example"


def learned(pages: Sequence[Sequence[str]]) -> Template | None:
    counts = [(page_of(url(number)), counted(lines_of(lines))) for number, lines in enumerate(pages)]
    return learn(SITE, len(counts), counts)


def standing(pages: Sequence[Sequence[str]], number: int, lines: Sequence[str] | None = None) -> dict[str, Standing]:
    template = learned(pages)
    assert template is not None
    document = segment("\n\n".join(lines or pages[number]))
    found = template.standing(document, page_of(url(number)))
    return {
        line: Standing(found.site, found.pages, (seen,), (alike,), (beside,), (place,))
        for line, seen, alike, beside, place in zip(
            document.lines, found.seen, found.alike, found.beside, found.places, strict=True
        )
    }


def test_what_a_site_repeats_is_told_from_what_it_says_once() -> None:
    pages = [page(article(number)) for number in range(6)]
    found = standing(pages, 2)
    for line in (*ABOVE, *BELOW, BOX):
        assert (found[line].pages, found[line].seen, found[line].alike) == (6, (6,), (6,))
    for line in article(2):
        assert (found[line].seen, found[line].beside) == ((1,), (1,))
    assert found["News"].places == ("above",)
    assert found[BOX].places == ("within",)
    assert found["Privacy policy"].places == ("below",)
    assert found["Culture"].beside == (6,)
    assert found[BOX].beside == (1,)


def test_a_page_that_nobody_has_counted_counts_itself() -> None:
    pages = [page(article(number)) for number in range(6)]
    found = standing(pages, 99, page(article(99)))
    assert (found[BOX].pages, found[BOX].seen) == (7, (7,))
    assert found[article(99)[1]].seen == (1,)


@pytest.mark.parametrize("copies", [2, 4, 9])
def test_the_same_article_at_several_addresses_counts_once(copies: int) -> None:
    pages = [page(article(number)) for number in range(5)] + [
        page(article(0))[: -1 - number % 2] for number in range(copies)
    ]
    found = standing(pages, 0)
    assert found[BOX].pages == 5
    assert all(found[line].seen == (1,) for line in article(0))


def test_an_article_with_another_ending_is_still_the_same() -> None:
    long = article(0)
    pages = [page(article(number)) for number in range(1, 4)] + [page(long), page([*long[:-2], *article(77)[1:3]])]
    found = standing(pages, 3)
    assert found[BOX].pages == 4
    assert found[long[1]].seen == (1,)


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param([page(article(0))], id="one page"),
        pytest.param([page(article(0)), page(article(1))], id="two pages"),
        pytest.param([page(article(0))] * 9, id="one article nine times"),
        pytest.param([[*ABOVE, *BELOW]] * 9, id="no article"),
    ],
)
def test_too_few_pages_that_differ_have_no_template(pages: list[list[str]]) -> None:
    assert learned(pages) is None


def test_the_first_paragraph_of_a_popular_article_is_its_own() -> None:
    popular = article(0)
    others = [[*page(article(number)), "Most read", *popular[:2], "More from us"] for number in range(1, 8)]
    found = standing([page(popular), *others], 0)
    assert found[popular[1]].seen == (8,)
    assert found[popular[1]].alike == (1,)


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_a_template_depends_on_no_order(dice: random.Random) -> None:
    pages = [(page_of(url(number)), lines_of(page(article(number % 5)))) for number in range(7)]
    first = learn(SITE, 7, pages)
    dice.shuffle(pages)
    second = learn(SITE, 7, pages)
    assert first is not None
    assert second is not None
    assert first.id == second.id


def test_templates_are_found_in_their_file(tmp_path: Path) -> None:
    template = learned([page(article(number)) for number in range(4)])
    assert template is not None
    names = [f"{number:03d}.example" for number in range(0, 400, 2)]
    path = tmp_path / "sites.templates"
    write_templates(
        path, (Template(name, *(getattr(template, slot) for slot in Template.__slots__[1:])) for name in names)
    )
    found = Templates(path)
    assert list(found.ids()) == names
    assert [each.site for each in found] == names
    for name in (names[0], names[57], names[-1]):
        at = found.of(name)
        assert at is not None
        assert (at[0].site, at[0].id) == (name, at[1])
    assert found.of("001.example") is None
    assert found.of("") is None
    assert found.of("zzz") is None


def test_a_file_that_is_no_census_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "no.templates"
    path.write_bytes(b"no census")
    with pytest.raises(ConfigurationError, match="is no census"):
        Templates(path)
