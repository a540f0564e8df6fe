"""The plan of a run: which source bytes make which shard. Made anew by every run, from what is not done yet alone.

What is published stays as it is grouped, so that new small files never reshuffle old shards. A shard is either some
whole files or a part of one: so all that a file gives is published together, however large it is. Its id comes from the
parts alone (source URI, format, range), and a killed run that is started again plans the same shards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from cleancopy.dataset.receipts import Receipt, shard_id
from cleancopy.readers import Part, SourceFile

COMPRESSED_WEIGHT = 4
"""Text packs to about a quarter: gzip of web pages 3.5 to 5, zstd 4 to 6."""
SHARDS = 32
"""Shards that a run is to have at least, so that sixteen workers have work up to its end."""
LEAST_BYTES = 2 << 20
"""Input that is worth a shard of its own: about 1 s of a core, where a shard costs 10 to 30 ms (docs/operations.md)."""


@dataclass(frozen=True, slots=True)
class Shard:
    """The unit of work and of resume: whole files, or a part of one.

    fingerprints: source URI → what the source looked like when it was planned.
    pieces:       the parts that each of its sources consists of: 1, or as many as the one file was cut into.
    """

    id: str
    parts: tuple[Part, ...]
    fingerprints: Mapping[str, str]
    pieces: int

    @classmethod
    def of(cls, parts: Sequence[Part], fingerprints: Mapping[str, str], pieces: int = 1) -> Shard:
        name = shard_id(parts)
        if pieces > 1:
            # Names of its files begin with it: in their order they have a source's rows in their order.
            source = blake2b(parts[0].uri.encode("utf-8", "surrogatepass"), digest_size=4)
            name = f"{source.hexdigest()}{parts[0].start:012x}{name}"
        return cls(name, tuple(parts), {part.uri: fingerprints[part.uri] for part in parts}, pieces)

    @property
    def bytes(self) -> int:
        """Of its sources, as they are stored."""
        return sum(part.stop - part.start for part in self.parts)

    @classmethod
    def again(cls, receipt: Receipt) -> Shard:
        """The shard that a receipt is of."""
        pieces = max((each.pieces for each in receipt.inputs.values()), default=0)
        return cls(receipt.shard, receipt.parts, receipt.fingerprints, pieces)


@dataclass(slots=True)
class Changes:
    """What a run found among its sources, for the user: URIs."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def target_bytes(files: Iterable[SourceFile], most: int) -> int:
    """The input of a shard when these files are to be cleaned: little enough for `SHARDS` of them, `most` at most.

    Of powers of two, so that a few more files leave the parts of the others as they are. How many workers there are
    does not count: a run that goes on elsewhere, or is done again, has the same shards.
    """
    total = sum(file.size * expansion(file) for file in files)
    target = LEAST_BYTES
    while target < most and 2 * target * SHARDS <= total:
        target *= 2
    return min(target, most)


def expansion(file: SourceFile) -> int:
    """Bytes of input that a stored one counts as."""
    return COMPRESSED_WEIGHT if file.compression else 1


def units(
    files: Sequence[SourceFile],
    parts: Mapping[str, Sequence[Part]],
    standing: Iterable[Shard],
    shard_bytes: int,
    shard_files: int,
) -> list[list[Shard]]:
    """The shards of `files`, in their order, in units: what a unit's sources gave is published when all of it is done.

    parts:    file → the parts that it consists of.
    standing: shards of whole files that a killed run has finished. They are taken as they are, and the files around
        them grouped as they were then: a run that is started again has the shards of one that was not killed.
    """
    fingerprints = {file.uri: file.fingerprint for file in files}
    sizes = {file.uri: file.size * expansion(file) for file in files}
    done = {part.uri: shard for shard in standing for part in shard.parts}
    found: list[list[Shard]] = []
    taken: set[str] = set()
    loose: list[Part] = []
    for file in files:
        pieces = parts[file.uri]
        if file.uri in done:
            found.extend(_whole(loose, fingerprints, sizes, shard_bytes, shard_files))
            loose = []
            if done[file.uri].id not in taken:
                found.append([done[file.uri]])
                taken.add(done[file.uri].id)
        elif len(pieces) == 1:
            loose.extend(pieces)
        else:
            found.append([Shard.of([piece], fingerprints, len(pieces)) for piece in pieces])
    found.extend(_whole(loose, fingerprints, sizes, shard_bytes, shard_files))
    return found


def _whole(
    parts: Iterable[Part], fingerprints: Mapping[str, str], sizes: Mapping[str, int], shard_bytes: int, shard_files: int
) -> Iterator[list[Shard]]:
    group: list[Part] = []
    weight = 0
    for part in parts:
        size = sizes[part.uri]
        if group and (weight + size > shard_bytes or len(group) >= shard_files):
            yield [Shard.of(group, fingerprints)]
            group, weight = [], 0
        group.append(part)
        weight += size
    if group:
        yield [Shard.of(group, fingerprints)]
