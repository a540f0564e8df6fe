"""The page model: what it sees of a page, what it says, and that its weights are told from others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleancopy import settings as configuration
from cleancopy.assembly import build_cleaner
from cleancopy.cleaner import Cleaned, Cleaner
from cleancopy.errors import ConfigurationError
from cleancopy.linemodel.features import FEATURES
from cleancopy.linemodel.network import LineScores
from cleancopy.linemodel.pages import FIGURES, KINDS, PageModel, figures, summary, word_counts
from cleancopy.text.lines import Lines
from cleancopy.text.segment import segment

ARTICLE = "\n\n".join(
    [
        "Home\nNews\nSport\nCulture\nSubscribe",
        "Ferry returns to the north shore",
        "By Martha Quill",
        "The small ferry that links the two shores of the lake will run again from next week, the council said.",
        "The vessel had been taken out of service when inspectors found rust in the hull that was deeper than feared.",
        "A group of residents collected almost ninety thousand pounds in eighteen months, most of it in small sums.",
        "The council says that it will count the passengers in autumn and decide then what becomes of the pier.",
        "“We had given the boat up,” said Owen Farrow, who sold the tickets for thirty years.",
        "For the pupils of the north shore the crossing replaces a bus ride of fifty minutes.",
        "The yard replaced some four hundred rivets, and its apprentices painted the hull green.",
        "The first boat leaves on Monday at seven, weather permitting, and whoever comes early rides free for a day.",
    ]
)
FORUM = "Pump of the old model leaks again - Page 2 - Boat Builders Forum\n\n" + "\n\n".join(
    f"seadog{number}\nSenior Member\nJoin Date: May 2011\nPosts: {number * 310}\n\n#{number}\n\n"
    f"Has anybody tried to change the pump on this model? Mine leaks again since I replied to thread {number}, and "
    "the seal that the shop sent me does not fit. I posted pictures last week, thanks for the replies so far.\n\n"
    "Reply With Quote"
    for number in range(1, 9)
)


@pytest.fixture(scope="module")
def cleaner() -> Cleaner:
    return build_cleaner(configuration.load())


def scores(keep: list[float]) -> LineScores:
    columns = np.zeros((5, len(keep)), np.float32)
    return LineScores(np.array(keep, np.float32), *columns)


def said(keep: list[float], kept: list[bool], words: list[int]) -> dict[str, float]:
    found = figures(scores(keep), np.array(words), np.array(words) > 10, np.array(kept))
    return {name: round(float(value), 3) for name, value in zip(FIGURES, found, strict=True)}


def test_figures_of_a_page() -> None:
    found = said([0.1, 0.9, 0.6], [False, True, True], [2, 20, 8])
    assert found["kept_share"] == round(28 / 30, 3)
    assert found["unsure_share"] == round(8 / 30, 3)
    assert found["certainty"] == round((2 * 0.8 + 20 * 0.8 + 8 * 0.2) / 30, 3)
    assert found["certainty_removed"] == 0.8
    assert found["switches"] == round(1 / 3, 3)
    assert found["prose_kept"] == 1


def test_nothing_kept_and_nothing_removed_are_figures_too() -> None:
    for kept in ([True, True], [False, False]):
        found = said([0.5, 0.5], kept, [3, 4])
        assert all(np.isfinite(list(found.values())))


def test_a_summary_has_means_and_deviations() -> None:
    inputs = np.zeros((2, 2), np.float32)
    inputs[0] = 1, 0.5
    found = summary(inputs, np.array([1, 0]))
    assert found.tolist() == [0.5, 0.25, 0.75, 0.375, 0.5, 0.25]


def test_words_are_counted() -> None:
    lines = Lines([segment("Reply to the post\nreply")])
    vocabulary = np.unique(Lines([segment("reply cart")]).word_hashes)
    assert sorted(word_counts(lines.word_hashes, vocabulary).round(3).tolist()) == [0, 1.099]


def test_a_page_is_told_by_its_kind(cleaner: Cleaner) -> None:
    article, forum = cleaner.clean([segment(ARTICLE), segment(FORUM)])
    assert isinstance(article, Cleaned)
    assert isinstance(forum, Cleaned)
    assert article.article.kind == "article"
    assert forum.article.kind == "forum"
    assert article.article.extraction_score is not None
    assert forum.article.extraction_score is not None
    assert article.article.extraction_score > forum.article.extraction_score


@given(st.lists(st.sampled_from([ARTICLE, FORUM, "Menu\nHome", "x", "東京の朝は早い。\n" * 3]), min_size=1, max_size=6))
@settings(max_examples=25, deadline=None)
def test_a_page_is_the_same_in_every_batch(texts: list[str]) -> None:
    cleaner = build_cleaner(configuration.load())
    together = cleaner.clean([segment(text) for text in texts])
    for text, result in zip(texts, together, strict=True):
        [alone] = cleaner.clean([segment(text)])
        assert isinstance(result, Cleaned) is isinstance(alone, Cleaned)
        if isinstance(result, Cleaned) and isinstance(alone, Cleaned):
            assert result.decisions.page == alone.decisions.page
            page = result.decisions.page
            assert page is not None
            assert page.kind in KINDS
            assert 0 <= page.confidence <= 1
            assert 0 <= page.extraction_score <= 1


def test_without_models_nothing_is_said() -> None:
    cleaner = build_cleaner(configuration.load(overrides={"clean.model": False}))
    [result] = cleaner.clean([segment(ARTICLE)])
    assert isinstance(result, Cleaned)
    assert (result.article.kind, result.article.kind_confidence, result.article.extraction_score) == (None,) * 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vocabulary": None}, "vocabulary"),
        ({"inputs": np.array(["no such feature"])}, "no such feature"),
        ({"text.kind": np.zeros((3, 2), np.float32)}, "text.kind is \\(3, 2\\)"),
    ],
)
def test_other_weights_are_refused(
    change: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]] | None], message: str
) -> None:
    size = 3 * len(FEATURES) + 1 + 1
    arrays = {
        "inputs": np.array(FEATURES),
        "vocabulary": np.zeros(1, np.uint64),
        **{f"{medium}.kind": np.zeros((size, len(KINDS)), np.float32) for medium in ("text", "html")},
        **{f"{medium}.score": np.zeros(len(FIGURES) + len(KINDS) + 1, np.float32) for medium in ("text", "html")},
    }
    PageModel(arrays, "right")
    wrong = {name: value for name, value in {**arrays, **change}.items() if value is not None}
    with pytest.raises(ConfigurationError, match=message):
        PageModel(wrong, "pages.npz")
