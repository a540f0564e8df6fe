"""Which lines of a page are its article: the lines aligned, in order, with the text of the answer."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import numpy as np
from babel.dates import get_month_names
from numpy.typing import NDArray

from train.pages import WORDS, flat

GRAM = 4
"""Words of an anchor."""
MOST_PLACES = 20
"""An anchor that the answer has more often than this says little; its first places are enough."""
NEAR = 12
"""Shifts this close to a line's best one count as the same place: the renderer dropped or added a few words."""
_TIME = re.compile(r"(?<=\d)t(?=\d)")
"""What parts day and hour of a time stamp."""
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "cs", "hu", "ro", "tr", "ru", "uk", "el", "fi")


class Answer:
    """The article of a page, prepared once for all its views."""

    def __init__(self, text: str) -> None:
        self.words = WORDS.findall(text.lower())
        self.gram = min(GRAM, len(self.words))
        self.anchors: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for at, gram in enumerate(zip(*(self.words[shift:] for shift in range(self.gram)), strict=False)):
            if len(found := self.anchors[gram]) < MOST_PLACES:
                found.append(at)
        self.equal: dict[tuple[str, ...], list[int]] = defaultdict(list)
        at = 0
        for line in text.split("\n"):
            line_words = tuple(WORDS.findall(line.lower()))
            self.equal[line_words].append(at)
            at += len(line_words)


def keep_labels(lines: Sequence[str], answer: Answer) -> NDArray[np.float32]:
    """float32[n]: the share of each line's words that stand at its place in the answer.

    Anchors of four words propose places for a line; lines too short for one have to equal a line of the answer. The
    chain of places that rises through the answer and explains most words wins; a line outside the chain counts when
    the answer's words at its place are not explained by any other line.
    """
    labels = np.zeros(len(lines), np.float32)
    words = [WORDS.findall(line.lower()) for line in lines]
    size = len(answer.words)
    if not size:
        return labels
    places = _places(words, answer)
    chain = _best_chain(places, size)
    explained = np.zeros(size, bool)
    for line, start, votes in chain:
        labels[line] = min(1.0, votes / len(words[line]))
        explained[max(start, 0) : start + len(words[line])] = True
    chosen = {line for line, _, _ in chain}
    for line, start, votes in sorted(places, key=lambda place: -place[2]):
        count = len(words[line])
        span = explained[max(start, 0) : start + count]
        if line not in chosen and count >= 3 and len(span) and (~span).mean() > 0.6:
            labels[line] = min(1.0, votes / count)
            span[:] = True
            chosen.add(line)
    return labels


def _places(words: list[list[str]], answer: Answer) -> list[tuple[int, int, float]]:
    """(line, first word in the answer, words in agreement) for every plausible place of every line."""
    size = answer.gram
    starts: list[int] = [0]
    for line in words:
        starts.append(starts[-1] + len(line))
    stream = [word for line in words for word in line]
    covered: dict[int, list[int]] = defaultdict(list)  # shift → words of the page that an anchor with this shift covers
    anchors = answer.anchors
    for at, gram in enumerate(zip(*(stream[shift:] for shift in range(size)), strict=False)):
        if gram in anchors:
            for place in anchors[gram]:
                shifted = covered[place - at]
                shifted.extend(range(max(at, shifted[-1] + 1) if shifted else at, at + size))
    votes: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for shift, positions in covered.items():
        for position in positions:
            votes[bisect_right(starts, position) - 1][shift] += 1
    places = []
    for at, line_words in enumerate(words):
        if not line_words:
            continue
        shifts = sorted(votes[at].items(), key=lambda item: (-item[1], item[0]))[:6]
        taken = set()
        for shift, count in shifts:
            if count < max(1, 0.5 * shifts[0][1]):
                break
            near = sum(other for near_shift, other in votes[at].items() if abs(near_shift - shift) <= NEAR)
            places.append((at, starts[at] + shift, float(min(near, len(line_words)))))
            taken.add(starts[at] + shift)
        same = (start for start in answer.equal.get(tuple(line_words), ())[:6] if start not in taken)
        places.extend((at, start, 0.9 * len(line_words)) for start in same)
    return places


