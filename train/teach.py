"""Answers for pages without gold: trafilatura's extraction, corrected by a model that has learned from the pages with
gold.

The teacher is the HTML variant, fitted on gold pages alone. Where it and the extraction disagree, both are right often
enough that their weighted mean is better than either: segments F1 0.931 over segments-dev, of which the teacher has
seen no page, against 0.919 for the extraction and 0.915 for the teacher.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.features import FEATURES, HTML_FEATURES
from cleancopy.decide.linemodel import LineModel
from train.learn import Item, Settings, fit
from train.network import exported
from train.pages import flat
from train.views import WHOLE_PAGES, Sample, view_of, with_end

TRUST = 0.25
"""Weight of the extraction in the mean; 0.25 and 0.4 do alike, at 0.5 it decides alone."""
_EXTRACTED = (FEATURES + HTML_FEATURES).index("extracted")
_HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6"))


def teach(html: Sequence[Sample], items: Sequence[dict[str, Item]], settings: Settings) -> list[NDArray[np.float32]]:
    """For every page of `html` float32[n]: how likely each line is article; 0 to 1. Gold pages keep their gold."""
    gold = [views for sample, views in zip(html, items, strict=True) if sample.page["gold"]]
    network, mean, scale = fit(gold, replace(settings, epochs=settings.teacher_epochs))
    model = LineModel(exported(network, mean, scale), "teacher")
    answers = []
    for sample, views in zip(html, items, strict=True):
        item = views["html"]
        if sample.page["gold"]:
            answers.append(item.labels[:, 0])
        else:
            keep = model.score(item.inputs, np.array([0, len(item.inputs)])).keep
            answers.append(TRUST * item.inputs[:, _EXTRACTED] + (1 - TRUST) * keep)
    return answers


def corrected(
    samples: Sequence[Sample], html: Sequence[Sample], answers: Sequence[NDArray[np.float32]]
) -> list[Sample]:
    """`samples` with the pages without gold labelled by `answers`; pages of which nothing is left are left out."""
    taught = {
        (sample.page["kind"], sample.page["id"]): (sample, keep) for sample, keep in zip(html, answers, strict=True)
    }
    out = []
    for sample in samples:
        if sample.page["gold"]:
            out.append(sample)
            continue
        source, keep = taught[sample.page["kind"], sample.page["id"]]
        document = source.views["html"].document
        kept = np.flatnonzero(keep >= 0.5)
        if not len(kept):
            continue
        tags = document.tags or ()
        headings = sorted({flat(document.lines[at]) for at in kept if tags[at].rpartition(".")[2] in _HEADINGS} - {""})
        text = "\n".join(document.lines[at] for at in kept)
        page = sample.page | {"text": text, "headings": headings}
        given = {name: sample.views[name] for name in (*WHOLE_PAGES, "extracted") if name in sample.views}
        views = {name: view_of(page, view.document) for name, view in given.items()}
        out.append(Sample(page, {name: view for name, view in views.items() if view}))
        clean = view_of(page, text, clean=True)
        if clean:
            out[-1].views["clean"] = clean
    return out


def correct_html(
    html: Sequence[Sample], items: Sequence[dict[str, Item]], answers: Sequence[NDArray[np.float32]]
) -> None:
    """Puts `answers` in the place of the labels of the HTML views of pages without gold, headings and end included."""
    for sample, views, keep in zip(html, items, answers, strict=True):
        if not sample.page["gold"]:
            document = sample.views["html"].document
            labels = views["html"].labels.copy()
            labels[:, 0] = keep
            blocks = [tag.rpartition(".")[2] for tag in document.tags or ()]
            labels[:, 1] = [likely >= 0.5 and block in _HEADINGS for likely, block in zip(keep, blocks, strict=True)]
            views["html"] = replace(views["html"], labels=with_end(labels))
