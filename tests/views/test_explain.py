"""Explanations: every line once, the same article, and pages that no text can break."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from cleancopy.assembly import build_cleaner
from cleancopy.cleaner import Cleaned, Cleaner
from cleancopy.cleaning import Cleaning
from cleancopy.cli import app
from cleancopy.dataset.figures import figures
from cleancopy.errors import SourceError
from cleancopy.languages import Language
from cleancopy.linemodel.features import FEATURES, HTML_FEATURES
from cleancopy.model import ROLES, Document, Record, Reject, Role
from cleancopy.readers import Part
from cleancopy.rules import RulePack, Strength
from cleancopy.runs.direct import run_direct
from cleancopy.settings import load
from cleancopy.text.segment import segment
from cleancopy.views import drawn
from cleancopy.views.diff import ChangedLine, Difference, compare, diff_html
from cleancopy.views.explain_html import explain_html
from cleancopy.views.explanation import ExplainedLine, explain_document, outcome
from cleancopy.views.inspect import Filter, rows
from cleancopy.views.page import percent
from cleancopy.views.sample import documents
from cleancopy.views.terminal import diff_terminal, explain_terminal
from cleancopy.views.words import EVIDENCE, evidence_words, fact_words
from tests.readers.files import jsonl, warc, wet
from tests.views.conftest import HOSTILE, QUICK, RAW
from tests.views.pages import check_page

TEXTS = sorted(RAW.glob("*.txt"))


def read(path: Path) -> Document:
    return segment(path.read_bytes().decode("utf-8", "replace"))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_explaining_is_cleaning(cleaner: Cleaner, path: Path) -> None:
    document = read(path)
    cleaned, explanation = cleaner.clean([document])[0], explain_document(cleaner, document)
    assert isinstance(cleaned, Cleaned)
    assert explanation.article == cleaned.article
    assert explanation.signals == pytest.approx(cleaned.signals, nan_ok=True)
    counted = [line.outcome for line in explanation]
    article = cleaned.article
    assert (counted.count("kept"), counted.count("lifted"), counted.count("removed")) == (
        article.lines_kept,
        article.lines_lifted,
        article.lines_removed,
    )
    for line in explanation:
        if line.rule in {match.rule.id for match in cleaner.decider.book.match(line.text)}:
            assert line.rule in line.heard


def test_every_role_has_an_outcome() -> None:
    assert {outcome(role) for role in ROLES} == {"kept", "lifted", "removed"}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_page_holds_every_line_and_the_article(cleaner: Cleaner, path: Path) -> None:
    explanation = explain_document(cleaner, read(path))
    html = explain_html(explanation, path.name)
    page = check_page(html)
    entries = [attributes for _, attributes in page.elements if attributes.get("role") == "treeitem"]
    assert [int(each["data-line"] or "") for each in entries] == list(explanation.document.numbers)
    for line in explanation:
        assert line.text in page.text
    assert explanation.article is not None
    for block in explanation.article.blocks:
        for line in block.text.split("\n"):
            assert page.text.casefold().count(line.casefold()) >= 2  # headings lose their capitals
    assert html == explain_html(explain_document(cleaner, read(path)), path.name)


def test_page_knows_why_of_every_line() -> None:
    """What a line's details are made of stands in the page as data."""
    explanation = explain_document(build_cleaner(load()), read(RAW / "en-whole-page.txt"), evidence=True)
    [data] = check_page(explain_html(explanation, "x")).data
    details = json.loads(data)
    for line in explanation:
        found = details["lines"].get(str(line.number), {})
        assert found.get("heard", []) == list(line.heard)
        assert found.get("states", []) == [fact_words(fact) for fact in line.facts]
        shown = [(details["evidence"][at], width > 0) for at, width in found.get("evidence", [])]
        assert shown == [(evidence_words(name), weight > 0) for name, weight in line.evidence]
        widths = [abs(width) for _, width in found.get("evidence", [])]
        assert widths == sorted(widths, reverse=True)
        assert widths[:1] in ([], [100])
        assert details["rules"][line.rule]


def test_words_are_those_of_inputs_of_the_model() -> None:
    inputs = {*FEATURES, *HTML_FEATURES, "neighbours"}
    assert set(EVIDENCE) <= inputs
    words = [evidence_words(name) for name in sorted(inputs)]
    assert len(set(words)) == len(words)


