"""Fields of a structured record (JSON Lines, CSV, Parquet) to a Record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain
from typing import Any

from cleancopy.errors import RecordError
from cleancopy.model import Record
from cleancopy.readers.encoding import repair
from cleancopy.readers.source import ReaderOptions

_SURROGATE = re.compile("[\ud800-\udfff]")
# Of honest records few nest deeper than ten levels; what reads, sends and writes a value recurses and gives up at some
# hundreds, in the middle of its batch.
_DEEPEST = 100


def record(
    fields: Mapping[str, Any],
    options: ReaderOptions,
    *,
    uri: str,
    position: int,
    raw_sha256: str,
    encoding: str,
) -> Record:
    """The record that `fields` describe; HTML wins over text, which then stays in the metadata.

    Raises RecordError `record.no_text` without a field for either, `record.bad_field` where it holds no string,
    `record.empty` where it is blank, and `record.too_deep` where values nest deeper than 100 levels.
    """
    _check_depth(fields)
    metadata = dict(fields)
    html = _body(metadata, options.html)
    text = None
    if html is None:
        text = _body(metadata, options.text)
        if text is None:
            if options.text in fields or options.html in fields:
                raise RecordError("record.empty", f"field {options.text!r} is empty")
            raise RecordError("record.no_text", no_text(fields, options))
        text, repaired = repair(text)
    else:
        html, repaired = repair(html)
    return Record(
        source_uri=uri,
        position=position,
        raw_sha256=raw_sha256,
        text=text,
        html=html,
        source_id=_scalar(metadata.pop(options.id, None)),
        url=_scalar(metadata.pop(options.url, None)),
        title=_scalar(metadata.pop(options.title, None)),
        author=_scalar(metadata.pop(options.author, None)),
        date=_scalar(metadata.pop(options.date, None)),
        encoding=encoding + repaired,
        metadata=metadata,
    )


def no_text(fields: Mapping[str, Any], options: ReaderOptions) -> str:
    """What to say of a record or table without a field for its text."""
    names = ", ".join(map(repr, fields)) or "none"
    return (
        f"has no field {options.text!r} or {options.html!r}, only {names[:500]}; "
        "name the field with input.fields.text or input.fields.html"
    )


def _check_depth(fields: Mapping[str, Any]) -> None:
    level: list[Any] = [fields]
    for _ in range(_DEEPEST):
        values = chain.from_iterable(each.values() if isinstance(each, Mapping) else each for each in level)
        level = [value for value in values if isinstance(value, dict | list | tuple)]
        if not level:
            return
    raise RecordError("record.too_deep", f"its values nest deeper than {_DEEPEST} levels; flatten or remove them")


def _body(fields: dict[str, Any], name: str) -> str | None:
    """Takes the field out of `fields`; None where it is missing, null or blank."""
    value = fields.get(name)
    if value is None:
        fields.pop(name, None)
        return None
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError as error:
            raise RecordError(
                "encoding.undecodable", f"field {name!r} holds bytes that are not UTF-8: {error}"
            ) from error
    if not isinstance(value, str):
        raise RecordError("record.bad_field", f"field {name!r} holds {type(value).__name__}, expected a string")
    del fields[name]
    return None if not value or value.isspace() else value


def _scalar(value: Any) -> str | None:
    """A string for what callers write as id, address, title, author or date; lists are joined by `; `."""
    if isinstance(value, list | tuple):
        value = "; ".join(filter(None, map(_scalar, value)))
    elif isinstance(value, Mapping):
        value = value.get("name")
    elif hasattr(value, "isoformat"):
        value = value.isoformat()
    if value is None:
        return None
    text = _SURROGATE.sub("\ufffd", str(value)).strip()
    return text or None
