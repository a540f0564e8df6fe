"""Every decision over sample and real input as hashes: the same before and after a change that only makes it faster.

    python bench/golden.py [--wcxb PATH] [--pages N] > before.txt

One line a source: the hash over every record's decisions (line, role, rule, confidence, facts), article and signals.
Confidence is taken to four digits, as the dataset has it. `--wcxb` (see `run.py`) adds pages in HTML and in three
renderings.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from cleancopy import readers, settings
from cleancopy.assembly import reader_options
from cleancopy.cleaner import Cleaned
from cleancopy.cleaning import Cleaning
from cleancopy.errors import RecordError
from cleancopy.model import Record, Reject

SAMPLES = Path(__file__).parents[1] / "data" / "raw"
BATCH = 64


def samples(options: readers.ReaderOptions) -> Iterator[Record]:
    for file in readers.discover([str(SAMPLES)], options):
        for part in readers.split(file, 1 << 30):
            yield from (item for item in readers.read(part, options, Counter()) if not isinstance(item, Reject))


def pages(path: Path, field: str, count: int | None) -> Iterator[Record]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for number, line in enumerate(islice(stream, count)):
            row = json.loads(line)
            body = {field: row[field]}
            yield Record(str(path), number, "", text=body.get("text"), html=body.get("html"), url=row.get("url"))


def digest(records: Iterable[Record], cleaning: Cleaning) -> str:
    """Hash over everything that is decided about the records."""
    total = hashlib.blake2b(digest_size=16)
    documents = (cleaning.document(record) for record in records)
    while group := list(islice(documents, BATCH)):
        readable = [document for document in group if not isinstance(document, RecordError)]
        for result in cleaning.clean(readable):
            total.update(repr(_plain(result)).encode("utf-8", "surrogatepass"))
    return total.hexdigest()


def _plain(result: Cleaned | RecordError) -> Sequence[object]:
    if isinstance(result, RecordError):
        return result.reason, result.detail
    facts = sorted(result.decisions.facts.items())
    return list(result.decisions), facts, result.article, sorted(result.signals.items())


def main() -> None:
    parser = argparse.ArgumentParser(description="Hashes over all decisions.")
    parser.add_argument("--wcxb", type=Path)
    parser.add_argument("--pages", type=int, help="only so many pages of each set")
    given = parser.parse_args()
    chosen = settings.load()
    cleaning = Cleaning.of(chosen)
    print("data/raw", digest(samples(reader_options(chosen)), cleaning))
    if given.wcxb is not None:
        for name in ("inscriptis", "resiliparse", "soup", "html"):
            field = "html" if name == "html" else "text"
            print(
                name, digest(pages(given.wcxb / "raw" / f"{name}.jsonl.gz", field, given.pages), cleaning), flush=True
            )


if __name__ == "__main__":
    main()
