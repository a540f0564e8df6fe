"""`cleancopy report`: a run as a page."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from cleancopy.commands.options import Dataset


def report(
    dataset: Dataset,
    run: Annotated[str | None, typer.Option(help="A run of `_cleancopy/runs`; the last one by default.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the page here, too.")] = None,
) -> None:
    """Write the report of a run over the dataset at DIR: one HTML file that needs nothing else."""
    from cleancopy.dataset.layout import Layout
    from cleancopy.errors import ConfigurationError
    from cleancopy.views.report import write_report
    from cleancopy.views.say import say

    path = write_report(Layout.at(dataset), run)
    if out is not None:
        try:
            shutil.copyfile(path, out)
        except OSError as error:
            raise ConfigurationError(f"cannot write {out}: {error.strerror}") from None
    say(str(out or path))
