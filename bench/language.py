"""Language detection measured: accuracy, open set, shares and speed of both detectors, on the same texts in one run.

    python bench/language.py [SENTENCES.jsonl[.gz]]

SENTENCES holds objects with `language` (ISO 639-1), `kind` (`sentence` or `word-pair`) and `text`; the figures in
docs/language.md are on lingua's test data (https://github.com/pemistahl/lingua-py, Apache-2.0). Articles are made of
ten sentences of one language, a paragraph each. Without SENTENCES the cases of `tests/language` are measured.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cleancopy.describe.language import UNDETERMINED, Detection, Detector, LanguageReport, load
from cleancopy.describe.language.profiles import build_profiles, load_profiles
from cleancopy.describe.language.scripts import LANGUAGE_OF_SCRIPT

OWN_CASES = Path(__file__).parents[1] / "tests" / "language" / "sentences.toml"
SENTENCES_AN_ARTICLE = 10
NEAR_TWINS = frozenset({"bs", "ms", "nn"})
"""Languages without a profile that are too near to one with a profile (hr, id, no) to be told from it."""
BY_SCRIPT = frozenset(LANGUAGE_OF_SCRIPT.values())
_SAME = {"nb": "no", "zh-Hans": "zh", "zh-Hant": "zh"}


class Text(NamedTuple):
    language: str
    kind: str
    paragraphs: tuple[str, ...]


def texts_of(path: Path | None) -> list[Text]:
    if path is None:
        cases = tomllib.loads(OWN_CASES.read_text(encoding="utf-8"))["case"]
        return [Text(_plain(case["language"]), "own case", (case["text"],)) for case in cases]
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    texts = [Text(_plain(row["language"]), row["kind"], (row["text"],)) for row in rows]
    sentences = defaultdict(list)
    for text in texts:
        if text.kind == "sentence":
            sentences[text.language].append(text.paragraphs[0])
    for language, group in sentences.items():
        starts = range(0, len(group) - SENTENCES_AN_ARTICLE + 1, SENTENCES_AN_ARTICLE)
        texts += [Text(language, "article", tuple(group[start : start + SENTENCES_AN_ARTICLE])) for start in starts]
    return texts


def _plain(tag: str) -> str:
    return _SAME.get(tag, tag)


def accuracy(texts: Sequence[Text], answers: dict[str, list[Detection]], known: frozenset[str]) -> None:
    """Right answers of both detectors in langdetect's languages; how many of the others the first calls `und`."""
    print(f"{'':12}{'texts':>7}  " + "  ".join(f"{name:>22}" for name in answers))
    for kind in dict.fromkeys(text.kind for text in texts):
        rows = [row for row, text in enumerate(texts) if text.kind == kind and text.language in known]
        cells = []
        for found in answers.values():
            right = sum(_plain(found[row].language) == texts[row].language for row in rows)
            und = sum(found[row].language == UNDETERMINED for row in rows)
            cells.append(f"{right / len(rows):.4f}, und {und / len(rows):.4f}")
        print(f"{kind:12}{len(rows):7}  " + "  ".join(f"{cell:>22}" for cell in cells))


def open_set(texts: Sequence[Text], found: Sequence[Detection], known: frozenset[str]) -> None:
    for kind in dict.fromkeys(text.kind for text in texts):
        rows = [
            row
            for row, text in enumerate(texts)
            if text.kind == kind and text.language not in known | BY_SCRIPT | NEAR_TWINS
        ]
        if rows:
            caught = sum(found[row].language == UNDETERMINED for row in rows)
            print(f"without a profile, {kind}: {caught / len(rows):.3f} of {len(rows)} called und")
    for language in sorted({text.language for text in texts} - known):
        rows = [row for row, text in enumerate(texts) if text.language == language and text.kind != "word-pair"]
        counts = Counter(found[row].language for row in rows)
        shares = ", ".join(f"{tag} {count / len(rows):.2f}" for tag, count in counts.most_common(3))
        print(f"  {language}: {shares}")


def confusions(texts: Sequence[Text], found: Sequence[Detection], known: frozenset[str], kind: str) -> None:
    pairs: Counter[tuple[str, str]] = Counter()
    for text, answer in zip(texts, found, strict=True):
        if text.kind == kind and text.language in known and _plain(answer.language) != text.language:
            pairs[text.language, answer.language] += 1
    print(f"most frequent confusions, {kind}: " + ", ".join(f"{a}→{b} {n}" for (a, b), n in pairs.most_common(24)))


