"""All rule packs compiled: for each a dictionary of phrases and sets of RE2 patterns, whose time is linear in the line.

A line is looked up in the few packs of its document's languages. RE2 builds the automaton of a set as lines come, and
most lines are new to it: of a set of all patterns of a pack a new line takes 23 µs. So a pack is also dealt into groups
of some five patterns, each a set of its own, for lines of which `cleancopy.rules.sieve` has told what groups they can
match: a new line then meets three or four sets, at 2 µs each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count
from threading import Lock

import re2

from cleancopy.errors import ConfigurationError
from cleancopy.model import ROLE_CODE
from cleancopy.rules.fold import fold
from cleancopy.rules.loose import loosened
from cleancopy.rules.needs import Need, dealt, need
from cleancopy.rules.pack import LEXICON_CATEGORIES, MAX_WORDS, Effect, Rule, RulePack, Strength

MAX_CHARACTERS = 240
"""Lines longer than this are not looked up: 30 words of eight letters."""

_REMEMBERED = 50_000
"""Lines whose matches are kept. Interface lines repeat from page to page: most look-ups are one dictionary access."""

_AUTOMATON_BYTES = 8 << 20
"""Most memory of a set's automaton, whose states are thrown away when it is full. Over 4,210 pages with twice as much
nothing is faster; with an eighth, look-ups take half as long again.
"""

ALL_GROUPS = (1 << 64) - 1
"""Stands for a line that may match any pattern."""


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that matched, with what the stages after it need, ready as numbers."""

    index: int
    rule: Rule
    pack: str
    role: int
    sure: bool
    effect: Effect


class _Patterns:
    """Some patterns as one set, which must match a line from end to end."""

    def __init__(self, patterns: Sequence[tuple[str, Match]]) -> None:
        options = re2.Options()
        options.max_mem = _AUTOMATON_BYTES
        options.log_errors = False
        self._patterns = patterns
        self._set = re2.Set.FullMatchSet(options)
        for pattern, match in patterns:
            try:
                self._set.Add(loosened(pattern))
            except re2.error:  # only where a pack was trusted and should not have been
                raise ConfigurationError(
                    f"rule {match.rule.id}: `{pattern}` is no RE2 pattern; `cleancopy rules test` says why"
                ) from None
        try:
            self._set.Compile()
        except re2.error:
            named = ", ".join(dict.fromkeys(match.rule.id for _, match in patterns))
            raise ConfigurationError(
                f"the patterns of these rules are too large to be asked together; write out fewer alternatives and "
                f"repetitions: {named}"
            ) from None

    def match(self, encoded: bytes) -> list[Match]:
        """The rule of each pattern that matches the folded line, given in UTF-8."""
        hits = [self._patterns[hit] for hit in self._set.Match(encoded) or ()]
        if hits and not encoded.isascii():
            hits = [hit for hit in hits if _exactly(hit[0]).fullmatch(encoded)]
        return [match for _, match in hits]


@cache
def _exactly(pattern: str) -> re2._Regexp[bytes]:
    """The pattern as it is written, compiled when a loosened one has matched a line beyond ASCII."""
    return re2.compile(pattern.encode())


ReadNeeds = Callable[[Sequence[str]], Sequence[Need]]


def _read_needs(patterns: Sequence[str]) -> list[Need]:
    return list(map(need, patterns))


class _Compiled:
    """One pack: the rules of each phrase; its patterns as one set and as a set a group, compiled when first asked."""

    def __init__(self, matches: Sequence[Match], read_needs: ReadNeeds) -> None:
        self._matches = matches
        self._read_needs = read_needs
        self._patterns = [(pattern, match) for match in matches for pattern in match.rule.patterns]

    @cached_property
    def _phrases(self) -> dict[str, list[Match]]:
        phrases: defaultdict[str, list[Match]] = defaultdict(list)
        for match in self._matches:
            for phrase in dict.fromkeys(map(fold, match.rule.phrases)):
                phrases[phrase].append(match)
        return dict(phrases)

    @cached_property
    def needs(self) -> tuple[tuple[Need, int], ...]:
        """What each pattern needs, and its group; reading that takes 1 ms a pattern."""
        needs = self._read_needs([pattern for pattern, _ in self._patterns])
        return tuple(zip(needs, dealt(needs), strict=True))

    @cached_property
    def _whole(self) -> _Patterns:
        return _Patterns(self._patterns)

    @cached_property
    def _grouped(self) -> dict[int, _Patterns]:
        groups: defaultdict[int, list[tuple[str, Match]]] = defaultdict(list)
        for pattern, (_, group) in zip(self._patterns, self.needs, strict=True):
            groups[group].append(pattern)
        return {group: _Patterns(patterns) for group, patterns in groups.items()}

    @cached_property
    def _groups(self) -> int:
        return sum(self._grouped)

    def match(self, folded: str, encoded: bytes, groups: int) -> list[Match]:
        """The rules that match a folded line, also given in UTF-8, by their words alone; one may come twice.

        groups: those whose patterns may match it.
        """
        found = list(self._phrases.get(folded, ()))
        if groups == ALL_GROUPS:
            return found + self._whole.match(encoded) if self._patterns else found
        left = groups & self._groups
        while left:
            group = left & -left
            found += self._grouped[group].match(encoded)
            left ^= group
        return found


