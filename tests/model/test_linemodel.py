"""The line model: the same scores in every batch, honest errors, and a floor under its quality on our own cases."""

from __future__ import annotations

import re
from importlib import resources
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cleancopy.assembly import build_rule_book
from cleancopy.errors import ConfigurationError
from cleancopy.linemodel import network
from cleancopy.linemodel.features import FEATURES, HTML_FEATURES, features
from cleancopy.linemodel.network import (
    ACTIVATION_LEVELS,
    HEADING_WEIGHTS,
    HEADS,
    HTML_WEIGHTS,
    TEXT_WEIGHTS,
    LineModel,
    LineScores,
)
from cleancopy.model import Document
from cleancopy.rules.evidence import collect
from cleancopy.rules.lexicon import Lexicon
from cleancopy.settings import load
from cleancopy.text.lines import Lines
from cleancopy.text.segment import segment
from tests.case_files import SAMPLES, load_cases

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 1 << 20
"""Bytes that all weights together may have in the wheel."""


@pytest.fixture(scope="module")
def model() -> LineModel:
    return LineModel.shipped()


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return [segment(path.read_text("utf-8")) for path in sorted(SAMPLES.glob("*.txt")) if "cp1252" not in path.name]


@pytest.fixture(scope="module")
def inputs(documents: list[Document]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    lines = Lines(documents)
    return features(lines, Lexicon([])), lines.bounds


def test_scores_do_not_depend_on_the_batch(
    model: LineModel, inputs: tuple[NDArray[np.float32], NDArray[np.int64]]
) -> None:
    values, bounds = inputs
    together = model.score(values, bounds)
    for start, stop in pairwise(bounds):
        alone = model.score(values[start:stop], np.array([0, stop - start]))
        for head in HEADS:
            assert (getattr(alone, head) == getattr(together, head)[start:stop]).all()


def test_empty_documents_change_nothing(
    model: LineModel, inputs: tuple[NDArray[np.float32], NDArray[np.int64]]
) -> None:
    values, bounds = inputs
    spread = np.concatenate([[0], np.repeat(bounds[1:-1], 2), [bounds[-1], bounds[-1]]])
    assert (model.score(values, spread).keep == model.score(values, bounds).keep).all()
    assert len(model.score(values[:0], np.array([0, 0])).keep) == 0
    assert len(model.score(values[:0], np.array([0])).keep) == 0


def test_many_rows_cross_the_blocks_without_a_trace(
    model: LineModel, inputs: tuple[NDArray[np.float32], NDArray[np.int64]]
) -> None:
    values, _ = inputs
    long = np.concatenate([values] * (2500 // len(values) + 1))[:2500]
    behind = np.concatenate([values[:300], long])
    alone = model.score(long, np.array([0, 2500])).keep
    assert (model.score(behind, np.array([0, 300, 2800])).keep[300:] == alone).all()


def test_scores_are_the_arithmetic_of_whole_numbers(
    model: LineModel, inputs: tuple[NDArray[np.float32], NDArray[np.int64]]
) -> None:
    """The first layer in 64-bit integers gives the same numbers as in float32."""
    values, _ = inputs
    layer = model._layers["enter"]
    values = model._seen(values)
    whole = np.clip(np.rint((values - model.mean) * model.scale), -255, 255).astype(np.int64)
    sums = (whole @ layer.weight.astype(np.int64)).astype(np.float32)
    expected = np.clip(np.rint(sums * layer.scale + layer.bias), 0, ACTIVATION_LEVELS)
    assert (model._enter(values) == expected).all()


def test_scores_are_probabilities_with_four_decimals(
    model: LineModel, inputs: tuple[NDArray[np.float32], NDArray[np.int64]]
) -> None:
    scores = model.score(*inputs)
    for head in HEADS:
        column = getattr(scores, head)
        assert column.dtype == np.float32
        assert ((column >= 0) & (column <= 1)).all()
        assert np.allclose(column, np.round(column.astype(np.float64), 4), atol=1e-7)
    assert isinstance(scores.of(slice(0, 3)), LineScores)
    assert len(scores.of(slice(0, 3)).title) == 3


def test_evidence_of_a_line_is_named_and_signed(
    model: LineModel, documents: list[Document], inputs: tuple[NDArray[np.float32], NDArray[np.int64]]
) -> None:
    values, bounds = inputs
    keep = model.score(values, bounds).keep[: bounds[1]]
    asked = (int(np.argmax(keep)), int(np.argmin(keep)))
    attributed = model.attribute(values[: bounds[1]], asked)
    assert set(attributed) == set(asked)
    for line, evidence in attributed.items():
        assert 0 < len(evidence) <= 5
        assert {name for name, _ in evidence} <= {*model.inputs, "neighbours"}
        assert [abs(change) for _, change in evidence] == sorted((abs(c) for _, c in evidence), reverse=True)
        assert evidence == model.attribute(values[: bounds[1]], [line])[line]


def test_a_line_replaced_by_itself_is_scored_the_same(
    model: LineModel, inputs: tuple[NDArray[np.float32], NDArray[np.int64]]
) -> None:
    """The short way from a line's features to its logit is the way of the whole network."""
    values, bounds = inputs
    page = values[: bounds[1]]
    states = list(model._states(page, bounds[:2]))
    logits = model._logits(page, bounds[:2])[:, 0]
    for line in range(len(page)):
        assert model._replaced(states, line, page[line][None])[0] == logits[line]


def test_what_a_line_replaced_changes_is_what_it_changes_in_the_network(
    model: LineModel, inputs: tuple[NDArray[np.float32], NDArray[np.int64]], monkeypatch: pytest.MonkeyPatch
) -> None:
    values, bounds = inputs
    page, whole = values[: bounds[1]], bounds[:2]
    context = network._context(
        model._layers["pool"].activated(_lines(model, page, whole)), whole, np.zeros(len(page), int)
    )
    monkeypatch.setattr(network, "_context", lambda *_: context)  # the page's means stay what they are
    states = list(model._states(page, whole))
    for line in range(0, len(page), 3):
        other = page.copy()
        other[line] = model.mean
        assert model._replaced(states, line, other[line][None])[0] == model._logits(other, whole)[line, 0]


def _lines(model: LineModel, page: NDArray[np.float32], bounds: NDArray[np.int64]) -> NDArray[np.float32]:
    """The lines after the first convolution, without the page's means."""
    before = next(model._states(page, bounds))
    after = model._convolve(model._layers["convolution0"], network.DILATIONS[0], before)
    return after[network._rows(bounds)]


def test_weights_fit_into_the_wheel() -> None:
    folder = resources.files("cleancopy.linemodel") / "weights"
    sizes = [len(file.read_bytes()) for file in folder.iterdir() if file.name.endswith(".npz")]
    assert len(sizes) == 4
    assert sum(sizes) <= LARGEST


def test_the_models_name_their_inputs(model: LineModel) -> None:
    for one in (model, LineModel.shipped(HEADING_WEIGHTS)):
        assert one.inputs == FEATURES
        assert not one.html
    html = LineModel.shipped(HTML_WEIGHTS)
    assert html.inputs == FEATURES + HTML_FEATURES
    assert html.html


@pytest.mark.parametrize("name", [TEXT_WEIGHTS, HEADING_WEIGHTS, HTML_WEIGHTS])
def test_weights_say_where_they_come_from(name: str) -> None:
    about = LineModel.shipped(name).about
    assert about["model"] == name.removesuffix(".npz")
    assert re.fullmatch("[0-9a-f]{40}", str(about["commit"]))
    assert "CC BY 4.0" in str(about["licence"])


def test_what_weights_say_of_themselves_has_to_be_readable() -> None:
    with pytest.raises(ConfigurationError, match="`about` is no JSON"):
        LineModel(arrays() | {"about": np.array("{")}, "x")


def test_weights_see_the_features_that_they_name_and_no_others(
    model: LineModel, inputs: tuple[NDArray[np.float32], NDArray[np.int64]]
) -> None:
    values, bounds = inputs
    good = arrays()
    order = np.array([*range(len(FEATURES))][::-1])
    turned = {"inputs": good["inputs"][order], "mean": good["mean"][order], "scale": good["scale"][order]}
    turned["enter.weight"] = good["enter.weight"][order]
    other = LineModel(good | turned, "turned")
    assert (other.score(values, bounds).keep == model.score(values, bounds).keep).all()
    assert other.attribute(values[: bounds[1]], [0])[0] == model.attribute(values[: bounds[1]], [0])[0]
    blind = good | {"inputs": good["inputs"][1:], "mean": good["mean"][1:], "scale": good["scale"][1:]}
    blind["enter.weight"] = good["enter.weight"][1:]
    unseen = LineModel(blind, "blind")
    changed = values.copy()
    changed[:, 0] += 5
    assert (unseen.score(values, bounds).keep == unseen.score(changed, bounds).keep).all()
    assert not unseen.html


def arrays() -> dict[str, NDArray[np.generic]]:
    file = resources.files("cleancopy.linemodel") / "weights" / "text.npz"
    with file.open("rb") as stream, np.load(stream) as stored:
        return dict(stored)


def test_what_is_no_weights_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        LineModel.load(tmp_path / "none.npz")
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        LineModel.load(broken)


def test_weights_that_do_not_fit_are_refused() -> None:
    good = arrays()
    LineModel(good, "good")
    with pytest.raises(ConfigurationError, match=r"'pool\.weight' is missing"):
        LineModel({name: array for name, array in good.items() if name != "pool.weight"}, "x")
    with pytest.raises(ConfigurationError, match=r"does not have \(length\)"):
        LineModel(good | {"inputs": np.array(("length", "words"))}, "x")
    with pytest.raises(ConfigurationError, match="does not have"):
        LineModel({name: array for name, array in good.items() if name != "inputs"}, "x")
    with pytest.raises(ConfigurationError, match="exactly"):
        LineModel(good | {"hidden.weight": np.full_like(good["hidden.weight"], 127, dtype=np.int32) * 3}, "x")
    with pytest.raises(ConfigurationError, match="do not fit together"):
        LineModel(good | {"leave.weight": good["leave.weight"][:, :2]}, "x")


# What the model reached by itself over the samples when it was fitted, less two points (`docs/model.md`).
ARTICLE_WORDS_KEPT = 0.948
REMOVED_WORDS_KEPT = 0.045


def test_quality_on_our_own_pages_stays_above_the_floor(model: LineModel) -> None:
    """Share of the words that belong to the article and stay, and of those that do not and stay; by the model alone."""
    cases = [case for case in load_cases() if case.source and not case.is_html and "cp1252" not in case.source.name]
    book = build_rule_book(load(), trusted=True)
    documents = [segment(case.source.read_text("utf-8"), url=case.url) for case in cases if case.source]
    lines = Lines(documents)
    roles = np.concatenate([collect(document, book, None).roles for document in documents])
    keep = model.score(features(lines, Lexicon([book.lexicon()]), roles), lines.bounds).keep >= 0.5
    words = np.diff(lines.words)
    gone = np.zeros(len(lines), bool)
    judged = np.ones(len(lines), bool)
    for case, document, start in zip(cases, documents, lines.bounds, strict=False):
        place = {number: int(start) + index for index, number in enumerate(document.numbers)}
        gone[[place[line.number] for line in case.removed]] = True
        judged[[place[number] for number in (*(line.number for line in case.lifted), *case.open)]] = False
    article, removed = judged & ~gone, judged & gone
    assert len(cases) >= 15
    assert words[article & keep].sum() / words[article].sum() >= ARTICLE_WORDS_KEPT
    assert words[removed & keep].sum() / words[removed].sum() <= REMOVED_WORDS_KEPT
