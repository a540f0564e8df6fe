"""The value types that every other module speaks in. Pure data: no input or output, no configuration, no third-party
import but numpy.

A *record* is what a reader found; a *document* is its text as lines; a *decision* says what one line is and why; an
*article* is what is left when the decisions have been applied; a *reject* is a record that did not become an article.
Columns of many lines are numpy arrays, so that a batch of documents costs a few array operations and no object per
line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import compress
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Role(StrEnum):
    """What a line is. The order is the code that arrays store (`ROLES.index(role)`)."""

    TITLE = "title"
    HEADING = "heading"
    BODY = "body"
    LIST_ITEM = "list_item"
    QUOTE = "quote"
    CAPTION = "caption"
    CREDIT = "credit"
    DATE = "date"
    SHARE = "share"
    RELATED = "related"
    NEWSLETTER = "newsletter"
    COMMENTS = "comments"
    NAVIGATION = "navigation"
    LEGAL = "legal"
    ADVERTISEMENT = "advertisement"
    COOKIE = "cookie"
    TAGS = "tags"
    SUBSCRIPTION = "subscription"
    DUPLICATE = "duplicate"
    OTHER = "other"
    CODE = "code"
    TABLE = "table"


ROLES: tuple[Role, ...] = tuple(Role)
ROLE_CODE: Mapping[Role, int] = MappingProxyType({role: code for code, role in enumerate(ROLES)})

KEPT = frozenset({Role.HEADING, Role.BODY, Role.LIST_ITEM, Role.QUOTE, Role.CODE, Role.TABLE})
"""Roles that stay in the text of the article."""
LIFTED = frozenset({Role.TITLE, Role.CREDIT, Role.DATE, Role.CAPTION})
"""Roles whose line leaves the text and becomes a field of the article."""
BOILERPLATE = tuple(role for role in ROLES if role not in KEPT and role not in LIFTED)
"""Roles that are removed."""


class CreditRole(StrEnum):
    """What somebody did for an article."""

    AUTHOR = "author"
    AGENCY = "agency"
    PUBLISHER = "publisher"
    PHOTOGRAPHER = "photographer"
    ILLUSTRATOR = "illustrator"
    TRANSLATOR = "translator"
    EDITOR = "editor"
    CONTRIBUTOR = "contributor"


@dataclass(frozen=True, slots=True)
class Credit:
    """Who made it: the normalised name, the domain where known, and the raw line it was read from."""

    role: CreditRole
    name: str
    domain: str | None = None
    raw: str = ""


class Precision(StrEnum):
    """How much of a date the document states."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    MINUTE = "minute"
    SECOND = "second"


@dataclass(frozen=True, slots=True)
class StatedDate:
    """A date as the document states it. `moment` is in UTC; parts below `precision` are zero.

    `kind` tells a publication date from an update, so that the first can win: `published`, `updated` for what a line
    says of a change, `modified` for a change that is stated outside the lines.
    """

    moment: datetime
    precision: Precision
    kind: str = "published"
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading below the title. `level` 1 to 6; `offset` in characters of the article's text, -1 before it is
    placed.
    """

    level: int
    text: str
    offset: int = -1


@dataclass(frozen=True, slots=True)
class TitleText:
    """A title line as it reads once the site's name and decoration are cut off."""

    text: str


