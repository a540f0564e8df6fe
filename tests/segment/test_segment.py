from __future__ import annotations

import tomllib
import unicodedata
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from cleancopy.text.segment import segment

CASES = tomllib.loads((Path(__file__).parent / "cases.toml").read_text("utf-8"))["case"]
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("\n\r\t \u00a0\u200b\u200c\u200d\u202e\x00\x85\u2028abم")))

# Pieces of paragraphs, as they stand one text node a line.
PIECES = st.lists(
    st.sampled_from(
        [
            "The mill was built by ",
            "two brothers",
            ", who",
            " and ",
            "Wool",
            ". It stood",
            "(",
            "1987",
            ")",
            "",
            "1. ",
            '"',
        ]
    ),
    max_size=40,
).map("\n".join)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case: dict[str, Any]) -> None:
    document = segment(case["raw"])
    if "has" in case:
        assert [line for line in case["has"] if line not in document.lines] == []
        return
    assert list(document.lines) == case["lines"]
    assert list(document.numbers) == case["numbers"]
    assert list(document.indents) == case["indents"]
    blanks = case.get("blanks", [below - above - 1 for above, below in pairwise([0, *case["numbers"]])])
    assert list(document.blanks) == blanks
    assert document.tags is document.links is document.extracted is None


def test_hints_pass_through() -> None:
    document = segment("x", url="http://a.example/", title="T", author="A", date="2024-01-01")
    assert (document.url, document.title, document.author, document.date) == (
        "http://a.example/",
        "T",
        "A",
        "2024-01-01",
    )


def _visible(text: str) -> str:
    """Everything but white space, controls and format characters, in order; an unpaired surrogate is U+FFFD."""
    whole = "".join("\ufffd" if unicodedata.category(c) == "Cs" else c for c in text)
    return "".join(c for c in whole if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf"))


@given(TEXTS | PIECES)
@example("\u0600 \u200c\u200c م\u200c\u200cم")
def test_nothing_visible_is_lost(text: str) -> None:
    assert _visible("".join(segment(text).lines)) == _visible(text)


@given(TEXTS | PIECES)
def test_lines_are_lines(text: str) -> None:
    document = segment(text)
    assert all(line == " ".join(line.split()) and line for line in document.lines)
    assert list(document.numbers) == sorted(set(document.numbers))
    assert all(1 <= number <= len(text.splitlines()) for number in document.numbers)
    assert len(document.lines) == len(document.numbers) == len(document.indents) == len(document.blanks)
    raws = text.splitlines()
    bounds = [*(number - 1 for number in document.numbers), len(raws)]
    for line, start, stop in zip(document.lines, bounds, bounds[1:], strict=False):
        assert _visible(line) == _visible("".join(raws[start:stop]))


@given(TEXTS | PIECES)
def test_segmenting_again_changes_nothing(text: str) -> None:
    """Of what is joined when it is written, with a blank line between paragraphs."""
    lines = segment(text).lines
    assert segment("\n\n".join(lines)).lines == lines


@given(TEXTS)
def test_segmenting_lines_again_changes_nothing(text: str) -> None:
    """Where no line goes on with a sentence: of such a line, what parted it (an indent, blank lines) would be gone."""
    lines = segment(text).lines
    assume(not any(line[0] in ",.;" for line in lines))
    assert segment("\n".join(lines)).lines == lines


@given(TEXTS)
def test_lines_can_be_encoded(text: str) -> None:
    "\n".join(segment(text).lines).encode()


def test_lone_surrogate_is_replaced_not_lost() -> None:
    assert segment("a\ud800b").lines == ("a\ufffdb",)


def test_long_hostile_lines_take_linear_time() -> None:
    small, large = ("\u200d\u200c" * n + "a\u200b" * n + " \u00a0" * n for n in (20_000, 200_000))
    times = []
    for text in (small, large):
        begin = process_time()
        segment(text)
        times.append(process_time() - begin)
    assert times[1] < 40 * times[0] + 0.1
