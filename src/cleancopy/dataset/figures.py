"""Counts and histograms over a dataset or a part of it. No text is read for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from cleancopy.dataset.row_groups import Slice, count, groups, slices

WORD_EDGES = np.concatenate(([0], np.round(10 ** np.arange(1, 5.01, 0.125)))).astype(np.int64)
"""Edges of the histogram of words an article: eight steps a power of ten, from 10 to 100,000."""
SHARE_EDGES = np.linspace(0, 1, 21)
"""Edges of histograms of shares."""


@dataclass(slots=True)
class Figures:
    """What a dataset holds. Histograms have one count more than inner edges: the last is what lies beyond.

    words:      int64, articles by words of the body, between `WORD_EDGES`.
    duplicates: articles whose text is that of an earlier one, to the letter (`text_sha256`).
    years:      articles by the year of publication.
    kept_share: int64, articles by the share of lines that stayed, between `SHARE_EDGES`.
    """

    articles: int = 0
    lines_total: int = 0
    lines_kept: int = 0
    lines_lifted: int = 0
    lines_removed: int = 0
    words_total: int = 0
    titled: int = 0
    credited: int = 0
    dated: int = 0
    duplicates: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    sites: Counter[str] = field(default_factory=Counter)
    years: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    words: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(WORD_EDGES), np.int64))
    kept_share: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(SHARE_EDGES), np.int64))

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: dict(sorted(value.items()))
            if isinstance(value, Counter)
            else value.tolist()
            if isinstance(value, np.ndarray)
            else value
            for name, value in values.items()
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Figures:
        """From plain values, as read from JSON; what an earlier version did not count is zero."""
        values: dict[str, Any] = {}
        for name in cls.__slots__:
            if name not in plain:
                continue
            value = plain[name]
            values[name] = Counter(value) if isinstance(value, dict) else value
            if isinstance(value, list):
                values[name] = np.array(value, np.int64)
        return cls(**values)


def figures(root: Path) -> Figures:
    """Counts and histograms over a whole dataset."""
    return figures_of({name: slices(root, name) for name in ("articles", "removed", "rejected")})


def figures_of(parts: Mapping[str, Sequence[Slice]]) -> Figures:
    """Counts and histograms over slices of the three datasets. Memory: 16 bytes an article, to tell duplicates."""
    found = Figures()
    lines = ("lines_total", "lines_kept", "lines_lifted", "lines_removed")
    columns = (*lines, "language", "site", "signals.words", "title", "published_at", "credits.role", "text_sha256")
    texts: list[NDArray[np.void]] = []
    for group in groups("articles", parts["articles"]):
        table = group.read(columns)
        found.articles += len(table)
        for name in lines:
            setattr(found, name, getattr(found, name) + (pc.sum(table[name]).as_py() or 0))
        found.titled += len(table) - table["title"].null_count
        found.dated += len(table) - table["published_at"].null_count
        found.credited += int(np.count_nonzero(pc.list_value_length(table["credits"]).to_numpy()))
        count(table["language"], found.languages)
        count(table["site"], found.sites)
        count(pc.strftime(table["published_at"], "%Y"), found.years)
        texts.append(_half_hashes(table["text_sha256"]))
        words = pc.struct_field(table["signals"], "words").to_numpy()
        found.words_total += int(words.sum())
        found.words += np.bincount(np.searchsorted(WORD_EDGES, words, "right") - 1, minlength=len(WORD_EDGES))
        share = table["lines_kept"].to_numpy() / np.maximum(table["lines_total"].to_numpy(), 1)
        found.kept_share += np.bincount(np.searchsorted(SHARE_EDGES, share, "right") - 1, minlength=len(SHARE_EDGES))
    if texts:
        found.duplicates = found.articles - len(np.unique(np.concatenate(texts)))
    for group in groups("removed", parts["removed"]):
        table = group.read(("role", "rule"))
        count(table["role"], found.roles)
        count(table["rule"], found.rules)
    for group in groups("rejected", parts["rejected"]):
        count(group.read(("reason",))["reason"], found.reasons)
    return found


def ranked(counter: Counter[str]) -> list[tuple[str, int]]:
    """Most frequent first, equal ones by name."""
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))


def _half_hashes(column: Any) -> NDArray[np.void]:
    """The first 16 bytes of each SHA-256 that is given in hex."""
    return np.frombuffer(bytes.fromhex("".join(value[:32] for value in column.to_pylist())), "V16")
