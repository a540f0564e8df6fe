"""Parquet: zstd, a page index, pages cut by content, a Bloom filter on `doc_id` where pyarrow can write one."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

import pyarrow as pa
import pyarrow.parquet as pq

from cleancopy.dataset.sinks.sink import Unreadable
from cleancopy.schema import DICTIONARY_COLUMNS, STATISTICS_COLUMNS

FALSE_POSITIVES = 0.01
"""Of the Bloom filters: 10 bits a row."""
_BLOOM_COLUMN = {"articles": "doc_id", "removed": "doc_id"}
_CAN_BLOOM = "bloom_filter_options" in inspect.signature(pq.ParquetWriter.__init__).parameters  # from pyarrow 24 on
_ORDER: list[tuple[str, Literal["ascending", "descending"]]] = [
    ("source_uri", "ascending"),
    ("source_position", "ascending"),
]


class Parquet:
    title = "Parquet"
    suffix = ".parquet"
    levels = 22
    typed = True
    loaders: ClassVar[Mapping[str, str]] = {
        "pandas": 'import pandas as pd\n\narticles = pd.read_parquet("articles", partitioning=None)',
        "Polars": 'import polars as pl\n\narticles = pl.read_parquet("articles/**/*.parquet")',
        "DuckDB": "import duckdb\n\narticles = duckdb.sql(\"select * from read_parquet('articles/**/*.parquet')\")",
        "PyArrow": 'import pyarrow.dataset as ds\n\narticles = ds.dataset("articles", partitioning="hive").to_table()',
        "Hugging Face datasets": "from pathlib import Path\n\nfrom datasets import load_dataset\n\n"
        'articles = load_dataset(str(Path.cwd()), "articles", split="train")',
        "Spark": 'articles = spark.read.parquet("articles")',
    }

    def writer(self, path: Path, dataset: str, schema: pa.Schema, level: int, *, in_order: bool = False) -> _Writer:
        return _Writer(path, dataset, schema, level, in_order)

    def contents(self, path: Path) -> _Contents:
        try:
            with pq.ParquetFile(path) as file:
                return _Contents(path, file.metadata, file.schema_arrow)
        except pa.ArrowInvalid as error:
            raise Unreadable(str(error)) from None


class _Writer:
    """Opened with its first row group, which says how large its Bloom filters are to be."""

    def __init__(self, path: Path, dataset: str, schema: pa.Schema, level: int, in_order: bool) -> None:
        self._path = path
        self._dataset = dataset
        self._schema = schema
        self._level = level
        self._in_order = in_order
        self._writer: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        if self._writer is None:
            self._writer = self._open(table)
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))

    def close(self) -> None:
        if self._writer is None:
            self.write(self._schema.empty_table())
        assert self._writer is not None
        self._writer.close()

    def _open(self, first: pa.Table) -> pq.ParquetWriter:
        more: dict[str, Any] = {}
        column = _BLOOM_COLUMN.get(self._dataset)
        if column is not None and _CAN_BLOOM and len(first):
            distinct = len(first[column].unique())
            more["bloom_filter_options"] = {column: {"ndv": distinct, "fpp": FALSE_POSITIVES}}
        if self._in_order:
            more["sorting_columns"] = pq.SortingColumn.from_ordering(self._schema, _ORDER)
        return pq.ParquetWriter(
            self._path,
            self._schema,
            compression="zstd",
            compression_level=self._level,
            use_dictionary=DICTIONARY_COLUMNS[self._dataset],  # type: ignore[arg-type]
            write_statistics=STATISTICS_COLUMNS[self._dataset],
            write_page_index=True,
            write_page_checksum=True,
            use_content_defined_chunking=True,
            **more,
        )


class _Contents:
    def __init__(self, path: Path, metadata: pq.FileMetaData, schema: pa.Schema) -> None:
        self._path = path
        self._metadata = metadata
        self.schema = schema
        self.group_rows = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]

    def read(self, group: int, columns: Sequence[str] | None = None, dictionaries: Sequence[str] = ()) -> pa.Table:
        names = None if columns is None else [self._leaf(column) for column in columns]
        try:
            with pq.ParquetFile(
                self._path,
                metadata=self._metadata,
                read_dictionary=list(dictionaries),
                page_checksum_verification=True,
            ) as file:
                return file.read_row_group(group, columns=names)
        except pa.ArrowInvalid as error:
            raise Unreadable(str(error)) from None

    def may_hold(self, group: int, wanted: Mapping[str, str]) -> bool:
        names = {self._metadata.schema.column(index).path: index for index in range(len(self._metadata.schema))}
        for name, value in wanted.items():
            statistics = self._metadata.row_group(group).column(names[name]).statistics
            if statistics is None or not statistics.has_min_max:
                continue
            low, high = cast(str, statistics.min), cast(str, statistics.max)
            if not (low[: len(value)] <= value if name == "doc_id" else low <= value) or value > high:
                return False
        return True

    def _leaf(self, column: str) -> str:
        """The path of a column as Parquet writes it, where the items of a list have steps of their own."""
        name, dot, inner = column.partition(".")
        if dot and name in self.schema.names and pa.types.is_list(self.schema.field(name).type):
            return f"{name}.list.element.{inner}"
        return column
