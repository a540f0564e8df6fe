"""What a person sees of a run: a progress bar and a summary."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Event, Thread

from rich import filesize
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from cleancopy.dataset import examples
from cleancopy.dataset.duplicates import Figures
from cleancopy.dataset.figures import ranked
from cleancopy.dataset.receipts import Counts
from cleancopy.runs import pipeline
from cleancopy.runs.pipeline import Summary
from cleancopy.shown import counted
from cleancopy.views.console import Console as Terminal
from cleancopy.views.words import duplicate_words

SHOWN = 6
"""Entries of a counter that a summary shows."""
LINE_SECONDS = 30.0
"""Pause between lines of progress where there is no terminal, as in a log."""
BAR_SECONDS = 0.5
"""Pause between looks at how far a run is, in a terminal: each reads the traces of its workers."""


class Console:
    """The terminal: progress and notes go to standard error, results to standard output; if quiet, both nowhere."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._notes = Terminal(stderr=True, quiet=quiet)
        self._results = Terminal(soft_wrap=True, quiet=quiet)

    def note(self, text: str) -> None:
        self._notes.print(text, style="dim", markup=False)

    @contextmanager
    def progress(self, text: str) -> Iterator[None]:
        """How far the run is that is driven inside: a bar over its bytes; in a log, a line now and then."""
        terminal = self._notes.is_terminal
        with self._bar(text) if terminal else nullcontext(self._line(text)) as show:
            ended = Event()
            asked: list[Callable[[], pipeline.Progress]] = []

            def tell(progress: Callable[[], pipeline.Progress]) -> None:
                if not asked:
                    asked.append(progress)
                    shower.start()
                if terminal:
                    show(progress())

            def go_on() -> None:
                while not ended.wait(BAR_SECONDS if terminal else LINE_SECONDS):
                    show(asked[0]())

            shower = Thread(target=go_on, name="progress", daemon=True)
            token = pipeline.listener.set(tell)
            try:
                yield
            finally:
                pipeline.listener.reset(token)
                ended.set()
                if shower.is_alive():
                    shower.join()

    @contextmanager
    def _bar(self, text: str) -> Iterator[Callable[[pipeline.Progress], None]]:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}"),
        )
        with Progress(*columns, console=self._notes, transient=True) as bar:
            task = bar.add_task(text, total=None, figures="")

            def show(progress: pipeline.Progress) -> None:
                bar.update(task, total=progress.bytes_total, completed=progress.bytes, figures=_figures(progress))

            yield show

    def _line(self, text: str) -> Callable[[pipeline.Progress], None]:
        def show(progress: pipeline.Progress) -> None:
            done = f"{progress.share:.0%} of {filesize.decimal(progress.bytes_total)} in {progress.seconds:,.0f} s"
            self.note(f"{text}: {done}, {_figures(progress)}")

        return show

    def summary(self, summary: Summary) -> None:
        """What the run did and where the dataset lies."""
        counts, shards = summary.counts, summary.shards
        rate = f", {counts.records / summary.seconds:,.0f} records/s" if summary.seconds and counts.records else ""
        self._results.print(f"[bold]{counted(counts.records, 'record')}[/bold] in {summary.seconds:,.1f} s{rate}")
        if counts.records:
            self._results.print(_counts_table(counts))
        self.rejects(summary)
        parts = [f"{count} {name}" for name, count in shards.items() if count]
        self._results.print(f"shards: {', '.join(parts) or 'none'}")
        for reason, count in ranked(summary.stale):
            self._results.print(f"  redone: {count} ({reason})")
        for name, count in summary.changes.items():
            self._results.print(f"  sources {name}: {count}")
        if shards["damaged"]:
            self._results.print(
                "[red]files are missing or of another size[/red] and cannot be made anew, since some of their sources "
                f"are not given or are gone; cleancopy verify {escape(summary.out)} names the files"
            )
        if summary.resumed:
            self._results.print("  a publication that had been interrupted was finished first")
        for shard, error in list(summary.failures.items())[:SHOWN]:
            self._results.print(f"[red]failed[/red] shard {shard}: {escape(error)}")
        if summary.duplicates:
            self._results.print(duplicate_words(Figures(**summary.duplicates)))
        total = summary.dataset
        self._results.print(
            f"[bold]{escape(summary.out)}[/bold]: {counted(total.articles, 'article')}, "
            f"{total.rejected.total():,} rejected"
        )

    def next_steps(self, summary: Summary) -> None:
        """What to type next."""
        out = shlex.quote(summary.out)
        steps = ["run the same command again, which does what failed"] if summary.failures else []
        if summary.dataset.articles and not steps:
            steps.append(f"cleancopy show {out}")
        if summary.dataset.rejected:
            steps.append(f"cleancopy show {out} --kind rejected")
        for number, step in enumerate(steps or [f"cleancopy status {out}"]):
            self._results.print(f"{'     ' if number else 'next:'} {step}", markup=False)

    def rejects(self, summary: Summary) -> None:
        """The first reject of each reason."""
        reasons = [reason for reason, _ in ranked(summary.counts.rejected)]
        if lines := examples.words(summary.rejects, reasons[:SHOWN]):
            self._results.print("the first reject of each reason:")
            for line in lines:
                self._results.print(f"  {line}", markup=False)

    def table(self, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
        table = Table(*header, box=None, pad_edge=False, show_header=any(header))
        for row in rows:
            table.add_row(*map(escape, row))
        self._results.print(table)

    def print(self, text: str) -> None:
        self._results.print(text)


def _figures(progress: pipeline.Progress) -> str:
    counts = progress.counts
    shards = f"{progress.shards:,} of {counted(progress.shards_total, 'shard')}"
    of_these = f"{shards} with {counts.articles:,} articles, {counts.rejected.total():,} rejected"
    return f"{counted(progress.records, 'record')}; {of_these}"


def _counts_table(counts: Counts) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="left")
    table.add_column(justify="right")
    table.add_column()
    table.add_row("  articles", f"{counts.articles:,}", most(counts.languages))
    table.add_row("  rejected", f"{counts.rejected.total():,}", most(counts.rejected))
    if counts.skipped:
        table.add_row("  skipped", f"{counts.skipped.total():,}", most(counts.skipped))
    table.add_row("  lines kept", f"{counts.lines_kept:,}", "")
    table.add_row("  lines lifted", f"{counts.lines_lifted:,}", "titles, credits, dates and captions, now fields")
    removed = Counter({role: n for role, n in counts.roles.items() if role not in ("title", "credit", "date")})
    table.add_row("  lines removed", f"{counts.lines_removed:,}", most(removed))
    return table


def most(counter: Counter[str]) -> str:
    """The most frequent entries on one line."""
    entries = ranked(counter)
    text = ", ".join(f"{name} {count:,}" for name, count in entries[:SHOWN])
    return f"{text}, {len(entries) - SHOWN} more" if len(entries) > SHOWN else text
