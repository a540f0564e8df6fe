"""The report of a run: one HTML file that needs nothing else.

What it is drawn from lies beside it as JSON: the figures of what this run wrote, not of the whole dataset, so that the
report of the next run can be compared with them even where later runs have replaced the files.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from cleancopy import __version__
from cleancopy.dataset import duplicates
from cleancopy.dataset.figures import SHARE_EDGES, WORD_EDGES, Figures, figures_of, ranked
from cleancopy.dataset.layout import DATASETS, Layout, read_note, sealed, write_durably
from cleancopy.dataset.receipts import Receipt, recorded
from cleancopy.dataset.row_groups import Slice
from cleancopy.decide.draft import BUILT_IN
from cleancopy.errors import ConfigurationError, DatasetError
from cleancopy.model import LIFTED
from cleancopy.views import OUTCOME_MARKS, articles, inspect
from cleancopy.views.page import render
from cleancopy.views.plots import bars, histogram
from cleancopy.views.words import duplicate_words, rule_words

SAMPLE_LINES = 8
"""Lines shown of each rule."""
SAMPLE_ARTICLES = 6
SHOWN_BARS, SHOWN_RECORDS, SHOWN_SHARDS, SHOWN_RUNS = 16, 12, 8, 10

FIELDS = ("title", "credit", "date", "caption")
"""First part of the ids of rules that lift lines into fields."""
DRIFT_RATIO, DRIFT_SIGMAS = 2.0, 5.0
"""A share has drifted when its odds changed by this factor, and the share by this many standard deviations of the
difference of two proportions: chance alone does that once in two million times. It only decides what is highlighted."""

WORD_TICKS = (10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)


@dataclass(frozen=True, slots=True)
class Drift:
    """A share now and in the run before (None: there is none), and whether the change stands out."""

    name: str
    count: int
    now: float
    before: float | None
    stands_out: bool

    @property
    def change(self) -> str:
        if self.before is None:
            return ""
        if not self.before:
            return "new" if self.now else ""
        return "gone" if not self.now else f"× {self.now / self.before:.2g}"


def report_run(layout: Layout, run: str, note: Callable[[str], None]) -> Path | None:
    """Keep the figures of a run that has just ended, and draw its report.

    Gives back the page, or None where there is none. A run that wrote nothing has no report. `note` is told why there
    is none where there should be: the run has been published, and stands.
    """
    page = _report_path(layout, run, ".html")
    if page.exists():  # the flow has drawn it
        return page
    try:
        record = _read(layout.runs / f"{run}.json")
        if not record["wrote"]:
            return None
        return write_report(layout, run)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is no reason to call the run failed
        why = f"{type(error).__name__}: {error}"
        note(f"the report could not be drawn ({why}); cleancopy report {layout.root} tries again")
        return None


def write_report(layout: Layout, run: str | None = None) -> Path:
    """Write the report of a run to `_cleancopy/reports/RUN.html`; by default of the last one that wrote something.

    Gives back the page. Raises ConfigurationError where there is no such run.
    """
    layout.require()
    if layout.plan.exists():
        recorded(layout)  # says what to do with a dataset of an earlier version
    records = [_read(path) for path in sorted(layout.runs.glob("*.json"))]
    if not records:
        raise ConfigurationError(f"{layout.root}: no run has ended yet; there is nothing to report")
    default = next((each["run"] for each in reversed(records) if each["wrote"]), records[-1]["run"])
    chosen = next((place for place, each in enumerate(records) if each["run"] == (run or default)), None)
    if chosen is None:
        raise ConfigurationError(f"{layout.root}: there is no run {run}; the last one is {records[-1]['run']}")
    figures = _figures(layout, records[chosen], records[chosen + 1 :])
    earlier = (_report_path(layout, each["run"], ".json") for each in reversed(records[:chosen]))
    before = next((read for path in earlier if path.exists() and (read := _read(path))["figures"]["lines_total"]), None)
    page = report_html(records[: chosen + 1], figures, before)
    target = _report_path(layout, records[chosen]["run"], ".html")
    write_durably(target, page.encode())
    return target


def report_html(history: list[dict[str, Any]], gathered: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    """The page. history: the records of the runs, oldest first; the last one is the run that the page is about.

    gathered, before: what `_figures` made of this run and of the one that it is compared with.
    """
    run = history[-1]
    counts = run["counts"]
    figures = Figures.of(gathered["figures"])
    old = Figures.of(before["figures"]) if before else None
    # What stands out comes first: it must not hide among the rare rules.
    rules = sorted(drift(figures, old), key=lambda each: not each.stands_out)
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
        dataset=run["dataset"],
        figures=figures,
        rejected=sum(counts["rejected"].values()),
        skipped=sum(counts["skipped"].values()),
        reasons=ranked(Counter(counts["rejected"])),
        skipped_reasons=ranked(Counter(counts["skipped"])),
        copies=duplicate_words(duplicates.Figures(**run["duplicates"])) if run.get("duplicates") else None,
        marks=OUTCOME_MARKS,
        stages=sorted(run["stages"].items(), key=lambda item: -item[1]),
        stage_total=sum(run["stages"].values()) or 1.0,
        before=before,
        replaced=gathered["replaced"],
        shares=shares(figures, old),
        loud=[each for each in rules if each.stands_out],
        rules=[(name, _entries(group, gathered["samples"])) for name, group in grouped(rules)],
        articles=gathered.get("articles", ()),  # not in what was kept by 0.2.0
        signals={name: gathered["signals"][name] for name in articles.SIGNALS if name in gathered.get("signals", {})},
        slow_records=gathered["slow_records"],
        slow_shards=gathered["slow_shards"],
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
            [(tick, f"{tick:,}") for tick in WORD_TICKS if tick <= WORD_EDGES[min(last, len(WORD_EDGES) - 1)]],
            "Articles by words",
        ),
        kept=histogram(
            share, SHARE_EDGES.tolist(), [(k / 4, f"{k / 4:.0%}") for k in range(5)], "Articles by kept lines"
        ),
    )


def grouped(rules: Sequence[Drift]) -> list[tuple[str, list[Drift]]]:
    """The rules by what they are of, each group in their order; those with rules that stand out first, then by size."""

    def rank(group: list[Drift]) -> tuple[int, int]:
        return -sum(each.stands_out for each in group), -sum(each.count for each in group)

    groups: dict[str, list[Drift]] = {}
    for each in rules:
        groups.setdefault(_of(each.name), []).append(each)
    return sorted(groups.items(), key=lambda item: rank(item[1]))


def _of(rule: str) -> str:
    first = rule.partition(".")[0]
    if first in FIELDS:
        return "lines that became fields"
    if rule in BUILT_IN:
        return "the line model and the shape of lines"
    return "rules for every language" if first == "common" else f"rules for {first}"


def _entries(group: Sequence[Drift], samples: Mapping[str, list[str]]) -> list[tuple[Drift, str, list[str]]]:
    return [(each, rule_words(each.name), samples.get(each.name, [])) for each in group]


def drift(now: Figures, before: Figures | None) -> list[Drift]:
    """Every rule that fires now or did before, by its share of the lines, the most frequent first."""
    old = before.rules if before else Counter[str]()
    names = sorted(set(now.rules) | set(old), key=lambda rule: (-now.rules[rule], rule))
    then = before.lines_total if before else None
    return [_drift(rule, now.rules[rule], now.lines_total, old[rule], then) for rule in names]


def shares(now: Figures, before: Figures | None) -> list[Drift]:
    """What else would tell of a change in the sources or the rules, as shares of records, lines and articles."""

    def counted(figures: Figures) -> dict[str, tuple[int, int]]:
        rejected = figures.reasons.total()
        return {
            "records rejected": (rejected, figures.articles + rejected),
            "lines kept": (figures.lines_kept, figures.lines_total),
            "lines lifted into fields": (figures.lines_lifted, figures.lines_total),
            "lines removed": (figures.lines_removed, figures.lines_total),
            "articles with a title": (figures.titled, figures.articles),
            "articles with a credit": (figures.credited, figures.articles),
            "articles with a date": (figures.dated, figures.articles),
            "articles with the text of an earlier one": (figures.duplicates, figures.articles),
        }

    old = counted(before) if before else {}
    return [_drift(name, *part, *old.get(name, (0, None))) for name, part in counted(now).items()]


def _drift(name: str, count: int, total: int, then: int, old_total: int | None) -> Drift:
    share = count / max(total, 1)
    if old_total is None:
        return Drift(name, count, share, None, False)
    return Drift(name, count, share, then / max(old_total, 1), _stands_out(count, total, then, old_total))


def _stands_out(count: int, total: int, then: int, old_total: int) -> bool:
    if not total or not old_total:
        return False
    low, high = sorted((count / total, then / old_total))
    if low * (1 - high) and high * (1 - low) / (low * (1 - high)) < DRIFT_RATIO:
        return False
    pooled = (count + then) / (total + old_total)
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / total + 1 / old_total))
    return deviation > 0 and (high - low) / deviation > DRIFT_SIGMAS


def _figures(layout: Layout, record: Mapping[str, Any], later: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the report of a run is drawn from: as it was kept when the run ended, or else gathered from its shards.

    later: the records of the runs after it. Shards that they cleaned again are left out, and counted in `replaced`.
    """
    kept = _report_path(layout, record["run"], ".json")
    if kept.exists():
        return _read(kept)
    again = {shard for each in later for shard in each["wrote"]}
    published = recorded(layout)
    receipts = [published[shard] for shard in record["wrote"] if shard in published and shard not in again]
    parts = {name: [part for receipt in receipts for part in _slices(layout, receipt, name)] for name in DATASETS}
    figures = figures_of(parts)
    records = sorted(
        (record for receipt in receipts for record in receipt.slowest),
        key=lambda record: (-record.seconds, record.source, record.position),
    )
    shards = sorted(receipts, key=lambda receipt: (-sum(receipt.seconds.values()), receipt.shard))
    gathered = {
        "run": record["run"],
        "figures": figures.plain(),
        "articles": articles.sample(parts["articles"], SAMPLE_ARTICLES),
        "signals": articles.spread(parts["articles"]),
        "samples": inspect.samples(parts["removed"], figures.rules, SAMPLE_LINES),
        "slow_records": [asdict(each) for each in records[:SHOWN_RECORDS]],
        "slow_shards": [_slow(receipt) for receipt in shards[:SHOWN_SHARDS]],
        "replaced": len(record["wrote"]) - len(receipts),
    }
    kept.parent.mkdir(exist_ok=True)
    write_durably(kept, sealed(gathered))
    return gathered


