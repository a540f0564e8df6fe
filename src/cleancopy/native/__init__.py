"""What is hot, compiled: `kernel.c` as a library, called by ctypes. Nothing is decided here: each function gives the
very bits of its definition in Python, which stands where it is called and is used where there is no library.

`build.py` compiles it when the package is built or installed. `CLEANCOPY_PURE=1` in the environment leaves it out.
"""

from __future__ import annotations

import ctypes
import os
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from cleancopy.native.build import ROOM, checksum, library_name

PURE = "CLEANCOPY_PURE"
"""The environment variable that chooses Python."""

LIBRARY = ROOM / library_name()
_WIDTH, _CONVOLUTIONS, _HEADS = 7, 3, 6
"""As `kernel.c` has them."""
_COLUMNS = 16
"""Outputs of a layer are padded to a multiple of so many."""


class _Weights(Protocol):
    """A layer: weight float32[inputs, outputs] of whole numbers, scale and bias float32[outputs]."""

    @property
    def weight(self) -> NDArray[np.float32]: ...
    @property
    def scale(self) -> NDArray[np.float32]: ...
    @property
    def bias(self) -> NDArray[np.float32]: ...


class _Layer(ctypes.Structure):
    _fields_ = (
        ("weight", ctypes.c_void_p),
        ("scale", ctypes.c_void_p),
        ("bias", ctypes.c_void_p),
        ("inputs", ctypes.c_int64),
        ("outputs", ctypes.c_int64),
    )


_NUMBER, _ARRAY = ctypes.c_int64, ctypes.c_void_p
_FUNCTIONS: Mapping[str, tuple[Any, Sequence[Any]]] = {
    "cleancopy_source": (ctypes.c_uint32, ()),
    "cleancopy_logits": (
        _NUMBER,
        (_NUMBER, _ARRAY, _NUMBER, *[_ARRAY] * 2, _NUMBER, _ARRAY, *[_NUMBER] * 2, *[_ARRAY] * 2, _NUMBER, _ARRAY),
    ),
    "cleancopy_look_up": (_NUMBER, (_ARRAY, _NUMBER, *[_ARRAY] * 4)),
    "cleancopy_count_words": (_NUMBER, (_ARRAY, _NUMBER)),
    "cleancopy_cut": (_NUMBER, (*[_ARRAY] * 3, _NUMBER, ctypes.c_uint64, _NUMBER, *[_ARRAY] * 8)),
    "cleancopy_repetition": (_NUMBER, (*[_ARRAY] * 3, _NUMBER, ctypes.c_uint64, *[_NUMBER] * 2, _ARRAY)),
    "cleancopy_span_hashes": (None, (*[_ARRAY] * 4, _NUMBER, _ARRAY)),
    "cleancopy_languages": (None, (*[_ARRAY] * 3, _NUMBER, *[_ARRAY] * 4)),
}


@cache
def library() -> ctypes.CDLL | None:
    """The compiled library; None where the environment says so, where nothing was compiled, and, with a warning, where
    what was compiled is of other source.
    """
    if os.environ.get(PURE, "") not in ("", "0"):
        return None
    try:
        loaded = ctypes.CDLL(str(LIBRARY))
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(loaded, name)
            function.restype, function.argtypes = result, arguments
        why = "" if loaded.cleancopy_source() == checksum() else "is of another version"
    except (OSError, AttributeError) as error:
        why = f"cannot be loaded: {error}" if LIBRARY.exists() else "was not built"
    if not why:
        return loaded
    warnings.warn(
        f"{LIBRARY.name}, the compiled part of cleancopy, {why}. Results are the same, but take longer. Where there is "
        f"a C compiler, `python -m cleancopy.native` makes it; {PURE}=1 in the environment does without.",
        RuntimeWarning,
        stacklevel=2,
    )
    os.environ[PURE] = "1"  # said once: processes that this one starts need not say it again
    return None


