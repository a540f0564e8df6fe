"""From documents to decisions: evidence, passes that propose, a resolver, then what the lines say.

    rules (evidence) ─┐
    shape of lines ───┼→ line model → passes → resolver → title, credits, dates → structure → one decision a line
    lexicon ──────────┘

Arrays run over the lines of the whole batch; what needs a neighbourhood is settled document by document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.divisions import divisions
from cleancopy.decide.draft import SHAPE_CONFIDENCE, Draft, Names
from cleancopy.decide.duplicates import drop_duplicates
from cleancopy.decide.kinds import WALL, Kinds, consent_walls
from cleancopy.decide.passes import PASSES
from cleancopy.decide.proposals import Judgement, Observed
from cleancopy.decide.resolver import resolve
from cleancopy.decide.roles import likeliest
from cleancopy.decide.stated import read_stated
from cleancopy.decide.structure import (
    drop_pictures,
    keep_references,
    keep_tables,
    keep_turns,
    lay_out,
    mark_headings,
    mark_items,
)
from cleancopy.decide.top import Readers
from cleancopy.linemodel.features import FEATURES, features, html_features
from cleancopy.linemodel.network import LineModel, LineScores
from cleancopy.linemodel.pages import PageModel
from cleancopy.model import HINTS, ROLE_CODE, Decisions, Document, Role
from cleancopy.rules import LEXICON_CATEGORIES, RuleBook
from cleancopy.rules.evidence import Collector, collect
from cleancopy.rules.lexicon import Lexicon
from cleancopy.text.lines import Lines
from cleancopy.text.shape import Shape, shapes


@dataclass(frozen=True, slots=True)
class Models:
    """The line models: for plain text, and for lines that know their HTML. None where a kind has no model.

    headings: for plain text, has the say on headings in the place of `text`.
    pages: says what kind of page a document is and how well it was probably cleaned.
    """

    text: LineModel | None = None
    html: LineModel | None = None
    headings: LineModel | None = None
    pages: PageModel | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """What a configuration may change about deciding.

    threshold: a line stays when the line model gives it at least this probability.
    heading_threshold: a line that stays is a heading when the model gives it at least this probability.
    passes: ids of those that are asked, see `cleancopy.decide.passes`.
    captions_in_text: captions stay in the text, besides becoming a field.
    """

    threshold: float = 0.5
    heading_threshold: float = 0.35
    passes: tuple[str, ...] = tuple(PASSES)
    captions_in_text: bool = False


EXTRACTED = 0.5
"""A line of HTML stays, where no model is asked, when the extractor keeps this share of its words."""


class Decider:
    """Decides what every line of a batch of documents is. The same documents give the same decisions, in any thread."""

    def __init__(
        self, book: RuleBook, readers: Readers, models: Models, options: Options, kinds: Kinds | None = None
    ) -> None:
        self.book = book
        self._kinds = kinds
        self.models = models
        self.options = options
        self._readers = readers
        self._names = Names(book)
        self._lexicon = Lexicon([book.lexicon()])
        self._collector = Collector(book)

    def decide(self, lines: Lines, languages: Sequence[Sequence[str]]) -> list[Decisions]:
        """One `Decisions` for each document of the batch.

        languages: what each document may be written in, best first. Their packs apply, and those that always do.
        """
        shape = shapes(lines)
        aside = self._aside(lines, shape.words, languages)
        if not aside:
            return self._decide(lines, shape, languages)
        # Who reads the page clicks the wall away first, and so should the line model, which would take the article
        # beside it for more of the same.
        rest = Lines(
            [
                document.only((~aside[index]).tolist()) if index in aside else document
                for index, document in enumerate(lines.documents)
            ]
        )
        decided = self._decide(rest, shapes(rest), languages)
        return [
            self._with_aside(decisions, aside[index], lines.documents[index].front) if index in aside else decisions
            for index, decisions in enumerate(decided)
        ]

    def _decide(self, lines: Lines, shape: Shape, languages: Sequence[Sequence[str]]) -> list[Decisions]:
        evidence, roles = self._collector.collect(lines, languages)
        inputs = features(lines, self._lexicon, roles)
        scores = self._score(lines, inputs)
        lexicon = inputs[:, _LEXICON]
        parts = [slice(int(start), int(stop)) for start, stop in pairwise(lines.bounds)]
        judged = [
            self._judged(document, scores.get(index), shape.of(parts[index]))
            for index, document in enumerate(lines.documents)
        ]
        likely = likeliest(roles, lexicon, np.concatenate([judgement.kept for judgement in judged]), lines.bounds)
        decisions = []
        for index, document in enumerate(lines.documents):
            part = parts[index]
            seen = Observed(document, shape.of(part), evidence[index], judged[index], likely[part])
            proposals = {name: PASSES[name](seen, self._names) for name in self.options.passes}
            draft = Draft(document, seen.shape, seen.evidence, self._names)
            draft.adopt(*resolve(seen, proposals, self._names))
            self._describe(draft, scores.get(index), lexicon[part], languages[index])
            finished = draft.finished()
            if self.models.pages is not None and index in scores and len(document):
                first, last = lines.words[part.start], lines.words[part.stop]
                page = self.models.pages.report(
                    inputs[part],
                    lines.word_hashes[first:last],
                    scores[index],
                    seen.shape.words,
                    seen.shape.prose,
                    draft.kept,
                    html=document.tags is not None,
                )
                finished = replace(finished, page=page)
            decisions.append(finished)
        return decisions

    def _aside(
        self, lines: Lines, words: NDArray[np.int64], languages: Sequence[Sequence[str]]
    ) -> dict[int, NDArray[np.bool_]]:
        """Document index → bool[n], the lines that are no part of the page: what `consent_walls` finds, with the
        buttons above and below that rules know, and front matter.
        """
        aside = {} if self._kinds is None else consent_walls(lines, words, self._kinds)
        for index, wall in aside.items():
            evidence = collect(lines.documents[index], self.book, frozenset(languages[index]))
            buttons = evidence.sure & (evidence.roles == ROLE_CODE[Role.COOKIE])
            for step in (1, -1):
                beside = np.flatnonzero(wall)[::step][-1] + step
                while 0 <= beside < len(wall) and buttons[beside]:
                    wall[beside] = True
                    beside += step
        for index, document in enumerate(lines.documents):
            if document.front:
                aside.setdefault(index, np.zeros(len(document), bool))[: document.front] = True
        return aside

    def _with_aside(self, decisions: Decisions, aside: NDArray[np.bool_], front: int) -> Decisions:
        """The decisions over the rest of a document with those over what is no part of the page.

        aside: bool[n], those lines. front: how many at the top are front matter; the others are a wall of consent.
        """
        rest = np.flatnonzero(~aside)
        roles = np.full(len(aside), ROLE_CODE[Role.COOKIE], np.int8)
        rules = np.full(len(aside), self._names[WALL], np.int32)
        confidence = np.full(len(aside), SHAPE_CONFIDENCE, np.float32)
        roles[:front], rules[:front] = ROLE_CODE[Role.OTHER], self._names["front.matter"]
        roles[rest], rules[rest], confidence[rest] = decisions.roles, decisions.rules, decisions.confidence
        facts = {line if line == HINTS else int(rest[line]): said for line, said in decisions.facts.items()}
        return replace(decisions, roles=roles, rules=rules, confidence=confidence, facts=facts)

    def attribute(
        self, lines: Lines, languages: Sequence[str], chosen: Sequence[int]
    ) -> dict[int, tuple[tuple[str, float], ...]]:
        """What spoke loudest for (positive) and against keeping the chosen lines of a single document.

        That is what the line model went by, see `LineModel.attribute`; empty where there is no model for the document.
        """
        aside = self._aside(lines, shapes(lines).words, [languages])
        rest = np.arange(len(lines))
        if aside:
            rest = np.flatnonzero(~aside[0])
            lines = Lines([lines.documents[0].only((~aside[0]).tolist())])
        document = lines.documents[0]
        model = self.models.text if document.tags is None else self.models.html
        if model is None:
            return {}
        evidence = collect(document, self.book, frozenset(languages))
        inputs = features(lines, self._lexicon, evidence.roles)
        seen = inputs if document.tags is None else np.hstack([inputs, html_features(lines)])
        place = {line: index for index, line in enumerate(rest.tolist())}
        found = model.attribute(seen, [place[line] for line in chosen])
        return {int(rest[line]): weights for line, weights in found.items()}

    def _score(self, lines: Lines, inputs: NDArray[np.float32]) -> dict[int, LineScores]:
        """Document index → the scores of its lines, for every document that there is a model for."""
        marked = np.array([document.tags is not None for document in lines.documents])
        found: dict[int, LineScores] = {}
        for model, chosen in ((self.models.text, ~marked), (self.models.html, marked)):
            documents = np.flatnonzero(chosen)
            if model is None or not len(documents):
                continue
            seen = inputs if model is self.models.text else np.hstack([inputs, html_features(lines)])
            own = chosen[lines.document]
            sizes = np.diff(lines.bounds)[documents]
            bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
            seen = seen if own.all() else seen[own]
            scores = model.score(seen, bounds)
            if model is self.models.text and self.models.headings is not None:
                scores = replace(scores, heading=self.models.headings.score(seen, bounds).heading)
            for place, document in enumerate(documents.tolist()):
                found[document] = scores.of(slice(int(bounds[place]), int(bounds[place + 1])))
        return found

    def _judged(self, document: Document, scores: LineScores | None, shape: Shape) -> Judgement:
        """What the line model says of each line, or the HTML extractor where there is no model.

        The lines of a paragraph that was wrapped stay or go together; of HTML, the rows of a table, and a summary with
        what it opens.
        """
        if scores is not None:
            starts = shape.starts if document.tags is None else _tables(document.tags)
            apart = ~shape.text | shape.prose if document.tags is None else np.bincount(starts)[starts] == 1
            weight = np.maximum(shape.words, 1)
            together = np.bincount(starts, scores.keep * weight) / np.bincount(starts, weight).clip(1)
            keep = np.where(apart, scores.keep, together[starts].round(4))
            return Judgement("model", keep.astype(np.float32), self.options.threshold)
        if document.extracted is not None:
            return Judgement("extractor", np.array(document.extracted, np.float32), EXTRACTED)
        return Judgement("", np.ones(len(document), np.float32), 0.0)

    def _describe(
        self,
        draft: Draft,
        scores: LineScores | None,
        lexicon: NDArray[np.float32],
        languages: Sequence[str],
    ) -> None:
        """Once it is decided what stays: what the document states of itself, and how what stays is built."""
        drop_pictures(draft)
        if scores is not None:
            keep_tables(draft)
            keep_turns(draft)
            keep_references(draft)
        drop_duplicates(draft)
        read_stated(draft, self._readers, scores, lexicon, languages)
        if scores is not None and draft.document.tags is None:
            lines, enough = draft.document.lines, self.options.heading_threshold
            for line in divisions(lines, draft.shape, scores.keep, scores.heading, draft.kept, draft.outvoted, enough):
                draft.say(line, Role.BODY, "resume.keep", float(scores.keep[line]))
        mark_headings(draft, None if scores is None else scores.heading, self.options.heading_threshold)
        if self.options.captions_in_text or not draft.kept.any():
            draft.recast(Role.CAPTION, Role.BODY)
        mark_items(draft)
        lay_out(draft)


_CELLS = frozenset({"td", "th", "dt", "dd"})


def _tables(tags: Sequence[str]) -> NDArray[np.int64]:
    """int64[n]: the first line of the table or list of definitions that each line is of, the summary that opens it; of
    others, the line itself. Lists between two cells are in a cell.
    """
    starts = np.arange(len(tags))
    last = None
    for line, tag in enumerate(tags):
        region, _, block = tag.rpartition(".")
        if block in _CELLS:
            if last is not None and tags[last].rpartition(".")[0] == region:
                starts[last + 1 : line + 1] = starts[last]
            last = line
        elif block != "li":
            last = None
        if line and tags[line - 1] == f"{region}.summary".lstrip(".") and block != "summary":
            starts[line] = starts[line - 1]
    return starts


_LEXICON = slice(FEATURES.index("lexicon_share"), FEATURES.index("lexicon_share") + len(LEXICON_CATEGORIES))
"""The columns of the features that count the lexicon's words, on a logarithmic scale."""
