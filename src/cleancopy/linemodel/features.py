"""What the line model sees of each line: its shape, its words, its place among the others. Arrays only, no loop over
lines.

Every feature is a function of the line's own document, computed from whole numbers, so that it is the same to the
last bit whichever documents share the batch. No feature knows a language: lexical knowledge comes in through the
lexicons and the roles of the rule packs, and what counts as a stop word or as a word of the article is read off the
document itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from cleancopy.model import BOILERPLATE, NAME_GROUPS, ROLE_CODE, Surroundings
from cleancopy.rules import LEXICON_CATEGORIES as CATEGORIES
from cleancopy.rules.lexicon import Lexicon
from cleancopy.text.lines import (
    CLASSES,
    CLOSING,
    COMMA,
    DIGIT,
    IDEOGRAPH,
    LETTER,
    LOWER,
    MARK,
    OPENING,
    PUNCTUATION,
    SEPARATOR,
    SYMBOL,
    TERMINATOR,
    UPPER,
    Lines,
    Text,
    code_points,
    one_of,
)
from cleancopy.text.title_text import address_path

SHAPE = (
    "characters",
    "words",
    "word_length",
    "ends_sentence",
    "ends_colon",
    "ends_ellipsis",
    "ends_quote",
    "ends_comma",
    "starts_lower",
    "starts_upper",
    "starts_digit",
    "bullet",
    "capitalised",
    "capitals",
    "digits",
    "symbols",
    "commas",
    "sentences",
    "sentence_length",
    "separators",
    "address",
    "year",
    "clock",
    "numbers",
    "question",
    "exclamation",
    "bracket",
    "quote",
    "copyright",
    "few_letters",
    "lower_words",
    "continues",
)
REPETITION = ("repeated", "seen_before", "prefix_near", "prefix_seen")
LAYOUT = ("blank_before", "blank_after", "indent")
PLACE = ("line_position", "text_position")
OVERLAP = ("stop_words", "prose_words", "prose_strength", "first_words")
CONTEXT = (
    "prose",
    "prose_before",
    "prose_after",
    "since_prose",
    "until_prose",
    "density_near",
    "density_wide",
    "from_peak",
    "beyond_peak",
)
WHOLE = ("document_lines", "document_prose", "document_words_per_line", "document_blanks")
HINTS = ("address_overlap", "address_coverage", "title_overlap", "title_coverage")
LEXICAL = (*(f"lexicon_{category}" for category in CATEGORIES), "lexicon_any")
RULES = tuple(f"rule_{role}" for role in BOILERPLATE)
FEATURES: tuple[str, ...] = SHAPE + REPETITION + LAYOUT + PLACE + OVERLAP + CONTEXT + WHOLE + HINTS + LEXICAL + RULES
"""The columns of `features`, in order. The order is part of the weights."""

_REGIONS = ("nav", "header", "footer", "aside", "form", "figure")
_BLOCKS = {
    "h1": "title",
    **dict.fromkeys(("h2", "h3", "h4", "h5", "h6"), "heading"),
    "p": "paragraph",
    **dict.fromkeys(("li", "dt", "dd"), "item"),
    **dict.fromkeys(("td", "th"), "cell"),
    "blockquote": "quote",
    **dict.fromkeys(("figcaption", "caption"), "caption"),
    "pre": "code",
    "a": "link",
    **dict.fromkeys(("button", "label", "legend", "summary", "address"), "control"),
}
_MARKS = ("article", *_REGIONS, "hidden", "embedded", *dict.fromkeys(_BLOCKS.values()))
NAMES = tuple(f"{where}_{group}" for where in ("near", "far") for group in NAME_GROUPS)
BOXES = tuple(f"box{number}_{what}" for number in range(1, 5) for what in ("links", "share", "lines"))
STATED = ("stated", "document_stated")
HTML_FEATURES: tuple[str, ...] = (*(f"tag_{mark}" for mark in _MARKS), "links", *NAMES, *BOXES, *STATED)
"""The columns of `html_features`; what the parts of a tag mean stands in `cleancopy.readers.html.render`."""

PROSE_WORDS, PROSE_CHARACTERS, LONG_CHARACTERS = 15, 80, 250
"""A line that ends like a sentence and has this many words and characters is prose, and so is a long one however it
ends.
"""
_NEAR, _WIDE = 4, 24
"""Lines on each side that the densities of prose are taken over."""
_STOP_SHARE = 250
"""A word that is one in 250 of the document's prose, or more frequent, is a stop word: about forty words in any
language.
"""
_PREFIX = 25
_LONGEST_HINT = 40
_CASES = np.zeros(CLASSES, np.int64)
_CASES[[UPPER, LOWER, DIGIT]] = 1, 1 << 21, 1 << 42
_LOG = np.log1p(np.arange(1 << 14)).astype(np.float32)
_BULLETS = code_points("*-–—•·▪▫●○■□✓✔►▸‣⁃+»›")
_QUOTES = code_points('"”»')
_ADDRESS = np.sort(Text(["http", "https", "www", "com", "html"]).word_hashes)


def features(lines: Lines, lexicon: Lexicon, roles: NDArray[np.int8] | None = None) -> NDArray[np.float32]:
    """float32[n, len(FEATURES)], column by column in memory: what the model sees of every line of the batch.

    roles: int8[n], the role of the rule that matched each line, -1 for none (`Evidence.roles` of all documents in
    order); None where no rules were asked.
    """
    table = np.zeros((len(FEATURES), len(lines)), np.float32)
    if not len(lines):
        return table.T
    column = dict(zip(FEATURES, table, strict=True))
    words = np.diff(lines.words)
    _shape(lines, words, column)
    _repetition(lines, column)
    prose = _prose(lines, words, column["ends_sentence"] > 0)
    _place(lines, words, prose, column)
    _overlap(lines, words, prose, column)
    _hints(lines, words, column)
    counts = lexicon.counts(lines)
    first = FEATURES.index(LEXICAL[0])
    table[first : first + len(CATEGORIES)] = _log(counts.T.astype(np.int64))
    column["lexicon_any"][:] = np.minimum(counts.sum(1) / np.maximum(words, 1), 1)
    if roles is not None and (roles >= 0).any():
        for name, role in zip(RULES, BOILERPLATE, strict=True):
            column[name][:] = roles == ROLE_CODE[role]
    return table.T


def html_features(lines: Lines) -> NDArray[np.float32]:
    """float32[n, len(HTML_FEATURES)]: what the mark-up says; a document without it has zeros."""
    out = np.zeros((len(lines), len(HTML_FEATURES)), np.float32)
    words = np.diff(lines.words)
    bounds = lines.bounds.tolist()
    for document, start, stop in zip(lines.documents, bounds[:-1], bounds[1:], strict=True):
        part = out[start:stop]
        if document.tags is not None:
            codes = {tag: code for code, tag in enumerate(dict.fromkeys(document.tags))}
            rows = np.array([_marks(tag) for tag in codes], np.float32).reshape(len(codes), len(_MARKS))
            part[:, : len(_MARKS)] = rows[np.fromiter(map(codes.__getitem__, document.tags), np.int64, stop - start)]
        column = dict(zip(HTML_FEATURES, part.T, strict=True))
        if document.links is not None:
            column["links"][:] = document.links
        if document.surroundings is not None:
            _surroundings(document.surroundings, words[start:stop], part[:, -len(NAMES + BOXES + STATED) :])
    return out


def _kept(shares: NDArray[np.float32], words: NDArray[np.int64]) -> float:
    """The share of all words that lines with these shares of theirs have."""
    return float(np.rint(shares * words).astype(np.int64).sum() / max(int(words.sum()), 1))


def _surroundings(said: Surroundings, words: NDArray[np.int64], out: NDArray[np.float32]) -> None:
    count, width = len(out), len(NAME_GROUPS)
    bits = np.arange(width, dtype=np.int64)
    for at, groups in enumerate((said.near, said.far)):
        numbers = np.fromiter(groups, np.int64, count)
        out[:, at * width : (at + 1) * width] = numbers[:, None] >> bits & 1
    boxes = np.array(said.boxes, np.float32).reshape(count, len(BOXES))
    boxes[:, 2::3] = _log(boxes[:, 2::3].astype(np.int64))
    out[:, 2 * width : -2] = boxes
    out[:, -2] = said.stated
    out[:, -1] = _kept(out[:, -2], words)


@cache
def _marks(tag: str) -> tuple[bool, ...]:
    *places, block = tag.split(".")
    found = {*places, _BLOCKS.get(block)}
    return tuple(mark in found for mark in _MARKS)


def _log(counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """log(1 + count) from a table: the same bits on every machine."""
    return _LOG[np.minimum(counts, len(_LOG) - 1)]


def _line_of(lines: Text, positions: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.searchsorted(lines.ends, positions)


def _has(lines: Text, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool[n]: whether any of these characters stands in the line."""
    found = np.zeros(len(lines), bool)
    found[_line_of(lines, positions)] = True
    return found


