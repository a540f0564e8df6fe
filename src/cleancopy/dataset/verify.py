"""Rereads a whole dataset and says everything that is not as its receipts and its schema promise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cleancopy.dataset import card, duplicates
from cleancopy.dataset.layout import DATASETS, Layout, read_log, read_note
from cleancopy.dataset.publish import read_journal, unsound
from cleancopy.dataset.receipts import File, Receipt, read_receipt, recorded
from cleancopy.dataset.rows import rows, schema_of
from cleancopy.errors import ConservationError, DatasetError
from cleancopy.model import LIFTED
from cleancopy.schema import DATASETS as SCHEMAS
from cleancopy.schema import SCHEMA_VERSION
from cleancopy.settings import fingerprint_of

_VERSION = b"cleancopy.schema_version"


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
    receipts: dict[str, Receipt] = {}
    for path in sorted(layout.receipts.glob("*.json")):
        try:
            receipts[path.stem] = read_receipt(path)
        except DatasetError as error:
            problems.append(str(error))
    problems.extend(_check_notes(layout, receipts))
    problems.extend(unsound(layout, receipts))
    checked: dict[str, bool] = {}
    ids: list[np.ndarray[tuple[int], np.dtype[np.void]]] = []
    read = 0
    for shard, receipt in receipts.items():
        try:
            receipt.check()
        except ConservationError as error:
            problems.append(str(error))
        whole = True
        for file in receipt.files:
            if file.path not in checked:
                found = list(_check_file(layout.root, file))
                problems.extend(found)
                if not found and (outdated := _outdated(layout.root, file)):
                    problems.append(outdated)  # its rows add up all the same
                checked[file.path] = not found
            whole = whole and checked[file.path]
        if whole:
            found_ids, found = _check_shard(layout.root, receipt)
            problems.extend(f"shard {shard}: {problem}" for problem in found)
            ids.append(found_ids)
            read += sum(file.rows for file in receipt.files)
    together = np.sort(np.concatenate([np.empty(0, "V16"), *ids]))
    problems.extend(duplicates.problems(layout, receipts, together if not problems else None))
    if ids:
        twice = int((together[1:] == together[:-1]).sum())
        if twice:
            problems.append(f"{twice} doc_ids occur more than once; the same records were given under two names")
    return Verified(len(checked), read, problems)


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


def _check_shard(root: Path, receipt: Receipt) -> tuple[np.ndarray[tuple[int], np.dtype[np.void]], list[str]]:
    """The ids of the shard's articles (16 bytes each), and what is wrong with its rows."""
    problems: list[str] = []
    away: dict[str, list[int]] = {}
    lines = {"lines_total": 0, "lines_kept": 0, "lines_lifted": 0, "lines_removed": 0}
    ids: list[bytes] = []
    found = dict.fromkeys(DATASETS, 0)
    for batch in _rows(root, receipt, "removed", ["doc_id", "role"]):
        found["removed"] += batch.num_rows
        pairs: dict[str, list[Any]] = batch.to_pydict()
        for doc_id, role in zip(pairs["doc_id"], pairs["role"], strict=True):
            pair = away.setdefault(doc_id, [0, 0])
            pair[role not in LIFTED] += 1
    for batch in _rows(root, receipt, "articles", ["doc_id", "text", "text_sha256", "blocks", "headings", *lines]):
        found["articles"] += batch.num_rows
        columns = batch.to_pydict()
        for name in lines:
            lines[name] += sum(columns[name])
        for row, doc_id in enumerate(columns["doc_id"]):
            ids.append(bytes.fromhex(doc_id))
            text: str = columns["text"][row]
            lifted, removed = away.pop(doc_id, [0, 0])
            if (lifted, removed) != (columns["lines_lifted"][row], columns["lines_removed"][row]):
                problems.append(f"{doc_id}: {lifted} + {removed} rows in removed, not as many as the article says")
            if hashlib.sha256(text.encode()).hexdigest() != columns["text_sha256"][row]:
                problems.append(f"{doc_id}: text_sha256 is not that of text")
            if "\n\n".join(block["text"] for block in columns["blocks"][row]) != text:
                problems.append(f"{doc_id}: blocks joined are not text")
            problems.extend(
                f"{doc_id}: no heading {heading['text']!r} at offset {heading['offset']}"
                for heading in columns["headings"][row]
                if not text.startswith(heading["text"], heading["offset"])
            )
    for batch in _rows(root, receipt, "rejected", ["reason"]):
        found["rejected"] += batch.num_rows
    problems += [f"rows in removed for {doc_id}, which is no article" for doc_id in away]
    problems += [
        f"{count} rows in {dataset}, {receipt.rows(dataset)} in the receipt"
        for dataset, count in found.items()
        if count != receipt.rows(dataset)
    ]
    problems += [
        f"{name} adds up to {count}, {getattr(receipt.counts, name)} in the receipt"
        for name, count in lines.items()
        if count != getattr(receipt.counts, name)
    ]
    return np.frombuffer(b"".join(ids), "V16"), problems


def _rows(root: Path, receipt: Receipt, dataset: str, columns: list[str]) -> Iterator[pa.Table]:
    for file in receipt.files:
        if file.dataset == dataset:
            yield from rows(root, file, columns)