def test_hostile_text_is_text(cleaner: Cleaner) -> None:
    explanation = explain_document(cleaner, segment(HOSTILE, url="https://x.example/"))
    page = check_page(explain_html(explanation, "<script>origin</script>"))
    for line in HOSTILE.splitlines():
        assert line in page.text
    assert "{{ 7 * 7 }}" in page.text


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(codec="utf-8") | st.sampled_from("<>&\"'\n{}%"), min_size=1, max_size=400))
def test_no_text_breaks_a_page(text: str) -> None:
    check_page(explain_html(explain_document(_quick(), segment(text)), text))


def _quick(made: list[Cleaner] = []) -> Cleaner:  # noqa: B006 - hypothesis wants no fixture of the session
    if not made:
        made.append(build_cleaner(load(overrides=QUICK)))
    return made[0]


def test_refused_document_still_shows_its_article(cleaner: Cleaner) -> None:
    strict = build_cleaner(load(overrides={**QUICK, "filter.expression": "words > 1000000"}))
    document = read(RAW / "en-short.txt")
    explanation = explain_document(strict, document)
    assert explanation.refused is not None
    assert "filter.signals" in explanation.refused
    whole = explain_document(cleaner, document).article
    assert whole is not None
    assert explanation.article is not None
    assert explanation.article.text == whole.text
    assert explanation.refused in check_page(explain_html(explanation, "x")).text


def test_model_says_what_it_went_by() -> None:
    explanation = explain_document(build_cleaner(load()), read(RAW / "en-whole-page.txt"), evidence=True)
    judged = [line for line in explanation if line.rule == "model.remove"]
    assert judged
    for line in judged:
        weights = [abs(weight) for _, weight in line.evidence]
        assert weights
        assert weights == sorted(weights, reverse=True)
    assert all(not line.evidence for line in explanation if line.rule.startswith("en."))


def test_difference_names_exactly_what_changes(cleaner: Cleaner) -> None:
    packs = [
        pack.model_copy(update={"rule": tuple(rule for rule in pack.rule if rule.id != "en.related.header")})
        for pack in cleaner.decider.book.packs
    ]
    other = build_cleaner(load(overrides=QUICK), languages(packs))
    document = read(RAW / "en-republished.txt")
    [same] = compare(cleaner, cleaner, [("a", document)])
    assert same.lines == ()
    [difference] = compare(cleaner, other, [("a", document)])
    assert difference.lines
    assert {line.before.rule.split("/")[0] for line in difference.lines} == {"en.related.header"}
    assert any(line.moved for line in difference.lines)
    assert difference.title
    assert same.title == ""
    page = check_page(diff_html([same, difference], "<b>before</b>"))
    assert all(line.before.text in page.text for line in difference.lines)
    assert page.text.index(difference.title) < page.text.index(difference.lines[0].before.text)


def test_lines_that_only_another_rule_decides_are_folded() -> None:
    line = ExplainedLine(1, "A line.", Role.BODY, "model.keep", 0.9, "kept")
    renamed = ChangedLine(line, replace(line, rule="a.b.renamed"))
    moved = ChangedLine(replace(line, text="Another."), replace(line, rule="a.b.moved", outcome="removed"))
    both = Difference("file:///in/a.txt", (moved, renamed, renamed), "Bees")
    page = diff_html([both, Difference("file:///in/b.txt", (moved,))], "x")
    assert page.index("Bees") < page.index("Another.") < page.index("<details>") < page.index("A line.")
    assert page.count("<details>") == 1
    assert "2 lines only with another rule or role" in page
    assert '<h2 dir="auto">/in/b.txt</h2>' in page
    console = Console(width=120, file=io.StringIO())
    diff_terminal([both], 1, console)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert shown.index("Bees") < shown.index("/in/a.txt") < shown.index("Another.") < shown.index("and 2 lines only")
    assert "A line." not in shown


