"""Cross-validate the line models by site: what they reach alone, and what cleaning reaches with them in it.

    python -m train.evaluate BENCH [--cache DIR] [--only text|html] [--folds 0,1,2,3,4]

No page is scored by a model that was fitted on a page of its site. The teacher that labels the pages without gold is
fitted within the fold as well. `segments` is scored on the segments of segments-dev, whose gold is never fitted.
Beside it stands what trafilatura reaches on the HTML of the same pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from cleancopy.assembly import build_cleaner
from cleancopy.cleaner import Cleaned
from cleancopy.decide import Models
from cleancopy.decide.lexicon import Lexicon
from cleancopy.decide.linemodel import LineModel, LineScores
from cleancopy.settings import load
from train.fit import arguments, read, rule_book, say
from train.learn import Item, Settings, distil, fit_headings, items_of
from train.measure import Measure, Reached, fold_of, reached_table, table
from train.network import exported
from train.pages import rows
from train.teach import correct_html, corrected, teach
from train.views import WHOLE_PAGES, Sample, augment

FOLDS = 5
THRESHOLD = 0.5
TEXT_VIEWS = (*WHOLE_PAGES, "extracted", "clean", "cropped", "emptied")
_BATCH = 64


def with_segments(samples: Sequence[Sample], bench: Path) -> None:
    gold = {row["id"]: row for row in rows(bench / "segments-dev" / "gold.jsonl.gz")}
    for sample in samples:
        if sample.page["kind"] == "segments-dev":
            sample.page["with"] = gold[sample.page["id"]]["with"]
            sample.page["without"] = gold[sample.page["id"]]["without"]


def scored(model: LineModel, items: Sequence[Item]) -> list[LineScores]:
    out: list[LineScores] = []
    for first in range(0, len(items), _BATCH):
        group = items[first : first + _BATCH]
        bounds = np.concatenate([[0], np.cumsum([len(item.inputs) for item in group])])
        scores = model.score(np.concatenate([item.inputs for item in group]), bounds)
        out += [scores.of(slice(a, b)) for a, b in pairwise(bounds)]
    return out


def measure(
    model: LineModel,
    samples: Sequence[Sample],
    items: Sequence[dict[str, Item]],
    names: Sequence[str],
    into: dict[tuple[str, str], Measure],
) -> None:
    for name in names:
        there = [index for index, sample in enumerate(samples) if name in sample.views]
        for index, scores in zip(there, scored(model, [items[index][name] for index in there]), strict=True):
            key = (samples[index].page["kind"], name)
            view = samples[index].views[name]
            into.setdefault(key, Measure()).add(samples[index], view, scores, slice(None), THRESHOLD, name)


def clean(
    models: Models, samples: Sequence[Sample], names: Sequence[str], into: dict[tuple[str, str], Reached]
) -> None:
    """The whole line of cleaning, as shipped but for the models."""
    cleaner = build_cleaner(load())
    cleaner.decider.models = models
    for name in names:
        pages = [sample for sample in samples if name in sample.views]
        for first in range(0, len(pages), _BATCH):
            group = pages[first : first + _BATCH]
            results = cleaner.clean([sample.views[name].document for sample in group])
            for sample, result in zip(group, results, strict=True):
                key = (sample.page["kind"], name)
                article = result.article if isinstance(result, Cleaned) else None
                into.setdefault(key, Reached()).add(sample.page, article)


def extract(samples: Sequence[Sample], into: dict[tuple[str, str], Reached]) -> None:
    """What trafilatura makes of the HTML of the same pages, comments left out: body and segments."""
    for sample in samples:
        view = sample.views.get("extracted")
        text = "\n".join(view.document.lines) if view else ""
        into.setdefault((sample.page["kind"], "trafilatura"), Reached()).add_text(sample.page, text)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--only", choices=("text", "html"), help="plain text or HTML alone")
    parser.add_argument("--folds", default=",".join(map(str, range(FOLDS))))
    given = parser.parse_args()
    settings = Settings()
    samples, html = read(given.bench, given.cache)
    with_segments(samples, given.bench)
    with_segments(html, given.bench)
    # Pages are judged by the answers that the benchmark has, fitted by the corrected ones.
    judged = augment(samples, settings.seed)
    book = rule_book()
    lexicon = Lexicon([book.lexicon()])
    html_items = items_of(html, book, lexicon, settings.pseudo, html=True)
    judged_items = items_of(judged, book, lexicon, settings.pseudo) if given.only != "html" else []
    text_folds = fold_of([sample.page["site"] for sample in judged], FOLDS)
    html_folds = fold_of([sample.page["site"] for sample in html], FOLDS)
    say("features")
    found: dict[tuple[str, str], Measure] = {}
    reached: dict[tuple[str, str], Reached] = {}
    for fold in map(int, given.folds.split(",")):
        inside = [index for index in range(len(html)) if html_folds[index] != fold]
        pages, items = [html[index] for index in inside], [dict(html_items[index]) for index in inside]
        answers = teach(pages, items, settings)
        correct_html(pages, items, answers)
        if given.only != "text":
            model = LineModel(exported(*distil(items, settings)), "fold")
            held = [index for index in range(len(html)) if html_folds[index] == fold]
            pages_held = [html[index] for index in held]
            measure(model, pages_held, [html_items[index] for index in held], ("html",), found)
            clean(Models(html=model), pages_held, ("html",), reached)
        if given.only != "html":
            chosen = [sample for sample, place in zip(samples, text_folds, strict=True) if place != fold]
            chosen = augment(corrected(chosen, pages, answers), settings.seed)
            items = items_of(chosen, book, lexicon, settings.pseudo)
            model = LineModel(exported(*distil(items, settings)), "fold")
            headings = LineModel(exported(*fit_headings(items, settings)), "fold")
            held = [index for index in range(len(judged)) if text_folds[index] == fold]
            pages_held = [judged[index] for index in held]
            measure(model, pages_held, [judged_items[index] for index in held], TEXT_VIEWS, found)
            clean(Models(text=model, headings=headings), pages_held, WHOLE_PAGES, reached)
        extract([judged[index] for index in range(len(judged)) if text_folds[index] == fold], reached)
        say(f"fold {fold}")
        print(table(dict(sorted(found.items()))))
        print(reached_table(dict(sorted(reached.items()))), flush=True)


if __name__ == "__main__":
    main()
