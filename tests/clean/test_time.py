"""Long input takes time in proportion to its length: nothing is sought anew from every line of it."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

import cleancopy
from cleancopy.errors import RecordError

PROSE = "The council voted on Monday to rebuild the old harbour bridge after years of debate in the town."


def _word(number: int) -> str:
    """Eight capitals, other ones for each number."""
    return "".join(chr(ord("A") + number // 26**place % 26) for place in range(8))


def _heading(number: int) -> str:
    return f"# {_word(3 * number)} {_word(3 * number + 1)} {_word(3 * number + 2)}"


@pytest.mark.parametrize(
    "text",
    [
        # The end of a list from each of its headers, the end of a title from each dash, each word of a heading in
        # capitals in the text: they took 50, 13 and 8 seconds.
        "\n".join([PROSE] + ["Related articles"] * 20_000),
        "a\u2013b.c" * 16_000,
        "\n\n".join(f"{_heading(number)}\n\n{PROSE}" for number in range(10_000)),
    ],
    ids=["headers", "dashes", "capitals"],
)
def test_repetition_takes_linear_time(text: str) -> None:
    started = time.process_time()
    with suppress(RecordError):  # of one nothing is left
        cleancopy.clean(text)
    assert time.process_time() - started < 6
