from __future__ import annotations

import numpy as np
import pytest

from cleancopy.census.pages import MOST_LINES, counted, is_prose, lines_of, page_of, site_of


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.news.example.co.uk/a", "example.co.uk"),
        ("http://localhost:8000/a", "localhost"),
        ("http://www.courier.example/a", "courier.example"),
        ("http://[news]/a", None),
        ("http://\ud800/", None),
        ("news/1", None),
        ("", None),
        (None, None),
    ],
)
def test_whose_page_it_is(url: str | None, site: str | None) -> None:
    assert site_of(url) == site


def test_one_address_is_one_number() -> None:
    same = ("http://www.courier.example/a/", "https://courier.example/a", "https://courier.example/a#comments")
    assert len({page_of(url) for url in same}) == 1
    others = ("https://courier.example/A", "https://courier.example/a?page=2", "https://m.courier.example/a")
    assert page_of(same[0]) not in {page_of(url) for url in others}


def test_lines_are_told_by_how_they_read() -> None:
    one, other = lines_of(["• Sign  in »", "Most read", "___"]), lines_of(["SIGN IN", "Most Read:", "***"])
    assert one[:2].tolist() == other[:2].tolist()
    assert one[2] != other[2]


@pytest.mark.parametrize(
    ("line", "prose"),
    [
        ("The council met on Tuesday to decide what should become of the bridge.", True),
        ("“The council met on Tuesday to decide what should become of it all.”", True),
        ("市長は火曜日に三年の工事を経て中心部に新しい図書館を開館したと述べたという。", True),
        ("The council met on Tuesday to decide what should become of the bridge", False),
        ("The council met on Tuesday.", False),
    ],
)
def test_what_reads_as_a_sentence(line: str, prose: bool) -> None:
    assert is_prose(lines_of([line])).tolist() == [prose]


def test_of_an_endless_page_both_ends_count() -> None:
    lines = np.arange(3 * MOST_LINES, dtype=np.uint64)
    found = counted(lines)
    assert len(found) == MOST_LINES
    assert (found[0], found[-1]) == (lines[0], lines[-1])
    assert counted(lines[:MOST_LINES]).tolist() == lines[:MOST_LINES].tolist()
