"""The title of a document: which of its lines it is.

`Titles` ranks the lines above the body by what agrees with them: the model, the page's title from outside, the
address, the heading tag, the distance.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from operator import mul

import numpy as np

from cleancopy.fields.candidates import SURE, Probabilities, certainty, log_odds
from cleancopy.text import signs
from cleancopy.text.letters import count_words, is_telling, pieces_of
from cleancopy.text.title_text import SiteNames, cut, flat, is_possible, plain_title, site_names, slug_words

WINDOW = 80
"""Lines above the body that may hold the title: on 709 pages in three renderings 97 % of the title lines lie within."""

PROSE = 40
"""Lines of the body whose words a title shares."""
PIECES = 3
"""Lines over which a title is broken at most, where each piece of its mark-up has a line of its own."""
FOLLOWED = 4
"""Lines below a title in which a date or byline speaks for it."""

HEADLINE, AHEAD = -4.0, 1.0
"""The least score of a headline in doubt, and by how much no other line may come near."""
HEADLINE_WORDS = 4

_BULLET = re.compile(rf"{signs.BULLET}|[+o>]\s|{signs.NUMBER}")
_CRUMB = re.compile(r"\s[»>/›|]\s")
_SENTENCE_END = re.compile(rf"[{signs.STOPS}{signs.COMMAS}:][{signs.CLOSING_CLASS}]?\Z")
"""How no title ends."""
_FOLDED_LONGER = 8
"""By how many characters a title at most grows when it is case-folded ("ß" becomes "ss")."""


@dataclass(frozen=True, slots=True)
class TitleChoice:
    """The title as it reads, and the lines of the document that state it (empty where only a hint does)."""

    text: str
    lines: tuple[int, ...]
    score: float

    @property
    def certainty(self) -> float:
        """How sure the choice is."""
        return certainty(self.score, THRESHOLD)


class Titles:
    """The lines that may be a document's title, each looked at when it is first asked about."""

    def __init__(
        self,
        lines: Sequence[str],
        *,
        body_start: int,
        probabilities: Probabilities | None = None,
        hint: str | None = None,
        url: str | None = None,
        site: str | None = None,
        tags: Sequence[str] | None = None,
        stated: Collection[int] = (),
        barred: Callable[[str], bool] | None = None,
    ) -> None:
        """The lines that may be the title, and what is known of it.

        lines:         the document's lines.
        body_start:    index of the first line of the body's prose; the title stands above it, or is the first heading
                       at it.
        probabilities: the model's probability that each line is the title, where a model ran.
        hint:          the title known from outside (the caller's field, HTML metadata).
        url, site:     the page's address and its registrable domain.
        tags:          the element each line came from with the landmarks around it, for HTML. A heading within one
                       ("header.h1") counts for nothing: with those two more of 709 titles were wrong, and none right.
        stated:        indices of lines that read as a credit or a date: no titles, but titles stand right above them.
        barred:        says which lines are no title by what they say: captions with a credit, reading times.
        """
        self._lines = lines
        self._tags, self._stated, self._barred = tags, stated, barred
        self._names, self._shown = site_names(site), SiteNames(lines)
        self._body_start = body_start
        self._prose: frozenset[str] | None = None
        self._keys: dict[int, str] = {}
        self._read: dict[int, str] = {}
        self._places = _candidates(lines, body_start, tags, probabilities)
        self._hint = ""  # not yet known while it is cut itself
        self._hinted = self._cut(plain_title(hint)) if hint else ""
        self._hint = flat(self._hinted)
        self._known = _Known(self._hint, self._key(0) if self._places[:1] == [0] else "", slug_words(url))
        self._odds = MODEL_WEIGHT * log_odds(probabilities, self._places)
        # Right above a line that states a date or who wrote it stand titles.
        self._followed, rows = np.zeros(len(self._places), bool), np.array(self._places)
        for line in stated:
            self._followed |= (rows < line) & (rows >= line - FOLLOWED)
        self._most = self._odds + self._known.most(tags=tags is not None) + self._followed * _FOLLOWED_WEIGHT

    def choose(self) -> TitleChoice | None:
        """The document's title, or None where neither a line nor a hint states one."""
        scored: list[tuple[float, int, str]] = []
        best = -math.inf
        # The likeliest first: the others are not looked at once nothing that speaks for them makes up for the model.
        most = self._most.tolist()
        for index in np.argsort(-self._odds, kind="stable").tolist():
            if most[index] < best:
                break
            if most[index] - self._known.most_by_words < best and not self._known.shared(
                self._lines[self._places[index]]
            ):
                continue
            title = self._at(index)
            if title:
                score = sum(map(mul, WEIGHTS, self._features(index))) + float(self._odds[index])
                scored.append((score, self._places[index], title))
                best = max(best, score)
        chosen = self._with_prose(scored)
        broken: Sequence[int] = ()
        if chosen is not None and (chosen[0] >= THRESHOLD or self._is_headline(chosen, scored)):
            score, place, text = chosen
            text, broken = self._whole(place) or (text, ())
        elif self._hinted:
            text, score = self._hinted, 0.0
        else:
            return None
        return TitleChoice(text, tuple(sorted({*self._stating(flat(text)), *broken})), score)

    def _is_headline(self, chosen: tuple[float, int, str], scored: Sequence[tuple[float, int, str]]) -> bool:
        """Whether a line in doubt stands as the headline of a text: right above its body but for who and when, of some
        words that the body takes up, and far ahead of every other line.
        """
        score, place, title = chosen
        behind = max((other for other, _, text in scored if text != title), default=-math.inf)
        above = range(place + 1, self._body_start)
        return (
            not self._hint
            and score >= HEADLINE
            and score - behind >= AHEAD
            and count_words(title) >= HEADLINE_WORDS
            and place < self._body_start
            and all(line in self._stated or len(self._lines[line]) < len(title) for line in above)
            and len(above) <= FOLLOWED
            and _SENTENCE_END.search(title) is None
            and self._share_of_prose(title) > 0
        )

    def _at(self, index: int) -> str:
        """How the line at `_places[index]` reads as a title, "" where it cannot be one."""
        place = self._places[index]
        line = self._lines[place]
        if not is_possible(line) or (self._barred is not None and self._barred(line)):
            return ""
        return self._title(place)

    def _features(self, index: int) -> tuple[float, ...]:
        """What speaks for the line at `_places[index]`; the order is that of `FEATURES`."""
        place, known = self._places[index], self._known
        line, title, distance = self._lines[place], self._title(place), self._body_start - place
        tag = self._tags[place] if self._tags else None
        key = flat(title)
        words, own = count_words(key), pieces_of(key)
        head = "" if place == 0 else known.head
        in_address = len(own & known.slug)
        return (
            float(bool(known.hint) and key == known.hint),
            _overlap(own, known.hint_words),
            float(bool(head) and (head == key or head.startswith(key + " ")) and words > 1),
            _overlap(own, known.head_words) if head else 0.0,
            in_address / len(known.slug) if in_address else 0.0,
            in_address / len(own) if in_address else 0.0,
            1.0 / (1 + max(distance, 0)),
            math.log1p(max(distance, 0)),
            float(words <= 2),
            max(0.0, words - 16) / 8,
            float(_SENTENCE_END.search(title) is not None),
            float(tag == "h1"),
            float(tag in ("h2", "h3", "h4", "h5", "h6")),
            float(title.endswith("?")),
            float(place == 0),
            float(_BULLET.match(line) is not None),
            min(3.0, len(_CRUMB.findall(title))),
            float(title[:1].islower()),
            float(place in self._stated),
            float(self._followed[index]),
            float(distance <= 0),
        )

    def _with_prose(self, scored: Sequence[tuple[float, int, str]]) -> tuple[float, int, str] | None:
        """The best of the scored lines once the words that they share with the body's prose speak for them too.

        Those words are looked up only where they can decide.
        """
        best = max((score for score, _, _ in scored), default=0.0)
        near = [line for line in scored if line[0] + PROSE_WEIGHT >= best]
        if best >= THRESHOLD and len({title for _, _, title in near}) == 1:
            return max(near, key=lambda line: (line[0], -line[1]))
        rated = [(score + PROSE_WEIGHT * self._share_of_prose(title), place, title) for score, place, title in near]
        return max(rated, key=lambda line: (line[0], -line[1]), default=None)

    def _share_of_prose(self, title: str) -> float:
        """The share of the title's words that are longer than three letters and stand in the body's first lines; in
        scripts without spaces, of its pieces.
        """
        if self._prose is None:
            body = self._lines[self._body_start : self._body_start + PROSE]
            self._prose = pieces_of(flat("\n".join(body)))
        own = pieces_of(flat(title))
        return sum(map(is_telling, own & self._prose)) / len(own) if own else 0.0

    def _stating(self, key: str) -> list[int]:
        """The lines that are this title once cut to it."""
        return [place for place in self._holding(key) if flat(self._title(place)) == key]

    def _whole(self, place: int) -> tuple[str, Sequence[int]] | None:
        """The title from outside or on the first line, where it is broken over several lines, the one at `place` among
        them; and those lines.
        """
        titles = (self._hinted, self._title(0))
        wholes = {flat(title): title for title in titles if len(title) > len(self._lines[place])}
        for first in range(max(0, place - PIECES + 1), place + 1) if wholes else ():
            for stop in range(max(place, first + 1) + 1, min(first + PIECES, len(self._lines)) + 1):
                title = wholes.get(flat(" ".join(self._lines[first:stop])))
                if title:
                    return title, range(first, stop)
        return None

    def _key(self, place: int) -> str:
        """How the line compares with other titles."""
        key = self._keys.get(place)
        if key is None:
            key = self._keys[place] = flat(plain_title(self._lines[place]))
        return key

    def _title(self, place: int) -> str:
        title = self._read.get(place)
        if title is None:
            title = self._read[place] = self._cut(plain_title(self._lines[place]))
        return title

    def _cut(self, title: str) -> str:
        return cut(title, self._names, self._is_known, self._shown)

    def _is_known(self, key: str) -> bool:
        """Whether the title from outside or one of the lines says this."""
        return bool(key) and (key == self._hint or any(self._key(place) == key for place in self._holding(key)))

    def _holding(self, key: str) -> list[int]:
        """The lines that hold the longest word of a title, and may be it."""
        word = max(key.split(), key=len, default="")
        least = len(key) - _FOLDED_LONGER
        return [
            place
            for place in self._places
            if len(self._lines[place]) >= least and word in self._lines[place].casefold()
        ]


