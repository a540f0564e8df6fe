"""Captions of the pictures that stand in an article: their lines leave the text and become a field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.draft import Draft
from cleancopy.decide.proposals import SURE
from cleancopy.fields.credits import CreditReader, Pictured
from cleancopy.linemodel.network import LineScores
from cleancopy.model import Caption, Credit, CreditRole, Document, Role
from cleancopy.text import signs
from cleancopy.text.headings import continues, is_list_item
from cleancopy.text.reflow import spaced

CREDITED = 160
"""Characters at the end of a line in which the maker of a picture is named."""
LINKED = 0.5
"""Share of a line's characters in links from which on it leads to another page and describes no picture."""

NAMING_WORDS = 12
"""Words of the longest line that says nothing but who made a picture."""
CAPTION_LEAST, SENTENCE_LEAST, CAPTION_MOST = 7, 4, 50
"""Words of a line of text right above such a line that describes the picture; one that ends like a sentence may have
fewer. Where the line model is not sure that it is text, 219 of 228 lines like that are no text of the article, in 178
pages with gold in five renderings; above fewer words stand headings.
"""
CLOSE_MOST = 30
"""Words of such a line that the model is sure of, and that no blank line parts from the credit as blank lines part the
paragraphs: 53 of 56.
"""
HEADED = 0.35
"""A line that is a heading with this probability stands above a picture, and describes none."""

_CREDIT_SIGNS = (":", "/", "=", "(", "[")
_CREDIT_SIGNS_BEYOND = ("©", "：", "＝", "／", "（", "摄", "攝", "撮影", "供图")
_CREDIT_WORDS = re.compile(r"\bby\b|\b[Ff]ot|von\b")
_CREDIT_LETTERS = ("by", "Fot", "fot", "von")
"""What every line with a picture's credit holds, a sign or a word; most lines do not. Letters are found sooner than
words.
"""
_ELSEWHERE = frozenset({"nav", "header", "footer", "aside", "form", "hidden"})
"""Parts of a page whose pictures are not the article's."""
_SHOWN = frozenset({"blockquote", "pre", "td", "th"})
"""What a figure without a picture may show; its caption belongs to the text."""

_PICTURING = frozenset((CreditRole.PHOTOGRAPHER, CreditRole.ILLUSTRATOR, CreditRole.AGENCY))
_YEAR = re.compile(r"(?:19|20)\d\d")
_ENDS = frozenset(f"{signs.ENDS}{signs.CLOSING}:")


@dataclass(slots=True)
class _Found:
    """A caption: its lines, what it says without its credits, and these."""

    lines: list[int]
    text: str
    credits: tuple[Credit, ...]
    rule: str


def mark_captions(
    draft: Draft, reader: CreditReader, scores: LineScores | None, part: range, start: int, stop: int
) -> None:
    """Names the captions among the lines that say nothing else, and states who made the pictures.

    A caption is what stands in a caption element of HTML, or ends with who made the picture. From `start` to `stop`,
    the first and the last line of the article, it is one even where the line model would remove it. A caption element
    with nothing but names gives them to the caption beside it. In plain text a line above one with nothing but names is
    a caption, too, where the line model is not sure that it is text.

    part: the lines in and around the article.
    """
    document, kept, taken = draft.document, draft.kept, draft.taken
    if not kept.any():
        return
    near = kept.copy()
    near[part.start : part.stop] = True
    captions = _Captions(draft, reader, near, _belonging(draft, *_with_pictures_beside(document, start, stop)))
    for line in np.flatnonzero(near).tolist() if document.tags is None else range(len(document)):
        if not (taken[line] or line in draft.facts or line in captions.found):
            captions.look(line)
    _credit(draft, captions.found)
    if scores is not None and document.tags is None:
        captions.look_above_credits(scores, range(start + 1, stop))
    captions.say()


