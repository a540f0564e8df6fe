"""The learned page model: what kind of page a document is, and how well it was probably cleaned.

Both are read off a summary of the page: means and deviations of what the line model sees of its lines, how often it
uses words that tell such pages apart, and how sure and how even the line model is. The kind is a multinomial logistic
regression, the expected F1 a logistic one. Sums are taken over whole numbers, and what is said has two decimals, so
that it is the same on every machine and in every batch. `train/pages_model.py` fits the weights; `docs/model.md` says
how well.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from cleancopy.errors import ConfigurationError
from cleancopy.linemodel.features import FEATURES, likely
from cleancopy.linemodel.network import LineScores
from cleancopy.model import PageReport

PAGE_WEIGHTS = "pages.npz"
KINDS = ("article", "listing", "forum", "documentation", "product", "service")
"""What a page may be. `listing` is a page of teasers or of products, `product` one product, `service` what an
organisation says of itself and what it offers.
"""
STEP = 64
"""A feature of a line counts in steps of 1/64."""
UNSURE = (0.2, 0.8)
"""Between these probabilities of a line to stay the line model is unsure."""
FIGURES = (
    "words",
    "kept_words",
    "kept_share",
    "lines",
    "kept_lines_share",
    "unsure_share",
    "certainty",
    "certainty_kept",
    "certainty_removed",
    "switches",
    "switches_kept",
    "prose_kept",
    "kept_prose",
    "title",
    "byline",
    "date",
)
"""What `figures` gives of a page."""


def summary(inputs: NDArray[np.float32], words: NDArray[np.int64]) -> NDArray[np.float64]:
    """float64[3 F]: means of the features over lines, over words, and their deviations over lines.

    inputs: float32[n, F] of one document with at least one line; words: int64[n].
    """
    # Whole numbers, far below 2**53: their sums are exact in double precision, and products of matrices are fast in it.
    steps = np.rint(inputs * STEP).astype(np.float64)
    weight = (2 * words + 1).astype(np.float64)
    count = len(steps)
    mean = steps.sum(0) / count
    weighted = weight @ steps / weight.sum()
    deviation = np.sqrt(np.maximum((steps * steps).sum(0) / count - mean * mean, 0))
    return np.concatenate([mean, weighted, deviation]) / STEP


def word_counts(hashes: NDArray[np.uint64], vocabulary: NDArray[np.uint64]) -> NDArray[np.float64]:
    """float64[V]: log(1 + how often) of every word of the sorted vocabulary. hashes: those of the document's words."""
    hashes = hashes[likely(hashes, vocabulary)]
    place = np.minimum(np.searchsorted(vocabulary, hashes), len(vocabulary) - 1)
    counts = np.bincount(place[vocabulary[place] == hashes], minlength=len(vocabulary))
    return np.log1p(counts)


