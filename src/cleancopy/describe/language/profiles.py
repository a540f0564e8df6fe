"""langdetect's language profiles as arrays.

langdetect ships, for 55 languages, how often each sequence of one, two and three characters occurs in that language's
Wikipedia (about 60 000 different sequences that a normalised text can contain). Here they become one table of scores
that numpy can gather: the score of a sequence in a language is log(1 + p / FLOOR) times the weight of its length, so
that an unseen sequence scores 0 and sums of scores order languages as weighted sums of log(p + FLOOR) do.

A sequence of three holds in its row the sum of its own score, that of its last two characters and that of its last one.
So one look-up a position, falling back to shorter sequences where the longer one is in no profile, gives exactly the
sum over all one-, two- and three-character sequences of the text.

A sequence belongs to one script, so that the languages of all scripts share the same few columns (31 Latin ones are
the most). Scores are 16-bit integers of at most 255 and four of them stand in one 64-bit word: adding words adds four
languages at once, without overflow for up to `LONGEST_SUM` rows.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from types import MappingProxyType
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from cleancopy.cache import cache_folder, keep
from cleancopy.describe.language.scripts import CODE_POINTS, HAN, KANA, LANGUAGE_OF_SCRIPT, SCRIPTS, script_table
from cleancopy.errors import ConfigurationError

FLOOR = 2e-5
"""Probability of a sequence that a language's profile does not have.

