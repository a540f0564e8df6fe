"""Pages that are no articles: errors, refusals, challenges, walls of consent. They are told by what they say, and only
where they say little else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
import re2
from numpy.typing import NDArray

from cleancopy.errors import ConfigurationError
from cleancopy.fields.wordlists import Section, known_fields, strings
from cleancopy.model import Article, Decisions, Document
from cleancopy.rules.fold import fold
from cleancopy.text.lines import Lines

PAGE_FIELDS: Mapping[str, str] = {
    "lines": "all that a title or a line of such a page says",
    "sentences": "what stands in a sentence of it, where ` .. ` is up to eight words",
    "also": "sentences that come with them",
    "hits": "sentences of such pages, which must be told",
    "misses": "sentences like them that articles have, which must not",
}
"""What the section `pages` of a language says of each kind of page."""

KIND_DETAILS = {
    "error": "the page says that it was not found or that the server failed; fetch it again or leave it out",
    "denied": "the server refused the page to who asked; fetch it with access to it",
    "challenge": "the page asks whether a human reads it; fetch it with a browser",
    "consent": "the page asks for consent and says nothing else; fetch it after consenting",
}
"""What is wrong with each kind of page, and what to do; clean.reject_pages names those that are rejected."""

SHORT = 120
"""Words of a text that may be such a page."""
BARE = 25
"""Words of a text that its title alone makes one."""
MOSTLY = 0.4
"""Share of the words that stand in sentences of such pages."""
SENTENCE_WORDS = 40
"""The most words of such a sentence."""

WALL = "kind.consent"
"""The rule of the lines of a wall."""
CONSENT_WORDS, CONSENT_LINES = 8, 3
"""Words of a line that asks for consent, and the most lines from one to the next of a wall."""

_SENTENCES = re.compile(r"[^.!?。！？।؟]+[.!?。！？।؟]*")
_WORDS = re.compile(r"[\u2e80-\u9fff\uf900-\uffdc]|[^\W\u2e80-\u9fff\uf900-\uffdc]+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u2e80-\ua4cf\uac00-\ud7a3]")
_SITE = re.compile(r"\s+[|·•»–—-]\s+")
_GAP = r"[,;]? (?:\S+ ){0,8}?"


class Kinds:
    """The phrases of the languages' section `pages`, ready to look for. Immutable.

    kinds: those that are looked for, in the order in which they are asked.
    """

    def __init__(self, phrases: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]], kinds: Sequence[str]) -> None:
        self._kinds = {kind: _Kind(phrases[kind].values()) for kind in kinds}
        self.consent = _Kind(phrases["consent"].values()) if "consent" in phrases else None

    @classmethod
    def from_sections(cls, languages: Mapping[str, Section], kinds: Sequence[str]) -> Kinds:
        """languages: code → kind → what such pages say.

        Raises ConfigurationError naming file and field for kinds and lists that are not known, and for what is no list.
        """
        phrases: dict[str, dict[str, Mapping[str, Sequence[str]]]] = {kind: {} for kind in KIND_DETAILS}
        for language, section in languages.items():
            known_fields(section.data, KIND_DETAILS, section.source, section.name)
            for kind, entry in section.data.items():
                place = section.place(kind)
                if not isinstance(entry, Mapping):
                    raise ConfigurationError(f"{section.source}: {place} must be a table: write [{place}]")
                known_fields(entry, PAGE_FIELDS, section.source, place)
                phrases[kind][language] = {
                    name: strings(entry.get(name, []), section.source, f"{place}.{name}", empty=True)
                    for name in PAGE_FIELDS
                }
        for kind in kinds:
            if kind not in phrases:
                raise ConfigurationError(f"clean.reject_pages: no kind {kind}; there are {', '.join(phrases)}")
        return cls(phrases, kinds)

    def check(self, languages: Mapping[str, Section]) -> int:
        """Holds the hits and misses of these languages to the phrases of all; gives how many there are.

        Raises ConfigurationError naming file, kind and line.
        """
        count = 0
        for section in languages.values():
            for kind, entry in section.data.items():
                place = f"{section.source}: {section.place(kind)}"
                hits, misses = entry.get("hits", []), entry.get("misses", [])
                if entry.get("sentences") and not (hits and misses):
                    raise ConfigurationError(f"{place}: sentences need at least one of hits and one of misses")
                for line in (*hits, *misses):
                    if self.says(kind, line) != (line in hits):
                        name, fault = ("hits", "is not matched") if line in hits else ("misses", "is matched")
                        raise ConfigurationError(f"{place}.{name}: `{line}` {fault}")
                count += len(hits) + len(misses)
        return count

    def says(self, kind: str, line: str) -> bool:
        """Whether the line says what such pages say, beyond doubt."""
        return self._kinds[kind].says(line)

    def kind_of(self, document: Document, decisions: Decisions, article: Article) -> str | None:
        """What the page is instead of an article; None for an article, and for what is too long to tell.

        A wall of consent names the page only where it leaves nothing.
        """
        text = [block.text for block in article.blocks] or list(document.lines)
        words = 0
        for block in text:
            words += _count(block)
            if words > SHORT:
                return None
        top: Sequence[str] = document.lines
        if article.blocks and WALL in decisions.names:
            behind = decisions.rules != decisions.names.index(WALL)
            top = [document.lines[line] for line in np.flatnonzero(behind)[:2].tolist()]
        titles = [*filter(None, (article.title, document.title)), *text[:2], *top[:2]]
        for kind, phrases in self._kinds.items():
            if phrases.holds(text, titles):
                return kind
        return None


def consent_walls(lines: Lines, words: NDArray[np.int64], kinds: Kinds) -> dict[int, NDArray[np.bool_]]:
    """Document index → bool[n], its lines that are part of a wall of consent, for every document that has one.

    Such a wall is a row of lines that ask for consent, two of them beyond doubt, or one below the title of such a wall.

    words: int64[lines], how many each line of the batch has.
    """
    if kinds.consent is None:
        return {}
    walls: dict[int, NDArray[np.bool_]] = {}
    for document, (start, stop) in enumerate(pairwise(lines.bounds.tolist())):
        long = (start + np.flatnonzero(words[start:stop] >= CONSENT_WORDS)).tolist()
        if not kinds.consent.may_say("\n".join(lines.strings[line] for line in long)):
            continue
        asking = [line for line in long if kinds.consent.says(lines.strings[line])]
        if not asking:
            continue
        wall = np.zeros(stop - start, bool)
        for group in np.split(asking, np.flatnonzero(np.diff(asking) > CONSENT_LINES) + 1):
            first, last = int(group[0]), int(group[-1])
            above = range(max(start, first - 2), first)
            titled = next((line for line in above if kinds.consent.is_line(lines.strings[line])), None)
            if len(group) > 1 or titled is not None:
                wall[(first if titled is None else titled) - start : last + 1 - start] = True
        if wall.any():
            walls[document] = wall
    return walls


class _Kind:
    def __init__(self, languages: Iterable[Mapping[str, Sequence[str]]]) -> None:
        entries = list(languages)
        self._lines = frozenset(fold(line) for entry in entries for line in entry["lines"])
        sentences = [phrase for entry in entries for phrase in entry["sentences"]]
        also = [phrase for entry in entries for phrase in entry["also"]]
        self._needed, self._either = _needed(sentences), _needed([*sentences, *also])
        # They take long to compile, and few pages hold what they need.
        self._sentences, self._also = cache(lambda: _union(sentences)), cache(lambda: _union(also))

    def holds(self, text: Sequence[str], titles: Sequence[str]) -> bool:
        total = said = 0
        decisive = False
        for line in text:
            for sentence in _SENTENCES.findall(line):
                words = _count(sentence)
                total += words
                folded = fold(sentence)
                if words > SENTENCE_WORDS:
                    continue
                if folded in self._lines:
                    said += words
                elif self._either.search(folded) is None:
                    continue
                elif self._sentences().search(folded):
                    said, decisive = said + words, True
                elif self._also().search(folded):
                    said += words
        named = any(self.is_line(title) for title in titles)
        if named and (total <= BARE or decisive):
            return True
        return decisive and said >= MOSTLY * total

    def is_line(self, line: str) -> bool:
        """Whether it says nothing else, but for the name of the site."""
        return fold(line) in self._lines or fold(_SITE.split(line, maxsplit=1)[0]) in self._lines

    def may_say(self, text: str) -> bool:
        """Whether the text, or one of its lines, holds a part of what such pages say beyond doubt."""
        return self._needed.search(fold(text)) is not None

    def says(self, line: str) -> bool:
        """Whether a sentence of the line is one of such a page beyond doubt."""
        if not self.may_say(line):
            return False
        return any(self._sentences().search(fold(sentence)) for sentence in _SENTENCES.findall(line))


def _union(phrases: Iterable[str]) -> re.Pattern[str]:
    """What finds any of the phrases in a folded sentence."""
    patterns = []
    for phrase in phrases:
        parts = [re.escape(part) for part in _parts(phrase)]
        start = r"(?<!\w)" if phrase[0].isalpha() and not _UNSPACED.match(phrase) else ""
        patterns.append(start + _GAP.join(parts))
    return re.compile("|".join(patterns) or r"(?!)")


def _needed(phrases: Iterable[str]) -> re2._Regexp[str]:
    """What a line holds that says one of the phrases: the longest part of it, whatever stands between the parts. It is
    found in one pass, while each phrase of `_union` is tried at every character.
    """
    parts = sorted({max(_parts(phrase), key=len) for phrase in phrases})
    return re2.compile("|".join(map(re2.escape, parts)) or "[^\\x00-\\x{10FFFF}]")


def _parts(phrase: str) -> list[str]:
    return " ".join(phrase.lower().split()).split(" .. ")


def _count(text: str) -> int:
    return len(_WORDS.findall(text))
