"""What a document states of itself, through the cleaner, rules alone: lifted once, and nothing more the second time."""

from __future__ import annotations

import pytest

from cleancopy import settings
from cleancopy.assembly import build_cleaner
from cleancopy.cleaner import Cleaned, Cleaner
from cleancopy.text.segment import segment

URL = "https://example.com/2024/harbour-bridge-rebuilt"
PROSE = (
    "The council voted on Monday to rebuild the old harbour bridge after years of debate in the town.",
    "Work on the foundations begins in spring, and ferries will carry people across until the summer after next.",
    "Merchants on the northern bank fear for their trade, and have asked for a footbridge while the works go on.",
)
PAGE = "\n\n".join(
    (
        *("Home", "Subscribe", "Harbour bridge to be rebuilt", "By Jane Doe"),
        *(
            "Published May 3, 2024",
            "Updated May 5, 2024",
            PROSE[0],
            "What comes next",
            PROSE[1],
            "June 9, 2024",
            PROSE[2],
        ),
        *("Share this article", "© 2024 Example News"),
    )
)


@pytest.fixture(scope="module")
def rules_alone() -> Cleaner:
    return build_cleaner(settings.load(overrides={"clean.model": False}))


def cleaned(cleaner: Cleaner, text: str) -> Cleaned:
    result = cleaner.clean([segment(text, url=URL)])[0]
    assert isinstance(result, Cleaned)
    return result


def test_every_date_line_between_title_and_body_is_lifted_and_the_publication_counts(rules_alone: Cleaner) -> None:
    article = cleaned(rules_alone, PAGE).article
    assert article.title == "Harbour bridge to be rebuilt"
    assert [credit.name for credit in article.credits] == ["Jane Doe"]
    assert article.published is not None
    assert str(article.published.moment.date()) == "2024-05-03"
    assert "Updated" not in article.text


def test_cleaning_the_clean_text_again_changes_nothing(rules_alone: Cleaner) -> None:
    first = cleaned(rules_alone, PAGE).article
    again = cleaned(rules_alone, f"{first.title}\n\n{first.text}").article
    assert (again.title, again.text) == (first.title, first.text)


def test_in_a_cleaned_text_only_what_stands_on_top_is_lifted(rules_alone: Cleaner) -> None:
    text = f"Harbour bridge to be rebuilt\n\n{PROSE[0]}\n\nJune 9, 2024\n\n{PROSE[1]}\n\nBy John Smith\n\n{PROSE[2]}"
    article = cleaned(rules_alone, text).article
    assert article.title == "Harbour bridge to be rebuilt"
    assert "June 9, 2024" in article.text
    assert "By John Smith" in article.text


def test_a_cleaned_text_without_a_title_gets_none(rules_alone: Cleaner) -> None:
    text = "\n\n".join(("Contact", *PROSE))
    assert cleaned(rules_alone, text).article.title is None


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("(dpa/abc)", ["Deutsche Presse-Agentur"]),
        ("(AP)", ["Associated Press"]),
        ("© Photo: Mira Holm", ["Mira Holm"]),
        ("(see map)", []),
        ("© 2024 Mira Holm", []),
    ],
)
def test_what_signs_the_text_below_it_is_a_credit(rules_alone: Cleaner, line: str, names: list[str]) -> None:
    page = "\n\n".join(("Home", "Harbour bridge to be rebuilt", "By Jane Doe", *PROSE, line, "Share this article"))
    result = cleaned(rules_alone, page)
    assert [credit.name for credit in result.article.credits] == ["Jane Doe", *names]
    assert (line in result.article.text) is (line == "(see map)")
