"""Receipts: what a finished shard leaves behind, and what makes it finished."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cleancopy.dataset.layout import Layout
from cleancopy.errors import ConservationError, DatasetError

RECEIPT = "receipt.json"
SLOWEST = 5
"""Slow records that a receipt names."""
LINES = ("lines_total", "lines_kept", "lines_lifted", "lines_removed")


@dataclass(frozen=True, slots=True)
class File:
    """A Parquet file of a shard. `path` is relative to the dataset's root.

    `first_row` is set where compaction has put several shards into one file: the shard's rows are
    [first_row, first_row + rows) of it, and `bytes` and `sha256` are those of the whole file.
    """

    dataset: str
    path: str
    rows: int
    bytes: int
    sha256: str
    first_row: int | None = None


@dataclass(frozen=True, slots=True)
class Slow:
    """A record that took long.

    source, position: where it lies: `source_uri` and `source_position` of the datasets.
    id:               its `source_id`, if it has one.
    seconds:          reading, parsing, trying it alone, as measured; of its batch's cleaning, its share of the lines.
    """

    source: str
    position: int
    id: str | None
    seconds: float


@dataclass(slots=True)
class Counts:
    """What went in and what came out. Everything adds up: see `check`."""

    records: int = 0
    articles: int = 0
    bytes: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    lines_total: int = 0
    lines_kept: int = 0
    lines_lifted: int = 0
    lines_removed: int = 0
    roles: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)

    def add(self, other: Counts) -> None:
        """Add another shard's counts to these."""
        for name in self.__slots__:
            mine, theirs = getattr(self, name), getattr(other, name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            else:
                setattr(self, name, mine + theirs)

    def check(self, where: str) -> None:
        """Raise ConservationError unless every record and every line went to exactly one place."""
        out = self.articles + self.rejected.total() + self.skipped.total()
        if self.records != out:
            raise ConservationError(
                f"{where}: {self.records} records read, but {self.articles} articles + "
                f"{self.rejected.total()} rejected + {self.skipped.total()} skipped = {out}"
            )
        lines = self.lines_kept + self.lines_lifted + self.lines_removed
        if self.lines_total != lines or self.roles.total() != self.lines_lifted + self.lines_removed:
            raise ConservationError(
                f"{where}: {self.lines_total} lines, but {self.lines_kept} kept + {self.lines_lifted} lifted + "
                f"{self.lines_removed} removed = {lines}, and {self.roles.total()} rows in removed"
            )
        if self.languages.total() != self.articles:
            raise ConservationError(f"{where}: {self.articles} articles, but {self.languages.total()} languages")

    @property
    def rejected_share(self) -> float:
        """Rejected over read, without those skipped on purpose; 0 where nothing was read."""
        judged = self.articles + self.rejected.total()
        return self.rejected.total() / judged if judged else 0.0

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: dict(sorted(v.items())) if isinstance(v, Counter) else v for name, v in values.items()}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Counts:
        """From plain values, as read from JSON."""
        values: dict[str, Any] = {k: Counter(v) if isinstance(v, Mapping) else v for k, v in plain.items()}
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a finished shard read, with what, and what became of it.

    inputs:        source URI → fingerprint of the source when it was read.
    configuration: what decided (settings, rules, weights, code, libraries, version, schema) → fingerprint.
    seconds:       stage (read, parse, clean, isolated, write) → seconds in it.
    slowest:       the `SLOWEST` records that took longest, slowest first. Like `seconds` it differs from run to run.
    replayed:      configuration fingerprints of later replays of its rejects.
    """

    shard: str
    inputs: Mapping[str, str]
    configuration: Mapping[str, str]
    counts: Counts
    seconds: Mapping[str, float]
    files: tuple[File, ...]
    slowest: tuple[Slow, ...] = ()
    replayed: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        plain = {name: getattr(self, name) for name in self.__slots__}
        plain["counts"] = self.counts.plain()
        plain["files"] = [asdict(file) for file in self.files]
        plain["slowest"] = [asdict(record) for record in self.slowest]
        return (json.dumps(plain, sort_keys=True, indent=1) + "\n").encode()

    @classmethod
    def from_json(cls, content: bytes) -> Receipt:
        plain = json.loads(content)
        plain["counts"] = Counts.of(plain["counts"])
        plain["files"] = tuple(File(**each) for each in plain["files"])
        plain["slowest"] = tuple(Slow(**each) for each in plain["slowest"])
        plain["replayed"] = tuple(plain["replayed"])
        return cls(**plain)

    def rows(self, dataset: str) -> int:
        return sum(file.rows for file in self.files if file.dataset == dataset)

    def check(self) -> None:
        """Raise ConservationError unless counts and files agree."""
        self.counts.check(f"shard {self.shard}")
        expected = {
            "articles": self.counts.articles,
            "removed": self.counts.lines_lifted + self.counts.lines_removed,
            "rejected": self.counts.rejected.total(),
        }
        for dataset, rows in expected.items():
            if self.rows(dataset) != rows:
                raise ConservationError(
                    f"shard {self.shard}: {rows} rows counted for {dataset}, {self.rows(dataset)} written"
                )


def published(layout: Layout, shard: str) -> Receipt | None:
    """The receipt of a published shard whose files are there with their sizes, or None."""
    return _complete(layout.receipts / f"{shard}.json", layout.root)


def staged(layout: Layout, shard: str) -> Receipt | None:
    """The receipt of a shard that is finished but not published, or None."""
    folder = layout.staged / shard
    return _complete(folder / RECEIPT, folder)


def recorded(layout: Layout) -> dict[str, Receipt]:
    """Every published receipt by shard, whether its files are still there or not."""
    found = {}
    for path in sorted(layout.receipts.glob("*.json")):
        try:
            found[path.stem] = Receipt.from_json(path.read_bytes())
        except (ValueError, KeyError, TypeError) as error:
            raise DatasetError(f"{path} cannot be read as a receipt ({error}); delete it and run again") from None
    return found


def total(receipts: Iterable[Receipt]) -> Counts:
    """The counts of many shards together."""
    counts = Counts()
    for receipt in receipts:
        counts.add(receipt.counts)
    return counts


def _complete(path: Path, root: Path) -> Receipt | None:
    try:
        receipt = Receipt.from_json(path.read_bytes())
    except (OSError, ValueError, KeyError, TypeError):
        return None  # absent, or not written by this version: the shard is not finished
    for file in receipt.files:
        try:
            if (root / file.path).stat().st_size != file.bytes:
                return None
        except OSError:
            return None
    return receipt
