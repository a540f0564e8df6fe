"""The settings for people: a file to begin with, and the tables of `docs/settings.md`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ByteSize
from pydantic.fields import FieldInfo

from cleancopy.settings import PROJECT_FILE, Settings, load, resource, variable

_SECTION = re.compile(r"\[([\w.]+)\]")
_KEY = re.compile(r"(\w+) = ((?:\"[^\"]*\"|\[[^\]]*\]|[^\s#]+))(?:\s*# (.*))?$")
_MORE = re.compile(r"\s+# (.*)$")
_DECIDES = "[output]"
"""In the shipped file, marks what decides what the dataset says; here the settings themselves are asked."""


@dataclass(slots=True)
class Described:
    """A setting as the shipped file has it. `decides`: whether it decides what a dataset says."""

    key: str
    default: str
    words: str
    decides: bool


def described() -> list[Described]:
    """Every setting with its default and what is said of it, in the order of the shipped file."""
    found: list[Described] = []
    deciding = set(_leaves(load().deciding()))
    section = ""
    for line in _shipped().splitlines():
        if head := _SECTION.match(line):
            section = head[1]
        elif key := _KEY.match(line):
            dotted = f"{section}.{key[1]}"
            found.append(Described(dotted, key[2], key[3] or "", dotted in deciding))
        elif found and (more := _MORE.match(line)):
            found[-1].words += f" {more[1]}"
    for each in found:
        each.words = each.words.replace(_DECIDES, "").strip()
    return found


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def starting_file() -> str:
    """The shipped file with every setting commented out: one begins to hold when its sign is taken away."""
    body = _shipped()[_shipped().index("[input]") :]
    lines = [f"# {line}" if _KEY.match(line) else line for line in body.splitlines()]
    lines = [re.sub(r"^\s+#", "#  ", line) if _MORE.match(line) else line for line in lines]
    return (
        (
            f"# {PROJECT_FILE}: settings of cleancopy for whatever is called in this folder.\n"
            '# Take away the "# " before a key to change it; `cleancopy config show` says what holds and why.\n'
            "# [output] marks what decides what the dataset says: changing it redoes what it concerns.\n\n"
        )
        + "\n".join(lines).rstrip()
        + "\n"
    )


def toml(value: Any) -> str:
    """A setting's value as TOML."""
    return json.dumps(value, ensure_ascii=False)


def table() -> str:
    """All settings as Markdown: key, values, default, variable, meaning."""
    from cleancopy.dataset.schema_table import markdown_table

    rows = [
        (
            f"`{each.key}`{' *' if each.decides else ''}",
            values(each.key),
            f"`{each.default}`",
            f"`{variable(each.key)}`",
            each.words,
        )
        for each in described()
    ]
    return markdown_table(("setting", "values", "default", "variable", "meaning"), rows)


def values(key: str) -> str:
    """What a setting may be, in words."""
    model: type[BaseModel] = Settings
    *sections, name = key.split(".")
    for section in sections:
        model = model.model_fields[section].annotation  # type: ignore[assignment]
    info = model.model_fields[name]
    return "".join([_kind(info.annotation), *_bounds(info)])


_KINDS: Mapping[Any, str] = {
    bool: "true, false",
    int: "a whole number",
    float: "a number",
    str: "text",
    ByteSize: "a size",
}


def _kind(annotation: Any) -> str:
    if annotation in _KINDS:
        return _KINDS[annotation]
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{toml(value)}`" for value in get_args(annotation))
    if get_origin(annotation) is tuple:
        return f"a list of {_kind(get_args(annotation)[0])}"
    return " or ".join(_kind(each) for each in get_args(annotation) if not isinstance(each, FieldInfo))


def _bounds(info: FieldInfo) -> Iterator[str]:
    for bound in info.metadata:
        if isinstance(bound, Ge):
            yield f", at least {bound.ge}"
        elif isinstance(bound, Gt):
            yield f", more than {bound.gt}"
        elif isinstance(bound, Le):
            yield f", at most {bound.le}"


def _shipped() -> str:
    return (resource("config") / "pipeline.toml").read_text(encoding="utf-8")
