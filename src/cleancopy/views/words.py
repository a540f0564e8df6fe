"""Decisions and facts in words, for terminal and page alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cleancopy.decide.draft import BLOCK_SUFFIX, BUILT_IN
from cleancopy.model import (
    NAME_GROUPS,
    Caption,
    Credit,
    Fact,
    Heading,
    Layout,
    Nested,
    Precision,
    StatedDate,
    TitleText,
)
from cleancopy.shown import counted

if TYPE_CHECKING:
    from cleancopy.dataset.duplicates import Figures
    from cleancopy.views.explanation import Repeated

_FORMATS = {
    Precision.YEAR: "%Y",
    Precision.MONTH: "%Y-%m",
    Precision.DAY: "%Y-%m-%d",
    Precision.MINUTE: "%Y-%m-%d %H:%M UTC",
    Precision.SECOND: "%Y-%m-%d %H:%M:%S UTC",
}


def duplicate_words(figures: Figures) -> str:
    """What the table `duplicates` says, in a line."""
    copies = figures.exact + figures.near
    share = copies / max(figures.articles, 1)
    return (
        f"{copies:,} copies ({share:.1%}) of {counted(figures.articles, 'article')}: {figures.exact:,} "
        f"with the text of the original, {figures.near:,} with nearly its text; {counted(figures.clusters, 'cluster')}"
        f", the largest of {figures.largest:,}"
    )


EVIDENCE = {
    "neighbours": "the lines around it",
    "characters": "length in characters",
    "words": "length in words",
    "word_length": "length of its words",
    "ends_sentence": "end of a sentence",
    "ends_colon": "colon at the end",
    "ends_ellipsis": "ellipsis at the end",
    "ends_quote": "quote or bracket at the end",
    "ends_comma": "comma at the end",
    "starts_lower": "small letter first",
    "starts_upper": "capital letter first",
    "starts_digit": "digit first",
    "capitalised": "words with a capital letter",
    "capitals": "share of capital letters",
    "digits": "share of digits",
    "symbols": "share of signs",
    "sentences": "number of sentences",
    "sentence_length": "length of its sentences",
    "separators": "bars, dots and arrows",
    "address": "web or mail address",
    "year": "names a year",
    "clock": "names a time of day",
    "numbers": "number of numbers",
    "question": "question mark",
    "exclamation": "exclamation mark",
    "copyright": "copyright sign",
    "few_letters": "hardly a letter",
    "lower_words": "words in small letters",
    "continues": "goes on with the line above",
    "repeated": "stands in the document again",
    "seen_before": "stood in the document before",
    "prefix_near": "begins like a line just above",
    "prefix_seen": "begins like an earlier line",
    "blank_before": "blank lines above",
    "blank_after": "blank lines below",
    "line_position": "place among the lines",
    "text_position": "place in the text",
    "stop_words": "commonest words of the document",
    "prose_words": "words that the prose uses too",
    "prose_strength": "words that the prose uses often",
    "first_words": "words that nothing else uses",
    "prose": "is prose itself",
    "prose_before": "prose above",
    "prose_after": "prose below",
    "since_prose": "distance from prose above",
    "until_prose": "distance to prose below",
    "density_near": "prose close by",
    "density_wide": "prose in the wider surroundings",
    "from_peak": "distance from the thick of the prose",
    "beyond_peak": "below the thick of the prose",
    "document_lines": "length of the document",
    "document_prose": "prose in the document",
    "document_words_per_line": "length of the document's lines",
    "document_blanks": "blank lines in the document",
    "address_overlap": "words of the page's address",
    "address_coverage": "share of the address it repeats",
    "title_overlap": "words of the given title",
    "title_coverage": "share of the given title it repeats",
    "lexicon_any": "words of any word list",
    "stated": "in the article that the page states",
    "document_stated": "how much of the page it states as its article",
    **{f"near_{group}": f"an element close around it is named for {group}" for group in NAME_GROUPS},
    **{f"far_{group}": f"an element around it is named for {group}" for group in NAME_GROUPS},
    **{
        f"box{number}_{what}": f"{words} of element {number} around it"
        for number in range(1, 5)
        for what, words in (("links", "links"), ("share", "size"), ("lines", "lines"))
    },
}
"""Inputs of the line model whose names alone say too little."""


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
    if isinstance(fact, Layout):
        return "goes on in the block of the line above" if fact.joint else "begins a block of several lines"
    if isinstance(fact, Nested):
        return f"stands in {fact.depth} other items"
    if isinstance(fact, Caption):
        return f"caption: {fact.text}" + (f" ({fact.credit})" if fact.credit else "")
    assert isinstance(fact, TitleText)
    return f"title: {fact.text}"


def repeated_words(said: Repeated) -> str:
    """What the census says of a line."""
    where = {"above": "above the article", "within": "within the article", "below": "below the article"}[said.place]
    if said.seen == 1:
        return f"stands on no other of {said.pages:,} pages of this site"
    return f"stands on {said.seen:,} of {said.pages:,} pages of this site, on {said.alike:,} {where} as here"


def evidence_words(name: str) -> str:
    """An input of the line model in words."""
    if name in EVIDENCE:
        return EVIDENCE[name]
    if name.startswith("tag_"):
        return f"tag: {name.removeprefix('tag_').replace('_', ' ')}"
    if name.startswith("rule_"):
        return f"a rule for {name.removeprefix('rule_').replace('_', ' ')} matches"
    if name.startswith("lexicon_"):
        return f"words of: {name.removeprefix('lexicon_')}"
    return name.replace("_", " ")


def published_words(date: StatedDate) -> str:
    """A date with as much as the document states."""
    return date.moment.strftime(_FORMATS[date.precision])


def percent(share: float) -> str:
    """A share, 0 to 1, for people: those near 0 and 1 keep a digit, and only all of it is 100%."""
    if share in (0, 1) or 0.1 <= share < 0.995:
        return f"{share:.0%}"
    return f"{min(max(share, 0.001), 0.999):.1%}"
