"""What stays between lines that stay, by hand-made probabilities."""

from __future__ import annotations

from itertools import zip_longest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cleancopy
from cleancopy.decide.divisions import divisions
from cleancopy.decide.passes.blocks import Taken, trimmed
from cleancopy.text.lines import Lines
from cleancopy.text.segment import segment
from cleancopy.text.shape import shapes

PROSE = "The council voted on Monday to rebuild the old harbour bridge after years of debate in the town."


@pytest.mark.parametrize(
    ("heading", "keep", "outvoted", "below", "found"),
    [
        (0.7, 0.4, True, PROSE, [1]),
        (0.4, 0.4, True, PROSE, []),
        (0.7, 0.05, True, PROSE, []),
        # Above a list it takes no more than of lines that stay.
        (0.4, 0.4, True, "1. A new plate.", [1]),
        (0.4, 0.4, True, "• Eine neue Platte.", [1]),
        (0.3, 0.4, True, "1. A new plate.", []),
        # What is settled (a title, a date, a line that a rule names) is no heading, whatever the model says.
        (0.7, 0.4, False, PROSE, []),
    ],
)
def test_a_heading_between_lines_that_stay(
    heading: float, keep: float, outvoted: bool, below: str, found: list[int]
) -> None:
    document = segment(f"{PROSE}\n\nWhat it costs\n\n{below}")
    shape = shapes(Lines([document]))
    kept, goes = np.array([True, False, True]), np.array([False, outvoted, False])
    keeps, headings = np.array([1, keep, 1], np.float32), np.array([0, heading, 0], np.float32)
    assert divisions(document.lines, shape, keeps, headings, kept, goes, 0.35) == found


BLOCKS = st.lists(st.tuples(*[st.integers(0, 20)] * 3), max_size=8).map(sorted)


@given(BLOCKS)
def test_a_trimmed_block_takes_what_no_later_one_takes(places: list[tuple[int, int, int]]) -> None:
    blocks = [
        Taken(start, stop, rule, 0, items)
        for rule, (start, items, stop) in enumerate(sorted(map(sorted, places)))  # type: ignore[misc]
    ]

    def taken(chosen: list[Taken]) -> list[tuple[int, bool]]:
        found = [(-1, False)] * 20
        for block in chosen:
            for line in range(block.start, block.stop):
                found[line] = block.rule, line < block.whole
        return found

    assert taken([trimmed(*pair) for pair in zip_longest(blocks, blocks[1:])]) == taken(blocks)


def test_a_section_of_the_menu_takes_nothing_below_the_headline() -> None:
    menu = "<ul><li><a href='/k'>Komentari</a></li><li><a href='/p'>Putovanja</a></li></ul>"
    figure = "<figure><img src='a.jpg'><figcaption>Čitaonica prošle zime. Foto: Ida Berg/Hina</figcaption></figure>"
    text = "".join(f"<p>{PROSE}</p>" for _ in range(4))
    article = f"<article><h1>The harbour bridge</h1><p class='meta'>Autor: Hrvoje Kolić</p>{figure}{text}</article>"
    found = cleancopy.clean(html=f"<html lang='hr'><body>{menu}{article}</body></html>")
    assert [caption.credit for caption in found.captions] == ["Ida Berg; HINA"]
