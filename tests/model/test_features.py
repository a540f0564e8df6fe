"""Features: by case, within their document, and the same in every batch."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cleancopy.linemodel.features import FEATURES, HTML_FEATURES, features, html_features
from cleancopy.model import ROLE_CODE, Document, Role, Surroundings
from cleancopy.rules.lexicon import Lexicon
from cleancopy.text.lines import Lines
from cleancopy.text.segment import segment
from tests.case_files import SAMPLES

CASES = tomllib.loads(Path(__file__).with_name("features.toml").read_text("utf-8"))["case"]
LEXICON = Lexicon([{"share": ["share", "teilen"], "time": ["may"]}])
PROSE = (
    "The parish council had proposed to replace the boat with a bridge, "
    "but most of the people here did not want it at all."
)
PIECES = st.sampled_from(
    (
        *("Share", "Menu", "• One", PROSE, "東京の朝は早い。", "2024-05-14", "…", "—", "by Mara Ellingsworth"),
        *("😀 😀", "a", "A line: ", "Read more...", "", "  ", "\t x"),
    )
)
TEXTS = st.lists(PIECES, max_size=12).map("\n".join)


def of(text: str, **hints: str) -> NDArray[np.float32]:
    return features(Lines([segment(text, **hints)]), LEXICON)


def column(values: NDArray[np.float32], name: str) -> list[float]:
    return [round(float(value), 4) for value in values[:, FEATURES.index(name)]]


@pytest.mark.parametrize("case", CASES, ids=[case["line"][:30] for case in CASES])
def test_line(case: dict[str, object]) -> None:
    values = of(str(case["line"]))
    expected = case["is"]
    assert isinstance(expected, dict)
    assert {name: column(values, name)[0] for name in expected} == expected


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_a_document_has_the_same_features_alone_and_in_a_batch(texts: list[str]) -> None:
    documents = [segment(text) for text in texts]
    lines = Lines(documents)
    together = features(lines, LEXICON)
    assert np.isfinite(together).all()
    for index, document in enumerate(documents):
        alone = features(Lines([document]), LEXICON)
        assert (together[lines.bounds[index] : lines.bounds[index + 1]] == alone).all()


def test_real_documents_have_the_same_features_alone_and_in_a_batch() -> None:
    documents = [segment(path.read_text("utf-8")) for path in sorted(SAMPLES.glob("en-*.txt"))]
    lines = Lines(documents)
    together = features(lines, LEXICON)
    assert len(documents) > 5
    for index, document in enumerate(documents):
        part = together[lines.bounds[index] : lines.bounds[index + 1]]
        assert (part == features(Lines([document]), LEXICON)).all()


def test_repeated_lines() -> None:
    values = of("Share\nOne thing\nshare\nOne thing more")
    assert column(values, "repeated") == [1, 0, 1, 0]
    assert column(values, "seen_before") == [0, 0, 1, 0]


def test_a_line_is_repeated_whatever_mark_stands_before_it() -> None:
    values = of("▶ Bridge toll rises\nBridge toll rises:\n1. Bridge toll rises\n***\n***\n---")
    assert column(values, "repeated") == [1, 1, 0, 1, 1, 0]


def test_a_long_prefix_that_returns_is_seen() -> None:
    values = of("The village keeps its ferry for now\nx\nThe village keeps its ferry until spring")
    assert column(values, "prefix_seen") == [0, 0, 1]
    assert column(values, "prefix_near") == [0, 0, 1]


def test_prose_is_found_and_what_stands_around_it() -> None:
    values = of(f"Menu\nHome\n{PROSE}\nShare")
    assert column(values, "prose") == [0, 0, 1, 0]
    assert column(values, "prose_before") == [0, 0, 0, 1]
    assert column(values, "prose_after") == [1, 1, 0, 0]
    assert column(values, "beyond_peak")[3] == 1


def test_words_of_the_prose_are_told_from_others() -> None:
    values = of(f"{PROSE}\ncouncil bridge parish\nunlimited weekly gifts")
    assert column(values, "prose_words")[1:] == [1, 0]


def test_layout() -> None:
    values = of("one\n\n\n   two\nthree")
    assert column(values, "blank_before") == [0, 2, 0]
    assert column(values, "blank_after") == [2, 0, 0]
    assert column(values, "indent") == [0, 3, 0]


def test_the_address_and_the_title_given_by_the_caller() -> None:
    values = of(
        "Menu\nVillage keeps its ferry\nOther news",
        url="https://example.org/2024/village-keeps-ferry.html",
        title="Other News",
    )
    assert column(values, "address_overlap") == [0, 0.75, 0]
    assert column(values, "address_coverage") == [0, 1, 0]
    assert column(values, "title_coverage") == [0, 0, 1]


def test_a_hint_belongs_to_its_own_document() -> None:
    documents = [segment("ferry", title="ferry"), segment("ferry", title="bridge"), segment("ferry")]
    assert column(features(Lines(documents), LEXICON), "title_overlap") == [1, 0, 0]


def test_lexicon_and_rules_are_inputs() -> None:
    lines = Lines([segment("Share\nTeilen in May\nx")])
    roles = np.array([ROLE_CODE[Role.SHARE], -1, ROLE_CODE[Role.LEGAL]], np.int8)
    values = features(lines, LEXICON, roles)
    assert column(values, "lexicon_share") == [0.6931, 0.6931, 0]
    assert column(values, "lexicon_any") == [1, 0.6667, 0]
    assert column(values, "rule_share") == [1, 0, 0]
    assert column(values, "rule_legal") == [0, 0, 1]


def test_markup() -> None:
    document = Document(
        lines=("Home", "A village ferry", "Two words"),
        numbers=(1, 2, 3),
        indents=(0, 0, 0),
        blanks=(0, 0, 0),
        tags=("nav.li", "article.h2", "embedded.p"),
        links=(1.0, 0.0, 0.5),
        surroundings=Surroundings(
            near=(1, 0, 0),
            far=(3, 0, 0),
            boxes=((1, 0.1, 2, *[0] * 9), (0,) * 12, (0,) * 12),
            stated=(0.0, 1.0, 0.0),
        ),
    )
    values = html_features(Lines([segment("plain"), document]))
    rows = [
        {name: round(float(value), 2) for name, value in zip(HTML_FEATURES, row, strict=True) if value}
        for row in values
    ]
    document = {"document_stated": 0.5}
    assert rows == [
        {},
        {
            **{"tag_nav": 1, "tag_item": 1, "links": 1, **document},
            **{"near_navigation": 1, "far_navigation": 1, "far_head": 1},
            **{"box1_links": 1, "box1_share": 0.1, "box1_lines": 1.1},
        },
        {"tag_article": 1, "tag_heading": 1, "stated": 1, **document},
        {"tag_embedded": 1, "tag_paragraph": 1, "links": 0.5, **document},
    ]


def test_no_lines() -> None:
    assert features(Lines([]), LEXICON).shape == (0, len(FEATURES))
    assert features(Lines([segment("")]), LEXICON).shape == (0, len(FEATURES))
    assert html_features(Lines([])).shape == (0, len(HTML_FEATURES))
