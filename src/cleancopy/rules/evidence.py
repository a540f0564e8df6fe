"""Context-free evidence: which rule, if any, speaks about each line. No line is looked at in its neighbourhood here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cleancopy.model import Document
from cleancopy.rules import ALL_GROUPS, Effect, Match, RuleBook, packs_of
from cleancopy.rules.sieve import Sieve
from cleancopy.text.lines import Lines


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


FEW_LINES = 1000
"""Lines that are asked about one by one, which is quicker for a page or two than to read what the packs look for."""

SMALL_BATCH = 24
"""Lines of a batch for which asking about each is quicker than to look for what the packs need: one short document."""


class Collector:
    """Collects the evidence of batches: `collect`, for many documents at once. Safe to share between threads."""

    def __init__(self, book: RuleBook, few: int = FEW_LINES) -> None:
        """few: lines that are asked about one by one before what the packs look for is read."""
        self._book = book
        self._sieve = Sieve(book)
        self._few = few

    def collect(self, lines: Lines, languages: Sequence[Collection[str]]) -> tuple[list[Evidence], NDArray[np.int8]]:
        """For every document what the packs of its languages, and those that always apply, say about each line; and
        the roles of all lines of the batch, int8[n].
        """
        asked = [packs_of(own) & self._book.languages for own in languages]
        size = len(lines)
        rules, roles, sure = np.full(size, -1, np.int32), np.full(size, -1, np.int8), np.zeros(size, bool)
        headers: defaultdict[int, list[tuple[int, Match]]] = defaultdict(list)
        look_ups = [self._book.select(packs).match for packs in asked]
        bounds = lines.bounds.tolist()
        self._few -= size  # a thread that is overlooked here only puts off the moment, both ways find the same
        if self._few < 0 and size > SMALL_BATCH:
            passing, groups = self._sieve.passing(lines, asked)
        else:
            passing, groups = np.arange(size), np.full(size, ALL_GROUPS, np.uint64)
        for line, owner, own in zip(passing.tolist(), lines.document[passing].tolist(), groups.tolist(), strict=True):
            matches = look_ups[owner](lines.strings[line], own)
            if matches:
                match = matches[0]
                rules[line], roles[line], sure[line] = match.index, match.role, match.sure
                if match.effect is not Effect.LINE:
                    headers[owner].append((line - bounds[owner], match))
        evidence = [
            Evidence(rules[start:stop], roles[start:stop], sure[start:stop], tuple(headers.get(index, ())))
            for index, (start, stop) in enumerate(pairwise(bounds))
        ]
        return evidence, roles


def collect(document: Document, book: RuleBook, languages: frozenset[str] | None) -> Evidence:
    """What the packs of `languages`, and those that always apply, say about each line; None means every pack."""
    size = len(document)
    rules = np.full(size, -1, np.int32)
    roles = np.full(size, -1, np.int8)
    sure = np.zeros(size, bool)
    headers: list[tuple[int, Match]] = []
    look_up = book.select(None if languages is None else packs_of(languages)).match
    for line, text in enumerate(document.lines):
        matches = look_up(text)
        if not matches:
            continue
        match = matches[0]
        rules[line], roles[line], sure[line] = match.index, match.role, match.sure
        if match.effect is not Effect.LINE:
            headers.append((line, match))
    return Evidence(rules, roles, sure, tuple(headers))
