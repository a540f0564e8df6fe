"""`cleancopy schema`: what the columns of a dataset are, for programs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Table(StrEnum):
    ARTICLES = "articles"
    REMOVED = "removed"
    REJECTED = "rejected"


def schema(table: Annotated[Table, typer.Argument(help="Which table.")] = Table.ARTICLES) -> None:
    """Print the JSON Schema of a table's rows: a line of JSON Lines holds to it."""
    import json

    from cleancopy.dataset.json_schema import json_schema
    from cleancopy.views.say import say_json

    say_json(json.dumps(json_schema(table.value), ensure_ascii=False, indent=2))
