"""Quality signals of the clean body: figures for whoever filters later, never a verdict here.

The criteria of C4 (Raffel et al. 2020, section 2.2), Gopher (Rae et al. 2021, appendix A1.1) and FineWeb (Penedo et al.
2024, section 3.4) are given as the figures that their filters compare, so that anyone can set the limits of their
choice.
All figures come from the arrays that deciding has made already; a "line" is a block of the clean body. They take about
half a millisecond of a page of 21 kB, half of that for the runs of words that repeat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleancopy.describe.repetition import DUPLICATE_LIMITS, TOP_LIMITS, repetition
from cleancopy.fields.wordlists import Section, strings
from cleancopy.rules.tags import language_of
from cleancopy.text import signs
from cleancopy.text.lines import (
    DIGIT,
    IDEOGRAPH,
    LETTER,
    LOWER,
    MARK,
    SPACE,
    TERMINATOR,
    UPPER,
    Lines,
    Text,
    code_points,
    one_of,
)


@dataclass(frozen=True, slots=True)
class Signal:
    """A column of `articles.signals`: its name, whether it counts (int32) or measures (float32), and what it says."""

    name: str
    counts: bool
    description: str


SIGNALS = (
    Signal("characters", True, "Characters of the body, without line ends."),
    Signal("words", True, "Words of the body; an ideograph or kana counts as a word. Gopher keeps 50 to 100,000."),
    Signal("lines", True, "Blocks of the body."),
    Signal(
        "sentences",
        True,
        "Runs of sentence-ending punctuation in the body, at least 1 where there is text. C4 keeps 3 or more.",
    ),
    Signal("mean_word_length", False, "Characters a word. Gopher keeps 3 to 10."),
    Signal("mean_line_words", False, "Words a block."),
    Signal("short_line_share", False, "Share of blocks shorter than 30 characters. FineWeb keeps up to 0.67."),
    Signal("five_word_line_share", False, "Share of blocks of five words or more. C4 keeps only such lines."),
    Signal(
        "terminal_line_share",
        False,
        "Share of blocks that end with sentence punctuation or a closing quote. FineWeb keeps 0.12 or more.",
    ),
    Signal("ellipsis_line_share", False, "Share of blocks that end with an ellipsis. Gopher keeps up to 0.3."),
    Signal("bullet_line_share", False, "Share of blocks that start with a bullet. Gopher keeps up to 0.9."),
    Signal("alphabetic_word_share", False, "Share of words with a letter. Gopher keeps 0.8 or more."),
    Signal("symbol_word_ratio", False, "Number signs and ellipses for each word. Gopher keeps up to 0.1."),
    Signal("uppercase_share", False, "Share of the cased letters that are upper case."),
    Signal("digit_share", False, "Share of the characters that are digits."),
    Signal("symbol_share", False, "Share of the characters that are neither letter, digit, mark nor white space."),
    Signal("duplicate_line_share", False, "Share of blocks that repeat an earlier one. Gopher keeps up to 0.3."),
    Signal(
        "duplicate_line_character_share",
        False,
        "Share of characters in such blocks. FineWeb keeps up to 0.1, Gopher up to 0.2.",
    ),
    *(
        Signal(
            f"top_{size}_gram_character_share",
            False,
            f"Share of the words' characters in the run of {size} words that stands most often, 0 where none stands "
            f"twice. Gopher keeps up to {limit}.",
        )
        for size, limit in TOP_LIMITS.items()
    ),
    *(
        Signal(
            f"duplicate_{size}_gram_character_share",
            False,
            f"Share of the words' characters in runs of {size} words that stood before. Gopher keeps up to {limit}.",
        )
        for size, limit in DUPLICATE_LIMITS.items()
    ),
    Signal("unique_word_share", False, "Different words for each word."),
    Signal(
        "stop_word_share",
        False,
        "Share of words among the commonest of the document's language; null where no list is known.",
    ),
    Signal("curly_brackets", True, "Number of `{`. C4 drops a page that has one."),
)

_BULLETS = code_points(signs.BULLETS + "-–")
_ELLIPSIS, _FULL_STOP, _NUMBER_SIGN, _CURLY, _SPACE = (ord(mark) for mark in "….#{ ")
_TERMINAL = code_points(signs.ENDS + signs.UNQUOTES + ")")


class StopWords:
    """The commonest words of each language, as hashes to look a batch's words up in."""

    @classmethod
    def from_sections(cls, languages: Mapping[str, Section]) -> StopWords:
        """languages: code → `stop_words`. Raises ConfigurationError for what is no list of different words."""
        return cls(
            {code: strings(each.data["stop_words"], each.source, "stop_words") for code, each in languages.items()}
        )

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        self._hashes = {
            language: np.unique(Text(sorted(set(listed))).word_hashes) for language, listed in sorted(words.items())
        }

    def share(self, ordered: NDArray[np.uint64], language: str) -> float:
        """Share of a document's words in the language's list; NaN where there is no list or no word.

        language: a BCP 47 tag. ordered: the hashes of the document's words, sorted.
        """
        known = self._hashes.get(language_of(language))
        if known is None or not len(ordered):
            return float("nan")
        found = np.searchsorted(ordered, known, "right") - np.searchsorted(ordered, known, "left")
        return float(found.sum() / len(ordered))


