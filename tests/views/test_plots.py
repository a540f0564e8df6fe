"""Plots of reports: what is drawn is what was counted, inside the drawing."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from cleancopy.views.plots import bars, histogram

SVG = "{http://www.w3.org/2000/svg}"


def read(plot: str) -> tuple[list[dict[str, float]], list[str], float, float]:
    """The boxes, the texts, and the size of the drawing."""
    root = ET.fromstring(plot)
    boxes = [
        {name: float(box.attrib[name]) for name in ("x", "y", "width", "height")} for box in root.iter(f"{SVG}rect")
    ]
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for text in root.iter(f"{SVG}text"):
        assert 0 <= float(text.attrib["x"]) <= width
        assert 0 <= float(text.attrib["y"]) <= height
    for box in boxes:
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width + 0.1
        assert box["y"] + box["height"] <= height + 0.1
    return boxes, [text.text or "" for text in root.iter(f"{SVG}text")], width, height


def test_bars_are_as_long_as_their_counts() -> None:
    boxes, texts, _, _ = read(bars([("en", 4000), ("de", 1000), ("und", 0)], "Articles"))
    assert [box["width"] for box in boxes] == pytest.approx([boxes[0]["width"], boxes[0]["width"] / 4, 0], abs=0.1)
    assert texts == ["en", "4,000", "de", "1,000", "und", "0"]


def test_names_are_data() -> None:
    boxes, texts, _, _ = read(bars([('<b a="1">& </svg>', 3), ("n" * 300, 1), ("日本" * 9, 2)], '"><script>'))
    assert texts[0] == '<b a="1">& </svg>'
    assert boxes[0]["width"] > 50
    assert "<script>" not in bars([("a", 1)], '"><script>')


def test_nothing_is_drawn_too() -> None:
    assert read(bars([("none", 0)], "Sites"))[1] == ["none", "0"]
    assert len(read(histogram([0, 0], [0, 1, 2], [(0, "0"), (2, "2")], "Words"))[0]) == 2


@pytest.mark.parametrize(("most", "ticks"), [(1, 1), (3, 3), (4, 4), (7, 4), (12, 3), (99, 2), (1234, 3), (10**6, 2)])
def test_ticks_are_round_numbers_that_reach_the_highest_bar(most: int, ticks: int) -> None:
    boxes, texts, _, _ = read(
        histogram([most, most // 2, 0], [0, 10, 100, 1000], [(10, "10"), (1000, "1,000")], "Words")
    )
    scale = [int(text.replace(",", "")) for text in texts[:-2]]
    assert scale[0] == 0
    assert scale[-1] >= most
    assert len(scale) - 1 == ticks
    assert [box["height"] for box in boxes[:2]] == pytest.approx(
        [boxes[0]["height"], boxes[0]["height"] * (most // 2) / most], abs=0.1
    )


def test_ticks_lie_where_their_values_do() -> None:
    plot = ET.fromstring(histogram([1, 1], [0, 10, 100], [(0, "0"), (10, "10"), (55, "55")], "Words"))
    at = {
        text.text: float(text.attrib["x"]) for text in plot.iter(f"{SVG}text") if text.attrib["text-anchor"] == "middle"
    }
    assert at["55"] - at["10"] == pytest.approx((at["10"] - at["0"]) / 2, abs=0.2)


def test_the_same_figures_give_the_same_bytes() -> None:
    assert bars([("en", 2)], "Articles") == bars([("en", 2)], "Articles")
