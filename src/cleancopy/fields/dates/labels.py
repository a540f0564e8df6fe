"""What stands around a date: a label that says what it dates ("Last updated:"), names, or a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cleancopy.fields.dates.vocabulary import Vocabulary
from cleancopy.text.letters import WORDS, caseless

_LONGEST_AGO = 40
"""Characters behind the number of the longest phrase that counts back."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What stands between dates: the kind its last phrase announces, and the words that no date line needs."""

    kind: str | None
    residue: int
    lower: int
    unrelated: bool
    neutral_only: bool
    relative: bool
    """Whether it tells another time from a day that nobody knows ("updated 2 days ago")."""

    @classmethod
    def of(cls, text: str, vocabulary: Vocabulary) -> Gap:
        """What the text between two dates, or before the first or behind the last, says."""
        words = WORDS.findall(text)
        folded = [word.casefold() for word in words]
        kind: str | None = None
        residue = lower = at = 0
        unrelated = relative = False
        while at < len(folded):
            for length in range(min(vocabulary.longest, len(folded) - at), 0, -1):
                category = vocabulary.phrases.get(tuple(folded[at : at + length]))
                if category is not None:
                    break
            else:
                category, length = None, 1
            relative = relative or category == "relative"
            if category in ("published", "updated"):
                kind, unrelated = category, False
            elif category == "unrelated":
                unrelated = unrelated or at + length >= len(folded) - 1
                residue, lower = residue + length, lower + (words[at].islower())
            elif category is None and folded[at] not in vocabulary.months:
                residue += 1
                lower += words[at].islower()
            at += length
        return cls(kind, residue, lower, unrelated, residue == 0, relative)


def without_label(gap: str, vocabulary: Vocabulary) -> str:
    """`gap` without the date labels that end it ("Jane Doe | Last updated:" → "Jane Doe | ")."""
    words = list(WORDS.finditer(gap))
    end = len(words)
    while end:
        for length in range(min(vocabulary.longest, end), 0, -1):
            category = vocabulary.phrases.get(tuple(word[0].casefold() for word in words[end - length : end]))
            if category in ("published", "updated", "joiner", "weekday"):
                end -= length
                break
        else:
            break
    return gap if end == len(words) else gap[: words[end].start()]


def ago_at(text: str, number: re.Match[str], vocabulary: Vocabulary) -> tuple[int, int] | None:
    """From where to where `text` counts back from a day unknown by `number` ("vor 2 Stunden", "2 hours ago")."""
    behind = text[number.end() :].lstrip()
    folded, above = behind[:_LONGEST_AGO].casefold(), text[: number.start()].rstrip()
    for before, unit in vocabulary.ago.get(folded[:1], ()):
        if not folded.startswith(unit) or _goes_on(folded, len(unit)):
            continue
        start = len(above) - len(before)
        if not before:
            start = number.start()
        elif start < 0 or above[start:].casefold() != before or (start and above[start - 1].isalnum()):
            continue
        return start, len(text) - len(behind) + len(unit) + behind.startswith(".", len(unit))
    return None


def _goes_on(text: str, end: int) -> bool:
    """Whether a word of a script with spaces goes on at `end`."""
    return text[end : end + 1].isalnum() and not caseless(text[end - 1])