Measured on 7650 sentences and 5100 word pairs in langdetect's languages (lingua's test data): 5e-5 (langdetect's own)
0.9837 and 0.825 correct, 2e-5 0.9843 and 0.833, 1e-5 0.9842 and 0.834, 5e-6 0.9833 and 0.835.
"""
WEIGHTS = (0.2, 0.6, 1.0)
"""Weights of the scores of one-, two- and three-character sequences: the shorter ones repeat what the longer ones say.

Measured on the same texts, sentences right: equal weights 0.9841, (0.5, 0.8, 1) 0.9848, (0.2, 0.6, 1) 0.9852,
(0, 0.4, 1) 0.9821. With these, texts in unknown languages are also told better: as right as langdetect on known
sentences, 0.64 of the unknown ones are called `und`, with equal weights 0.50.
"""
STEPS_PER_NAT = 8
"""Resolution of the scores: the largest row, 23 nats, must stay below 256 steps."""
LONGEST_SUM = 65535 // 255
"""Rows that can be added before a 16-bit lane could overflow."""

SPACE, UNKNOWN = 0, 1
"""Classes of a character that is no letter, and of a letter that is in no profile.

UNKNOWN also stands for "no character" in the keys of sequences shorter than three: what follows an unknown letter is
then looked up as what it is, a shorter sequence.
"""
_EMPTY = 0xFFFFFFFF
_ARRAYS = ("expected", "classes", "scripts", "lower", "columns", "keys", "rows", "scores")


_OWN = Path(__file__).with_name("profiles.json.gz")


class _Profile(TypedDict):
    """A profile as langdetect stores it: counts of the sequences kept, totals by length."""

    freq: dict[str, int]
    n_words: list[int]


_TAGS: Mapping[str, str] = MappingProxyType({"zh-cn": "zh-Hans", "zh-tw": "zh-Hant"})
"""langdetect's names that are not BCP 47 language tags, or that claim a region where the evidence is the script."""


def bcp47(name: str) -> str:
    """The tag of a langdetect language: its name but for Chinese, where the writing is what can be seen."""
    return _TAGS.get(name, name)


@dataclass(frozen=True, eq=False)
class Profiles:
    """The knowledge of the naive Bayes detector.

    tags:     BCP 47 tag by language code; code 0 is `und`.
    expected: float32[codes, lanes], mean score a position, in each column, of a text that has the statistics of the
              language itself, in nats; all 0 for `und` and for languages known by their script alone.
    classes:  uint16[65536], code point → class; 0 no letter, 1 letter in no profile.
    scripts:  uint8[65536], code point → index into `SCRIPTS`; 0 no letter.
    lower:    uint16[classes], class → class of its small letter; itself where there is none.
    columns:  int16[scripts, lanes], language code of each column in each script, 0 where there is none.
    keys:     uint32[slots], open-addressing hash table of sequences, a power of two.
    rows:     uint32[slots], row in `scores` of each key.
    scores:   uint64[rows, lanes / 4], four 16-bit scores a word; row 0 is all zero.
    """

    tags: tuple[str, ...]
    expected: NDArray[np.float32]
    classes: NDArray[np.uint16]
    scripts: NDArray[np.uint8]
    lower: NDArray[np.uint16]
    columns: NDArray[np.int16]
    keys: NDArray[np.uint32]
    rows: NDArray[np.uint32]
    scores: NDArray[np.uint64]

    def find(self, keys: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Row of each key; 0 where no profile has it."""
        mask = np.uint32(len(self.keys) - 1)
        slots = _slots(keys, len(self.keys))
        found = self.keys.take(slots)
        rows = np.where(found == keys, self.rows.take(slots), np.uint32(0))
        open_ = np.flatnonzero((found != keys) & (found != _EMPTY))
        while open_.size:
            slots[open_] = (slots[open_] + np.uint32(1)) & mask
            found = self.keys.take(slots[open_])
            wanted = keys[open_]
            hit = found == wanted
            rows[open_[hit]] = self.rows.take(slots[open_[hit]])
            open_ = open_[~hit & (found != _EMPTY)]
        return rows


def _slots(keys: NDArray[np.uint32], size: int) -> NDArray[np.uint32]:
    """Multiplicative (Fibonacci) hashing into a table of `size`, a power of two."""
    return (keys * np.uint32(2654435769)) >> np.uint32(33 - size.bit_length())


def load_profiles() -> Profiles:
    """langdetect's profiles as arrays, from the user's cache where it has them.

    Building takes about 0.5 s, reading the cache about 5 ms. The cache is keyed by the version of langdetect, this
    module's source and the versions of numpy and of Python's Unicode data; a cache that cannot be read is built anew,
    and one that cannot be written is done without.
    """
    path = _cache_path()
    cached = _read(path) if path is not None else None
    if cached is not None:
        return cached
    built = build_profiles()
    if path is not None:
        _write(path, built)
    return built


def build_profiles() -> Profiles:
    """The arrays, computed from the JSON profiles of the installed langdetect.

    Raises ConfigurationError if those do not fit the arrays, which another version of langdetect may bring about.
    """
    raw = _read_langdetect() | _read_own()
    told = script_table()
    scripts = np.where(told == KANA, np.uint8(HAN), told)
    classes, alphabet = _character_classes(raw, scripts)
    size = len(alphabet) + 2
    if size**3 >= _EMPTY:
        raise ConfigurationError(
            f"langdetect's profiles have {len(alphabet)} different letters; at most 1623 fit a 32-bit key"
        )

    tags = ("und", *sorted({bcp47(name) for name in raw} | set(LANGUAGE_OF_SCRIPT.values())))
    members: dict[int, list[str]] = {}
    for name, profile in raw.items():
        members.setdefault(_script_of(profile, scripts), []).append(name)
    lanes = -(-max(map(len, members.values())) // 4) * 4
    columns = np.zeros((len(SCRIPTS), lanes), dtype=np.int16)
    for iso, tag in LANGUAGE_OF_SCRIPT.items():
        columns[SCRIPTS.index(iso), 0] = tags.index(tag)

    letters = np.full(CODE_POINTS, UNKNOWN, dtype=np.uint16)
    letters[[ord(char) for char in alphabet]] = np.arange(2, size)
    letters[ord(" ")] = SPACE
    keys_, columns_, scores_, shares_, codes_ = [], [], [], [], []
    for script, names in members.items():
        for column, name in enumerate(names):
            keys, scores, shares = _sequences(
                raw[name], np.where((scripts == script) | (letters == SPACE), letters, UNKNOWN), size
            )
            columns[script, column] = tags.index(bcp47(name))
            keys_.append(keys)
            columns_.append(np.full(len(keys), column))
            scores_.append(scores)
            shares_.append(shares)
            codes_.append(np.full(len(keys), tags.index(bcp47(name))))
    columns[KANA] = np.where(columns[HAN] == tags.index("ja"), columns[HAN], 0)
    keys, inverse = np.unique(np.concatenate(keys_), return_inverse=True)
    scores = np.zeros((len(keys) + 1, lanes))
    scores[inverse + 1, np.concatenate(columns_)] = np.concatenate(scores_)
    expected = np.zeros((len(tags), lanes), dtype=np.float32)
    np.add.at(expected, np.concatenate(codes_), np.concatenate(shares_)[:, None] * scores[inverse + 1])
    steps = np.rint(_with_endings(scores, keys, size) * STEPS_PER_NAT)
    if steps.max() > 255:
        raise ConfigurationError(
            f"the largest score of langdetect's profiles is {steps.max():.0f} steps; at most 255 fit"
        )
    table, rows = _hash_table(keys)
    return Profiles(
        tags=tags,
        expected=expected,
        classes=classes,
        scripts=told,
        lower=_small_letters(alphabet, classes),
        columns=columns,
        keys=table,
        rows=rows,
        scores=np.ascontiguousarray(steps.astype("<u2")).view("<u8"),
    )


def _read_langdetect() -> dict[str, _Profile]:
    folder = resources.files("langdetect") / "profiles"
    return {
        file.name: json.loads(file.read_text(encoding="utf-8"))
        for file in sorted(folder.iterdir(), key=lambda item: item.name)
        if file.is_file() and not file.name.startswith(".")
    }


def _read_own() -> dict[str, _Profile]:
    """The profiles of languages that langdetect has none of; `train/profiles.py` makes them."""
    made: dict[str, _Profile] = json.loads(gzip.decompress(_OWN.read_bytes()))
    return made


def own_tags() -> frozenset[str]:
    """The languages that have a profile here and none in langdetect."""
    return frozenset(_read_own())


def _script_of(profile: _Profile, scripts: NDArray[np.uint8]) -> int:
    """The script that most of a profile's letters are in."""
    counts = np.zeros(len(SCRIPTS))
    for gram, count in profile["freq"].items():
        if len(gram) == 1 and ord(gram) < CODE_POINTS:
            counts[scripts[ord(gram)]] += count
    return int(np.argmax(counts[1:])) + 1


def _character_classes(raw: Mapping[str, _Profile], scripts: NDArray[np.uint8]) -> tuple[NDArray[np.uint16], list[str]]:
    """Code point → class, and the letters that have a class of their own, the first of which is class 2.

    langdetect's profiles are of text whose letters are normalised (Romanian comma below, kana, Hangul, tone marks of
    Vietnamese, groups of ideographs used alike): every letter gets the class of what it is normalised to.
    """
    from langdetect.utils.ngram import NGram

    normal = {point: NGram.normalize(chr(point)) for point in np.flatnonzero(scripts).tolist()}
    used = {char for profile in raw.values() for gram in profile["freq"] for char in gram}
    alphabet = sorted(used & {char for point, char in normal.items() if char == chr(point)})
    number = {char: index for index, char in enumerate(alphabet, start=2)}
    classes = np.zeros(CODE_POINTS, dtype=np.uint16)
    for point, char in normal.items():
        classes[point] = SPACE if char == " " else number.get(char, UNKNOWN)
    return classes, alphabet


def _small_letters(alphabet: list[str], classes: NDArray[np.uint16]) -> NDArray[np.uint16]:
    lower = np.arange(len(alphabet) + 2, dtype=np.uint16)
    for index, char in enumerate(alphabet, start=2):
        small = char.lower()
        if len(small) == 1 and classes[ord(small)] > UNKNOWN:
            lower[index] = classes[ord(small)]
    return lower


def _sequences(
    profile: _Profile, letters: NDArray[np.uint16], size: int
) -> tuple[NDArray[np.uint32], NDArray[np.float64], NDArray[np.float64]]:
    """Keys and scores of a profile's sequences, and how often each occurs a position.

    `letters` is the class of each code point that a sequence may contain. Profiles also hold sequences that normalised
    text never contains (each Hangul syllable, for instance), which are left out.
    """
    keys, scores, counts_ = [], [], []
    for length in (1, 2, 3):
        grams = [gram for gram in profile["freq"] if len(gram) == length]
        points = np.frombuffer("".join(grams).encode("utf-32-le"), dtype="<u4").reshape(-1, length)
        found = letters[np.minimum(points, CODE_POINTS - 1)].astype(np.uint32)
        usable = (found != UNKNOWN).all(axis=1) & (found != SPACE).any(axis=1)
        found = np.concatenate([np.full((len(found), 3 - length), UNKNOWN, dtype=np.uint32), found], axis=1)[usable]
        counts = np.array([profile["freq"][gram] for gram in grams], dtype=np.float64)[usable]
        keys.append((found[:, 0] * np.uint32(size) + found[:, 1]) * np.uint32(size) + found[:, 2])
        scores.append(WEIGHTS[length - 1] * np.log1p(counts / profile["n_words"][length - 1] / FLOOR))
        counts_.append(counts)
    positions = max(counts.sum() for counts in counts_)
    return np.concatenate(keys), np.concatenate(scores), np.concatenate(counts_) / positions


def _with_endings(scores: NDArray[np.float64], keys: NDArray[np.uint32], size: int) -> NDArray[np.float64]:
    """Rows (one more than the sorted `keys`; the first is for none) with those of their sequences' endings added."""
    first, rest = np.divmod(keys, np.uint32(size * size))
    middle, last = np.divmod(rest, np.uint32(size))
    single = np.uint32(UNKNOWN * size * size + UNKNOWN * size) + last
    double = np.uint32(UNKNOWN * size * size) + rest

    def row(wanted: NDArray[np.uint32]) -> NDArray[np.int64]:
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[at] == wanted, at + 1, 0)

    complete = scores.copy()
    two = np.flatnonzero((first == UNKNOWN) & (middle != UNKNOWN))
    complete[two + 1] += scores[row(single[two])]
    three = np.flatnonzero(first != UNKNOWN)
    endings = row(double[three])
    complete[three + 1] += complete[np.where(endings > 0, endings, row(single[three]))]
    return complete


def _hash_table(keys: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Open addressing with linear probing, at most a quarter full: key and row of each slot; keys[0] is row 1."""
    size = 1 << (4 * len(keys) - 1).bit_length()
    table = np.full(size, _EMPTY, dtype=np.uint32)
    rows = np.zeros(size, dtype=np.uint32)
    left, slots = np.arange(len(keys)), _slots(keys, size)
    while left.size:
        taken, first = np.unique(slots, return_index=True)
        winners = first[table[taken] == _EMPTY]
        table[slots[winners]] = keys[left[winners]]
        rows[slots[winners]] = left[winners] + 1
        losers = np.ones(left.size, dtype=bool)
        losers[winners] = False
        left, slots = left[losers], (slots[losers] + np.uint32(1)) & np.uint32(size - 1)
    return table, rows


def _cache_path() -> Path | None:
    """Where the arrays are kept; None where there is no home."""
    base = cache_folder()
    if base is None:
        return None
    sources = Path(__file__), Path(__file__).with_name("scripts.py"), _OWN
    key = hashlib.sha256(b"".join(source.read_bytes() for source in sources))
    for part in (metadata.version("langdetect"), np.__version__, unicodedata.unidata_version):
        key.update(b"\0" + part.encode())
    return base / f"language-{key.hexdigest()[:16]}.npz"


def _read(path: Path) -> Profiles | None:
    """The cached arrays; None if there is no file or it is not whole (numpy checks the archive's sums)."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in _ARRAYS}
            return Profiles(tags=tuple(archive["tags"].tolist()), **arrays)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def _write(path: Path, profiles: Profiles) -> None:
    """Keep the arrays; a folder that cannot be written costs later processes 0.4 s each."""
    arrays = {name: getattr(profiles, name) for name in _ARRAYS}
    keep(path, lambda file: np.savez(file, tags=np.array(profiles.tags), **arrays))
