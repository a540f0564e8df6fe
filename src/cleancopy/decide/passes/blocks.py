"""The pass of the blocks: a header takes the list below it, and a block at the end of the page runs to the end unless
text resumes.

The rules say where a block starts and how far it may reach (`effect`); the shape of the lines below, and the judge
where there is one, say where it ends.

Where a judge has read the page, a block takes what the judge would remove. Of what the judge keeps it takes the items
that stand right below the header of a list (over 590 pages in three renderings, nineteen words in twenty of these are
no article; in HTML only list elements that are links), and comments down to the end where the model is sure of no text
below their header (where it is, all that it keeps there is the article). Where rules alone decide, a block takes all
lines that it reaches, but never most of the text: then its header goes alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.draft import Names
from cleancopy.decide.proposals import Observed, Proposal
from cleancopy.model import ROLE_CODE, Document, Role
from cleancopy.rules import Effect
from cleancopy.rules.evidence import Evidence
from cleancopy.rules.fold import fold
from cleancopy.text import signs
from cleancopy.text.shape import Shape

CONFIDENCE = 0.95
RESUMED_WORDS = 60
"""Words of text within `RESUMED_LINES` lines that end a trailing block where rules alone decide: a box about the author
has less.
"""
RESUMED_LINES = 5
THREAD_MARKS, THREAD_LINES = 4, 20
"""Lines that only comments have, and the most lines between two of them, that make a thread of comments."""
BRAKE = 0.5
"""No block may take more than this share of the document's words of text against the judge, or where there is none."""

_COMMENTS = ROLE_CODE[Role.COMMENTS]
_RELATED = ROLE_CODE[Role.RELATED]
_ARROWS = frozenset(f"{signs.ARROWS}•‣◦●■◆◇★☆")
"""Arrows, and bullets that are no part of Markdown."""
"""What stands before a link in the midst of a text."""
_REACHING = (Effect.LIST, Effect.TAIL)


@dataclass(frozen=True, slots=True)
class Taken:
    """Lines that a header reaches, the header excluded: `start` ≤ line < `stop`, by rule index and role code.

    whole: the lines from `start` to before it go whatever the judge says, `start` ≤ `whole` ≤ `stop`.
    """

    start: int
    stop: int
    rule: int
    role: int
    whole: int


def propose(seen: Observed, names: Names) -> Proposal:
    """The lines that headers take along. What each says of running text is no surer than what the judge says of it."""
    size = len(seen.document)
    rules, roles, whole = np.full(size, -1, np.int32), np.zeros(size, np.int8), np.zeros(size, bool)
    judged = bool(seen.judgement.judge)
    blocks = judged_blocks(seen) if judged else blocks_by_shape(seen.evidence, seen.shape)
    for block, inner in zip_longest(blocks, blocks[1:]):
        block = trimmed(block, inner)
        part = slice(block.start, block.stop)
        rules[part], roles[part] = block.rule, block.role
        whole[part] = False
        whole[block.start : block.whole] = True
    taken = (rules >= 0) & ~seen.evidence.sure
    confidence = np.full(size, CONFIDENCE, np.float32)
    if judged:
        taken &= whole | ~seen.judgement.kept
        confidence = np.where(seen.shape.text, 1 - seen.judgement.keep, confidence)
    for line, listed in _announced(seen, np.flatnonzero(taken & (roles == _RELATED)).tolist()):
        taken[line], rules[line], roles[line], confidence[line] = True, rules[listed], _RELATED, CONFIDENCE
    lines = np.flatnonzero(taken)
    return Proposal.of(lines, roles[lines], names.blocks + rules[lines], confidence[lines])


def _announced(seen: Observed, listed: list[int]) -> list[tuple[int, int]]:
    """Links in the midst of the text that stand again in a list of related articles: short lines behind an arrow or a
    bullet, each with the line of the list that says the same.
    """
    lines, text, sure = seen.document.lines, seen.shape.text, seen.evidence.sure
    if not listed:
        return []
    marked = [line for line in range(len(lines)) if lines[line][:1] in _ARROWS and not text[line] and not sure[line]]
    places = {fold(lines[line]): line for line in reversed(listed) if not text[line]} if marked else {}
    found = ((line, places.get(fold(lines[line]), -1)) for line in marked)
    return [(line, place) for line, place in found if place >= 0 and line not in listed]


def judged_blocks(seen: Observed) -> list[Taken]:
    """The blocks of a document that a judge has read, in order of their headers."""
    headers = [(header, match) for header, match in seen.evidence.headers if match.sure and match.effect in _REACHING]
    if not headers:
        return []
    shape, evidence = seen.shape, seen.evidence
    linked = _linked(seen.document) & ~shape.text
    sure = seen.judgement.sure & ~evidence.sure & ~linked
    text = shape.text & seen.judgement.kept
    mass = np.concatenate(([0], np.cumsum(np.where(text, shape.words, 0))))
    resumes, surely, no_item = _next(text), _next(text & sure), _next((text & ~shape.cut) | sure)
    no_link = np.minimum(_next(~linked), no_item)
    headline = _next(_headlines(seen.document))
    limit = BRAKE * mass[-1]
    lines, size, is_list = seen.document.lines, len(shape.words), seen.document.tags is None
    blocks = []
    for header, match in headers:
        start = header + 1
        if match.effect is Effect.TAIL:
            stop, whole = int(resumes[start]), start
            # Comments are text themselves, and often kept; but below them stands nothing that the model is sure of.
            if match.role == _COMMENTS and surely[start] == size and mass[size] - mass[start] <= limit:
                stop = whole = size
            elif match.role == _COMMENTS and is_list and start < stop and lines[start][0].isdecimal():
                whole = start + 1  # how many they are
        else:
            stop = _list_end(start, int(no_item[start]), evidence, shape)
            whole = _items_end(start, stop, shape) if is_list else int(no_link[start])
        # "Comments" may be a section in the menu above the article.
        stop, whole = min(stop, int(headline[start])), min(whole, int(headline[start]))
        if stop > start:
            blocks.append(Taken(start, stop, match.index, match.role, whole))
    return blocks


