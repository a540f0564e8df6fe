"""`cleancopy show`: rows of a dataset, for people."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleancopy.commands.options import Dataset

if TYPE_CHECKING:
    from cleancopy.views.console import Console
    from cleancopy.views.inspect import Filter

_CUT = 400
_SUGGESTED = 12


class Kind(StrEnum):
    ARTICLES = "articles"
    REMOVED = "removed"
    REJECTED = "rejected"


def show(
    dataset: Dataset,
    kind: Annotated[
        Kind | None, typer.Option(help="Which rows; --rule and --role mean removed, --reason means rejected.")
    ] = None,
    head: Annotated[int, typer.Option("--head", "-n", min=1, help="The first rows.")] = 5,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Rows drawn at random instead, the same for a seed.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="For --sample.")] = 0,
    id_: Annotated[
        str | None, typer.Option("--id", help="The article with this doc_id, or the beginning of one.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Only articles in this language, or lines removed from them.")
    ] = None,
    site: Annotated[str | None, typer.Option(help="Only articles of this site, or lines removed from them.")] = None,
    role: Annotated[str | None, typer.Option(help="Only removed lines of this role.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only lines that this rule removed.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only records rejected for this reason.")] = None,
    repeats: Annotated[
        bool, typer.Option("--repeats", help="With --rule or --role: lines with the same text each time, not once.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", "-f", help="Whole texts.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
) -> None:
    """Show rows of the dataset at DIR: articles, removed lines or rejects."""
    from cleancopy.views.inspect import Filter, clusters, rows

    kind = kind or (Kind.REJECTED if reason else Kind.REMOVED if rule or role else Kind.ARTICLES)
    where = Filter(language, site, role, rule, reason, id_)
    drawn = seed if sample is not None else None
    different = bool(rule or role) and id_ is None and not repeats
    columns = None if json_ else _COLUMNS[kind]
    found = rows(
        dataset,
        kind.value,
        where,
        sample or head,
        seed=drawn,
        columns=columns,
        different=different,
        numbered=kind is Kind.REJECTED,
    )
    if kind is Kind.ARTICLES:
        copies = clusters(dataset, [row["doc_id"] for row in found])
        found = [{**row, "duplicates": copies[row["doc_id"]]} if row["doc_id"] in copies else row for row in found]
    if json_:
        import json

        from cleancopy.views.say import say_json

        for row in found:
            say_json(json.dumps(row, ensure_ascii=False, default=_plain))
        return
    from rich.text import Text

    from cleancopy.views.console import Console

    console = Console()
    _PRINT[kind](console, found, full)
    if kind is Kind.REJECTED and found:
        console.print(Text(f"`cleancopy explain {dataset} --reject {found[0]['number']}` explains one", style="dim"))
    if not found:
        console.print(Text(_why_none(dataset, kind, where)))


def _why_none(dataset: Path, kind: Kind, where: Filter) -> str:
    """What to say where no row is shown: which value that was asked for does not exist, and which do."""
    import difflib

    from cleancopy.dataset.figures import ranked
    from cleancopy.views.inspect import values

    for column, value in where.asked.items():
        if column == "doc_id":
            continue
        there = values(dataset, "articles" if column in ("language", "site") else kind.value, column)
        if value not in there:
            near = difflib.get_close_matches(value, there, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]}?" if near else ""
            most = ", ".join(name for name, _ in ranked(there)[:_SUGGESTED])
            rest = f" and {len(there) - _SUGGESTED:,} more" if len(there) > _SUGGESTED else ""
            return f"no rows: {column} {value} is not there{hint or f'; there are {most}{rest}' if there else ''}"
    return "no rows"


def _articles(console: Console, found: list[dict[str, Any]], full: bool) -> None:
    from rich.rule import Rule
    from rich.text import Text

    for row in found:
        console.print(Rule(style="dim"), width=console.page)
        console.print(Text(row["title"] or "(no title)", style="bold"))
        credits = [f"{credit['role']} {credit['name']}" for credit in row["credits"]]
        date = row["published_at"].date().isoformat() if row["published_at"] else None
        # Files of earlier versions lack the site's name.
        facts = [
            row["language"],
            date,
            row.get("site_name"),
            *credits,
            row["url"] or row["source_uri"],
            row["doc_id"][:12],
        ]
        console.print(Text(" · ".join(fact for fact in facts if fact), style="dim"))
        lines = f"{row['lines_kept']} of {row['lines_total']} lines kept, {row['signals']['words']:,} words"
        console.print(Text(lines, style="dim"))
        if (copies := row.get("duplicates")) is not None and copies["cluster_size"] > 1:
            what = "original" if copies["is_original"] else f"{copies['copy']} copy of {copies['original_id'][:12]}"
            console.print(
                Text(f"{what}, one of {copies['cluster_size']:,} in {copies['cluster_id'][:12]}", style="dim")
            )
        text = row["text"] if full or len(row["text"]) <= _CUT else row["text"][:_CUT].rstrip() + " …"
        console.print(Text("\n" + text))


def _removed(console: Console, found: list[dict[str, Any]], full: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, expand=console.is_terminal)
    for name, style in (("line of", "dim"), ("role", "red"), ("rule", "dim"), ("sure", "dim")):
        table.add_column(name, style=style, no_wrap=True, min_width=4 if name == "sure" else 12)
    table.add_column("text", overflow="fold" if full else "ellipsis", no_wrap=not full, ratio=1)
    for row in found:
        where = f"{row['line']} {row['doc_id'][:8]}"
        table.add_row(where, Text(row["role"]), Text(row["rule"]), f"{row['confidence']:.0%}", Text(row["text"]))
    if found:
        console.print(table)


def _rejected(console: Console, found: list[dict[str, Any]], full: bool) -> None:
    from rich.text import Text

    for row in found:
        console.print(
            Text(f"{row['number']}  {row['reason']}  {row['source_uri']} at {row['source_position']}", style="bold")
        )
        console.print(Text(f"  {row['detail']}"))
        if full and row["payload"] is not None:
            console.print(Text(row["payload"][:_CUT].decode("utf-8", "replace"), style="dim"))


_COLUMNS: dict[Kind, tuple[str, ...] | None] = {
    Kind.ARTICLES: (
        *("doc_id", "source_uri", "url", "site_name", "title", "text", "published_at", "language"),
        *("lines_total", "lines_kept"),
        *("credits.role", "credits.name", "signals.words"),
    ),
    Kind.REMOVED: None,
    Kind.REJECTED: None,
}
_PRINT = {Kind.ARTICLES: _articles, Kind.REMOVED: _removed, Kind.REJECTED: _rejected}


def _plain(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value.isoformat())
