"""Pages all on one line, cut where their blocks ended.

`get_text(" ")` puts a space between all texts of a page, and what was a menu, a headline and a paragraph is one line.
Whether a space stood between two blocks is read from the words around it: how they are written (capitals, digits, signs
at their ends), which words they are, how far the next full stop is, and whether the page says the same pair again, as
menus do. Each such observation is a row of a table of learned weights, found by its hash; their sum is the logit.

Weights are whole numbers, so that the sums are the same on every machine. `train/flattened.py` fits them on pages whose
HTML knows where the blocks end, and says how well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from cleancopy.text import signs

LONG = 400
"""Characters of a line that may be a page."""
MOST = 0.5
"""Share of a text's characters in lines as long as that, for it to count as flattened."""
SURE, BROKEN, WITHIN = 0.8, 5, 40
"""Sure cuts elsewhere than at the end of a sentence within so many tokens that make a long line a page: menus are such.
122 of 124 news pages on one line have as many; none of their 124 articles on one line has more than three.
"""
THRESHOLD = 0.3
"""A space is cut where the model gives a block's end at least this probability."""

WEIGHT_STEP = 1 / 32
BITS = 17
"""Rows of the table, as a power of two."""

_CLOSING = signs.CLOSING + "*"
_OPENING = signs.OPENING + "¿¡*"
_COLONS = ":："
_EDGES = _CLOSING + _OPENING + signs.ENDS + signs.COMMAS + _COLONS
_SEPARATORS = frozenset("|/›»>•·→-–—&+")
_CASELESS = re.compile("[\u0590-\u1cff\u2e80-\uabff\uac00-\ud7ff\uf900-\ufdff\ufe70-\uffdc\U00020000-\U0003ffff]")
_INNER_END = re.compile(rf"(?<=[{signs.WIDE_ENDS}])(?=[^{signs.WIDE_ENDS}」』”）】])")
"""Where a sentence ends without a space, in scripts that write none."""

# What a word looks like.
_SIGN, _SEPARATOR, _SHORT_NUMBER, _YEAR, _NUMBER, _CAPITALS, _CAPITALISED, _MIXED = range(8)
_SMALL, _SMALL_LONGER, _SMALL_LONG, _OTHER_SHORT, _OTHER, _OTHER_LONG, _ODD = range(8, 15)
_HIGH = (_CAPITALS, _CAPITALISED, _MIXED)
_LOW = (_SMALL, _SMALL_LONGER, _SMALL_LONG)
# What it ends with.
_PLAIN, _STOP, _MARK, _COMMA, _COLON, _CLOSED, _DASH, _INITIAL = range(8)
_PADDING = 5
_AT_ONCE = 20_000
"""Gaps that are looked at together: what a long dump takes of memory is bounded, and a page is never as long."""
_REMEMBERED = 20_000
"""Words whose looks are kept: texts share most of theirs."""
_OUTSIDE_WORD, _OUTSIDE_SHAPE = 7, 511


class _Token(NamedTuple):
    word: int
    shape: int
    """Look, plus 16 times what it ends with, plus 128 where it opens with a quotation mark or bracket."""


def is_flattened(lines: Sequence[str]) -> bool:
    """Whether most of a text stands on lines that are long enough for pages."""
    long = sum(len(line) for line in lines if len(line) >= LONG)
    return long > 0 and long >= MOST * sum(map(len, lines))


def cut(lines: Sequence[str]) -> list[list[str]]:
    """For each line its pieces: the blocks of a page that stands on it, or the line itself."""
    long = [place for place, line in enumerate(lines) if len(line) >= LONG]
    read = [tokens_of(lines[place]) for place in long]
    logits = Model.shipped().logits([tokens for tokens, _ in read])
    pieces = [[line] for line in lines]
    for place, (tokens, spaces), own in zip(long, read, logits, strict=True):
        pieces[place] = _pieces(lines[place], tokens, spaces, own)
    return pieces


def _pieces(line: str, tokens: Sequence[str], spaces: Sequence[str], logits: NDArray[np.float64]) -> list[str]:
    sure = logits >= _logit(SURE)
    sure[[place for place in np.flatnonzero(sure).tolist() if _ends_sentence(tokens[place])]] = False
    sums = np.concatenate(([0], np.cumsum(sure)))
    if (sums[WITHIN:] - sums[:-WITHIN]).max(initial=sums[-1] if len(sums) <= WITHIN else 0) < BROKEN:
        return [line]
    places = (1 + np.flatnonzero(logits >= _logit(THRESHOLD))).tolist()
    pieces = []
    for start, stop in zip([0, *places], [*places, len(tokens)], strict=True):
        spaced = (token for place in range(start, stop) for token in (spaces[place], tokens[place]))
        pieces.append("".join(spaced).strip())
    return pieces


def _logit(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))


def _ends_sentence(token: str) -> bool:
    return token.rstrip(_CLOSING)[-1:] in signs.ENDS


