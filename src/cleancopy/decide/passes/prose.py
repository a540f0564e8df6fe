"""The pass that keeps prose which the line model would remove, where what stands around it is the article."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.draft import Names
from cleancopy.decide.proposals import Observed, Proposal
from cleancopy.model import ROLE_CODE, Role

WRITTEN, LEFT = 0.5, 0.2
"""A document with this share of its words in text keeps at least this share of its text, or all of it: it was an
article already. A whole page is mostly menus, and may hold no article.
"""
CARRIED_KEEP = 0.25
"""Text right below text that stays is more of it when the line model gives it at least this. In 230 pages that the
model had not seen 0.3 moves body and segments F1 by 0.1 points, up or down; short articles keep their last paragraphs.
At 0.25 news are the same as at 0.3 (120 pages), at 0.2 body F1 falls by 0.02 points; Thai articles keep theirs.
"""


def propose(seen: Observed, names: Names) -> Proposal:
    """The lines of text that stay, with the judge's probability that they do; none where nobody judges."""
    judged = seen.judgement
    if not judged.judge:
        return Proposal.of(np.zeros(0, np.int64), 0, 0, 0.0)
    words, text = seen.shape.words, seen.shape.text
    written = int(words[text].sum())
    if written >= WRITTEN * int(words.sum()) and int(words[text & judged.kept].sum()) < LEFT * written:
        lines, rule = np.flatnonzero(text & ~judged.kept), "brake.keep"
    elif judged.judge == "model" and seen.document.tags is None:
        lines, rule = _carried(seen), "resume.keep"
    else:
        lines, rule = np.zeros(0, np.int64), "resume.keep"
    return Proposal.of(lines, ROLE_CODE[Role.BODY], names[rule], judged.keep[lines])


def _carried(seen: Observed) -> NDArray[np.int64]:
    """The lines of text that go on with the text right above them."""
    text, kept, sure = seen.shape.text, seen.judgement.kept, seen.evidence.sure
    stays = kept & ~sure
    found: list[int] = []
    for line in np.flatnonzero(text & ~kept & ~sure & (seen.judgement.keep >= CARRIED_KEEP)).tolist():
        if line and text[line - 1] and stays[line - 1]:
            stays[line] = True
            found.append(line)
    return np.array(found, np.int64)
