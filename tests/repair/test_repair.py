from __future__ import annotations

import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cleancopy
from cleancopy.errors import RecordError
from cleancopy.repair import repair, repair_field, repair_html
from cleancopy.repair.mojibake import CODE_PAGES, mend

FOLDER = Path(__file__).parent
CASES: list[dict[str, Any]] = tomllib.loads((FOLDER / "repairs.toml").read_text("utf-8"))["case"]
LANGUAGES = tomllib.loads((FOLDER / "languages.toml").read_text("utf-8"))
TEXTS: dict[str, str] = LANGUAGES["text"]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_repairs(case: dict[str, Any]) -> None:
    repaired = repair(case["raw"])
    assert repaired.repairs == tuple(case.get("repairs", ()))
    assert repaired.html == case.get("html")
    assert repaired.text == (None if "html" in case else case.get("text", case["raw"]))


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_setting_turns_repairs_off(case: dict[str, Any]) -> None:
    assert repair(case["raw"], ()).text == case["raw"]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_what_is_repaired_stays(case: dict[str, Any]) -> None:
    repaired = repair(case["raw"])
    if repaired.text is not None:
        assert repair(repaired.text).text == repaired.text


def misread(text: str, page: str, lost: str | None = None) -> str:
    """The UTF-8 of `text` read in a code page; bytes that it does not know as they are, or as `lost`."""
    marks = []
    for byte in text.encode():
        try:
            marks.append(bytes([byte]).decode(page))
        except UnicodeDecodeError:
            marks.append(chr(byte) if lost is None else lost)
    return "".join(marks)


@pytest.mark.parametrize("language", TEXTS)
def test_good_text_stays(language: str) -> None:
    text = TEXTS[language]
    for good in (text, text.upper(), text.title(), "\n".join(text.split()), text * 20):
        assert mend(good) == (good, ())


@pytest.mark.parametrize(("language", "page"), product(TEXTS, CODE_PAGES))
def test_what_was_misread_comes_back(language: str, page: str) -> None:
    text = TEXTS[language]
    repaired, undone = mend(misread(text, page))
    assert repaired == text
    assert undone


@pytest.mark.parametrize("language", TEXTS)
def test_what_was_misread_twice_comes_back(language: str) -> None:
    text = TEXTS[language]
    twice = text.encode().decode("latin-1").encode().decode("latin-1")
    assert mend(twice)[0] == text


@pytest.mark.parametrize(
    ("page", "language"), [(page, each) for page in LANGUAGES["lost"] for each in LANGUAGES["lost"][page]]
)
def test_lost_letters_come_back(page: str, language: str) -> None:
    text = TEXTS[language]
    assert "\ufffd" in misread(text, page, "\ufffd")
    assert mend(misread(text, page, "\ufffd"))[0] == text


@pytest.mark.parametrize(("language", "page"), [("ru", "cp1252"), ("lt", "cp1257"), ("pl", "cp1252"), ("fr", "cp1252")])
def test_lost_letters_that_may_be_several_are_one_sign(language: str, page: str) -> None:
    text = TEXTS[language]
    repaired, _ = mend(misread(text, page, "\ufffd"))
    assert len(repaired) == len(text)
    assert all(a in (b, "\ufffd") for a, b in zip(repaired, text, strict=True))


def test_good_lines_beside_misread_ones_stay() -> None:
    good, bad = TEXTS["cs"], misread(TEXTS["sk"], "cp1250")
    assert mend(f"{good}\n{bad}\n{good}")[0] == f"{good}\n{TEXTS['sk']}\n{good}"


sentences = st.lists(st.sampled_from(sorted({word for text in TEXTS.values() for word in text.split()})), max_size=30)


@given(sentences.map(" ".join), st.sampled_from(CODE_PAGES))
@settings(max_examples=150, deadline=None)
def test_words_of_any_script_stay(text: str, page: str) -> None:
    assert mend(text) == (text, ())


@given(
    st.sampled_from(sorted(TEXTS)).flatmap(
        lambda language: st.lists(st.sampled_from(TEXTS[language].split()), min_size=8, max_size=30)
    ),
    st.sampled_from(CODE_PAGES),
)
@settings(max_examples=150, deadline=None)
def test_misread_words_of_one_language_come_back_whole_or_in_part(words: list[str], page: str) -> None:
    text = " ".join(words)
    wrong = misread(text, page)
    # Of some words a single sequence may be all that can be told.
    assert len(text) <= len(mend(wrong)[0]) <= len(wrong)


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_any_string_is_repaired_or_stays(text: str) -> None:
    repaired = repair(text)
    assert (repaired.text is None) != (repaired.html is None)
    assert repaired.repairs or repaired.text == text


def test_fields_beside_a_text_go_its_way() -> None:
    title = misread("Přívoz se vrací", "cp1250")
    assert repair_field(title, ("mojibake.cp1250",)) == "Přívoz se vrací"
    assert repair_field("Maar &amp; Söhne", ()) == "Maar & Söhne"
    assert repair_field("Maar & Söhne", ("mojibake.cp1250",)) == "Maar & Söhne"
    assert repair_field(None, ()) is None


def test_pages_keep_their_markup() -> None:
    page = misread(f"<p>{TEXTS['fr']} &amp; &lt;b&gt;</p>", "cp1252")
    repaired = repair_html(page)
    assert repaired.html == f"<p>{TEXTS['fr']} &amp; &lt;b&gt;</p>"
    assert repaired.repairs == ("mojibake.cp1252",)


PAGE = """<!DOCTYPE html><html><body><h1>The bakery moves</h1><p>The bakery on the square will move to the old mill in
June, its owner said on Friday.</p></body></html>"""


def test_a_page_as_text_is_an_error_that_says_what_to_call() -> None:
    for call in (cleancopy.clean, cleancopy.explain):
        with pytest.raises(RecordError, match="html="):
            call(PAGE)
    article = cleancopy.clean(html=PAGE)
    assert article.title == "The bakery moves"
    assert "<" not in article.text
    assert cleancopy.explain(html=PAGE).article == article


def test_one_of_text_and_html_is_given() -> None:
    for given_ in ({}, {"text": "x", "html": "<p>x</p>"}):
        with pytest.raises(TypeError, match="html="):
            cleancopy.clean(**given_)  # type: ignore[arg-type]


def test_explaining_says_what_was_repaired() -> None:
    text = CASES[0]["raw"]
    explanation = cleancopy.explain(text)
    assert explanation.document.repairs == ("escapes",)
    assert len(explanation) == 3
