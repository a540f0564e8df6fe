"""What a run's articles are like: some of them, and how their signals are spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow.compute as pc

from cleancopy.dataset.row_groups import Slice, groups

SHOWN_CHARACTERS = 480
"""Of each text in a sample."""
SIGNALS = (
    "words",
    "mean_word_length",
    "stop_word_share",
    "unique_word_share",
    "terminal_line_share",
    "duplicate_line_character_share",
    "duplicate_5_gram_character_share",
    "top_2_gram_character_share",
    "symbol_share",
)
"""Those that filters ask for most, of docs/dataset.md."""
LEVELS = (0.05, 0.5, 0.95)


def sample(parts: Sequence[Slice], count: int) -> list[dict[str, Any]]:
    """Up to `count` articles as plain values, spread evenly over slices of `articles`; the same every time.

    Each has `doc_id`, `title`, `site`, `language`, `words`, `published_at` (a day, or None), `credits` (names) and the
    beginning of `text`.
    """
    every = list(groups("articles", parts))
    total = sum(map(len, every))
    wanted = np.unique(np.linspace(0, total - 1, min(count, total)).astype(int))
    found, before = [], 0
    for group in every:
        here = wanted[(wanted >= before) & (wanted < before + len(group))] - before
        before += len(group)
        if len(here):
            names = ("doc_id", "title", "text", "site", "language", "published_at", "signals.words", "credits")
            found += [_plain(row) for row in group.read(names).take(here).to_pylist()]
    return found


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    text = row["text"]
    return {
        **{name: row[name] for name in ("doc_id", "title", "site", "language")},
        "words": row["signals"]["words"],
        "published_at": row["published_at"] and row["published_at"].date().isoformat(),
        "credits": list(dict.fromkeys(credit["name"] for credit in row["credits"])),
        "text": text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS].rsplit(maxsplit=1)[0]} …",
    }


def spread(parts: Sequence[Slice]) -> dict[str, list[float]]:
    """Signal → its values at `LEVELS` of the articles that have it, over slices of `articles`."""
    values: dict[str, list[Any]] = {name: [] for name in SIGNALS}
    for group in groups("articles", parts):
        signals = group.read([f"signals.{name}" for name in SIGNALS])["signals"]
        for name, chunks in values.items():
            chunks.append(pc.drop_null(pc.struct_field(signals, name)).to_numpy())
    whole = {name: np.concatenate(chunks) for name, chunks in values.items() if chunks}
    return {name: np.quantile(every, LEVELS).tolist() for name, every in whole.items() if len(every)}
