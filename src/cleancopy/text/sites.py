"""Whose page it is: the registrable domain of an address, by the public suffix list that the package `tld` carries."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit


def site(url: str | None) -> str | None:
    """The registrable domain of `url` (`news.example.co.uk` → `example.co.uk`); None without a host.

    A top level that the list has not counts as a public suffix (`www.paper.example` → `paper.example`), as the list
    itself says. An IP address, a host of one label and a public suffix stand for themselves. Looks nothing up online.
    """
    if not url:
        return None
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return _registrable(host) if host else None


@lru_cache(maxsize=65536)
def _registrable(host: str) -> str:
    from tld import get_fld

    found = get_fld(f"http://{host}/", fail_silently=True)
    if isinstance(found, str):
        return found
    try:
        return str(ip_address(host))
    except ValueError:
        return ".".join(host.rstrip(".").split(".")[-2:])
