"""Datasets looked into: the card's own code loads them, and figures, rows and reports agree with the receipts."""

from __future__ import annotations

import ast
import json
import re
import resource
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cleancopy.cli import app
from cleancopy.dataset import card
from cleancopy.dataset.figures import Figures, figures, figures_of
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.overview import FILTERS, Overview, overview, sections
from cleancopy.dataset.receipts import recorded, total
from cleancopy.dataset.row_groups import RowGroup, Slice, slices
from cleancopy.dataset.sinks import SINKS
from cleancopy.describe.signals import SIGNALS
from cleancopy.errors import ConfigurationError
from cleancopy.runs.direct import run_direct
from cleancopy.settings import load
from cleancopy.views.inspect import Filter, overlaps, rows, samples
from cleancopy.views.report import drift, shares, write_report
from tests.views.conftest import HOSTILE, QUICK, RAW
from tests.views.pages import check_page

PARTITIONS = ("none", "language", "month")
Make = Callable[..., Path]
READERS = [(form, name) for form, sink in SINKS.items() for name in sink.loaders if name != "Spark"]


@pytest.mark.parametrize("partition_by", PARTITIONS)
@pytest.mark.parametrize(("form", "reader"), READERS)
def test_code_of_the_card_loads_every_article(
    dataset: Make, form: str, reader: str, partition_by: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = dataset(partition_by, form)
    code = SINKS[form].loaders[reader]
    assert code in (root / "README.md").read_text()
    monkeypatch.chdir(root)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path)
    names: dict[str, Any] = {}
    exec(code, names)
    articles = names["articles"]
    expected = total(recorded(Layout.at(root)).values())
    if reader == "DuckDB":
        found = [row[0] for row in articles.select("doc_id").fetchall()]
        languages = [row[0] for row in articles.select("language").fetchall()]
    else:
        found, languages = list(articles["doc_id"]), [str(tag) for tag in articles["language"]]
    assert len(found) == expected.articles == len(set(map(str, found)))
    assert Counter(languages) == expected.languages
    if reader in FILTERS:
        assert FILTERS[reader] in (root / "README.md").read_text()
        exec(FILTERS[reader], names)
        wanted = [row for row in rows(root, "articles", Filter(language="en"), 10**6) if row["signals"]["words"] >= 50]
        assert 0 < len(names["good"]) == len(wanted) < len(found)


@pytest.mark.parametrize("form", SINKS)
def test_card_says_what_the_articles_hold(dataset: Make, form: str) -> None:
    root = dataset("none", form)
    text, found = (root / "README.md").read_text(), figures(root)
    for signal in SIGNALS:
        assert f"| `{signal.name}` |" in text
    assert f"{found.words_total:,} words. {found.duplicates:,} articles have the text of an earlier one" in text
    tables = {title: dict(re.findall(r"(?m)^\| ([^|`]+) \| ([\d,]+) \|$", part)) for title, part in parts(text).items()}
    for title in ("Lengths", "Dates", "Sites"):
        assert len(tables[title]) > 1, title
    for title in ("Lengths", "Dates"):
        assert sum(int(count.replace(",", "")) for count in tables[title].values()) == found.articles, title
    samples = [json.loads(block) for block in re.findall(r"(?s)````*json\n(.*?)\n````*\n", parts(text)["Two rows"])]
    firsts = rows(root, "articles", Filter(), 2)
    assert [(row["doc_id"], row["signals"]["words"], [*row]) for row in samples] == [
        (row["doc_id"], row["signals"]["words"], [*row]) for row in firsts
    ]


def parts(text: str) -> dict[str, str]:
    """Heading → what stands below it."""
    return {part.partition("\n")[0]: part for part in text.split("\n## ")}


def test_a_row_of_the_card_cannot_end_its_block() -> None:
    hostile = {"text": "a\n```\n# b\n````\n" + "x" * 300, "tags": ["a", "b", "c"], "share": 0.9599999785423279}
    (block,) = [each for each in sections(Overview(Figures(articles=1), [hostile])) if "# b" in each]
    fence, _, rest = block.partition("json\n")
    assert len(fence) > 4
    assert rest.count(fence) == 1
    row = json.loads(rest.partition(fence)[0])
    assert (len(row["text"]), row["tags"], row["share"]) == (201, ["a", "b", "…"], 0.96)


