"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cleancopy.settings import Loaded, Settings

Dataset = Annotated[Path, typer.Argument(metavar="DIR", help="The dataset's folder.", show_default=False)]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", metavar="FILE", help="A TOML file with settings; by default cleancopy.toml, if any."
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="KEY=VALUE", help="One setting, such as run.workers=4. May be repeated."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print errors alone; the exit code says whether all is well.")
]


def effective(config: Path | None, set_: Sequence[str] | None) -> Loaded:
    """What holds here: the defaults, under `--config` or else `cleancopy.toml`, `CLEANCOPY_…` variables and `--set`."""
    from cleancopy.settings import load_from

    return load_from(file(config), set_ or (), os.environ)


def settings_here(config: Path | None, set_: Sequence[str] | None) -> Settings:
    """The settings of `effective`."""
    return effective(config, set_).settings


def file(config: Path | None) -> Path | None:
    """The file of `--config`, or else `cleancopy.toml` of the folder in which the command is called, or None."""
    from cleancopy.settings import PROJECT_FILE

    here = Path(PROJECT_FILE)
    return config if config is not None or not here.is_file() else here


def single(set_: Sequence[str] | None) -> list[str]:
    """The settings of the environment's variables and of `--set`, as the latter writes them."""
    from cleancopy.settings import variables

    return [*(f"{key}={value}" for key, value in variables(os.environ).items()), *(set_ or ())]
