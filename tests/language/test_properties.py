"""What holds for any text whatever."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cleancopy.describe.language import UNDETERMINED, load
from cleancopy.describe.language.naive_bayes import BUDGET, PIECE, sample

DETECTOR = load()

hostile = st.one_of(
    st.text(st.characters(codec=None), max_size=300),
    st.text(
        st.sampled_from("aA\u0301\u1e69\ud800\udfff\u0958\ufb1d\u0644\u0301あ漢가ж😀\U0001d400 \n\t@://w.1"),
        max_size=400,
    ),
    st.builds(lambda char, times: char * times, st.characters(codec=None), st.integers(0, 3000)),
    st.sampled_from(["The mayor opened the library.", "Le maire a ouvert la bibliothèque.", "Мэр открыл библиотеку."]),
)
documents = st.lists(st.lists(hostile, max_size=30), max_size=6)


@given(documents)
@settings(max_examples=150, deadline=None)
def test_reports_hold_together(batch: list[list[str]]) -> None:
    reports = DETECTOR.describe(batch)
    assert len(reports) == len(batch)
    for document, report in zip(batch, reports, strict=True):
        assert DETECTOR.describe([document]) == [report]
        assert 0.0 <= report.confidence <= 1.0
        shares = [share.share for share in report.languages]
        assert all(0.0 <= share <= 1.0 for share in shares)
        assert sum(shares) <= 1.0 + 5e-5 * len(shares)
        assert shares == sorted(shares, reverse=True)
        assert UNDETERMINED not in {share.language for share in report.languages}
        if report.language != UNDETERMINED:
            assert report.language == report.languages[0].language


@given(documents)
@settings(max_examples=100, deadline=None)
def test_candidates_hold_together(batch: list[list[str]]) -> None:
    found = DETECTOR.candidates(batch)
    assert len(found) == len(batch)
    for document, languages in zip(batch, found, strict=True):
        assert DETECTOR.candidates([document]) == [languages]
        assert len(set(languages)) == len(languages)
        assert UNDETERMINED not in languages


@given(documents)
@settings(max_examples=100, deadline=None)
def test_what_is_looked_at_is_bounded_and_stands_for_all(batch: list[list[str]]) -> None:
    pieces = sample(batch)
    for number, document in enumerate(batch):
        texts = [text for text, owner in zip(pieces.text, pieces.document, strict=True) if owner == number]
        assert all(len(text) <= PIECE for text in texts)
        assert sum(map(len, texts)) <= BUDGET
        assert abs(pieces.weight[pieces.document == number].sum() - sum(map(len, document))) < 1e-6
