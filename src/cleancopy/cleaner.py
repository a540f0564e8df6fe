"""The centre: a batch of documents in, each one's decisions and article out. Pure; a single document is the batch of
one.

The order, since a document's language is needed to clean it and its clean body to be sure of the language:

1. a first guess at the languages, from the raw lines, chooses the rule packs (`common` and `en` always apply);
2. every line is decided;
3. the decisions are applied, and the language of the clean body is what the article says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cleancopy.apply import KEPT_CODES, apply
from cleancopy.decide import Decider
from cleancopy.decide.kinds import KIND_DETAILS, Kinds
from cleancopy.describe.filtering import Filter
from cleancopy.describe.language import Detector
from cleancopy.describe.signals import StopWords, measure
from cleancopy.errors import RecordError
from cleancopy.model import Article, Decisions, Document
from cleancopy.text.lines import Lines


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A document with the decision about each of its lines, the article they make, and the figures that describe it."""

    document: Document
    decisions: Decisions
    article: Article
    signals: Mapping[str, float]


class Cleaner:
    """Cleans batches of documents with one configuration. The same document gives the same result in any batch."""

    def __init__(
        self,
        decider: Decider,
        detector: Detector,
        stop_words: StopWords,
        admitted: Filter | None = None,
        kinds: Kinds | None = None,
    ) -> None:
        self.decider = decider
        self.detector = detector
        self.stop_words = stop_words
        self.admitted = admitted
        self.kinds = kinds

    def clean(self, documents: Sequence[Document]) -> list[Cleaned | RecordError]:
        """One result for each document, in order.

        `RecordError` with reason `article.empty` where no line is left, `article.error`, `article.denied`,
        `article.challenge` or `article.consent` where the page says so and little else, `filter.signals` where the
        filter refuses it.
        """
        if not documents:
            return []
        lines = Lines(documents)
        languages = self.detector.candidates([document.lines for document in documents])
        decided = self.decider.decide(lines, languages)
        articles = [apply(document, decisions) for document, decisions in zip(documents, decided, strict=True)]
        reports = self.detector.describe([[block.text for block in article.blocks] for article in articles])
        kept = KEPT_CODES[np.concatenate([decisions.roles for decisions in decided])]
        signals = measure(lines, kept, [report.language for report in reports], self.stop_words)
        names = list(signals)
        rows = np.stack([signals[name] for name in names], axis=1).tolist()
        results: list[Cleaned | RecordError] = []
        for document, decisions, article, report, row in zip(documents, decided, articles, reports, rows, strict=True):
            kind = None if self.kinds is None else self.kinds.kind_of(document, decisions, article)
            if kind is not None:
                results.append(RecordError(f"article.{kind}", KIND_DETAILS[kind]))
                continue
            if not article.blocks:
                results.append(_nothing_left(document))
                continue
            figures = dict(zip(names, row, strict=True))
            refusal = None if self.admitted is None else self.admitted.check({**figures, **_page_figures(article)})
            results.append(
                refusal or Cleaned(document, replace(decisions, language=report), article.described(report), figures)
            )
        return results


def _page_figures(article: Article) -> dict[str, float]:
    """What a filter may ask of the page beside the signals; NaN where no model was asked."""
    named = {"kind_confidence": article.kind_confidence, "extraction_score": article.extraction_score}
    return {name: math.nan if value is None else value for name, value in named.items()}


def _nothing_left(document: Document) -> RecordError:
    return RecordError(
        "article.empty",
        f"none of the {len(document)} lines is text of an article; `cleancopy explain` shows why each one goes"
        if len(document)
        else "the record has no text; leave it out of the input or check the field that is read",
    )
