"""The pass of boxes that say themselves where they are: between a line that opens one and a line that ends it, or text
beside the button that goes with it.

The line model takes such text for the article's, of which it may well be a summary. The lines around it tell.
"""

from __future__ import annotations

import numpy as np

from cleancopy.decide.draft import RULE_CONFIDENCE, Names
from cleancopy.decide.proposals import Observed, Proposal
from cleancopy.model import ROLE_CODE, ROLES, Role
from cleancopy.rules import Effect

BOX_LINES = 12
"""The most lines between the line that opens a box and the one that ends it."""
BOX_SHARE = 0.5
"""No box holds more than this share of the document's words of text."""

_HAS_BUTTON = np.zeros(len(ROLES) + 1, bool)
"""By role code, whether text of the role stands beside a button; the last is that of lines without a rule, -1."""
_HAS_BUTTON[[ROLE_CODE[role] for role in (Role.COOKIE, Role.SUBSCRIPTION, Role.NEWSLETTER)]] = True


def propose(seen: Observed, names: Names) -> Proposal:
    """All lines of such boxes, and the text beside buttons; what a rule removes by itself goes by that rule."""
    evidence, size = seen.evidence, len(seen.document)
    rules, roles = np.full(size, -1, np.int32), np.zeros(size, np.int8)
    for start, stop, rule, role in _boxes(seen):
        rules[start:stop], roles[start:stop] = names.blocks + rule, role
    own = evidence.sure & (rules >= 0)
    own[_beside_buttons(seen)] = True
    rules[own], roles[own] = evidence.rules[own], evidence.roles[own]
    lines = np.flatnonzero(rules >= 0)
    return Proposal.of(lines, roles[lines], rules[lines], RULE_CONFIDENCE)


def _boxes(seen: Observed) -> list[tuple[int, int, int, int]]:
    """First line, the line below the last, rule and role of each box that has an end."""
    words, found = np.where(seen.shape.text, seen.shape.words, 0), []
    opened: tuple[int, int, int] | None = None
    for line, match in seen.evidence.headers:
        if match.effect is Effect.BOX and match.sure and (opened is None or line - opened[0] > BOX_LINES):
            opened = line, match.index, match.role
        elif match.effect is Effect.END and opened is not None and match.role == opened[2]:
            start, rule, role = opened
            opened = None
            small = int(words[start:line].sum()) <= BOX_SHARE * int(words.sum())
            if line - start - 1 <= BOX_LINES and small:
                found.append((start, line + 1, rule, role))
    return found


def _beside_buttons(seen: Observed) -> list[int]:
    """The lines of text that a sure rule names in a run of lines of the same role, where one of them is no text."""
    evidence, text = seen.evidence, seen.shape.text
    named = evidence.sure & _HAS_BUTTON[evidence.roles]
    if not (named & text).any() or not (named & ~text).any():
        return []
    parts = np.flatnonzero((np.diff(evidence.roles) != 0) | (np.diff(named.astype(np.int8)) != 0)) + 1
    runs = np.split(np.arange(len(named)), parts)
    return [int(line) for run in runs if named[run[0]] and not text[run].all() for line in run[text[run]]]
