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
        words = self._words
        folded = text.casefold().rstrip(".")
        if folded in words.anonymous:
            return [Piece(Kind.NOBODY if first else Kind.AFFILIATION)]
        if not first and (folded in words.degrees or folded in words.towns):
            return [Piece(Kind.AFFILIATION)]
        if first and not opened and folded in words.towns:
            return None  # "San Diego, United States"
        reported = self._without_verb(text)
        if reported is not None and not first:
            return [Piece(Kind.PLACE)]  # "記者吳佳蓉／高雄報導"
        tokens, signed = self.without_role((reported or text).split())
        tokens = self._untitled(tokens)
        if not tokens:
            return None
        keys = _keys(tokens)
        # A role behind the name shows that the line is a byline, as a job title does.
        tail: list[Piece] = [Piece(Kind.AFFILIATION)] if signed else []
        if signed and not self._names.is_name(tokens, opened=True):
            return None
        opened = opened or signed
        if cut := self._name_ends(tokens, keys, opened=opened):
            tokens, keys, tail = tokens[:cut], keys[:cut], [*tail, Piece(Kind.PLACE)]
        place = next((at for at in range(1, len(tokens)) if keys[at] in words.prepositions and tokens[at].islower()), 0)
        if place and opened and place == len(tokens) - 1:
            tokens, keys = tokens[:place], keys[:place]  # "Jane Doe at", before a time of day
        elif place:
            if not self._may_work_there(tokens, place, strict=strict, opened=opened):
                return None
            if self._organisations.named(" ".join(tokens)) is None:
                rest = " ".join(tokens[place + 1 :])
                if not (rest[:1].isupper() or rest[:1].isdigit() or (rest and strict) or caseless(rest)):
                    return None
                employer = self._organisations.named(rest)
                tokens, keys = tokens[:place], keys[:place]
                tail = [Piece.known(employer) if employer else Piece(Kind.PLACE)]
        return self._named(tokens, keys, tail, first=first, strict=strict, opened=opened)

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
        Doe CPP"), or the words of a link that make too long a name ("Jane Doe View In Digital Edition").
        """
        words = self._words
        for place in range(1, len(tokens)):
            label = tokens[place].endswith(":")
            section = keys[place] in words.prepositions and len(keys[place]) > 1 and tokens[place].istitle()
            linked = len(tokens) > 4 and keys[place] in words.not_names and tokens[place][0].isupper()
            if label or (opened and place > 1 and (section or linked)):
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

    def _named(
        self, tokens: list[str], keys: list[str], tail: list[Piece], *, first: bool, strict: bool, opened: bool
    ) -> list[Piece] | None:
        """Who the words before a place or an employer (`tail`) name, in the order in which mistakes are rarest."""
        words = self._words
        job = next((place for place, key in enumerate(keys) if key in words.jobs), None)
        if (cut := self._employed(tokens, job, opened=opened)) is not None:
            person, employer = cut
            return [person, Piece.known(employer), *tail]
        if keys[-1] in words.collective and (first or opened) and (opened or strict or len(tokens) > 1):
            group = self._group(tokens, keys, opened=opened)
            if group is not None:
                return [group] if group.organisation else [group, *tail]
        if first and strict and keys[0] in words.collective and self._groups.is_team(tokens):
            return [Piece(Kind.COLLECTIVE, " ".join(tokens)), *tail]
        if job == 0 and first and strict and len(tokens) > 2 and self._names.is_name(tokens[1:], opened=False):
            return [self._person(tokens[1:]), Piece(Kind.AFFILIATION), *tail]  # "Journalist Jane Doe"
        if job is not None and job >= 2:
            working = (
                opened
                or any(  # "Example Lines Health" is nobody
                    key in words.jobs and key not in words.organisation for key in keys[job:]
                )
            )
            end = job
            while end > 2 and keys[end - 1] in words.not_names:
                end -= 1  # "Jane Doe Lifestyle Writer"
            if working and self._names.is_name(tokens[:end], opened=opened):
                return [self._person(tokens[:end]), Piece(Kind.AFFILIATION), *tail]
        sure = strict and opened
        if sure and first and len(tokens) > 1 and keys[-1] in words.organisation and self._groups.is_title(tokens):
            return [Piece(Kind.ORGANISATION, " ".join(tokens)), *tail]
        if job is not None:
            surname = job == 1 and len(tokens) == 2 and tokens[1][0].isupper() and keys[1] not in _TITLES_ALONE
            if not (surname and first and opened and not tail):
                return [Piece(Kind.AFFILIATION), *tail] if not first or strict else None
        organisational = any(key in words.organisation for key in keys) or (keys[0] == "the" and len(tokens) > 1)
        if organisational and (first or opened) and self._groups.is_title(tokens):
            signed = organisation_name(" ".join(tokens)) if len(tokens) > 1 else ""  # "By Department" heads a menu
            if not signed or (keys[0] == "the" and not strict):
                return None
            return [Piece(Kind.ORGANISATION, signed), *tail]
        if not organisational and opened and self._names.are_several(tokens):
            return [*(self._person([token]) for token in tokens), *tail]
        if not organisational and self._names.is_name(tokens, opened=opened):
            return [self._person(tokens), *tail]
        if sure and first and len(tokens) == 1 and self._is_handle(tokens[0], keys[0]):
            return [Piece(Kind.PERSON, tokens[0]), *tail]
        if sure and not first and len(tokens) <= 8:
            return [Piece(Kind.AFFILIATION)]
        return None

    def _employed(self, tokens: Sequence[str], job: int | None, *, opened: bool) -> tuple[Piece, Organisation] | None:
        """A person and the known organisation behind her name ("Jane Doe USA TODAY", "Jane Doe Reuters editor")."""
        for place in range(2, len(tokens)):
            for end in (job or len(tokens), len(tokens)):
                organisation = self._organisations.named(" ".join(tokens[place:end]))
                if organisation is not None and self._names.is_name(tokens[:place], opened=opened):
                    return self._person(tokens[:place]), organisation
        return None

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
