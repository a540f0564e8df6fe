"""The flow that fills in a range of dates: one source pattern, one day after the other, one run over all of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import BaseModel, ConfigDict, Field, model_validator

from cleancopy import readers
from cleancopy import settings as configuration
from cleancopy.assembly import reader_options
from cleancopy.errors import SourceError
from cleancopy.runs.embedded import load_flow
from cleancopy.runs.pipeline import MAX_SLOTS

_clean = load_flow("clean")


class BackfillParameters(BaseModel):
    """A source pattern with the day in it, and the days."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(description="A path, glob or URL with {day:…}, such as s3://raw/{day:%Y/%m/%d}/*.jsonl.gz")
    first: date
    last: date
    out: str = Field(description="The dataset's folder.")
    config: str | None = Field(None, description="A TOML file with settings that differ from the defaults.")
    settings: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> BackfillParameters:
        if "{day" not in self.source:
            raise ValueError("source: put the day into it, such as raw/{day:%Y-%m-%d}.jsonl")
        if self.last < self.first:
            raise ValueError("last: must not be before first")
        return self


@flow(
    name="backfill-articles",
    flow_run_name=_clean.run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=MAX_SLOTS),
    persist_result=False,
)
def backfill_articles(parameters: BackfillParameters) -> State[Any]:
    """Clean the sources of each day from `first` to `last`. Days without a source are named and passed over."""
    log = get_run_logger()
    options = reader_options(configuration.load(None, parameters.settings))
    days = [parameters.first + timedelta(number) for number in range((parameters.last - parameters.first).days + 1)]
    sources, empty = [], []
    for day in days:
        source = parameters.source.format(day=day)
        try:
            readers.discover([source], options)
            sources.append(source)
        except SourceError:
            empty.append(day.isoformat())
    if empty:
        log.warning("no source for %d of %d days: %s", len(empty), len(days), ", ".join(empty[:31]))
    if not sources:
        raise SourceError(f"{parameters.source}: no source on any day from {parameters.first} to {parameters.last}")
    given = {"out": parameters.out, "config": parameters.config, "settings": parameters.settings}
    return _clean.clean(_clean.CleanParameters(sources=sources, **given))  # type: ignore[no-any-return]
