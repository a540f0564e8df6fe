"""A Hugging Face dataset, cleaned with `map`: `python examples/datasets_map.py pages.jsonl cleaned.parquet`."""

from __future__ import annotations

import sys
from typing import Any

from datasets import load_dataset

import cleancopy

KEPT = ("title", "text", "language")


def clean(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The columns of a batch → those of the articles, and why there is none. Rows stay in order."""
    rows = [dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True)]
    given = [{name: value for name, value in row.items() if value is not None} for row in rows]
    results = list(cleancopy.clean_many(given))
    refused = [each if isinstance(each, cleancopy.RecordError) else None for each in results]
    cleaned = {name: [getattr(each, name, None) for each in results] for name in KEPT}
    return {**cleaned, "rejected": [error and error.reason for error in refused]}


if __name__ == "__main__":
    raw = load_dataset("json", data_files=sys.argv[1], split="train")
    cleaned = raw.map(clean, batched=True, batch_size=64, remove_columns=raw.column_names)  # num_proc=8 for more cores
    articles = cleaned.filter(lambda reason: reason is None, input_columns="rejected").remove_columns("rejected")
    articles.to_parquet(sys.argv[2])
    print(f"{len(articles)} of {len(raw)} rows are articles")
