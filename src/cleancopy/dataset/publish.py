"""Publication: staged shards become the dataset, and what they replace goes.

A directory cannot change many files at once, so the whole publication is first written down (the journal) and then
carried out step by step; every step may be repeated. A publication that was killed is finished by the next run.
While one is under way (renames, no writing) a reader may miss rows that are being replaced, never see one twice.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cleancopy.dataset import card
from cleancopy.dataset.layout import DATASETS, Layout, read_note, sync_file, sync_folder, write_durably
from cleancopy.dataset.pack import Slice, pack, small
from cleancopy.dataset.receipts import RECEIPT, File, Receipt, recorded
from cleancopy.dataset.writer import Shape, open_writer
from cleancopy.errors import DatasetError
from cleancopy.schema import Provenance

EMPTY = "schema.parquet"
"""A file without rows, there while a dataset has no other: a reader always finds the schema."""


def publish(
    layout: Layout, shards: Sequence[str], retired: Iterable[str], provenance: Provenance, shape: Shape
) -> None:
    """Put the staged `shards` into the dataset, and take out the shards in `retired`.

    Raises DatasetError if the disk is full or a staged file is missing; run again to finish.
    """
    old = recorded(layout)
    new = {shard: Receipt.from_json((layout.staged / shard / RECEIPT).read_bytes()) for shard in shards}
    leaving = dict.fromkeys(sorted(set(retired) & set(old)), ()) | {shard: new[shard].files for shard in shards}
    steps: list[dict[str, Any]] = []
    shared = _rest_of_packs(old, leaving)
    rest = pack(layout, old, shared.values(), shape)
    for shard, files in leaving.items():
        staying = {file.path for file in files} | shared.keys()
        gone = [file.path for file in old[shard].files if file.path not in staying] if shard in old else []
        steps.append(
            {
                "folder": shard,
                "remove": gone,
                "put": [[file.path, file.bytes] for file in files],
                "receipts": [[RECEIPT, shard]] if shard in new else [],
                "forget": [] if shard in new else [shard],
            }
        )
    _begin(layout, [*([rest] if rest else []), *steps], provenance)


def compact(layout: Layout, provenance: Provenance, shape: Shape) -> tuple[int, int]:
    """Put small files together; gives back how many files there were and are. Raises DatasetError on a full disk."""
    receipts = recorded(layout)
    step = pack(layout, receipts, small(receipts, layout, shape), shape)
    before = _files(receipts.values())
    if step is None:
        return before, before
    _begin(layout, [step], provenance)
    return before, _files(recorded(layout).values())


def _files(receipts: Iterable[Receipt]) -> int:
    return len({file.path for receipt in receipts for file in receipt.files})


def _rest_of_packs(old: Mapping[str, Receipt], leaving: Mapping[str, Sequence[File]]) -> dict[str, list[Slice]]:
    """Pack → the shards that stay in it, for each pack that a shard leaves."""
    left = {
        file.path
        for shard, files in leaving.items()
        if shard in old
        for file in old[shard].files
        if file.first_row is not None and file.path not in {each.path for each in files}
    }
    rest: dict[str, list[Slice]] = {}
    if left:
        for shard, receipt in old.items():
            for file in receipt.files:
                if file.path in left and (shard not in leaving or file in leaving[shard]):
                    rest.setdefault(file.path, []).append(Slice(shard, file))
    return rest


def _begin(layout: Layout, steps: list[dict[str, Any]], provenance: Provenance) -> None:
    journal = {"steps": steps, "config_fingerprint": provenance.config_fingerprint, "version": provenance.version}
    write_durably(layout.journal, json.dumps(journal).encode(), layout.tmp)
    recover(layout)


def recover(layout: Layout) -> bool:
    """Finish the publication in the journal, if there is one; says whether there was."""
    try:
        journal = read_note(layout.journal)
    except FileNotFoundError:
        return False
    try:
        touched: set[Path] = set()
        for step in journal["steps"]:
            _carry_out(layout, step, touched)
        provenance = Provenance(journal["config_fingerprint"], journal["version"])
        for dataset in DATASETS:
            _keep_schema(layout.root / dataset, dataset, provenance)
        for folder in sorted(touched):
            if folder.is_dir():
                sync_folder(folder)
        write_durably(layout.card, card.render(recorded(layout)).encode(), layout.tmp)
    except OSError as error:
        raise DatasetError(
            f"cannot publish to {layout.root}: {error.strerror or error}; nothing is lost: make room or permission and "
            "run again to finish the publication"
        ) from error
    layout.journal.unlink()
    sync_folder(layout.state)
    return True


def _carry_out(layout: Layout, step: dict[str, Any], touched: set[Path]) -> None:
    folder = layout.staged / step["folder"]
    for path in step["remove"]:
        target = layout.root / path
        target.unlink(missing_ok=True)
        touched.add(target.parent)
        if target.parent.parent.name in DATASETS and target.parent.is_dir() and not any(target.parent.iterdir()):
            target.parent.rmdir()
    for path, size in step["put"]:
        source, target = folder / path, layout.root / path
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
            touched.add(target.parent)
        elif not target.exists() or target.stat().st_size != size:
            raise DatasetError(
                f"{target} is missing, and so is its staged copy {source}; delete {layout.journal} and run again"
            )
    for parent in sorted({(layout.root / path).parent for path, _ in step["put"]}):
        sync_folder(parent)  # the receipt says that they are there: they must be, whatever happens next
    for source_name, shard in step["receipts"]:
        if (folder / source_name).exists():
            (folder / source_name).replace(layout.receipts / f"{shard}.json")
    for shard in step["forget"]:
        (layout.receipts / f"{shard}.json").unlink(missing_ok=True)
    sync_folder(layout.receipts)
    shutil.rmtree(folder, ignore_errors=True)


def _keep_schema(folder: Path, dataset: str, provenance: Provenance) -> None:
    empty = folder / EMPTY
    if any(path.name != EMPTY for path in folder.rglob("*.parquet")):
        empty.unlink(missing_ok=True)
        return
    schema = provenance.stamp(dataset)
    part = folder.parent / "_cleancopy" / "tmp" / f"{dataset}.{EMPTY}"
    with open_writer(part, dataset, schema, 1) as writer:
        writer.write_table(schema.empty_table())
    sync_file(part)
    part.replace(empty)