def test_card_of_a_damaged_dataset_says_less(dataset: Make, tmp_path: Path) -> None:
    shutil.copytree(dataset("none"), tmp_path / "copy")
    assert overview(tmp_path / "copy") is not None
    next((tmp_path / "copy" / "articles").iterdir()).write_text("x")
    assert overview(tmp_path / "copy") is None


def test_months_hold_articles_without_a_date(dataset: Make) -> None:
    """So that every reader above has met a partition without a value."""
    assert (dataset("month") / "articles" / "month=unknown").is_dir()


@pytest.mark.parametrize(("form", "method"), [("parquet", "parquet"), ("jsonl", "json")])
def test_spark_line_is_python_that_names_the_articles(form: str, method: str) -> None:
    [line] = ast.parse(SINKS[form].loaders["Spark"]).body
    assert isinstance(line, ast.Assign)
    assert ast.unparse(line.value) == f"spark.read.{method}('articles')"


@pytest.mark.skipif(
    find_spec("pyspark") is None or shutil.which("java") is None,
    reason="Spark needs Java and pyspark (400 MB), which the lock leaves out",
)
@pytest.mark.parametrize("partition_by", PARTITIONS)
def test_spark_loads_every_article(dataset: Make, partition_by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spark = import_module("pyspark.sql").SparkSession.builder.master("local[1]").getOrCreate()
    monkeypatch.chdir(dataset(partition_by))
    names: dict[str, Any] = {"spark": spark}
    exec(SINKS["parquet"].loaders["Spark"].replace('"articles"', f'"{Path("articles").resolve()}"'), names)
    rows = names["articles"].select("doc_id", "language").collect()
    expected = total(recorded(Layout.at(dataset(partition_by))).values())
    assert Counter(row["language"] for row in rows) == expected.languages


@pytest.mark.parametrize(("partition_by", "form"), [*((each, "parquet") for each in PARTITIONS), ("none", "jsonl")])
def test_hugging_face_finds_all_three_tables(
    dataset: Make, partition_by: str, form: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from datasets import load_dataset

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    root = dataset(partition_by, form)
    counts = total(recorded(Layout.at(root)).values())
    expected = {
        "articles": counts.articles,
        "removed": counts.lines_lifted + counts.lines_removed,
        "rejected": counts.rejected.total(),
    }
    for name, number in expected.items():
        found = load_dataset(str(root), name, cache_dir=str(tmp_path))
        assert found["train"].num_rows == number, name
    assert load_dataset(str(root), cache_dir=str(tmp_path))["train"].num_rows == counts.articles


def test_front_matter_is_yaml(dataset: Make) -> None:
    receipts = recorded(Layout.at(dataset("none")))
    for receipt in receipts.values():
        receipt.counts.languages["no"] += 1  # YAML 1.1 reads a bare `no` as false
    text = card.render(receipts, SINKS["parquet"], None)
    front = yaml.safe_load(text.split("---\n")[1])
    assert {"en", "no"} <= set(front["language"])
    assert "und" not in front["language"]
    assert [each["config_name"] for each in front["configs"]] == ["articles", "removed", "rejected"]
    assert card.render(receipts, SINKS["parquet"], None) == text


@pytest.mark.parametrize("partition_by", PARTITIONS)
def test_figures_are_those_of_the_receipts(dataset: Make, partition_by: str) -> None:
    root = dataset(partition_by)
    counts, found = total(recorded(Layout.at(root)).values()), figures(root)
    assert (found.articles, found.lines_total, found.lines_kept) == (
        counts.articles,
        counts.lines_total,
        counts.lines_kept,
    )
    assert (found.lines_lifted, found.lines_removed) == (counts.lines_lifted, counts.lines_removed)
    assert (found.roles, found.languages, found.reasons) == (counts.roles, counts.languages, counts.rejected)
    assert found.rules.total() == counts.roles.total()
    assert found.words.sum() == found.kept_share.sum() == counts.articles
    assert 0 < found.titled <= found.articles
    articles = rows(root, "articles", Filter(), 10**6)
    assert found.duplicates == len(articles) - len({row["text"] for row in articles})
    assert found.years == Counter(str(row["published_at"].year) for row in articles if row["published_at"])
    assert found.years.total() == found.dated > 0


def test_articles_with_the_same_text_are_counted(tmp_path: Path) -> None:
    source, body = tmp_path / "in", (RAW / "en-science.txt").read_bytes()
    source.mkdir()
    for name in "abc":
        (source / f"{name}.txt").write_bytes(body)
    (source / "d.txt").write_text("The harbour master closed the northern gate an hour before the tide turned. " * 3)
    run_direct([str(source)], tmp_path / "out", load(overrides=QUICK))
    assert figures(tmp_path / "out").duplicates == 2
    told = CliRunner().invoke(app, ["stats", str(tmp_path / "out")]).output
    assert "2 (50.0%) with the text of an earlier one" in " ".join(told.split())
    layout = Layout.at(tmp_path / "out")
    assert "2 have the text of an earlier one" in write_report(layout).read_text()


def test_figures_of_an_earlier_version_lack_what_it_did_not_count() -> None:
    plain = Figures(articles=3, duplicates=2).plain()
    del plain["duplicates"], plain["years"]
    assert (Figures.of(plain).articles, Figures.of(plain).duplicates, Figures.of(plain).years) == (3, 0, Counter())


def column(found: list[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in found]


@pytest.mark.parametrize("partition_by", PARTITIONS)
def test_rows_by_filter_and_sample(dataset: Make, partition_by: str) -> None:
    root = dataset(partition_by)
    french = rows(root, "articles", Filter(language="fr"), 100)
    assert set(column(french, "language")) == {"fr"}
    assert len(french) == figures(root).languages["fr"]
    one = french[0]["doc_id"]
    assert rows(root, "articles", Filter(doc_id=one[:8]), 5) == [french[0]]
    assert rows(root, "articles", Filter(language="en", doc_id=one), 5) == []
    drawn = rows(root, "removed", Filter(role="share"), 5, seed=7)
    assert drawn == rows(root, "removed", Filter(role="share"), 5, seed=7)
    assert set(column(drawn, "role")) == {"share"}
    assert drawn != rows(root, "removed", Filter(role="share"), 5, seed=8)
    assert len(rows(root, "removed", Filter(role="share"), 10**6, seed=1)) == figures(root).roles["share"]
    assert len(rows(root, "articles", Filter(), 3, columns=("doc_id", "signals.words"))[2]) == 2
    assert rows(root, "articles", Filter(site="no.such.example"), 3) == []


def test_lines_of_a_rule_are_different_ones(dataset: Make) -> None:
    root, where = dataset("none"), Filter(role="related")
    every = rows(root, "removed", where, 10**6)
    firsts = {row["text"]: row for row in reversed(every)}
    assert len(firsts) < len(every), "the sample must hold a line twice"
    expected = [row for row in every if row is firsts[row["text"]]]
    assert rows(root, "removed", where, 10**6, different=True) == expected
    assert rows(root, "removed", where, 3, different=True) == expected[:3]
    drawn = rows(root, "removed", where, 4, seed=3, different=True)
    assert all(row in expected for row in drawn)
    assert len({row["text"] for row in drawn}) == 4
    command = ["show", str(root), "--role", "related", "--json", "-n", str(10**6)]
    assert len(CliRunner().invoke(app, command).stdout.splitlines()) == len(expected)
    assert len(CliRunner().invoke(app, [*command, "--repeats"]).stdout.splitlines()) == len(every)


def test_removed_lines_by_language_of_their_article(dataset: Make) -> None:
    root = dataset("none")
    french = set(column(rows(root, "articles", Filter(language="fr"), 100), "doc_id"))
    lines = rows(root, "removed", Filter(language="fr"), 10**6)
    assert set(column(lines, "doc_id")) <= french
    everything = rows(root, "removed", Filter(), 10**6)
    assert len(lines) == sum(row["doc_id"] in french for row in everything) > 0
    with pytest.raises(ConfigurationError, match="a filter on role does not apply to articles"):
        rows(root, "articles", Filter(role="share"), 1)


def test_figures_and_lists_read_no_texts(dataset: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts are most of a dataset; only what is shown is read."""
    read_columns: list[str] = []
    read = RowGroup.read

    def recorded_read(group: RowGroup, columns: Sequence[str] | None) -> Any:
        read_columns.extend(columns or ["everything"])
        return read(group, columns)

    monkeypatch.setattr(RowGroup, "read", recorded_read)
    figures(dataset("none"))
    rows(dataset("none"), "articles", Filter(language="fr"), 2, columns=("title",))
    assert {"language", "rule", "title"} <= set(read_columns)
    assert not {"text", "blocks", "payload", "everything"} & set(read_columns)


def test_samples_show_what_rules_removed(dataset: Make) -> None:
    root = dataset("none")
    rules = figures(root).rules
    found = samples(slices(root, "removed"), rules, 4)
    assert found.keys() == rules.keys()
    removed = rows(root, "removed", Filter(), 10**6)
    pairs = {(row["rule"], row["text"]) for row in removed}
    for rule, lines in found.items():
        assert 1 <= len(lines) <= min(4, rules[rule])
        assert all((rule, line) in pairs for line in lines)


def test_more_files_than_may_be_open(dataset: Make, tmp_path: Path) -> None:
    root = tmp_path / "many"
    shutil.copytree(dataset("none"), root)
    for name in ("articles", "removed"):
        (first, *_) = (root / name).glob("*.parquet")
        for number in range(60):
            shutil.copy(first, root / name / f"copy-{number}.parquet")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/dev/fd").iterdir())) + 30, limits[1]))
    try:
        assert len(rows(root, "articles", Filter(), 40, seed=1)) == 40
        assert samples(slices(root, "removed"), ["structure.nothing"], 2) == {"structure.nothing": []}
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_slices_of_files_hold_their_rows_only(dataset: Make) -> None:
    everything = slices(dataset("none"), "removed")
    [whole] = everything
    total = figures_of({"articles": [], "removed": everything, "rejected": []}).rules
    first = figures_of({"articles": [], "removed": [Slice(whole.path, 0, 10)], "rejected": []}).rules
    rest = figures_of({"articles": [], "removed": [Slice(whole.path, 10)], "rejected": []}).rules
    assert first.total() == 10
    assert first + rest == total


def test_overlaps_count_lines_that_two_rules_match(dataset: Make) -> None:
    root = dataset("none")
    languages = {row["doc_id"]: row["language"] for row in rows(root, "articles", Filter(), 10**6)}
    homes = [row for row in rows(root, "removed", Filter(), 10**6) if row["text"] == "Home"]
    found = overlaps(root, lambda line, language: [language, "x"] if line == "Home" else ["x"], 10**6)
    assert found == Counter(tuple(sorted((languages[row["doc_id"]], "x"))) for row in homes)
    assert found


def test_report_is_a_page_of_its_own(dataset: Make) -> None:
    layout = Layout.at(dataset("none"))
    path = write_report(layout)
    first = path.read_bytes()
    page = check_page(first.decode())
    hostile = [line for line in HOSTILE.splitlines() if "script" in line]
    removed = column(rows(layout.root, "removed", Filter(), 10**6), "text")
    assert any(line in removed for line in hostile), "the sample must hold hostile lines"
    for part in (
        *("Where the records went", "Where the lines went", "article.empty", "Words an article", "Share of lines kept"),
        *("Lines outside the text, by role", "Articles by language", "What each rule took out", "Slowest records"),
        *("Time by stage", "Runs", "Configuration", "What came out", "Signals", "stop_word_share"),
        *("Rules for every language", "Lines that became fields", "The line model and the shape of lines"),
    ):
        assert part in page.text, part
    assert len([tag for tag, _ in page.elements if tag == "svg"]) >= 4
    assert f"{figures(layout.root).articles:,}" in page.text
    assert write_report(layout).read_bytes() == first
    kept = json.loads(path.with_suffix(".json").read_bytes())
    assert kept["figures"] == figures(layout.root).plain()
    assert Figures.of(kept["figures"]).plain() == kept["figures"]


def test_drift_stands_out_and_noise_does_not() -> None:
    before = Figures(
        lines_total=100_000,
        rules=Counter({"a.b.steady": 100, "a.b.loud": 30, "a.b.gone": 300, "a.b.rare": 1}),
    )
    now = Figures(
        lines_total=100_000, rules=Counter({"a.b.steady": 130, "a.b.loud": 300, "a.b.rare": 4, "a.b.new": 90})
    )
    found = {each.name: each for each in drift(now, before)}
    assert {rule for rule, each in found.items() if each.stands_out} == {"a.b.loud", "a.b.gone", "a.b.new"}
    assert found["a.b.loud"].change == "× 10"
    assert found["a.b.gone"].change == "gone"
    assert not any(each.stands_out for each in drift(now, None))


def test_shares_that_fall_stand_out() -> None:
    before = Figures(articles=1000, titled=970, dated=500, credited=300)
    now = Figures(articles=1000, titled=700, dated=520, credited=300, reasons=Counter({"article.empty": 900}))
    found = {each.name: each for each in shares(now, before)}
    assert {name for name, each in found.items() if each.stands_out} == {"records rejected", "articles with a title"}
    assert found["articles with a title"].now == 0.7


def test_commands(dataset: Make, tmp_path: Path) -> None:
    run, root = CliRunner().invoke, str(dataset("none"))
    assert "articles" in run(app, ["stats", root]).output
    assert json.loads(run(app, ["stats", root, "--json"]).stdout)["articles"] == figures(Path(root)).articles
    shown = run(app, ["show", root, "--language", "fr", "--json", "-n", "2"])
    assert [json.loads(line)["language"] for line in shown.stdout.splitlines()] == ["fr", "fr"]
    assert "article.empty" in run(app, ["show", root, "--reason", "article.empty"]).output
    assert run(app, ["show", root, "--role", "share", "--sample", "3"]).exit_code == 0
    assert run(app, ["show", root, "--rule", "no.such.rule"]).output.startswith(
        "no rows: rule no.such.rule is not there"
    )
    page = tmp_path / "report.html"
    assert run(app, ["report", root, "--out", str(page)]).exit_code == 0
    check_page(page.read_text())


def test_rules_commands(dataset: Make, tmp_path: Path) -> None:
    run, root = CliRunner().invoke, str(dataset("none"))
    few = ["--set", "clean.packs=['common', 'es']"]
    listed = run(app, ["rules", "list", "--pack", "es", "--dataset", root, *few])
    assert "es.related.header" in listed.output
    assert "en." not in listed.output
    shown = run(app, ["rules", "show", "es.share.call", "--dataset", root, *few]).output
    assert "Compartir" in shown
    assert run(app, ["rules", "show", "model.remove"]).exit_code == 0
    tested = run(app, ["rules", "test", "--line", "Compartir en Facebook", *few]).output
    assert re.search(r"all hold", tested)
    assert "es.share.call" in tested
    assert "never fired" in run(app, ["rules", "usage", root, *few]).output


def test_new_rule_is_checked_before_it_is_written(tmp_path: Path) -> None:
    run, pack = CliRunner().invoke, tmp_path / "en.toml"
    new = ["rules", "new", "en.share.zorb", "--hit", "Zorb this!", "--append", str(pack)]
    wrong = run(app, [*new, "--miss", "zorb this"])
    assert wrong.exit_code != 0
    assert "misses" in str(wrong.exception)
    assert not pack.exists()
    assert run(app, [*new, "--miss", "Zorb is a river"]).exit_code == 0
    tested = run(app, ["rules", "test", str(pack), "--line", "zorb this", "--set", "clean.packs=['en']"])
    assert "1 packs, 1 rules, 2 hits and misses: all hold" in tested.output
    assert "en.share.zorb" in tested.output
    again = run(app, ["rules", "new", "en.share.call", "--hit", "x y z", "--miss", "y"])
    assert "ids are never used again" in str(again.exception)
