"""The dataset `originals` within a dataset: its articles without the copies, which are rejects there.

A dataset like any other, with receipts and counts that balance: `verify`, `stats` and `show` work on it. The dataset
around it keeps every article, so that a copy whose original goes, or a setting that changes, costs no cleaning.
"""

from __future__ import annotations

import binascii
import hashlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cleancopy.dataset import duplicates, publish
from cleancopy.dataset.duplicates import rows_id
from cleancopy.dataset.layout import Layout, sealed, unsealed, write_durably
from cleancopy.dataset.lock import locked
from cleancopy.dataset.receipts import Counts, Input, Receipt, added, published, recorded
from cleancopy.dataset.rows import rows
from cleancopy.dataset.writer import Shape, ShardWriter
from cleancopy.duplicates.work import Workers, working
from cleancopy.errors import DatasetError
from cleancopy.schema import DATASETS, REJECTED, Provenance

NAME = "originals"


def refresh(layout: Layout, shape: Shape, provenance: Provenance, workers: Workers) -> None:
    """Bring the dataset `originals` up to date with the table `duplicates`; shards whose rows stay are not written.

    Raises DatasetError if the table is not of the articles as they are, the disk is full, or a file is damaged.
    """
    receipts = recorded(layout)
    table = duplicates.current(layout, receipts)
    if table is None:
        raise DatasetError(f"{layout.root} has no table of duplicates that is up to date")
    inner = Layout.at(layout.root / NAME)
    with locked(inner, "cleancopy duplicates"):
        publish.prepare(inner)
        for left in (*inner.tmp.iterdir(), *inner.staged.iterdir()):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        note = inner.state / "made_of.json"
        before = _read(note)
        if before.get("table") == [table.articles, table.made_with]:
            return
        with working(layout, workers) as (scratch, spread):
            _write_copies(layout, scratch)
            known: Mapping[str, str] = before.get("shards", {})
            tasks = [
                (layout.root, receipt, scratch, shape, known.get(shard) if published(inner, shard) else None)
                for shard, receipt in receipts.items()
            ]
            made_of = dict(zip(receipts, spread(write_shard, tasks), strict=True))
        changed = [receipt.shard for _, receipt, *_, old in tasks if made_of[receipt.shard] != old]
        holders: dict[str, list[str]] = {uri: [] for receipt in recorded(inner).values() for uri in receipt.inputs}
        for shard, receipt in receipts.items():
            for uri in receipt.inputs:
                holders.setdefault(uri, []).append(shard)
        note.unlink(missing_ok=True)  # until it is true again
        publish.publish(inner, changed, holders, provenance, shape)
        write_durably(note, sealed({"table": [table.articles, table.made_with], "shards": made_of}), inner.tmp)


def _read(note: Path) -> Mapping[str, Any]:
    try:
        return unsealed(note.read_bytes())
    except (OSError, ValueError):
        return {}  # all shards are written again


_COLUMNS = ("doc_id", "cluster_id", "original_id")


