"""The pass of the judge, the line model or else the HTML extractor: each line stays or goes by its word."""

from __future__ import annotations

import numpy as np

from cleancopy.decide.draft import Names
from cleancopy.decide.proposals import Observed, Proposal
from cleancopy.model import ROLE_CODE, Role


def propose(seen: Observed, names: Names) -> Proposal:
    """Each line with the judge's confidence in what it says of it; nothing where nobody judges."""
    judged = seen.judgement
    if not judged.judge:
        return Proposal.of(np.zeros(0, np.int64), 0, 0, 0.0)
    kept = judged.kept
    return Proposal.of(
        np.arange(len(kept)),
        np.where(kept, np.int8(ROLE_CODE[Role.BODY]), seen.likely),
        np.where(kept, np.int32(names[f"{judged.judge}.keep"]), np.int32(names[f"{judged.judge}.remove"])),
        np.where(kept, judged.keep, 1 - judged.keep),
    )
