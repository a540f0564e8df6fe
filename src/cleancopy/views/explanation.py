"""Why every line ended where it did: the same decisions that clean, with the text and the evidence beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from cleancopy.apply import apply
from cleancopy.cleaner import Cleaned, Cleaner
from cleancopy.errors import RecordError
from cleancopy.model import KEPT, LIFTED, Article, Decisions, Document, Fact, Role
from cleancopy.rules import packs_of
from cleancopy.text.lines import Lines

OUTCOMES = ("kept", "lifted", "removed")

JUDGED = frozenset({"model", "heading"})
"""First words of the rules behind which the line model stands."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """What the census says of a line: on how many of the site's pages it stands, on how many in the same place."""

    seen: int
    alike: int
    pages: int
    place: str


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """One line of the raw text with its decision.

    number: 1-based, as an editor counts. outcome: `kept`, `lifted` or `removed`.
    heard:  ids of the pack rules that match the line, whether or not one of them decided.
    evidence: what spoke loudest in the line model, strongest first, each with its weight (positive: for keeping).
    repeated: what the census of the site says of the line; None where no census knows the site.
    """

    number: int
    text: str
    role: Role
    rule: str
    confidence: float
    outcome: str
    facts: tuple[Fact, ...] = ()
    heard: tuple[str, ...] = ()
    evidence: tuple[tuple[str, float], ...] = ()
    repeated: Repeated | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A document, the decision about each of its lines, and the article they make (None where no text is left).

    packs:    languages whose rule packs applied.
    heard:    for each line, the ids of all rules of those packs that match it.
    evidence: for each line, what spoke loudest in the line model; empty where nobody asked it.
    signals:  the quality signals of the article.
    refused:  why a run would reject the document; None if it becomes an article.
    """

    document: Document
    decisions: Decisions
    article: Article | None
    packs: tuple[str, ...] = ()
    heard: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[tuple[tuple[str, float], ...], ...] = ()
    signals: Mapping[str, float] = field(default_factory=dict)
    refused: str | None = None

    def __len__(self) -> int:
        return len(self.document)

    def __iter__(self) -> Iterator[ExplainedLine]:
        return map(self.line, range(len(self)))

    def line(self, index: int) -> ExplainedLine:
        """One line, counted from 0."""
        decision = self.decisions[index]
        return ExplainedLine(
            self.document.numbers[index],
            self.document.lines[index],
            decision.role,
            decision.rule,
            decision.confidence,
            outcome(decision.role),
            decision.facts,
            self.heard[index] if self.heard else (),
            self.evidence[index] if self.evidence else (),
            self._repeated(index),
        )

    def _repeated(self, index: int) -> Repeated | None:
        said = self.document.standing
        return None if said is None else Repeated(said.seen[index], said.alike[index], said.pages, said.places[index])


def outcome(role: Role) -> str:
    """Where a line of this role ends: `kept` in the text, `lifted` into a field, or `removed`."""
    return "kept" if role in KEPT else "lifted" if role in LIFTED else "removed"


_UNDECIDED = Decisions(np.zeros(0, np.int8), np.zeros(0, np.int32), np.zeros(0, np.float32), ())


def explain_refusal(error: RecordError) -> Explanation:
    """The explanation of a record that is no document: it has no lines, and `refused` says why."""
    return Explanation(Document((), (), (), ()), _UNDECIDED, None, refused=str(error))


def explain_document(cleaner: Cleaner, document: Document, *, evidence: bool = False) -> Explanation:
    """What the cleaner decides about each line of the document, and why. A document without lines has no decisions.

    evidence: ask the line model, too, what it went by: each line that it judged is scored again with every one of its
    features taken away.
    """
    if not len(document):
        return Explanation(document, _UNDECIDED, None, refused="the document has no text")
    result = cleaner.clean([document])[0]
    lines, languages = Lines([document]), cleaner.detector.candidates([document.lines])
    if isinstance(result, Cleaned):
        decisions, article = result.decisions, result.article
    else:
        decisions = cleaner.decider.decide(lines, languages)[0]
        article = apply(document, decisions)
    book = cleaner.decider.book
    packs = packs_of(languages[0]) & book.languages
    weights: Mapping[int, tuple[tuple[str, float], ...]] = {}
    if evidence:
        judged = [decision.line for decision in decisions if decision.rule.split(".")[0] in JUDGED]
        weights = cleaner.decider.attribute(lines, languages[0], judged)
    return Explanation(
        document,
        decisions,
        article if article.blocks else None,
        tuple(sorted(packs)),
        tuple(tuple(match.rule.id for match in book.select(packs).match(line)) for line in document.lines),
        tuple(weights.get(line, ()) for line in range(len(document))),
        result.signals if isinstance(result, Cleaned) else {},
        None if isinstance(result, Cleaned) else str(result),
    )
