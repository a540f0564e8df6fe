"""What the commands print for people and for programs, in a terminal and in a pipe."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cleancopy.cli import COMMANDS, EXAMPLES, app

ROOT = Path(__file__).parents[2]
GROUP: Any = typer.main.get_command(app)
RUN = ["--direct", "--engine", "inline", "--set", "clean.model=false"]
TEXT = "The mill at the bend turns at night.\n\nNobody grinds there any more, and the wheel has no miller.\n"


def run(*arguments: str, code: int = 0) -> tuple[str, str]:
    made = CliRunner(env={"COLUMNS": None}).invoke(app, [*arguments])  # test runners set it
    assert made.exit_code == code, f"{made.output} {made.exception}"
    return made.stdout, made.stderr


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("in/page.txt").write_text(TEXT)
    run("run", "in", "--out", "my data", *RUN)
    return tmp_path


def typed(line: str) -> list[str]:
    """Parse the command of cleancopy in a line as the command line does, and give back its words."""
    [words] = [
        words
        for part in re.split(r" [|>] | && ", line)
        if (words := shlex.split(part, comments=True))[:1] == ["cleancopy"]
    ]
    command, rest = GROUP, words[1:]
    while hasattr(command, "commands") and rest[0] in command.commands:
        command, rest = command.commands[rest[0]], rest[1:]
    command.make_context(words[1], rest)
    return words


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_can_be_typed(name: str) -> None:
    for line in EXAMPLES[name]:
        words = typed(line)
        assert not name or words[1] == name


def test_every_command_of_the_documents_can_be_typed() -> None:
    found = 0
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        text = re.sub(r"\\\n\s*", "", page.read_text())
        for line in re.findall(r"^    ((?:.*\| )?cleancopy .*)$", text, re.MULTILINE):
            command = re.sub(r" \[([^\]]*)\]", r" \1", re.split(r"\s{3,}", line)[0])  # brackets: what may be left out
            assert typed(command), f"{page.name}: {line}"
            found += 1
    assert found > 20


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_with_exit_codes(name: str) -> None:
    out, _ = run(name, "--help")
    assert "Exit codes:\n    0  done\n" in out
    for line in EXAMPLES.get(name, ()):
        assert f"    {line}\n" in out


def test_help_is_not_cut_in_a_pipe() -> None:
    done = subprocess.run([sys.executable, "-m", "cleancopy", "--help"], capture_output=True, text=True, check=True)
    assert "several are one JSON object a line." in done.stdout
    assert max(map(len, done.stdout.splitlines())) > 80


def test_a_run_ends_with_what_to_type_next(made: Path) -> None:
    out, _ = run("run", "in", "--out", "my data", *RUN)
    [line] = [line for line in out.splitlines() if line.startswith("next: ")]
    assert out.splitlines()[-1] == line
    words = shlex.split(line.removeprefix("next: "))
    assert words == ["cleancopy", "show", str(made / "my data")]
    assert "The mill" in run(*words[1:])[0]
    Path("in/nothing.txt").write_text("Share this page:\n")
    out, _ = run("run", "in", "--out", "my data", *RUN)
    assert "article.empty" in run(*shlex.split(out.splitlines()[-1])[1:])[0]


def test_quiet_says_nothing_but_errors(made: Path) -> None:
    Path("in/more.txt").write_text(TEXT.replace("mill", "loom"))
    assert run("run", "in", "--out", "my data", "--quiet", *RUN) == ("", "")
    assert run("status", "my data", "--quiet") == ("", "")
    assert run("verify", "my data", "--quiet") == ("", "")
    next(Path("my data/articles").iterdir()).unlink()
    assert run("verify", "my data", "--quiet", code=1) == ("", "")


def test_json_is_all_that_is_on_standard_output(made: Path) -> None:
    Path("in/more.txt").write_text("Share this page:\n")
    plain = json.loads(run("run", "in", "--out", "my data", "--json", *RUN)[0])
    assert plain["counts"]["rejected"] == {"article.empty": 1}
    assert plain["rejects"]["article.empty"]["source_uri"].endswith("more.txt")
    assert plain["dataset"]["articles"] == 1
    assert Path(plain["report"]).is_file()
    state = json.loads(run("status", "my data", "--json")[0])
    assert (state["sources"], state["counts"]["articles"]) == (2, 1)
    assert json.loads(run("verify", "my data", "--json")[0])["problems"] == []
    next(Path("my data/articles").iterdir()).unlink()
    assert json.loads(run("verify", "my data", "--json", code=1)[0])["problems"]


def test_one_is_one(made: Path) -> None:
    out, _ = run("verify", "my data")
    assert re.fullmatch(r"\d files, \d rows, 0 problems\n", out)
    assert "my data: 1 article, 0 rejected" in run("run", "in", "--out", "my data", *RUN)[0]


def test_lines_are_whole_in_a_pipe(dataset: Callable[[str], Path], tmp_path: Path) -> None:
    root = str(dataset("none"))
    rows = map(json.loads, run("show", root, "--role", "related", "-n", "50", "--json")[0].splitlines())
    long = max((row["text"] for row in rows), key=len)
    assert len(long) > 60
    assert any(long in line for line in run("show", root, "--role", "related", "-n", "50")[0].splitlines())
    page = tmp_path / "page.txt"
    page.write_text(TEXT + "\n" + "The wheel has no miller, " * 20 + "and never had one.\n")
    explained = run("explain", str(page), "--set", "clean.model=false")[0]
    assert "The wheel has no miller, " * 20 + "and never had one." in explained
    assert "…" not in explained
    shown = run("show", root, "-n", "1")[0]
    assert max(len(line) for line in shown.splitlines() if set(line) == {"─"}) <= 120
    assert max(map(len, run("stats", root)[0].splitlines())) <= 200


def test_in_a_terminal_lines_fit(dataset: Callable[[str], Path]) -> None:
    made = CliRunner(env={"COLUMNS": "60"}).invoke(app, ["show", str(dataset("none")), "-n", "1"])
    assert max(map(len, made.output.splitlines())) <= 60