class _Captions:
    """The captions that have been found in a document.

    near:    bool[n], the lines in and around the article.
    belongs: bool[n], the lines that are of the article if they are captions.
    """

    def __init__(self, draft: Draft, reader: CreditReader, near: NDArray[np.bool_], belongs: NDArray[np.bool_]) -> None:
        self._draft, self._reader, self._near, self._belongs = draft, reader, near, belongs
        self.found: dict[int, _Found] = {}

    def look(self, line: int) -> None:
        """Reads a line, with those that it goes on from or in: as a caption, a credit alone, or neither."""
        draft, document = self._draft, self._draft.document
        element = _is_caption_element(document, line)
        if not element and not (self._near[line] and _may_credit(document.lines[line][-CREDITED:])):
            return
        pictured = self._reader.caption(document.lines[line], whole=element)
        if pictured is None and not element:
            return
        lines = self._lines(line, pictured, element=element)
        text = _joined(document, lines)
        if len(lines) > 1:
            pictured = self._reader.caption(text, whole=element)
        says, credits = (text.rstrip(" ([（【"), ()) if pictured is None else (pictured.text, pictured.credits)
        if not (element or (pictured is not None and pictured.ends)) or not self._belongs[lines].all():
            if credits and self._near[line]:
                draft.state(line, credits)
        elif not any(map(str.isalpha, says)):
            draft.say(line, Role.CREDIT, "credit.line", facts=credits)
        else:
            caption = _Found(lines, says, credits, "caption.tag" if element else "caption.credit")
            self.found.update(dict.fromkeys(lines, caption))

    def _lines(self, line: int, pictured: Pictured | None, *, element: bool) -> list[int]:
        """The lines of the caption that `line`, which alone reads as `pictured`, ends."""
        document = self._draft.document
        above = self.found[line - 1].lines if element and line - 1 in self.found else []
        if above and (continues(document.lines[line]) or _is_open(_joined(document, above))):
            return [*above, line]
        if pictured is not None and document.tags is None and (pictured.text or _is_open(document.lines[line - 1])):
            for run in _runs(self._draft, line):
                whole = self._reader.caption(_joined(document, run))
                if whole is not None and whole.ends:
                    return run
        return [line]

    def look_above_credits(self, scores: LineScores, amid: range) -> None:
        """Finds the captions whose makers are named on the line right below.

        amid: the lines below the first of the article and above its last.
        """
        draft, lines, kept = self._draft, self._draft.document.lines, self._draft.kept
        text = kept | draft.outvoted
        paragraphs = kept & draft.shape.prose
        spaced = bool(2 * np.count_nonzero(paragraphs & (draft.shape.gap > 0)) >= np.count_nonzero(paragraphs))
        for line in amid:
            above = line - 1
            if kept[line] or not text[above] or above in draft.facts or above in self.found:
                continue
            if draft.shape.words[line] > NAMING_WORDS or not _may_describe(draft, scores, above, spaced=spaced):
                continue
            credits = _stated(draft, line) or _only_credits(self._reader, lines[line])
            if credits is not None:
                caption = _Found([above, line], lines[above], credits, "caption.credit")
                self.found.update(dict.fromkeys(caption.lines, caption))

    def say(self) -> None:
        """Names the lines of the captions; the last line of each states what it says and who made the picture."""
        for caption in {id(each): each for each in self.found.values()}.values():
            for line in caption.lines[:-1]:
                self._draft.say(line, Role.CAPTION, caption.rule)
            names = "; ".join(dict.fromkeys(credit.name for credit in caption.credits))
            said = Caption(caption.text, names or None)
            self._draft.say(caption.lines[-1], Role.CAPTION, caption.rule, facts=(*caption.credits, said))


def _with_pictures_beside(document: Document, start: int, stop: int) -> tuple[int, int]:
    """The first and the last line of the article with the pictures right above and below it, which are its own."""
    while start and _is_caption_element(document, start - 1):
        start -= 1
    while stop + 1 < len(document) and _is_caption_element(document, stop + 1):
        stop += 1
    return start, stop


def _may_describe(draft: Draft, scores: LineScores, line: int, *, spaced: bool) -> bool:
    """Whether a line may say what a picture shows whose maker is named right below.

    spaced: paragraphs have blank lines between them.
    """
    text, words = draft.document.lines[line], int(draft.shape.words[line])
    ended = text[-1] in _ENDS
    if not (SENTENCE_LEAST if ended else CAPTION_LEAST) <= words <= CAPTION_MOST or is_list_item(text):
        return False
    # What goes in any case and is no sentence may be anything: a name and a date, tags.
    if not ended and (scores.heading[line] >= HEADED or draft.outvoted[line]):
        return False
    return bool(scores.keep[line] < SURE or (spaced and draft.shape.gap[line + 1] == 0 and words <= CLOSE_MOST))


def _stated(draft: Draft, line: int) -> tuple[Credit, ...]:
    """The makers of pictures that a line states already, where it states nobody else."""
    facts = draft.facts.get(line, ())
    credits = tuple(fact for fact in facts if isinstance(fact, Credit) and fact.role in _PICTURING)
    return credits if len(credits) == len(facts) else ()


