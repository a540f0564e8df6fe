"""What a stranger wrote is shown, and does nothing: in the terminal, in pages, in the card, in messages."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from cleancopy.cli import app
from cleancopy.errors import ConfigurationError, SourceError
from cleancopy.shown import shown, shown_json

ROOT = Path(__file__).parents[2]
EVIL = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e\u2067\u2028\x7f"
ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@given(st.text(st.characters(), max_size=40))
def test_everything_else_stays(text: str) -> None:
    out = shown(text)
    assert len(out) == len(text)
    for before, after in zip(text, out, strict=True):
        tag = 0xE0000 <= ord(before) <= 0xE007F
        acts = bool(ACTS.match(before)) or tag
        assert after == before or acts
        assert not acts or unicodedata.category(after) == "So"
    assert shown(out) == out
    assert not ACTS.search(out)


@given(st.text(max_size=40))
def test_json_keeps_its_values(text: str) -> None:
    dumped = shown_json(json.dumps({text: [text]}, ensure_ascii=False))
    assert not ACTS.search(dumped)
    assert json.loads(dumped) == {text: [text]}


@pytest.mark.parametrize(
    "text",
    [
        "tabs\tand\nlines",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian needs its joiners
        "\u05d0\u200f (\u200e1)",  # Hebrew its marks
        "\U0001f469\u200d\U0001f52c \u00ad\ufeff",
    ],
)
def test_what_scripts_need_stays(text: str) -> None:
    assert shown(text) == text


def test_each_character_has_a_sign() -> None:
    assert shown("a\x1b[31m\x00\x7f\x9b\u202e\udce9") == "a␛[31m␀␡���"


@pytest.mark.parametrize("error", [ConfigurationError, SourceError])
def test_messages_are_shown(error: type[Exception]) -> None:
    assert str(error(f"no file a{EVIL}")) == shown(f"no file a{EVIL}")


def test_only_one_place_prints() -> None:
    """Rich's own console and bare prints would let data through."""
    for path in (ROOT / "src" / "cleancopy").rglob("*.py"):
        source = path.read_text("utf-8")
        if path.name != "console.py" or path.parent.name != "views":
            assert "from rich.console import Console" not in source, path
            assert "typer.echo(json" not in source, path


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made of a file and of records whose names, addresses and titles are hostile."""
    root = tmp_path_factory.mktemp("hostile")
    source = root / "in"
    source.mkdir()
    body = "\n\n".join(
        f"The harbour town repaired its {name} in the spring, and the council thanked the people who had helped. "
        f"Nobody had seen the {name} from so near before, said the mayor, who walked the whole way on foot."
        for name in ("bridge", "light house", "quay", "mill")
    )
    records = [
        {"id": f"a{EVIL}", "url": f"https://example.org/a{EVIL}", "title": f"The{EVIL} harbour", "text": body},
        {
            "id": f"b{EVIL}",
            "url": f"https://b{EVIL}[red]:80/[/red]",
            "text": f"By Ann{EVIL} Lee\n\n{body}\n\nShare{EVIL}",
        },
        {"id": f"c{EVIL}", "url": f"https://example.org/c{EVIL}", "text": ""},
        f"broken{EVIL}",
    ]
    lines = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in records]
    name = EVIL.replace("\u2028", "").replace("\x7f", "")
    (source / f"evil{name}.jsonl").write_text("\n".join(line.replace("\u2028", "\\u2028") for line in lines), "utf-8")
    result = run("run", source, "--out", root / "out", "--direct", "--engine", "inline", *QUICK)
    assert result.exit_code == 0, result.output
    return root / "out"


QUICK = ("--set", "clean.model=false")


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit | ConfigurationError | SourceError)
    assert not ACTS.search(result.output), arguments
    return result


def test_commands_show_it(dataset: Path) -> None:
    shows = [["--full"], ["--kind", "removed", "--full"], ["--kind", "rejected", "--full"], ["--json"]]
    for options in [*shows, ["--json", "--kind", "removed"], ["--json", "--kind", "rejected"]]:
        assert run("show", dataset, *options).output
    assert "␛[2J" in run("show", dataset).output
    ids = [json.loads(line)["source_id"] for line in run("show", dataset, "--json").output.splitlines()]
    assert sorted(ids) == [f"a{EVIL}", f"b{EVIL}"]
    for command in ("stats", "status", "verify"):
        assert run(command, dataset).exit_code == 0, command
    assert run("stats", dataset, "--json").exit_code == 0


def test_pages_and_the_card_show_it(dataset: Path, tmp_path: Path) -> None:
    assert "␛[2J" in (dataset / "README.md").read_text("utf-8")
    assert run("report", dataset, "--out", tmp_path / "report.html").exit_code == 0
    (source,) = (dataset.parent / "in").iterdir()
    for options in ([], ["--full"], ["--json"], ["--html", tmp_path / "page.html"]):
        assert run("explain", source, "--record", 2, *options, *QUICK).exit_code == 0
    for page in (dataset / "README.md", tmp_path / "report.html", tmp_path / "page.html"):
        assert not ACTS.search(page.read_text("utf-8")), page
    assert "␛[2J" in (tmp_path / "page.html").read_text("utf-8")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = run("explain", tmp_path / f"gone{EVIL}.txt")
    assert "gone␛[2J" in str(result.exception)
