"""Context-free evidence: which rule, if any, speaks about each line. No line is looked at in its neighbourhood here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleancopy.model import Document
from cleancopy.rules import Effect, Match, RuleBook

ALWAYS = frozenset({"common", "en"})
"""Packs that apply to every document: signs of no language, and English, whose interface words are on pages
everywhere.
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The strongest rule of every line of one document.

    rules: int32[n], index into the rule book, -1 where none matches.
    roles: int8[n], role code of that rule, -1 where none matches.
    sure:  bool[n], whether that rule decides by itself.
    headers: lines whose rule reaches beyond the line, in order.
    """

    rules: NDArray[np.int32]
    roles: NDArray[np.int8]
    sure: NDArray[np.bool_]
    headers: tuple[tuple[int, Match], ...]


def collect(document: Document, book: RuleBook, languages: frozenset[str] | None) -> Evidence:
    """What the packs of `languages`, and those that always apply, say about each line; None means every pack."""
    size = len(document)
    rules = np.full(size, -1, np.int32)
    roles = np.full(size, -1, np.int8)
    sure = np.zeros(size, bool)
    headers: list[tuple[int, Match]] = []
    look_up = book.select(None if languages is None else languages | ALWAYS).match
    for line, text in enumerate(document.lines):
        matches = look_up(text)
        if not matches:
            continue
        match = matches[0]
        rules[line], roles[line], sure[line] = match.index, match.role, match.sure
        if match.effect is not Effect.LINE:
            headers.append((line, match))
    return Evidence(rules, roles, sure, tuple(headers))
