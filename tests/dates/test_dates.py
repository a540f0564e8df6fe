"""Dates read from single lines; the cases are `cases.toml`."""

from __future__ import annotations

import copy
import time
import tomllib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleancopy.errors import ConfigurationError
from cleancopy.fields.dates import MAX_LINE, DateReader
from cleancopy.fields.dates.calendars import persian_midnight
from cleancopy.fields.publication import DateChoice, Dates
from cleancopy.languages import Languages

CASES = tomllib.loads((Path(__file__).parent / "cases.toml").read_text(encoding="utf-8"))
LANGUAGES = Languages()
READER = DateReader.from_sections(LANGUAGES.dates(), LANGUAGES.common_dates())


def choose_date(lines: Sequence[str], *, title: int | None = None, **where: Any) -> DateChoice | None:
    return Dates(READER, lines, **where).choose(title)


@pytest.mark.parametrize("case", CASES["date"], ids=lambda case: f"{case['line']} {case.get('languages', '')}")
def test_a_date_line_states_its_dates(case: dict[str, Any]) -> None:
    dates = READER.read(case["line"], languages=case.get("languages", ()), order=case.get("order"))
    wanted = [
        (datetime.fromisoformat(moment).replace(tzinfo=UTC), precision, *(kind or ["published"]))
        for moment, precision, *kind in case["dates"]
    ]
    assert [(stated.moment, stated.precision, stated.kind) for stated in dates] == wanted
    assert all(stated.raw == case["line"] for stated in dates)


@pytest.mark.parametrize("case", CASES["dateline"], ids=lambda case: case["line"])
def test_a_dateline_states_its_day(case: dict[str, Any]) -> None:
    stated = READER.dateline(case["line"])
    assert (stated and str(stated.moment.date())) == case.get("day")


@given(st.dates(min_value=date(1921, 3, 21), max_value=date(2042, 3, 20)))
def test_every_persian_day_is_one_after_the_day_before(day: date) -> None:
    months = [31] * 6 + [30] * 5
    known = {
        moment.date(): (year, month, number)
        for year in range(day.year - 622, day.year - 620)
        for month in range(1, 13)
        for number in range(1, (months[month - 1] if month < 12 else 30) + 1)
        if (moment := persian_midnight(year, month, number)) is not None
    }
    if day in known:
        year, month, number = known[day]
        (stated,) = READER.read(f"{year}/{month:02}/{number:02}")
        assert stated.moment.date() == day
    assert len(known) in (365, 366, 730, 731)


@pytest.mark.parametrize("tag", ["nb", "nn", "no", "nb-NO"])
def test_norwegian_is_known_by_each_of_its_codes(tag: str) -> None:
    (stated,) = READER.read("05/03/2024", languages=[tag])
    assert (stated.moment.month, stated.moment.day) == (3, 5)


@pytest.mark.parametrize("line", CASES["none"]["lines"])
def test_a_line_that_states_no_absolute_date_gives_none(line: str) -> None:
    assert READER.read(line) == ()


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
def test_every_day_is_read_back_from_its_unambiguous_forms(day: date) -> None:
    for form in (f"{day:%Y-%m-%d}", f"{day:%d.%m.%Y}", f"{day:%B} {day.day}, {day.year}"):
        (stated,) = READER.read(form, order="day")
        assert stated.moment.date() == day


@given(st.datetimes(min_value=datetime(1901, 1, 1), max_value=datetime(2098, 12, 31)), st.integers(-12 * 60, 14 * 60))
def test_zones_become_utc(moment: datetime, minutes: int) -> None:
    sign, hours = ("-" if minutes < 0 else "+"), abs(minutes)
    (stated,) = READER.read(f"{moment:%Y-%m-%dT%H:%M:%S}{sign}{hours // 60:02}:{hours % 60:02}")
    expected = datetime.fromisoformat(f"{moment:%Y-%m-%dT%H:%M:%S}{sign}{hours // 60:02}:{hours % 60:02}")
    assert stated.moment == expected
    assert stated.moment.tzinfo is UTC


@given(st.text(max_size=400))
def test_any_text_is_read_without_error(line: str) -> None:
    for stated in READER.read(line):
        assert 1899 <= stated.moment.year <= 2100
    text, found = READER.without_dates(line)
    assert found or text == line


@given(st.text(alphabet="0123456789./-: ,TZaprMmst年月日", max_size=60))
def test_anything_like_a_date_is_read_without_error(line: str) -> None:
    READER.read(line, order="day")