def _only_credits(reader: CreditReader, line: str) -> tuple[Credit, ...] | None:
    """Who made a picture, where a line says nothing else; () where it says so without a name ("(Photo: screenshot)"),
    and None where it may be anything else, or a notice of rights.
    """
    pictured = None if _YEAR.search(line) else reader.caption(line, whole=True)
    if pictured is None or (any(map(str.isalpha, pictured.text)) and line[0] not in "©(["):
        return None
    named = any(credit.role in _PICTURING for credit in pictured.credits)
    return pictured.credits if named or (not pictured.credits and line[0] in "([（") else None


def _may_credit(text: str) -> bool:
    """Whether the end of a caption may say who made the picture."""
    holds = text.__contains__
    return (
        any(map(holds, _CREDIT_SIGNS))
        or (not text.isascii() and any(map(holds, _CREDIT_SIGNS_BEYOND)))
        or (any(map(holds, _CREDIT_LETTERS)) and _CREDIT_WORDS.search(text) is not None)
    )


def _joined(document: Document, lines: Sequence[int]) -> str:
    return reduce(lambda above, below: above + spaced(above, below) + below, [document.lines[line] for line in lines])


def _runs(draft: Draft, line: int) -> Iterator[list[int]]:
    """The lines of text that may be one caption with `line`, wrapped: with those below it, then without."""
    lines, gap = draft.document.lines, draft.shape.gap
    top, stop = line, line + 1
    while top and not gap[top]:
        top -= 1
    while stop < len(lines) and not gap[stop]:
        stop += 1
    width = max(map(len, lines[top:stop]))
    first, last = line, line
    while first > top and _runs_on(lines[first - 1], lines[first], width):
        first -= 1
    while last + 1 < stop and _runs_on(lines[last], lines[last + 1], width):
        last += 1
    for end in dict.fromkeys((last, line)):
        run = list(range(first, end + 1))
        if not any(each in draft.facts for each in run):
            yield run


def _runs_on(above: str, below: str, width: int) -> bool:
    """Whether a line goes on below: a bracket is open; or it ends no sentence, and what is below starts in the midst of
    one or, in lines of at most `width` characters, had no room above.
    """
    if _is_open(above) or above[-1] in _ENDS:
        return _is_open(above)
    return continues(below) or len(above) + 1 + len(below.split(maxsplit=1)[0]) > width


def _is_open(line: str) -> bool:
    """Whether a bracket is open at the end of the line."""
    return max(map(line.rfind, "(（")) > max(map(line.rfind, ")）"))


def _belonging(draft: Draft, start: int, stop: int) -> NDArray[np.bool_]:
    """bool[n]: the lines that are of the article if they are captions: those that stay, and in its midst those that go
    by the line model's word alone, but for links and the parts of a page that hold other things.
    """
    document, kept = draft.document, draft.kept
    amid = np.zeros(len(kept), bool)
    amid[start : stop + 1] = True
    amid &= draft.outvoted
    if document.tags is not None and document.links is not None:
        marked = np.array([tag.startswith("article.") for tag in document.tags])
        if 2 * np.count_nonzero(marked & kept) > np.count_nonzero(kept):
            amid &= marked
        amid &= np.array(document.links) < LINKED
        amid &= np.array([_ELSEWHERE.isdisjoint(tag.split(".")) for tag in document.tags])
    return kept | amid


def _is_caption_element(document: Document, line: int) -> bool:
    tags = document.tags
    if tags is None or not tags[line].endswith("figcaption"):
        return False
    region, _, block = tags[line - 1].rpartition(".") if line else ("", "", "")
    return not (region.endswith("figure") and block in _SHOWN)


def _credit(draft: Draft, found: dict[int, _Found]) -> None:
    """Gives the names that stand alone in a figure to the caption above, or else below, that has none."""
    tags: Sequence[str] = draft.document.tags or ()
    for line in draft.lines_of(Role.CREDIT) if tags else ():
        names = tuple(fact for fact in draft.facts.get(line, ()) if isinstance(fact, Credit))
        if names and ("figure." in tags[line] or tags[line].endswith("figcaption")):
            beside = next((found[at] for at in (line - 1, line + 1) if at in found and not found[at].credits), None)
            if beside is not None:
                beside.credits = names
