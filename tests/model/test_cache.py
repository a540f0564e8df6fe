"""What is kept in the cache folder is what was made, or is made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleancopy import cache, settings
from cleancopy.assembly import build_rule_book
from cleancopy.rules.needs import need

MADE = {"words": ["ahoi", "naïve", "\ud800"], "none": None, "most": 3, "share": 0.1}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLEANCOPY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def never() -> object:
    raise AssertionError("is made although it was kept")


def test_made_once_and_read_afterwards(folder: Path) -> None:
    assert cache.kept("thing", b"content", lambda: MADE) == MADE
    assert cache.kept("thing", b"content", never) == MADE
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(("name", "content"), [("thing", b"changed"), ("other", b"content")])
def test_another_name_or_content_is_made(folder: Path, name: str, content: bytes) -> None:
    cache.kept("thing", b"content", lambda: MADE)
    assert cache.kept(name, content, lambda: 7) == 7


@pytest.mark.parametrize("damage", [b"", b"12345678\n", b"no sum\n{}", b"{}"])
def test_a_damaged_file_is_made_again(folder: Path, damage: bytes) -> None:
    cache.kept("thing", b"content", lambda: MADE)
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage)
    assert cache.kept("thing", b"content", lambda: MADE) == MADE
    assert file.read_bytes() == whole


def test_a_file_with_another_letter_is_made_again(folder: Path) -> None:
    cache.kept("thing", b"content", lambda: MADE)
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes().replace(b"ahoi", b"ahoj"))
    assert cache.kept("thing", b"content", lambda: MADE) == MADE


def test_without_a_folder_that_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("CLEANCOPY_CACHE", str(tmp_path / "file" / "cache"))
    assert cache.kept("thing", b"content", lambda: MADE) == MADE
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_shipped_configuration_is_read_as_it_is_written(folder: Path) -> None:
    config = settings.resource("config")
    for path in config.glob("*.toml"):
        name = str(path.relative_to(config))
        assert settings.read_shipped(name) == settings.read_shipped(name) == settings.read_toml(path), name


def test_needs_of_a_pack_from_the_cache_are_those_of_its_patterns(folder: Path) -> None:
    chosen = settings.load(overrides={"clean.packs": ["common"]})
    for _ in range(2):
        book = build_rule_book(chosen, trusted=True)
        patterns = [pattern for rule in book.rules for pattern in rule.patterns]
        assert [needed for needed, _ in book.needs("common")] == list(map(need, patterns))
    assert any(path.name.startswith("needs-") for path in folder.iterdir())
