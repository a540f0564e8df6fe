"""What commands print without a terminal's library, which takes long to load; cleaned on its way."""

from __future__ import annotations

import typer

from cleancopy.shown import shown, shown_json


def say(text: str, *, err: bool = False) -> None:
    """Print a line, to standard error if `err`."""
    typer.echo(shown(text), err=err)


def say_json(text: str) -> None:
    """Print JSON, which stays the same values."""
    typer.echo(shown_json(text))
