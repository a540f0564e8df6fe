"""`cleancopy status`: what is done, stale and rejected."""

from __future__ import annotations

import typer

from cleancopy.commands.options import Config, Dataset, Json, Quiet, Set, settings_here


def status(
    dataset: Dataset, config: Config = None, set_: Set = None, quiet: Quiet = False, json_: Json = False
) -> None:
    """Say what is done, stale and rejected in the dataset at DIR, and what the last run did."""
    import json

    from rich.markup import escape

    from cleancopy.commands.console import Console, most
    from cleancopy.dataset.figures import ranked
    from cleancopy.dataset.layout import Layout
    from cleancopy.runs.status import status as examine
    from cleancopy.views.say import say_json

    state = examine(Layout.at(dataset), settings_here(config, set_))
    if json_:
        plain = {name: getattr(state, name) for name in state.__slots__} | {"counts": state.counts.plain()}
        say_json(json.dumps(plain, ensure_ascii=False, indent=1))
        if state.shards.total() == 0:
            raise typer.Exit(1)
        return
    console, counts = Console(quiet=quiet), state.counts
    rows: list[tuple[str, ...]] = [
        ("sources", f"{state.sources:,}", ""),
        ("shards", f"{state.shards.total():,}", most(state.shards)),
        *(("", f"{count:,}", f"stale: {reason}") for reason, count in ranked(state.stale)),
        *(
            ("", f"{pages:,}", f"pages of {escape(site)} were cleaned with an earlier census")
            for site, pages in ranked(state.census)[:5]
        ),
        ("articles", f"{counts.articles:,}", most(counts.languages)),
        ("rejected", f"{counts.rejected.total():,}", most(counts.rejected)),
        ("skipped", f"{counts.skipped.total():,}", most(counts.skipped)),
        ("lines", f"{counts.lines_total:,}", f"{counts.lines_kept:,} kept, {counts.lines_lifted:,} lifted"),
        ("removed", f"{counts.lines_removed:,}", most(counts.roles)),
        ("size", f"{state.bytes / 1e6:,.1f} MB", ""),
    ]
    console.table(("", "", ""), rows)
    if state.last_run is not None:
        run = state.last_run
        outcome = "published" if run["published"] else "did not publish"
        console.print(f"last run {run['run']}: {outcome}, {run['seconds']:,.1f} s, finished {run['finished']}")
        for shard, error in run["failures"].items():
            console.print(f"  failed shard {shard}, and what it would replace stays as it was: {escape(error)}")
    if state.holder is not None:
        console.print(f"being written by {escape(state.holder)}")
    if state.publishing:
        console.print("a publication was interrupted or is under way: the next run finishes it")
    if state.suspects:
        console.print(f"shards that took workers down: {', '.join(state.suspects)}")
    if state.shards["stale"] or state.shards["waiting"]:
        console.print("run again with the same sources to bring it up to date")
    if state.shards.total() == 0:
        raise typer.Exit(1)