def _write_copies(layout: Layout, scratch: Path) -> None:
    """Write the rows of copies, in the order of their ids, to files that workers look into."""
    found: dict[str, list[NDArray[Any]]] = {name: [] for name in (*_COLUMNS, "exact")}
    for path in sorted(duplicates.folder(layout).glob("part-*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(columns=[*_COLUMNS, "is_original", "copy"]):
            copies = pa.Table.from_batches([batch]).filter(pc.invert(pc.field("is_original")))
            for name in _COLUMNS:
                found[name].append(_ids(copies[name]))
            found["exact"].append(pc.equal(copies["copy"], pa.scalar("exact")).to_numpy())
    for name, parts in found.items():
        np.save(scratch / f"{name}.npy", np.concatenate([np.empty(0, "S16" if name in _COLUMNS else bool), *parts]))


def _ids(column: Any) -> NDArray[np.bytes_]:
    return np.frombuffer(binascii.unhexlify("".join(column.to_pylist())), "S16")


def write_shard(root: Path, receipt: Receipt, scratch: Path, shape: Shape, before: str | None) -> str:
    """Stage a shard of the dataset `originals`; gives back what it is made of. Runs in a worker.

    before: what the shard that is published there is made of; if it still is, nothing is written.
    """
    copies = {name: np.load(scratch / f"{name}.npy", mmap_mode="r") for name in (*_COLUMNS, "exact")}
    names = [_ids(table["doc_id"]) for table in _tables(root, receipt, "articles", ["doc_id"])]
    wanted = np.concatenate([np.empty(0, "S16"), *names])
    at = np.searchsorted(copies["doc_id"], wanted)
    at = np.minimum(at, len(copies["doc_id"]) - 1)
    here = np.sort(at[copies["doc_id"][at] == wanted]) if len(copies["doc_id"]) else at[:0]
    digest = hashlib.blake2b(rows_id(receipt).encode(), digest_size=16)
    for column in copies.values():
        digest.update(np.ascontiguousarray(column[here]).tobytes())
    if digest.hexdigest() != before:
        _stage(root, receipt, {name: column[here] for name, column in copies.items()}, shape)
    return digest.hexdigest()


def _stage(root: Path, receipt: Receipt, copies: Mapping[str, NDArray[Any]], shape: Shape) -> None:
    details = {
        name.hex(): (
            kind,
            f"a copy of article {first.hex()} in cluster {cluster.hex()}; the outer dataset has it",
        )
        for name, cluster, first, kind in zip(
            *(copies[name].view("V16").tolist() for name in _COLUMNS),  # as bytes they would lose zeros at the end
            np.where(copies["exact"], "duplicate.exact", "duplicate.near").tolist(),
            strict=True,
        )
    }
    dropped = pa.array(sorted(details), pa.string())
    provenance = Provenance(receipt.configuration["fingerprint"], receipt.configuration.get("version", ""))
    owners: dict[str, str] = {}
    counts = {uri: Counts() for uri in receipt.inputs}

    def count(found: Mapping[str, Counts]) -> None:
        for uri, each in found.items():
            counts[uri].add(each)

    with ShardWriter(Layout(root / NAME), receipt.shard, provenance, shape) as writer:
        for table in _tables(root, receipt, "articles"):
            is_copy = pc.is_in(table["doc_id"], dropped)
            count(writer.add("articles", table.filter(pc.invert(is_copy)), owners))
            count(writer.add("rejected", _rejects(table.filter(is_copy), details), owners))
        for table in _tables(root, receipt, "removed"):
            count(writer.add("removed", table.filter(pc.invert(pc.is_in(table["doc_id"], dropped))), owners))
        for table in _tables(root, receipt, "rejected"):
            count(writer.add("rejected", table, owners))
        inputs: dict[str, Input] = {}
        for uri, each in receipt.inputs.items():
            counts[uri].records, counts[uri].bytes = each.counts.records, each.counts.bytes
            counts[uri].skipped = each.counts.skipped
            inputs[uri] = replace(each, counts=counts[uri])
        writer.commit(replace(receipt, inputs=inputs, counts=added(counts.values()), files=writer.close()))


def _rejects(articles: pa.Table, details: Mapping[str, tuple[str, str]]) -> pa.Table:
    """Articles as rejects."""
    said = [details[str(name)] for name in articles["doc_id"].to_pylist()]
    given = {
        "reason": pa.array([reason for reason, _ in said], pa.string()),
        "detail": pa.array([detail for _, detail in said], pa.string()),
        "payload_bytes": pa.array([0] * len(said), pa.int64()),  # the record was not read for it
    }
    columns = [
        given[field.name]
        if field.name in given
        else articles[field.name]
        if field.name in articles.column_names
        else pa.nulls(len(said), field.type)
        for field in REJECTED
    ]
    return pa.table(columns, schema=REJECTED)


def _tables(root: Path, receipt: Receipt, dataset: str, columns: list[str] | None = None) -> Iterator[pa.Table]:
    for file in receipt.files:
        if file.dataset == dataset:
            for table in rows(root, file, columns):
                if columns is None and not table.schema.equals(DATASETS[dataset]):
                    raise DatasetError(f"{root / file.path} is of another schema version; run again with its sources")
                yield table
