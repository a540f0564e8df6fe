"""Credits read from single lines; the cases are `cases.toml`."""

from __future__ import annotations

import copy
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleancopy.errors import ConfigurationError
from cleancopy.fields.bylines import BYLINE_THRESHOLD, PLACE_WEIGHTS, READ_WEIGHTS, Bylines, choose_byline, signature
from cleancopy.fields.credits import CreditReader
from cleancopy.fields.credits.datelines import dateline
from cleancopy.fields.credits.reader import MAX_LINE
from cleancopy.fields.dates import DateReader
from cleancopy.languages import Languages
from cleancopy.model import Credit, CreditRole

CASES = tomllib.loads((Path(__file__).parent / "cases.toml").read_text(encoding="utf-8"))
LANGUAGES = Languages()
DATES = DateReader.from_sections(LANGUAGES.dates(), LANGUAGES.common_dates())
READER = CreditReader.from_sections(LANGUAGES.credits(), LANGUAGES.common_credits(), dates=DATES)


def credited(credits: Sequence[Credit]) -> list[list[str]]:
    return [[credit.role, credit.name, *([credit.domain] if credit.domain else [])] for credit in credits]


def stated(line: str, expect: CreditRole | None = None, *, likely: bool = False) -> list[list[str]]:
    credits = READER.read(line, expect=expect, likely=likely)
    assert all(credit.raw == line for credit in credits)
    return credited(credits)


@pytest.mark.parametrize("case", CASES["credit"], ids=lambda case: case["line"])
def test_a_credit_line_gives_its_credits(case: dict[str, Any]) -> None:
    assert stated(case["line"]) == case["credits"]


@pytest.mark.parametrize("case", CASES["caption"], ids=lambda case: case["line"])
def test_a_caption_names_who_made_the_picture(case: dict[str, Any]) -> None:
    found = READER.caption(case["line"], whole=True)
    assert credited(() if found is None else found.credits) == case["credits"]
    if found is not None:
        assert (found.text, found.ends) == (case["text"], case.get("ends", True))
        assert all(credit.raw == case["line"] for credit in found.credits)


@pytest.mark.parametrize("case", CASES["declared"], ids=lambda case: case["line"])
def test_a_field_for_authors_may_have_family_names_first(case: dict[str, Any]) -> None:
    assert credited(READER.declared(case["line"])) == case["credits"]


@pytest.mark.parametrize("line", CASES["nobody"]["lines"])
def test_sections_places_zones_and_account_bars_sign_nothing(line: str) -> None:
    assert stated(line) == []
    assert READER.lone_name(line) is None
    assert not READER.bare_name(line)


SIGNED = ["The harbour bridge will be rebuilt.", "Work begins in May."]


@pytest.mark.parametrize(
    ("below", "names"),
    [
        (["— Ida Berg"], ["Ida Berg"]),
        (["Ida Berg / EFE", "Share"], ["Ida Berg", "EFE"]),
        (["Анна Лебедь", "Поделиться"], ["Анна Лебедь"]),
        (["سلمى الحداد - المرفأ"], ["سلمى الحداد"]),
        (["Meri Aalto", "Jaa Facebookissa"], ["Meri Aalto"]),  # a button that reads like a name
        (["Ann May Berg"], ["Ann May Berg"]),  # one word of his, but not his name
        (["Harbour Bridge"], None),  # the text speaks of it
        (["Ida Harbour"], None),
        (["Ida Berg", "Jon Dale"], None),  # a list of names: tags
        (["Read more"], None),
    ],
)
def test_a_name_alone_right_below_the_text_signs_it(below: list[str], names: list[str] | None) -> None:
    lines = [*SIGNED, *below]
    buttons = [line for line, text in enumerate(lines) if text.startswith("Jaa ")]
    choice = signature(READER, lines, len(SIGNED) - 1, buttons=buttons)
    assert (None if choice is None else [credit.name for credit in choice.credits]) == names


@pytest.mark.parametrize("line", CASES["none"]["lines"])
def test_a_line_without_credits_gives_none(line: str) -> None:
    assert stated(line) == []


