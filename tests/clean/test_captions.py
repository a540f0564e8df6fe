"""Captions leave the text and become a field, with who made the pictures; what only looks like one does not."""

from __future__ import annotations

import textwrap
import tomllib
from pathlib import Path
from typing import Any

import pytest

from cleancopy import settings
from cleancopy.assembly import build_cleaner
from cleancopy.cleaner import Cleaned, Cleaner
from cleancopy.model import Document, Role
from cleancopy.readers.html import document as html_document
from cleancopy.text.segment import segment

CASES: dict[str, Any] = tomllib.loads((Path(__file__).parent / "captions.toml").read_text("utf-8"))
IDS = [case["id"] for case in CASES["case"]]
FIELD = build_cleaner(settings.load())
TEXT = build_cleaner(settings.load(overrides={"clean.captions": "text"}))


def document_of(case: dict[str, Any]) -> Document:
    frame = CASES["frame"][case.get("language", "en")]
    first, second, *others = frame["paragraphs"]
    above, amid, below = (case.get(part, []) for part in ("above", "amid", "below"))
    if not case.get("html"):
        parts = [frame["title"], *above, first, second, *amid, *others, *below]
        width = case.get("wrapped")
        return segment("\n\n".join(textwrap.fill(part, width) if width else part for part in parts))
    inner = [*above, f"<p>{first}</p>", f"<p>{second}</p>", *amid, *(f"<p>{other}</p>" for other in others)]
    page = ["<html><body><main><article>", f"<h1>{frame['title']}</h1>", *inner, "</article>", *below, "</main></body>"]
    return html_document("\n".join(page))


def cleaned(cleaner: Cleaner, document: Document) -> Cleaned:
    (result,) = cleaner.clean([document])
    assert isinstance(result, Cleaned)
    return result


@pytest.mark.parametrize("case", CASES["case"], ids=IDS)
def test_captions(case: dict[str, Any]) -> None:
    article = cleaned(FIELD, document_of(case)).article
    assert [[caption.text, caption.credit or ""] for caption in article.captions] == case["captions"]
    for text, credit in case["captions"]:
        assert text not in article.text
        for name in filter(None, credit.split("; ")):
            assert name in [each.name for each in article.credits]
            assert name not in article.text
    # The last paragraph of so short a page is not for this test to keep.
    for line in (*CASES["frame"][case.get("language", "en")]["paragraphs"][:3], *case.get("stays", ())):
        assert line in article.text


@pytest.mark.parametrize("case", CASES["case"], ids=IDS)
def test_every_line_is_in_one_place(case: dict[str, Any]) -> None:
    document = document_of(case)
    result = cleaned(FIELD, document)
    article, roles = result.article, [decision.role for decision in result.decisions]
    assert (article.lines_kept, article.lines_kept + article.lines_lifted + article.lines_removed) == (
        len(article.blocks),
        len(document),
    )
    assert not any(block.role is Role.CAPTION for block in article.blocks)
    lifted = sum(role in (Role.TITLE, Role.CREDIT, Role.DATE, Role.CAPTION) for role in roles)
    assert lifted == article.lines_lifted


@pytest.mark.parametrize("case", CASES["case"], ids=IDS)
def test_a_setting_leaves_them_in_the_text_as_well(case: dict[str, Any]) -> None:
    document = document_of(case)
    field, text = cleaned(FIELD, document), cleaned(TEXT, document)
    assert text.article.captions == field.article.captions
    assert text.article.credits == field.article.credits
    captions = [decision.line for decision in field.decisions if decision.role is Role.CAPTION]
    expected = [
        document.lines[decision.line]
        for decision in field.decisions
        if decision.line in captions or decision.role in (Role.BODY, Role.HEADING, Role.QUOTE, Role.LIST_ITEM)
    ]
    assert [line for block in text.article.blocks for line in block.text.split("\n")] == expected
    assert {text.decisions[line].role for line in captions} <= {Role.BODY}


def test_a_page_of_nothing_but_captions_keeps_them() -> None:
    figures = [f"<figure><img src='{n}.jpg'><figcaption>{line}</figcaption></figure>" for n, line in enumerate(LINES)]
    page = f"<html><body><article><h1>The mill in pictures</h1>{''.join(figures)}</article></body></html>"
    article = cleaned(FIELD, html_document(page)).article
    assert len(article.captions) == len(LINES)
    assert article.text == "\n\n".join(LINES)


LINES = [
    "The carpenter of Sallow saws the first plank of the new wheel in the yard behind the parish hall, early in March.",
    "Three men and a boy carry the axle up the hill on a Sunday, since the road was too soft for the lorry that week.",
    "The wheel turns for the first time in forty years, and those who stand below it learn how far the water splashes.",
]
