"""Whether a text is about code or mark-up: then what looks like a scraper's leftover is what the text shows."""

from __future__ import annotations

import re
from functools import cache

from cleancopy import settings

_SHOWN = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]{1,300}`", re.DOTALL)


def is_about_code(text: str) -> bool:
    """Whether the text names a language of code or mark-up, or has a fenced block or a span of code."""
    return bool(_SHOWN.search(text) or _names().search(text))


@cache
def _names() -> re.Pattern[str]:
    names = settings.read_shipped("strings.toml")["code"]
    return re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, names))})(?!\w)")
