"""The document that the product was asked for with, where it is at hand: everything in it must come out right."""

from __future__ import annotations

from collections import Counter

import pytest

import cleancopy
from cleancopy.model import CreditRole, Role
from tests.benchmark import EXAMPLES

EXAMPLE = EXAMPLES / "raw-article.txt"


@pytest.mark.skipif(not EXAMPLE.is_file(), reason="the example document is not at hand")
def test_the_example_comes_out_right() -> None:
    text = EXAMPLE.read_text("utf-8")
    article = cleancopy.clean(text)
    assert article.title is not None
    assert article.title in text
    ((credit),) = article.credits
    assert (credit.role, credit.name, credit.domain) == (
        CreditRole.PUBLISHER,
        "The Conversation",
        "theconversation.com",
    )
    assert article.language == "en"
    assert article.published is None
    assert Counter(block.role for block in article.blocks) == {Role.HEADING: 3, Role.BODY: 14}
    removed = Counter(line.role for line in cleancopy.explain(text) if line.outcome == "removed")
    assert removed == {Role.SHARE: 1, Role.RELATED: 10}
    kept = [line.strip() for line in text.splitlines() if line.strip() in article.text.split("\n\n")]
    assert kept == article.text.split("\n\n")
