"""Rereads a whole dataset and says everything that is not as its receipts and its schema promise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cleancopy.dataset import card, duplicates
from cleancopy.dataset.layout import Layout, read_log, read_note
from cleancopy.dataset.publish import read_journal, unsound
from cleancopy.dataset.receipts import File, Receipt, read_receipt, recorded
from cleancopy.dataset.rows import rows, schema_of
from cleancopy.errors import ConservationError, DatasetError
from cleancopy.model import LIFTED
from cleancopy.schema import DATASETS as SCHEMAS
from cleancopy.schema import SCHEMA_VERSION
from cleancopy.settings import fingerprint_of

_VERSION = b"cleancopy.schema_version"
_LINE_COUNTS = ("lines_total", "lines_kept", "lines_lifted", "lines_removed")
_Ids = np.ndarray[tuple[int], np.dtype[np.void]]
"""Of articles, 16 bytes each."""


@dataclass(frozen=True, slots=True)
class Verified:
    """How much was read, and every problem in words."""

    files: int
    rows: int
    problems: list[str]


def verify(layout: Layout) -> Verified:
    """Check hashes, sizes, schemas, row counts, conservation of lines and records, texts, ids, stray files, and all
    notes of the runs: receipts, configurations, reports, the journal and the card.

    Memory: 16 bytes an article, for the ids to be unique.
    Raises ConfigurationError if there is no dataset, DatasetError if an earlier version wrote it.
    """
    layout.require()
    if layout.plan.exists():
        recorded(layout)  # says what to do with a dataset of an earlier version
    problems: list[str] = []
    if layout.journal.exists():
        problems.append("a publication was interrupted; run again to finish it")
    receipts = _receipts(layout, problems)
    problems.extend(_check_notes(layout, receipts))
    problems.extend(unsound(layout, receipts))
    files = {file.path: file for receipt in receipts.values() for file in receipt.files}
    faults = {path: list(_check_file(layout.root, file)) for path, file in files.items()}
    for path, file in files.items():
        # Rows of an earlier schema add up all the same.
        outdated = None if faults[path] else _outdated(layout.root, file)
        problems.extend(faults[path] if outdated is None else [outdated])
    ids: list[_Ids] = []
    read = 0
    for shard, receipt in receipts.items():
        try:
            receipt.check()
        except ConservationError as error:
            problems.append(str(error))
        if not any(faults[file.path] for file in receipt.files):
            found_ids, found = _check_shard(layout.root, receipt)
            problems.extend(f"shard {shard}: {problem}" for problem in found)
            ids.append(found_ids)
            read += sum(file.rows for file in receipt.files)
    together = np.sort(np.concatenate([np.empty(0, "V16"), *ids]))
    problems.extend(duplicates.problems(layout, receipts, together if not problems else None))
    if twice := int((together[1:] == together[:-1]).sum()):
        problems.append(f"{twice} doc_ids occur more than once; the same records were given under two names")
    return Verified(len(files), read, problems)


def _receipts(layout: Layout, problems: list[str]) -> dict[str, Receipt]:
    """Shard → its receipt; what is wrong with others is added to `problems`."""
    receipts: dict[str, Receipt] = {}
    for path in sorted(layout.receipts.glob("*.json")):
        try:
            receipts[path.stem] = read_receipt(path)
        except DatasetError as error:
            problems.append(str(error))
    return receipts


def deciding_settings(path: Path) -> dict[str, Any] | None:
    """The settings that are noted in a file whose name is their fingerprint; None if it does not hold those."""
    try:
        plain: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return plain if fingerprint_of(plain) == path.stem else None


def _check_notes(layout: Layout, receipts: Mapping[str, Receipt]) -> Iterator[str]:
    if layout.journal.exists():
        try:
            read_journal(layout.journal)
        except DatasetError as error:
            yield str(error)
    for path in sorted(layout.configurations.glob("*.json")):
        if deciding_settings(path) is None:
            yield f"{path} does not hold the settings that it is named after; delete it, or run again to write it anew"
    for path in sorted([*layout.runs.glob("*.json"), *(layout.state / "reports").glob("*.json")]):
        try:
            read_note(path)
        except DatasetError as error:
            yield str(error)
    for path in sorted(layout.runs.glob("*.jsonl")):
        try:
            events = read_log(path)
        except DatasetError as error:
            yield str(error)
        else:
            # The log of a run that was killed ends anywhere, and there is no report of it.
            ended = bool(events) and str(events[-1].get("event")).endswith("published")
            if path.with_suffix(".json").exists() and not ended:
                yield f"{path} breaks off before the end of its run; nothing relies on it: delete it"
    try:
        text = layout.card.read_text("utf-8", "replace")
    except OSError as error:
        if receipts:
            yield f"{layout.card}: {error.strerror}; the next run writes it anew"
        return
    if not card.is_as_written(text):
        yield f"{layout.card} has changed since it was written; the next run writes it anew"


def _check_file(root: Path, file: File) -> Iterator[str]:
    path = root / file.path
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        yield f"{file.path}: {error.strerror}; run again to make it anew"
        return
    if digest != file.sha256:
        yield f"{file.path}: its content is not what was written (SHA-256 differs); delete it and run again"
        return
    schema = schema_of(root, file)
    stated = (schema.metadata or {}).get(_VERSION)
    if stated is None:
        yield f"{file.path}: its metadata does not say a schema version"
    if stated == SCHEMA_VERSION.encode() and not schema.equals(SCHEMAS[file.dataset]):
        yield f"{file.path}: its columns are not those of schema version {SCHEMA_VERSION}"
    described = [field.name for field in schema if not (field.metadata or {}).get(b"description")]
    if described:
        yield f"{file.path}: columns without a description: {', '.join(described)}"


def _outdated(root: Path, file: File) -> str | None:
    stated = (schema_of(root, file).metadata or {})[_VERSION].decode()
    if stated == SCHEMA_VERSION:
        return None
    return (
        f"{file.path}: its rows are of schema version {stated}, not {SCHEMA_VERSION}; run again with their sources to "
        "bring them up to date"
    )


def _check_shard(root: Path, receipt: Receipt) -> tuple[_Ids, list[str]]:
    """The ids of the shard's articles, and what is wrong with its rows."""
    away = _Away()
    removed = rejected = articles = 0
    for batch in _rows(root, receipt, "removed", ["doc_id", "role"]):
        removed += batch.num_rows
        away.add(batch.to_pydict())
    problems: list[str] = []
    lines = dict.fromkeys(_LINE_COUNTS, 0)
    ids: list[bytes] = []
    columns = ["doc_id", "text", "text_sha256", "blocks", "headings", *_LINE_COUNTS]
    for batch in _rows(root, receipt, "articles", columns):
        articles += batch.num_rows
        for row in batch.to_pylist():
            ids.append(bytes.fromhex(row["doc_id"]))
            problems.extend(f"{row['doc_id']}: {problem}" for problem in _check_article(row, away.pop(row["doc_id"])))
            for name in lines:
                lines[name] += row[name]
    for batch in _rows(root, receipt, "rejected", ["reason"]):
        rejected += batch.num_rows
    problems += [f"rows in removed for {doc_id}, which is no article" for doc_id in away.counts]
    problems += [
        f"{count} rows in {dataset}, {receipt.rows(dataset)} in the receipt"
        for dataset, count in {"articles": articles, "removed": removed, "rejected": rejected}.items()
        if count != receipt.rows(dataset)
    ]
    problems += [
        f"{name} adds up to {count}, {getattr(receipt.counts, name)} in the receipt"
        for name, count in lines.items()
        if count != getattr(receipt.counts, name)
    ]
    return np.frombuffer(b"".join(ids), "V16"), problems


