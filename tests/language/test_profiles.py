"""The arrays against langdetect's own profiles, added up the plain way, and the cache they are kept in."""

from __future__ import annotations

import json
import math
import tomllib
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from cleancopy.describe.language import naive_bayes
from cleancopy.describe.language.profiles import (
    FLOOR,
    STEPS_PER_NAT,
    WEIGHTS,
    Profiles,
    bcp47,
    build_profiles,
    load_profiles,
)
from cleancopy.describe.language.scripts import SCRIPTS, script_table


@pytest.fixture(scope="module")
def profiles() -> Profiles:
    return build_profiles()


def plain_score(name: str, text: str) -> float:
    """Weighted sum of log(1 + p / FLOOR) over the one- to three-letter sequences of the words of a text, in nats."""
    file = resources.files("langdetect") / "profiles" / name
    profile = json.loads(file.read_text(encoding="utf-8"))
    total = 0.0
    for word in text.split():
        padded = f" {word} "
        grams = [padded[start : start + size] for size in (1, 2, 3) for start in range(len(padded) - size + 1)]
        for gram in grams:
            if gram != " ":
                probability = profile["freq"].get(gram, 0) / profile["n_words"][len(gram) - 1]
                total += WEIGHTS[len(gram) - 1] * math.log1p(probability / FLOOR)
    return total


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("en", "three ships came sailing in on a cold morning"),
        ("de", "drei Schiffe kamen an einem kalten Morgen"),
        ("sw", "three ships came sailing in on a cold morning"),
        ("ru", "три корабля пришли холодным утром"),
        ("bg", "три корабля пришли холодным утром"),
        ("fa", "سه کشتی در بامداد سرد آمدند"),
        ("hi", "तीन जहाज ठंडी सुबह में आए"),
        ("el", "τρία καράβια ήρθαν ένα κρύο πρωί"),
    ],
)
def test_sums_are_those_of_the_profiles(profiles: Profiles, name: str, text: str) -> None:
    sums = naive_bayes.score([text], profiles)
    column = profiles.columns[sums.script[0]].tolist().index(profiles.tags.index(bcp47(name)))
    normal = text.replace("\u06cc", "\u064a")
    assert sums.positions[0] == len(text) + 1
    rounding = 0.5 / STEPS_PER_NAT * (len(text) + 1)
    assert sums.scores[0, column] == pytest.approx(plain_score(name, normal), abs=rounding)


def test_every_profile_has_a_column_and_typical_text_scores_highest_in_its_own(profiles: Profiles) -> None:
    names = [file.name for file in (resources.files("langdetect") / "profiles").iterdir()]
    assert len(names) == 55
    for name in names:
        code = profiles.tags.index(bcp47(name))
        scripts = [row for row in range(len(SCRIPTS)) if code in profiles.columns[row]]
        assert len(scripts) == (2 if name == "ja" else 1), name
        columns = profiles.columns[scripts[-1]]
        assert columns[np.argmax(np.where(columns > 0, profiles.expected[code], -1.0))] == code, name


def test_unknown_sequences_are_not_found(profiles: Profiles) -> None:
    known = profiles.keys[profiles.rows > 0]
    assert len(np.unique(profiles.find(known))) == len(known) == len(profiles.scores) - 1
    absent = np.setdiff1d(np.arange(200_000, dtype=np.uint32) * np.uint32(7919), known)
    assert not profiles.find(absent).any()


def test_scripts() -> None:
    table = script_table()
    for char, script in {
        "a": "Latn",
        "ß": "Latn",
        "ж": "Cyrl",
        "あ": "Kana",
        "漢": "Hani",
        "가": "Hang",
        "ก": "Thai",
    }.items():
        assert SCRIPTS[table[ord(char)]] == script
    assert not any(table[ord(char)] for char in " 1.,;:!?«»“”‘’…—–€©\u00a0\u200b\ufeff\ud800")


def equal(one: Profiles, other: Profiles) -> bool:
    return one.tags == other.tags and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("expected", "classes", "scripts", "lower", "columns", "keys", "rows", "scores")
    )


def test_cache_is_written_read_and_repaired(
    profiles: Profiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEANCOPY_CACHE", str(tmp_path))
    assert equal(load_profiles(), profiles)
    (cache,) = tmp_path.iterdir()
    assert equal(load_profiles(), profiles)
    whole = cache.read_bytes()
    for damaged in (b"", b"not an archive", whole[: len(whole) // 2], whole[:5000] + b"\xff" * 64 + whole[5064:]):
        cache.write_bytes(damaged)
        assert equal(load_profiles(), profiles)
        assert cache.stat().st_size == len(whole)
    assert [path.name for path in tmp_path.iterdir()] == [cache.name]


def test_without_a_place_for_the_cache_all_is_the_same(
    profiles: Profiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("CLEANCOPY_CACHE", str(tmp_path / "file" / "folder"))
    assert equal(load_profiles(), profiles)


def test_the_shipped_calibration_is_of_these_languages(profiles: Profiles) -> None:
    text = (resources.files("cleancopy.describe.language") / "calibration.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    assert 0.0 < table["confidence"]["threshold"] < 1.0
    assert set(table["confidence"]["weights"]) == {"constant", *naive_bayes.FEATURES}
    for statistic in (table["score"], table["contrast"]):
        assert set(statistic["mean"]) <= set(profiles.tags)
        assert set(statistic["within"]) <= set(SCRIPTS)
