"""The default detector: naive Bayes over langdetect's profiles, many documents at once, in numpy.

A document is represented by *pieces*: stretches of at most 240 characters spread evenly over its paragraphs. For each piece

1. the script of most of its letters is found, and letters of other scripts are blanked (names, quotations, formulas);
2. each position looks up the longest sequence of up to three characters that ends there (`profiles`), and the scores of all
   positions are added: one sum a language of that script.

The sums of a document's pieces give its language; a single piece may differ from it only when its own evidence is strong.
How much a sum is worth is calibrated (`calibration.toml`): the confidence is the probability that the answer is right,
given the lead over the second language, how typical the sum is of text in the winning language, and the length. Below
the threshold the answer is `und`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cleancopy.language.profiles import LONGEST_SUM, SPACE, STEPS_PER_NAT, UNKNOWN, Profiles
from cleancopy.language.scripts import LETTERS_PER_CHARACTER, SCRIPTS

PIECE = 240
"""Longest piece in characters; with its separators it stays below `LONGEST_SUM` positions."""
BUDGET = 1440
"""Characters looked at in a document whose paragraphs are long; see docs/language.md for what more would bring."""
SHORTEST_PIECE = 80
"""A paragraph of a document with many is represented by at least so many characters, about a sentence."""
MOST_PIECES = 24
"""Of a document with more paragraphs, so many evenly spaced ones are looked at."""
DOCUMENTS_AT_ONCE = 64
"""Documents whose arrays are built together: enough to hide numpy's overhead, few enough for the processor's cache."""

_ADDRESS = re.compile(r"\S*(?:://|@|www\.)\S*")
_WEIGHTS = np.array([0, *(LETTERS_PER_CHARACTER.get(script, 1) for script in SCRIPTS[1:])], dtype=np.int64)

assert PIECE + 2 <= LONGEST_SUM


class Pieces(NamedTuple):
    """What is looked at of a batch. text[i] stands for weight[i] characters of document[i]; documents are in order."""

    text: list[str]
    document: NDArray[np.int64]
    weight: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sums:
    """Evidence, one row a piece or a document.

    script:    int64[n], index into `SCRIPTS`; 0 where there is no letter.
    positions: int64[n], positions looked up: the letters of that script and one for the end of each word.
    scores:    float64[n, lanes], in nats, one column a language of the script. Sums are multiples of 1/8: exact in any order.
    """

    script: NDArray[np.int64]
    positions: NDArray[np.int64]
    scores: NDArray[np.float64]


def sample(documents: Sequence[Sequence[str]]) -> Pieces:
    """The pieces of each document, a bounded number of characters whatever its length."""
    text: list[str] = []
    document: list[int] = []
    weight: list[float] = []
    for number, paragraphs in enumerate(documents):
        count = len(paragraphs)
        if not count:
            continue
        scale = 1.0
        if count > MOST_PIECES:
            scale = count / MOST_PIECES
            paragraphs = [paragraphs[index * count // MOST_PIECES] for index in range(MOST_PIECES)]
            count = MOST_PIECES
        width = min(PIECE, max(SHORTEST_PIECE, BUDGET // count))
        windows = max(1, BUDGET // (PIECE * count))
        for paragraph in paragraphs:
            length = len(paragraph)
            if length <= width:
                text.append(paragraph)
                document.append(number)
                weight.append(length * scale)
            elif windows == 1:
                text.append(paragraph[:width])
                document.append(number)
                weight.append(length * scale)
            else:
                parts = min(windows, -(-length // width))
                for part in range(parts):
                    start = part * (length - width) // (parts - 1)
                    text.append(paragraph[start : start + width])
                    document.append(number)
                    weight.append(length * scale / parts)
    return Pieces(text, np.array(document, dtype=np.int64), np.array(weight))


def score(pieces: Sequence[str], profiles: Profiles) -> Sums:
    """The sums of each piece."""
    count = len(pieces)
    if not count:
        return Sums(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, profiles.columns.shape[1])))
    points, lengths = _code_points(pieces)
    owner = np.repeat(np.arange(count), lengths)
    scripts = profiles.scripts.take(points)
    tally = np.bincount(owner * len(SCRIPTS) + scripts, minlength=count * len(SCRIPTS)).reshape(count, len(SCRIPTS))
    script = np.argmax(tally * _WEIGHTS, axis=1)

    classes = profiles.classes.take(points)
    classes[scripts != script[owner]] = SPACE
    classes = _without_capitals(classes, profiles.lower)
    kept = classes != SPACE
    kept[1:] |= kept[:-1].copy()
    kept[0] = True
    rows = _rows(classes[kept].astype(np.uint32), profiles)

    positions = np.bincount(owner[kept], minlength=count)
    starts = np.cumsum(positions) - positions
    filled = positions > 0
    words = np.zeros((count, profiles.scores.shape[1]), dtype=np.uint64)
    words[filled] = np.add.reduceat(profiles.scores.take(rows, axis=0), starts[filled], axis=0)
    return Sums(script, np.where(script > 0, positions, 0), words.view(np.uint16) / STEPS_PER_NAT)


def _code_points(pieces: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Code points of all pieces, a line feed before the first and after each, clipped to U+FFFF (no letter); lengths."""
    text = "\n".join(pieces)
    if "://" in text or "@" in text or "www." in text:
        pieces = [_ADDRESS.sub(" ", piece) for piece in pieces]
        text = "\n".join(pieces)
    points = np.frombuffer(f"\n{text}\n".encode("utf-32-le", "surrogatepass"), dtype="<u4")
    if ((points - np.uint32(0x300)) < np.uint32(0x70)).any():
        pieces = [_composed(piece) for piece in pieces]
        points = np.frombuffer(("\n" + "\n".join(pieces) + "\n").encode("utf-32-le", "surrogatepass"), dtype="<u4")
    lengths = np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces)) + 1
    lengths[0] += 1
    return np.minimum(points, np.uint32(0xFFFF)), lengths


