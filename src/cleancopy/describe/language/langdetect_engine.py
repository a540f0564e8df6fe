"""langdetect itself behind the protocol: a hundred times slower, for comparison and for those who rely on its answers.

Its search is random; every text is searched with the same seed, so that an answer depends on the text alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from langdetect import DetectorFactory, LangDetectException
from langdetect.detector_factory import PROFILES_DIRECTORY

from cleancopy.describe.language import UNDETERMINED, Detection, LanguageReport
from cleancopy.describe.language.profiles import bcp47
from cleancopy.model import LanguageShare

THRESHOLD = 0.0
"""langdetect's probabilities are near 1 whether it is right or not, so that no threshold separates the two."""
PROSE_LINES = 12
"""Lines of a raw page that its candidates are looked for in: the longest ones."""


class Langdetect:
    name = "langdetect"

    def __init__(self, threshold: float | None = None, seed: int = 0) -> None:
        self._threshold = THRESHOLD if threshold is None else threshold
        self._factory = DetectorFactory()
        self._factory.load_profile(PROFILES_DIRECTORY)
        self._factory.set_seed(seed)

    def detect(self, texts: Sequence[str]) -> list[Detection]:
        return [self._detect(text) for text in texts]

    def describe(self, documents: Sequence[Sequence[str]]) -> list[LanguageReport]:
        """The main language is that of the whole text; the shares are those of the paragraphs, each searched alone."""
        reports = []
        for paragraphs in documents:
            whole = self._detect("\n".join(paragraphs))
            characters: dict[str, int] = defaultdict(int)
            for paragraph in paragraphs:
                characters[self._detect(paragraph).language] += len(paragraph)
            total = max(sum(characters.values()), 1)
            characters.pop(UNDETERMINED, None)
            shares = sorted((-count / total, language) for language, count in characters.items() if count)
            languages = tuple(LanguageShare(language, round(-share, 4)) for share, language in shares)
            reports.append(LanguageReport(*whole, languages))
        return reports

    def candidates(self, documents: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
        return [
            tuple(bcp47(language) for language, _ in self._search("\n".join(sorted(lines, key=len)[-PROSE_LINES:])))
            for lines in documents
        ]

    def _detect(self, text: str) -> Detection:
        for language, probability in self._search(text)[:1]:
            if probability >= self._threshold:
                return Detection(bcp47(language), round(probability, 4))
        return Detection(UNDETERMINED, 0.0)

    def _search(self, text: str) -> list[tuple[str, float]]:
        """Languages with their probabilities, most probable first; none where langdetect finds nothing to go by."""
        search = self._factory.create()
        search.append(text)
        try:
            return [(found.lang, found.prob) for found in search.get_probabilities()]
        except LangDetectException:
            return []
