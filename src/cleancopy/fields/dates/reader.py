"""The dates that a line states: it must be about them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from cleancopy.fields.dates.calendars import in_figures, midnight
from cleancopy.fields.dates.expressions import Expressions, Span, is_numeric
from cleancopy.fields.dates.labels import Gap, ago_at, without_label
from cleancopy.fields.dates.vocabulary import Order, Vocabulary, key
from cleancopy.fields.wordlists import Section
from cleancopy.model import Precision, StatedDate
from cleancopy.text import signs
from cleancopy.text.letters import WORD, WORDS, caseless, plain_digits

MAX_LINE = 300
"""Characters. On 709 pages in three renderings no line that states the gold date is longer than 290."""

LONGEST_DATELINE = 160
"""Characters at the start of a paragraph in which a dateline ends."""
MOST_DATELINE_WORDS = 6
"""Words of the place in a dateline, its country among them."""

MOST_RESIDUE = 14
"""Words around the dates of a line that are no label, name or count."""
LOWER, LOWER_SEPARATED, LOWER_LABELLED = 2, 4, 5
"""Words in small letters among them: beside a date alone, with a mark between, behind a label that opens the line."""

REMEMBERED = 20_000
"""Lines whose reading is kept: a line is asked about several times, and pages of a site repeat them."""

_COUNTED = re.compile(
    r"(?<!\w)(?!\w+\.[a-z]{2,4}\b)(?P<number>\d[\d.,:/–-]*\w{0,2}\+?)(?:[\s-]{1,2}(?P<unit>[^\W\d_]{2,12})(?:\s(?:read|de\s\w+|di\s\w+))?)?"
)
_NUMBER = re.compile(r"(?<![\w.,:/-])\d{1,3}")
"""Of minutes, hours or days."""
_YEAR_ALONE = re.compile(r"([^\d©]{4,40}?)[:\s]\s{0,2}((?:19|20)\d\d)\.?")
_CHEAP = re.compile(r"(?:19|20)\d\d|\d[./-]\w{1,9}[./-]\d\d|['’]\d\d")
_TWO_DIGITS = re.compile(r"[\d'’]\d")
"""What every line that `_CHEAP` finds holds; five times as quick to look for."""
_CHEAP_ANYWHERE = re.compile(rf"{_CHEAP.pattern}|(?:1[34]|2[45])\d\d|年|[\u0e00-\u0e7f]\.?\s?\d\d")
"""The same for lines in other scripts, once their digits are plain."""
_ANY_DIGIT = re.compile(r"[\d元]|[〇○零一二三四五六七八九]{4}年")
_RANGE = re.compile(r"\s*(?:[–—-]|to|bis|au|al)\s*")
_SEPARATOR = re.compile(r"\s[|•·∙⋅/–—-]\s?|[|•·∙⋅]")
_SENTENCE_END = re.compile(signs.SENTENCE_END)
_DATELINE_END = re.compile(
    r"(?:\s?[^\W\d_]\.)?[\s,.:)\]]{0,3}(?:[(/\[]\s?[^()/\n]{2,40}\s?[)/\]])?[\s,.]{0,2}(?:--+|[–—―】]|-\s|:\s|\s?/\s)"
)
_DATELINE_WIRE = re.compile(r"[(/\[]\s?[^()/\[\]\n]{2,40}\s?[)/\]]")
"""The wire's name, in brackets or strokes."""
_LAST_WORD = re.compile(rf"{WORD}$")
_SENTENCE = re.compile(r"[^\W\d_]{4}[.]\s|[;!?]")
_SEAM = re.compile(r"(?<=[a-zß-öø-ÿа-яё®.,;)])(?=[A-ZÀ-ÖØ-ÞА-ЯЁ])")
"""Where one word may run into the next ("Jane DoeMarch 5, 2024"), as renderers that drop spaces leave them."""
_DAY_NUMBER = re.compile(r"\.?\s{0,2}\d{1,2}(?:\D|$)")
_URL_DATE = re.compile(r"/((?:19|20)\d\d)[/-](\d\d?)[/-](\d\d?)(?=[/-]|$)")


