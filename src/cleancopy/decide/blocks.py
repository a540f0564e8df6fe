"""Context: a header takes the list below it, and a block at the end of the page runs to the end unless prose resumes.

The rules say where a block starts and how far it may reach (`effect`); the shape of the lines below, and the line model
where there is one, say where it ends. A block that would swallow most of what reads as prose is not applied: then the
header goes alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.evidence import Evidence
from cleancopy.decide.shape import Shape
from cleancopy.model import ROLE_CODE, ROLES, Role
from cleancopy.rules import Effect

RESUMED_WORDS = 60
"""Words of prose within `RESUMED_LINES` lines that end a trailing block: the article goes on."""
RESUMED_LINES = 5
THREAD_MARKS, THREAD_LINES = 4, 20
"""Lines that only comments have, and the most lines between two of them, that make a thread of comments."""
SPARED = 0.5
"""A header does not take along the lines that the line model gives this probability, but for comments, which read like
the article that they are on."""
MODEL_SURE = 0.9
"""A short line below a header stays in the article when the line model is at least this sure of it."""
BRAKE = 0.5
"""No block may take more than this share of the document's prose words."""

CARRIED_KEEP = 0.3
"""Prose right below prose that stays is more of it when the line model gives it at least this. In 230 pages that the
model had not seen that moves body and segments F1 by 0.1 points, up or down; short articles keep their last paragraphs.
"""

DIVIDING, DIVIDING_KEEP = 0.6, 0.1
"""A line that is so likely a heading stays between two lines that stay, where the model keeps it with at least that.
Over 441 pages that the model had not seen, in three renderings, that moves headings F1 up by 0.2 to 0.3 points and body
F1 by nothing.
"""

BOX_LINES = 8
"""The most lines of a box in the midst of an article: a call to subscribe, an advertisement, one related link."""
RESUMED_LINE = 10
"""Words of a line that goes on with the prose above it."""
RESUMED_KEEP = 0.15
"""Prose right below such a box is more of the article, when the line model gives it at least this. In 441 whole pages
that the model had not seen 8 lines stood there; of short articles with a box it loses every section below."""

_COMMENTS = ROLE_CODE[Role.COMMENTS]
_IS_BOX = np.zeros(len(ROLES) + 1, bool)
"""By role code; the last is that of lines without a rule, -1."""
_IS_BOX[[ROLE_CODE[role] for role in (Role.NEWSLETTER, Role.SUBSCRIPTION, Role.ADVERTISEMENT, Role.RELATED)]] = True


@dataclass(frozen=True, slots=True)
class Taken:
    """Lines that a header takes with it, the header excluded: `start` ≤ line < `stop`, by rule index and role code.

    all: also those that the line model would keep.
    """

    start: int
    stop: int
    rule: int
    role: int
    all: bool


def take_blocks(evidence: Evidence, shape: Shape, keep: NDArray[np.float32] | None) -> list[Taken]:
    """The blocks of one document, in order. One inside another (related links below the comments) is the one that
    counts.

    `keep` is the line model's probability for each line, None without it.
    """
    size = len(shape.words)
    prose = shape.prose if keep is None else shape.prose & (keep >= 0.5)
    mass = np.concatenate(([0], np.cumsum(np.where(prose, shape.words, 0))))
    limit = BRAKE * mass[-1]
    blocks: list[Taken] = []
    headers = [(header, match) for header, match in evidence.headers if match.sure]
    resumption = _next(_resumes(prose, mass)) if headers else ()
    no_item = _next(_ends_list(prose, evidence, shape, keep)) if headers else ()
    for header, match in headers:
        start, tail = header + 1, match.effect is Effect.TAIL
        if tail:
            # Comments are prose themselves, so a comment block has no end.
            stop = size if match.role == _COMMENTS else int(resumption[start])
            tail = mass[stop] - mass[start] <= limit
        if not tail:
            stop = _list_end(start, int(no_item[start]), evidence, shape)
        if stop > start and mass[stop] - mass[start] <= limit:
            blocks.append(Taken(start, stop, match.index, match.role, all=tail and match.role == _COMMENTS))
    # What the blocks take is no article that a thread's comments could be on, and none of its comments either.
    gone = np.zeros(size, bool)
    for block in blocks:
        if block.all or keep is None:
            gone[block.start : block.stop] = True
    text = np.where(prose, shape.words, 0)
    thread = _thread(evidence, np.arange(size), np.where(gone, 0, text))
    # Under the headers' blocks, which know better what they hold.
    while thread is not None:
        blocks.insert(0, thread)
        gone[thread.start : thread.stop] = True
        # Where rules alone decide, what stays is looked at as it would be if it were cleaned again.
        left = np.flatnonzero(~(gone | evidence.sure))
        thread = _thread(evidence, left, text[left]) if keep is None else None
    return [trimmed(block, inner) for block, inner in zip_longest(blocks, blocks[1:])]


