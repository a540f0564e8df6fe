"""Laws that hold for any text: nothing is lost, nothing depends on the batch, applying is a replay."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleancopy.apply import apply
from cleancopy.cleaner import Cleaned
from cleancopy.errors import RecordError
from cleancopy.model import Document, Role
from cleancopy.text.segment import segment
from cleancopy.views.explanation import outcome

from .conftest import Make

PIECES = st.sampled_from(
    [
        "Share this page:",
        "Related content",
        "By Jane Doe",
        "12 Kommentare",
        "# A heading",
        "A HEADING IN CAPITALS",
        "=====",
        "3. März 2024, 14:05 Uhr",
        "- an item of a list",
        "> somebody said so",
        "The pier after the storm. (Photo: Ida Berg/AFP)",
        "The pier after the storm, which took",
        "Foto: Jana Weiß/dpa",
        "The council met on Tuesday and agreed, after a long and heated debate, to rebuild the old stone bridge.",
        "Der Rat tagte am Dienstag und beschloss nach langer Debatte, die alte Brücke wieder aufzubauen.",
        "Many years have passed since the bridge fell, and the people of the valley have…",
        "",
        "Copyright 2024 All rights reserved",
        "© 日本語の文章です。これは短い文です。",
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=60)), max_size=25).map("\n".join)


@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_every_line_ends_in_one_place(make: Make, text: str) -> None:
    document = segment(text)
    result = make.cleaner.clean([document])[0]
    if isinstance(result, RecordError):
        assert result.reason == "article.empty"
        return
    assert len(result.decisions) == len(document)
    counts = Counter(outcome(decision.role) for decision in result.decisions)
    article = result.article
    assert (article.lines_kept, article.lines_lifted, article.lines_removed) == (
        counts["kept"],
        counts["lifted"],
        counts["removed"],
    )
    assert article.lines_total == len(document)


@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_kept_text_is_the_input_but_for_headings(make: Make, text: str) -> None:
    document = segment(text)
    result = make.cleaner.clean([document])[0]
    if isinstance(result, RecordError):
        return
    kept = [d for d in result.decisions if outcome(d.role) == "kept"]
    lines = [line.strip() for block in result.article.blocks for line in block.text.split("\n") if line.strip()]
    for decision, line in zip(kept, lines, strict=True):
        if decision.role is Role.HEADING:
            assert line.casefold() in document.lines[decision.line].casefold()
        else:
            assert line == document.lines[decision.line]


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_applying_replays_the_article(make: Make, text: str) -> None:
    document = segment(text)
    result = make.cleaner.clean([document])[0]
    if isinstance(result, Cleaned):
        assert apply(document, result.decisions) == result.article


@given(st.lists(TEXTS, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_a_batch_gives_what_each_document_gives_alone(make: Make, texts: list[str]) -> None:
    documents = [segment(text) for text in texts]
    together = make.cleaner.clean(documents)
    for document, result in zip(documents, together, strict=True):
        assert _plain(make.cleaner.clean([document])[0]) == _plain(result)


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_headings_point_into_the_text(make: Make, text: str) -> None:
    result = make.cleaner.clean([segment(text)])[0]
    if isinstance(result, Cleaned):
        for heading in result.article.headings:
            assert result.article.text[heading.offset :].startswith(heading.text)


@pytest.mark.parametrize("lines", [0, 1])
def test_nothing_and_one_line(make: Make, lines: int) -> None:
    document = Document(("x",) * lines, tuple(range(1, lines + 1)), (0,) * lines, (0,) * lines)
    assert len(make.cleaner.clean([document])) == 1
    assert make.cleaner.clean([]) == []


def _plain(result: Cleaned | RecordError) -> object:
    if isinstance(result, RecordError):
        return (result.reason, result.detail)
    return (list(result.decisions), result.article, {name: repr(value) for name, value in result.signals.items()})
