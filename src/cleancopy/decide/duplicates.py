"""The same text twice: copies for telephones and printers, hidden copies, sentences set large beside the paragraph that
has them. One of each stays; refrains, dialogue and other short lines may repeat themselves.
"""

from __future__ import annotations

import re

import numpy as np

from cleancopy.decide.draft import Draft
from cleancopy.model import Role
from cleancopy.rules.fold import fold
from cleancopy.text import signs

LONG = 60
"""Characters of a line that no writer sets twice; an ideograph counts as two."""
QUOTED_WORDS, SAID_WORDS = 4, 12
"""Words of a sentence beside the text, in HTML and in plain text, that repeats one of a paragraph. In plain text
nothing tells it from a line of dialogue but its length.
"""
_SENTENCE = re.compile(rf"([^{signs.ENDS}]++)([{signs.ENDS}]++[{signs.CLOSING_CLASS}]*+)?")
"""A sentence and its end. What has no end matches too, since a search for one would begin anew at every character."""
_QUOTING = frozenset(("blockquote", "figure", "aside", "q"))


def drop_duplicates(draft: Draft) -> None:
    """Removes, of lines that stay, those that the text has elsewhere: the later one, or the one that the page hides."""
    lines = draft.document.lines
    folded = {line: fold(lines[line]) for line in np.flatnonzero(draft.kept).tolist()}
    for line in _copies(draft, folded):
        draft.say(line, Role.DUPLICATE, "duplicate.line")
    for line in _set_apart(draft, folded):
        draft.say(line, Role.DUPLICATE, "duplicate.quote")


def _copies(draft: Draft, folded: dict[int, str]) -> list[int]:
    """folded: the folded form of each line that stays, in order."""
    tags = draft.document.tags
    first: dict[str, int] = {}
    gone: set[int] = set()
    short: dict[int, int] = {}
    for line, text in folded.items():
        other = first.setdefault(text, line)
        if other == line or not text:
            continue
        if _size(text) < LONG:
            short[line] = other
        elif tags is not None and "hidden." in tags[other] and "hidden." not in tags[line]:
            gone.add(other)
            first[text] = line
        else:
            gone.add(line)
    # A heading goes with the copy that it stands above.
    following = -1
    for line in reversed(folded) if short and gone else ():
        if line in short and following in gone:
            gone.add(line)
        following = line
    return sorted(gone)


def _set_apart(draft: Draft, folded: dict[int, str]) -> list[int]:
    """The lines that are no more than a sentence or two of a paragraph that stays."""
    lines, tags = draft.document.lines, draft.document.tags
    kept = np.flatnonzero(draft.kept).tolist()
    words = draft.shape.words.tolist()
    places: dict[str, int] = {}
    for line in kept:
        sentences = _sentences(lines[line])
        if len(sentences) > 1:
            for sentence in sentences:
                places.setdefault(fold(sentence), line)
    found = []
    for line in kept:
        least = QUOTED_WORDS if tags is not None and not _QUOTING.isdisjoint(tags[line].split(".")) else SAID_WORDS
        text = folded[line]
        if words[line] < least or not text:
            continue
        start = _SENTENCE.match(text)
        other = places.get(text, places.get(fold(start[0]), line) if start and start[2] else line)
        if other == line or words[line] >= words[other]:
            continue
        if text in folded[other]:
            found.append(line)
    return found


def _sentences(text: str) -> list[str]:
    return [match[0] for match in _SENTENCE.finditer(text) if match[2]]


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text) + sum("\u2e80" <= sign <= "\uffdc" for sign in text)
