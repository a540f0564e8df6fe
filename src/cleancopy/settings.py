"""Settings: `config/pipeline.toml`, a file of the user's over it, single keys over that. The only place that
knows where `config/` lies.

The shipped file holds every default, so there is one list of them and it is documented.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ByteSize, ConfigDict, Field, ValidationError, field_validator

from cleancopy.cache import kept
from cleancopy.errors import ConfigurationError


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fields(Section):
    """Which field of a structured input holds what."""

    id: str
    text: str
    html: str
    url: str
    title: str
    author: str
    date: str


class InputSettings(Section):
    format: Literal["", "text", "html", "jsonl", "csv", "parquet", "warc", "wet"]
    encoding: str
    on_changed: Literal["replace", "keep"]
    on_missing: Literal["keep", "remove"]
    repair: tuple[Literal["escapes", "mojibake", "markup", "entities", "markdown"], ...]
    fields: Fields

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        try:
            " ".encode(encoding or "utf-8")
        except LookupError:
            raise ValueError("there is no such encoding; known are Python's, such as utf-8 or cp1252") from None
        return encoding


class CleanSettings(Section):
    model: bool
    threshold: float = Field(ge=0, le=1)
    heading_threshold: float = Field(ge=0, le=1)
    packs: tuple[str, ...]
    reject_pages: tuple[str, ...]
    captions: Literal["field", "text"]
    passes: tuple[Literal["judge", "prose", "boxes", "blocks", "census", "rules", "symbols", "enclosed"], ...]


class CensusSettings(Section):
    enabled: bool
    file: str
    pages: int = Field(ge=3, le=1000)
    growth: float = Field(ge=1)


class LanguageSettings(Section):
    detector: str
    threshold: Literal["measured"] | Annotated[float, Field(ge=0, le=1)]
    seed: int


class FilterSettings(Section):
    expression: str

    @field_validator("expression")
    @classmethod
    def _compiles(cls, expression: str) -> str:
        if expression:
            from cleancopy.describe.filtering import Filter

            Filter(expression)
        return expression


class OutputSettings(Section):
    format: Literal["parquet", "jsonl"]
    partition_by: Literal["none", "language", "month"]
    row_group_bytes: ByteSize = Field(ge=1024)
    file_bytes: ByteSize = Field(ge=1024)
    compression_level: int = Field(ge=1, le=22)


class DedupSettings(Section):
    enabled: bool
    similarity: float = Field(gt=0, le=1)
    keep: Literal["all", "original"]


class LimitSettings(Section):
    record_bytes: ByteSize = Field(ge=1)
    record_lines: int = Field(ge=1)
    payload_bytes: ByteSize = Field(ge=0)
    record_seconds: float = Field(gt=0)
    worker_memory: ByteSize = Field(ge=0)


class RunSettings(Section):
    engine: Literal["inline", "processes", "dask"]
    workers: int = Field(ge=0)
    dask_address: str
    shard_bytes: ByteSize = Field(ge=1)
    shard_files: int = Field(ge=1)
    batch_bytes: ByteSize = Field(ge=1)
    max_deaths: int = Field(ge=0)
    retries: int = Field(ge=0)
    retry_seconds: float = Field(ge=0)
    max_rejected_share: float = Field(ge=0, le=1)
    rejected_share_records: int = Field(ge=1)
    max_failed_share: float = Field(ge=0, le=1)


class Settings(Section):
    """Everything that can be configured. Immutable; picklable, so that it travels to workers."""

    input: InputSettings
    clean: CleanSettings
    census: CensusSettings
    language: LanguageSettings
    filter: FilterSettings
    output: OutputSettings
    dedup: DedupSettings
    limits: LimitSettings
    run: RunSettings

    @classmethod
    def load(cls, config: str | Path | None = None, overrides: Mapping[str, Any] | Sequence[str] = ()) -> Settings:
        """The shipped settings, under those of a TOML file, under single keys, such as `{"clean.threshold": 0.4}`.

        Raises ConfigurationError naming file or key, what is wrong, and the nearest key that exists.
        """
        return load(None if config is None else Path(config), overrides)

    def deciding(self) -> dict[str, Any]:
        """The part that decides what the dataset says, as plain values: what a shard's receipt is compared with."""
        plain = self.model_dump(mode="json", exclude={"run", "dedup"})
        for key in ("on_changed", "on_missing"):
            del plain["input"][key]
        del plain["census"]["growth"]
        for key in ("record_seconds", "worker_memory"):
            del plain["limits"][key]
        return plain

    def fingerprint(self) -> str:
        """Hash of `deciding()`: 16 hex characters."""
        return fingerprint_of(self.deciding())


