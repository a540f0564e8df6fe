"""The pass that lets an article go on below a box in its midst: a call to subscribe, an advertisement, a link."""

from __future__ import annotations

import numpy as np

from cleancopy.decide.draft import Names
from cleancopy.decide.proposals import Observed, Proposal
from cleancopy.model import ROLE_CODE, ROLES, Role
from cleancopy.rules import Effect

BOX_LINES = 8
"""The most lines of a box in the midst of an article."""
RESUMED_LINE = 10
"""Words of a line that goes on with the text above it."""
RESUMED_KEEP = 0.15
"""Text right below such a box is more of the article, when the line model gives it at least this. In 441 whole pages
that the model had not seen 8 lines stood there; of short articles with a box it loses every section below.
"""

_IS_BOX = np.zeros(len(ROLES) + 1, bool)
"""By role code; the last is that of lines without a rule, -1."""
_IS_BOX[[ROLE_CODE[role] for role in (Role.NEWSLETTER, Role.SUBSCRIPTION, Role.ADVERTISEMENT, Role.RELATED)]] = True


def propose(seen: Observed, names: Names) -> Proposal:
    """The lines below boxes that go on with the article, a heading among them, with the model's probability."""
    lines = np.array(_below_boxes(seen), np.int64)
    return Proposal.of(lines, ROLE_CODE[Role.BODY], names["resume.keep"], seen.judgement.keep[lines])


def _below_boxes(seen: Observed) -> list[int]:
    judged, evidence, shape = seen.judgement, seen.evidence, seen.shape
    box = evidence.sure & _IS_BOX[evidence.roles]
    if judged.judge != "model" or seen.document.tags is not None or not box.any():
        return []
    keep, size = judged.keep, len(seen.document)
    stays = judged.kept & ~evidence.sure
    box[[line for line, match in evidence.headers if match.effect is not Effect.LINE]] = False
    found: list[int] = []
    for start in np.flatnonzero(box & ~np.concatenate([[False], box[:-1]])).tolist():
        stop = start + int(np.argmin(np.append(box[start:], False)))
        above = slice(max(0, start - 2), start)
        if stop - start > BOX_LINES or not start or not stays[start - 1] or not shape.text[above].any():
            continue
        going_on: list[int] = []
        for line in range(stop, size):
            text = shape.text[line] or (bool(going_on) and shape.words[line] >= RESUMED_LINE)
            if evidence.sure[line] or (keep[line] < RESUMED_KEEP if text else line > stop):
                break  # one line that is no text, the heading, may stand on top
            if text:
                going_on = list(range(stop, line + 1))
                if stays[line]:
                    break
        found.extend(line for line in going_on if not stays[line])
        stays[going_on] = True
    return found
