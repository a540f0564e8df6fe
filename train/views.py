"""The views that the line model learns from: each page as its renderings, as extracted text, as clean text,
half-cleaned, and remade.

Variety of views matters more than the network: a model that has only seen whole pages removes four to six percent of
the words of clean text, and loses ten points on text that was wrapped at a column. Remade pages put the boilerplate of
one site around the article of another, so that no site's own words become evidence.
"""

from __future__ import annotations

import pickle
import random
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleancopy.linemodel.network import HEADS
from cleancopy.model import Document
from cleancopy.text.segment import segment
from train.labels import Answer, byline_labels, date_labels, heading_labels, keep_labels, title_labels
from train.pages import NEWS, flat
from train.scripts import SCRIPTS, rewritten

WHOLE_PAGES = ("inscriptis", "resiliparse", "soup", "stripped", "html2text", "wrapped", "paragraphs", "flat")
"""The views that show the page as a whole, as one scraper or another leaves it."""
TERMINAL = "terminal"
"""A page as a terminal browser dumps it: measured only, since the checkout has it of few pages."""
BASES = ("inscriptis", "resiliparse", "soup", "html2text", "wrapped")
"""The views that made-up ones are cut from."""
ALWAYS = ("inscriptis", "resiliparse", "soup", "stripped")
"""The views of every page; the others are made of the pages of news, and of some of the rest."""


@dataclass
class View:
    """One text with the labels of its lines.

    phrases: the text that this one was rewritten from, whose phrases still count; none of what was not rewritten.
    labels: float32[n, len(HEADS)]. known: float32[len(HEADS)], 0 where a head is unlabelled. sure: float32[n], 0 for
    lines that the answer decides in no way that holds elsewhere.
    """

    document: Document
    labels: NDArray[np.float32]
    known: NDArray[np.float32]
    sure: NDArray[np.float32]
    phrases: Document | None = None


@dataclass
class Sample:
    """A page with its views by name; `page` without the texts of the views."""

    page: dict[str, Any]
    views: dict[str, View] = field(default_factory=dict)


def with_end(labels: NDArray[np.float32]) -> NDArray[np.float32]:
    kept = np.flatnonzero(labels[:, 0] >= 0.5)
    labels[:, HEADS.index("end")] = np.arange(len(labels)) > (kept[-1] if len(kept) else -1)
    return labels


def view_of(page: dict[str, Any], given: str | Document, answer: Answer, *, clean: bool = False) -> View | None:
    document = segment(given, url=page["url"]) if isinstance(given, str) else given
    lines = document.lines
    if not lines:
        return None
    keep = np.ones(len(lines), np.float32) if clean else keep_labels(lines, answer)
    flats = [flat(line) for line in lines]
    labels = np.stack(
        [
            keep,
            heading_labels(flats, page["headings"], keep),
            title_labels(flats, page["titles"]),
            byline_labels(flats, page["author"]),
            date_labels(flats, page["date"]),
            np.zeros(len(lines), np.float32),
        ],
        1,
    )
    gold, kind = page["gold"], page["kind"]
    complete = gold and kind in ("wcxb-dev", "news-dev")
    known = [
        1,
        kind != "siblings-dev",
        bool(page["titles"]),
        complete or bool(page["author"]),
        complete or bool(page["date"]),
        1,
    ]
    return View(document, with_end(labels), np.array(known, np.float32), _sure(page, flats, clean))


def _sure(page: dict[str, Any], flats: Sequence[str], clean: bool) -> NDArray[np.float32]:
    """News leave captions out without exception, other gold takes them or leaves them: there it is not asked. Nor are
    headings where the gold has paragraphs alone.
    """
    kind = page["kind"]
    doubtful = () if clean else page["subheads"] if kind == "siblings-dev" else () if kind in NEWS else page["captions"]
    if not doubtful:
        return np.ones(len(flats), np.float32)
    among = frozenset(doubtful)
    return np.array([line not in among for line in flats], np.float32)


def stripped(text: str) -> str:
    """`text` as scrapers leave it that also strip every piece: no white space at a line's ends, no blank lines."""
    return "\n".join(filter(None, map(str.strip, text.splitlines())))


