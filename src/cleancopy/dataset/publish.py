"""Publication: the one way in which the rows of a dataset change.

A publication leads from the receipts that stand to those that shall stand, under one rule (`check_kept`):

    *What a source gave leaves the dataset only together with the receipts that hold all that it gives now, or because
    the source is gone and the settings say that its rows go with it.*

Which files come and go follows from the two sets of receipts alone. A directory cannot change many files at once, so
the publication is first written down (the journal) and then carried out step by step; every step may be repeated. One
that was killed is finished by the next run. While one is under way (renames, no writing) a reader may miss rows that
are being replaced, never see one twice.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cleancopy.dataset import card, duplicates, earlier
from cleancopy.dataset.layout import (
    DATASETS,
    Layout,
    is_sealed,
    sealed,
    sync_file,
    sync_folder,
    unsealed,
    write_durably,
)
from cleancopy.dataset.overview import overview
from cleancopy.dataset.pack import PACKED, Slice, pack, slices_by_file, small
from cleancopy.dataset.receipts import RECEIPT, File, Input, Receipt, of_earlier_version, read_receipt, recorded, sha256
from cleancopy.dataset.sinks import SINKS, Sink, Unreadable, data_files, empty_name, sink_of
from cleancopy.dataset.writer import Shape
from cleancopy.errors import ConservationError, DatasetError
from cleancopy.schema import Provenance


def publish(
    layout: Layout,
    shards: Collection[str],
    holders: Mapping[str, Collection[str]],
    provenance: Provenance,
    shape: Shape,
) -> None:
    """Put the staged `shards` into the dataset, and take out what they replace.

    holders: source → the shards that hold it from now on; none for a source whose rows go. A source that is not named
        stays where it is: out of a shard that others leave, its rows are carried over into new files.
    Raises DatasetError if the disk is full or a file is missing or damaged, ConservationError if a row would be lost:
    then nothing has changed.
    """
    old = recorded(layout)
    new = {shard: _staged(layout, shard, old.get(shard)) for shard in shards}
    leaving = {
        shard: {uri for uri in receipt.inputs if uri in holders and shard not in holders[uri]}
        for shard, receipt in old.items()
        if shard not in new
    }
    staying = {shard: receipt for shard, receipt in old.items() if shard not in new and not leaving[shard]}
    carried, files = _carry_over(layout, old, new, leaving, shape)
    after = dict(sorted((staying | carried | new).items()))
    check_kept(old, after, {uri for uri, shards_of_it in holders.items() if not shards_of_it})
    _move(layout, old, after, new.keys(), files, provenance, shape)


def compact(layout: Layout, provenance: Provenance, shape: Shape) -> tuple[int, int]:
    """Put small files together; gives back how many files there were and are.

    Raises DatasetError if the disk is full or a file is missing or damaged.
    """
    old = recorded(layout)
    moved = pack(layout, old, small(old, layout, shape), shape)
    after = {
        shard: replace(receipt, files=tuple(moved.slices.get(Slice(shard, file), file) for file in receipt.files))
        for shard, receipt in old.items()
    }
    if moved.files:
        check_kept(old, after, ())
        _move(layout, old, after, (), moved.files, provenance, shape)
    return len(_paths(old)), len(_paths(after))


def check_kept(old: Mapping[str, Receipt], after: Mapping[str, Receipt], gone: Collection[str]) -> None:
    """The rule of every publication: raise ConservationError unless each source of `old` is, in `after`,

    - held as it was, by the same receipts or by others that its rows were carried over to, or
    - held anew: all its parts, once each, of one fingerprint and one configuration, or
    - in `gone`: the settings say that its rows go.

    And the rows in the files of every receipt that is new are as many as it counts.
    """
    before, now = _held(old), _held(after)
    for uri in before:
        if uri not in now and uri not in gone:
            raise _would_lose(f"the rows of {uri} would go, and nothing would hold what it gives now")
    for uri, held in now.items():
        if uri in gone:
            raise _would_lose(f"{uri} is gone, and its rows would stay")
        if held != before.get(uri):
            _check_whole(uri, held)
    for shard, receipt in after.items():
        if old.get(shard) != receipt:
            receipt.check()


def _held(receipts: Mapping[str, Receipt]) -> dict[str, list[tuple[Input, Mapping[str, str]]]]:
    held: dict[str, list[tuple[Input, Mapping[str, str]]]] = {}
    for receipt in receipts.values():
        for uri, given in receipt.inputs.items():
            held.setdefault(uri, []).append((given, receipt.configuration))
    for each in held.values():
        each.sort(key=lambda holding: [part.start for part in holding[0].parts])
    return held


def _check_whole(uri: str, held: Sequence[tuple[Input, Mapping[str, str]]]) -> None:
    (first, configuration), *others = held
    if any(each.fingerprint != first.fingerprint or made_with != configuration for each, made_with in others):
        raise _would_lose(f"{uri} would be held in two states at once")
    parts = [part for each, _ in held for part in each.parts]
    pieces = {each.pieces for each, _ in held} - {0}
    if len(set(parts)) != len(parts) or (pieces and pieces != {len(parts)}):
        raise _would_lose(f"{uri} would be held in {len(parts)} parts, and consists of {sorted(pieces)}")


def _would_lose(what: str) -> ConservationError:
    return ConservationError(f"{what}; nothing was published. This is a bug of cleancopy: please report it")


def _staged(layout: Layout, shard: str, old: Receipt | None) -> Receipt:
    """The receipt of a staged shard. Its files are staged with it, or stand already, as most do after a replay."""
    folder = layout.staged / shard
    receipt = read_receipt(folder / RECEIPT)
    standing = old.files if old is not None else ()
    for file in receipt.files:
        path = folder / file.path
        if not (file in standing or (path.exists() and path.stat().st_size == file.bytes)):
            raise DatasetError(f"{path} is missing or not as it was written; run again to make it anew")
    return receipt


def _carry_over(
    layout: Layout,
    old: Mapping[str, Receipt],
    new: Mapping[str, Receipt],
    leaving: Mapping[str, Collection[str]],
    shape: Shape,
) -> tuple[dict[str, Receipt], list[File]]:
    """Write the rows that stay in files which others leave into new files; gives back the receipts and the files."""
    cut = {shard: sources for shard, sources in leaving.items() if 0 < len(sources) < len(old[shard].inputs)}

    def stays(each: Slice) -> bool:
        if each.shard in new:
            return each.file in new[each.shard].files
        return each.shard in cut or not leaving[each.shard]

    groups = [
        rest
        for slices in slices_by_file(old).values()
        if (rest := [each for each in slices if stays(each)])
        and (len(rest) < len(slices) or any(each.shard in cut for each in rest))
    ]
    moved = pack(layout, old, groups, shape, cut)
    rewritten = {each.file.path for group in groups for each in group}

    def carried(receipt: Receipt) -> Receipt:
        places = (
            moved.slices.get(Slice(receipt.shard, file)) if file.path in rewritten else file for file in receipt.files
        )
        files = [file for file in places if file is not None]
        if receipt.shard in cut:
            return receipt.of(receipt.inputs.keys() - set(cut[receipt.shard]), files)
        return replace(receipt, files=tuple(files))

    receipts = [carried(old[shard]) for shard in {each.shard for group in groups for each in group}]
    return {receipt.shard: receipt for receipt in receipts}, moved.files


def _paths(receipts: Mapping[str, Receipt]) -> set[str]:
    return {file.path for receipt in receipts.values() for file in receipt.files}


def _move(
    layout: Layout,
    old: Mapping[str, Receipt],
    after: Mapping[str, Receipt],
    new: Collection[str],
    packs: Iterable[File],
    provenance: Provenance,
    shape: Shape,
) -> None:
    """Write down what leads from the receipts `old` to those `after`, and do it."""
    rewritten = [shard for shard in after if shard not in new and after[shard] != old.get(shard)]
    (layout.staged / PACKED / "receipts").mkdir(parents=True, exist_ok=True)
    for shard in rewritten:
        write_durably(layout.staged / PACKED / "receipts" / f"{shard}.json", after[shard].to_json())
    steps: list[dict[str, Any]] = [
        {
            "folder": PACKED,
            "remove": sorted(_paths(old) - _paths(after)),
            "put": [_put(file) for file in packs],
            "receipts": [[f"receipts/{shard}.json", shard] for shard in rewritten],
            "forget": sorted(old.keys() - after.keys()),
        }
    ]
    steps += [
        {
            "folder": shard,
            "remove": [],
            "put": [_put(file) for file in after[shard].files],
            "receipts": [[RECEIPT, shard]],
            "forget": [],
        }
        for shard in new
    ]
    journal = {
        "steps": steps,
        "format": shape.format,
        "config_fingerprint": provenance.config_fingerprint,
        "version": provenance.version,
    }
    # Twice, so that no single damage can keep a publication that was begun from being finished.
    write_durably(layout.journal, 2 * sealed(journal), layout.tmp)
    _carry_out(layout, journal)


def _put(file: File) -> list[Any]:
    return [file.path, file.bytes, file.sha256]


def prepare(layout: Layout) -> bool:
    """Make a locked dataset ready to be changed: finish the publication in the journal and bring notes of an earlier
    version up to date. Says whether there was one to finish.

    Raises DatasetError if notes are damaged, or files and receipts do not belong together: then nothing has changed.
    """
    try:
        journal = read_journal(layout.journal)
    except FileNotFoundError:
        finished = False
    else:
        _check_staged(layout, journal)
        _check_standing(layout, journal)
        _carry_out(layout, journal)
        finished = True
    earlier.upgrade(layout)
    for problem in unsound(layout, recorded(layout)):
        raise DatasetError(problem)
    return finished


def unsound(layout: Layout, receipts: Mapping[str, Receipt]) -> Iterator[str]:
    """Files of the dataset that belong to no receipt, in whole or in part: a receipt that is lost would double rows."""
    slices = slices_by_file(receipts)
    for dataset in DATASETS:
        for path in data_files(layout.root / dataset):
            if not _is_empty(path) and path.relative_to(layout.root).as_posix() not in slices:
                yield (
                    f"{path} belongs to no receipt; restore its receipt (_cleancopy/receipts) from a backup, or move "
                    "the file away and run again with its sources"
                )
    for name, found in slices.items():
        if all(each.file.first_row is None for each in found):
            continue
        row = 0
        for each in sorted(found, key=lambda each: each.file.first_row or 0):
            row = row + each.file.rows if each.file.first_row == row else -1
        try:
            rows = sum(sink_of(layout.root / name).contents(layout.root / name).group_rows)
        except (OSError, Unreadable):
            continue  # missing or damaged: its receipts are not whole
        if row != rows:
            yield (
                f"{layout.root / name} holds {rows} rows, and its receipts do not name each of them once; restore the "
                "receipts (_cleancopy/receipts) from a backup, or begin a new dataset"
            )


def read_journal(path: Path) -> dict[str, Any]:
    """A publication under way. Raises DatasetError if both copies are damaged, FileNotFoundError if there is none."""
    content = path.read_bytes()
    for line in content.splitlines(keepends=True):
        try:
            return unsealed(line)
        except ValueError:
            continue
    try:
        journal: dict[str, Any] = json.loads(content)  # of an earlier version, which sealed nothing
        if is_sealed(content) or not isinstance(journal["steps"], list):
            raise ValueError("it is no journal")
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"{path} is damaged ({error}), so that a publication that was begun cannot be finished; restore it from a "
            "backup, or begin a new dataset"
        ) from None
    return journal


def _check_staged(layout: Layout, journal: Mapping[str, Any]) -> None:
    """Raise DatasetError if what waits to be put into its place was damaged since it was written."""
    for step in journal["steps"]:
        folder = layout.staged / step["folder"]
        for path, _, *digest in step["put"]:
            if digest and (folder / path).exists() and sha256(folder / path) != digest[0]:
                raise DatasetError(
                    f"{folder / path} is not what was written; restore it from a backup, or delete it and run again "
                    "with its sources to make it anew"
                )
        for name, _ in step["receipts"]:
            if (folder / name).exists() and not _is_receipt((folder / name).read_bytes()):
                raise DatasetError(
                    f"{folder / name} is damaged, so that a publication that was begun cannot be finished; restore it "
                    "from a backup, or begin a new dataset"
                )


def _check_standing(layout: Layout, journal: Mapping[str, Any]) -> None:
    """Raise DatasetError if a receipt that stands and will stand was damaged since the publication was begun."""
    going = {shard for step in journal["steps"] for shard in step["forget"]}
    for step in journal["steps"]:
        going |= {shard for name, shard in step["receipts"] if (layout.staged / step["folder"] / name).exists()}
    for path in sorted(layout.receipts.glob("*.json")):
        if path.stem not in going and not _is_receipt(path.read_bytes()):
            read_receipt(path)


def _is_receipt(content: bytes) -> bool:
    try:
        Receipt.from_json(content)
    except (ValueError, KeyError, TypeError):
        return of_earlier_version(content) is not None
    return True


def _carry_out(layout: Layout, journal: Mapping[str, Any]) -> None:
    """Do all steps of a publication, or those that were not done before a kill, and end it."""
    try:
        touched: set[Path] = set()
        for step in journal["steps"]:
            _step(layout, step, touched)
        earlier.upgrade(layout)
        provenance = Provenance(journal["config_fingerprint"], journal["version"])
        sink = SINKS[journal.get("format", "parquet")]  # earlier versions had no other
        for dataset in DATASETS:
            _keep_schema(layout.root / dataset, dataset, provenance, sink)
        for folder in sorted(touched):
            if folder.is_dir():
                sync_folder(folder)
        receipts = recorded(layout)
        table = duplicates.current(layout, receipts)
        write_card(layout, receipts, sink, table.figures if table else None)
    except OSError as error:
        raise DatasetError(
            f"cannot publish to {layout.root}: {error.strerror or error}; nothing is lost: make room or permission and "
            "run again to finish the publication"
        ) from error
    layout.journal.unlink()
    sync_folder(layout.state)


def write_card(layout: Layout, receipts: Mapping[str, Receipt], sink: Sink, copies: duplicates.Figures | None) -> None:
    """Write the dataset card anew. copies: as `card.render`. Raises OSError."""
    text = card.render(receipts, sink, overview(layout.root), copies)
    write_durably(layout.card, text.encode(), layout.tmp)


def _step(layout: Layout, step: Mapping[str, Any], touched: set[Path]) -> None:
    folder = layout.staged / step["folder"]
    for path in step["remove"]:
        target = layout.root / path
        target.unlink(missing_ok=True)
        touched.add(target.parent)
        if target.parent.parent.name in DATASETS and target.parent.is_dir() and not any(target.parent.iterdir()):
            target.parent.rmdir()
    for path, *_ in step["put"]:
        source, target = folder / path, layout.root / path
        if (
            source.exists()
        ):  # or it is in its place already; one that was deleted makes its receipt one that is not whole
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
            touched.add(target.parent)
    for parent in sorted({(layout.root / path).parent for path, *_ in step["put"]}):
        if parent.is_dir():
            sync_folder(parent)  # the receipt says that they are there: they must be, whatever happens next
    for source_name, shard in step["receipts"]:
        if (folder / source_name).exists():
            (folder / source_name).replace(layout.receipts / f"{shard}.json")
    for shard in step["forget"]:
        (layout.receipts / f"{shard}.json").unlink(missing_ok=True)
    sync_folder(layout.receipts)
    shutil.rmtree(folder, ignore_errors=True)


def _is_empty(path: Path) -> bool:
    return path.name == empty_name(sink_of(path))


def _keep_schema(folder: Path, dataset: str, provenance: Provenance, sink: Sink) -> None:
    empty = folder / empty_name(sink)
    if any(not _is_empty(path) for path in data_files(folder)):
        empty.unlink(missing_ok=True)
        return
    part = folder.parent / "_cleancopy" / "tmp" / f"{dataset}.{empty.name}"
    sink.writer(part, dataset, provenance.stamp(dataset), 1).close()
    sync_file(part)
    part.replace(empty)
