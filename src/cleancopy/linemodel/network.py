"""The learned line model: for every line, how likely it is article text, a heading, the title, a byline or a date line.

A residual one-dimensional convolution over the lines of a document, with means over what stands above, below and
around a line. All documents of a batch run through the same few matrix products, with empty rows between them.

Weights are whole numbers of eight bits, activations of ten, so every sum is a whole number below 2**24 and float32
holds it exactly, in whatever order it is taken: the scores of a document are the same to the last bit on every
machine, in every batch. `train/` fits the weights, `docs/model.md` says on what and how well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from threading import Lock
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import LibController, ThreadpoolController

from cleancopy import native
from cleancopy.errors import ConfigurationError
from cleancopy.linemodel.features import FEATURES, HTML_FEATURES

HEADS = ("keep", "heading", "title", "byline", "date", "end")
"""The outputs, in order. `end`: the article ended above this line."""

WIDTH = 7
"""Lines under one convolution."""
DILATIONS = (1, 2, 4)
"""Lines between the lines under each of the convolutions."""
GAP = WIDTH // 2 * max(DILATIONS)
"""Empty rows between documents: no convolution reaches over them."""
REACH = 32
"""Lines on each side that the mean around a line is taken over."""

INPUT_STEP, INPUT_LEVELS = 1 / 32, 255
ACTIVATION_STEP, ACTIVATION_LEVELS = 1 / 16, 1023
WEIGHT_LEVELS = 127
_PLAIN = frozenset(FEATURES)
_EXACT = 1 << 24
_BLOCK = 512
"""Rows that pass through a layer at once, so that what is between its steps stays in the cache."""
_LINES = 4096
"""Lines that are scored at once, or those of one longer document, for the same reason."""

_LOGIT_STEPS = 64
_LOGIT_LIMIT = 12
_PROBABILITY = np.round(
    1 / (1 + np.exp(-np.arange(-_LOGIT_LIMIT * _LOGIT_STEPS, _LOGIT_LIMIT * _LOGIT_STEPS + 1) / _LOGIT_STEPS)), 4
).astype(np.float32)
"""The logistic function on a grid: scores are read from a table, which no machine computes otherwise."""

TEXT_WEIGHTS, HEADING_WEIGHTS, HTML_WEIGHTS = "text.npz", "headings.npz", "html.npz"
"""What ships: the model for plain text, the one that only tells its headings, and the model for HTML."""


@dataclass(frozen=True, slots=True)
class LineScores:
    """Probabilities of one batch, each float32[n] with four decimals."""

    keep: NDArray[np.float32]
    heading: NDArray[np.float32]
    title: NDArray[np.float32]
    byline: NDArray[np.float32]
    date: NDArray[np.float32]
    end: NDArray[np.float32]

    def of(self, part: slice) -> LineScores:
        """The scores of some lines, for example of one document."""
        return LineScores(
            self.keep[part], self.heading[part], self.title[part], self.byline[part], self.date[part], self.end[part]
        )


@dataclass(frozen=True, slots=True)
class _Layer:
    weight: NDArray[np.float32]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the layer says before it is rounded."""
        out = values @ self.weight
        out *= self.scale
        out += self.bias
        return out

    def activated(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """What it says as a whole number of activation steps, zero where it is negative."""
        out = self(values)
        np.rint(out, out=out)
        return np.clip(out, 0, ACTIVATION_LEVELS, out=out)


class LineModel:
    """The weights, ready to score batches. Immutable; safe to share between threads.

    inputs: the features that they were fitted on, by name; what else a version computes, they do not see.
    about:  where they come from: commit, settings with the seed, SHA-256 of the data, licence.
    """

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]], source: str) -> None:
        """Raises `ConfigurationError` when arrays are missing, do not fit together or cannot be summed exactly."""
        try:
            self.mean = np.asarray(arrays["mean"], np.float32)
            self.scale = np.asarray(arrays["scale"], np.float32)
            names = (
                "enter",
                *(f"convolution{index}" for index in range(len(DILATIONS))),
                "pool",
                "spread",
                "hidden",
                "leave",
            )
            self._layers = {
                name: _Layer(
                    np.asarray(arrays[f"{name}.weight"], np.float32),
                    np.asarray(arrays[f"{name}.scale"], np.float32),
                    np.asarray(arrays[f"{name}.bias"], np.float32),
                )
                for name in names
            }
        except KeyError as error:
            raise ConfigurationError(
                f"{source}: the array {error} is missing; fit the weights again with `train`"
            ) from None
        for name, layer in self._layers.items():
            most = INPUT_LEVELS if name == "enter" else ACTIVATION_LEVELS
            if np.abs(layer.weight).sum(0).max() * most >= _EXACT:
                raise ConfigurationError(
                    f"{source}: layer {name} can sum to 2**24 or more, which float32 does not hold exactly"
                )
        self.inputs: tuple[str, ...] = tuple(map(str, arrays.get("inputs", ())))
        self._columns = _columns(self.inputs, source)
        self.about = _about(arrays, source)
        if len(self.mean) != len(self._layers["enter"].weight) or self._layers["leave"].weight.shape[1] != len(HEADS):
            raise ConfigurationError(f"{source}: the arrays do not fit together; fit the weights again with `train`")
        self._compiled = self.compiled()

    def compiled(self) -> native.Network | None:
        """The same model for the compiled library; None where there is none, or these layers are too odd for it."""
        library = native.library()
        if library is None:
            return None
        columns = np.arange(len(self.mean)) if self._columns is None else self._columns
        try:
            return native.Network(library, [*self._layers.values()], self.mean, self.scale, columns, len(HEADS))
        except ValueError:
            return None

    @classmethod
    def shipped(cls, name: str = TEXT_WEIGHTS) -> LineModel:
        """The model of that name among those that come with the package."""
        return cls.load(resources.files("cleancopy.linemodel") / "weights" / name)

    @classmethod
    def load(cls, file: Traversable) -> LineModel:
        """The weights in a file. Raises `ConfigurationError` when it does not exist or is no weights file."""
        try:
            with file.open("rb") as stream, np.load(stream) as arrays:
                return cls(dict(arrays), str(file))
        except (OSError, ValueError, BadZipFile) as error:
            raise ConfigurationError(f"{file}: cannot be read as weights of the line model: {error}") from None

    @property
    def html(self) -> bool:
        """Whether the model expects `html_features` beside `features`."""
        return not _PLAIN.issuperset(self.inputs)

    def _seen(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """The columns that the weights were fitted on, in their order."""
        return features if self._columns is None else features.take(self._columns, axis=1)

    def score(self, features: NDArray[np.float32], bounds: NDArray[np.int64]) -> LineScores:
        """The scores of every line. features: float32[n, f], the columns of `features`, with those of `html_features`
        behind them where `html`; bounds: int64[D + 1], the documents' offsets into the lines.
        """
        logits = self.logits(features, bounds) if self._compiled is None else self._compiled.logits(features, bounds)
        np.clip(logits, -_LOGIT_LIMIT, _LOGIT_LIMIT, out=logits)
        logits *= _LOGIT_STEPS
        steps = np.rint(logits, out=logits).T.astype(np.int64)
        return LineScores(*_PROBABILITY.take(steps + _LOGIT_LIMIT * _LOGIT_STEPS))

    def logits(self, features: NDArray[np.float32], bounds: NDArray[np.int64]) -> NDArray[np.float32]:
        """float32[n, len(HEADS)]: what the model says of every line before it is taken for a probability.

        `native.Network` gives the same bits.
        """
        features = self._seen(features)
        logits = np.empty((len(features), len(HEADS)), np.float32)
        # These products are too small to be shared between cores: threads would only wait for each other.
        with _SCORING, _one_thread():
            for first, last in _groups(bounds):
                part = slice(int(bounds[first]), int(bounds[last]))
                logits[part] = self._logits(features[part], bounds[first : last + 1] - bounds[first])
        return logits

    def attribute(
        self, features: NDArray[np.float32], chosen: Sequence[int], most: int = 5
    ) -> dict[int, tuple[tuple[str, float], ...]]:
        """What speaks for keeping each of the chosen lines, and what against it, strongest first.

        features: float32[n, f] of one document, as for `score`. Each piece of evidence is the name of a feature with
        the change in the logit of `keep` when the feature has its average value on this line, while the means over the
        page stay what they are; `neighbours` is what the lines within the model's reach change together.
        """
        features = self._seen(features)
        states = list(self._states(features, np.array([0, len(features)])))
        found, alone = {}, self._alone(features, chosen)
        for line in chosen:
            asked = np.flatnonzero(np.rint((features[line] - self.mean) * self.scale))
            copies = np.repeat(features[line][None], len(asked) + 1, axis=0)
            copies[np.arange(len(asked)), asked] = self.mean[asked]
            logits = self._replaced(states, line, copies)
            changes = [*(logits[-1] - logits[:-1]).tolist(), float(logits[-1]) - alone[line]]
            names = [*(self.inputs[index] for index in asked), "neighbours"]
            ranked = sorted(zip(names, changes, strict=True), key=lambda item: (-abs(item[1]), item[0]))
            found[line] = tuple((name, round(change, 2)) for name, change in ranked[:most] if abs(change) >= 0.005)
        return found

    def _replaced(
        self, states: Sequence[NDArray[np.float32]], line: int, copies: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """float32[c]: the logit of `keep` of a line with each of the copies, float32[c, inputs], in its place.

        Only the few lines are computed again that lie between the line's features and its logit: from the last
        convolution back, every `dilation`-th line is needed; from the first one on, only lines near are changed.
        """
        first = self._enter(copies)
        at, changed = line + GAP, {0: first}
        needed = [{0}]
        for dilation in DILATIONS[:0:-1]:
            taps = range(-(WIDTH // 2) * dilation, WIDTH // 2 * dilation + 1, dilation)
            needed.insert(0, {place + tap for place in needed[0] for tap in taps})
        for index, dilation in enumerate(DILATIONS):
            layer, before, after = self._layers[f"convolution{index}"], states[index], states[index + 1]
            taps = range(-(WIDTH // 2) * dilation, WIDTH // 2 * dilation + 1, dilation)
            inside = range(GAP - at, len(before) - GAP - at)
            places = [
                place
                for place in sorted(needed[index])
                if place in inside and any(place + tap in changed for tap in taps)
            ]
            new = {}
            for place in places:
                around = [changed.get(place + tap, before[None, at + place + tap]) for tap in taps]
                new[place] = self._joined(layer, around, len(copies))
                if not index:  # the means over the page, which are added here, stay what they are
                    before_means = self._joined(layer, [before[None, at + place + tap] for tap in taps])
                    new[place] = np.minimum(new[place] + after[at + place] - before_means, ACTIVATION_LEVELS)
            changed = new
        both = np.concatenate([changed[0], first], axis=1)
        logits: NDArray[np.float32] = self._layers["leave"](self._layers["hidden"].activated(both))[:, 0]
        return logits

    @staticmethod
    def _joined(layer: _Layer, around: Sequence[NDArray[np.float32]], copies: int = 1) -> NDArray[np.float32]:
        """float32[copies, channels]: the middle of some rows plus their convolution."""
        rows = np.empty((copies, len(around), around[0].shape[1]), np.float32)
        for place, row in enumerate(around):
            rows[:, place] = row
        out = layer.activated(rows.reshape(copies, -1))
        out += rows[:, len(around) // 2]
        return np.minimum(out, ACTIVATION_LEVELS, out=out)

    def _alone(self, features: NDArray[np.float32], chosen: Sequence[int]) -> dict[int, float]:
        """The logit of `keep` of each of some lines among average ones."""
        reach = sum(WIDTH // 2 * dilation for dilation in DILATIONS)
        found: dict[int, float] = {}
        for first in range(0, len(chosen), _LINES // (2 * reach + 1)):
            part = chosen[first : first + _LINES // (2 * reach + 1)]
            starts = np.maximum(np.array(part) - reach, 0)
            sizes = np.minimum(np.array(part) + reach + 1, len(features)) - starts
            bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
            places = bounds[:-1] + part - starts
            pages = np.repeat(self.mean[None], bounds[-1], axis=0)
            pages[places] = features[list(part)]
            found.update(zip(part, self._logits(pages, bounds)[places, 0].tolist(), strict=True))
        return found

    def _logits(self, features: NDArray[np.float32], bounds: NDArray[np.int64]) -> NDArray[np.float32]:
        """float32[n, len(HEADS)]"""
        size = len(features)
        logits = np.zeros((size, len(HEADS)), np.float32)
        if not size:
            return logits
        rows = _rows(bounds)
        states = self._states(features, bounds)
        first = next(states).take(rows, axis=0)
        for state in states:
            last = state
        for part in _blocks(size):
            both = np.concatenate([last.take(rows[part], axis=0), first[part]], axis=1)
            logits[part] = self._layers["leave"](self._layers["hidden"].activated(both))
        return logits

    def _states(self, features: NDArray[np.float32], bounds: NDArray[np.int64]) -> Iterator[NDArray[np.float32]]:
        """What every line is to the model before the convolutions and after each: float32[rows, channels].

        Each document has `GAP` empty rows above and below it; see `_rows`.
        """
        document = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
        rows = _rows(bounds)
        between = np.ones(len(features) + GAP * len(bounds), bool)
        between[rows] = False
        gaps = np.flatnonzero(between)
        state = np.zeros((len(between), self._layers["enter"].weight.shape[1]), np.float32)
        state[rows] = self._enter(features)
        yield state
        for index, dilation in enumerate(DILATIONS):
            state = self._convolve(self._layers[f"convolution{index}"], dilation, state)
            state[gaps] = 0
            if index == 0:
                lines = state.take(rows, axis=0)
                around = _context(self._layers["pool"].activated(lines), bounds, document)
                for part in _blocks(len(lines)):
                    lines[part] += self._layers["spread"].activated(around[part])
                state[rows] = np.minimum(lines, ACTIVATION_LEVELS, out=lines)
            yield state

    def _enter(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32[n, channels]: the first layer over the features, standardised and rounded."""
        layer = self._layers["enter"]
        out = np.empty((len(features), layer.weight.shape[1]), np.float32)
        for part in _blocks(len(features)):
            values = features[part] - self.mean
            values *= self.scale
            np.rint(values, out=values)
            out[part] = layer.activated(np.clip(values, -INPUT_LEVELS, INPUT_LEVELS, out=values))
        return out

    @staticmethod
    def _convolve(layer: _Layer, dilation: int, state: NDArray[np.float32]) -> NDArray[np.float32]:
        """`state` plus its convolution. The rows nearest to both ends, which hold no line, stay zero."""
        reach = WIDTH // 2 * dilation
        channels = state.shape[1]
        out = np.zeros_like(state)
        unrolled = np.empty((_BLOCK, WIDTH * channels), np.float32)
        # For every row the rows under it, as a view.
        size, row, value = len(state) - 2 * reach, *state.strides
        under = np.ndarray((size, WIDTH, channels), np.float32, state, 0, (row, dilation * row, value))
        for part in _blocks(len(under)):
            size = part.stop - part.start
            np.copyto(unrolled[:size].reshape(size, WIDTH, channels), under[part])
            lines = slice(part.start + reach, part.stop + reach)
            np.add(state[lines], layer.activated(unrolled[:size]), out=out[lines])
        return np.minimum(out, ACTIVATION_LEVELS, out=out)


def _columns(inputs: Sequence[str], source: str) -> NDArray[np.intp] | None:
    """Where the inputs stand among the features; None where they are all of them in order."""
    known = {name: place for place, name in enumerate(FEATURES + HTML_FEATURES)}
    missing = [name for name in inputs if name not in known]
    if missing or not inputs:
        named = ", ".join(missing) or "none that it names"
        raise ConfigurationError(
            f"{source}: fitted on features that this version does not have ({named}); fit them again with `train`"
        )
    if tuple(inputs) in (FEATURES, FEATURES + HTML_FEATURES):
        return None
    return np.array([known[name] for name in inputs], np.intp)


def _about(arrays: Mapping[str, NDArray[np.generic]], source: str) -> Mapping[str, object]:
    try:
        found = json.loads(str(np.asarray(arrays.get("about", "{}")).item()))
    except ValueError:
        raise ConfigurationError(f"{source}: `about` is no JSON; fit the weights again with `train`") from None
    return found if isinstance(found, dict) else {}


def _blocks(size: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, size)) for start in range(0, size, _BLOCK))


@cache
def _libraries() -> list[LibController]:
    """The libraries of this process that multiply matrices in threads of their own."""
    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


@contextmanager
def _one_thread() -> Iterator[None]:
    """`ThreadpoolController.limit` does the same, and asks each library about its version and more first: 0.1 ms."""
    before = [library.get_num_threads() for library in _libraries()]
    for library in _libraries():
        library.set_num_threads(1)
    try:
        yield
    finally:
        for library, threads in zip(_libraries(), before, strict=True):
            library.set_num_threads(threads)


_SCORING = Lock()
"""Held by the thread that scores. The libraries have one limit for the whole process: of two threads that set it and
put back what each has found, the last would leave the first one's limit for good.
"""


def _groups(bounds: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Documents that are scored at once: the first and the one behind the last."""
    first = 0
    while first < len(bounds) - 1:
        last = max(int(np.searchsorted(bounds, bounds[first] + _LINES, "right")) - 1, first + 1)
        yield first, last
        first = last


def _rows(bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[n]: the row of each line where `GAP` empty rows stand before, between and after the documents."""
    document = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    return np.arange(len(document)) + GAP * (document + 1)


def _context(
    values: NDArray[np.float32], bounds: NDArray[np.int64], document: NDArray[np.int64]
) -> NDArray[np.float32]:
    """float32[n, 5 c]: means over the lines above, below and around (rounded), maxima over those above and below."""
    size, channels = values.shape
    start, stop = bounds[:-1][document], bounds[1:][document]
    index = np.arange(size)
    whole = np.ascontiguousarray(values.T, np.int32)
    # Sums may wrap around, their differences within a document do not.
    total = np.zeros((channels, size + 1), np.int32)
    np.cumsum(whole, axis=1, out=total[:, 1:])
    total = np.ascontiguousarray(total.T)
    out = np.empty((size, 5, channels), np.float32)
    spans = (
        (start, index + 1),
        (index, stop),
        (np.maximum(index - REACH, start), np.minimum(index + REACH + 1, stop)),
    )
    for place, (low, high) in enumerate(spans):
        mean = (total.take(high, axis=0) - total.take(low, axis=0)).astype(np.float32)
        mean /= (high - low).astype(np.float32)[:, None]
        np.rint(mean, out=out[:, place])
    # Each document is lifted above the one before it, so that the running maximum starts anew in every one.
    lift = (document * (ACTIVATION_LEVELS + 1)).astype(np.int32)
    out[:, 3] = (np.maximum.accumulate(whole + lift, axis=1) - lift).T
    drop = lift[-1] - lift
    out[:, 4] = (np.maximum.accumulate((whole + drop)[:, ::-1], axis=1)[:, ::-1] - drop).T
    return out.reshape(size, -1)
