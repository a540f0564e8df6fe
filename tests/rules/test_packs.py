"""The shipped rule packs, each held to its own hits and misses, and all together to prose that must stay."""

from __future__ import annotations

import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import cleancopy
from cleancopy.languages import Languages
from cleancopy.rules import ALWAYS, LEXICON_CATEGORIES, RuleBook, RulePack, Strength, packs_of
from cleancopy.rules.pack import Rule

LANGUAGES = Languages()
NAMES = sorted(LANGUAGES.packs)
PROSE: dict[str, list[str]] = tomllib.loads((Path(__file__).parent / "prose.toml").read_text("utf-8"))


@cache
def _load(name: str) -> RulePack:
    section = LANGUAGES.pack(name)
    return RulePack.parse(section.data, section.source)


@pytest.fixture(scope="module")
def book() -> RuleBook:
    """All packs at once: more than most documents meet, so that every rule is held to the prose of all languages."""
    return RuleBook(map(_load, NAMES))


def test_ids_are_unique(book: RuleBook) -> None:
    counts = Counter(rule.id for rule in book.rules)
    assert [identity for identity, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name != "common"])
def test_every_language_has_evidence_words_of_every_category(name: str) -> None:
    """The line model has an input for each category, and would be blind there in this language."""
    assert set(_load(name).lexicon) == set(LEXICON_CATEGORIES)


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_shows_what_it_hits_and_what_it_leaves(name: str) -> None:
    thin = [rule.id for rule in _load(name).rule if len(rule.hits) < 2 or len(rule.misses) < 2]
    assert not thin, "give at least two hits and two misses: " + ", ".join(thin)


@pytest.mark.parametrize("name", NAMES)
def test_hits_are_hit_in_the_whole_book(name: str, book: RuleBook) -> None:
    """Hints may stand behind sure rules; a sure rule says its role first, at least among the packs that its pages meet.

    A page in an unknown language meets every pack: there another language may name another kind of boilerplate.
    """
    pack = _load(name)
    met = ALWAYS | {pack.language}
    wrong = []
    for rule in pack.rule:
        for line in rule.hits:
            matches = book.match(line)
            own = [match for match in matches if match.pack in met]
            if not any(match.rule.id == rule.id for match in own):
                wrong.append(f"{rule.id}: `{line}` is not matched")
            elif rule.strength is Strength.SURE and own[0].rule.role != rule.role:
                wrong.append(f"{rule.id}: `{line}` is first {own[0].rule.role} by {own[0].rule.id}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", NAMES)
def test_misses_are_missed_by_the_whole_pack(name: str) -> None:
    pack = _load(name)
    alone = RuleBook([pack])
    wrong = [
        f"{rule.id}: `{line}` is hit by {match.rule.id}"
        for rule in pack.rule
        for line in rule.misses
        for match in alone.match(line)
        if match.sure
    ]
    assert not wrong, "\n".join(wrong)


def test_prose_is_large_enough_to_mean_something() -> None:
    assert set(PROSE) >= {"en", "de", "nl", "pl", "fr", "es", "it", "pt"}
    assert sum(map(len, PROSE.values())) >= 80


@pytest.mark.parametrize("language", sorted(PROSE))
def test_prose_is_hit_by_no_sure_rule(language: str, book: RuleBook) -> None:
    wrong = [f"`{line}`: {match.rule.id}" for line in PROSE[language] for match in book.match(line) if match.sure]
    assert not wrong, "\n".join(wrong)


def test_one_rule_alone_and_the_book_agree(book: RuleBook) -> None:
    """`Rule.matches` is what validation uses, `RuleBook.match` what cleaning uses."""
    lines = [line for rule in book.rules for line in (*rule.hits, *rule.misses)]
    sample = lines[:: max(1, len(lines) // 150)] + [line for prose in PROSE.values() for line in prose[:5]]
    alone: dict[str, set[str]] = {line: set() for line in sample}
    for rule in book.rules:  # a rule's patterns stay compiled from line to line
        for line in alone:
            if rule.matches(line):
                alone[line].add(rule.id)
    assert {line: {match.rule.id for match in book.match(line)} for line in alone} == alone


def test_sure_rules_come_first_and_the_longest_effect_before_the_shorter() -> None:
    def rule(name: str, strength: str, effect: str) -> Rule:
        return Rule.model_validate(
            {
                "id": f"xx.share.{name}",
                "role": "share",
                "strength": strength,
                "effect": effect,
                "phrases": ["share"],
                "hits": ["Share"],
                "misses": ["Shared"],
            }
        )

    rules = (rule("a", "hint", "tail"), rule("b", "sure", "line"), rule("c", "sure", "list"), rule("d", "sure", "line"))
    found = RuleBook([RulePack(language="xx", rule=rules)]).match("» SHARE:")
    assert [match.rule.id for match in found] == ["xx.share.c", "xx.share.b", "xx.share.d", "xx.share.a"]
    assert [match.sure for match in found] == [match.rule.strength is Strength.SURE for match in found]


@pytest.mark.parametrize(
    ("tags", "packs"),
    [
        ((), {}),
        (("zh-Hans",), {"zh"}),
        (("zh-Hant", "ja"), {"zh", "ja"}),
        (("pt-BR",), {"pt"}),
        (("nb",), {"no"}),
        (("nn-NO",), {"no"}),
        (("ms",), {"ms", "id"}),
        (("sr-Latn",), {"sr", "hr"}),
        (("xx",), {"xx"}),
    ],
)
def test_a_tag_with_script_or_region_asks_for_the_pack_of_its_language(tags: tuple[str, ...], packs: set[str]) -> None:
    assert packs_of(tags) == ALWAYS.union(packs)


def test_a_page_in_chinese_is_cleaned_by_the_chinese_pack() -> None:
    """The detector says `zh-Hans`, the pack `zh`."""
    text = Path(__file__).with_name("zh-page.txt").read_text("utf-8")
    fired = {line.rule.partition(".")[0] for line in cleancopy.explain(text) if line.outcome == "removed"}
    assert "zh" in fired
