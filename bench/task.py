"""One measured command in a process of its own: `python bench/task.py NAME INPUT [KEY=VALUE]...` prints JSON.

It holds `documents`, `cpu` and `wall` in seconds, and `peak` in bytes. What a long run pays once (imports,
rules, weights, data of the libraries) is paid before the clock starts, on the first `WARM` records of the input; peak
memory counts everything. CPU time includes that of threads and of worker processes.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

WARM = 8
"""Records that are worked on before the clock starts."""

STRANGE = b'{"html": "<html><head></head><body><p>31 Nonesuch 2024</p><p>One more line of it.</p></body></html>"}\n'
"""And for trafilatura this: a day that is none in any language, over which it loads its months of all of them, 2 s."""


def records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as stream:
        for line in stream:
            yield json.loads(line)


def cleancopy(source: Path, out: Path, options: dict[str, Any]) -> int:
    """JSON Lines to a dataset: everything that `cleancopy run --direct` does. Gives back the number of records."""
    from cleancopy import settings
    from cleancopy.runs.direct import run_direct

    chosen = settings.load(overrides={"run.engine": "inline", "run.max_rejected_share": 1.0, **options})
    summary = run_direct([str(source)], out, chosen)
    assert summary.published
    return summary.counts.records


def floor(source: Path, out: Path, options: dict[str, Any]) -> int:
    """The records' text to Parquet with zstd, as our writer has it, and nothing else: what nobody can avoid."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [str(row["text"]) for row in records(source)]
    pq.write_table(pa.table({"text": texts}), out, compression="zstd", compression_level=3, use_dictionary=False)
    return len(texts)


def trafilatura(source: Path, out: Path, options: dict[str, Any]) -> int:
    """`trafilatura.extract` on every page; `mode` is plain, metadata or fast."""
    from trafilatura import extract

    keywords: dict[str, dict[str, Any]] = {
        "plain": {},
        "metadata": {"with_metadata": True, "output_format": "json"},
        "fast": {"fast": True},
    }
    count = 0
    for count, row in enumerate(records(source), 1):  # noqa: B007 - the count is the result
        extract(row["html"], url=row.get("url"), **keywords[options["mode"]])
    return count


def langdetect(source: Path, out: Path, options: dict[str, Any]) -> int:
    """`langdetect.detect_langs` on every text."""
    from langdetect import DetectorFactory, LangDetectException, detect_langs

    DetectorFactory.seed = 0
    count = 0
    for count, row in enumerate(records(source), 1):  # noqa: B007
        with suppress(LangDetectException):  # no letters
            detect_langs(row["text"])
    return count


def datatrove(source: Path, out: Path, options: dict[str, Any]) -> int:
    """JSON Lines to Parquet through the filters of C4 and Gopher, in this process; needs an environment of its own."""
    from datatrove.pipeline.filters import C4QualityFilter, GopherQualityFilter
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import ParquetWriter

    reader = JsonlReader(str(source.parent), glob_pattern=source.name)
    data: Any = reader()
    writer = ParquetWriter(str(out), compression="zstd")
    for step in (C4QualityFilter(), GopherQualityFilter(), writer):
        data = step(data)
    for _ in data:
        pass
    writer.close()
    return int(reader.stats["documents"].total)


TASKS: dict[str, Callable[[Path, Path, dict[str, Any]], int]] = {
    each.__name__: each for each in (cleancopy, floor, trafilatura, langdetect, datatrove)
}


def cpu() -> float:
    """Seconds of this process, its threads, and its finished children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def peak() -> int:
    """Bytes of this process at its largest, or of its largest worker if that was larger."""
    status = Path("/proc/self/status")
    if status.exists():  # unlike getrusage, it does not count what the process was forked from
        own = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    else:
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return 1024 * max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def main(name: str, source: str, *options: str) -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    task, path = TASKS[name], Path(source)
    chosen = {key: json.loads(value) for key, value in (option.split("=", 1) for option in options)}
    with tempfile.TemporaryDirectory() as folder:
        few = Path(folder) / "few.jsonl"
        with path.open("rb") as stream:
            first = [line for line, _ in zip(stream, range(WARM), strict=False)]
        few.write_bytes(b"".join([*first, STRANGE] if name == "trafilatura" else first))
        task(few, Path(folder) / "warm", {**chosen, "run.engine": "inline"} if name == "cleancopy" else chosen)
        before, started = cpu(), time.perf_counter()
        documents = task(path, Path(folder) / "out", chosen)
        wall, used = time.perf_counter() - started, cpu() - before
    print(json.dumps({"documents": documents, "cpu": used, "wall": wall, "peak": peak()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
