"""`cleancopy run`: the flow on this machine or a cluster, or the same work without Prefect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleancopy.commands.options import Config, Json, Quiet, Set, file, settings_here, single
from cleancopy.commands.signals import ended_by_sigterm

if TYPE_CHECKING:
    from cleancopy.commands.console import Console
    from cleancopy.runs.pipeline import Summary
    from cleancopy.settings import Settings

STARTING = (
    "starting Prefect's embedded server, which takes about 10 s, the first time 20, and meanwhile rules and model "
    "(--direct needs no server; PREFECT_API_URL names a running one)"
)


def run(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...", help="Files, folders, globs or URLs (s3://, https://, …).", show_default=False
        ),
    ],
    out: Annotated[str, typer.Option("--out", "-o", metavar="DIR", help="The dataset's folder.", show_default=False)],
    config: Config = None,
    set_: Set = None,
    direct: Annotated[
        bool, typer.Option("--direct", help="Without Prefect: same work, same bytes, no server.")
    ] = False,
    engine: Annotated[
        str | None, typer.Option(help="processes, dask or inline; short for --set run.engine=…", show_default=False)
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes; short for --set run.workers=…", show_default=False)
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show Prefect's own log.")] = False,
    quiet: Quiet = False,
    json_: Json = False,
) -> None:
    """Clean SOURCEs into the dataset at DIR. Run it again to go on, or to clean only what is new or has changed."""
    overrides = [*(set_ or [])]
    overrides += [f"run.engine={engine}"] if engine is not None else []
    overrides += [f"run.workers={workers}"] if workers is not None else []
    try:
        with ended_by_sigterm():
            failed = _run(sources, out, config, overrides, direct=direct, verbose=verbose, quiet=quiet, json_=json_)
    except KeyboardInterrupt:
        typer.echo("stopped; run the same command to go on where it ended", err=True)
        raise typer.Exit(130) from None
    if failed:
        raise typer.Exit(1)


def _run(
    sources: list[str],
    out: str,
    config: Path | None,
    overrides: list[str],
    *,
    direct: bool,
    verbose: bool,
    quiet: bool,
    json_: bool,
) -> bool:
    """The run, and what is said of it. Gives back whether shards failed."""
    from rich.markup import escape

    from cleancopy.cleaning import Cleaning
    from cleancopy.commands.console import Console

    loaded = settings_here(config, overrides)
    _look_ahead(sources, out, loaded)
    console = Console(quiet=quiet)
    if direct:
        from cleancopy.runs.direct import run_direct

        with console.progress("cleaning"):
            summary = run_direct(sources, out, loaded)
    else:
        from cleancopy.runs import embedded

        flow = embedded.load(verbose=verbose)
        server = flow.configured_server()
        console.note(f"using the Prefect server at {server}" if server else STARTING)
        with console.progress("cleaning"):
            summary = flow.run_here(
                sources, out, file(config), single(overrides), console.note, lambda: Cleaning.checked(loaded)
            )
    page = _report(console, summary)
    if json_:
        _print_json(summary, page)
    else:
        console.summary(summary)
        if page is not None:
            console.print(f"report: {escape(str(page))}")
        console.next_steps(summary)
    return bool(summary.failures)


def _print_json(summary: Summary, page: Path | None) -> None:
    import json

    from cleancopy.views.say import say_json

    say_json(
        json.dumps({**summary.plain(), "report": None if page is None else str(page)}, ensure_ascii=False, indent=1)
    )


def _report(console: Console, summary: Summary) -> Path | None:
    from cleancopy.dataset.layout import Layout
    from cleancopy.views.report import report_run

    return report_run(Layout.at(summary.out), summary.run, console.note)


def _look_ahead(sources: list[str], out: str, loaded: Settings) -> None:
    """Find mistakes in arguments before a server is started; remote listings, long at times, wait."""
    from cleancopy import readers
    from cleancopy.assembly import reader_options
    from cleancopy.dataset.layout import Layout
    from cleancopy.runs.pipeline import keep_apart

    layout = Layout.at(out)
    local = [source for source in sources if "://" not in source]
    if local:
        keep_apart(layout, local, readers.discover(local, reader_options(loaded)))
