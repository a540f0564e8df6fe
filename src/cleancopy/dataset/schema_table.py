"""The schema as tables for people: the dataset card and `docs/dataset.md` are written with these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from cleancopy.describe.signals import SIGNALS
from cleancopy.schema import DATASETS


def schema_table(dataset: str) -> str:
    """The columns of a dataset, as `columns_table` writes them."""
    return columns_table(DATASETS[dataset])


def columns_table(schema: pa.Schema) -> str:
    """Columns with type and meaning, as Markdown. Nested fields stand below their column."""
    rows: list[tuple[str, str, str]] = []
    for field in schema:
        rows.append((f"`{field.name}`", _type(field), _meaning(field)))
        if field.name != "signals":
            rows += [(f"– `{each.name}`", _type(each), _meaning(each)) for each in _nested(field.type)]
    return markdown_table(("column", "type", "meaning"), rows)


def signal_table() -> str:
    """The fields of `articles.signals`, as Markdown."""
    rows = [(f"`{signal.name}`", "int32" if signal.counts else "float", signal.description) for signal in SIGNALS]
    return markdown_table(("signal", "type", "meaning"), rows)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; a bar or a line end inside a cell is escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _type(field: pa.Field[pa.DataType]) -> str:
    kind = field.type
    if pa.types.is_list(kind):
        name = "list of struct" if _nested(kind) else f"list of {kind.value_type}"
    elif pa.types.is_struct(kind):
        name = "struct"
    else:
        name = str(kind)
    return f"{name}, null" if field.nullable else name


def _nested(kind: pa.DataType) -> list[pa.Field[pa.DataType]]:
    inner = kind.value_type if isinstance(kind, pa.ListType) else kind
    return list(inner) if isinstance(inner, pa.StructType) else []


def _meaning(field: pa.Field[pa.DataType]) -> str:
    metadata: Mapping[bytes, bytes] = field.metadata or {}
    return metadata.get(b"description", b"").decode()
