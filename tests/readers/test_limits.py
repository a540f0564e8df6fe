from __future__ import annotations

import time

import pytest

from cleancopy import cleaning, settings
from cleancopy.errors import RecordError
from cleancopy.model import Document, Record
from cleancopy.readers import html


@pytest.mark.parametrize(("lines", "whole"), [(1000, True), (1001, False)])
@pytest.mark.parametrize("end", ["\n", "\n \n", "\r\n"])
def test_lines_are_counted_before_they_are_made(
    monkeypatch: pytest.MonkeyPatch, lines: int, whole: bool, end: str
) -> None:
    cleaner = cleaning.Cleaning.of(settings.load(None, ["limits.record_lines=1000"]))
    record = Record("file:///a.txt", 0, "0", text=f"A line.{end}" * lines)
    if not whole:
        monkeypatch.setattr(cleaning, "segment", lambda *_, **__: pytest.fail("the record was parsed"))
    result = cleaner.document(record)
    assert isinstance(result, Document if whole else RecordError)
    if isinstance(result, RecordError):
        assert (result.reason, "has 1001 lines" in result.detail) == ("record.lines", True)


PAGES = {
    "paragraphs": "<p>A line.</p>",
    "breaks": "A line.<br>",
    "items": "<li>A line.",
    "rows": "<tr><td>A</td><td>line.</td></tr>",
    "preformatted": "<pre>A line.\n</pre>",
}


@pytest.mark.parametrize(("lines", "whole"), [(95, True), (101, False)])
@pytest.mark.parametrize("unit", PAGES.values(), ids=PAGES)
def test_lines_of_a_page_are_counted_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch, lines: int, whole: bool, unit: str
) -> None:
    cleaner = cleaning.Cleaning.of(settings.load(None, ["limits.record_lines=100"]))
    body = unit * lines
    page = f"<html><body>{f'<table>{body}</table>' if '<tr>' in unit else body}</body></html>"
    if not whole:
        monkeypatch.setattr(html, "describe", lambda *_: pytest.fail("the page was read"))
    for record in (Record("file:///a.html", 0, "0", html=page), Record("file:///a.txt", 0, "0", text=page)):
        result = cleaner.document(record)
        assert isinstance(result, Document if whole else RecordError)
        if isinstance(result, RecordError):
            assert (result.reason, "limits.record_lines = 100" in result.detail) == ("record.lines", True)


def test_lines_that_a_page_hides_do_not_count() -> None:
    cleaner = cleaning.Cleaning.of(settings.load(None, ["limits.record_lines=100"]))
    hidden = "<div hidden><p>Nobody sees this menu.</p></div>" * 90
    shown = "<p>The council met on Tuesday to decide what should become of the old bridge over the river.</p>" * 20
    page = f"<html><body>{hidden}<article>{shown}</article></body></html>"
    assert isinstance(cleaner.document(Record("file:///a.html", 0, "0", html=page)), Document)


def test_counting_lines_takes_next_to_nothing() -> None:
    text = " \t" * 4_000_000 + "x\n" * 1_000_000
    started = time.process_time()
    assert cleaning._lines(text) == 1_000_000
    assert time.process_time() - started < 3