FEATURES = ("hint_equal", "hint_overlap", "head_equal", "head_overlap", "slug_recall", "slug_precision", "near",
            "above", "short", "long", "sentence", "h1", "heading", "question", "first", "bullet", "crumbs",
            "lower", "stated", "followed", "at_body")  # fmt: skip
WEIGHTS = (1.22, 1.68, 1.14, 1.53, 4.61, 0.76, -1.16, -0.45, -1.72, -1.0, -1.92, 2.0, 0.0, 0.34, 0.44,
           -2.95, -1.57, -1.16, -0.2, 1.59, -1.6)  # fmt: skip
PROSE_WEIGHT = 1.72
"""Fitted on 709 pages in three renderings, with and without the page's title as a hint (a multinomial logit over each
page's candidates), beside an earlier line model; fitted anew beside today's they rank no better (docs/model.md).
"""
MODEL_WEIGHT = 1.0
THRESHOLD = 0.0
"""Below it fewer than three in ten of the best lines were the gold title; above it, eight in ten."""


class _Known:
    """What is known of a title before its line is found: what it is compared with."""

    def __init__(self, hint: str, head: str, slug: frozenset[str]) -> None:
        """hint: the title from outside; head: the page's first line; both flat. slug: the words of the address."""
        self.hint, self.head, self.slug = hint, head, slug
        self.hint_words, self.head_words = pieces_of(hint), pieces_of(head)
        self._words = self.hint_words | self.head_words | slug
        self.most_by_words = (
            _positive("hint_equal", "hint_overlap") * bool(hint)
            + _positive("head_equal", "head_overlap") * bool(head)
            + _positive("slug_recall", "slug_precision") * bool(slug)
        )

    def most(self, *, tags: bool) -> float:
        """What everything but the model can at most say for a line: no feature with a weight above 0 exceeds 1."""
        return self.most_by_words + _MOST_OF_ANY + _positive("h1", "heading") * tags + PROSE_WEIGHT

    def shared(self, line: str) -> bool:
        """Whether the line may hold one of the words that it is compared with."""
        folded = line.casefold()
        return any(word in folded for word in self._words)


def _positive(*names: str) -> float:
    return sum(max(0.0, WEIGHTS[FEATURES.index(name)]) for name in names)


_FOLLOWED_WEIGHT = _positive("followed")
_MOST_OF_ANY = _positive("near", "above", "short", "long", "sentence", "question", "first", "bullet", "crumbs", "lower")


def _candidates(
    lines: Sequence[str], body_start: int, tags: Sequence[str] | None, probabilities: Probabilities | None
) -> list[int]:
    """Indices of the lines that may be the title: those above the body, the first one, every h1, and those that the
    model takes for it wherever they stand.
    """
    start = max(0, body_start - WINDOW)
    window = range(start, min(body_start + 2, len(lines)))
    others: list[int] = [0] if start > 0 and lines else []
    if tags is not None:
        others.extend(index for index, tag in enumerate(tags) if tag == "h1")
    if probabilities is not None:
        others.extend(np.flatnonzero(np.asarray(probabilities) >= SURE).tolist())
    return sorted({*window, *others})


def _overlap(left: frozenset[str], right: frozenset[str]) -> float:
    return len(left & right) / len(left | right) if left and right else 0.0
