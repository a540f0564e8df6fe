"""What one record more or less costs whoever shares a dataset: the share of its bytes that are sent again.

    python bench/uploads.py GOLD

GOLD is a JSON Lines file (`.gz` or not) with texts in the field `main_content`: the development split of WCXB (Murrough
Foley, CC BY 4.0) has it. Articles are made of their paragraphs, drawn at random, and written as `articles` are: once
all of them, and once without one, a quarter down the file. Stores that know chunks of files (the Hub's Xet, and
backups such as restic) send those that they have not: the bytes of a file are cut where a rolling hash of the last 64
says so, into pieces of 8 to 128 KiB, 64 KiB on average, and those count that the first file has not.

Without a record of a JSON Lines source all behind it stand at other offsets, so their `doc_id` and `source_position`
change, too; a source that is a file of its own for each record changes no others.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cleancopy.dataset.writer import Shape, Stream
from cleancopy.schema import ARTICLES, Provenance

MIN_CHUNK, MEAN_CHUNK, MAX_CHUNK = 8 << 10, 64 << 10, 128 << 10
WINDOW = 64
GEAR = np.random.default_rng(1).integers(0, 1 << 64, 256, np.uint64)
PARAGRAPHS = 12
"""Of an article: about 5 kB of text."""


def chunks(content: bytes) -> list[bytes]:
    """The pieces that a store cuts the bytes into."""
    bytes_ = np.frombuffer(content, np.uint8)
    rolling: NDArray[np.uint64] = GEAR[bytes_]
    for width in (1, 2, 4, 8, 16, 32):  # the sum over the last WINDOW bytes, each shifted by its distance
        shifted = np.zeros_like(rolling)
        shifted[width:] = rolling[:-width] << np.uint64(width)
        rolling = rolling + shifted
    bounds = np.flatnonzero(rolling >> np.uint64(48) == 0) + 1
    found, start = [], 0
    while start < len(content):
        place = int(np.searchsorted(bounds, start + MIN_CHUNK))
        cut = int(bounds[place]) if place < len(bounds) else len(content)
        cut = min(cut, start + MAX_CHUNK, len(content))
        found.append(content[start:cut])
        start = cut
    return found


def sent_again(before: list[bytes], after: list[bytes]) -> float:
    """The share of the bytes of some files that is in no chunk of others."""
    known = {hashlib.sha256(chunk).digest() for content in before for chunk in chunks(content)}
    pieces = [chunk for content in after for chunk in chunks(content)]
    new = sum(len(chunk) for chunk in pieces if hashlib.sha256(chunk).digest() not in known)
    return new / sum(map(len, pieces))


def texts(gold: Path, articles: int) -> list[list[str]]:
    """The paragraphs of so many articles."""
    data = gold.read_bytes()
    lines = (gzip.decompress(data) if gold.suffix == ".gz" else data).splitlines()
    pool = [part for line in lines for part in json.loads(line)["main_content"].split("\n") if part.strip()]
    chance = random.Random(1)
    return [chance.choices(pool, k=PARAGRAPHS) for _ in range(articles)]


def table(paragraphs: list[list[str]], positions: list[int], source: str) -> pa.Table:
    """Articles as rows; the columns that matter by their size have values as real as can be."""
    rows = []
    for parts, position in zip(paragraphs, positions, strict=True):
        text = "\n\n".join(parts)
        raw = hashlib.sha256(text.encode()).hexdigest()
        name = f"{source}{position}" if source.endswith("/") else source
        rows.append(
            {
                "doc_id": hashlib.blake2b(f"{name}{position}{raw}".encode(), digest_size=16).hexdigest(),
                "source_uri": name,
                "source_position": position,
                "url": f"https://example.org/{raw[:12]}",
                "title": parts[0][:60],
                "text": text,
                "blocks": [{"role": "body", "level": 0, "text": part} for part in parts],
                "headings": [],
                "credits": [],
                "captions": [],
                "tags": [],
                "languages": [],
                "repairs": [],
                "language": "en",
                "language_confidence": 0.99,
                "signals": {"words": len(text.split()), "characters": len(text)},
                **dict.fromkeys(("lines_total", "lines_kept"), len(parts)),
                **dict.fromkeys(("lines_lifted", "lines_removed"), 0),
                "encoding": "utf-8",
                "raw_sha256": raw,
                "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
                "config_fingerprint": "0" * 16,
                "version": "0",
            }
        )
    return pa.Table.from_pylist(rows, ARTICLES)


def written(rows: pa.Table, form: str, *, cut_by_size: bool = False) -> list[bytes]:
    """The bytes of the files of these rows; with `cut_by_size` pages of Parquet are cut as they are by default."""
    open_ = pq.ParquetWriter

    def opened(*arguments: Any, **options: Any) -> pq.ParquetWriter:
        return open_(*arguments, **{**options, **({"use_content_defined_chunking": False} if cut_by_size else {})})

    schema = Provenance("0" * 16, "0").stamp("articles")
    shape = Shape(form, "none", 16 << 20, 256 << 20, 3, 1 << 20)
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(pq, "ParquetWriter", opened):
        stream = Stream(Path(folder), "articles", "articles/a", schema, shape, in_order=True)
        stream.add(rows.replace_schema_metadata(schema.metadata))
        return [(Path(folder) / file.path).read_bytes() for file in stream.close()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--articles", type=int, default=12_000)
    given = parser.parse_args()
    whole = texts(given.gold, given.articles)
    sizes = [sum(map(len, parts)) for parts in whole]
    gone = given.articles // 4
    less = whole[:gone] + whole[gone + 1 :]
    offsets = np.cumsum([0, *sizes]).tolist()[:-1]
    moved = np.cumsum([0, *sizes[:gone], *sizes[gone + 1 :]]).tolist()[:-1]
    numbers = list(range(given.articles))
    sources = {
        "a file each": ("file:///in/", numbers, numbers[:gone] + numbers[gone + 1 :]),
        "JSON Lines": ("file:///in.jsonl", offsets, moved),
    }
    print("| format | source | MB | sent again |\n| --- | --- | ---: | ---: |")
    for name, (uri, before, after) in sources.items():
        tables = table(whole, before, uri), table(less, after, uri)
        for label, form, by_size in (
            ("Parquet, pages cut by content", "parquet", False),
            ("Parquet, pages cut by size", "parquet", True),
            ("JSON Lines", "jsonl", False),
        ):
            first, second = (written(rows, form, cut_by_size=by_size) for rows in tables)
            megabytes = sum(map(len, first)) / 1e6
            print(f"| {label} | {name} | {megabytes:.1f} | {sent_again(first, second):.0%} |", flush=True)


if __name__ == "__main__":
    main()
