"""What is published of one shard, by place: its rejects, for trying them again, and its articles, which are done."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pyarrow as pa

from cleancopy.dataset.layout import Layout
from cleancopy.dataset.receipts import Receipt
from cleancopy.dataset.rows import rows

Key = tuple[str, int]
"""Source URI and position: what finds a reject in its source again."""


class Rejects:
    """The rows of `rejected` that belong to a shard."""

    def __init__(self, layout: Layout, receipt: Receipt) -> None:
        files = [file for file in receipt.files if file.dataset == "rejected"]
        self._table = pa.concat_tables([table for file in files for table in rows(layout.root, file)])
        columns: dict[str, list[Any]] = self._table.select(["source_uri", "source_position"]).to_pydict()
        self._keys: list[Key] = list(zip(columns["source_uri"], columns["source_position"], strict=True))
        self.keys = frozenset(self._keys)

    def without(self, keys: Collection[Key]) -> pa.Table:
        """The rejects that are not among `keys`."""
        return self._table.filter(pa.array([key not in keys for key in self._keys], pa.bool_()))


def article_keys(layout: Layout, receipt: Receipt) -> frozenset[Key]:
    """Where the shard's articles lie in their sources."""
    found: set[Key] = set()
    for file in receipt.files:
        if file.dataset == "articles":
            for table in rows(layout.root, file, ["source_uri", "source_position"]):
                columns: dict[str, list[Any]] = table.to_pydict()
                found.update(zip(columns["source_uri"], columns["source_position"], strict=True))
    return frozenset(found)
