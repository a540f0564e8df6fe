"""All rule packs compiled into one matcher: a dictionary of phrases and one RE2 set, whose time is linear in the
line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import re2

from cleancopy.errors import ConfigurationError
from cleancopy.model import ROLE_CODE
from cleancopy.rules.fold import fold
from cleancopy.rules.pack import LEXICON_CATEGORIES, MAX_WORDS, Effect, Rule, RulePack, Strength

MAX_CHARACTERS = 240
"""Lines longer than this are not looked up: 30 words of eight letters."""

_CACHE_SIZE = 200_000
"""Lines remembered. Interface lines repeat from page to page, so most look-ups are one dictionary access."""


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that matched, with what the stages after it need, ready as numbers."""

    index: int
    rule: Rule
    pack: str
    role: int
    sure: bool
    effect: Effect


class RuleBook:
    """The packs, compiled. Immutable but for a cache; safe to share between batches, not between threads."""

    def __init__(self, packs: Iterable[RulePack]) -> None:
        """Raises `ConfigurationError` for two packs of one language."""
        self.packs = tuple(sorted(packs, key=lambda pack: pack.language))
        languages = [pack.language for pack in self.packs]
        if len(set(languages)) < len(languages):
            twice = sorted({language for language in languages if languages.count(language) > 1})
            raise ConfigurationError(f"two rule packs say language = {', '.join(twice)}; merge them")
        self.rules: tuple[Rule, ...] = tuple(rule for pack in self.packs for rule in pack.rule)
        self.languages = frozenset(languages)
        self._matches = tuple(
            Match(index, rule, rule.id.split(".")[0], ROLE_CODE[rule.role], rule.strength is Strength.SURE, rule.effect)
            for index, rule in enumerate(self.rules)
        )
        self._phrases: dict[str, list[int]] = {}
        options = re2.Options()
        options.max_mem = 256 << 20
        self._set = re2.Set.FullMatchSet(options)
        self._owner: list[int] = []
        for index, rule in enumerate(self.rules):
            for phrase in rule.phrases:
                owners = self._phrases.setdefault(fold(phrase), [])
                if index not in owners:
                    owners.append(index)
            for pattern in rule.patterns:
                self._set.Add(pattern)
                self._owner.append(index)
        if self._owner:
            self._set.Compile()
        self._cache: dict[str, tuple[Match, ...]] = {}

    def lexicon(self) -> Mapping[str, tuple[str, ...]]:
        """Category → the words of all packs, sorted, each once."""
        words: dict[str, set[str]] = {category: set() for category in LEXICON_CATEGORIES}
        for pack in self.packs:
            for category, listed in pack.lexicon.items():
                words[category].update(word.lower() for word in listed)
        return {category: tuple(sorted(found)) for category, found in words.items()}

    def match(self, line: str) -> tuple[Match, ...]:
        """Every rule that matches the line, sure ones before hints, then the longest effect, then the order of the
        book.
        """
        if len(line) > MAX_CHARACTERS:
            return ()
        found = self._cache.get(line)
        if found is None:
            found = self._look_up(fold(line))
            if len(self._cache) >= _CACHE_SIZE:
                self._cache.clear()
            self._cache[line] = found
        return found

    def _look_up(self, folded: str) -> tuple[Match, ...]:
        words = folded.count(" ") + 1
        if not folded or words > MAX_WORDS:
            return ()
        indices = set(self._phrases.get(folded, ()))
        if self._owner:
            indices.update(self._owner[hit] for hit in self._set.Match(folded) or ())
        matches = [self._matches[index] for index in indices if words <= self.rules[index].max_words]
        return tuple(sorted(matches, key=lambda match: (not match.sure, -_REACH[match.effect], match.index)))


_REACH = {Effect.LINE: 0, Effect.LIST: 1, Effect.TAIL: 2}