def figures(
    scores: LineScores,
    words: NDArray[np.int64],
    prose: NDArray[np.bool_],
    kept: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """float64[FIGURES]: how sure and how even the line model is of one document, and how it was cleaned.

    All one entry a line. prose: reads as running text; kept: stays in the text.
    """
    whole = np.rint(scores.keep.astype(np.float64) * 10_000).astype(np.int64)
    total, staying = max(int(words.sum()), 1), int(words[kept].sum())
    sure = np.abs(2 * whole - 10_000)
    unsure = (whole > UNSURE[0] * 10_000) & (whole < UNSURE[1] * 10_000)
    switches = int(np.count_nonzero(kept[1:] != kept[:-1]))
    running = int(words[prose].sum())

    def mean(of: NDArray[np.int64], chosen: NDArray[np.bool_]) -> float:
        weight = int(words[chosen].sum())
        return int((of[chosen] * words[chosen]).sum()) / weight / 10_000 if weight else 0.0

    return np.array(
        [
            np.log1p(total) / 10,
            np.log1p(staying) / 10,
            staying / total,
            np.log1p(len(kept)) / 10,
            float(kept.mean()),
            int(words[unsure].sum()) / total,
            mean(sure, np.ones(len(kept), bool)),
            mean(sure, kept),
            mean(sure, ~kept),
            switches / len(kept),
            min(switches / max(int(kept.sum()), 1), 4.0) / 4,
            int(words[prose & kept].sum()) / max(running, 1),
            int(words[prose & kept].sum()) / max(staying, 1),
            float(scores.title.max(initial=0)),
            float(scores.byline.max(initial=0)),
            float(scores.date.max(initial=0)),
        ]
    )


class PageModel:
    """The weights for plain text and for HTML, ready to be asked. Immutable."""

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]], source: str) -> None:
        """arrays: as `train.pages_model` writes them. Raises ConfigurationError where one is missing or misshapen."""
        try:
            self.vocabulary = np.asarray(arrays["vocabulary"], np.uint64)
            names = np.asarray(arrays["inputs"]).tolist()
            if unknown := [name for name in names if name not in FEATURES]:
                raise ValueError(f"there is no input {', '.join(unknown)}")
            columns = [FEATURES.index(name) for name in names]
            self._columns = None if columns == list(range(len(FEATURES))) else columns
            self._kind = {name: np.asarray(arrays[f"{name}.kind"], np.float64) for name in ("text", "html")}
            self._score = {name: np.asarray(arrays[f"{name}.score"], np.float64) for name in ("text", "html")}
        except (KeyError, ValueError) as error:
            raise ConfigurationError(f"{source}: cannot be read as weights of the page model: {error}") from None
        size = 3 * len(columns) + len(self.vocabulary) + 1
        for name in ("text", "html"):
            kind, score = self._kind[name].shape, self._score[name].shape
            if kind != (size, len(KINDS)) or score != (len(FIGURES) + len(KINDS) + 1,):
                raise ConfigurationError(
                    f"{source}: {name}.kind is {kind} and {name}.score {score}, but {(size, len(KINDS))} and "
                    f"{(len(FIGURES) + len(KINDS) + 1,)} are needed; fit them again with train.pages_model"
                )

    @classmethod
    def shipped(cls) -> PageModel:
        """The model that comes with the package."""
        return cls.load(resources.files("cleancopy.linemodel") / "weights" / PAGE_WEIGHTS)

    @classmethod
    def load(cls, file: Traversable) -> PageModel:
        """The weights in a file. Raises `ConfigurationError` when it does not exist or is no weights file."""
        try:
            with file.open("rb") as stream, np.load(stream) as arrays:
                return cls(dict(arrays), str(file))
        except (OSError, ValueError, BadZipFile) as error:
            raise ConfigurationError(f"{file}: cannot be read as weights of the page model: {error}") from None

    def report(
        self,
        inputs: NDArray[np.float32],
        hashes: NDArray[np.uint64],
        scores: LineScores,
        words: NDArray[np.int64],
        prose: NDArray[np.bool_],
        kept: NDArray[np.bool_],
        *,
        html: bool,
    ) -> PageReport:
        """What kind of page one document is and how well it was probably cleaned.

        inputs: float32[n, FEATURES], n at least 1; hashes: those of its words, in any order; else as `figures` has it.
        """
        medium = "html" if html else "text"
        seen = inputs if self._columns is None else inputs.take(self._columns, axis=1)
        page = np.concatenate([summary(seen, words), word_counts(hashes, self.vocabulary), np.ones(1)])
        logits = page @ self._kind[medium]
        likely = np.exp(logits - logits.max())
        likely /= likely.sum()
        said = np.concatenate([figures(scores, words, prose, kept), likely, np.ones(1)])
        score = 1 / (1 + np.exp(-float(said @ self._score[medium])))
        best = int(likely.argmax())
        return PageReport(KINDS[best], round(float(likely[best]), 2), round(score, 2) if kept.any() else 0.0)
