"""Rereads a whole dataset and says everything that is not as its receipts and its schema promise."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cleancopy.dataset.layout import DATASETS, Layout
from cleancopy.dataset.publish import EMPTY
from cleancopy.dataset.receipts import File, Receipt, recorded
from cleancopy.dataset.rows import rows
from cleancopy.errors import ConservationError
from cleancopy.schema import DATASETS as SCHEMAS
from cleancopy.schema import SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Verified:
    """How much was read, and every problem in words."""

    files: int
    rows: int
    problems: list[str]


def verify(layout: Layout) -> Verified:
    """Check hashes, sizes, schemas, row counts, conservation of lines and records, texts, ids, and stray files.

    Memory: 16 bytes an article, for the ids to be unique.
    Raises ConfigurationError if there is no dataset, DatasetError if a receipt cannot be read.
    """
    layout.require()
    receipts = recorded(layout)
    problems: list[str] = []
    if layout.journal.exists():
        problems.append("a publication was interrupted; run again to finish it")
    expected: set[str] = set()
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
            expected.add(file.path)
            if file.path not in checked:
                found = list(_check_file(layout.root, file))
                problems.extend(found)
                checked[file.path] = not found
            whole = whole and checked[file.path]
        if whole:
            found_ids, found = _check_shard(layout.root, receipt)
            problems.extend(f"shard {shard}: {problem}" for problem in found)
            ids.append(found_ids)
            read += sum(file.rows for file in receipt.files)
    for dataset in DATASETS:
        for path in sorted((layout.root / dataset).rglob("*")):
            name = path.relative_to(layout.root).as_posix()
            if path.is_file() and path.name != EMPTY and name not in expected:
                problems.append(f"{name} belongs to no receipt; delete it, or run again")
    if ids:
        together = np.sort(np.concatenate(ids))
        twice = int((together[1:] == together[:-1]).sum())
        if twice:
            problems.append(f"{twice} doc_ids occur more than once; the same records were given under two names")
    return Verified(len(expected), read, problems)


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
    schema = pq.read_schema(path)
    if not schema.equals(SCHEMAS[file.dataset]):
        yield f"{file.path}: its columns are not those of schema version {SCHEMA_VERSION}"
    metadata = schema.metadata or {}
    if metadata.get(b"cleancopy.schema_version") != SCHEMA_VERSION.encode():
        yield f"{file.path}: its metadata does not say schema version {SCHEMA_VERSION}"
    described = [field.name for field in schema if not (field.metadata or {}).get(b"description")]
    if described:
        yield f"{file.path}: columns without a description: {', '.join(described)}"


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
            pair[role not in ("title", "credit", "date")] += 1
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
