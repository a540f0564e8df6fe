"""Stories that stand in several places, as records for a run: made of words that mean nothing, the same for a seed."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

WORDS = [f"{a}{b}{c}" for a in ("ba", "ko", "li", "me", "tu") for b in ("ran", "sol", "vi", "dek") for c in "aeiostn"]


class Page(NamedTuple):
    """A page of a story: where it stands, what it says, and whom it credits."""

    url: str
    text: str
    date: str = ""
    credit: str = ""


def story(seed: int, sentences: int = 9) -> str:
    """A text of its own: no other seed has three words in a row of it."""
    source = random.Random(seed)
    lines = []
    for _ in range(sentences):
        words = source.choices(WORDS, k=source.randint(12, 18))
        lines.append(" ".join(words).capitalize() + ".")
    return "\n\n".join(" ".join(lines[at : at + 3]) for at in range(0, sentences, 3))


def edited(text: str, share: float, seed: int) -> str:
    """The text with this share of its words exchanged, each by itself."""
    source = random.Random(seed)
    words = text.split(" ")
    for at in range(len(words)):
        if source.random() < share and words[at].islower():
            words[at] = source.choice(WORDS)
    return " ".join(words)


def write(path: Path, pages: Sequence[Page]) -> Path:
    """The pages as a file of JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        {"url": page.url, "date": page.date, "text": "\n\n".join(each for each in (page.credit, page.text) if each)}
        for page in pages
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def pages(number: int, seed: int) -> list[Page]:
    """Pages of some stories: each in one to four places, to the letter or edited."""
    source = random.Random(seed)
    found = []
    for index in range(number):
        told = story(source.randrange(8))
        text = told if source.random() < 0.3 else edited(told, source.choice((0.02, 0.05)), source.randrange(1000))
        found.append(Page(f"https://site{source.randrange(6)}.example/{seed}/{index}", text, f"2024-05-{1 + index:02}"))
    return found
