"""Near-duplicates measured: what is found of planted copies, whether the original is right, what a document costs.

    python bench/duplicates.py planted --wcxb PATH [--datatrove PYTHON] [--fill 2000]
    python bench/duplicates.py scale 10000 50000 200000

PATH is a folder with the development split of WCXB as for `run.py`: its `gold.jsonl.gz` has `main_content`, and in
`without` lines of the page that are no text. PYTHON is the interpreter of an environment with `datatrove.txt`.

`planted`: stories that stand in up to five places, copied as `KINDS` says, beside pages that were made of one template
and are no copies, and texts of random words. Recall: of the copies of a kind, those in one cluster with the page that
they were made of. Precision: of the pairs of pages in one cluster, those of one story.

`scale`: generated articles, three in ten of them copies; a dataset of all, then one hundredth more. CPU time and peak
memory of all processes, without what generates and writes the articles.

Every command runs in a process of its own. Everything is drawn with a seed.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations, islice
from pathlib import Path
from typing import Any, NamedTuple

SHARD = 5_000
"""Articles a shard."""
SHINGLES = {"datatrove": (14, 8, 5), "datatrove, as cleancopy": (40, 4, 3)}
"""Bands, minima a band and words a shingle: datatrove's own, which are FineWeb's, and ours."""


class Page(NamedTuple):
    """An article. story, kind: which story it is of, and how it was copied."""

    story: str
    kind: str
    text: str
    site: str
    date: datetime | None
    precision: str | None
    credited: str | None


def scattered(source: random.Random, text: str, other: str, share: float) -> str:
    """The text with this share of its words exchanged, left out or followed by another, each by itself."""
    words, strange = text.split(" "), other.split()
    kept: list[str] = []
    for word in words:
        what = source.randrange(3) if source.random() < share else 3
        kept += [[source.choice(strange)], [], [word, source.choice(strange)], [word]][what]
    return " ".join(kept)


def phrases(source: random.Random, text: str, other: str, share: float) -> str:
    """The text with runs of 3 to 12 words exchanged, left out or put in, until they are this share of its words."""
    words, strange = text.split(" "), other.split()
    todo = share * len(words)
    while todo > 0:
        size = source.randint(3, 12)
        at, there = source.randrange(max(1, len(words) - size)), source.randrange(max(1, len(strange) - size))
        what = source.randrange(3)
        words[at : at + (0 if what == 2 else size)] = [] if what == 1 else strange[there : there + size]
        todo -= size
    return " ".join(words)


def cut(text: str, share: float) -> str:
    """The beginning of the text."""
    words = text.split(" ")
    return " ".join(words[: round(share * len(words))])


def furnished(source: random.Random, text: str, lines: Sequence[str], share: float) -> str:
    """The text with lines of other pages above and below, this share of its words."""
    todo, around = share * len(text.split()), []
    while todo > 0:
        around.append(source.choice(lines))
        todo -= len(around[-1].split())
    above = source.randint(0, len(around))
    return "\n\n".join([*around[:above], text, *around[above:]])


KINDS: Mapping[str, Callable[[random.Random, str, str, Sequence[str]], str]] = {
    "to the letter": lambda s, text, other, lines: text,
    "words edited, 5 %": lambda s, text, other, lines: scattered(s, text, other, 0.05),
    "words edited, 10 %": lambda s, text, other, lines: scattered(s, text, other, 0.10),
    "words edited, 20 %": lambda s, text, other, lines: scattered(s, text, other, 0.20),
    "phrases edited, 5 %": lambda s, text, other, lines: phrases(s, text, other, 0.05),
    "phrases edited, 10 %": lambda s, text, other, lines: phrases(s, text, other, 0.10),
    "phrases edited, 20 %": lambda s, text, other, lines: phrases(s, text, other, 0.20),
    "cut to 75 %": lambda s, text, other, lines: cut(text, 0.75),
    "cut to 50 %": lambda s, text, other, lines: cut(text, 0.50),
    "furniture, 10 %": lambda s, text, other, lines: furnished(s, text, lines, 0.10),
    "furniture, 30 %": lambda s, text, other, lines: furnished(s, text, lines, 0.30),
}
"""How a copy differs from its story."""


def planted(texts: Sequence[str], lines: Sequence[str], fill: int) -> list[Page]:
    """Pages of stories and their copies, of templates, and of random words.

    Nine in ten stories state a date, to the day or to the minute, and so do eight in ten copies, half of them the same
    day. Six in ten copies credit the site of the story, and one in ten some agency.
    """
    source = random.Random(28)
    pages = []
    kinds = list(KINDS)
    for number, text in enumerate(texts):
        day = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=source.randrange(300))
        own = f"paper{number % 150}.com"
        pages.append(_page(source, f"story {number}", "", text, own, day, 0.9, None))
        for _ in range(source.choice((0, 1, 1, 2, 4))):
            kind = source.choice(kinds)
            copied = KINDS[kind](source, text, source.choice(texts), lines)
            drawn = source.random()
            credited = own if drawn < 0.6 else "apnews.com" if drawn < 0.7 else None
            later = day + timedelta(days=source.choice((0, 1)))
            pages.append(
                _page(
                    source, f"story {number}", kind, copied, f"copier{source.randrange(99)}.com", later, 0.8, credited
                )
            )
    words = vocabulary()
    for template in range(10):
        frame = source.choices(words, k=200)
        for number in range(20):
            filled = [source.choice(words) if source.random() < 0.25 else word for word in frame]
            pages.append(_page(source, f"template {template}-{number}", "", " ".join(filled), "data.com", day, 1, None))
    pages += (page for page in generated(fill) if not page.kind)
    source.shuffle(pages)
    return pages


def _page(
    source: random.Random,
    story: str,
    kind: str,
    text: str,
    site: str,
    day: datetime,
    dated: float,
    credited: str | None,
) -> Page:
    if source.random() > dated:
        return Page(story, kind, text, site, None, None, credited)
    if source.random() < 0.3:
        return Page(story, kind, text, site, day, "day", credited)
    hour = source.randint(6, 9) if not kind else source.randint(9, 20)
    return Page(story, kind, text, site, day.replace(hour=hour, minute=source.randrange(60)), "minute", credited)


def vocabulary() -> list[str]:
    """20,000 words."""
    source = random.Random(1)
    syllables = [a + b for a in "bdfgklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er", "in", "or")]
    return ["".join(source.choices(syllables, k=source.choice((1, 2, 2, 3, 3, 4)))) for _ in range(20_000)]


def generated(count: int, first: int = 0) -> Iterator[Page]:
    """Articles of 100 to 500 words, of which the commonest of 20,000 is one in ten, as in Zipf's law.

    Three in ten are copies of one of the thousand before them, with a tenth of their words in other phrases.
    """
    import numpy as np

    words = np.array(vocabulary(), object)
    chances = 1 / np.arange(1, len(words) + 1)
    chances /= chances.sum()
    day = datetime(2024, 1, 1, tzinfo=UTC)
    for block in range(first // 1000, -(-(first + count) // 1000)):
        drawn = np.random.default_rng(block)
        sizes = drawn.integers(100, 501, 700)
        stream = words[drawn.choice(len(words), int(sizes.sum()), p=chances)]
        told = [" ".join(each) for each in np.split(stream, np.cumsum(sizes)[:-1])]
        source = random.Random(block)
        for number in range(1000):
            if not first <= 1000 * block + number < first + count:
                continue
            if number < 700:
                yield Page(f"generated {block}-{number}", "", told[number], f"g{number}.com", day, "day", None)
            else:
                place = source.randrange(700)
                text = phrases(source, told[place], told[place - 1], 0.1)
                yield Page(
                    f"generated {block}-{place}", "phrases edited, 10 %", text, f"c{number}.com", day, "day", None
                )


def publish(out: Path, pages: Iterable[Page], first: int = 0) -> int:
    """Write the pages as articles of a dataset, as if a run had published them; gives back how many."""
    from cleancopy.dataset.layout import Layout
    from cleancopy.dataset.receipts import Counts, Input, Receipt
    from cleancopy.dataset.sinks import SINKS
    from cleancopy.dataset.writer import described
    from cleancopy.readers import Part
    from cleancopy.schema import Provenance

    layout = Layout.at(out)
    layout.create()
    count = first
    pages = iter(pages)
    while batch := list(islice(pages, SHARD)):
        shard = f"{count:020x}"
        path = out / "articles" / f"{shard}-0000.parquet"
        schema = Provenance("bench", "bench").stamp("articles")
        writer = SINKS["parquet"].writer(path, "articles", schema, 3)
        writer.write(_articles(batch, count).cast(schema))
        writer.close()
        uri = f"file:///bench/{shard}.jsonl"
        counts = Counts(records=len(batch), articles=len(batch))
        receipt = Receipt(
            shard,
            {uri: Input("1", (Part(uri, "jsonl", "", 0, 1),), 1, counts)},
            {"fingerprint": "bench"},
            counts,
            {},
            (described(path, out, "articles", len(batch)),),
        )
        (layout.receipts / f"{shard}.json").write_bytes(receipt.to_json())
        count += len(batch)
    return count - first


def doc_id(number: int) -> str:
    return hashlib.blake2b(str(number).encode(), digest_size=16).hexdigest()


def _articles(pages: Sequence[Page], first: int) -> Any:
    import pyarrow as pa

    from cleancopy.schema import ARTICLES

    given: dict[str, list[Any]] = {
        "doc_id": [doc_id(first + at) for at in range(len(pages))],
        "text": [page.text for page in pages],
        "text_sha256": [hashlib.sha256(page.text.encode()).hexdigest() for page in pages],
        "site": [page.site for page in pages],
        "published_at": [page.date for page in pages],
        "published_precision": [page.precision for page in pages],
        "credits": [
            [{"role": "publisher", "name": page.credited, "domain": page.credited, "raw": ""}] if page.credited else []
            for page in pages
        ],
    }
    columns = []
    for field in ARTICLES:
        nothing = None if field.nullable else _nothing(field.type)
        columns.append(pa.array(given.get(field.name, [nothing] * len(pages)), field.type))
    return pa.table(columns, schema=ARTICLES)


def _nothing(kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_list(kind):
        return []
    if pa.types.is_struct(kind):
        return {field.name: _nothing(field.type) for field in kind}
    return "" if pa.types.is_string(kind) else 0


def ours(folder: Path, options: Mapping[str, str]) -> None:
    """Find the duplicates of a dataset."""
    from cleancopy import settings
    from cleancopy.runs.pipeline import duplicates

    duplicates(folder, settings.load(None, {"run.engine": "inline", **options}))


def datatrove(folder: Path, options: Mapping[str, Any]) -> None:
    """MinHash of datatrove over `pages.jsonl`, in this process, into `clusters/`."""
    from datatrove.executor.local import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster
    from datatrove.pipeline.readers import JsonlReader

    bands, rows, words = options["shingles"]
    config = MinhashConfig(n_grams=words, num_buckets=bands, hashes_per_bucket=rows)
    work = folder / "datatrove"
    reader = JsonlReader(str(folder), glob_pattern="pages.jsonl")
    steps = [
        ([reader, MinhashDedupSignature(str(work / "signatures"), config=config, language="eng")], 1),
        ([MinhashDedupBuckets(str(work / "signatures"), str(work / "buckets"), config=config)], bands),
        ([MinhashDedupCluster(str(work / "buckets"), str(folder / "clusters"), config, save_cluster_id=True)], 1),
    ]
    for number, (pipeline, tasks) in enumerate(steps):
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=1, logging_dir=str(work / f"logs{number}")).run()


TASKS = {"ours": ours, "datatrove": datatrove}


def once(task: str, folder: Path, options: Mapping[str, Any], python: str = sys.executable) -> dict[str, float]:
    """Run a task in a process of its own: seconds of CPU and of the clock, and bytes at the peak of one process."""
    command = [python, __file__, "task", task, str(folder), json.dumps(options)]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
    )
    if done.returncode:
        raise SystemExit(f"{task} failed:\n{done.stderr[-3000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def run_task(task: str, folder: Path, options: Mapping[str, Any]) -> None:
    started = time.monotonic()
    TASKS[task](folder, options)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(each.ru_utime + each.ru_stime for each in used)
    peak = 1024 * max(each.ru_maxrss for each in used)
    print(json.dumps({"cpu": cpu, "wall": time.monotonic() - started, "peak": peak}))


def compare(pages: Sequence[Page], folder: Path, python: str | None, similarity: float) -> None:
    """Both tables of `planted`."""
    import pyarrow.parquet as pq

    publish(folder, pages)
    found = {"cleancopy": once("ours", folder, {"dedup.similarity": similarity})}
    table = pq.read_table(folder / "duplicates").to_pydict()
    number = {doc_id(at): at for at in range(len(pages))}
    ours_by_page: list[Any] = [None] * len(pages)
    for name, cluster in zip(table["doc_id"], table["cluster_id"], strict=True):
        ours_by_page[number[name]] = cluster
    clusters = {"cleancopy": ours_by_page}
    if python is not None:
        rows = [{"id": str(at), "text": page.text} for at, page in enumerate(pages)]
        for name, shingles in SHINGLES.items():
            with tempfile.TemporaryDirectory() as place:
                (Path(place) / "pages.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
                found[name] = once("datatrove", Path(place), {"shingles": shingles}, python)
                clusters[name] = _datatrove_clusters(Path(place), len(pages))
    origin = {page.story: at for at, page in enumerate(pages) if not page.kind}
    copies = Counter(page.kind for page in pages if page.kind)
    print(f"\n{len(pages):,} pages, {copies.total():,} of them copies of {len(origin):,} others\n")
    print(f"| | copies | {' | '.join(clusters)} |\n| --- | ---: |{' ---: |' * len(clusters)}")
    for kind in KINDS:
        shares = [
            sum(of[at] == of[origin[page.story]] for at, page in enumerate(pages) if page.kind == kind) / copies[kind]
            for of in clusters.values()
        ]
        print(f"| recall, {kind} | {copies[kind]:,} | {' | '.join(f'{share:.3f}' for share in shares)} |")
    print(f"| precision of pairs | | {' | '.join(f'{_precision(pages, of):.4f}' for of in clusters.values())} |")
    for what, form in (("cpu", "{:.1f}"), ("peak", "{:,.0f}")):
        scale = 1e3 / len(pages) if what == "cpu" else 1e-6
        title = "CPU a page, ms" if what == "cpu" else "peak memory, MB"
        print(f"| {title} | | {' | '.join(form.format(each[what] * scale) for each in found.values())} |")
    right = wrong = 0
    for name, first, size in zip(table["doc_id"], table["original_id"], table["cluster_size"], strict=True):
        page = pages[number[name]]
        if size > 1 and not page.kind and page.story.startswith("story"):
            right, wrong = right + (first == name), wrong + (first != name)
    print(
        f"\nThe original is the story's own page in {right} of {right + wrong} clusters "
        f"({right / (right + wrong):.1%})."
    )


def _datatrove_clusters(folder: Path, count: int) -> list[Any]:
    of: list[Any] = [f"alone {at}" for at in range(count)]
    for path in (folder / "clusters").glob("*.clusters"):
        for page, cluster in struct.iter_unpack("<2I", path.read_bytes()):
            of[page] = cluster
    return of


def _precision(pages: Sequence[Page], of: Sequence[Any]) -> float:
    together = defaultdict(list)
    for page, cluster in zip(pages, of, strict=True):
        together[cluster].append(page.story)
    pairs = [a == b for stories in together.values() for a, b in combinations(stories, 2)]
    return sum(pairs) / max(len(pairs), 1)


def scale(counts: Sequence[int]) -> None:
    """The table of `scale`."""
    print("| articles | CPU a document, ms | peak memory, MB | kept a document, bytes | CPU for each of 1 % more, ms |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for count in counts:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "dataset"
            publish(folder, generated(count))
            whole = once("ours", folder, {})
            kept = sum(path.stat().st_size for path in (folder / "_cleancopy" / "duplicates").rglob("*.parquet"))
            publish(folder, generated(count // 100, count), count)
            more = once("ours", folder, {})
            again = once("ours", folder, {})
        cpu, grown = whole["cpu"] - again["cpu"], more["cpu"] - again["cpu"]  # without what starting costs
        print(
            f"| {count:,} | {1e3 * cpu / count:.2f} | {whole['peak'] / 1e6:,.0f} | {kept / count:,.0f} | "
            f"{1e3 * grown / (count // 100):.2f} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    of_planted = commands.add_parser("planted")
    of_planted.add_argument("--wcxb", type=Path, required=True)
    of_planted.add_argument("--datatrove", metavar="PYTHON")
    of_planted.add_argument("--fill", type=int, default=2000)
    of_planted.add_argument("--similarity", type=float, default=0.4)
    commands.add_parser("scale").add_argument("counts", type=int, nargs="+")
    of_task = commands.add_parser("task")
    for name in ("task", "folder", "options"):
        of_task.add_argument(name)
    given = parser.parse_args()
    if given.command == "task":
        run_task(given.task, Path(given.folder), json.loads(given.options))
    elif given.command == "scale":
        scale(given.counts)
    else:
        with gzip.open(given.wcxb / "gold.jsonl.gz", "rt") as stream:
            gold = [json.loads(line) for line in stream]
        texts = [page["main_content"] for page in gold if len(page["main_content"].split()) > 60]
        lines = [line for page in gold for line in page.get("without", ()) if 1 < len(line.split()) < 15]
        with tempfile.TemporaryDirectory() as place:
            pages = planted(texts, lines, given.fill)
            compare(pages, Path(place) / "dataset", given.datatrove, given.similarity)


if __name__ == "__main__":
    main()
