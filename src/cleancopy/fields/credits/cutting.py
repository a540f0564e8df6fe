"""A line that may hold credits: without its decoration, cut into segments and these into pieces."""

from __future__ import annotations

import re
from functools import lru_cache

from cleancopy.fields.credits.openers import Openers
from cleancopy.fields.credits.organisations import Organisations
from cleancopy.fields.credits.vocabulary import Vocabulary, first_word
from cleancopy.fields.dates import DateReader
from cleancopy.text import signs

REMEMBERED = 20_000
"""Lines whose reading is kept: a line is asked about several times, and pages of a site repeat them."""

LONGEST_JOB = 3
"""Words of a job that runs into a name."""

SEPARATOR = re.compile(
    r"\s*(?:[|•∙⋅●]|(?<![\uac00-\ud7af])·|·(?![\uac00-\ud7af]))\s*"  # Korean names are joined by a dot
    r"|\s+[–—-]+\s+|\s+//?\s+|\s*—\s*|\t+|\s*\.\s*(?=Read the original|Lees|Lire)"
)
"""What stands between the segments of a line."""

_DECORATION = re.compile(r"^(?:[\s*_#>•·∙▪◦‣●+|~=✍️📷📸🖊️–—-]+|o\s(?=[A-Z]))")
_RIGHTS = re.compile(rf"{signs.COPYRIGHT}\s*(?:(?:19|20)\d\d\b,?\s*)?", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]{1,200})\]\([^()\s]{1,500}\)")
_EMPHASIS = re.compile(r"\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|`")
_AROUND = (("(", ")"), ("[", "]"), ("（", "）"), ("【", "】"), ("〔", "〕"))
_CUT = re.compile(r"[^\s@]+@[^\s@]+\.\w+|@\w+|https?://\S+")
_NICKNAME = re.compile(r"((?:^|(?<=[,;&]\s))[^\W\d_]+ \([^\W\d_]{2,20}\) (?=[^\W\d_a-z]))")
_PREFIXED_AND = re.compile(r"(?<=\w)\s+[\u05d5\u0648](?=[\u05d0-\u05ea\u0621-\u064a]{2,}\s+\w)")
"""The Hebrew and the Arabic "and", written in one with the name behind it."""
_KOREAN_TOWN = re.compile(
    r"^[(\[]?[가-힣]{2,6}\s?[=/]\s?(?:[가-힣]{2,8}[)\]]\s?)?(?=[가-힣]{2,4}\s?(?:기자|특파원)(?![가-힣]))"
)
"""Where a Korean reporter stands, with her agency in brackets or without ("(부산=연합뉴스) 박지윤 기자")."""
_BRACKETS = re.compile(r"\s*[()\[\]]\s*")
_SEAM = re.compile(r"(?<=[a-zß-öø-ÿа-яё])(?=[A-ZÀ-ÖØ-ÞА-ЯЁ])")
"""Where one word may run into the next ("ByJane Doe"), as renderers that drop spaces leave them."""