def blocks_by_shape(evidence: Evidence, shape: Shape) -> list[Taken]:
    """The blocks of a document that nobody has judged, in order but for threads of comments, which are first: a
    header's block knows better what it holds.
    """
    size, text = len(shape.words), shape.text
    mass = np.concatenate(([0], np.cumsum(np.where(text, shape.words, 0))))
    limit = BRAKE * mass[-1]
    blocks: list[Taken] = []
    headers = [(header, match) for header, match in evidence.headers if match.sure and match.effect in _REACHING]
    resumption = _next(_resumes(text, mass)) if headers else ()
    no_item = _next(text & ~shape.cut) if headers else ()
    for header, match in headers:
        start, tail = header + 1, match.effect is Effect.TAIL
        if tail:
            # Comments are text themselves, so a comment block has no end.
            stop = size if match.role == _COMMENTS else int(resumption[start])
            tail = mass[stop] - mass[start] <= limit
        if not tail:
            stop = _list_end(start, int(no_item[start]), evidence, shape)
        if stop > start and mass[stop] - mass[start] <= limit:
            blocks.append(Taken(start, stop, match.index, match.role, stop))
    # What the blocks take is no article that a thread's comments could be on, and none of its comments either.
    gone = np.zeros(size, bool)
    for block in blocks:
        gone[block.start : block.stop] = True
    words = np.where(text, shape.words, 0)
    thread = _thread(evidence, np.arange(size), np.where(gone, 0, words))
    while thread is not None:
        blocks.insert(0, thread)
        gone[thread.start : thread.stop] = True
        # What stays is looked at as it would be if it were cleaned again.
        left = np.flatnonzero(~(gone | evidence.sure))
        thread = _thread(evidence, left, words[left])
    return blocks


def trimmed(block: Taken, inner: Taken | None) -> Taken:
    """What a block takes above the next one, where that takes the rest in any case: a header that stands on every line
    of a long list would else cost the list every time.
    """
    if inner is None or inner.stop < block.stop:
        return block
    stop = max(block.start, min(block.stop, inner.start))
    return replace(block, stop=stop, whole=min(block.whole, stop))


def _thread(evidence: Evidence, lines: NDArray[np.int64], text: NDArray[np.int64]) -> Taken | None:
    """A thread of comments that no header announces: lines that only comments have ("Reply", "Jane says") again and
    again.

    It runs from the first of them to the end. Text above it, and more than in it, so that there is an article that the
    comments are on: of a forum the thread is the text.

    lines: those to look at, in order. text: int64[len(lines)], the words of each that is text.
    """
    mass = np.concatenate(([0], np.cumsum(text)))
    marks = np.flatnonzero(evidence.roles[lines] == _COMMENTS)
    marks = marks[mass[marks] >= RESUMED_WORDS]
    runs = np.split(marks, np.flatnonzero(np.diff(marks) > THREAD_LINES) + 1)
    threads = [run for run in runs if len(run) >= THREAD_MARKS]
    if not threads:
        return None
    first = int(threads[-1][0])
    if mass[-1] - mass[first] > BRAKE * mass[-1]:
        return None
    start, stop = int(lines[first]), len(evidence.roles)
    return Taken(start, stop, int(evidence.rules[start]), _COMMENTS, stop)


def _next(found: NDArray[np.bool_]) -> NDArray[np.int64]:
    """int64[n + 1]: the first line at or below each line, and below the last, for which `found` holds; n for none."""
    size = len(found)
    places = np.append(np.where(found, np.arange(size), size), size)
    return np.minimum.accumulate(places[::-1])[::-1]


def _resumes(text: NDArray[np.bool_], mass: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool[n]: the lines of text at which it resumes for good."""
    size = len(text)
    ahead = mass[np.minimum(np.arange(size) + RESUMED_LINES, size)] - mass[:-1]
    return text & (ahead >= RESUMED_WORDS)


def _list_end(start: int, stop: int, evidence: Evidence, shape: Shape) -> int:
    """Where a list ends, of which `stop` is the first line below that is no item."""
    if stop == len(shape.words):
        return stop
    # The line right above resumed text is its heading, not the last item, when it stands apart from the list.
    last = stop - 1
    if last > start and not shape.cut[last] and not evidence.sure[last] and shape.gap[last] > shape.gap[start]:
        return last
    return stop


def _linked(document: Document) -> NDArray[np.bool_]:
    """bool[n]: the items of lists in a page's HTML that are links as a whole."""
    tags, links = document.tags or (), document.links or ()
    items = [share == 1 and tag.endswith("li") for tag, share in zip(tags, links, strict=True)]
    return np.array(items, bool) if document.tags is not None else np.zeros(len(document), bool)


def _headlines(document: Document) -> NDArray[np.bool_]:
    """bool[n]: the headings of the first level of a page's HTML."""
    tags = document.tags or ("",) * len(document)
    return np.array([tag.endswith("h1") for tag in tags], bool)


def _items_end(start: int, stop: int, shape: Shape) -> int:
    """The first line from `start` on that a blank line, or the end of the list, parts from those above it.

    A line that has the text below it right under it may be its heading, and is no sure item.
    """
    below = np.flatnonzero(shape.gap[start + 1 : stop])
    end = start + 1 + int(below[0]) if len(below) else stop
    if end == stop < len(shape.words) and not shape.gap[stop]:
        return end - 1
    return end