@pytest.mark.parametrize("case", CASES["expected"], ids=lambda case: case["line"])
def test_where_an_author_is_expected_a_bare_name_counts(case: dict[str, Any]) -> None:
    assert stated(case["line"], CreditRole.AUTHOR) == case["credits"]


@pytest.mark.parametrize("case", CASES["likely"], ids=lambda case: case["line"])
def test_a_likely_byline_says_more(case: dict[str, Any]) -> None:
    assert stated(case["line"], likely=True) == case["credits"]


@pytest.mark.parametrize("case", CASES["holder"], ids=lambda case: case["line"])
def test_the_rights_may_be_those_of_a_person(case: dict[str, Any]) -> None:
    holder = READER.holder(case["line"])
    assert (holder.name if holder else None) == case.get("name")


@pytest.mark.parametrize("case", CASES["dateline"], ids=lambda case: case["text"])
def test_a_dateline_names_its_agency(case: dict[str, Any]) -> None:
    credit = dateline(case["text"], READER.organisations)
    assert (credit.name, credit.raw) == (case["name"], case["raw"]) if credit else "name" not in case


@given(st.text(max_size=400))
def test_any_text_is_read_without_error(line: str) -> None:
    for credit in READER.read(line) + READER.read(line, expect=CreditRole.AUTHOR) + READER.read(line, likely=True):
        assert credit.name.strip()
        assert credit.raw == line
    dateline(line, READER.organisations)


@given(st.sampled_from([case["line"] for case in CASES["credit"]]), st.sampled_from([" ", "  ", "\t"]))
def test_white_space_around_a_line_changes_nothing(line: str, space: str) -> None:
    bare = [(credit.role, credit.name) for credit in READER.read(line)]
    assert [(credit.role, credit.name) for credit in READER.read(space + line + space)] == bare


@pytest.mark.parametrize(
    "unit",
    ["by ", "By A, ", "a/", "(", "[a](", "and ", "1 ", "A. ", "— ", "Photo: ", "x.y.", "''", "O'", "© 2024 ", "A (B) "],
)
def test_hostile_lines_take_linear_time(unit: str) -> None:
    started = time.process_time()
    for _ in range(10):
        READER.read((unit * MAX_LINE)[:MAX_LINE])
        READER.read((unit * MAX_LINE)[:MAX_LINE], expect=CreditRole.AUTHOR)
        READER.read((unit * MAX_LINE)[:MAX_LINE], likely=True)
        READER.holder((unit * MAX_LINE)[:MAX_LINE])
        READER.announces((unit * MAX_LINE)[:60])
        dateline((unit * 20_000)[:50_000], READER.organisations)
    assert time.process_time() - started < 1.0


BROKEN: list[tuple[list[Any], Any, str]] = [
    (["common", "agency", 0, "home"], "x", "agency 'Reuters' has an unknown field 'home'"),
    (["common", "agency", 0, "domain"], "Reuters", "agency 'Reuters': domain is 'Reuters'"),
    (["common", "agency", 0, "variants"], ["A", "A"], "agency 'Reuters': variants lists 'A' twice"),
    (["common", "agency", 1, "variants"], ["Reuters"], "'Reuters' stands for both"),
    (["common", "agency"], [], "agency must hold at least one"),
    (["common", "publishers", "nytimes.com"], [], "publishers.nytimes.com must not be empty"),
    (["en", "author"], [], "credits.author must not be empty"),
    (["en", "authour"], ["by"], "credits has an unknown field 'authour'"),
    (["common", "names", "particles"], "von", "names.particles must be a list of strings"),
]


@pytest.mark.parametrize(("path", "value", "message"), BROKEN, ids=[message for _, _, message in BROKEN])
def test_broken_configuration_names_entry_and_field(path: list[Any], value: object, message: str) -> None:
    file, *inside = path
    sections = copy.deepcopy({"common": LANGUAGES.common_credits(), **LANGUAGES.credits()})
    place: Any = sections[file].data
    for key in inside[:-1]:
        place = place[key]
    place[inside[-1]] = value
    with pytest.raises(ConfigurationError) as caught:
        CreditReader.from_sections(sections, sections.pop("common"), dates=DATES)
    assert message in str(caught.value)
    assert f"config/languages/{file}.toml" in str(caught.value)


