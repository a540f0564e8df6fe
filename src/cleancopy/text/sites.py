"""Whose page it is: the registrable domain of an address, by the public suffix list that the package `tld` carries."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit


def site(url: str | None) -> str | None:
    """The registrable domain of `url` (`news.example.co.uk` → `example.co.uk`); None without one. Looks nothing up
    online.
    """
    if not url:
        return None
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return _registrable(host) if host else None


@lru_cache(maxsize=65536)
def _registrable(host: str) -> str | None:
    from tld import get_fld

    found = get_fld(f"http://{host}/", fail_silently=True)
    return found if isinstance(found, str) else None
