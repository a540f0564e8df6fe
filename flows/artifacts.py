"""What the server shows of a run that has ended: tables, a report, an event, and what was made of what."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event

from cleancopy.dataset.card import ranked
from cleancopy.dataset.figures import Figures
from cleancopy.dataset.layout import Layout, read_note
from cleancopy.dataset.receipts import Receipt
from cleancopy.readers import credentials
from cleancopy.runs.pipeline import Summary
from cleancopy.shown import counted, shown
from cleancopy.views.words import rule_words

SHOWN_SHARDS, SHOWN_RULES, SHOWN_SOURCES = 100, 50, 20
"""Rows of tables: the slowest shards, the rules that took most lines out, the sources of `lineage`."""


def publish(summary: Summary, sources: Sequence[str], receipts: Sequence[Receipt], page: Path | None) -> None:
    """Everything, through the API of the server that the flow run has.

    sources: as the run was given them. receipts: of the shards that it cleaned. page: its report, where it has one.
    """
    slowest = sorted(receipts, key=lambda receipt: (-sum(receipt.seconds.values()), receipt.shard))[:SHOWN_SHARDS]
    _table(
        "clean-shards",
        f"The {len(slowest)} slowest of {counted(len(receipts), 'shard')}",
        [
            {
                "shard": receipt.shard,
                "records": receipt.counts.records,
                "articles": receipt.counts.articles,
                "rejected": receipt.counts.rejected.total(),
                "seconds": round(sum(receipt.seconds.values()), 1),
                "first source": shown(next(iter(receipt.inputs), "")),
            }
            for receipt in slowest
        ],
    )
    figures = Figures.of(read_note(page.with_suffix(".json"))["figures"]) if page else Figures()
    _table(
        "clean-rules",
        f"What took most of the {counted(figures.lines_total, 'line')} of this run out of the text",
        [
            {"rule": rule, "meaning": rule_words(rule), "lines": count, "share": f"{count / figures.lines_total:.1%}"}
            for rule, count in ranked(figures.rules)[:SHOWN_RULES]
        ],
    )
    create_markdown_artifact(_report(summary, figures, page), key="clean-report", description=summary.out)
    emit_event(
        "cleancopy.dataset.published",
        resource={"prefect.resource.id": f"cleancopy.dataset.{Path(summary.out).name}", "cleancopy.path": summary.out},
        payload={
            "run": summary.run,
            "articles": summary.counts.articles,
            "rejected": dict(summary.counts.rejected),
            "failed_shards": len(summary.failures),
            "dataset_articles": summary.dataset.articles,
        },
    )
    if summary.wrote:
        lineage([credentials.without(source) for source in sources], str(Layout.at(summary.out).root / "articles"))


@task(name="record-lineage", cache_policy=NO_CACHE, persist_result=False)
def lineage(sources: list[str], out: str) -> None:
    """Inputs and output as OpenLineage's integration for Prefect (`openlineage-prefect`) reads them.

    It looks at the tables of task runs whose description says `ol-dataset_input` or `ol-dataset_output`, and takes the
    first row of each: hence one table a source, of which there are SHOWN_SOURCES at most.
    """
    given = [(source, "input") for source in sources[:SHOWN_SOURCES]] + [(out, "output")]
    for number, (where, which) in enumerate(given):
        namespace, name = dataset_name(where)
        row = {"database_uri": namespace, "table": name}
        create_table_artifact([row], key=f"lineage-{which}-{number}", description=f"ol-dataset_{which}")


def dataset_name(where: str) -> tuple[str, str]:
    """(namespace, name) after OpenLineage's naming: `s3://bucket` and the key, `file` and the path."""
    address = urlsplit(where)
    if address.scheme in ("", "file"):
        return "file", address.path if address.scheme else str(Path(where).absolute())
    return f"{address.scheme}://{address.netloc}", address.path.lstrip("/") or "/"


def _table(key: str, description: str, rows: list[dict[str, Any]]) -> None:
    """A table, unless there is nothing to show: an empty one would stand before that of the run before."""
    if rows:
        create_table_artifact(rows, key=key, description=description)


def _report(summary: Summary, figures: Figures, page: Path | None) -> str:
    counts = summary.counts
    rows = [
        ("records", counts.records),
        ("articles", counts.articles),
        ("rejected", counts.rejected.total()),
        ("skipped", counts.skipped.total()),
        ("lines kept", counts.lines_kept),
        ("lines lifted", counts.lines_lifted),
        ("lines removed", counts.lines_removed),
        *((f"shards {name}", count) for name, count in summary.shards.items()),
        *((f"rejected: {reason}", count) for reason, count in ranked(counts.rejected)),
    ]
    table = "\n".join(f"| {name} | {count:,} |" for name, count in rows)
    speed = counts.records / summary.seconds if summary.seconds else 0.0
    stages = ", ".join(f"{stage} {seconds:,.1f} s" for stage, seconds in sorted(summary.stages.items()))
    failures = [f"- shard {shard}: {error}" for shard, error in list(summary.failures.items())[:20]]
    rejects = [
        f"- {reason}, the first: {example['detail']} ({example['source_uri']}, {example['source_position']})"
        for reason, example in summary.rejects.items()
    ]
    held = [
        ("Languages", ", ".join(f"{language} {count:,}" for language, count in ranked(figures.languages)[:12])),
        ("Sites", ", ".join(f"{site} {count:,}" for site, count in ranked(figures.sites)[:12])),
        ("Worker time", stages),
        ("Report, to be opened where the dataset lies", f"`{page}`" if page else ""),
        ("Figures", f"`{summary.out}/_cleancopy/runs/{summary.run}.json`"),
        ("Dataset card", f"`{summary.out}/README.md`"),
    ]
    return shown(
        "\n\n".join(
            part
            for part in (
                f"# {summary.out}",
                f"{summary.seconds:,.1f} s, {speed:,.0f} records/s",
                f"| | |\n| --- | --- |\n{table}",
                "\n".join([*failures, *rejects]),
                "\n".join(f"- {name}: {value}" for name, value in held if value),
            )
            if part
        )
        + "\n"
    )
