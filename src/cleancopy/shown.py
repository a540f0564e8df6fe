"""What people are shown of texts that somebody else wrote: titles, addresses, file names, error messages.

A terminal obeys control characters, and direction overrides make a name look like another one. Data keeps them; nothing
that is shown does, be it in a terminal, a log, a page or a Markdown file.
"""

from __future__ import annotations

import re

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, without tab and line feed; 9B begins commands as ESC [ does
    "\u2028\u2029"  # line and paragraph separator: lines that no line feed ends
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates of direction
    "\ud800-\udfff"  # halves of characters, as in file names that are no UTF-8; they cannot be printed
    "\U000e0000-\U000e007f]"  # tags: text that nobody sees
)
_PICTURES = 0x2400
"""U+2400 to U+241F are pictures of the control characters 0 to 1F, one column wide: ESC is ␛."""


def shown(text: str) -> str:
    """The text with a visible sign for each character that would act instead of being seen; tabs and lines stay."""
    return _HIDDEN.sub(_picture, text)


def shown_json(text: str) -> str:
    """JSON with the same characters as escapes: it reads as it did, and can be printed."""
    return _HIDDEN.sub(_escape, text)


def counted(number: int, thing: str) -> str:
    """A number of things, such as `1 shard` or `1,200 shards`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(_PICTURES + code) if code < 0x20 else "␡" if code == 0x7F else "�"


def _escape(match: re.Match[str]) -> str:
    pairs = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{pairs[at]:02x}{pairs[at + 1]:02x}" for at in range(0, len(pairs), 2))
