"""Lines between the paragraphs of an article that are none of it: they go, and nothing like them does."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import cleancopy

HERE = Path(__file__).parent
CASES = tomllib.loads((HERE / "between.toml").read_text("utf-8"))["case"]
FRAMES = tomllib.loads((HERE / "captions.toml").read_text("utf-8"))["frame"]


@pytest.mark.parametrize("between", ["\n\n", "\n"], ids=["blank lines", "one line each"])
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_boilerplate_goes_from_between_paragraphs(case: dict[str, Any], between: str) -> None:
    frame = FRAMES[case["language"]]
    first, second, *others = frame["paragraphs"]
    article = cleancopy.clean(between.join([frame["title"], first, *case["goes"], second, *case["stays"], *others]))
    assert article is not None
    for line in case["goes"]:
        assert line not in article.text
    for line in (first, second, *case["stays"]):
        assert line in article.text
