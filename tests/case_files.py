"""The gold cases of `tests/cases/*.toml` as frozen values. `tests/cases/README.md` has the meaning of every field."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cleancopy.model import BOILERPLATE, LIFTED, CreditRole, Precision

CASES = Path(__file__).resolve().parent / "cases"
SAMPLES = Path(__file__).resolve().parents[1] / "data" / "raw"

ANY = "any"
"""The role of a line that must leave the text, whichever role says so."""
REMOVED_ROLES = frozenset({*(role.value for role in BOILERPLATE), ANY})
LIFTED_ROLES = frozenset({*(role.value for role in LIFTED), ANY})


class CaseError(ValueError):
    """A case file is wrong. The message names file, case and field, what is wrong and what would be right."""


@dataclass(frozen=True, slots=True)
class GoldCredit:
    """None where the case does not judge."""

    role: str
    name: str | None = None
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class GoldHeading:
    """`level` is None where the case does not judge."""

    text: str
    level: int | None = None


@dataclass(frozen=True, slots=True)
class GoldLine:
    """A line of the raw text, counted from 1 as an editor does, and the role it must get."""

    number: int
    role: str


@dataclass(frozen=True, slots=True)
class Case:
    """One input and what must become of it. None, and an empty tuple of lines or pieces, where the case does not judge.

    Exactly one of `source` (a sample file) and `raw` (the text itself) is set.
    """

    id: str
    file: str
    note: str | None = None
    source: Path | None = None
    raw: str | None = None
    url: str | None = None
    title: str | None = None
    language: str | None = None
    published: str | None = None
    precision: str | None = None
    credits: tuple[GoldCredit, ...] | None = None
    headings: tuple[GoldHeading, ...] | None = None
    lifted: tuple[GoldLine, ...] = ()
    removed: tuple[GoldLine, ...] = ()
    open: tuple[int, ...] = ()
    paragraphs: tuple[str, ...] | None = None
    text_contains: tuple[str, ...] = ()
    text_excludes: tuple[str, ...] = ()

    @property
    def is_html(self) -> bool:
        return self.source is not None and self.source.suffix == ".html"


_KEYS = frozenset(Case.__slots__) - {"file"}


def load_cases(folder: Path = CASES, samples: Path = SAMPLES) -> tuple[Case, ...]:
    """All cases of a folder, by file name and then in the order of the file.

    Raises `CaseError` for a file that is not TOML, unknown or missing fields, values of the wrong type, a line that
    does not exist or is judged twice, paragraphs that do not add up with the lines, and an id that is given twice.
    """
    cases: list[Case] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            content = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise CaseError(f"{path.name}: not a TOML file in UTF-8: {error}") from error
        tables = content.pop("case", None)
        if content or not isinstance(tables, list) or not tables:
            raise CaseError(f"{path.name}: needs [[case]] tables and nothing else; found also {sorted(content)}")
        cases.extend(_Reader(path.name, table, samples).case() for table in tables)
    seen: dict[str, str] = {}
    for case in cases:
        if case.id in seen:
            raise CaseError(f"{case.file}, case {case.id}: the id is taken by a case of {seen[case.id]}")
        seen[case.id] = case.file
    return tuple(cases)


class _Reader:
    """Reads one table, so that every message can name file, case and field."""

    def __init__(self, file: str, table: Mapping[str, Any], samples: Path) -> None:
        self._file = file
        self._table = table
        self._samples = samples

    def case(self) -> Case:
        unknown = sorted(set(self._table) - _KEYS)
        if unknown:
            raise self._error(unknown[0], f"unknown field; the fields are {', '.join(sorted(_KEYS))}")
        identity = self._text("id")
        if not identity:
            raise self._error("id", "missing; every case needs one")
        name, raw = self._text("source"), self._text("raw")
        if (name is None) == (raw is None):
            raise self._error("source", "give exactly one of source and raw")
        source = None if name is None else self._samples / name
        if source is not None and not source.is_file():
            raise self._error("source", f"no such sample: {source}")
        case = Case(
            id=identity,
            file=self._file,
            note=self._text("note"),
            source=source,
            raw=raw,
            url=self._text("url"),
            title=self._text("title"),
            language=self._text("language"),
            published=self._published(),
            precision=self._one_of("precision", self._text("precision"), [item.value for item in Precision]),
            credits=self._credits(),
            headings=self._headings(),
            lifted=self._lines("lifted", LIFTED_ROLES),
            removed=self._lines("removed", REMOVED_ROLES),
            open=self._numbers("open"),
            paragraphs=self._texts("paragraphs"),
            text_contains=self._texts("text_contains") or (),
            text_excludes=self._texts("text_excludes") or (),
        )
        self._check(case)
        return case

    def _error(self, field: str, problem: str) -> CaseError:
        return CaseError(f"{self._file}, case {self._table.get('id', '?')}, {field}: {problem}")

    def _text(self, field: str) -> str | None:
        value = self._table.get(field)
        if value is not None and not isinstance(value, str):
            raise self._error(field, f"needs a string, not {value!r}")
        return value

    def _list(self, field: str) -> list[Any] | None:
        value = self._table.get(field)
        if value is not None and not isinstance(value, list):
            raise self._error(field, f"needs a list, not {value!r}")
        return value

    def _texts(self, field: str) -> tuple[str, ...] | None:
        items = self._list(field)
        if items is None:
            return None
        for item in items:
            if not isinstance(item, str) or not item:
                raise self._error(field, f"needs strings that are not empty, not {item!r}")
        return tuple(items)

    def _one_of(self, field: str, value: str | None, allowed: Iterable[str]) -> str | None:
        if value is not None and value not in allowed:
            raise self._error(field, f"{value!r} is none of {', '.join(sorted(allowed))}")
        return value

    def _published(self) -> str | None:
        value = self._text("published")
        if value:
            padded = value + "-01" * (2 - value.count("-")) if len(value) < 10 else value
            try:
                datetime.fromisoformat(padded)
            except ValueError as error:
                raise self._error("published", f"{value!r} is no ISO 8601 date such as 2024-03-17") from error
        elif self._table.get("precision"):
            raise self._error("precision", "a precision needs a date in published")
        return value

    def _tables(self, field: str, keys: frozenset[str], needed: str) -> list[dict[str, Any]] | None:
        items = self._list(field)
        for item in items or ():
            if not isinstance(item, dict) or needed not in item or set(item) - keys:
                raise self._error(field, f"needs tables of {', '.join(sorted(keys))} with {needed}, not {item!r}")
        return items

    def _credits(self) -> tuple[GoldCredit, ...] | None:
        items = self._tables("credits", frozenset({"role", "name", "domain"}), "role")
        if items is None:
            return None
        for item in items:
            self._one_of("credits", item["role"], [role.value for role in CreditRole])
        return tuple(GoldCredit(**item) for item in items)

    def _headings(self) -> tuple[GoldHeading, ...] | None:
        items = self._tables("headings", frozenset({"text", "level"}), "text")
        if items is None:
            return None
        for item in items:
            if item.get("level") not in (None, 1, 2, 3, 4, 5, 6):
                raise self._error("headings", f"level is 1 to 6, not {item['level']!r}")
        return tuple(GoldHeading(**item) for item in items)

    def _lines(self, field: str, roles: frozenset[str]) -> tuple[GoldLine, ...]:
        lines = []
        for item in self._list(field) or ():
            match item:
                case [int(number), str(role)]:
                    self._one_of(field, role, roles)
                    lines.append(GoldLine(number, role))
                case _:
                    raise self._error(field, f"needs pairs of line number and role, not {item!r}")
        return tuple(lines)

    def _numbers(self, field: str) -> tuple[int, ...]:
        items = self._list(field) or []
        for item in items:
            if not isinstance(item, int):
                raise self._error(field, f"needs line numbers, not {item!r}")
        return tuple(items)

    def _check(self, case: Case) -> None:
        """The gold must agree with its own text: every judged line exists, once, and what is left is the article."""
        judged = [line.number for line in (*case.lifted, *case.removed)] + list(case.open)
        if case.is_html:
            if judged or case.paragraphs is not None:
                raise self._error("source", "an HTML page has no line numbers; use text_contains and text_excludes")
            return
        rows = _rows(case)
        filled = {number for number, row in enumerate(rows, 1) if row.strip()}
        for number in judged:
            if number not in filled:
                raise self._error("removed", f"line {number} is blank or beyond the end ({len(rows)} lines)")
        if len(set(judged)) < len(judged):
            twice = sorted({number for number in judged if judged.count(number) > 1})
            raise self._error("removed", f"lines {twice} are judged twice by lifted, removed and open")
        if case.paragraphs is None:
            return
        given, left = sum(len(block.splitlines()) for block in case.paragraphs), len(filled) - len(judged)
        if given != left:
            raise self._error("paragraphs", f"{given} lines given, but {left} are not judged otherwise")
        for heading in case.headings or ():
            if heading.text not in case.paragraphs:
                raise self._error("headings", f"{heading.text!r} is missing in paragraphs")


def _rows(case: Case) -> list[str]:
    if case.raw is not None:
        return case.raw.splitlines()
    assert case.source is not None
    data = case.source.read_bytes()
    # Only lines are counted here, and both encodings of the samples break them alike.
    return data.decode("windows-1252" if ".cp1252" in case.source.suffixes else "utf-8").splitlines()
