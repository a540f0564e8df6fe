"""The Arrow schemas of the three datasets, with a description on every field, and the tables built from results.

A table is built column by column from a whole batch: no row dictionaries, no inferred types, no Python object per value
where an array will do. Any change of columns, a new signal too, is a new `SCHEMA_VERSION`: what has another one is
cleaned again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cleancopy.describe.signals import SIGNALS
from cleancopy.errors import ConservationError
from cleancopy.model import KEPT, LIFTED, ROLES, About, Article, Decisions, Document, Record, Reject, StatedDate
from cleancopy.text.sites import site

SCHEMA_VERSION = "4"


def _field(name: str, kind: pa.DataType, description: str, *, null: bool = False) -> pa.Field[Any]:
    return pa.field(name, kind, nullable=null, metadata={"description": description})


def _struct(*fields: pa.Field[Any]) -> pa.StructType:
    return pa.struct(list(fields))


_BLOCK = _struct(
    _field("role", pa.string(), "heading, body, list_item, quote, code or table."),
    _field("level", pa.int8(), "1 to 6 for a heading; in how many other items a list item stands; 0 otherwise."),
    _field("text", pa.string(), "The text of the block: one line, or several of verse, an address, code or a table."),
)
_HEADING = _struct(
    _field("level", pa.int8(), "1 to 6."),
    _field("text", pa.string(), "The heading without decoration."),
    _field("offset", pa.int32(), "Where it starts in `text`, in characters."),
)
_CREDIT = _struct(
    _field(
        "role", pa.string(), "author, agency, publisher, photographer, illustrator, translator, editor, contributor."
    ),
    _field("name", pa.string(), "The normalised name."),
    _field("domain", pa.string(), "Domain of an organisation, where known.", null=True),
    _field("raw", pa.string(), "The line it was read from, as it stood; empty if it came from metadata."),
)
_CAPTION = _struct(
    _field("text", pa.string(), "What the picture shows, without who made it."),
    _field("credit", pa.string(), "Who made it, where the page says so; `; ` between several names.", null=True),
)
_LANGUAGE = _struct(
    _field("language", pa.string(), "BCP 47 tag."),
    _field("share", pa.float32(), "Share of the text's characters, 0 to 1."),
)

_PROVENANCE = (
    _field("source_id", pa.string(), "The caller's own id, where the input has one.", null=True),
    _field("source_uri", pa.string(), "The file, archive or object that the record came from."),
    _field(
        "source_position",
        pa.int64(),
        "Where the record begins in its source: a byte offset or an ordinal, as its format counts.",
    ),
)
_VERSIONS = (
    _field("config_fingerprint", pa.string(), "Hash of the rules, model and settings that decide what a row says."),
    _field("version", pa.string(), "Version of cleancopy."),
)
_DOC_ID = _field(
    "doc_id", pa.string(), "Stable id: BLAKE2b-128 over source_uri, source_position and raw_sha256, in hex."
)

ARTICLES: pa.Schema = pa.schema(
    [
        _DOC_ID,
        *_PROVENANCE,
        _field("url", pa.string(), "Address of the page.", null=True),
        _field("site", pa.string(), "Registrable domain of the address, or its host where it has none.", null=True),
        _field("title", pa.string(), "Title of the article.", null=True),
        _field(
            "text",
            pa.string(),
            "The clean body: blocks joined by blank lines; no title, credit, date or caption lines.",
        ),
        _field("blocks", pa.list_(_BLOCK), "The same body, structured."),
        _field("headings", pa.list_(_HEADING), "Headings below the title."),
        _field("credits", pa.list_(_CREDIT), "Who made it, in the order of the page."),
        _field("captions", pa.list_(_CAPTION), "Captions of the pictures in the article, in the order of the page."),
        _field("published_at", pa.timestamp("us", tz="UTC"), "Date of publication, only as stated.", null=True),
        _field("published_precision", pa.string(), "year, month, day, minute or second.", null=True),
        _field("modified_at", pa.timestamp("us", tz="UTC"), "Date of the last change, only as stated.", null=True),
        _field("modified_precision", pa.string(), "year, month, day, minute or second.", null=True),
        _field("description", pa.string(), "What the page says that it is about, in a sentence or two.", null=True),
        _field("site_name", pa.string(), "What the site calls itself.", null=True),
        _field("section", pa.string(), "The part of the site that the page stands in.", null=True),
        _field("tags", pa.list_(pa.string()), "Keywords that the page states; empty where it states none."),
        _field("image", pa.string(), "Address of the picture that stands for the page.", null=True),
        _field("canonical_url", pa.string(), "The address that the page gives as its own.", null=True),
        _field("license", pa.string(), "Address of the licence, else its name.", null=True),
        _field("paywalled", pa.bool_(), "Whether the whole text is for subscribers alone.", null=True),
        _field("language", pa.string(), "BCP 47 tag of the clean body; `und` where nothing can be said."),
        _field("language_confidence", pa.float32(), "0 to 1."),
        _field("languages", pa.list_(_LANGUAGE), "Languages of the paragraphs, where they differ."),
        _field(
            "kind",
            pa.string(),
            "What the page probably is: article, listing, forum, documentation, product or service.",
            null=True,
        ),
        _field(
            "kind_confidence", pa.float32(), "Probability of that kind, 0 to 1; below 0.5 it is a guess.", null=True
        ),
        _field(
            "extraction_score",
            pa.float32(),
            "How well the page was probably cleaned, 0 to 1: the F1 over words that `text` is expected to reach.",
            null=True,
        ),
        _field(
            "signals",
            _struct(
                *(_field(s.name, pa.int32() if s.counts else pa.float32(), s.description, null=True) for s in SIGNALS)
            ),
            "Quality signals: annotated, never filtered on unless the configuration says so.",
        ),
        _field("lines_total", pa.int32(), "Non-blank lines of the record: kept + lifted + removed."),
        _field("lines_kept", pa.int32(), "Lines that are in `text`."),
        _field(
            "lines_lifted",
            pa.int32(),
            "Title, credit, date and caption lines, which became fields; they are in `removed` too.",
        ),
        _field("lines_removed", pa.int32(), "Boilerplate lines; they are in `removed` with their rules."),
        _field("encoding", pa.string(), "Character encoding of the source and how it was found."),
        _field(
            "repairs",
            pa.list_(pa.string()),
            "What was repaired in the raw text before it was read, in order: `escapes` (literal \\n, \\u00e9, doubled "
            "quotes), `mojibake.` and the code page it was read in, `entities`, `markup` (tags taken out), "
            "`markdown` (backslashes before its signs), `page` (read as HTML).",
        ),
        _field("raw_sha256", pa.string(), "SHA-256 of the raw record."),
        _field("text_sha256", pa.string(), "SHA-256 of `text` in UTF-8."),
        *_VERSIONS,
        _field("metadata", pa.string(), "The caller's other fields, as a JSON object.", null=True),
    ]
)

REMOVED: pa.Schema = pa.schema(
    [
        _field("doc_id", pa.string(), "The article's doc_id."),
        _field("line", pa.int32(), "1-based number of the line in the raw text, as an editor counts."),
        _field(
            "role", pa.string(), "title, credit, date or caption for a lifted line; otherwise the kind of boilerplate."
        ),
        _field("rule", pa.string(), "Stable id of the rule that decided."),
        _field("confidence", pa.float32(), "0 to 1."),
        _field("text", pa.string(), "The line, inner white space collapsed."),
    ]
)

REJECTED: pa.Schema = pa.schema(
    [
        *_PROVENANCE,
        _field("url", pa.string(), "Address of the page.", null=True),
        _field("reason", pa.string(), "Stable code of what was wrong, such as `encoding.undecodable`."),
        _field("detail", pa.string(), "What is wrong with this record and what would be right."),
        _field("payload", pa.binary(), "The raw record; null if larger than `limits.payload_bytes`.", null=True),
        _field("payload_bytes", pa.int64(), "Size of the raw record as far as it was read."),
        _field("part_start", pa.int64(), "Where the part of the source that holds it starts.", null=True),
        _field("part_stop", pa.int64(), "Where that part ends.", null=True),
        *_VERSIONS,
    ]
)

DATASETS: Mapping[str, pa.Schema] = {"articles": ARTICLES, "removed": REMOVED, "rejected": REJECTED}
"""Dataset (the folder's name) → schema."""

DICTIONARY_COLUMNS = {
    "articles": [
        *("source_uri", "site", "published_precision", "modified_precision", "site_name", "section", "license"),
        *("language", "encoding", "config_fingerprint", "version"),
    ],
    "removed": ["doc_id", "role", "rule"],
    "rejected": ["source_uri", "reason", "config_fingerprint", "version"],
}
"""Columns that repeat themselves; the others would only pay for a dictionary that is thrown away."""

STATISTICS_COLUMNS = {
    "articles": ["doc_id", "source_uri", "site", "published_at", "language", "lines_total", "version"],
    "removed": ["doc_id", "role", "rule"],
    "rejected": ["source_uri", "reason"],
}
"""Columns that a reader prunes row groups by; minimum and maximum of whole texts would bloat every footer."""

_LIST_COLUMNS: Mapping[str, pa.StructType] = {
    "blocks": _BLOCK,
    "headings": _HEADING,
    "credits": _CREDIT,
    "captions": _CAPTION,
    "languages": _LANGUAGE,
}
"""Columns of `articles` that hold the article's own lists → what an item is."""

_PLAIN_COLUMNS: Mapping[str, str] = {
    "source_position": "record.position",
    **{name: f"record.{name}" for name in ("source_id", "source_uri", "encoding", "raw_sha256")},
    **{name: f"article.{name}" for name in ("title", "text", "kind", "kind_confidence", "extraction_score")},
    **{name: f"article.{name}" for name in ("language", "language_confidence")},
    **{name: f"article.{name}" for name in ("lines_total", "lines_kept", "lines_lifted", "lines_removed")},
    **{each.name: f"article.about.{each.name}" for each in fields(About)},
    "repairs": "document.repairs",
    "metadata": "metadata",
}
"""Columns of `articles` that stand as they are in a `Row` → where."""

_KEPT_CODES = np.array([role in KEPT for role in ROLES])
_LIFTED_CODES = np.array([role in LIFTED for role in ROLES])
_ROLE_NAMES = pa.array([role.value for role in ROLES], pa.string())


@dataclass(frozen=True, slots=True)
class Provenance:
    """What every row of a run has in common."""

    config_fingerprint: str
    version: str

    def stamp(self, dataset: str) -> pa.Schema:
        """The dataset's schema with the metadata that each of its files carries."""
        return DATASETS[dataset].with_metadata(
            {
                "cleancopy.schema_version": SCHEMA_VERSION,
                "cleancopy.version": self.version,
                "cleancopy.config_fingerprint": self.config_fingerprint,
            }
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One cleaned record: everything that `articles` and `removed` say about it.

    metadata: the record's other fields, as `metadata_json` gives them.
    """

    record: Record
    metadata: str | None
    document: Document
    decisions: Decisions
    article: Article
    signals: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RejectRow:
    """One rejected record and the part of its source that holds it."""

    reject: Reject
    part_start: int | None
    part_stop: int | None


def doc_id(record: Record) -> str:
    """The stable id of a record: 32 hex characters."""
    key = f"{record.source_uri}\0{record.position}\0{record.raw_sha256}"
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def articles_table(rows: Sequence[Row], provenance: Provenance) -> pa.Table:
    """One row an article, in the order given."""
    columns: dict[str, Any] = {name: list(map(attrgetter(path), rows)) for name, path in _PLAIN_COLUMNS.items()}
    for name, kind in _LIST_COLUMNS.items():
        columns[name] = _lists([getattr(row.article, name) for row in rows], kind)
    for name in ("published", "modified"):
        dates: list[StatedDate | None] = [getattr(row.article, name) for row in rows]
        columns[f"{name}_at"] = [date and date.moment for date in dates]
        columns[f"{name}_precision"] = [date and date.precision.value for date in dates]
    columns["doc_id"] = [doc_id(row.record) for row in rows]
    columns["url"] = [row.record.url or row.document.url for row in rows]
    columns["site"] = list(map(site, columns["url"]))
    columns["signals"] = _signals([row.signals for row in rows])
    columns["text_sha256"] = [hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() for text in columns["text"]]
    return _table("articles", columns, len(rows), provenance)


def removed_table(rows: Sequence[Row], provenance: Provenance) -> pa.Table:
    """One row a line that is not in its article's text: boilerplate with its role, and what was lifted into a field.

    Raises ConservationError where the decisions and the article's own counts disagree.
    """
    if not rows:
        return provenance.stamp("removed").empty_table()
    codes = np.concatenate([row.decisions.roles for row in rows])
    bounds = np.cumsum([0, *(len(row.decisions) for row in rows)])
    away = np.flatnonzero(~_KEPT_CODES[codes])
    firsts = np.searchsorted(away, bounds)
    counts = np.diff(firsts)
    lifted = np.diff(np.searchsorted(np.flatnonzero(_LIFTED_CODES[codes]), bounds))
    numbers: list[int] = []
    texts: list[str] = []
    for place, row in enumerate(rows):
        _balance(row, int(counts[place]), int(lifted[place]))
        lines, line_numbers = row.document.lines, row.document.numbers
        indices = (away[firsts[place] : firsts[place + 1]] - bounds[place]).tolist()
        texts += [lines[index] for index in indices]
        numbers += [line_numbers[index] for index in indices]
    ids = pa.array([doc_id(row.record) for row in rows], pa.string())
    columns: dict[str, Any] = {
        "doc_id": ids.take(pa.array(np.repeat(np.arange(len(rows)), counts), pa.int64())),
        "line": pa.array(numbers, pa.int32()),
        "role": _ROLE_NAMES.take(pa.array(codes[away], pa.int8())),
        "rule": _rules([row.decisions for row in rows], away),
        # Four digits are what a decision shows; more would carry the rounding noise of how lines were batched.
        "confidence": np.round(np.concatenate([row.decisions.confidence for row in rows])[away].astype(np.float32), 4),
        "text": texts,
    }
    return _table("removed", columns, len(texts), provenance)


def rejected_table(rows: Sequence[RejectRow], provenance: Provenance, payload_bytes: int) -> pa.Table:
    """One row a reject; payloads above `payload_bytes` stay where they lie."""
    rejects = [row.reject for row in rows]
    columns: dict[str, Any] = {
        "source_id": [reject.source_id for reject in rejects],
        "source_uri": [reject.source_uri for reject in rejects],
        "source_position": [reject.position for reject in rejects],
        "url": [reject.url for reject in rejects],
        "reason": [reject.reason for reject in rejects],
        "detail": [reject.detail for reject in rejects],
        "payload": [reject.payload if len(reject.payload) <= payload_bytes else None for reject in rejects],
        "payload_bytes": [len(reject.payload) for reject in rejects],
        "part_start": [row.part_start for row in rows],
        "part_stop": [row.part_stop for row in rows],
    }
    return _table("rejected", columns, len(rows), provenance)


def _balance(row: Row, away: int, lifted: int) -> None:
    article, total = row.article, len(row.document)
    stated = (article.lines_total, article.lines_kept, article.lines_lifted, article.lines_removed)
    if stated != (total, total - away, lifted, away - lifted) or len(row.decisions) != total:
        raise ConservationError(
            f"{row.record.source_uri} record {row.record.position}: the article counts (total, kept, lifted, removed) "
            f"= {stated}, its {total} lines and {len(row.decisions)} decisions say "
            f"{(total, total - away, lifted, away - lifted)}"
        )


def _rules(decisions: Sequence[Decisions], away: NDArray[np.int64]) -> pa.Array[Any]:
    """The rule ids of the lines `away` of all documents, one behind the other."""
    names = decisions[0].names
    if all(each.names is names for each in decisions):
        rules = np.concatenate([each.rules for each in decisions])[away]
        return pa.array(names, pa.string()).take(pa.array(rules, pa.int32()))
    # Documents that were cleaned apart, as after a failed batch, have tables of their own.
    every = [each.names[rule] for each in decisions for rule in each.rules.tolist()]
    return pa.array([every[line] for line in away.tolist()], pa.string())


def _signals(rows: Sequence[Mapping[str, float]]) -> pa.Array[Any]:
    """A figure that a document has not (NaN) is null."""
    fields = list(ARTICLES.field("signals").type)
    figures = np.array([[row[signal.name] for signal in SIGNALS] for row in rows], np.float64).reshape(-1, len(SIGNALS))
    arrays = [pa.array(figures[:, index], from_pandas=True).cast(field.type) for index, field in enumerate(fields)]
    return pa.StructArray.from_arrays(arrays, fields=fields)


def _lists(lists: Sequence[Sequence[object]], kind: pa.StructType) -> pa.Array[Any]:
    """A list a row, of structs whose fields are the attributes of the same names."""
    offsets = np.zeros(len(lists) + 1, np.int32)
    np.cumsum(list(map(len, lists)), out=offsets[1:])
    items = list(chain.from_iterable(lists))
    fields = list(kind)
    arrays = [_array(list(map(attrgetter(field.name), items)), field.type) for field in fields]
    values = pa.StructArray.from_arrays(arrays, fields=fields)
    array: pa.Array[Any] = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values, type=pa.list_(kind))
    return array


def _table(dataset: str, columns: dict[str, Any], rows: int, provenance: Provenance) -> pa.Table:
    schema = provenance.stamp(dataset)
    if "version" in schema.names:
        columns["config_fingerprint"] = pa.repeat(provenance.config_fingerprint, rows)
        columns["version"] = pa.repeat(provenance.version, rows)
    return pa.Table.from_arrays([_array(columns[field.name], field.type) for field in schema], schema=schema)


def _array(values: Any, kind: pa.DataType) -> pa.Array[Any]:
    if isinstance(values, pa.Array):
        return values
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:  # a lone surrogate, which no UTF-8 can hold, becomes U+FFFD
        return pa.array([_well_formed(value) for value in values], kind)


def _well_formed(value: str | None) -> str | None:
    if value is None:
        return None
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def metadata_json(metadata: Mapping[str, Any]) -> str | None:
    """The fields as a JSON object, None without any. Values that JSON lacks become text, such as "NaN".

    Raises RecursionError for fields nested deeper than JSON can be written.
    """
    if not metadata:
        return None
    try:
        text = json.dumps(metadata, ensure_ascii=False, allow_nan=False, default=str)
    except ValueError:
        finite = json.loads(json.dumps(metadata, default=str), parse_constant=str)
        text = json.dumps(finite, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate stays readable as its escape
        return text.encode("ascii", "backslashreplace").decode()
    return text
