"""Front matter: what a Markdown file says of itself above its text.

    ---
    title: "The mill of Orla"
    authors:
      - Ines Falk
    date: 2021-03-04
    ---

YAML between lines of `---`, or TOML between lines of `+++`. Only what is written as plainly as that is read: the rest
of YAML says nothing about title, author and date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_FIELDS: Mapping[str, str] = {
    "title": "title",
    **dict.fromkeys(("author", "authors", "byline"), "author"),
    **dict.fromkeys(("date", "published", "publishdate", "published_at", "pubdate", "datepublished"), "date"),
}
"""Names in front matter, in small letters → the hint that they give."""
_LONGEST = 200
"""Lines of front matter."""
_LEAST = 2
"""Names that make it front matter, where none of them gives a hint."""
_ENTRY = re.compile(r"([^\W\d][\w.-]*)[ \t]*[:=](?:[ \t]+|\Z)(.*)")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.*)")
_NAMED = re.compile(r"(?:name|title)[ \t]*[:=][ \t]*(.*)")
_FOLDED = re.compile(r"[|>][+-]?")


def front_matter(raws: Sequence[str]) -> tuple[int, dict[str, str]]:
    """How many lines at the top are front matter, 0 for none, and the hints `title`, `author` and `date` of it.

    raws: the lines of a text as they were written.
    """
    top = next((place for place, raw in enumerate(raws[:3]) if raw.strip("\ufeff \t")), 0)
    mark = raws[top].strip("\ufeff \t") if raws else ""
    if mark not in ("---", "+++"):
        return 0, {}
    entries: dict[str, list[str]] = {}
    for place, raw in enumerate(raws[top + 1 : top + 1 + _LONGEST], top + 1):
        line = raw.rstrip()
        if line == mark or (mark == "---" and line == "..." and entries):
            hinted = not _FIELDS.keys().isdisjoint(entries)
            return (place + 1, _hints(entries)) if hinted or len(entries) >= _LEAST else (0, {})
        if not _add(line, entries, toml=mark == "+++"):
            break
    return 0, {}


def _add(line: str, entries: dict[str, list[str]], *, toml: bool) -> bool:
    """Adds what the line says to the entries, of which it may continue the last; says whether it is front matter."""
    entry = _ENTRY.match(line)
    if entry is not None:
        entries.pop(entry[1].lower(), None)
        entries[entry[1].lower()] = [] if _FOLDED.fullmatch(entry[2]) else [entry[2]]
        return True
    if entries and (not line or line[0] in " \t#]}" or _ITEM.match(line)):
        entries[next(reversed(entries))].append(line)
        return True
    return not line or line[0] == "#" or (toml and line[0] == "[")


def _hints(entries: Mapping[str, Sequence[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, lines in entries.items():
        hint = _FIELDS.get(name)
        values = [value for line in lines for value in _values(line)]
        if hint is not None and values:
            found.setdefault(hint, (", " if hint == "author" else " ").join(values))
    return found


def _values(line: str) -> list[str]:
    """What a line of an entry says: one value, the items of a list, the name in a mapping; none of its other keys."""
    item = _ITEM.match(line)
    text = (item[1] if item else line).strip()
    named = _NAMED.match(text)
    if named is not None:
        text = named[1]
    elif line[:1] in (" ", "-") and _ENTRY.match(text):
        return []
    pieces = text[1:-1].split(",") if text[:1] == "[" and text[-1:] == "]" else [text]
    return [plain for piece in pieces if (plain := _unquoted(piece.strip()))]


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        return value[1:end] if end > 0 else value[1:]
    return value.partition(" #")[0].strip()
