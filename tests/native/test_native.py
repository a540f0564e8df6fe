"""The compiled part: the same bits as Python's, whatever weights and texts, and a way to go on without it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cleancopy import Cleaner, RecordError, native
from cleancopy.describe.language.naive_bayes import score
from cleancopy.describe.language.profiles import load_profiles
from cleancopy.describe.repetition import repetition
from cleancopy.linemodel.features import FEATURES
from cleancopy.linemodel.network import (
    ACTIVATION_LEVELS,
    HEADING_WEIGHTS,
    HEADS,
    HTML_WEIGHTS,
    TEXT_WEIGHTS,
    WIDTH,
    LineModel,
)
from cleancopy.native import build
from cleancopy.text.lines import Lines, Text
from cleancopy.text.segment import segment
from tests.case_files import SAMPLES

compiled = pytest.mark.skipif(native.library() is None, reason="nothing was compiled here, or CLEANCOPY_PURE says so")


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The library is looked for anew, with this environment, and once more afterwards."""
    monkeypatch.delenv(native.PURE, raising=False)
    native.library.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    native.library.cache_clear()


def invented(dice: np.random.Generator, channels: int, pooled: int, hidden: int) -> LineModel:
    """A model of these widths that was fitted on nothing: weights and steps up to what shipped ones have."""
    shapes = {
        "enter": (len(FEATURES), channels),
        **{f"convolution{index}": (WIDTH * channels, channels) for index in range(3)},
        "pool": (channels, pooled),
        "spread": (5 * pooled, channels),
        "hidden": (2 * channels, hidden),
        "leave": (hidden, len(HEADS)),
    }
    arrays: dict[str, NDArray[np.generic]] = {"inputs": np.array(FEATURES)}
    arrays["mean"] = dice.normal(size=len(FEATURES)).astype(np.float32)
    arrays["scale"] = dice.uniform(1, 64, len(FEATURES)).astype(np.float32)
    for name, shape in shapes.items():
        most = min(127, ((1 << 24) - 1) // (ACTIVATION_LEVELS * shape[0]))
        arrays[f"{name}.weight"] = dice.integers(-most, most + 1, shape).astype(np.int8)
        arrays[f"{name}.scale"] = (dice.uniform(0.1, 2, shape[1]) / 127 / np.sqrt(shape[0])).astype(np.float32)
        arrays[f"{name}.bias"] = dice.normal(size=shape[1]).astype(np.float32) * 100
    return LineModel(arrays, "invented")


def pages(
    dice: np.random.Generator, model: LineModel, sizes: Sequence[int]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    values = model.mean + dice.normal(size=(bounds[-1], len(model.mean))) * dice.choice([0, 1, 100]) / model.scale
    return values.astype(np.float32), bounds


def assert_same(model: LineModel, features: NDArray[np.float32], bounds: NDArray[np.int64]) -> None:
    network = model.compiled()
    assert network is not None
    expected = model.logits(features, bounds)
    for each in (features, np.asfortranarray(features)):
        for plain in (False, True):
            np.testing.assert_array_equal(network.logits(each, bounds, plain), expected)


@compiled
@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**32),
    st.tuples(st.sampled_from((16, 32, 48)), st.sampled_from((2, 8, 24)), st.sampled_from((16, 48))),
    st.lists(st.integers(0, 90), max_size=5),
)
def test_any_network_says_the_same_to_the_last_bit(seed: int, widths: tuple[int, int, int], sizes: list[int]) -> None:
    dice = np.random.default_rng(seed)
    model = invented(dice, *widths)
    assert_same(model, *pages(dice, model, sizes))


@compiled
@pytest.mark.parametrize("weights", [TEXT_WEIGHTS, HEADING_WEIGHTS, HTML_WEIGHTS])
def test_shipped_weights_say_the_same_to_the_last_bit(weights: str) -> None:
    model, dice = LineModel.shipped(weights), np.random.default_rng(7)
    wanted = np.zeros((300, 300), np.float32)
    values, bounds = pages(dice, model, (1, 0, 250, 49))
    columns = np.arange(len(model.mean)) if model._columns is None else model._columns
    wanted[:, columns] = values
    assert_same(model, wanted[:, : max(columns) + 1], bounds)


@compiled
def test_a_network_of_odd_widths_is_left_to_python() -> None:
    dice = np.random.default_rng(3)
    model = invented(dice, 12, 3, 10)
    assert model.compiled() is None
    assert len(model.score(*pages(dice, model, [4])).keep) == 4


