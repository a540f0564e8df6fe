"""Who wrote, supplied, published, photographed, translated or edited a document, read from one line.

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
- A domain stands for its publisher: the known name (`config/languages/common.toml`), else the domain's own label in
  words ("daily-news.example" → "Daily News"), and only when the line gives no name beside it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from cleancopy.fields.credits.cutting import REMEMBERED, SEPARATOR, Cutter, once, plain, unmarked
from cleancopy.fields.credits.names import Names
from cleancopy.fields.credits.openers import Opener, Openers
from cleancopy.fields.credits.organisations import (
    GroupNames,
    Organisation,
    Organisations,
    domain_of,
    organisation_name,
)
from cleancopy.fields.credits.pieces import Kind, Piece, PieceReader
from cleancopy.fields.credits.vocabulary import Vocabulary
from cleancopy.fields.dates import DateReader
from cleancopy.fields.wordlists import Section
from cleancopy.model import Credit, CreditRole
from cleancopy.text import signs
from cleancopy.text.letters import WORDS, caseless

MAX_LINE = 300
"""Characters; longer lines are prose."""
MAX_UNOPENED_WORDS = 18
"""Words of a line whose author no phrase announces; longer ones are teasers."""

MOST_PICTURED = 8
"""Words of who made a picture, names and agency, where no phrase opens them."""
MOST_CASELESS = 3
"""Names on a line of nothing else, in a script without capitals: more are a menu."""
LONGEST_PICTURED = 120
"""Characters of a caption's end that says who made the picture."""
MOST_OUTLET = 4
"""Words of an unknown outlet behind a name."""
_COURTESY = ("credit", "courtesy", "crédit", "crédito", "source")
_PICTURING = (CreditRole.PHOTOGRAPHER, CreditRole.ILLUSTRATOR)
_PICTURED = Opener(CreditRole.PHOTOGRAPHER, "©", 0, strict=True)
_HAS_COLON = re.compile("[:：=＝／©]")
_CAPTION_START = re.compile(
    rf"^|[(\[（【]\s?|[{signs.ENDS}][{signs.CLOSING_CLASS}]?\s+|\s[|–—•·/-]\s+|[|•]\s?|(?=©)|(?=Copyright\s[^\W\d_])|\s+"
    rf"|(?<=[{signs.WIDE_ENDS}」』])"
)
_REPORTER = re.compile(r"[记記]者$|\s+$")
_CAPTION_END = re.compile(r"[)\]）】].*$|\s[|•]\s.*$")
_CAPTION_STOP = re.compile(r"(?=[)\]）】]|\s[|•]\s)")
"""Where `_CAPTION_END` begins."""
_SIGNS = ("©", "Copyright ")
_DANGLING = f" \u3000、{signs.OPENING_BRACKETS}|–—•·/-:：,，;；=＝©"
"""What parts a caption from its credit, and says nothing without it."""
_LAST_SENTENCE = re.compile(r"[.!?]\s+([^.!?()]{3,100})$")
_LAST_BRACKET = re.compile(r"[(\[（【]([^()\[\]（）【】]{3,100})[)\]）】]\s*\.?$")

LONGEST_LONE = 16
"""Characters of a name of one word that nothing announces: of 1,194 real pages none has a longer one, but three have
the name of a section in that place.
"""

_LISTED = re.compile(r"\s*[;；]\s*")
_EVIDENCE = re.compile(r"\d|,|[|•·–—/]")
_SENTENCE_END = re.compile(signs.SENTENCE_END)
_SENTENCES = re.compile(r"[^\W\d_A-Z]{3}[.!?]\s+[^\W\d_a-z]")
_HEAD_END = re.compile(r"(?<=[^\W\d_]{3})\.\s|\s[|–—]\s")
_NAME_AND_DOMAIN = re.compile(r"(.{2,60}?)\s*[(,]\s*(\S{4,60}?)\)?")
_RIGHTS = re.compile(
    rf"(?:\w+\s)?(?:{signs.COPYRIGHT}[\s,:©-]*)+(?:by\s)?"
    r"(?:(?:(?:19|20)\d\d[\s,–-]*){1,3}(?:©\s*)?(?:by\s)?(?P<after>[^\W\d_].{3,80})|(?P<before>[^\W\d_]\D{3,60}?)\W{1,3}(?:19|20)\d\d\b)",
    re.IGNORECASE,
)
"""Who holds the rights, since when; the year stands before or after."""
_ZIP = re.compile(r"\b[A-Z]{2} \d{5}(?:-\d{4})?$")
"""State and ZIP code end an American address, whose town may read as a name ("Snow Hill, MD 21863")."""
_RIGHTS_END = re.compile(r"[.,|·•∙–—]\s|[.|·•∙]|\s-\s|$")


