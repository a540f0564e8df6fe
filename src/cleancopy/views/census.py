"""What a dataset's census says of its sites: those that it knows, and the lines that one of them repeats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from cleancopy.census.pages import lines_of, site_of
from cleancopy.census.store import Templates
from cleancopy.census.template import Template
from cleancopy.dataset.census import templates_of
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.receipts import Receipt, recorded
from cleancopy.dataset.rows import rows
from cleancopy.errors import ConfigurationError

LOOKED_INTO = 200
"""Articles of a site in which the words of its lines are looked for: the census holds them as numbers."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site that has a template. known: its pages, an estimate where not all are counted; pages: those counted, copies
    of an article once; lines: how many lines are on more than one of them.
    """

    site: str
    known: int
    pages: int
    lines: int


@dataclass(frozen=True, slots=True)
class RepeatedLine:
    """A line of a template: on how many pages it stands, in all and in each place. text: None where no article that was
    looked into has it.
    """

    text: str | None
    pages: int
    above: int
    within: int
    below: int


def sites(layout: Layout) -> list[Site]:
    """The sites with a template, those with the most pages first.

    Raises ConfigurationError where there is no dataset, or no census of it.
    """
    found = [Site(each.site, each.known, each.size, len(each.lines)) for each in _templates(layout)]
    return sorted(found, key=lambda each: (-each.known, each.site))


def lines(layout: Layout, site: str) -> tuple[Site, list[RepeatedLine]]:
    """What the census has of a site, and the lines that it repeats, the most repeated first.

    Raises ConfigurationError where it has nothing.
    """
    found = _templates(layout).of(site)
    if found is None:
        raise ConfigurationError(
            f"the census of {layout.root} has no template of {site}; `cleancopy census {layout.root}` lists the sites"
        )
    template = found[0]
    words = _words(layout, template)
    counts = template.counts.tolist()
    listed = [
        RepeatedLine(words.get(line), *counts[place])  # in all, above, within, below
        for place, line in enumerate(template.lines.tolist())
    ]
    listed.sort(key=lambda each: (-each.pages, -each.above, -each.within, each.text or ""))
    return Site(site, template.known, template.size, len(listed)), listed


def _templates(layout: Layout) -> Templates:
    layout.require()
    path = templates_of(layout)
    if path is None:
        raise ConfigurationError(f"{layout.root} has no census; run again with census.enabled = true")
    return Templates(path)


def _words(layout: Layout, template: Template) -> dict[int, str]:
    """Line of the template → its text, out of the articles of the site and what was removed of them."""
    found: dict[int, str] = {}
    looked = 0
    for receipt in recorded(layout).values():
        if looked >= LOOKED_INTO or len(found) == len(template.lines):
            break
        if any(template.site in each.sites for each in receipt.inputs.values()):
            texts, count = _texts(layout, receipt, template.site, LOOKED_INTO - looked)
            looked += count
            numbers = lines_of(texts)
            for place in np.flatnonzero(np.isin(numbers, template.lines)).tolist():
                found.setdefault(int(numbers[place]), texts[place])
    return found


def _texts(layout: Layout, receipt: Receipt, site: str, most: int) -> tuple[list[str], int]:
    """The lines of some articles of a site, and of how many."""
    articles = _rows(layout, receipt, "articles", ["doc_id", "url", "text"])
    chosen = list(islice((row for row in articles if site_of(row["url"]) == site), most))
    ids = {row["doc_id"] for row in chosen}
    texts = [line for row in chosen for line in row["text"].splitlines()]
    removed = _rows(layout, receipt, "removed", ["doc_id", "text"]) if ids else ()
    return [*texts, *(row["text"] for row in removed if row["doc_id"] in ids)], len(ids)


def _rows(layout: Layout, receipt: Receipt, dataset: str, columns: list[str]) -> Iterator[dict[str, Any]]:
    for file in receipt.files:
        if file.dataset == dataset:
            for table in rows(layout.root, file, columns):
                yield from table.to_pylist()
