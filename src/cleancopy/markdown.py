"""An article as Markdown (CommonMark) that reads as the article does: what looks like a mark in the text is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from cleancopy.model import Article, Block, Role

_MARK = re.compile(
    r"\\(?=[!-/:-@\[-`{-~]|$)"  # a backslash is one unless it stands before a mark
    r"|[`\[~]"
    r"|(?<!\s)\*|\*(?!\s)"  # a star between spaces is a star
    r"|(?<![^\W_])_|_(?![^\W_])"  # and a low line inside a word a low line
    r"|<(?=[A-Za-z/!?])"
    r"|&(?=#?\w+;)"
)
_BEGINNING = re.compile(r"#{1,6}(?=\s|$)|[-+](?=\s|$)|--|>|(?P<number>\d{1,9})(?=[.)](?:\s|$))")
"""What makes a heading, a list, a rule or a quotation at the beginning of a line."""
_CLOSING = re.compile(r"(?<=\s)#+$")
_BULLET = re.compile(r"[-*+•·▪●○◦‣–—►▸✓✔]\s+(?=\S)")
_NUMBER = re.compile(r"(0|[1-9]\d{0,8})[.)]\s+(?=\S)")
_QUOTED = re.compile(r">\s*(?=\S)")


def markdown(article: Article) -> str:
    """The title, then every block as what it is: heading, list item, quotation or paragraph.

    Numbered items keep their numbers. A heading of unknown level has level 2. Ends with a line feed, unless empty.
    """
    title = [] if article.title is None else [_heading(1, article.title)]
    return "".join(f"{part}\n" for part in _with_blank_lines([*title, *_parts(article.blocks)]))


def escaped(text: str) -> str:
    """The text as one line, with a backslash before each mark that would not be shown as it is."""
    text = _MARK.sub(r"\\\g<0>", " ".join(text.split()))
    beginning = _BEGINNING.match(text)
    if beginning is None:
        return text
    at = beginning.end("number") if beginning["number"] else 0
    return f"{text[:at]}\\{text[at:]}"


def _with_blank_lines(parts: Iterable[str]) -> Iterator[str]:
    for number, part in enumerate(parts):
        if number:
            yield ""
        yield part


def _parts(blocks: Iterable[Block]) -> Iterator[str]:
    for role, alike in groupby(blocks, lambda block: block.role):
        if role is Role.LIST_ITEM:
            yield from _lists(block.text for block in alike)
        elif role is Role.QUOTE:
            yield "\n>\n".join(f"> {escaped(_without(_QUOTED, block.text))}" for block in alike)
        elif role is Role.HEADING:
            yield from (_heading(block.level or 2, block.text) for block in alike)
        else:
            yield from (escaped(block.text) for block in alike)


def _heading(level: int, text: str) -> str:
    text = _CLOSING.sub(r"\\\g<0>", escaped(text))  # signs at the end would be taken for the heading's own
    return f"{'#' * level} {text}"


def _without(mark: re.Pattern[str], text: str) -> str:
    """The text without the mark at its beginning."""
    found = mark.match(text)
    return text[found.end() :] if found else text


def _lists(items: Iterable[str]) -> Iterator[str]:
    """The items as lists: another begins between bullets and numbers, and where numbers do not follow one another.

    Of two numbered lists in a row one has full stops and the other brackets: else they would be one.
    """
    lines: list[str] = []
    last: int | None = None
    sign = "."
    for item in items:
        found = _NUMBER.match(item)
        number = int(found[1]) if found else None
        if lines and number != (None if last is None else last + 1):
            yield "\n".join(lines)
            lines = []
            if number is not None and last is not None:
                sign = ")" if sign == "." else "."
        marker, text = ("-", _without(_BULLET, item)) if found is None else (f"{number}{sign}", item[found.end() :])
        lines.append(f"{marker} {escaped(text)}")
        last = number
    yield "\n".join(lines)
