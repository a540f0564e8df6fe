"""What cleaning changes in text that it has cleaned: nothing where rules alone decide, little with the line model.

    python bench/again.py INPUT... [--set KEY=VALUE]

Each input is read as by `cleancopy run`. Title and text of every article are cleaned again, once as they are with rules
alone and once with the line model; a document counts as changed when its title or text is not the same. Words lost:
those of the cleaned texts that the second cleaning removes or lifts, in all documents together.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from cleancopy import readers, settings
from cleancopy.assembly import reader_options
from cleancopy.cleaner import Cleaned
from cleancopy.cleaning import Cleaning
from cleancopy.model import Article, Document, Reject
from cleancopy.text.segment import segment

BATCH = 64


def documents(inputs: Sequence[str], chosen: settings.Settings, cleaning: Cleaning) -> Iterator[Document]:
    """What can be read of the inputs, one document a record."""
    options = reader_options(chosen)
    for file in readers.discover(inputs, options):
        for part in readers.split(file, 1 << 30):
            for record in readers.read(part, options, Counter()):
                document = record if isinstance(record, Reject) else cleaning.document(record)
                if isinstance(document, Document):
                    yield document


def clean(cleaning: Cleaning, group: Sequence[Document]) -> list[Article | None]:
    return [result.article if isinstance(result, Cleaned) else None for result in cleaning.clean(group)]


def measure(inputs: Sequence[str], chosen: settings.Settings) -> str:
    cleaning = Cleaning.of(chosen)
    count = changed = words = lost = 0
    found = documents(inputs, chosen, cleaning)
    while group := list(islice(found, BATCH)):
        firsts = [
            (document, article) for document, article in zip(group, clean(cleaning, group), strict=True) if article
        ]
        texts = [segment(f"{article.title or ''}\n\n{article.text}", url=document.url) for document, article in firsts]
        for (_, first), second in zip(firsts, clean(cleaning, texts), strict=True):
            count += 1
            same = second is not None and (second.title, second.text) == (first.title, first.text)
            changed += not same
            words += len(first.text.split())
            lost += sum((Counter(first.text.split()) - Counter(second.text.split() if second else ())).values())
    return f"{count:9,} {changed:9,} {changed / max(count, 1):8.1%} {lost / max(words, 1):11.2%}"


def main() -> None:
    parser = argparse.ArgumentParser(description="What cleaning changes in text that it has cleaned.")
    parser.add_argument("inputs", nargs="+")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    given = parser.parse_args()
    overrides = settings.keys(given.set)
    print("              documents   changed             words lost")
    for name, model in (("rules alone", False), ("line model", True)):
        print(
            f"{name:13}",
            measure(given.inputs, settings.load(overrides={**overrides, "clean.model": model})),
            flush=True,
        )


if __name__ == "__main__":
    main()
