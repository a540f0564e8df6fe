"""The dataset card: what somebody who finds the folder needs to know. Made from the receipts alone, without a clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from cleancopy.dataset.receipts import Receipt, total
from cleancopy.schema import DATASETS, SCHEMA_VERSION

_WHAT = {
    "articles": "One row an article: the clean text and what was lifted out of it.",
    "removed": "One row a line that is not in its article's text: boilerplate with its role, and title, credit and date "
    "lines, which became fields.",
    "rejected": "One row a record that did not become an article, with its reason and its payload.",
}


def render(receipts: Mapping[str, Receipt]) -> str:
    """The card in Markdown."""
    counts = total(receipts.values())
    versions = sorted({receipt.configuration.get("version", "") for receipt in receipts.values()})
    configurations = sorted({receipt.configuration.get("settings", "") for receipt in receipts.values()})
    parts = [
        "# Clean articles\n",
        f"Written by cleancopy {', '.join(versions)}; schema version {SCHEMA_VERSION}; "
        f"settings {', '.join(configurations)}.\n",
        _table(
            ("", "count"),
            [
                ("records read", f"{counts.records:,}"),
                ("articles", f"{counts.articles:,}"),
                ("rejected", f"{counts.rejected.total():,}"),
                ("skipped", f"{counts.skipped.total():,}"),
                ("lines", f"{counts.lines_total:,}"),
                ("– kept", f"{counts.lines_kept:,}"),
                ("– lifted into title, credits, date", f"{counts.lines_lifted:,}"),
                ("– removed", f"{counts.lines_removed:,}"),
            ],
        ),
    ]
    for heading, column, counter in (
        ("Languages", "language", counts.languages),
        ("Lines outside the text, by role", "role", counts.roles),
        ("Rejected, by reason", "reason", counts.rejected),
        ("Skipped, by reason", "reason", counts.skipped),
    ):
        if counter:
            parts += [f"\n## {heading}\n", _table((column, "count"), [(k, f"{n:,}") for k, n in ranked(counter)])]
    parts += [
        "\n## Loading\n",
        '```python\nimport pandas as pd\n\narticles = pd.read_parquet("articles")\n```\n',
        "`doc_id` joins `removed` to `articles`. Each file's Parquet metadata holds the schema version, the version of "
        "cleancopy and the configuration's fingerprint; each field holds its description.",
    ]
    for name, schema in DATASETS.items():
        rows = [(f"`{f.name}`", str(f.type).split("<")[0], _description(f.metadata)) for f in schema]
        parts += [f"\n## {name}\n", f"{_WHAT[name]}\n", _table(("column", "type", "meaning"), rows)]
    return "\n".join(parts) + "\n"


def ranked(counter: Counter[str]) -> list[tuple[str, int]]:
    """Most frequent first, equal ones by name."""
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))


def _description(metadata: Mapping[bytes, bytes] | None) -> str:
    return (metadata or {}).get(b"description", b"").decode()


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])
