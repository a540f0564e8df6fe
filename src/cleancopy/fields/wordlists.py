"""Parts of the languages' files and checks of their word lists; every error names file, entry and field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cleancopy.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a file. `source` and `name`, which is empty for the top of the file, say in errors where it stands."""

    source: str
    name: str
    data: Mapping[str, Any]

    def place(self, field: str) -> str:
        """How errors call a field of it."""
        return f"{self.name}.{field}" if self.name else field


def known_fields(table: Mapping[str, Any], allowed: Collection[str], source: str, where: str) -> None:
    """Raises ConfigurationError for a field of `table` that is not in `allowed`."""
    for key in table:
        if key not in allowed:
            raise ConfigurationError(
                f"{source}: {where} has an unknown field {key!r}; known: {', '.join(sorted(allowed))}"
            )


def table_at(data: Mapping[str, Any], key: str, source: str) -> Mapping[str, Any]:
    """The table `key` of `data`. Raises ConfigurationError where there is none or it is empty."""
    value = data.get(key)
    if not isinstance(value, Mapping) or not value:
        raise ConfigurationError(f"{source}: {key} must be a table with at least one entry")
    return value


def strings(value: object, source: str, where: str, *, empty: bool = False) -> list[str]:
    """`value` as a list of strings. Raises ConfigurationError for anything else, for doubles, and for an empty list."""
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise ConfigurationError(f"{source}: {where} must be a list of strings")
    if not value and not empty:
        raise ConfigurationError(f"{source}: {where} must not be empty")
    seen: set[str] = set()
    for item in value:
        if item in seen:
            raise ConfigurationError(f"{source}: {where} lists {item!r} twice")
        seen.add(item)
    return value
