"""The flow that puts many small files together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import BaseModel, ConfigDict, Field

from cleancopy import settings as configuration
from cleancopy.runs.embedded import load_flow
from cleancopy.runs.pipeline import compact


class CompactParameters(BaseModel):
    """A dataset."""

    model_config = ConfigDict(extra="forbid")

    out: str = Field(description="The dataset's folder.")
    config: str | None = Field(None, description="A TOML file with settings that differ from the defaults.")
    settings: dict[str, Any] = Field(default_factory=dict)


@flow(name="compact-dataset", flow_run_name=load_flow("clean").run_name, persist_result=False)
def compact_dataset(parameters: CompactParameters) -> State[Any]:
    """Merge the dataset's small files into files of up to `output.file_bytes`."""
    config = Path(parameters.config) if parameters.config else None
    before, after = compact(parameters.out, configuration.load(config, parameters.settings))
    message = f"{before} files became {after}"
    create_markdown_artifact(f"# {parameters.out}\n\n{message}\n", key="compact-report", description=parameters.out)
    return Completed(message=message)
