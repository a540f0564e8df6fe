"""The default detector: naive Bayes over langdetect's profiles, many documents at once, in numpy.

A document is represented by *pieces*: stretches of at most 240 characters spread evenly over it. For each piece

1. the script of most of its letters is found, and letters of other scripts are blanked (names, quotations, formulas);
2. each position looks up the longest sequence of up to three characters that ends there (`profiles`), and the scores of
   all positions are added: one sum a language of that script.

The sums of a document's pieces give its language; a piece may differ from it only when its own evidence is strong.
How much a sum is worth is calibrated (`calibration.toml`): the confidence is the probability that the answer is right,
given the lead over the other languages, how typical the sum is of text in the winning language, and the length. Below
the threshold the answer is `und`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from ctypes import CDLL
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cleancopy import native
from cleancopy.describe.language import UNDETERMINED, Detection, LanguageReport
from cleancopy.describe.language.profiles import LONGEST_SUM, SPACE, STEPS_PER_NAT, UNKNOWN, Profiles
from cleancopy.describe.language.scripts import HAN, KANA, KANA_OF_JAPANESE, LETTERS_PER_CHARACTER, SCRIPTS
from cleancopy.describe.language.twins import told
from cleancopy.model import LanguageShare

PIECE = 240
"""Longest piece in characters; with its separators it stays below `LONGEST_SUM` positions."""
BUDGET = 960
"""Most characters looked at in a document. On 510 articles in known and 240 in unknown languages, 1440 gave the same
answers at half as much time again; 720 called 0.926 of the unknown ones `und`, where 960 and 1440 called 0.937."""
MOST_PIECES = 16
"""A document with more paragraphs is looked at in so many places, evenly spaced over its characters."""
SHORTEST_PIECE = BUDGET // MOST_PIECES
ONE_LETTER = 2
"""Positions of a text of one letter: the letter and the end of the word."""
DEPARTS = 0.95
"""A piece is in another language than its document only if its own confidence is at least this.

On 1000 documents of seven and three paragraphs in two languages, 0.9 got the shares wrong by 0.016, 0.95 by 0.024 and
0.97 by 0.031; to third languages they gave 0.0034, 0.0012 and 0.0007.
"""
PROSE_LINES = 12
"""Lines that a document's candidates are looked for in: the longest ones."""
PLAUSIBLE = 20.0
"""A language this many nats behind the best one is still a candidate. On 485 real pages that leaves one for 459 of them
and two for the others; on a menu of five Norwegian entries it keeps Danish and Swedish."""
MOST_PLAUSIBLE = 3
"""Most candidates by the document's sum: a line of two words is plausible in dozens of languages."""
DOCUMENTS_AT_ONCE = 64
"""Documents whose arrays are built together: enough to hide numpy's overhead, few enough for the processor's cache."""

