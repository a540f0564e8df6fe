"""How a credit is opened: the phrase before the names ("By", "Foto:", "This article was originally published on")."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cleancopy.fields.credits.vocabulary import Phrase, Vocabulary, first_word
from cleancopy.model import CreditRole
from cleancopy.text.letters import WORDS, caseless

_LONGEST = 80
"""Characters: more than the longest opening phrase with its subject."""

_GAP = re.compile(r"\s*[:：]\s*|\s*[|/]\s*|\s+[–—-]\s+|\s+|(?=[^\x00-\u2fff])")
_COLON = re.compile(r"\s*[:：/／|｜©=＝]\s*|\s+[–—-]\s+")
_HAS_COLON = re.compile("[:：=＝／]")
_SPACE = re.compile(r"[\s;；,，)\]]\s?")
_FARTHEST = 300
"""Characters of a line in which a second credit is looked for."""
_MARKS = '*_`:：()[]（）【】"“”'
_LETTERS = bytes(code if chr(code).isalpha() and code < 0x80 else ord(" ") for code in range(0x100))
"""Of each byte of ASCII in small letters: the letter, or a space."""


@dataclass(frozen=True, slots=True)
class Opener:
    """A phrase that opens a credit, and where it ends. A strict one is several words or followed by a colon; a loose
    one is also ordinary prose.
    """

    role: CreditRole
    phrase: str
    end: int
    strict: bool


class FirstWords:
    """The first words of some phrases: what lacks them all opens with none of the phrases at any of its words."""

    def __init__(self, words: Iterable[str]) -> None:
        every = frozenset(words)
        self._words = frozenset(word for word in every if WORDS.fullmatch(word) and not caseless(word))
        self._ascii_words = frozenset(word.encode() for word in self._words if word.isascii())
        self._signs = every - self._words
        self._beyond = not any(map(str.isascii, self._signs))

    def any_in(self, text: str) -> bool:
        """Whether a word of `text` may be one of them."""
        folded = text.casefold()
        # The words of ASCII are found several times faster than those of all scripts.
        if text.isascii():
            found = not self._ascii_words.isdisjoint(folded.encode().translate(_LETTERS).split())
        else:
            found = not self._words.isdisjoint(WORDS.findall(folded))
        if found:
            return True
        if not ((self._beyond and folded.isascii()) or self._signs.isdisjoint(folded)):
            return True
        # Where the two differ in length, `Openers.at_start` takes the small letters; Σ has two.
        return len(folded) != len(text) and ("Σ" in text or not self._words.isdisjoint(WORDS.findall(text.lower())))


class Openers:
    """Finds opening phrases."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._roles = {phrase.text: phrase.role for phrase in vocabulary.phrases}
        self._ordinary = vocabulary.not_names & vocabulary.particles
        self._last_words = {text.split()[-1].strip(_MARKS) for text in self._roles}
        self._phrases: dict[str, list[Phrase]] = {}
        for phrase in sorted(vocabulary.phrases, key=lambda phrase: (-len(phrase.text), phrase.text)):
            self._phrases.setdefault(first_word(phrase.text), []).append(phrase)
        self._subjects: dict[str, list[str]] = {}
        for subject in sorted(vocabulary.subjects, key=lambda text: (-len(text), text)):
            self._subjects.setdefault(first_word(subject), []).append(subject)

    def at_start(self, text: str) -> Opener | None:
        """The phrase that opens `text`, the longest of several."""
        folded = text[:_LONGEST].casefold()
        if len(folded) != min(len(text), _LONGEST):  # a letter that folds to two (ß, İ): positions would shift
            folded = text[:_LONGEST].lower()
        first = first_word(folded)
        if first not in self._phrases and first not in self._subjects:
            return None
        start = 0
        for subject in self._subjects.get(first, ()):
            if folded.startswith(subject + " "):
                start = len(subject) + 1
                break
        opener = self._at(text, folded, start)
        return opener or (self._at(text, folded, 0) if start else None)

    def first_words(self, chosen: Callable[[CreditRole, str], bool]) -> FirstWords:
        """Of the phrases that are chosen by what they open and their text."""
        phrases = (phrase for same in self._phrases.values() for phrase in same)
        return FirstWords(first_word(phrase.text) for phrase in phrases if chosen(phrase.role, phrase.text))

    def inside(self, text: str) -> int:
        """Where a second phrase that a colon follows opens another credit ("Text: Jane Doe Foto: John Roe"); 0 where
        none does.
        """
        if not _HAS_COLON.search(text):
            return 0
        own = self.at_start(text)
        for space in _SPACE.finditer(text[:_FARTHEST], own.end if own else 1):
            opener = self.at_start(text[space.end() :])
            if opener is not None and _HAS_COLON.search(text[space.end() : space.end() + opener.end]):
                return space.end()
        return 0

    def role(self, phrase: str) -> CreditRole | None:
        """The role of the credit that a phrase, case-folded and without its colon, opens; None where it opens none."""
        return self._roles.get(phrase)

    def is_opener(self, text: str) -> bool:
        """Whether `text` is nothing but a phrase that opens a credit."""
        return text.casefold().strip(" :") in self._roles

    def may_end(self, line: str) -> bool:
        """Whether the last word of `line` is the last of an opening phrase: a quick look before a thorough one."""
        words = line[-40:].rsplit(None, 1)
        return bool(words) and words[-1].casefold().strip(_MARKS) in self._last_words

    def _at(self, text: str, folded: str, start: int) -> Opener | None:
        for phrase in self._phrases.get(first_word(folded[start:]), ()):
            if not folded.startswith(phrase.text, start):
                continue
            end = start + len(phrase.text)
            if colon := _COLON.match(text, end):
                return Opener(phrase.role, phrase.text, colon.end(), strict=True)
            if phrase.needs_colon or (phrase.text in self._ordinary and not text[start].islower()):
                continue  # "De Nieuwe Kerk", while "de Ioana Popescu" names who wrote
            gap = _GAP.match(text, end)
            if gap is None or gap.end() >= len(text):
                continue
            return Opener(phrase.role, phrase.text, gap.end(), strict=bool(start) or " " in phrase.text)
        return None
