"""From a row of a dataset to its explanation, and what to say of values that are not there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cleancopy.cli import app
from cleancopy.dataset.layout import Layout
from cleancopy.errors import ConfigurationError, SourceError
from cleancopy.runs.direct import run_direct
from cleancopy.settings import load
from cleancopy.views.inspect import Filter, row_at, rows, values
from cleancopy.views.sample import of_dataset
from tests.views.conftest import QUICK

QUICKLY = ["--set", "clean.model=false"]


def cleancopy(*arguments: str) -> str:
    made = CliRunner().invoke(app, [*arguments], catch_exceptions=False)
    assert made.exit_code == 0, made.output
    return made.stdout


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with articles, and rejects of three kinds in two shards, among them records of several formats."""
    folder = tmp_path_factory.mktemp("mixed")
    texts = [f"The mill at bend {number} turns at night.\n\nNobody grinds there any more." for number in range(4)]
    lines = [json.dumps({"body": "text"}), *(json.dumps({"text": text}) for text in texts), "{broken"]
    (folder / "a.jsonl").write_text("".join(f"{line}\n" for line in lines))
    (folder / "b.txt").write_text("Share this page:\n")
    (folder / "c.csv").write_text('id,text\n1,"' + texts[0].replace("mill", "loom") + '"\n2,\n')
    run_direct([str(folder)], folder.parent / "out", load(overrides={**QUICK, "run.shard_files": 1}))
    return folder.parent / "out"


def test_any_article_is_explained_by_its_id(mixed: Path) -> None:
    found = rows(mixed, "articles", Filter(), 100)
    assert len(found) > 3
    for row in found:
        explained = json.loads(cleancopy("explain", str(mixed), "--id", row["doc_id"][:12], "--json", *QUICKLY))
        assert explained["article"]["text"] == row["text"]
        assert row["doc_id"] in explained["source"]


def test_any_reject_is_explained_by_the_number_that_show_gives_it(mixed: Path) -> None:
    shown = [json.loads(line) for line in cleancopy("show", str(mixed), "--kind", "rejected", "--json").splitlines()]
    assert [row["number"] for row in shown] == list(range(1, len(shown) + 1))
    assert len({row["reason"] for row in shown}) > 2
    for row in shown:
        said = json.loads(cleancopy("explain", str(mixed), "--reject", str(row["number"]), "--json", *QUICKLY))
        assert said["rejected"].startswith(row["reason"])
        assert row["source_uri"] in said["source"]
    [last] = rows(mixed, "rejected", Filter(reason=shown[-1]["reason"]), 1, numbered=True)
    assert row_at(mixed, "rejected", last["number"], ["reason"]) == {"reason": shown[-1]["reason"]}
    assert "--reject" in cleancopy("show", str(mixed), "--kind", "rejected")


def test_without_a_choice_it_says_which_article_it_shows(mixed: Path) -> None:
    first = cleancopy("explain", str(mixed), *QUICKLY).splitlines()[0]
    assert first.startswith("article ")
    wanted = first.split()[1]
    assert cleancopy("explain", str(mixed), "--id", wanted, *QUICKLY).splitlines()[0] == first


def test_what_is_not_there_is_said(mixed: Path, tmp_path: Path) -> None:
    layout, settings = Layout.at(mixed), load(overrides=QUICK)
    with pytest.raises(ConfigurationError, match="no article with the id zz"):
        of_dataset(layout, settings, "zz", None)
    with pytest.raises(ConfigurationError, match="several ids begin so"):
        of_dataset(layout, settings, "", None)
    with pytest.raises(ConfigurationError, match=r"no row 1,?000"):
        of_dataset(layout, settings, None, 1000)
    (tmp_path / "page.txt").write_text("The mill turns at night.")
    made = CliRunner().invoke(app, ["explain", str(tmp_path / "page.txt"), "--id", "ab"])
    assert isinstance(made.exception, ConfigurationError)
    assert "page.txt is none" in str(made.exception)


def test_a_source_that_is_gone_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("The mill turns at night.\n\nNobody grinds there any more.")
    run_direct([str(tmp_path / "page.txt")], tmp_path / "out", load(overrides=QUICK))
    (tmp_path / "page.txt").unlink()
    with pytest.raises(SourceError, match=r"page\.txt"):
        of_dataset(Layout.at(tmp_path / "out"), load(overrides=QUICK), None, None)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["--language", "eng"], "language eng is not there; did you mean en?"),
        (["--language", "xx"], "language xx is not there; there are"),
        (["--rule", "en.share.cal"], "rule en.share.cal is not there; did you mean en.share.call?"),
        (["--role", "sharing"], "role sharing is not there; did you mean share?"),
        (["--reason", "article.emty"], "reason article.emty is not there; did you mean article.empty?"),
    ],
)
def test_values_that_do_not_exist_have_suggestions(dataset: Callable[[str], Path], asked: list[str], says: str) -> None:
    assert says in " ".join(cleancopy("show", str(dataset("none")), *asked).split())


def test_values_that_exist_but_not_together_are_no_rows(dataset: Callable[[str], Path]) -> None:
    root = dataset("none")
    assert "en" in values(root, "articles", "language")
    assert cleancopy("show", str(root), "--language", "ja", "--id", "zz").strip() == "no rows"
