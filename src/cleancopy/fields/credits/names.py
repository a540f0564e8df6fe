"""What the name of a person is, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cleancopy.fields.credits.vocabulary import Vocabulary
from cleancopy.fields.dates import DateReader
from cleancopy.text.letters import WORD, WORDS, caseless

MAX_NAME_WORDS = 6

VOWEL = re.compile(r"[AEIOUY]")
"""Capitals without one are letters, no word ("CPP")."""

NAME_WORD = re.compile(rf"{WORD}(?:['’.\-‐־·・״׳]{WORD})*['’.׳]?|\({WORD}\)")
_HAN = re.compile(r"[\u3005\u3400-\u9fff\uf900-\ufaff]+")
_JAPANESE = re.compile(r"[\u3005\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff・]+")
_HANGUL = re.compile(r"[\uac00-\ud7af]+")
_LONGEST_HAN, _LONGEST_KANA, _LONGEST_HANGUL = 4, 14, 4
"""Characters of a name: Chinese, Japanese with kana and foreign ones in kana, Korean."""
_LONGEST_KANJI = 6
_PREFIXED = re.compile(r"(?:d|l|al|el|de|du|van|von|dell|mc|ibn)['’-]?[^\W\d_a-z]")
"""A name whose first letter is small ("d'Arc", "al-Amin")."""
_MC = re.compile(r"^Mc([a-z])")
_CAPITAL_PARTICLES = frozenset({"st", "ste", "san", "santa", "abu", "e", "d"})
"""Particles that keep their capital where a name in capitals is recased."""


class Names:
    """Tells names of people from other words."""

    def __init__(self, vocabulary: Vocabulary, dates: DateReader) -> None:
        self._words = vocabulary
        self._dates = dates

    def is_name(self, tokens: Sequence[str], *, opened: bool) -> bool:
        """Whether these words can be a person's name; without an opener none of them may be a word that names lack."""
        if not 1 <= len(tokens) <= MAX_NAME_WORDS:
            return False
        if self.is_menu(tokens):
            return False
        if caseless(tokens[0]):
            return self._is_caseless(tokens, opened=opened)
        words = self._words
        proper = 0
        last = len(tokens) - 1
        for place, token in enumerate(tokens):
            if not NAME_WORD.fullmatch(token):
                return False
            key = token.casefold().rstrip(".")
            if key in words.particles and (token.islower() or 0 < place < last):
                continue
            if token[0].islower() and not _PREFIXED.match(token):
                return False
            if place == last > 0 and key in words.surnames:
                continue
            initial = len(token) == 2 and token[1] == "."
            if (
                (not opened or place == 0)
                and not initial
                and (key in words.not_names or self._dates.is_calendar_word(token))
            ):
                return False
            proper += 1
        return proper > 0 and not (last > 0 and tokens[-1].islower())

    def are_several(self, tokens: Sequence[str]) -> bool:
        """Whether these words are a Chinese name each, with nothing but spaces between them ("刘思远 唐晓雯").

        The first has three characters: of two it may be the family name of a Japanese one.
        """
        families = tuple(self._words.families)
        return (
            len(tokens) > 1
            and len(tokens[0]) == 3
            and all(2 <= len(token) <= 3 and _HAN.fullmatch(token) and token.startswith(families) for token in tokens)
        )

    def is_menu(self, tokens: Sequence[str]) -> bool:
        """Whether words are those of a menu, a pager or an account bar and nothing else ("Hallo Ausloggen")."""
        menu, others = self._words.menu, self._words.not_names
        folded = [token.casefold() for token in tokens]
        return " ".join(folded) in menu or all(token in menu or token in others for token in folded)

    def _is_caseless(self, tokens: Sequence[str], *, opened: bool) -> bool:
        """The same in scripts without capitals, where length, a family name, and the number of words have to tell."""
        words = self._words
        if any(not NAME_WORD.fullmatch(token) or token.casefold() in words.not_names for token in tokens):
            return False
        if any(self._dates.is_calendar_word(token) for token in tokens) or self._dates.is_zone(" ".join(tokens)):
            return False
        joined = "".join(tokens)
        if _HANGUL.fullmatch(joined):
            family = tokens[0].startswith(tuple(words.families))
            return 2 <= len(joined) <= (_LONGEST_HANGUL if family or not opened else 3 * len(tokens) + 3) and (
                opened or (family and len(joined) >= 3)
            )
        if _HAN.fullmatch(joined):
            if len(tokens) == 2:
                return all(1 <= len(token) <= 3 for token in tokens)
            family = joined.startswith(tuple(words.families))
            return (
                len(tokens) == 1
                and 2 <= len(joined) <= (_LONGEST_KANJI if opened else _LONGEST_HAN)
                and (opened or (family and len(joined) <= 3))
            )
        if _JAPANESE.fullmatch(joined):
            return 2 <= len(joined) <= _LONGEST_KANA and (opened or len(tokens) == 2)
        return 2 <= len(tokens) <= 5 and all(caseless(token) for token in tokens)

    def may_start(self, text: str) -> bool:
        """Whether the second word can be part of a name; most lines fail here, before they are taken apart."""
        if caseless(text):
            return True
        tokens = text.split(maxsplit=2)
        if len(tokens) < 2:
            return False
        second = tokens[1]
        key = second.casefold().rstrip(".,;")
        return (
            not second[0].islower()
            or key in self._words.particles
            or key in self._words.honorifics
            or key in self._words.collective
            or _PREFIXED.match(second) is not None
        )

    def recased(self, name: str) -> str:
        """A name in capitals as it is normally written: particles small, Mc and O' kept; any other name unchanged."""
        name = name.strip(" ,;:")
        if name.endswith(".") and len(name.split()[-1]) > 4 and name.count(".") == 1:
            name = name[:-1]
        capitals = list(filter(str.isalpha, name))
        if len(capitals) < 4 or not all(map(str.isupper, capitals)) or (" " not in name and len(capitals) < 5):
            return name
        tokens = name.split()
        if any(len(token) > 2 and not VOWEL.search(token) for token in tokens if token.isascii() and "." not in token):
            return name  # an acronym is no name
        return self.capitalised(name)

    def capitalised(self, name: str) -> str:
        """A name in capitals or in small letters as it is normally written."""
        return " ".join(self._recased(token, inside=place > 0) for place, token in enumerate(name.split()))

    def _recased(self, token: str, *, inside: bool) -> str:
        folded = token.lower()
        if inside and folded in self._words.particles and folded not in _CAPITAL_PARTICLES:
            return folded
        if "." in token and len(token.replace(".", "")) <= 3:
            return token.upper()  # initials
        token = WORDS.sub(lambda match: match[0][0].upper() + match[0][1:].lower(), token)
        return _MC.sub(lambda match: "Mc" + match[1].upper(), token)


def letters(text: str) -> str:
    """The letters of `text` alone, case-folded: how a site's name and an author's are compared."""
    return "".join(NAME_WORD.findall(text)).casefold()
