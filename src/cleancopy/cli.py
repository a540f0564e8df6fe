"""The command line. Exit codes: 0 done, 1 run or dataset failed, 2 arguments, inputs or configuration wrong."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from cleancopy.errors import CleancopyError, ConfigurationError, SourceError
from cleancopy.installed import has, missing

COMMANDS = (
    *("run", "clean", "explain", "show", "stats", "schema"),
    *("report", "census", "status", "verify", "replay", "compact", "duplicates"),
)
"""Each is the function of that name in the module of that name in `cleancopy.commands`, in the order of the help."""

GROUPS = ("rules", "config")
"""Each is the `app` of the module of that name in `cleancopy.commands`, which has commands of its own."""

EXAMPLES = {
    "": (
        "cleancopy clean page.html",
        "cleancopy run dumps/ --out dataset --direct",
        "cleancopy show dataset",
    ),
    "run": (
        "cleancopy run dumps/ 'exports/*.jsonl.gz' --out dataset --direct",
        "cleancopy run s3://bucket/crawl.warc.gz --out dataset --workers 8",
        "cleancopy run news.jsonl --out dataset --set input.fields.text=body",
    ),
    "clean": (
        "curl -s https://example.org/news/1 | cleancopy clean -",
        "cleancopy clean pages/*.html > articles.jsonl",
        "cleancopy clean pages/ --format text --out-dir clean",
    ),
    "explain": (
        "cleancopy explain page.txt",
        "cleancopy explain page.html --html why.html",
        "cleancopy explain dataset --reject 1",
    ),
    "show": (
        "cleancopy show dataset --language de --sample 3",
        "cleancopy show dataset --kind rejected",
        "cleancopy show dataset --json -n 1000 > articles.jsonl",
    ),
    "census": ("cleancopy census dataset", "cleancopy census dataset --site example.org --json"),
    "status": ("cleancopy status dataset --json",),
    "verify": ("cleancopy verify dataset --quiet && echo whole",),
}
"""Command → how it is used, shown at the end of its help; under the empty name those of all."""
EXIT_CODES = (
    "0  done",
    "1  a record is no article (clean), a run or a shard failed, or a dataset is not whole",
    "2  arguments, inputs or configuration are wrong",
    "130  stopped by Ctrl-C; the same run goes on where it ended",
)
WIDTH = 120
"""Columns of the help where there is no terminal, and at most in one."""


def _ending(name: str) -> str:
    """What stands below the help of a command."""
    parts = [("Examples:", EXAMPLES.get(name, ())), ("Exit codes:", EXIT_CODES)]
    return "\n\n".join("\b\n" + "\n".join([head, *(f"  {line}" for line in lines)]) for head, lines in parts if lines)


app = typer.Typer(
    name="cleancopy",
    help="Turns raw scraped text into clean article records in Parquet; every removal explained, nothing lost.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: rich takes half a second to import
    pretty_exceptions_enable=False,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": WIDTH,
        "terminal_width": None if sys.stdout.isatty() else WIDTH,
    },
    epilog=_ending(""),
)


def _add(name: str) -> None:
    """Add a command, or in its place one that says what to type where it is not installed."""
    if not has(f"commands.{name}"):
        app.command(name, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})(_not_here)
    elif name in COMMANDS:
        app.command(name, epilog=_ending(name))(getattr(import_module(f"cleancopy.commands.{name}"), name))
    else:
        app.add_typer(import_module(f"cleancopy.commands.{name}").app, name=name)


def _not_here(context: typer.Context) -> None:
    """Not part of cleancopy-core; type: pip install cleancopy"""
    raise missing(f"`cleancopy {context.info_name}`")


for _name in (*COMMANDS, *GROUPS):
    _add(_name)


def _version(wanted: bool) -> None:
    if wanted:
        from cleancopy import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


def main() -> None:
    """The entry point: errors that are meant for the user end in one message."""
    try:
        app()
    except (ConfigurationError, SourceError) as error:
        _fail(error, 2)
    except CleancopyError as error:
        _fail(error, 1)


def _fail(error: CleancopyError, code: int) -> None:
    typer.secho("error: ", fg="red", bold=True, nl=False, err=True)
    typer.echo(str(error), err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
