"""Fit the line models on all pages of a benchmark checkout and write the weights of the package.

    python -m train.fit BENCH [--cache DIR] [--out DIR] [--only text|html]

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
from cleancopy.decide.linemodel import HTML_WEIGHTS, TEXT_WEIGHTS, LineModel
from cleancopy.rules import RuleBook, RulePack
from train.learn import Item, Settings, distil, items_of
from train.network import exported
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
    parser.add_argument("--only", choices=("text", "html"), help="one of the two models")
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
    given = parser.parse_args()
    settings = Settings()
    samples, html = read(given.bench, given.cache)
    book = rule_book()
    samples, html_items = prepare(samples, html, book, settings)
    for name, file in (("html", HTML_WEIGHTS), ("text", TEXT_WEIGHTS)):
        if given.only in (None, name):
            items = (
                html_items if name == "html" else items_of(samples, book, Lexicon([book.lexicon()]), settings.pseudo)
            )
            say(f"{name} features")
            network, mean, scale = distil(items, settings, verbose=True)
            path = given.out / file
            save(exported(network, mean, scale), path)
            LineModel.load(path)
            say(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