def _composed(piece: str) -> str:
    """Letters with combining marks as single characters, as the profiles have them (Vietnamese, text from macOS)."""
    if any("\u0300" <= char < "\u0370" for char in piece):
        return unicodedata.normalize("NFC", piece)[:PIECE]
    return piece


def _without_capitals(classes: NDArray[np.uint16], lower: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Capitals beside capitals become small letters: the profiles know neither acronyms nor lines in capitals."""
    small = lower.take(classes)
    capital = small != classes
    pairs = capital[1:] & capital[:-1]
    capital[:] = False
    capital[1:] = pairs
    capital[:-1] |= pairs
    return np.where(capital, small, classes)


def _rows(classes: NDArray[np.uint32], profiles: Profiles) -> NDArray[np.uint32]:
    """Row of the longest known sequence that ends at each position; words do not run into one another."""
    size = np.uint32(len(profiles.lower))
    first = np.full_like(classes, UNKNOWN)
    first[2:] = classes[:-2]
    middle = np.full_like(classes, UNKNOWN)
    middle[1:] = classes[:-1]
    first[middle == SPACE] = UNKNOWN
    rows = profiles.find((first * size + middle) * size + classes)
    missing = np.flatnonzero(rows == 0)
    rows[missing] = profiles.find((UNKNOWN * size + middle[missing]) * size + classes[missing])
    missing = missing[rows[missing] == 0]
    rows[missing] = profiles.find((UNKNOWN * size + UNKNOWN) * size + classes[missing])
    return rows


class Evidence(NamedTuple):
    """code: int64[n], language code; features: float64[n, len(FEATURES)], what the confidence is computed from."""

    code: NDArray[np.int64]
    features: NDArray[np.float64]


FEATURES = ("lead", "lead_per_position", "typical", "length")
"""lead: ln(1 + nats ahead of the second language), at most ln(1 + MOST_LEAD), which is what a language without rival gets;
lead_per_position: the same before the logarithm, a position, at most 1;
typical: by how many standard deviations the mean score a position misses that of text in the language, -8 to 1;
length: ln of the positions.
"""
MOST_LEAD = 100.0


@dataclass(frozen=True)
class Calibration:
    """How much the sums are worth; made by `train/language.py`.

    weights:   float64[1 + len(FEATURES)], intercept first, of the logistic regression for "the answer is right".
    threshold: confidence below which the answer is `und`.
    ratio:     float64[codes], mean score a position on real text in the language, as a multiple of `Profiles.expected`.
    within:    standard deviation of that ratio times the square root of the positions.
    between:   standard deviation of that ratio between texts that is left however long they are.
    """

    weights: NDArray[np.float64]
    threshold: float
    ratio: NDArray[np.float64]
    within: float
    between: float

    @classmethod
    def load(cls, tags: Sequence[str]) -> Calibration:
        text = (resources.files("cleancopy.language") / "calibration.toml").read_text(encoding="utf-8")
        table = tomllib.loads(text)
        weights = [table["confidence"]["intercept"], *(table["confidence"][name] for name in FEATURES)]
        typical = table["typical"]
        return cls(
            weights=np.array(weights),
            threshold=table["confidence"]["threshold"],
            ratio=np.array([typical["ratio"].get(tag, typical["default"]) for tag in tags]),
            within=typical["within"],
            between=typical["between"],
        )


def weigh(sums: Sums, profiles: Profiles, calibration: Calibration, code: NDArray[np.int64] | None = None) -> Evidence:
    """The evidence for the best language of each row, or for the language `code` of each row."""
    index = np.arange(len(sums.script))
    columns = profiles.columns[sums.script]
    scores = np.where(columns > 0, sums.scores, -np.inf)
    best = np.argmax(scores if code is None else columns == code[:, None], axis=1)
    code = columns[index, best].astype(np.int64)
    won = sums.scores[index, best]
    scores[index, best] = -np.inf
    lead = np.clip(won - scores.max(axis=1, initial=-np.inf), 0.0, MOST_LEAD)
    positions = np.maximum(sums.positions, 1)
    expected = profiles.expected[code] * calibration.ratio[code]
    ratio = np.divide(won / positions, expected, out=np.ones(len(index)), where=expected > 0)
    typical = (ratio - 1.0) / np.sqrt(calibration.within**2 / positions + calibration.between**2)
    return Evidence(
        np.where(sums.positions > 0, code, 0),
        np.stack(
            [np.log1p(lead), np.minimum(lead / positions, 1.0), np.clip(typical, -8.0, 1.0), np.log(positions)], axis=1
        ),
    )


def confidence(features: NDArray[np.float64], calibration: Calibration) -> NDArray[np.float64]:
    """The probability that the answer is right, by the calibrated logistic regression."""
    logits: NDArray[np.float64] = calibration.weights[0] + (features * calibration.weights[1:]).sum(axis=1)
    return 1.0 / (1.0 + np.exp(-logits))


def document_sums(documents: Sequence[Sequence[str]], profiles: Profiles) -> Sums:
    """The sums of each document: of its pieces in the script that most of its characters are in."""
    pieces = sample(documents)
    return _by_document(pieces, score(pieces.text, profiles), len(documents))


def _by_document(pieces: Pieces, sums: Sums, count: int) -> Sums:
    mass = np.bincount(
        pieces.document * len(SCRIPTS) + sums.script, pieces.weight * (sums.script > 0), count * len(SCRIPTS)
    ).reshape(count, len(SCRIPTS))
    script = np.where(mass.any(axis=1), np.argmax(mass, axis=1), 0)
    return _add(pieces.document, sums, (sums.script > 0) & (sums.script == script[pieces.document]), script)


def _add(document: NDArray[np.int64], sums: Sums, used: NDArray[np.bool_], script: NDArray[np.int64]) -> Sums:
    """The sums of each document over its pieces that are `used`, which are all in its script."""
    positions = np.bincount(document, sums.positions * used, len(script)).astype(np.int64)
    scores = np.zeros((len(script), sums.scores.shape[1]))
    np.add.at(scores, document[used], sums.scores[used])
    return Sums(np.where(positions > 0, script, 0), positions, scores)
