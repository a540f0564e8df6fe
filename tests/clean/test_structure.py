"""Structure that must come out whole: tables of figures, text that stands twice, pictures without a description."""

from __future__ import annotations

import pytest

import cleancopy

LEAD = "The cable car of Kranberg will run again from Saturday, the parish said on Monday, after three quiet years."
SECOND = "The new cabins hold eight people each and run in winds that would have stopped the old ones for a day."
LAST = "Those who live on top pay half of the price, and children ride free with anybody who has a ticket."


@pytest.mark.parametrize(
    "rows", [("Jahr | Gäste | Tage", "2019 | 61.204 | 311", "2020 | 18.530 | 164", "2021 | 44.916 | 288")]
)
@pytest.mark.parametrize("sign", [" | ", "\t"])
def test_rows_of_figures_between_paragraphs_stay(rows: tuple[str, ...], sign: str) -> None:
    table = "\n".join(row.replace(" | ", sign) for row in rows)
    text = cleancopy.clean(f"Cable car opens\n\n{LEAD}\n\n{SECOND}\n\n{table}\n\n{LAST}").text
    assert "61.204" in text
    assert "44.916" in text


def test_the_same_text_twice_stays_once() -> None:
    body = f"{LEAD}\n\n{SECOND}\n\n{LAST}"
    article = cleancopy.clean(f"Cable car opens\n\n{body}\n\nCable car opens\n\n{body}")
    assert [article.text.count(line) for line in (LEAD, SECOND, LAST)] == [1, 1, 1]


def test_refrains_and_short_lines_of_dialogue_stay() -> None:
    text = cleancopy.clean(f"The lamp\n\n{LEAD}\n\n“No,” she said.\n\n{SECOND}\n\n“No,” she said.\n\n{LAST}").text
    assert text.count("“No,” she said.") == 2


def test_names_of_pictures_in_brackets_go() -> None:
    text = cleancopy.clean(f"Cable car opens\n\n{LEAD}\n\n[cable-car_2-1024x748]\n\n{SECOND}\n\n{LAST}").text
    assert "1024x748" not in text
