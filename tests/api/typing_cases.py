"""Right and wrong uses of the library, for mypy alone: see `test_types_are_what_they_say`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_type

import cleancopy
from cleancopy import Article, Cleaner, Credit, Explanation, Heading, RecordError, Settings


def right(text: str, page: bytes, rows: list[dict[str, str]]) -> None:
    article = cleancopy.clean(text, url="https://example.org", title=None)
    assert_type(article, Article)
    assert_type(cleancopy.clean(html=page, settings=Settings.load("own.toml")), Article)
    assert_type(article.title, str | None)
    assert_type(article.text, str)
    assert_type(article.credits, tuple[Credit, ...])
    assert_type(article.headings, tuple[Heading, ...])
    assert_type(article.to_dict(), dict[str, Any])
    assert_type(article.to_markdown(), str)
    assert_type(cleancopy.clean_many([text]), Iterator[Article | RecordError])
    for result in Cleaner().clean_many(row for row in rows):
        if isinstance(result, RecordError):
            assert_type(result.reason, str)
        else:
            assert_type(result.language, str)
    assert_type(cleancopy.explain(text), Explanation)
    for line in Cleaner(Settings.load()).explain(html=page, evidence=True, date="2024-05-06"):
        assert_type(line.rule, str)
        assert_type(line.confidence, float)


def wrong(text: str, article: Article) -> None:
    cleancopy.clean(7)  # type: ignore[arg-type]
    cleancopy.clean(text, "https://example.org")  # type: ignore[call-arg]
    cleancopy.clean(text, settings={"clean.model": False})  # type: ignore[arg-type]
    cleancopy.clean_many([7])  # type: ignore[list-item]
    Cleaner().clean(text, address="https://example.org")  # type: ignore[call-arg]
    article.title = "other"  # type: ignore[misc]
    cleancopy.cleen(text)  # type: ignore[attr-defined]
