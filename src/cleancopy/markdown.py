"""An article as Markdown (CommonMark) that reads as the article does: what looks like a mark in the text is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from cleancopy.model import Article, Block, Role
from cleancopy.text import signs

_MARK = re.compile(
    r"\\(?=[!-/:-@\[-`{-~]|$)"  # a backslash is one unless it stands before a mark
    r"|[`\[~]"
    r"|(?<!\s)\*|\*(?!\s)"  # a star between spaces is a star
    r"|(?<![^\W_])_|_(?![^\W_])"  # and a low line inside a word a low line
    r"|<(?=[A-Za-z/!?])"
    r"|&(?=#?\w+;)"
)
_BEGINNING = re.compile(r"#{1,6}(?=\s|$)|[-+](?=\s|$)|--|=+$|:(?=-)|>|(?P<number>\d{1,9})(?=[.)](?:\s|$))")
"""What makes a heading, a list, a rule or a quotation at the beginning of a line."""
_CLOSING = re.compile(r"(?<=\s)#+$")
_BULLET = re.compile(rf"(?:{signs.BULLET}|\+\s)\s*(?=\S)")
_NUMBER = re.compile(r"(0|[1-9]\d{0,8})[.)]\s+(?=\S)")
_BLANK = re.compile(r"\n{2,}")
_BACKTICKS = re.compile(r"`+")
_BAR = re.compile(r"(?<!\\)\|")
_QUOTED = re.compile(r">\s*(?=\S)")


def markdown(article: Article) -> str:
    """The title, then every block as what it is: heading, list item, quotation, program, table or paragraph.

    Numbered items keep their numbers. A heading of unknown level has level 2. Lines of verse and addresses end with a
    backslash, and no-break spaces indent them. Ends with a line feed, unless empty.
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
            yield from _lists([(block.level, block.text) for block in alike])
        elif role is Role.QUOTE:
            quoted = "\n\n".join(_verse(_without(_QUOTED, block.text)) for block in alike)
            yield "\n".join(f"> {line}".rstrip() for line in quoted.split("\n"))
        elif role is Role.CODE:
            yield from (_program(block.text) for block in alike)
        elif role is Role.TABLE:
            yield from (_table(block.text) for block in alike)
        elif role is Role.HEADING:
            yield from (_heading(block.level or 2, block.text) for block in alike)
        else:
            yield from (_verse(block.text) for block in alike)


def _verse(text: str) -> str:
    """The text as paragraphs; the lines of each end where they did."""
    return "\n\n".join(
        "\\\n".join(_indented(line.expandtabs()) for line in part.split("\n")) for part in _BLANK.split(text)
    )


def _indented(line: str) -> str:
    text = line.lstrip()
    return "\u00a0" * (len(line) - len(text)) + escaped(text)


def _program(text: str) -> str:
    """The text between fences longer than any row of backticks in it."""
    fence = "`" * max(3, *(len(each) + 1 for each in _BACKTICKS.findall(text)), 3)
    return f"{fence}\n{text}\n{fence}"


def _table(text: str) -> str:
    """The rows with as many cells as the widest has; the first is the head."""
    rows = [[_cell(cell) for cell in _BAR.split(row)] for row in text.split("\n")]
    width = max(map(len, rows))
    head, *others = [[*row, *[""] * (width - len(row))] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * width, *others))


def _cell(text: str) -> str:
    return escaped(text.replace("\\|", "|")).replace("|", "\\|")


def _heading(level: int, text: str) -> str:
    text = _CLOSING.sub(r"\\\g<0>", escaped(text))  # signs at the end would be taken for the heading's own
    return f"{'#' * level} {text}"


def _without(mark: re.Pattern[str], text: str) -> str:
    """The text without the mark at its beginning."""
    found = mark.match(text)
    return text[found.end() :] if found else text


def _lists(items: Sequence[tuple[int, str]]) -> Iterator[str]:
    """The items, each with its depth, as lists: another begins between bullets and numbers, and where numbers do not
    follow one another.

    Of two numbered lists in a row one has full stops and the other brackets: else they would be one. What stands in an
    item is indented by its marker.
    """
    lines: list[str] = []
    last: int | None = None
    sign = "."
    for (_, item), inner in _with_inner(items):
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
        lines += [line and " " * (len(marker) + 1) + line for line in _within(inner)]
    yield "\n".join(lines)


def _within(items: Sequence[tuple[int, str]]) -> list[str]:
    """The lines of what stands in an item, not yet indented."""
    lines = "\n\n".join(_lists(items)).split("\n") if items else []
    # Only a bullet and a 1 begin a list right below a line of text.
    return ["", *lines] if lines and not lines[0].startswith(("- ", "1. ")) else lines


def _with_inner(items: Sequence[tuple[int, str]]) -> Iterator[tuple[tuple[int, str], Sequence[tuple[int, str]]]]:
    """Each item that stands no deeper than the first, with the deeper ones below it."""
    start = 0
    while start < len(items):
        stop = start + 1
        while stop < len(items) and items[stop][0] > items[0][0]:
            stop += 1
        yield items[start], items[start + 1 : stop]
        start = stop
