"""The command line. Exit codes: 0 done, 1 run or dataset failed, 2 arguments, inputs or configuration wrong."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from cleancopy.errors import CleancopyError, ConfigurationError, SourceError

COMMANDS = ("run", "clean", "explain", "show", "stats", "report", "status", "verify", "replay", "compact")
"""Each is the function of that name in the module of that name in `cleancopy.commands`, in the order of the help."""

app = typer.Typer(
    name="cleancopy",
    help="Turns raw scraped text into clean article records in Parquet; every removal explained, nothing lost.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: rich takes half a second to import
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name in COMMANDS:
    app.command(_name)(getattr(import_module(f"cleancopy.commands.{_name}"), _name))
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
