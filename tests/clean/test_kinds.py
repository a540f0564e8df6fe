"""Pages that are no articles become rejects with their kind; articles about such things stay."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import cleancopy
from cleancopy import settings
from cleancopy.assembly import build_cleaner
from cleancopy.decide.kinds import KIND_DETAILS, Kinds
from cleancopy.errors import ConfigurationError, RecordError
from cleancopy.fields.wordlists import Section
from cleancopy.languages import Languages
from cleancopy.readers.html import document as html_document
from cleancopy.text.segment import segment

PAGES = tomllib.loads((Path(__file__).parent / "kinds.toml").read_text("utf-8"))["page"]
PHRASES = Languages().pages()
CLEANER = build_cleaner(settings.load())
CONSENT = """
We value your privacy
We and our 63 partners store and/or access information on a device, such as cookies, and process personal data.
You have a right to object to such processing. Your preferences will apply to this website only.
Accept all

Lighthouse of Tarn gets a new lamp

The lighthouse of Tarn has a new lamp since Friday, the harbour master said, after the old one had burnt for decades.

It was lifted in by a crane from the next harbour, and the keeper's daughter turned the switch for the first time."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page["id"])
def test_page(page: dict[str, Any]) -> None:
    document = html_document(page["html"]) if "html" in page else segment(page["text"])
    (result,) = CLEANER.clean([document])
    found = result.reason if isinstance(result, RecordError) else None
    assert found == (f"article.{page['kind']}" if "kind" in page else None)


def test_phrases_have_hits_and_misses() -> None:
    assert Kinds.from_sections(PHRASES, list(KIND_DETAILS)).check(PHRASES) > 200


@pytest.mark.parametrize(
    ("kind", "entry", "says"),
    [
        (
            "error",
            {"sentences": ["page .. is gone"], "hits": ["The page stays."], "misses": ["Gone."]},
            "hits: `The page",
        ),
        ("error", {"sentences": ["page .. is gone"], "hits": ["The page is gone."]}, "sentences need at least one"),
        (
            "error",
            {"sentences": ["a page"], "hits": ["A page."], "misses": ["A page!"]},
            "misses: `A page!` is matched",
        ),
        ("error", {"sentense": []}, "pages.error has an unknown field 'sentense'"),
        ("eror", {}, "pages has an unknown field 'eror'"),
        ("error", [], r"pages.error must be a table: write \[pages.error\]"),
    ],
)
def test_wrong_phrases_are_named(kind: str, entry: object, says: str) -> None:
    pages = {"xx": Section("xx.toml", "pages", {kind: entry})}
    with pytest.raises(ConfigurationError, match=f"^xx.toml: .*{says}"):
        Kinds.from_sections(pages, list(KIND_DETAILS)).check(pages)


def test_a_setting_lets_such_pages_stay() -> None:
    cleaner = build_cleaner(settings.load(overrides={"clean.reject_pages": []}))
    (result,) = cleaner.clean([segment(PAGES[0]["text"])])
    assert not (isinstance(result, RecordError) and result.reason == "article.error")


def test_an_unknown_kind_is_a_mistake() -> None:
    with pytest.raises(ConfigurationError, match="no kind robot; there are error, denied, challenge, consent"):
        Kinds.from_sections(PHRASES, ["robot"])


def test_consent_above_a_short_article_goes() -> None:
    article = cleancopy.clean(CONSENT)
    assert "partners" not in article.text
    assert "preferences" not in article.text
    assert "turned the switch" in article.text