SIGNS = "abXY ,._-1é´日本アß中ʼنกเາ့😀𠀀\ud800İ\t"


@compiled
@given(st.lists(st.text(st.sampled_from(SIGNS) | st.characters(exclude_characters="\n"), max_size=15), max_size=6))
def test_any_text_is_cut_the_same(strings: list[str]) -> None:
    one, other = Text(strings, compiled=False), Text(strings)
    for name in ("classes", "starts", "ends", "words", "word_starts", "word_ends", "word_line"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name, strict=True)
    for name in ("class_counts", "line_hashes", "word_hashes", "unstopped"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name, strict=True)


@compiled
def test_a_line_feed_within_a_line_is_refused_too() -> None:
    for each in (True, False):
        with pytest.raises(ValueError, match="line feed"):
            Text(["a", "b\nc"], compiled=each)


@compiled
@given(
    st.lists(st.lists(st.lists(st.sampled_from(("a", "on", "the", "cat")), max_size=9), max_size=6), max_size=3),
    st.data(),
)
def test_the_same_runs_of_words_repeat(documents: list[list[list[str]]], data: st.DataObject) -> None:
    batch = Lines([segment("\n".join(map(" ".join, words))) for words in documents])
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=len(batch), max_size=len(batch))), bool)
    one, other = repetition(batch, kept, compiled=False), repetition(batch, kept)
    assert list(one) == list(other)
    for name, shares in one.items():
        np.testing.assert_array_equal(other[name], shares, name, strict=True)


LETTERS = "abÉSTß ,9жЖДהשالعنかなカ漢字学ಕกtheLAГ한글ελ\n"


@compiled
@given(st.lists(st.text(st.sampled_from(LETTERS) | st.characters(exclude_categories=["Cs"]), max_size=40), max_size=5))
def test_the_same_speaks_for_each_language(pieces: list[str]) -> None:
    profiles = load_profiles()
    one, other = score(pieces, profiles, compiled=False), score(pieces, profiles)
    for name in ("script", "positions", "scores"):
        np.testing.assert_array_equal(getattr(other, name), getattr(one, name), name, strict=True)


def test_articles_are_the_same_without_it(anew: pytest.MonkeyPatch) -> None:
    texts = [path.read_text("utf-8", "replace") for path in sorted(SAMPLES.glob("*.txt"))]

    def cleaned() -> list[object]:
        native.library.cache_clear()
        return [repr(each) if isinstance(each, RecordError) else each for each in Cleaner().clean_many(texts)]

    with_it = cleaned()
    anew.setenv(native.PURE, "1")
    assert cleaned() == with_it
    assert native.library() is None


@pytest.mark.parametrize("said", ["", "0"])
def test_the_environment_may_say_no(anew: pytest.MonkeyPatch, said: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        there = native.library()
        native.library.cache_clear()
        anew.setenv(native.PURE, said)
        assert (native.library() is None) == (there is None)


def test_what_is_not_there_is_said_once(anew: pytest.MonkeyPatch, tmp_path: Path) -> None:
    anew.setattr(native, "LIBRARY", tmp_path / "kernel.so")
    with pytest.warns(RuntimeWarning, match=r"python -m cleancopy\.native"):
        assert native.library() is None
    native.library.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert native.library() is None


@compiled
def test_a_library_of_other_source_is_not_used(anew: pytest.MonkeyPatch) -> None:
    anew.setattr(native, "checksum", lambda: build.checksum() + 1)
    with pytest.warns(RuntimeWarning, match="another version"):
        assert native.library() is None


def test_a_file_that_is_no_library_is_not_used(anew: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "kernel.so").write_text("no library")
    anew.setattr(native, "LIBRARY", tmp_path / "kernel.so")
    with pytest.warns(RuntimeWarning, match="cannot be loaded"):
        assert native.library() is None


def test_who_has_no_compiler_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(build, "compiler", lambda target: None)
    assert "no C compiler" in build.compile_library(tmp_path / "kernel.so")
    monkeypatch.setattr(build, "compiler", lambda target: [str(tmp_path / "cc")])
    assert "No such file" in build.compile_library(tmp_path / "kernel.so")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(build.compiler() is None, reason="no C compiler")
def test_what_a_compiler_says_is_passed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "kernel.c"
    broken.write_text("int main(")
    monkeypatch.setattr(build, "SOURCE", broken)
    assert "kernel.c:1" in build.compile_library(tmp_path / "kernel.so")
