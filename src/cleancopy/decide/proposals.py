"""What a pass sees of a document, and what it may say.

A pass reads a document with its evidence and proposes what some of its lines are. It writes nothing, and never sees
what other passes propose: `cleancopy.decide.resolver` says whose word counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.draft import Names
from cleancopy.model import Document
from cleancopy.rules.evidence import Evidence
from cleancopy.text.shape import Shape

SURE = 0.9
"""The line model is sure of a line that it gives at least this probability."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How likely every line of a document stays, float32[n], and by whose word: that of the line model ("model"), of
    the HTML extractor ("extractor"), or of nobody (""), when every line does.
    """

    judge: str
    keep: NDArray[np.float32]
    threshold: float

    @property
    def kept(self) -> NDArray[np.bool_]:
        """bool[n]: the lines that stay by the judge's word."""
        return self.keep >= self.threshold

    @property
    def sure(self) -> NDArray[np.bool_]:
        """bool[n]: the lines that the line model is sure of."""
        return self.kept & (self.keep >= SURE) & (self.judge == "model")


@dataclass(frozen=True, slots=True)
class Observed:
    """A document before anything is decided. likely: int8[n], the role of each line if the judge removes it."""

    document: Document
    shape: Shape
    evidence: Evidence
    judgement: Judgement
    likely: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What some lines are. One entry a line, each line at most once.

    lines: int64[m]; roles: int8[m], codes; rules: int32[m], indices into the table of rule ids;
    confidence: float32[m], 0 to 1.
    """

    lines: NDArray[np.int64]
    roles: NDArray[np.int8]
    rules: NDArray[np.int32]
    confidence: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        lines: NDArray[np.int64],
        roles: NDArray[np.int8] | int,
        rules: NDArray[np.int32] | int,
        confidence: NDArray[np.float32] | float,
    ) -> Proposal:
        """A proposal whose single values stand for all of its lines."""
        size = len(lines)
        return cls(
            lines,
            roles.astype(np.int8) if isinstance(roles, np.ndarray) else np.full(size, roles, np.int8),
            rules.astype(np.int32) if isinstance(rules, np.ndarray) else np.full(size, rules, np.int32),
            confidence.astype(np.float32)
            if isinstance(confidence, np.ndarray)
            else np.full(size, confidence, np.float32),
        )


Pass = Callable[[Observed, Names], Proposal]
