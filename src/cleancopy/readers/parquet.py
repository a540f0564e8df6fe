"""Parquet: one row is one record, at its ordinal in the file; a part holds the row groups that begin in its bytes.

Hashed as the UTF-8 bytes of the field that holds the text or HTML.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from cleancopy.errors import RecordError
from cleancopy.model import Record, Reject
from cleancopy.readers.fields import no_text, record
from cleancopy.readers.rejects import reject, too_large
from cleancopy.readers.source import Part, ReaderOptions, SourceFile, open_file

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData, ParquetFile

_BATCH_ROWS = 64


def split(file: SourceFile, target_bytes: int) -> list[Part]:
    """Parts that end where a row group ends, of at least `target_bytes` but for the last."""
    with open_file(file.uri) as raw:
        try:
            metadata = _open(raw).metadata
        except RecordError:
            return [Part(file.uri, file.format, file.compression, 0, file.size)]
        starts = [_begin(metadata, group) for group in range(metadata.num_row_groups)]
    bounds = [0]
    for start in starts:
        if start - bounds[-1] >= target_bytes:
            bounds.append(start)
    bounds.append(file.size)
    return [Part(file.uri, file.format, file.compression, start, stop) for start, stop in pairwise(bounds)]


def read(part: Part, options: ReaderOptions, skipped: Counter[str]) -> Iterator[Record | Reject]:
    with open_file(part.uri) as raw:
        try:
            if part.compression:
                raise RecordError("format.parquet", f"is compressed by {part.compression} as a whole; uncompress it")
            table = _open(raw)
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
        for group in range(metadata.num_row_groups):
            if part.start <= _begin(metadata, group) < part.stop:
                yield from _rows(table, group, ordinal, part, options)
            ordinal += metadata.row_group(group).num_rows


def _open(raw: Any) -> ParquetFile:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        return ParquetFile(raw)
    except ArrowException as error:
        raise RecordError("parquet.unreadable", f"is no Parquet file, or a damaged one: {error}") from error


def _begin(metadata: FileMetaData, group: int) -> int:
    """Offset of the row group's first page."""
    column = metadata.row_group(group).column(0)
    return int(column.dictionary_page_offset or column.data_page_offset)


def _rows(
    table: ParquetFile, group: int, ordinal: int, part: Part, options: ReaderOptions
) -> Iterator[Record | Reject]:
    from pyarrow import ArrowException

    batches = table.iter_batches(batch_size=_BATCH_ROWS, row_groups=[group])
    while True:
        try:
            batch = next(batches, None)
        except (ArrowException, OSError) as error:
            damage = RecordError("parquet.unreadable", f"row group {group} from row {ordinal} on: {error}")
            yield reject(part, ordinal, damage, options)
            return
        if batch is None:
            return
        for fields in batch.to_pylist():
            yield _record(fields, ordinal, part, options)
            ordinal += 1


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
        return reject(part, ordinal, error, options, raw)
