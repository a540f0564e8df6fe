"""Credits as data: who wrote, supplied, published, photographed, translated or edited it, read from one line.

How a line is read:

- What opens it decides the role ("By", "Foto:", "Übersetzt von", "This article was originally published on"). Phrases
  that are ordinary words too ("by", "von", "par", "di") open a credit only when nothing but names, titles, places,
  known organisations and dates follows; so "By the end of the year prices rose." states nothing.
- A name that opens nothing is an author only where the line shows it: beside a date, a reading time or a job title, or
  when the caller expects one (`expect=CreditRole.AUTHOR`).
- Known agencies and publishers keep their role, name and domain wherever they stand. A desk, team or other organisation
  that signs as the author is an author under its own name. "Admin", "Staff", "Redaktion", "Guest" name nobody and
  give nothing.
- Titles, degrees, affiliations, places, handles and addresses are cut off.
- In a photo credit people and unknown organisations are photographers, known agencies agencies.
- A domain stands for its publisher: the known name (`config/credits.toml`), else the domain's own label in words
  ("daily-news.example" → "Daily News"), and only when the line gives no name beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from cleancopy.decide.dates import DateReader
from cleancopy.decide.wordlists import known_fields, strings, table_at
from cleancopy.errors import ConfigurationError
from cleancopy.model import Credit, CreditRole

MAX_LINE = 300
"""Characters; longer lines are prose."""
MAX_NAME_WORDS = 6
MAX_UNOPENED_WORDS = 18
"""Words of a line whose author no phrase announces; longer ones are teasers."""

REMEMBERED = 20_000
"""Lines whose reading is kept: a line is asked about several times, and pages of a site repeat them."""

_LONGEST_OPENER = 80
"""Characters: more than the longest opening phrase with its subject."""

_ROLES = tuple(role for role in CreditRole if role is not CreditRole.AGENCY)
_WORD_LISTS = (
    "subjects", "and", "with", "through", "honorifics", "degrees", "jobs", "organisation", "collective", "anonymous",
    "places", "not_names", "portraits",
)  # fmt: skip
_LETTERS = re.compile(r"[^\W\d_]+")
_MC = re.compile(r"^Mc([a-z])")
_DECORATION = re.compile(r"^(?:[\s*_#>•·∙▪◦‣●+|~=✍️📷📸🖊️–—-]+|o\s(?=[A-Z]))")
_LINK = re.compile(r"!?\[([^\[\]]{1,200})\]\([^()\s]{1,500}\)")
_SEPARATOR = re.compile(r"\s*[|•·∙⋅●]\s*|\s+[–—-]+\s+|\s+//?\s+|\s*—\s*|\t+|\s*\.\s*(?=Read the original|Lees|Lire)")
_CUT = re.compile(r"\S+@\S+\.\w+|@\w+|https?://\S+")
_DOMAIN = re.compile(
    r"(?:https?://)?(?:www\d?\.)?((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}[a-z]{2,18})/?", re.IGNORECASE
)
_NICKNAME = re.compile(r"((?:^|(?<=[,;&]\s))[^\W\d_]+ \([^\W\d_]{2,20}\) (?=[^\W\d_a-z]))")
_BRACKETS = re.compile(r"\s*[()\[\]]\s*")
_EVIDENCE = re.compile(r"\d|,|[|•·–—/]")
_PREFIXED = re.compile(r"(?:d|l|al|el|de|du|van|von|dell|mc|ibn)['’-]?[^\W\d_a-z]")
"""A name whose first letter is small ("d'Arc", "al-Amin")."""
_VOWEL = re.compile(r"[AEIOUY]")
_SENTENCE_END = re.compile(r"[.!?…]['\"”’»)]?$")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’.\-‐][^\W\d_]+)*\.?|\([^\W\d_]+\)")
_OPENING = re.compile(r"\s*[:：]\s*|\s*[|/]\s*|\s+[–—-]\s+|\s+|(?=[^\x00-\u2fff])")
_SEAM = re.compile(r"(?<=[a-zß-öø-ÿа-яё])(?=[A-ZÀ-ÖØ-ÞА-ЯЁ])")
"""Where one word may run into the next ("ByJane Doe"), as renderers that drop spaces leave them."""
_COLON = re.compile(r"\s*[:：/|]\s*|\s+[–—-]\s+")
_DATELINE = re.compile(
    r"^(?P<place>[^\W\d_a-z][^()\n/–—]{0,70}?)?\s*[(/]\s?(?P<name>[^()/\n]{2,40}(?:/[^()/\n]{2,20})?)\s?[)/]\.?\s*(?P<dash>--|[—–:‐-])"
)
_BARE_DATELINE = re.compile(r"^(?P<place>[^\W\d_a-z][^()\n/–—:]{1,60}?)\s(?P<name>[^\W_][\w-]{1,20})\s?[–—]\s")
_CLOSING = re.compile(r"[(/\[]\s?(?P<name>[^()/\[\]\n]{2,60}(?:/[^()/\[\]\n]{2,30}){0,3})\s?[)/\]]\s*$")

_RIGHTS = re.compile(
    r"(?:\w+\s)?(?:(?:copyright|©|\(c\))[\s,:©-]*)+(?:by\s)?"
    r"(?:(?:(?:19|20)\d\d[\s,–-]*){1,3}(?:©\s*)?(?:by\s)?(?P<after>[^\W\d_].{3,80})|(?P<before>[^\W\d_]\D{3,60}?)\W{1,3}(?:19|20)\d\d\b)",
    re.IGNORECASE,
)
"""Who holds the rights, since when; the year stands before or after."""
_RIGHTS_END = re.compile(r"[.,|·•∙–—]\s|[.|·•∙]|\s-\s|$")

_CLOSERS = frozenset(")/]")
_WORD = re.compile(r"\d*[^\W\d_]*(?:['’.&-][^\W\d_]+)*[.!]?")
"""A word of an organisation's name; it may open with a number ("3M"), not end with one that runs into it."""
_SENTENCES = re.compile(r"[^\W\d_A-Z]{3}[.!?]\s+[^\W\d_a-z]")
_MARKS = '*_`:：()[]（）【】"“”'


