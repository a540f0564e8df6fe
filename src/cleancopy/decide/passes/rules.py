"""The pass of the sure rules: a line is what the strongest of them says."""

from __future__ import annotations

import numpy as np

from cleancopy.decide.draft import RULE_CONFIDENCE, Names
from cleancopy.decide.proposals import Observed, Proposal


def propose(seen: Observed, _: Names) -> Proposal:
    """The lines that a sure rule names."""
    lines = np.flatnonzero(seen.evidence.sure)
    return Proposal.of(lines, seen.evidence.roles[lines], seen.evidence.rules[lines], RULE_CONFIDENCE)
