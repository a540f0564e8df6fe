"""Fit the line models on all pages of a benchmark checkout and write the weights of the package.

    python -m train.fit BENCH [--cache DIR] [--out DIR] [--only text|headings|html]

The same checkout, rule packs and `train/requirements.txt` give the same files, byte for byte. `--cache` keeps what
does not depend on rule packs and settings: renderings, extractions, labels.
"""

from __future__ import annotations

import argparse
import io
import logging
import sys
import time
import tomllib
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.lexicon import Lexicon
from cleancopy.decide.linemodel import HEADING_WEIGHTS, HTML_WEIGHTS, TEXT_WEIGHTS, LineModel
from cleancopy.rules import RuleBook, RulePack
from train.learn import Item, Settings, distil, fit_headings, items_of
from train.network import Network, exported
from train.pages import read_pages
from train.teach import correct_html, corrected, teach
from train.views import Sample, augment, build, build_html

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "src" / "cleancopy" / "decide" / "weights"


def rule_book(folder: Path = ROOT / "config" / "rules") -> RuleBook:
    packs = sorted(folder.glob("*.toml"))
    return RuleBook(RulePack.parse(tomllib.loads(path.read_text("utf-8")), str(path)) for path in packs)


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
    parser.add_argument("bench", type=Path, help="folder with wcxb-dev, wcxb-dev-other, segments-dev and pages-more")
    parser.add_argument("--cache", type=Path, default=ROOT / "train" / ".cache")
    return parser


def say(message: str) -> None:
    print(f"{time.process_time():6.0f} s  {message}", file=sys.stderr, flush=True)


def read(bench: Path, cache: Path) -> tuple[list[Sample], list[Sample]]:
    """(pages as text, the same pages as HTML)."""
    # trafilatura and lxml report every odd page.
    logging.disable(logging.CRITICAL)
    cache.mkdir(parents=True, exist_ok=True)
    (cache / ".gitignore").write_text("*\n")
    samples = build(read_pages(bench, cache), cache / "views.pickle")
    return samples, build_html(bench, samples, cache / "html.pickle")


def prepare(
    samples: list[Sample], html: list[Sample], book: RuleBook, settings: Settings
) -> tuple[list[Sample], list[dict[str, Item]]]:
    """Text samples with corrected labels and made-up views, and the items of the HTML pages with corrected labels."""
    items = items_of(html, book, Lexicon([book.lexicon()]), settings.pseudo, html=True)
    say("HTML features")
    answers = teach(html, items, settings)
    say("teacher")
    correct_html(html, items, answers)
    samples = augment(corrected(samples, html, answers), settings.seed)
    say("labels corrected, views made")
    return samples, items


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--only", choices=("text", "headings", "html"), help="one of the three models")
    given = parser.parse_args()
    wanted = (given.only,) if given.only else ("html", "text", "headings")
    settings = Settings()
    samples, html = read(given.bench, given.cache)
    book = rule_book()
    samples, html_items = prepare(samples, html, book, settings)
    if "html" in wanted:
        write(given.out / HTML_WEIGHTS, *distil(html_items, settings, verbose=True))
    if given.only != "html":
        items = items_of(samples, book, Lexicon([book.lexicon()]), settings.pseudo)
        say("text features")
    if "text" in wanted:
        write(given.out / TEXT_WEIGHTS, *distil(items, settings, verbose=True))
    if "headings" in wanted:
        write(given.out / HEADING_WEIGHTS, *fit_headings(items, settings, verbose=True))


def write(path: Path, network: Network, mean: NDArray[np.float32], scale: NDArray[np.float32]) -> None:
    save(exported(network, mean, scale), path)
    LineModel.load(path)
    say(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
