"""The pass that removes lines of signs: rules drawn between parts, rows of stars, lone bullets."""

from __future__ import annotations

import numpy as np

from cleancopy.decide.draft import SHAPE_CONFIDENCE, Names
from cleancopy.decide.proposals import Observed, Proposal
from cleancopy.model import ROLE_CODE, Role


def propose(seen: Observed, names: Names) -> Proposal:
    """The lines without a letter and a digit."""
    lines = np.flatnonzero(seen.shape.empty)
    return Proposal.of(lines, ROLE_CODE[Role.OTHER], names["shape.symbols"], SHAPE_CONFIDENCE)
