"""The quality signals beside a computation as plain as their descriptions: strings, one line after the other."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleancopy.cleaner import Cleaned, Cleaner
from cleancopy.describe.repetition import repetition
from cleancopy.describe.signals import SIGNALS
from cleancopy.languages import Languages
from cleancopy.model import KEPT
from cleancopy.text.lines import Lines
from cleancopy.text.segment import segment
from tests.views.conftest import RAW

STOP_WORDS = {code: each.data["stop_words"] for code, each in Languages().stop_words().items()}
WORD = re.compile(r"[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|(?:(?![\u3040-\u9fff])\w)+")
ODD = """\
A page of odd lines, which every criterion must be able to see

The #first paragraph has 3 numbers (1, 22 and 333), a {brace} and ends as sentences do, with a full stop. Twice, even!

The second paragraph is not finished and it says so at its very end in the way that everybody knows...

“Is it finished, or does the page go on?”

No third paragraph is finished and it says so at its very end in the way that everybody knows...

“Is it finished, or does the page go on?”

THE THIRD PARAGRAPH SHOUTS FROM ITS FIRST WORD TO ITS LAST WORD, AND NOBODY HAS EVER FOUND OUT WHY IT DOES SO… OR HOW!

• a point of a list that is long enough to be taken for a sentence, since it has a verb and ends with a stop.
• another point of that list, which is as long as the first and says as little, but it has to be there as well.

