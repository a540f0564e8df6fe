"""How a title reads: without the site's name, its decoration and left-over mark-up, and what it is compared by.

`clean_title` cuts a piece off a title only on evidence: it is the site's name (by the page's domain or another known
name), it is an address, or what remains is a line of its own in the document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import unquote, urlsplit

from cleancopy.text import signs
from cleancopy.text.letters import TOKENS, caseless, count_words

MAX_TITLE = 300
"""Characters. The longest gold title of 709 pages has 189."""
MOST_OF_SENTENCES = 10
"""Words of a title of several sentences that ends in a full stop: of 1,577 gold titles only
three teasers with their text are longer."""
MAX_MARKED = 2 * MAX_TITLE
"""Characters of a title with its mark-up; what is longer is no title, and no mark-up is sought in it."""
MAX_CUTS = 8
"""Separators; a line with more is a menu."""
LEAST_HEADLINE = 3
"""Words from which what stands before a bar is a headline, and what stands behind it a section or a site."""
MOST_NAME = 5
"""Words of the name of a section or site."""

# A » that a « follows opens a quotation, as Germans set them.
_SEPARATOR = re.compile(
    r"\s+(?:[|–—·•»«‹›~/-]|::|//|\\)+\s+|\s*[|｜]\s*|\s*»(?![^»]*«)\s*|(?<=\w)\s?[–—]\s?(?=\S+\.\w{2,}$)"
    # Chinese and Japanese titles have no spaces there.
    r"|(?<=[\u3040-\u9fff”」』》）)?？!！])[_＿-](?=[\u3040-\u9fffA-Z])"
)
_SENTENCES = re.compile(
    rf"\w{{2}}\.[{signs.CLOSING_CLASS}]*\s+\S[^\n]*\w{{2}}\.[{signs.CLOSING_CLASS}]*\s*\Z|\w。\s*\w[^\n]*。\s*\Z"
)
_BAR = re.compile(r"\s*[|｜_＿]+\s*")
"""What divides a headline from a section or site and stands in no headline: a bar, in Chinese titles a low line."""
_PREFIX = re.compile(r"^([^:]{2,40}):\s+(?=\S)")
_MARKDOWN = re.compile(r"^\s{0,3}#{1,6}\s+|\s+#{1,6}\s*$")
_RULES = re.compile(
    rf"^(?:[-\s=_~#>–—{signs.BULLETS}]|»(?![^»]*«))+(?=\w|[\"“„«»'‘¿¡(\[])|\s*[=_~]{{2,}}\s*$|\s*(?<!\*)\*{{1,3}}\s*$"
)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,80}>")
_EMPHASIS = re.compile(r"(\*{1,3}|_{1,3})(?=\S)(.{1,300}?)(?<=\S)\1(?!\w)")
_DOMAIN = re.compile(r"(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,10}", re.IGNORECASE)
_RIGHTS = re.compile(rf"{signs.COPYRIGHT}|版权|版權|著作権|저작권|all rights reserved", re.IGNORECASE)
MOST_ABOVE = 12
"""Lines on top among which the site's name may stand alone."""
# What most lines have none of, so that the patterns above need not be tried.
_DRAWN_START = frozenset(f"=_~#»>{signs.DASHES}{signs.BULLETS}")
_DRAWN_END = frozenset("=_~*")
_DIVIDING = re.compile(r"[|｜–—·•»«‹›~:/\\_＿-]")
_THREE_LETTERS = re.compile("[a-zA-Z]{3}")


def flat(text: str) -> str:
    """Letters and digits only, case-folded, one space between words: how two titles are compared."""
    return " ".join(TOKENS.findall(text.casefold()))


def plain_title(text: str) -> str:
    """`text` without Markdown marks, emphasis, leftover tags, and rules drawn around it; white space collapsed.

    What is longer than `MAX_MARKED` keeps them.
    """
    if len(text) > MAX_MARKED:
        return " ".join(text.split())
    text = (_TAG.sub(" ", text) if "<" in text else text).strip()
    if "#" in text:
        text = _MARKDOWN.sub("", _MARKDOWN.sub("", text))
    if "*" in text or "_" in text:
        text = _EMPHASIS.sub(r"\2", text)
    while text and (text[0] in _DRAWN_START or text[-1] in _DRAWN_END) and (shorter := _RULES.sub("", text)) != text:
        text = shorter.strip()
    return " ".join(text.split())


def clean_title(
    text: str, site: str | None = None, others: Sequence[str] = (), shown: Callable[[str], bool] | None = None
) -> str:
    """`text` without decoration and without the site's name before or after it.

    site:   the page's registrable domain or the site's known name, where known.
    shown:  says whether the page itself shows that a piece is the name of its site (`SiteNames`).
    others: other lines that may be the title (headings, repeated lines); a rest that equals one of them may lose its
    suffix.
    """
    known, names = {flat(other) for other in others} - {""}, site_names(site)
    # What stands at the end once a piece is cut off may be decoration.
    while (shorter := cut(plain_title(text), names, known.__contains__, shown)) != text:
        text = shorter
    return text


def is_possible(line: str) -> bool:
    """Whether a line can be a title at all: not too long, three letters, and no paragraph of several sentences."""
    if len(line) > MAX_TITLE or (_SENTENCES.search(line) and count_words(line) > MOST_OF_SENTENCES):
        return False
    return _THREE_LETTERS.search(line) is not None or sum(map(str.isalpha, line)) >= 3


