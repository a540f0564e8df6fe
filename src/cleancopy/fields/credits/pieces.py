"""What one piece of a credit line is: a person, a desk, an agency, or what stands beside a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from cleancopy.fields.credits.names import NAME_WORD, VOWEL, Names
from cleancopy.fields.credits.organisations import GroupNames, Organisation, Organisations, organisation_name
from cleancopy.fields.credits.vocabulary import Vocabulary
from cleancopy.model import Credit, CreditRole
from cleancopy.text.letters import caseless

_HANDLE = re.compile(r"[\w.\-]{3,30}")
_SMALL_DEGREES = frozenset({"phd", "esq"})
_TITLES_ALONE = frozenset({"staff", "writer", "editor", "reporter"})
"""Words for a job that are nobody's surname."""
LONGEST_AFFILIATION = 8
"""Words of what stands behind a name and is not understood."""


class Kind(Enum):
    PERSON = auto()
    COLLECTIVE = auto()
    """A desk, a team, a newsroom."""
    ORGANISATION = auto()
    """One of which nothing is known."""
    KNOWN = auto()
    """A known agency or publisher, or a domain."""
    NOBODY = auto()
    AFFILIATION = auto()
    PLACE = auto()
    """Where the one before works, wrote or published: a town, an employer, a section of the site."""

    @property
    def is_named(self) -> bool:
        """Whether a piece of this kind names somebody who can have a credit."""
        return self not in (Kind.NOBODY, Kind.AFFILIATION, Kind.PLACE)


