from __future__ import annotations

from pathlib import Path

import pytest

from cleancopy.errors import SourceError
from cleancopy.readers import Part, ReaderOptions, discover, read

OPTIONS = ReaderOptions()


def tree(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return root


def found(*sources: str | Path) -> list[str]:
    return [file.uri.rpartition("/")[2] for file in discover([str(source) for source in sources], OPTIONS)]


def test_files_folders_and_globs(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt", "b/c.jsonl.gz", "b/d/e.html", "f.bin")
    assert found(tmp_path / "a.txt") == ["a.txt"]
    assert found(tmp_path) == ["a.txt", "c.jsonl.gz", "e.html", "f.bin"]
    assert found(tmp_path / "*.txt") == ["a.txt"]
    assert found(tmp_path / "**" / "*.html") == ["e.html"]
    assert found(f"file://{tmp_path}/b") == ["c.jsonl.gz", "e.html"]


def test_each_file_once_and_sorted(tmp_path: Path) -> None:
    tree(tmp_path, "b.txt", "a.txt")
    assert found(tmp_path / "b.txt", tmp_path, tmp_path / "*.txt") == ["a.txt", "b.txt"]


def test_hidden_files_are_left_out_of_folders(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt", ".hidden.txt", "_SUCCESS", ".git/b.txt", "_temporary/c.txt")
    assert found(tmp_path) == ["a.txt"]
    assert found(tmp_path / "_temporary" / "c.txt") == ["c.txt"]
    assert found(tmp_path / "_temporary") == ["c.txt"]


def test_a_name_with_the_marks_of_a_glob(tmp_path: Path) -> None:
    tree(tmp_path, "a[1].txt", "a1.txt")
    assert found(tmp_path / "a[1].txt") == ["a[1].txt"]


def test_relative_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "a.txt")
    monkeypatch.chdir(tmp_path)
    (file,) = discover(["a.txt"], OPTIONS)
    assert file.uri == f"file://{tmp_path}/a.txt"


@pytest.mark.parametrize(
    ("name", "format", "compression"),
    [
        ("a.TXT", "text", ""),
        ("a.tar.json.GZ", "jsonl", "gzip"),
        ("a.warc.wet.gz", "wet", "gzip"),
        ("a.parquet", "parquet", ""),
        ("a.tsv.zst", "csv", "zstd"),
        ("a.b.c.md.bz2", "text", "bzip2"),
        ("noending", "text", ""),
        ("a.exe", "unknown", ""),
        ("a.gz", "text", "gzip"),
    ],
)
def test_format_by_name(tmp_path: Path, name: str, format: str, compression: str) -> None:
    tree(tmp_path, name)
    (file,) = discover([str(tmp_path / name)], OPTIONS)
    assert (file.format, file.compression, file.size) == (format, compression, 1)


def test_fingerprint_tells_a_change(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt")
    (before,) = discover([str(tmp_path)], OPTIONS)
    assert discover([str(tmp_path)], OPTIONS) == [before]
    (tmp_path / "a.txt").write_text("xy")
    assert discover([str(tmp_path)], OPTIONS)[0].fingerprint != before.fingerprint


@pytest.mark.parametrize("source", ["nothing.txt", "*.nothing", "empty", "nowhere://a/b"])
def test_source_that_matches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match=source.replace("*", r"\*").replace(".", r"\.")):
        discover([source], OPTIONS)


def test_file_that_is_gone_when_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.jsonl"):
        list(read(Part(f"file://{tmp_path}/gone.jsonl", "jsonl", "", 0, 10), OPTIONS))


def test_errors_of_the_consumer_are_not_ours(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt")
    (file,) = discover([str(tmp_path)], OPTIONS)
    items = read(Part(file.uri, "text", "", 0, 1), OPTIONS)

    def consume() -> None:
        for _ in items:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        consume()
