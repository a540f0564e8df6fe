"""Titles cleaned and chosen; the cases are `cases.toml`."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleancopy.fields.titles import Titles
from cleancopy.text.letters import count_words
from cleancopy.text.title_text import SiteNames, clean_title, flat, is_possible

CASES = tomllib.loads((Path(__file__).parent / "cases.toml").read_text(encoding="utf-8"))
PROSE = "The council voted on Monday to rebuild the old harbour bridge after years of debate in the town."


@pytest.mark.parametrize("case", CASES["clean"], ids=lambda case: case["text"])
def test_a_title_loses_only_what_is_not_its_own(case: dict[str, Any]) -> None:
    shown = SiteNames(case.get("page", ()))
    assert clean_title(case["text"], case.get("site"), case.get("others", ()), shown) == case["title"]


@pytest.mark.parametrize("case", CASES["possible"], ids=lambda case: case["text"])
def test_a_paragraph_of_sentences_is_no_title(case: dict[str, Any]) -> None:
    assert is_possible(case["text"]) == case["is"]


@pytest.mark.parametrize("case", CASES["headline"], ids=lambda case: case["language"])
def test_a_headline_in_doubt_is_told_by_its_place_and_words_in_every_script(case: dict[str, Any]) -> None:
    lines = case["lines"]
    start = case.get("at", len(lines) - 2) + 1
    probabilities = [0.3 if place == start - 1 else 0.02 for place in range(len(lines))]
    choice = Titles(lines, body_start=start, probabilities=probabilities).choose()
    assert (choice.lines if choice else None) == ((case["at"],) if "at" in case else None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Harbour bridge", 2),
        ("港口大桥五月开始重建", 5),
        ("港の橋、五月に", 4),
        ("สะพานท่าเรือ", 3),
        ("항구 다리", 2),
        ("बंदरगाह का पुल", 3),
    ],
)
def test_words_are_counted_by_script(text: str, words: int) -> None:
    assert count_words(text) == words


@pytest.mark.parametrize("case", CASES["choose"], ids=lambda case: case["name"])
def test_the_title_is_chosen_by_what_agrees_with_it(case: dict[str, Any]) -> None:
    lines = [PROSE if line == "PROSE" else line for line in case["lines"]]
    known = {key: case[key] for key in ("url", "site", "hint", "stated") if key in case}
    choice = Titles(lines, body_start=case["body_start"], **known).choose()
    assert (choice.text, list(choice.lines)) == (case["title"], case["at"]) if choice else "title" not in case


def test_the_model_outweighs_position() -> None:
    lines = ["Town and country news", "Harbour bridge to be rebuilt", PROSE, PROSE]
    for wanted in (0, 1):
        probabilities = [0.95 if index == wanted else 0.01 for index in range(4)]
        choice = Titles(lines, body_start=2, probabilities=probabilities).choose()
        assert choice is not None
        assert choice.lines == (wanted,)


@pytest.mark.parametrize(("probability", "found"), [(0.9, True), (0.1, False)])
@pytest.mark.parametrize("above", [1, 120])
def test_a_line_that_the_model_takes_for_the_title_is_one_wherever_it_stands(
    above: int, probability: float, found: bool
) -> None:
    """Far above what was taken for the body, or below its first line."""
    lines = (
        ["A teaser of another page"] * above + ["Harbour bridge to be rebuilt"] + ["Read on"] * (121 - above) + [PROSE]
    )
    probabilities = [probability if line.startswith("Harbour") else 0.01 for line in lines]
    choice = Titles(lines, body_start=115, probabilities=probabilities).choose()
    assert (choice is not None and choice.text == "Harbour bridge to be rebuilt") is found


@settings(deadline=None)
@given(
    st.text(max_size=200),
    st.sampled_from([None, "example.com", "Example News"]),
    st.lists(st.text(max_size=40), max_size=3),
)
def test_cleaning_twice_changes_nothing_and_adds_nothing(text: str, site: str | None, others: list[str]) -> None:
    cleaned = clean_title(text, site, others)
    assert clean_title(cleaned, site, others) == cleaned
    assert not text.strip() or set(flat(cleaned)) <= set(flat(text)) | {" "}


@pytest.mark.parametrize("unit", ["- ", "| ", "*a", "_", "# ", "<a", "a: ", " »", "=~"])
def test_hostile_titles_take_linear_time(unit: str) -> None:
    started = time.process_time()
    for _ in range(10):
        clean_title((unit * 300)[:300], "example.com")
    assert time.process_time() - started < 1.0
