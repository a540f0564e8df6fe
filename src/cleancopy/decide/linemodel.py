"""The learned line model: for every line, how likely it is article text, a heading, the title, a byline or a date line.

A residual one-dimensional convolution over the lines of a document, with means over what stands above, below and around a
line. All documents of a batch run through the same few matrix products, with empty rows between them.

Weights are whole numbers of eight bits, activations of ten, so every sum is a whole number below 2**24 and float32 holds it
exactly, in whatever order it is taken: the scores of a document are the same to the last bit on every machine, in every
batch. `train/` fits the weights, `docs/model.md` says on what and how well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleancopy.errors import ConfigurationError

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
_EXACT = 1 << 24
_BLOCK = 1024
"""Rows that pass through a convolution at once, so that its unrolled input stays in the cache."""

_LOGIT_STEPS = 64
_LOGIT_LIMIT = 12
_PROBABILITY = np.round(
    1 / (1 + np.exp(-np.arange(-_LOGIT_LIMIT * _LOGIT_STEPS, _LOGIT_LIMIT * _LOGIT_STEPS + 1) / _LOGIT_STEPS)), 4
)
"""The logistic function on a grid: scores are read from a table, which no machine computes otherwise."""

TEXT_WEIGHTS, HTML_WEIGHTS = "text.npz", "html.npz"


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
        return (values @ self.weight) * self.scale + self.bias


def _activated(values: NDArray[np.float32]) -> NDArray[np.float32]:
    np.rint(values, out=values)
    return np.clip(values, 0, ACTIVATION_LEVELS, out=values)


class LineModel:
    """The weights, ready to score batches. Immutable; safe to share between threads."""

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
        if len(self.mean) != len(self._layers["enter"].weight) or self._layers["leave"].weight.shape[1] != len(HEADS):
            raise ConfigurationError(f"{source}: the arrays do not fit together; fit the weights again with `train`")

    @classmethod
    def load(cls, path: Path | None = None, *, html: bool = False) -> LineModel:
        """The weights in the file `path`, or those shipped with the package: for plain text, or for HTML.

        Raises `ConfigurationError` when the file does not exist or is no weights file.
        """
        file = path or resources.files("cleancopy.decide") / "weights" / (HTML_WEIGHTS if html else TEXT_WEIGHTS)
        try:
            with file.open("rb") as stream, np.load(stream) as arrays:
                return cls(dict(arrays), str(file))
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{file}: cannot be read as weights of the line model: {error}") from None

    @property
    def inputs(self) -> int:
        """Features that the model expects."""
        return len(self.mean)

    def score(self, features: NDArray[np.float32], bounds: NDArray[np.int64]) -> LineScores:
        """The scores of every line. features: float32[n, inputs]; bounds: int64[D + 1], the documents' offsets into the lines."""
        steps = np.rint(np.clip(self._logits(features, bounds), -_LOGIT_LIMIT, _LOGIT_LIMIT) * _LOGIT_STEPS)
        scores = _PROBABILITY[steps.astype(np.int64) + _LOGIT_LIMIT * _LOGIT_STEPS].astype(np.float32)
        return LineScores(*np.ascontiguousarray(scores.T))

    def _logits(self, features: NDArray[np.float32], bounds: NDArray[np.int64]) -> NDArray[np.float32]:
        """float32[n, len(HEADS)]"""
        if not len(features):
            return np.zeros((0, len(HEADS)), np.float32)
        sizes = np.diff(bounds)
        document = np.repeat(np.arange(len(sizes)), sizes)
        rows = np.arange(len(features)) + GAP * (document + 1)
        values = (features - self.mean) * self.scale
        np.clip(np.rint(values, out=values), -INPUT_LEVELS, INPUT_LEVELS, out=values)
        first = _activated(self._layers["enter"](values))
        state = first
        for index, dilation in enumerate(DILATIONS):
            spaced = np.zeros((len(features) + GAP * (len(sizes) + 1), state.shape[1]), np.float32)
            spaced[rows] = state
            state = state + _activated(self._convolve(self._layers[f"convolution{index}"], dilation, spaced)[rows])
            np.minimum(state, ACTIVATION_LEVELS, out=state)
            if index == 0:
                pooled = _activated(self._layers["pool"](state))
                state = state + _activated(self._layers["spread"](_context(pooled, bounds, document)))
                np.minimum(state, ACTIVATION_LEVELS, out=state)
        hidden = _activated(self._layers["hidden"](np.concatenate([state, first], axis=1)))
        return self._layers["leave"](hidden)

    @staticmethod
    def _convolve(layer: _Layer, dilation: int, spaced: NDArray[np.float32]) -> NDArray[np.float32]:
        """The convolution at every row; rows nearer to the edge than its reach stay zero, and hold no line."""
        reach = WIDTH // 2 * dilation
        channels = spaced.shape[1]
        out = np.zeros_like(spaced)
        unrolled = np.empty((_BLOCK, WIDTH * channels), np.float32)
        for start in range(reach, len(spaced) - reach, _BLOCK):
            size = min(_BLOCK, len(spaced) - reach - start)
            for step in range(WIDTH):
                above = start + (step - WIDTH // 2) * dilation
                unrolled[:size, step * channels : (step + 1) * channels] = spaced[above : above + size]
            out[start : start + size] = layer(unrolled[:size])
        return out


def _context(
    values: NDArray[np.float32], bounds: NDArray[np.int64], document: NDArray[np.int64]
) -> NDArray[np.float32]:
    """float32[n, 5 c]: means above, below, around and over the whole document, rounded, and the maxima over the whole."""
    size, channels = values.shape
    start, stop = bounds[:-1][document], bounds[1:][document]
    index = np.arange(size)
    total = np.zeros((size + 1, channels), np.int64)
    np.cumsum(values, axis=0, dtype=np.int64, out=total[1:])
    out = np.empty((size, 5, channels), np.float32)
    spans = (
        (start, index + 1),
        (index, stop),
        (np.maximum(index - REACH, start), np.minimum(index + REACH + 1, stop)),
        (start, stop),
    )
    for place, (low, high) in enumerate(spans):
        out[:, place] = np.rint((total[high] - total[low]) / (high - low)[:, None])
    firsts = bounds[:-1][np.diff(bounds) > 0]
    maxima = np.maximum.reduceat(values, firsts)
    out[:, 4] = np.repeat(maxima, np.diff(np.concatenate([firsts, [size]])), axis=0)
    return out.reshape(size, -1)
