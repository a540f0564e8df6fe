"""Calibrate the naive Bayes language detector: how much a sum of scores is worth.

    python train/language.py SENTENCES.jsonl[.gz]

writes `src/cleancopy/language/calibration.toml` and prints, by cross-validation, what the calibration is worth. Each line of
the input is an object with `language` (ISO 639-1), `kind` (`sentence` or `word-pair`) and `text`; the committed file was made
from lingua's test data (https://github.com/pemistahl/lingua-py, Apache-2.0): 150 sentences and 100 word pairs in each of 75
languages, of which langdetect has a profile for 51. Beside the texts themselves, runs of 2, 4 and 8 sentences of one language
stand for longer documents, and letters drawn at random and sentences with their letters shuffled stand for gibberish.

Two things are fitted:

- how typical text in each language scores (`typical`), from that language's own texts;
- the probability that the best language is right, a logistic regression over `naive_bayes.FEATURES`. Texts without a language
  (no profile, gibberish) are weighted to be `UNKNOWN_SHARE` of all. Bosnian, Malay and Nynorsk are left out of the fit: they are so
  near to Croatian, Indonesian and Norwegian that they would teach the regression to distrust those.

The folds split known languages by a hash of the text, so that the same sentence is never on both sides, and unknown ones
by language, so that the measure is on languages that the fit has never seen.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cleancopy.language import naive_bayes
from cleancopy.language.naive_bayes import FEATURES, Calibration, Sums
from cleancopy.language.profiles import Profiles, load_profiles

OUTPUT = Path(__file__).parents[1] / "src" / "cleancopy" / "language" / "calibration.toml"
FOLDS = 5
UNKNOWN_SHARE = 0.1
"""Share of texts without a language that the confidence assumes."""
WRONGLY_UND = 0.008
"""Share of sentences in a known language that the threshold may cost, measured over the folds."""
NEAR_TWINS = frozenset({"bs", "ms", "nn"})
_SAME = {"nb": "no", "zh": "zh-Hans"}


class Text(NamedTuple):
    language: str
    kind: str
    text: str
    fold: int


def read(path: Path, tags: frozenset[str]) -> list[Text]:
    """The texts of a file and what is made of them; the language of gibberish is `und`."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    texts, sentences = [], defaultdict(list)
    for row in rows:
        language = _SAME.get(row["language"], row["language"])
        text = Text(language, row["kind"], row["text"], _fold(row["text"] if language in tags else language))
        texts.append(text)
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
    for text in texts[:: len(texts) // 800]:
        yield Text("und", "gibberish", "".join(source.sample(text.text, len(text.text))), text.fold)


def sums_of(texts: list[Text], profiles: Profiles) -> Sums:
    """The sums of each text as a document of one paragraph."""
    parts = [
        naive_bayes.document_sums([(text.text,) for text in texts[start : start + 500]], profiles)
        for start in range(0, len(texts), 500)
    ]
    return Sums(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("script", "positions", "scores")))


def fit(
    sums: Sums, truth: NDArray[np.int64], kinds: NDArray[np.str_], used: NDArray[np.bool_], profiles: Profiles
) -> Calibration:
    """A calibration (its threshold still 0) from the rows `used`; truth is the language code, 0 where there is no profile."""
    neutral = Calibration(np.zeros(1 + len(FEATURES)), 0.0, np.ones(len(profiles.tags)), 1.0, 0.0)
    code = naive_bayes.weigh(sums, profiles, neutral).code
    right = (code == truth) & (truth > 0) & used
    index = np.arange(len(code))
    columns = profiles.columns[sums.script]
    won = sums.scores[index, np.argmax(columns == code[:, None], axis=1)]
    ratio = np.divide(won, sums.positions * profiles.expected[code], out=np.ones(len(code)), where=right)

    long = right & np.isin(kinds, ("sentence", "8 sentences")) & (profiles.expected[code] > 0)
    means = np.ones(len(profiles.tags))
    for language in np.unique(code[long]):
        rows = long & (code == language)
        means[language] = np.average(ratio[rows], weights=sums.positions[rows])
    relative = ratio / means[code] - 1.0
    short, runs = long & (kinds == "sentence"), long & (kinds == "8 sentences")
    # Var = within² / positions + between²: two unknowns, two lengths. The half-width of the middle 90 % is 1.645 deviations.
    spread = [(np.quantile(np.abs(relative[rows]), 0.9) / 1.645) ** 2 for rows in (short, runs)]
    inverse = [np.mean(1.0 / sums.positions[rows]) for rows in (short, runs)]
    within2 = (spread[0] - spread[1]) / (inverse[0] - inverse[1])
    between2 = max(spread[1] - within2 * inverse[1], 0.0)
    seen = np.unique(code[long])
    default = float(np.median(means[seen]))
    means[np.setdiff1d(np.arange(len(means)), seen)] = default
    means[profiles.tags.index("zh-Hant")] = means[profiles.tags.index("zh-Hans")]
    calibration = Calibration(neutral.weights, 0.0, means, float(np.sqrt(within2)), float(np.sqrt(between2)))

    features = naive_bayes.weigh(sums, profiles, calibration).features[used]
    target = right[used].astype(float)
    weights = np.ones(len(target))
    unknown = truth[used] == 0
    weights[unknown] = UNKNOWN_SHARE / (1 - UNKNOWN_SHARE) * (~unknown).sum() / unknown.sum()
    return Calibration(_logistic(features, target, weights), 0.0, means, calibration.within, calibration.between)


