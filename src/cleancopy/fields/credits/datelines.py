"""Datelines: the agency that a paragraph of prose names at its start or its end."""

from __future__ import annotations

import re

from cleancopy.fields.credits.organisations import Organisations
from cleancopy.model import Credit

_DATELINE = re.compile(
    r"^(?P<place>[^\W\d_a-z][^()\n/–—]{0,70}?)?\s*[(/]\s?(?P<name>[^()/\n]{2,40}(?:/[^()/\n]{2,20})?)\s?[)/]\.?\s*(?P<dash>--|[—–:‐-])"
)
_BARE_DATELINE = re.compile(r"^(?P<place>[^\W\d_a-z][^()\n/–—:]{1,60}?)\s(?P<name>[^\W_][\w-]{1,20})\s?[–—]\s")
_CLOSING = re.compile(r"[(/\[]\s?(?P<name>[^()/\[\]\n]{2,60}(?:/[^()/\[\]\n]{2,30}){0,3})\s?[)/\]]\s*$")
_CLOSERS = frozenset(")/]")


def dateline(text: str, organisations: Organisations) -> Credit | None:
    """The agency of a dateline at the start of a paragraph ("KYIV, Ukraine (AP) —") or in brackets at its end
    ("(dpa)").

    `raw` is that piece alone; the paragraph itself stays as it is. None where no known agency stands there.
    """
    head = text[:120]
    # Few paragraphs hold the signs of a dateline; the others are not looked at.
    found = _agency(_DATELINE.match(head), organisations) if "(" in head or "/" in head else None
    if found is None and (" – " in head or " — " in head):
        found = _agency(_BARE_DATELINE.match(head), organisations)
    if found is None and text.rstrip()[-1:] in _CLOSERS:
        found = _agency(_CLOSING.search(text[-100:]), organisations)
    return found


def _agency(match: re.Match[str] | None, organisations: Organisations) -> Credit | None:
    organisation = organisations.agency(match["name"]) if match else None
    if match is None or organisation is None:
        return None
    return Credit(organisation.role, organisation.name, organisation.domain, match[0].strip())
