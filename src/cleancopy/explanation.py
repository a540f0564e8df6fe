"""Why every line ended where it did: the same decisions that clean, with the text and the evidence beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cleancopy.model import KEPT, LIFTED, Article, Decisions, Document, Fact, Role


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """One line of the raw text with its decision.

    number: 1-based, as an editor counts. outcome: `kept`, `lifted` or `removed`.
    evidence: what spoke loudest in the line model, strongest first, each with its signed weight; empty where a rule decided.
    """

    number: int
    text: str
    role: Role
    rule: str
    confidence: float
    outcome: str
    facts: tuple[Fact, ...] = ()
    evidence: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A document, the decision about each of its lines, and the article they make (None where nothing is left)."""

    document: Document
    decisions: Decisions
    article: Article | None
    evidence: tuple[tuple[tuple[str, float], ...], ...] = ()

    def __len__(self) -> int:
        return len(self.document)

    def __iter__(self) -> Iterator[ExplainedLine]:
        for index, decision in enumerate(self.decisions):
            yield ExplainedLine(
                self.document.numbers[index],
                self.document.lines[index],
                decision.role,
                decision.rule,
                decision.confidence,
                outcome(decision.role),
                decision.facts,
                self.evidence[index] if self.evidence else (),
            )


def outcome(role: Role) -> str:
    """Where a line of this role ends: `kept` in the text, `lifted` into a field, or `removed`."""
    return "kept" if role in KEPT else "lifted" if role in LIFTED else "removed"
