"""Fit the page model: what kind of page a document is, and how well it was probably cleaned.

    python -m train.pages_model BENCH [--cache DIR] [--out DIR] [--only text|html] [--folds 0,1,2,3,4]
        [--figures docs/figures.json]

Kinds are learned from the annotated pages of wcxb-dev and news-dev (articles) and wcxb-dev-other. The expected F1 is
learned from what cleaning reaches with line models that have not seen the page (`train.folds`). Prints, and adds to the
figures, what both reach by site left out: F1 of the kinds, rank correlation of the score with the true F1. With
`--only` the weights of the other medium, and the vocabulary, stay as the file in `--out` has them; with some `--folds`
those of the kinds as well.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from cleancopy.assembly import build_cleaner
from cleancopy.cleaner import Cleaned
from cleancopy.decide import Models
from cleancopy.linemodel.features import FEATURES
from cleancopy.linemodel.network import LineScores
from cleancopy.linemodel.pages import KINDS, PAGE_WEIGHTS, PageModel, figures, summary, word_counts
from cleancopy.model import PageReport
from cleancopy.rules.lexicon import Lexicon
from cleancopy.settings import load
from train.fit import WEIGHTS, arguments, provenance, read, rule_book, save, say
from train.folds import unseen
from train.learn import Item, Settings, items_of
from train.pages import WORDS, rows
from train.views import FOLDS, Sample, augment, fold_of

VIEWS = {
    "text": ("inscriptis", "resiliparse", "soup", "stripped", "html2text", "wrapped", "extracted", "clean"),
    "html": ("html",),
}
SCORED = ("wcxb-dev", "wcxb-dev-other", "news-dev", "readability-dev", "siblings-dev")
"""Sets with the whole text of the article as gold."""
SHEETS = {"collection": "listing"}
"""Names of kinds in the benchmark and here, where they differ."""
VOCABULARY = 1500
SITES = 20
"""A word of the vocabulary stands on pages of so many sites."""
DECAY = 3e-3
SCORE_DECAY = 1e-4
_BATCH = 64


@dataclass
class Row:
    """One view of a page. found: the F1 that cleaning reached; kind: -1 where it is not known."""

    site: str
    view: str
    kind: int
    summary: NDArray[np.float64]
    hashes: NDArray[np.uint64]
    figures: NDArray[np.float64]
    found: float | None


class Recorder(PageModel):
    """In the place of the page model: notes what it would be asked."""

    def __init__(self) -> None:
        self.seen: list[tuple[NDArray[np.float64], NDArray[np.uint64], NDArray[np.float64]]] = []

    def report(
        self,
        inputs: NDArray[np.float32],
        hashes: NDArray[np.uint64],
        scores: LineScores,
        words: NDArray[np.int64],
        prose: NDArray[np.bool_],
        kept: NDArray[np.bool_],
        *,
        html: bool,
    ) -> PageReport:
        self.seen.append((summary(inputs, words), hashes, figures(scores, words, prose, kept)))
        return PageReport("article", 1.0, 1.0)


def kinds_of(bench: Path) -> dict[tuple[str, str], int]:
    """(set, id) → index into KINDS of every page whose kind is known."""
    found = {(kind, row["id"]): 0 for kind in ("wcxb-dev", "news-dev") for row in rows(bench / kind / "gold.jsonl.gz")}
    for row in rows(bench / "wcxb-dev-other" / "gold.jsonl.gz"):
        name = row["page_type"]
        found["wcxb-dev-other", row["id"]] = KINDS.index(SHEETS.get(name, name))
    return found


def reached(text: str, page: dict[str, Any]) -> float:
    found, wanted = Counter(WORDS.findall(text.lower())), Counter(WORDS.findall(page["text"].lower()))
    return 2 * (found & wanted).total() / max(1, found.total() + wanted.total())


def rows_of(
    samples: Sequence[Sample], models: Models, views: Sequence[str], kinds: dict[tuple[str, str], int]
) -> list[Row]:
    cleaner = build_cleaner(load())
    recorder = Recorder()
    cleaner.decider.models = Models(models.text, models.html, models.headings, recorder)
    out = []
    for view in views:
        pages = [sample for sample in samples if view in sample.views]
        for first in range(0, len(pages), _BATCH):
            group = pages[first : first + _BATCH]
            recorder.seen.clear()
            results = cleaner.clean([sample.views[view].document for sample in group])
            for sample, result, (of_lines, hashes, of_cleaning) in zip(group, results, recorder.seen, strict=True):
                page = sample.page
                text = result.article.text if isinstance(result, Cleaned) else ""
                out.append(
                    Row(
                        page["site"],
                        view,
                        kinds.get((page["kind"], page["id"]), -1),
                        of_lines,
                        hashes,
                        of_cleaning,
                        reached(text, page) if page["kind"] in SCORED and page["gold"] else None,
                    )
                )
    return out


def vocabulary(chosen: Sequence[Row]) -> NDArray[np.uint64]:
    """The words, as hashes, that stand on pages of most sites."""
    sites: dict[int, set[str]] = {}
    for row in chosen:
        for word in np.unique(row.hashes).tolist():
            sites.setdefault(word, set()).add(row.site)
    often = sorted((-len(found), word) for word, found in sites.items() if len(found) >= SITES)
    return np.sort(np.array([word for _, word in often[:VOCABULARY]], np.uint64))


def inputs_of(chosen: Sequence[Row], words: NDArray[np.uint64]) -> NDArray[np.float64]:
    return np.stack([np.concatenate([row.summary, word_counts(row.hashes, words), np.ones(1)]) for row in chosen])


def fitted(
    inputs: NDArray[np.float64],
    outputs: int,
    loss: Callable[[torch.Tensor], torch.Tensor],
    decay: float,
) -> NDArray[np.float64]:
    """float64[columns, outputs]: a linear model over standardised inputs, by L-BFGS; the last row is the constant."""
    mean, spread = inputs.mean(0), inputs.std(0) + 0.05
    mean[-1], spread[-1] = 0, 1
    seen = torch.from_numpy((inputs - mean) / spread)
    weight = torch.zeros(inputs.shape[1], outputs, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight], max_iter=150, line_search_fn="strong_wolfe")

    def step() -> torch.Tensor:
        optimiser.zero_grad()
        value = loss(seen @ weight) + decay * (weight[:-1] ** 2).sum()
        value.backward()
        return value

    optimiser.step(step)
    found: NDArray[np.float64] = weight.detach().numpy() / spread[:, None]
    found[-1] -= mean[:-1] @ found[:-1]
    return found


def fit_kinds(chosen: Sequence[Row], words: NDArray[np.uint64]) -> NDArray[np.float64]:
    labels = torch.tensor([row.kind for row in chosen])
    count = torch.bincount(labels, minlength=len(KINDS)).double()
    weights = (count.mean() / count.clamp(min=1)) ** 0.5
    return fitted(
        inputs_of(chosen, words),
        len(KINDS),
        lambda logits: functional.cross_entropy(logits, labels, weight=weights),
        DECAY,
    )


def likely(chosen: Sequence[Row], words: NDArray[np.uint64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    logits = inputs_of(chosen, words) @ weights
    said = np.exp(logits - logits.max(1, keepdims=True))
    shares: NDArray[np.float64] = said / said.sum(1, keepdims=True)
    return shares


def score_inputs(chosen: Sequence[Row], kinds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([np.stack([row.figures for row in chosen]), kinds, np.ones((len(chosen), 1))], 1)


def fit_score(inputs: NDArray[np.float64], found: NDArray[np.float64]) -> NDArray[np.float64]:
    target = torch.from_numpy(found)[:, None]
    return fitted(
        inputs,
        1,
        lambda logits: functional.binary_cross_entropy_with_logits(logits, target),
        SCORE_DECAY,
    )[:, 0]


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    order = np.argsort(values, kind="stable")
    out = np.empty(len(values))
    out[order] = np.arange(len(values))
    for value in np.unique(values):
        same = values == value
        out[same] = out[same].mean()
    return out


def macro(found: NDArray[np.int64], labels: NDArray[np.int64]) -> tuple[float, list[float]]:
    each = [
        2
        * float(((found == kind) & (labels == kind)).sum())
        / max(1, int((found == kind).sum() + (labels == kind).sum()))
        for kind in range(len(KINDS))
    ]
    return float(np.mean(each)), each


def fit(
    found: Sequence[Row], given: NDArray[np.uint64] | None, stay: NDArray[np.float64] | None
) -> tuple[NDArray[np.uint64], NDArray[np.float64], NDArray[np.float64], dict[str, Any]]:
    """(vocabulary, weights of the kinds, weights of the score, what they reach by site left out).

    given: the vocabulary, where there is one. stay: weights of the kinds that are not fitted again.
    """
    known = [row for row in found if row.kind >= 0]
    scored = [row for row in found if row.found is not None]
    of_known, of_scored = (fold_of([row.site for row in part], FOLDS) for part in (known, scored))
    guessed, expected = np.zeros(len(known), np.int64), np.zeros(len(scored))
    truth = np.array([row.found for row in scored], np.float64)

    def left(rows_: Sequence[Row], folds: NDArray[np.int64], fold: int, out: bool) -> list[Row]:
        return [row for row, its in zip(rows_, folds, strict=True) if bool(its == fold) == out]

    for fold in range(FOLDS):
        words = vocabulary(left(known, of_known, fold, False))
        kinds = fit_kinds(left(known, of_known, fold, False), words)
        guessed[of_known == fold] = likely(left(known, of_known, fold, True), words, kinds).argmax(1)
        inputs = score_inputs(scored, likely(scored, words, kinds))
        weights = fit_score(inputs[of_scored != fold], truth[of_scored != fold])
        expected[of_scored == fold] = 1 / (1 + np.exp(-(inputs[of_scored == fold] @ weights)))
    total, each = macro(guessed, np.array([row.kind for row in known]))
    reached: dict[str, Any] = {
        "macro F1": round(total, 4),
        **{k: round(f, 4) for k, f in zip(KINDS, each, strict=True)},
    }
    for view in dict.fromkeys(row.view for row in scored):
        chosen = np.array([row.view == view for row in scored])
        reached[f"score, rank correlation, {view}"] = round(
            float(np.corrcoef(ranks(expected[chosen]), ranks(truth[chosen]))[0, 1]), 4
        )
    reached["score, mean error"] = round(float(np.abs(expected - truth).mean()), 4)
    words = vocabulary(known) if given is None else given
    kinds = fit_kinds(known, words) if stay is None else stay
    return words, kinds, fit_score(score_inputs(scored, likely(scored, words, kinds)), truth), reached


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--only", choices=("text", "html"), help="one of the two media")
    parser.add_argument(
        "--folds", default=",".join(map(str, range(FOLDS))), help="folds whose pages are fitted and scored"
    )
    parser.add_argument("--figures", type=Path, help="JSON file that the figures are added to")
    given = parser.parse_args()
    chosen = tuple(map(int, given.folds.split(",")))
    torch.set_num_threads(1)
    settings = Settings()
    book = rule_book()
    lexicon = Lexicon([book.lexicon()])
    text, html = read(given.bench, given.cache, book, settings)
    kinds = kinds_of(given.bench)
    arrays: dict[str, Any] = {"inputs": np.array(FEATURES)}
    if given.only:
        with np.load(given.out / PAGE_WEIGHTS) as kept:
            arrays = dict(kept) | arrays
    reached_by: dict[str, dict[str, Any]] = {}
    text = augment(text, settings.seed)
    for medium, samples in (("text", text), ("html", html)):
        if given.only not in (None, medium):
            continue
        folds = fold_of([sample.page["site"] for sample in samples], FOLDS)
        made: list[list[dict[str, Item]]] = []

        def items(
            medium: str = medium, samples: Sequence[Sample] = samples, made: list[list[dict[str, Item]]] = made
        ) -> Sequence[dict[str, Item]]:
            if not made:
                made.append(items_of(samples, book, lexicon, settings.pseudo, html=medium == "html"))
            return made[0]

        found = []
        for fold in chosen:
            model = unseen(medium, fold, items, folds, settings, given.cache)
            headings = unseen("headings", fold, items, folds, settings, given.cache) if medium == "text" else None
            models = Models(text=model, headings=headings) if medium == "text" else Models(html=model)
            held = [sample for sample, its in zip(samples, folds, strict=True) if its == fold and sample.page["gold"]]
            found += rows_of(held, models, VIEWS[medium], kinds)
            say(f"{medium}: cleaned fold {fold}")
        # Both have the words of plain text.
        stay = None if len(chosen) == FOLDS else arrays[f"{medium}.kind"].astype(np.float64)
        arrays["vocabulary"], kind, score, reached_by[medium] = fit(found, arrays.get("vocabulary"), stay)
        print(medium, json.dumps(reached_by[medium], indent=1), flush=True)
        arrays[f"{medium}.kind"], arrays[f"{medium}.score"] = kind.astype(np.float32), score.astype(np.float32)
    save(
        arrays | {"about": np.array(json.dumps(provenance(given.bench, settings), sort_keys=True))},
        given.out / PAGE_WEIGHTS,
    )
    PageModel.load(given.out / PAGE_WEIGHTS)
    if given.figures:
        figures_ = json.loads(given.figures.read_text("utf-8")) if given.figures.exists() else {}
        pages = figures_.get("pages", {}) | reached_by
        given.figures.write_text(json.dumps({**figures_, "pages": pages}, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