class _Kind(Enum):
    """What one piece of a credit line is."""

    PERSON = auto()
    COLLECTIVE = auto()
    ORGANISATION = auto()
    AGENCY = auto()
    PUBLISHER = auto()
    NOBODY = auto()
    AFFILIATION = auto()
    PLACE = auto()
    """Where the one before works, wrote or published: a town, an employer, a section of the site."""


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: _Kind
    name: str = ""
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class _Opener:
    """A phrase that opens a credit. A strict one is several words or followed by a colon; a loose one is also
    ordinary prose.
    """

    role: CreditRole
    phrase: str
    end: int
    strict: bool


@dataclass(frozen=True, slots=True)
class Organisation:
    name: str
    domain: str | None
    agency: bool


class CreditReader:
    """Reads credits. Build it once with `from_mapping`; immutable but for the lines that it remembers."""

    def __init__(
        self,
        *,
        phrases: Mapping[str, Sequence[tuple[str, bool, CreditRole]]],
        words: Mapping[str, frozenset[str]],
        organisations: Mapping[str, Organisation],
        domains: Mapping[str, Organisation],
        particles: frozenset[str],
        articles: frozenset[str],
        surnames: frozenset[str],
        places: frozenset[str],
        dates: DateReader,
    ) -> None:
        self._phrases = phrases
        self._words = words
        listed = [(phrase, role) for known in phrases.values() for phrase, _, role in known]
        self._openers = dict(sorted(listed, key=lambda opener: opener[1] is CreditRole.AUTHOR))
        self._opener_ends = {phrase.split()[-1].strip(_MARKS) for phrase in self._openers}
        self._organisations = organisations
        self._domains = domains
        self._particles = particles
        self._articles = articles
        self._surnames = surnames
        self._places = places
        self._dates = dates
        self._subjects: dict[str, list[str]] = {}
        for subject in sorted(words["subjects"], key=lambda phrase: (-len(phrase), phrase)):
            self._subjects.setdefault(_first(subject), []).append(subject)
        joined = sorted(words["and"] | words["with"] | words["through"] | {"&"}, key=lambda word: (-len(word), word))
        spaced = [re.escape(word) for word in joined if word[0].isascii() or word[0].isalpha()]
        self._split = re.compile(
            rf"\s*[,，、;]\s*(?:(?:{'|'.join(spaced)})\s+)?|\s+(?P<joiner>{'|'.join(spaced)})\s+|(?<=\w)\s*/\s*(?=\w)",
            re.IGNORECASE,
        )
        self._with = words["with"]
        self._apart = words["with"] | words["through"]
        labels = sorted(words["portraits"], key=lambda text: (-len(text), text))
        self._portrait_starts = {label.split()[0] for label in labels if " " in label}
        self._portrait_ends = {label.split()[-1] for label in labels}
        before = "|".join(re.escape(label) for label in labels if " " in label)
        after = "|".join(map(re.escape, labels))
        self._portrait = re.compile(rf"^(?:{before})(?![^\W_])\s*|(?<=[\w.])(?:['’]s)?\s(?:{after})$", re.IGNORECASE)
        self._text = lru_cache(maxsize=REMEMBERED)(self._text_of)
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._read)

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any], source: str, *, dates: DateReader) -> CreditReader:
        """The reader that `data` (a parsed `credits.toml`) describes; `dates` finds the dates to cut out of bylines.

        Raises ConfigurationError naming `source`, the entry and the field for an unknown or missing field, an empty
        list, a duplicate within a list, or an organisation's spelling that stands for two.
        """
        known_fields(data, {"agency", "publishers", "languages", "names"}, source, "the file")
        organisations: dict[str, Organisation] = {}
        domains: dict[str, Organisation] = {}
        agencies = data.get("agency")
        if not isinstance(agencies, list) or not agencies:
            raise ConfigurationError(f"{source}: agency must hold at least one [[agency]] entry")
        for number, entry in enumerate(agencies, 1):
            where = f"agency {number}"
            if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str) or not entry["name"]:
                raise ConfigurationError(f"{source}: {where} needs a name")
            where = f"agency {entry['name']!r}"
            known_fields(entry, {"name", "domain", "variants"}, source, where)
            domain = _domain(entry.get("domain"), source, f"{where}: domain")
            organisation = Organisation(entry["name"], domain, agency=True)
            _claim(domains, domain, organisation, source)
            for name in [entry["name"], *strings(entry.get("variants"), source, f"{where}: variants", empty=True)]:
                _claim(organisations, name, organisation, source)
        for domain, names in table_at(data, "publishers", source).items():
            _domain(domain, source, "publishers")
            listed = strings(names, source, f"publishers.{domain}")
            organisation = Organisation(listed[0], domain, agency=False)
            _claim(domains, domain, organisation, source)
            for name in listed:
                organisations.setdefault(name, organisation)
        phrases: dict[str, list[tuple[str, bool, CreditRole]]] = {}
        words: dict[str, set[str]] = {field: set() for field in _WORD_LISTS}
        for language, entry in table_at(data, "languages", source).items():
            where = f"languages.{language}"
            if not isinstance(entry, Mapping):
                raise ConfigurationError(f"{source}: {where} must be a table, not {type(entry).__name__}")
            known_fields(entry, {*(role.value for role in _ROLES), *_WORD_LISTS}, source, where)
            for role in _ROLES:
                for phrase in strings(
                    entry.get(role.value, []), source, f"{where}.{role}", empty=role.value not in entry
                ):
                    text = phrase.casefold().rstrip(":/")
                    known = phrases.setdefault(_first(text), [])
                    same = next((place for place, item in enumerate(known) if item[0] == text), None)
                    if same is None:
                        known.append((text, phrase.endswith((":", "/")), role))
                    elif known[same][2] is role and not phrase.endswith((":", "/")):
                        known[same] = (text, False, role)
            for field in _WORD_LISTS:
                listed = strings(entry.get(field, []), source, f"{where}.{field}", empty=field not in entry)
                words[field].update(word.casefold().rstrip(".") for word in listed)
        for known in phrases.values():
            known.sort(key=lambda item: (-len(item[0]), item[0]))
        names = table_at(data, "names", source)
        known_fields(names, {"particles", "articles", "surnames", "places"}, source, "names")
        return cls(
            phrases=phrases,
            words={field: frozenset(listed) for field, listed in words.items()},
            organisations=organisations,
            domains=domains,
            particles=frozenset(strings(names.get("particles"), source, "names.particles")),
            articles=frozenset(strings(names.get("articles"), source, "names.articles")),
            surnames=frozenset(name.casefold() for name in strings(names.get("surnames"), source, "names.surnames")),
            places=frozenset(place.casefold() for place in strings(names.get("places"), source, "names.places")),
            dates=dates,
        )

    def read(self, line: str, *, expect: CreditRole | None = None, likely: bool = False) -> tuple[Credit, ...]:
        """The credits that `line` states, in its order; empty where it states none. Every one keeps `line` as `raw`.

        expect: what the caller believes the line to be (because it is a metadata field, or nothing but names); a bare
                name or a handle then counts, as that role. Without it only lines that show what they are give credits.
        likely: the line probably is a byline (a model says so): what follows "by" may then be a handle or an unknown
                organisation, and a name before a job title needs no date beside it.
        """
        if len(line) > MAX_LINE:
            return ()
        return self._remembered(line, expect, likely)

    def _read(self, line: str, expect: CreditRole | None, likely: bool) -> tuple[Credit, ...]:
        text = self._text(line)
        opener = self._opener(text) if text else None
        if not text or (
            opener is None
            and expect is None
            and not likely
            and (text.count(" ") > 2 * MAX_UNOPENED_WORDS or not _EVIDENCE.search(text))
        ):
            return ()
        if opener is not None and opener.role is CreditRole.PUBLISHER:
            return self._source(text[opener.end :], opener, line, expect)
        text, dated = self._dates.without_dates(text)
        bare, counted = self._dates.without_counts(text)
        if (
            opener is None
            and expect is None
            and not (likely or dated or counted or "," in text or _SEPARATOR.search(text))
        ):
            return ()
        segments = [_once(segment) for segment in _SEPARATOR.split(bare) if segment and segment.strip(" ,.:|")]
        if not segments:
            return ()
        credits: list[Credit] = []
        opened = False
        for segment in segments:
            segment = segment.strip(" ,:|")
            opener = self._opener(segment)
            if opener is not None:
                sure = dated or counted or expect is not None or likely
                found = self._opened(segment[opener.end :], opener, line, sure=sure, likely=likely)
                if not found and not opened and segment is segments[0].strip(" ,:|") and not opener.strict:
                    return ()
                credits.extend(found)
                opened = opened or bool(found)
            elif opened and (piece := self._known(segment)):
                credits.append(self._credit(piece, CreditRole.AUTHOR, line))
        if not credits and not opened:
            credits.extend(self._unopened(segments, line, evidence=dated or counted, likely=likely, expect=expect))
        return _unique(credits)

    def _text_of(self, line: str) -> str:
        """What `line` says without its decoration."""
        return self._unlabelled(self._unglued(_plain(line)))

    def _unglued(self, text: str) -> str:
        """`text` with a space where a date, its label, or a phrase that opens a credit runs into its neighbour."""
        if not _SEAM.search(text):
            return text
        text = self._dates.unglued(text)
        pieces, at = [], 0
        for seam in _SEAM.finditer(text):
            before, after = text[at : seam.start()], text[seam.start() :]
            if self._is_opener(before) or ((opener := self._opener(after)) is not None and opener.strict):
                pieces.append(before)
                at = seam.start()
            elif _first(after).casefold() in self._words["places"]:  # "Jane DoeIn Travel": a section
                pieces.extend((before, "|"))
                at = seam.start()
        return " ".join([*pieces, text[at:]])

    def _is_opener(self, text: str) -> bool:
        """Whether `text` is nothing but a phrase that opens a credit."""
        folded = text.casefold().strip(" :")
        return folded in self._openers

    def _unlabelled(self, text: str) -> str:
        """`text` without the words that say it describes somebody's picture ("Headshot of Jane Doe")."""
        words = text.split()
        if not words or (
            words[0].casefold() not in self._portrait_starts and words[-1].casefold() not in self._portrait_ends
        ):
            return text
        return self._portrait.sub("", text).strip()

    def opens(self, line: str, *, joiner: bool = False) -> bool:
        """Whether `line` is nothing but a phrase that opens an author credit ("By", "Published on 3 May 2024 by"), or
        a joining word.
        """
        return self.announces(line) is CreditRole.AUTHOR if not joiner else self._joins(line)

    def announces(self, line: str) -> CreditRole | None:
        """The role of the credit on the next line, where `line` is nothing but the phrase that opens it ("By")."""
        words = line[-40:].rsplit(None, 1)
        if len(line) > 60 or not words or words[-1].casefold().strip(_MARKS) not in self._opener_ends:
            return None
        text = _plain(line).casefold().rstrip(" :")
        role = self._openers.get(text)
        if role is None and text.rpartition(" ")[2] in self._openers and any(map(str.isdigit, text)):
            text, dated = self._dates.without_dates(_plain(line))
            text = _SEPARATOR.sub(" ", self._dates.without_counts(text)[0]).strip(" :").casefold()
            role = self._openers.get(text.rpartition(" ")[2]) if dated and text.count(" ") < 2 else None
        return role

    def _joins(self, line: str) -> bool:
        """Whether `line` is nothing but a word or mark between two names."""
        text = line.strip(" ,").casefold() if len(line) < 10 else line
        return text in self._words["and"] or text == "&" or line.strip() == ","

    def bare_name(self, line: str) -> bool:
        """Whether `line` looks like one or several people's names and nothing else: two to four capitalised words
        each.
        """
        if not 4 <= len(line) <= 120 or line[0].islower():
            return False
        text = _once(self._text(line))
        if not text or text[0].islower() or not self._starts_like_names(text) or any(map(str.isdigit, text)):
            return False
        if "," not in text and "&" not in text and text.count(" ") > 6:
            return False
        pieces = self._pieces(text)
        if not pieces or len(pieces) > 8 or any(joiner in self._apart for _, joiner in pieces):
            return False
        tokens = pieces[0][0].split()
        if any(self._known(" ".join(tokens[:end])) for end in (1, 2)):
            return False  # "Reuters Health & Science"
        while len(tokens) > 2 and tokens[0].casefold().rstrip(".") in self._words["honorifics"]:
            tokens = tokens[1:]
        if len(tokens) > 2 and self._known(" ".join(tokens[2:])) is not None:
            tokens = tokens[:2]  # "Jane Doe USA TODAY"
        if 2 <= len(tokens) <= 6 and tokens[-1].casefold() in self._words["collective"]:
            return self._is_title(tokens) and not self._is_small(tokens[0].casefold())
        return (
            2 <= len(tokens) <= 4
            and self._is_name(tokens, opened=False)
            and not any(
                token.casefold() in self._words["organisation"] or token.casefold() in self._words["jobs"]
                for token in tokens
            )
        )

    def holder(self, line: str) -> Credit | None:
        """The person to whom a line gives the rights with a year ("© 2012–2025 Jane Doe. All rights reserved."), None
        for an organisation.

        Who owns a site of her own also writes it; it says so where nothing else does.
        """
        match = _RIGHTS.match(line[:MAX_LINE])
        if match and any(word.casefold() in self._words["organisation"] for word in _LETTERS.findall(match[0])):
            return None
        name = _RIGHTS_END.split(match["after"] or match["before"], maxsplit=1)[0].strip() if match else ""
        if not self.bare_name(name):
            return None
        credits = self.read(name, expect=CreditRole.AUTHOR)
        return Credit(CreditRole.AUTHOR, credits[0].name, None, line) if len(credits) == 1 else None

    def _starts_like_names(self, text: str) -> bool:
        """Whether the second word can be part of a name; most lines fail here, before they are taken apart."""
        words = text.split(maxsplit=2)
        if len(words) < 2:
            return False
        second = words[1]
        key = second.casefold().rstrip(".,;")
        return (
            not second[0].islower()
            or key in self._particles
            or key in self._words["honorifics"]
            or key in self._words["collective"]
            or _PREFIXED.match(second) is not None
        )

    def lone_name(self, line: str, *, handle: bool = False) -> str | None:
        """The one capitalised word that a short line holds besides a date or a count ("Susan", "Susan 2 May 2024").

        It may name an author where the line stands for one; alone it says nothing.

        handle: one in small letters may, too.
        """
        if len(line) > 60:
            return None
        text = self._text(line)
        text = self._dates.without_counts(self._dates.without_dates(text)[0])[0]
        segments = [segment.strip(" ,:|-–—") for segment in _SEPARATOR.split(text) if segment.strip(" ,.:|-–—")]
        if len(segments) != 1:
            return None
        name = _once(segments[0])
        key = name.casefold()
        if (
            f"{name}:" in line  # a label
            or not 3 <= len(name) <= 30
            or not name.isalpha()
            or not (name[0].isupper() or handle)
            or self._dates.is_calendar_word(name)
        ):
            return None
        listed = any(
            key in self._words[field] for field in ("not_names", "anonymous", "jobs", "honorifics", "organisation")
        )
        return None if listed or self._is_opener(name) or self._dates.is_label(name) else name

    def dateline(self, text: str) -> Credit | None:
        """The agency of a dateline at the start of a paragraph ("KYIV, Ukraine (AP) —") or in brackets at its end
        ("(dpa)").

        `raw` is that piece alone; the paragraph itself stays as it is. None where no known agency stands there.
        """
        head = text[:120]
        match = None
        # Few paragraphs hold the signs of a dateline; the others are not looked at.
        if "(" in head or "/" in head:
            match = _DATELINE.match(head)
        organisation = self._agency(match["name"]) if match else None
        if organisation is None and (" – " in head or " — " in head):
            match = _BARE_DATELINE.match(head)
            organisation = self._agency(match["name"]) if match else None
        if match is not None and organisation is not None:
            return Credit(CreditRole.AGENCY, organisation.name, organisation.domain, match[0].strip())
        tail = _CLOSING.search(text[-100:]) if text.rstrip()[-1:] in _CLOSERS else None
        if tail is not None and (organisation := self._agency(tail["name"])) is not None:
            return Credit(CreditRole.AGENCY, organisation.name, organisation.domain, tail[0].strip())
        return None

    def publisher(self, domain: str) -> Credit:
        """The publisher that stands behind a domain: its known name, else the domain's own label in words."""
        host = domain.casefold().removeprefix("www.")
        known = self._by_domain(host)
        if known is not None:
            return Credit(CreditRole.AGENCY if known.agency else CreditRole.PUBLISHER, known.name, known.domain, domain)
        return Credit(CreditRole.PUBLISHER, _label(host), host, domain)

    def _opener(self, text: str) -> _Opener | None:
        folded = text[:_LONGEST_OPENER].casefold()
        if len(folded) != min(len(text), _LONGEST_OPENER):  # a letter that folds to two (ß, İ): positions would shift
            folded = text[:_LONGEST_OPENER].lower()
        first = _first(folded)
        if first not in self._phrases and first not in self._subjects:
            return None
        start = 0
        for subject in self._subjects.get(first, ()):
            if folded.startswith(subject + " "):
                start = len(subject) + 1
                break
        opener = self._phrase_at(text, folded, start)
        return opener or (self._phrase_at(text, folded, 0) if start else None)

    def _phrase_at(self, text: str, folded: str, start: int) -> _Opener | None:
        for phrase, needs_colon, role in self._phrases.get(_first(folded[start:]), ()):
            if not folded.startswith(phrase, start):
                continue
            end = start + len(phrase)
            if colon := _COLON.match(text, end):
                return _Opener(role, phrase, colon.end(), strict=True)
            if needs_colon:
                continue
            gap = _OPENING.match(text, end)
            if gap is None or gap.end() >= len(text):
                continue
            return _Opener(role, phrase, gap.end(), strict=bool(start) or " " in phrase)
        return None

    def _opened(self, text: str, opener: _Opener, line: str, *, sure: bool, likely: bool) -> list[Credit]:
        """The credits behind an opener: every piece must be understood; those before the first that is not are enough
        for a strict one, and where anything else makes `sure` that it opens a credit.
        """
        while opener.role is CreditRole.AUTHOR and (again := self._opener(text)) and again.role is opener.role:
            text, opener = text[again.end :], again if again.strict else opener  # "Author: Posted by Jane Doe"
        if not opener.strict and _SENTENCE_END.search(text) and not _initial_end(text) and len(text.split()) > 6:
            return []
        if self._names_itself(opener, text, sure=sure):
            return []
        credits: list[Credit] = []
        role, employed, attached = opener.role, False, False
        text = _once(text.strip(" ,:|"))
        loose = not (opener.strict or sure)
        split = self._pieces(text)
        for place, (piece_text, joiner) in enumerate(split):
            if joiner in self._with and credits and role is CreditRole.AUTHOR:
                role = CreditRole.CONTRIBUTOR
            inner = self._opener(piece_text) if credits else None
            if inner is not None and inner.strict:
                piece_text, role = piece_text[inner.end :], inner.role
            first = not credits or inner is not None
            pieces = self._piece(piece_text, first=first, strict=not loose or employed, opened=True)
            if pieces is None and likely and first and (name := self._titled(piece_text)):
                pieces = [_Piece(_Kind.ORGANISATION, name)]
            if pieces is None:
                if loose:
                    return []
                break
            for piece in pieces:
                if (
                    piece.kind is _Kind.PERSON
                    and not first
                    and " " not in piece.name
                    and not _caseless(piece.name)
                    and not joiner
                ):
                    continue  # "Jane Doe, Kyiv": a single word after a comma is a place
                if piece.kind in (_Kind.AFFILIATION, _Kind.PLACE, _Kind.NOBODY):
                    employed = employed or self._is_job(piece_text)
                    attached = True
                    continue
                if piece.kind is _Kind.PERSON and attached and credits and inner is None:
                    if employed and not joiner and place == len(split) - 1:
                        continue  # "Jane Doe, Director, Example Lines": where she works
                    if " " not in piece.name or not self._is_name(piece.name.split(), opened=False):
                        continue  # "Jane Doe, Head of Marketing and Community Development"
                if piece.kind is _Kind.ORGANISATION and credits and role is not CreditRole.PHOTOGRAPHER:
                    continue  # an author's affiliation
                credits.append(self._credit(piece, role, line))
        return credits

    def _is_job(self, text: str) -> bool:
        return any(word.casefold().rstrip(".s") in self._words["jobs"] for word in _TOKEN.findall(text))

    def _names_itself(self, opener: _Opener, text: str, *, sure: bool) -> bool:
        """Whether a one-word opener is part of a name ("von der Leyen", "Di Stefano") rather than "by".

        Beside a date or where a byline is expected one word more is a name of its own ("5. Mai 2024 von Jana").
        """
        if opener.strict or opener.phrase not in self._particles:
            return False
        words = text.split()
        if not words or words[0] in self._particles:
            return bool(words)
        return len(words) == 1 and not sure and self._known(words[0]) is None

    def _source(self, text: str, opener: _Opener, line: str, expect: CreditRole | None) -> tuple[Credit, ...]:
        """What follows "Source:" or "originally published on": organisations and domains, at times people."""
        text, _ = self._dates.without_dates(text)
        head = re.split(r"(?<=[^\W\d_]{3})\.\s|\s[|–—]\s", text, maxsplit=1)[0].strip(" |,.;:")
        if not head:
            return ()
        credits: list[Credit] = []
        domain = _DOMAIN.fullmatch(head)
        if domain is not None and head != head.upper():
            credit = self.publisher(domain[1])
            return (Credit(credit.role, credit.name, credit.domain, line),)
        named_domain = re.fullmatch(r"(.{2,60}?)\s*[(,]\s*(\S{4,60}?)\)?", head)
        if (
            named_domain
            and (domain := _DOMAIN.fullmatch(named_domain[2]))
            and (name := _organisation_name(named_domain[1]))
        ):
            known = self._known(name)
            host = domain[1].casefold()
            return (self._credit(known or _Piece(_Kind.PUBLISHER, name, host), CreditRole.PUBLISHER, line),)
        if (piece := self._known(head)) is not None:
            return (self._credit(piece, CreditRole.PUBLISHER, line),)
        for piece_text, _ in self._pieces(head):
            pieces = self._piece(piece_text, first=not credits, strict=True, opened=True)
            if pieces is None:
                name = _organisation_name(piece_text)
                if not name:
                    break
                pieces = [_Piece(_Kind.ORGANISATION, name)]
            for piece in pieces:
                if (
                    piece.kind is _Kind.PERSON
                    and opener.phrase.startswith(("credit", "courtesy"))
                    and " " in piece.name
                ):
                    credits.append(self._credit(piece, expect or CreditRole.PHOTOGRAPHER, line))
                elif piece.kind not in (_Kind.AFFILIATION, _Kind.PLACE, _Kind.NOBODY):
                    credits.append(self._credit(piece, CreditRole.PUBLISHER, line))
        return _unique(credits)

    def _unopened(
        self, segments: Sequence[str], line: str, *, evidence: bool, likely: bool, expect: CreditRole | None
    ) -> list[Credit]:
        """An author that no phrase announces: a name beside a date, a reading time or a job title, or an expected
        one.
        """
        if expect is None and (len(line.split()) > MAX_UNOPENED_WORDS or (likely and _SENTENCES.search(line))):
            return []
        jobs = [len(segment.split()) <= 5 and self._is_job(segment) for segment in segments]
        for place, segment in enumerate(segments):
            segment = segment.strip(" ,:|")
            credits: list[Credit] = []
            affiliated, collective = any(jobs[place + 1 : place + 2]), False
            for piece_text, joiner in self._pieces(segment):
                pieces = self._piece(
                    piece_text, first=not credits, strict=likely or expect is not None, opened=expect is not None
                )
                if pieces is None:
                    credits = []
                    break
                for piece in pieces:
                    collective = collective or piece.kind is _Kind.COLLECTIVE
                    affiliated = affiliated or piece.kind in (_Kind.AFFILIATION, _Kind.AGENCY, _Kind.PUBLISHER)
                    if (
                        piece.kind is _Kind.PERSON
                        and credits
                        and " " not in piece.name
                        and not joiner
                        and not _caseless(piece.name)
                    ):
                        continue
                    if piece.kind is _Kind.PERSON and expect is None and not 2 <= len(piece.name.split()) <= 4:
                        continue
                    if piece.kind in (_Kind.PERSON, _Kind.COLLECTIVE) or (
                        piece.kind in (_Kind.AGENCY, _Kind.PUBLISHER) and (credits or expect)
                    ):
                        credits.append(self._credit(piece, expect or CreditRole.AUTHOR, line))
                    elif piece.kind is _Kind.ORGANISATION and expect is not None and not credits:
                        credits.append(self._credit(piece, expect, line))
            people = any(credit.role is (expect or CreditRole.AUTHOR) for credit in credits)
            affiliated = affiliated or (likely and collective)
            if credits and (expect is not None or (people and (evidence or affiliated))):
                return credits
        return []

    def _pieces(self, text: str) -> list[tuple[str, str]]:
        """`text` split at commas and joining words; with each piece the word that joined it to the one before."""
        if "@" in text or "://" in text:
            text = _CUT.sub(",", text)
        if _BRACKETS.search(text):
            text = "".join(
                part if place % 2 else _BRACKETS.sub(",", part) for place, part in enumerate(_NICKNAME.split(text))
            )
        whole = text.strip(" ,.|")
        if self._known(whole) is not None:
            return [(whole, "")]
        pieces: list[tuple[str, str]] = []
        at, joiner = 0, ""
        for match in self._split.finditer(text):
            pieces.append((text[at : match.start()], joiner))
            at = match.end()
            joiner = (match["joiner"] or match[0].strip(" ,，")).casefold()
        pieces.append((text[at:], joiner))
        return [(piece.strip(' ,:|"“”'), joiner) for piece, joiner in pieces if piece.strip(' ,:.|"“”')]

    def _piece(self, text: str, *, first: bool, strict: bool, opened: bool) -> list[_Piece] | None:
        """What one piece says, None where it is nothing that belongs in a credit line."""
        if (known := self._known(text)) is not None:
            return [known]
        folded = text.casefold().rstrip(".")
        words = self._words
        if folded in words["anonymous"]:
            return [_Piece(_Kind.NOBODY if first else _Kind.AFFILIATION)]
        if not first and (folded in words["degrees"] or folded in self._places):
            return [_Piece(_Kind.AFFILIATION)]
        tokens = text.split()
        keys = [token.casefold().strip(".:") for token in tokens]
        start = 0
        while (
            start < len(tokens) - 1
            and keys[start] in words["honorifics"]
            and (tokens[start].endswith(".") or tokens[start][0].isupper())
        ):
            start += 1
        tokens, keys = tokens[start:], keys[start:]
        while (
            len(tokens) > 1
            and keys[-1] in words["degrees"]
            and (tokens[-1].isupper() or not tokens[-1].isalpha() or keys[-1] in ("phd", "esq"))
        ):
            tokens, keys = tokens[:-1], keys[:-1]
        tail: list[_Piece] = []
        if cut := self._name_ends(tokens, keys, opened=opened):
            tokens, keys = tokens[:cut], keys[:cut]
            tail = [_Piece(_Kind.PLACE)]
        for place in range(1, len(tokens)):
            if opened and place == len(tokens) - 1 and keys[place] in words["places"] and tokens[place].islower():
                tokens, keys = tokens[:place], keys[:place]  # "Jane Doe at", before a time of day
                break
            if keys[place] in words["places"] and tokens[place].islower():
                if not (opened or strict):
                    return None
                if place < 2 and not strict and not self._is_name(tokens[:1], opened=opened):
                    return None
                if self._known(" ".join(tokens)) is None:
                    rest = " ".join(tokens[place + 1 :])
                    known = self._known(rest)
                    tail = [known or _Piece(_Kind.PLACE)]
                    if not rest or not (rest[0].isupper() or rest[0].isdigit() or strict or _caseless(rest)):
                        return None
                    tokens, keys = tokens[:place], keys[:place]
                break
        job = next((place for place, key in enumerate(keys) if key in words["jobs"]), None)
        for place in range(2, len(tokens)):
            for end in (job or len(tokens), len(tokens)):
                known = self._known(" ".join(tokens[place:end]))
                if known is not None and self._is_name(tokens[:place], opened=opened):
                    name = _recase(" ".join(tokens[:place]), self._particles)
                    return [_Piece(_Kind.PERSON, name), known, *tail]
        if (
            any(key in words["collective"] for key in keys[-1:])
            and (first or opened)
            and (opened or strict or len(tokens) > 1)
        ):
            if len(tokens) > 2 and tokens[0].islower() and keys[0] in self._articles and self._is_title(tokens[1:]):
                tokens = [tokens[0].capitalize(), *tokens[1:]]  # "by the Example Team"
            name = " ".join(tokens)
            if len(tokens) > 1 and tokens[0][0].isupper() and (opened or not self._is_small(keys[0])):
                if (known := self._known(" ".join(tokens[:-1]))) is not None:
                    return [known]
                return [_Piece(_Kind.COLLECTIVE, _recase(name, self._particles)), *tail]
        jobs = [key for key in keys[job:] if key in words["jobs"]] if job else []
        named = opened or any(key not in words["organisation"] for key in jobs)  # "Example Lines Health" is nobody
        if first and strict and keys[0] in words["collective"] and self._is_team(tokens):
            return [_Piece(_Kind.COLLECTIVE, " ".join(tokens)), *tail]
        if job is not None and job >= 2 and named and self._is_name(tokens[:job], opened=opened):
            return [
                _Piece(_Kind.PERSON, _recase(" ".join(tokens[:job]), self._particles)),
                _Piece(_Kind.AFFILIATION),
                *tail,
            ]
        if (
            opened
            and strict
            and first
            and len(tokens) > 1
            and keys[-1] in words["organisation"]
            and self._is_title(tokens)
        ):
            return [_Piece(_Kind.ORGANISATION, " ".join(tokens)), *tail]
        if job is not None and not (
            first
            and len(tokens) == 2
            and job == 1
            and opened
            and tokens[1][0].isupper()
            and not tail
            and keys[1] not in ("staff", "writer", "editor", "reporter")
        ):
            return [_Piece(_Kind.AFFILIATION), *tail] if not first or strict else None
        organisational = any(key in words["organisation"] for key in keys) or (keys[0] == "the" and len(tokens) > 1)
        if organisational and (first or opened) and self._is_title(tokens):
            signed = _organisation_name(" ".join(tokens))
            if not signed or (keys[0] == "the" and not strict):
                return None
            return [_Piece(_Kind.ORGANISATION, signed), *tail]
        if self._is_name(tokens, opened=opened) and not organisational:
            return [_Piece(_Kind.PERSON, _recase(" ".join(tokens), self._particles)), *tail]
        if (
            strict
            and opened
            and len(tokens) == 1
            and first
            and re.fullmatch(r"[\w.\-]{3,30}", tokens[0])
            and not tokens[0].isdigit()
            and keys[0] not in words["not_names"]
        ):
            return [_Piece(_Kind.PERSON, tokens[0]), *tail]
        if strict and opened and not first and len(tokens) <= 8:
            return [_Piece(_Kind.AFFILIATION)]
        return None

    def _name_ends(self, tokens: Sequence[str], keys: Sequence[str], *, opened: bool) -> int:
        """Where something else follows a name of two words or more without a mark between them; 0 where nothing does.

        A label ("Jane Doe Categories:"), a section or employer ("Jane Doe In Travel"), letters behind the name ("Jane
        Doe CPP"), or the words of a link that make too long a name ("Jane Doe View In Digital Edition").
        """
        words = self._words
        for place in range(1, len(tokens)):
            label = tokens[place].endswith(":")
            section = keys[place] in words["places"] and len(keys[place]) > 1 and tokens[place].istitle()
            linked = len(tokens) > 4 and keys[place] in words["not_names"] and tokens[place][0].isupper()
            if label or (opened and place > 1 and (section or linked)):
                return place if self._is_name(tokens[:place], opened=True) else 0
        last = len(tokens) - 1
        letters = tokens[last]
        if last > 1 and letters.isalpha() and letters.isupper() and 1 < len(letters) < 6 and not _VOWEL.search(letters):
            return 0 if keys[last] in words["organisation"] or all(map(str.isupper, tokens)) else last
        return 0

    def _is_small(self, word: str) -> bool:
        """Whether no name of a group begins with the word ("Back to the Newsroom"), as one may with an article."""
        return word in self._words["not_names"] and word not in self._articles

    def _is_team(self, tokens: Sequence[str]) -> bool:
        """Whether a word for a group opens a name ("Team Example Lines", "Redacción Ejemplo")."""
        return 1 < len(tokens) < 5 and all(
            token[0].isupper() and token.casefold() not in self._words["jobs"] for token in tokens
        )

    def _titled(self, text: str) -> str | None:
        """The name of an organisation that nothing is known of: few words, none of them small, no names of things."""
        tokens = text.split()
        if not 2 <= len(tokens) <= 5 or (
            tokens[0].casefold() in self._words["not_names"] and tokens[0].casefold() not in self._articles
        ):
            return None
        if not all(_WORD.fullmatch(token) and (not token[0].islower() or len(token) <= 3) for token in tokens):
            return None
        return _organisation_name(text) if self._unlabelled(text) == text else None

    def _is_name(self, tokens: Sequence[str], *, opened: bool) -> bool:
        """Whether these words can be a person's name; without an opener none of them may be a word that names lack."""
        if not 1 <= len(tokens) <= MAX_NAME_WORDS:
            return False
        proper = 0
        for place, token in enumerate(tokens):
            if not _TOKEN.fullmatch(token):
                return False
            key = token.casefold().rstrip(".")
            if (token.islower() and key in self._particles) or (key in self._particles and 0 < place < len(tokens) - 1):
                continue
            if token[0].islower() and not _PREFIXED.match(token):
                return False
            initial = len(token) == 2 and token[1] == "."
            if place == len(tokens) - 1 > 0 and key in self._surnames:
                continue
            if (
                (not opened or place == 0)
                and not initial
                and (key in self._words["not_names"] or self._dates.is_calendar_word(token))
            ):
                return False
            proper += 1
        return proper > 0 and not (len(tokens) > 1 and tokens[-1].islower())

    def _is_title(self, tokens: Sequence[str]) -> bool:
        """Whether every longer word is capitalised, as in an organisation's name."""
        if tokens[0][0].islower() or len(tokens) > 8:
            return False
        return all(
            not token[0].islower() or len(token) <= 3 or token.casefold() in self._words["collective"]
            for token in tokens
        )

    def _known(self, text: str) -> _Piece | None:
        text = text.strip(" .,:;|")
        organisation = self._organisations.get(text)
        if organisation is None and text.isupper() and len(text) > 5:
            organisation = self._organisations.get(text.title())
        if organisation is None and "." in text and (domain := _DOMAIN.fullmatch(text)):
            host = domain[1].casefold()
            organisation = self._by_domain(host)
            if organisation is None:
                if (
                    (text != text.casefold() and not text.startswith(("http", "www")))
                    or host.count(".") > 3
                    or len(host.split(".")[0]) < 2
                ):
                    return None
                return _Piece(_Kind.PUBLISHER, _label(host), host)
        if organisation is None:
            return None
        return _Piece(_Kind.AGENCY if organisation.agency else _Kind.PUBLISHER, organisation.name, organisation.domain)

    def _agency(self, text: str) -> Organisation | None:
        """The agency that `text` names, the first known one of several ("dpa/lno", "with inputs from PTI")."""
        for piece in [text, *re.split(r"[/,+]|\band\b|\bund\b|\s[–—-]\s|\bfrom\b", text)]:
            organisation = self._organisations.get(piece.strip(" ./"))
            if organisation is not None and organisation.agency:
                return organisation
        return None

    def _by_domain(self, host: str) -> Organisation | None:
        while host.count(".") >= 1:
            if (organisation := self._domains.get(host)) is not None:
                return organisation
            host = host.partition(".")[2]
        return None

    def _credit(self, piece: _Piece, role: CreditRole, line: str) -> Credit:
        if piece.kind is _Kind.AGENCY:
            role = CreditRole.AGENCY
        elif piece.kind is _Kind.PUBLISHER:
            role = CreditRole.PUBLISHER
        return Credit(role, piece.name, piece.domain, line)


