r"""Text that is still written as a string of JSON, of code or of CSV: `\n` for line ends, `\"` and `""` for quotes.

Such a text is written so from end to end: each backslash begins an escape, and its lines end in `\n` alone. A text with
another backslash (`\d`, `\alpha`, `C:\Users`) shows what it means.
"""

from __future__ import annotations

import re

from cleancopy.repair.code import is_about_code
from cleancopy.text import signs

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.?)", re.DOTALL)
_BREAKS = re.compile(r"(?:\\r|\\n)+(?:[ \t]*(?:\\r|\\n)+)*")
_CHARACTER = re.compile(r"\\u[0-9a-fA-F]{4}")
_MEANING = {"b": "", "f": "\n", "n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\", "/": "/"}
# An escape that stands between quotes or marks of code is one that the text speaks of.
_MENTION = re.compile(rf"[{signs.QUOTES}`]\\(?:u[0-9a-fA-F]{{4}}|[nrt])[{signs.UNQUOTES}`]")


def undo(text: str) -> str | None:
    """The text that `text` writes with escapes or doubled quotes; None where it writes none, or may mean them."""
    if "\\" in text:
        return _escapes(text)
    return _doubled_quotes(text) if '""' in text else None


def _escapes(text: str) -> str | None:
    body = text.strip()
    if body[0] == body[-1] == '"' and len(body) > 1 and not re.search(r'(?<!\\)"', body[1:-1]):
        body = body[1:-1]
    if not all(len(escape) == 5 or escape in _MEANING for escape in _ESCAPE.findall(body)) or _MENTION.search(body):
        return None
    if not (_ends_lines(body) or _writes_characters(body) or _quotes(body)):
        return None
    undone = _ESCAPE.sub(_meaning, body)
    # Characters beyond U+FFFF are written as two escapes.
    return undone.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _meaning(match: re.Match[str]) -> str:
    escape = match[1]
    return chr(int(escape[1:], 16)) if len(escape) == 5 else _MEANING[escape]


def _ends_lines(text: str) -> bool:
    r"""Whether lines end in `\n`: more than in line ends, and mostly before what begins a line.

    Names of commands and files (`\nu`, `\rho`, `C:\new`) go on with small letters.
    """
    breaks = list(_BREAKS.finditer(text))
    if len(breaks) < 2 or len(breaks) <= len(re.findall(r"[\r\n]+", text)):
        return False
    begins = sum(not re.match("[a-z]", text[match.end() : match.end() + 1]) for match in breaks)
    return 2 * begins > len(breaks)


def _writes_characters(text: str) -> bool:
    r"""Whether letters outside ASCII are written `\u00e9`, within words or side by side, and none in itself."""
    escapes = list(_CHARACTER.finditer(text))
    within = sum(
        text[match.start() - 1 : match.start()].isalpha()
        or text[match.end() : match.end() + 1].isalpha()
        or _CHARACTER.match(text, match.end()) is not None
        for match in escapes
    )
    return len(escapes) > 1 and 2 * within > len(escapes) and not is_about_code(text)


def _quotes(text: str) -> bool:
    r"""Whether all quotes are written `\"`, in pairs."""
    quotes = text.count('"')
    return 2 <= quotes == text.count('\\"') and quotes % 2 == 0 and not is_about_code(text)


def _doubled_quotes(text: str) -> str | None:
    """A field of CSV with the quotes around it and each inner one doubled."""
    body = text.strip()
    inner = body[1:-1]
    if body[0] != '"' or body[-1] != '"' or '""' not in inner or '"' in inner.replace('""', ""):
        return None
    return None if is_about_code(text) else inner.replace('""', '"')
