"""The structure of what stays: headings with their levels, list items, quotations and captions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.draft import SHAPE_CONFIDENCE, Draft
from cleancopy.decide.headings import MAX_WORDS, Casing, is_list_item, is_numbered, marked, normalise, shaped
from cleancopy.model import Role

ALONE = 0.3
"""Share of the threshold that is enough for a line that stands alone between two paragraphs."""
BODY_WORDS = 8
"""A line of this many words below a short one makes it a heading, where no line model says more."""


def mark_headings(draft: Draft, probability: NDArray[np.float32] | None, threshold: float) -> None:
    """Names the headings among the lines that stay; one with nothing of the article below it goes.

    `probability` is the line model's, for each line, that it is a heading; None where there is no model.
    """
    lines, tags = draft.document.lines, draft.document.tags
    casing = Casing(lines[line] for line in np.flatnonzero(draft.shape.prose).tolist())
    kept = np.flatnonzero(draft.kept).tolist()
    found: list[int] = []
    short, prose = draft.shape.words <= MAX_WORDS, draft.shape.prose.tolist()
    for place, line in enumerate(kept):
        if not short[line] and tags is None and lines[line][0] != "#":
            continue
        text = lines[line]
        below = lines[line + 1] if line + 1 < len(lines) else ""
        mark = marked(text, below, tags[line] if tags else "")
        if mark is not None:
            draft.say(line, Role.HEADING, mark.rule, facts=(normalise(mark.text, mark.level, casing),))
            if mark.rule == "heading.underline":
                draft.say(line + 1, Role.OTHER, mark.rule)
            found.append(line)
            continue
        if tags is not None:
            continue
        if probability is not None and probability[line] < threshold:
            # Alone between two paragraphs a line like a heading is one at a weaker word of the model.
            alone = 0 < place < len(kept) - 1 and prose[kept[place - 1]] and prose[kept[place + 1]]
            if not alone or probability[line] < threshold * ALONE:
                continue
        if not shaped(text, int(draft.shape.words[line])):
            continue
        if probability is None:
            # Prose right below; a run of short lines is a list, a poem or a table, and has no headings in it.
            following = kept[place + 1] if place + 1 < len(kept) else -1
            is_heading = (
                following >= 0
                and draft.shape.words[following] >= BODY_WORDS
                and bool(draft.shape.prose[following])
                and not (is_numbered(text) and is_numbered(lines[following]))
            )
            confidence, rule = SHAPE_CONFIDENCE, "heading.shape"
        else:
            is_heading = True
            confidence, rule = float(probability[line]), "heading.model"
        if is_heading:
            draft.say(line, Role.HEADING, rule, confidence, (normalise(text, 0, casing),))
            found.append(line)
    _drop_orphans(draft, found)


def _drop_orphans(draft: Draft, headings: list[int]) -> None:
    """A heading needs text between itself and the end, or the boilerplate block, that follows it."""
    kept = np.flatnonzero(draft.kept).tolist()
    for line in reversed(headings):
        if kept and kept[-1] > line:
            return
        draft.say(line, Role.OTHER, "heading.orphan")
        if kept and kept[-1] == line:
            kept.pop()


def mark_items(draft: Draft) -> None:
    """Names list items, quotations and captions among the lines of the body."""
    lines, tags = draft.document.lines, draft.document.tags
    for line in draft.lines_of(Role.BODY):
        tag = tags[line].rpartition(".")[2] if tags else ""
        if tag == "li" or is_list_item(lines[line]):
            draft.say(line, Role.LIST_ITEM, "list.item")
        elif tag == "blockquote" or lines[line].startswith(">"):
            draft.say(line, Role.QUOTE, "quote.mark")
        elif tag == "figcaption":
            draft.say(line, Role.CAPTION, "caption.tag")
