"""What the name of a person is, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cleancopy.decide.credits.vocabulary import Vocabulary
from cleancopy.decide.letters import WORDS
from cleancopy.decide.dates import DateReader

MAX_NAME_WORDS = 6

VOWEL = re.compile(r"[AEIOUY]")
"""Capitals without one are letters, no word ("CPP")."""

NAME_WORD = re.compile(r"[^\W\d_]+(?:['’.\-‐][^\W\d_]+)*\.?|\([^\W\d_]+\)")
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

    def may_start(self, text: str) -> bool:
        """Whether the second word can be part of a name; most lines fail here, before they are taken apart."""
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
