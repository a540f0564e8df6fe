"""A wrong rule pack stops before anything is read, and its error says where and what."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cleancopy.errors import ConfigurationError
from cleancopy.rules import RuleBook, RulePack
from cleancopy.rules.pack import MAX_PROGRAM

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "bad.toml").read_text("utf-8"))["case"]

GOOD = """
language = "en"
[[rule]]
id = "en.share.call"
role = "share"
phrases = ["share"]
hits = ["Share"]
misses = ["Shared"]
[lexicon]
share = ["share this page"]
"""


def _parse(text: str, source: str = "mine.toml") -> RulePack:
    return RulePack.parse(tomllib.loads(text), source)


def test_a_good_pack_passes() -> None:
    """What the bad packs differ from in one way each."""
    pack = _parse(GOOD)
    assert [rule.id for rule in pack.rule] == ["en.share.call"]
    assert pack.lexicon == {"share": ("share this page",)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_bad_pack_says_file_place_and_problem(case: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        _parse(case["pack"])
    message = str(caught.value)
    assert all(line.startswith("mine.toml: ") for line in message.splitlines()), message
    for piece in case["says"]:
        assert piece in message
    assert "pydantic" not in message


def test_two_packs_of_one_language_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="two rule packs say language = en; merge them"):
        RuleBook([_parse(GOOD), _parse('language = "en"', "other.toml"), _parse('language = "de"', "de.toml")])


def test_a_pattern_that_grows_too_large_is_refused() -> None:
    """A letter of any script is some hundred instructions, and repetitions multiply."""
    pattern = r"share (?:\pL{1,10} ?){1,10}"
    large = GOOD.replace('phrases = ["share"]', f"patterns = ['{pattern}']").replace('["Share"]', '["Share it"]')
    with pytest.raises(ConfigurationError) as caught:
        _parse(large)
    message = str(caught.value)
    assert message.startswith("mine.toml: rule en.share.call")
    assert f"instructions, not {MAX_PROGRAM:,} at most" in message
    _parse(large.replace("{1,10}", "{1,2}"))
