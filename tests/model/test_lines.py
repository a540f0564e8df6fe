"""Lines, words and their hashes, against what the standard library says of the same text."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleancopy.model import Document
from cleancopy.text.lines import CLASSES, DIGIT, IDEOGRAPH, SPACE, UPPER, Lines, Text
from cleancopy.text.segment import segment

# Characters without ideographs, whose words are single characters here and runs for `\w+`; and without line feeds.
SPACED = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Lo", "Me", "Lm"), max_codepoint=0x2FFF)
    | st.sampled_from("aB1 .,𝒳😀é_"),
    max_size=40,
)
# Unlike `\w`, which ends a word at a combining mark.
MARKS = "".join(chr(code) for code in range(0x20000) if unicodedata.category(chr(code))[0] == "M")
WORD = re.compile(rf"[\w{MARKS}]+")
STRINGS = st.lists(SPACED, max_size=12)


@given(STRINGS)
def test_words_are_those_of_the_pattern_w(strings: list[str]) -> None:
    text = Text(strings)
    found = ["".join(map(chr, text.codes[a:b])) for a, b in zip(text.word_starts, text.word_ends, strict=True)]
    assert found == [word for string in strings for word in WORD.findall(string)]
    assert np.diff(text.words).tolist() == [int((text.word_line == line).sum()) for line in range(len(strings))]


@given(
    st.lists(
        st.sampled_from(["Share", "share", "SHARE this", "share this", "shar", "e", "ÉTÉ", "été", "", "a b", "ab"]),
        max_size=20,
    )
)
def test_line_hashes_are_equal_where_lower_case_lines_are(strings: list[str]) -> None:
    hashes = Text(strings).line_hashes
    for first, one in enumerate(strings):
        for second, other in enumerate(strings):
            assert (hashes[first] == hashes[second]) == (one.lower() == other.lower())


def test_a_word_has_one_hash_wherever_it_stands() -> None:
    text = Text(["the cat", "a The, cat!", "𝒳 thecat"])
    words = ["".join(map(chr, text.codes[a:b])).lower() for a, b in zip(text.word_starts, text.word_ends, strict=True)]
    by_word: dict[str, set[int]] = {}
    for word, code in zip(words, text.word_hashes.tolist(), strict=True):
        by_word.setdefault(word, set()).add(code)
    assert all(len(codes) == 1 for codes in by_word.values())
    assert len(set().union(*by_word.values())) == len(by_word)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ท่าเรือแจ่มใส", "ท่า เรือ แจ่ม ใส"),
        ("ผู้เช่ารายใหม่แล้ว2567", "ผู้ เช่าราย ใหม่ แล้ว2567"),
        ("ຫຼວງພະບາງໄດ້ຮັບ", "ຫຼວງພະ ບາງ ໄດ້ ຮັບ"),
        ("မြန်မာနိုင်ငံတော်", "မြန် မာ နိုင် ငံ တော်"),
        ("ព្រះរាជាណាចក្រ", "ព្រះ រា ជា ណា ចក្រ"),
        ("किताब كتاب ספר 책방", "किताब كتاب ספר 책방"),  # these put spaces between words
    ],
)
def test_syllabic_scripts_are_cut_where_a_syllable_can_begin(text: str, words: str) -> None:
    cut = Text([text])
    assert [text[a:b] for a, b in zip(cut.word_starts, cut.word_ends, strict=True)] == words.split()


THAI_AND_LAO = st.text(st.characters(min_codepoint=0x0E00, max_codepoint=0x0EFF), max_size=30)


@given(THAI_AND_LAO, st.sampled_from([" ", "a ", ", "]))
def test_syllables_are_the_same_wherever_they_stand(text: str, before: str) -> None:
    alone, behind = Text([text]), Text([before + text])
    size = len(behind.word_hashes) - len(alone.word_hashes)
    assert alone.word_hashes.tolist() == behind.word_hashes.tolist()[size:]


def test_a_line_in_thai_ends_without_a_sign() -> None:
    lines = ["ตอนนี้บรรยากาศที่ท่าเรือแจ่มใส", "The pier", "The pier ท่า", "日本語です"]
    assert Text(lines).unstopped.tolist() == [True, False, False, False]


def test_each_ideograph_is_a_word() -> None:
    text = Text(["日本の朝 2024年", "東京ABC"])
    assert np.diff(text.words).tolist() == [6, 3]


@given(STRINGS)
def test_every_character_is_counted_once(strings: list[str]) -> None:
    counts = Text(strings).class_counts
    assert counts.shape == (len(strings), CLASSES)
    assert counts.sum(1).tolist() == [len(string) for string in strings]


@pytest.mark.parametrize(
    ("character", "expected"),
    [("A", UPPER), ("7", DIGIT), ("٣", DIGIT), ("あ", IDEOGRAPH), ("𠀀", IDEOGRAPH), (" ", SPACE)],
)
def test_classes(character: str, expected: int) -> None:
    assert Text([character]).classes[0] == expected


def test_documents_blanks_and_indents() -> None:
    lines = Lines([segment("\n\none\n\n  two\nthree"), segment(""), segment("four\n\n\n five")])
    assert lines.bounds.tolist() == [0, 3, 3, 5]
    assert lines.document.tolist() == [0, 0, 0, 2, 2]
    assert lines.blanks.tolist() == [2, 1, 0, 0, 2]
    assert lines.indents.tolist() == [0, 2, 0, 0, 1]


def test_no_documents() -> None:
    lines = Lines([])
    assert len(lines) == 0
    assert lines.bounds.tolist() == [0]
    assert lines.word_hashes.shape == (0,)


def test_a_line_feed_inside_a_line_is_refused() -> None:
    with pytest.raises(ValueError, match="line feed"):
        Lines([Document(lines=("a\nb",), numbers=(1,), indents=(0,), blanks=(0,))])
