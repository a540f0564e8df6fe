"""The structure of what stays: headings with their levels, list items and quotations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.draft import SHAPE_CONFIDENCE, Draft
from cleancopy.model import CELL_BREAK, LIFTED, ROLE_CODE, ROLES, Cells, Heading, Layout, Nested, Role
from cleancopy.text import signs
from cleancopy.text.headings import (
    DEFAULT_LEVEL,
    MAX_WORDS,
    Casing,
    continues,
    counter_of,
    is_list_item,
    is_number,
    is_numbered,
    marked,
    normalise,
    shaped,
)

LIKELY = 0.5
"""Lines that are likelier headings than not tell how a text sets its headings: where most of them have a blank line
above, the others have one as well, and the same below. Of the lines without one below that the model takes for headings
in such texts 3 of 319 are, and 51 of 735, over 709 pages in two renderings.
"""
ALONE, MOSTLY = 0.3, 2 / 3
"""Share of the threshold that is enough for a line alone between two paragraphs, in a text with so much of it in prose:
an article without its page. In whole pages it is the alternative text of a picture as often. Also for a line below its
number.
"""
LISTED = 0.7
"""Share of the threshold that is enough for a line alone above a list, in a text of which so much stays: of 58 such
lines with less than the threshold 41 are headings, of 144 above something else 60, on 360 pages in two renderings
(lists of two lines counted; three are asked for). Headings F1 of 270 pages of news and Readability stays or gains 0.06.
"""
SPACED, SPACED_LINES = 0.5, 4
"""Where at least four paragraphs are kept and half of them have a blank line above, headings have one as well, where no
line model says more.
"""
REMARKED = 0.2
"""A line that starts with one `#` is a remark in a program where the line model gives it less: none of 340 such lines
of 709 pages in three renderings is a heading.
"""
COUNTED = 3
"""Lines that make a count."""
COUNTING = 0.6
"""Share of the threshold that is enough for a line that is counted. Of 441 pages that the model had not seen, one text
node a line, headings F1 rises by 0.8 points, in two other renderings by nothing and 0.1.
"""
ROWS = 3
"""Lines that make a table, or a list without bullets."""
MOST_CELLS = 12
"""Cells of a line of a table."""
BODY_WORDS = 8
"""A line of this many words below a short one makes it a heading, where no line model says more."""


_PICTURE = re.compile(
    r"(?:\[[^\]\[ ]{0,200}[-_][^\]\[ ]{0,200}\]){1,8}\Z"
    r"|(?:\[?!\[[^\]\[]{0,500}\]\([^()]{0,2000}\)(?:\]\([^()]{0,2000}\))?(?:\{[^{}]{0,200}\})? ?){1,8}\Z"
)


def drop_pictures(draft: Draft) -> None:
    """Removes the lines that stand for pictures: `[harbour_at_night-1024x748]`, `![The harbour](harbour.jpg)`."""
    if draft.document.tags is not None:
        return
    for line, text in enumerate(draft.document.lines):
        if text[0] in "[!" and _PICTURE.match(text):
            draft.say(line, Role.OTHER, "shape.picture")


_NUMBER_CELL = re.compile(
    r"[-+−–]?(?=[.,:/%’' ]*+\d)(?:[\d.,:/%’']++| (?=[\d.,:/%’' ]))*+(?: ?[%€$£°]| [^\W\d_]{1,3})?\Z"
)
_CELLS = re.compile(r" ?\| ?")


def keep_tables(draft: Draft) -> None:
    """Keeps the rows of figures between prose that stays: `ROWS` lines or more of equally many cells, most of them
    numbers, with the line that names their columns. In HTML a table of data says so itself.
    """
    lines, shape = draft.document.lines, draft.shape
    text = draft.kept & shape.prose
    if np.count_nonzero(text) < 2:
        return
    if draft.document.tags is not None:
        _keep_cells(draft, text)
        return
    cells = [0] * len(lines)
    for line in _in_runs(shape.digits, ROWS):
        cells[line] = _numbers_in(lines[line])
    figures = np.array(cells) > 0
    for start in np.flatnonzero(figures & ~np.append(False, figures[:-1])).tolist():
        while start < len(lines) and cells[start]:
            stop = start + 1
            while stop < len(lines) and cells[stop] == cells[start] and not shape.gap[stop]:
                stop += 1
            if stop - start >= ROWS and text[max(0, start - 3) : start].any() and text[stop : stop + 3].any():
                top = start - 1 if not shape.gap[start] and not text[start - 1] else start
                for line in np.flatnonzero(draft.outvoted[top:stop] | draft.taken[top:stop]).tolist():
                    draft.say(top + line, Role.BODY, "table.row")
            start = stop


def _in_runs(found: NDArray[np.bool_], least: int) -> list[int]:
    """The lines of which `found` holds that stand in runs of at least so many."""
    edges = np.flatnonzero(np.diff(found, prepend=False, append=False))
    starts, stops = edges[::2].tolist(), edges[1::2].tolist()
    return [
        line for start, stop in zip(starts, stops, strict=True) if stop - start >= least for line in range(start, stop)
    ]


def _keep_cells(draft: Draft, text: NDArray[np.bool_]) -> None:
    """Keeps the tables of data of a page between paragraphs, `text`, but for those that are mostly links."""
    document, outvoted = draft.document, draft.outvoted
    for table, group in groupby(enumerate(document.cells or ()), lambda entry: entry[1] and entry[1].table):
        part = [line for line, _ in group]
        linked = 0 if document.links is None else np.mean([document.links[line] for line in part])
        top, end = part[0], part[-1] + 1
        if table is None or linked >= 0.5 or not (text[max(0, top - 3) : top].any() and text[end : end + 3].any()):
            continue
        for line in part:
            if outvoted[line]:
                draft.say(line, Role.BODY, "table.row")


_TURN = re.compile(r"[^\W\d_][^:：]{0,30}(?=[:：])")


def keep_turns(draft: Draft) -> None:
    """Keeps what a speaker says in the midst of a conversation that stays: between lines that stay, where two or
    more begin with the same name ("Q: …", "Mara Quill: …").
    """
    lines, kept = draft.document.lines, draft.kept
    outvoted = np.flatnonzero(draft.outvoted[1:-1] & kept[:-2] & kept[2:]) + 1
    turns = {line: match[0] for line in outvoted.tolist() if (match := _TURN.match(lines[line]))}
    if not turns:
        return
    names = Counter(match[0] for line in np.flatnonzero(kept).tolist() if (match := _TURN.match(lines[line])))
    for line, name in turns.items():
        if names[name] > 1:
            draft.say(line, Role.BODY, "turn.line")


_REFERENCE = re.compile(
    r"(?:\[?[0-9]{1,3}[.)\]]{1,2} |[*•·–-] |\^ )?[^\W\d_][^()]{2,200}\((?:1[5-9]|20)[0-9]{2}[a-z]?\)[.,:;]"
)


def keep_references(draft: Draft) -> None:
    """Keeps lists of literature below the text: `ROWS` lines or more in a row that name authors and, in brackets, a
    year ("Harrow, J. (1987). …"), with the line that names the list.
    """
    if draft.document.tags is not None:
        return
    lines, text = draft.document.lines, draft.kept & draft.shape.prose
    found = [line for line in range(len(lines)) if "(" in lines[line] and _REFERENCE.match(lines[line])]
    for group in np.split(np.array(found, np.int64), np.flatnonzero(np.diff(found) > 1) + 1):
        if len(group) < ROWS or not text[: group[0]].any():
            continue
        top = int(group[0]) - 1
        part = [*group.tolist(), *([top] if not text[top] else [])]
        for line in part:
            if draft.outvoted[line]:
                draft.say(line, Role.BODY, "reference.line")


def _numbers_in(line: str) -> int:
    """How many cells a row of figures has; 0 where most of them are no numbers, or there is only one."""
    if line.count(" ") > MOST_CELLS and "|" not in line:
        return 0
    cells = _CELLS.split(line) if "|" in line else line.split(" ")
    if not 2 <= len(cells) <= MOST_CELLS:
        return 0
    numbers = sum(_NUMBER_CELL.match(cell) is not None for cell in cells)
    return len(cells) if 2 * numbers > len(cells) else 0


def mark_headings(draft: Draft, probability: NDArray[np.float32] | None, threshold: float) -> None:
    """Names the headings among the lines that stay; one with nothing of the article below it goes.

    `probability` is the line model's, for each line, that it is a heading; None where there is no model.
    """
    lines, tags = draft.document.lines, draft.document.tags
    staying, short = draft.kept, draft.shape.words <= MAX_WORDS
    casing = Casing(lines[line] for line in np.flatnonzero(draft.shape.prose).tolist())
    kept = np.flatnonzero(staying).tolist()
    if tags is not None:
        found = _mark_marked(draft, kept, casing)
    elif probability is None:
        found = _mark_marked(draft, _short_or_marked(draft, kept, short), casing)
        likely = short & _spaced(draft, staying)
        found += _mark_shaped(draft, [line for line in kept if likely[line] and line not in found], kept)
    else:
        numbers = _numbers(draft, staying)
        probability, counted = _as_siblings(draft, kept, probability, numbers)
        # Not by rules alone: in the cleaned text, where blank lines are everywhere, they would be headings.
        remarks = _remarks(draft, kept, probability)
        sought = [line for line in _short_or_marked(draft, kept, short) if line not in remarks]
        found = _mark_marked(draft, sought, casing)
        likely = short & (probability >= _enough(draft, staying, threshold, list(counted), list(numbers)))
        candidates = [
            line
            for line in sought
            if likely[line]
            and line not in found
            and _stands_apart(draft, line)
            and (line in counted or shaped(lines[line], int(draft.shape.words[line])))
        ]
        alike = _set_alike(candidates, probability, *_apart(draft, numbers))
        for line in _above_text(alike, {*alike, *found}, kept, probability):
            heading = normalise(numbers.get(line, "") + lines[line], 0, casing)
            draft.say(line, Role.HEADING, "heading.model", float(probability[line]), (heading,))
            if line in numbers:
                draft.say(line - 1, Role.OTHER, "heading.number")
            found.append(line)
    _drop_orphans(draft, sorted(found))


def _short_or_marked(draft: Draft, kept: list[int], short: NDArray[np.bool_]) -> list[int]:
    """The lines that stay and may be headings of plain text, by their length or a `#`."""
    lines = draft.document.lines
    return [
        line for line, is_short in zip(kept, short[kept].tolist(), strict=True) if is_short or lines[line][0] == "#"
    ]


def _mark_marked(draft: Draft, sought: list[int], casing: Casing) -> list[int]:
    """Names the headings that say so themselves: by their element, `#`, an underline or bold type."""
    lines, tags = draft.document.lines, draft.document.tags
    found = []
    for line in sought:
        below = lines[line + 1] if line + 1 < len(lines) else ""
        mark = marked(lines[line], below, tags[line] if tags else "")
        if mark is not None:
            draft.say(line, Role.HEADING, mark.rule, facts=(normalise(mark.text, mark.level, casing),))
            if mark.rule == "heading.underline":
                draft.say(line + 1, Role.OTHER, mark.rule)
            found.append(line)
    return found


def _mark_shaped(draft: Draft, candidates: list[int], kept: list[int]) -> list[int]:
    """Names the headings that only look like some, where there is no line model: prose stands right below them. A run
    of short lines is a list, a poem or a table, and has no headings in it.
    """
    lines, shape, below = draft.document.lines, draft.shape, dict(pairwise(kept))
    found = []
    for line in candidates:
        text, following = lines[line], below.get(line)
        if (
            following is not None
            and _stands_apart(draft, line)
            and shaped(text, int(shape.words[line]))
            and shape.words[following] >= BODY_WORDS
            and shape.prose[following]
            and not continues(lines[following])
            and not (is_numbered(text) and is_numbered(lines[following]))
        ):
            # What only looks like a heading stays as it is written: other lines of the cleaned text will look like one,
            # and cleaning that again must change nothing.
            draft.say(line, Role.HEADING, "heading.shape", SHAPE_CONFIDENCE, (Heading(DEFAULT_LEVEL, text),))
            found.append(line)
    return found


def _numbers(draft: Draft, kept: NDArray[np.bool_]) -> dict[int, str]:
    """The short lines that stay and have the number that counts them, and nothing else, on the line right above: each
    with its number and a space.
    """
    lines, shape = draft.document.lines, draft.shape
    name = kept[1:] & (shape.gap[1:] == 0) & (shape.words[:-1] == 1) & (shape.words[1:] <= MAX_WORDS)
    name &= kept[:-1] | draft.outvoted[:-1]
    above = np.flatnonzero(name).tolist()
    return {line + 1: f"{lines[line]} " for line in above if is_number(lines[line])}


def _remarks(draft: Draft, kept: list[int], probability: NDArray[np.float32]) -> set[int]:
    """The lines that start like a Markdown title but are remarks in a program: unlikely headings, or more than one with
    something else than a paragraph right below.
    """
    titles = [line for line in kept if draft.document.lines[line].startswith("# ")]
    remarks = {line for line in titles if probability[line] < REMARKED}
    if len(titles) > 1:
        gap, prose = np.append(draft.shape.gap, 1), np.append(draft.shape.prose, False)
        remarks.update(line for line in titles if not gap[line + 1] and not prose[line + 1])
    return remarks


def _as_siblings(
    draft: Draft, kept: list[int], probability: NDArray[np.float32], numbers: dict[int, str]
) -> tuple[NDArray[np.float32], set[int]]:
    """`probability`, but counted lines ("1. …", "Step 2: …") share their mean, and so do equal ones: all are headings,
    or none.

    Those of one count start alike but for the number, and have something else below them. Also all counted lines: one
    that is not shaped like a heading, as it ends in a full stop ("10. Smith & Co."), is one all the same.
    """
    lines = draft.document.lines
    counts: dict[str, list[int]] = {}
    equals: dict[str, list[int]] = {}
    for place in np.flatnonzero(draft.shape.words[kept] <= MAX_WORDS).tolist():
        counter = counter_of(numbers.get(kept[place], "") + lines[kept[place]])
        if not counter:
            equals.setdefault(lines[kept[place]], []).append(kept[place])
        elif place + 1 == len(kept) or counter_of(lines[kept[place + 1]]) != counter:
            counts.setdefault(counter, []).append(kept[place])
    counted = {line for same in counts.values() if len(same) >= COUNTED for line in same}
    out = probability.copy()
    for same in (*counts.values(), *equals.values()):
        if len(same) >= COUNTED:
            out[same] = probability[same].mean()
    return out, counted


def _spaced(draft: Draft, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool[n]: the lines that have a blank line above, in a text where paragraphs have one; else all."""
    gap, paragraph = draft.shape.gap > 0, kept & draft.shape.prose
    paragraphs = np.count_nonzero(paragraph)
    if paragraphs >= SPACED_LINES and np.count_nonzero(gap & paragraph) >= SPACED * paragraphs:
        return gap
    return np.ones(len(gap), bool)