def measure(
    lines: Lines, kept: NDArray[np.bool_], languages: Sequence[str], stop_words: StopWords
) -> dict[str, NDArray[np.float64]]:
    """Signal name → float64[D], one figure for each document; NaN for a share of nothing.

    kept: bool[n], the lines of the batch that are in the body. languages: each document's.
    """
    count = len(lines.documents)
    staying = np.flatnonzero(kept)
    owners = lines.document.take(staying)

    def by_document(values: NDArray[Any]) -> NDArray[np.float64]:
        return np.bincount(owners, values.take(staying), count).astype(np.float64, copy=False)

    def per_line(characters: NDArray[np.bool_]) -> NDArray[np.int64]:
        line = np.searchsorted(lines.starts, np.flatnonzero(characters), "right") - 1
        return np.bincount(line, minlength=len(lines))

    codes, classes = lines.codes, lines.class_counts
    sizes = lines.ends - lines.starts
    word_counts = np.diff(lines.words)
    last, first = codes.take(lines.ends - 1), codes.take(lines.starts)
    dots = _three_dots(codes)
    ellipsis = (last == _ELLIPSIS) | ((sizes >= 3) & dots[np.maximum(lines.ends - 3, 0)])
    bullet = one_of(first, _BULLETS) & (codes[lines.starts + 1] == _SPACE)
    ends_sentence = lines.classes == TERMINATOR
    sentence = ends_sentence.copy()
    sentence[1:] &= ~ends_sentence[:-1]
    symbols = (codes == _NUMBER_SIGN) | (codes == _ELLIPSIS) | (dots & sentence)
    repeated = _repeated(lines, kept)

    total_lines, characters, words = by_document(np.ones(len(lines))), by_document(sizes), by_document(word_counts)
    letters = classes[:, [UPPER, LOWER, LETTER, IDEOGRAPH]].sum(1)
    plain = letters + classes[:, DIGIT] + classes[:, MARK]
    unique, stop = _vocabulary(lines, kept, languages, stop_words)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "characters": characters,
            "words": words,
            "lines": total_lines,
            "sentences": np.maximum(by_document(per_line(sentence)), total_lines > 0),
            "mean_word_length": by_document(plain) / words,
            "mean_line_words": words / total_lines,
            "short_line_share": by_document(sizes < 30) / total_lines,
            "five_word_line_share": by_document(word_counts >= 5) / total_lines,
            "terminal_line_share": by_document(one_of(last, _TERMINAL)) / total_lines,
            "ellipsis_line_share": by_document(ellipsis) / total_lines,
            "bullet_line_share": by_document(bullet) / total_lines,
            "alphabetic_word_share": by_document(lines.sums(_alphabetic(lines))) / words,
            "symbol_word_ratio": by_document(per_line(symbols)) / words,
            "uppercase_share": by_document(classes[:, UPPER]) / by_document(classes[:, UPPER] + classes[:, LOWER]),
            "digit_share": by_document(classes[:, DIGIT]) / characters,
            "symbol_share": by_document(sizes - plain - classes[:, SPACE]) / characters,
            "duplicate_line_share": by_document(repeated) / total_lines,
            "duplicate_line_character_share": by_document(np.where(repeated, sizes, 0)) / characters,
            **repetition(lines, kept),
            "unique_word_share": unique / words,
            "stop_word_share": stop,
            "curly_brackets": by_document(per_line(codes == _CURLY)),
        }


def _three_dots(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """bool[c]: where three full stops start."""
    found = np.zeros(len(codes), bool)
    dot = codes == _FULL_STOP
    found[:-2] = dot[:-2] & dot[1:-1] & dot[2:]
    return found


def _alphabetic(lines: Lines) -> NDArray[np.int64]:
    """int64[w]: 1 for a word with a letter."""
    letter = lines.classes <= IDEOGRAPH
    found = letter.take(lines.word_starts)
    others = np.flatnonzero(~found)  # words that start with a digit or a mark
    if len(others):
        edges = np.stack([lines.word_starts[others], lines.word_ends[others]], axis=1).ravel()
        found[others] = np.logical_or.reduceat(letter, edges)[::2]
    return found.astype(np.int64)


def _repeated(lines: Lines, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool[n]: kept lines whose text an earlier kept line of the same document has."""
    at = np.flatnonzero(kept)
    order = at[np.lexsort((at, lines.line_hashes[at], lines.document[at]))]
    hashes, owners = lines.line_hashes[order], lines.document[order]
    repeated = np.zeros(len(kept), bool)
    repeated[order[1:][(hashes[1:] == hashes[:-1]) & (owners[1:] == owners[:-1])]] = True
    return repeated


def _vocabulary(
    lines: Lines, kept: NDArray[np.bool_], languages: Sequence[str], stop_words: StopWords
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each document its number of different words and its share of stop words."""
    staying = np.flatnonzero(kept.take(lines.word_line))
    hashes = lines.word_hashes.take(staying)
    bounds = np.searchsorted(staying, np.searchsorted(lines.word_line, lines.bounds))
    unique = np.zeros(len(languages), np.int64)
    stop = np.full(len(languages), np.nan)
    for index, language in enumerate(languages):
        ordered = np.sort(hashes[bounds[index] : bounds[index + 1]])
        unique[index] = np.count_nonzero(ordered[1:] != ordered[:-1]) + (len(ordered) > 0)
        stop[index] = stop_words.share(ordered, language)
    return unique, stop
