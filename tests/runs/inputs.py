"""Small inputs that we wrote ourselves: deterministic, varied enough that every dataset has rows."""

from __future__ import annotations

import json
import random
from pathlib import Path

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


def tree(out: Path) -> dict[str, bytes]:
    """What a reader of the dataset sees, and what its next run relies on, byte for byte."""
    state = out / "_cleancopy"
    files = {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and (state not in path.parents or path.name == "plan.jsonl")
    }
    return {**files, "receipts": b"\n".join(sorted(path.name.encode() for path in (state / "receipts").iterdir()))}


def leftovers(out: Path) -> list[str]:
    """What a finished run should not leave."""
    state = out / "_cleancopy"
    found = [*(state / "tmp").iterdir(), *(state / "staged").iterdir(), *state.glob("publishing.json")]
    return [path.name for path in found]
