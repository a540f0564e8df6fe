"""The filter: a refusal names clause and figures, a mistake stops before anything is read."""

from __future__ import annotations

import math
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleancopy import settings
from cleancopy.describe.filtering import REASON, Filter
from cleancopy.describe.signals import SIGNALS
from cleancopy.errors import ConfigurationError
from cleancopy.runs.direct import run_direct
from tests.views.conftest import QUICK, RAW

CASES = tomllib.loads(Path(__file__).with_name("filters.toml").read_text())
NAMES = [signal.name for signal in SIGNALS]


def signals(given: dict[str, float]) -> dict[str, float]:
    return {**dict.fromkeys(NAMES, math.nan), **given}


@pytest.mark.parametrize("case", CASES["case"], ids=lambda case: case["expression"])
def test_cases(case: dict[str, Any]) -> None:
    admitted = Filter(case["expression"])
    for given_signals in case["admits"]:
        assert admitted.check(signals(given_signals)) is None, given_signals
    for given_signals in case["refuses"]:
        error = admitted.check(signals(given_signals))
        assert error is not None, given_signals
        assert error.reason == REASON


@pytest.mark.parametrize("case", CASES["error"], ids=lambda case: case["expression"])
def test_mistakes_are_configuration_errors(case: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings.load(overrides={"filter.expression": case["expression"]})
    assert "filter.expression" in str(caught.value)
    assert case["says"] in str(caught.value)


def test_refusal_names_what_failed_only() -> None:
    error = Filter("words >= 50 and lines >= 2").check(signals({"words": 12, "lines": 7}))
    assert error is not None
    assert "words >= 50 (words = 12)" in error.detail
    assert "lines" not in error.detail


_numbers = st.sampled_from(NAMES[:4]) | st.integers(0, 9).map(str)
_comparisons = st.tuples(_numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), _numbers).map(" ".join)
_expressions = st.recursive(
    _comparisons,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda part: f"(not {part})"),
    ),
    max_leaves=6,
)


@given(_expressions, st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_known_figures_follow_python(expression: str, values: list[int]) -> None:
    figures = dict(zip(NAMES, values, strict=False))
    expected = eval(expression, {"__builtins__": {}}, figures)
    assert (Filter(expression).check(signals(figures)) is None) == expected


@given(_expressions)
def test_unknown_figures_never_refuse_what_some_figures_would_admit(expression: str) -> None:
    admitted = Filter(expression)
    outcomes = defaultdict(int)
    for value in range(10):
        outcomes[admitted.check(signals(dict.fromkeys(NAMES[:4], value))) is None] += 1
    if outcomes[True]:
        assert admitted.check(signals({})) is None


def test_run_turns_refusals_into_rejects(tmp_path: Path) -> None:
    chosen = settings.load(overrides={**QUICK, "filter.expression": "words >= 200", "run.max_rejected_share": 1})
    summary = run_direct([str(RAW)], tmp_path, chosen)
    refused = summary.counts.rejected[REASON]
    assert refused > 0
    assert summary.counts.articles > 0
    rows = ds.dataset(tmp_path / "rejected").to_table(filter=ds.field("reason") == REASON).to_pylist()
    assert len(rows) == refused
    assert all("words = " in row["detail"] and row["payload"] for row in rows)
    words = ds.dataset(tmp_path / "articles").to_table(columns={"words": ds.field("signals", "words")})["words"]
    assert min(words.to_pylist()) >= 200