def _shape(lines: Lines, words: NDArray[np.int64], column: dict[str, NDArray[np.float32]]) -> None:
    codes, classes, counts = lines.codes, lines.classes, lines.class_counts
    length = lines.ends - lines.starts
    size, some = np.maximum(length, 1), np.maximum(words, 1)
    first, last = codes.take(lines.starts), codes.take(lines.ends - 1)
    first_class, last_class = classes.take(lines.starts), classes.take(lines.ends - 1)
    # Up to three closing quotes or brackets may stand behind the last sentence.
    core = lines.ends - 1
    for _ in range(3):
        core = np.where((classes.take(core) == CLOSING) & (core > lines.starts), core - 1, core)
    end, before = codes.take(core), codes.take(np.maximum(core - 2, lines.starts))
    ellipsis = (end == ord("…")) | ((end == ord(".")) & (before == ord(".")) & (core > lines.starts + 1))
    letters = counts[:, UPPER] + counts[:, LOWER] + counts[:, LETTER] + counts[:, IDEOGRAPH]
    wide = length + 2 * counts[:, IDEOGRAPH]
    column["characters"][:] = _log(wide)
    column["words"][:] = _log(words)
    column["word_length"][:] = np.minimum(length / some, 15)
    terminated = (classes.take(core) == TERMINATOR) | (lines.unstopped & (words >= PROSE_WORDS))
    column["ends_sentence"][:] = terminated & ~ellipsis
    column["ends_colon"][:] = last == ord(":")
    column["ends_ellipsis"][:] = ellipsis
    column["ends_quote"][:] = last_class == CLOSING
    column["ends_comma"][:] = last_class == COMMA
    column["starts_lower"][:] = first_class == LOWER
    column["starts_upper"][:] = first_class == UPPER
    column["starts_digit"][:] = first_class == DIGIT
    second = np.minimum(lines.starts + 1, lines.ends)
    third = np.minimum(lines.starts + 2, lines.ends)
    marked = one_of(first, _BULLETS)
    point = (codes.take(second) == ord(".")) | (codes.take(second) == ord(")"))
    numbered = ((first_class == DIGIT) | (first_class == LOWER)) & point & (codes.take(third) == ord(" "))
    column["bullet"][:] = marked | numbered
    heads = classes.take(lines.word_starts)
    cases = lines.sums(_CASES.take(heads))
    mask = (1 << 21) - 1
    column["capitalised"][:] = (cases & mask) / some
    column["lower_words"][:] = ((cases >> 21) & mask) / some
    column["numbers"][:] = _log(cases >> 42)
    column["capitals"][:] = counts[:, UPPER] / np.maximum(letters, 1)
    column["digits"][:] = counts[:, DIGIT] / size
    marks = counts[:, PUNCTUATION] + counts[:, SYMBOL] + counts[:, SEPARATOR] + counts[:, OPENING] + counts[:, CLOSING]
    column["symbols"][:] = (marks + counts[:, COMMA] + counts[:, TERMINATOR]) / size
    column["commas"][:] = np.minimum(counts[:, COMMA], 6)
    column["few_letters"][:] = 2 * letters < size
    column["separators"][:] = np.minimum(counts[:, SEPARATOR], 4)
    column["bracket"][:] = counts[:, OPENING] > 0

    stops = np.flatnonzero(classes == TERMINATOR)
    behind = classes[stops + 1]
    full = (behind > MARK) & (behind != TERMINATOR) | (classes[stops - 1] == IDEOGRAPH)
    sentences = np.bincount(_line_of(lines, stops[full]), minlength=len(lines))
    column["sentences"][:] = np.minimum(sentences, 8)
    column["sentence_length"][:] = np.minimum(words / np.maximum(sentences, 1), 40)
    column["question"][:] = _has(lines, stops[(codes[stops] == ord("?")) | (codes[stops] == ord("？"))])
    column["exclamation"][:] = _has(lines, stops[(codes[stops] == ord("!")) | (codes[stops] == ord("！"))])
    closings = np.flatnonzero(classes == CLOSING)
    column["quote"][:] = _has(lines, closings[one_of(codes[closings], _QUOTES)])
    symbols = np.flatnonzero(classes == SYMBOL)
    column["copyright"][:] = _has(lines, symbols[codes[symbols] == ord("©")])

    numeric = np.flatnonzero(heads == DIGIT)
    begin, stop = lines.word_starts[numeric], lines.word_ends[numeric]
    lead = (codes[begin] - ord("0")) * 10 + codes[np.minimum(begin + 1, len(codes) - 1)] - ord("0")
    year = (stop - begin == 4) & ((lead == 19) | (lead == 20)) & (classes[stop - 1] == DIGIT)
    column["year"][:] = _has(lines, begin[year])
    clock = (stop - begin <= 2) & (codes[stop] == ord(":")) & (classes[np.minimum(stop + 1, len(codes) - 1)] == DIGIT)
    column["clock"][:] = _has(lines, begin[clock])
    found = np.zeros(len(lines), bool)
    found[lines.word_line[_among(lines.word_hashes, _ADDRESS)]] = True
    column["address"][:] = found | _has(lines, np.flatnonzero(codes == ord("@")))

    continues = (first_class == LOWER) | (first_class == COMMA) | (first_class == TERMINATOR)
    open_above = np.concatenate([[False], ~terminated[:-1]])
    open_above[_firsts(lines)] = False
    column["continues"][:] = continues & open_above


