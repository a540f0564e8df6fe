"""The plan: which source bytes make which shard. Append-only, so that work that is done stays valid as inputs grow.

A shard is a bounded group of parts of sources, in the order in which they were discovered. Its id comes from the parts
alone (source URI, format, range), so a source that changed in place keeps its shards, which become stale; one that grew
beyond its last part gets new ones. A line of the plan adds a shard (again, with new fingerprints) or retires one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from cleancopy.dataset.layout import Layout
from cleancopy.errors import DatasetError
from cleancopy.readers import Part, SourceFile

COMPRESSED_WEIGHT = 4
"""Text packs to about a quarter: gzip of web pages 3.5 to 5, zstd 4 to 6."""


@dataclass(frozen=True, slots=True)
class Shard:
    """The unit of work and of resume. `fingerprints`: source URI → what the source looked like when it was planned."""

    id: str
    parts: tuple[Part, ...]
    fingerprints: Mapping[str, str]

    @classmethod
    def of(cls, parts: Sequence[Part], fingerprints: Mapping[str, str]) -> Shard:
        key = json.dumps([asdict(part) for part in parts], sort_keys=True, default=str)
        digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
        return cls(digest, tuple(parts), {part.uri: fingerprints[part.uri] for part in parts})


@dataclass(slots=True)
class Changes:
    """What an update of the plan found, for the user."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)


class Plan:
    """The shards of a dataset, in the order in which they were planned.

    Raises DatasetError if the plan is damaged, or gone from a dataset that has receipts.
    """

    def __init__(self, layout: Layout) -> None:
        self._path = layout.plan
        self._whole_bytes = 0
        self.shards: dict[str, Shard] = {}
        for entry in self._entries():
            if "retire" in entry:
                self.shards.pop(entry["retire"], None)
            else:
                shard = Shard(entry["shard"], tuple(Part(**part) for part in entry["parts"]), entry["fingerprints"])
                self.shards[shard.id] = shard
        if not self._whole_bytes and any(layout.receipts.glob("*.json")):  # their rows would be taken out as retired
            raise DatasetError(f"{self._path} is missing or empty; restore it, or begin a new dataset")

    def update(
        self,
        files: Sequence[SourceFile],
        split: Callable[[SourceFile], Iterable[Part]],
        *,
        shard_bytes: int,
        shard_files: int,
        replace_changed: bool,
        is_gone: Callable[[str], bool] | None,
    ) -> Changes:
        """Bring the plan up to the discovered `files` and write what is new to it.

        Sources of the plan that are not among `files` stay, unless `is_gone` says that they no longer exist. A
        source that is to be read as another format than before is planned again; so is one with another fingerprint,
        but without `replace_changed` its rows stay as they are.
        """
        changes = Changes()
        before = dict(self.shards)
        known: dict[str, str] = {}
        formats: dict[str, str] = {}
        for shard in self.shards.values():
            known.update(shard.fingerprints)
            formats.update((part.uri, part.format) for part in shard.parts)
        discovered = {file.uri: file for file in files}
        fingerprints = {**known, **{uri: file.fingerprint for uri, file in discovered.items()}}
        parts: dict[str, list[Part]] = {}
        loose: list[Part] = []
        for file in discovered.values():
            if file.uri not in known:
                changes.added.append(file.uri)
                loose.extend(split(file))
                continue
            changed = known[file.uri] != file.fingerprint
            if (changed and replace_changed) or (not changed and formats[file.uri] != file.format):
                changes.changed.append(file.uri)
                parts[file.uri] = list(split(file))
        if is_gone is not None:
            for uri in known:
                if uri not in discovered and is_gone(uri):
                    changes.missing.append(uri)
                    parts[uri] = []
        if parts:
            loose = self._rearrange(parts, fingerprints) + loose
        sizes = {uri: file.size for uri, file in discovered.items()}
        for group in _groups(loose, sizes, shard_bytes, shard_files):
            shard = Shard.of(group, fingerprints)
            self.shards[shard.id] = shard
        changes.retired = [shard for shard in before if shard not in self.shards]
        self._append(before)
        return changes

    def _rearrange(self, wanted: Mapping[str, Collection[Part]], fingerprints: Mapping[str, str]) -> list[Part]:
        """Fit the shards to the parts that their sources consist of now; gives back the parts that none holds yet."""
        held: set[Part] = set()
        fitted: dict[str, Shard] = {}
        for shard in self.shards.values():
            if not any(part.uri in wanted for part in shard.parts):
                fitted[shard.id] = shard
                continue
            kept = [part for part in shard.parts if part.uri not in wanted or part in wanted[part.uri]]
            held.update(kept)
            if kept:
                changed = {part.uri for part in kept if part.uri in wanted}
                new = Shard.of(
                    kept, {**fingerprints, **{k: v for k, v in shard.fingerprints.items() if k not in changed}}
                )
                fitted[new.id] = new
        self.shards = fitted
        return [part for parts in wanted.values() for part in parts if part not in held]

    def _append(self, before: Mapping[str, Shard]) -> None:
        lines: list[dict[str, Any]] = [{"retire": shard} for shard in before if shard not in self.shards]
        lines += [
            {"shard": shard.id, "parts": [asdict(part) for part in shard.parts], "fingerprints": shard.fingerprints}
            for shard in self.shards.values()
            if before.get(shard.id) != shard
        ]
        if not lines:
            return
        text = "".join(json.dumps(line, sort_keys=True) + "\n" for line in [*lines, {"complete": len(lines)}])
        try:
            with self._path.open("ab") as stream:
                stream.truncate(self._whole_bytes)
                stream.write(text.encode())
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise DatasetError(f"cannot write the plan {self._path}: {error.strerror}; run again") from error

    def _entries(self) -> Iterator[dict[str, Any]]:
        """The entries of every update that was written to its end; the next one overwrites what a kill left behind."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return
        entries: list[dict[str, Any]] = []
        good = offset = 0
        whole: list[dict[str, Any]] = []
        for raw in content.splitlines(keepends=True):
            offset += len(raw)
            try:
                entry = json.loads(raw)
            except ValueError:
                break
            if "complete" in entry:
                whole += entries
                entries, good = [], offset
            else:
                entries.append(entry)
        if b'"complete"' in content[good:]:
            raise DatasetError(f"{self._path} is damaged at byte {good}; restore it, or begin a new dataset")
        self._whole_bytes = good
        yield from whole


def _groups(
    parts: Iterable[Part], sizes: Mapping[str, int], shard_bytes: int, shard_files: int
) -> Iterator[list[Part]]:
    group: list[Part] = []
    weight = 0
    for part in parts:
        size = _weight(part, sizes)
        if group and (weight + size > shard_bytes or len(group) >= shard_files):
            yield group
            group, weight = [], 0
        group.append(part)
        weight += size
    if group:
        yield group


def _weight(part: Part, sizes: Mapping[str, int]) -> int:
    whole = sizes.get(part.uri, 0)
    size = part.stop - part.start if part.stop is not None else whole - part.start
    return min(size, whole) * (COMPRESSED_WEIGHT if part.compression else 1)