def test_page_of_a_great_change_stays_readable(cleaner: Cleaner) -> None:
    lines = [ExplainedLine(n, f"Line {n}.", Role.BODY, "model.keep", 0.9, "kept") for n in range(1, 901)]
    renamed = tuple(ChangedLine(line, replace(line, rule="a.b.renamed")) for line in lines)
    moved = tuple(ChangedLine(line, replace(line, rule="a.b.moved", outcome="removed")) for line in lines)
    differences = [Difference("first", renamed), *(Difference(f"moved {n}", moved) for n in range(3))]
    page = check_page(diff_html(differences, "x"))
    assert page.text.count("Line 7.") == 2  # of two documents: with them a thousand lines are full
    assert "moved 1" in page.text
    assert "2 more documents" in page.text
    assert "2,700" in page.text
    assert "first" not in page.text
    console = Console(width=120, file=io.StringIO())
    diff_terminal(differences, len(differences), console)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert shown.count("Line 7.") == 1
    assert "and 2 more documents" in shown
    assert "4 of 4 documents change: 2,700 lines end elsewhere, 900 only have another rule or role" in shown


def languages(packs: Sequence[RulePack]) -> list[Language]:
    return [Language.parse(pack.model_dump(mode="json"), pack.language) for pack in packs]


def test_difference_of_packs_is_found_without_deciding_all(cleaner: Cleaner) -> None:
    """Documents about whose lines both packs say the same are not decided; what is found is the same."""
    changed = {"en.related.header": {"strength": Strength.HINT}, "en.share.call": {"role": Role.LEGAL}}
    packs = [
        pack.model_copy(update={"rule": tuple(rule.model_copy(update=changed.get(rule.id, {})) for rule in pack.rule)})
        for pack in cleaner.decider.book.packs
    ]
    other = build_cleaner(load(overrides=QUICK), languages(packs))
    documents = [(path.stem, read(path)) for path in TEXTS]
    found = list(compare(cleaner, other, documents, rules_only=True))
    assert found == list(compare(cleaner, other, documents))
    assert 0 < sum(bool(difference.lines) for difference in found) < len(found)
    lexicon = [packs[0].model_copy(update={"lexicon": {"share": ("zorb",)}}), *packs[1:]]
    other = build_cleaner(load(overrides=QUICK), languages(lexicon))
    assert list(compare(cleaner, other, documents, rules_only=True)) == found


TIDES = [
    f"The tide of day {day} rose late.\n" + f"Nobody on the pier had seen it. It was high. {day} " * 9
    for day in range(60)
]
SOURCES: dict[str, tuple[Callable[[], bytes], int]] = {
    "tides.jsonl": (lambda: jsonl(TIDES), 5),
    "tides.warc": (lambda: b"".join(warc(TIDES)), 5),
    "tides.wet.gz": (lambda: b"".join(map(gzip.compress, wet(TIDES))), 5),
    "tides.parquet": (lambda: table(TIDES, rows=4), 5 * 4),
    "one-stream.wet.gz": (lambda: gzip.compress(b"".join(wet(TIDES))), len(TIDES)),
    "tides.jsonl.gz": (lambda: gzip.compress(jsonl(TIDES)), len(TIDES)),
}
"""Source → its bytes, and how many records may be read to get five of them."""


def table(texts: list[str], rows: int) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"text": texts}), buffer, row_group_size=rows)
    return buffer.getvalue()