class Selection:
    """Some packs of a rule book, which remember the lines that they were asked about."""

    def __init__(self, packs: Sequence[_Compiled], book: RuleBook) -> None:
        self._packs = packs
        self._book = book
        self.remembered: dict[str, tuple[Match, ...]] = {}

    def match(self, line: str, groups: int = ALL_GROUPS) -> tuple[Match, ...]:
        """Every rule that matches: sure ones before hints, then the longest effect, then the order of the book.

        groups: of patterns, that can match the line, see `RuleBook.needs`.
        """
        found = self.remembered.get(line)
        if found is None:
            if len(line) > MAX_CHARACTERS:
                return ()
            found = self._look_up(fold(line), groups)
            self._book.remember(self, line, found)
        return found

    def _look_up(self, folded: str, groups: int) -> tuple[Match, ...]:
        words = folded.count(" ") + 1
        if not folded or words > MAX_WORDS:
            return ()
        encoded = folded.encode()
        found = [match for pack in self._packs for match in pack.match(folded, encoded, groups)]
        if not found:
            return ()
        matches = {match.index: match for match in found if words <= match.rule.max_words}
        return tuple(sorted(matches.values(), key=_strength))


class RuleBook:
    """The packs, compiled. Immutable but for what it remembers; safe to share between threads."""

    def __init__(self, packs: Iterable[RulePack], read_needs: ReadNeeds = _read_needs) -> None:
        """read_needs: what each of some patterns needs, as `cleancopy.rules.needs.need` reads it.

        Raises `ConfigurationError` for two packs of one language.
        """
        self.packs = tuple(sorted(packs, key=lambda pack: pack.language))
        languages = [pack.language for pack in self.packs]
        if len(set(languages)) < len(languages):
            twice = sorted({language for language in languages if languages.count(language) > 1})
            raise ConfigurationError(f"two rule packs say language = {', '.join(twice)}; merge them")
        self.rules: tuple[Rule, ...] = tuple(rule for pack in self.packs for rule in pack.rule)
        self.languages = frozenset(languages)
        places = count()
        self._compiled = {
            pack.language: _Compiled([_match(next(places), rule, pack.language) for rule in pack.rule], read_needs)
            for pack in self.packs
        }
        self._selections: dict[frozenset[str], Selection] = {}
        self._remembered = 0
        self._changing = Lock()

    def lexicon(self) -> Mapping[str, tuple[str, ...]]:
        """Category → the words of all packs, sorted, each once."""
        words: dict[str, set[str]] = {category: set() for category in LEXICON_CATEGORIES}
        for pack in self.packs:
            for category, listed in pack.lexicon.items():
                words[category].update(word.lower() for word in listed)
        return {category: tuple(sorted(found)) for category, found in words.items()}

    def needs(self, language: str) -> tuple[tuple[Need, int], ...]:
        """What each pattern of a pack needs, and its group: one of 63 bits, which other packs use as well."""
        return self._compiled[language].needs

    def select(self, languages: frozenset[str] | None = None) -> Selection:
        """The packs of these languages, as far as there are; None means every pack."""
        chosen = self.languages if languages is None else languages & self.languages
        selection = self._selections.get(chosen)
        if selection is None:
            made = Selection([self._compiled[language] for language in sorted(chosen)], self)
            with self._changing:
                selection = self._selections.setdefault(chosen, made)
        return selection

    def match(self, line: str) -> tuple[Match, ...]:
        """What all packs together say about a line: see `Selection.match`."""
        return self.select().match(line)

    def remember(self, selection: Selection, line: str, found: tuple[Match, ...]) -> None:
        """Keeps what a selection found out about a line; forgets all lines where there are too many."""
        with self._changing:
            if self._remembered >= _REMEMBERED:
                for each in self._selections.values():
                    each.remembered.clear()
                self._remembered = 0
            self._remembered += 1
            selection.remembered[line] = found


def _match(index: int, rule: Rule, pack: str) -> Match:
    return Match(index, rule, pack, ROLE_CODE[rule.role], rule.strength is Strength.SURE, rule.effect)


def _strength(match: Match) -> tuple[bool, int, int]:
    return not match.sure, -_REACH[match.effect], match.index


_REACH = {Effect.LINE: 0, Effect.LIST: 1, Effect.TAIL: 2, Effect.BOX: 1, Effect.END: 1}
