"""Parquet: one row is one record, at its ordinal in the file.

A row group's rows count as spread evenly over its bytes, and a part holds the rows that begin in its own. What lies
before them in their row group is decoded and passed over, which costs little beside cleaning.

Hashed as the UTF-8 bytes of the field that holds the text or HTML.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import SEEK_END
from itertools import pairwise
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from cleancopy.errors import RecordError
from cleancopy.model import Record, Reject
from cleancopy.readers.fields import named, no_text, record
from cleancopy.readers.rejects import reject, too_large
from cleancopy.readers.source import Part, ReaderOptions, SourceFile, open_file, open_part, outside

if TYPE_CHECKING:
    from pyarrow import DataType, RecordBatch
    from pyarrow.parquet import FileMetaData, ParquetFile

_BATCH_ROWS = 64
_MOST_PIECES = 16
"""Of a row group. All pieces together decode half of it as often as there are pieces."""
# What pyarrow raises for a value that Python's types cannot hold: years far off, zones unknown, strings not in UTF-8.
_NO_VALUE = (ArithmeticError, LookupError, ValueError)


def split(file: SourceFile, target_bytes: int) -> list[Part]:
    """Parts of about `target_bytes`, which end where a row group ends, or within one that is large."""
    bounds = [0]
    if file.size > target_bytes:
        with open_file(file.uri) as raw:
            try:
                groups = _groups(_open(raw, file.uri).metadata, file.size)
            except RecordError:
                groups = []  # reading it says what is wrong
        for group in groups:
            if group.start - bounds[-1] >= target_bytes:
                bounds.append(group.start)
            pieces = min(-(-(group.stop - group.start) // target_bytes), _MOST_PIECES)
            step = -(-group.rows // pieces // _BATCH_ROWS) * _BATCH_ROWS  # a batch that is damaged is so in one part
            bounds.extend(at for row in range(step, group.rows, step) if (at := group.place(row)) > bounds[-1])
    bounds.append(file.size)
    return [Part(file.uri, file.format, file.compression, start, stop) for start, stop in pairwise(bounds)]


def parts_with(file: SourceFile, positions: Sequence[int]) -> list[tuple[Part, list[int]]]:
    """Parts that hold the rows at `positions` (ascending), one for each row group with some of them; each with its own.

    Raises RecordError where the file is damaged.
    """
    with open_file(file.uri) as raw:
        groups = _groups(_open(raw, file.uri).metadata, file.size)
    found = []
    for group in groups:
        held = [at for at in positions if group.first <= at < group.first + group.rows]
        if held:
            start, stop = group.place(held[0] - group.first), group.place(held[-1] - group.first) + 1
            found.append((Part(file.uri, file.format, file.compression, start, stop), held))
    return found


def read(part: Part, options: ReaderOptions, skipped: Counter[str]) -> Iterator[Record | Reject]:
    with open_part(part) as raw:
        try:
            if part.compression:
                raise RecordError("format.parquet", f"is compressed by {part.compression} as a whole; uncompress it")
            table = _open(raw, part.uri)
            names = table.schema_arrow.names
            if options.text not in names and options.html not in names:
                raise RecordError("record.no_text", no_text(dict.fromkeys(names), options))
            metadata = table.metadata
            if metadata.num_rows == 0:
                raise RecordError("record.empty", "the table has no rows")
        except RecordError as error:
            if part.start == 0:
                yield reject(part, 0, error, options)
            return
        for group in _groups(metadata, raw.seek(0, SEEK_END)):
            first, stop = (bisect_left(range(group.rows), at, key=group.place) for at in (part.start, part.stop))
            if first < stop:
                yield from _rows(table, group, first, stop, part, options)


class _Stored:
    """A file for pyarrow, which raises OSError for damaged bytes as well: a failing store has an error of its own."""

    closed = False

    def __init__(self, raw: BinaryIO, uri: str) -> None:
        self._raw = raw
        self._uri = uri

    def read(self, size: int = -1) -> bytes:
        with outside(self._uri):
            return self._raw.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def close(self) -> None:
        """The reader of the part closes the file."""


def _open(raw: BinaryIO, uri: str) -> ParquetFile:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        return ParquetFile(cast(BinaryIO, _Stored(raw, uri)))
    except (ArrowException, OSError) as error:
        raise RecordError("parquet.unreadable", f"is no Parquet file, or a damaged one: {error}") from error


@dataclass(frozen=True, slots=True)
class _Group:
    """A row group: the ordinal of its first row in the file, its rows, and the bytes they count as spread over."""

    index: int
    first: int
    rows: int
    start: int
    stop: int

    def place(self, row: int) -> int:
        """Where in the file the group's row of this number begins, as it counts."""
        return self.start + row * (self.stop - self.start) // self.rows


