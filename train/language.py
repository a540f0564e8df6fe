"""Calibrate the naive Bayes language detector: how much a sum of scores is worth.

    python train/language.py SENTENCES.jsonl[.gz] ARTICLES.jsonl[.gz]

writes `src/cleancopy/describe/language/calibration.toml` and prints, by cross-validation, what the calibration is
worth.

SENTENCES: objects with `language` (ISO 639-1), `kind` (`sentence` or `word-pair`) and `text`. The committed file was
made from lingua's test data (https://github.com/pemistahl/lingua-py, Apache-2.0): 150 sentences and 100 word pairs in
each of 75 languages, of which langdetect has a profile for 51. Beside the texts themselves, the first word of each pair
stands for short texts, runs of 2, 4 and 8 sentences of one language for long ones, and letters drawn at random and
sentences with their letters shuffled for gibberish.
ARTICLES: objects with `main_content`, the clean text of English web articles. The committed file was made from the 709
articles of the development split of WCXB, the Web Content Extraction Benchmark (Murrough Foley 2026, CC BY 4.0).

What a language is like that nobody here knows is learned from those of `profiles.json.gz`: each is read once more
with its own profile hidden, so that another language is the best.

Two things are fitted:

- how text in each language typically scores (`Typical`): the mean by language and the spread by script from the
  sentences; the difference between whole documents, which sentences of one corpus do not show, from the articles;
- the probability that the best language is right, a logistic regression over `naive_bayes.FEATURES`. Texts without a
  language (no profile, gibberish) are weighted to be `UNKNOWN_SHARE` of all. Bosnian, Malay and Nynorsk are left out:
  they are so near to Croatian, Indonesian and Norwegian that they would teach the regression to distrust those.

The folds split known languages by a hash of the text, so that the same sentence is never on both sides, and unknown
ones by language, so that the measure is on languages that the fit has never seen.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cleancopy.describe.language import naive_bayes
from cleancopy.describe.language.naive_bayes import FEATURES, Calibration, Statistics, Sums, Typical
from cleancopy.describe.language.profiles import Profiles, load_profiles, own_tags
from cleancopy.describe.language.scripts import SCRIPTS

OUTPUT = Path(__file__).parents[1] / "src" / "cleancopy" / "describe" / "language" / "calibration.toml"
FOLDS = 5
UNKNOWN_SHARE = 0.1
"""Share of texts without a language that the confidence assumes."""
AS_RIGHT_AS = 0.9826
"""Share of sentences in langdetect's languages that langdetect itself gets right (`bench/language.py`).

