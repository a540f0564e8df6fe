"""Parquet: one row is one record, at its ordinal in the file; a part holds the row groups that begin in its bytes.

Hashed as the UTF-8 bytes of the field that holds the text or HTML.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
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
# What pyarrow raises for a value that Python's types cannot hold: years far off, zones unknown, strings not in UTF-8.
_NO_VALUE = (ArithmeticError, LookupError, ValueError)


def split(file: SourceFile, target_bytes: int) -> list[Part]:
    """Parts that end where a row group ends, of at least `target_bytes` but for the last."""
    with open_file(file.uri) as raw:
        try:
            starts = _starts(_open(raw, file.uri).metadata, file.size)
        except RecordError:
            starts = []  # reading it says what is wrong
    bounds = [0]
    for start in starts:
        if start - bounds[-1] >= target_bytes:
            bounds.append(start)
    bounds.append(file.size)
    return [Part(file.uri, file.format, file.compression, start, stop) for start, stop in pairwise(bounds)]


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
        ordinal = 0
        for group, start in enumerate(_starts(metadata, raw.seek(0, SEEK_END))):
            if part.start <= start < part.stop:
                yield from _rows(table, group, ordinal, part, options)
            ordinal += metadata.row_group(group).num_rows


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


def _starts(metadata: FileMetaData, size: int) -> list[int]:
    """Offset of each row group's first page, within the file whatever a damaged footer says, lest a group be lost."""
    if metadata.num_columns == 0:
        return []
    columns = [metadata.row_group(group).column(0) for group in range(metadata.num_row_groups)]
    offsets = [int(column.dictionary_page_offset or column.data_page_offset) for column in columns]
    return [min(max(0, offset), size - 1) for offset in offsets]


def _rows(
    table: ParquetFile, group: int, ordinal: int, part: Part, options: ReaderOptions
) -> Iterator[Record | Reject]:
    from pyarrow import ArrowException

    batches = table.iter_batches(batch_size=_BATCH_ROWS, row_groups=[group])
    while True:
        try:
            batch = next(batches, None)
            rows = [] if batch is None else _values(batch)
        except (ArrowException, OSError) as error:
            damage = RecordError("parquet.unreadable", f"row group {group} from row {ordinal} on: {error}")
            yield reject(part, ordinal, damage, options)
            return
        if batch is None:
            return
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
