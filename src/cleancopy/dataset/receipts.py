"""Receipts: what a finished shard leaves behind, and what makes it finished."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from cleancopy.dataset.layout import Layout, is_sealed, sealed, unsealed
from cleancopy.errors import ConservationError, DatasetError
from cleancopy.readers import Part

RECEIPT = "receipt.json"
SLOWEST = 5
"""Slow records that a receipt names."""
LINES = ("lines_total", "lines_kept", "lines_lifted", "lines_removed")


@dataclass(frozen=True, slots=True)
class File:
    """A file of a shard. `path` is relative to the dataset's root.

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

    def short(self) -> dict[str, Any]:
        """As `plain`, without what is zero."""
        return {name: value for name, value in self.plain().items() if value}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Counts:
        """From plain values, as read from JSON."""
        values: dict[str, Any] = {k: Counter(v) if isinstance(v, Mapping) else v for k, v in plain.items()}
        return cls(**values)


def shard_id(parts: Iterable[Part]) -> str:
    """The name of the shard that holds these parts: 20 hex characters."""
    key = json.dumps([_part_plain(part) for part in parts], sort_keys=True, default=str)
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


@dataclass(frozen=True, slots=True)
class Input:
    """What a shard read of one source, and what became of it.

    fingerprint: of the source when it was planned.
    pieces:      how many parts the source was cut into in all; 0 where an earlier version did not note it.
    sites:       site → how many of its pages are here, and the id of the template of it that they were cleaned with,
        empty where there was none; nothing where no census was taken.
    """

    fingerprint: str
    parts: tuple[Part, ...]
    pieces: int
    counts: Counts
    sites: Mapping[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a finished shard read, with what, and what became of it.

    inputs:        source URI → what was read of it, and what it gave.
    configuration: what decided (settings, rules, weights, code, libraries, version, schema) → fingerprint.
    counts:        those of all its inputs together.
    seconds:       stage (read, parse, clean, isolated, write) → seconds in it.
    slowest:       the `SLOWEST` records that took longest, slowest first. Like `seconds` it differs from run to run.
    replayed:      configuration fingerprints of later replays of its rejects.
    census:        the id of the census that it was cleaned with; empty without one.
    """

    shard: str
    inputs: Mapping[str, Input]
    configuration: Mapping[str, str]
    counts: Counts
    seconds: Mapping[str, float]
    files: tuple[File, ...]
    slowest: tuple[Slow, ...] = ()
    replayed: tuple[str, ...] = ()
    census: str = ""

    @property
    def parts(self) -> tuple[Part, ...]:
        """In the order of the shard: by source, and by place in it."""
        return tuple(part for each in self.inputs.values() for part in each.parts)

    @property
    def fingerprints(self) -> dict[str, str]:
        return {uri: each.fingerprint for uri, each in self.inputs.items()}

    def of(self, sources: Collection[str], files: Sequence[File]) -> Receipt:
        """The receipt of what these sources gave, whose rows are in `files` now."""
        inputs = {uri: each for uri, each in self.inputs.items() if uri in sources}
        counts = added(each.counts for each in inputs.values())
        slowest = tuple(slow for slow in self.slowest if slow.source in inputs)
        left = replace(self, inputs=inputs, counts=counts, slowest=slowest, files=tuple(files))
        return replace(left, shard=shard_id(left.parts))

    def to_json(self) -> bytes:
        plain = {name: getattr(self, name) for name in self.__slots__}
        plain["inputs"] = [_input_plain(uri, each) for uri, each in self.inputs.items()]
        plain["counts"] = self.counts.plain()
        plain["files"] = [asdict(file) for file in self.files]
        plain["slowest"] = [asdict(record) for record in self.slowest]
        return sealed(plain)

    @classmethod
    def from_json(cls, content: bytes) -> Receipt:
        """Raises ValueError if it is damaged, or of an earlier version."""
        plain = unsealed(content)
        plain["inputs"] = {each["source"]: _input_of(each) for each in plain["inputs"]}
        plain["counts"] = Counts.of(plain["counts"])
        plain["files"] = tuple(File(**each) for each in plain["files"])
        plain["slowest"] = tuple(Slow(**each) for each in plain["slowest"])
        plain["replayed"] = tuple(plain["replayed"])
        return cls(**plain)

    def rows(self, dataset: str) -> int:
        return sum(file.rows for file in self.files if file.dataset == dataset)

    def check(self) -> None:
        """Raise ConservationError unless the counts of its inputs, its own and its files agree."""
        self.counts.check(f"shard {self.shard}")
        if added(each.counts for each in self.inputs.values()) != self.counts:
            raise ConservationError(f"shard {self.shard}: the counts of its sources do not add up to its own")
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


def _part_plain(part: Part) -> dict[str, Any]:
    """Without what only parts of streams have, so that others are called as by versions that knew no such parts."""
    return {name: value for name, value in asdict(part).items() if value or name not in ("first", "last")}


def _input_plain(uri: str, given: Input) -> dict[str, Any]:
    parts = [{name: value for name, value in _part_plain(part).items() if name != "uri"} for part in given.parts]
    return {
        "source": uri,
        "fingerprint": given.fingerprint,
        "parts": parts,
        "pieces": given.pieces,
        "counts": given.counts.short(),
        **({"sites": given.sites} if given.sites else {}),
    }


def _input_of(plain: Mapping[str, Any]) -> Input:
    parts = tuple(Part(uri=plain["source"], **each) for each in plain["parts"])
    sites = {site: (pages, template) for site, (pages, template) in plain.get("sites", {}).items()}
    return Input(plain["fingerprint"], parts, plain["pieces"], Counts.of(plain["counts"]), sites)


def published(layout: Layout, shard: str) -> Receipt | None:
    """The receipt of a published shard whose files are there with their sizes, or None."""
    receipt = _readable(layout.receipts / f"{shard}.json")
    return receipt if receipt is not None and is_whole(receipt, layout.root) else None


def staged(layout: Layout, shard: str, *, reread: bool = False) -> Receipt | None:
    """The receipt of a shard that is finished but not published, or None.

    `reread`: its files are not only there, their content is what was written.
    """
    folder = layout.staged / shard
    receipt = _readable(folder / RECEIPT)
    if receipt is None or not is_whole(receipt, folder):
        return None
    if reread and any(sha256(folder / file.path) != file.sha256 for file in receipt.files):
        return None
    return receipt


def recorded(layout: Layout) -> dict[str, Receipt]:
    """Every published receipt by shard, whether its files are still there or not.

    Raises DatasetError if one is damaged.
    """
    return {path.stem: read_receipt(path) for path in sorted(layout.receipts.glob("*.json"))}


def read_receipt(path: Path) -> Receipt:
    """Raises DatasetError if it is damaged."""
    content = path.read_bytes()
    try:
        return Receipt.from_json(content)
    except (ValueError, KeyError, TypeError) as error:
        if of_earlier_version(content) is not None:
            root, plan = path.parents[2], Layout(path.parents[2]).plan
            why = f"{root} was written by an earlier version"
            if not plan.exists():
                raise DatasetError(f"{why}, and its {plan} is missing; restore it, or begin a new dataset") from None
            raise DatasetError(f"{why}; `cleancopy compact {root}` or the next run brings it up to date") from None
        raise DatasetError(
            f"{path} is damaged ({error}); restore it from a backup. Without one, move it and the files named "
            f"{path.stem}-* away, and run again with its sources"
        ) from None


def of_earlier_version(content: bytes) -> dict[str, Any] | None:
    """The plain receipt of a version that kept its parts in a plan, or None."""
    if is_sealed(content):
        return None
    try:
        plain = json.loads(content)
        old = isinstance(plain["inputs"], dict)
    except (ValueError, KeyError, TypeError):
        return None
    return plain if old else None


def added(counts: Iterable[Counts]) -> Counts:
    """Counts together."""
    together = Counts()
    for each in counts:
        together.add(each)
    return together


def total(receipts: Iterable[Receipt]) -> Counts:
    """The counts of many shards together."""
    return added(receipt.counts for receipt in receipts)


def is_whole(receipt: Receipt, root: Path) -> bool:
    """Whether the receipt's files are there, below `root`, with their sizes."""
    for file in receipt.files:
        try:
            if (root / file.path).stat().st_size != file.bytes:
                return False
        except OSError:
            return False
    return True


def sha256(path: Path) -> str | None:
    """The hash of a file's content, None where it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def _readable(path: Path) -> Receipt | None:
    try:
        return Receipt.from_json(path.read_bytes())
    except (OSError, ValueError, KeyError, TypeError):
        return None  # absent, damaged, or not of this version: the shard is not finished