The threshold is the largest at which, over the folds, no fewer of them are right when `und` counts as wrong.
"""
NEAR_TWINS = frozenset({"bs", "ms", "nn"})
UNKNOWN = "not "
"""Before the language of a text that is read without its own profile."""
_SAME = {"nb": "no", "zh": "zh-Hans"}


class Text(NamedTuple):
    language: str
    kind: str
    text: str
    fold: int


def rows_of(path: Path) -> list[dict[str, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def read(path: Path, tags: frozenset[str]) -> list[Text]:
    """The texts of a file and what is made of them; the language of gibberish is `und`."""
    texts, sentences = [], defaultdict(list)
    for row in rows_of(path):
        language = _SAME.get(row["language"], row["language"])
        text = Text(language, row["kind"], row["text"], _fold(row["text"] if language in tags else language))
        texts.append(text)
        if text.kind == "word-pair":
            texts.append(text._replace(kind="word", text=text.text.split()[0]))
        if text.kind == "sentence":
            sentences[language, text.fold].append(text)
    for (language, fold), group in sentences.items():
        for size in (2, 4, 8):
            for start in range(0, len(group) - size + 1, size):
                run = " ".join(text.text for text in group[start : start + size])
                texts.append(Text(language, f"{size} sentences", run, fold))
    return texts + list(_gibberish(texts))


def _fold(text: str) -> int:
    return hashlib.sha256(text.encode()).digest()[0] % FOLDS


def _gibberish(texts: list[Text]) -> Iterable[Text]:
    source = random.Random(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    for number in range(400):
        words = ("".join(source.choices(letters, k=source.randint(2, 10))) for _ in range(source.randint(5, 40)))
        yield Text("und", "gibberish", " ".join(words), number % FOLDS)
    for number in range(400):
        yield Text("und", "letters", "".join(source.choices(letters, k=1 + number % 4)), number % FOLDS)
    for text in texts[:: len(texts) // 800]:
        yield Text("und", "gibberish", "".join(source.sample(text.text, len(text.text))), text.fold)


def sums_of(texts: list[Text], profiles: Profiles) -> Sums:
    """The sums of each text as a document of one paragraph."""
    parts = [
        naive_bayes.document_sums([(text.text,) for text in texts[start : start + 500]], profiles)
        for start in range(0, len(texts), 500)
    ]
    return Sums(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("script", "positions", "scores"))
    )


def hidden(texts: list[Text], sums: Sums, profiles: Profiles) -> tuple[list[Text], Statistics, Sums]:
    """The texts in languages of `profiles.json.gz`, as texts of no language, read without their own profile."""
    tags = own_tags()
    rows = [row for row, text in enumerate(texts) if text.language in tags]
    own = Sums(*(getattr(sums, name)[rows] for name in ("script", "positions", "scores")))
    parts: list[tuple[NDArray[np.int64], Statistics]] = []
    languages = np.array([texts[row].language for row in rows])
    for language in np.unique(languages):
        at = np.flatnonzero(languages == language)
        code = profiles.tags.index(language)
        without = replace(profiles, columns=np.where(profiles.columns == code, 0, profiles.columns).astype(np.int16))
        parts.append((at, naive_bayes.statistics(Sums(*(getattr(own, n)[at] for n in own.__slots__)), without)))
    order = np.argsort(np.concatenate([at for at, _ in parts]))
    found = Statistics(*(np.concatenate(column)[order] for column in zip(*(part for _, part in parts), strict=True)))
    return (
        [
            texts[row]._replace(language=f"{UNKNOWN}{texts[row].language}", fold=_fold(texts[row].language))
            for row in rows
        ],
        found,
        own,
    )


def fit(
    found: Statistics,
    sums: Sums,
    truth: NDArray[np.int64],
    kinds: NDArray[np.str_],
    used: NDArray[np.bool_],
    articles: Sums,
    profiles: Profiles,
) -> Calibration:
    """A calibration, its threshold still 0, from the rows `used`; truth is the language code, 0 without a profile."""
    pages = naive_bayes.statistics(articles, profiles)
    right = (found.code == truth) & (truth > 0) & used
    told = right & (kinds == "sentence") & profiles.expected[found.code].any(axis=1)
    score = _typical(found.score, told, found.code, sums, profiles)
    contrast = _typical(found.contrast, told & ~found.alone, found.code, sums, profiles)
    calibration = Calibration(
        weights=np.zeros(1 + len(FEATURES)),
        threshold=0.0,
        score=replace(score, between=_between(pages.score, score, pages.code, articles)),
        contrast=replace(contrast, between=_between(pages.contrast, contrast, pages.code, articles)),
    )
    features = naive_bayes.features(found, sums, calibration)[used]
    weights = np.ones(used.sum())
    unknown = truth[used] == 0
    weights[unknown] = UNKNOWN_SHARE / (1 - UNKNOWN_SHARE) * (~unknown).sum() / unknown.sum()
    return replace(calibration, weights=_logistic(features, right[used].astype(float), weights))


def _typical(
    values: NDArray[np.float64], rows: NDArray[np.bool_], code: NDArray[np.int64], sums: Sums, profiles: Profiles
) -> Typical:
    """Mean by language and spread by script of a statistic: median and middle 68 %, which damaged texts do not move."""
    means = np.full(len(profiles.tags), np.nan)
    spreads: dict[int, list[float]] = defaultdict(list)
    for language in np.unique(code[rows]):
        own = rows & (code == language)
        means[language] = np.median(values[own])
        deviations = np.abs(values[own] / means[language] - 1.0) * np.sqrt(sums.positions[own])
        spreads[int(sums.script[own][0])].append(float(np.quantile(deviations, 0.6827)))
    means[profiles.tags.index("zh-Hant")] = means[profiles.tags.index("zh-Hans")]
    means[np.isnan(means)] = np.nanmedian(means)
    means[~profiles.expected.any(axis=1)] = 1.0
    within = np.full(len(SCRIPTS), np.median([spread for group in spreads.values() for spread in group]))
    for script, group in spreads.items():
        within[script] = np.median(group)
    return Typical(means, within, 0.0)


def _between(values: NDArray[np.float64], typical: Typical, code: NDArray[np.int64], sums: Sums) -> float:
    """What is left of the spread of whole articles when that of so many positions is taken off."""
    observed = np.quantile(np.abs(values / typical.mean[code] - 1.0), 0.9) / 1.645
    return float(np.sqrt(observed**2 - np.mean(typical.deviation(sums.script, sums.positions) ** 2)))


def _logistic(
    features: NDArray[np.float64], target: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights of a logistic regression, intercept first, by Newton's method with a ridge of 1."""
    x = np.concatenate([np.ones((len(features), 1)), features], axis=1)
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-x @ beta))
        gradient = x.T @ (weights * (target - p)) - beta
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + np.eye(len(beta))
        step = np.linalg.solve(hessian, gradient)
        beta += step
        if np.abs(step).max() < 1e-9:
            break
    return beta


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("articles", type=Path)
    arguments = parser.parse_args()
    profiles = load_profiles()
    texts = read(arguments.sentences, frozenset(profiles.tags))
    sums = sums_of(texts, profiles)
    found = naive_bayes.statistics(sums, profiles)
    more, more_found, more_sums = hidden(texts, sums, profiles)
    texts += more
    found = Statistics(*(np.concatenate(both) for both in zip(found, more_found, strict=True)))
    sums = Sums(*(np.concatenate([getattr(sums, n), getattr(more_sums, n)]) for n in sums.__slots__))
    pages = [row["main_content"].splitlines() for row in rows_of(arguments.articles)]
    articles = naive_bayes.document_sums(pages, profiles)
    truth = np.array([profiles.tags.index(text.language) if text.language in profiles.tags else 0 for text in texts])
    kinds = np.array([text.kind for text in texts])
    folds = np.array([text.fold for text in texts])
    usable = np.array([text.language not in NEAR_TWINS for text in texts])

    confidence = np.zeros(len(texts))
    for fold in range(FOLDS):
        calibration = fit(found, sums, truth, kinds, usable & (folds != fold), articles, profiles)
        held = folds == fold
        confidence[held] = naive_bayes.confidence(naive_bayes.features(found, sums, calibration), calibration)[held]

    known = truth > 0
    ours = np.isin([text.language for text in texts], list(own_tags()))
    sentences = known & ~ours & (kinds == "sentence") & profiles.expected[truth].any(axis=1)
    surest = np.sort(confidence[sentences & (found.code == truth)])[::-1]
    threshold = np.floor(float(surest[int(np.ceil(AS_RIGHT_AS * sentences.sum())) - 1]) * 1000) / 1000
    print(f"threshold {threshold}; {FOLDS} folds")
    report(texts, truth, found.code, confidence, threshold)
    calibration = replace(fit(found, sums, truth, kinds, usable, articles, profiles), threshold=threshold)
    page_features = naive_bayes.features(naive_bayes.statistics(articles, profiles), articles, calibration)
    unsure = naive_bayes.confidence(page_features, calibration) < threshold
    print(f"English articles called und: {unsure.sum()} of {len(pages)}")
    write(calibration, profiles.tags)


