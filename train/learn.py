"""Fitting: features of the views, the loss, the loop. Everything follows from the seed."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from cleancopy.linemodel.features import (
    BOXES,
    FEATURES,
    HINTS,
    HTML_FEATURES,
    LAYOUT,
    LEXICAL,
    NAMES,
    RULES,
    STATED,
    features,
    html_features,
)
from cleancopy.linemodel.network import HEADS, INPUT_STEP, LineModel
from cleancopy.model import Document
from cleancopy.rules import RuleBook
from cleancopy.rules.evidence import Collector
from cleancopy.rules.lexicon import Lexicon
from cleancopy.text.lines import Lines
from train.network import Batch, Network, exported, restore
from train.views import Sample

# How often each view of a page is shown, relative to the others.
SHARES = {
    "inscriptis": 1.0,
    "resiliparse": 1.0,
    "soup": 1.0,
    "stripped": 0.8,
    "html2text": 1.0,
    "wrapped": 0.7,
    "flat": 0.5,
    "paragraphs": 0.4,
    "terminal": 0.0,
    "extracted": 0.4,
    "clean": 1.0,
    "cropped": 0.3,
    "cropped2": 0.2,
    "remade": 0.5,
    "remade2": 0.5,
    "short": 0.25,
    "short2": 0.25,
    "emptied": 0.12,
    "foreign": 0.4,
    "foreign2": 0.4,
    "html": 1.0,
}
TURNS = {
    "news-dev": 8.0,
    "readability-dev": 4.0,
    "siblings-dev": 4.0,
    "wcxb-dev": 1.0,
    "wcxb-dev-other": 2.0,
    "segments-dev": 2.0,
    "pages-more": 0.7,
    "pages-wide": 0.7,
}
"""How often a page of each set is shown in an epoch: gold of news is worth most and there is least of it."""
LONGEST = 1200
"""Lines of a view that is still shown: longer ones are lists, and each costs as much as ten articles."""
HIDDEN = (
    *((LAYOUT, 0.3), (LEXICAL, 0.2), (RULES, 0.2), (HINTS, 0.5)),
    *((NAMES, 0.25), (BOXES, 0.25), (STATED, 0.25)),
)
"""Groups of features and the share of documents in which each is hidden, so that the model does without."""
_COLUMNS = FEATURES + HTML_FEATURES
_PHRASES = [_COLUMNS.index(name) for name in (*LEXICAL, *RULES)]
_BATCH = 64


@dataclass
class Settings:
    channels: int = 64
    context: int = 24
    hidden: int = 48
    dropout: float = 0.15
    epochs: int = 16
    teacher_epochs: int = 8
    rate: float = 3e-3
    decay: float = 0.02
    lines: int = 6000
    dice: float = 0.5
    heading: float = 2.0
    heading_channels: int = 32
    heading_epochs: int = 24
    heading_seed: int = 12
    crowd: float = 0.7
    beside: float = 0.2
    fields: float = 0.04
    end: float = 0.2
    pseudo: float = 0.7
    seed: int = 11
    ensemble: int = 3
    softened: float = 0.5
    shares: dict[str, float] = field(default_factory=lambda: dict(SHARES))


@dataclass
class Item:
    """A view ready for the network. inputs: float16[n, F]; words, sure: float32[n]; labels, known: as in `View`."""

    inputs: NDArray[np.float16]
    words: NDArray[np.float32]
    labels: NDArray[np.float32]
    known: NDArray[np.float32]
    sure: NDArray[np.float32]
    weight: float
    turns: float


def compute(
    documents: Sequence[Document], book: RuleBook, lexicon: Lexicon, *, html: bool = False
) -> list[tuple[NDArray[np.float16], NDArray[np.float32]]]:
    """(features, words per line) of every document, by the code that cleaning runs; rounded, to need half the room."""
    found = []
    collector = Collector(book, few=0)
    for first in range(0, len(documents), _BATCH):
        group = documents[first : first + _BATCH]
        lines = Lines(group)
        _, roles = collector.collect(lines, [book.languages] * len(group))
        inputs = features(lines, lexicon, roles)
        if html:
            inputs = np.concatenate([inputs, html_features(lines)], axis=1)
        words = np.diff(lines.words).astype(np.float32)
        found += [(inputs[a:b].astype(np.float16), words[a:b]) for a, b in pairwise(lines.bounds)]
    return found


def items_of(
    samples: Sequence[Sample], book: RuleBook, lexicon: Lexicon, pseudo: float, *, html: bool = False
) -> list[dict[str, Item]]:
    """For every sample its items by the name of the view."""
    flat = [(index, name, view) for index, sample in enumerate(samples) for name, view in sample.views.items()]
    out: list[dict[str, Item]] = [{} for _ in samples]
    for (index, name, view), (inputs, words) in zip(
        flat, compute([view.document for _, _, view in flat], book, lexicon, html=html), strict=True
    ):
        page = samples[index].page
        weight, turns = 1.0 if page["gold"] else pseudo, TURNS[page["kind"]]
        out[index][name] = Item(inputs, words, view.labels, view.known, view.sure, weight, turns)
    known = [(index, name, view.phrases) for index, name, view in flat if view.phrases is not None]
    spoken = compute([document for _, _, document in known], book, lexicon)
    for (index, name, _), (inputs, _) in zip(known, spoken, strict=True):
        out[index][name].inputs[:, _PHRASES] = inputs[:, _PHRASES]
    return out


def standard(items: Sequence[dict[str, Item]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean of every feature, and what brings its standard deviation to one; of the whole-page views."""
    count, total, square = 0, np.zeros(()), np.zeros(())
    for views in items:
        for name, item in views.items():
            if name in ("inscriptis", "resiliparse", "soup", "html", "remade"):
                count += len(item.inputs)
                total = total + item.inputs.sum(0, dtype=np.float64)
                square = square + (item.inputs.astype(np.float64) ** 2).sum(0)
    mean = total / count
    deviation = np.sqrt(np.maximum(square / count - mean**2, 0))
    return mean.astype(np.float32), (1 / (deviation + 0.02)).astype(np.float32)