def letters(text: str) -> str:
    """The letters of `text` alone, case-folded: how a site's name and an author's are compared."""
    return "".join(_TOKEN.findall(text)).casefold()


def _plain(line: str) -> str:
    """`line` without bullets, Markdown links and emphasis, and the brackets around the whole of it."""
    text = _LINK.sub(r"\1", line) if "](" in line else line
    if "*" in text or "_" in text or "`" in text:
        text = re.sub(r"\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|`", "", text)
    if decoration := _DECORATION.match(text):
        text = text[decoration.end() :]
    text = text.strip()
    while len(text) > 2 and (text[0], text[-1]) in (("(", ")"), ("[", "]"), ("（", "）"), ("【", "】")):
        text = text[1:-1].strip()
    return text.strip('"“” ')


def _once(text: str) -> str:
    """`text` without its second half where that repeats the first ("Jane Doe Jane Doe", "Jane DoeJane Doe")."""
    half = (len(text) + 1) // 2
    first, second = text[: len(text) // 2].strip(), text[half:].strip()
    return first if len(first) > 2 and first == second else text


def _recase(name: str, particles: frozenset[str]) -> str:
    """A name in capitals as it is normally written: particles small, Mc and O' kept; any other name unchanged."""
    name = name.strip(" ,;:")
    if name.endswith(".") and len(name.split()[-1]) > 4 and name.count(".") == 1:
        name = name[:-1]
    letters = list(filter(str.isalpha, name))
    if len(letters) < 4 or not all(map(str.isupper, letters)) or (" " not in name and len(letters) < 5):
        return name
    if any(len(word) > 2 and not _VOWEL.search(word) for word in name.split() if word.isascii() and "." not in word):
        return name  # an acronym is no name
    words = []
    for place, word in enumerate(name.split()):
        folded = word.lower()
        if place and folded in particles and folded not in ("st", "ste", "san", "santa", "abu", "e", "d"):
            words.append(folded)
        elif "." in word and len(word.replace(".", "")) <= 3:
            words.append(word)
        else:
            word = _LETTERS.sub(lambda match: match[0][0] + match[0][1:].lower(), word)
            words.append(_MC.sub(lambda match: "Mc" + match[1].upper(), word))
    return " ".join(words)


def _organisation_name(text: str) -> str | None:
    """`text` as an organisation's name where it can be one: short, capitalised, no sentence."""
    name = text.strip(' ,;:|"“”')
    words = name.split()
    if not words or len(words) > 8 or not any(character.isalpha() for character in name):
        return None
    if sum(word[0].islower() and len(word) > 3 for word in words) or (words[0][0].islower() and len(words) > 1):
        return None
    return name


def _label(host: str) -> str:
    """The registrable domain's own label in words: "blog.daily-news.co.uk" → "Daily News"."""
    from tld import get_tld

    parts = get_tld(host, fix_protocol=True, fail_silently=True, as_object=True)
    label = getattr(parts, "domain", None) or host.split(".")[-2]
    return " ".join(word.capitalize() for word in label.split("-") if word) or host


def _caseless(text: str) -> bool:
    """Whether the text is in a script without capitals, where a name may be one word."""
    return text[:1].isalpha() and text[0].lower() == text[0].upper()


def _initial_end(text: str) -> bool:
    """Whether the full stop at the end belongs to an abbreviation ("Jr.", "Ph.D.")."""
    last = text.rsplit(None, 1)[-1]
    return len(last) <= 4 or last.count(".") > 1


def _unique(credits: Iterable[Credit]) -> tuple[Credit, ...]:
    return tuple({(credit.role, credit.name): credit for credit in reversed(list(credits))}.values())[::-1]


def _first(text: str) -> str:
    """The first word of a phrase, or the first letter in a script without spaces: the key it is looked up by."""
    if text and not text[0].isascii() and _caseless(text):
        return text[0]
    match = _LETTERS.match(text)
    return match[0] if match else text[:1]


def _domain(value: object, source: str, where: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}", value):
        raise ConfigurationError(
            f"{source}: {where} is {value!r}; it must be a domain in lower case such as reuters.com"
        )
    return value


def _claim(table: dict[str, Organisation], key: str, organisation: Organisation, source: str) -> None:
    other = table.setdefault(key, organisation)
    if other != organisation:
        raise ConfigurationError(f"{source}: {key!r} stands for both {other.name!r} and {organisation.name!r}")