@pytest.mark.parametrize("name", SOURCES)
def test_sample_reads_little_of_its_sources(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write, most = SOURCES[name]
    source, out, chosen = tmp_path / "in" / name, tmp_path / "out", load(overrides=QUICK)
    source.parent.mkdir()
    source.write_bytes(write())
    run_direct([str(source)], out, chosen)
    assert figures(out).articles == len(TIDES)
    seen: list[int] = []
    read_part = Cleaning.read

    def counted(self: Cleaning, part: Part, skipped: Counter[str]) -> Iterator[Record | Reject]:
        for record in read_part(self, part, skipped):
            seen.append(record.position)
            yield record

    monkeypatch.setattr(Cleaning, "read", counted)
    monkeypatch.setattr(drawn, "_CUT_BYTES", 1 << 10)
    found = [document for _, document in documents(str(out), chosen, 5)]
    articles = rows(out, "articles", Filter(), len(TIDES), columns=("doc_id", "text"))
    smallest = sorted(articles, key=lambda row: row["doc_id"])[:5]
    assert all(isinstance(document, Document) for document in found)
    assert {document.lines[-1] for document in found if isinstance(document, Document)} == {
        row["text"].splitlines()[-1] for row in smallest
    }
    assert len(seen) <= most


def test_difference_over_a_dataset_reads_its_sources_again(dataset: Callable[[str], Path], tmp_path: Path) -> None:
    root, chosen = dataset("none"), load(overrides=QUICK)
    drawn = list(documents(str(root), chosen, 10))
    assert len(drawn) == 10
    assert all(isinstance(document, Document) for _, document in drawn)
    assert [origin for origin, _ in drawn] == [origin for origin, _ in documents(str(root), chosen, 10)]
    assert len(list(documents(str(root), chosen, 10**6))) == figures(root).articles


def test_command_line(tmp_path: Path) -> None:
    run = CliRunner().invoke
    quick = ["--set", "clean.model=false"]
    source = str(RAW / "en-republished.txt")
    shown = run(app, ["explain", source, "--full", *quick])
    assert shown.exit_code == 0, shown.output
    assert "✕" in shown.output
    assert "en.related.header/list" in shown.output
    plain = json.loads(run(app, ["explain", source, "--json", *quick]).stdout)
    assert len(plain["lines"]) == len(read(Path(source)))
    assert plain["article"]["text"]
    page = tmp_path / "out.html"
    assert run(app, ["explain", "-", "--html", str(page), *quick], input=HOSTILE).exit_code == 0
    check_page(page.read_text())
    other = tmp_path / "other.toml"
    other.write_text("[clean]\npacks = ['common']\n")
    compared = run(app, ["explain", str(RAW), "--diff", str(other), "--sample", "5", *quick])
    assert compared.exit_code == 0, compared.output
    assert "of 5 documents change" in compared.output
    both = ["explain", str(RAW), "--diff", str(other), "--sample", "5", *quick, "--diff"]
    assert "0 of 5 documents change" in run(app, [*both, str(other)]).output
    assert "given 3 times" in str(run(app, [*both, str(other), "--diff", str(other)]).exception)
    bad = run(app, ["explain", str(RAW.parent / "bad" / "binary.txt"), *quick])
    assert isinstance(bad.exception, SourceError)
    assert "binary.txt: format.binary" in str(bad.exception)
    third = run(app, ["explain", str(RAW / "articles.jsonl"), "--record", "3", "--json", *quick])
    assert json.loads(third.stdout)["article"]["language"] == "de"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0%"), (1, "100%"), (0.5, "50%"), (0.0123, "1.2%"), (0.00001, "0.1%"), (0.9979, "99.8%"), (0.99999, "99.9%")],
)
def test_shares_never_round_to_none_or_all(share: float, text: str) -> None:
    assert percent(share) == text


def test_differences_are_the_same_in_any_batch(cleaner: Cleaner) -> None:
    other = build_cleaner(load(overrides={**QUICK, "clean.packs": ["common"]}))
    documents = [*((path.stem, read(path)) for path in TEXTS), ("nothing", segment("\n \n"))]
    together = list(compare(cleaner, other, documents))
    assert together == [next(iter(compare(cleaner, other, [each]))) for each in documents]
    assert [difference.origin for difference in together] == [origin for origin, _ in documents]
    assert sum(bool(difference.lines) for difference in together) > 5


def test_two_packs_are_compared_with_each_other(tmp_path: Path) -> None:
    """Neither need be the shipped one."""
    for name, phrase in (("old", "zorb the page"), ("new", "zorb a page")):
        (tmp_path / f"{name}.toml").write_text(
            f'language = "en"\n[[rule]]\nid = "en.share.{name}"\nrole = "share"\nphrases = ["{phrase}"]\n'
            f'hits = ["{phrase}"]\nmisses = ["a zorb"]\n'
        )
    page = tmp_path / "page.txt"
    page.write_text("A heading of the page\n\nZorb the page\n\nZorb a page\n\nShare this page\n")
    packs = [option for name in ("old", "new") for option in ("--diff", str(tmp_path / f"{name}.toml"))]
    shown = CliRunner().invoke(app, ["explain", str(page), *packs, "--set", "clean.model=false"]).output
    assert "✕→✓ Zorb the page" in shown
    assert "✓→✕ Zorb a page" in shown
    assert "Share this page" not in shown


def test_terminal_has_the_colours_and_marks_of_the_page(cleaner: Cleaner) -> None:
    explanation = explain_document(cleaner, read(RAW / "en-republished.txt"))
    console = Console(force_terminal=True, color_system="standard", width=120, file=io.StringIO(), highlight=False)
    explain_terminal(explanation, console, full=False)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "\x1b[31m✕" in shown
    assert "\x1b[34m▲" in shown
    assert "✓" in shown
