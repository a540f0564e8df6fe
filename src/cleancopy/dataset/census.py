"""Which census a dataset has, and which of its rows another one would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cleancopy.dataset.layout import Layout, read_note
from cleancopy.dataset.receipts import Receipt

STALE_SHARE = 0.25
"""A shard is cleaned again for the census when this share of its pages would be cleaned with another template: where a
shard holds pages of many sites, some of them always would.
"""


@dataclass(frozen=True, slots=True)
class Note:
    """Which census a dataset has: the names of its files, and what decided what was counted, and how."""

    counted: str
    templates: str
    samples: str


def current(layout: Layout) -> Note | None:
    """The published census of a dataset, if it has one. Raises DatasetError if its note is damaged."""
    try:
        note = read_note(layout.census_note)
    except FileNotFoundError:
        return None
    return Note(note["counted"], note["templates"], note["samples"])


def templates_of(layout: Layout) -> Path | None:
    """The file with the templates of a dataset, if it has any."""
    note = current(layout)
    return None if note is None else layout.census / note.templates


def sweep(layout: Layout) -> None:
    """Take away the files that are of no published census."""
    note = current(layout)
    names = set() if note is None else {note.templates, note.samples}
    for path in layout.census.glob("*"):
        if path.name not in names:
            path.unlink(missing_ok=True)


def outdated(receipt: Receipt, ids: Mapping[str, str]) -> Counter[str]:
    """Site → how many pages of it the shard has cleaned with another template than it has now. ids: site → template."""
    found: Counter[str] = Counter()
    for each in receipt.inputs.values():
        for site, (pages, template) in each.sites.items():
            if ids.get(site, "") != template:
                found[site] += pages
    return found


def is_outdated(receipt: Receipt, ids: Mapping[str, str], growth: float) -> bool:
    """Whether so much of a shard would be cleaned with other templates that it is cleaned again.

    growth: `census.growth`; where it is 1, one page is enough.
    """
    pages = sum(pages for each in receipt.inputs.values() for pages, _ in each.sites.values())
    stale = outdated(receipt, ids).total()
    return stale > 0 and (growth <= 1 or stale >= STALE_SHARE * pages)