def _logistic(features: NDArray[np.float64], target: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
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
    arguments = parser.parse_args()
    profiles = load_profiles()
    texts = read(arguments.sentences, frozenset(profiles.tags))
    sums = sums_of(texts, profiles)
    truth = np.array([profiles.tags.index(text.language) if text.language in profiles.tags else 0 for text in texts])
    kinds = np.array([text.kind for text in texts])
    folds = np.array([text.fold for text in texts])
    usable = np.array([text.language not in NEAR_TWINS for text in texts])

    confidence, code = np.zeros(len(texts)), np.zeros(len(texts), dtype=np.int64)
    for fold in range(FOLDS):
        calibration = fit(sums, truth, kinds, usable & (folds != fold), profiles)
        evidence = naive_bayes.weigh(sums, profiles, calibration)
        held = folds == fold
        confidence[held] = naive_bayes.confidence(evidence.features[held], calibration)
        code[held] = evidence.code[held]

    known = truth > 0
    threshold = round(float(np.quantile(confidence[known & (kinds == "sentence")], WRONGLY_UND)), 2)
    print(f"threshold {threshold:.2f} for {WRONGLY_UND:.1%} of known sentences called und; {FOLDS} folds")
    for kind in dict.fromkeys(kinds):
        rows = kinds == kind
        for name, group in (("known", rows & known), ("unknown", rows & ~known & usable), ("twins", rows & ~usable)):
            if group.any():
                said = confidence[group] >= threshold
                correct = (code[group] == truth[group]).mean() if name == "known" else float("nan")
                print(f"{kind:12} {name:8} n {group.sum():5}  best right {correct:.4f}  und {1 - said.mean():.4f}")
    for language in sorted({text.language for text, is_known in zip(texts, known, strict=True) if not is_known}):
        rows = np.array([text.language == language for text in texts]) & (kinds == "sentence")
        if rows.any():
            print(f"  {language}: {1 - (confidence[rows] >= threshold).mean():.2f}", end="")
    print("\nconfidence and share right, known and unknown texts weighted as in the fit:")
    weight = np.where(known, 1.0, UNKNOWN_SHARE / (1 - UNKNOWN_SHARE) * known.sum() / (usable & ~known).sum())
    for low, high in ((0.0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 0.97), (0.97, 0.99), (0.99, 1.01)):
        rows = usable & (confidence >= low) & (confidence < high)
        if rows.any():
            shown = np.average(confidence[rows], weights=weight[rows])
            print(f"  {shown:.3f} {np.average(code[rows] * known[rows] == truth[rows] + ~known[rows], weights=weight[rows]):.3f} {rows.sum()}")
    write(fit(sums, truth, kinds, usable, profiles), threshold, profiles.tags)


def write(calibration: Calibration, threshold: float, tags: tuple[str, ...]) -> None:
    default = float(np.median(calibration.ratio))
    lines = [
        "# How much the sums of the naive Bayes detector are worth. Written by `python train/language.py`; its docstring says how.",
        "# Derived from lingua's test data (https://github.com/pemistahl/lingua-py, Apache-2.0).",
        "",
        "[confidence]",
        f"threshold = {threshold}",
        f"intercept = {calibration.weights[0]:.4f}",
        *(f"{name} = {weight:.4f}" for name, weight in zip(FEATURES, calibration.weights[1:], strict=True)),
        "",
        "[typical]",
        f"within = {calibration.within:.4f}",
        f"between = {calibration.between:.4f}",
        f"default = {default:.4f}",
        "",
        "[typical.ratio]",
        *(f"{tag} = {ratio:.4f}" for tag, ratio in zip(tags, calibration.ratio, strict=True) if round(ratio - default, 4)),
    ]
    OUTPUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
