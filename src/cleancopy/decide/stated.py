"""What a document states about itself: its title, who made it, when it was published. Such lines leave the text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.credits import CreditReader
from cleancopy.decide.dates import DateReader
from cleancopy.decide.draft import Draft
from cleancopy.decide.linemodel import LineScores
from cleancopy.decide.titles import choose_title
from cleancopy.model import HINTS, CreditRole, Fact, Role, TitleText
from cleancopy.sites import site

NOMINATED = 0.3
"""A line is read as a byline or a date line when the line model gives it at least this probability."""
WINDOW = 40
"""Lines above the body that are read where there is no line model."""
BELOW = 3
"""Lines below the first prose, and below the last, that may still say who and when."""


@dataclass(frozen=True, slots=True)
class Readers:
    credits: CreditReader
    dates: DateReader


def read_stated(draft: Draft, readers: Readers, scores: LineScores | None) -> None:
    """Finds title, credits and dates among the lines and in the hints, and takes their lines out of the text."""
    document = draft.document
    start, stop = _body(draft)
    facts: list[Fact] = []
    _title(draft, start, scores, facts)
    order = readers.dates.numeric_order(document.lines[max(0, start - WINDOW) : start + BELOW], site(document.url))
    for line in _nominated(draft, start, stop, None if scores is None else np.maximum(scores.byline, scores.date)):
        text = document.lines[line]
        if draft.role(line) is Role.TITLE:
            continue
        found = readers.credits.read(text)
        dates = readers.dates.read(text, order=order)
        if found:
            draft.say(line, Role.CREDIT, "credit.line", facts=(*found, *dates))
        elif dates:
            draft.say(line, Role.DATE, "date.line", facts=dates)
    for line in np.flatnonzero(draft.kept & draft.shape.prose).tolist():
        credit = readers.credits.dateline(document.lines[line])
        if credit is not None:
            draft.state(line, (credit,))
    if document.author:
        facts.extend(readers.credits.read(document.author, expect=CreditRole.AUTHOR))
    if document.date:
        facts.extend(readers.dates.read(document.date, order=order))
    if facts:
        draft.facts[HINTS] = tuple(facts)


def _body(draft: Draft) -> tuple[int, int]:
    """The first kept line of prose and the one after the last; of all kept lines where none reads as prose."""
    kept = draft.kept
    lines = np.flatnonzero(kept & draft.shape.prose)
    if not len(lines):
        lines = np.flatnonzero(kept)
    return (int(lines[0]), int(lines[-1]) + 1) if len(lines) else (len(kept), len(kept))


def _title(draft: Draft, start: int, scores: LineScores | None, facts: list[Fact]) -> None:
    document = draft.document
    choice = choose_title(
        document.lines,
        body_start=start,
        probabilities=None if scores is None else scores.title.tolist(),
        hint=document.title,
        url=document.url,
        site=site(document.url),
        tags=document.tags,
    )
    if choice is None:
        return
    if not choice.lines:
        facts.append(TitleText(choice.text))
    for place, line in enumerate(choice.lines):
        if place == 0:
            draft.say(line, Role.TITLE, "title.line", facts=(TitleText(choice.text),))
        else:
            draft.say(line, Role.DUPLICATE, "title.repeated")


def _nominated(draft: Draft, start: int, stop: int, probability: NDArray[np.float32] | None) -> list[int]:
    if probability is not None:
        return np.flatnonzero(probability >= NOMINATED).tolist()
    size = len(draft.document)
    near = [*range(max(0, start - WINDOW), min(start + BELOW, size)), *range(stop, min(stop + BELOW, size))]
    return [line for line in near if not draft.shape.prose[line] and not draft.evidence.sure[line]]
