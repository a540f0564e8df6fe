"""Fit the line models on all pages of a benchmark checkout and write the weights of the package.

    python -m train.fit BENCH [--cache DIR] [--out DIR] [--only text headings html] [--start DIR --epochs 5 --rate 1e-3]

The same checkout, rule packs and `train/requirements.txt` give the same files, byte for byte. `--cache` keeps what
takes minutes: renderings, pages as the HTML reader gives them, labelled views, the teacher. Delete its `html-*` when
the HTML reader has changed, its `views-*` when segmenting or labels have, `teacher.npz` and `views-*` with either.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import logging
import subprocess
import sys
import time
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleancopy import settings
from cleancopy.assembly import build_rule_book
from cleancopy.linemodel.network import HEADING_WEIGHTS, HTML_WEIGHTS, TEXT_WEIGHTS, LineModel
from cleancopy.rules import RuleBook
from cleancopy.rules.lexicon import Lexicon
from train.learn import Settings, distil, fit_headings, items_of
from train.network import Network, exported
from train.pages import SETS, read_documents, read_pages
from train.teach import answered, teacher
from train.views import Sample, augment, build, build_html

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "src" / "cleancopy" / "linemodel" / "weights"
LICENCE = "Apache-2.0; statistics of pages under CC BY 4.0 (WCXB), Apache-2.0 and MIT, named in docs/model.md"


def rule_book() -> RuleBook:
    return build_rule_book(settings.load())


def save(arrays: dict[str, NDArray[np.generic]], path: Path) -> None:
    """A compressed npz without times of day, so that equal weights are equal files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED)


def arguments(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=Path, help=f"folder with {', '.join(SETS)}")
    parser.add_argument("--cache", type=Path, default=ROOT / "train" / ".cache")
    return parser


def say(message: str) -> None:
    print(f"{time.process_time():6.0f} s  {message}", file=sys.stderr, flush=True)


def read(bench: Path, cache: Path, book: RuleBook, settings: Settings) -> tuple[list[Sample], list[Sample]]:
    """(pages as text, the same pages as HTML). Pages without gold are labelled by a teacher that is fitted first."""
    # trafilatura and lxml report every odd page, and deep pages nest deep.
    logging.disable(logging.CRITICAL)
    sys.setrecursionlimit(20_000)
    cache.mkdir(parents=True, exist_ok=True)
    (cache / ".gitignore").write_text("*\n")
    pages = read_pages(bench, cache)
    documents = {
        (kind, identifier): document
        for kind in SETS
        for identifier, document in read_documents(bench, kind, cache).items()
    }
    samples = build([page for page in pages if page["gold"]], cache)
    say("pages with gold")
    path = cache / "teacher.npz"
    if not path.exists():
        save(teacher(build_html(samples, documents), book, settings), path)
        say("teacher")
    model = LineModel.load(path)
    others = answered([page for page in pages if not page["gold"]], documents, model, book)
    samples += build(others, cache)
    say("pages without gold")
    return samples, build_html(samples, documents)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--only", nargs="+", choices=("text", "headings", "html"), help="some of the three models")
    parser.add_argument("--start", type=Path, help="folder with weights to go on from; without it the fit begins anew")
    parser.add_argument("--epochs", type=int, default=Settings.epochs)
    parser.add_argument("--rate", type=float, default=Settings.rate, help="highest rate of learning")
    given = parser.parse_args()
    wanted = given.only or ("html", "text", "headings")
    settings = Settings(epochs=given.epochs, rate=given.rate)
    book = rule_book()
    lexicon = Lexicon([book.lexicon()])
    samples, html = read(given.bench, given.cache, book, settings)
    about = provenance(given.bench, settings)
    if "html" in wanted:
        items = items_of(html, book, lexicon, settings.pseudo, html=True)
        start = beginning(given.start, HTML_WEIGHTS)
        write(given.out / HTML_WEIGHTS, *distil(items, settings, start=start, verbose=True), about | said(start))
    if {"text", "headings"}.intersection(wanted):
        items = items_of(augment(samples, settings.seed), book, lexicon, settings.pseudo)
        say("text features")
    if "text" in wanted:
        start = beginning(given.start, TEXT_WEIGHTS)
        write(given.out / TEXT_WEIGHTS, *distil(items, settings, start=start, verbose=True), about | said(start))
    if "headings" in wanted:
        start = beginning(given.start, HEADING_WEIGHTS)
        write(
            given.out / HEADING_WEIGHTS, *fit_headings(items, settings, start=start, verbose=True), about | said(start)
        )


def beginning(folder: Path | None, name: str) -> dict[str, NDArray[np.generic]] | None:
    """The arrays to go on from."""
    if folder is None:
        return None
    with np.load(folder / name) as arrays:
        return dict(arrays)


def said(start: dict[str, NDArray[np.generic]] | None) -> dict[str, object]:
    """What weights say of those that they went on from: the SHA-256 of their whole-number weights."""
    if start is None:
        return {}
    names = sorted(name for name in start if name.endswith(".weight"))
    return {"start": hashlib.sha256(b"".join(start[name].tobytes() for name in names)).hexdigest()}


def provenance(bench: Path, settings: Settings) -> dict[str, object]:
    """What a weights file says of itself: commit, data, settings, licence."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    hashes = {
        f"{kind}/{path.relative_to(bench / kind).as_posix()}": hashlib.sha256(path.read_bytes()).hexdigest()
        for kind in SETS
        for path in sorted((bench / kind).rglob("*.gz"))
    }
    return {"commit": commit.stdout.strip(), "data": hashes, "settings": asdict(settings), "licence": LICENCE}


def write(
    path: Path, network: Network, mean: NDArray[np.float32], scale: NDArray[np.float32], about: dict[str, object]
) -> None:
    about = about | {"model": path.stem}
    save(exported(network, mean, scale) | {"about": np.array(json.dumps(about, sort_keys=True))}, path)
    LineModel.load(path)
    say(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