def trimmed(block: Taken, inner: Taken | None) -> Taken:
    """What a block takes above the next one, where that takes the rest in any case: a header that stands on every line
    of a long list would else cost the list every time.
    """
    if inner is None or inner.stop < block.stop or (block.all and not inner.all):
        return block
    return replace(block, stop=max(block.start, min(block.stop, inner.start)))


def carried(evidence: Evidence, shape: Shape, keep: NDArray[np.float32], kept: NDArray[np.bool_]) -> list[int]:
    """The lines of prose that go on with the prose right above them, but were to go.

    `keep` is the line model's probability for each line, `kept` what stays as of now.
    """
    found: list[int] = []
    prose = shape.prose
    for line in np.flatnonzero(prose & (keep >= CARRIED_KEEP) & ~kept & ~evidence.sure).tolist():
        if line and prose[line - 1] and (kept[line - 1] or (found and found[-1] == line - 1)):
            found.append(line)
    return found


def resumed(evidence: Evidence, shape: Shape, keep: NDArray[np.float32], kept: NDArray[np.bool_]) -> list[int]:
    """The lines below boxes in the midst of the article that go on with it, a heading among them, but were to go.

    `keep` is the line model's probability for each line, `kept` what stays as of now.
    """
    box = evidence.sure & _IS_BOX[evidence.roles]
    if not box.any():
        return []
    size = len(kept)
    stays = kept.copy()
    box[[line for line, match in evidence.headers if match.effect is not Effect.LINE]] = False
    found: list[int] = []
    for start in np.flatnonzero(box & ~np.concatenate([[False], box[:-1]])).tolist():
        stop = start + int(np.argmin(np.append(box[start:], False)))
        above = slice(max(0, start - 2), start)
        if stop - start > BOX_LINES or not start or not stays[start - 1] or not shape.prose[above].any():
            continue
        going_on: list[int] = []
        for line in range(stop, size):
            text = shape.prose[line] or (bool(going_on) and shape.words[line] >= RESUMED_LINE)
            if evidence.sure[line] or (keep[line] < RESUMED_KEEP if text else line > stop):
                break  # one line that is no text, the heading, may stand on top
            if text:
                going_on = list(range(stop, line + 1))
                if stays[line]:
                    break
        found.extend(line for line in going_on if not stays[line])
        stays[going_on] = True
    return found


def divisions(
    shape: Shape,
    keep: NDArray[np.float32],
    heading: NDArray[np.float32],
    kept: NDArray[np.bool_],
    outvoted: NDArray[np.bool_],
) -> list[int]:
    """The headings in the midst of the article, each between lines that stay and apart from both, that were to go.

    `keep` and `heading` are the line model's probabilities for each line, `kept` what stays as of now, `outvoted` what
    goes by the model's word alone.
    """
    apart = shape.gap > 0
    apart[:-1] &= shape.gap[1:] > 0
    between = apart[1:-1] & kept[:-2] & kept[2:] & outvoted[1:-1]
    likely = (keep[1:-1] >= DIVIDING_KEEP) & (heading[1:-1] >= DIVIDING)
    found: list[int] = (1 + np.flatnonzero(between & likely)).tolist()
    return found


def _thread(evidence: Evidence, lines: NDArray[np.int64], text: NDArray[np.int64]) -> Taken | None:
    """A thread of comments that no header announces: lines that only comments have ("Reply", "Jane says") again and
    again.

    It runs from the first of them to the end. Text above it, and more than in it, so that there is an article that the
    comments are on: of a forum the thread is the text.

    lines: those to look at, in order. text: int64[len(lines)], the words of each that is prose.
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
    start = int(lines[first])
    return Taken(start, len(evidence.roles), int(evidence.rules[start]), _COMMENTS, all=True)


def _next(found: NDArray[np.bool_]) -> NDArray[np.int64]:
    """int64[n + 1]: the first line at or below each line, and below the last, for which `found` holds; n for none."""
    size = len(found)
    places = np.append(np.where(found, np.arange(size), size), size)
    return np.minimum.accumulate(places[::-1])[::-1]


def _resumes(prose: NDArray[np.bool_], mass: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool[n]: the lines of prose at which prose resumes for good."""
    size = len(prose)
    ahead = mass[np.minimum(np.arange(size) + RESUMED_LINES, size)] - mass[:-1]
    return prose & (ahead >= RESUMED_WORDS)


def _ends_list(
    prose: NDArray[np.bool_], evidence: Evidence, shape: Shape, keep: NDArray[np.float32] | None
) -> NDArray[np.bool_]:
    """bool[n]: the lines that are no items of a list: prose that is not cut short, or what the model is sure of."""
    ends = prose & ~shape.cut
    return ends if keep is None else ends | ((keep >= MODEL_SURE) & ~evidence.sure)


def _list_end(start: int, stop: int, evidence: Evidence, shape: Shape) -> int:
    """Where a list ends, of which `stop` is the first line below that is no item."""
    if stop == len(shape.words):
        return stop
    # The line right above resumed prose is its heading, not the last item, when it stands apart from the list.
    last = stop - 1
    if last > start and not shape.cut[last] and not evidence.sure[last] and shape.gap[last] > shape.gap[start]:
        return last
    return stop