def address_path(url: str) -> str:
    """The path of an address, "" for one that is malformed."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def slug_words(url: str | None) -> frozenset[str]:
    """The words of the last part of the address that has several ("/2024/03/rain-in-spain.html" → rain, in, spain)."""
    if not url:
        return frozenset()
    for part in reversed(address_path(url).split("/")):
        words = TOKENS.findall(re.sub(r"\.\w{2,5}$", "", unquote(part)).replace("_", " ").casefold())
        words = [word for word in words if not (word.isdigit() and len(word) > 4)]
        if len(words) >= 2:
            return frozenset(words)
    return frozenset()


def in_address(title: str, url: str | None) -> bool | None:
    """Whether a title shares a word with the address of its page; None where the address has no words."""
    slug = slug_words(url)
    return not slug.isdisjoint(flat(title).split()) if slug else None


def site_names(site: str | None) -> frozenset[str]:
    """How a site may call itself, letters and digits only: its name, its domain, its domain's label."""
    if not site:
        return frozenset()
    folded = site.casefold().removeprefix("www.")
    names = {folded, folded.partition(".")[0]} if "." in folded else {folded}
    return frozenset("".join(TOKENS.findall(name)) for name in names)


def _is_site(piece: str, names: frozenset[str]) -> bool:
    """Whether a piece of a title is the site's name: its letters are the domain's label, or one of two long ones
    holds the other.
    """
    squeezed = "".join(TOKENS.findall(piece.casefold()))
    if not squeezed:
        return True
    if _DOMAIN.fullmatch(piece) and any(name in squeezed for name in names if len(name) > 2):
        return True
    if squeezed in names or squeezed.removeprefix("the") in {name.removeprefix("the") for name in names}:
        return True
    initials = "".join(word[0] for word in TOKENS.findall(piece.casefold()))
    for name in names:
        if len(name) >= 3 and initials == name:
            return True
        shorter, longer = sorted((squeezed, name), key=len)
        if len(shorter) >= 4 and shorter in longer and (len(shorter) * 2 >= len(longer) or len(piece.split()) <= 6):
            return True
    return False


class SiteNames:
    """What the lines of a page show to be the name of its site: who holds the rights, and what stands alone on a line
    of its own on top.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._holders: list[str] | None = None

    def __call__(self, piece: str) -> bool:
        name = flat(piece)
        if len(name) < 2 or count_words(name) > MOST_NAME:
            return False
        if self._holders is None:
            self._holders = [f" {flat(line)} " for line in self._lines if _RIGHTS.search(line[:MAX_TITLE])]
        bounded = name if not name.isascii() and caseless(name) else f" {name} "
        return any(bounded in holder for holder in self._holders) or any(
            len(line) == len(piece) and flat(line) == name for line in self._lines[:MOST_ABOVE]
        )


def cut(
    title: str,
    names: frozenset[str],
    supported: Callable[[str], bool],
    shown: Callable[[str], bool] | None = None,
) -> str:
    """`title` without the names of `site_names` or what `shown` says is one, and what `supported` says is a line of its
    own once cut off. What is too long for a title stays whole.
    """
    if len(title) > MAX_TITLE:
        return title
    while (shorter := _shorter(title, names, supported, shown)) is not None:
        title = shorter
    return title


def _is_behind_bar(before: str, mark: str, behind: str) -> bool:
    """Whether a bar divides a headline from a name: of 21 titles with one 19 have a section or the site behind it."""
    return (
        _BAR.fullmatch(mark) is not None
        and count_words(before) >= LEAST_HEADLINE
        and (0 < count_words(behind) <= MOST_NAME)
    )


def _shorter(
    title: str, names: frozenset[str], supported: Callable[[str], bool], shown: Callable[[str], bool] | None
) -> str | None:
    """`title` without its last or first piece, where that piece is the site's name or the rest stands alone
    elsewhere.
    """
    if _DIVIDING.search(title) is None:
        return None
    cuts = list(_SEPARATOR.finditer(title))
    if len(cuts) > MAX_CUTS:
        return None
    for cut in cuts:
        if supported(flat(title[: cut.start()])) and count_words(title[: cut.start()]) > 1:
            return title[: cut.start()].strip()
        if supported(flat(title[cut.end() :])) and count_words(title[cut.end() :]) > 2:
            return title[cut.end() :].strip()
    if cuts:
        last, first = cuts[-1], cuts[0]
        before, behind = title[: last.start()], title[last.end() :]
        if len(behind) < len(before) and (
            _is_site(behind, names)
            or _is_behind_bar(before, last[0], behind)
            or (shown is not None and count_words(before) >= LEAST_HEADLINE and shown(behind))
        ):
            return before.strip()
        name, headline = title[: first.start()], title[first.end() :]
        if len(name) < len(headline) and (
            _is_site(name, names) or (shown is not None and count_words(headline) >= LEAST_HEADLINE and shown(name))
        ):
            return headline.strip()
    prefix = _PREFIX.match(title)
    if (
        prefix is not None
        and names
        and "".join(TOKENS.findall(prefix[1].casefold())) in names
        and len(TOKENS.findall(title[prefix.end() :])) > 2
    ):
        return title[prefix.end() :].strip()
    return None