def fingerprint_of(deciding: Mapping[str, Any]) -> str:
    """The fingerprint of settings whose `deciding()` gives this."""
    canonical = json.dumps(deciding, sort_keys=True)
    return hashlib.blake2b(canonical.encode(), digest_size=8).hexdigest()


def resource(name: str) -> Path:
    """A top-level folder of the project (`config`, `flows`): inside the installed package, or beside `src/` in a
    checkout.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / name, package.parents[1] / name):
        if folder.is_dir():
            return folder
    raise ConfigurationError(f"the folder {name}/ is missing from this installation of cleancopy; reinstall it")


PROJECT_FILE = "cleancopy.toml"
"""Read by the command line in the folder in which it is called, where --config names no other file."""
PREFIX = "CLEANCOPY_"
"""Begins the environment variable of a setting: `CLEANCOPY_RUN_WORKERS` is `run.workers`."""
DEFAULT = "default"
"""The origin of what nobody has set."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, each by its key as it was written, and where from: `default`, a file, a variable, or `--set`."""

    settings: Settings
    values: Mapping[str, Any]
    origins: Mapping[str, str]


def load(config: Path | None = None, overrides: Sequence[str] | Mapping[str, Any] = ()) -> Settings:
    """The shipped settings, under those of `config`, under single keys (`run.workers=4`, or a mapping of dotted keys).

    Raises ConfigurationError naming file or option, key, and the nearest known key.
    """
    return load_from(config, overrides).settings


