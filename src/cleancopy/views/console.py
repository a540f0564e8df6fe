"""The terminal: all that commands print of data goes through here, and is cleaned on its way."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from rich.console import Console as RichConsole
from rich.console import ConsoleOptions, RenderableType
from rich.segment import Segment

from cleancopy.shown import shown

PAGE = 120
"""Columns of what is laid out side by side or across the page where there is no terminal."""
_UNCUT = 100_000


class Console(RichConsole):
    """Rich's console, which prints no control character but its own, and cuts and wraps lines for terminals alone."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, **options)
        if not self.is_terminal and not os.environ.get("COLUMNS"):
            self.width = _UNCUT

    @property
    def page(self) -> int:
        """Columns for what fills its line."""
        return min(self.width, PAGE) if self.width == _UNCUT else self.width

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(shown(segment.text), segment.style)
