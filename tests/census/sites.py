"""Sites made for these tests: pages with a template around articles that share nothing but what a test plants."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

NOUNS = ("bridge", "harbour", "library", "mill", "orchard", "railway", "school", "theatre", "tower", "market", "canal")
PLACES = ("Whitby", "Dunmore", "Exeter", "Galway", "Lincoln", "Hexham", "Stirling", "Penzance", "Halifax", "Cardiff")
SENTENCES = (
    "The {noun} of {place} was closed for {number} years, and nobody expected that it would ever open again.",
    "The council of {place} put aside {number} thousand pounds for the {noun}, which was less than half of the costs.",
    "Those who live beside the {noun} counted {number} lorries a day, and wrote a letter to the mayor of {place}.",
    "An engineer from {place} found {number} cracks in the walls of the {noun} and advised to wait for the summer.",
    "In the spring {number} volunteers came to the {noun} near {place} with shovels, paint and a great deal of tea.",
    "The oldest photograph of the {noun} shows {number} people in their best clothes on the market square of {place}.",
)
ABOVE = ("Home", "News", "World", "Culture", "Sport", "Sign in", "Subscribe")
BOX = "Stories like this one are paid for by readers; become a member today and read everything we publish for a year."
BELOW = (
    "The Courier is published by a trust that belongs to those who work for it, and has no owner that could sell it.",
    "Privacy policy",
    "Terms of use",
    "© 2024 The Courier. All rights reserved.",
)


def paragraph(dice: random.Random) -> str:
    return " ".join(
        template.format(noun=dice.choice(NOUNS), place=dice.choice(PLACES), number=dice.randint(11, 9999))
        for template in dice.sample(SENTENCES, 3)
    )


def article(number: int, seed: int = 1) -> list[str]:
    """A title and paragraphs that no other number has."""
    dice = random.Random(seed * 100_000 + number)
    title = f"What became of the {dice.choice(NOUNS)} in {dice.choice(PLACES)} after {dice.randint(11, 9999)} days"
    return [title, *(paragraph(dice) for _ in range(dice.randint(5, 8)))]


def page(body: Sequence[str]) -> list[str]:
    """The article with the template around it, and a box in its midst."""
    title, *text = body
    middle = len(text) // 2
    return [*ABOVE, title, *text[:middle], BOX, *text[middle:], *BELOW]


def url(number: int, host: str = "www.courier.example") -> str:
    return f"https://{host}/news/{number}"


def record(number: int, lines: Sequence[str], host: str = "www.courier.example") -> dict[str, str]:
    return {"id": str(number), "url": url(number, host), "text": "\n\n".join(lines)}


def write(path: Path, records: Sequence[dict[str, str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records), "utf-8")
    return path
