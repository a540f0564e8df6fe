"""The flow that fills in a range: the sources of some days, or the files between two paths, in one run."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import BaseModel, ConfigDict, Field, model_validator

from cleancopy import readers
from cleancopy import settings as configuration
from cleancopy.assembly import reader_options
from cleancopy.errors import SourceError
from cleancopy.readers import ReaderOptions, credentials
from cleancopy.readers.source import locate
from cleancopy.runs.embedded import load_flow
from cleancopy.runs.pipeline import MAX_SLOTS

_clean = load_flow("clean")


class BackfillParameters(BaseModel):
    """Either a source with the day in it, and two days; or a folder, glob or URL, and two paths below it."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(
        description="With {day:…}, such as s3://raw/{day:%Y/%m/%d}/*.jsonl.gz, a range of days; else a range of paths."
    )
    first: str = Field(description="The first day (2024-05-01), or a path below the source (2024/05/part-0100).")
    last: str = Field(description="The last day, or the last path: all that begins like it is included.")
    out: str = Field(description="The dataset's folder.")
    config: str | None = Field(None, description="A TOML file with settings that differ from the defaults.")
    settings: dict[str, Any] = Field(default_factory=dict)

    @property
    def by_day(self) -> bool:
        return "{day" in self.source

    @model_validator(mode="after")
    def _check(self) -> BackfillParameters:
        if self.by_day:
            backwards = _day("last", self.last) < _day("first", self.first)
            try:
                self.source.format(day=date.min)
            except (LookupError, AttributeError, ValueError) as error:
                raise ValueError(
                    f"source: only {{day:…}} can be filled in, such as {{day:%Y-%m-%d}} ({error})"
                ) from None
        else:
            backwards = self.last < self.first and not self.first.startswith(self.last)
        if backwards:
            raise ValueError("last: must not be before first")
        return self


def _day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{field}: {text!r} is no day, such as 2024-05-01 ({error})") from None


@flow(
    name="backfill-articles",
    flow_run_name=_clean.run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=MAX_SLOTS),
    persist_result=False,
)
def backfill_articles(parameters: BackfillParameters) -> State[Any]:
    """Clean the sources from `first` to `last`. Days without a source are named and passed over."""
    config = Path(parameters.config) if parameters.config else None
    options = reader_options(configuration.load(config, parameters.settings))
    sources = (_of_days if parameters.by_day else _of_paths)(parameters, options)
    if not sources:
        raise SourceError(
            f"{credentials.without(parameters.source)}: no source from {parameters.first} to {parameters.last}"
        )
    given = {"out": parameters.out, "config": parameters.config, "settings": parameters.settings}
    return _clean.clean(_clean.CleanParameters(sources=sources, **given))  # type: ignore[no-any-return]


def _of_days(parameters: BackfillParameters, options: ReaderOptions) -> list[str]:
    first, last = date.fromisoformat(parameters.first), date.fromisoformat(parameters.last)
    days = [first + timedelta(number) for number in range((last - first).days + 1)]
    sources, empty = [], []
    for day in days:
        source = parameters.source.format(day=day)
        try:
            readers.discover([source], options)
            sources.append(source)
        except SourceError:
            empty.append(day.isoformat())
    if empty:
        get_run_logger().warning("no source for %d of %d days: %s", len(empty), len(days), ", ".join(empty[:31]))
    return sources


def _of_paths(parameters: BackfillParameters, options: ReaderOptions) -> list[str]:
    folder = _folder(parameters.source)
    files = readers.discover([parameters.source], options)
    below = {file.uri: file.uri.removeprefix(folder).lstrip("/") for file in files}
    return [
        uri
        for uri, path in below.items()
        if parameters.first <= path and (path <= parameters.last or path.startswith(parameters.last))
    ]


def _folder(source: str) -> str:
    """The URI of the folder that a source's paths begin in: the source, or what stands before a glob's first mark."""
    filesystem, path = locate(source)
    fixed = re.split(r"[*?[]", path, maxsplit=1)[0]
    return credentials.without(filesystem.unstrip_protocol(path if fixed == path else fixed.rpartition("/")[0]))
