"""What the articles of a shard are compared by: a row an article, in the order of the shard's rows.

A function of the shard's rows alone. It is kept in `_cleancopy/duplicates/signatures/` under a name that changes with
the rows, so that a later run signs only shards that it has not seen, and compaction changes nothing.
"""

from __future__ import annotations

import calendar
import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import rensa
from numpy.typing import NDArray

from cleancopy.dataset.duplicates import rows_id, state
from cleancopy.dataset.layout import Layout, sync_file
from cleancopy.dataset.receipts import Receipt
from cleancopy.dataset.rows import rows
from cleancopy.duplicates import ids
from cleancopy.duplicates.ids import ID
from cleancopy.duplicates.shingles import ALGORITHM, mixed, shingles
from cleancopy.errors import DatasetError
from cleancopy.text.sites import site

BANDS, ROWS = 40, 4
"""Two texts are candidates if all `ROWS` minima of one of `BANDS` bands agree: 1 - (1 - s^ROWS)^BANDS of the pairs with
a similarity s, which is 65 % at 0.4, 92 % at 0.5, 99.6 % at 0.6, and of unrelated texts one pair in 500 million: the
mean of s^ROWS over 20,000 pairs of WCXB and news is 5e-11."""
SEED = 1
PARAMETERS = f"{ALGORITHM}; rensa {metadata.version('rensa')}, {BANDS} bands of {ROWS}, seed {SEED}; facts 1"
"""What decides what a signature says, beside the rows."""
CREDITING = ("agency", "publisher")
"""Roles of credits that say whose text it is."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 24 * 3600 * 1_000_000

_FIELDS: list[pa.Field[Any]] = [
    pa.field("doc_id", ID, nullable=False),
    pa.field("text", ID, nullable=False),
    pa.field("words", pa.int32(), nullable=False),
    pa.field("characters", pa.int32(), nullable=False),
    pa.field("site", pa.uint64(), nullable=False),
    pa.field("site_name", pa.uint64(), nullable=False),
    pa.field("credited", pa.list_(pa.uint64()), nullable=False),
    pa.field("date", pa.int64(), nullable=False),
    *(pa.field(f"band_{band:02}", pa.uint64(), nullable=False) for band in range(BANDS)),
]
SCHEMA: pa.Schema = pa.schema(_FIELDS)
"""doc_id, text: the bytes of the id, and the first half of the text's SHA-256. words, characters: its length.

site:      the hash of its registrable domain; where there is none, of its own, as if it stood on a site of its own.
site_name: the hash of what the site calls itself, 0 where it says nothing.
credited:  hashes of registrable domains and of names that the article says the text is of, beside its own site.
date:      µs since 1970, see `latest`; `NEVER` where none is stated.
band_NN:   the hash of the minima of a band.
"""
NEVER = int(np.iinfo(np.int64).max)
"""The date of an article that states none: later than all."""
_COLUMNS = (
    *("doc_id", "text", "text_sha256", "site", "site_name", "published_at", "published_precision", "canonical_url"),
    *("credits.role", "credits.name", "credits.domain"),
)


def path(layout: Layout, receipt: Receipt) -> Path:
    """Where the signatures of a shard lie: elsewhere as soon as a row of the shard is another."""
    key = hashlib.blake2b(f"{PARAMETERS}\0{rows_id(receipt)}".encode(), digest_size=16).hexdigest()
    return state(layout) / "signatures" / f"{key}.parquet"


def is_signed(layout: Layout, receipt: Receipt) -> bool:
    """Whether the signatures of a shard are there, whole, and as many as its articles."""
    try:
        return pq.read_metadata(path(layout, receipt)).num_rows == receipt.rows("articles")
    except (OSError, pa.ArrowInvalid):
        return False


def sign(root: Path, receipt: Receipt) -> None:
    """Sign the articles of a published shard. Runs in a worker.

    Raises DatasetError for a file that is missing or damaged, or a disk that is full.
    """
    layout = Layout(root)
    target = path(layout, receipt)
    part = layout.tmp / f"{target.name}.{uuid.uuid4().hex[:12]}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with pq.ParquetWriter(
            part, SCHEMA, compression="zstd", use_dictionary=False, write_page_checksum=True
        ) as writer:
            for file in receipt.files:
                if file.dataset == "articles":
                    for table in rows(root, file, _COLUMNS):
                        writer.write_table(signatures(table.to_pydict()))
        sync_file(part)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DatasetError(f"cannot write {target}: {error.strerror or error}; make room and run again") from error


def signatures(columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """The signatures of articles, given their columns."""
    texts: Sequence[str] = columns["text"]
    hashes, starts, words = shingles(texts)
    minima = rensa.RMinHash.digest_matrix_from_flat_token_hashes(
        hashes, starts.astype(np.uint64), BANDS * ROWS, SEED
    ).to_rows()
    bands = _bands(np.array(minima, np.uint64).reshape(len(texts), BANDS, ROWS))
    sites = columns["site"]
    credited = [
        _credited(credits, url, own)
        for credits, url, own in zip(columns["credits"], columns["canonical_url"], sites, strict=True)
    ]
    dates = [
        latest(moment, precision)
        for moment, precision in zip(columns["published_at"], columns["published_precision"], strict=True)
    ]
    lone = [f"\0{each}" for each in columns["doc_id"]]
    return pa.table(
        [
            pa.array([bytes.fromhex(each) for each in columns["doc_id"]], ID),
            pa.array([bytes.fromhex(each)[:16] for each in columns["text_sha256"]], ID),
            pa.array(words, pa.int32()),
            pa.array([len(text) for text in texts], pa.int32()),
            pa.array([_hash(each or otherwise) for each, otherwise in zip(sites, lone, strict=True)], pa.uint64()),
            pa.array([_hash(_folded(each)) if each else 0 for each in columns["site_name"]], pa.uint64()),
            pa.array(credited, pa.list_(pa.uint64())),
            pa.array(dates, pa.int64()),
            *(pa.array(bands[:, band]) for band in range(BANDS)),
        ],
        schema=SCHEMA,
    )


def _bands(minima: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Minima (documents × bands × rows) → a hash for each band (documents × bands)."""
    found = np.zeros(minima.shape[:2], np.uint64)
    for row in range(minima.shape[2]):
        found = mixed(found ^ minima[:, :, row])
    return found


