"""The dataset card: what somebody who finds the folder needs to know. Made of receipts and files, without a clock.

Its front matter is Hugging Face's: `datasets.load_dataset` and the hub find the three tables by it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from cleancopy.dataset import duplicates
from cleancopy.dataset.figures import ranked
from cleancopy.dataset.overview import FILTERS, Overview, sections
from cleancopy.dataset.receipts import Receipt, total
from cleancopy.dataset.schema_table import columns_table, markdown_table, schema_table, signal_table
from cleancopy.dataset.sinks import Sink
from cleancopy.schema import DATASETS, SCHEMA_VERSION
from cleancopy.shown import shown

WHAT = {
    "articles": "One row an article: the clean text and what was lifted out of it.",
    "removed": "One row a line that is not in its article's text: boilerplate with its role, and title, credit and "
    "date lines, which became fields. `doc_id` joins it to `articles`.",
    "rejected": "One row a record that did not become an article, with its reason and its payload.",
}

_SIZES = {
    1_000: "n<1K",
    10_000: "1K<n<10K",
    100_000: "10K<n<100K",
    1_000_000: "100K<n<1M",
    10_000_000: "1M<n<10M",
    100_000_000: "10M<n<100M",
    1_000_000_000: "100M<n<1B",
}
_SHOWN_SOURCES = 20
_CHECK = "<!-- check of this card: "
"""Begins the last line: a hash of all before it."""


def render(
    receipts: Mapping[str, Receipt], sink: Sink, found: Overview | None, copies: duplicates.Figures | None = None
) -> str:
    """The card in Markdown.

    sink:   of the format that the dataset is of.
    found:  what its articles hold; None: the card does not say.
    copies: what the table `duplicates` says of these articles; None: it says nothing of them.
    """
    counts = total(receipts.values())
    configurations = {
        name: sorted({receipt.configuration.get(name, "") for receipt in receipts.values()})
        for name in ("version", "fingerprint", "settings", "rules", "weights", "code", "libraries")
    }
    sources = sorted({uri for receipt in receipts.values() for uri in receipt.inputs})
    parts = [
        _front_matter(counts.languages, counts.articles, sink, copies is not None),
        "# Clean articles\n",
        "Article records out of raw scraped text: clean body, title, credits, captions, date, headings and language. "
        "Every line that is not in a text is in `removed`, with the rule that took it out; every record that is no "
        "article is in `rejected`, with its reason.\n",
        markdown_table(
            ("", "count"),
            [
                ("records read", f"{counts.records:,}"),
                ("articles", f"{counts.articles:,}"),
                ("rejected", f"{counts.rejected.total():,}"),
                ("skipped on purpose", f"{counts.skipped.total():,}"),
                ("lines of the articles' pages", f"{counts.lines_total:,}"),
                ("– kept in the text", f"{counts.lines_kept:,}"),
                ("– lifted into title, credits, captions, date", f"{counts.lines_lifted:,}"),
                ("– removed", f"{counts.lines_removed:,}"),
            ],
        ),
        "\n## Loading\n",
        "Run these in the folder of this card.\n",
    ]
    parts += [f"{name}\n\n```python\n{code}\n```\n" for name, code in sink.loaders.items()]
    parts += ["\n## Filtering\n", "English articles of 50 words or more; the table of signals is below.\n"]
    parts += [f"{name}, after loading\n\n```python\n{code}\n```\n" for name, code in FILTERS.items()]
    parts += sections(found) if found is not None else []
    for heading, column, counter in (
        ("Languages", "language", counts.languages),
        ("Lines outside the text, by role", "role", counts.roles),
        ("Rejected, by reason", "reason", counts.rejected),
        ("Skipped, by reason", "reason", counts.skipped),
    ):
        if counter:
            table = markdown_table((column, "count"), [(key, f"{count:,}") for key, count in ranked(counter)])
            parts += [f"\n## {heading}\n", table]
    for name in DATASETS:
        parts += [f"\n## The table `{name}`\n", f"{WHAT[name]}\n", schema_table(name)]
        if name == "articles":
            parts += ["\n### The fields of `signals`\n", signal_table()]
    if copies is not None:
        parts += _duplicates(copies)
    parts += [
        "\n## Provenance\n",
        "Every row says which record it was made from (`source_uri`, `source_position`, `raw_sha256`), with which "
        "version and configuration (`version`, `config_fingerprint`). The same input, version and configuration give "
        "the same files, byte for byte.\n",
        markdown_table(
            ("", ""),
            [
                ("schema version", SCHEMA_VERSION),
                *(
                    (f"{name} of cleancopy" if name == "version" else name, _codes(found))
                    for name, found in configurations.items()
                ),
            ],
        ),
        f"\nRead from {len(sources):,} sources:\n",
        *(f"- {_code(uri)}" for uri in sources[:_SHOWN_SOURCES]),
        *([f"- and {len(sources) - _SHOWN_SOURCES:,} more"] if len(sources) > _SHOWN_SOURCES else []),
        "\n## Licence\n",
        "The texts stay under the rights of those who wrote and published them; cleaning grants none. Before you share "
        "the dataset or train on it, check the terms of its sources, and name its licence in the front matter above. "
        "The texts may name people: `credits` do so on purpose.",
    ]
    text = shown("\n".join(parts) + "\n")
    return f"{text}\n{_CHECK}{_digest(text)} -->\n"


def _duplicates(copies: duplicates.Figures) -> list[str]:
    counts = [
        ("articles", f"{copies.articles:,}"),
        ("clusters of two or more", f"{copies.clusters:,}"),
        ("copies with the text of their original", f"{copies.exact:,}"),
        ("copies with nearly its text", f"{copies.near:,}"),
        ("articles of the largest cluster", f"{copies.largest:,}"),
    ]
    return [
        f"\n## The table `{duplicates.NAME}`\n",
        "One row an article: which others have the same text, or nearly, and which of them is the original. `doc_id` "
        "joins it to `articles`; no article was left out for it.\n",
        markdown_table(("", "count"), counts) + "\n",
        columns_table(duplicates.SCHEMA),
    ]


def is_as_written(text: str) -> bool:
    """Whether a card says what was rendered, but for its licence, which is the reader's to fill in."""
    said, mark, check = text.rpartition(f"\n{_CHECK}")
    return bool(mark) and check == f"{_digest(said)} -->\n"


