"""The only place that turns proposals into decisions: whose word counts for each line."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.draft import SHAPE_CONFIDENCE, Names
from cleancopy.decide.proposals import Observed, Proposal
from cleancopy.model import ROLE_CODE, Role

PRECEDENCE = ("judge", "prose", "boxes", "blocks", "census", "rules", "symbols", "enclosed")
"""Ids of the passes; what a later one proposes counts for more. A line that nobody speaks of stays."""
UNBOUND = ("judge", "census", "enclosed")
"""The passes whose word counts for text that the line model is sure of, too."""

Resolved = tuple[NDArray[np.int8], NDArray[np.int32], NDArray[np.float32]]
"""Role codes, rules and confidence of all lines."""


def resolve(seen: Observed, proposals: Mapping[str, Proposal], names: Names) -> Resolved:
    """One decision a line.

    Running text that the line model is sure of stays, whoever else speaks of it: a rule knows the words of one line and
    a header the lines below it, but the model has read the whole page. The census has read all
    pages of the site, and says itself what it leaves to the model. Boxes that say where they are go as a whole.

    proposals: by the id of the pass.
    """
    size = len(seen.document)
    roles = np.full(size, ROLE_CODE[Role.BODY], np.int8)
    rules = np.full(size, names["default.keep"], np.int32)
    confidence = np.full(size, SHAPE_CONFIDENCE, np.float32)
    settled = seen.judgement.sure & seen.shape.text
    for name in PRECEDENCE:
        proposal = proposals.get(name)
        if proposal is None or not len(proposal.lines):
            continue
        counts = np.ones(len(proposal.lines), bool) if name in UNBOUND else ~settled[proposal.lines]
        lines = proposal.lines[counts]
        roles[lines] = proposal.roles[counts]
        rules[lines] = proposal.rules[counts]
        confidence[lines] = proposal.confidence[counts]
    return roles, rules, confidence