def _credited(credits: Iterable[Mapping[str, Any]], canonical_url: str | None, own: str | None) -> list[int]:
    """Whose text it is, by what the article says of others than its own site."""
    found = {site(canonical_url)}
    for credit in credits:
        if credit["role"] in CREDITING:
            found |= {_folded(credit["name"]), site(f"http://{credit['domain']}/") if credit["domain"] else None}
    return sorted(_hash(each) for each in found if each and each != own)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


@lru_cache(maxsize=65536)
def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def latest(moment: datetime | None, precision: str | None) -> int:
    """The last µs since 1970 that a stated date may mean: one that is stated to the day alone cannot be earlier than
    one with a time of that day.
    """
    if moment is None:
        return NEVER
    begin = (moment - _EPOCH) // timedelta(microseconds=1)
    match precision:
        case "minute":
            return begin + 60_000_000 - 1
        case "day" | "month" | "year":
            month = 12 if precision == "year" else moment.month
            day = moment.day if precision == "day" else calendar.monthrange(moment.year, month)[1]
            return (datetime(moment.year, month, day, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1) + _DAY - 1
        case _:
            return begin


@dataclass(frozen=True, slots=True)
class Signed:
    """The signatures of a dataset: those of its shards, one after the other. A row is an article."""

    layout: Layout
    receipts: tuple[Receipt, ...]

    def __len__(self) -> int:
        return sum(receipt.rows("articles") for receipt in self.receipts)

    @property
    def starts(self) -> NDArray[np.int64]:
        """The row at which each shard begins, and at last the number of rows."""
        return np.cumsum([0, *(receipt.rows("articles") for receipt in self.receipts)], dtype=np.int64)

    def read(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """These columns, a shard at a time. Raises DatasetError for signatures that are damaged."""
        for receipt in self.receipts:
            source = path(self.layout, receipt)
            try:
                yield pq.read_table(source, columns=list(columns), page_checksum_verification=True, partitioning=None)
            except (OSError, pa.ArrowInvalid) as error:
                raise DatasetError(f"{source} is damaged ({error}); delete it and run again to make it anew") from None

    def column(self, name: str) -> NDArray[Any]:
        """A column of numbers."""
        return np.concatenate([np.empty(0, np.int64), *(table[name].to_numpy() for table in self.read([name]))])

    def ids(self, column: str) -> NDArray[np.uint64]:
        """A column of ids (rows × 2), as `ids.numbers`."""
        return np.concatenate([np.empty((0, 2), np.uint64), *(ids.numbers(t[column]) for t in self.read([column]))])