def _digest(text: str) -> str:
    stated = re.sub(r"(?m)^license: .*$", "", text, count=1)
    return hashlib.blake2b(stated.encode(), digest_size=16).hexdigest()


def _front_matter(languages: Counter[str], articles: int, sink: Sink, has_duplicates: bool) -> str:
    size = next((name for limit, name in _SIZES.items() if articles < limit), "n>1B")
    known = [tag for tag, _ in ranked(languages) if tag != "und"]
    lines = [
        "---",
        "pretty_name: Clean articles",
        "license: unknown",
        "task_categories:\n- text-generation",
        f"size_categories:\n- {size}",
        "tags:\n- cleancopy",
    ]
    if known:
        lines += ["language:", *(f"- {json.dumps(tag)}" for tag in known)]  # quoted: YAML takes Norwegian for false
    if not sink.typed:
        lines.append("dataset_info:")
        for name, schema in DATASETS.items():
            lines += [f"- config_name: {name}", "  features:", *(f"  {line}" for line in _features(schema))]
    lines.append("configs:")
    paths = {name: f"{name}/**/*{sink.suffix}" for name in DATASETS}
    if has_duplicates and sink.typed:  # datasets reads all tables of a folder in one format
        paths[duplicates.NAME] = f"{duplicates.NAME}/*.parquet"
    for name, path in paths.items():
        lines += [f"- config_name: {name}", "  data_files:", "  - split: train", f'    path: "{path}"']
        if name == "articles":
            lines.append("  default: true")
    return "\n".join([*lines, "---\n"])


def _features(fields: Iterable[pa.Field[Any]]) -> Iterator[str]:
    """The columns as Hugging Face datasets names them, for files that do not say their types."""
    for field in fields:
        kind: Any = field.type
        yield f"- name: {field.name}"
        item = kind.value_type if pa.types.is_list(kind) else kind
        key = "list" if pa.types.is_list(kind) else "struct" if pa.types.is_struct(kind) else "dtype"
        if pa.types.is_struct(item):
            yield f"  {key}:"
            yield from (f"  {line}" for line in _features(item))
        else:
            yield f"  {key}: {_feature(item)}"


def _feature(kind: Any) -> str:
    if pa.types.is_binary(kind):
        return "string"  # Base64
    return "float32" if pa.types.is_float32(kind) else str(kind)


def _codes(values: list[str]) -> str:
    return ", ".join(f"`{value}`" for value in values if value)


def _code(text: str) -> str:
    """A text that someone else chose, as code: no markup of its own."""
    ticks = "`" * (1 + max((len(run) for run in "".join(c if c == "`" else " " for c in text).split()), default=0))
    inner = " ".join(text.split())
    return f"{ticks} {inner} {ticks}" if "`" in inner else f"{ticks}{inner}{ticks}"
