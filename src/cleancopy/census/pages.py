"""A page as the census sees it: whose it is, its address, and its lines, as 64-bit numbers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from cleancopy.rules.fold import fold
from cleancopy.text import signs
from cleancopy.text.sites import site

PROSE = 60
"""Characters from which on a line that ends as a sentence does counts as prose; an ideograph counts as two."""
MOST_LINES = 2000
"""Lines of a page that are counted, half from its top and half from its end: there a template repeats itself."""
_ENDS = frozenset(signs.ENDS + signs.CLOSING)
_ONE = np.uint64(1)


def site_of(url: str | None) -> str | None:
    """Whose page it is: the registrable domain, or the host where there is none; None without an address."""
    if not url:
        return None
    try:
        found = site(url) or urlsplit(url).hostname or None
        if found is not None:
            found.encode()
    except ValueError:  # no address, or a lone surrogate in it
        return None
    return found


def page_of(url: str) -> int:
    """The address as a number of 64 bits, without what does not tell two pages apart: scheme, fragment, `www.`, a slash
    at the end.
    """
    address = url.strip().partition("#")[0].partition("://")[2].removeprefix("www.").rstrip("/")
    return number(address)


def number(text: str) -> int:
    """A text as a number of 64 bits, the same on every machine."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def lines_of(lines: Iterable[str]) -> NDArray[np.uint64]:
    """uint64[n]: the lines in order, as they read once folded and without spaces. The lowest bit says: prose."""
    return np.fromiter(map(_line, lines), np.uint64)


def counted(lines: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The lines that are counted of a page with so many."""
    half = MOST_LINES // 2
    return lines if len(lines) <= MOST_LINES else np.concatenate([lines[:half], lines[-half:]])


def is_prose(lines: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """bool[n]: the lines that read as sentences."""
    return (lines & _ONE).astype(bool)


def _line(line: str) -> int:
    return _cached(line) if len(line) < _CACHED_CHARACTERS else _hashed(line)


def _hashed(line: str) -> int:
    folded = fold(line)
    hashed = number(folded.replace(" ", "") or line)
    return hashed | 1 if line[-1:] in _ENDS and _size(folded) >= PROSE else hashed & ~1


_CACHED_CHARACTERS = 120
_cached = lru_cache(maxsize=1 << 16)(_hashed)
"""Most lines of a page are those of its template, and short. Takes 15 MB at most."""


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text) + sum("\u2e80" <= sign <= "\uffdc" for sign in text)