def report(
    texts: list[Text],
    truth: NDArray[np.int64],
    code: NDArray[np.int64],
    confidence: NDArray[np.float64],
    threshold: float,
) -> None:
    """Print what the cross-validated confidences are worth, by kind of text, by unknown language and by confidence."""
    known, right = truth > 0, (truth > 0) & (code == truth)
    languages = np.array([text.language for text in texts])
    kinds = np.array([text.kind for text in texts])
    twins = np.isin(languages, list(NEAR_TWINS))
    und = confidence < threshold
    for kind in dict.fromkeys(kinds.tolist()):
        for name, group in (("known", known), ("unknown", ~known & ~twins), ("twins", twins)):
            rows = group & (kinds == kind)
            if rows.any():
                best = f"  best language right {right[rows].mean():.4f}" if name == "known" else ""
                print(f"{kind:12} {name:8} {rows.sum():5} texts  und {und[rows].mean():.4f}{best}")
    print("sentences of unknown languages called und:")
    for language in np.unique(languages[~known & (kinds == "sentence")]):
        rows = (languages == language) & (kinds == "sentence")
        print(f"  {language} {und[rows].mean():.2f}", end="")
    print("\nconfidence and share right, texts weighted as in the fit:")
    weight = np.where(known, 1.0, UNKNOWN_SHARE / (1 - UNKNOWN_SHARE) * known.sum() / (~twins & ~known).sum())
    edges = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.99, 1.01)
    for low, high in pairwise(edges):
        rows = ~twins & (confidence >= low) & (confidence < high)
        if rows.any():
            mean, share = (np.average(values[rows], weights=weight[rows]) for values in (confidence, right))
            print(f"  {mean:.3f} {share:.3f} ({rows.sum()} texts)")


def write(calibration: Calibration, tags: tuple[str, ...]) -> None:
    lines = [
        "# How much the sums of the naive Bayes detector are worth. Written by train/language.py, which says how.",
        "# Derived from lingua's test data (https://github.com/pemistahl/lingua-py, Apache-2.0) and from the",
        "# development split of the WCXB benchmark (Murrough Foley 2026, CC BY 4.0).",
        "",
        "[confidence]",
        f"threshold = {calibration.threshold}",
        "",
        "[confidence.weights]",
        *(f"{name} = {weight:.4f}" for name, weight in zip(("constant", *FEATURES), calibration.weights, strict=True)),
    ]
    for name, typical in (("score", calibration.score), ("contrast", calibration.contrast)):
        for key, names, values in (("mean", tags, typical.mean), ("within", SCRIPTS, typical.within)):
            elsewhere = float(np.median(values))
            if key == "mean":
                lines += ["", f"[{name}]", f"between = {typical.between:.4f}"]
                lines += [f"{part}_elsewhere = {np.median(getattr(typical, part)):.4f}" for part in ("mean", "within")]
            lines += ["", f"[{name}.{key}]"]
            lines += [
                f"{item} = {value:.4f}"
                for item, value in zip(names, values, strict=True)
                if abs(value - elsewhere) > 5e-5
            ]
    OUTPUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
