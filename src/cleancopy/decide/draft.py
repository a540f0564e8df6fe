"""The decisions over one document while they are being made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleancopy.model import KEPT, ROLE_CODE, ROLES, Decisions, Document, Fact, Role
from cleancopy.rules import RuleBook
from cleancopy.rules.evidence import Evidence
from cleancopy.text.shape import Shape

BUILT_IN = {
    "default.keep": "nothing speaks against the line",
    "model.keep": "the line model keeps the line",
    "model.remove": "the line model removes the line",
    "brake.keep": "text that the line model would remove with nearly all other text of a document that is mostly text",
    "resume.keep": "the article goes on below text or a box in its midst, though the line model would remove the line",
    "extractor.keep": "the HTML extractor keeps the line, and there is no line model to ask",
    "extractor.remove": "the HTML extractor leaves the line out, and there is no line model to ask",
    "census.repeated": "the line stands on most pages of its site, in the same place",
    "shape.symbols": "the line has no letter and no digit",
    "duplicate.line": "the text has the same line elsewhere",
    "duplicate.quote": "the line is set beside the paragraph that has the same sentence",
    "front.matter": "the line says something about the text, above it",
    "code.line": "the line is part of a program, between fences or in `<pre>`",
    "code.fence": "the line sets off a program",
    "kind.consent": "the line is part of a wall of consent beside the article",
    "shape.picture": "the line is nothing but pictures, as terminal browsers or Markdown name them",
    "title.line": "the line is the title",
    "title.repeated": "the line repeats the title",
    "credit.line": "the line says who made it",
    "date.line": "the line says when it was published or updated",
    "heading.tag": "the line stood in a heading element",
    "heading.markdown": "the line starts with `#`",
    "heading.underline": "the line is underlined by the next one, or is that underline",
    "heading.bold": "the whole line is marked bold",
    "heading.shape": "the line is short, reads like a heading and stands above text",
    "heading.model": "the line model takes the line for a heading",
    "heading.number": "the line is the number of the heading below, which has it",
    "heading.orphan": "nothing of the article stands below the heading",
    "list.item": "the line starts with a bullet or a number, or stood in a list element",
    "quote.mark": "the line starts with `>`, or stood in a quotation element",
    "table.row": "the line is a row of figures between paragraphs, or names the columns of such rows",
    "turn.line": "the line is a turn of a conversation of which other turns stay",
    "table.cell": "the line is a row, or a cell, of a table of data",
    "table.rule": "the line sets off the head of a table",
    "reference.line": "the line is an entry of a list of literature, or names that list",
    "caption.tag": "the line stood in the caption element of a picture in the article",
    "caption.credit": "the line ends with who made the picture that it describes",
}
"""Rule ids of decisions that no pack makes, and what each says."""

BLOCK_SUFFIX = "/list"
"""Appended to a rule's id for the lines that its header takes along."""

RULE_CONFIDENCE = 0.99
SHAPE_CONFIDENCE = 0.9

_CODE = {role: np.int8(code) for role, code in ROLE_CODE.items()}
_IS_KEPT = np.array([role in KEPT for role in ROLES])


class Names:
    """The table of rule ids that decisions point into: pack rules, the lists they take along, built-in decisions."""

    def __init__(self, book: RuleBook) -> None:
        pack = tuple(rule.id for rule in book.rules)
        self.blocks = len(pack)
        self.all = (*pack, *(name + BLOCK_SUFFIX for name in pack), *BUILT_IN)
        self._index = {name: index for index, name in enumerate(self.all)}

    def __getitem__(self, name: str) -> int:
        return self._index[name]


class Draft:
    """Roles, rules and confidence by line; what is said later overwrites what was said before."""

    def __init__(self, document: Document, shape: Shape, evidence: Evidence, names: Names) -> None:
        size = len(document)
        self.document = document
        self.shape = shape
        self.evidence = evidence
        self.facts: dict[int, tuple[Fact, ...]] = {}
        self._names = names
        self._roles = np.full(size, _CODE[Role.BODY], np.int8)
        self._rules = np.full(size, names["default.keep"], np.int32)
        self._confidence = np.full(size, SHAPE_CONFIDENCE, np.float32)

    def say(
        self, line: int, role: Role, rule: str, confidence: float = SHAPE_CONFIDENCE, facts: tuple[Fact, ...] = ()
    ) -> None:
        """What one line is, by a built-in rule, and what it states."""
        self._roles[line], self._rules[line], self._confidence[line] = _CODE[role], self._names[rule], confidence
        if facts:
            self.facts[line] = facts
        else:
            self.facts.pop(line, None)

    def state(self, line: int, facts: tuple[Fact, ...]) -> None:
        """What a line states beside being what it is: a paragraph's dateline names an agency."""
        self.facts[line] = (*self.facts.get(line, ()), *facts)

    def recast(self, role: Role, new: Role) -> None:
        """Lines of one role get another, by the same rule; what they state stays."""
        self._roles[self._roles == _CODE[role]] = _CODE[new]

    def adopt(self, roles: NDArray[np.int8], rules: NDArray[np.int32], confidence: NDArray[np.float32]) -> None:
        """What all lines are, one entry each."""
        self._roles, self._rules, self._confidence = roles, rules, confidence

    @property
    def roles(self) -> NDArray[np.int8]:
        """int8[n]: the role codes of all lines, as of now."""
        return self._roles

    def lines_of(self, role: Role) -> list[int]:
        """The lines that are of one role, as of now."""
        lines: list[int] = np.flatnonzero(self._roles == _CODE[role]).tolist()
        return lines

    @property
    def taken(self) -> NDArray[np.bool_]:
        """bool[n]: the lines that a header has taken along."""
        return (self._rules >= self._names.blocks) & (self._rules < 2 * self._names.blocks)

    @property
    def outvoted(self) -> NDArray[np.bool_]:
        """bool[n]: the lines that go by the line model's word alone, as of now."""
        outvoted: NDArray[np.bool_] = self._rules == self._names["model.remove"]
        return outvoted

    @property
    def kept(self) -> NDArray[np.bool_]:
        """bool[n]: the lines that stay, as of now."""
        return _IS_KEPT[self._roles]

    def finished(self) -> Decisions:
        return Decisions(self._roles, self._rules, self._confidence, self._names.all, self.facts)