@dataclass(frozen=True, slots=True)
class Piece:
    kind: Kind
    name: str = ""
    organisation: Organisation | None = None
    """Of a known one."""

    @classmethod
    def known(cls, organisation: Organisation) -> Piece:
        return cls(Kind.KNOWN, organisation.name, organisation)

    def credit(self, role: CreditRole, line: str) -> Credit:
        """The credit that the piece gives in `line`: a known agency or publisher keeps its own role."""
        if self.organisation is None:
            return Credit(role, self.name, None, line)
        return Credit(self.organisation.role, self.name, self.organisation.domain, line)

    def is_town(self, joiner: str) -> bool:
        """Whether a piece after the name of a person, though it may be a name, is where she is ("Jane Doe, Kyiv")."""
        return self.kind is Kind.PERSON and not joiner and " " not in self.name and not caseless(self.name)


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a piece before a place or an employer.

    keys: the words as lists have them. tail: what stands behind them. job: where the first word for a job stands.
    first, strict, opened: as for `PieceReader.read`.
    """

    tokens: list[str]
    keys: list[str]
    tail: list[Piece]
    job: int | None
    first: bool
    strict: bool
    opened: bool

    @property
    def sure(self) -> bool:
        """Whether the words surely belong to a credit."""
        return self.strict and self.opened


class PieceReader:
    """Tells what pieces are."""

    def __init__(self, vocabulary: Vocabulary, names: Names, groups: GroupNames, organisations: Organisations) -> None:
        self._words = vocabulary
        self._names = names
        self._groups = groups
        self._organisations = organisations

    def read(self, text: str, *, first: bool, strict: bool, opened: bool) -> list[Piece] | None:
        """What one piece says, None where it is nothing that belongs in a credit line.

        first:  no name stands before it.
        strict: the line surely holds credits.
        opened: a phrase opens the credit, or the caller expects one.
        """
        if (organisation := self._organisations.named(text)) is not None:
            return [Piece.known(organisation)]
        if (listed := self._listed(text, first=first, opened=opened)) is not None:
            return listed or None
        reported = self._without_verb(text)
        if reported is not None and not first:
            return [Piece(Kind.PLACE)]  # "記者吳佳蓉／高雄報導"
        tokens, signed = self.without_role((reported or text).split())
        tokens = self._untitled(tokens)
        if not tokens or (signed and not self._names.is_name(tokens, opened=True)):
            return None
        # A role behind the name shows that the line is a byline, as a job title does.
        opened = opened or signed
        tail = [Piece(Kind.AFFILIATION)] if signed else []
        if cut := self._name_ends(tokens, _keys(tokens), opened=opened):
            tokens, tail = tokens[:cut], [*tail, Piece(Kind.PLACE)]
        placed = self._placed(tokens, tail, strict=strict, opened=opened)
        if placed is None:
            return None
        tokens, tail = placed
        keys = _keys(tokens)
        job = next((place for place, key in enumerate(keys) if key in self._words.jobs), None)
        words = _Words(tokens, keys, tail, job, first=first, strict=strict, opened=opened)
        return self._named(words) or None

    def _listed(self, text: str, *, first: bool, opened: bool) -> list[Piece] | None:
        """What a piece says that is a word of a list, nothing where it belongs in no credit line; None for others."""
        words, folded = self._words, text.casefold().rstrip(".")
        if folded in words.anonymous:
            return [Piece(Kind.NOBODY if first else Kind.AFFILIATION)]
        if not first and (folded in words.degrees or folded in words.towns):
            return [Piece(Kind.AFFILIATION)]
        if first and not opened and folded in words.towns:
            return []  # "San Diego, United States"
        return None

    def _placed(
        self, tokens: list[str], tail: list[Piece], *, strict: bool, opened: bool
    ) -> tuple[list[str], list[Piece]] | None:
        """The words before the place or employer that a small word opens ("Jane Doe in Kyiv"), and what they are; None
        where it opens anything else.
        """
        prepositions = self._words.prepositions
        keys = _keys(tokens)
        place = next((at for at in range(1, len(tokens)) if keys[at] in prepositions and tokens[at].islower()), 0)
        if not place:
            return tokens, tail
        if opened and place == len(tokens) - 1:
            return tokens[:place], tail  # "Jane Doe at", before a time of day
        if not self._may_work_there(tokens, place, strict=strict, opened=opened):
            return None
        if self._organisations.named(" ".join(tokens)) is not None:
            return tokens, tail
        rest = " ".join(tokens[place + 1 :])
        if not (rest[:1].isupper() or rest[:1].isdigit() or (rest and strict) or caseless(rest)):
            return None
        employer = self._organisations.named(rest)
        return tokens[:place], [Piece.known(employer) if employer else Piece(Kind.PLACE)]

    def without_role(self, tokens: Sequence[str]) -> tuple[list[str], bool]:
        """`tokens` without the roles behind a name in a script without capitals, and whether there were any.

        They may run into the name (`森田久美子記者`).
        """
        left, suffixes, found = list(tokens), self._words.suffixes, False
        while left and caseless(left[-1]):
            last = left[-1].rstrip(".")
            if len(left) > 1 and last in suffixes:
                left.pop()
            elif (
                len(left) == 1
                and (suffix := max((end for end in suffixes if last.endswith(end)), key=len, default=""))
                and len(last) - len(suffix) >= 2
            ):
                left[-1] = last[: -len(suffix)]
            else:
                break
            found = True
        return left, found

    def _without_verb(self, text: str) -> str | None:
        """`text` before the verb by which a reporter, or the place behind her name, is said to report; None without."""
        verb = next((verb for verb in self._words.reporting if text.endswith(verb)), None)
        return text.removesuffix(verb).rstrip() or None if verb is not None else None

    def is_job(self, text: str) -> bool:
        """Whether a word of `text` is a job ("Head of Marketing")."""
        return any(word.casefold().rstrip(".s") in self._words.jobs for word in NAME_WORD.findall(text))

    def _untitled(self, tokens: list[str]) -> list[str]:
        """`tokens` without the titles before a name and the degrees behind it; one token stays."""
        keys = _keys(tokens)
        start, end = 0, len(tokens)
        while (
            start < end - 1
            and keys[start] in self._words.honorifics
            and (tokens[start].endswith(".") or tokens[start][0].isupper())
        ):
            start += 1
        while (
            end - start > 1
            and keys[end - 1] in self._words.degrees
            and (tokens[end - 1].isupper() or not tokens[end - 1].isalpha() or keys[end - 1] in _SMALL_DEGREES)
        ):
            end -= 1
        return tokens[start:end]

    def _name_ends(self, tokens: Sequence[str], keys: Sequence[str], *, opened: bool) -> int:
        """Where something else follows a name of two words or more without a mark between them; 0 where nothing does.

        A label ("Jane Doe Categories:"), a section or employer ("Jane Doe In Travel"), letters behind the name ("Jane
        Doe CPP"), an account ("Jane Doe Twitter"), or the words of a link that make too long a name ("Jane Doe View In
        Digital Edition").
        """
        words = self._words
        for place in range(1, len(tokens)):
            label = tokens[place].endswith(":")
            section = keys[place] in words.prepositions and len(keys[place]) > 1 and tokens[place].istitle()
            linked = len(tokens) > 4 and keys[place] in words.not_names and tokens[place][0].isupper()
            account = keys[place] in words.accounts
            if label or (opened and place > 1 and (section or linked or account)):
                return place if self._names.is_name(tokens[:place], opened=True) else 0
        last = len(tokens) - 1
        end = tokens[last]
        if last > 1 and end.isalpha() and end.isupper() and 1 < len(end) < 6 and not VOWEL.search(end):
            return 0 if keys[last] in words.organisation or all(map(str.isupper, tokens)) else last
        return 0

    def _may_work_there(self, tokens: Sequence[str], place: int, *, strict: bool, opened: bool) -> bool:
        """Whether somebody may stand before the small word at `place` ("Jane Doe in Kyiv"), as in prose nobody need."""
        if not (opened or strict):
            return False
        return strict or place > 1 or self._names.is_name(tokens[:1], opened=opened)

    def _named(self, words: _Words) -> list[Piece]:
        """Who the words name, by the first reading that knows; the order is that in which mistakes are rarest."""
        readings = (
            self._employee,
            self._collective,
            self._worker,
            self._titled_organisation,
            self._job_alone,
            self._organisation,
            self._people,
        )
        return next((found for reading in readings if (found := reading(words)) is not None), [])

    # Each reading gives None where it does not know, and nothing where the words belong in no credit line.

    def _employee(self, words: _Words) -> list[Piece] | None:
        """A person and the known organisation behind her name ("Jane Doe USA TODAY", "Jane Doe Reuters editor")."""
        tokens = words.tokens
        for place in range(2, len(tokens)):
            for end in (words.job or len(tokens), len(tokens)):
                organisation = self._organisations.named(" ".join(tokens[place:end]))
                if organisation is not None and self._names.is_name(tokens[:place], opened=words.opened):
                    return [self._person(tokens[:place]), Piece.known(organisation), *words.tail]
        return None

    def _collective(self, words: _Words) -> list[Piece] | None:
        """A desk or a team."""
        tokens, keys, collective = words.tokens, words.keys, self._words.collective
        if (
            keys[-1] in collective
            and (words.first or words.opened)
            and (words.opened or words.strict or len(tokens) > 1)
            and (group := self._group(tokens, keys, opened=words.opened)) is not None
        ):
            return [group] if group.organisation else [group, *words.tail]
        if words.first and words.strict and keys[0] in collective and self._groups.is_team(tokens):
            return [Piece(Kind.COLLECTIVE, " ".join(tokens)), *words.tail]
        return None

    def _worker(self, words: _Words) -> list[Piece] | None:
        """A person beside her job ("Journalist Jane Doe", "Jane Doe Lifestyle Writer")."""
        tokens, keys, job = words.tokens, words.keys, words.job
        if job is None:
            return None
        name: Sequence[str] = ()
        if job == 0 and words.first and words.strict and len(tokens) > 2:
            if self._names.is_name(tokens[1:], opened=False):
                name = tokens[1:]
        elif job >= 2 and (words.opened or self._is_employed(keys[job:])):
            end = job
            while end > 2 and keys[end - 1] in self._words.not_names:
                end -= 1
            if self._names.is_name(tokens[:end], opened=words.opened):
                name = tokens[:end]
        return [self._person(name), Piece(Kind.AFFILIATION), *words.tail] if name else None

    def _titled_organisation(self, words: _Words) -> list[Piece] | None:
        """An organisation, where the line surely holds credits: a title that ends with a word for one."""
        tokens = words.tokens
        if (
            words.sure
            and words.first
            and len(tokens) > 1
            and words.keys[-1] in self._words.organisation
            and self._groups.is_title(tokens)
        ):
            return [Piece(Kind.ORGANISATION, " ".join(tokens)), *words.tail]
        return None

    def _job_alone(self, words: _Words) -> list[Piece] | None:
        """A job without a name that has been read by now; but a job may be a surname ("By Jane Reporter")."""
        tokens, job = words.tokens, words.job
        if job is None:
            return None
        surname = job == 1 and len(tokens) == 2 and tokens[1][0].isupper() and words.keys[1] not in _TITLES_ALONE
        if surname and words.first and words.opened and not words.tail:
            return None
        return [Piece(Kind.AFFILIATION), *words.tail] if not words.first or words.strict else []

    def _organisation(self, words: _Words) -> list[Piece] | None:
        """An organisation of which nothing is known but that a word says it is one."""
        tokens, the = words.tokens, words.keys[0] == "the"
        if not self._is_organisational(words) or not (words.first or words.opened) or not self._groups.is_title(tokens):
            return None
        signed = organisation_name(" ".join(tokens)) if len(tokens) > 1 else ""  # "By Department" heads a menu
        return [] if not signed or (the and not words.strict) else [Piece(Kind.ORGANISATION, signed), *words.tail]

    def _people(self, words: _Words) -> list[Piece] | None:
        """Persons, or the handle of one; behind a name, where the line surely holds credits, what stands beside it."""
        tokens = words.tokens
        if not self._is_organisational(words):
            if words.opened and self._names.are_several(tokens):
                return [*(self._person([token]) for token in tokens), *words.tail]
            if self._names.is_name(tokens, opened=words.opened):
                return [self._person(tokens), *words.tail]
        if not words.sure:
            return None
        if not words.first:
            return [Piece(Kind.AFFILIATION)] if len(tokens) <= LONGEST_AFFILIATION else None
        is_handle = len(tokens) == 1 and self._is_handle(tokens[0], words.keys[0])
        return [Piece(Kind.PERSON, tokens[0]), *words.tail] if is_handle else None

    def _is_employed(self, keys: Sequence[str]) -> bool:
        """Whether a word is a job and no part of an organisation's name: "Example Lines Health" is nobody."""
        return any(key in self._words.jobs and key not in self._words.organisation for key in keys)

    def _is_organisational(self, words: _Words) -> bool:
        """Whether a word says that the words are the name of an organisation."""
        return any(key in self._words.organisation for key in words.keys) or (
            words.keys[0] == "the" and len(words.tokens) > 1
        )

    def _group(self, tokens: list[str], keys: Sequence[str], *, opened: bool) -> Piece | None:
        """The desk or team whose name ends with a word for a group; where a known organisation's stands before it,
        that organisation ("Reuters Staff").
        """
        if (
            len(tokens) > 2
            and tokens[0].islower()
            and keys[0] in self._words.articles
            and self._groups.is_title(tokens[1:])
        ):
            tokens = [tokens[0].capitalize(), *tokens[1:]]  # "by the Example Team"
        if len(tokens) < 2 or not tokens[0][0].isupper() or (not opened and self._groups.is_small(keys[0])):
            return None
        if (organisation := self._organisations.named(" ".join(tokens[:-1]))) is not None:
            return Piece.known(organisation)
        return Piece(Kind.COLLECTIVE, self._names.recased(" ".join(tokens)))

    def _person(self, tokens: Sequence[str]) -> Piece:
        return Piece(Kind.PERSON, self._names.recased(" ".join(tokens)))

    def _is_handle(self, token: str, key: str) -> bool:
        return bool(_HANDLE.fullmatch(token)) and not token.isdigit() and key not in self._words.not_names


def _keys(tokens: Sequence[str]) -> list[str]:
    return [token.casefold().strip(".:") for token in tokens]
