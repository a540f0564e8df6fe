"""What the mark-up of one element says: a block, a region, hidden, no part of the text, one of two labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from lxml.html import HtmlElement

from cleancopy.readers.html.names import groups_of
from cleancopy.text.reflow import UNSPACED


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


NAMED_BLOCKS = _words(
    "h1 h2 h3 h4 h5 h6 p li dt dd td th caption blockquote figcaption pre address summary legend label button"
)
BLOCKS = NAMED_BLOCKS | _words(
    "article aside body center details dialog dir div dl fieldset figure footer form frameset header hgroup hr html "
    "main menu nav ol search section table tbody template tfoot thead tr ul"
)
LISTS = _words("ul ol menu dir")
# Blocks that pages give a link of their own.
_LINKED_TO = _words("h1 h2 h3 h4 h5 h6 dt caption figcaption")
CELLS = _words("td th")
# Not rendered as text, or rendered by something else than the page's text; ruby would stand inside words.
SKIPPED = _words(
    "applet area audio base basefont canvas datalist embed frame head iframe img input link map meta meter noframes "
    "noscript object optgroup option output param picture progress rp rt rtc script select source style svg "
    "textarea title track use video annotation annotation-xml"
)
# Skipped elements that take room in a line, so that the words around them do not touch.
SPACED = _words("img input svg select picture video iframe object")
# The block whose name a `<p>` or `<div>` inside it takes: `<li><p>` is a list item.
_LENDS_NAME = _words("li dt dd blockquote figcaption caption address summary")
REGIONS = {
    "nav": "nav",
    "header": "header",
    "footer": "footer",
    "aside": "aside",
    "form": "form",
    "figure": "figure",
    "article": "article",
    "main": "article",
}
_LANDMARKS = {
    "navigation": "nav",
    "banner": "header",
    "contentinfo": "footer",
    "complementary": "aside",
    "form": "form",
    "search": "form",
    "figure": "figure",
    "article": "article",
    "main": "article",
}
# Marks of writing, which may stand within a word; other inline elements hold something of their own.
_LABELLED = re.compile(
    # "发布时间：2022-05-18", "פורסם: 18.05.22", "2024/03/14", "уторак, 3. септембар 2024"
    r"\s*(?:[^\W\d_][\w\s-]{1,30}?\s?[:：]\s?\S|\d{1,4}\s?[年./-]\s?\d|[^!?]{0,30}?(?<!\d)(?:19|20)\d\d(?!\d))"
)
_FORMATTING = _words("b i em strong u s font mark small big tt code kbd ins del cite q dfn var")
_WITHIN_WORDS = _words("sub sup wbr bdi bdo rb ruby")
# Classes of text that only screen readers tell ("opens in a new tab").
_SPOKEN = _words(
    "sr-only sr_only visually-hidden visuallyhidden screen-reader-text screenreader screen-reader screenreader-only "
    "screen-reader-only u-visually-hidden visually_hidden is-visually-hidden hidden-visually usa-sr-only "
    "govuk-visually-hidden a11y-only a11y-text  a11y-hidden element-invisible assistive-text show-for-sr vh"
)
# What shows a formula once more: KaTeX has it in boxes and in MathML, MathJax too.
_AGAIN = _words("katex-html mathjax_preview mjx_assistive_mathml")
# Numbers beside the lines of a program, and the links that wikis have beside their headings.
_NUMBERING = _words(
    "lineno linenos linenodiv linenumber linenumbers line-number line-numbers line-numbers-rows hljs-ln-numbers "
    "rouge-gutter gutter blob-num react-syntax-highlighter-line-number"
)
_EDITING = _words("mw-editsection editsection")
# What stands for "link to this heading".
_LINK_MARK = re.compile(r"[\s¶#§\u200b\ufe0e\ufe0f⚓🔗\ue157]*")
# What a link tells those who do not see where it opens, in brackets.
_OPENS = re.compile(
    r"\s*[(\[](?:(?:link|external link|lien|enlace)?[\s:,]*(?:opens?|opening|öffnet|ouvre|s[’']ouvre|se abre|abre"
    r"|si apre|opent|öppnas|åpnes|åbner|avautuu|otwiera się)\b[^()\[\]]{0,20}"
    r"\b(?:tab|tabs|window|fenster|onglet|fenêtre|pestaña|ventana|scheda|finestra|tabblad|venster|aba|janela|separador"
    r"|flik|fönster|fane|vindu|vindue|välilehteen|ikkunaan|karcie|oknie)[^()\[\]]{0,10})[)\]]",
    re.IGNORECASE,
)
_PROGRAMS = ("pre", "code")
_DIGITS = "0123456789 \t\r\n\xa0"
_DISPLAYED = re.compile(r"display:(?:block|flex|grid|table|list-item)")

Attributes = Mapping[str, str]


def is_hidden(said: Attributes) -> bool:
    """Whether attributes hide their element until a script or a pointer shows it."""
    if "hidden" in said or said.get("role") == "tooltip":
        return True
    if "style" not in said:
        return False
    style = said["style"]
    return "none" in style and "display:none" in style.replace(" ", "").lower()


def is_aside(element: HtmlElement, tag: str, said: Attributes) -> bool:
    """Whether the element is no part of the text: only screen readers tell it, it shows a formula once more, numbers
    the lines of a program, or offers a link to its heading or to edit it. A title stays, as pages that show it as a
    picture hide its text.
    """
    if tag == "a" and _is_link_mark(element, said):
        return True
    if "class" not in said:
        return False
    away, again, numbering = _kinds(said["class"])
    if numbering and tag not in _PROGRAMS and "".join(element.itertext()).strip(_DIGITS) == "":
        return True
    return (away or (again and _has_twin(element))) and tag != "h1"


def _is_link_mark(element: HtmlElement, said: Attributes) -> bool:
    """Whether a link to a place on a page, in a block that has such links, is but a mark."""
    if "#" not in said.get("href", ""):
        return False
    parent = element.getparent()
    while parent is not None and parent.tag not in BLOCKS:
        parent = parent.getparent()
    if parent is None or parent.tag not in _LINKED_TO:
        return False
    return _LINK_MARK.fullmatch("".join(element.itertext())) is not None


@lru_cache(1 << 12)
def _kinds(classes: str) -> tuple[bool, bool, bool]:
    """Whether classes are of what readers do not see as text, of what shows a formula once more, of line numbers."""
    words = classes.lower().split()
    away = not _SPOKEN.isdisjoint(words) or not _EDITING.isdisjoint(words)
    return away, not _AGAIN.isdisjoint(words), not _NUMBERING.isdisjoint(words)


def shows_formula(element: HtmlElement) -> bool:
    """Whether a hidden element holds the formula that a picture beside it shows."""
    picture = element.getnext()
    return picture is not None and picture.tag == "img" and element.find(".//math") is not None


def _has_twin(element: HtmlElement) -> bool:
    """Whether what stands beside the element shows the formula, too."""
    return element.getprevious() is not None or element.getnext() is not None


def without_opening(text: str) -> str:
    """The text of a link without what it tells those who do not see where it opens."""
    return _OPENS.sub("", text) if text[-1:] in ")]" and ("(" in text or "[" in text) else text


def names_of(said: Attributes) -> int:
    """What the names among attributes say of their element (`names.groups_of`)."""
    found = 0
    for attribute in ("class", "id", "itemprop"):
        if attribute in said:
            found |= groups_of(said[attribute])
    return found


def landmark(tag: str, role: str | None, block: str) -> str | None:
    """The region that an element begins within a block; None if it begins none."""
    region = _LANDMARKS.get(role or "") or REGIONS.get(tag)
    # The footer of a quotation says who said it.
    return None if region == "footer" and block == "blockquote" else region


def within(prefix: str, region: str | None, hidden: bool) -> str:
    """The beginning of the tags of lines in an element. prefix: of those around it; region: that it begins."""
    hidden = hidden or prefix.endswith("hidden.")
    article = "article." if region == "article" or prefix.startswith("article.") else ""
    if region is None:
        inner = prefix.removeprefix("article.").removesuffix("hidden.")
    else:
        inner = "" if region == "article" else region + "."
    return article + inner + ("hidden." if hidden else "")


def block_name(tag: str, outer: str, region: str | None) -> str:
    """The block that lines in a block element belong to. outer: that of the element around it."""
    if tag in NAMED_BLOCKS and not (tag == "p" and outer in _LENDS_NAME):
        return tag
    return outer if tag in ("p", "div") or region is None else "div"


def is_set_as_block(element: HtmlElement, tag: str, said: Attributes) -> bool:
    """Whether an element that is inline by its name stands alone: its style says so, or it is one of the page's own
    making without text beside it.
    """
    style = said.get("style", "")
    if "display" in style and _DISPLAYED.search(style.replace(" ", "").lower()):
        return True
    if "-" not in tag:
        return False
    parent, before = element.getparent(), element.getprevious()
    beside = parent.text if before is None and parent is not None else None if before is None else before.tail
    return not (beside or "").strip() and not (element.tail or "").strip()


def _is_labelled(text: str) -> bool:
    """Whether a text begins with a label or a date, as no part of a word does."""
    return _LABELLED.match(text) is not None


def are_apart(above: str, piece: str, below: str, text: str) -> bool:
    """Whether two inline elements without white space between them are two things ("Martha Quill", "Transport"), not
    two parts of a word.

    above, below: their tags. piece: what was last written; text: what comes.
    """
    last, first = piece[-1:], text[:1]
    if not (last.isalnum() or last in ".!?:)") or not first.isalnum() or {above, below} & _WITHIN_WORDS:
        return False
    if len(piece.strip()) < 2:
        return False
    if UNSPACED.match(last) or UNSPACED.match(first):
        return len(text.strip()) > 1 and (above != below or _is_labelled(text))
    if above in _FORMATTING and below in _FORMATTING:
        return first.isupper() and not last.isupper()
    if above == below:
        if not (first.isupper() or first.isdigit() or not last.isalpha() or _is_labelled(text)):
            return False
        # Letters of a word that move one by one are short; a day beside its month is, too.
        dated = last.isdigit() != first.isdigit() and not first.islower() and len(text.strip()) > 1
        return len(piece.strip()) > 3 or dated
    return True
