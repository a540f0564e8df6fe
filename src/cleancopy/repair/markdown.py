r"""Text with the backslashes by which converters from HTML to Markdown keep a sign from being read as one of Markdown
(`17\. Dezember 2024`, `snake\_case`).

Before signs that Markdown reads only at the start of a line they are undone wherever they stand; before others where
each backslash of the text is one of these, and the text is not about code or formulas, which write them too (`\[0-9\]`,
`\(x\)`).
"""

from __future__ import annotations

import re

from cleancopy.repair.code import is_about_code

_AT_START = re.compile(r"(?:(?<=\d)\\(?=[.)](?!\S))|(?<!\S)\\(?=[-+*>#](?!\S)))")
"""Before what would number a list, or mark an item, a heading or a quotation."""
_ANYWHERE = re.compile(r"\\(?=[-.!#*_()\[\]{}<>~|`&+])")
_FORMULA = re.compile(r"\$[^$\n]+\$|\\\([^\n]*?\\\)|\\\[[^\n]*[=^_+][^\n]*?\\\]")


def without_escapes(text: str) -> str | None:
    """The text with each escaped sign as itself; None where it has none."""
    if "\\" not in text:
        return None
    undone = _AT_START.sub("", text)
    if (
        "\\" in undone
        and undone.count("\\") == len(_ANYWHERE.findall(undone))
        and not _FORMULA.search(undone)
        and not is_about_code(undone)
    ):
        undone = _ANYWHERE.sub("", undone)
    return None if undone == text else undone
