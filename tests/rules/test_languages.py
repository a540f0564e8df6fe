"""Languages: one file each, complete or saying what it lacks, reached by all its tags, and started by a command."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cleancopy import languages, settings
from cleancopy.assembly import build_cleaner, build_readers, build_rule_book, check_languages
from cleancopy.cli import app
from cleancopy.commands.skeleton import skeleton
from cleancopy.decide.kinds import KIND_DETAILS, PAGE_FIELDS
from cleancopy.describe.signals import StopWords
from cleancopy.errors import ConfigurationError
from cleancopy.fields.credits.vocabulary import CREDIT_FIELDS
from cleancopy.fields.dates import DateReader
from cleancopy.fields.dates.vocabulary import DATE_FIELDS
from cleancopy.languages import SECTIONS, Language, Languages
from cleancopy.rules import LEXICON_CATEGORIES, language_of, packs_of
from cleancopy.settings import resource
from cleancopy.text.lines import Text

SHIPPED = Languages()
SMALL = """
language = "xx"
stop_words = ["zug"]
[[rule]]
id = "xx.share.call"
role = "share"
phrases = ["zorb it"]
hits = ["Zorb it"]
misses = ["Zorb"]
[lexicon]
share = ["zorb"]
[credits]
author = ["zorbed by"]
[dates]
months = [
  ["unu"], ["du"], ["tri"], ["kvar"], ["kvin"], ["ses"], ["sep"], ["ok"], ["naŭ"], ["dek"], ["dekunu"], ["dekdu"],
]
[pages.error]
lines = ["zorb not found"]
sentences = ["zorb .. is gone"]
hits = ["The zorb is gone."]
misses = ["The zorb stays."]
"""


def small(*changes: tuple[str, str]) -> Language:
    text = SMALL
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return Language.parse(tomllib.loads(text), "xx.toml")


def test_the_languages_of_the_news_lack_nothing() -> None:
    """The words of Chinese, Japanese and Thai are not spaced, and those of Korean are one with their particles: no text
    of theirs can be told by its stop words.
    """
    lacking = SHIPPED.missing()
    assert {lacking.pop(code) for code in ("ja", "ko", "th", "zh")} == {("stop_words",)}
    whole = "ar bg bn ca cs da de el en es fa fi fr he hi hr hu id it nl no pl pt ro ru sk sl sr sv sw tr uk ur vi"
    assert lacking.keys().isdisjoint(whole.split())
    assert {*whole.split()} < {*SHIPPED.codes}


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        *(("zh-Hans", "zh"), ("zh-Hant", "zh"), ("zh-TW", "zh"), ("nb", "no"), ("nn", "no"), ("nb-NO", "no")),
        *(("no", "no"), ("pt-BR", "pt"), ("sr-Latn", "sr"), ("iw", "he"), ("in", "id"), ("EN-us", "en")),
    ],
)
def test_a_tag_reaches_every_section_of_its_language(tag: str, code: str) -> None:
    assert language_of(tag) == code
    assert code in packs_of([tag]) & SHIPPED.packs
    assert code in SHIPPED.credits()
    assert code in SHIPPED.dates()
    assert code in SHIPPED.pages()


def test_dates_and_stop_words_are_read_by_the_tag_that_the_detector_gives() -> None:
    dates = DateReader.from_sections(SHIPPED.dates(), SHIPPED.common_dates())
    for tag in ("nb", "nn", "pt-BR"):
        (read,) = dates.read("05/03/2024", languages=(tag,))
        assert (read.moment.day, read.moment.month) == (5, 3)
    words = StopWords.from_sections(SHIPPED.stop_words())
    hashes = Text(["ikke"]).word_hashes
    assert words.share(hashes, "nb") == words.share(hashes, "nn") == words.share(hashes, "no") == 1.0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('language = "xx"', 'language = "xx-Latn"'), "must be a code of two or three letters"),
        (('language = "xx"', 'language = "nb"'), 'is read as "no"'),
        (('language = "xx"', ""), "language is None"),
        (("[credits]", "[credit]"), "there is no section credit; did you mean credits"),
        (("stop_words", "letters"), "letters must be one string"),
        (("[pages.error]", "[pages.eror]"), "pages has an unknown field 'eror'"),
        (('author = ["zorbed by"]', 'autor = ["zorbed by"]'), "credits has an unknown field 'autor'"),
        (('author = ["zorbed by"]', "author = []"), "credits.author must not be empty"),
        (('["unu"], ["du"]', '["unu"]'), "dates.months must hold twelve lists"),
        (('stop_words = ["zug"]', 'stop_words = ["zug", "zug"]'), "stop_words lists 'zug' twice"),
        (('misses = ["Zorb"]', 'misses = ["Zorb it"]'), "rule xx.share.call: misses"),
        (
            ('misses = ["The zorb stays."]', 'misses = ["A zorb is gone."]'),
            "pages.error.misses: `A zorb is gone.` is matched",
        ),
    ],
)
def test_a_wrong_file_says_where_and_what(change: tuple[str, str], says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_languages(settings.load(overrides={"clean.packs": ["xx"]}), [small(change)])
    assert str(caught.value).startswith("xx.toml: ")
    assert says in str(caught.value)


def test_what_is_missing_is_named() -> None:
    whole = small()
    whole.check_complete()
    with pytest.raises(ConfigurationError, match=r"xx\.toml: dates is missing; write it, or name it in `missing`"):
        small(("[dates]", "[pages.consent]"), ("months =", "lines =")).check_complete()
    with pytest.raises(ConfigurationError, match=r"xx\.toml: credits is there; take it out of `missing`"):
        small(('language = "xx"', 'language = "xx"\nmissing = ["credits"]')).check_complete()
    with pytest.raises(ConfigurationError, match=r"missing must list sections; there are rule, "):
        small(('language = "xx"', 'language = "xx"\nmissing = ["rules"]')).check_complete()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shipped folder of languages with two: English, and what belongs to none."""
    monkeypatch.setenv("CLEANCOPY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(languages, "resource", lambda _: tmp_path)
    (tmp_path / "languages").mkdir()
    for name in ("common", "en"):
        source = resource("config") / "languages" / f"{name}.toml"
        (tmp_path / "languages" / f"{name}.toml").write_bytes(source.read_bytes())
    return tmp_path / "languages"


def test_a_language_is_added_by_its_file(folder: Path) -> None:
    (folder / "xx.toml").write_text(SMALL)
    assert Languages().codes == ("en", "xx")
    cleaner = build_cleaner(settings.load(overrides={"clean.model": False}))
    assert [match.rule.id for match in cleaner.decider.book.match("Zorb it!")] == ["xx.share.call"]
    readers = build_readers(Languages())
    assert [credit.name for credit in readers.credits.read("Zorbed by Jane Doe")] == ["Jane Doe"]
    assert readers.dates.read("7 kvin 2024")
    assert cleaner.kinds is not None
    assert cleaner.kinds.says("error", "The zorb is gone.")
    (folder / "xx.toml").write_text(SMALL.replace("zorb it", "zurb it").replace("Zorb it", "Zurb it"))
    again = build_rule_book(settings.load())
    assert again.match("Zurb it")
    assert not again.match("Zorb it")


def test_a_shipped_file_that_is_misnamed_or_incomplete_is_refused(folder: Path) -> None:
    (folder / "yy.toml").write_text(SMALL)
    with pytest.raises(ConfigurationError, match=r'says language = "xx"; name it xx\.toml'):
        Languages()
    (folder / "yy.toml").rename(folder / "xx.toml")
    (folder / "xx.toml").write_text(SMALL.replace('stop_words = ["zug"]', ""))
    with pytest.raises(ConfigurationError, match=r"config/languages/xx\.toml: stop_words is missing"):
        Languages()


def test_a_file_of_ones_own_stands_in_place_of_what_is_shipped() -> None:
    own = Language.parse({"language": "sv", "stop_words": ["zorb"]}, "sv.toml")
    both = Languages([own])
    assert both.stop_words()["sv"].data == {"stop_words": ["zorb"]}
    assert both.credits()["sv"] == SHIPPED.credits()["sv"]
    assert both.pack("sv") == SHIPPED.pack("sv")
    assert not both.differs_in_rules_only("sv")
    pack = Language.parse({"language": "sv", "rule": []}, "sv.toml")
    assert Languages([pack]).pack("sv").data == {"language": "sv", "rule": []}
    assert Languages([pack]).differs_in_rules_only("sv")
    with pytest.raises(ConfigurationError, match=r"both say language = sv; merge them"):
        Languages([own, pack])


@pytest.mark.parametrize("code", ["xx", "is"])
def test_a_skeleton_is_valid_and_marks_what_is_missing(code: str) -> None:
    text = skeleton(code, SHIPPED)
    data = tomllib.loads(text)
    Language.parse(data, "made.toml").check_complete()
    missing = [section for section in SECTIONS if section not in data]
    assert data["missing"] == missing
    assert data.items() >= tomllib.loads(SHIPPED.text(code) or "").items()
    fields = {"credits": CREDIT_FIELDS, "lexicon": LEXICON_CATEGORIES, "dates": DATE_FIELDS, "pages": PAGE_FIELDS}
    for section in missing:
        for field in fields.get(section, ()):
            assert f"# {field} = " in text or f"# [{section}.{field}]" in text, field
    if "pages" in missing:
        assert all(f"# [pages.{kind}]" in text for kind in KIND_DETAILS)
    # Every section is TOML when the signs before it are removed.
    written = re.sub(r"^# (?=\[|\w+ = )", "", text, flags=re.MULTILINE)
    assert {*tomllib.loads(written)} >= {*SECTIONS}


def test_new_language_writes_a_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["rules", *words])
        return done.exit_code, f"{done.output}{done.exception or ''}"

    assert run("new-language", "xx")[0] == 0
    assert 'language = "xx"' in Path("xx.toml").read_text()
    code, said = run("test", "xx.toml")
    assert code == 0
    assert f"xx is incomplete; missing: {', '.join(SECTIONS)}" in said
    assert "xx.toml exists" in run("new-language", "xx")[1]
    assert "there is a language fi, and nothing of it is missing" in run("new-language", "fi")[1]
    assert 'is read as "no"' in run("new-language", "nb")[1]
    assert not Path("nb.toml").exists()
    assert run("new-language", "is", "--out", "mine.toml")[0] == 0
    assert "janúar" in Path("mine.toml").read_text()