class Cutter:
    """Takes lines apart; immutable but for the lines that it remembers."""

    def __init__(
        self, vocabulary: Vocabulary, openers: Openers, organisations: Organisations, dates: DateReader
    ) -> None:
        self._words = vocabulary
        self._openers = openers
        self._organisations = organisations
        self._dates = dates
        joining = vocabulary.joining | vocabulary.accompanying | vocabulary.through | {"&"}
        joiners = "|".join(re.escape(word) for word in _longest(joining) if word[0].isascii() or word[0].isalpha())
        firm = rf"(?!(?:{'|'.join(sorted(vocabulary.partners))})\b)"
        self._split = re.compile(
            rf"\s*[,，、;]\s*(?:(?:{joiners})\s+)?|\s+(?P<joiner>{joiners})\s+{firm}|(?<=\w)\s*[/／]\s*(?=\w)"
            rf"|(?<=[\uac00-\ud7af])\s?[·ㆍ]\s?(?=[\uac00-\ud7af])",
            re.IGNORECASE,
        )
        labels = _longest(vocabulary.portraits)
        self._portrait_starts = {label.split()[0] for label in labels if " " in label}
        self._portrait_ends = {label.split()[-1] for label in labels}
        before = "|".join(re.escape(label) for label in labels if " " in label)
        after = "|".join(map(re.escape, labels))
        self._portrait = re.compile(rf"^(?:{before})(?![^\W_])\s*|(?<=[\w.])(?:['’]s)?\s(?:{after})$", re.IGNORECASE)
        self.text = lru_cache(maxsize=REMEMBERED)(self._text)

    def _text(self, line: str) -> str:
        """What `line` says without its decoration."""
        text = plain(line)
        if text.startswith("©") and (opener := self._openers.at_start(text[1:].lstrip())) and opener.strict:
            text = text[1:].lstrip()  # "© Foto: Jane Doe"
        if (town := _KOREAN_TOWN.match(text)) and self._openers.at_start(text) is None:
            text = text[town.end() :]
        return self.unlabelled(self._unglued(text))

    def _unglued(self, text: str) -> str:
        """`text` with a space where a date, its label, or a phrase that opens a credit runs into its neighbour."""
        if not _SEAM.search(text):
            return text
        text = self._dates.unglued(text)
        pieces, at = [], 0
        for seam in _SEAM.finditer(text):
            before, after = text[at : seam.start()], text[seam.start() :]
            if self._openers.is_opener(before) or ((opener := self._openers.at_start(after)) and opener.strict):
                pieces.append(before)
                at = seam.start()
            elif self._is_beside(after):
                pieces.extend((before, "|"))
                at = seam.start()
        return " ".join([*pieces, text[at:]])

    def _is_beside(self, text: str) -> bool:
        """Whether `text`, which runs into a name, is no part of it: a section ("In Travel"), an account ("Twitter"), or
        a job at the end of the line ("News Reporter").
        """
        first, words = first_word(text).casefold(), text.split()
        job = len(words) <= LONGEST_JOB and words[-1].casefold() in self._words.jobs
        return job or first in self._words.prepositions or first in self._words.accounts

    def unlabelled(self, text: str) -> str:
        """`text` without the words that say it describes somebody's picture ("Headshot of Jane Doe")."""
        words = text.split()
        if not words or (
            words[0].casefold() not in self._portrait_starts and words[-1].casefold() not in self._portrait_ends
        ):
            return text
        return self._portrait.sub("", text).strip()

    def pieces(self, text: str) -> list[tuple[str, str]]:
        """`text` split at commas and joining words; with each piece the word that joined it to the one before."""
        if "@" in text or "://" in text:
            text = _CUT.sub(",", text)
        if _BRACKETS.search(text):
            text = "".join(
                part if place % 2 else _BRACKETS.sub(",", part) for place, part in enumerate(_NICKNAME.split(text))
            )
        whole = text.strip(" ,.|")
        if self._organisations.named(whole) is not None:
            return [(whole, "")]
        pieces: list[tuple[str, str]] = []
        at, joiner = 0, ""
        for match in self._split.finditer(text):
            pieces.append((text[at : match.start()], joiner))
            at = match.end()
            joiner = (match["joiner"] or match[0].strip(" ,，")).casefold()
        pieces.extend((part, "" if place else joiner) for place, part in enumerate(_apart(text[at:])))
        return [(piece.strip(' ,:|"“”'), joiner) for piece, joiner in pieces if piece.strip(' ,:.|"“”')]

    def joins(self, line: str) -> bool:
        """Whether `line` is nothing but a word or mark between two names."""
        text = line.strip(" ,").casefold() if len(line) < 10 else line
        return text in self._words.joining or text == "&" or line.strip() == ","


def _apart(text: str) -> list[str]:
    """`text` cut at each "and" that is written in one with the next word, where a name of two words stands on both
    sides ("نور حداد وسامي خوري"); a third word with that letter belongs to the name ("نور وليد حداد").
    """
    for match in _PREFIXED_AND.finditer(text):
        if len(text[: match.start()].split()) > 1:
            return [text[: match.start()], *_apart(text[match.end() :])]
    return [text]


def plain(line: str) -> str:
    """`line` without bullets, Markdown links and emphasis, and the brackets around the whole of it."""
    text = _LINK.sub(r"\1", line) if "](" in line else line
    if "*" in text or "_" in text or "`" in text:
        text = _EMPHASIS.sub("", text)
    if decoration := _DECORATION.match(text):
        text = text[decoration.end() :]
    text = text.strip()
    while len(text) > 2 and (text[0], text[-1]) in _AROUND:
        text = text[1:-1].strip()
    return text.strip('"“” ')


def unmarked(text: str) -> str:
    """What stands behind a phrase that opens a credit, without the marks of whose right it is."""
    return _RIGHTS.sub(", ", text).lstrip(" ,") if _RIGHTS.search(text) else text


def once(text: str) -> str:
    """`text` without its second half where that repeats the first ("Jane Doe Jane Doe", "Jane DoeJane Doe")."""
    half = (len(text) + 1) // 2
    first, second = text[: len(text) // 2].strip(), text[half:].strip()
    return first if len(first) > 2 and first == second else text


def _longest(words: frozenset[str]) -> list[str]:
    """The longest first, so that none hides a longer one that it opens."""
    return sorted(words, key=lambda word: (-len(word), word))
