"""The title of a document: which line it is, and how it reads without the site's name and decoration.

`clean_title` cuts a piece off a title only on evidence: it is the site's name (by the page's domain or another known
name), it is an address, or what remains is a line of its own in the document. `choose_title` ranks the lines above the
body by what agrees with them: the model, the page's title from outside, the address, the heading tag, the distance.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from operator import mul
from urllib.parse import unquote, urlsplit

import numpy as np

from cleancopy.decide.candidates import SURE, Probabilities, log_odds

MAX_TITLE = 300
"""Characters. The longest gold title of 709 pages has 189."""
MAX_CUTS = 8
"""Separators; a line with more is a menu."""
WINDOW = 80
"""Lines above the body that may hold the title: on 709 pages in three renderings 97 % of the title lines lie within."""

PROSE = 40
"""Lines of the body whose words a title shares."""
PIECES = 3
"""Lines over which a title is broken at most, where each piece of its mark-up has a line of its own."""
FOLLOWED = 4
"""Lines below a title in which a date or byline speaks for it."""

_WORDS = re.compile(r"\w+")
_SEPARATOR = re.compile(r"\s+(?:[|–—·•»«‹››~-]|::|//|\\)+\s+|\s*\|\s*|\s*»\s*|(?<=\w)\s?[–—]\s?(?=\S+\.\w{2,}$)")
_PREFIX = re.compile(r"^([^:]{2,40}):\s+(?=\S)")
_MARKDOWN = re.compile(r"^\s{0,3}#{1,6}\s+|\s+#{1,6}\s*$")
_RULES = re.compile(r"^[\s=*_~#•·▪►»>–—-]+(?=\w|[\"“„«'‘¿¡(\[])|\s*[=_~]{2,}\s*$|\s*(?<!\*)\*{1,3}\s*$")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,80}>")
_EMPHASIS = re.compile(r"(\*{1,3}|_{1,3})(?=\S)(.{1,300}?)(?<=\S)\1(?!\w)")
_DOMAIN = re.compile(r"(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,10}", re.IGNORECASE)
_BULLET = re.compile(r"[*+•·▪►‣◦o>–—-]\s|\(?(?:\d{1,2}|[a-z])[.)]\s")
_CRUMB = re.compile(r"\s[»>/›|]\s")
_SENTENCE_END = re.compile(r"[.;,:…]['\"”’»)]?$")
# What most lines have none of, so that the patterns above need not be tried.
_DRAWN_START = frozenset("=*_~#•·▪►»>–—-")
_DRAWN_END = frozenset("=_~*")
_DIVIDING = re.compile(r"[|–—·•»«‹›~:/\\-]")
_FOLDED_LONGER = 8
"""By how many characters a title at most grows when it is case-folded ("ß" becomes "ss")."""
_THREE_LETTERS = re.compile("[a-zA-Z]{3}")


@dataclass(frozen=True, slots=True)
class TitleChoice:
    """The title as it reads, and the lines of the document that state it (empty where only a hint does)."""

    text: str
    lines: tuple[int, ...]
    score: float


def flat(text: str) -> str:
    """Letters and digits only, case-folded, one space between words: how two titles are compared."""
    return " ".join(_WORDS.findall(text.casefold()))


def plain_title(text: str) -> str:
    """`text` without Markdown marks, emphasis, leftover tags, and rules drawn around it; white space collapsed."""
    text = (_TAG.sub(" ", text) if "<" in text else text).strip()
    if "#" in text:
        text = _MARKDOWN.sub("", _MARKDOWN.sub("", text))
    if "*" in text or "_" in text:
        text = _EMPHASIS.sub(r"\2", text)
    while text and (text[0] in _DRAWN_START or text[-1] in _DRAWN_END) and (shorter := _RULES.sub("", text)) != text:
        text = shorter.strip()
    return " ".join(text.split())


def clean_title(text: str, site: str | None = None, others: Sequence[str] = ()) -> str:
    """`text` without decoration and without the site's name before or after it.

    site:   the page's registrable domain or the site's known name, where known.
    others: other lines that may be the title (headings, repeated lines); a rest that equals one of them may lose its
    suffix.
    """
    known, names = {flat(other) for other in others} - {""}, _site_names(site)
    # What stands at the end once a piece is cut off may be decoration.
    while (shorter := _cut(plain_title(text), names, known.__contains__)) != text:
        text = shorter
    return text


def choose_title(
    lines: Sequence[str],
    *,
    body_start: int,
    probabilities: Probabilities | None = None,
    hint: str | None = None,
    url: str | None = None,
    site: str | None = None,
    tags: Sequence[str] | None = None,
    stated: Collection[int] = (),
) -> TitleChoice | None:
    """The document's title, or None where neither a line nor a hint states one.

    lines:         the document's lines.
    body_start:    index of the first line of the body's prose; the title stands above it, or is the first heading at
                   it.
    probabilities: the model's probability that each line is the title, where a model ran.
    hint:          the title known from outside (the caller's field, HTML metadata).
    url, site:     the page's address and its registrable domain.
    tags:          the element each line came from, for HTML.
    stated:        indices of lines that read as a credit or a date: no titles, but titles stand right above them.
    """
    page = _Page(lines, body_start, tags, probabilities, site)
    places = page.places
    hinted = page.cut(plain_title(hint)) if hint else ""
    known = _Known(flat(hinted), page.key(0) if places[:1] == [0] else "", _slug_words(url))
    odds = MODEL_WEIGHT * log_odds(probabilities, places)
    # Right above a line that states a date or who wrote it stand titles.
    followed, rows = np.zeros(len(places), bool), np.array(places)
    for line in stated:
        followed |= (rows < line) & (rows >= line - FOLLOWED)
    most = (odds + known.most(tags=tags is not None) + followed * _FOLLOWED_WEIGHT).tolist()
    scored: list[tuple[float, int, str]] = []
    best = -math.inf
    # The likeliest first: the others are not looked at once nothing that speaks for them could make up for the model.
    for index in np.argsort(-odds, kind="stable").tolist():
        if most[index] < best:
            break
        place = places[index]
        if most[index] - known.most_by_words < best and not known.shared(lines[place]):
            continue
        title = page.title(place) if is_possible(lines[place]) else ""
        if not title:
            continue
        values = features(
            title,
            lines[place],
            known,
            distance=body_start - place,
            stated=place in stated,
            followed=bool(followed[index]),
            tag=tags[place] if tags else None,
            first=place == 0,
        )
        score = sum(map(mul, WEIGHTS, values)) + float(odds[index])
        scored.append((score, place, title))
        best = max(best, score)
    chosen = _with_prose(scored, page)
    broken: Sequence[int] = ()
    if chosen is not None and chosen[0] >= THRESHOLD:
        score, place, text = chosen
        text, broken = page.whole(place, [hinted, page.title(0)]) or (text, ())
    elif hinted:
        text, score = hinted, 0.0
    else:
        return None
    return TitleChoice(text, tuple(sorted({*page.stating(flat(text)), *broken})), score)


def _with_prose(scored: Sequence[tuple[float, int, str]], page: _Page) -> tuple[float, int, str] | None:
    """The best of the scored lines once the words that they share with the body's prose speak for them too.

    Those words are looked up only where they can decide.
    """
    best = max((score for score, _, _ in scored), default=0.0)
    near = [line for line in scored if line[0] + PROSE_WEIGHT >= best]
    if best >= THRESHOLD and len({title for _, _, title in near}) == 1:
        return max(near, key=lambda line: (line[0], -line[1]))
    rated = [(score + PROSE_WEIGHT * page.share_of_prose(title), place, title) for score, place, title in near]
    return max(rated, key=lambda line: (line[0], -line[1]), default=None)


class _Page:
    """The lines that may be the title, each looked at when it is first asked about."""

    def __init__(
        self,
        lines: Sequence[str],
        body_start: int,
        tags: Sequence[str] | None,
        probabilities: Probabilities | None,
        site: str | None,
    ) -> None:
        self._lines = lines
        self._names = _site_names(site)
        self._body = lines[body_start : body_start + PROSE]
        self._prose: frozenset[str] | None = None
        self._keys: dict[int, str] = {}
        self._titles: dict[int, str] = {}
        self.places = _candidates(lines, body_start, tags, probabilities)

    def key(self, place: int) -> str:
        """How the line compares with other titles."""
        key = self._keys.get(place)
        if key is None:
            key = self._keys[place] = flat(plain_title(self._lines[place]))
        return key

    def title(self, place: int) -> str:
        """The line as a title."""
        title = self._titles.get(place)
        if title is None:
            title = self._titles[place] = self.cut(plain_title(self._lines[place]))
        return title

    def cut(self, title: str) -> str:
        return _cut(title, self._names, lambda key: self.repeats(key) > 0)

    def repeats(self, key: str) -> int:
        """How many of the lines say this."""
        return sum(self.key(place) == key for place in self._holding(key)) if key else 0

    def stating(self, key: str) -> list[int]:
        """The lines that are this title once cut to it."""
        return [place for place in self._holding(key) if flat(self.title(place)) == key]

    def whole(self, place: int, titles: Sequence[str]) -> tuple[str, Sequence[int]] | None:
        """Which of the titles is broken over several lines, the one at `place` among them, and those lines."""
        wholes = {flat(title): title for title in titles if len(title) > len(self._lines[place])}
        for first in range(max(0, place - PIECES + 1), place + 1) if wholes else ():
            for stop in range(max(place, first + 1) + 1, min(first + PIECES, len(self._lines)) + 1):
                title = wholes.get(flat(" ".join(self._lines[first:stop])))
                if title:
                    return title, range(first, stop)
        return None

    def _holding(self, key: str) -> list[int]:
        """The lines that hold the longest word of a title, and may be it."""
        word = max(key.split(), key=len, default="")
        least = len(key) - _FOLDED_LONGER
        return [
            place for place in self.places if len(self._lines[place]) >= least and word in self._lines[place].casefold()
        ]

    def share_of_prose(self, title: str) -> float:
        """The share of the title's words that are longer than three letters and stand in the body's first lines."""
        if self._prose is None:
            self._prose = frozenset(_WORDS.findall("\n".join(self._body).casefold()))
        own = frozenset(flat(title).split())
        return sum(len(word) > 3 for word in own & self._prose) / len(own) if own else 0.0


FEATURES = ("hint_equal", "hint_overlap", "head_equal", "head_overlap", "slug_recall", "slug_precision", "near",
"above",
            "short", "long", "sentence", "h1", "heading", "question", "first", "bullet", "crumbs",
            "lower", "stated", "followed", "at_body")  # fmt: skip
WEIGHTS = (1.22, 1.68, 1.14, 1.53, 4.61, 0.76, -1.16, -0.45, -1.72, -1.0, -1.92, 2.0, 0.0, 0.34, 0.44,
           -2.95, -1.57, -1.16, -0.2, 1.59, -1.6)  # fmt: skip
PROSE_WEIGHT = 1.72
"""Fitted on 709 pages in three renderings, with and without the page's title as a hint (a multinomial logit over each
page's candidates).
"""
MODEL_WEIGHT = 1.0
THRESHOLD = 0.0
"""Below it fewer than three in ten of the best lines were the gold title; above it, eight in ten."""


class _Known:
    """What is known of a title before its line is found: what it is compared with."""

    def __init__(self, hint: str, head: str, slug: frozenset[str]) -> None:
        """hint: the title from outside; head: the page's first line; both flat. slug: the words of the address."""
        self.hint, self.head, self.slug = hint, head, slug
        self.hint_words, self.head_words = frozenset(hint.split()), frozenset(head.split())
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


def features(
    title: str,
    line: str,
    known: _Known,
    *,
    distance: int,
    tag: str | None,
    first: bool,
    stated: bool,
    followed: bool,
) -> tuple[float, ...]:
    """What speaks for a candidate line; the order is that of `FEATURES`."""
    key = flat(title)
    words = key.split()
    own = frozenset(words)
    head = "" if first else known.head
    in_address = len(own & known.slug)
    return (
        float(bool(known.hint) and key == known.hint),
        _overlap(own, known.hint_words),
        float(bool(head) and (head == key or head.startswith(key + " ")) and len(words) > 1),
        _overlap(own, known.head_words) if head else 0.0,
        in_address / len(known.slug) if in_address else 0.0,
        in_address / len(own) if in_address else 0.0,
        1.0 / (1 + max(distance, 0)),
        math.log1p(max(distance, 0)),
        float(len(words) <= 2),
        max(0.0, len(words) - 16) / 8,
        float(_SENTENCE_END.search(title) is not None),
        float(tag == "h1"),
        float(tag in ("h2", "h3", "h4", "h5", "h6")),
        float(title.endswith("?")),
        float(first),
        float(_BULLET.match(line) is not None),
        min(3.0, len(_CRUMB.findall(title))),
        float(title[:1].islower()),
        float(stated),
        float(followed),
        float(distance <= 0),
    )


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


def is_possible(line: str) -> bool:
    """Whether a line can be a title at all: not too long, and three letters."""
    if len(line) > MAX_TITLE:
        return False
    return _THREE_LETTERS.search(line) is not None or sum(map(str.isalpha, line)) >= 3


def _overlap(left: frozenset[str], right: frozenset[str]) -> float:
    return len(left & right) / len(left | right) if left and right else 0.0


def _slug_words(url: str | None) -> frozenset[str]:
    """The words of the last part of the address that has several ("/2024/03/rain-in-spain.html" → rain, in, spain)."""
    if not url:
        return frozenset()
    for part in reversed(urlsplit(url).path.split("/")):
        words = _WORDS.findall(re.sub(r"\.\w{2,5}$", "", unquote(part)).replace("_", " ").casefold())
        words = [word for word in words if not (word.isdigit() and len(word) > 4)]
        if len(words) >= 2:
            return frozenset(words)
    return frozenset()


def in_address(title: str, url: str | None) -> bool | None:
    """Whether a title shares a word with the address of its page; None where the address has no words."""
    slug = _slug_words(url)
    return not slug.isdisjoint(flat(title).split()) if slug else None


def _site_names(site: str | None) -> frozenset[str]:
    """How a site may call itself, letters and digits only: its name, its domain, its domain's label."""
    if not site:
        return frozenset()
    folded = site.casefold().removeprefix("www.")
    names = {folded, folded.partition(".")[0]} if "." in folded else {folded}
    return frozenset("".join(_WORDS.findall(name)) for name in names)


def _is_site(piece: str, names: frozenset[str]) -> bool:
    """Whether a piece of a title is the site's name: its letters are the domain's label, or one of two long ones
    holds the other.
    """
    squeezed = "".join(_WORDS.findall(piece.casefold()))
    if not squeezed:
        return True
    if _DOMAIN.fullmatch(piece) and any(name in squeezed for name in names if len(name) > 2):
        return True
    if squeezed in names or squeezed.removeprefix("the") in {name.removeprefix("the") for name in names}:
        return True
    initials = "".join(word[0] for word in _WORDS.findall(piece.casefold()))
    for name in names:
        if len(name) >= 3 and initials == name:
            return True
        shorter, longer = sorted((squeezed, name), key=len)
        if len(shorter) >= 4 and shorter in longer and (len(shorter) * 2 >= len(longer) or len(piece.split()) <= 6):
            return True
    return False


def _cut(title: str, names: frozenset[str], supported: Callable[[str], bool]) -> str:
    while (shorter := _shorter(title, names, supported)) is not None:
        title = shorter
    return title


def _shorter(title: str, names: frozenset[str], supported: Callable[[str], bool]) -> str | None:
    """`title` without its last or first piece, where that piece is the site's name or the rest stands alone
    elsewhere.
    """
    if _DIVIDING.search(title) is None:
        return None
    cuts = list(_SEPARATOR.finditer(title))
    if len(cuts) > MAX_CUTS:
        return None
    for cut in cuts:
        if supported(flat(title[: cut.start()])) and len(_WORDS.findall(title[: cut.start()])) > 1:
            return title[: cut.start()].strip()
        if supported(flat(title[cut.end() :])) and len(_WORDS.findall(title[cut.end() :])) > 2:
            return title[cut.end() :].strip()
    if cuts:
        last, first = cuts[-1], cuts[0]
        if len(title[last.end() :]) < len(title[: last.start()]) and _is_site(title[last.end() :], names):
            return title[: last.start()].strip()
        if len(title[: first.start()]) < len(title[first.end() :]) and _is_site(title[: first.start()], names):
            return title[first.end() :].strip()
    prefix = _PREFIX.match(title)
    if (
        prefix is not None
        and names
        and "".join(_WORDS.findall(prefix[1].casefold())) in names
        and len(_WORDS.findall(title[prefix.end() :])) > 2
    ):
        return title[prefix.end() :].strip()
    return None
