"""Which kind of boilerplate a line is when only the line model says that it goes: the likeliest by the words around
it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleancopy.model import BOILERPLATE, ROLE_CODE, ROLES, Role
from cleancopy.rules import LEXICON_CATEGORIES

REACH = 2
"""Lines on either side whose words speak for a line: menus and teaser lists come in runs."""
RULE_WEIGHT = 3.0
"""A rule that matched, even as a hint, says more than a word of the lexicon."""

_NAVIGATION = ROLE_CODE[Role.NAVIGATION]
_OTHER = ROLE_CODE[Role.OTHER]
_SCORED = tuple(role for role in BOILERPLATE if role.value in LEXICON_CATEGORIES)
_COLUMN_OF_ROLE = np.full(len(ROLES), -1)
_COLUMN_OF_ROLE[[ROLE_CODE[role] for role in _SCORED]] = np.arange(len(_SCORED))
_LEXICON_COLUMNS = np.array([LEXICON_CATEGORIES.index(role.value) for role in _SCORED])
_CODES = np.array([ROLE_CODE[role] for role in _SCORED], np.int8)


def likeliest(
    rule_roles: NDArray[np.int8], lexicon: NDArray[np.float32], kept: NDArray[np.bool_], bounds: NDArray[np.int64]
) -> NDArray[np.int8]:
    """int8[n]: a boilerplate role code for every line of a batch, whether it goes or not. Where no word near a line
    says anything, it is navigation above the first line that stays, and `other` below.

    rule_roles: role code of the rule that matched, -1 for none.
    lexicon: float32[n, categories], words of each category.
    kept: the lines that stay.
    bounds: int64[D + 1], the documents' offsets into the lines.
    """
    size, sizes = len(kept), np.diff(bounds)
    scores = np.minimum(lexicon[:, _LEXICON_COLUMNS], 3.0)
    ruled = np.flatnonzero(rule_roles >= 0)
    columns = _COLUMN_OF_ROLE[rule_roles[ruled]]
    scores[ruled[columns >= 0], columns[columns >= 0]] += RULE_WEIGHT
    # Kept lines do not speak for their neighbours; a line speaks for itself twice. In double precision the sums of
    # these logarithms of small numbers are exact, so that they are the same whatever the batch.
    total = np.zeros((size + 1, scores.shape[1]))
    np.cumsum(np.where(kept[:, None], 0.0, scores), axis=0, out=total[1:])
    places, starts, stops = np.arange(size), np.repeat(bounds[:-1], sizes), np.repeat(bounds[1:], sizes)
    near = total[np.minimum(places + REACH + 1, stops)] - total[np.maximum(places - REACH, starts)] + scores
    staying = np.append(np.flatnonzero(kept), size)
    first = np.repeat(staying[np.searchsorted(staying, bounds[:-1])], sizes)
    best = near.argmax(1)
    fallback = np.where(places < first, _NAVIGATION, _OTHER).astype(np.int8)
    return np.where(near[places, best] > 0, _CODES[best], fallback)