def _groups(metadata: FileMetaData, size: int) -> list[_Group]:
    """Row groups by their first pages, within the file whatever a damaged footer says, lest a group be lost."""
    if metadata.num_columns == 0:
        return []
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    columns = [group.column(0) for group in groups]
    offsets = [int(column.dictionary_page_offset or column.data_page_offset) for column in columns]
    starts = [min(max(0, offset), size - 1) for offset in offsets]
    found, first = [], 0
    for index, (group, (start, stop)) in enumerate(zip(groups, pairwise([*starts, size]), strict=True)):
        found.append(_Group(index, first, group.num_rows, start, max(start + 1, stop)))
        first += group.num_rows
    return found


def _rows(
    table: ParquetFile, group: _Group, first: int, stop: int, part: Part, options: ReaderOptions
) -> Iterator[Record | Reject]:
    """The rows `first` to `stop` of a group. Of a damaged group the part in which the damage begins says so."""
    from pyarrow import ArrowException

    batches = table.iter_batches(batch_size=_BATCH_ROWS, row_groups=[group.index])
    at = 0
    while at < stop:
        try:
            batch = next(batches, None)
            if batch is None:
                return
            wanted = batch.slice(min(len(batch), max(0, first - at)), max(0, stop - max(first, at)))
            rows = _values(wanted) if len(wanted) else []
        except (ArrowException, OSError) as error:
            if at >= first:
                ordinal = group.first + at
                damage = RecordError("parquet.unreadable", f"row group {group.index} from row {ordinal} on: {error}")
                yield reject(part, ordinal, damage, options)
            return
        ordinal = group.first + max(at, first)
        at += len(batch)
        for fields in rows:
            if isinstance(fields, RecordError):
                yield reject(part, ordinal, fields, options)
            else:
                yield _record(fields, ordinal, part, options)
            ordinal += 1


def _values(batch: RecordBatch) -> list[dict[str, Any] | RecordError]:
    """The rows as Python's values, or what is wrong with them where there are no such values."""
    import pyarrow as pa

    schema = pa.schema([field.with_type(_without_nanoseconds(field.type)) for field in batch.schema])
    if schema != batch.schema:
        batch = batch.cast(schema, safe=False)
    try:
        return [*batch.to_pylist()]
    except _NO_VALUE:
        return [_row(batch.slice(row, 1)) for row in range(batch.num_rows)]


def _row(row: RecordBatch) -> dict[str, Any] | RecordError:
    fields = {}
    for name, column in zip(row.schema.names, row.columns, strict=True):
        try:
            fields[name] = column[0].as_py()
        except _NO_VALUE as error:
            return RecordError("record.bad_field", f"field {name!r} holds a value that cannot be read: {error}")
    return fields


def _without_nanoseconds(kind: DataType) -> DataType:
    """`kind` with microseconds in place of nanoseconds, which Python's own types do not have."""
    import pyarrow as pa

    if isinstance(kind, pa.TimestampType) and kind.unit == "ns":
        return pa.timestamp("us", kind.tz)
    if isinstance(kind, pa.DurationType) and kind.unit == "ns":
        return pa.duration("us")
    if isinstance(kind, pa.Time64Type) and kind.unit == "ns":
        return pa.time64("us")
    if isinstance(kind, pa.ListType):
        return pa.list_(kind.value_field.with_type(_without_nanoseconds(kind.value_type)))
    if isinstance(kind, pa.StructType):
        return pa.struct([field.with_type(_without_nanoseconds(field.type)) for field in kind])
    return kind


def _record(fields: dict[str, Any], ordinal: int, part: Part, options: ReaderOptions) -> Record | Reject:
    body = fields.get(options.html) or fields.get(options.text) or b""
    raw = body.encode(errors="surrogatepass") if isinstance(body, str) else body if isinstance(body, bytes) else b""
    try:
        if len(raw) > options.max_record_bytes:
            raise too_large(f"{len(raw)} bytes", options)
        return record(
            fields, options, uri=part.uri, position=ordinal, raw_sha256=sha256(raw).hexdigest(), encoding="utf-8"
        )
    except RecordError as error:
        return reject(part, ordinal, error, options, raw, **named(fields, options))
