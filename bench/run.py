"""Speed measured: cleancopy beside what people would use instead, in one run on one machine. Prints Markdown tables.

    make bench
    make bench ARGS="--quick"
    make bench ARGS="--wcxb PATH"

PATH is a folder with the development split of WCXB (Web Content Extraction Benchmark, Murrough Foley, CC BY 4.0): under
`raw/` the file `html.jsonl.gz` and, for the same ids, whole-page dumps by three renderers, `inscriptis.jsonl.gz`,
`resiliparse.jsonl.gz` and `soup.jsonl.gz`, with the fields `id`, `url`, and `html` or `text`.

Every command runs in a process of its own, in turns, `--runs` times; the tables give medians. `task.py` says what each
does and what is not counted. Ratios are of CPU time, which other work on the machine changes least.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pages import write

HERE = Path(__file__).parent
RENDERINGS = ("inscriptis", "resiliparse", "soup")
REFERENCE = "trafilatura.extract"


class Command(NamedTuple):
    name: str
    task: str
    source: Path
    options: Mapping[str, Any] = {}
    python: Path = Path(sys.executable)


class Measured(NamedTuple):
    """Medians: documents, seconds of CPU and of the clock, bytes at the peak."""

    documents: int
    cpu: float
    wall: float
    peak: float

    @property
    def cpu_ms(self) -> float:
        return 1e3 * self.cpu / self.documents

    @property
    def wall_ms(self) -> float:
        return 1e3 * self.wall / self.documents


def measure(commands: Sequence[Command], runs: int) -> list[Measured]:
    """Runs the commands in turns, so that what the machine does besides is shared out among them."""
    found: list[list[Measured]] = [[] for _ in commands]
    for _ in range(runs):
        for command, results in zip(commands, found, strict=True):
            results.append(_once(command))
    return [
        Measured(results[0].documents, *(statistics.median(column) for column in list(zip(*results, strict=True))[1:]))
        for results in found
    ]


def _once(command: Command) -> Measured:
    options = [f"{key}={json.dumps(value)}" for key, value in command.options.items()]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [command.python, HERE / "task.py", command.task, command.source, *options],
        capture_output=True,
        text=True,
        env=environment,
    )
    if done.returncode:
        raise SystemExit(f"{command.name} failed:\n{done.stderr[-3000:]}")
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def datatrove_python(folder: Path) -> Path | None:
    """The interpreter of an environment with datatrove, made if it is not there; None where that fails."""
    python = folder / "bin" / "python"
    usable: list[str | Path] = [python, "-c", "import datatrove.pipeline.filters, spacy, orjson"]
    if python.exists() and subprocess.run(usable, capture_output=True).returncode == 0:
        return python
    install: list[str | Path] = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        HERE / "datatrove.txt",
    ]
    making: list[str | Path] = [sys.executable, "-m", "venv", folder]
    for step in (making, [python, *install], usable):
        done = subprocess.run(step, capture_output=True, text=True)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            print(f"datatrove is not measured: {folder} cannot be set up ({reason})\n")
            return None
    return python


def compare(title: str, html: Path, texts: Mapping[str, Path], bodies: Path, runs: int, datatrove: Path | None) -> None:
    """One table: every command on the same pages."""
    first = next(iter(texts.values()))
    commands = [Command(f"cleancopy, {name}", "cleancopy", path) for name, path in texts.items()]
    commands += [
        Command("cleancopy, HTML", "cleancopy", html),
        Command(REFERENCE, "trafilatura", html, {"mode": "plain"}),
        Command(f"{REFERENCE}, metadata", "trafilatura", html, {"mode": "metadata"}),
        Command(f"{REFERENCE}, fast", "trafilatura", html, {"mode": "fast"}),
        Command("langdetect, clean bodies", "langdetect", bodies),
    ]
    if datatrove is not None:
        commands.append(Command("datatrove, C4 + Gopher, plain text", "datatrove", first, python=datatrove))
    commands.append(Command("floor: read, write text", "floor", first))
    results = measure(commands, runs)
    reference = next(r for c, r in zip(commands, results, strict=True) if c.name == REFERENCE)
    least = results[-1]
    print(f"## {title}\n")
    print(f"| {'':36} | CPU ms/doc | wall ms/doc | peak MB | of {REFERENCE} | times the floor |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for command, result in zip(commands, results, strict=True):
        print(
            f"| {command.name:36} | {result.cpu_ms:.2f} | {result.wall_ms:.2f} | {result.peak / 1e6:.0f} "
            f"| {_share(result.cpu_ms, reference.cpu_ms)} | {result.cpu_ms / least.cpu_ms:.1f} |"
        )
    print(flush=True)


def _share(part: float, whole: float) -> str:
    """How many times, or which part of it."""
    return f"1/{whole / part:.1f}" if part < whole else f"{part / whole:.1f}"


def scale(folder: Path, runs: int, documents: int, quick: bool) -> None:
    """Cost over the length of documents, and, unless `quick`, over their number and over workers. Generated plain
    text.
    """
    bodies = (1_000, 14_000, 140_000)
    commands = []
    for body in bodies:
        source = folder / f"body-{body}.jsonl"
        write(source, max(6, (300_000 if quick else 4_000_000) // body), "text", body=body)
        commands.append(Command(str(body), "cleancopy", source))
    print("## Over length\n\n| kB a document | CPU ms/doc | CPU ms/100 kB |\n| ---: | ---: | ---: |")
    for command, result in zip(commands, measure(commands, runs), strict=True):
        size = command.source.stat().st_size / result.documents
        print(f"| {size / 1e3:.1f} | {result.cpu_ms:.2f} | {1e5 * result.cpu_ms / size:.2f} |")

    print(flush=True)
    if quick:
        return
    few, many = folder / "few.jsonl", folder / "many.jsonl"
    write(few, min(1000, documents // 4), "text")
    write(many, documents, "text")
    print("## Over documents\n\n| documents | CPU ms/doc | peak MB |\n| ---: | ---: | ---: |")
    for result in measure([Command("few", "cleancopy", few), Command("many", "cleancopy", many)], runs):
        print(f"| {result.documents:,} | {result.cpu_ms:.2f} | {result.peak / 1e6:.0f} |")
    print(flush=True)
    _scale_workers(few, many, runs)


def _scale_workers(few: Path, many: Path, runs: int) -> None:
    """From the difference of two inputs, so that the start of the workers, which a long run pays once, is left out."""
    commands = []
    for workers in (1, 2):
        options = {"run.engine": "processes", "run.workers": workers, "run.shard_bytes": many.stat().st_size // 32}
        commands += [Command(str(workers), "cleancopy", source, options) for source in (few, many)]
    results = measure(commands, runs)
    walls = []
    print("## Over workers\n\n| worker processes | wall ms/doc | peak MB of one | times one |")
    print("| ---: | ---: | ---: | ---: |")
    for workers, (less, more) in ((1, results[:2]), (2, results[2:])):
        walls.append((more.wall - less.wall) / (more.documents - less.documents))
        print(f"| {workers} | {1e3 * walls[-1]:.2f} | {more.peak / 1e6:.0f} | {walls[0] / walls[-1]:.2f} |")
    print(flush=True)


def clean_bodies(source: Path, target: Path) -> None:
    """The texts of the articles that cleancopy makes of `source`, as JSON Lines."""
    # In a process of its own: this one stays small.
    code = (
        "import json, sys, tempfile, pyarrow.dataset as d\nfrom pathlib import Path\nfrom task import cleancopy\n"
        "with tempfile.TemporaryDirectory() as out:\n"
        "    cleancopy(Path(sys.argv[1]), Path(out) / 'out', {})\n"
        "    texts = d.dataset(Path(out) / 'out' / 'articles').to_table(columns=['text'])['text'].to_pylist()\n"
        "Path(sys.argv[2]).write_text(''.join(json.dumps({'text': text}) + '\\n' for text in texts))\n"
    )
    paths = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": paths}
    subprocess.run([sys.executable, "-c", code, source, target], check=True, env=environment)


def sample(source: Path, target: Path, count: int) -> Path:
    """The first `count` records, uncompressed."""
    with gzip.open(source, "rb") as stream, target.open("wb") as out:
        for line, _ in zip(stream, range(count), strict=False):
            out.write(line)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of cleancopy beside its peers, in one run.")
    parser.add_argument("--wcxb", type=Path, help="folder with raw/html.jsonl.gz and the three renderings beside it")
    parser.add_argument("--quick", action="store_true", help="few pages, one run each: under a minute")
    parser.add_argument("--runs", type=int, help="runs of each command, of which the median counts (3; quick 1)")
    parser.add_argument("--pages", type=int, help="pages of each set (256; quick 24)")
    parser.add_argument("--documents", type=int, default=20_000, help="documents of the longest input (20000)")
    given = parser.parse_args()
    runs = given.runs or (1 if given.quick else 3)
    count = given.pages or (24 if given.quick else 256)

    datatrove = datatrove_python(HERE.parent / ".venv-datatrove")
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{machine}; {count} pages, median of {runs} runs\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        html, text, bodies = folder / "html.jsonl", folder / "text.jsonl", folder / "bodies.jsonl"
        write(html, count, "html")
        write(text, count, "text")
        clean_bodies(text, bodies)
        compare("Generated pages", html, {"plain text": text}, bodies, runs, datatrove)
        if given.wcxb is not None:
            raw = given.wcxb / "raw"
            sample(raw / "html.jsonl.gz", html, count)
            texts = {
                f"plain text ({each})": sample(raw / f"{each}.jsonl.gz", folder / f"{each}.jsonl", count)
                for each in RENDERINGS
            }
            clean_bodies(texts[f"plain text ({RENDERINGS[0]})"], bodies)
            compare("WCXB, development split, articles", html, texts, bodies, runs, datatrove)
        scale(folder, runs, given.documents, given.quick)


if __name__ == "__main__":
    main()