PROSE = "The council voted on Monday to rebuild the old harbour bridge after years of debate in the town."
DOCUMENT = [
    "Home",
    "Harbour bridge to be rebuilt",
    "By Jane Doe",
    "May 3, 2024",
    PROSE,
    PROSE,
    "Related",
    "By John Smith",
]


def test_the_byline_beside_the_title_wins_over_the_one_of_a_teaser() -> None:
    choice = choose_byline(READER, DOCUMENT, body_start=4, body_end=5, title=1, dates=(3,))
    assert choice is not None
    assert (choice.lines, [credit.name for credit in choice.credits]) == ((2,), ["Jane Doe"])


def test_an_opener_on_a_line_of_its_own_is_read_with_the_names_behind_it() -> None:
    lines = ["Harbour bridge to be rebuilt", "By", "Jane Doe", "and", "John Smith", PROSE, PROSE]
    choice = choose_byline(READER, lines, body_start=5, body_end=6, title=0)
    assert choice is not None
    assert (choice.lines, [credit.name for credit in choice.credits]) == ((1, 2, 3, 4), ["Jane Doe", "John Smith"])


def test_a_hint_that_names_somebody_wins() -> None:
    choice = choose_byline(READER, DOCUMENT, body_start=4, body_end=5, title=1, hint="Ann Lee")
    assert choice is not None
    assert (choice.lines, choice.credits, [credit.name for credit in choice.hinted]) == ((), (), ["Ann Lee"])


def test_a_hint_that_names_nobody_leaves_the_byline() -> None:
    choice = choose_byline(READER, DOCUMENT, body_start=4, body_end=5, title=1, dates=(3,), hint="admin")
    assert choice is not None
    assert [credit.name for credit in choice.credits] == ["Jane Doe"]


def test_a_bare_name_needs_the_word_of_a_hint_or_the_model() -> None:
    lines = ["Harbour bridge to be rebuilt", "Jane Doe", "John Smith", PROSE, PROSE]
    where: dict[str, Any] = {"body_start": 3, "body_end": 4, "title": 0}
    assert choose_byline(READER, lines, **where) is None
    hinted = choose_byline(READER, lines, **where, hint="Jane Doe")
    assert hinted is not None
    assert (hinted.lines, [credit.name for credit in hinted.credits]) == ((1,), ["Jane Doe"])
    believed = choose_byline(READER, lines, **where, probabilities=[0.0, 0.0, 0.9, 0.0, 0.0])
    assert believed is not None
    assert believed.lines == (2,)


@pytest.mark.parametrize(("site", "names"), [("movewell.example", ["Movewell"]), ("harbour.example", [])])
def test_a_word_that_stands_all_over_the_page_signs_only_if_it_is_the_site(site: str, names: list[str]) -> None:
    lines = ["Movewell", "Harbour bridge to be rebuilt", "Movewell", "8 October 2024", PROSE, PROSE, "Movewell"]
    believed = [0.0, 0.0, 0.9, 0.0, 0.0, 0.0, 0.0]
    choice = choose_byline(
        READER, lines, body_start=4, body_end=5, title=1, dates=(3,), site=site, probabilities=believed
    )
    assert [credit.name for credit in (choice.credits if choice else ())] == names


def test_a_document_without_a_byline_has_none() -> None:
    lines = ["Home", "Harbour bridge to be rebuilt", PROSE, PROSE, "Share this page", "Contact"]
    assert choose_byline(READER, lines, body_start=2, body_end=3, title=1) is None


@pytest.mark.parametrize("case", CASES["lone"], ids=lambda case: case["line"])
def test_a_single_word_may_sign_unless_it_is_a_label(case: dict[str, Any]) -> None:
    assert READER.lone_name(case["line"]) == case.get("name")


@pytest.mark.parametrize("line", CASES["bare"]["names"])
def test_a_line_of_names_is_known_as_one(line: str) -> None:
    assert READER.bare_name(line)


@pytest.mark.parametrize("line", CASES["bare"]["others"])
def test_what_only_looks_like_names_is_none(line: str) -> None:
    assert not READER.bare_name(line)


