"""Looking rules up for many lines at once gives what asking each rule about each line gives."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from cleancopy.assembly import build_rule_book
from cleancopy.errors import ConfigurationError
from cleancopy.model import Document
from cleancopy.rules import ALWAYS, MAX_CHARACTERS, RuleBook, RulePack, fold
from cleancopy.rules.evidence import Collector, collect
from cleancopy.rules.loose import loosened
from cleancopy.rules.needs import Need, dealt, need, without_digits
from cleancopy.rules.sieve import Sieve
from cleancopy.settings import load
from cleancopy.text.lines import Lines
from cleancopy.text.segment import collapse, segment
from tests.case_files import SAMPLES

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "needs.toml").read_text("utf-8"))["case"]
BOOK = build_rule_book(load(), trusted=True)
ALONE = [
    (rule, frozenset(map(fold, rule.phrases)), [re2.compile(pattern) for pattern in rule.patterns])
    for rule in BOOK.rules
    if rule.id.split(".")[0] in (*ALWAYS, "de", "tr")
]
"""Some packs, each rule compiled by itself."""
OWN = BOOK.select(ALWAYS | {"de", "tr"})
LOOSE = [
    (pattern, re2.compile(pattern), re2.compile(loosened(pattern)))
    for rule, _, _ in ALONE
    for pattern in rule.patterns
    if loosened(pattern) != pattern
]
PATTERNS = [pattern for rule in BOOK.rules for pattern in rule.patterns]
HITS = [line for rule in BOOK.rules for line in rule.hits]
MISSES = [line for rule in BOOK.rules for line in rule.misses]

_SIGNS = " '’“»|·•/…:.-,!?@#&0189iıİIKΣσςÅé中の🔥_"
_WORDS = st.sampled_from(sorted({word for line in HITS for word in line.split()}))
_MIXED = st.lists(st.one_of(_WORDS, st.text(_SIGNS, max_size=3)), max_size=8).map(" ".join)
_CHANGED = st.tuples(st.sampled_from(HITS + MISSES), st.text(_SIGNS, max_size=3), st.text(_SIGNS, max_size=3)).flatmap(
    lambda parts: st.sampled_from([*parts[:1], parts[0].upper(), parts[0].title(), parts[1] + parts[0] + parts[2]])
)
LINES = st.lists(st.one_of(_CHANGED, _MIXED, st.text(max_size=30)).map(collapse).filter(bool), min_size=1, max_size=20)
LANGUAGES = st.frozensets(st.sampled_from(sorted(BOOK.languages - ALWAYS)), max_size=3)


@pytest.fixture(scope="module")
def collector() -> Collector:
    return Collector(BOOK, few=0)


def _document(lines: list[str]) -> Document:
    return Document(tuple(lines), tuple(range(1, len(lines) + 1)), (0,) * len(lines), (0,) * len(lines))


def _met(line: str, needed: Need) -> bool:
    folded = without_digits(fold(line))
    if folded in needed.wholes:
        return True
    return (
        (needed.starts is None or folded.startswith(tuple(needed.starts)))
        and (needed.ends is None or folded.endswith(tuple(needed.ends)))
        and (needed.grams is None or any(gram in folded for gram in needed.grams))
    )


def _inside(pattern: str, place: int, members: str) -> str:
    """The members as a class of their own, or as part of the class that is open at that place."""
    before = re.sub(r"\\.", "  ", pattern[:place])
    return members if before.rfind("[") > before.rfind("]") else f"[{members}]"


def _plain(pattern: str) -> str:
    """The pattern for Python, which knows no classes of Unicode; a few letters stand for all."""
    return re.sub(
        r"\\pL|\\pN", lambda found: _inside(pattern, found.start(), "a-z" if found[0] == r"\pL" else "0-9"), pattern
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["pattern"])
def test_what_a_pattern_needs_is_read_off_it(case: dict[str, Any]) -> None:
    needed = need(case["pattern"])
    for part in ("wholes", "starts", "ends", "grams"):
        found = getattr(needed, part)
        assert found == (frozenset(case[part]) if part in case else (frozenset() if part == "wholes" else None)), part


def test_shipped_patterns_are_read() -> None:
    """A pattern that nothing can be said of costs a match for every line."""
    assert [pattern for pattern in PATTERNS if need(pattern) == Need()] == []


def test_shipped_patterns_mean_the_same_elsewhere() -> None:
    """What RE2 alone understands ("\\b?") is a slip."""
    for pattern in PATTERNS:
        re.compile(_plain(pattern))


def test_lines_that_rules_hit_meet_what_their_patterns_need() -> None:
    missed = []
    for rule in BOOK.rules:
        folded = [fold(line) for line in rule.hits]
        for pattern in rule.patterns:
            compiled, needed = re2.compile(pattern), need(pattern)
            missed += [line for line in folded if compiled.fullmatch(line) and not _met(line, needed)]
    assert missed == []


def test_patterns_of_one_group_need_the_same_kinds_of_things() -> None:
    """In all packs, or a line that has what one needs would pass for another."""
    kinds: dict[int, set[tuple[bool, bool, bool]]] = {}
    for pack in BOOK.packs:
        for needed, group in BOOK.needs(pack.language):
            kind = (needed.starts is None, needed.ends is None, needed.grams is None)
            kinds.setdefault(group, set()).add(kind)
    assert len(kinds) > 50
    assert max(kinds) < 1 << 63
    assert all(len(kind) == 1 for kind in kinds.values())
    few, odd = Need(starts=frozenset("a"), grams=frozenset("b")), Need(ends=frozenset("c"))
    assert dealt([odd, few, few, few]) == [1 << 62, 1 << 0, 1 << 12, 1 << 24]
    assert dealt([]) == []


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_line_that_a_pattern_matches_meets_what_it_needs(data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from(PATTERNS))
    line = data.draw(st.from_regex(_plain(pattern), fullmatch=True))
    if re2.fullmatch(pattern, fold(line)):
        assert _met(line, need(pattern))


@given(st.lists(st.tuples(LINES, LANGUAGES), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_batch_has_the_evidence_of_its_lines_asked_one_by_one(
    collector: Collector, parts: list[tuple[list[str], frozenset[str]]]
) -> None:
    documents = [_document(lines) for lines, _ in parts]
    found, roles = collector.collect(Lines(documents), [languages for _, languages in parts])
    for document, (_, languages), own in zip(documents, parts, found, strict=True):
        alone = collect(document, BOOK, languages)
        assert own.rules.tolist() == alone.rules.tolist()
        assert own.roles.tolist() == alone.roles.tolist()
        assert own.sure.tolist() == alone.sure.tolist()
        assert own.headers == alone.headers
    asked_one_by_one, _ = Collector(BOOK).collect(Lines(documents), [languages for _, languages in parts])
    assert [each.rules.tolist() for each in asked_one_by_one] == [each.rules.tolist() for each in found]
    assert roles.tolist() == [role for own in found for role in own.roles.tolist()]


@pytest.mark.parametrize(
    ("pattern", "loose"),
    [
        (r"by \pL+", r"by [a-zA-Z\x{80}-\x{10ffff}]+"),
        (r"[\pL\pN.'-]+ \[\pN\]", r"[a-zA-Z\x{80}-\x{10ffff}0-9\x{80}-\x{10ffff}.'-]+ \[[0-9\x{80}-\x{10ffff}]\]"),
        (r"[]\pL] \pL", r"[]a-zA-Z\x{80}-\x{10ffff}] [a-zA-Z\x{80}-\x{10ffff}]"),
        (r"\\pL \PL \p{Greek} \d", r"\\pL \PL \p{Greek} \d"),
        (r"\pL [^\pL]", r"\pL [^\pL]"),
        (r"[[:alpha:]\pL]", r"[[:alpha:]\pL]"),
    ],
)
def test_classes_of_unicode_are_loosened(pattern: str, loose: str) -> None:
    assert loosened(pattern) == loose
    re2.compile(loose)


@given(LINES)
@settings(max_examples=100, deadline=None)
def test_a_loosened_pattern_matches_what_the_pattern_does(lines: list[str]) -> None:
    for line in map(fold, lines):
        for pattern, exact, loose in LOOSE:
            matches, passes = exact.fullmatch(line) is not None, loose.fullmatch(line) is not None
            assert passes >= matches, (pattern, line)
            assert passes == matches or not line.isascii(), (pattern, line)


@given(LINES)
@settings(max_examples=25, deadline=None)
def test_the_book_says_what_each_rule_says_alone(lines: list[str]) -> None:
    for line in lines:
        folded = fold(line)
        short = len(folded) > 0 and len(line) <= MAX_CHARACTERS
        alone = {
            rule.id
            for rule, phrases, patterns in ALONE
            if short
            and folded.count(" ") < rule.max_words
            and (folded in phrases or any(pattern.fullmatch(folded) for pattern in patterns))
        }
        assert {match.rule.id for match in OWN.match(line)} == alone


def test_few_lines_pass_that_no_rule_matches() -> None:
    """Otherwise nothing is gained."""
    documents = [
        segment(path.read_text("utf-8")) for path in sorted(SAMPLES.glob("*.txt")) if "cp1252" not in path.name
    ]
    lines = Lines(documents)
    passing, _ = Sieve(BOOK).passing(lines, [ALWAYS] * len(documents))
    matched = [line for line, text in enumerate(lines.strings) if BOOK.select(ALWAYS).match(text)]
    assert set(matched) <= set(passing.tolist())
    assert len(passing) - len(matched) <= 0.2 * (len(lines) - len(matched))


def test_patterns_that_are_too_large_together_are_named() -> None:
    large = r"(?:[^\pL]{1,30} ){0,5}x"
    rule = {"id": "xx.other.large", "role": "other", "patterns": [f"{number} {large}" for number in range(400)]}
    pack = RulePack.parse(
        {"language": "xx", "rule": [{**rule, "hits": ["1 x"], "misses": ["y"]}]}, "xx.toml", trusted=True
    )
    with pytest.raises(ConfigurationError, match=r"too large to be asked together.*: xx\.other\.large$"):
        RuleBook([pack]).match("1 x")


def test_no_line_passes_an_empty_book() -> None:
    passing, groups = Sieve(RuleBook([])).passing(Lines([_document(["Share"])]), [frozenset()])
    assert len(passing) == len(groups) == 0
    passing, groups = Sieve(BOOK).passing(Lines([_document([])]), [ALWAYS])
    assert len(passing) == len(groups) == 0
