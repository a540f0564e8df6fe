"""Lexicon counts by the cases of `lexicon.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from cleancopy.errors import ConfigurationError
from cleancopy.rules import LEXICON_CATEGORIES
from cleancopy.rules.lexicon import Lexicon
from cleancopy.text.lines import Text

DATA = tomllib.loads(Path(__file__).with_name("lexicon.toml").read_text("utf-8"))


def test_counts_of_all_lines_at_once() -> None:
    lexicon = Lexicon([DATA["lexicon"]])
    counts = lexicon.counts(Text([case["line"] for case in DATA["case"]]))
    found = [{LEXICON_CATEGORIES[at]: int(row[at]) for at in np.flatnonzero(row)} for row in counts]
    assert found == [case["counts"] for case in DATA["case"]]


def test_the_union_of_lexicons_counts_each_phrase_once() -> None:
    lexicon = Lexicon([{"share": ["share", "teilen"]}, {"share": ["share"], "navigation": ["teilen"]}])
    counts = lexicon.counts(Text(["share teilen"]))[0]
    assert counts[LEXICON_CATEGORIES.index("share")] == 2
    assert counts[LEXICON_CATEGORIES.index("navigation")] == 1


@pytest.mark.parametrize(
    ("lexicon", "message"),
    [({"shares": ["x"]}, "unknown category"), ({"share": ["--"]}, "neither words nor a single sign")],
)
def test_what_cannot_be_counted_is_refused(lexicon: dict[str, list[str]], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Lexicon([lexicon])


def test_empty_lexicon_and_empty_text() -> None:
    assert Lexicon([]).counts(Text(["a b"])).sum() == 0
    assert Lexicon([DATA["lexicon"]]).counts(Text([])).shape == (0, len(LEXICON_CATEGORIES))
