"""The package as a library: two functions, and nothing loaded before they are called."""

from __future__ import annotations

import subprocess
import sys

import pytest

import cleancopy
from cleancopy.errors import RecordError
from cleancopy.model import Article
from tests.views.conftest import RAW


def test_importing_loads_nothing_heavy() -> None:
    code = "import cleancopy, sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "cleancopy" in loaded
    assert not {"numpy", "pyarrow", "pydantic", "prefect", "typer", "jinja2", "trafilatura"} & set(loaded)


def test_clean_and_explain_agree() -> None:
    text = (RAW / "en-republished.txt").read_text()
    article, explanation = cleancopy.clean(text), cleancopy.explain(text)
    assert isinstance(article, Article)
    assert explanation.article == article
    assert article.title is not None
    assert [line.text for line in explanation] == [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def test_functions_stay_functions() -> None:
    """No module may take their names: importing one would replace them."""
    import cleancopy.cleaner
    import cleancopy.commands.explain
    import cleancopy.views.explanation

    assert callable(cleancopy.clean)
    assert callable(cleancopy.explain)


@pytest.mark.parametrize("text", ["", "\n \n", "Share this page:\n"])
def test_what_is_no_article_says_so(text: str) -> None:
    with pytest.raises(RecordError) as caught:
        cleancopy.clean(text)
    assert caught.value.reason == "article.empty"
    explanation = cleancopy.explain(text)
    assert explanation.article is None
    assert explanation.refused
    assert len(explanation) == len(text.strip().splitlines())
