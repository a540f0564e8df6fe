"""Long input takes time in proportion to its length: nothing is sought anew from every line of it."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from contextlib import suppress

import pytest

import cleancopy
from cleancopy.errors import RecordError
from cleancopy.text.title_text import MAX_MARKED

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
        # Emphasis that nothing closes, addresses without an end: the first took 41 seconds.
        "** " * 8_000,
        "@" * 24_000,
    ],
    ids=["headers", "dashes", "capitals", "emphasis", "addresses"],
)
def test_repetition_takes_linear_time(text: str) -> None:
    started = time.process_time()
    with suppress(RecordError):  # of one nothing is left
        cleancopy.clean(text)
    assert time.process_time() - started < 6


HOSTILE = (
    *(
        "a",
        "0",
        "A ",
        "** ",
        "**a",
        "_",
        "_a",
        "* ",
        "a ",
        "<",
        "<a ",
        "<a b=",
        ">",
        "- ",
        "—",
        " — ",
        ".",
        "a.",
    ),
    *(
        "»",
        "« ",
        " | ",
        "|",
        '"',
        "=",
        "='",
        ":",
        "a: ",
        ",",
        ", ",
        "a-",
        "Ab ",
        "A. ",
        "(",
        ")",
        "[a(",
        "/",
        "/a",
        "@",
    ),
    *(
        "a@",
        "a@b.",
        "#",
        "# ",
        "'",
        "&",
        "%",
        "一",
        "1. ",
        "1/",
        "2024 ",
        "12:",
        "by ",
        "By A ",
        "http://a",
        "www.",
        "\\",
    ),
)


def _patterns() -> dict[str, re.Pattern[str]]:
    """The patterns that modules of the package hold, by module and name. RE2's, of rules, are linear by design."""
    found = (module.name for module in pkgutil.walk_packages(cleancopy.__path__, "cleancopy."))
    names = [name for name in found if name != "cleancopy.native.kernel"]  # a library of C, no module
    held = {f"{name}.{key}": value for name in names for key, value in vars(importlib.import_module(name)).items()}
    return {
        key: value for key, value in held.items() if isinstance(value, re.Pattern) and isinstance(value.pattern, str)
    }


@pytest.mark.parametrize(("name", "pattern"), _patterns().items())
def test_a_pattern_is_quick_on_the_longest_line_it_is_asked(name: str, pattern: re.Pattern[str]) -> None:
    """Lines of titles, credits and dates are bounded by `MAX_MARKED` and less; at that length a pattern that is tried
    from every place, and runs on from each, may still take milliseconds, one that is worse may not. White space in
    lines is collapsed.
    """

    def seconds(text: str) -> float:
        started = time.process_time()
        for _ in pattern.finditer(text):
            pass
        return time.process_time() - started

    for piece in HOSTILE:
        for end in ("", "!"):
            text = (piece * MAX_MARKED)[:MAX_MARKED] + end
            assert any(seconds(text) < 0.1 for _ in range(3)), f"{name} on {piece!r}"
