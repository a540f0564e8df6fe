"""Fit the line model on all pages of a benchmark checkout and write the weights of the package.

    python -m train.fit BENCH [--cache DIR] [--out FILE] [--html]

The same checkout, rule packs and `train/requirements.txt` give the same file, byte for byte.
"""

from __future__ import annotations

import argparse
import io
import tomllib
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.lexicon import Lexicon
from cleancopy.decide.linemodel import HTML_WEIGHTS, TEXT_WEIGHTS, LineModel
from cleancopy.rules import RuleBook, RulePack
from train.learn import Settings, fit, items_of
from train.network import exported
from train.pages import read_pages
from train.views import augment, build

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "src" / "cleancopy" / "decide" / "weights"


def rule_book(folder: Path = ROOT / "config" / "rules") -> RuleBook:
    return RuleBook(
        RulePack.parse(tomllib.loads(path.read_text("utf-8")), str(path)) for path in sorted(folder.glob("*.toml"))
    )


def save(arrays: dict[str, NDArray[np.generic]], path: Path) -> None:
    """A compressed npz without times of day, so that equal weights are equal files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED)


def arguments(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("bench", type=Path, help="folder with wcxb-dev, wcxb-dev-other, segments-dev and pages-more")
    parser.add_argument(
        "--cache", type=Path, default=ROOT / "train" / ".cache", help="keeps renderings and labels between runs"
    )
    parser.add_argument("--html", action="store_true", help="the variant that sees the markup, too")
    return parser


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    settings = Settings()
    samples = build(read_pages(given.bench, given.cache), given.cache / "views.pickle")
    augment(samples, samples, settings.seed)
    book = rule_book()
    items = items_of(samples, book, Lexicon([book.lexicon()]), settings.pseudo, html=given.html)
    network, mean, scale = fit(items, settings, verbose=True)
    out = given.out or WEIGHTS / (HTML_WEIGHTS if given.html else TEXT_WEIGHTS)
    save(exported(network, mean, scale), out)
    LineModel.load(out)
    print(out, out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
