"""An explanation as a page: the raw lines with what becomes of each, the clean article beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from cleancopy import __version__
from cleancopy.describe.signals import SIGNALS
from cleancopy.model import Article, Layout, Role
from cleancopy.views import OUTCOME_MARKS, OUTCOME_WORDS
from cleancopy.views.explanation import OUTCOMES, ExplainedLine, Explanation
from cleancopy.views.page import render
from cleancopy.views.words import evidence_words, fact_words, percent, published_words, repeated_words, rule_words


def explain_html(explanation: Explanation, origin: str) -> str:
    """The page. `origin` says where the document came from."""
    lines = list(explanation)
    counts = {name: sum(line.outcome == name for line in lines) for name in OUTCOMES}
    article = explanation.article
    begins = [
        line.number
        for line in lines
        if line.outcome == "kept" and not any(isinstance(fact, Layout) and fact.joint for fact in line.facts)
    ]
    return render(
        "explain",
        version=__version__,
        origin=origin,
        heading=(article.title if article else None) or "Untitled document",
        refused=explanation.refused,
        repairs=explanation.document.repairs,
        outcomes=OUTCOMES,
        marks=OUTCOME_MARKS,
        words=OUTCOME_WORDS,
        counts={**counts, "total": len(lines)},
        packs=explanation.packs,
        lines=list(zip(lines, _gaps(lines), strict=True)),
        details=_details(lines),
        article=article,
        blocks=list(zip(article.blocks, begins, strict=True)) if article else [],
        facts=_facts(article) if article else [],
        signals=[
            (
                signal.name.replace("_", " "),
                _figure(explanation.signals[signal.name], signal.counts),
                signal.description,
            )
            for signal in SIGNALS
            if signal.name in explanation.signals
        ],
    )


def _gaps(lines: Sequence[ExplainedLine]) -> Iterator[bool]:
    """Whether blank lines stand before each line."""
    above = 0
    for line in lines:
        yield line.number > above + 1
        above = line.number


def _details(lines: Sequence[ExplainedLine]) -> dict[str, Any]:
    """What the script shows of a line once it is asked, each text once: as elements it would be most of a long page.

    outcomes, rules: what the words mean. evidence: names of the line model's inputs, in words.
    lines: number → `census`, `states`, `heard` and `evidence`, pairs of a place in `evidence` and a bar's width: 1 to
    100 of 100, negative against keeping the line. What a line has not is left out.
    """
    names: dict[str, int] = {}
    shown: dict[int, dict[str, Any]] = {}
    for line in lines:
        loudest = max((abs(weight) for _, weight in line.evidence), default=1.0) or 1.0
        weights = [
            (names.setdefault(name, len(names)), round(math.copysign(max(1, 100 * abs(weight) / loudest), weight)))
            for name, weight in line.evidence
        ]
        said = "" if line.repeated is None else repeated_words(line.repeated)
        entries = {
            "census": said,
            "states": [fact_words(fact) for fact in line.facts],
            "heard": line.heard,
            "evidence": weights,
        }
        shown[line.number] = {name: entry for name, entry in entries.items() if entry}
    return {
        "outcomes": OUTCOME_WORDS,
        "rules": {rule: rule_words(rule) for rule in sorted({line.rule for line in lines})},
        "evidence": [evidence_words(name) for name in names],
        "lines": {number: entries for number, entries in shown.items() if entries},
    }


def _facts(article: Article) -> list[tuple[str, str]]:
    facts = [
        (credit.role.value.capitalize(), credit.name + (f" ({credit.domain})" if credit.domain else ""))
        for credit in article.credits
    ]
    facts += [("Picture", f"{each.text} ({each.credit})" if each.credit else each.text) for each in article.captions]
    if article.published is not None:
        facts.append(("Published", published_words(article.published)))
    if article.modified is not None:
        facts.append(("Changed", published_words(article.modified)))
    about = article.about
    facts += [(name, said) for name, said in (("Site", about.site_name), ("Section", about.section)) if said]
    if article.language != "und":
        facts.append(("Language", f"{article.language} ({percent(article.language_confidence)})"))
    headings = sum(block.role is Role.HEADING for block in article.blocks)
    facts.append(
        ("Length", f"{len(article.text):,} characters, {len(article.blocks):,} blocks, {headings:,} of them headings")
    )
    return facts


def _figure(value: float, counts: bool) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if counts else f"{value:.3g}"
