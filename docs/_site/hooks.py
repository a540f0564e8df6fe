"""What is done as the site is built: commands are described from the code, and no page may load from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer.main

from cleancopy.cli import app

MARK = "<!-- generated: commands -->"
ELSEWHERE = re.compile(
    r"<(?:script|link|img|iframe|source|video|audio)\b[^>]*\s(?:src|href)=[\"']?(?:https?:)?//[^>]*>"
)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by MkDocs for every page."""
    return markdown.replace(MARK, reference()) if MARK in markdown else markdown


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Called by MkDocs for every page. Raises ValueError, which ends the build, where it would load from elsewhere."""
    if found := ELSEWHERE.search(output):
        raise ValueError(f"{page.file.src_uri}: the page would load {found[0]} from elsewhere")
    return output


def reference() -> str:
    """Every command as Markdown: usage, what it does, arguments and options, examples."""
    root = typer.main.get_command(app)
    return "\n\n".join(part for name, command in _commands(root, "cleancopy") for part in _section(name, command))


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _section(name: str, command: Any) -> Iterator[str]:
    context = command.context_class(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    yield f"## {name.removeprefix('cleancopy ')}"
    yield f"```text\n{usage}\n```"
    yield re.sub(r"\s*\n(?=\S)", "\n", (command.help or "").replace("\b", "").strip())
    rows = [record for each in command.params if (record := each.get_help_record(context))]
    if rows:
        table = [f"| `{option}` | {_cell(meaning)} |" for option, meaning in rows]
        yield "\n".join(["| | |", "| --- | --- |", *table])
    if examples := re.search(r"Examples:\n((?:  .*\n?)+)", command.epilog or ""):
        yield "```sh\n" + re.sub(r"^  ", "", examples[1], flags=re.MULTILINE).rstrip() + "\n```"


def _cell(text: str) -> str:
    return text.replace("<", "&lt;").replace("|", "\\|")