class DateReader:
    """Reads stated dates. Build it once with `from_sections`; immutable but for the lines that it remembers."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._expressions = Expressions(vocabulary)
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._read)
        self._without = lru_cache(maxsize=REMEMBERED)(self._cut)

    @classmethod
    def from_sections(cls, languages: Mapping[str, Section], common: Section) -> DateReader:
        """The reader of these words.

        Raises ConfigurationError as `Vocabulary.from_sections` does.
        """
        return cls(Vocabulary.from_sections(languages, common))

    def unglued(self, line: str) -> str:
        """`line` with a space where a month of a date or a date's label runs into the word before it
        ("Jane DoeMarch 5, 2024", "Jane DoePublished: …").
        """
        if not _SEAM.search(line):
            return line
        pieces, at = [], 0
        for seam in _SEAM.finditer(line):
            word = WORDS.match(line, seam.end())
            assert word is not None  # a seam is followed by a capital
            name = word[0].casefold()
            rest = line[word.end() : word.end() + 6]
            if (name in self._vocabulary.months and _DAY_NUMBER.match(rest)) or (
                len(name) > 3 and self._vocabulary.phrases.get((name,)) in ("published", "updated", "weekday")
            ):
                pieces.append(line[at : seam.end()])
                at = seam.end()
        return " ".join([*pieces, line[at:]])

    def read(self, line: str, *, languages: Sequence[str] = (), order: Order | None = None) -> tuple[StatedDate, ...]:
        """The dates that `line` states, in its order; empty for prose, ranges, relative and ambiguous dates.

        languages: what the document may be written in (BCP 47 tags, best first); they settle ambiguous dates.
        order:     the document's own evidence for numeric dates (`numeric_order`); it wins over the languages.
        """
        if not self.may_date(line):
            return ()
        return self._remembered(line, tuple(languages), order)

    def _read(self, line: str, languages: tuple[str, ...], order: Order | None) -> tuple[StatedDate, ...]:
        text = self.unglued(in_figures(plain_digits(line)))
        spans = self._expressions.find(text, languages, order)
        if not spans and (year := _YEAR_ALONE.fullmatch(text)):
            gap = Gap.of(year[1], self._vocabulary)
            moment = midnight(int(year[2]), 1, 1)
            return (
                (StatedDate(moment, Precision.YEAR, gap.kind, line),)
                if gap.kind and gap.neutral_only and moment
                else ()
            )
        return self._stated(text, spans, line)

    @staticmethod
    def may_date(line: str) -> bool:
        """Whether `line` holds what looks like a date. Cheap: few lines do, and only they are read."""
        if len(line) > MAX_LINE:
            return False
        if line.isascii():
            return _TWO_DIGITS.search(line) is not None and _CHEAP.search(line) is not None
        return _ANY_DIGIT.search(line) is not None and _CHEAP_ANYWHERE.search(plain_digits(line)) is not None

    @staticmethod
    def is_numeric(line: str) -> bool:
        """Whether `line` holds a date such as 05/03/2024, whose order may be in doubt."""
        return is_numeric(line)

    def without_dates(self, line: str) -> tuple[str, bool]:
        """`line` with every date, and the label announcing it, replaced by ` | `; and whether there was one.

        Ambiguous numeric dates are cut out as well: their place is known even where their meaning is not.
        """
        if not self.may_date(line):
            return line, False
        return self._without(line)

    def _cut(self, line: str) -> tuple[str, bool]:
        line = in_figures(plain_digits(line))
        spans = self._expressions.find(line, (), "day") or self._expressions.find(line, (), "month")
        if not spans:
            return line, False
        pieces, at = [], 0
        for span in spans:
            pieces.append(without_label(line[at : span.start], self._vocabulary))
            at = span.end
        pieces.append(line[at:])
        return " | ".join(pieces), True

    def without_counts(self, text: str) -> tuple[str, bool]:
        """`text` cut at its numbers ("Jane Doe 5 min read" → "Jane Doe | "), and whether one was a reading time."""
        pieces, at, counted = [], 0, False
        for match in _COUNTED.finditer(text):
            known = self._vocabulary.phrases.get((match["unit"].casefold(),)) == "read_time" if match["unit"] else False
            counted = counted or known
            pieces.append(text[at : match.start()])
            at = match.end() if known else match.end("number")
        pieces.append(text[at:])
        return " | ".join(pieces), counted

    def without_ago(self, text: str) -> tuple[str, bool]:
        """`text` cut at times that count back from a day unknown ("Jane Doe | Published 2 hours ago" → "Jane Doe | "),
        and whether there was one. The label that announces such a time goes with it.
        """
        found = (ago_at(text, number, self._vocabulary) for number in _NUMBER.finditer(text))
        pieces, at = [], 0
        for start, end in filter(None, found):
            pieces.append(without_label(text[at:start], self._vocabulary))
            at = end
        return (" | ".join([*pieces, text[at:]]), True) if pieces else (text, False)

    def is_label(self, line: str) -> bool:
        """Whether `line` does nothing but announce a date ("Published:", "Zuletzt aktualisiert am")."""
        if len(line) > 40:
            return False
        gap = Gap.of(line, self._vocabulary)
        return gap.kind is not None and gap.residue == 0 and not any(character.isdigit() for character in line)

    def is_zone(self, text: str) -> bool:
        """Whether `text` is nothing but the name of a time zone ("MEZ", "به وقت تهران")."""
        return self._expressions.is_zone(text)

    def is_calendar_word(self, word: str) -> bool:
        """Whether `word` is a weekday's or month's name that is no person's ("Friday"; "May" and "April" are both)."""
        name = key(word)
        return len(name) > 5 and (self._vocabulary.phrases.get((name,)) == "weekday" or name in self._vocabulary.months)

    def dateline(self, line: str, *, languages: Sequence[str] = (), order: Order | None = None) -> StatedDate | None:
        """The day that opens a paragraph of a press release or an agency's report, between the place and a dash
        ("LAKE CITY, May 7, 2024 /WIRE/ --", "【湖市 2024年5月7日】"); None where none does.
        """
        head = self.unglued(in_figures(plain_digits(line[:LONGEST_DATELINE])))
        if not _ANY_DIGIT.search(head) or not self.may_date(head):
            return None
        spans = self._expressions.find(head, languages, order)
        if not spans or spans[0].precision in (Precision.MONTH, Precision.YEAR):
            return None
        place, behind = head[: spans[0].start], _DATELINE_END.match(head, spans[0].end)
        if behind is None or not self._is_dateline_place(place, signed=_DATELINE_WIRE.search(behind[0]) is not None):
            return None
        return StatedDate(spans[0].moment, spans[0].precision, raw=line)

    def _is_dateline_place(self, text: str, *, signed: bool) -> bool:
        """Whether what stands before a date is a place, a mark behind it, and no more ("GENEVA, Switzerland, ").

        No mark is needed behind a place in capitals or where an agency signs the dateline ("Brno 7. května (ČTK) –").
        """
        place = _DATELINE_WIRE.sub(",", text).lstrip("【([- ").rstrip()
        while (word := _LAST_WORD.search(place)) is not None and self._vocabulary.links(word[0]):
            place = place[: word.start()].rstrip()
        if not place:
            return not text.strip("【([- ")  # no "On May 7, 2024 – the day of the storm"
        if not (place[0].isupper() or caseless(place)):
            return False
        if place[-1] not in ",–—-/:" and not (caseless(place) or place.isupper() or signed):
            return False
        gap = Gap.of(place, self._vocabulary)
        return (
            gap.residue <= MOST_DATELINE_WORDS and gap.lower <= 2 and not gap.kind and not _SENTENCE.search(place[:-1])
        )

    def numeric_order(self, lines: Sequence[str], site: str | None = None) -> Order | None:
        """How the document writes numeric dates: by its unambiguous ones where they agree, else by its domain, else
        None.
        """
        return self._expressions.order([line for line in lines if len(line) <= MAX_LINE], site)

    def read_url(self, url: str) -> StatedDate | None:
        """The day that a page address states as `/2024/03/05/` or `/2024-03-05-`; None for anything less."""
        match = _URL_DATE.search(url)
        moment = midnight(int(match[1]), int(match[2]), int(match[3])) if match else None
        return StatedDate(moment, Precision.DAY, raw=match[0].strip("/-")) if moment and match else None

    def _stated(self, line: str, spans: Sequence[Span], raw: str) -> tuple[StatedDate, ...]:
        """The shape test: what stands around the dates must be labels, names and counts, not a sentence."""
        if not spans or "©" in line:
            return ()
        bounds = [0, *(edge for span in spans for edge in (span.start, span.end)), len(line)]
        texts = [line[start:end] for start, end in zip(bounds[::2], bounds[1::2], strict=True)]
        if any(text and _RANGE.fullmatch(text) and text.strip() for text in texts[1:-1]):
            return ()
        gaps = [Gap.of(text, self._vocabulary) for text in texts]
        if not _states(line, gaps):
            return ()
        changed = _run_together(spans, texts)
        labelled, residue = any(gap.kind for gap in gaps), sum(gap.residue for gap in gaps)
        found: dict[tuple[datetime, str], StatedDate] = {}
        kind = "published"
        for place, span in enumerate(spans):
            before, after = gaps[place], gaps[place + 1]
            if before.unrelated:
                continue
            if before.kind:
                kind = before.kind
            elif len(spans) == 1 and after.kind and after.residue <= 1 and not after.relative:
                kind = after.kind
            if span.precision in (Precision.MONTH, Precision.YEAR) and (residue or (place and not labelled)):
                continue
            says = "updated" if place in changed else kind
            found.setdefault((span.moment, says), StatedDate(span.moment, span.precision, says, raw))
        return tuple(found.values())


def _run_together(spans: Sequence[Span], gaps: Sequence[str]) -> set[int]:
    """The later of each two days that run into each other ("May 21, 2025April 24, 2025"): that of the last change,
    beside that of writing.
    """
    return {
        max(place - 1, place, key=lambda at: spans[at].moment)
        for place in range(1, len(spans))
        if not gaps[place] and spans[place - 1].moment != spans[place].moment
    }


def _states(line: str, gaps: Sequence[Gap]) -> bool:
    """Whether what stands around the dates of a line is labels, names and counts, and no sentence."""
    residue, lower = sum(gap.residue for gap in gaps), sum(gap.lower for gap in gaps)
    labelled, separated = any(gap.kind for gap in gaps), _SEPARATOR.search(line) is not None
    if _SENTENCE_END.search(line) and lower > 1 and not (labelled and separated):
        return False
    most = LOWER_LABELLED if labelled and gaps[0].neutral_only else LOWER_SEPARATED if separated else LOWER
    return residue <= MOST_RESIDUE and lower <= most
