from __future__ import annotations

import time

import pytest

from cleancopy import cleaning, settings
from cleancopy.errors import RecordError
from cleancopy.model import Document, Record


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


def test_counting_lines_takes_next_to_nothing() -> None:
    text = " \t" * 4_000_000 + "x\n" * 1_000_000
    started = time.process_time()
    assert cleaning._lines(text) == 1_000_000
    assert time.process_time() - started < 3
