"""Cross-validate the line models by site: what they reach alone, and what cleaning reaches with them in it.

    python -m train.evaluate BENCH [--cache DIR] [--only text|html] [--folds 0,1,2,3,4] [--out docs/figures.json]

No page is scored by a model that was fitted on a page of its site: one network a fold (`train.folds`), where what ships
has learned from an ensemble as well. The teacher that labels the pages without gold has
seen all pages with gold; none of those is scored by its labels. `segments` is scored on the segments of segments-dev,
whose gold is never fitted. Beside it stands what trafilatura reaches on the HTML of the same pages.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from cleancopy.assembly import build_cleaner
from cleancopy.cleaner import Cleaned
from cleancopy.decide import Models
from cleancopy.linemodel.network import LineModel, LineScores
from cleancopy.rules.lexicon import Lexicon
from cleancopy.settings import load
from train.fit import arguments, read, rule_book, say
from train.folds import unseen
from train.learn import Item, Settings, items_of
from train.measure import Measure, Reached, reached_table, table
from train.pages import rows
from train.views import FOLDS, TERMINAL, WHOLE_PAGES, Sample, augment, fold_of

THRESHOLD = 0.5
TEXT_VIEWS = (*WHOLE_PAGES, TERMINAL, "extracted", "clean", "cropped", "emptied")
_BATCH = 64


def with_gold(samples: Sequence[Sample], bench: Path) -> None:
    """Adds what is measured but not fitted: segments and paragraphs."""
    for kind in {sample.page["kind"] for sample in samples}:
        path = bench / kind / "gold.jsonl.gz"
        gold = {row["id"]: row for row in rows(path)} if path.exists() else {}
        for sample in samples:
            if sample.page["kind"] == kind and sample.page["id"] in gold:
                answer = gold[sample.page["id"]]
                wanted = ("with", "without") if kind == "segments-dev" else ("paragraphs",)
                sample.page.update({key: answer[key] for key in wanted if key in answer})


def scored(model: LineModel, items: Sequence[Item]) -> list[LineScores]:
    out: list[LineScores] = []
    for first in range(0, len(items), _BATCH):
        group = items[first : first + _BATCH]
        bounds = np.concatenate([[0], np.cumsum([len(item.inputs) for item in group])])
        scores = model.score(np.concatenate([item.inputs for item in group]).astype(np.float32), bounds)
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
    parser.add_argument("--out", type=Path, help="JSON file for the figures of cleaning, for docs/figures.json")
    given = parser.parse_args()
    settings = Settings()
    book = rule_book()
    lexicon = Lexicon([book.lexicon()])
    text, html = read(given.bench, given.cache, book, settings)
    found: dict[tuple[str, str], Measure] = {}
    reached: dict[tuple[str, str], Reached] = {}
    for medium, samples in (("text", augment(text, settings.seed)), ("html", html)):
        if given.only not in (None, medium):
            continue
        with_gold(samples, given.bench)
        items = items_of(samples, book, lexicon, settings.pseudo, html=medium == "html")
        say(f"{medium}: features")
        folds = fold_of([sample.page["site"] for sample in samples], FOLDS)
        for fold in map(int, given.folds.split(",")):
            held = [index for index, its in enumerate(folds) if its == fold]
            pages, seen = [samples[index] for index in held], [items[index] for index in held]
            model = unseen(medium, fold, partial(list, items), folds, settings, given.cache)
            if medium == "text":
                headings = unseen("headings", fold, partial(list, items), folds, settings, given.cache)
                measure(model, pages, seen, TEXT_VIEWS, found)
                clean(Models(text=model, headings=headings), pages, (*WHOLE_PAGES, TERMINAL, "clean"), reached)
                extract(pages, reached)
            else:
                measure(model, pages, seen, ("html",), found)
                clean(Models(html=model), pages, ("html",), reached)
            say(f"{medium}: fold {fold}")
    print(table(dict(sorted(found.items()))))
    print(reached_table(dict(sorted(reached.items()))), flush=True)
    if given.out:
        write(given.out, reached)


def write(path: Path, reached: dict[tuple[str, str], Reached]) -> None:
    """The figures of cleaning, by set and view, with four decimals; what else the file has stays."""
    sets: dict[str, dict[str, dict[str, float]]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    for (kind, view), each in sorted(reached.items()):
        if row := {name: round(value, 4) for name, value in each.row().items()}:
            sets.setdefault(kind, {})[view] = {**row, "pages": each.pages}
    path.write_text(json.dumps(sets, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