def load_from(
    config: Path | None = None,
    overrides: Sequence[str] | Mapping[str, Any] = (),
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Loaded:
    """As `load`, with the variables of an environment between the file and the single keys, and all origins."""
    shipped = resource("config") / "pipeline.toml"
    merged = read_shipped(shipped.name)
    known = list(_keys(merged))
    origins: dict[str, str] = {}
    if config is not None:
        data = read_toml(config)
        _merge(merged, data, known, str(config))
        origins |= dict.fromkeys(_keys(data), str(config))
    for key, text in variables(environment).items():
        nested = _nested(*_pair(f"{key}={text}"))
        _merge(merged, nested, known, variable(key))
        origins |= dict.fromkeys(_keys(nested), variable(key))
    option = "settings" if isinstance(overrides, Mapping) else "--set"
    for key, value in keys(overrides).items():
        nested = _nested(key, value)
        _merge(merged, nested, known, f"{option} {key}")
        origins |= dict.fromkeys(_keys(nested), option)
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        raise ConfigurationError("; ".join(_problems(error, known, origins, str(config or shipped)))) from None
    leaves = [key for key in known if not any(other.startswith(f"{key}.") for other in known)]
    return Loaded(
        settings, {key: _at(merged, key) for key in leaves}, {key: origins.get(key, DEFAULT) for key in leaves}
    )


def variable(key: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + key.upper().replace(".", "_")


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Key → value of the variables that are settings and not empty. What begins as no section does is not ours.

    Raises ConfigurationError for a variable of a section that has no such key.
    """
    known = list(_keys(read_toml(resource("config") / "pipeline.toml")))
    by_name = {variable(key): key for key in known}
    sections = tuple(f"{variable(key)}_" for key in known if "." not in key)
    found: dict[str, str] = {}
    for name, text in sorted(environment.items()):
        if not name.startswith(sections) or not text:
            continue
        if name not in by_name:
            near = difflib.get_close_matches(name, by_name, n=1, cutoff=0.4)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ConfigurationError(f"{name}: there is no such setting{hint}")
        found[by_name[name]] = text
    return found


def _problems(error: ValidationError, known: list[str], origins: Mapping[str, str], otherwise: str) -> Iterator[str]:
    """What is wrong with each key that is, once, with the option or else the file that says so."""
    problems: dict[str, list[str]] = {}
    inputs: dict[str, Any] = {}
    for each in error.errors():
        steps = [str(step) for step in each["loc"]]
        *_, key = (name for end in range(len(steps) + 1) if (name := ".".join(steps[:end])) in known)
        problems.setdefault(key, []).append(_EXPECTED.get(each["type"], each["msg"].removeprefix("Value error, ")))
        inputs[key] = each["input"]
    for key, messages in problems.items():
        yield f"{origins.get(key, otherwise)}: {key}: {', or: '.join(messages)} (got {inputs[key]!r})"


_EXPECTED = {
    "tuple_type": 'Input should be a list, such as ["common", "en"]',
    "byte_size": 'Input should be a size, such as "64MiB"',
    "byte_size_unit": 'Input should be a size, such as "64MiB"',
}
"""Types of pydantic's errors → what would be right, where its own message speaks of Python's types."""


def keys(overrides: Sequence[str] | Mapping[str, Any]) -> dict[str, Any]:
    """`KEY=VALUE` texts as a mapping of dotted keys; the last of equal keys wins."""
    return dict(overrides) if isinstance(overrides, Mapping) else dict(_pair(text) for text in overrides)


def read_toml(path: Path) -> dict[str, Any]:
    """The parsed file. Raises ConfigurationError naming it when it cannot be read or is no valid TOML."""
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is no valid TOML: {error}") from None


def read_shipped(name: str) -> dict[str, Any]:
    """The parsed file of that name among the shipped configuration, from the cache where it was parsed before.

    Raises ConfigurationError as `read_toml` does.
    """
    path = resource("config") / name
    try:
        content = path.read_bytes()
    except OSError:
        return read_toml(path)
    parsed: dict[str, Any] = kept("config", content, lambda: read_toml(path))
    return parsed


def _pair(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigurationError(f"--set {text!r}: write KEY=VALUE, such as --set run.workers=4")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()  # a bare word is a string


def _at(tree: Mapping[str, Any], key: str) -> Any:
    value: Any = tree
    for part in key.split("."):
        value = value[part]
    return value


def _nested(key: str, value: Any) -> dict[str, Any]:
    for part in reversed(key.split(".")):
        value = {part: value}
    return dict(value)


def _keys(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _keys(value, f"{prefix}{key}.")
            yield f"{prefix}{key}"
        else:
            yield f"{prefix}{key}"


def _merge(base: dict[str, Any], over: Mapping[str, Any], known: list[str], origin: str, prefix: str = "") -> None:
    for key, value in over.items():
        dotted = f"{prefix}{key}"
        if dotted not in known:
            near = difflib.get_close_matches(dotted, known, n=1, cutoff=0.4)
            near = near or [each for each in known if each.rsplit(".", 1)[-1] == key]
            hint = f"; did you mean {near[0]}?" if near else f"; sections are {', '.join(base)}" if not prefix else ""
            raise ConfigurationError(f"{origin}: unknown key {dotted}{hint}")
        if isinstance(base[key], dict):
            if not isinstance(value, Mapping):
                raise ConfigurationError(f"{origin}: {dotted} is a section with keys {', '.join(base[key])}")
            _merge(base[key], value, known, origin, f"{dotted}.")
        else:
            base[key] = value