class _Away:
    """How many lines of each article stand in `removed`: `counts` has those lifted and those removed, by doc_id."""

    def __init__(self) -> None:
        self.counts: dict[str, list[int]] = {}

    def add(self, columns: Mapping[str, Sequence[str]]) -> None:
        for doc_id, role in zip(columns["doc_id"], columns["role"], strict=True):
            self.counts.setdefault(doc_id, [0, 0])[role not in LIFTED] += 1

    def pop(self, doc_id: str) -> tuple[int, int]:
        lifted, removed = self.counts.pop(doc_id, (0, 0))
        return lifted, removed


def _check_article(row: Mapping[str, Any], away: tuple[int, int]) -> Iterator[str]:
    """What is wrong with an article that has so many lines lifted and removed."""
    text: str = row["text"]
    if away != (row["lines_lifted"], row["lines_removed"]):
        yield f"{away[0]} + {away[1]} rows in removed, not as many as the article says"
    if hashlib.sha256(text.encode()).hexdigest() != row["text_sha256"]:
        yield "text_sha256 is not that of text"
    if "\n\n".join(block["text"] for block in row["blocks"]) != text:
        yield "blocks joined are not text"
    for heading in row["headings"]:
        if not text.startswith(heading["text"], heading["offset"]):
            yield f"no heading {heading['text']!r} at offset {heading['offset']}"


def _rows(root: Path, receipt: Receipt, dataset: str, columns: list[str]) -> Iterator[pa.Table]:
    for file in receipt.files:
        if file.dataset == dataset:
            yield from rows(root, file, columns)
