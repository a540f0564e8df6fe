"""The views that the line model learns from: each page as its renderings, as extracted text, as clean text,
half-cleaned, and remade.

Variety of views matters more than the network: a model that has only seen whole pages removes four to six percent of
the words of clean text. Remade pages put the boilerplate of one site around the article of another, so that no site's
own words become evidence.
"""

from __future__ import annotations

import pickle
import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleancopy.decide.linemodel import HEADS
from cleancopy.model import Document
from cleancopy.segment import segment
from train.labels import byline_labels, date_labels, heading_labels, keep_labels, title_labels
from train.pages import RENDERERS, read_html

WHOLE_PAGES = (*RENDERERS, "stripped")
"""The views that show the page as a whole."""


@dataclass
class View:
    """One text with the labels of its lines: `labels` float32[n, len(HEADS)], `known` float32[len(HEADS)] 0 where
    unlabelled.
    """

    document: Document
    labels: NDArray[np.float32]
    known: NDArray[np.float32]


@dataclass
class Sample:
    """A page with its views by name; `page` without the texts of the views."""

    page: dict[str, Any]
    views: dict[str, View] = field(default_factory=dict)


def with_end(labels: NDArray[np.float32]) -> NDArray[np.float32]:
    kept = np.flatnonzero(labels[:, 0] >= 0.5)
    labels[:, HEADS.index("end")] = np.arange(len(labels)) > (kept[-1] if len(kept) else -1)
    return labels


def view_of(page: dict[str, Any], given: str | Document, *, clean: bool = False) -> View | None:
    document = segment(given, url=page["url"]) if isinstance(given, str) else given
    lines = document.lines
    if not lines:
        return None
    keep = np.ones(len(lines), np.float32) if clean else keep_labels(lines, page["text"])
    labels = np.stack(
        [
            keep,
            heading_labels(lines, page["headings"], keep),
            title_labels(lines, page["title"]),
            byline_labels(lines, page["author"]),
            date_labels(lines, page["date"]),
            np.zeros(len(lines), np.float32),
        ],
        1,
    )
    gold = page["gold"]
    dated = gold and page["kind"] == "wcxb-dev"
    known = [1, 1, bool(page["title"]), dated or bool(page["author"]), dated or bool(page["date"]), 1]
    return View(document, with_end(labels), np.array(known, np.float32))


def stripped(text: str) -> str:
    """`text` as scrapers leave it that also strip every piece: no white space at a line's ends, no blank lines."""
    return "\n".join(filter(None, map(str.strip, text.splitlines())))


def build(pages: Sequence[dict[str, Any]], cache: Path) -> list[Sample]:
    """Every page with the views that depend on it alone; `cache` keeps them, since aligning takes some minutes."""
    if cache.exists():
        with cache.open("rb") as file:
            return pickle.load(file)
    samples = []
    for count, page in enumerate(pages):
        if count % 200 == 0:
            print(f"labelling {count}/{len(pages)}", file=sys.stderr, flush=True)
        views = {name: view_of(page, page["views"][name]) for name in RENDERERS}
        views["extracted"] = view_of(page, page["extracted"])
        views["stripped"] = view_of(page, stripped(page["views"]["soup"]))
        views["clean"] = view_of(page, page["text"], clean=True)
        kept = {name: view for name, view in views.items() if view}
        if any(view.labels[:, 0].any() for name, view in kept.items() if name in RENDERERS):
            samples.append(Sample({k: v for k, v in page.items() if k not in ("views", "extracted")}, kept))
    with cache.open("wb") as file:
        pickle.dump(samples, file)
    return samples


def build_html(bench: Path, samples: Sequence[Sample], cache: Path) -> list[Sample]:
    """The same pages as the HTML reader gives them, one view each."""
    from cleancopy.readers.html import document

    if cache.exists():
        with cache.open("rb") as file:
            return pickle.load(file)
    known = {(sample.page["kind"], sample.page["id"]): sample.page for sample in samples}
    found = []
    for kind, identifier, html in read_html(bench):
        page = known.get((kind, identifier))
        view = page and view_of(page, document(html, url=page["url"]))
        if view:
            found.append(Sample(page, {"html": view}))
            if len(found) % 200 == 0:
                print(f"reading HTML {len(found)}/{len(samples)}", file=sys.stderr, flush=True)
    with cache.open("wb") as file:
        pickle.dump(found, file)
    return found


# One line of a view, cut loose: text, blank lines above, indent, labels.
Line = tuple[str, int, int, NDArray[np.float32]]


def take(view: View, chosen: Iterable[int]) -> list[Line]:
    document = view.document
    return [(document.lines[line], document.blanks[line], document.indents[line], view.labels[line]) for line in chosen]


