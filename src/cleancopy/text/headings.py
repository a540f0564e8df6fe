"""Headings in plain text: by mark-up that survived, else by shape and neighbourhood; level and wording normalised."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from cleancopy.model import Heading
from cleancopy.text import signs

MAX_WORDS = 16
MAX_CHARACTERS = 130
DEFAULT_LEVEL = 2
"""A heading that does not tell its level stands one below the title."""

_MARKDOWN = re.compile(r"(#{1,6})\s+(.*?)\s*#*\Z")
_BOLD = re.compile(r"(?:\*\*|__)([^*_].*?)(?:\*\*|__):?\Z")
_UNDERLINE = re.compile(r"(=|-|~|\*|_)\1{2,}\Z")
_BULLET = re.compile(signs.BULLET)
_NUMBER = re.compile(signs.NUMBER)
_LONE_NUMBER = re.compile(r"[0-9]{1,3}[.)]")
_ITEM = re.compile(f"{signs.BULLET}|{signs.NUMBER}")
_OPENING = frozenset(f"{signs.OPENING}{signs.BULLETS}‹»¿¡#$€£@&_=~>+")
"""Signs that a new piece of text may start with."""
_COUNTER = re.compile(r"((?:[^\W\d_]{2,12} |#)?)[0-9]{1,3}([.):]?) ")
_DRAWN = frozenset("=-~*_")
_SENTENCE_END = tuple(signs.STOPS + signs.COMMAS)
_TAG_LEVEL = {f"h{level}": level for level in range(1, 7)}
_UNDERLINE_LEVEL = {"=": 1}


@dataclass(frozen=True, slots=True)
class Mark:
    """Mark-up that makes a line a heading: its level, the text without the mark, and the id of the rule."""

    level: int
    text: str
    rule: str


def counter_of(line: str) -> str:
    """What a counted line starts with, its number as 0: "0." of "12. Sow early", "step 0:" of "Step 3: Sow"; or ""."""
    found = _COUNTER.match(line)
    return "" if found is None else f"{found[1].casefold()}0{found[2]}"


def continues(line: str) -> bool:
    """Whether the line starts in the midst of a sentence: with a small letter, a dash or a sign that closes."""
    first = line[0]
    return first.islower() or not (first.isalnum() or first in _OPENING)


def is_underline(line: str) -> bool:
    """Whether the line is nothing but a row of one drawing character, three or more."""
    return _UNDERLINE.match(line) is not None


def is_list_item(line: str) -> bool:
    """Whether the line starts with a bullet or an enumerator."""
    return _ITEM.match(line) is not None


def is_number(line: str) -> bool:
    """Whether the line is an enumerator and nothing else."""
    return _LONE_NUMBER.fullmatch(line) is not None


def is_numbered(line: str) -> bool:
    """Whether the line starts with an enumerator: a list item, or a heading that counts."""
    return _NUMBER.match(line) is not None


def marked(line: str, below: str, tag: str) -> Mark | None:
    """The heading that mark-up says the line is: an HTML tag, Markdown signs, or a row of `=` or `-` on the line
    below.
    """
    if tag:
        element = tag.rpartition(".")[2]
        if element == "pre":
            return None  # "# install it first" is a comment in a program
        level = _TAG_LEVEL.get(element)
        if level is not None:
            return Mark(level, line, "heading.tag")
    found = _MARKDOWN.match(line) if line[0] == "#" else None
    if found and found[2]:
        return Mark(len(found[1]), found[2], "heading.markdown")
    if len(line) <= MAX_CHARACTERS:
        if (
            below[:1] in _DRAWN
            and is_underline(below)
            and not is_underline(line)
            and abs(len(below) - len(line)) <= max(4, len(line) // 2)
        ):
            return Mark(_UNDERLINE_LEVEL.get(below[0], 2), line, "heading.underline")
        if line[0] in "*_" and (found := _BOLD.match(line)) and not found[1].endswith(_SENTENCE_END):
            return Mark(3, found[1], "heading.bold")
    return None


def shaped(line: str, words: int) -> bool:
    """Whether the line could be a heading by its own shape: short, one piece, no sentence end, no bullet, starts like a
    title.
    """
    if words > MAX_WORDS or len(line) > MAX_CHARACTERS or line.endswith(_SENTENCE_END) or _BULLET.match(line):
        return False
    if " | " in line:
        return False  # a caption with its source, or links side by side
    first = next(filter(str.isalnum, line), "")
    return bool(first) and not first.islower() and (first.isalpha() or any(map(str.isalpha, line)))


class Casing:
    """How the document itself writes its words, to give an ALL-CAPS heading back its case.

    A word is written as the body mostly writes it ("NATO", "iPhone", "Ukraine"). A word that the body does not have is
    capitalised: it is likelier a name than one of the small words that every text has. Only lines that are not in
    capitals themselves teach.
    """

    def __init__(self, body: Iterable[str]) -> None:
        self._body = body
        self._written: dict[str, Counter[str]] | None = None
        self._forms: dict[str, str] = {}

    def restore(self, text: str) -> str:
        """`text` unless it is all in capitals (four letters or more); then in the document's own case."""
        if not text.isupper():
            return text
        letters = [character for character in text if character.isalpha()]
        if len(letters) < 4 or not all(map(str.isupper, letters)):
            return text
        rest = iter([self._form(word) for word in _WORD.findall(text)])
        cased = _WORD.sub(lambda _: next(rest), text)
        start = next(index for index, character in enumerate(cased) if character.isalpha())
        return cased[:start] + cased[start].upper() + cased[start + 1 :]

    def knows(self, text: str) -> bool:
        """Whether the document writes every word of `text` somewhere else."""
        return all(word.lower() in self._index() for word in _WORD.findall(text))

    def _form(self, word: str) -> str:
        form = self._forms.get(word)
        if form is None:
            written = self._index().get(word.lower(), Counter[str]())
            form = min(written, key=lambda form: (-written[form], form), default=word.capitalize())
            self._forms[word] = form
        return form

    def _index(self) -> dict[str, Counter[str]]:
        """How the body writes its words, by the word in small letters."""
        if self._written is None:
            self._written = defaultdict(Counter)
            text = "\n".join(line for line in self._body if not line.isupper())
            # The first word of a sentence has its capital from there, so it teaches nothing.
            for word in _INNER_WORD.findall(text):
                self._written[word.lower()][word] += 1
        return self._written


_WORD = re.compile(r"[^\W\d_][\w'’]*")
_INNER_WORD = re.compile(r"(?<=[\w,;] )[^\W\d_][\w'’]*")


def normalise(text: str, level: int, casing: Casing) -> Heading:
    """The heading as it reads without decoration and shouting. Level 0 means unknown."""
    plain = text.strip().strip("*_#").strip() or text
    return Heading(level or DEFAULT_LEVEL, casing.restore(plain))
