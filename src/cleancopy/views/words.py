"""Decisions and facts in words, for terminal and page alike."""

from __future__ import annotations

from cleancopy.decide.draft import BLOCK_SUFFIX, BUILT_IN
from cleancopy.model import Credit, Fact, Heading, Precision, StatedDate, TitleText

_FORMATS = {
    Precision.YEAR: "%Y",
    Precision.MONTH: "%Y-%m",
    Precision.DAY: "%Y-%m-%d",
    Precision.MINUTE: "%Y-%m-%d %H:%M UTC",
    Precision.SECOND: "%Y-%m-%d %H:%M:%S UTC",
}


def rule_words(rule: str) -> str:
    """What a rule's id stands for."""
    if rule.endswith(BLOCK_SUFFIX):
        return f"stands in the block below a line that {rule.removesuffix(BLOCK_SUFFIX)} names"
    return BUILT_IN.get(rule, "a rule of a pack names the line")


def fact_words(fact: Fact) -> str:
    """What a line says once normalised."""
    if isinstance(fact, Credit):
        return f"{fact.role.value}: {fact.name}" + (f" ({fact.domain})" if fact.domain else "")
    if isinstance(fact, StatedDate):
        return f"{fact.kind}: {published_words(fact)}"
    if isinstance(fact, Heading):
        return f"heading of level {fact.level}: {fact.text}"
    assert isinstance(fact, TitleText)
    return f"title: {fact.text}"


def evidence_words(name: str) -> str:
    """An input of the line model in words."""
    if name.startswith("rule_"):
        return f"a rule for {name.removeprefix('rule_').replace('_', ' ')} matches"
    if name.startswith("lexicon_"):
        return f"words of: {name.removeprefix('lexicon_')}"
    return name.replace("_", " ")


def published_words(date: StatedDate) -> str:
    """A date with as much as the document states."""
    return date.moment.strftime(_FORMATS[date.precision])
