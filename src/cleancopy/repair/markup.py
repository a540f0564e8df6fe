"""Mark-up in what should be text: whole pages, fragments of pages, tags and entities that were left over.

A tag is one of HTML's own, written as mark-up is: attributes have values. A text *uses* a tag that touches a word or
another tag, or stands at an end of its line, and *mentions* one that stands for itself, as "the <p> element".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from html.entities import html5
from itertools import chain

from cleancopy import settings
from cleancopy.repair.code import is_about_code
from cleancopy.text import signs

_PAGE = re.compile(
    r"\s*+(?:<!--(?:(?!-->).)*+-->\s*+|<\?xml[^>]{0,200}+>\s*+)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_PAGE_END = re.compile(r"</html\s*>", re.IGNORECASE)
_TAG = re.compile(
    r"""<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9]{0,11})"""
    r"""(?:\s+[A-Za-z_:@][\w:.@-]*+\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'|[^\s"'<>=`]++))*+\s*+/?>"""
)
_UNREAD = re.compile(r"<(?:!--|(script|style|noscript|template)\b[^<>]{0,2000}+>)", re.IGNORECASE)
_GAP = re.compile(r"\n(?:[ \t\r]*+\n){2,}")
_AFTER_A_NAME = frozenset(""".,;:!?)]}'"`…’”»、。，）」""")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_MENTIONED_ENTITY = re.compile(rf"[{signs.QUOTES}`(]&[#\w]{{1,33}};[{signs.UNQUOTES}`)]")
_ROUNDS = 3


def is_page(text: str) -> bool:
    """Whether the text is a whole page: it begins as one, has elements, and no text behind its end."""
    if "<" not in text[:4096] or not _PAGE.match(text):
        return False
    ends = list(_PAGE_END.finditer(text))
    behind = _read(text[ends[-1].end() :]) if ends else ""
    return sum(1 for _ in zip(_tags(text), range(3), strict=False)) == 3 and len(behind.split()) < 10


def is_fragment(text: str) -> bool:
    """Whether the text is a part of a page: it begins and ends with tags, and all its text lies in blocks."""
    body = text.strip()
    if body[:1] != "<" or body[-1:] != ">":
        return False
    depth = outside = end = blocks = 0
    for match in _tags(body):
        if depth <= 0:
            outside += len(body[end : match.start()].split())
        end = match.end()
        if match["name"].lower() in _blocks():
            depth += -1 if match["close"] else 1
            blocks += 1
    return blocks >= 2 and end == len(body) and outside == 0


def without_tags(text: str) -> str | None:
    """The text without tags, a line end for each of a block; None where it uses none, or is about mark-up."""
    if "<" not in text:
        return None
    text = _read(text)
    used = mentioned = 0
    for match in _tags(text):
        if _is_used(text, match):
            used += 1
        else:
            mentioned += 1
    if used <= 3 * mentioned or is_about_code(_TAG.sub(" ", text)):
        return None
    return _GAP.sub("\n\n", _TAG.sub(_replaced, text))


def _read(text: str) -> str:
    """The text without comments, and without elements whose text nobody reads; what is not closed stays."""
    if "<" not in text:
        return text
    lower = text.lower()
    pieces: list[str] = []
    end = 0
    open_ended: set[str] = set()
    for match in _UNREAD.finditer(text):
        closing = f"</{match[1].lower()}" if match[1] else "-->"
        if match.start() < end or closing in open_ended:
            continue
        found = lower.find(closing, match.end())
        close = lower.find(">", found) if found >= 0 else -1
        if close < 0:
            open_ended.add(closing)
            continue
        pieces.append(text[end : match.start()])
        end = close + 1
    return "".join([*pieces, text[end:]])


def _is_used(text: str, tag: re.Match[str]) -> bool:
    before, after = text[tag.start() - 1 : tag.start()], text[tag.end() : tag.end() + 1]
    name = tag["name"].lower()
    if "=" in tag[0] or name == "br":
        return True
    if tag["close"]:
        return (before != "" and not before.isspace()) or (name in _blocks() and after in ("", "\n", "\r"))
    return after in ("\n", "\r", "") or not (after.isspace() or after in _AFTER_A_NAME)


def _replaced(tag: re.Match[str]) -> str:
    name = tag["name"].lower()
    if name == "br":
        return "\n"
    if name == "li":
        return "\n" if tag["close"] else "\n- "
    if name in ("td", "th"):
        return " | " if tag["close"] else ""
    if name == "tr":
        return "\n"
    if name in _blocks():
        return "\n\n"
    return "" if name in _elements() else tag[0]


def without_entities(text: str) -> str | None:
    """The text with each entity as its character, doubly encoded ones too; None where it has none, or shows them."""
    if "&" not in text or not _names_entity(text) or _MENTIONED_ENTITY.search(text) or is_about_code(text):
        return None
    undone = text
    for _ in range(_ROUNDS):
        again = _ENTITY.sub(_character, undone)
        if again == undone:
            break
        undone = again
    if undone == text:
        return None
    # Tags that come to light and stand for themselves are what the text shows.
    tags = list(_tags(undone)) if "<" not in text else []
    shown = sum(not _is_used(undone, tag) for tag in tags)
    return None if 4 * shown > len(tags) > 0 else undone


def without_wrapping(text: str) -> str | None:
    """The page or fragment that a text holds with all its mark-up as entities; None where it holds none."""
    if not text[:200].lstrip().startswith("&lt;"):
        return None
    undone = _ENTITY.sub(_character, text)
    return undone if is_page(undone) or is_fragment(undone) else None


def _names_entity(text: str) -> bool:
    return any(_character(match) != match[0] for match in _ENTITY.finditer(text))


def _character(match: re.Match[str]) -> str:
    entity = match[0]
    if entity[1] != "#" and entity[1:] not in html5:
        return entity
    return unescape(entity)


def _tags(text: str) -> Iterator[re.Match[str]]:
    """The tags of HTML in the text, in order."""
    for match in _TAG.finditer(text):
        if match["name"].lower() in _elements():
            yield match


@cache
def _blocks() -> frozenset[str]:
    """Names of the elements that are blocks of text."""
    return frozenset(_data()["blocks"])


@cache
def _elements() -> frozenset[str]:
    """Names of all elements."""
    return frozenset(chain.from_iterable(_data().values()))


def _data() -> dict[str, list[str]]:
    data: dict[str, list[str]] = settings.read_shipped("strings.toml")["elements"]
    return data