def _enough(
    draft: Draft, kept: NDArray[np.bool_], threshold: float, counted: list[int], numbered: list[int]
) -> NDArray[np.float32]:
    """float32[n]: the probability that makes each line a heading."""
    gap, words, prose = draft.shape.gap > 0, draft.shape.words, draft.shape.prose
    enough = np.full(len(gap), threshold, np.float32)
    enough[counted] *= COUNTING
    enough[numbered] = ALONE * threshold
    if words[kept].sum() >= MOSTLY * words.sum():
        lines = draft.document.lines
        along = np.append(~gap & ~prose, [False] * ROWS)
        for line in (np.flatnonzero(kept[:-2] & kept[2:] & gap[1:-1] & gap[2:]) + 1).tolist():
            if is_list_item(lines[line + 1]) or along[line + 2 : line + 1 + ROWS].all():
                enough[line] *= LISTED
    if words[prose].sum() >= MOSTLY * words.sum():
        paragraph = kept & prose
        enough[1:-1][paragraph[:-2] & paragraph[2:] & gap[1:-1] & gap[2:]] *= ALONE
    return enough


def _apart(draft: Draft, numbers: dict[int, str]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """bool[n], bool[n]: whether each line has a blank line above, above its number too, and below, below signs too."""
    gap = np.append(draft.shape.gap > 0, True)
    above, below = gap[:-1].copy(), gap[1:].copy()
    for line in np.flatnonzero(draft.shape.empty)[::-1].tolist():
        if line:
            below[line - 1] |= below[line]
    numbered = np.array(list(numbers), np.int64)
    above[numbered] |= above[numbered - 1]
    return above, below


def _set_alike(
    lines: list[int], probability: NDArray[np.float32], above: NDArray[np.bool_], below: NDArray[np.bool_]
) -> list[int]:
    """Those of the lines that have a blank line above where most likely headings have one, and the same below.

    above, below: bool[n], whether each line of the text has one.
    """
    at = np.array(lines, np.int64)
    strong = probability[at] >= LIKELY
    alike = np.ones(len(at), bool)
    for blank in (above[at], below[at]):
        if strong.any() and 2 * np.count_nonzero(strong & blank) >= np.count_nonzero(strong):
            alike &= blank
    found: list[int] = at[alike].tolist()
    return found


def _above_text(
    lines: list[int], headings: set[int], kept: list[int], probability: NDArray[np.float32]
) -> Iterator[int]:
    """Those of the lines that have text right below them, and those with another heading there that are likely.

    A row of lines that the model half takes for headings is a list: of the less likely ones with another right below
    23 of 104 are headings, 35 of 117 and 56 of 179, on 429 pages in three renderings that the model had not seen.
    """
    below = dict(pairwise(kept))
    return (line for line in lines if probability[line] >= LIKELY or below.get(line) not in headings)


def _stands_apart(draft: Draft, line: int) -> bool:
    """Whether nothing runs into the line: a heading does not go on in the line right below, as a link or a bold word in
    a paragraph does where every piece of text has its own line.
    """
    below = line + 1
    return (
        below == len(draft.document)
        or bool(draft.shape.gap[below] or draft.shape.empty[below])
        or not continues(draft.document.lines[below])
    )


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
    """Names list items and quotations among the lines of the body."""
    lines, tags = draft.document.lines, draft.document.tags
    for line in draft.lines_of(Role.BODY):
        tag = tags[line].rpartition(".")[2] if tags else ""
        facts = draft.facts.get(line, ())
        if tag == "li" or is_list_item(lines[line]):
            draft.say(line, Role.LIST_ITEM, "list.item", facts=facts)
        elif tag == "blockquote" or lines[line].startswith(">"):
            draft.say(line, Role.QUOTE, "quote.mark", facts=facts)
    _nest(draft)


def _nest(draft: Draft) -> None:
    """Says in how many other items each list item stands: as the page's lists are nested, or by indents in plain text.

    Items in a row have the outermost of them in common, however deep that is.
    """
    items = draft.lines_of(Role.LIST_ITEM)
    if not items:
        return
    starts = np.flatnonzero(np.diff(np.cumsum(draft.kept)[items]) > 1) + 1
    for group in np.split(np.array(items, np.int64), starts):
        outer: list[int] = []  # what the items around are indented by
        for line in group.tolist():
            depth = draft.document.indents[line] if draft.document.depths is None else draft.document.depths[line]
            while outer and outer[-1] >= depth:
                outer.pop()
            if outer:
                draft.state(line, (Nested(len(outer)),))
            outer.append(depth)


def lay_out(draft: Draft) -> None:
    """Puts lines together that make one block with its line ends and indents: programs to the letter, tables, and
    stanzas and addresses, short lines without a blank one between them that stay.
    """
    document = draft.document
    short = ~draft.shape.prose
    if document.written is not None:
        _lay_out_code(draft, document.written)
        short &= np.array([not line for line in document.written])
    if document.cells is not None:
        _lay_out_tables(draft, document.cells)
    if document.tags is None:
        _lay_out_markdown_tables(draft)
    body = draft.roles == ROLE_CODE[Role.BODY]
    near = draft.shape.gap == 0 if document.tags is None else np.array(document.breaks) == 1
    along = np.append(False, body[1:] & body[:-1]) & near
    if along.any():
        _lay_out_stanzas(draft, along, short)


def _lay_out_stanzas(draft: Draft, along: NDArray[np.bool_], short: NDArray[np.bool_]) -> None:
    """Makes a block of each run of short lines, a table where all are rows of one.

    along: bool[n], the lines that belong to the one above. short: bool[n], those that may stand in a stanza.
    """
    document, gap = draft.document, draft.shape.gap
    lifted = _IS_LIFTED[draft.roles]
    edges = np.diff(along, append=False)
    starts, stops = np.flatnonzero(edges & ~along), np.flatnonzero(edges & along) + 1
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        # In plain text only blank lines tell a stanza from paragraphs that stand line by line.
        whole = document.tags is not None or (
            (start == 0 or gap[start] > 0 or lifted[start - 1]) and (stop == len(along) or gap[stop] > 0)
        )
        rows = whole and all(CELL_BREAK in text for text in document.lines[start:stop])
        if not rows and not (whole and short[start:stop].all()):
            continue
        least = min(document.indents[start:stop])
        for line in range(start, stop):
            text = " " * (document.indents[line] - least) + document.lines[line]
            if rows:
                draft.say(line, Role.TABLE, "table.row", facts=draft.facts.get(line, ()))
            draft.state(line, (Layout(text, "\n" * (line > start)),))


def _lay_out_markdown_tables(draft: Draft) -> None:
    """Makes a table of the rows around a line of hyphens below the head: Markdown's way, of which most words stay."""
    lines, kept, words, gap = draft.document.lines, draft.kept, draft.shape.words, draft.shape.gap
    for rule in np.flatnonzero(draft.shape.empty[1:] & (gap[1:] == 0)).tolist():
        rule += 1
        if "|" not in lines[rule] or "|" not in lines[rule - 1] or not _TABLE_RULE.fullmatch(lines[rule]):
            continue
        stop = rule + 1
        while stop < len(lines) and not gap[stop] and "|" in lines[stop]:
            stop += 1
        rows = [rule - 1, *range(rule + 1, stop)]
        if len(rows) > 1 and 2 * words[rows][kept[rows]].sum() >= words[rows].sum():
            for row in rows:
                cells = _BAR.split(_OUTER_BARS.sub("", lines[row]))
                text = " ".join(CELL_BREAK.join(map(str.strip, cells)).split())
                draft.say(row, Role.TABLE, "table.row", facts=(Layout(text, "\n" * (row > rows[0])),))
            draft.say(rule, Role.OTHER, "table.rule")


_TABLE_RULE = re.compile(r"\|? ?:?-+:? ?(?:\| ?:?-+:? ?)*+\|?")
_BAR = re.compile(r"(?<!\\)\|")
_OUTER_BARS = re.compile(r"\A\|\s?|\s?(?<!\\)\|\Z")


def _lay_out_tables(draft: Draft, cells: Sequence[Cells | None]) -> None:
    """Makes a block of each table of a page of which most words stay: a row a line."""
    kept, words = draft.kept, draft.shape.words
    lifted = _IS_LIFTED[draft.roles]
    for table, group in groupby(enumerate(cells), lambda entry: entry[1] and entry[1].table):
        if table is None:
            continue
        part = [line for line, _ in group]
        if lifted[part].any() or 2 * words[part][kept[part]].sum() < max(1, words[part].sum()):
            continue
        above: Cells | None = None
        for line in part:
            cell = cells[line]
            assert cell is not None
            if above is None or cell.row > above.row:
                layout = Layout("| " * cell.column + cell.text, "\n" if above else "")
            else:
                last = above.column + len(_BAR.split(above.text)) - 1
                layout = Layout(cell.text, f" {'| ' * (cell.column - last)}")
            draft.say(line, Role.TABLE, "table.cell", facts=(layout,))
            above = cell


def _lay_out_code(draft: Draft, written: Sequence[str]) -> None:
    """Keeps the lines of programs: all of those between fences, and those of `<pre>` of which most words stay, or that
    stand between text that stays and say nothing twice.
    """
    document, kept, words = draft.document, draft.kept, draft.shape.words
    fenced, breaks = document.tags is None, document.breaks or ()
    is_code = np.array([line != "" for line in written])
    around = np.flatnonzero(kept & ~is_code)
    first, last = (around[0], around[-1]) if len(around) else (len(written), 0)
    again = draft.roles == ROLE_CODE[Role.DUPLICATE]
    starts = np.flatnonzero(is_code & ~np.append(False, is_code[:-1] & (np.array(breaks[1:]) > 0)))
    for start in starts.tolist():
        stop = start + 1
        while stop < len(written) and written[stop] and breaks[stop]:
            stop += 1
        part = slice(start, stop)
        half = max(1, words[part].sum()) / 2
        amid = first < start < last and words[part][again[part]].sum() < half
        if not (fenced or amid or words[part][kept[part]].sum() >= half):
            continue
        role = Role.CODE if fenced or not _is_prose(written[part]) else Role.BODY
        for line in range(start, stop):
            layout = Layout(written[line], "\n" * breaks[line] if line > start else "")
            draft.say(line, role, "code.line", facts=(layout,))
        for line in (start - 1, stop) if fenced else ():
            draft.say(line, Role.OTHER, "code.fence")


_SIGNS = frozenset("{}[]<>=;$_\\/|#&*+@^~%`")
_SIGNED = 0.02
"""Share of characters that are signs of programs from which on text is one."""
_ENDED = 0.25
"""Share of the lines of prose and verse that end with a sign of punctuation."""
_SENTENCE_SIGNS = frozenset(f"{signs.ENDS}{signs.COMMAS}—")


def _is_prose(lines: Sequence[str]) -> bool:
    """Whether preformatted lines are verse or prose, not a program: few signs of programs, and lines that end as
    sentences do, after a beginning that is no small letter.
    """
    text = "".join("".join(lines).split())
    ended = sum(line.rstrip(f"{signs.CLOSING}“")[-1:] in _SENTENCE_SIGNS for line in lines)
    of_programs = sum(character in _SIGNS for character in text)
    first = next(filter(str.isalpha, text), "a")
    return not first.islower() and of_programs < _SIGNED * len(text) and ended >= _ENDED * len(lines)


_IS_LIFTED = np.array([role in LIFTED for role in ROLES])
"""By role code."""
