"""The report of a run: one HTML file that needs nothing else, and the figures that the next report is compared with."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from cleancopy import __version__
from cleancopy.dataset.card import ranked
from cleancopy.dataset.layout import Layout, write_durably
from cleancopy.dataset.receipts import Receipt, recorded
from cleancopy.errors import DatasetError
from cleancopy.model import LIFTED
from cleancopy.views import OUTCOME_MARKS, inspect
from cleancopy.views.inspect import SHARE_EDGES, WORD_EDGES, Figures
from cleancopy.views.page import render
from cleancopy.views.plots import bars, histogram
from cleancopy.views.words import rule_words

SAMPLE_LINES = 8
"""Lines shown of each rule."""
SHOWN_BARS, SHOWN_SHARDS, SHOWN_RUNS = 16, 8, 10

DRIFT_RATIO, DRIFT_SIGMAS = 2.0, 5.0
"""A rule has drifted when its share of lines changed by this factor, and by this many standard deviations of the
difference of two proportions: chance alone does that once in two million rules. It only decides what is highlighted."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How often a rule fires for each 10,000 lines, now and in the report before, and whether the change stands out."""

    rule: str
    count: int
    now: float
    before: float | None
    stands_out: bool

    @property
    def change(self) -> str:
        if self.before is None:
            return ""
        if not self.before:
            return "new"
        return "gone" if not self.now else f"× {self.now / self.before:.2g}"


def write_report(layout: Layout, run: str | None = None) -> Path:
    """Write the report of a run (by default the last one) to `_cleancopy/reports/RUN.html`; gives back its path.

    Its figures go beside it as JSON, for the next report to be compared with. Call it after the run has published.
    Raises DatasetError where there is no such run, and ConfigurationError without matplotlib.
    """
    runs = sorted(layout.runs.glob("*.json"))
    chosen = next((path for path in reversed(runs) if run in (None, path.stem)), None)
    if chosen is None:
        raise DatasetError(f"{layout.root}: there is no run {run}" if run else f"{layout.root} has not been run yet")
    history = [json.loads(path.read_bytes()) for path in runs if path.stem <= chosen.stem]
    figures = inspect.figures(layout.root)
    folder = layout.state / "reports"
    folder.mkdir(exist_ok=True)
    earlier = [path for path in sorted(folder.glob("*.json")) if path.stem < chosen.stem]
    before = json.loads(earlier[-1].read_bytes()) if earlier else None
    samples = inspect.samples(layout.root, figures.rules, SAMPLE_LINES)
    page = report_html(history, figures, before, samples, recorded(layout).values())
    write_durably(folder / f"{chosen.stem}.json", json.dumps({"run": chosen.stem, **figures.plain()}).encode())
    target = folder / f"{chosen.stem}.html"
    write_durably(target, page.encode())
    return target


def report_html(
    history: list[dict[str, Any]],
    figures: Figures,
    before: Mapping[str, Any] | None,
    samples: Mapping[str, list[str]],
    receipts: Iterable[Receipt],
) -> str:
    """The page. history: the runs' own reports, oldest first; the last one is the run that the page is about."""
    run = history[-1]
    counts = run["counts"]
    # What stands out comes first: it must not hide among the rare rules.
    rules = sorted(drift(figures, before), key=lambda each: not each.stands_out)
    by_shard = sorted(receipts, key=lambda receipt: (-sum(receipt.seconds.values()), receipt.shard))
    words = figures.words.tolist()
    last = max((index for index, count in enumerate(words) if count), default=0) + 1
    share = figures.kept_share.tolist()
    share[-2:] = [share[-2] + share[-1]]
    return render(
        "report",
        version=__version__,
        heading=Path(run["out"]).name,
        run=run,
        counts=counts,
        figures=figures,
        rejected=sum(counts["rejected"].values()),
        reasons=ranked(Counter(counts["rejected"])),
        skipped=ranked(Counter(counts["skipped"])),
        marks=OUTCOME_MARKS,
        stages=sorted(run["stages"].items(), key=lambda item: -item[1]),
        stage_total=sum(run["stages"].values()) or 1.0,
        before=before,
        loud=[each for each in rules if each.stands_out],
        rules=[(each, rule_words(each.rule), samples.get(each.rule, [])) for each in rules],
        slowest=[_slow(receipt) for receipt in by_shard[:SHOWN_SHARDS]],
        shards=len(by_shard),
        history=history[: -SHOWN_RUNS - 1 : -1],
        languages=_bars(figures.languages, "Articles by language"),
        roles=_bars(
            figures.roles,
            "Lines outside the text by role",
            lambda role: f"{role} (now a field)" if role in LIFTED else role,
        ),
        sites=_bars(figures.sites, "Articles by site") if figures.sites else None,
        lengths=histogram(
            words[:last],
            WORD_EDGES.tolist()[: last + 1] if last < len(WORD_EDGES) else [*WORD_EDGES.tolist(), 10**6],
            [
                (value, f"{value:,}")
                for value in (0, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)
                if value <= WORD_EDGES[min(last, len(WORD_EDGES) - 1)]
            ],
            "Articles by words",
        ),
        kept=histogram(
            share, SHARE_EDGES.tolist(), [(k / 4, f"{k / 4:.0%}") for k in range(5)], "Articles by kept lines"
        ),
    )


def drift(figures: Figures, before: Mapping[str, Any] | None) -> list[Drift]:
    """Every rule that fires now or did before, the most frequent first; what stands out says so."""
    lines = max(figures.lines_total, 1)
    old: Mapping[str, int] = before["rules"] if before else {}
    old_lines = max(before["lines_total"], 1) if before else 1
    found = []
    for rule in sorted(set(figures.rules) | set(old), key=lambda rule: (-figures.rules[rule], rule)):
        count, then = figures.rules[rule], old.get(rule, 0)
        now_share, then_share = count / lines, then / old_lines
        found.append(
            Drift(
                rule,
                count,
                1e4 * now_share,
                1e4 * then_share if before else None,
                before is not None and _stands_out(count, lines, then, old_lines),
            )
        )
    return found


def _stands_out(count: int, lines: int, then: int, old_lines: int) -> bool:
    low, high = sorted((count / lines, then / old_lines))
    if low and high / low < DRIFT_RATIO:
        return False
    pooled = (count + then) / (lines + old_lines)
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / lines + 1 / old_lines))
    return deviation > 0 and (high - low) / deviation > DRIFT_SIGMAS


def _slow(receipt: Receipt) -> tuple[str, float, int, float, str]:
    """Shard, its seconds, its records, milliseconds a record, and where it was read from."""
    seconds = sum(receipt.seconds.values())
    sources = sorted(receipt.inputs)
    origin = sources[0] if len(sources) == 1 else f"{sources[0]} and {len(sources) - 1:,} more"
    return receipt.shard, seconds, receipt.counts.records, 1000 * seconds / max(receipt.counts.records, 1), origin


def _bars(counter: Counter[str], label: str, names: Callable[[str], str] = str) -> tuple[Markup, str]:
    """A plot of the largest entries, and the others in words: as a bar they would dwarf the rest."""
    entries = ranked(counter)
    rest = entries[SHOWN_BARS:]
    plot = bars([(names(name), count) for name, count in entries[:SHOWN_BARS]] or [("none", 0)], label)
    return plot, f"and {len(rest):,} more with {sum(count for _, count in rest):,}" if rest else ""