def put(lines: list[Line], known: NDArray[np.float32], url: str | None) -> View | None:
    if not lines:
        return None
    numbers = np.cumsum([blank + 1 for _, blank, _, _ in lines]).tolist()
    document = Document(
        lines=tuple(text for text, _, _, _ in lines),
        numbers=tuple(numbers),
        indents=tuple(indent for _, _, indent, _ in lines),
        blanks=tuple(blank for _, blank, _, _ in lines),
        url=url,
    )
    return View(document, with_end(np.array([labels for _, _, _, labels in lines], np.float32)), known)


def removed(lines: list[Line]) -> list[Line]:
    """The same lines as boilerplate."""
    nothing = np.zeros(len(HEADS), np.float32)
    return [(text, blanks, indent, nothing) for text, blanks, indent, _ in lines]


BODY_ONLY = np.array([head in ("keep", "heading", "end") for head in HEADS], np.float32)
"""What is known of a made-up page: whose title, byline or date its lines state, nobody can say."""


def parts(view: View) -> tuple[range, range, range] | None:
    """Lines above, within and below the article."""
    kept = np.flatnonzero(view.labels[:, 0] >= 0.5)
    if not len(kept):
        return None
    first, stop = int(kept[0]), int(kept[-1]) + 1
    return range(first), range(first, stop), range(stop, len(view.labels))


def cropped(view: View, rng: random.Random) -> View | None:
    """A half-cleaned page: the article with a few lines around it and a share of its inner boilerplate."""
    found = parts(view)
    if found is None:
        return None
    _, within, below = found
    start = max(0, within.start - int(rng.expovariate(1 / 5)))
    stop = min(below.stop, within.stop + int(rng.expovariate(1 / 6)))
    spare = rng.choice((0.0, 0.3, 0.7, 1.0))
    chosen = [
        line for line in range(start, stop) if view.labels[line, 0] >= 0.5 or line not in within or rng.random() < spare
    ]
    return put(take(view, chosen), view.known, view.document.url)


INSERTED = 0.4
"""Share of the remade pages with boilerplate of the other page in the midst of the article."""


def remade(view: View, other: View, clean: View, rng: random.Random) -> View | None:
    """The article of one page within the boilerplate of another; sometimes the clean text, sometimes only a tail."""
    mine, theirs = parts(view), parts(other)
    if mine is None or theirs is None:
        return None
    style = rng.random()
    if style < 0.35:
        body = take(clean, range(len(clean.labels)))
        gap = rng.choice((0, 1))
        body = [(text, gap, 0, labels) for text, _, _, labels in body]
    else:
        body = take(view, range(max(0, mine[1].start - rng.choice((0, 0, 2, 5))), mine[1].stop))
    above, below = removed(take(other, theirs[0])), removed(take(other, theirs[2]))
    if rng.random() < 0.5:
        above = above[len(above) - int(rng.expovariate(1 / 4)) :] if rng.random() < 0.5 else []
    if rng.random() < 0.5:
        below = below[: 1 + int(rng.expovariate(1 / 12))]
    if rng.random() < INSERTED:
        waste = [line for line in range(len(other.labels)) if other.labels[line, 0] < 0.2]
        for _ in range(rng.randint(1, 4)):
            if waste:
                at = rng.randrange(len(waste))
                insertion = removed(take(other, waste[at : at + rng.choice((1, 1, 2, 3, 5))]))
                where = rng.randrange(1, len(body) + 1)
                body[where:where] = insertion
    return put(above + body + below, view.known * BODY_ONLY, view.document.url)


def emptied(view: View) -> View | None:
    """The page without its article: nothing of it may stay."""
    found = parts(view)
    if found is None:
        return None
    lines = take(view, [line for line in range(len(view.labels)) if view.labels[line, 0] < 0.2])
    return put(removed(lines), view.known * BODY_ONLY, view.document.url)


def augment(samples: Sequence[Sample], seed: int) -> list[Sample]:
    """`samples` with made-up views beside their own; boilerplate comes from pages of other sites among them."""
    out = []
    for sample in samples:
        rng = random.Random(f"{seed}:{sample.page['kind']}:{sample.page['id']}")
        views = sample.views
        renderings = [name for name in RENDERERS if name in views]
        made: dict[str, View | None] = {}
        for name in ("cropped", "cropped2"):
            made[name] = cropped(views[rng.choice(renderings)], rng)
        for name in ("remade", "remade2"):
            other = rng.choice(samples)
            renderer = rng.choice(renderings)
            if other.page["site"] != sample.page["site"] and renderer in other.views and "clean" in views:
                made[name] = remade(views[renderer], other.views[renderer], views["clean"], rng)
        made["emptied"] = emptied(views[rng.choice(renderings)])
        out.append(Sample(sample.page, views | {name: view for name, view in made.items() if view}))
    return out
