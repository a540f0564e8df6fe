"""`cleancopy verify`: reread everything."""

from __future__ import annotations

import typer

from cleancopy.commands.options import Dataset, Json, Quiet


def verify(dataset: Dataset, quiet: Quiet = False, json_: Json = False) -> None:
    """Reread the dataset at DIR: hashes, schema, conservation of lines and records, unique ids, stray files."""
    import json
    from dataclasses import asdict

    from rich.markup import escape

    from cleancopy.commands.console import Console
    from cleancopy.dataset.layout import Layout
    from cleancopy.dataset.lock import holder
    from cleancopy.dataset.verify import verify as reread
    from cleancopy.errors import DatasetError
    from cleancopy.shown import counted
    from cleancopy.views.say import say_json

    layout = Layout.at(dataset)
    writer = holder(layout)
    if writer is not None:
        raise DatasetError(f"{layout.root} is being written by {writer}; verify it when that has finished")
    console = Console(quiet=quiet)
    result = reread(layout)
    if json_:
        say_json(json.dumps(asdict(result), ensure_ascii=False, indent=1))
        if result.problems:
            raise typer.Exit(1)
        return
    for problem in result.problems:
        console.print(f"[red]✗[/red] {escape(problem)}")
    numbers = ((result.files, "file"), (result.rows, "row"), (len(result.problems), "problem"))
    console.print(", ".join(counted(number, thing) for number, thing in numbers))
    if result.problems:
        raise typer.Exit(1)
