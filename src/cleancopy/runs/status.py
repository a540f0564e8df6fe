"""What state a dataset is in, without touching it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from cleancopy.dataset.layout import Layout, read_note
from cleancopy.dataset.lock import holder
from cleancopy.dataset.receipts import Counts, recorded, staged, total
from cleancopy.runs.plan import Plan
from cleancopy.runs.staleness import configuration, why_stale
from cleancopy.settings import Settings


@dataclass(slots=True)
class Status:
    """shards: done, stale, waiting (cleaned, not published), missing (planned, never cleaned). stale: why, how many."""

    sources: int
    shards: Counter[str]
    stale: Counter[str]
    counts: Counts
    bytes: int
    holder: str | None
    publishing: bool
    last_run: dict[str, Any] | None = None
    suspects: list[str] = field(default_factory=list)


def status(layout: Layout, settings: Settings) -> Status:
    """Compare the dataset with its plan and with what the settings would do now.

    Raises ConfigurationError if it is none, DatasetError if its plan or a receipt is damaged.
    """
    layout.require()
    plan, now = Plan(layout), configuration(settings)
    receipts = recorded(layout)
    shards: Counter[str] = Counter()
    stale: Counter[str] = Counter()
    for shard in plan.shards.values():
        if shard.id in receipts:
            reasons = why_stale(receipts[shard.id], shard, now, layout)
            stale.update(reasons)
            state = "stale" if reasons else "done"
        else:
            state = "missing"
        if state != "done" and staged(layout, shard.id) is not None:
            state = "waiting"
        shards[state] += 1
    runs = sorted(layout.runs.glob("*.json"))
    return Status(
        sources=len({uri for shard in plan.shards.values() for uri in shard.fingerprints}),
        shards=shards,
        stale=stale,
        counts=total(receipts.values()),
        bytes=sum({file.path: file.bytes for receipt in receipts.values() for file in receipt.files}.values()),
        holder=holder(layout),
        publishing=layout.journal.exists(),
        last_run=read_note(runs[-1]) if runs else None,
        suspects=sorted(path.stem for path in layout.tmp.glob("*.suspects")),
    )
