"""What scrapers leave in strings, recognised on the whole text and repaired before the text is cut into lines.

    repair("caf\\\\u00e9 cr\\\\u00e8me")        → Repaired(text="café crème", repairs=("escapes",))
    repair("R&amp;amp;D")                 → Repaired(text="R&D", repairs=("entities",))
    repair("<!DOCTYPE html><html>…")      → Repaired(html="<!DOCTYPE html><html>…", repairs=("page",))

Each repair asks whether the text is of its kind from end to end, and leaves what a text about code, HTML or regular
expressions shows. The order is that in which the damage was done, last first: a string of JSON that holds a page whose
bytes were read in a wrong encoding.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from cleancopy.repair import escapes, markdown, markup, mojibake

KINDS = ("escapes", "mojibake", "markup", "entities", "markdown")
"""What can be repaired; what `repairs` says is one of these, `mojibake.` with a code page, or `page` for HTML."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """A string after its repair: exactly one of `text` and `html` is set. `repairs`: what was done to it, in order."""

    text: str | None = None
    html: str | None = None
    repairs: tuple[str, ...] = ()


def repair(text: str, kinds: Collection[str] = KINDS) -> Repaired:
    """`text` repaired: as text, or as HTML where it is a page or a fragment of one. Time is linear in its length."""
    repairs: list[str] = []
    if "escapes" in kinds and (undone := escapes.undo(text)) is not None:
        text = undone
        repairs.append("escapes")
    if "mojibake" in kinds:
        text, pages = mojibake.mend(text)
        repairs += map("mojibake.{}".format, pages)
    if "markup" in kinds:
        if (undone := markup.without_wrapping(text)) is not None:
            text = undone
            repairs.append("entities")
        if markup.is_page(text) or markup.is_fragment(text):
            return Repaired(html=text, repairs=(*repairs, "page"))
    has_tags = False
    for _ in range(2):
        # Entities may have hidden tags.
        if "markup" in kinds and (undone := markup.without_tags(text)) is not None:
            text, has_tags = undone, True
        undone = markup.without_entities(text) if "entities" in kinds else None
        if undone is None:
            break
        text = undone
        repairs.append("entities")
    if has_tags:
        repairs.append("markup")
    if "markdown" in kinds and (undone := markdown.without_escapes(text)) is not None:
        text = undone
        repairs.append("markdown")
    return Repaired(text, repairs=tuple(repairs))


def repair_html(html: str, kinds: Collection[str] = KINDS) -> Repaired:
    """`html` repaired: mark-up and entities are the parser's."""
    if "mojibake" not in kinds:
        return Repaired(html=html)
    html, pages = mojibake.mend(html)
    return Repaired(html=html, repairs=tuple(map("mojibake.{}".format, pages)))


def repair_field(value: str | None, repairs: Collection[str], kinds: Collection[str] = KINDS) -> str | None:
    """A title or an author stated beside a text whose `repairs` these are, for it most likely went the same way."""
    if value is None:
        return None
    if "mojibake" in kinds:
        pages = [name.removeprefix("mojibake.") for name in repairs if name.startswith("mojibake.")]
        value = mojibake.follow(value, pages)
    undone = markup.without_entities(value) if "entities" in kinds else None
    return value if undone is None else undone
