"""The headings that mark-up names, and what only looks like mark-up."""

from __future__ import annotations

import pytest

from cleancopy.text.headings import marked


@pytest.mark.parametrize(
    ("line", "below", "tag", "rule"),
    [
        ("Sowing in boxes", "", "article.h2", "heading.tag"),
        ("Sowing in boxes", "", "article.p", None),
        ("## Sowing in boxes", "", "", "heading.markdown"),
        ("# sow them in boxes first", "", "article.pre", None),
        ("#sowing", "", "", None),
        ("Sowing in boxes", "===============", "", "heading.underline"),
        ("Sowing in boxes", "===============", "article.pre", None),
        ("**Sowing in boxes**", "", "", "heading.bold"),
        ("**Sow them in boxes.**", "", "", None),
    ],
)
def test_marks(line: str, below: str, tag: str, rule: str | None) -> None:
    mark = marked(line, below, tag)
    assert (mark.rule if mark else None) == rule