_ADDRESS = re.compile(r"\S*(?:://|@|www\.)\S*")
_MARK = re.compile("[\u0300-\u036f]")
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
    scores:    float64[n, lanes], in nats, one column a language of the script; multiples of 1/8, so that adding them is
               exact in any order.
    """

    script: NDArray[np.int64]
    positions: NDArray[np.int64]
    scores: NDArray[np.float64]


def sample(documents: Sequence[Sequence[str]]) -> Pieces:
    """The pieces of each document, a bounded number of characters whatever its length.

    Of many paragraphs, those at evenly spaced characters are looked at: the longer one is, the more likely it is among
    them, and the more of it is looked at.
    """
    text: list[str] = []
    document: list[int] = []
    weight: list[float] = []
    for number, paragraphs in enumerate(documents):
        count = len(paragraphs)
        before = len(text)
        if count > MOST_PIECES:
            ends = list(accumulate(map(len, paragraphs)))
            step = ends[-1] / MOST_PIECES
            hits: dict[int, int] = {}
            for place in range(MOST_PIECES if step else 0):
                index = bisect_right(ends, (place + 0.5) * step)
                hits[index] = hits.get(index, 0) + 1
            for index, times in hits.items():
                text.append(paragraphs[index][: min(PIECE, SHORTEST_PIECE * times)])
                weight.append(times * step)
        elif count:
            width, most = min(PIECE, BUDGET // count), max(1, BUDGET // (PIECE * count))
            for paragraph in paragraphs:
                length = len(paragraph)
                windows = min(most, -(-length // width))
                if windows <= 1:
                    text.append(paragraph[:width])
                    weight.append(length)
                    continue
                for window in range(windows):
                    start = window * (length - width) // (windows - 1)
                    text.append(paragraph[start : start + width])
                    weight.append(length / windows)
        document += [number] * (len(text) - before)
    return Pieces(text, np.array(document, dtype=np.int64), np.array(weight, dtype=np.float64))


def score(pieces: Sequence[str], profiles: Profiles, *, compiled: bool = True) -> Sums:
    """The sums of each piece. compiled: by the compiled part, where there is one; both give the same."""
    if not pieces:
        return Sums(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, profiles.columns.shape[1])))
    points, lengths = _code_points(pieces)
    library = native.library() if compiled else None
    if library is None:
        script, positions, words = _looked_up(points, lengths, profiles)
    else:
        script, positions, words = _kernel(library, profiles).sums(points, lengths)
    positions[0] -= 1  # the line feed before the first piece, which is no position of its text
    return Sums(script, np.where(script > 0, positions, 0), words.view(np.uint16) / STEPS_PER_NAT)


@lru_cache(maxsize=4)
def _kernel(library: CDLL, profiles: Profiles) -> native.Languages:
    tables: dict[str, NDArray[np.generic]] = {
        "script_of": profiles.scripts,
        "class_of": profiles.classes,
        "lower": profiles.lower,
        "keys": profiles.keys,
        "rows": profiles.rows,
        "scores": profiles.scores,
        "weights": _WEIGHTS,
    }
    return native.Languages(library, tables, kana=KANA, han=HAN, japanese=KANA_OF_JAPANESE)


def _looked_up(
    points: NDArray[np.uint32], lengths: NDArray[np.int64], profiles: Profiles
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64]]:
    """int64[n], int64[n], uint64[n, lanes / 4]: script, positions and scores of each piece."""
    count = len(lengths)
    owner = np.repeat(np.arange(count), lengths)
    scripts = profiles.scripts.take(points)
    tally = np.bincount(owner * len(SCRIPTS) + scripts, minlength=count * len(SCRIPTS)).reshape(count, len(SCRIPTS))
    if tally[:, KANA].any():
        japanese = tally[:, KANA] > KANA_OF_JAPANESE * tally[:, HAN]
        both = tally[:, KANA] + tally[:, HAN]
        tally[:, KANA], tally[:, HAN] = np.where(japanese, both, 0), np.where(japanese, 0, both)
        either = np.flatnonzero((scripts == KANA) | (scripts == HAN))
        scripts[either] = np.where(japanese[owner[either]], KANA, HAN)
    script = np.argmax(tally * _WEIGHTS, axis=1)

    classes = profiles.classes.take(points)
    classes[scripts != script[owner]] = SPACE
    classes = _without_capitals(classes, profiles.lower)
    kept = classes != SPACE
    kept[1:] |= kept[:-1].copy()
    kept[0] = True
    rows = _rows(classes[kept].astype(np.uint32), profiles)

    positions = np.bincount(owner[kept], minlength=count).astype(np.int64)
    starts = np.cumsum(positions) - positions
    filled = positions > 0
    words = np.zeros((count, profiles.scores.shape[1]), dtype=np.uint64)
    words[filled] = np.add.reduceat(profiles.scores.take(rows, axis=0), starts[filled], axis=0)
    return script, positions, words


def _code_points(pieces: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Code points of all pieces, clipped to U+FFFF (no letter), and how many there are of each piece.

    A line feed stands before the first and after each piece; the one before belongs to the first.
    """
    text = "\n".join(pieces)
    if _has_address(text):
        pieces = [_ADDRESS.sub(" ", piece) if _has_address(piece) else piece for piece in pieces]
        text = "\n".join(pieces)
    points = np.frombuffer(f"\n{text}\n".encode("utf-32-le", "surrogatepass"), dtype="<u4")
    if ((points - np.uint32(0x300)) < np.uint32(0x70)).any():
        pieces = [_composed(piece) for piece in pieces]
        points = np.frombuffer(("\n" + "\n".join(pieces) + "\n").encode("utf-32-le", "surrogatepass"), dtype="<u4")
    lengths = np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces)) + 1
    lengths[0] += 1
    return np.minimum(points, np.uint32(0xFFFF)), lengths


