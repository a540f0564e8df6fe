"""`cleancopy replay`: the rejects again."""

from __future__ import annotations

from typing import Annotated

import typer

from cleancopy.commands.options import Config, Dataset, Set, settings_here


def replay(
    dataset: Dataset,
    config: Config = None,
    set_: Set = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="A source with the password or signature that the dataset does not keep. May be repeated.",
        ),
    ] = None,
) -> None:
    """Clean just the rejects of the dataset at DIR again; what succeeds moves from rejected to articles."""
    from rich.markup import escape

    from cleancopy.commands.console import Console, most
    from cleancopy.commands.signals import ended_by_sigterm
    from cleancopy.readers import credentials
    from cleancopy.runs.direct import drive
    from cleancopy.runs.pipeline import open_replay

    loaded = settings_here(config, set_)
    for url in source or []:
        credentials.keep(url)
    console = Console()
    with ended_by_sigterm(), console.progress("replaying"), open_replay(dataset, loaded) as run:
        before = run.before()
        summary = drive(run)
    moved = summary.dataset.articles - before.articles
    console.print(f"{before.rejected.total():,} rejects tried again, {moved:,} are articles now")
    if summary.dataset.rejected:
        console.print(f"still rejected: {most(summary.dataset.rejected)}")
    for shard, error in summary.failures.items():
        console.print(f"failed shard {shard}: {escape(error)}")
    if summary.failures:
        raise typer.Exit(1)