@pytest.mark.parametrize(
    "unit", ["1 a ", "2024 ab 1 ", "1.1.", "Mar ", "5-Mar-", "2024年", "12:00 ", "a. ", "1/1/24 ", "published "]
)
def test_hostile_lines_take_linear_time(unit: str) -> None:
    started = time.process_time()
    for _ in range(10):
        READER.read((unit * MAX_LINE)[:MAX_LINE], order="day")
    assert time.process_time() - started < 1.0


def test_numeric_order_comes_from_the_document_then_the_domain() -> None:
    assert READER.numeric_order(["05/03/2024", "23/03/2024"], "example.com") == "day"
    assert READER.numeric_order(["05/03/2024", "03/23/2024"], "example.co.uk") == "month"
    assert READER.numeric_order(["23/03/2024", "03/23/2024"], "example.co.uk") is None
    assert READER.numeric_order(["05/03/2024"], "example.co.uk") == "day"
    assert READER.numeric_order(["05/03/2024"], "example.com") is None


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://example.com/2024/03/05/a-bridge", "2024-03-05"),
        ("https://example.com/news/2024-03-05-a-bridge", "2024-03-05"),
        ("https://example.com/2024/03/a-bridge", None),
        ("https://example.com/2024/13/05/a-bridge", None),
        ("https://example.com/a-bridge-2024", None),
    ],
)
def test_an_address_states_a_whole_day_or_nothing(url: str, day: str | None) -> None:
    stated = READER.read_url(url)
    assert (str(stated.moment.date()) if stated else None) == day


def test_dates_and_their_labels_are_cut_out_of_a_line() -> None:
    text, found = READER.without_dates("By Jane Doe – Updated Sep 9, 2025 at 1:00 PM EST | Fact-checked by John Smith")
    assert found
    assert "2025" not in text
    assert "Updated" not in text
    assert "Jane Doe" in text
    assert "John Smith" in text


PROSE = "The council voted on Monday to rebuild the old harbour bridge after years of debate in the town."
DOCUMENT = [
    "Home",
    "Harbour bridge to be rebuilt",
    "By Jane Doe",
    "May 3, 2024",
    PROSE,
    PROSE,
    "Related",
    "June 9, 2024",
]


def test_the_date_beside_the_title_wins_over_the_one_of_a_teaser() -> None:
    choice = choose_date(DOCUMENT, body_start=4, body_end=5, title=1)
    assert choice is not None
    assert (choice.lines, str(choice.date.moment.date())) == ((3,), "2024-05-03")


def test_publication_wins_over_update() -> None:
    lines = ["Harbour bridge to be rebuilt", "Updated May 5, 2024", "Published May 3, 2024", PROSE, PROSE]
    choice = choose_date(lines, body_start=3, body_end=4, title=0)
    assert choice is not None
    assert str(choice.date.moment.date()) == "2024-05-03"


def test_a_label_on_a_line_of_its_own_belongs_to_the_date_below_it() -> None:
    lines = ["Harbour bridge to be rebuilt", "Published", "May 3, 2024", PROSE, PROSE]
    choice = choose_date(lines, body_start=3, body_end=4, title=0)
    assert choice is not None
    assert choice.lines == (1, 2)


def test_a_page_clock_above_the_title_and_a_quoted_post_are_not_the_day() -> None:
    lines = ["The Harbour Courier", "June 9, 2024", "Harbour bridge to be rebuilt", "May 3, 2024", PROSE, PROSE]
    choice = choose_date(lines, body_start=4, body_end=5, title=2)
    assert choice is not None
    assert choice.lines == (3,)
    post = [lines[2], PROSE, "— Harbour Council (@harbour)", "June 9, 2024", PROSE]
    assert choose_date(post, body_start=1, body_end=4, title=0) is None


def test_a_declared_stamp_wins_over_a_time_that_the_page_shows_and_keeps_its_own_day() -> None:
    lines = ["Harbour bridge to be rebuilt", "June 9, 2024, 10:15", PROSE, PROSE]
    choice = choose_date(lines, body_start=2, body_end=3, title=0, hint="2024-05-03T23:30:00-05:00")
    assert choice is not None
    assert (str(choice.date.moment.date()), choice.lines) == ("2024-05-03", ())


def test_a_dateline_is_asked_after_the_lines_and_before_the_address() -> None:
    body = ["PORT ANSLEY, May 3, 2024 /WIRE/ -- The harbour bridge will be rebuilt."]
    choice = choose_date(body, body=body, body_start=0, body_end=0, url="https://example.com/2024/06/09/bridge")
    assert choice is not None
    assert (choice.lines, str(choice.date.moment.date())) == ((), "2024-05-03")


