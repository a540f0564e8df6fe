"""Rejects whose payload is bounded."""

from __future__ import annotations

from cleancopy.errors import RecordError
from cleancopy.model import Reject
from cleancopy.readers.source import Part, ReaderOptions


def reject(
    part: Part,
    position: int,
    error: RecordError,
    options: ReaderOptions,
    payload: bytes = b"",
    *,
    source_id: str | None = None,
    url: str | None = None,
) -> Reject:
    """`payload` is left out, and the detail says so, where it is larger than `options.max_payload_bytes`."""
    detail = error.detail
    if len(payload) > options.max_payload_bytes:
        detail += f"; its {len(payload)} bytes lie at {position} in the source"
        payload = b""
    return Reject(part.uri, position, error.reason, detail, payload, source_id, url)


def too_large(size: str, options: ReaderOptions) -> RecordError:
    """`size` says how large the record is, as far as it is known."""
    return RecordError(
        "record.too_large", f"has {size}, more than limits.record_bytes = {options.max_record_bytes}; it was not held"
    )
