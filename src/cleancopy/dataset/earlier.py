"""Datasets of an earlier version, which kept the parts of its shards in a plan and counted nothing by source."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cleancopy.dataset.layout import Layout, is_sealed, sealed, write_durably
from cleancopy.dataset.receipts import Counts, File, Input, Receipt, Slow, is_whole, of_earlier_version
from cleancopy.dataset.rows import rows
from cleancopy.dataset.writer import counted
from cleancopy.errors import DatasetError
from cleancopy.readers import Part


def upgrade(layout: Layout) -> None:
    """Rewrite receipts and notes of an earlier version, then delete its plan; what is done already is not done again.

    Raises DatasetError if the plan does not say what a receipt's shard is made of.
    """
    if not layout.plan.exists():
        return
    parts = _plan(layout.plan)
    for path in sorted(layout.receipts.glob("*.json")):
        plain = of_earlier_version(path.read_bytes())
        if plain is None:
            continue
        if path.stem not in parts:
            raise DatasetError(
                f"{layout.plan} is damaged: it does not say what shard {path.stem} is made of; restore it from a "
                "backup, or begin a new dataset"
            )
        write_durably(path, _receipt(layout, plain, parts[path.stem]).to_json(), layout.tmp)
    _seal(layout)
    layout.plan.unlink()


def _seal(layout: Layout) -> None:
    """Seal what runs have noted; what is damaged stays as it is, and `verify` names it."""
    for path in (*layout.runs.glob("*.json*"), *(layout.state / "reports").glob("*.json")):
        content = path.read_bytes()
        notes = content.splitlines() if path.suffix == ".jsonl" else [content]
        with suppress(ValueError):
            whole = b"".join(note.rstrip() + b"\n" if is_sealed(note) else sealed(_object(note)) for note in notes)
            write_durably(path, whole, layout.tmp)


def _object(content: bytes) -> dict[str, Any]:
    note = json.loads(content)
    if not isinstance(note, dict):
        raise ValueError("it is no object")
    return note


def _plan(path: Path) -> dict[str, tuple[Part, ...]]:
    """Shard → its parts, of all shards that ever were in the plan. A shard's name is a hash of its parts."""
    found = {}
    for line in path.read_bytes().splitlines():
        try:
            entry = json.loads(line)
            key = json.dumps(entry["parts"], sort_keys=True).encode("utf-8", "surrogatepass")
            if hashlib.blake2b(key, digest_size=10).hexdigest() == entry["shard"]:
                found[entry["shard"]] = tuple(Part(**each) for each in entry["parts"])
        except (ValueError, KeyError, TypeError):
            continue  # retires a shard, or is damaged
    return found


def _receipt(layout: Layout, plain: Mapping[str, Any], parts: tuple[Part, ...]) -> Receipt:
    counts = Counts.of(plain["counts"])
    files = tuple(File(**each) for each in plain["files"])
    by_source = {part.uri: Counts() for part in parts}
    inputs = {
        uri: Input(plain["inputs"][uri], tuple(part for part in parts if part.uri == uri), 0, given)
        for uri, given in by_source.items()
    }
    receipt = Receipt(
        plain["shard"],
        inputs,
        plain["configuration"],
        counts,
        plain["seconds"],
        files,
        tuple(Slow(**each) for each in plain.get("slowest", ())),
        tuple(plain.get("replayed", ())),
    )
    if len(by_source) > 1 and is_whole(receipt, layout.root):
        _count(layout, receipt, by_source)
    _give_rest(counts, by_source)
    return receipt


def _count(layout: Layout, receipt: Receipt, by_source: Mapping[str, Counts]) -> None:
    owners: dict[str, str] = {}
    for dataset in ("articles", "removed", "rejected"):
        for file in receipt.files:
            if file.dataset != dataset:
                continue
            for table in rows(layout.root, file):
                for uri, found in counted(dataset, table, owners).items():
                    by_source[uri].add(found)
    for each in by_source.values():
        each.records = each.articles + each.rejected.total()


def _give_rest(counts: Counts, by_source: Mapping[str, Counts]) -> None:
    """What the rows do not say (skipped records, bytes, rows that cannot be read) is counted for the first source."""
    first = next(iter(by_source.values()))
    for name in Counts.__slots__:
        whole = getattr(counts, name)
        found = [getattr(each, name) for each in by_source.values()]
        if isinstance(whole, Counter):
            getattr(first, name).update(whole - sum(found, Counter()))
        else:
            setattr(first, name, getattr(first, name) + whole - sum(found))
