"""`cleancopy clean`: text in, text out, and what goes wrong in lines of its own."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cleancopy.cli import app, main
from cleancopy.commands import clean as command
from cleancopy.errors import ConfigurationError
from cleancopy.settings import load
from cleancopy.views.sample import standard_input

QUICK = ["--set", "clean.model=false"]
TEXT = """\
The lock keeper

The keeper of the upper lock has opened its gates for forty years, and nobody has ever asked her for a ticket.

What she hears
She hears the boats before she sees them, because the water tells her, and then she puts the kettle on the stove.

Share this page:
"""
PAGE = """\
<!DOCTYPE html><html><head><meta charset="{charset}"><title>Die Schleuse</title></head>
<body><nav><a href="/">Start</a></nav><article><h1>Die Schleuse</h1>
<p>Die Wärterin öffnet seit vierzig Jahren die Tore, und niemand hat nach einer Karte gefragt.</p>
<h3>Was sie hört</h3><p>Sie hört die Boote, bevor sie sie sieht, denn das Wasser erzählt es ihr jeden Morgen.</p>
</article></body></html>
"""


def clean(*arguments: str, given: bytes | None = None) -> tuple[int, str, str]:
    made = CliRunner().invoke(app, ["clean", *arguments, *QUICK], input=given)
    assert made.exception is None or isinstance(made.exception, SystemExit), made.exception
    return made.exit_code, made.stdout, made.stderr


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("lock.txt").write_text(TEXT)
    Path("page.html").write_text(PAGE.format(charset="utf-8"))
    Path("nothing.txt").write_text("Share this page:\n")
    return tmp_path


def test_one_text_is_markdown(folder: Path) -> None:
    code, out, err = clean("lock.txt")
    assert (code, err) == (0, "")
    assert out.startswith("# The lock keeper\n\nThe keeper of the upper lock")
    assert "\n\n## What she hears\n\nShe hears" in out
    assert "Share this" not in out


def test_as_text_there_are_no_marks(folder: Path) -> None:
    code, out, _ = clean("lock.txt", "--format", "text")
    assert code == 0
    assert out.startswith("The keeper of the upper lock")
    assert "\n\nWhat she hears\n\n" in out
    assert "#" not in out


@pytest.mark.parametrize("arguments", [[], ["-"]])
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
def test_standard_input_tells_what_it_is(arguments: list[str], charset: str) -> None:
    code, out, _ = clean(*arguments, given=PAGE.format(charset=charset).encode(charset))
    assert code == 0
    assert "### Was sie hört\n" in out
    assert "Start" not in out
    assert clean(*arguments, given=TEXT.encode())[1].startswith("# The lock keeper\n")


def test_what_it_is_can_be_said() -> None:
    page = f"saved: {PAGE.format(charset='utf-8')}".encode()
    assert "### Was sie hört" in clean("-", "--input", "html", given=page)[1]
    assert "###" not in clean("-", "--input", "text", given=page)[1]
    with pytest.raises(ConfigurationError, match="write it to a file"):
        standard_input(b"{}", load(overrides={"input.format": "jsonl"}))


def test_several_are_a_json_object_a_line_in_order(folder: Path) -> None:
    code, out, _ = clean("page.html", "lock.txt")
    made = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [each["title"] for each in made] == ["Die Schleuse", "The lock keeper"]
    assert [Path(each["source_uri"]).name for each in made] == ["page.html", "lock.txt"]
    assert made[1]["blocks"][1] == {"role": "heading", "level": 2, "text": "What she hears"}
    Path("both.jsonl").write_text("".join(json.dumps({"id": name, "text": TEXT}) + "\n" for name in "ab"))
    assert [json.loads(line)["source_id"] for line in clean("both.jsonl")[1].splitlines()] == ["a", "b"]


def test_json_of_one_is_one_line(folder: Path) -> None:
    [line] = clean("lock.txt", "--format", "json", "--url", "https://example.org/lock")[1].splitlines()
    assert json.loads(line)["url"] == "https://example.org/lock"


def test_files_lie_beside_each_other(folder: Path) -> None:
    Path("below").mkdir()
    Path("below/lock.txt").write_text(TEXT.replace("forty", "fifty"))
    Path("third.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    code, out, err = clean("lock.txt", "below", "third.txt.gz", "--out-dir", "made")
    assert (code, out, err) == (0, "", "wrote 3 files to made\n")
    assert sorted(path.name for path in Path("made").iterdir()) == ["lock-2.md", "lock.md", "third.md"]
    assert "fifty" in Path("made/lock-2.md").read_text()


def test_no_input_is_written_over(folder: Path) -> None:
    assert clean("lock.txt", "--format", "text", "--out-dir", ".")[0] == 0
    assert Path("lock.txt").read_text() == TEXT
    assert Path("lock-2.txt").read_text().startswith("The keeper")


def test_what_goes_wrong_is_a_line_and_the_others_go_on(folder: Path) -> None:
    Path("picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    code, out, err = clean("nothing.txt", "picture.txt", "lock.txt")
    assert code == 1
    assert json.loads(out)["title"] == "The lock keeper"
    first, second = err.splitlines()
    assert first.startswith("error: ")
    assert "nothing.txt: article.empty: none of the 1 lines" in first
    assert "picture.txt: format.binary" in second
    code, out, err = clean("nowhere.txt", "lock.txt")
    assert (code, len(out.splitlines())) == (2, 1)
    assert err.count("nowhere.txt: no file there") == 1


def test_a_name_that_does_not_tell_is_read_by_what_it_holds(folder: Path) -> None:
    Path("page.php").write_text(PAGE.format(charset="utf-8"))
    code, out, _ = clean("page.php")
    assert code == 0
    assert "### Was sie hört" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lock.txt", "page.html", "--format", "text"], "--out-dir"),
        (["lock.txt", "page.html", "--url", "https://example.org"], "--url"),
        (["lock.txt", "--input", "pdf"], "input.format"),
        (["lock.txt", "--out-dir", "lock.txt"], "cannot write lock.txt/lock.md"),
    ],
)
def test_mistakes_end_in_one_message(
    folder: Path, arguments: list[str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["cleancopy", "clean", *arguments, *QUICK])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert says in err


def test_nobody_is_left_waiting_for_what_is_not_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    with pytest.raises(ConfigurationError, match="name a FILE"):
        command.clean()


def test_it_starts_without_the_pipeline(folder: Path) -> None:
    script = (
        "import sys; from cleancopy.cli import app\n"
        "app(['clean', 'lock.txt', '--set', 'clean.model=false'], standalone_mode=False)\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("# The lock keeper")
    assert "numpy" in done.stderr.split()
    assert not {"pyarrow", "prefect", "pandas", "rich", "jinja2", "trafilatura", "langdetect"} & set(
        done.stderr.split()
    )
