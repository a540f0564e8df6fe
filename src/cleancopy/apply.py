"""The only place that builds an article: a document and its decisions go in, and nothing else is consulted.

Whatever needs knowledge (whose name is this, what day is meant, how a heading reads) was settled when deciding and
travels in the decisions' facts, so `apply(document, decisions)` gives the same article wherever and whenever it runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from cleancopy.errors import ConservationError
from cleancopy.model import (
    KEPT,
    LIFTED,
    ROLE_CODE,
    ROLES,
    Article,
    Block,
    Caption,
    Credit,
    Decisions,
    Document,
    Fact,
    Heading,
    Layout,
    Nested,
    Role,
    StatedDate,
    TitleText,
)

KEPT_CODES = np.array([role in KEPT for role in ROLES])
"""bool[roles]: whether the line stays in the text."""
LIFTED_CODES = np.array([role in LIFTED for role in ROLES])
"""bool[roles]: whether the line becomes a field."""
_HEADING = ROLE_CODE[Role.HEADING]


def apply(document: Document, decisions: Decisions) -> Article:
    """The article that the decisions make of the document.

    Hints from outside the lines come first, then the lines in order: the first title and the first publication date
    win, a change stated outside the lines wins over those in them, and a credit or a caption that is given twice is
    kept once. A document that states an update alone was published then, as far as it says.

    Raises `ConservationError` when there is not exactly one decision for every line.
    """
    total = len(document)
    if len(decisions) != total:
        raise ConservationError(f"{len(decisions)} decisions for {total} lines; every line needs exactly one")
    kept = np.flatnonzero(KEPT_CODES[decisions.roles])
    lifted = int(np.count_nonzero(LIFTED_CODES[decisions.roles]))
    lines, codes = document.lines, decisions.roles[kept].tolist()
    nested = {line: fact.depth for line, facts in decisions.facts.items() for fact in facts if isinstance(fact, Nested)}
    blocks = [
        _heading(lines[line], decisions.facts.get(line, ()))
        if code == _HEADING
        else Block(ROLES[code], nested.get(line, 0), lines[line])
        for line, code in zip(kept.tolist(), codes, strict=True)
    ]
    laid = {line: fact for line, facts in decisions.facts.items() for fact in facts if isinstance(fact, Layout)}
    if laid:
        blocks = _laid_out(blocks, kept.tolist(), laid)
    title: str | None = None
    dates: list[StatedDate] = []
    credits: dict[tuple[object, ...], Credit] = {}
    captions: dict[str, Caption] = {}
    for fact in _facts(decisions):
        if isinstance(fact, TitleText):
            title = title or fact.text
        elif isinstance(fact, StatedDate):
            dates.append(fact)
        elif isinstance(fact, Credit):
            credits.setdefault((fact.role, fact.name.casefold()), fact)
        elif isinstance(fact, Caption):
            known = captions.setdefault(fact.text.casefold(), fact)
            captions[fact.text.casefold()] = fact if known.credit is None else known
    kinds: dict[str, StatedDate] = {}
    for date in dates:
        kinds.setdefault(date.kind, date)
    article = Article(
        title=title,
        blocks=tuple(blocks),
        credits=tuple(credits.values()),
        published=kinds.get("published", kinds.get("updated")),
        lines_total=total,
        lines_kept=len(kept),
        lines_lifted=lifted,
        lines_removed=total - len(kept) - lifted,
        captions=tuple(captions.values()),
        modified=kinds.get("modified", kinds.get("updated")),
        about=document.about,
    )
    if decisions.page is not None:
        page = decisions.page
        article = replace(
            article, kind=page.kind, kind_confidence=page.confidence, extraction_score=page.extraction_score
        )
    language = decisions.language
    return article if language is None else article.described(language)


def _facts(decisions: Decisions) -> Iterator[Fact]:
    """All facts, hints first: their key sorts before every line."""
    for line in sorted(decisions.facts):
        yield from decisions.facts[line]


def _laid_out(blocks: Sequence[Block], kept: Sequence[int], laid: Mapping[int, Layout]) -> list[Block]:
    """The blocks with those that are lines of one block together. kept: the line of each."""
    whole: list[tuple[Block, list[str]]] = []
    for block, line in zip(blocks, kept, strict=True):
        layout = laid.get(line)
        if layout is None:
            whole.append((block, [block.text]))
        elif layout.joint and whole:
            whole[-1][1].append(layout.joint + layout.text)
        else:
            whole.append((block, [layout.text]))
    return [block._replace(text="".join(pieces)) for block, pieces in whole]


def _heading(line: str, facts: Sequence[Fact]) -> Block:
    for fact in facts:
        if isinstance(fact, Heading):
            return Block(Role.HEADING, fact.level, fact.text)
    return Block(Role.HEADING, 0, line)