class _Answers:
    """What a batch should have said, and what it said, summed up by document."""

    def __init__(self, logits: torch.Tensor, chosen: Sequence[Item], batch: Batch) -> None:
        self.labels = torch.from_numpy(np.concatenate([item.labels for item in chosen]))
        sure = torch.from_numpy(np.concatenate([item.sure for item in chosen]))
        # Lines of which nothing sure is known have no words.
        self.words = torch.from_numpy(np.concatenate([item.words for item in chosen])) * sure
        self.known = torch.from_numpy(np.stack([item.known for item in chosen]))
        self.share = torch.tensor([item.weight for item in chosen])
        self._count, self._of = len(chosen), batch.document
        self.cross = functional.binary_cross_entropy_with_logits(logits, self.labels, reduction="none")
        weight = (self.words + sure) ** 0.7
        self.weight = weight / self.per_document(weight).clamp(min=1)[self._of]

    def per_document(self, values: torch.Tensor) -> torch.Tensor:
        return values.new_zeros(self._count).index_add(0, self._of, values)

    def mean(self, values: torch.Tensor, head: int) -> torch.Tensor:
        return (values * self.share * self.known[:, head]).sum() / self._count


Loss = Callable[[torch.Tensor, Sequence[Item], Batch, Settings], torch.Tensor]


