"""The three tables as JSON Schema: what a line of JSON Lines holds, and what a row of Parquet is as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from cleancopy.dataset.card import WHAT
from cleancopy.schema import DATASETS, SCHEMA_VERSION

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(dataset: str) -> dict[str, Any]:
    """The schema of one of the three tables. Every column is required; one without a value is null."""
    return {
        "$schema": DIALECT,
        "title": f"cleancopy {dataset}, schema version {SCHEMA_VERSION}",
        "description": WHAT[dataset],
        **_object(DATASETS[dataset]),
    }


def _object(fields: Iterable[pa.Field[Any]]) -> dict[str, Any]:
    properties = {field.name: _property(field) for field in fields}
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _property(field: pa.Field[Any]) -> dict[str, Any]:
    found = _value(field.type)
    if field.nullable:
        found["type"] = [found["type"], "null"]
    description = (field.metadata or {}).get(b"description", b"").decode()
    return {"description": description, **found}


def _value(kind: Any) -> dict[str, Any]:
    if pa.types.is_struct(kind):
        return _object(kind)
    if pa.types.is_list(kind):
        return {"type": "array", "items": _value(kind.value_type)}
    if pa.types.is_integer(kind):
        bound = 1 << (kind.bit_width - 1)
        return {"type": "integer", "minimum": -bound, "maximum": bound - 1}
    if pa.types.is_timestamp(kind):
        return {"type": "string", "format": "date-time"}
    if pa.types.is_binary(kind):
        return {"type": "string", "contentEncoding": "base64"}
    if pa.types.is_boolean(kind):
        return {"type": "boolean"}
    return {"type": "number" if pa.types.is_floating(kind) else "string"}