def test_a_readable_hint_wins_and_an_unreadable_one_does_not() -> None:
    bare = [line for line in DOCUMENT if "2024" not in line]
    choice = choose_date(bare, body_start=3, body_end=4, title=1, hint="2024-05-02T08:00:00Z")
    assert choice is not None
    assert (choice.lines, choice.date.moment.day) == ((), 2)
    choice = choose_date(DOCUMENT, body_start=4, body_end=5, title=1, hint="soon")
    assert choice is not None
    assert choice.date.moment.day == 3


def test_the_address_is_the_last_resort() -> None:
    choice = choose_date([PROSE, PROSE], body_start=0, body_end=1, url="https://example.com/2024/05/03/bridge")
    assert choice is not None
    assert (choice.lines, choice.date.raw) == ((), "2024/05/03")
    assert choose_date([PROSE, PROSE], body_start=0, body_end=1) is None


BROKEN: list[tuple[list[Any], Any, str]] = [
    (["de", "order"], "dmy", "dates.order is 'dmy'"),
    (["de", "months"], [["januar"]], "dates.months must hold twelve lists"),
    (["de", "published"], [], "dates.published must not be empty"),
    (["de", "published"], ["am", "am"], "dates.published lists 'am' twice"),
    (["de", "monts"], [], "dates has an unknown field 'monts'"),
    (["common", "zones", "CET"], {"minutes": 6000}, "zones.CET.minutes is 6000"),
    (["common", "zones", "CET"], {"region": "Mars/Olympus"}, "zones.CET.region 'Mars/Olympus'"),
    (["common", "zones", "CET"], {}, "zones.CET needs either minutes or region"),
    (["common", "domains", "month"], ["uk"], "domains: 'uk' stands under both"),
]


@pytest.mark.parametrize(("path", "value", "message"), BROKEN, ids=[message for _, _, message in BROKEN])
def test_broken_configuration_names_entry_and_field(path: list[Any], value: object, message: str) -> None:
    file, *inside = path
    sections = copy.deepcopy({"common": LANGUAGES.common_dates(), **LANGUAGES.dates()})
    place: Any = sections[file].data
    for key in inside[:-1]:
        place = place[key]
    place[inside[-1]] = value
    with pytest.raises(ConfigurationError) as caught:
        DateReader.from_sections(sections, sections.pop("common"))
    assert message in str(caught.value)
    assert f"config/languages/{file}.toml" in str(caught.value)


def test_the_day_that_readers_see_beside_the_title_wins_over_a_hint_of_another_day() -> None:
    lines = ["Harbour bridge to be rebuilt", "May 3, 2024", PROSE, PROSE]
    seen = choose_date(lines, body_start=2, body_end=3, title=0, hint="2023-01-09T08:00:00Z")
    assert seen is not None
    assert (seen.lines, seen.date.moment.year) == ((1,), 2024)
    for hint in ("2024-05-02T23:30:00Z", "2024-05-04T00:30:00Z"):  # the same evening or night, told in another zone
        near = choose_date(lines, body_start=2, body_end=3, title=0, hint=hint)
        assert near is not None
        assert (near.lines, near.date.moment.day) == ((1,), 3)
    last = [lines[0], PROSE, PROSE, lines[1]]
    below = choose_date(last, body_start=1, body_end=2, title=0, hint="2023-01-09T08:00:00Z")
    assert below is not None
    assert (below.lines, below.date.moment.year) == ((), 2023)
    lines[1] = "Updated May 3, 2024"
    hinted = choose_date(lines, body_start=2, body_end=3, title=0, hint="2023-01-09T08:00:00Z")
    assert hinted is not None
    assert hinted.date.moment.year == 2023


def test_a_reader_that_remembers_gives_what_a_fresh_one_gives() -> None:
    fresh = DateReader.from_sections(LANGUAGES.dates(), LANGUAGES.common_dates())
    lines = [case["line"] for case in CASES["date"]] + ["05/03/2024", "05.03.2024 10:00", "no date"]
    settings: list[dict[str, Any]] = [{}, {"languages": ("de",)}, {"order": "month"}, {"languages": ("en-US", "fr")}]
    for line in lines:
        for known in settings:
            READER.read(line, **known)
    for line in reversed(lines):
        for known in reversed(settings):
            assert fresh.read(line, **known) == READER.read(line, **known)
        assert fresh.without_dates(line) == READER.without_dates(line)


def test_a_numeric_date_is_read_by_the_others_of_the_document() -> None:
    teasers = [PROSE, PROSE, "Older", "03/23/2024"]
    lines = ["Harbour bridge to be rebuilt", "05/04/2024", *teasers]
    choice = choose_date(lines, body_start=2, body_end=3, title=0)
    assert choice is not None
    assert str(choice.date.moment.date()) == "2024-05-04"
    assert choose_date(lines[:4], body_start=2, body_end=3, title=0) is None