def article_loss(logits: torch.Tensor, chosen: Sequence[Item], batch: Batch, settings: Settings) -> torch.Tensor:
    """Of the models that say everything. Every document counts alike."""
    said = _Answers(logits, chosen, batch)
    labels, words, cross, per_document, mean = said.labels, said.words, said.cross, said.per_document, said.mean
    keep, kept = labels[:, 0], (labels[:, 0] >= 0.5).float()
    loss = mean(per_document(cross[:, 0] * said.weight), 0)
    likely = torch.sigmoid(logits[:, 0])
    both = per_document(likely * keep * words)
    either = per_document(likely * words) + per_document(keep * words)
    loss = loss + settings.dice * mean(1 - (2 * both + 1) / (either + 1), 0)
    loss = loss + settings.heading * mean(per_document(cross[:, 1] * kept) / (per_document(kept) + 5), 1)
    for head in (2, 3, 4):
        loss = loss + settings.fields * mean(per_document(cross[:, head] * (1 + 3 * labels[:, head])), head)
    return loss + settings.end * mean(per_document(cross[:, 5] * said.weight), 5)


def heading_loss(logits: torch.Tensor, chosen: Sequence[Item], batch: Batch, settings: Settings) -> torch.Tensor:
    """Of the model that is asked for headings alone.

    Which lines of the article are headings, long articles counting for more, since they have more of them; to a small
    share (`beside`) what the article is and where it ended.
    """
    said = _Answers(logits, chosen, batch)
    kept = (said.labels[:, 0] >= 0.5).float()
    lines = said.per_document(kept) + 5
    of_headings = said.per_document(said.cross[:, 1] * kept) / lines * (lines / 8) ** settings.crowd
    of_article = said.mean(said.per_document(said.cross[:, 0] * said.weight), 0)
    of_end = said.mean(said.per_document(said.cross[:, 5] * said.weight), 5)
    return settings.heading * said.mean(of_headings, 1) + settings.beside * (of_article + settings.end * of_end)


def hidden(inputs: NDArray[np.float32], zero: NDArray[np.float32], rng: random.Random) -> NDArray[np.float32]:
    """The inputs, changed in place: some groups of features as if the text had nothing of the kind."""
    for group, share in HIDDEN:
        if rng.random() < share:
            columns = slice(_COLUMNS.index(group[0]), _COLUMNS.index(group[-1]) + 1)
            inputs[:, columns] = zero[columns]
    return inputs


def distil(
    items: Sequence[dict[str, Item]],
    settings: Settings,
    *,
    start: Mapping[str, NDArray[np.generic]] | None = None,
    verbose: bool = False,
) -> tuple[Network, NDArray[np.float32], NDArray[np.float32]]:
    """`fit`, with labels that are in part (`softened`) the mean word of an ensemble: networks fitted from other seeds.
    Without an ensemble, `fit` as it is.

    The mean of several networks is better than any of them; one that learns from it comes near it at the price of one
    (Hinton, Vinyals, Dean 2015, https://arxiv.org/abs/1503.02531). `docs/model.md` says what that gains here.
    """
    if not settings.ensemble:
        return fit(items, settings, start=start, verbose=verbose)
    models = []
    for number in range(1, settings.ensemble + 1):
        network, mean, scale = fit(items, replace(settings, seed=settings.seed + number), verbose=verbose)
        models.append(LineModel(exported(network, mean, scale), f"network {number} of the ensemble"))
    taught = [{name: _softened(item, models, settings.softened) for name, item in views.items()} for views in items]
    return fit(taught, settings, start=start, verbose=verbose)


def _softened(item: Item, models: Sequence[LineModel], share: float) -> Item:
    bounds = np.array([0, len(item.inputs)])
    scores = [model.score(item.inputs.astype(np.float32), bounds) for model in models]
    logits = [np.mean([_logit(getattr(one, head)) for one in scores], axis=0) for head in HEADS]
    mean = 1 / (1 + np.exp(-np.stack(logits, axis=1)))
    return replace(item, labels=(share * mean + (1 - share) * item.labels).astype(np.float32))


