"""`cleancopy stats`: figures over a dataset."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from cleancopy.commands.options import Dataset


def stats(
    dataset: Dataset,
    json_: Annotated[bool, typer.Option("--json", help="Print all figures as JSON.")] = False,
    top: Annotated[int, typer.Option(min=1, help="Entries of each list.")] = 10,
) -> None:
    """Say what the dataset at DIR holds: languages, sites, years, fields, duplicates, removed lines, rejects."""
    from cleancopy.dataset.figures import figures
    from cleancopy.views.inspect import duplicates

    found = figures(dataset)
    copies = duplicates(dataset)
    if json_:
        import json
        from dataclasses import asdict

        from cleancopy.views.say import say_json

        plain = {**found.plain(), "near_duplicates": copies and asdict(copies)}
        say_json(json.dumps(plain, ensure_ascii=False, indent=1))
        return
    from rich.columns import Columns
    from rich.table import Table
    from rich.text import Text

    from cleancopy.dataset.figures import ranked
    from cleancopy.views.console import Console
    from cleancopy.views.words import duplicate_words

    console = Console()
    lines, articles = max(found.lines_total, 1), max(found.articles, 1)
    console.print(
        f"[bold]{found.articles:,} articles[/bold], {found.words_total:,} words; "
        f"{found.titled / articles:.0%} with a title, {found.credited / articles:.0%} with a credit, "
        f"{found.dated / articles:.0%} with a date; "
        f"{found.duplicates:,} ({found.duplicates / articles:.1%}) with the text of an earlier one"
    )
    console.print(
        f"[bold]{found.lines_total:,} lines[/bold]: {found.lines_kept / lines:.1%} kept, "
        f"{found.lines_lifted / lines:.1%} lifted, {found.lines_removed / lines:.1%} removed\n"
    )
    if copies is not None:
        console.print(f"{duplicate_words(copies)}\n")
    counters: dict[str, Counter[str]] = {
        "languages": found.languages,
        "sites": found.sites,
        "years of publication": found.years,
        "roles of lines outside the text": found.roles,
        "rules": found.rules,
        "rejected": found.reasons,
    }
    tables = []
    for title, counter in counters.items():
        if not counter:
            continue
        table = Table(
            title=title, title_justify="left", title_style="bold", box=None, show_header=False, pad_edge=False
        )
        table.add_column(overflow="fold", max_width=40)
        table.add_column(justify="right")
        for name, count in ranked(counter)[:top]:
            table.add_row(Text(name), f"{count:,}")
        if len(counter) > top:
            rest = sum(count for _, count in ranked(counter)[top:])
            table.add_row(f"{len(counter) - top} more", f"{rest:,}", style="dim")
        tables.append(table)
    console.print(Columns(tables, padding=(1, 4)), width=console.page)
