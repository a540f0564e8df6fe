"""What the detectors answer, on sentences, documents and pages written for this (the `.toml` files beside)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cleancopy.describe.language import UNDETERMINED, Detector, load
from cleancopy.errors import ConfigurationError


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))["case"]
    return found


SENTENCES, DOCUMENTS, PAGES = cases("sentences.toml"), cases("documents.toml"), cases("pages.toml")


@pytest.fixture(scope="module")
def detector() -> Detector:
    return load()


@pytest.mark.parametrize("case", SENTENCES, ids=lambda case: f"{case['language']}: {case['text'][:24]}")
def test_sentence(detector: Detector, case: dict[str, Any]) -> None:
    (found,) = detector.detect([case["text"]])
    assert found.language == case["language"]
    assert 0.0 <= found.confidence <= 1.0
    assert (found.confidence == 0.0) == (found.language == UNDETERMINED)


@pytest.mark.parametrize("case", DOCUMENTS, ids=lambda case: str(case["name"]))
def test_document(detector: Detector, case: dict[str, Any]) -> None:
    (found,) = detector.describe([case["paragraphs"]])
    assert found.language == case["language"]
    assert {share.language for share in found.languages} <= set(case["shares"])
    shares = {share.language: share.share for share in found.languages}
    for language, (low, high) in case["shares"].items():
        assert low <= shares.get(language, 0.0) <= high, language


@pytest.mark.parametrize("case", PAGES, ids=lambda case: str(case["name"]))
def test_candidates_of_a_page(detector: Detector, case: dict[str, Any]) -> None:
    (found,) = detector.candidates([case["lines"]])
    assert found[:1] == ((case["first"],) if "first" in case else ())
    assert "also" not in case or case["also"] in found


def test_each_document_of_a_batch_is_answered_as_if_alone(detector: Detector) -> None:
    """Among others of all scripts, decomposed and with addresses, and in more documents than go together."""
    documents = [*([case["text"]] for case in SENTENCES), *(case["paragraphs"] for case in DOCUMENTS)]
    batch = documents * 2
    assert detector.describe(batch) == [report for document in batch for report in detector.describe([document])]
    lines = [case["lines"] for case in PAGES] + documents
    assert detector.candidates(lines) == [found for document in lines for found in detector.candidates([document])]


def test_a_new_detector_gives_the_same_answers(detector: Detector) -> None:
    texts = [case["text"] for case in SENTENCES]
    assert load().detect(texts) == detector.detect(texts)


def test_long_document_in_another_language_at_the_end(detector: Detector) -> None:
    """What is looked at is spread over the whole document: Finnish at its end shows, wherever the lines break."""
    text = {case["language"]: case["text"] for case in SENTENCES if case["language"] in ("de", "fi")}
    (many,) = detector.describe([[text["de"]] * 200 + [text["fi"]] * 100])
    assert [share.language for share in many.languages] == ["de", "fi"]
    assert many.languages[1].share == pytest.approx(0.25, abs=0.1)
    (one,) = detector.describe([[" ".join([text["de"]] * 200 + [text["fi"]] * 100)]])
    assert [share.language for share in one.languages] == ["de", "fi"]


def test_the_threshold_decides_between_an_answer_and_und() -> None:
    text = next(case["text"] for case in SENTENCES if case["text"].startswith("Illoqarfiup"))
    assert load().detect([text])[0].language == UNDETERMINED
    (bold,) = load(threshold=0.0).detect([text])
    assert bold.language != UNDETERMINED
    (careful,) = load(threshold=1.0).detect(["The mayor opened the new library on Tuesday."])
    assert careful == (UNDETERMINED, 0.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "guess"}, "naive-bayes, langdetect"),
        ({"threshold": 1.5}, "between 0 and 1"),
        ({"threshold": -0.1}, "0"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load(**arguments)


def test_langdetect_behind_the_same_protocol() -> None:
    detector = load("langdetect", seed=7)
    plain = [case for case in SENTENCES if case["language"] in ("de", "fi", "zh-Hans", "ar")]
    texts = [case["text"] for case in plain if "://" not in case["text"]]
    answers = detector.detect([*texts, "", "12345"])
    assert [answer.language for answer in answers] == [
        *(case["language"] for case in plain if "://" not in case["text"]),
        UNDETERMINED,
        UNDETERMINED,
    ]
    assert load("langdetect", seed=7).detect([*texts, "", "12345"]) == answers
    mixed = next(case for case in DOCUMENTS if case["name"] == "a document in two languages")
    (report,) = detector.describe([mixed["paragraphs"]])
    assert {share.language for share in report.languages} == {"de", "en"}
    assert sum(share.share for share in report.languages) == pytest.approx(1.0, abs=1e-3)
    assert detector.candidates([PAGES[0]["lines"], []]) == [("de",), ()]
