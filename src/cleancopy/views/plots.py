"""Plots as inline SVG that follows the page's colours, light or dark. The same figures give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width

from markupsafe import Markup

_WIDTH, _SIZE = 331.0, 8.5
"""Of a plot, half a wide page or a telephone, and of its letters; in units of the drawing, as all lengths here."""
_LETTER = 0.54 * _SIZE
"""Width of a letter on average, and a little more."""
_ROW, _GAP = 16.0, 4.0
_HEIGHT = 122.0
_Y_TICKS = 4
_STEPS = (1, 2, 5)


def bars(entries: Sequence[tuple[str, int]], label: str) -> Markup:
    """A horizontal bar for each (name, count), the first on top, with its count at its end."""
    left = min(max(_width(name) for name, _ in entries) + _GAP, 0.6 * _WIDTH)
    most = max(1, *(count for _, count in entries))
    room = _WIDTH - left - _width(f"{most:,}") - 2 * _GAP
    parts = []
    for row, (name, count) in enumerate(entries):
        top, long = row * _ROW, room * count / most
        parts += [
            _text(left - _GAP, top + 0.7 * _ROW, name, "end"),
            _box(left, top + 0.16 * _ROW, long, 0.68 * _ROW),
            _text(left + long + _GAP, top + 0.7 * _ROW, f"{count:,}"),
        ]
    return _svg(parts, _ROW * len(entries), label)


def histogram(counts: Sequence[int], edges: Sequence[float], ticks: Sequence[tuple[float, str]], label: str) -> Markup:
    """A bar for each count, between `edges` (one more than counts), equally wide; `ticks` in the unit of the edges."""
    step = _step(max([1, *counts]))
    highest = -(-max([1, *counts]) // step) * step
    left, floor, roof = _width(f"{highest:,}") + 2 * _GAP, _HEIGHT - 2 * _SIZE, _SIZE
    wide = (_WIDTH - left - _width(ticks[-1][1]) / 2) / max(1, len(counts)) if ticks else _WIDTH - left
    parts = [_line(left, floor, _WIDTH, floor), _line(left, roof, left, floor)]
    for value in range(0, highest + 1, step):
        up = floor - (floor - roof) * value / highest
        parts += [_line(left - 3, up, left, up), _text(left - 2 * _GAP + 2, up + 0.35 * _SIZE, f"{value:,}", "end")]
    for index, count in enumerate(counts):
        tall = (floor - roof) * count / highest
        parts.append(_box(left + index * wide, floor - tall, 0.9 * wide, tall))
    for mark, name in ticks:
        at = left + wide * _place(edges, mark)
        parts += [_line(at, floor, at, floor + 3), _text(at, floor + 1.5 * _SIZE, name, "middle")]
    return _svg(parts, _HEIGHT, label)


def _step(most: int) -> int:
    """Between ticks: 1, 2 or 5 times a power of ten, so that there are at most `_Y_TICKS` above zero."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power * _Y_TICKS >= most:
                return step * power
        power *= 10


def _place(edges: Sequence[float], value: float) -> float:
    """Where a value lies among bars of equal width."""
    for index in range(len(edges) - 1):
        if edges[index] <= value <= edges[index + 1]:
            return index + (value - edges[index]) / (edges[index + 1] - edges[index])
    return float(len(edges) - 1)


def _width(text: str) -> float:
    return _LETTER * sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _text(x: float, y: float, text: str, anchor: str = "start") -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(x, y, anchor, text)


def _box(x: float, y: float, width: float, height: float) -> Markup:
    box = '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" style="fill: var(--plot)"/>'
    return Markup(box).format(x, y, width, height)


def _line(x: float, y: float, to_x: float, to_y: float) -> Markup:
    line = '<path d="M{:.1f} {:.1f}L{:.1f} {:.1f}" style="stroke: currentColor; stroke-width: 0.6"/>'
    return Markup(line).format(x, y, to_x, to_y)


def _svg(parts: Sequence[Markup], height: float, label: str) -> Markup:
    size = Markup('viewBox="0 0 {:.1f} {:.1f}" width="{:.1f}pt" height="{:.1f}pt"').format(
        _WIDTH, height, _WIDTH, height
    )
    style = f"font-size: {_SIZE}px; font-family: var(--ui); fill: currentColor"
    opening = Markup('<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{}" {} style="{}">')
    return opening.format(label, size, style) + Markup("").join(parts) + Markup("</svg>")
