"""`cleancopy verify`: reread everything."""

from __future__ import annotations

import typer

from cleancopy.commands.options import Dataset


def verify(dataset: Dataset) -> None:
    """Reread the dataset at DIR: hashes, schema, conservation of lines and records, unique ids, stray files."""
    from rich.markup import escape

    from cleancopy.commands.console import Console
    from cleancopy.dataset.layout import Layout
    from cleancopy.dataset.lock import holder
    from cleancopy.dataset.verify import verify as reread
    from cleancopy.errors import DatasetError

    layout = Layout.at(dataset)
    writer = holder(layout)
    if writer is not None:
        raise DatasetError(f"{layout.root} is being written by {writer}; verify it when that has finished")
    console = Console()
    result = reread(layout)
    for problem in result.problems:
        console.print(f"[red]✗[/red] {escape(problem)}")
    console.print(f"{result.files:,} files, {result.rows:,} rows, {len(result.problems)} problems")
    if result.problems:
        raise typer.Exit(1)
