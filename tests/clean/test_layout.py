"""Stanzas, addresses, programs and tables keep their line ends and indents; paragraphs and lists have none to keep."""

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

ALL = tomllib.loads((Path(__file__).parent / "layout.toml").read_text("utf-8"))["case"]
CASES = [case for case in ALL if "known" not in case]
KNOWN = [case for case in ALL if "known" in case]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_blocks(case: dict[str, Any]) -> None:
    article = cleancopy.clean(case.get("text"), html=case.get("html"))
    blocks = [block.text for block in article.blocks]
    assert article.title == case.get("title", article.title)
    for block in case["blocks"]:
        assert block in blocks
    for piece in case.get("lacks", []):
        assert piece not in article.text


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case["name"])
@pytest.mark.xfail(strict=True, reason="`known` of the case says what is wrong")
def test_blocks_that_are_known_to_be_wrong(case: dict[str, Any]) -> None:
    test_blocks(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_lines_balance_and_applying_replays(make: Make, case: dict[str, Any]) -> None:
    document = html_document(case["html"]) if "html" in case else segment(case["text"])
    (result,) = make.cleaner.clean([document])
    article = result.article
    assert article.lines_total == len(document)
    assert article.lines_kept + article.lines_lifted + article.lines_removed == len(document)
    assert apply(document, result.decisions).blocks == article.blocks


WITHOUT_FENCES = [case for case in CASES if "text" in case and "```" not in case["text"]]


@pytest.mark.parametrize("case", WITHOUT_FENCES, ids=lambda case: case["name"])
def test_cleaning_again_changes_no_block(case: dict[str, Any]) -> None:
    article = cleancopy.clean(case["text"])
    assert article.text in cleancopy.clean(f"{article.title}\n\n{article.text}").text
