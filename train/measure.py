"""What is reached, by the measures of the benchmark: by a model alone (threshold on `keep`, best line for each field),
and by the whole line of cleaning with that model in it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Any

import numpy as np

from cleancopy.linemodel.network import LineScores
from cleancopy.model import Article, CreditRole
from train.pages import WORDS, flat
from train.views import Sample, View

_JOINED = re.compile(r"\s*(?:,|;|&|\band\b|\bwith\b|\bund\b|\bet\b|\bby\b)\s*")


def author_is(gold: str, names: set[str]) -> bool:
    """Whether the names, flat, are the gold author's: one name, or several joined."""
    return names in ({flat(name) for name in _JOINED.split(gold)} - {""}, {flat(gold)})


class Measure:
    """Sums over documents of one set and view."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = defaultdict(float)

    def add(self, sample: Sample, view: View, scores: LineScores, span: slice, threshold: float, name: str) -> None:
        keep = scores.keep[span] >= threshold
        lines, page, sums = view.document.lines, sample.page, self.sums
        kept = [line for line, stays in zip(lines, keep, strict=True) if stays]
        words = Counter(word for line in kept for word in WORDS.findall(line.lower()))
        sums["documents"] += 1
        total = sum(words.values())
        if name == "emptied":
            everything = sum(len(WORDS.findall(line)) for line in lines)
            sums["waste"] += total / max(everything, 1)
            return
        wanted = Counter(WORDS.findall(page["text"].lower()))
        size = sum(wanted.values())
        both = sum((words & wanted).values())
        precision, recall = both / total if total else 0.0, both / size if size else 0.0
        sums["precision"] += precision
        sums["recall"] += recall
        sums["f1"] += 2 * both / (total + size) if total + size else 0.0
        sums["lost"] += 1 - recall
        hay = flat(" ".join(kept))
        for key, hit in (("with", "true"), ("without", "false")):
            for segment in page.get(key) or ():
                sums[key] += 1
                sums[hit] += flat(segment) in hay
        found = Counter(
            flat(line)
            for line, stays, heading in zip(lines, keep, scores.heading[span], strict=True)
            if stays and heading >= 0.5
        )
        for title in page["titles"]:
            found.pop(flat(title), None)
        gold = Counter(page["headings"])
        sums["heading_both"] += sum((found & gold).values())
        sums["heading_found"] += sum(found.values())
        sums["heading_gold"] += sum(gold.values())
        for head, column in (("title", 2), ("byline", 3), ("date", 4)):
            stated = page[{"title": "titles", "byline": "author", "date": "date"}[head]]
            if stated and view.known[column]:
                best = int(np.argmax(getattr(scores, head)[span]))
                sums[f"{head}_known"] += 1
                sums[f"{head}_found"] += view.labels[best, column] > 0
                sums[f"{head}_there"] += view.labels[:, column].any()

    def row(self) -> dict[str, float]:
        sums = self.sums
        count = max(sums["documents"], 1)
        out = {"documents": sums["documents"]}
        if "waste" in sums:
            return out | {"words kept": sums["waste"] / count}
        out |= {key: sums[key] / count for key in ("f1", "precision", "recall")}
        if sums["with"]:
            out["segments"] = 2 * sums["true"] / (sums["with"] + sums["true"] + sums["false"])
        out["headings"] = 2 * sums["heading_both"] / max(sums["heading_found"] + sums["heading_gold"], 1)
        for head in ("title", "byline", "date"):
            known = max(sums[f"{head}_known"], 1)
            out[head] = sums[f"{head}_found"] / known
            out[f"{head} there"] = sums[f"{head}_there"] / known
        return out


class Reached:
    """The articles of one set and view against the answers of their pages."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = defaultdict(float)
        self._counts: dict[str, float] = defaultdict(float)
        self.pages = 0

    def add(self, page: dict[str, Any], article: Article | None) -> None:
        """None for a document of which nothing was left."""
        self.add_text(page, "" if article is None else article.text)
        if page.get("paragraphs"):
            blocks = () if article is None else article.blocks
            titles = [flat(title) for title in page["titles"]]
            found, gold = Counter(flat(block.text) for block in blocks), Counter(map(flat, page["paragraphs"]))
            for text in ("", *titles):
                found.pop(text, None)
                gold.pop(text, None)
            self._ratio("paragraphs", 2 * (found & gold).total(), found.total() + gold.total())
        if page["gold"]:
            self._fields(page, article)

    def add_text(self, page: dict[str, Any], text: str) -> None:
        """What another extractor made of the page."""
        self.pages += 1
        if page["gold"]:
            found, wanted = Counter(WORDS.findall(text.lower())), Counter(WORDS.findall(page["text"].lower()))
            self._ratio("body", 2 * (found & wanted).total() / max(1, found.total() + wanted.total()), 1)
        hay = flat(text)
        present = [flat(segment) in hay for segment in page.get("with") or ()]
        absent = [flat(segment) in hay for segment in page.get("without") or ()]
        self._ratio("segments", 2 * sum(present), len(present) + sum(present) + sum(absent))

    def _fields(self, page: dict[str, Any], article: Article | None) -> None:
        if page["kind"] in ("wcxb-dev", "news-dev", "readability-dev"):
            headings = Counter(flat(heading.text) for heading in article.headings) if article else Counter()
            for title in page["titles"]:
                headings.pop(flat(title), None)
            gold = Counter(page["headings"])
            self._ratio("headings", 2 * (headings & gold).total(), headings.total() + gold.total())
        if page["titles"]:
            self._ratio("title", article is not None and flat(article.title) in map(flat, page["titles"]), 1)
        if page["author"]:
            credits = () if article is None else article.credits
            names = {flat(credit.name) for credit in credits if credit.role is CreditRole.AUTHOR}
            self._ratio("author", author_is(page["author"], names), 1)
        if page["date"]:
            stated = None if article is None else article.published
            self._ratio("date", stated is not None and stated.moment.date().isoformat() == page["date"][:10], 1)

    def _ratio(self, name: str, part: float, whole: float) -> None:
        self._sums[name] += part
        self._counts[name] += whole

    def row(self) -> dict[str, float]:
        return {name: self._sums[name] / count for name, count in self._counts.items() if count}


_FIGURES = ("body", "paragraphs", "segments", "headings", "title", "author", "date")


def reached_table(reached: dict[tuple[str, str], Reached]) -> str:
    lines = [f"{'whole line':14s} {'view':11s} " + " ".join(f"{name[:8]:>8s}" for name in _FIGURES)]
    for (kind, name), each in reached.items():
        row = each.row()
        cells = " ".join(f"{row[figure]:8.4f}" if figure in row else " " * 8 for figure in _FIGURES)
        lines.append(f"{kind:14s} {name:11s} {cells}")
    return "\n".join(lines)


def table(measures: dict[tuple[str, str], Measure]) -> str:
    lines = ["set            view        docs  body F1  prec   recall segm   headings title, byline, date (there)"]
    for (kind, name), measure in measures.items():
        row = measure.row()
        if "words kept" in row:
            lines.append(f"{kind:14s} {name:11s} {row['documents']:4.0f}  words kept {row['words kept']:.4f}")
            continue
        fields = "  ".join(f"{row[head]:.3f} ({row[head + ' there']:.3f})" for head in ("title", "byline", "date"))
        lines.append(
            f"{kind:14s} {name:11s} {row['documents']:4.0f}  {row['f1']:.4f}   {row['precision']:.4f} "
            f"{row['recall']:.4f} {row.get('segments', float('nan')):.4f} {row['headings']:.4f}   {fields}"
        )
    return "\n".join(lines)
