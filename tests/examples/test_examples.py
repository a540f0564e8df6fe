"""Every file of examples/ as its page says that it is used, and every page that tells of one."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import runpy
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from cleancopy import settings
from cleancopy.cli import app
from cleancopy.runs.direct import run_direct

ROOT = Path(__file__).parents[2]
EXAMPLES, DOCS, RAW = ROOT / "examples", ROOT / "docs", ROOT / "data" / "raw"
INLINE = {"run.engine": "inline"}
QUICK = {"CLEANCOPY_RUN_ENGINE": "inline", "CLEANCOPY_CLEAN_MODEL": "false"}
"""For commands of which the test asks whether they work together, not how well they clean."""


def script(monkeypatch: pytest.MonkeyPatch, name: str, *arguments: object) -> dict[str, Any]:
    monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
    return runpy.run_path(str(EXAMPLES / name), run_name="__main__")


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found  # what pydantic looks annotations up in
    spec.loader.exec_module(found)
    return found


def shell(*command: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    given = {**os.environ, "PATH": path, "CLEANCOPY_RUN_WORKERS": "1", **environment}
    return subprocess.run(list(map(str, command)), cwd=cwd, env=given, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("examples") / "dataset"
    run_direct([str(RAW)], out, settings.load(None, INLINE))
    return out


def test_one_page(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script(monkeypatch, "one_page.py", RAW / "en-page.html")
    printed = capsys.readouterr()
    assert printed.out.startswith("# The orchestra that tunes to a kettle\n")
    assert "## Rehearsing around the stove" in printed.out
    assert "author: " in printed.err
    (tmp_path / "menu.html").write_text("<ul><li><a href='/'>Home</a></li></ul>")
    with pytest.raises(SystemExit, match=r"menu\.html is no article: .* \(article\.empty\)"):
        script(monkeypatch, "one_page.py", tmp_path / "menu.html")


def test_web_service() -> None:
    testclient = pytest.importorskip("fastapi.testclient")
    client = testclient.TestClient(module("web_service").app)
    page = (RAW / "en-page.html").read_text()
    answer = client.post("/clean", json={"html": page, "url": "https://example.org/news/1"})
    assert answer.status_code == 200
    assert answer.json()["title"] == "The orchestra that tunes to a kettle"
    refused = client.post("/clean", json={"text": "Share this page:"})
    assert refused.status_code == 422
    assert refused.json()["detail"]["reason"] == "article.empty"
    assert client.post("/clean", json={"text": "a", "html": "<p>a"}).status_code == 422


def test_datasets_map(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    config = pytest.importorskip("datasets").config
    monkeypatch.setattr(config, "HF_DATASETS_CACHE", tmp_path / "cache")
    rows = [json.loads(line) for line in (RAW / "articles.jsonl").read_text().splitlines()]
    texts = [row["text"] for row in rows if row.get("text")]
    (tmp_path / "pages.jsonl").write_text(
        "".join(f"{json.dumps({'text': text})}\n" for text in (*texts, "Share this page:"))
    )
    script(monkeypatch, "datasets_map.py", tmp_path / "pages.jsonl", tmp_path / "cleaned.parquet")
    assert f"{len(texts)} of {len(texts) + 1} rows are articles" in capsys.readouterr().out
    assert set(pl.read_parquet(tmp_path / "cleaned.parquet").columns) == {"title", "text", "language"}


def test_duckdb(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(dataset)
    sites, rules, export = (EXAMPLES / "duckdb_sites.sql").read_text().split(";\n")[:3]
    articles = pl.read_parquet("articles/**/*.parquet")
    assert sum(row[1] for row in duckdb.sql(sites).fetchall()) == articles.height
    found = duckdb.sql(rules).fetchall()
    assert found == sorted(found, key=lambda row: (-row[1], row[0]))
    duckdb.sql(export)
    english = pl.read_parquet("english.parquet")
    Path("english.parquet").unlink()
    assert 0 < english.height < articles.filter(pl.col("language") == "en").height
    assert english["text"].is_unique().all()


def test_training_set(dataset: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script(monkeypatch, "training_set.py", dataset, tmp_path)
    train, held = (pl.read_parquet(tmp_path / f"{name}.parquet") for name in ("train", "validation"))
    assert train.height > held.height > 0
    assert set(train["doc_id"]).isdisjoint(held["doc_id"])
    assert train["text"].is_unique().all()


def test_web_archives(tmp_path: Path) -> None:
    out = tmp_path / "news"
    done = shell(EXAMPLES / "web_archives.sh", out, RAW / "pages.warc.gz", RAW / "texts.wet.gz", cwd=tmp_path, **QUICK)
    assert done.returncode == 0, done.stderr
    assert "0 problems" in done.stdout
    assert {path.parent.name[:5] for path in out.glob("articles/*/*.parquet")} == {"lang="}


def test_on_dask(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    done = shell(
        EXAMPLES / "on_dask.sh",
        "out",
        RAW / "en-short.txt",
        cwd=tmp_path,
        PORT=port,
        WORKERS="1",
        CLEANCOPY_CLEAN_MODEL="false",
    )
    assert done.returncode == 0, done.stderr
    assert "1 article" in done.stdout


def test_the_tutorial(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every command as it is printed, from top to bottom."""
    page = (DOCS / "tutorial.md").read_text()
    monkeypatch.chdir(tmp_path)
    shutil.copytree(RAW, "data/raw", ignore=lambda _, names: [name for name in names if not name.startswith("en-")])
    texts = len(list(Path("data/raw").iterdir()))
    [stricter] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    Path("stricter.toml").write_text(stricter)
    printed = {}
    for line in re.findall(r"^    cleancopy (.*)$", page, re.MULTILINE):
        command = shlex.split(line)
        made = CliRunner(env={"COLUMNS": "160", "CLEANCOPY_RUN_ENGINE": "inline"}).invoke(app, command)
        assert made.exit_code == 0, f"{line}: {made.output} {made.exception}"
        printed[line] = made.output
    assert len(printed) >= 9
    assert f"{texts} articles" in printed["run data/raw --out dataset --direct"]
    assert (
        "filter.signals" in printed["run data/raw --out filtered --direct --set 'filter.expression=\"words >= 100\"'"]
    )
    assert re.findall(r"^    python (\S+) dataset", page, re.MULTILINE) == ["examples/training_set.py"]


def test_every_example_has_a_page_and_every_page_its_example() -> None:
    told = {
        name
        for page in DOCS.rglob("*.md")
        for name in re.findall(r'^--8<-- "examples/([\w.]+)', page.read_text(), re.M)
    }
    assert told == {path.name for path in EXAMPLES.iterdir() if path.is_file()}
    tested = Path(__file__).read_text() + (ROOT / "tests/flows/test_clean.py").read_text()
    assert [name for name in told if Path(name).stem not in tested] == []
