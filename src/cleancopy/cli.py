"""The command line. Exit codes: 0 done, 1 run or dataset failed, 2 arguments, inputs or configuration wrong."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from cleancopy.errors import CleancopyError, ConfigurationError, SourceError

COMMANDS = ("run", "clean", "explain", "show", "stats", "report", "status", "verify", "replay", "compact")
"""Each is the function of that name in the module of that name in `cleancopy.commands`, in the order of the help."""

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
    add_completion=False,
    rich_markup_mode=None,  # plain help: rich takes half a second to import
    pretty_exceptions_enable=False,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": WIDTH,
        "terminal_width": None if sys.stdout.isatty() else WIDTH,
    },
    epilog=_ending(""),
)
for _name in COMMANDS:
    app.command(_name, epilog=_ending(_name))(getattr(import_module(f"cleancopy.commands.{_name}"), _name))
for _name in ("rules", "config"):
    app.add_typer(import_module(f"cleancopy.commands.{_name}").app, name=_name)


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