class Network:
    """The layers of a `LineModel`, laid out for the library. Immutable; safe to share between threads."""

    def __init__(
        self,
        compiled: ctypes.CDLL,
        layers: Sequence[_Weights],
        mean: NDArray[np.float32],
        scale: NDArray[np.float32],
        columns: NDArray[np.int64],
        heads: int,
    ) -> None:
        """layers: in the order of `kernel.c`. columns: int64[inputs], the features that they see.

        Raises ValueError where the layers are not as wide as the library takes them.
        """
        found = [layer.weight.shape for layer in layers]
        channels, hidden, pooled = found[0][1], found[-2][1], found[-4][1]
        wanted = [
            (len(mean), channels),
            *[(_WIDTH * channels, channels)] * _CONVOLUTIONS,
            (channels, pooled),
            (5 * pooled, channels),
            (2 * channels, hidden),
            (hidden, heads),
        ]
        if found != wanted or channels % _COLUMNS or hidden % _COLUMNS or pooled % 2 or heads != _HEADS:
            raise ValueError("layers of other widths")
        self._library, self._pooled, self._heads = compiled, pooled, heads
        self._mean, self._scale, self._columns = (np.ascontiguousarray(each) for each in (mean, scale, columns))
        self._arrays = [_packed(layer) for layer in layers]
        self._layers = (_Layer * len(layers))(
            *(
                _Layer(weight.ctypes.data, scale.ctypes.data, bias.ctypes.data, 2 * len(weight), weight.shape[1])
                for weight, scale, bias in self._arrays
            )
        )

    def logits(
        self, features: NDArray[np.float32], bounds: NDArray[np.int64], plain: bool = False
    ) -> NDArray[np.float32]:
        """float32[n, heads], as `LineModel._logits` of each document. features: all columns, in any order in memory.

        plain: with what every processor of this kind has, as on one that has no more. Raises MemoryError.
        """
        logits = np.zeros((len(features), self._heads), np.float32)
        bounds = np.ascontiguousarray(bounds, np.int64)
        row, column = (stride // features.itemsize for stride in features.strides)
        failed = self._library.cleancopy_logits(
            plain,
            self._layers,
            self._pooled,
            self._mean.ctypes.data,
            self._scale.ctypes.data,
            len(self._mean),
            features.ctypes.data,
            row,
            column,
            self._columns.ctypes.data,
            bounds.ctypes.data,
            len(bounds) - 1,
            logits.ctypes.data,
        )
        if failed:
            raise MemoryError("no memory to score the lines of a document")
        return logits


def _packed(layer: _Weights) -> tuple[NDArray[np.int16], NDArray[np.float32], NDArray[np.float32]]:
    """weight int16[inputs / 2, outputs, 2], scale and bias float32[outputs], padded with zeros."""
    inputs, outputs = layer.weight.shape
    columns = -(-outputs // _COLUMNS) * _COLUMNS
    weight = np.zeros((inputs + inputs % 2, columns), np.int16)
    weight[:inputs, :outputs] = layer.weight
    beside = np.zeros((2, columns), np.float32)
    beside[:, :outputs] = layer.scale, layer.bias
    return np.ascontiguousarray(weight.reshape(-1, 2, columns).transpose(0, 2, 1)), beside[0], beside[1]


def look_up(
    library: ctypes.CDLL, codes: NDArray[np.uint32], class_of: NDArray[np.uint8], hash_of: NDArray[np.uint64]
) -> tuple[NDArray[np.uint8], NDArray[np.uint64], bool, bool]:
    """uint8[c], uint64[c]: class and hash of each code point from tables of the basic plane; whether there are code
    points beyond it, which have those of its last one; and whether there are some of a syllabic script.
    """
    classes, hashes = np.empty(len(codes), np.uint8), np.empty(len(codes), np.uint64)
    given = (codes, len(codes), class_of, hash_of, classes, hashes)
    there = library.cleancopy_look_up(*(each if isinstance(each, int) else each.ctypes.data for each in given))
    return classes, hashes, bool(there & 1), bool(there & 2)


class Cut(NamedTuple):
    """The arrays of a `Text` of the same names, `counts` those of `class_counts` and `prefix` the sums of hashes."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    words: NDArray[np.int64]
    word_starts: NDArray[np.int64]
    word_ends: NDArray[np.int64]
    word_line: NDArray[np.int64]
    counts: NDArray[np.int64]
    prefix: NDArray[np.uint64]


def cut(
    library: ctypes.CDLL,
    codes: NDArray[np.uint32],
    classes: NDArray[np.uint8],
    hashes: NDArray[np.uint64],
    odd: int,
    lines: int,
    kinds: int,
) -> Cut | None:
    """Lines and words of a text. odd: what hashes are multiplied with, once more from place to place. None where there
    are other than that many lines.
    """
    words = library.cleancopy_count_words(classes.ctypes.data, len(codes))
    starts, ends, offsets, *of_words = (
        np.empty(size, np.int64) for size in (lines, lines, lines + 1, words, words, words)
    )
    counts, prefix = np.empty((lines, kinds), np.int64), np.empty(len(codes) + 1, np.uint64)
    found = Cut(starts, ends, offsets, of_words[0], of_words[1], of_words[2], counts, prefix)
    arrays = (array.ctypes.data for array in found)
    given = (codes.ctypes.data, classes.ctypes.data, hashes.ctypes.data, len(codes), odd, lines)
    return found if library.cleancopy_cut(*given, *arrays) == lines else None


def span_hashes(
    library: ctypes.CDLL,
    prefix: NDArray[np.uint64],
    inverses: NDArray[np.uint64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> NDArray[np.uint64]:
    """uint64[n]: as `Text.span_hashes`."""
    starts, ends = np.ascontiguousarray(starts, np.int64), np.ascontiguousarray(ends, np.int64)
    hashes = np.empty(len(starts), np.uint64)
    library.cleancopy_span_hashes(
        prefix.ctypes.data,
        inverses.ctypes.data,
        starts.ctypes.data,
        ends.ctypes.data,
        len(starts),
        hashes.ctypes.data,
    )
    return hashes


def repetition(
    library: ctypes.CDLL,
    words: NDArray[np.uint64],
    before: NDArray[np.int64],
    bounds: NDArray[np.int64],
    factor: int,
    top: int,
    longest: int,
) -> NDArray[np.int64]:
    """int64[longest - 1, D]: characters in repeated runs of 2, 3, … words, as `repetition`; up to `top` words in the
    run that stands most often, beyond in all that stood before. Raises MemoryError.

    words: uint64[w] hashes; before: int64[w + 1], characters before each; bounds: int64[D + 1], the documents.
    """
    words, bounds = np.ascontiguousarray(words), np.ascontiguousarray(bounds, np.int64)
    found = np.empty((longest - 1, len(bounds) - 1), np.int64)
    arrays = (words.ctypes.data, before.ctypes.data, bounds.ctypes.data)
    if library.cleancopy_repetition(*arrays, len(bounds) - 1, factor, top, longest, found.ctypes.data):
        raise MemoryError("no memory to count what a document repeats")
    return found


class _Languages(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("script_of", "class_of", "lower", "keys", "rows", "scores", "weights")),
        *((name, ctypes.c_int64) for name in ("classes", "bits", "wide", "scripts", "kana", "han")),
        ("japanese", ctypes.c_double),
    )


class Languages:
    """What languages are told by, laid out for the library. Immutable; safe to share between threads."""

    def __init__(
        self,
        compiled: ctypes.CDLL,
        tables: Mapping[str, NDArray[np.generic]],
        *,
        kana: int,
        han: int,
        japanese: float,
    ) -> None:
        """tables: `script_of`, `class_of`, `lower`, `keys`, `rows`, `scores` and `weights`, as `kernel.c` has them."""
        self._library, self._arrays = compiled, {name: np.ascontiguousarray(each) for name, each in tables.items()}
        self._wide = self._arrays["scores"].shape[1]
        self._tables = _Languages(
            **{name: each.ctypes.data for name, each in self._arrays.items()},
            classes=len(self._arrays["lower"]),
            bits=len(self._arrays["keys"]).bit_length() - 1,
            wide=self._wide,
            scripts=len(self._arrays["weights"]),
            kana=kana,
            han=han,
            japanese=japanese,
        )

    def sums(
        self, points: NDArray[np.uint32], lengths: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64]]:
        """int64[n], int64[n], uint64[n, lanes / 4]: script, positions and scores of each piece."""
        count = len(lengths)
        script, positions = np.empty((2, count), np.int64)
        sums = np.zeros((count, self._wide), np.uint64)
        classes = np.empty(len(points), np.uint16)
        arrays = (points, lengths, count, classes, script, positions, sums)
        given = (each if isinstance(each, int) else each.ctypes.data for each in arrays)
        self._library.cleancopy_languages(ctypes.byref(self._tables), *given)
        return script, positions, sums
