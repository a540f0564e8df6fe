"""The package as a library: all that a caller needs comes from `cleancopy`, and is loaded when it is used."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields
from importlib import import_module
from pathlib import Path

import pytest

import cleancopy

ROOT = Path(__file__).parents[2]
RAW = ROOT / "data" / "raw"
TEXT = (RAW / "en-republished.txt").read_text()
PAGE = (RAW / "en-page.html").read_text()


@pytest.fixture(scope="module")
def cleaner() -> cleancopy.Cleaner:
    """Rules alone decide, which is quick."""
    return cleancopy.Cleaner(cleancopy.Settings.load(overrides={"clean.model": False}))


def test_importing_loads_nothing_heavy() -> None:
    code = "import cleancopy, sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "cleancopy" in loaded
    assert not {"numpy", "pyarrow", "pydantic", "prefect", "typer", "jinja2", "trafilatura"} & set(loaded)


def test_cleaning_and_explaining_load_no_pipeline() -> None:
    code = (
        "import cleancopy, sys\n"
        "text = 'The lock keeper has opened the gates for forty years, and nobody has asked her for a ticket.'\n"
        "cleancopy.clean(text), list(cleancopy.clean_many([text])), cleancopy.explain(text)\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in loaded
    assert not {"pyarrow", "prefect", "typer", "rich", "jinja2", "trafilatura"} & set(loaded)


def test_every_name_is_there_and_documented() -> None:
    page = (ROOT / "docs" / "python.md").read_text()
    for name in cleancopy.__all__:
        value = getattr(cleancopy, name)
        assert name in dir(cleancopy)
        assert name.startswith("__") or (value.__doc__ or "").strip(), name
        assert name.startswith("__") or re.search(rf"`(?:cleancopy\.)?{name}\b", page), f"docs/python.md: {name}"
    with pytest.raises(AttributeError, match="no attribute 'cleen'"):
        cleancopy.cleen  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("module", ["cleaner", "cleaning", "commands.clean", "commands.explain", "views.explanation"])
def test_functions_stay_functions(module: str) -> None:
    """No module may take their names: importing one would replace them."""
    import_module(f"cleancopy.{module}")
    assert callable(cleancopy.clean)
    assert callable(cleancopy.explain)


def test_clean_and_explain_agree() -> None:
    article, explanation = cleancopy.clean(TEXT), cleancopy.explain(TEXT)
    assert isinstance(article, cleancopy.Article)
    assert explanation.article == article
    assert article.title is not None
    assert [line.text for line in explanation] == [" ".join(line.split()) for line in TEXT.splitlines() if line.strip()]


@pytest.mark.parametrize("text", ["", "\n \n", "Share this page:\n"])
def test_what_is_no_article_says_so(text: str) -> None:
    with pytest.raises(cleancopy.RecordError) as caught:
        cleancopy.clean(text)
    assert caught.value.reason == "article.empty"
    explanation = cleancopy.explain(text)
    assert explanation.article is None
    assert explanation.refused
    assert len(explanation) == len(text.strip().splitlines())


def test_bytes_are_decoded(cleaner: cleancopy.Cleaner) -> None:
    page = PAGE.replace("Tidewell", "Tïdewell").replace("utf-8", "iso-8859-1")
    assert "iso-8859-1" in page
    assert "Tïdewell" in cleaner.clean(html=page.encode("cp1252")).text
    assert cleaner.clean(TEXT.encode()) == cleaner.clean(TEXT)
    with pytest.raises(cleancopy.RecordError, match=r"format\.binary"):
        cleaner.clean(b"\x89PNG\r\n\x1a\n" + bytes(64))


def test_what_is_known_from_elsewhere_helps(cleaner: cleancopy.Cleaner) -> None:
    known = cleaner.clean(TEXT, title="A beach that vanishes", author="Ada Moss", date="2024-05-06")
    assert cleaner.clean(TEXT).published is None
    assert known.published is not None
    assert known.published.moment.date().isoformat() == "2024-05-06"
    assert "Ada Moss" in [credit.name for credit in known.credits]


@pytest.mark.parametrize("given", [{}, {"text": TEXT, "html": PAGE}, {"text": 7}])
def test_wrong_calls_are_type_errors(given: dict[str, str], cleaner: cleancopy.Cleaner) -> None:
    with pytest.raises(TypeError):
        cleaner.clean(**given)
    with pytest.raises(TypeError):
        cleaner.explain(**given)
    with pytest.raises(TypeError):
        list(cleaner.clean_many([7]))  # type: ignore[list-item]


def test_many_are_the_same_as_one_by_one_with_errors_in_their_places(cleaner: cleancopy.Cleaner) -> None:
    inputs = [TEXT, "Share this page:", {"html": PAGE, "id": 7}, PAGE, {"body": TEXT}, {"text": TEXT, "title": "Sand"}]
    results = list(cleaner.clean_many(inputs))
    assert [getattr(result, "reason", None) for result in results] == [
        *(None, "article.empty", None, "record.markup", "record.no_text", None)
    ]
    assert results[0] == cleaner.clean(TEXT)
    assert results[2] == cleaner.clean(html=PAGE)
    assert "input.fields.text" in str(results[4])
    assert list(cleaner.clean_many([])) == []


def test_many_are_taken_as_they_are_asked_for(cleaner: cleancopy.Cleaner) -> None:
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield TEXT

    results = cleaner.clean_many(endless())
    assert taken == 0
    assert isinstance(next(results), cleancopy.Article)
    assert 1 <= taken <= 64


def test_settings_are_obeyed_and_fields_can_be_named() -> None:
    settings = cleancopy.Settings.load(overrides={"clean.model": False, "input.fields.text": "body"})
    [article] = cleancopy.clean_many([{"body": TEXT}], settings=settings)
    assert isinstance(article, cleancopy.Article)
    assert not any(line.rule.startswith("model.") for line in cleancopy.explain(TEXT, settings=settings))
    assert any(line.rule.startswith("model.") for line in cleancopy.explain(TEXT))
    assert cleancopy.clean(TEXT, settings=settings) == article
    with pytest.raises(cleancopy.ConfigurationError, match=r"did you mean clean\.threshold"):
        cleancopy.Settings.load(overrides={"clean.treshold": 0.4})


def test_what_is_given_back_is_frozen(cleaner: cleancopy.Cleaner) -> None:
    article = cleaner.clean(TEXT)
    for value in (article, article.credits[0], article.headings[0], cleaner.explain(TEXT)):
        with pytest.raises(FrozenInstanceError):
            setattr(value, fields(value)[0].name, None)
    with pytest.raises(AttributeError):
        article.blocks[0].text = "other"  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        cleaner.settings.run = None  # type: ignore[assignment,misc]
    assert json.loads(json.dumps(article.to_dict()))["title"] == article.title


def test_types_are_what_they_say() -> None:
    """mypy in its strict mode accepts the right uses, and needs each `type: ignore` of the wrong ones."""
    cases = Path(__file__).with_name("typing_cases.py")
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--no-error-summary", str(cases)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout) == (0, "")


def test_examples_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(), re.DOTALL)
    assert len(examples) > 3
    monkeypatch.chdir(tmp_path)
    Path("pages.jsonl").write_text(
        json.dumps({"html": PAGE, "url": "https://example.org"}) + "\n" + '{"text": "Share:"}\n'
    )
    names: dict[str, object] = {"text": TEXT, "page": PAGE, "print": lambda *_: None}
    for example in examples:
        exec(example, names)
