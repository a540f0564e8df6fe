"""JSON Lines, compressed with gzip: an object a row, every column in each, in the order of the schema.

A time is a string in RFC 3339 (`2024-05-07T10:00:00Z`), bytes are Base64. A row group is a gzip member of its own, so
that it can be read without those before it. In the extra field of its header (RFC 1952, 2.3.1.1), which every reader of
gzip passes over, a member says how many rows and bytes it has; the first one also has the Arrow schema of the file.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from cleancopy.dataset.sinks.sink import Unreadable

AT_ONCE = 256
"""Rows that are Python objects at once."""
_HEADER = struct.Struct("<2sBBIBBH")
_MAGIC, _DEFLATE, _EXTRA, _NO_SYSTEM = b"\x1f\x8b", 8, 4, 255
_FIELD = struct.Struct("<2sH")
_SIZES = struct.Struct("<QQ")
_SIZES_ID, _SCHEMA_ID = b"CR", b"CS"
_TAIL = struct.Struct("<II")


class JsonLines:
    title = "JSON Lines"
    suffix = ".jsonl.gz"
    levels = 9
    typed = False
    loaders: ClassVar[Mapping[str, str]] = {
        "pandas": "from pathlib import Path\n\nimport pandas as pd\n\n"
        'files = sorted(Path("articles").rglob("*.jsonl.gz"))\n'
        "articles = pd.concat([pd.read_json(path, lines=True, dtype=False) for path in files], ignore_index=True)",
        "Polars": "from pathlib import Path\n\nimport polars as pl\n\n"
        'files = sorted(Path("articles").rglob("*.jsonl.gz"))\n'
        "tables = [pl.read_ndjson(path, infer_schema_length=None) for path in files]\n"
        'articles = pl.concat(tables, how="diagonal_relaxed")',
        "DuckDB": "import duckdb\n\n"
        "articles = duckdb.sql(\n"
        "    \"select * from read_json('articles/**/*.jsonl.gz', union_by_name = true, sample_size = -1)\"\n)",
        "PyArrow": "from pathlib import Path\n\nimport pyarrow as pa\nimport pyarrow.json as pj\n\n"
        "options = pj.ReadOptions(block_size=1 << 28)  # a row must fit into it\n"
        'files = sorted(Path("articles").rglob("*.jsonl.gz"))\n'
        "tables = [pj.read_json(path, read_options=options) for path in files]\n"
        'articles = pa.concat_tables(tables, promote_options="permissive")',
        "Hugging Face datasets": "from pathlib import Path\n\nfrom datasets import load_dataset\n\n"
        'articles = load_dataset(str(Path.cwd()), "articles", split="train")',
        "Spark": 'articles = spark.read.json("articles")',
    }

    def writer(self, path: Path, dataset: str, schema: pa.Schema, level: int, *, in_order: bool = False) -> _Writer:
        return _Writer(path, schema, level)

    def contents(self, path: Path) -> _Contents:
        return _Contents(path)


class _Writer:
    def __init__(self, path: Path, schema: pa.Schema, level: int) -> None:
        self._file = path.open("wb")
        self._schema = schema
        self._level = level
        self._written = False

    def write(self, table: pa.Table) -> None:
        packer = zlib.compressobj(self._level, zlib.DEFLATED, -zlib.MAX_WBITS)
        check = size = 0
        packed = []
        for lines in _lines(table):
            check = zlib.crc32(lines, check)
            size += len(lines)
            packed.append(packer.compress(lines))
        body = b"".join([*packed, packer.flush(), _TAIL.pack(check, size & 0xFFFFFFFF)])
        schema = b"" if self._written else _field(_SCHEMA_ID, zlib.compress(self._schema.serialize().to_pybytes(), 9))
        extra = _FIELD.size + _SIZES.size + len(schema)
        sizes = _SIZES.pack(table.num_rows, _HEADER.size + extra + len(body))
        self._file.write(_HEADER.pack(_MAGIC, _DEFLATE, _EXTRA, 0, 0, _NO_SYSTEM, extra))
        self._file.write(_field(_SIZES_ID, sizes) + schema + body)
        self._written = True

    def close(self) -> None:
        if not self._written:
            self.write(self._schema.empty_table())
        self._file.close()


def _field(name: bytes, content: bytes) -> bytes:
    return _FIELD.pack(name, len(content)) + content


def _lines(table: pa.Table) -> Iterator[bytes]:
    columns = [_json_values(column.combine_chunks()) for column in table.columns]
    plain = pa.Table.from_arrays(columns, names=table.schema.names)
    for first in range(0, len(plain), AT_ONCE):
        rows: list[dict[str, Any]] = plain.slice(first, AT_ONCE).to_pylist()
        text = [json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":")) for row in rows]
        yield "\n".join([*text, ""]).encode()


def _json_values(array: Any) -> Any:
    """The array with values that JSON has: times and bytes as strings, numbers with as many digits as they have."""
    kind = array.type
    nulls = array.is_null() if array.null_count else None
    if pa.types.is_struct(kind):
        arrays = [_json_values(array.field(index)) for index in range(kind.num_fields)]
        return pa.StructArray.from_arrays(arrays, names=[field.name for field in kind], mask=nulls)
    if pa.types.is_list(kind):
        return pa.ListArray.from_arrays(array.offsets, _json_values(array.values), mask=nulls)
    if pa.types.is_float32(kind):  # 0.96, not 0.9599999785423279
        return array.cast(pa.string()).cast(pa.float64())
    if pa.types.is_timestamp(kind):
        return pc.strftime(_in_seconds(array), "%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_binary(kind):
        values = [None if value is None else base64.b64encode(value).decode() for value in array.to_pylist()]
        return pa.array(values, pa.string())
    return array


def _in_seconds(times: Any) -> Any:
    try:
        return times.cast(pa.timestamp("s", "UTC"))
    except pa.ArrowInvalid:  # there are parts of seconds
        return times


class _Contents:
    def __init__(self, path: Path) -> None:
        self._path = path
        self.group_rows: list[int] = []
        self._places: list[tuple[int, int]] = []
        schema: pa.Schema | None = None
        at, end = 0, path.stat().st_size
        with path.open("rb") as file:
            while at < end:
                file.seek(at)
                fields = _extra(file)
                rows, size = _SIZES.unpack(fields[_SIZES_ID])
                if _SCHEMA_ID in fields:
                    schema = _schema(fields[_SCHEMA_ID])
                if rows:
                    self.group_rows.append(rows)
                    self._places.append((at, size))
                at += size
        if at != end or schema is None:
            raise Unreadable("it breaks off, or its beginning is missing")
        self.schema: pa.Schema = schema

    def read(self, group: int, columns: Sequence[str] | None = None, dictionaries: Sequence[str] = ()) -> pa.Table:
        at, size = self._places[group]
        with self._path.open("rb") as file:
            file.seek(at)
            member = file.read(size)
        schema = self.schema if columns is None else _chosen(self.schema, columns)
        try:
            table = _parsed(zlib.decompress(member, zlib.MAX_WBITS | 16), schema)
        except (zlib.error, pa.ArrowInvalid, ValueError) as error:
            raise Unreadable(str(error)) from None
        if len(table) != self.group_rows[group]:
            raise Unreadable(f"row group {group} has {len(table)} rows, not {self.group_rows[group]}")
        for name in dictionaries:
            if name in table.schema.names:
                index = table.schema.get_field_index(name)
                table = table.set_column(index, name, table[name].combine_chunks().dictionary_encode())
        return table

    def may_hold(self, group: int, wanted: Mapping[str, str]) -> bool:
        return True


def _extra(file: BinaryIO) -> dict[bytes, bytes]:
    """The extra field of the gzip header at the file's place: name → content."""
    try:
        magic, method, flags, *_, length = _HEADER.unpack(file.read(_HEADER.size))
        content, fields, at = file.read(length), {}, 0
        if (magic, method, flags) != (_MAGIC, _DEFLATE, _EXTRA):
            raise ValueError
        while at < len(content):
            name, size = _FIELD.unpack_from(content, at)
            at += _FIELD.size + size
            fields[name] = content[at - size : at]
        if len(fields[_SIZES_ID]) != _SIZES.size or at != length:
            raise ValueError
    except (struct.error, ValueError, KeyError):
        raise Unreadable("it is no gzip that cleancopy has written") from None
    return fields


