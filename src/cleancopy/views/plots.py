"""Plots as inline SVG that follows the page's colours, light or dark. The same figures give the same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cleancopy.errors import ConfigurationError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK, _MARK = "#010203", "#040506"
"""Stand-ins that no plot uses otherwise; the page's own colours take their place."""
_WIDTH = 4.6
"""Inches; at 72 points an inch a plot fills half a wide page, or a telephone."""
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "cleancopy",
    "font.size": 8.5,
    "font.family": "sans-serif",
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
}


def bars(entries: Sequence[tuple[str, int]], label: str) -> Markup:
    """A horizontal bar for each (name, count), the first on top, with its count at its end."""

    def draw(axes: Axes) -> None:
        names, counts = [name for name, _ in entries], [count for _, count in entries]
        drawn = axes.barh(range(len(entries)), counts, color=_MARK, height=0.68)
        axes.bar_label(drawn, [f"{count:,}" for count in counts], padding=3, fontsize=8)
        axes.set_yticks(range(len(entries)), names, parse_math=False)
        axes.set_ylim(len(entries) - 0.5, -0.5)
        axes.margins(x=0.16)
        axes.set_xticks([])
        axes.tick_params(left=False)
        axes.spines[["left", "bottom"]].set_visible(False)

    return _svg(draw, 0.22 * len(entries) + 0.15, label)


def histogram(counts: Sequence[int], edges: Sequence[float], ticks: Sequence[tuple[float, str]], label: str) -> Markup:
    """A bar for each count, between `edges` (one more than counts), equally wide; `ticks` in the unit of the edges."""

    def draw(axes: Axes) -> None:
        from matplotlib.ticker import MaxNLocator

        axes.bar(range(len(counts)), counts, width=0.9, align="edge", color=_MARK)
        axes.set_xticks([_place(edges, value) for value, _ in ticks], [name for _, name in ticks])
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")

    return _svg(draw, 1.7, label)


def _place(edges: Sequence[float], value: float) -> float:
    """Where a value lies among bars of equal width."""
    for index in range(len(edges) - 1):
        if edges[index] <= value <= edges[index + 1]:
            return index + (value - edges[index]) / (edges[index + 1] - edges[index])
    return float(len(edges) - 1)


def _svg(draw: Callable[[Axes], None], height: float, label: str) -> Markup:
    try:
        from matplotlib import rc_context
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise ConfigurationError("reports are drawn with matplotlib: install cleancopy[report]") from None
    with rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Format": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*">', "<g>", svg)
    svg = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px; font-family: var(--ui)", svg)
    svg = svg.replace(_INK, "currentColor").replace(_MARK, "var(--plot)")
    return Markup(svg.replace("<svg", Markup('<svg role="img" aria-label="{}"').format(label), 1))
