"""Which language a document is in, and which languages its paragraphs are in.

    detector = load()
    detector.detect(["Die Katze schläft auf dem warmen Ofen."])    → [Detection(language="de", confidence=0.97)]
    detector.describe([paragraphs_of_one, paragraphs_of_another])  → [LanguageReport("de", 0.97, languages), …]
    detector.candidates([lines_of_one_page, lines_of_another])     → [("de",), ("no", "da")]

Languages are BCP 47 tags: ISO 639-1 where there is one, `zh-Hans` and `zh-Hant` for Chinese, `und` where nothing can be
said. All methods take many documents at once, which is much faster, and give each document the same answer as alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

from cleancopy.errors import ConfigurationError
from cleancopy.model import LanguageReport

__all__ = ["DETECTORS", "UNDETERMINED", "Detection", "Detector", "LanguageReport", "load"]

UNDETERMINED = "und"


class Detection(NamedTuple):
    """language: BCP 47, `und` where nothing can be said; confidence: probability that it is right, 0 with `und`."""

    language: str
    confidence: float


class Detector(Protocol):
    """Stateless after loading and deterministic: the same text gives the same answer in any batch."""

    name: str

    def detect(self, texts: Sequence[str]) -> list[Detection]:
        """The language of each text."""
        ...

    def describe(self, documents: Sequence[Sequence[str]]) -> list[LanguageReport]:
        """The languages of each document, given as its paragraphs."""
        ...

    def candidates(self, documents: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
        """The languages each raw page, given as its lines, may be in, most plausible first; none without any text.

        For choosing rule packs before the body is known: a near twin that cannot be excluded is among them, and so is a
        language without enough text to be reported.
        """
        ...


def _naive_bayes(threshold: float | None, seed: int) -> Detector:
    from cleancopy.describe.language.naive_bayes import Calibration, NaiveBayes
    from cleancopy.describe.language.profiles import load_profiles

    profiles = load_profiles()
    return NaiveBayes(profiles, Calibration.load(profiles.tags), threshold)


def _langdetect(threshold: float | None, seed: int) -> Detector:
    from cleancopy.describe.language.langdetect_engine import Langdetect

    return Langdetect(threshold, seed)


DETECTORS: Mapping[str, Callable[[float | None, int], Detector]] = MappingProxyType(
    {"naive-bayes": _naive_bayes, "langdetect": _langdetect}
)


def load(name: str = "naive-bayes", *, threshold: float | None = None, seed: int = 0) -> Detector:
    """The detector of that name.

    threshold: confidence below which the answer is `und`, 0 to 1; None for the detector's own, measured one.
    seed: for `langdetect`, whose search is random.

    Raises ConfigurationError for an unknown name or a threshold outside 0 to 1.
    """
    if name not in DETECTORS:
        raise ConfigurationError(f"language.detector is {name!r}; known are {', '.join(DETECTORS)}")
    if threshold is not None and not 0.0 <= threshold <= 1.0:
        raise ConfigurationError(f"language.threshold is {threshold}; it must be between 0 and 1")
    return DETECTORS[name](threshold, seed)