def mixtures(texts: Sequence[Text], detector: Detector, known: frozenset[str]) -> None:
    """Articles of one language with a paragraph of another, and documents of seven and three paragraphs."""
    source = random.Random(0)
    articles = [text for text in texts if text.kind == "article" and text.language in known]
    if not articles:
        return
    for guests in (1, 3):
        documents, hosts, visitors, truth = [], [], [], []
        for _ in range(1000):
            host, guest = source.sample(articles, 2)
            if host.language == guest.language:
                continue
            paragraphs = [*host.paragraphs[guests:], *guest.paragraphs[:guests]]
            source.shuffle(paragraphs)
            documents.append(paragraphs)
            hosts.append(host.language)
            visitors.append(guest.language)
            own = sum(map(len, host.paragraphs[guests:]))
            truth.append(own / (own + sum(map(len, guest.paragraphs[:guests]))))
        reports: list[LanguageReport] = detector.describe(documents)
        shares = [{_plain(share.language): share.share for share in report.languages} for report in reports]
        right = sum(_plain(report.language) == host for report, host in zip(reports, hosts, strict=True))
        seen = sum(visitor in share for share, visitor in zip(shares, visitors, strict=True))
        error = sum(abs(share.get(host, 0.0) - true) for share, host, true in zip(shares, hosts, truth, strict=True))
        count = len(documents)
        print(
            f"{guests} of 10 paragraphs in another language: main language right {right / count:.3f}, "
            f"other one reported {seen / count:.3f}, mean error of the main share {error / count:.3f}"
        )
    reports = detector.describe([text.paragraphs for text in articles])
    stray = [
        sum(share.share for share in report.languages if _plain(share.language) != text.language)
        for report, text in zip(reports, articles, strict=True)
    ]
    print(f"no paragraph in another language: mean share wrongly given to others {sum(stray) / len(stray):.4f}")


def speed(texts: Sequence[Text], fast: Detector, slow: Detector) -> None:
    for kind in dict.fromkeys(text.kind for text in texts if text.kind != "word-pair"):
        documents = [text.paragraphs for text in texts if text.kind == kind]
        joined = ["\n".join(paragraphs) for paragraphs in documents]
        ours = min(_seconds(fast.describe, documents) for _ in range(3)) / len(documents)
        pages = min(_seconds(fast.candidates, documents) for _ in range(3)) / len(documents)
        theirs = _seconds(slow.detect, joined[::5]) / len(joined[::5])
        alone = sum(_seconds(fast.describe, [document]) for document in documents[::5]) / len(documents[::5])
        print(
            f"{kind}, {sum(map(len, joined)) / len(joined):.0f} characters: "
            f"{fast.name} {1e3 * ours:.3f} ms with shares, {1e3 * pages:.3f} ms for candidates, "
            f"{1e3 * alone:.3f} ms one a call; {slow.name} {1e3 * theirs:.3f} ms: {theirs / ours:.0f} times"
        )


def _seconds(call: Callable[[Any], object], argument: Any = None) -> float:
    """Processor time of a call."""
    start = time.process_time()
    call(argument)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sentences", type=Path, nargs="?")
    texts = texts_of(parser.parse_args().sentences)

    profiles = load_profiles()
    build, cached = _seconds(lambda _: build_profiles()), _seconds(lambda _: load_profiles())
    print(f"start-up: {build:.3f} s to build the arrays, {cached:.3f} s to read them from the cache")
    fast, slow = load(), load("langdetect")
    joined = ["\n".join(text.paragraphs) for text in texts]
    answers = {
        fast.name: [
            Detection(report.language, report.confidence)
            for report in fast.describe([text.paragraphs for text in texts])
        ],
        slow.name: slow.detect(joined),
    }
    known = frozenset(_plain(tag) for tag, row in zip(profiles.tags, profiles.expected, strict=True) if row.any())
    accuracy(texts, answers, known)
    open_set(texts, answers[fast.name], known)
    for kind in dict.fromkeys(text.kind for text in texts):
        confusions(texts, answers[fast.name], known, kind)
    mixtures(texts, fast, known)
    speed(texts, fast, slow)


if __name__ == "__main__":
    main()