@dataclass(frozen=True, slots=True)
class Pictured:
    """Who made a picture, as its caption says.

    text: what the caption says besides; "" where that is all.
    ends: the line ends with it, so that any line of text is a caption. A credit in the midst of a sentence may stand
          beside any name, and the sign of rights with one name alone below any text.
    """

    credits: tuple[Credit, ...]
    text: str
    ends: bool


@dataclass(slots=True)
class _Behind:
    """The credits behind an opener, as far as they have been read.

    role: what the next name is. attached, employed: something beside a name stood there, a job among it.
    """

    role: CreditRole
    line: str
    credits: list[Credit] = field(default_factory=list)
    attached: bool = False
    employed: bool = False


class CreditReader:
    """Reads credits. Build it once with `from_sections`; immutable but for the lines that it remembers."""

    def __init__(self, vocabulary: Vocabulary, organisations: Organisations, dates: DateReader) -> None:
        self.organisations = organisations
        self._words = vocabulary
        self._dates = dates
        self._names = Names(vocabulary, dates)
        self._groups = GroupNames(vocabulary)
        self._openers = Openers(vocabulary)
        self._cutter = Cutter(vocabulary, self._openers, organisations, dates)
        self._pieces = PieceReader(vocabulary, self._names, self._groups, organisations)
        self._pictures = self._openers.first_words(_opens_picture)
        self._taken_ends = tuple(vocabulary.taken)
        taken = "|".join(sorted(vocabulary.taken, key=len, reverse=True))
        self._taken = re.compile(rf"[＝=。，、\s（(](?P<name>[^＝=。，、（）()]{{2,16}}?)\s?(?:{taken})[)）]?$")
        self._apart = vocabulary.accompanying | vocabulary.through
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._read)

    @classmethod
    def from_sections(cls, languages: Mapping[str, Section], common: Section, *, dates: DateReader) -> CreditReader:
        """The reader of these languages' words; `common` has the tables `agency`, `publishers` and `names`, and `dates`
        finds the dates to cut out of bylines.

        Raises ConfigurationError naming the file, the entry and the field for an unknown or missing field, an empty
        list, a duplicate within a list, or an organisation's spelling that stands for two.
        """
        return cls(Vocabulary.from_sections(languages, common), Organisations.from_section(common), dates)

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

    def declared(self, text: str) -> tuple[Credit, ...]:
        """The authors that a field for them names: several are separated by `;`, and one may be written family name
        first ("Quill, Martha; Farrow, Owen J.").
        """
        names = [name for name in _LISTED.split(text) if name.strip()]
        credits = [credit for name in names for credit in self.read(self._in_order(name), expect=CreditRole.AUTHOR)]
        return _unique(replace(credit, raw=text) for credit in credits)

    def _in_order(self, name: str) -> str:
        """A name with the given name first, where a comma says that it is written the other way round."""
        family, comma, given = (part.strip() for part in name.strip().partition(","))
        if not comma or "," in given:
            return name
        first, last = given.split(), family.split()
        proper = [token for token in last if not token.islower()]
        taken = (
            self._words.degrees,
            self._words.jobs,
            self._words.organisation,
            self._words.collective,
            self._words.towns,
        )
        if (
            len(proper) != 1
            or not 1 <= len(first) <= 3
            or self.organisations.named(given) is not None
            or any(token.casefold().rstrip(".") in words for token in first for words in taken)
            or not self._names.is_name([*first, *last], opened=True)
        ):
            return name
        return f"{given} {family}"

    def opens(self, line: str, *, joiner: bool = False) -> bool:
        """Whether `line` is nothing but a phrase that opens an author credit ("By", "Published on 3 May 2024 by"), or
        a joining word.
        """
        return self._cutter.joins(line) if joiner else self.announces(line) is CreditRole.AUTHOR

    def announces(self, line: str) -> CreditRole | None:
        """The role of the credit on the next line, where `line` is nothing but the phrase that opens it ("By")."""
        if len(line) > 60 or not self._openers.may_end(line):
            return None
        text = plain(line).casefold().rstrip(" :")
        role = self._openers.role(text)
        last = text.rpartition(" ")[2]
        if role is None and self._openers.role(last) is not None and any(map(str.isdigit, text)):
            text, dated = self._dates.without_dates(plain(line))
            text = SEPARATOR.sub(" ", self._dates.without_counts(text)[0]).strip(" :").casefold()
            role = self._openers.role(text.rpartition(" ")[2]) if dated and text.count(" ") < 2 else None
        return role

    def spelled_out(self, line: str) -> bool:
        """Whether the phrase that opens `line` opens credits alone ("Written by"), and is no ordinary word ("By")."""
        text = self._cutter.text(line)
        opener = self._openers.at_start(text)
        if opener is None:
            return caseless(text) and self._is_signed(text)
        return opener.role is CreditRole.AUTHOR and (opener.strict or caseless(text))

    def bare_name(self, line: str) -> bool:
        """Whether `line` looks like one or several people's names and nothing else: two to four capitalised words
        each.
        """
        if not 4 <= len(line) <= 120 or line[0].islower():
            return False
        text = once(self._cutter.text(line))
        if not text or text[0].islower() or not self._names.may_start(text) or any(map(str.isdigit, text)):
            return False
        if caseless(text):
            names = [name for name, _ in self._cutter.pieces(text)]
            each = (len(name.split()) <= 4 and self._is_bare_caseless(name) for name in names)
            return 0 < len(names) <= MOST_CASELESS and all(each)
        if "," not in text and "&" not in text and text.count(" ") > 6:
            return False
        pieces = self._cutter.pieces(text)
        if not pieces or len(pieces) > 8 or any(joiner in self._apart for _, joiner in pieces):
            return False
        tokens = pieces[0][0].split()
        named = self.organisations.named
        if any(named(" ".join(tokens[:end])) for end in (1, 2)):
            return False  # "Reuters Health & Science"
        while len(tokens) > 2 and tokens[0].casefold().rstrip(".") in self._words.honorifics:
            tokens = tokens[1:]
        if len(tokens) > 2 and named(" ".join(tokens[2:])) is not None:
            tokens = tokens[:2]  # "Jane Doe USA TODAY"
        if 2 <= len(tokens) <= 6 and tokens[-1].casefold() in self._words.collective:
            return self._groups.is_title(tokens) and not self._groups.is_small(tokens[0].casefold())
        return (
            2 <= len(tokens) <= 4
            and self._names.is_name(tokens, opened=False)
            and not any(
                token.casefold() in self._words.organisation or token.casefold() in self._words.jobs for token in tokens
            )
        )

    def name_words(self, name: str) -> list[str]:
        """The words of a name by which a text speaks of who bears it, case-folded: no particles, no initials."""
        return [word for word in name.casefold().split() if len(word) > 2 and word not in self._words.particles]

    def _is_bare_caseless(self, text: str) -> bool:
        """`bare_name` in a script without capitals."""
        tokens, _ = self._pieces.without_role(text.split())
        taken = (self._words.organisation, self._words.jobs, self._words.towns)
        return self._names.is_name(tokens, opened=False) and not any(
            token.casefold() in words for token in tokens for words in taken
        )

    def lone_name(self, line: str, *, handle: bool = False) -> str | None:
        """The one capitalised word that a short line holds besides a date or a count ("Susan", "Susan 2 May 2024").

        It may name an author where the line stands for one; alone it says nothing.

        handle: one in small letters may, too.
        """
        if len(line) > 60:
            return None
        text = self._cutter.text(line)
        text = self._dates.without_counts(self._dates.without_dates(text)[0])[0]
        segments = [segment.strip(" ,:|-–—") for segment in SEPARATOR.split(text) if segment.strip(" ,.:|-–—")]
        if len(segments) != 1:
            return None
        name = once(segments[0])
        if (
            f"{name}:" in line  # a label
            or f"{name}, " in line  # a place: "Hamburg, 2 May 2024"
            or not 3 <= len(name) <= LONGEST_LONE
            or not name.isalpha()
            or not (name[0].isupper() or handle)
            or self._dates.is_calendar_word(name)
            or self._dates.is_zone(name)
            or self._names.is_menu([name])
            or caseless(name)
        ):
            return None
        key, words = name.casefold(), self._words
        others = (words.not_names, words.anonymous, words.jobs, words.honorifics, words.organisation, words.towns)
        listed = any(key in other for other in others)
        return None if listed or self._openers.is_opener(name) or self._dates.is_label(name) else name

    def holder(self, line: str) -> Credit | None:
        """The person to whom a line gives the rights with a year ("© 2012–2025 Jane Doe. All rights reserved."), None
        for an organisation.

        Who owns a site of her own also writes it; it says so where nothing else does.
        """
        match = _RIGHTS.match(line[:MAX_LINE])
        if match is None or any(word.casefold() in self._words.organisation for word in WORDS.findall(match[0])):
            return None
        name = _RIGHTS_END.split(match["after"] or match["before"], maxsplit=1)[0].strip()
        if not self.bare_name(name):
            return None
        credits = self.read(name, expect=CreditRole.AUTHOR)
        return Credit(CreditRole.AUTHOR, credits[0].name, None, line) if len(credits) == 1 else None

    def _read(self, line: str, expect: CreditRole | None, likely: bool) -> tuple[Credit, ...]:
        text = self._cutter.text(line)
        if not text:
            return ()
        opener = self._openers.at_start(text)
        if opener is None and likely and text[0].isupper():
            small = text[0].lower() + text[1:]  # "De Ioana Popescu", which may be a name in Dutch
            if (opener := self._openers.at_start(small)) is not None:
                text = small
        signed = caseless(text) and self._is_signed(text)
        plausible = opener is not None or expect is not None or likely or signed
        if not plausible and (text.count(" ") > 2 * MAX_UNOPENED_WORDS or not _EVIDENCE.search(text)):
            return ()
        if opener is None:
            if _ZIP.search(text):
                return ()
        elif opener.role is CreditRole.PUBLISHER:
            return self._supplied(unmarked(text[opener.end :]), opener, line, expect=expect, likely=likely)
        else:
            phrase = SEPARATOR.sub(": ", text[: opener.end]) if opener.strict else text[: opener.end]
            text = phrase + unmarked(text[opener.end :])
        text, dated = self._dates.without_dates(text)
        text, ago = self._dates.without_ago(text)
        bare, counted = self._dates.without_counts(text)
        evidence = dated or ago or counted
        if not (plausible or evidence or "," in text or SEPARATOR.search(text)):
            return ()
        segments = self._segments(bare)
        credits = self._in_segments(segments, line, sure=evidence or expect is not None or likely, likely=likely)
        if credits is None:
            return ()
        return _unique(credits or self._unopened(segments, line, evidence=evidence, likely=likely, expect=expect))

    def _supplied(
        self, text: str, opener: Opener, line: str, *, expect: CreditRole | None, likely: bool
    ) -> tuple[Credit, ...]:
        """Who supplied or first published the text, as `opener` says, and the further credits behind that."""
        source, *others = self._opened_apart(text)
        read = (credit for other in others for credit in self.read(other, expect=expect, likely=likely))
        return _unique((*self._source(source, opener, line, expect), *(replace(each, raw=line) for each in read)))

    def _segments(self, text: str) -> list[str]:
        """`text` cut at its separators, and where another phrase opens another credit."""
        return [
            once(part)
            for segment in SEPARATOR.split(text)
            if segment and segment.strip(" ,.:|")
            for part in self._opened_apart(segment)
        ]

    def _in_segments(self, segments: Sequence[str], line: str, *, sure: bool, likely: bool) -> list[Credit] | None:
        """The credits that phrases open in the segments of a line; None where the first turns out to open prose."""
        credits: list[Credit] = []
        for place, whole in enumerate(segments):
            segment = whole.strip(" ,:|")
            opener = self._openers.at_start(segment)
            if opener is not None:
                found = self._opened(segment[opener.end :], opener, line, sure=sure, likely=likely)
                if not found and place == 0 and segment == whole and not opener.strict:
                    return None  # prose; one that a mark ends may have been a name ("Por Ejemplo, 3 May 2024")
                credits.extend(found)
            elif credits and (organisation := self.organisations.named(segment)):
                credits.append(Piece.known(organisation).credit(CreditRole.AUTHOR, line))
        return credits

    def caption(self, line: str, *, whole: bool = False) -> Pictured | None:
        """Who made the picture that a caption describes: what a phrase or the sign of rights opens at its end, or what
        stands there in brackets beside an agency ("… (Photo: X/Agency)", "… © X / AFP", "… (Agency/X)"); None where
        nothing says so.

        whole: the line surely is a caption, so that a name beside an agency may be all of it ("X/Agency").
        """
        text = line.strip()
        for start in self._caption_starts(text):
            credits = self._with_agencies(self._pictured(text[start:]))
            if credits:
                notice = text.startswith(_SIGNS, start) and len(credits) == 1
                end = _CAPTION_END.search(text, start)
                said = [replace(credit, raw=line) for credit in credits]
                return self._besides(said, text, start, end.start() if end else len(text), notice=notice)
        ends = text.rstrip(")）").endswith(self._taken_ends)
        if ends and (taken := self._taken.search(text)) is not None and (shot := self._shot(taken["name"], line)):
            return self._besides(shot, text, taken.start("name"), len(text))
        return self._beside_agency(text, line, whole=whole) or (self._only_credit(text, line) if whole else None)

    def _beside_agency(self, text: str, line: str, *, whole: bool) -> Pictured | None:
        """What a caption says that ends with a name beside an agency ("… (Agency/X)"), or is that alone."""
        if "/" not in text:
            return None
        named = _LAST_BRACKET.search(text) or _LAST_SENTENCE.search(text)
        start, stop = named.span(1) if named else (0, len(text) if whole else 0)
        if "/" not in text[start:stop] or len(text[start:stop].split()) > MOST_PICTURED:
            return None
        credits = self._with_agencies(self._opened(text[start:stop], _PICTURED, line, sure=True, likely=False))
        supplied = any(credit.role is CreditRole.AGENCY for credit in credits)
        return self._besides(credits, text, start, stop) if supplied else None

    def _only_credit(self, text: str, line: str) -> Pictured | None:
        """What a caption says that is nothing but a credit, whomever it names: an agency, a phrase for pictures alone
        or in brackets, the sign of rights and what is behind it.
        """
        inner = plain(text)
        if (agency := self.organisations.agency(inner)) is not None:
            return Pictured((Piece.known(agency).credit(CreditRole.AGENCY, line),), "", ends=True)
        opener = self._openers.at_start(inner)
        opened = opener is not None and opener.role in _PICTURING and opener.strict
        if text.startswith(_SIGNS) or (opened and text[0] in signs.OPENING_BRACKETS) or self._openers.is_opener(inner):
            return Pictured((), "", ends=True)
        return None

    def _besides(
        self, credits: Sequence[Credit], text: str, start: int, stop: int, *, notice: bool = False
    ) -> Pictured:
        """The credits that stand in `text` from `start` to `stop`, with what a caption says before and behind them, but
        for brackets, dashes and bars around them and a further site or agency.

        notice: it reads like a notice of rights.
        """
        before, after = text[:start], text[stop:]
        bracket = max(map(before.rfind, signs.OPENING_BRACKETS))
        if bracket > max(map(before.rfind, signs.CLOSING_BRACKETS)):
            before = before[:bracket]
        before = before.rstrip(_DANGLING)
        behind = after.lstrip(f"{_DANGLING}{signs.CLOSING_BRACKETS}.")
        barred = after.lstrip().startswith(("|", "•"))
        if not any(map(str.isalpha, behind)) or (before and (barred or self.organisations.named(behind) is not None)):
            behind = ""
        return Pictured(tuple(credits), f"{before} {behind}".strip(), not (behind or notice))

    def _with_agencies(self, credits: list[Credit]) -> list[Credit]:
        """The credits of a picture; an organisation named beside others is who supplies it, and so is one word behind a
        whole name and a slash ("Ada Finet / Sipa").
        """
        names = [None, *(credit.name for credit in credits)]
        return [
            replace(credit, role=CreditRole.AGENCY)
            if credit.role is CreditRole.PHOTOGRAPHER and len(credits) > 1 and self._supplies(credit, before)
            else credit
            for before, credit in zip(names, credits, strict=False)
        ]

    def _supplies(self, credit: Credit, before: str | None) -> bool:
        """Whether who is named in a picture's credit is an organisation. before: the name before it."""
        words = credit.name.split()
        if any(word.casefold() in self._words.organisation for word in words):
            return True
        if before is None or " " not in before or len(words) > 1:
            return False
        return re.search(rf"{re.escape(before)}\s*/\s*{re.escape(credit.name)}", credit.raw) is not None

    def _shot(self, name: str, line: str) -> tuple[Credit, ...]:
        """The photographer named before a verb ("新华社记者 李文 摄"), with the agency before the name."""
        agency = self.organisations.agency(_REPORTER.sub("", name)) or next(
            (found for end in range(2, 6) if (found := self.organisations.agency(name[:end])) is not None), None
        )
        for role in self._words.suffixes:
            name = name.rpartition(role)[2].strip() or name
        if not self._names.is_name(self._pieces.without_role(name.split())[0], opened=True):
            return ()
        credits = [Credit(CreditRole.PHOTOGRAPHER, name, None, line)]
        if agency is not None:
            credits.append(Piece.known(agency).credit(CreditRole.AGENCY, line))
        return tuple(credits)

    def _caption_starts(self, text: str) -> Iterator[int]:
        """Where a credit may begin in a caption: at a phrase for pictures, in brackets or behind a sentence or mark."""
        skipped = max(0, len(text) - MAX_LINE)
        part = text[skipped:]
        if not ("©" in part or "Copyright " in part or self._pictures.any_in(part)):
            return
        stops = [*(match.start() for match in _CAPTION_STOP.finditer(text)), len(text)]
        # What is longer than a picture's credit before the first stop is not read: prose, mostly.
        first = max(0, stops[0] - LONGEST_PICTURED - skipped - 1)
        for match in _CAPTION_START.finditer(part, first):
            start = skipped + match.end()
            stop = stops[bisect_left(stops, start)]
            if stop - start > LONGEST_PICTURED and len(text[start:stop].strip()) > LONGEST_PICTURED:
                continue
            if text.startswith(_SIGNS, start):
                yield start
                continue
            opener = self._openers.at_start(text[start:])
            if opener is None or not (opener.strict or match[0].strip()):
                continue
            if _opens_picture(opener.role, opener.phrase) and (
                match[0].strip() or _HAS_COLON.search(text[start : start + opener.end])
            ):
                yield start

    def _pictured(self, text: str) -> list[Credit]:
        """The credits of a caption's end that opens with a phrase or the sign of rights."""
        text = _CAPTION_END.sub("", text).strip()
        if len(text) > LONGEST_PICTURED:
            return []
        marked = text.startswith(_SIGNS)
        rest = text.removeprefix("©").removeprefix("Copyright ").strip()
        if marked and (any(map(str.isdigit, rest)) or not rest):
            return []
        opener = self._openers.at_start(rest)
        if opener is not None and opener.role is CreditRole.PUBLISHER:
            return list(self.read(rest))
        if opener is not None and opener.role in _PICTURING:
            return self._opened(unmarked(rest[opener.end :]), opener, text, sure=True, likely=False)
        return self._opened(rest, _PICTURED, text, sure=True, likely=False) if marked else []

    def _is_signed(self, text: str) -> bool:
        """Whether a role behind a name shows a byline ("문경아 기자"), with nothing else but an address or a source."""
        first = self._cutter.pieces(text)[:1]
        tokens, signed = self._pieces.without_role(first[0][0].split()) if first else ([], False)
        return signed and len(tokens) <= 2 and self._names.is_name(tokens, opened=True)

    def _opened_apart(self, segment: str) -> Iterator[str]:
        """`segment` cut where another phrase with a colon opens another credit."""
        while at := self._openers.inside(segment):
            yield segment[:at].rstrip(" ,;；，)]")
            segment = segment[at:]
        yield segment

    def _opened(self, text: str, opener: Opener, line: str, *, sure: bool, likely: bool) -> list[Credit]:
        """The credits behind an opener: every piece must be understood; those before the first that is not are enough
        for a strict one, and where anything else makes `sure` that it opens a credit.
        """
        text, opener = self._innermost(text, opener)
        if self._opens_prose(opener, text, sure=sure):
            return []
        behind = _Behind(opener.role, line)
        loose = not (opener.strict or sure)
        split = self._cutter.pieces(once(text.strip(" ,:|")))
        for place, (piece_text, joiner) in enumerate(split):
            if behind.credits and not joiner and opener.phrase in self._words.interviews:
                return []  # "Interview: Jane Doe, director" names who answered
            if behind.credits and behind.role is CreditRole.AUTHOR and joiner in self._words.accompanying:
                behind.role = CreditRole.CONTRIBUTOR
            inner = self._openers.at_start(piece_text) if behind.credits else None
            if inner is not None and inner.strict:
                piece_text, behind.role = piece_text[inner.end :], inner.role
            first = not behind.credits or inner is not None
            pieces = self._behind(piece_text, first=first, strict=not loose or behind.employed, likely=likely)
            if pieces is None:
                return [] if loose else behind.credits
            last = place == len(split) - 1
            signing = [piece for piece in pieces if first or not piece.kind.is_named or not piece.is_town(joiner)]
            self._add(signing, behind, piece_text, opens=inner is not None, ends=last and not joiner)
        return behind.credits

    def _innermost(self, text: str, opener: Opener) -> tuple[str, Opener]:
        """`text` and its opener behind further phrases for the author ("Author: Posted by Jane Doe")."""
        while (
            opener.role is CreditRole.AUTHOR and (again := self._openers.at_start(text)) and again.role is opener.role
        ):
            text, opener = text[again.end :], again if again.strict else opener
        return text, opener

    def _behind(self, text: str, *, first: bool, strict: bool, likely: bool) -> list[Piece] | None:
        """What one piece behind an opener says, None where it is not understood."""
        pieces = self._pieces.read(text, first=first, strict=strict, opened=True)
        if pieces is None and likely and first and self._cutter.unlabelled(text) == text:
            name = self._groups.titled(text)
            return [Piece(Kind.ORGANISATION, name)] if name else None
        return pieces

    def _add(self, pieces: Iterable[Piece], behind: _Behind, text: str, *, opens: bool, ends: bool) -> None:
        """Adds the credits of `pieces`, as which `text` reads; `opens` and `ends` as for `_signs`."""
        for piece in pieces:
            if not piece.kind.is_named:
                behind.employed = behind.employed or self._pieces.is_job(text)
                behind.attached = True
            elif self._signs(piece, behind, opens=opens, ends=ends):
                behind.credits.append(piece.credit(behind.role, behind.line))

    def _signs(self, piece: Piece, behind: _Behind, *, opens: bool, ends: bool) -> bool:
        """Whether a named piece has a credit of its own, and is not what the name before it belongs to.

        opens: a phrase stands before it. ends: it is the last, and no joining word stands before it.
        """
        if piece.kind is Kind.PERSON and behind.attached and behind.credits and not opens:
            # "Jane Doe, Director, Example Lines": where she works; "…, Head of Marketing and Community Care"
            return not (behind.employed and ends) and self._is_whole_name(piece.name)
        affiliation = piece.kind is Kind.ORGANISATION and behind.credits and behind.role is not CreditRole.PHOTOGRAPHER
        return not affiliation

    def _opens_prose(self, opener: Opener, text: str, *, sure: bool) -> bool:
        """Whether an opener that is an ordinary word opens a sentence, or is part of a name ("von der Leyen", "Di
        Stefano") rather than "by".

        Beside a date or where a byline is expected one word more is a name of its own ("5. Mai 2024 von Jana").
        """
        if opener.strict:
            return False
        if _SENTENCE_END.search(text) and not _initial_end(text) and len(text.split()) > 6:
            return True
        if opener.phrase not in self._words.particles:
            return False
        words = text.split()
        if not words or words[0] in self._words.particles:
            return bool(words)
        return len(words) == 1 and not sure and self.organisations.named(words[0]) is None

    def _is_whole_name(self, name: str) -> bool:
        return " " in name and self._names.is_name(name.split(), opened=False)

    def _source(self, text: str, opener: Opener, line: str, expect: CreditRole | None) -> tuple[Credit, ...]:
        """What follows "Source:" or "originally published on": organisations and domains, at times people."""
        text, _ = self._dates.without_dates(text)
        head = _HEAD_END.split(text, maxsplit=1)[0].strip(" |,.;:")
        if not head:
            return ()
        if (organisation := self._publisher(head)) is not None:
            return (Piece.known(organisation).credit(CreditRole.PUBLISHER, line),)
        credits: list[Credit] = []
        courtesy = opener.phrase.startswith(("credit", "courtesy"))
        for piece_text, _ in self._cutter.pieces(head):
            pieces = self._pieces.read(piece_text, first=not credits, strict=True, opened=True)
            if pieces is None:
                name = organisation_name(piece_text)
                if not name:
                    break
                pieces = [Piece(Kind.ORGANISATION, name)]
            for piece in pieces:
                if courtesy and piece.kind is Kind.PERSON and " " in piece.name:
                    credits.append(piece.credit(expect or CreditRole.PHOTOGRAPHER, line))
                elif piece.kind.is_named:
                    credits.append(piece.credit(CreditRole.PUBLISHER, line))
        return _unique(credits)

    def _publisher(self, text: str) -> Organisation | None:
        """The organisation that a whole text names, by its domain, its name, or both ("Example Herald
        (example-herald.com)").
        """
        host = domain_of(text)
        if host is not None and text != text.upper():
            return self.organisations.behind(host)
        both = _NAME_AND_DOMAIN.fullmatch(text)
        if both and (host := domain_of(both[2])) and (name := organisation_name(both[1])):
            return self.organisations.named(name) or Organisation(name, host, agency=False)
        return self.organisations.named(text)

    def _unopened(
        self, segments: Sequence[str], line: str, *, evidence: bool, likely: bool, expect: CreditRole | None
    ) -> list[Credit]:
        """An author that no phrase announces: a name beside a date, a reading time or a job title, or an expected
        one.
        """
        if expect is None and (len(line.split()) > MAX_UNOPENED_WORDS or (likely and _SENTENCES.search(line))):
            return []
        jobs = [len(segment.split()) <= 5 and self._pieces.is_job(segment) for segment in segments]
        for place, segment in enumerate(segments):
            credits, kinds = self._signed(segment.strip(" ,:|"), line, likely=likely, expect=expect)
            if credits and expect is not None:
                return credits
            affiliated = (
                any(jobs[place + 1 : place + 2])
                or not kinds.isdisjoint((Kind.AFFILIATION, Kind.KNOWN))
                or (likely and Kind.COLLECTIVE in kinds)
                or (likely and self._is_outlet(segments[place + 1 :]))
            )
            if (evidence or affiliated) and any(credit.role is CreditRole.AUTHOR for credit in credits):
                return credits
        return []

    def _is_outlet(self, segments: Sequence[str]) -> bool:
        """Whether what stands behind a name may be where she writes: one piece of a few capitalised words."""
        return (
            len(segments) == 1
            and len(segments[0].split()) <= MOST_OUTLET
            and organisation_name(segments[0]) is not None
            and not self.bare_name(segments[0].split()[0])
        )

    def _signed(
        self, segment: str, line: str, *, likely: bool, expect: CreditRole | None
    ) -> tuple[list[Credit], set[Kind]]:
        """The credits of a segment that no phrase opens, none where a piece of it is no part of a byline; and the kinds
        of pieces that it holds.
        """
        credits: list[Credit] = []
        kinds: set[Kind] = set()
        expected = expect is not None
        for piece_text, joiner in self._cutter.pieces(segment):
            if expected and " " in piece_text and piece_text.islower():
                piece_text = self._names.capitalised(piece_text)  # "jane doe" in a metadata field
            pieces = self._pieces.read(piece_text, first=not credits, strict=likely or expected, opened=expected)
            if pieces is None:
                if not (likely and credits and len(piece_text.split()) <= MOST_OUTLET):
                    return [], kinds
                pieces = [Piece(Kind.AFFILIATION)]  # "Jane Doe, g1 Lago"
            for piece in pieces:
                kinds.add(piece.kind)
                if _signs_unopened(piece, joiner, first=not credits, expected=expected):
                    credits.append(piece.credit(expect or CreditRole.AUTHOR, line))
        return credits, kinds


def _signs_unopened(piece: Piece, joiner: str, *, first: bool, expected: bool) -> bool:
    """Whether a piece that no phrase opens names an author; `expected`: the caller expects one."""
    match piece.kind:
        case Kind.PERSON:
            town = not first and piece.is_town(joiner)
            return not town and (expected or 2 <= len(piece.name.split()) <= 4 or caseless(piece.name))
        case Kind.KNOWN:
            return expected or not first
        case Kind.ORGANISATION:
            return expected and first
    return piece.kind is Kind.COLLECTIVE


def _opens_picture(role: CreditRole, phrase: str) -> bool:
    """Whether a phrase that opens credits of this role may open that of a picture."""
    return role in _PICTURING or phrase.startswith(_COURTESY)


def _initial_end(text: str) -> bool:
    """Whether the full stop at the end belongs to an abbreviation ("Jr.", "Ph.D.")."""
    last = text.rsplit(None, 1)[-1]
    return len(last) <= 4 or last.count(".") > 1


def _unique(credits: Iterable[Credit]) -> tuple[Credit, ...]:
    return tuple({(credit.role, credit.name): credit for credit in reversed(list(credits))}.values())[::-1]
