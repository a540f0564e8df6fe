"""All rule packs compiled: for each a dictionary of phrases and one RE2 set, whose time is linear in the line.

A set a pack, not one for all: a line is looked up in the few packs of its document's languages, and the automaton of a
set, which RE2 builds as lines come, stays small. On 97,000 different lines one set of all packs took 16 to 70 µs a
line, a set of one pack takes 1 to 4 µs. A batch asks about those lines alone that `cleancopy.decide.sieve` lets pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

import re2

from cleancopy.errors import ConfigurationError
from cleancopy.model import ROLE_CODE
from cleancopy.rules.fold import fold
from cleancopy.rules.pack import LEXICON_CATEGORIES, MAX_WORDS, Effect, Rule, RulePack, Strength

MAX_CHARACTERS = 240
"""Lines longer than this are not looked up: 30 words of eight letters."""

_REMEMBERED = 50_000
"""Lines whose matches are kept. Interface lines repeat from page to page: most look-ups are one dictionary access."""

_AUTOMATON_BYTES = 16 << 20
"""Memory of a pack's automaton, whose states are thrown away when it is full, so that a worker that meets every
language for days stays small. On 3,000 new lines the largest pack takes 11 µs a line, and 8 with four times as much.
"""


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that matched, with what the stages after it need, ready as numbers."""

    index: int
    rule: Rule
    pack: str
    role: int
    sure: bool
    effect: Effect


class _Compiled:
    """One pack: the rules of each phrase, and its patterns as a set, compiled when first asked."""

    def __init__(self, matches: Sequence[Match]) -> None:
        self._matches = matches
        self._phrases: dict[str, list[Match]] = {}
        for match in matches:
            for phrase in dict.fromkeys(map(fold, match.rule.phrases)):
                self._phrases.setdefault(phrase, []).append(match)

    @cached_property
    def _patterns(self) -> tuple[re2.Set | None, tuple[Match, ...]]:
        """The set, and the rule of each of its patterns."""
        options = re2.Options()
        options.max_mem = _AUTOMATON_BYTES
        options.log_errors = False
        patterns = re2.Set.FullMatchSet(options)
        owners = [match for match in self._matches for _ in match.rule.patterns]
        for match in self._matches:
            for pattern in match.rule.patterns:
                try:
                    patterns.Add(pattern)
                except re2.error:  # only where a pack was trusted and should not have been
                    raise ConfigurationError(
                        f"rule {match.rule.id}: `{pattern}` is no RE2 pattern; `cleancopy rules test` says why"
                    ) from None
        if not owners:
            return None, ()
        patterns.Compile()
        return patterns, tuple(owners)

    def match(self, folded: str, encoded: bytes) -> list[Match]:
        """The rules that match a folded line, also given in UTF-8, by their words alone; one may come twice."""
        found = list(self._phrases.get(folded, ()))
        patterns, owners = self._patterns
        if patterns is not None:
            found += [owners[hit] for hit in patterns.Match(encoded) or ()]
        return found


class Selection:
    """Some packs of a rule book, which remember the lines that they were asked about."""

    def __init__(self, packs: Sequence[_Compiled], book: RuleBook) -> None:
        self._packs = packs
        self._book = book
        self.remembered: dict[str, tuple[Match, ...]] = {}

    def match(self, line: str) -> tuple[Match, ...]:
        """Every rule that matches: sure ones before hints, then the longest effect, then the order of the book."""
        found = self.remembered.get(line)
        if found is None:
            if len(line) > MAX_CHARACTERS:
                return ()
            found = self._look_up(fold(line))
            self._book.make_room()
            self.remembered[line] = found
        return found

    def _look_up(self, folded: str) -> tuple[Match, ...]:
        words = folded.count(" ") + 1
        if not folded or words > MAX_WORDS:
            return ()
        encoded = folded.encode()
        found = [match for pack in self._packs for match in pack.match(folded, encoded)]
        if not found:
            return ()
        matches = {match.index: match for match in found if words <= match.rule.max_words}
        return tuple(sorted(matches.values(), key=_strength))


class RuleBook:
    """The packs, compiled. Immutable but for what it remembers; for one thread at a time."""

    def __init__(self, packs: Iterable[RulePack]) -> None:
        """Raises `ConfigurationError` for two packs of one language."""
        self.packs = tuple(sorted(packs, key=lambda pack: pack.language))
        languages = [pack.language for pack in self.packs]
        if len(set(languages)) < len(languages):
            twice = sorted({language for language in languages if languages.count(language) > 1})
            raise ConfigurationError(f"two rule packs say language = {', '.join(twice)}; merge them")
        self.rules: tuple[Rule, ...] = tuple(rule for pack in self.packs for rule in pack.rule)
        self.languages = frozenset(languages)
        places = count()
        self._compiled = {
            pack.language: _Compiled([_match(next(places), rule, pack.language) for rule in pack.rule])
            for pack in self.packs
        }
        self._selections: dict[frozenset[str], Selection] = {}
        self._remembered = 0

    def lexicon(self) -> Mapping[str, tuple[str, ...]]:
        """Category → the words of all packs, sorted, each once."""
        words: dict[str, set[str]] = {category: set() for category in LEXICON_CATEGORIES}
        for pack in self.packs:
            for category, listed in pack.lexicon.items():
                words[category].update(word.lower() for word in listed)
        return {category: tuple(sorted(found)) for category, found in words.items()}

    def select(self, languages: frozenset[str] | None = None) -> Selection:
        """The packs of these languages, as far as there are; None means every pack."""
        chosen = self.languages if languages is None else languages & self.languages
        selection = self._selections.get(chosen)
        if selection is None:
            selection = Selection([self._compiled[language] for language in sorted(chosen)], self)
            self._selections[chosen] = selection
        return selection

    def match(self, line: str) -> tuple[Match, ...]:
        """What all packs together say about a line: see `Selection.match`."""
        return self.select().match(line)

    def make_room(self) -> None:
        """Called before a line is remembered: forgets all lines where there are too many."""
        if self._remembered >= _REMEMBERED:
            for selection in self._selections.values():
                selection.remembered.clear()
            self._remembered = 0
        self._remembered += 1


def _match(index: int, rule: Rule, pack: str) -> Match:
    return Match(index, rule, pack, ROLE_CODE[rule.role], rule.strength is Strength.SURE, rule.effect)


def _strength(match: Match) -> tuple[bool, int, int]:
    return not match.sure, -_REACH[match.effect], match.index


_REACH = {Effect.LINE: 0, Effect.LIST: 1, Effect.TAIL: 2}