def _among(hashes: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The places of those hashes that are among the known ones, which are few and sorted."""
    at = likely(hashes, known)
    found: NDArray[np.int64] = at[known[np.searchsorted(known[:-1], hashes[at])] == hashes[at]]
    return found


def likely(hashes: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The places of all hashes that are known, and of few others: a small table tells."""
    low = np.uint64((1 << 16) - 1)
    table = np.zeros(1 << 16, bool)
    table[known & low] = True
    return np.flatnonzero(table.take((hashes & low).astype(np.intp)))


def _firsts(lines: Lines) -> NDArray[np.int64]:
    """The first line of every document that has one."""
    return lines.bounds[:-1][np.diff(lines.bounds) > 0]


def _repetition(lines: Lines, column: dict[str, NDArray[np.float32]]) -> None:
    salt = _salt(lines.document)
    # From the first word to the last: a mark or a bullet before a line makes it no other line.
    firsts = np.flatnonzero(np.diff(lines.words))
    starts, ends = lines.starts.copy(), lines.ends.copy()
    starts[firsts], ends[firsts] = lines.word_starts[lines.words[firsts]], lines.word_ends[lines.words[firsts + 1] - 1]
    count, rank, _ = _equals(lines.span_hashes(starts, ends) ^ salt)
    column["repeated"][:] = np.minimum(count - 1, 3)
    column["seen_before"][:] = np.minimum(rank, 3)
    cut = np.minimum(lines.starts + _PREFIX, lines.ends)
    _, rank, first = _equals(lines.span_hashes(lines.starts, cut) ^ salt)
    column["prefix_seen"][:] = rank > 0
    column["prefix_near"][:] = (rank > 0) & (np.arange(len(lines)) - first <= 3)


def _salt(document: NDArray[np.int64]) -> NDArray[np.uint64]:
    """What a hash is mixed with so that it is equal within one document only."""
    return (document.astype(np.uint64) + np.uint64(1)) * np.uint64(0xC2B2AE3D27D4EB4F)


def _equals(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """For every key: how many are equal to it, how many of them stand before it, and where the first stands."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    heads = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sizes = np.diff(np.concatenate([heads, [len(keys)]]))
    head = np.repeat(heads, sizes)
    count, rank, first = (np.empty(len(keys), np.int64) for _ in range(3))
    count[order] = np.repeat(sizes, sizes)
    rank[order] = np.arange(len(keys)) - head
    first[order] = order[head]
    return count, rank, first


def _prose(lines: Lines, words: NDArray[np.int64], ends_sentence: NDArray[np.bool_]) -> NDArray[np.bool_]:
    ideographs = lines.class_counts[:, IDEOGRAPH]
    length = lines.ends - lines.starts + 2 * ideographs
    whole: NDArray[np.bool_] = ends_sentence & (words >= PROSE_WORDS) & (length >= PROSE_CHARACTERS)
    whole |= length > LONG_CHARACTERS
    return whole


def _place(
    lines: Lines, words: NDArray[np.int64], prose: NDArray[np.bool_], column: dict[str, NDArray[np.float32]]
) -> None:
    size = len(lines)
    index = np.arange(size)
    start, stop = lines.bounds[:-1][lines.document], lines.bounds[1:][lines.document]
    total = stop - start
    characters = lines.starts - lines.starts[start]
    column["line_position"][:] = (index - start) / total
    column["text_position"][:] = characters / (lines.ends[stop - 1] - lines.starts[start])
    column["blank_before"][:] = np.minimum(lines.blanks, 4)
    column["blank_after"][:-1] = column["blank_before"][1:]
    column["blank_after"][stop[_firsts(lines)] - 1] = 0
    column["indent"][:] = np.minimum(lines.indents, 16)

    mass = np.concatenate([[0], np.cumsum(np.where(prose, words, 0))])
    whole = np.maximum(mass[stop] - mass[start], 1)
    column["prose"][:] = prose
    column["prose_before"][:] = (mass[:-1] - mass[start]) / whole
    column["prose_after"][:] = (mass[stop] - mass[1:]) / whole
    last = np.maximum.accumulate(np.where(prose, index, -1))
    column["since_prose"][:] = _log(np.where(last >= start, index - last, 60))
    following = np.minimum.accumulate(np.where(prose, index, size)[::-1])[::-1]
    column["until_prose"][:] = _log(np.where(following < stop, following - index, 60))
    densities = {}
    for name, reach in (("density_near", _NEAR), ("density_wide", _WIDE)):
        densities[name] = mass[np.minimum(index + reach + 1, stop)] - mass[np.maximum(index - reach, start)]
        column[name][:] = _log(densities[name])
    # The line in the thick of the prose, the first of several: where an article is, this is inside it.
    firsts = _firsts(lines)
    rank = densities["density_near"] * size + (size - index)
    peak = size - np.maximum.reduceat(rank, firsts) % size
    peak = np.where(peak == size, 0, peak)
    distance = index - np.repeat(peak, np.diff(np.concatenate([firsts, [size]])))
    column["from_peak"][:] = _log(np.abs(distance))
    column["beyond_peak"][:] = distance > 0

    column["document_lines"][:] = _log(total)
    spoken = np.concatenate([[0], np.cumsum(words)])
    all_words = np.maximum(spoken[stop] - spoken[start], 1)
    column["document_prose"][:] = (mass[stop] - mass[start]) / all_words
    column["document_words_per_line"][:] = _log(all_words // total)
    gaps = np.concatenate([[0], np.cumsum(np.minimum(lines.blanks, 1))])
    column["document_blanks"][:] = (gaps[stop] - gaps[start]) / total


def _overlap(
    lines: Lines, words: NDArray[np.int64], prose: NDArray[np.bool_], column: dict[str, NDArray[np.float32]]
) -> None:
    """How far a line speaks with the words of the document's own prose.

    Words are counted in a table per document with at least four slots a word; two words in one slot count as one.
    """
    hashes, line = lines.word_hashes, lines.word_line
    firsts = lines.words[lines.bounds]
    total = np.diff(firsts)
    slots = np.left_shift(1, np.ceil(np.log2(np.maximum(4 * total, 16))).astype(np.int64))
    base = np.concatenate([[0], np.cumsum(slots)])
    slot = (hashes & np.repeat((slots - 1).astype(np.uint64), total)).astype(np.int64) + np.repeat(base[:-1], total)
    in_prose = prose.take(line)
    table = np.bincount(slot[in_prose], minlength=base[-1])
    count = table.take(slot)
    prose_words = np.diff(np.concatenate([[0], np.cumsum(in_prose)]).take(firsts))
    stop = (count * _STOP_SHARE >= np.repeat(prose_words, total)) & (count >= 3)
    long = (lines.word_ends - lines.word_starts > 3) | (lines.classes.take(lines.word_starts) == IDEOGRAPH)
    content = long & ~stop
    others = count - in_prose
    first_seen = content & (others <= 0)
    mask = (1 << 21) - 1
    packed = lines.sums(content + ((content & (others > 0)).astype(np.int64) << 21) + (stop.astype(np.int64) << 42))
    contents = np.maximum(packed & mask, 1)
    some = np.maximum(words, 1)
    empty = packed & mask == 0
    column["stop_words"][:] = (packed >> 42) / some
    column["prose_words"][:] = np.where(empty, 0.5, ((packed >> 21) & mask) / contents)
    strength = lines.sums(np.where(content, np.clip(others, 0, 5), 0) + (first_seen.astype(np.int64) << 32))
    column["prose_strength"][:] = np.where(empty, 0.3, (strength & ((1 << 32) - 1)) / (5 * contents))
    column["first_words"][:] = (strength >> 32) / some


def _hints(lines: Lines, words: NDArray[np.int64], column: dict[str, NDArray[np.float32]]) -> None:
    """Agreement with what is known from outside: the words of the page's address and of the title that was given."""
    addresses = [_slug(document.url) for document in lines.documents]
    titles = [document.title or "" for document in lines.documents]
    for name, hints in (("address", addresses), ("title", titles)):
        if any(hints):
            share, coverage = _agreement(lines, words, hints)
            column[f"{name}_overlap"][:] = share
            column[f"{name}_coverage"][:] = coverage


def _agreement(
    lines: Lines, words: NDArray[np.int64], hints: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The share of each line's words that its document's hint has, and the share of the hint's words that the line
    has.
    """
    text = Text([" ".join(hint.split()) for hint in hints])
    # Most words have no hint, whichever document they stand in.
    at = likely(lines.word_hashes, text.word_hashes)
    # Only lines of a title's length can agree with one.
    at = at[words[lines.word_line[at]] <= _LONGEST_HINT]
    line = lines.word_line[at]
    known = np.unique(text.word_hashes ^ _salt(text.word_line))
    keys = lines.word_hashes[at] ^ _salt(lines.document[line])
    hit = np.zeros(len(at), bool) if not len(known) else known[np.searchsorted(known[:-1], keys)] == keys
    hits = np.bincount(line[hit], minlength=len(lines))
    size = np.diff(text.words)[lines.document]
    return hits / np.maximum(words, 1), np.minimum(hits / np.maximum(size, 1), 1)


def _slug(url: str | None) -> str:
    """The words of an address's path, without the host, the extension and bare numbers."""
    path = re.sub(r"\.\w{2,5}$", "", unquote(address_path(url))) if url else ""
    return " ".join(word for word in re.findall(r"\w+", path.replace("_", " ")) if not word.isdigit())
