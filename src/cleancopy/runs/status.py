"""What state a dataset is in, without touching it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from cleancopy.census.store import Templates
from cleancopy.dataset.census import is_outdated, outdated, templates_of
from cleancopy.dataset.layout import Layout, read_note
from cleancopy.dataset.lock import holder
from cleancopy.dataset.receipts import Counts, recorded, staged, total
from cleancopy.runs.staleness import configuration, is_gone, why_stale
from cleancopy.settings import Settings


@dataclass(slots=True)
class Status:
    """shards: done, stale, kept (stale, but their sources are gone), waiting (cleaned, not published).

    stale: why, and how many shards.
    census: site → how many pages of it were cleaned with another template than it has now.
    """

    sources: int
    shards: Counter[str]
    stale: Counter[str]
    counts: Counts
    bytes: int
    holder: str | None
    publishing: bool
    last_run: dict[str, Any] | None = None
    suspects: list[str] = field(default_factory=list)
    census: Counter[str] = field(default_factory=Counter)


def status(layout: Layout, settings: Settings) -> Status:
    """Compare what the dataset holds with what the settings would do now. Sources are not read.

    Raises ConfigurationError if it is none, DatasetError if a receipt or the last run's report is damaged.
    """
    layout.require()
    now = configuration(settings)
    receipts = recorded(layout)
    shards: Counter[str] = Counter()
    stale: Counter[str] = Counter()
    grown: Counter[str] = Counter()
    templates = templates_of(layout) if settings.census.enabled and not settings.census.file else None
    ids = {} if templates is None else Templates(templates).ids()
    for receipt in receipts.values():
        reasons = why_stale(receipt, now, layout)
        if ids and not reasons:
            grown.update(outdated(receipt, ids))
            if is_outdated(receipt, ids, settings.census.growth):
                reasons = ["census grew"]
        if not reasons:
            shards["done"] += 1
        elif all(_is_known_to_be_gone(uri) for uri in receipt.inputs):
            shards["kept"] += 1
        else:
            shards["stale"] += 1
            stale.update(reasons)
    shards["waiting"] = sum(1 for folder in layout.staged.iterdir() if staged(layout, folder.name) is not None)
    runs = sorted(layout.runs.glob("*.json"))
    return Status(
        sources=len({uri for receipt in receipts.values() for uri in receipt.inputs}),
        shards=+shards,
        stale=stale,
        counts=total(receipts.values()),
        bytes=sum({file.path: file.bytes for receipt in receipts.values() for file in receipt.files}.values()),
        holder=holder(layout),
        publishing=layout.journal.exists(),
        last_run=read_note(runs[-1]) if runs else None,
        census=grown,
        suspects=sorted(path.stem for path in layout.tmp.glob("*.suspects")),
    )


def _is_known_to_be_gone(uri: str) -> bool:
    """Of local files alone: a store would be asked once a source."""
    return uri.startswith("file://") and is_gone(uri)
