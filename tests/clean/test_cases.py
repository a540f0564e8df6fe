"""Every gold case through the whole line with the shipped configuration.

A case that is known to fail is in `known-failures.toml` with what is wrong; it must go on failing until that entry
goes, so that nothing gets better or worse unseen.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cleancopy import cleaning
from cleancopy.cleaner import Cleaned
from cleancopy.model import Document, Record
from cleancopy.readers import ReaderOptions, discover, read, split
from cleancopy.repair import KINDS
from cleancopy.text.segment import segment
from cleancopy.text.title_text import flat
from tests.case_files import ANY, Case, load_cases

from .conftest import Make

KNOWN = tomllib.loads((Path(__file__).parent / "known-failures.toml").read_text("utf-8"))
CASES = load_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(model_make: Make, case: Case, request: pytest.FixtureRequest) -> None:
    wrong = list(judge(case, model_make))
    reason = KNOWN.get(case.id)
    if reason is not None:
        assert wrong, f"{case.id} comes out right now: take it out of known-failures.toml ({reason})"
        pytest.xfail(reason)
    assert not wrong, "\n".join(wrong)


def test_known_failures_are_cases() -> None:
    assert set(KNOWN) <= {case.id for case in CASES}


def judge(case: Case, make: Make) -> Iterator[str]:
    """What is wrong with the result, a sentence each."""
    document = document_of(case)
    result = make.cleaner.clean([document])[0]
    if not isinstance(result, Cleaned):
        yield f"rejected: {result}"
        return
    article, text = result.article, result.article.text
    roles = {document.numbers[decision.line]: decision for decision in result.decisions}
    if not case.is_html:
        for line in (*case.lifted, *case.removed):
            decision = roles[line.number]
            kept = decision.role.value in ("body", "heading", "list_item", "quote", "code", "table")
            if kept or (line.role not in (ANY, decision.role.value)):
                text_of = document.lines[decision.line][:60]
                yield f"line {line.number}: {decision.role} by {decision.rule}, not {line.role}: {text_of}"
    if case.title is not None and (article.title or "") != case.title:
        yield f"title: {article.title!r}, not {case.title!r}"
    if case.language is not None and article.language != case.language:
        yield f"language: {article.language}, not {case.language}"
    if case.published is not None:
        stated = "" if article.published is None else article.published.moment.isoformat().replace("+00:00", "Z")
        if not stated.startswith(case.published) if case.published else bool(stated):
            yield f"published: {stated!r}, not {case.published!r}"
    if case.precision is not None and (article.published is None or article.published.precision != case.precision):
        yield f"precision: {article.published and article.published.precision}, not {case.precision}"
    if case.credits is not None:
        yield from _judge_credits(case, result)
    if case.headings is not None:
        got = [heading.text for heading in article.headings]
        if got != [heading.text for heading in case.headings]:
            yield f"headings: {got}, not {[heading.text for heading in case.headings]}"
        else:
            for heading, gold in zip(article.headings, case.headings, strict=True):
                if gold.level is not None and heading.level != gold.level:
                    yield f"heading {gold.text!r}: level {heading.level}, not {gold.level}"
    if case.paragraphs is not None:
        optional = {
            document.lines[decision.line]
            for decision in result.decisions
            if document.numbers[decision.line] in case.open
        }
        got = [block for block in text.split("\n\n") if block not in optional]
        for missing in [paragraph for paragraph in case.paragraphs if paragraph not in got]:
            yield f"lost: {missing[:80]!r}"
        for extra in [block for block in got if block not in case.paragraphs]:
            yield f"extra: {extra[:80]!r}"
    for piece in case.text_contains:
        if piece not in text:
            yield f"text lacks {piece!r}"
    for piece in case.text_excludes:
        if piece in text:
            yield f"text holds {piece!r}"


def _judge_credits(case: Case, result: Cleaned) -> Iterator[str]:
    gold = case.credits or ()
    found = list(result.article.credits)
    for credit in gold:
        match = next(
            (
                each
                for each in found
                if each.role.value == credit.role
                and (credit.name is None or flat(each.name) == flat(credit.name))
                and (credit.domain is None or each.domain == credit.domain)
            ),
            None,
        )
        if match is None:
            yield f"credit missing: {credit}; there are {[(c.role.value, c.name, c.domain) for c in found]}"
        else:
            found.remove(match)
    judged = {credit.role for credit in gold}
    for credit in found:
        if not gold or credit.role.value in judged:
            yield f"credit too many: {credit}"


def document_of(case: Case) -> Document:
    if case.raw is not None:
        return segment(case.raw, url=case.url)
    assert case.source is not None
    options = ReaderOptions()
    (file,) = discover([str(case.source)], options)
    (record,) = [record for part in split(file, 1 << 30) for record in read(part, options, {})]
    assert isinstance(record, Record)
    return cleaning.document_of(replace(record, url=case.url or record.url), KINDS)
