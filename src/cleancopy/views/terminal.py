"""An explanation in the terminal: one row a raw line, with its outcome, role, rule and confidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cleancopy.shown import counted
from cleancopy.views import OUTCOME_MARKS
from cleancopy.views.console import Console
from cleancopy.views.explanation import OUTCOMES, Explanation
from cleancopy.views.words import evidence_words, fact_words, percent, repeated_words

if TYPE_CHECKING:
    from cleancopy.views.diff import Difference

STYLES = {"kept": "default", "lifted": "blue", "removed": "red"}
"""Of the sixteen colours that every terminal has in a shade that suits it; the marks say the same without colour."""
_EVIDENCE = 3
_DIFF_LINES = 200


def explain_terminal(explanation: Explanation, console: Console, *, full: bool) -> None:
    """Print the lines. `full`: whole lines with what they state and the evidence; otherwise each is cut to one row."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), expand=console.is_terminal)
    table.add_column("", justify="right", style="dim", no_wrap=True)
    table.add_column("", width=1)
    table.add_column("line", ratio=1, no_wrap=not full, overflow="fold" if full else "ellipsis")
    table.add_column("role", no_wrap=True)
    table.add_column("rule", no_wrap=True, style="dim", max_width=32)
    table.add_column("sure", justify="right", style="dim", no_wrap=True)
    for line in explanation:
        style = STYLES[line.outcome]
        text = Text(line.text, style="dim" if line.outcome == "removed" else style)
        if full:
            for fact in line.facts:
                text.append(f"\n→ {fact_words(fact)}", style="blue")
            if line.repeated is not None:
                text.append(f"\n= {repeated_words(line.repeated)}", style="dim")
            for name, weight in line.evidence[:_EVIDENCE]:
                text.append(f"\n{'+' if weight > 0 else '−'} {evidence_words(name)}", style="dim")
        table.add_row(
            str(line.number),
            Text(OUTCOME_MARKS[line.outcome], style=style),
            text,
            Text(line.role.value, style=style),
            Text(line.rule),
            percent(line.confidence),
        )
    if len(explanation):
        console.print(table)
        console.print()
    counts = {name: sum(line.outcome == name for line in explanation) for name in OUTCOMES}
    console.print(
        Text("  ").join(Text(f"{OUTCOME_MARKS[name]} {counts[name]} {name}", style=STYLES[name]) for name in OUTCOMES)
    )
    if explanation.document.repairs:
        console.print(Text(f"repaired before: {', '.join(explanation.document.repairs)}"))
    if explanation.refused:
        console.print(Text(f"a run rejects it: {explanation.refused}", style="red"))


def diff_terminal(differences: Sequence[Difference], documents: int, console: Console) -> None:
    """Print the lines that would end elsewhere, document by document; count those that only another rule would name.

    After some screens of lines the rest is only counted.
    """
    changed = [difference for difference in differences if difference.lines]
    touched = [difference for difference in changed if difference.moved]
    printed = shown = 0
    for difference in touched:
        if printed >= _DIFF_LINES:
            break
        shown += 1
        printed += sum(line.moved for line in difference.lines)
        console.print(Text(difference.named, style="bold"))
        if difference.title:
            console.print(Text(f"  {difference.origin.replace('file://', '')}", style="dim"))
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0), expand=console.is_terminal)
        table.add_column(justify="right", style="dim", no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        table.add_column(no_wrap=True, style="dim")
        for line in filter(lambda line: line.moved, difference.lines):
            marks = f"{OUTCOME_MARKS[line.before.outcome]}→{OUTCOME_MARKS[line.after.outcome]}"
            style = STYLES[line.after.outcome]
            change = f"{line.before.rule} → {line.after.rule}"
            table.add_row(str(line.before.number), Text(marks, style=style), Text(line.before.text), Text(change))
        if folded := sum(not line.moved for line in difference.lines):
            table.add_row(
                "", "", Text(f"and {counted(folded, 'line')} only with another rule or role", style="dim"), ""
            )
        console.print(Padding(table, (0, 0, 1, 2)))
    if shown < len(touched):
        console.print(f"and {len(touched) - shown:,} more documents; --html OUT shows more of them\n")
    moved = sum(line.moved for difference in changed for line in difference.lines)
    total = sum(len(difference.lines) for difference in changed)
    console.print(
        f"{len(changed):,} of {documents:,} documents change: {moved:,} lines end elsewhere, "
        f"{total - moved:,} only have another rule or role"
    )
