"""Training sets made of small checkouts that are laid out as the public repositories are."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from train import __main__ as entrance
from train import data

PARAGRAPHS = [
    "The small ferry that links the two shores of the lake will run again from next week, the council announced.",
    "The vessel had been taken out of service when inspectors found rust in the hull that nobody had feared so deep.",
    "Residents collected ninety thousand pounds in eighteen months, and a yard nearby did the work at cost.",
]
HTML = (
    "<html><head><meta charset='utf-8'><title>Ferry</title></head><body><nav>Home</nav>"
    f"<h1>Ferry returns to the north</h1><p>{PARAGRAPHS[0]}</p><h2>What it cost</h2>"
    f"<p>{PARAGRAPHS[1]}</p><p>{PARAGRAPHS[2]}</p><h3>Most read</h3></body></html>"
)


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name.endswith(".gz"):
        path.write_bytes(gzip.compress(content.encode()))
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")


def rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture
def checkouts(tmp_path: Path) -> Path:
    root = tmp_path / "checkouts"
    wcxb = root / "Murrough-Foley/web-content-extraction-benchmark"
    files = {
        "a1": {"split": "dev", "domain": "ferry.example", "page_type": "article"},
        "b2": {"split": "dev", "domain": "shop.example", "page_type": "product"},
        "c3": {"split": "test", "domain": "apart.example", "page_type": "article"},
        "d4": {"split": "dev", "domain": "empty.example", "page_type": "article"},
    }
    write(wcxb / "metadata.json", {"files": files})
    for name in files:
        write(wcxb / f"dev/html/{name}.html.gz", HTML)
        main = "" if name == "d4" else "\n".join([PARAGRAPHS[0], "What it cost", *PARAGRAPHS[1:]])
        write(
            wcxb / f"dev/ground-truth/{name}.json", {"ground_truth": {"main_content": main, "title": "Ferry returns"}}
        )
    news = root / "flairNLP/fundus/tests/resources/parser/test_data/uk"
    saved, bodies = {}, {"summary": [], "sections": [{"headline": ["What it cost"], "paragraphs": PARAGRAPHS}]}
    for publisher in [f"Paper{number}" for number in range(8)]:
        for day in ("2023_01_01", "2024_01_01"):
            name = f"{publisher}_{day}.html.gz"
            saved[name] = {"crawl_date": day, "url": f"https://{publisher.lower()}.example/{day}"}
            write(news / name, HTML)
        answer = {"title": "Ferry returns to the north", "body": bodies, "authors": ["A. Quill"]}
        gone = {**answer, "body": {"sections": [{"headline": [], "paragraphs": ["Another text that is not there."]}]}}
        write(news / f"{publisher}.json", {"V1": answer, "V1_1": gone})
    write(news / "meta.info", saved)
    pages = root / "mozilla/readability/test/test-pages/001"
    write(pages / "source.html", HTML)
    inline = f"<div><p>{PARAGRAPHS[0]}</p><h2>What <em>it</em> cost</h2><p>{PARAGRAPHS[1]}<br>{PARAGRAPHS[2]}</p></div>"
    write(pages / "expected.html", inline)
    write(
        pages / "expected-metadata.json", {"title": "Ferry", "byline": "A. Quill", "publishedTime": "2024-01-01T10:00"}
    )
    for name in ("one.html", "copy.html", "docs/three.html"):
        write(root / "goose3/goose3" / name, HTML.replace("<nav>", "<nav>" + " " * data.LEAST_BYTES))
    write(root / "goose3/goose3/snippet.html", HTML)
    return root


def test_every_set_has_its_pages_and_answers(checkouts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    data.make(checkouts, out)
    articles = rows(out / "wcxb-dev/gold.jsonl.gz")
    assert [(row["id"], row["url"]) for row in articles] == [("a1", "https://ferry.example/")]
    assert articles[0]["headings"] == [{"level": 2, "text": "What it cost"}]
    assert [row["id"] for row in rows(out / "wcxb-dev-other/gold.jsonl.gz")] == ["b2"]
    news = rows(out / "news-dev/gold.jsonl.gz")
    assert 0 < len(news) < 8, "some publishers are kept apart, and an answer to another version goes"
    assert all(row["id"].endswith("2023_01_01") and row["title_also"] == ["Ferry returns to the north"] for row in news)
    assert news[0]["paragraphs"] == ["What it cost", *PARAGRAPHS]
    expected = rows(out / "readability-dev/gold.jsonl.gz")[0]
    assert expected["paragraphs"] == [PARAGRAPHS[0], "What it cost", f"{PARAGRAPHS[1]} {PARAGRAPHS[2]}"]
    assert (expected["author"], expected["publish_date"]) == ("A. Quill", "2024-01-01")
    assert [row["id"] for row in rows(out / "pages-more/raw/html.jsonl.gz")] == ["goose3+goose3/copy.html"]
    assert not (out / "pages-more/gold.jsonl.gz").exists()
    for kind in ("wcxb-dev", "news-dev", "readability-dev"):
        html = rows(out / kind / "raw/html.jsonl.gz")
        assert [row["id"] for row in html] == [row["id"] for row in rows(out / kind / "gold.jsonl.gz")]


def test_equal_checkouts_give_equal_files(checkouts: Path, tmp_path: Path) -> None:
    first, second = (data.make(checkouts, tmp_path / name) for name in ("first", "second"))
    assert first == second
    assert json.loads((tmp_path / "first/sources.json").read_text("utf-8")) == first
    assert first["files"]
    assert set(first["repositories"]) == {"wcxb", "fundus", "readability", "goose3"}


def test_a_missing_checkout_is_named(
    checkouts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data.make(checkouts, tmp_path / "out")
    assert "clone adbar/trafilatura there" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["train", "data", str(tmp_path / "nothing"), str(tmp_path / "none")])
    with pytest.raises(SystemExit, match="none of the repositories"):
        entrance.main()


def test_an_unknown_command_says_which_there_are(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["train", "date"])
    with pytest.raises(SystemExit) as left:
        entrance.main()
    assert left.value.code == 2
    assert "makes the sets from public checkouts" in capsys.readouterr().out
