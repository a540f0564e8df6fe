"""What stays between lines that stay, by hand-made probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from cleancopy.decide.blocks import divisions, trailing
from cleancopy.decide.lines import Lines
from cleancopy.decide.shape import shapes
from cleancopy.segment import segment

PROSE = "The council voted on Monday to rebuild the old harbour bridge after years of debate in the town."


@pytest.mark.parametrize(
    ("heading", "keep", "outvoted", "found"),
    [
        (0.7, 0.4, True, [1]),
        (0.3, 0.4, True, []),
        (0.7, 0.05, True, []),
        # What is settled (a title, a date, a line that a rule names) is no heading, whatever the model says.
        (0.7, 0.4, False, []),
    ],
)
def test_a_heading_between_lines_that_stay(heading: float, keep: float, outvoted: bool, found: list[int]) -> None:
    shape = shapes(Lines([segment(f"{PROSE}\n\nWhat it costs\n\n{PROSE}")]))
    kept, goes = np.array([True, False, True]), np.array([False, outvoted, False])
    keeps, headings = np.array([1, keep, 1], np.float32), np.array([0, heading, 0], np.float32)
    assert divisions(shape, keeps, headings, kept, goes) == found


PROSE = "The mill stood above the weir, and its wheel had not turned for as long as anyone could tell."


@pytest.mark.parametrize(
    ("article", "between", "below", "found"),
    [
        (4, 2, 0.6, [6]),  # unsure, and apart from the article
        (4, 2, 0.9, []),  # sure
        (4, 1, 0.6, []),  # a single line that goes is no gap
        (2, 2, 0.6, []),  # too much to be left over
    ],
)
def test_runs_below_the_article(article: int, between: int, below: float, found: list[int]) -> None:
    document = segment("\n\n".join([PROSE] * (article + between + 1)))
    keep = np.array([0.95] * article + [0.1] * between + [below], np.float32)
    assert trailing(shapes(Lines([document])), keep, keep >= 0.5) == found


def test_runs_above_the_article_stay() -> None:
    document = segment("\n\n".join([PROSE] * 7))
    keep = np.array([0.6, 0.1, 0.1, 0.95, 0.95, 0.95, 0.95], np.float32)
    assert trailing(shapes(Lines([document])), keep, keep >= 0.5) == []


def test_nothing_stays() -> None:
    document = segment(PROSE)
    assert trailing(shapes(Lines([document])), np.array([0.1], np.float32), np.array([False])) == []