def _slices(layout: Layout, receipt: Receipt, name: str) -> list[Slice]:
    return [
        Slice(
            layout.root / file.path,
            file.first_row or 0,
            None if file.first_row is None else file.first_row + file.rows,
        )
        for file in receipt.files
        if file.dataset == name
    ]


def _slow(receipt: Receipt) -> dict[str, Any]:
    sources = sorted(receipt.inputs)
    return {
        "shard": receipt.shard,
        "seconds": sum(receipt.seconds.values()),
        "records": receipt.counts.records,
        "origin": sources[0] if len(sources) == 1 else f"{sources[0]} and {len(sources) - 1:,} more",
    }


def _report_path(layout: Layout, run: str, suffix: str) -> Path:
    return layout.state / "reports" / f"{run}{suffix}"


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_note(path)
    except FileNotFoundError:
        raise DatasetError(f"{path} is missing") from None


def _bars(counter: Counter[str], label: str, names: Callable[[str], str] = str) -> tuple[Markup, str]:
    """A plot of the largest entries, and the others in words: as a bar they would dwarf the rest."""
    entries = ranked(counter)
    rest = entries[SHOWN_BARS:]
    plot = bars([(names(name), count) for name, count in entries[:SHOWN_BARS]] or [("none", 0)], label)
    return plot, f"and {len(rest):,} more with {sum(count for _, count in rest):,}" if rest else ""