def _best_chain(places: list[tuple[int, int, float]], size: int) -> list[tuple[int, int, float]]:
    """The places of distinct lines, in order, that rise through the answer and agree in most words."""
    best: list[tuple[float, int]] = [(0.0, -1)] * (size + 2)  # Fenwick tree of maxima over ends in the answer
    score = [0.0] * len(places)
    previous = [-1] * len(places)
    by_line: dict[int, list[int]] = defaultdict(list)
    for index, (line, _, _) in enumerate(places):
        by_line[line].append(index)
    for line in sorted(by_line):
        for index in by_line[line]:
            _, start, votes = places[index]
            node, top = max(start, 0) + 1, (0.0, -1)
            while node > 0:
                top = max(top, best[node])
                node -= node & -node
            score[index], previous[index] = top[0] + votes, top[1]
        for index in by_line[line]:
            _, start, votes = places[index]
            node = min(size, max(start, 0) + max(1, int(0.8 * votes))) + 1
            while node <= size + 1:
                best[node] = max(best[node], (score[index], index))
                node += node & -node
    chain = []
    index = max(range(len(places)), key=score.__getitem__, default=-1)
    while index >= 0:
        chain.append(places[index])
        index = previous[index]
    return chain[::-1]


def title_labels(flats: Sequence[str], titles: Sequence[str]) -> NDArray[np.float32]:
    """float32[n]: the lines that are one of the titles; where none is, those that hold one and little more.

    flats: the lines, flat; so in the functions below.
    """
    wanted = {flat(title) for title in titles} - {""}
    labels = np.array([line in wanted for line in flats], np.float32)
    if wanted and not labels.any():
        labels = np.array(
            [any(len(line) <= len(title) + 60 and f" {title} " in f" {line} " for title in wanted) for line in flats],
            np.float32,
        )
    return labels


def byline_labels(flats: Sequence[str], author: str | None) -> NDArray[np.float32]:
    """float32[n]: lines of up to 25 words that name an author."""
    names = [flat(name) for name in re.split(r"\s*(?:,|;|&|\band\b|\bund\b|\bet\b)\s*", author or "")]
    names = [f" {name} " for name in names if len(name) > 3]
    labels = np.zeros(len(flats), np.float32)
    for name in names:
        for index, line in enumerate(flats):
            if len(line) < 250 and name in f" {line} " and line.count(" ") < 25:
                labels[index] = 1
    return labels


@lru_cache(maxsize=4096)
def _spellings(day: date) -> tuple[str, ...]:
    names = {
        flat(get_month_names(width, context, language)[day.month])
        for language in LANGUAGES
        for width in ("wide", "abbreviated")
        for context in ("format", "stand-alone")
    } | ({"sept"} if day.month == 9 else set())
    spellings: set[str] = set()
    for year in (f"{day:%Y}", f"{day:%y}"):
        for number in {str(day.day), f"{day:%d}"}:
            ordinals = [number + suffix for suffix in ("", "st", "nd", "rd", "th")]
            for month in names:
                spellings.update(f"{month} {ordinal} {year}" for ordinal in ordinals)
                spellings.update(f"{ordinal} {month} {year}" for ordinal in ordinals)
                spellings.update(
                    (f"{number} de {month} de {year}", f"{number} {month}, {year}", f"{number} {month} de {year}")
                )
            for month in {str(day.month), f"{day:%m}"}:
                spellings.update((f"{number} {month} {year}", f"{month} {number} {year}", f"{year} {month} {number}"))
    return tuple(sorted(f" {flat(spelling)} " for spelling in spellings))


def date_labels(flats: Sequence[str], stated: str | None) -> NDArray[np.float32]:
    """float32[n]: lines of up to 25 words that state this day (ISO 8601), whatever the format."""
    labels = np.zeros(len(flats), np.float32)
    try:
        day = date.fromisoformat((stated or "")[:10])
    except ValueError:
        return labels
    spellings, year = _spellings(day), f"{day:%y}"
    for index, line in enumerate(flats):
        if year in line and len(line) < 250:
            text = f" {_TIME.sub(' ', line)} "
            labels[index] = text.count(" ") <= 26 and any(spelling in text for spelling in spellings)
    return labels


def heading_labels(flats: Sequence[str], headings: Sequence[str], keep: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32[n]: kept lines that are a heading of the answer."""
    wanted = frozenset(headings)
    return np.array([kept >= 0.5 and line in wanted for line, kept in zip(flats, keep, strict=True)], np.float32)
