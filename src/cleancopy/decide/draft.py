"""The decisions over one document while they are being made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.blocks import Taken
from cleancopy.decide.evidence import Evidence
from cleancopy.decide.shape import Shape
from cleancopy.model import KEPT, ROLE_CODE, ROLES, Decisions, Document, Fact, Role
from cleancopy.rules import RuleBook

BUILT_IN = {
    "default.keep": "nothing speaks against the line",
    "model.keep": "the line model keeps the line",
    "model.remove": "the line model removes the line",
    "brake.keep": "prose that the line model would remove with nearly all other prose of a text that is mostly prose",
    "resume.keep": "the article goes on below prose or a box in its midst, though the line model would remove the line",
    "extractor.keep": "the HTML extractor keeps the line, and there is no line model to ask",
    "extractor.remove": "the HTML extractor leaves the line out, and there is no line model to ask",
    "shape.symbols": "the line has no letter and no digit",
    "duplicate.line": "the text has the same line elsewhere",
    "duplicate.quote": "the line is set beside the paragraph that has the same sentence",
    "kind.consent": "the line is part of a wall of consent beside the article",
    "shape.picture": "the line is nothing but the file names of pictures in brackets, as terminal browsers print them",
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
    "caption.tag": "the line stood in a caption element",
    "caption.credit": "the line ends with who made a picture",
}
"""Rule ids of decisions that no pack makes, and what each says."""

BLOCK_SUFFIX = "/list"
"""Appended to a rule's id for the lines that its header takes along."""

BRAKE_PROSE, BRAKE_KEPT = 0.5, 0.2
"""A text with this share of its words in prose keeps at least this share of its prose, or all of it."""

RULE_CONFIDENCE = 0.99
BLOCK_CONFIDENCE = 0.95
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

    def judge(self, judge: str, keep: NDArray[np.float32], threshold: float, roles: NDArray[np.int8]) -> None:
        """The word of a judge (`model`, `extractor`): how sure every line stays, and the role of each that goes."""
        goes = keep < threshold
        self._roles[goes] = roles[goes]
        self._rules[:] = np.where(goes, self._names[f"{judge}.remove"], self._names[f"{judge}.keep"])
        self._confidence[:] = np.where(goes, 1 - keep, keep)

    def brake(self) -> None:
        """Keeps prose where the model would take nearly all of it from a text that is mostly prose.

        A whole page is mostly menus, and may hold no article. A text that is mostly prose is one already.
        """
        words, prose = self.shape.words, self.shape.prose
        total, written = int(words.sum()), int(words[prose].sum())
        if written < BRAKE_PROSE * total or int(words[prose & self.kept].sum()) >= BRAKE_KEPT * written:
            return
        lines = prose & ~self.kept
        self._roles[lines], self._rules[lines] = _CODE[Role.BODY], self._names["brake.keep"]
        self._confidence[lines] = 1 - self._confidence[lines]

    def obey(self) -> None:
        """What the sure rules say."""
        sure = self.evidence.sure
        self._roles[sure] = self.evidence.roles[sure]
        self._rules[sure] = self.evidence.rules[sure]
        self._confidence[sure] = RULE_CONFIDENCE

    def take(self, block: Taken, spared: NDArray[np.bool_]) -> None:
        """The lines that a header takes along, but those that a sure rule names itself, and those that are spared.

        spared: bool[n].
        """
        part = slice(block.start, block.stop)
        own = self.evidence.sure[part] if block.all else self.evidence.sure[part] | spared[part]
        lines = block.start + np.flatnonzero(~own)
        self._roles[lines], self._rules[lines] = block.role, self._names.blocks + block.rule
        self._confidence[lines] = BLOCK_CONFIDENCE

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
