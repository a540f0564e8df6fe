"""Small inputs that we wrote ourselves: deterministic, varied enough that every dataset has rows."""

from __future__ import annotations

import difflib
import gzip
import json
import random
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cleancopy.dataset.row_groups import groups, slices
from cleancopy.schema import DATASETS

SENTENCES = (
    "The council met on Tuesday to decide what should become of the old bridge over the river.",
    "Three engineers had measured the arches in spring, and their report was longer than anyone had expected.",
    "Nobody in the hall spoke against the plan, but several people asked how long the road would stay closed.",
    "According to the mayor the work will begin in September and last until the following summer.",
    "A ferry is to carry those on foot; drivers will have to go by way of the mill.",
    "The oldest of the stones were cut in a quarry that has long been a lake.",
    "Children from the school beside the water drew the bridge as they would like it to be.",
    "The costs are shared between the town, the county and a foundation for monuments.",
)
FOOTER = ("Share on Facebook", "Share on Twitter", "Related articles", "Subscribe to our newsletter")


def text(source: random.Random, paragraphs: int) -> str:
    body = [" ".join(source.choices(SENTENCES, k=source.randint(2, 6))) for _ in range(paragraphs)]
    return "\n\n".join([f"What became of bridge {source.randint(1, 999)}", *body, *FOOTER])


def write(folder: Path, files: int, records: int, *, seed: int = 1, first: int = 0) -> Path:
    """`files` JSON Lines files of `records` good records each, and one line that is no JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + files):
        source = random.Random(seed * 1000 + number)
        lines = [
            json.dumps(
                {
                    "id": f"{number}-{index}",
                    "text": text(source, source.randint(3, 8)),
                    "url": "https://news.example.org/a",
                }
            )
            for index in range(records)
        ]
        (folder / f"{number:03d}.jsonl").write_text("\n".join([*lines, "{broken"]) + "\n")
    return folder


def table_of(out: Path, name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of one of the three tables of a dataset, in whatever format."""
    fields = [field for field in DATASETS[name] if columns is None or field.name in columns]
    read = [group.read(columns) for group in groups(name, slices(out, name))]
    schema = pa.schema(fields)
    return pa.concat_tables([schema.empty_table(), *(table.cast(schema) for table in read)])


def tree(out: Path) -> dict[str, bytes]:
    """What a reader of the dataset sees, and what its next run relies on, byte for byte."""
    state = out / "_cleancopy"
    files = {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and state not in path.parents
    }
    return {**files, **{path.name: _said(path) for path in sorted((state / "receipts").iterdir())}}


def _said(receipt: Path) -> bytes:
    """What a receipt says, without what it measured, which differs from run to run."""
    measured = ("seconds", "slowest", "check")
    said = {name: value for name, value in json.loads(receipt.read_bytes()).items() if name not in measured}
    return json.dumps(said, indent=1, sort_keys=True).encode()


def differences(found: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> list[str]:
    """What is not the same in two trees, short enough to be read in a log: files, and the rows that differ in them."""
    names = sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))
    return [f"{name}: {_difference(found.get(name), wanted.get(name))}" for name in names]


def _difference(found: bytes | None, wanted: bytes | None) -> str:
    if found is None or wanted is None:
        return "missing" if found is None else "should not be there"
    if found.startswith(b"\x1f\x8b"):
        found, wanted = gzip.decompress(found), gzip.decompress(wanted)
    if not found.startswith(b"PAR1"):
        changes = difflib.unified_diff(
            wanted.decode().splitlines(), found.decode().splitlines(), "wanted", "found", n=0
        )
        return "\n".join([*changes][2:12])[:2000]
    rows, expected = (pq.read_table(BytesIO(content)).to_pylist() for content in (found, wanted))
    if len(rows) != len(expected):
        named = [row.get("source_position", row.get("line")) for row in rows]
        return f"{len(rows)} rows ({named[:20]}), not {len(expected)}"
    for number, (row, good) in enumerate(zip(rows, expected, strict=True)):
        columns = [name for name in good if row[name] != good[name]]
        if columns:
            return f"row {number}: {columns[0]} = {row[columns[0]]!r:.300}, not {good[columns[0]]!r:.300} ({columns})"
    return "equal rows in other bytes"


def leftovers(out: Path) -> list[str]:
    """What a finished run should not leave."""
    state = out / "_cleancopy"
    found = [*(state / "tmp").iterdir(), *(state / "staged").iterdir(), *state.glob("publishing.json")]
    return [path.relative_to(out).as_posix() for path in [*found, *out.rglob(".*")]]
