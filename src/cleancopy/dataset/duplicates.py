"""The table `duplicates`: which articles are copies of each other. One row an article, sorted by `doc_id`.

It is a function of the articles that are published and of two settings, so nothing in it needs to be kept safe: it is
taken away whole and made anew by `cleancopy.duplicates`. Its note says of which articles it is and which files it has:

DIR/duplicates/part-00000.parquet …    the table
DIR/_cleancopy/duplicates/table.json   its note: away while files are exchanged, so that what a kill leaves is told
                          signatures/  what the next run need not compute again
                          similar.parquet
"""

from __future__ import annotations

import binascii
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cleancopy.dataset.layout import Layout, sealed, sync_folder, unsealed, write_durably
from cleancopy.dataset.receipts import File, Receipt
from cleancopy.dataset.writer import described
from cleancopy.errors import DatasetError

NAME = "duplicates"
FILE_ROWS, GROUP_ROWS = 4_000_000, 250_000
"""Rows a file, and a row group: some 250 MB and 16 MB, of which `doc_id`, which does not compress, is most."""


def _field(name: str, kind: pa.DataType, description: str, *, null: bool = False) -> pa.Field[Any]:
    return pa.field(name, kind, nullable=null, metadata={"description": description})


SCHEMA: pa.Schema = pa.schema(
    [
        _field("doc_id", pa.string(), "The article's doc_id; the table is sorted by it."),
        _field(
            "cluster_id",
            pa.string(),
            "Articles with the same text, or nearly, have the same: the smallest doc_id among them.",
        ),
        _field("cluster_size", pa.int64(), "Articles in the cluster; 1 where an article has no copies."),
        _field(
            "is_original", pa.bool_(), "Whether it is the one of its cluster to keep; true where there are no copies."
        ),
        _field("original_id", pa.string(), "The doc_id of the cluster's original."),
        _field(
            "copy",
            pa.string(),
            "`exact` if the text is the original's to the letter, else `near`; null for an original.",
            null=True,
        ),
    ]
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the table says, counted. clusters: of two articles or more. exact, near: copies, without the originals.

    largest: articles in the largest cluster.
    """

    articles: int
    clusters: int
    exact: int
    near: int
    largest: int


@dataclass(frozen=True, slots=True)
class Note:
    """What the table is of, and its files.

    articles: `of_articles` of the receipts.  made_with: what else decides, as text.
    """

    articles: str
    made_with: str
    figures: Figures
    files: tuple[File, ...]


def rows_id(receipt: Receipt) -> str:
    """Stands for the rows of a shard's articles, wherever they lie: another one as soon as one of them is another."""
    facts = [
        receipt.shard,
        sorted(receipt.fingerprints.items()),
        sorted(receipt.configuration.items()),
        list(receipt.replayed),
        receipt.rows("articles"),
    ]
    return hashlib.blake2b(json.dumps(facts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def of_articles(receipts: Iterable[Receipt]) -> str:
    """Stands for all articles of a dataset, in whatever files."""
    each = sorted(rows_id(receipt) for receipt in receipts)
    return hashlib.blake2b("".join(each).encode(), digest_size=16).hexdigest()


def folder(layout: Layout) -> Path:
    return layout.root / NAME


def state(layout: Layout) -> Path:
    """Where the note lies, with what the next run need not compute again."""
    return layout.state / NAME


def note(layout: Layout) -> Note | None:
    """The note of the table; None where there is no table, or none that is finished.

    Raises DatasetError if it is damaged.
    """
    path = state(layout) / "table.json"
    try:
        plain = unsealed(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise DatasetError(f"{path} is damaged ({error}); `{_command(layout)}` makes it anew") from None
    return Note(
        plain["articles"],
        plain["made_with"],
        Figures(**plain["figures"]),
        tuple(File(**each) for each in plain["files"]),
    )


def current(layout: Layout, receipts: Mapping[str, Receipt]) -> Note | None:
    """The note of the table if it is of these receipts' articles."""
    try:
        found = note(layout)
    except DatasetError:
        return None  # `verify` names it
    return found if found is not None and found.articles == of_articles(receipts.values()) else None


def write(scratch: Path, tables: Iterable[pa.Table]) -> list[File]:
    """Write the table's files into `scratch`, below `duplicates/`."""
    files: list[File] = []
    writer: pq.ParquetWriter | None = None
    path, rows = scratch, 0
    for table in tables:
        if writer is None:
            path, rows = scratch / NAME / f"part-{len(files):05}.parquet", 0
            path.parent.mkdir(exist_ok=True)
            writer = pq.ParquetWriter(
                path,
                SCHEMA,
                compression="zstd",
                use_dictionary=["copy"],  # type: ignore[arg-type]
                write_statistics=["doc_id", "cluster_id"],
            )
        writer.write_table(table, row_group_size=GROUP_ROWS)
        rows += table.num_rows
        if rows >= FILE_ROWS:
            writer.close()
            files.append(described(path, scratch, NAME, rows))
            writer = None
    if writer is not None:
        writer.close()
        files.append(described(path, scratch, NAME, rows))
    return files


def counted(paths: Iterable[Path]) -> Figures:
    """What files of the table say."""
    articles = clusters = exact = near = largest = 0
    for path in paths:
        for group in pq.ParquetFile(path).iter_batches(columns=["cluster_size", "is_original", "copy"]):
            size, copies = group["cluster_size"].to_numpy(), pc.value_counts(group["copy"])
            kinds = dict(zip(copies.field("values").to_pylist(), copies.field("counts").to_pylist(), strict=True))
            articles += len(group)
            clusters += int((group["is_original"].to_numpy(zero_copy_only=False) & (size > 1)).sum())
            exact, near = exact + (kinds.get("exact") or 0), near + (kinds.get("near") or 0)
            largest = max(largest, int(size.max(initial=0)))
    return Figures(articles, clusters, exact, near, largest)


def missing(layout: Layout, stated: Note) -> bool:
    """Whether a file of the table is not there with its size."""
    return any(_size(layout.root / file.path) != file.bytes for file in stated.files)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def exchange(layout: Layout, scratch: Path, new: Note) -> None:
    """Put the files of `scratch` in the place of the table's. A reader may miss rows meanwhile, never see one twice.

    After a kill there is no note, and the table is made anew.
    """
    target = folder(layout)
    target.mkdir(exist_ok=True)
    state(layout).mkdir(exist_ok=True)
    remove_note(layout)
    for path in sorted(target.glob("part-*.parquet")):
        path.unlink()
    for file in new.files:
        (scratch / file.path).rename(layout.root / file.path)
    sync_folder(target)
    plain = {**asdict(new), "files": [asdict(file) for file in new.files]}
    write_durably(state(layout) / "table.json", sealed(plain), layout.tmp)


def remove_note(layout: Layout) -> None:
    (state(layout) / "table.json").unlink(missing_ok=True)
    sync_folder(state(layout))


def table(
    ids: NDArray[np.uint64],
    cluster: NDArray[np.int64],
    size: NDArray[np.int64],
    original: NDArray[np.int64],
    exact: NDArray[np.bool_],
) -> Iterator[pa.Table]:
    """The table a row group at a time.

    ids (rows × 2): sorted. cluster, original: rows that `cluster_id` and `original_id` are the ids of. exact: whether
    the text is the original's.
    """
    for start in range(0, max(len(ids), 1), GROUP_ROWS):
        rows = np.arange(start, min(start + GROUP_ROWS, len(ids)))
        first = original[rows] == rows
        kinds = pc.if_else(pa.array(first), None, pc.if_else(pa.array(exact[rows]), "exact", "near"))
        yield pa.table(
            [
                _hex(ids[rows]),
                _hex(ids[cluster[rows]]),
                pa.array(size[rows]),
                pa.array(first),
                _hex(ids[original[rows]]),
                kinds,
            ],
            schema=SCHEMA,
        )


def _hex(ids: NDArray[np.uint64]) -> pa.Array[Any]:
    """Ids (rows × 2) as 32 hex characters each."""
    characters = binascii.hexlify(ids.astype(">u8").tobytes())
    ends = np.arange(0, len(characters) + 1, 32, dtype=np.int32)
    return pa.StringArray.from_buffers(len(ids), pa.py_buffer(ends.tobytes()), pa.py_buffer(characters))


def problems(layout: Layout, receipts: Mapping[str, Receipt], ids: NDArray[np.void] | None = None) -> Iterator[str]:
    """What is wrong with the table, in words. ids: those of all articles, sorted; None: they are not compared."""
    again = f"`{_command(layout)}` makes it anew"
    try:
        stated = note(layout)
    except DatasetError as error:
        yield str(error)
        return
    there = {path.relative_to(layout.root).as_posix() for path in folder(layout).glob("**/*.parquet")}
    if stated is None:
        if there:
            yield f"{folder(layout)} is not finished, or belongs to no note; {again}, or delete it"
        return
    yield from (
        f"{path}: it is no file of the table; delete it" for path in sorted(there - {f.path for f in stated.files})
    )
    for file in stated.files:
        found = _checked(layout.root / file.path, file)
        if found:
            yield f"{file.path}: {found}; {again}"
            return
    if stated.articles != of_articles(receipts.values()):
        yield f"{folder(layout)} is of an earlier state of the articles; `{_command(layout)}` brings it up to date"
        return
    yield from (f"{folder(layout)}: {found}; {again}" for found in _unsound(layout, stated, ids))


def _checked(path: Path, file: File) -> str | None:
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        return error.strerror or str(error)
    if digest != file.sha256:
        return "its content is not what was written (SHA-256 differs)"
    return None if pq.read_schema(path).equals(SCHEMA) else "its columns are not those of this version"


def _unsound(layout: Layout, stated: Note, ids: NDArray[np.void] | None) -> Iterator[str]:
    tables = [pq.read_table(layout.root / file.path, partitioning=None) for file in stated.files]
    found = pa.concat_tables(tables) if tables else SCHEMA.empty_table()
    names = ("doc_id", "cluster_id", "original_id")
    doc, cluster, original = (
        np.array([bytes.fromhex(str(each)) for each in found[name].to_pylist()], "S16").view("V16") for name in names
    )
    if ids is not None and not np.array_equal(doc, ids):
        yield "its doc_ids are not those of the articles"
        return
    _, first, group, size = np.unique(cluster, return_index=True, return_inverse=True, return_counts=True)
    if not np.array_equal(doc[first][group], cluster):
        yield "a cluster_id is not the smallest doc_id of its cluster"
    if not np.array_equal(size[group], found["cluster_size"].to_numpy()):
        yield "a cluster_size is not the number of articles in the cluster"
    is_original = found["is_original"].to_numpy()
    if not (np.array_equal(is_original, doc == original) and np.array_equal(np.bincount(group[is_original]), size > 0)):
        yield "a cluster has not one original"
    copies = found["copy"].to_pylist()
    figures = Figures(
        len(doc), int((size > 1).sum()), copies.count("exact"), copies.count("near"), int(max(size, default=0))
    )
    if figures != stated.figures:
        yield "its rows are not as its note counts them"


def _command(layout: Layout) -> str:
    return f"cleancopy duplicates {layout.root}"