“What is this?” asked the keeper of the page in the last paragraph, and nobody had an answer to the question.”
"""
TEXTS = {path.stem: path.read_bytes().decode("utf-8", "replace") for path in sorted(RAW.glob("*.txt"))} | {"odd": ODD}


def category(character: str) -> str:
    return unicodedata.category(character)


def plainly(lines: list[str], language: str) -> dict[str, float]:
    """The figures of a body, line by line and character by character."""
    text = "".join(lines)
    words = [word for line in lines for word in WORD.findall(line)]
    small = [word.lower() for word in words]
    repeated = [line for at, line in enumerate(lines) if line.lower() in {each.lower() for each in lines[:at]}]
    sentences = sum(len(re.findall(r"[.!?…。！？．｡।॥؟۔]+", line)) for line in lines)
    upper = sum(category(each) in ("Lu", "Lt") for each in text)
    lower = sum(category(each) == "Ll" for each in text)
    ellipses = sum(len(re.findall(r"(?<![.!?…])\.\.\.|…", line)) for line in lines)
    wordly = sum(category(each)[0] in "LNM" or each == "_" for each in text)
    stop = set(STOP_WORDS.get(language, []))
    return {
        "characters": len(text),
        "words": len(words),
        "lines": len(lines),
        "sentences": max(sentences, 1),
        "mean_word_length": wordly / len(words),
        "mean_line_words": len(words) / len(lines),
        "short_line_share": sum(len(line) < 30 for line in lines) / len(lines),
        "five_word_line_share": sum(len(WORD.findall(line)) >= 5 for line in lines) / len(lines),
        "terminal_line_share": sum(line[-1] in ".!?…。！？।؟\"'”’»)" for line in lines) / len(lines),
        "ellipsis_line_share": sum(line.endswith(("...", "…")) for line in lines) / len(lines),
        "bullet_line_share": sum(bool(re.match(r"[-*•·●○▪■◦‣–►▸] ", line)) for line in lines) / len(lines),
        "alphabetic_word_share": sum(any(category(each)[0] == "L" for each in word) for word in words) / len(words),
        "symbol_word_ratio": (text.count("#") + ellipses) / len(words),
        "uppercase_share": upper / (upper + lower) if upper + lower else math.nan,
        "digit_share": sum(category(each)[0] == "N" for each in text) / len(text),
        "symbol_share": sum(category(each)[0] in "PS" and each != "_" for each in text) / len(text),
        "duplicate_line_share": len(repeated) / len(lines),
        "duplicate_line_character_share": sum(map(len, repeated)) / len(text),
        **{f"top_{size}_gram_character_share": top_share(small, size) for size in (2, 3, 4)},
        **{f"duplicate_{size}_gram_character_share": repeated_share(small, size) for size in range(5, 11)},
        "unique_word_share": len({word.lower() for word in words}) / len(words),
        "stop_word_share": sum(word.lower() in stop for word in words) / len(words) if stop else math.nan,
        "curly_brackets": text.count("{"),
    }


def top_share(words: list[str], size: int) -> float:
    """The share of the characters in the commonest run of words."""
    places = runs(words, size)
    most = max(map(len, places.values()), default=0)
    if most < 2:
        return 0
    often = [run for run, at in places.items() if len(at) == most]
    chosen = max(often, key=lambda run: (sum(map(len, run)), -places[run][0]))
    return covered(words, places[chosen], size)


def runs(words: list[str], size: int) -> dict[tuple[str, ...], list[int]]:
    found: dict[tuple[str, ...], list[int]] = {}
    for at in range(len(words) - size + 1):
        found.setdefault(tuple(words[at : at + size]), []).append(at)
    return found


def covered(words: list[str], places: Iterable[int], size: int) -> float:
    inside = {place for at in places for place in range(at, at + size)}
    return sum(len(words[place]) for place in inside) / sum(map(len, words))


def repeated_share(words: list[str], size: int) -> float:
    return covered(words, (place for at in runs(words, size).values() for place in at[1:]), size)


@pytest.mark.parametrize("name", TEXTS)
def test_signals_are_what_they_say(cleaner: Cleaner, name: str) -> None:
    document = segment(TEXTS[name])
    [cleaned] = cleaner.clean([document, segment("Another document.")])[:1]
    assert isinstance(cleaned, Cleaned)
    kept = [document.lines[decision.line] for decision in cleaned.decisions if decision.role in KEPT]
    expected = plainly(kept, cleaned.article.language)
    assert list(cleaned.signals) == list(expected) == [signal.name for signal in SIGNALS]
    for signal, value in cleaned.signals.items():
        assert value == pytest.approx(expected[signal], rel=1e-9, nan_ok=True), signal


def test_the_odd_page_has_something_for_every_signal(cleaner: Cleaner) -> None:
    """Figures that are nought everywhere would compare equal whatever they said."""
    [cleaned] = cleaner.clean([segment(ODD)])
    assert isinstance(cleaned, Cleaned)
    nought = [name for name, value in cleaned.signals.items() if not value > 0]
    assert nought == ["short_line_share"]


@given(
    st.lists(st.lists(st.lists(st.sampled_from("ab"), min_size=1, max_size=14).map(" ".join), max_size=3), max_size=4)
)
def test_repeated_runs_are_those_of_each_document(documents: list[list[str]]) -> None:
    """Few different words, so that runs repeat, overlap and tie in every way."""
    lines = Lines([segment("\n".join(each)) for each in documents])
    found = repetition(lines, np.ones(len(lines), bool))
    for index, each in enumerate(documents):
        words = [word for line in each for word in line.split()]
        for size in (2, 3, 4):
            share = found[f"top_{size}_gram_character_share"][index]
            assert share == pytest.approx(top_share(words, size) if words else math.nan, nan_ok=True)
        for size in range(5, 11):
            share = found[f"duplicate_{size}_gram_character_share"][index]
            assert share == pytest.approx(repeated_share(words, size) if words else math.nan, nan_ok=True)


def test_only_lines_that_stay_make_runs() -> None:
    lines = Lines([segment("one two three\nnothing of this\none two three")])
    assert repetition(lines, np.array([True, True, True]))["top_3_gram_character_share"] == [22 / 35]
    assert repetition(lines, np.array([True, True, False]))["top_3_gram_character_share"] == [0]
