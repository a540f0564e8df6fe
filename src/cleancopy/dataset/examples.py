"""The first reject of each reason, for whoever asks what went wrong before looking into the dataset."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypedDict

from cleancopy.dataset.receipts import Receipt
from cleancopy.dataset.rows import rows


class Example(TypedDict):
    """A reject: what is wrong with it and what would be right, and where it lies."""

    detail: str
    source_uri: str
    source_position: int


def first_rejects(receipts: Iterable[tuple[Path, Receipt]]) -> dict[str, Example]:
    """Reason → its first reject in the files of the receipts, each of which lie below the folder beside it.

    Reads no more than one shard for each reason. Raises DatasetError for a file that is missing.
    """
    found: dict[str, Example] = {}
    for root, receipt in receipts:
        missing = receipt.counts.rejected.keys() - found.keys()
        for file in receipt.files:
            if missing and file.dataset == "rejected":
                for table in rows(root, file, ["reason", "detail", "source_uri", "source_position"]):
                    found_here: list[dict[str, Any]] = table.to_pylist()
                    for row in found_here:
                        if row["reason"] in missing:
                            missing.discard(row["reason"])
                            found[row["reason"]] = Example(
                                detail=row["detail"],
                                source_uri=row["source_uri"],
                                source_position=row["source_position"],
                            )
    return found


def words(examples: dict[str, Example], reasons: Iterable[str]) -> list[str]:
    """A line for each reason that has an example: the detail, and where the record lies."""
    lines = []
    for reason in reasons:
        if reason in examples:
            example = examples[reason]
            place = f" record {example['source_position']}" if example["source_position"] else ""
            lines.append(f"{reason}: {example['detail']} ({example['source_uri']}{place})")
    return lines