def test_names_beside_the_byline_that_the_model_is_sure_of_are_authors_too() -> None:
    lines = ["Harbour bridge to be rebuilt", "• Jane Doe", "• John Smith", "• Home Page", PROSE, PROSE]
    sure = [0.0, 0.9, 0.8, 0.1, 0.0, 0.0]
    choice = choose_byline(READER, lines, body_start=4, body_end=5, title=0, probabilities=sure)
    assert choice is not None
    assert (choice.lines, [credit.name for credit in choice.credits]) == ((1, 2), ["Jane Doe", "John Smith"])


def test_a_line_that_the_model_is_sure_of_is_read_wherever_it_stands() -> None:
    lines = ["Harbour bridge to be rebuilt", *[PROSE] * 40, "By Jane Doe", *[PROSE] * 40]
    for probability, found in ((0.9, True), (0.01, False)):
        probabilities = [probability if line.startswith("By") else 0.0 for line in lines]
        choice = choose_byline(READER, lines, body_start=1, body_end=81, title=0, probabilities=probabilities)
        assert (choice is not None) is found


@pytest.mark.parametrize("case", CASES["layout"], ids=lambda case: case["id"])
def test_lines_around_a_byline_say_who_its_authors_are(case: dict[str, Any]) -> None:
    lines = ["Harbour bridge to be rebuilt", *case["lines"], PROSE, PROSE, *case.get("below", [])]
    sure = [0.0, *case["sure"], 0.0, 0.0, *case.get("sure_below", [])]
    start = len(case["lines"]) + 1
    found = choose_byline(
        READER, lines, body_start=start, body_end=start + 1, title=0, probabilities=sure, hint=case.get("hint")
    )
    credits = (*found.credits, *found.hinted) if found else ()
    assert [credit.name for credit in credits if credit.role is CreditRole.AUTHOR] == case["authors"]


NEAR = ["By Jane Doe", "John Smith", "Home", "Ann Lee, reporter", "May 3, 2024", "Mira", PROSE, "by", "Photo: Ida Holm"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NEAR), st.integers(0, 10_000)), min_size=3, max_size=12), st.data())
def test_what_is_left_unread_could_not_have_won(page: list[tuple[str, int]], data: st.DataObject) -> None:
    lines = [line for line, _ in page]
    probabilities = [steps / 10_000 for _, steps in page]
    start = data.draw(st.integers(0, len(lines) - 1))
    where: dict[str, Any] = {"body_start": start, "body_end": len(lines) - 1, "title": data.draw(st.integers(0, start))}
    everything = Bylines(READER, lines, **where, probabilities=probabilities)
    scores = {}
    for place, standing in zip(everything.places, everything.standing @ np.array(PLACE_WEIGHTS), strict=True):
        if (byline := everything.at(place)) is not None:
            scores[place] = float(standing + np.dot(READ_WEIGHTS, everything.features(byline)))
    choice = choose_byline(READER, lines, **where, probabilities=probabilities)
    best = max(scores.values(), default=-99.0)
    assert (choice is not None) == (best >= BYLINE_THRESHOLD)
    assert choice is None or choice.score == pytest.approx(best)


def test_a_reader_that_remembers_gives_what_a_fresh_one_gives() -> None:
    fresh = CreditReader.from_sections(LANGUAGES.credits(), LANGUAGES.common_credits(), dates=DATES)
    lines = [case["line"] for case in CASES["credit"] + CASES["expected"]] + CASES["none"]["lines"]
    for line in [*lines, *lines]:
        READER.read(line), READER.read(line, expect=CreditRole.AUTHOR), READER.bare_name(line)
    for line in reversed(lines):
        assert fresh.read(line, expect=CreditRole.AUTHOR) == READER.read(line, expect=CreditRole.AUTHOR)
        assert fresh.read(line) == READER.read(line)
        assert fresh.bare_name(line) == READER.bare_name(line)


def test_a_description_of_the_authors_picture_names_her() -> None:
    for line in ("Picture of Mira Holm", "Mira Holm's image", "Mira Holm Profile Image", "Mira HolmMira Holm"):
        assert READER.bare_name(line), line
        assert [credit.name for credit in READER.read(line, expect=CreditRole.AUTHOR)] == ["Mira Holm"], line
