"""Tables of docs/model.md, made of docs/figures.json, which `train.evaluate` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

FIGURES = ("body", "paragraphs", "segments", "headings", "title", "author", "date")
FORMS = ("inscriptis", "resiliparse", "soup", "stripped", "html2text", "wrapped")
"""Plain-text forms of the whole page that keep its lines; `flat` has one line and `paragraphs` no menus."""
SETS = ("news-dev", "wcxb-dev", "wcxb-dev-other", "segments-dev", "readability-dev", "siblings-dev")

SUMMARY = (
    ("news-dev", "124 news pages of 31 countries", "body", "words of the body"),
    ("wcxb-dev", "709 English articles (WCXB)", "body", "words of the body"),
    ("wcxb-dev-other", "622 pages that are no articles (WCXB)", "body", "words of the body"),
    ("readability-dev", "117 test pages of Readability", "body", "words of the body"),
    ("segments-dev", "482 pages, mostly German (trafilatura's evaluation set)", "segments", "segments"),
)
"""(set, what it is, measure, what is measured) of README's table."""
_HTML = ("html", "trafilatura")
Rows = Mapping[str, Mapping[str, float]]


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cells(row: Mapping[str, float]) -> list[str]:
    return [f"{row[name]:.3f}" if name in row else "" for name in FIGURES]


def _mean(rows: Rows) -> dict[str, float]:
    forms = [rows[form] for form in FORMS if form in rows]
    return {name: sum(row[name] for row in forms) / len(forms) for name in FIGURES if all(name in row for row in forms)}


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join([_line(head), _line(["---"] * len(head)), *map(_line, rows)])


def tables(path: Path) -> dict[str, str]:
    """`sets`: every set as HTML, as plain text (mean of `FORMS`) and by trafilatura. `forms`: news in every form.
    `pages`: the page model. `summary`: the short table of README.
    """
    found: Mapping[str, Rows] = json.loads(path.read_text("utf-8"))
    by_set = []
    for kind in SETS:
        rows = found[kind]
        count = f"{max(row['pages'] for row in rows.values()):.0f}"
        for given, row in (
            ("HTML", rows.get("html")),
            ("plain text", _mean(rows)),
            ("trafilatura, HTML", rows.get("trafilatura")),
        ):
            if row:
                by_set.append([f"{kind} ({count})" if given == "HTML" else "", given, *_cells(row)])
    news = found["news-dev"]
    forms = [*FORMS, "flat", "paragraphs", "terminal", "clean", "html", "trafilatura"]
    by_form = [[name, *_cells(news[name])] for name in forms if name in news]
    pages = found["pages"]
    measured = list(dict.fromkeys(name for row in pages.values() for name in row))
    of_pages = [
        [name, *(f"{pages[medium][name]:.2f}" if name in pages[medium] else "" for medium in ("text", "html"))]
        for name in measured
    ]
    summary = [
        [
            f"{about}: {what}",
            *(f"{row[name]:.3f}" for row in (_mean(found[kind]), *(found[kind][v] for v in _HTML))),
        ]
        for kind, about, name, what in SUMMARY
    ]
    return {
        "summary": _table(["by site left out, F1", "plain text", "HTML", "trafilatura, HTML"], summary),
        "pages": _table(["by site left out", "plain text", "HTML"], of_pages),
        "sets": _table(["set (pages)", "given", *FIGURES], by_set),
        "forms": _table(["news-dev as", *FIGURES], by_form),
    }