def tokens_of(text: str) -> tuple[list[str], list[str]]:
    """The pieces of `text` between spaces, and between sentences that have no space between them; and what stands
    before each.
    """
    tokens: list[str] = []
    spaces: list[str] = []
    if not any(sign in text for sign in "。！？"):
        tokens = text.split()
        return tokens, [" "] * len(tokens)
    for word in text.split():
        for place, piece in enumerate(_INNER_END.split(word)):
            tokens.append(piece)
            spaces.append("" if place else " ")
    return tokens, spaces


@dataclass(frozen=True, slots=True)
class Model:
    """weights: int8[2**BITS], in steps of `WEIGHT_STEP`; bias: the same steps. Immutable."""

    weights: NDArray[np.int8]
    bias: int

    @staticmethod
    @cache
    def shipped() -> Model:
        """The weights beside this module."""
        with np.load(Path(__file__).with_suffix(".npz")) as arrays:
            return Model(arrays["weights"], int(arrays["bias"]))

    def logits(self, texts: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
        """Of each text, given as its tokens, float64[len(tokens) - 1]: of a block's end, for the gap above each token
        but the first. A text has the same logits in any company.
        """
        parts = [
            tokens[start : start + _AT_ONCE + 1] for tokens in texts for start in range(0, len(tokens) - 1, _AT_ONCE)
        ]
        totals: list[NDArray[np.int64]] = []
        for batch in _batches(parts):
            scores = self.weights.take(observations(batch)).sum(1, dtype=np.int64)
            totals += np.split(scores, np.cumsum([len(part) - 1 for part in batch])[:-1])
        left = iter(totals)
        found: list[NDArray[np.float64]] = []
        for tokens in texts:
            own = [next(left) for _ in range(0, len(tokens) - 1, _AT_ONCE)]
            sums = np.concatenate(own) if own else np.zeros(0, np.int64)
            found.append((sums + self.bias).astype(np.float64) * WEIGHT_STEP)
        return found


def _batches(parts: Sequence[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    """The parts in groups of `_AT_ONCE` gaps or one part."""
    batch: list[Sequence[str]] = []
    gaps = 0
    for part in parts:
        if batch and gaps + len(part) > _AT_ONCE:
            yield batch
            batch, gaps = [], 0
        batch.append(part)
        gaps += len(part)
    if batch:
        yield batch


def observations(texts: Sequence[Sequence[str]]) -> NDArray[np.uint32]:
    """uint32[gaps, K]: rows of the table for the gap above each token of each text but its first, text after text.

    Every text stands for itself: what is outside it, or in another text, is nothing to it.
    """
    tokens = [token for text in texts for token in text]
    sizes = np.array([len(text) for text in texts])
    text = np.repeat(np.arange(len(texts)), sizes)
    stop = np.cumsum(sizes)[text]
    start = stop - sizes[text]
    numbers: dict[str, int] = {}
    number = np.array([numbers.setdefault(token, len(numbers)) for token in tokens], np.intp)
    places = np.arange(len(tokens))
    below = places[places > start]
    words, shapes = (
        column[number] for column in np.array([_read(token) for token in numbers], np.uint64).reshape(-1, 2).T
    )
    look, ending = shapes & np.uint64(15), (shapes >> np.uint64(4)) & np.uint64(7)
    stops = np.isin(ending, (_STOP, _MARK))
    # Texts stand one behind the other with `_PADDING` places of nothing before, between and behind them.
    padded = places + _PADDING * (text + 1)
    size = len(tokens) + _PADDING * (len(texts) + 1)
    all_words, all_shapes = np.full(size, _OUTSIDE_WORD, np.uint64), np.full(size, _OUTSIDE_SHAPE, np.uint64)
    all_words[padded], all_shapes[padded] = words, shapes
    repeated = _repeated(_mixed(1, all_words[:-1], all_words[1:]), text, padded)
    gaps = padded[below]

    def at(column: NDArray[np.uint64]) -> Callable[[int], NDArray[np.uint64]]:
        """Of the token below each gap, or so many steps further on; each is taken once."""
        return cache(lambda step: column.take(gaps + step))

    word, shape, coarse, again = at(all_words), at(all_shapes), at(all_shapes & np.uint64(15)), at(repeated)

    last = np.maximum(np.maximum.accumulate(np.where(stops, places, -1)), start - 1)
    nowhere = len(tokens) + 50
    following = np.minimum.accumulate(np.where(stops, places, nowhere)[::-1])[::-1]
    following = np.where(following < stop, following, stop + 50)
    behind, ahead = _magnitude(below - 1 - last[below - 1]), _magnitude(following[below] - below)
    stretch = _magnitude(following[below] - last[below - 1])
    low, high = (np.concatenate(([0], np.cumsum(np.isin(look, looks)))) for looks in (_LOW, _HIGH))

    def within(sums: NDArray[np.int64], first: int, end: int) -> NDArray[np.uint64]:
        ends, starts = (np.clip(below + step, start[below], stop[below]) for step in (end, first))
        count: NDArray[np.uint64] = (sums[ends] - sums[starts]).astype(np.uint64)
        return count

    low_below, low_above, high_below, high_above = (
        within(low, 0, 6),
        within(low, -6, 0),
        within(high, 0, 6),
        within(high, -6, 0),
    )
    seen = (
        (shape(-1), shape(0)),
        (shape(-2), shape(-1), shape(0)),
        (shape(-1), shape(0), shape(1)),
        (shape(-2), shape(-1), shape(0), shape(1)),
        (shape(-1), shape(0), shape(1), shape(2)),
        (coarse(-3), coarse(-2), shape(-1), shape(0), coarse(1), coarse(2)),
        (coarse(-2), shape(-1), shape(0), coarse(1), coarse(2), coarse(3)),
        (word(-1), shape(0)),
        (word(0), shape(-1)),
        (word(-1), word(0)),
        (word(-2), word(-1), coarse(0)),
        (word(0), word(1), coarse(-1)),
        (word(-2), coarse(-1), coarse(0)),
        (word(1), coarse(-1), coarse(0)),
        (shape(-1), shape(0), behind, ahead >> np.uint64(1)),
        (shape(-1), shape(0), stretch),
        (shape(-1), shape(0), low_below, high_below),
        (shape(-1), shape(0), low_above, high_above),
        (low_above, low_below, high_above, high_below),
        (again(-1), again(-2), again(0), shape(-1)),
        (again(-1), shape(-1), shape(0)),
        (again(-3), again(-2), again(-1), again(0), again(1)),
        (word(0), behind),
        (word(-1), ahead),
        (word(0), again(-1)),
        (word(-1), again(-1)),
        (word(0), shape(-1), coarse(1)),
        (word(-1), coarse(0), coarse(1)),
    )
    rows = [_mixed(2 + place, *columns) >> np.uint64(64 - BITS) for place, columns in enumerate(seen)]
    return np.stack(rows, axis=1).astype(np.uint32)


def _repeated(pairs: NDArray[np.uint64], text: NDArray[np.int64], padded: NDArray[np.int64]) -> NDArray[np.uint64]:
    """How often each pair of neighbours stands in its text, 3 at most; pairs of nothing stand in every text often."""
    owner = np.full(len(pairs) + 1, -1)
    owner[padded] = text
    of = np.where(owner[:-1] >= 0, owner[:-1], owner[1:])
    order = np.lexsort((pairs, of))
    begins = np.ones(len(order), bool)
    begins[1:] = (pairs[order][1:] != pairs[order][:-1]) | (of[order][1:] != of[order][:-1])
    group = np.cumsum(begins) - 1
    counts = np.empty(len(order), np.int64)
    counts[order] = np.bincount(group)[group]
    return np.where(of < 0, 3, np.minimum(counts, 3)).astype(np.uint64)


@lru_cache(maxsize=_REMEMBERED)
def _read(token: str) -> _Token:
    core = token.strip(_EDGES)
    look, ending = _look(core, token), _ending(token)
    if ending == _STOP and len(core) <= 2 and look in (_SHORT_NUMBER, *_HIGH):
        ending = _INITIAL
    opens = token[0] in _OPENING
    return _Token(crc32(core.casefold().encode("utf-8", "replace")), look + 16 * ending + 128 * opens)


def _look(core: str, token: str) -> int:
    if not core:
        return _SEPARATOR if token in _SEPARATORS else _SIGN
    first = core[0]
    if first.isdigit():
        return _YEAR if len(core) == 4 and core.isdigit() else _by_length(core, (2, _SHORT_NUMBER), longer=_NUMBER)
    if len(core) > 1 and core.isupper():
        return _CAPITALS
    if first.isupper():
        return _CAPITALISED if core[1:].islower() else _MIXED
    if first.islower():
        return _by_length(core, (3, _SMALL), (6, _SMALL_LONGER), longer=_SMALL_LONG)
    if _CASELESS.match(core):
        return _by_length(core, (3, _OTHER_SHORT), (10, _OTHER), longer=_OTHER_LONG)
    return _ODD


def _by_length(core: str, *steps: tuple[int, int], longer: int) -> int:
    """The look of the first step that is as long as the word, in characters; `longer` for what no step is."""
    return next((look for most, look in steps if len(core) <= most), longer)


def _ending(token: str) -> int:
    last = token.rstrip(_CLOSING)[-1:]
    if last and last in signs.ENDS:
        return _STOP if last in ".…" else _MARK
    for marks, ending in ((signs.COMMAS, _COMMA), (_COLONS, _COLON), (signs.DASHES, _DASH)):
        if last and last in marks:
            return ending
    return _CLOSED if token[-1] in _CLOSING else _PLAIN


def _magnitude(distances: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A distance in tokens, as one of a few sizes."""
    sizes: NDArray[np.uint64] = np.searchsorted(_SIZES, np.maximum(distances, 1)).astype(np.uint64)
    return sizes


_SIZES = np.array([1, 2, 3, 4, 6, 9, 14, 21, 32, 48, 80])

_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def _mixed(salt: int, *columns: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """uint64: one hash for the values of all columns (the finaliser of SplitMix64 after each)."""
    found = np.full(len(columns[0]), salt, np.uint64)
    for column in columns:
        found = (found + column + np.uint64(1)) * _FACTOR
        found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        found = found ^ (found >> np.uint64(31))
    return found