def _logit(likely: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores have four decimals."""
    clipped = np.clip(likely, 1e-4, 1 - 1e-4)
    logits: NDArray[np.float32] = np.log(clipped / (1 - clipped))
    return logits


def fit(
    items: Sequence[dict[str, Item]],
    settings: Settings,
    loss: Loss = article_loss,
    *,
    start: Mapping[str, NDArray[np.generic]] | None = None,
    verbose: bool = False,
) -> tuple[Network, NDArray[np.float32], NDArray[np.float32]]:
    """The network, fitted, with the mean and scale of its inputs (in input steps).

    start: weights to go on from, as a file has them; none to begin anew.
    """
    torch.manual_seed(settings.seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    rng = random.Random(settings.seed)
    mean, scale = standard(items)
    if start is not None:
        mean, scale = np.asarray(start["mean"], np.float32), np.asarray(start["scale"], np.float32) * INPUT_STEP
    zero = -mean * scale
    sizes = settings.channels, settings.context, settings.hidden
    network = Network(len(mean), len(HEADS), *sizes, settings.dropout, settings.seed)
    if start is not None:
        restore(network, start)
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.rate, weight_decay=settings.decay)
    smooth = {name: value.detach().clone() for name, value in network.named_parameters()}
    shown = [_shown(views, settings.shares) for views in items]
    shown = [each for each in shown if each[0]]
    epoch_lines = sum(
        turns * np.average([len(item.inputs) for item in views], weights=shares) for views, shares, turns in shown
    )
    steps, step = int(settings.epochs * epoch_lines / settings.lines) + 1, 0
    began = time.process_time()
    for epoch in range(settings.epochs):
        chosen = []
        for views, shares, turns in shown:
            chosen += rng.choices(views, shares, k=int(turns + rng.random()))
        rng.shuffle(chosen)
        batches: list[list[Item]] = [[]]
        size = 0
        for item in chosen:
            if size + len(item.inputs) > settings.lines and batches[-1]:
                batches.append([])
                size = 0
            batches[-1].append(item)
            size += len(item.inputs)
        total = 0.0
        network.train()
        for group in batches:
            batch = Batch.of([hidden((item.inputs - mean) * scale, zero, rng) for item in group])
            rate = settings.rate * min(1, (step + 1) / 50) * (0.5 * (1 + np.cos(np.pi * min(1, step / steps))) + 0.01)
            for parameters in optimiser.param_groups:
                parameters["lr"] = rate
            off = loss(network(batch), group, batch, settings)
            optimiser.zero_grad()
            off.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            step += 1
            total += off.item()
            keep = min(0.995, (1 + step) / (10 + step))
            with torch.no_grad():
                for name, value in network.named_parameters():
                    smooth[name].mul_(keep).add_(value, alpha=1 - keep)
        if verbose:
            print(
                f"epoch {epoch} loss {total / len(batches):.4f} {time.process_time() - began:.0f} s",
                file=sys.stderr,
                flush=True,
            )
    with torch.no_grad():
        for name, value in network.named_parameters():
            value.copy_(smooth[name])
    network.eval()
    return network, mean, scale / np.float32(INPUT_STEP)


def _shown(views: dict[str, Item], shares: dict[str, float]) -> tuple[list[Item], list[float], float]:
    """A page's items that are shown at all, with their shares, and how often one is."""
    names = [name for name, item in views.items() if shares[name] and len(item.inputs) <= LONGEST]
    return [views[name] for name in names], [shares[name] for name in names], views[names[0]].turns if names else 0.0


def fit_headings(
    items: Sequence[dict[str, Item]],
    settings: Settings,
    *,
    start: Mapping[str, NDArray[np.generic]] | None = None,
    verbose: bool = False,
) -> tuple[Network, NDArray[np.float32], NDArray[np.float32]]:
    """`fit`, of the model that is asked for headings alone, which half the width serves as well."""
    own = replace(
        settings,
        channels=settings.heading_channels,
        epochs=settings.heading_epochs,
        seed=settings.heading_seed,
    )
    return fit(items, own, heading_loss, start=start, verbose=verbose)
