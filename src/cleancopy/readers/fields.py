"""Fields of a structured record (JSON Lines, CSV, Parquet) to a Record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from cleancopy.errors import RecordError
from cleancopy.model import Record
from cleancopy.readers.source import ReaderOptions

_SURROGATE = re.compile("[\ud800-\udfff]")
# Of honest records few nest deeper than ten levels; what reads, sends and writes a value recurses and gives up at some
# hundreds, in the middle of its batch.
_DEEPEST = 100
# Counts since 1970 from 1973 to 2030: smaller numbers may be written days (20240501), larger ones days with their hour.
_FIRST_SECOND, _LAST_SECOND = 1e8, 1.9e9
_FIRST_MILLISECOND = 1e12


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

    So does any other field that the record does not say whole: nothing that the caller gave is lost.

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
    return Record(
        source_uri=uri,
        position=position,
        raw_sha256=raw_sha256,
        text=text,
        html=html,
        source_id=_taken(metadata, options.id),
        url=_taken(metadata, options.url),
        title=_taken(metadata, options.title),
        author=_taken(metadata, options.author),
        date=_date(metadata, options.date),
        encoding=encoding,
        metadata=metadata,
    )


def named(fields: Mapping[str, Any], options: ReaderOptions) -> dict[str, str | None]:
    """The caller's own id and address, for a record that is rejected."""
    return {"source_id": _scalar(fields.get(options.id)), "url": _scalar(fields.get(options.url))}


def no_text(fields: Mapping[str, Any], options: ReaderOptions) -> str:
    """What to say of a record or table without a field for its text."""
    names = ", ".join(map(repr, fields)) or "none"
    only = next(iter(fields)) if len(fields) == 1 else ""
    shown = only if only.replace("_", "").isalnum() else "NAME"
    return (
        f"has no field {options.text!r} or {options.html!r}, only {names[:500]}; "
        f"name the field with --set input.fields.text={shown}, or input.fields.html for pages"
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


def _taken(fields: dict[str, Any], name: str) -> str | None:
    """The field as a string. What that does not say whole, an object or a list that holds any, stays in `fields`."""
    value = fields.get(name)
    items = value if isinstance(value, list | tuple) else [value]
    if not any(isinstance(item, Mapping | list | tuple) for item in items):
        fields.pop(name, None)
    return _scalar(value)


def _date(fields: dict[str, Any], name: str) -> str | None:
    """As `_taken`, with numbers as moments; what is not in ISO 8601 stays too, for it may turn out to name no day."""
    value = fields.get(name)
    if moment := _moment(value):
        del fields[name]
        return moment
    text = _taken(fields, name)
    if text is not None and not _is_iso(text):
        fields[name] = value
    return text


def _moment(value: Any) -> str | None:
    """The date and time that a count of seconds or milliseconds since 1970 stands for, if it looks like one."""
    try:
        count = float(value) if isinstance(value, int | float | str) else 0.0
    except (OverflowError, ValueError):
        return None
    if count >= _FIRST_MILLISECOND:
        count /= 1000
    return datetime.fromtimestamp(count, UTC).isoformat() if _FIRST_SECOND <= count < _LAST_SECOND else None


def _is_iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


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
