"""From documents to decisions: evidence first, then the neighbourhood, then what the lines say.

    rules (evidence) ─┐
    shape of lines ───┼→ line model → rules and blocks → title, credits, dates → headings → one decision a line
    lexicon ──────────┘

Arrays run over the lines of the whole batch; what needs a neighbourhood is settled document by document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cleancopy.decide.blocks import take_blocks
from cleancopy.decide.draft import Draft, Names
from cleancopy.decide.evidence import collect
from cleancopy.decide.lines import Lines
from cleancopy.decide.shape import shapes
from cleancopy.decide.structure import mark_headings, mark_items
from cleancopy.model import Decisions, Document, Role
from cleancopy.rules import RuleBook


@dataclass(frozen=True, slots=True)
class Options:
    """What a configuration may change about deciding.

    threshold: a line stays when the line model gives it at least this probability.
    heading_threshold: a line that stays is a heading when the model gives it at least this probability.
    """

    threshold: float = 0.5
    heading_threshold: float = 0.5


class Decider:
    """Decides what every line of a batch of documents is. Immutable; the same documents give the same decisions."""

    def __init__(self, book: RuleBook, options: Options | None = None) -> None:
        self.book = book
        self.options = options or Options()
        self._names = Names(book)

    def decide(
        self, documents: Sequence[Document], languages: Sequence[frozenset[str] | None] | None = None
    ) -> list[Decisions]:
        """One `Decisions` for each document. `languages` says for each which packs apply; None means all of them."""
        lines = Lines(documents)
        shape = shapes(lines)
        decisions = []
        for index, document in enumerate(documents):
            start, stop = int(lines.bounds[index]), int(lines.bounds[index + 1])
            evidence = collect(document, self.book, languages[index] if languages else None)
            draft = Draft(document, shape.of(start, stop), evidence, self._names)
            draft.obey()
            for block in take_blocks(evidence, draft.shape, None):
                draft.take(block.start, block.stop, block.rule, block.role)
            for line in np.flatnonzero(draft.shape.empty).tolist():
                draft.say(line, Role.OTHER, "shape.symbols")
            mark_headings(draft, None, self.options.heading_threshold)
            mark_items(draft)
            decisions.append(draft.finished())
        return decisions
