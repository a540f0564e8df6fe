"""Which pages of a site are counted: those whose addresses are the smallest numbers (a bottom-k sketch).

A sample does not depend on the order in which pages come, nor on how they are shared out: two samples make the one of
all their pages. Of a site with fewer pages than are kept it holds every page. Beyond that, the share of pages with a
line is off by 1 / (2 √k) at most (one standard error), and the number of pages that the site has by 1 / √k.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Page = tuple[int, NDArray[np.uint64] | None]
"""The number of a page's address, and its lines; None while they have not been counted."""
_NUMBERS = 1 << 64


def together(pages: Iterable[Page], most: int) -> list[Page]:
    """The sample of pages and samples of one site, smallest first, each address once.

    Of an address that was read more than once one version counts: counted before not counted, then the one with fewer
    lines, then the smaller ones.
    """
    found: dict[int, NDArray[np.uint64] | None] = {}
    for page, lines in pages:
        if page not in found or _rank(lines) < _rank(found[page]):
            found[page] = lines
    return sorted(found.items(), key=lambda item: item[0])[:most]


def known(sample: list[Page], most: int) -> int:
    """How many pages the site of a sample has; estimated where it is full."""
    if len(sample) < most:
        return len(sample)
    return max(most, round((most - 1) * _NUMBERS / (sample[-1][0] + 1)))


def _rank(lines: NDArray[np.uint64] | None) -> tuple[bool, int, bytes]:
    return (True, 0, b"") if lines is None else (False, len(lines), lines.tobytes())
