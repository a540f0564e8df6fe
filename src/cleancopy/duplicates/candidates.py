"""Pairs of texts that MinHash takes for alike: those that share a band, each with its nearest in length.

What is compared with what follows from the set of texts alone. Texts are numbered by length and then by hash, so that
those that share a band stand in that order; each is paired with the `NEAREST` before it. So up to `NEAREST` + 1 texts
with a band in common are all compared with each other, and of more each with as many, however many there are: the work
grows with the texts, also where a machine has written thousands from one template. What is alike has a like length.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

NEAREST = 16
ROWS_AT_ONCE = 20_000_000
"""Texts that are compared at once in a worker: 16 bytes each, and as much again to sort them."""
NONE = -1
"""The number of a row whose text has been numbered in another row."""


def number(texts: NDArray[np.uint64], words: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number different texts by their words, then by their hash (rows × 2).

    Gives back the number of each row's text, and for each number the first row that has the text.
    """
    order = np.lexsort((texts[:, 1], texts[:, 0], words))
    ordered = texts[order]
    new = np.ones(len(order), bool)
    new[1:] = (ordered[1:] != ordered[:-1]).any(1)
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.cumsum(new) - 1
    return numbers, order[new]  # lexsort is stable: the first of equal rows is the first row


def candidates(signatures: Sequence[Path], numbers: Path, band: int, part: int, parts: int, out: Path) -> None:
    """Write the pairs of a band to `out`: a sorted array of `pack`ed pairs. Runs in a worker.

    numbers: the file of an array, row → number of its text, or NONE. part: of the band's hashes those that leave this
    remainder divided by `parts`, so that any number of texts is compared in bounded memory.
    """
    known = np.load(numbers, mmap_mode="r")
    column = f"band_{band:02}"
    hashes, texts = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    at = 0
    for path in signatures:
        found = pq.read_table(path, columns=[column], page_checksum_verification=True, partitioning=None)[
            column
        ].to_numpy()
        here = known[at : at + len(found)]
        at += len(found)
        wanted = (here != NONE) & (found % np.uint64(parts) == part)
        hashes.append(found[wanted])
        texts.append(here[wanted])
    np.save(out, pairs(np.concatenate(hashes), np.concatenate(texts)))


def pairs(hashes: NDArray[np.uint64], texts: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The pairs, packed and sorted, of texts (by number) that have these hashes of one band."""
    order = np.lexsort((texts, hashes))
    hashes, texts = hashes[order], texts[order]
    shared = np.zeros(len(hashes), bool)
    same = hashes[1:] == hashes[:-1]
    shared[1:] |= same
    shared[:-1] |= same
    hashes, texts = hashes[shared], texts[shared]  # most texts share nothing
    found = []
    for back in range(1, NEAREST + 1):
        alike = hashes[back:] == hashes[:-back]
        if not alike.any():
            break
        found.append(pack(texts[:-back][alike], texts[back:][alike]))
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.uint64)


def pack(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Pairs of numbers below 2^32 as one number each, in the order of the first."""
    return (first.astype(np.uint64) << np.uint64(32)) | second.astype(np.uint64)


def unpack(packed: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The numbers of packed pairs."""
    return (packed >> np.uint64(32)).astype(np.int64), (packed & np.uint64(0xFFFFFFFF)).astype(np.int64)
