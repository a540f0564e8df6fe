"""`cleancopy census`: what many pages of a site have told of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cleancopy.commands.options import Dataset, Json

if TYPE_CHECKING:
    from cleancopy.views.census import RepeatedLine

SHOWN = 50
"""Rows that are shown at most where nobody asks for JSON."""


def _places(line: RepeatedLine) -> tuple[int, int, int]:
    return line.above, line.within, line.below


def census(
    dataset: Dataset,
    site: Annotated[
        str | None,
        typer.Option("--site", metavar="SITE", help="The lines that this site repeats, such as example.org."),
    ] = None,
    json_: Json = False,
) -> None:
    """Say which sites the dataset at DIR has counted, or which lines one of them repeats, how often and where."""
    import json
    from dataclasses import asdict

    from cleancopy.dataset.layout import Layout
    from cleancopy.views.census import lines, sites
    from cleancopy.views.say import say_json

    layout = Layout.at(dataset)
    if site is None:
        found = sites(layout)
        plain = [asdict(each) for each in found]
        header: tuple[str, ...] = ("site", "pages", "counted", "lines")
        table: list[tuple[str, ...]] = [
            (each.site, f"{each.known:,}", f"{each.pages:,}", f"{each.lines:,}") for each in found
        ]
        title = f"{len(found):,} sites with a template"
    else:
        about, repeated = lines(layout, site)
        plain = [asdict(each) for each in repeated]
        header = ("line", "pages", "above", "within", "below")
        table = [
            (each.text or "(in no article that was looked into)", f"{each.pages:,}", *map(str, _places(each)))
            for each in repeated
        ]
        title = (
            f"{about.site}: {about.pages:,} of {about.known:,} pages counted, {about.lines:,} lines on more than one"
        )
    if json_:
        say_json(json.dumps(plain, ensure_ascii=False, indent=1))
        return
    from rich.table import Table
    from rich.text import Text

    from cleancopy.views.console import Console

    console = Console()
    console.print(Text(title, style="bold"))
    shown = Table(box=None, pad_edge=False)
    shown.add_column(header[0], ratio=1, no_wrap=True, overflow="ellipsis")
    for name in header[1:]:
        shown.add_column(name, justify="right")
    for row in table[:SHOWN]:
        shown.add_row(*map(Text, row))
    console.print(shown)
    if len(table) > SHOWN:
        console.print(f"and {len(table) - SHOWN:,} more; --json prints all")
