"""Which likely lines are headings, by hand-made probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from cleancopy import settings
from cleancopy.assembly import build_cleaner
from cleancopy.cleaner import Cleaned
from cleancopy.decide import Models
from cleancopy.decide.draft import Draft, Names
from cleancopy.decide.structure import mark_headings
from cleancopy.model import Role
from cleancopy.rules import RuleBook
from cleancopy.rules.evidence import Evidence
from cleancopy.text.lines import Lines
from cleancopy.text.segment import segment
from cleancopy.text.shape import shapes
from tests.case_files import SAMPLES

PROSE = "The council voted on Monday to rebuild the old harbour bridge after years of debate in the town."
ROW = ["Movers in Ashby", "Movers in Clayton", "Movers in Elmwood", "Movers in Linden"]


@pytest.mark.parametrize(
    ("lines", "probability", "headings"),
    [
        # A row of lines without text between them is a list; its last line may head what follows.
        ([PROSE, *ROW, PROSE], [0, 0.45, 0.4, 0.4, 0.45, 0], ROW[-1:]),
        # A likely one above another: a heading and the first of those below it.
        ([PROSE, *ROW[:2], PROSE], [0, 0.6, 0.4, 0], ROW[:2]),
        ([PROSE, *ROW[:2], PROSE], [0, 0.45, 0.4, 0], ROW[1:2]),
        ([PROSE, ROW[0], PROSE, ROW[1], PROSE], [0, 0.4, 0, 0.4, 0], ROW[:2]),
        ([PROSE, ROW[0], PROSE, ROW[1], PROSE], [0, 0.4, 0, 0.3, 0], ROW[:1]),
    ],
)
def test_headings_have_text_below_them(lines: list[str], probability: list[float], headings: list[str]) -> None:
    document = segment("\n".join(lines))
    size = len(lines)
    nothing = Evidence(np.full(size, -1, np.int32), np.full(size, -1, np.int8), np.zeros(size, bool), ())
    draft = Draft(document, shapes(Lines([document])), nothing, Names(RuleBook([])))
    mark_headings(draft, np.array(probability, np.float32), 0.35)
    assert [lines[line] for line in draft.lines_of(Role.HEADING)] == headings


@pytest.mark.parametrize(
    ("menu", "blank", "headings"),
    [(0, "\n\n", ["What is needed"]), (0, "\n", []), (40, "\n\n", [])],
    ids=["alone", "among others", "on a page that is mostly menu"],
)
def test_a_line_alone_in_a_text_that_stays_needs_less(menu: int, blank: str, headings: list[str]) -> None:
    above = ["Movers in Ashby"] * menu
    below = ["4 trout, cleaned", "80 g butter", "1 lemon", "2 tbsp flour", PROSE]
    lines = [*above, PROSE, "What is needed", *below]
    document = segment("\n".join([*above, PROSE]) + blank + "What is needed" + blank + "\n".join(below))
    size = len(lines)
    nothing = Evidence(np.full(size, -1, np.int32), np.full(size, -1, np.int8), np.zeros(size, bool), ())
    draft = Draft(document, shapes(Lines([document])), nothing, Names(RuleBook([])))
    for line in range(menu):
        draft.say(line, Role.NAVIGATION, "model.remove")
    probability = np.zeros(size, np.float32)
    probability[menu + 1] = 0.3
    mark_headings(draft, probability, 0.35)
    assert [lines[line] for line in draft.lines_of(Role.HEADING)] == headings


def test_the_model_for_headings_changes_headings_and_takes_nothing_out() -> None:
    cleaner = build_cleaner(settings.load())
    documents = [segment(path.read_text("utf-8")) for path in sorted(SAMPLES.glob("*.txt")) if ".cp" not in path.name]
    models, found, kept = cleaner.decider.models, [], []
    for used in (Models(text=models.text), models):
        cleaner.decider.models = used
        articles = [result.article for result in cleaner.clean(documents) if isinstance(result, Cleaned)]
        found.append([[heading.text for heading in article.headings] for article in articles])
        kept.append([article.text.split() for article in articles])
    assert found[0] != found[1]
    assert kept[0] == kept[1]
