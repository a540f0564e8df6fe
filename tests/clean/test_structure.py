"""Structure that must come out whole: tables of figures, text that stands twice, pictures without a description."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import cleancopy
from cleancopy.apply import apply
from cleancopy.readers.html import document as html_document
from cleancopy.text.segment import segment

from .conftest import Make

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


def page(body: str) -> str:
    menu = "<nav><ul><li><a href='/'>Home</a></li><li><a href='/n'>News</a></li></ul></nav>"
    around = [f"<p>{each}</p>" for each in (LEAD, SECOND)], f"<p>{LAST}</p>"
    article = f"<article><h1>Cable car opens</h1>{''.join(around[0])}{body}{around[1]}</article>"
    return f"<html><head><title>Cable car opens</title></head><body>{menu}{article}</body></html>"


@pytest.mark.parametrize(
    "rows",
    [
        [("Jahr", "Gäste", "Tage"), ("2019", "61.204", "311"), ("2020", "18.530", "164"), ("2021", "0", "0")],
        [("Lunes", "de 10 a 20"), ("Martes", "cerrado"), ("Miércoles", "de 10 a 18")],
    ],
    ids=["figures", "hours"],
)
def test_the_rows_of_a_table_stay_together(rows: list[tuple[str, ...]]) -> None:
    table = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    text = cleancopy.clean(html=page(f"<table>{table}</table>")).text
    stay = [cell in text for row in rows for cell in row]
    assert all(stay) or not any(stay)


def test_a_summary_goes_with_what_it_opens() -> None:
    asked = [
        ("What does it cost?", "A ride up costs four crowns, and the ride down is free for everybody who walked up."),
        ("And dogs?", "Dogs ride free, but for those that need a seat of their own, which pay half."),
    ]
    details = "".join(f"<details><summary>{q}</summary><p>{a}</p></details>" for q, a in asked)
    text = cleancopy.clean(html=page(f"<h2>Questions</h2>{details}")).text
    for question, answer in asked:
        assert answer in text
        assert question in text


@pytest.mark.parametrize("names", [("Q", "A"), ("Mara Quill", "Owen Farrow"), ("Frage", "Antwort")])
def test_turns_of_a_conversation_stay(names: tuple[str, str]) -> None:
    said = [
        *(
            "When did you first hear of it?",
            "On a Friday, when the inspector rang and nobody could say what he wanted.",
        ),
        *("Was the money lost?", "I thought so. Cables can be mended, but councils are harder."),
        *("And now?", "Now we paint, and on Monday at seven we ride up."),
    ]
    turns = [f"{names[number % 2]}: {each}" for number, each in enumerate(said)]
    text = cleancopy.clean("\n\n".join(["The cable car", LEAD, SECOND, *turns, LAST])).text
    assert all(each in text for each in said)


def test_a_label_in_the_menu_is_no_turn() -> None:
    text = cleancopy.clean(
        "\n".join(["Home", "Share: Facebook", "Cable car opens", "", LEAD, "", SECOND, "", LAST])
    ).text
    assert "Facebook" not in text


CASES = tomllib.loads((Path(__file__).parent / "structure.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_blocks_are_what_they_are(case: dict[str, Any]) -> None:
    article = cleancopy.clean(case.get("text"), html=case.get("html"))
    blocks = [[block.role.value, block.text] for block in article.blocks]
    for block in case.get("has", []):
        assert block in blocks
    assert not {role for role, _ in blocks} & set(case.get("lacks", []))
    levels = [[block.text, block.level] for block in article.blocks if block.role is cleancopy.Role.LIST_ITEM]
    for level in case.get("level", []):
        assert level in levels
    for piece in case.get("markdown", []):
        assert piece in article.to_markdown()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_lines_balance_and_applying_replays(make: Make, case: dict[str, Any]) -> None:
    document = html_document(case["html"]) if "html" in case else segment(case["text"])
    (result,) = make.cleaner.clean([document])
    article = result.article
    assert article.lines_kept + article.lines_lifted + article.lines_removed == article.lines_total == len(document)
    assert apply(document, result.decisions).blocks == article.blocks


# Without its fences a program is text like any other.
@pytest.mark.parametrize(
    "case", [case for case in CASES if "text" in case and "````" not in case["text"]], ids=lambda case: case["name"]
)
def test_cleaning_the_text_again_changes_nothing(case: dict[str, Any]) -> None:
    article = cleancopy.clean(case["text"])
    whole = f"{article.title}\n\n{article.text}" if article.title else article.text
    assert article.text in cleancopy.clean(whole).text


@pytest.mark.parametrize("words", [("Facebook", "Twitter", "Email"), ("Share on Facebook",), ("Email this article",)])
def test_rows_of_markdown_links_are_read_by_their_words(words: tuple[str, ...]) -> None:
    row = " | ".join(f"[{word}](https://share.example/{number})" for number, word in enumerate(words))
    text = cleancopy.clean(f"# Cable car opens\n\n{LEAD}\n\n{SECOND}\n\n{row}\n\n{LAST}").text
    assert words[0] not in text
    assert LAST in text


def test_markdown_links_within_prose_stay() -> None:
    linked = LEAD.replace("the parish", "the [parish](https://share.example/parish)")
    text = cleancopy.clean(f"# Cable car opens\n\n{linked}\n\n{SECOND}\n\n{LAST}").text
    assert "parish" in text
    assert SECOND in text