@dataclass(frozen=True, slots=True)
class Caption:
    """What a picture in the article shows, without who made it; `credit` names these, "; " between several."""

    text: str
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A line of a block of several lines: verse, an address, a program, a table. The line with its indent, and what
    stands between it and the line above: line ends, or a bar between two cells; empty where the block begins.
    """

    text: str
    joint: str


@dataclass(frozen=True, slots=True)
class Nested:
    """An item of a list within items of others: of how many."""

    depth: int


Fact = Caption | Credit | StatedDate | Heading | Layout | Nested | TitleText
"""What a line says once normalised; a decision carries it, so that applying needs no knowledge of its own."""


@dataclass(frozen=True, slots=True)
class Record:
    """One raw item as a reader found it, decoded, with its provenance. Exactly one of `text` and `html` is set.

    `position` is the ordinal of the record in its source, or the byte offset in an archive.
    `encoding` names the codec and where it came from, for example `utf-8 (bom)` or `windows-1252 (detected 0.93)`.
    `title`, `author` and `date` are what the input states beside the text; they are hints, not truth.
    """

    source_uri: str
    position: int
    raw_sha256: str
    text: str | None = None
    html: str | None = None
    source_id: str | None = None
    url: str | None = None
    title: str | None = None
    author: str | None = None
    date: str | None = None
    encoding: str = "utf-8"
    metadata: Mapping[str, Any] = field(default_factory=dict)


CELL_BREAK = " | "
"""What parts the cells in a row of a table. A bar within a cell has a backslash before it."""


class Cells(NamedTuple):
    """What a line says in a table of data: the number of the table on its page, from 1, and of the row in it, from 0;
    the column in which the line begins, from 0; its cells, empty ones too, with `CELL_BREAK` between them.
    """

    table: int
    row: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class About:
    """What a page states of itself beside title, credits and dates; None, and no tags, where it is silent.

    The names are those of the columns of `articles`. Addresses are absolute, and bounded like all texts here
    (`cleancopy.readers.html.metadata` has the bounds). license: an address, else a name. paywalled: whether the whole
    text is for subscribers alone.
    """

    description: str | None = None
    site_name: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    image: str | None = None
    canonical_url: str | None = None
    license: str | None = None
    paywalled: bool | None = None


NAME_GROUPS = (
    "navigation",
    "head",
    "foot",
    "side",
    "related",
    "share",
    "comments",
    "advertisement",
    "subscription",
    "consent",
    "caption",
    "media",
    "byline",
    "date",
    "title",
    "teaser",
    "lead",
    "body",
    "tags",
    "embed",
    "quote",
    "box",
    "overlay",
    "control",
    "meta",
    "reference",
    "code",
    "post",
    "product",
)
"""What the words of classes and ids stand for (`cleancopy.readers.html.names` has them): the bits of `Surroundings`."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the mark-up around each line says, one entry a line; `cleancopy.readers.html.render` says how it is read.

    near, far: groups of names (`NAME_GROUPS`), one bit each, of the innermost elements around
        the line and of all.
    boxes: for each of four elements around the line, every one larger than the one before: the share of its characters
        in links, its share of the page's characters, and its lines.
    stated: the share of the line's words that the page states as its article in JSON-LD, 0 to 1.
    """

    near: tuple[int, ...]
    far: tuple[int, ...]
    boxes: tuple[tuple[float, ...], ...]
    stated: tuple[float, ...]

    def only(self, chosen: Sequence[bool]) -> Surroundings:
        """Those of the chosen lines alone."""
        return Surroundings(
            tuple(compress(self.near, chosen)),
            tuple(compress(self.far, chosen)),
            tuple(compress(self.boxes, chosen)),
            tuple(compress(self.stated, chosen)),
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """What the census of its site says of a page (`cleancopy.census`). Columns have one entry a line.

    pages:  the pages of the site that were counted, this one among them; copies of an article count once.
    seen:   on how many of them the line stands, this one among them; 1 for a line that no other page has.
    alike:  on how many of these it stands in the same place.
    beside: on how many of these it stands next to the same line, above or below it.
    places: where it stands: above, within or below the prose that no other page of the site has.
    """

    site: str
    pages: int
    seen: tuple[int, ...]
    alike: tuple[int, ...]
    beside: tuple[int, ...]
    places: tuple[str, ...]

    def only(self, chosen: Sequence[bool]) -> Standing:
        """That of the chosen lines alone."""
        return replace(
            self,
            seen=tuple(compress(self.seen, chosen)),
            alike=tuple(compress(self.alike, chosen)),
            beside=tuple(compress(self.beside, chosen)),
            places=tuple(compress(self.places, chosen)),
        )


@dataclass(frozen=True, slots=True)
class Document:
    """A record's text as its non-blank lines. All columns have one entry a line.

    lines:   the text of each line, inner white space collapsed, never empty.
    numbers: 1-based number of the line in the raw text, as an editor counts; of the first, where several were joined.
    indents: leading white space in characters.
    blanks:  blank lines above.
    tags:    for HTML, the block element each line came from (`p`, `h2`, `li`, …); None for plain text.
    links:   for HTML, the share of each line's characters inside links, 0 to 1; None for plain text.
    extracted: for HTML, the share of each line's words that trafilatura's extraction keeps, 0 to 1; None where it is
        not asked.
    surroundings: for HTML, what the mark-up around each line says; None for plain text.
    breaks:  line ends between each line and the one above within one block: what `<br>`, `<pre>` or a fence around a
        program says; 0 where a block begins. None for plain text without a fence.
    written: each line of `<pre>` or between fences as it was written, white space and all; empty for other lines.
        None where there are none.
    cells:   for HTML, what each line says in a table of data, None for other lines. None where there are no tables.
    depths:  for HTML, in how many lists each line stands; None for plain text.
    front: lines at the top that say something about the text: front matter.
    standing: what the census of its site says of each line; None where no census knows the site.
    url, title, author, date: what is known from outside the lines (the caller's fields or HTML metadata).
    modified, about: what HTML metadata say of the last change, and of the page.
    repairs: what was repaired before the text was cut into lines, see `cleancopy.repair`; `numbers` counts what came
        of it.
    """

    lines: tuple[str, ...]
    numbers: tuple[int, ...]
    indents: tuple[int, ...]
    blanks: tuple[int, ...]
    tags: tuple[str, ...] | None = None
    links: tuple[float, ...] | None = None
    extracted: tuple[float, ...] | None = None
    surroundings: Surroundings | None = None
    breaks: tuple[int, ...] | None = None
    written: tuple[str, ...] | None = None
    cells: tuple[Cells | None, ...] | None = None
    depths: tuple[int, ...] | None = None
    front: int = 0
    standing: Standing | None = None
    url: str | None = None
    title: str | None = None
    author: str | None = None
    date: str | None = None
    modified: str | None = None
    about: About = About()
    repairs: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.lines)

    def only(self, chosen: Sequence[bool]) -> Document:
        """The same document with the chosen lines alone. chosen: one entry a line."""
        found: dict[str, Any] = {"front": sum(chosen[: self.front])}
        for name in _COLUMNS:
            column = getattr(self, name)
            found[name] = None if column is None else tuple(compress(column, chosen))
        around, standing = self.surroundings, self.standing
        return replace(
            self,
            **found,
            surroundings=None if around is None else around.only(chosen),
            standing=None if standing is None else standing.only(chosen),
        )


_COLUMNS = (
    "lines",
    "numbers",
    "indents",
    "blanks",
    "tags",
    "links",
    "extracted",
    "breaks",
    "written",
    "cells",
    "depths",
)
"""Fields of a document that have one entry a line, or are None."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What one line is, who says so and how sure. `line` is the index into `Document.lines`."""

    line: int
    role: Role
    rule: str
    confidence: float
    facts: tuple[Fact, ...] = ()


HINTS = -1
"""The key of `Decisions.facts` for what is known from outside the lines."""


@dataclass(frozen=True, slots=True)
class LanguageShare:
    """A language (BCP 47 tag) and its share of the text's characters, 0 to 1."""

    language: str
    share: float


@dataclass(frozen=True, slots=True)
class LanguageReport:
    """What a text is written in: a BCP 47 tag or `und`, how sure (0 to 1), and the share of each language, largest
    first.
    """

    language: str
    confidence: float
    languages: tuple[LanguageShare, ...] = ()


@dataclass(frozen=True, slots=True)
class PageReport:
    """What kind of page a document is (`cleancopy.linemodel.pages.KINDS`) with its probability, and the F1 over words
    that its text is expected to reach; both 0 to 1.
    """

    kind: str
    confidence: float
    extraction_score: float


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions over one document as columns: one entry a line, in order.

    roles:      int8[n], codes into `ROLES`.
    rules:      int32[n], indices into `names`.
    confidence: float32[n], 0 to 1.
    names:      the rule ids that `rules` points into, shared by a whole batch.
    facts:      line index → what the line says once normalised; only lines that say something. The entry `HINTS` holds
                what is known from outside the lines (the caller's title, author and date, or HTML metadata).
    language:   what the body is written in, decided once the body is known; None before.
    page:       what kind of page it is and how well it was probably cleaned; None where no model was asked.
    """

    roles: NDArray[np.int8]
    rules: NDArray[np.int32]
    confidence: NDArray[np.float32]
    names: tuple[str, ...]
    facts: Mapping[int, tuple[Fact, ...]] = field(default_factory=dict)
    language: LanguageReport | None = None
    page: PageReport | None = None

    def __len__(self) -> int:
        return len(self.roles)

    def __getitem__(self, line: int) -> Decision:
        return Decision(
            line,
            ROLES[self.roles[line]],
            self.names[self.rules[line]],
            round(float(self.confidence[line]), 4),
            self.facts.get(line, ()),
        )

    def __iter__(self) -> Iterator[Decision]:
        return (self[line] for line in range(len(self)))


class Block(NamedTuple):
    """A paragraph, heading, list item, quote, program or table of the clean body. `level` of a heading is 1 to 6, that
    of a list item says in how many others it stands; that of other blocks is 0.
    """

    role: Role
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Article:
    """The clean text and what was lifted out of it; `docs/dataset.md` has the meaning of every field."""

    title: str | None
    blocks: tuple[Block, ...]
    credits: tuple[Credit, ...]
    published: StatedDate | None
    lines_total: int
    lines_kept: int
    lines_lifted: int
    lines_removed: int
    language: str = "und"
    language_confidence: float = 0.0
    languages: tuple[LanguageShare, ...] = ()
    kind: str | None = None
    kind_confidence: float | None = None
    extraction_score: float | None = None
    captions: tuple[Caption, ...] = ()
    modified: StatedDate | None = None
    about: About = About()

    def described(self, language: LanguageReport) -> Article:
        """The same article with its language filled in."""
        return replace(
            self, language=language.language, language_confidence=language.confidence, languages=language.languages
        )

    @property
    def text(self) -> str:
        """The blocks joined by blank lines."""
        return "\n\n".join([block.text for block in self.blocks])

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The headings with their offsets into `text`, in characters."""
        found, offset = [], 0
        for block in self.blocks:
            if block.role is Role.HEADING:
                found.append(Heading(block.level, block.text, offset))
            offset += len(block.text) + 2
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """The article as plain values that `json.dumps` takes, under the names of the columns of `articles`."""
        published, modified, about = self.published, self.modified, self.about
        return {
            "title": self.title,
            "text": self.text,
            "blocks": [{"role": block.role.value, "level": block.level, "text": block.text} for block in self.blocks],
            "headings": [{"level": each.level, "text": each.text, "offset": each.offset} for each in self.headings],
            "credits": [
                {"role": credit.role.value, "name": credit.name, "domain": credit.domain, "raw": credit.raw}
                for credit in self.credits
            ],
            "captions": [{"text": each.text, "credit": each.credit} for each in self.captions],
            "published_at": None if published is None else published.moment.isoformat(),
            "published_precision": None if published is None else published.precision.value,
            "modified_at": None if modified is None else modified.moment.isoformat(),
            "modified_precision": None if modified is None else modified.precision.value,
            "description": about.description,
            "site_name": about.site_name,
            "section": about.section,
            "tags": list(about.tags),
            "image": about.image,
            "canonical_url": about.canonical_url,
            "license": about.license,
            "paywalled": about.paywalled,
            "language": self.language,
            "language_confidence": self.language_confidence,
            "languages": [{"language": each.language, "share": each.share} for each in self.languages],
            "kind": self.kind,
            "kind_confidence": self.kind_confidence,
            "extraction_score": self.extraction_score,
            "lines_total": self.lines_total,
            "lines_kept": self.lines_kept,
            "lines_lifted": self.lines_lifted,
            "lines_removed": self.lines_removed,
        }

    def to_markdown(self) -> str:
        """The title and the text as Markdown, with headings, lists and quotations; see `cleancopy.markdown`."""
        from cleancopy.markdown import markdown

        return markdown(self)


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that did not become an article: why (a stable code), what would be right, and the payload for a
    replay.
    """

    source_uri: str
    position: int
    reason: str
    detail: str
    payload: bytes
    source_id: str | None = None
    url: str | None = None
