"""Front matter is told from text, and says title, author and date."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import cleancopy
from cleancopy.text.frontmatter import front_matter
from cleancopy.text.segment import segment

CASES = tomllib.loads((Path(__file__).parent / "frontmatter.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_front_matter(case: dict[str, Any]) -> None:
    count, stated = front_matter(case["raw"].splitlines())
    assert count == case["lines"]
    assert stated == case.get("stated", {})


def test_the_caller_knows_better() -> None:
    document = segment("---\ntitle: Old\nauthor: A. Reed\n---\nText.", title="New")
    assert (document.title, document.author, document.front) == ("New", "A. Reed", 4)
    assert document.lines[document.front :] == ("Text.",)


def test_an_article_takes_its_fields_from_there_and_keeps_its_text() -> None:
    paragraph = (
        "The mill of Orla grinds again since Monday, the parish said, after a winter in which its wheel was frozen."
    )
    top = "---\ntitle: The mill of Orla\nauthor: Ines Falk\ndate: 2021-03-04\n---"
    article = cleancopy.clean(f"{top}\n\n{paragraph}\n\n---\n\n{paragraph[:59]}.")
    assert article.title == "The mill of Orla"
    assert [credit.name for credit in article.credits] == ["Ines Falk"]
    assert article.published is not None
    assert article.published.moment.date().isoformat() == "2021-03-04"
    assert article.text.startswith(paragraph)
