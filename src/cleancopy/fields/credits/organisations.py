"""Organisations: the agencies and publishers that are known, and what the name of an unknown one looks like."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cleancopy.errors import ConfigurationError
from cleancopy.fields.credits.vocabulary import Vocabulary
from cleancopy.fields.wordlists import Section, known_fields, strings, table_at
from cleancopy.model import CreditRole

MAX_WORDS = 8
"""Words of an organisation's name."""

_DOMAIN = re.compile(
    r"(?:https?://)?(?:www\d?\.)?((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}[a-z]{2,18})/?", re.IGNORECASE
)
_SEVERAL = re.compile(r"[/,+]|\band\b|\bund\b|\s[–—-]\s|\bfrom\b")
_PICTURES = re.compile(r"\s(?:Photos?|Foto|Pictures|Images|File|Pool|Archive|Handout)$")
"""What agencies call their pictures by."""
_WORD = re.compile(r"\d*[^\W\d_]*(?:['’.&-][^\W\d_]+)*[.!]?")
"""A word of an organisation's name; it may open with a number ("3M"), not end with one that runs into it."""


@dataclass(frozen=True, slots=True)
class Organisation:
    name: str
    domain: str | None
    agency: bool

    @property
    def role(self) -> CreditRole:
        return CreditRole.AGENCY if self.agency else CreditRole.PUBLISHER


class Organisations:
    """The known organisations by the spellings of their names and by their domains."""

    def __init__(self, names: Mapping[str, Organisation], domains: Mapping[str, Organisation]) -> None:
        self._names = names
        self._domains = domains

    @classmethod
    def from_section(cls, common: Section) -> Organisations:
        """The tables `agency` and `publishers` of what belongs to no language.

        Raises ConfigurationError naming the file, the entry and the field for an unknown or missing field, an empty
        list, a duplicate within a list, or a spelling or domain that stands for two organisations.
        """
        names: dict[str, Organisation] = {}
        domains: dict[str, Organisation] = {}
        data, source = common.data, common.source
        agencies = data.get("agency")
        if not isinstance(agencies, list) or not agencies:
            raise ConfigurationError(f"{source}: agency must hold at least one [[agency]] entry")
        for number, entry in enumerate(agencies, 1):
            where = f"agency {number}"
            if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str) or not entry["name"]:
                raise ConfigurationError(f"{source}: {where} needs a name")
            where = f"agency {entry['name']!r}"
            known_fields(entry, {"name", "domain", "variants"}, source, where)
            domain = _checked(entry.get("domain"), source, f"{where}: domain")
            agency = Organisation(entry["name"], domain, agency=True)
            _claim(domains, domain, agency, source)
            for name in [entry["name"], *strings(entry.get("variants"), source, f"{where}: variants", empty=True)]:
                _claim(names, name, agency, source)
        for domain, spellings in table_at(data, "publishers", source).items():
            _checked(domain, source, "publishers")
            listed = strings(spellings, source, f"publishers.{domain}")
            publisher = Organisation(listed[0], domain, agency=False)
            _claim(domains, domain, publisher, source)
            for name in listed:
                names.setdefault(name, publisher)
        return cls(names, domains)

    def named(self, text: str) -> Organisation | None:
        """The organisation that `text` is a name or the address of; one of its domain's label where it has no known
        name.
        """
        text = text.strip(" .,:;|")
        organisation = self._names.get(text)
        if organisation is None and (service := _PICTURES.search(text)):
            organisation = self._names.get(text[: service.start()])  # "AP Photo"
        if organisation is None and text.isupper() and len(text) > 5:
            organisation = self._names.get(text.title())
        if organisation is not None or "." not in text or (host := domain_of(text)) is None:
            return organisation
        if (organisation := self._at(host)) is not None:
            return organisation
        written = text == text.casefold() or text.startswith(("http", "www"))
        if not written or host.count(".") > 3 or len(host.split(".")[0]) < 2:
            return None
        return Organisation(_label(host), host, agency=False)

    def behind(self, host: str) -> Organisation:
        """The organisation behind a domain: its known name, else the domain's own label in words."""
        return self._at(host) or Organisation(_label(host), host, agency=False)

    def agency(self, text: str) -> Organisation | None:
        """The agency that `text` names, the first known one of several ("dpa/lno", "with inputs from PTI")."""
        for piece in [text, *_SEVERAL.split(text)]:
            organisation = self._names.get(piece.strip(" ./"))
            if organisation is not None and organisation.agency:
                return organisation
        return None

    def _at(self, host: str) -> Organisation | None:
        while "." in host:
            if (organisation := self._domains.get(host)) is not None:
                return organisation
            host = host.partition(".")[2]
        return None


class GroupNames:
    """Tells what may be the name of an organisation, a desk or a team that nothing is known of."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._words = vocabulary

    def is_title(self, tokens: Sequence[str]) -> bool:
        """Whether every longer word is capitalised, as in an organisation's name."""
        if tokens[0][0].islower() or len(tokens) > MAX_WORDS:
            return False
        return all(
            not token[0].islower() or len(token) <= 3 or token.casefold() in self._words.collective for token in tokens
        )

    def is_team(self, tokens: Sequence[str]) -> bool:
        """Whether a word for a group opens a name ("Team Example Lines", "Redacción Ejemplo")."""
        return 1 < len(tokens) < 5 and all(
            token[0].isupper() and token.casefold() not in self._words.jobs for token in tokens
        )

    def is_small(self, word: str) -> bool:
        """Whether no name of a group begins with the word ("Back to the Newsroom"), as one may with an article."""
        return word in self._words.not_names and word not in self._words.articles

    def titled(self, text: str) -> str | None:
        """The name of an organisation that stands where one is expected: few words, each capitalised or short."""
        tokens = text.split()
        if not 2 <= len(tokens) <= 5 or self.is_small(tokens[0].casefold()):
            return None
        if not all(_WORD.fullmatch(token) and (not token[0].islower() or len(token) <= 3) for token in tokens):
            return None
        return organisation_name(text)


def organisation_name(text: str) -> str | None:
    """`text` as an organisation's name where it can be one: short, capitalised, no sentence."""
    name = text.strip(' ,;:|"“”')
    words = name.split()
    if not words or len(words) > MAX_WORDS or not any(character.isalpha() for character in name):
        return None
    if any(word[0].islower() and len(word) > 3 for word in words) or (words[0][0].islower() and len(words) > 1):
        return None
    return name


def domain_of(text: str) -> str | None:
    """The domain, in small letters, where `text` is nothing but an address without a path."""
    match = _DOMAIN.fullmatch(text)
    return match[1].casefold() if match else None


def _label(host: str) -> str:
    """The registrable domain's own label in words: "blog.daily-news.co.uk" → "Daily News"."""
    from tld import get_tld

    parts = get_tld(host, fix_protocol=True, fail_silently=True, as_object=True)
    label = getattr(parts, "domain", None) or host.split(".")[-2]
    return " ".join(word.capitalize() for word in label.split("-") if word) or host


def _checked(value: object, source: str, where: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}", value):
        raise ConfigurationError(
            f"{source}: {where} is {value!r}; it must be a domain in lower case such as reuters.com"
        )
    return value


def _claim(table: dict[str, Organisation], key: str, organisation: Organisation, source: str) -> None:
    other = table.setdefault(key, organisation)
    if other != organisation:
        raise ConfigurationError(f"{source}: {key!r} stands for both {other.name!r} and {organisation.name!r}")
