from __future__ import annotations

import os
from pathlib import Path

import pytest

from cleancopy.errors import SourceError, TransientError
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


def test_links_are_followed_and_each_file_is_read_once(tmp_path: Path) -> None:
    tree(tmp_path, "in/a.txt", "in/deep/b.txt", "store/c.txt", "store/more/d.html", "blobs/9f3c")
    (tmp_path / "in" / "a-link.txt").symlink_to(tmp_path / "in" / "a.txt")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in" / "deep")
    (tmp_path / "in" / "other").symlink_to(tmp_path / "store")
    (tmp_path / "in" / "page.jsonl").symlink_to("../blobs/9f3c")
    (tmp_path / "in" / ".hidden").symlink_to(tmp_path / "store")
    (tmp_path / "whole").symlink_to(tmp_path / "in")
    expected = ["a.txt", "b.txt", "c.txt", "d.html", "page.jsonl"]
    assert found(tmp_path / "in") == expected
    assert found(tmp_path / "whole") == expected
    assert found(tmp_path / "in" / "**") == expected
    assert found(tmp_path / "in" / "*.txt") == ["a.txt"]
    assert found(tmp_path / "in" / "other" / "*.txt") == ["c.txt"]
    named = found(tmp_path / "in", tmp_path / "store" / "c.txt", tmp_path / "in" / "other" / "c.txt")
    assert sorted(named) == expected
    assert sorted(found(tmp_path)) == expected


def test_files_with_two_names_of_their_own_are_two(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt")
    (tmp_path / "b.txt").hardlink_to(tmp_path / "a.txt")
    assert found(tmp_path) == ["a.txt", "b.txt"]


def test_links_that_lead_back_or_nowhere_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tree(tmp_path, "in/deep/a.txt")
    for name, target in {"up": "..", "self": "self", "gone": "nowhere.txt", "there": "a.txt"}.items():
        (tmp_path / "in" / "deep" / name).symlink_to(target)
    assert found(tmp_path / "in") == ["a.txt"]
    told = sorted(record.getMessage() for record in caplog.records)
    assert [text.partition(" is a link ")[2].partition(";")[0] for text in told] == [
        "that leads nowhere",
        "that leads nowhere" if "nowhere" in told[1] else "that cannot be followed: Too many levels of symbolic links",
        "to a folder above it",
    ]


def test_a_link_to_changed_content_has_changed(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt")
    (tmp_path / "link.md").symlink_to("a.txt")
    (before,) = discover([str(tmp_path / "link.md")], OPTIONS)
    (tmp_path / "a.txt").write_text("longer")
    (after,) = discover([str(tmp_path / "link.md")], OPTIONS)
    assert (before.size, after.size) == (1, 6)
    assert before.fingerprint != after.fingerprint


@pytest.mark.parametrize(
    "name", ["a.txt", "a.html", "a.jsonl", "a.csv", "a.parquet", "a.warc", "a.jsonl.gz", "a.warc.gz", "a.txt.lz4"]
)
@pytest.mark.parametrize("left", [0, 10, 100])
def test_a_file_that_was_cut_since_it_was_planned_is_a_failure(tmp_path: Path, name: str, left: int) -> None:
    path = tmp_path / name
    path.write_bytes(b"x" * 200)
    (file,) = discover([str(path)], OPTIONS)
    path.write_bytes(b"x" * left)
    with pytest.raises(TransientError, match="run again"):
        list(read(Part(file.uri, file.format, file.compression, 0, file.size), OPTIONS))


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.jsonl", "a.csv", "a.jsonl.gz", "a.warc", "a.parquet"])
@pytest.mark.parametrize("how", ["longer", "rewritten", "another file"])
def test_a_file_that_has_changed_since_it_was_planned_is_a_failure(tmp_path: Path, name: str, how: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"x" * 200)
    (file,) = discover([str(path)], OPTIONS)
    part = Part(file.uri, file.format, file.compression, 0, file.size)
    assert list(read(part, OPTIONS, planned=file.fingerprint)) == list(read(part, OPTIONS))
    if how == "longer":
        path.write_bytes(b"x" * 300)
    else:
        other = path if how == "rewritten" else tmp_path / "other"
        other.write_bytes(b"y" * 200)
        os.utime(other, (1, 1))
        other.rename(path)
    with pytest.raises(TransientError, match=rf"{name}: has changed since the run was planned; run again"):
        list(read(part, OPTIONS, planned=file.fingerprint))


@pytest.mark.parametrize("is_planned", [True, False])
def test_a_file_that_changes_while_it_is_read_is_a_failure(tmp_path: Path, is_planned: bool) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "one"}\n{"text": "two"}\n')
    (file,) = discover([str(path)], OPTIONS)
    part = Part(file.uri, "jsonl", "", 0, file.size)
    items = read(part, OPTIONS, planned=file.fingerprint if is_planned else None)
    assert next(items)
    with path.open("a") as stream:
        stream.write('{"text": "three"}\n')
    if is_planned:
        with pytest.raises(TransientError, match="has changed"):
            list(items)
    else:
        assert len(list(items)) == 1
