"""Ids of 16 bytes as pairs of numbers, which numpy sorts and compares fast; in the order of their bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

ID = pa.binary(16)


def numbers(column: pa.ChunkedArray[Any]) -> NDArray[np.uint64]:
    """A column of ids without nulls as numbers (rows × 2)."""
    parts = []
    for chunk in column.chunks:
        values: Any = chunk.buffers()[1]
        parts.append(np.frombuffer(values, ">u8")[2 * chunk.offset : 2 * (chunk.offset + len(chunk))])
    return np.concatenate([np.empty(0, np.uint64), *parts]).astype(np.uint64).reshape(-1, 2)


def column(ids: NDArray[np.uint64]) -> pa.Array[Any]:
    """Ids (rows × 2) as a column."""
    values = pa.py_buffer(ids.astype(">u8").tobytes())
    return pa.Array.from_buffers(ID, len(ids), [None, values])