def _has_address(piece: str) -> bool:
    return "://" in piece or "@" in piece or "www." in piece


def _composed(piece: str) -> str:
    """Letters with combining marks as single characters, as the profiles have them (Vietnamese, text from macOS)."""
    return unicodedata.normalize("NFC", piece)[:PIECE] if _MARK.search(piece) else piece


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


FEATURES = ("lead", "rival", "score", "score_squared", "contrast", "contrast_squared", "precision")
"""What the confidence is computed from, besides a constant.

lead:      ln(1 + nats ahead of the second language), at most ln(1 + MOST_LEAD).
rival:     lead over the second language as a multiple of the lead that text in the winning language should have over
           it, 0 to 1: about 1 for a true answer even between near twins, near 0 for a language that no profile is of.
score:     how far the mean score a position is from that of text in the language, in standard deviations; -8 to 1.
contrast:  the same for the mean lead over all other languages of the script.
precision: the inverse of the contrast's standard deviation: how much text there is.

The squares are of the negative part. A language without rival in its script has lead, rival and contrast at their best.
"""
MOST_LEAD = 100.0


@dataclass(frozen=True)
class Typical:
    """A statistic of real text, as a multiple of what the profile says (1 if the text were the profile's own).

    mean:    float64[codes].
    within:  float64[scripts], standard deviation relative to the mean, times the square root of the positions.
    between: relative standard deviation between texts that is left however long they are.
    """

    mean: NDArray[np.float64]
    within: NDArray[np.float64]
    between: float

    def deviation(self, script: NDArray[np.int64], positions: NDArray[np.int64]) -> NDArray[np.float64]:
        """Relative standard deviation of texts of so many positions."""
        deviation: NDArray[np.float64] = np.sqrt(self.within[script] ** 2 / positions + self.between**2)
        return deviation


@dataclass(frozen=True)
class Calibration:
    """How much the sums are worth; made by `train/language.py`.

    weights:   float64[1 + len(FEATURES)], intercept first, of the logistic regression for "the answer is right".
    threshold: confidence below which the answer is `und`.
    score, contrast: what is typical of real text in each language.
    """

    weights: NDArray[np.float64]
    threshold: float
    score: Typical
    contrast: Typical

    @classmethod
    def load(cls, tags: Sequence[str]) -> Calibration:
        """The calibration that is shipped, for language codes in the order of `tags`."""
        file = resources.files("cleancopy.describe.language") / "calibration.toml"
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        weights = table["confidence"]["weights"]
        score, contrast = (
            Typical(
                np.array([typical["mean"].get(tag, typical["mean_elsewhere"]) for tag in tags]),
                np.array([typical["within"].get(script, typical["within_elsewhere"]) for script in SCRIPTS]),
                typical["between"],
            )
            for typical in (table["score"], table["contrast"])
        )
        return cls(
            np.array([weights["constant"], *(weights[name] for name in FEATURES)]),
            table["confidence"]["threshold"],
            score,
            contrast,
        )


