"""Fits the weights that cut a page on one line into its blocks (`cleancopy.text.flattened`), on pages whose HTML knows.

    python -m train.flattened BENCH [--out FILE]

Each page is put on one line as `get_text(" ", strip=True)` does. A gap between two words should be cut where a block
element begins or ends between them. Pages of `news-dev` are left out of fitting: precision, recall and F1 of cuts on
them are printed.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from lxml.html import HTMLParser, fromstring
from numpy.typing import NDArray

from cleancopy.text import flattened
from cleancopy.text.flattened import BITS, THRESHOLD, WEIGHT_STEP, Model, observations, tokens_of
from train.breaks import BLOCKS

FITTED = ("pages-wide", "pages-more", "readability-dev", "segments-dev", "wcxb-dev")
HELD_OUT = "news-dev"
SKIPPED = frozenset(("script", "style", "noscript", "template"))
MOST_TOKENS = 3000
"""Of a page: long ones are lists."""
EPOCHS, BATCH, RATE, DECAY, SEED = 2, 8192, 0.25, 1e-4, 5

_PARSER = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)


def nodes(html: str) -> list[tuple[str, int]]:
    """The texts of a page, each with the number of the stretch without a block's bound that it lies in."""
    found: list[tuple[str, int]] = []
    stretch = 0
    # A stack instead of recursion: (element, its children, where among them).
    root = fromstring(html.encode("utf-8", "replace"), parser=_PARSER)
    events = [("start", root)]
    while events:
        event, element = events.pop()
        if event == "tail":
            found.append((element.tail or "", stretch))
            continue
        stretch += element.tag in BLOCKS
        if event == "end" or element.tag in SKIPPED:
            continue
        if element.text:
            found.append((element.text, stretch))
        events.append(("end", element))
        for child in reversed(element):
            if child.tail:
                events.append(("tail", child))
            events.append(("start", child))
    return [(text, stretch) for text, stretch in found if text.strip()]


def example(html: str, most: int) -> tuple[list[str], NDArray[np.bool_]]:
    """The tokens of a page, and for all but the first whether a block ends above."""
    tokens: list[str] = []
    stretches: list[int] = []
    for text, stretch in nodes(html):
        own, _ = tokens_of(text)
        tokens += own
        stretches += [stretch] * len(own)
        if len(tokens) > most:
            break
    return tokens, np.diff(stretches) != 0


def pages(bench: Path, kind: str) -> Iterator[str]:
    for folder in (bench / kind / "raw", bench / kind):
        if (folder / "html.jsonl.gz").exists():
            with gzip.open(folder / "html.jsonl.gz", "rt", encoding="utf-8") as file:
                yield from (json.loads(line)["html"] for line in file)
            return


def examples(bench: Path, kind: str, most: int) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.bool_]]]:
    for html in pages(bench, kind):
        try:
            tokens, ends = example(html, most)
        except (ValueError, AssertionError):
            continue  # no page
        if len(tokens) > 30:
            yield observations([tokens]), ends


def fit(seen: NDArray[np.uint32], ends: NDArray[np.bool_]) -> tuple[NDArray[np.float32], float]:
    """Logistic regression by AdaGrad."""
    random = np.random.default_rng(SEED)
    weights, squares = np.zeros(1 << BITS, np.float32), np.full(1 << BITS, 1e-2, np.float32)
    share = float(ends.mean())
    bias = float(np.log(share / (1 - share)))
    order, columns = np.arange(len(ends)), seen.shape[1]
    for epoch in range(EPOCHS):
        random.shuffle(order)
        rate = RATE / (1 + epoch)
        for start in range(0, len(order), BATCH):
            some = order[start : start + BATCH]
            rows = seen[some]
            error = 1 / (1 + np.exp(-(weights[rows].sum(1) + bias))) - ends[some]
            gradient = np.bincount(rows.ravel(), np.repeat(error, columns), 1 << BITS).astype(np.float32)
            touched = np.flatnonzero(gradient)
            squares[touched] += gradient[touched] ** 2
            weights[touched] -= rate * gradient[touched] / np.sqrt(squares[touched])
            weights[touched] *= 1 - DECAY
    return weights, bias


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=Path, help=f"folder with {', '.join(FITTED)}, {HELD_OUT}")
    parser.add_argument("--out", type=Path, default=Path(flattened.__file__).with_suffix(".npz"))
    arguments = parser.parse_args()
    found = [each for kind in FITTED for each in examples(arguments.bench, kind, MOST_TOKENS)]
    weights, bias = fit(np.concatenate([seen for seen, _ in found]), np.concatenate([ends for _, ends in found]))
    whole = np.clip(np.round(weights / WEIGHT_STEP), -127, 127).astype(np.int8)
    model = Model(whole, round(bias / WEIGHT_STEP))
    np.savez_compressed(arguments.out, weights=model.weights, bias=np.int64(model.bias))
    right = cut = all_ends = 0
    for seen, ends in examples(arguments.bench, HELD_OUT, 10 * MOST_TOKENS):
        logits = (model.weights.take(seen).sum(1, dtype=np.int64) + model.bias) * WEIGHT_STEP
        chosen = logits >= np.log(THRESHOLD / (1 - THRESHOLD))
        right, cut, all_ends = right + int((chosen & ends).sum()), cut + int(chosen.sum()), all_ends + int(ends.sum())
    print(
        f"{HELD_OUT}: precision {right / cut:.3f}  recall {right / all_ends:.3f}  F1 {2 * right / (cut + all_ends):.3f}"
    )
    print(f"{arguments.out}: {arguments.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
