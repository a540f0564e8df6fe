"""What another configuration or rule pack would change, line by line: the question before every change of a rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleancopy import __version__
from cleancopy.apply import apply
from cleancopy.cleaner import Cleaner
from cleancopy.model import Document
from cleancopy.rules import RuleBook
from cleancopy.rules.evidence import Collector
from cleancopy.text.lines import Lines
from cleancopy.views import OUTCOME_MARKS
from cleancopy.views.explanation import ExplainedLine, Explanation
from cleancopy.views.page import render

_BATCH = 64
"""Documents decided at once: twice as fast as one by one."""
SHOWN_LINES = 1000
"""Lines that a page shows of all documents together, about: more than anyone reads, and it opens at once."""


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line with both decisions. `moved`: it ends elsewhere, not only by another rule or in another role."""

    before: ExplainedLine
    after: ExplainedLine

    @property
    def moved(self) -> bool:
        return self.before.outcome != self.after.outcome


@dataclass(frozen=True, slots=True)
class Difference:
    """The lines of one document whose outcome, role or rule changes.

    origin: where the document came from. title: the article's, empty where it has none or nothing changes.
    """

    origin: str
    lines: tuple[ChangedLine, ...]
    title: str = ""

    @property
    def moved(self) -> bool:
        """Whether a line of it ends elsewhere."""
        return any(line.moved for line in self.lines)

    @property
    def named(self) -> str:
        """What people know the document by."""
        return self.title or self.origin.replace("file://", "")


def compare(
    before: Cleaner, after: Cleaner, documents: Iterable[tuple[str, Document]], *, rules_only: bool = False
) -> Iterator[Difference]:
    """One difference for each (origin, document), also for those where nothing changes.

    rules_only: the cleaners differ in nothing but their rule packs. Then a document is decided only if the packs say
    something else about a line of it.
    """
    books = [before.decider.book, after.decider.book]
    few = rules_only and books[0].lexicon() == books[1].lexicon()
    collectors = [Collector(book) for book in books]
    rest = iter(documents)
    while batch := list(islice(rest, _BATCH)):
        chosen = list(range(len(batch)))
        if few:
            lines = Lines([document for _, document in batch])
            languages = before.detector.candidates([document.lines for document in lines.documents])
            heard = (_heard(book, each, lines, languages) for book, each in zip(books, collectors, strict=True))
            chosen = [index for index, (old, new) in enumerate(zip(*heard, strict=True)) if old != new]
        found = dict(zip(chosen, _changes(before, after, [batch[index][1] for index in chosen]), strict=True))
        for index, (origin, _) in enumerate(batch):
            yield Difference(origin, *found.get(index, ((), "")))


def _changes(
    before: Cleaner, after: Cleaner, documents: list[Document]
) -> Iterator[tuple[tuple[ChangedLine, ...], str]]:
    """The lines of each document that change, and its title as it is now, or else as it would be."""
    if not documents:
        return
    lines, texts = Lines(documents), [document.lines for document in documents]
    both = [cleaner.decider.decide(lines, cleaner.detector.candidates(texts)) for cleaner in (before, after)]
    for document, *decided in zip(documents, *both, strict=True):
        old, new = (Explanation(document, decisions, None) for decisions in decided)
        roles = old.decisions.roles != new.decisions.roles
        changed = np.flatnonzero(roles | (_rules(old) != _rules(new))).tolist()
        titles = (apply(document, each).title for each in decided if changed)
        yield (
            tuple(ChangedLine(old.line(index), new.line(index)) for index in changed),
            next((title for title in titles if title), ""),
        )


def _rules(explanation: Explanation) -> NDArray[np.object_]:
    """The rule id of each line."""
    return np.array(explanation.decisions.names, object)[explanation.decisions.rules]


def _heard(
    book: RuleBook, collector: Collector, lines: Lines, languages: Sequence[Sequence[str]]
) -> list[tuple[Any, Any]]:
    """For each document all that deciding asks of the packs: the rule of each line, and those that reach beyond it."""
    asked = [*((rule.id, rule.role, rule.strength, rule.effect) for rule in book.rules), None]
    evidence, _ = collector.collect(lines, languages)
    return [
        ([asked[rule] for rule in each.rules.tolist()], [(line, asked[match.index]) for line, match in each.headers])
        for each in evidence
    ]


def diff_html(differences: list[Difference], title: str) -> str:
    """The differences as a page, document by document; of many lines some are shown.

    Documents with lines that end elsewhere come first. What only another rule decides, or in another role, is folded.
    """
    changed = [difference for difference in differences if difference.lines]
    changed.sort(key=lambda difference: not difference.moved)
    before = accumulate((len(difference.lines) for difference in changed), initial=0)
    shown = [difference for difference, lines in zip(changed, before, strict=False) if lines < SHOWN_LINES]
    moves = Counter(
        (line.before.outcome, line.before.rule, line.after.outcome, line.after.rule)
        for difference in changed
        for line in difference.lines
    )
    return render(
        "diff",
        version=__version__,
        heading=title,
        documents=len(differences),
        changed=len(changed),
        shown=[
            (
                each,
                [line for line in each.lines if line.moved][:SHOWN_LINES],
                [line for line in each.lines if not line.moved][:SHOWN_LINES],
            )
            for each in shown
        ],
        moved=sum(line.moved for difference in changed for line in difference.lines),
        total=sum(len(difference.lines) for difference in changed),
        moves=sorted(moves.items(), key=lambda item: (item[0][0] == item[0][2], -item[1], item[0])),
        marks=OUTCOME_MARKS,
    )
