"""Where bylines, dates and titles are looked for, and what the line model's word for a line weighs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

REACH_BEFORE, REACH_INSIDE, REACH_AFTER = 30, 6, 25
"""Lines above the title or body, of the body itself, and below its end, in which a byline or date is looked for."""

SURE = 0.3
"""The probability from which a line is looked at wherever it stands."""

Probabilities = Sequence[float] | NDArray[np.float32]

_STEPS = 10_000
"""Probabilities have four decimals."""
_GRID = np.linspace(0.0, 1.0, _STEPS + 1).clip(1e-4, 1 - 1e-4)
_LOG_ODDS: NDArray[np.float64] = np.log(_GRID / (1 - _GRID)).round(6)
"""A table, which no machine computes otherwise."""


def log_odds(probabilities: Probabilities | None, places: Sequence[int], unknown: float = 0.5) -> NDArray[np.float64]:
    """The logarithm of the odds of the lines at `places`, at most 9.2 either way; of `unknown` where no model ran."""
    chosen = [unknown] * len(places) if probabilities is None else np.asarray(probabilities)[list(places)]
    steps = np.rint(np.asarray(chosen, np.float64) * _STEPS).astype(np.intp)
    found: NDArray[np.float64] = _LOG_ODDS[steps]
    return found


def certainty(score: float, nothing: float) -> float:
    """How sure a choice is: the probability that its score gives it beside `nothing`, the fitted weight of no line.

    In hundredths, 0.05 to 0.99.
    """
    return min(0.99, max(0.05, round(1 / (1 + math.exp(min(50.0, nothing - score))), 2)))


def around(
    size: int,
    body_start: int,
    body_end: int,
    title: int | None,
    probabilities: Probabilities | None = None,
    least: float = 0.0,
) -> list[int]:
    """The lines in which a byline or date is looked for: above, at the start of, and right behind the body.

    Where a model ran, only those to which it gives `least`, and wherever they stand those that it is sure of.
    """
    start = max(0, min(body_start, title if title is not None else body_start) - REACH_BEFORE)
    stop = min(size, body_start + REACH_INSIDE)
    behind = max(stop, body_end + 1)
    end = min(size, body_end + 1 + REACH_AFTER)
    if probabilities is None:
        return [*range(start, stop), *range(behind, end)]
    given = np.asarray(probabilities)
    chosen = given >= SURE
    chosen[start:stop] = given[start:stop] >= least
    chosen[behind:end] = given[behind:end] >= least
    places: list[int] = np.flatnonzero(chosen).tolist()
    return places
