"""What a run says of its rejects: an example of each reason, whether it publishes or not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cleancopy.cli import app
from cleancopy.runs.direct import run_direct
from cleancopy.runs.pipeline import RunAborted
from cleancopy.settings import load

TEXT = """\
The keeper of the upper lock has opened its gates for forty years, and nobody has ever asked her for a ticket.

She hears the boats before she sees them, because the water tells her, and then she puts the kettle on the stove.
"""
QUICK = {"clean.model": False, "run.engine": "inline", "run.shard_bytes": 4096}


def write(path: Path, bodies: int, texts: int = 0, field: str = "body") -> None:
    rows: list[dict[str, str]] = [{"text": f"{TEXT} {number}"} for number in range(texts)]
    rows += [{field: f"{TEXT} {number}"} for number in range(bodies)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def test_a_run_that_publishes_nothing_says_what_is_wrong(tmp_path: Path) -> None:
    write(tmp_path / "news.jsonl", bodies=150)
    with pytest.raises(RunAborted) as caught:
        run_direct([str(tmp_path / "news.jsonl")], tmp_path / "out", load(overrides=QUICK))
    message = str(caught.value)
    assert (
        "record.no_text: has no field 'text' or 'html', only 'body'; name the field with --set input.fields.text=body"
        in message
    )
    assert message.count("record.no_text:") == 1
    assert "news.jsonl" in message
    assert "max_rejected_share=1" not in message, "there would be no article in it"


def test_where_there_are_articles_they_can_be_published(tmp_path: Path) -> None:
    write(tmp_path / "news.jsonl", bodies=150, texts=10)
    with pytest.raises(RunAborted, match=r"run again with --set run\.max_rejected_share=1"):
        run_direct([str(tmp_path / "news.jsonl")], tmp_path / "out", load(overrides=QUICK))


def test_every_reason_has_its_first_reject(tmp_path: Path) -> None:
    write(tmp_path / "news.jsonl", bodies=30, texts=60)
    write(tmp_path / "other.jsonl", bodies=1, field="text2")
    (tmp_path / "share.txt").write_text("Share this page:\n")
    sources = [str(tmp_path / name) for name in ("news.jsonl", "other.jsonl", "share.txt")]
    summary = run_direct(sources, tmp_path / "out", load(overrides=QUICK))
    assert set(summary.rejects) == set(summary.counts.rejected) == {"record.no_text", "article.empty"}
    example = summary.rejects["record.no_text"]
    rows = (tmp_path / "news.jsonl").read_bytes().splitlines(keepends=True)
    assert example["source_uri"].endswith("news.jsonl")
    assert example["source_position"] == len(b"".join(rows[:60]))
    assert "only 'body'" in example["detail"]
    again = run_direct(sources, tmp_path / "out", load(overrides=QUICK))
    assert again.rejects == {}, "nothing was cleaned, so nothing was rejected"


def test_the_summary_shows_it_however_few_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("news.jsonl"), bodies=3, texts=5)
    command = ["run", "news.jsonl", "--out", "out", "--direct", "--engine", "inline", "--set", "clean.model=false"]
    made = CliRunner().invoke(app, command)
    assert made.exit_code == 0
    assert made.stdout.count("name the field with --set input.fields.text=body") == 1
    write(Path("news.jsonl"), bodies=3, texts=0)
    made = CliRunner().invoke(app, command)
    assert f"next: cleancopy show {tmp_path / 'out'} --kind rejected" in made.stdout
    write(Path("news.jsonl"), bodies=0, texts=5)
    made = CliRunner().invoke(app, command)
    assert made.exit_code == 0
    assert "first reject" not in made.stdout