def wrapped(text: str, columns: int) -> str:
    """`text` as terminal browsers and mail leave it: no line longer than so many columns, indents kept."""
    out: list[str] = []
    for line in text.splitlines():
        if len(line) <= columns:
            out.append(line)
            continue
        body = line.lstrip()
        indent = line[: len(line) - len(body)][: columns // 2]
        out += textwrap.wrap(body, columns, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
    return "\n".join(out)


_SENTENCE_END = re.compile(r"(?<=[.!?…]) (?![a-zà-ÿа-я])|(?<=[.!?…][\"”’»)]) (?![a-zà-ÿа-я])|(?<=[。！？])")


def sentences(text: str) -> str:
    """A page that came as one line, a sentence a line."""
    return _SENTENCE_END.sub("\n", text)


def texts_of(page: Mapping[str, Any]) -> dict[str, str]:
    """The whole page in the forms that it is learned from; which ones follows from its name."""
    rng = random.Random(f"{page['kind']}:{page['id']}")
    views = dict(page["views"])
    pieces = stripped(views.get("soup", ""))
    made = {
        **{name: views[name] for name in WHOLE_PAGES if name in views and name != "wrapped"},
        "stripped": pieces,
        "wrapped": wrapped(views.get(rng.choice(("inscriptis", "html2text")), ""), rng.randint(55, 110)),
        "flat": sentences(pieces.replace("\n", " ")),
    }
    if page["kind"] in (*NEWS, "readability-dev"):
        return made | ({TERMINAL: views["wrapped"]} if "wrapped" in views else {})
    chosen = {*ALWAYS, rng.choice(("wrapped", "paragraphs", "flat")), *rng.sample(("html2text", ""), 1)}
    return {name: text for name, text in made.items() if name in chosen}


def build(pages: Sequence[dict[str, Any]], cache: Path) -> list[Sample]:
    """Every page with the views that depend on it alone; `cache` keeps them, since aligning takes some minutes."""
    found: list[Sample] = []
    for kind in dict.fromkeys(page["kind"] for page in pages):
        path = cache / f"views-{kind}.pickle"
        if path.exists():
            with path.open("rb") as file:
                found += pickle.load(file)
            continue
        print(f"labelling {kind}", file=sys.stderr, flush=True)
        made = [_sample(page) for page in pages if page["kind"] == kind]
        samples = [sample for sample in made if _is_there(sample)]
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            pickle.dump(samples, file)
        partial.rename(path)
        found += samples
    return found


def _is_there(sample: Sample) -> bool:
    """Whether the answer stands in the page."""
    return any(view.labels[:, 0].any() for name, view in sample.views.items() if name in ALWAYS)


def _sample(page: dict[str, Any]) -> Sample:
    answer = Answer(page["text"])
    views = {name: view_of(page, text, answer) for name, text in texts_of(page).items()}
    views["extracted"] = view_of(page, page["extracted"], answer)
    views["clean"] = view_of(page, page["text"], answer, clean=True)
    stated = {name: value for name, value in page.items() if name not in ("views", "extracted")}
    return Sample(stated, {name: view for name, view in views.items() if view})


def build_html(samples: Sequence[Sample], documents: Mapping[tuple[str, str], Document]) -> list[Sample]:
    """The same pages as the HTML reader gives them, one view each."""
    found = []
    for sample in samples:
        page = sample.page
        view = view_of(page, documents[page["kind"], page["id"]], Answer(page["text"]))
        if view and "keep" in page:
            view.labels[:, 0] = page["keep"]
            with_end(view.labels)
        if view:
            found.append(Sample(page, {"html": view}))
    return found


# One line of a view, cut loose: text, blank lines above, indent, labels, whether they are sure.
Line = tuple[str, int, int, NDArray[np.float32], float]


def take(view: View, chosen: Iterable[int]) -> list[Line]:
    document = view.document
    return [
        (document.lines[at], document.blanks[at], document.indents[at], view.labels[at], float(view.sure[at]))
        for at in chosen
    ]


def put(lines: list[Line], known: NDArray[np.float32], url: str | None) -> View | None:
    if not lines:
        return None
    numbers = np.cumsum([blank + 1 for _, blank, _, _, _ in lines]).tolist()
    document = Document(
        lines=tuple(text for text, *_ in lines),
        numbers=tuple(numbers),
        indents=tuple(indent for _, _, indent, _, _ in lines),
        blanks=tuple(blank for _, blank, _, _, _ in lines),
        url=url,
    )
    labels = with_end(np.array([labels for _, _, _, labels, _ in lines], np.float32))
    return View(document, labels, known, np.array([sure for *_, sure in lines], np.float32))


def removed(lines: list[Line]) -> list[Line]:
    """The same lines as boilerplate."""
    nothing = np.zeros(len(HEADS), np.float32)
    return [(text, blanks, indent, nothing, 1.0) for text, blanks, indent, _, _ in lines]


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
        body = [(text, gap, 0, labels, sure) for text, _, _, labels, sure in body]
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


def short(page: Mapping[str, Any], clean: View, other: View, rng: random.Random) -> View | None:
    """A few paragraphs of the article with boxes of another page between them, under its title.

    A heading that has nothing but boilerplate below it is not the article's any more.
    """
    start = rng.randrange(len(clean.labels))
    stop = min(len(clean.labels), start + rng.choice((1, 2, 2, 3, 4)))
    heading = clean.labels[:, HEADS.index("heading")] >= 0.5
    while stop > start and heading[stop - 1]:
        stop -= 1
    if stop == start:
        return None
    gap = rng.choice((0, 1, 1))
    body = [(text, gap, 0, labels, sure) for text, _, _, labels, sure in take(clean, range(start, stop))]
    if stop < len(clean.labels) and heading[stop]:
        body += [(text, gap, 0, labels, sure) for text, _, _, labels, sure in removed(take(clean, [stop]))]
    waste = [line for line in range(len(other.labels)) if other.labels[line, 0] < 0.2]
    if not waste:
        return None

    def box(most: int) -> list[Line]:
        at = rng.randrange(len(waste))
        chosen = removed(take(other, waste[at : at + most]))
        return [(text, gap, 0, labels, sure) for text, _, _, labels, sure in chosen]

    for _ in range(rng.choice((0, 1, 1, 2))):
        where = rng.randrange(len(body) + 1)
        body[where:where] = box(rng.choice((1, 2, 3, 5)))
    if page["titles"] and rng.random() < 0.7:
        stated = np.zeros(len(HEADS), np.float32)
        stated[HEADS.index("title")] = 1
        body.insert(0, (" ".join(page["titles"][0].split()), 0, 0, stated, 0.0))
    if rng.random() < 0.4:
        body = box(rng.choice((1, 3, 8))) + body
    if rng.random() < 0.6:
        body += box(rng.choice((1, 3, 8, 15)))
    return put(body, clean.known * (BODY_ONLY + (np.array(HEADS) == "title")), clean.document.url)


def foreign(view: View, rng: random.Random) -> View:
    """The page in another script; half of them in a language whose phrases the rule packs know."""
    script = rng.choice(SCRIPTS)
    own = view.document
    lines = tuple(rewritten(line, script) or line for line in own.lines)
    written = Document(lines=lines, numbers=own.numbers, indents=own.indents, blanks=own.blanks, url=None)
    return replace(view, document=written, phrases=own if rng.random() < 0.5 else None)


FOLDS = 5
"""Parts of the sites: a page is remade with boilerplate of its own part, so that parts can be held out."""


def augment(samples: Sequence[Sample], seed: int) -> list[Sample]:
    """`samples` with made-up views beside their own; boilerplate comes from pages of other sites among them."""
    folds = fold_of([sample.page["site"] for sample in samples], FOLDS)
    parts = [[samples[at] for at in np.flatnonzero(folds == fold).tolist()] for fold in range(FOLDS)]
    return [_augmented(sample, parts[fold], seed) for sample, fold in zip(samples, folds.tolist(), strict=True)]


def _augmented(sample: Sample, others: Sequence[Sample], seed: int) -> Sample:
    rng = random.Random(f"{seed}:{sample.page['kind']}:{sample.page['id']}")
    views = sample.views
    renderings = [name for name in BASES if name in views]
    made: dict[str, View | None] = {}
    for name in ("cropped", "cropped2"):
        made[name] = cropped(views[rng.choice(renderings)], rng)
    for name in ("remade", "remade2"):
        other = rng.choice(others)
        renderer = rng.choice(renderings)
        if other.page["site"] != sample.page["site"] and renderer in other.views and "clean" in views:
            made[name] = remade(views[renderer], other.views[renderer], views["clean"], rng)
    for name in ("short", "short2"):
        other = rng.choice(others)
        renderer = rng.choice(renderings)
        if other.page["site"] != sample.page["site"] and renderer in other.views and "clean" in views:
            made[name] = short(sample.page, views["clean"], other.views[renderer], rng)
    made["emptied"] = emptied(views[rng.choice(renderings)])
    found = views | {name: view for name, view in made.items() if view}
    sources = [name for name in (*ALWAYS, "clean", "cropped", "remade", "remade2", "short", "short2") if name in found]
    abroad = {name: foreign(found[rng.choice(sources)], rng) for name in ("foreign", "foreign2")}
    return Sample(sample.page, found | abroad)


def fold_of(sites: Sequence[str], folds: int) -> NDArray[np.int64]:
    """The fold of every page: all pages of a site share one."""
    distinct = sorted(set(sites))
    random.Random(folds).shuffle(distinct)
    place = {site: index % folds for index, site in enumerate(distinct)}
    return np.array([place[site] for site in sites])