class Statistics(NamedTuple):
    """What the sums say, one entry a row.

    code:     int64, the best language, 0 where there is no letter.
    lead:     nats ahead of the second language; infinite without one.
    rival:    lead over the second language, as a multiple of what the profile says; 1 without one.
    score:    the same for the score; 1 for a language without a profile.
    contrast: the same for the mean lead over all other languages of the script; 1 without one.
    alone:    bool, no other language in the script.
    """

    code: NDArray[np.int64]
    lead: NDArray[np.float64]
    rival: NDArray[np.float64]
    score: NDArray[np.float64]
    contrast: NDArray[np.float64]
    alone: NDArray[np.bool_]


def statistics(sums: Sums, profiles: Profiles, code: NDArray[np.int64] | None = None) -> Statistics:
    """What speaks for the best language of each row, or for its language `code`, which must be one of its script."""
    index = np.arange(len(sums.script))
    columns = profiles.columns[sums.script]
    others = columns > 0
    best = np.argmax(np.where(others, sums.scores, -1.0) if code is None else columns == code[:, None], axis=1)
    code = np.where(sums.positions > 0, columns[index, best], 0).astype(np.int64)
    others[index, best] = False
    alone: NDArray[np.bool_] = np.logical_not(others.any(axis=1))
    expected = profiles.expected[code].astype(np.float64)
    won, should_win = sums.scores[index, best], expected[index, best]
    second = np.argmax(np.where(others, sums.scores, -1.0), axis=1)
    count = np.maximum(others.sum(axis=1), 1)
    positions = np.maximum(sums.positions, 1)

    def multiple(
        observed: NDArray[np.float64], due: NDArray[np.float64], told: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        return np.divide(observed / positions, due, out=np.ones(len(index)), where=told & (due > 0))

    lead = won - sums.scores[index, second]
    ahead = won - (sums.scores * others).sum(axis=1) / count
    due = should_win - (expected * others).sum(axis=1) / count
    return Statistics(
        code,
        np.where(alone, np.inf, lead),
        multiple(lead, should_win - expected[index, second], ~alone),
        multiple(won, should_win, code > 0),
        multiple(ahead, due, ~alone),
        alone,
    )


def features(found: Statistics, sums: Sums, calibration: Calibration) -> NDArray[np.float64]:
    """float64[n, len(FEATURES)]"""
    positions = np.maximum(sums.positions, 1)
    deviation = calibration.contrast.deviation(sums.script, positions)
    score = found.score / calibration.score.mean[found.code] - 1.0
    score /= calibration.score.deviation(sums.script, positions)
    contrast = (found.contrast / calibration.contrast.mean[found.code] - 1.0) / deviation
    # Where no language without a profile uses the script, text that is unlike its profile is still in one of them.
    decided = found.alone | (sums.script == HAN) | (sums.script == KANA)
    score = np.clip(score, np.where(decided, 0.0, -8.0), 1.0)
    contrast = np.clip(np.where(found.alone, 1.0, contrast), np.where(decided, 0.0, -8.0), 1.0)
    return np.stack(
        [
            np.log1p(np.clip(found.lead, 0.0, MOST_LEAD)),
            np.clip(found.rival, 0.0, 1.0),
            score,
            np.minimum(score, 0.0) ** 2,
            contrast,
            np.minimum(contrast, 0.0) ** 2,
            1.0 / deviation,
        ],
        axis=1,
    )


def confidence(table: NDArray[np.float64], calibration: Calibration) -> NDArray[np.float64]:
    """The probability that the answer is right, from the features of each row."""
    logits: NDArray[np.float64] = calibration.weights[0] + (table * calibration.weights[1:]).sum(axis=1)
    return 1.0 / (1.0 + np.exp(-logits))


def document_sums(documents: Sequence[Sequence[str]], profiles: Profiles) -> Sums:
    """The sums of each document: of its pieces in the script that most of its characters are in."""
    pieces = sample(documents)
    return by_document(pieces, score(pieces.text, profiles), len(documents))


def by_document(pieces: Pieces, sums: Sums, count: int) -> Sums:
    """The sums of each of `count` documents over its pieces in the script that most of its characters are in.

    Pieces of ideographs alone count as Japanese in a document with kana: `sums.script` is changed so.
    """
    mass = np.bincount(
        pieces.document * len(SCRIPTS) + sums.script, pieces.weight * (sums.script > 0), count * len(SCRIPTS)
    ).reshape(count, len(SCRIPTS))
    script = mass.argmax(axis=1)[pieces.document]
    sums.script[(sums.script == HAN) & (script == KANA)] = KANA
    return add(pieces.document, sums, (sums.script > 0) & (sums.script == script), count)


def add(document: NDArray[np.int64], sums: Sums, used: NDArray[np.bool_], count: int) -> Sums:
    """The sums of each of `count` documents over its pieces that are `used`, which must be in one script."""
    script = np.zeros(count, dtype=np.int64)
    script[document[used]] = sums.script[used]
    positions = np.bincount(document[used], sums.positions[used], count).astype(np.int64)
    scores = np.zeros((count, sums.scores.shape[1]))
    rows = np.flatnonzero(used)
    if rows.size:
        owner = document[rows]
        starts = np.flatnonzero(np.diff(owner, prepend=-1))
        scores[owner[starts]] = np.add.reduceat(sums.scores[rows], starts, axis=0)
    return Sums(script, positions, scores)


def _stacked(above: Sums, below: Sums) -> Sums:
    """The rows of both; each is judged by itself, and together they take half the time."""
    return Sums(
        np.concatenate([above.script, below.script]),
        np.concatenate([above.positions, below.positions]),
        np.concatenate([above.scores, below.scores]),
    )


class NaiveBayes:
    """The detector that `cleancopy.describe.language.load()` gives by default."""

    name = "naive-bayes"

    def __init__(self, profiles: Profiles, calibration: Calibration, threshold: float | None = None) -> None:
        self._profiles = profiles
        self._calibration = calibration
        self._threshold = calibration.threshold if threshold is None else threshold

    def detect(self, texts: Sequence[str]) -> list[Detection]:
        return [Detection(report.language, report.confidence) for report in self.describe([(text,) for text in texts])]

    def describe(self, documents: Sequence[Sequence[str]]) -> list[LanguageReport]:
        reports: list[LanguageReport] = []
        for start in range(0, len(documents), DOCUMENTS_AT_ONCE):
            reports += self._describe(documents[start : start + DOCUMENTS_AT_ONCE])
        return reports

    def candidates(self, documents: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
        found: list[tuple[str, ...]] = []
        for start in range(0, len(documents), DOCUMENTS_AT_ONCE):
            found += self._candidates(documents[start : start + DOCUMENTS_AT_ONCE])
        return found

    def _describe(self, documents: Sequence[Sequence[str]]) -> list[LanguageReport]:
        pieces = sample(documents)
        sums = score(pieces.text, self._profiles)
        whole = by_document(pieces, sums, len(documents))
        code, sure = self._judge(_stacked(whole, sums))
        piece_code, piece_sure = code[len(documents) :], sure[len(documents) :]
        main = np.where(sure >= self._threshold, code, 0)[: len(documents)]
        codes = np.where(piece_sure >= DEPARTS, piece_code, main[pieces.document])
        foreign = sums.script != whole.script[pieces.document]
        codes[foreign & (piece_sure < DEPARTS)] = 0
        self._agree(codes, piece_code, pieces.document, sums)
        weight = np.where(sums.script > 0, pieces.weight, 0.0)
        counts = np.bincount(
            pieces.document * len(self._profiles.tags) + codes, weight, len(documents) * len(self._profiles.tags)
        ).reshape(len(documents), -1)
        total = counts.sum(axis=1, keepdims=True)
        shares = counts / np.where(total > 0, total, 1.0)
        largest = np.argmax(shares[:, 1:], axis=1) + 1
        main = np.where(shares[np.arange(len(documents)), largest] >= np.maximum(shares[:, 0], 1e-9), largest, 0)

        spoken = add(pieces.document, sums, (codes == main[pieces.document]) & (codes > 0), len(documents))
        _, sure = self._judge(spoken, main)
        reports = [LanguageReport(UNDETERMINED, 0.0, ())] * len(documents)
        rows, columns = np.nonzero(shares[:, 1:])
        found: dict[int, list[tuple[float, int]]] = {}
        for row, column in zip(rows.tolist(), (columns + 1).tolist(), strict=True):
            found.setdefault(row, []).append((-float(shares[row, column]), column))
        tags = self._profiles.tags
        for row, entries in found.items():
            entries.sort()
            said = told(tags[main[row]], documents[row])
            languages = tuple(
                LanguageShare(said if column == main[row] else tags[column], round(-share, 4))
                for share, column in entries
            )
            certain = round(float(sure[row]), 4)
            known = main[row] > 0 and certain >= self._threshold
            reports[row] = LanguageReport(said if known else UNDETERMINED, certain if known else 0.0, languages)
        return reports

    def _agree(self, codes: NDArray[np.int64], own: NDArray[np.int64], document: NDArray[np.int64], sums: Sums) -> None:
        """Let the undetermined pieces of a document that are most like one language be judged together, as one text.

        That is what tells a document of two languages, whose sum is like neither, from one of an unknown language.
        """
        open_ = np.flatnonzero((codes == 0) & (own > 0))
        if not open_.size:
            return
        groups, group = np.unique(document[open_] * len(self._profiles.tags) + own[open_], return_inverse=True)
        order = np.argsort(group, kind="stable")
        rows = open_[order]
        together = add(
            group[order],
            Sums(sums.script[rows], sums.positions[rows], sums.scores[rows]),
            np.ones(len(rows), dtype=np.bool_),
            len(groups),
        )
        code, sure = self._judge(together, groups % len(self._profiles.tags))
        codes[open_] = np.where(sure >= DEPARTS, code, 0)[group]

    def _candidates(self, documents: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
        pieces = sample([prose(lines) for lines in documents])
        sums = score(pieces.text, self._profiles)
        whole = by_document(pieces, sums, len(documents))
        columns = self._profiles.columns[whole.script]
        best = np.where(columns > 0, whole.scores, -np.inf).max(axis=1, keepdims=True)
        near = (columns > 0) & (whole.scores >= best - PLAUSIBLE) & (whole.positions > 0)[:, None]
        order = np.argsort(-np.where(near, whole.scores, -1.0), axis=1, kind="stable")[:, :MOST_PLAUSIBLE]
        found: list[dict[int, None]] = [{} for _ in documents]
        rows, ranks = np.nonzero(np.take_along_axis(near, order, axis=1))
        for row, code in zip(rows.tolist(), columns[rows, order[rows, ranks]].tolist(), strict=True):
            found[row][code] = None
        code, sure = self._judge(sums)
        for index in np.flatnonzero(sure >= DEPARTS).tolist():
            found[pieces.document[index]][int(code[index])] = None
        return [tuple(self._profiles.tags[code] for code in codes) for codes in found]

    def _judge(
        self, sums: Sums, code: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Language code and confidence of each row; 0 without a letter, or with a single one of many languages."""
        found = statistics(sums, self._profiles, code)
        sure = confidence(features(found, sums, self._calibration), self._calibration)
        silent = (found.code == 0) | ((sums.positions <= ONE_LETTER) & ~found.alone)
        return found.code, np.where(silent, 0.0, sure)


def prose(lines: Sequence[str]) -> list[str]:
    """The longest lines of a document, as many as are looked at: running text rather than menus."""
    if len(lines) <= PROSE_LINES:
        return list(lines)
    return sorted(lines, key=len)[-PROSE_LINES:]