def _schema(content: bytes) -> pa.Schema:
    try:
        return pa.ipc.read_schema(pa.py_buffer(zlib.decompress(content)))
    except (zlib.error, pa.ArrowInvalid, OSError) as error:
        raise Unreadable(f"its schema is damaged: {error}") from None


def _chosen(schema: pa.Schema, columns: Sequence[str]) -> pa.Schema:
    """The part of a schema that the columns name; nested fields as `signals.words`."""
    wanted: dict[str, set[str]] = {}
    for column in columns:
        name, _, inner = column.partition(".")
        wanted.setdefault(name, set()).add(inner)
    return pa.schema([_narrowed(field, wanted[field.name]) for field in schema if field.name in wanted])


def _narrowed(field: pa.Field[Any], names: set[str]) -> pa.Field[Any]:
    if "" in names:
        return field
    kind: Any = field.type
    item = kind.value_type if pa.types.is_list(kind) else kind
    struct = pa.struct([each for each in item if each.name in names])
    return field.with_type(pa.list_(struct) if pa.types.is_list(kind) else struct)


def _parsed(lines: bytes, schema: pa.Schema) -> pa.Table:
    if not lines:
        return schema.empty_table()
    read = pj.read_json(
        BytesIO(lines),
        # One block: a row may be longer than any block that one would choose.
        read_options=pj.ReadOptions(use_threads=False, block_size=len(lines)),
        parse_options=pj.ParseOptions(
            explicit_schema=pa.schema([field.with_type(_as_written(field.type)) for field in schema]),
            unexpected_field_behavior="ignore",
        ),
    )
    arrays = [_restored(read[field.name].combine_chunks(), field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _as_written(kind: Any) -> Any:
    return pa.string() if pa.types.is_timestamp(kind) or pa.types.is_binary(kind) else kind


def _restored(values: Any, kind: Any) -> Any:
    if pa.types.is_binary(kind):
        return pa.array([None if value is None else base64.b64decode(value) for value in values.to_pylist()], kind)
    return cast(Any, values.cast(kind))
