"""The pass of the census: a line that a site repeats on most of its pages, in the same place, is the site's and not the
article's.

What an article shares with other pages stays by what is asked: that the line stands on half of the pages at least, so
that quotations, notices of a kind of article and the same article twice do not count; and in the same place, since the
first paragraph of a popular article stands below the text of many others, and above that of its own.
"""

from __future__ import annotations

import numpy as np

from cleancopy.decide.draft import Names
from cleancopy.decide.proposals import Observed, Proposal

LEAST, SHARE = 3, 0.5
"""Pages, and the share of the site's pages, on which a line must stand in the same place. In 35 pages of seven sites in
four renderings no line of an article does; 102 lines that the line model keeps by mistake do.
"""
SETTLED_PAGES, SETTLED = 5, 0.8
"""The same for running text that the line model is sure of."""
SHORT, SHORT_UNSPACED = 5, 15
"""Words of a line within the text, and ideographs, that may be a heading which all articles of a site have
("Ingredients"): it goes only where it stands next to the same line as often.
"""


def propose(seen: Observed, names: Names) -> Proposal:
    """The lines that the site repeats, as sure as their share of its pages; none where no census knows the site."""
    standing = seen.document.standing
    if standing is None:
        return Proposal.of(np.zeros(0, np.int64), 0, 0, 0.0)
    pages, alike = standing.pages, np.array(standing.alike, np.int64)
    least = max(LEAST, SHARE * pages)
    alone = np.array(standing.beside, np.int64) < least
    within = np.array([place == "within" for place in standing.places], bool)
    settled = seen.judgement.sure & seen.shape.text
    repeated = alike >= least
    pieces = np.array([line.count(" ") + 1 for line in seen.document.lines], np.int64)
    short = (pieces <= SHORT) & (seen.shape.words <= SHORT_UNSPACED)
    repeated &= ~(within & alone & short)
    repeated &= ~settled | ((pages >= SETTLED_PAGES) & (alike >= SETTLED * pages))
    lines = np.flatnonzero(repeated)
    confidence = (alike[lines] / (pages + 1)).astype(np.float32).round(4)
    return Proposal.of(lines, seen.likely[lines], names["census.repeated"], confidence)
