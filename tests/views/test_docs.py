"""Documents say what the code says: tables are generated (anew with CLEANCOPY_WRITE_DOCS=1), examples run."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

import cleancopy
from cleancopy import settings
from cleancopy.assembly import build_cleaner
from cleancopy.cli import COMMANDS, app
from cleancopy.dataset import duplicates
from cleancopy.dataset.schema_table import columns_table, schema_table, signal_table
from cleancopy.decide.kinds import PAGE_FIELDS
from cleancopy.describe.filtering import Filter
from cleancopy.fields.credits.vocabulary import CREDIT_FIELDS
from cleancopy.fields.dates.vocabulary import DATE_FIELDS
from cleancopy.languages import SECTIONS, Language, Languages
from cleancopy.rules import RulePack
from cleancopy.schema import DATASETS
from cleancopy.text.segment import segment
from cleancopy.views.explanation import explain_document
from tests.case_files import load_cases
from tests.views.pages import check_page
from train import figures

DOCS = Path(__file__).parents[2] / "docs"
TABLES = {
    **{name: schema_table(name) for name in DATASETS},
    "duplicates": columns_table(duplicates.SCHEMA),
    "signals": signal_table(),
}


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


def hold(page: str, tables: dict[str, str], source: str) -> None:
    """The generated tables of a page are these."""
    path = DOCS / page
    text = path.read_text()
    for name, table in tables.items():
        section = f"<!-- generated: {name} -->\n\n{table}\n"
        written = re.sub(rf"<!-- generated: {name} -->\n(\n\|[^\n]*(\n\|[^\n]*)*\n)?", lambda _, s=section: s, text)
        if os.environ.get("CLEANCOPY_WRITE_DOCS"):
            path.write_text(written)
            text = written
        assert text.count(section) == 1, f"docs/{page}: the table {name} is not that of {source}"


def test_tables_are_those_of_the_schema() -> None:
    hold("dataset.md", TABLES, "the schema")


def test_figures_of_the_models_are_those_that_were_measured() -> None:
    tables = figures.tables(DOCS / "figures.json")
    summary = {"summary": tables.pop("summary")}
    for page in ("../README.md", "comparison.md"):
        hold(page, summary, "docs/figures.json")
    hold("model.md", tables, "docs/figures.json")


def test_fields_of_a_language_are_those_that_are_read() -> None:
    fields = {"sections": SECTIONS, "credits": CREDIT_FIELDS, "dates": DATE_FIELDS, "pages": PAGE_FIELDS}
    head = "| key | holds |\n| --- | --- |\n"
    hold(
        "rules.md",
        {
            name: head + "\n".join(f"| `{key}` | {holds} |" for key, holds in each.items())
            for name, each in fields.items()
        },
        "the readers of languages",
    )


def test_rules_and_cases_in_the_documents_hold(tmp_path: Path) -> None:
    rule, case = blocks("rules.md", "toml")
    pack = RulePack.parse({"language": "en", **tomllib.loads(rule)}, "docs/rules.md")
    assert all(len(rule.hits) > 1 and len(rule.misses) > 1 for rule in pack.rule), "as the packs' tests ask"
    (tmp_path / "trouble.toml").write_text(case)
    assert len(load_cases(tmp_path)) == 1
    shipped = Languages().pack("en").data
    own = Language.parse({**shipped, "rule": [*shipped["rule"], *tomllib.loads(rule)["rule"]]}, "own.toml")
    explained = explain_document(build_cleaner(settings.load(), [own]), segment(tomllib.loads(case)["case"][0]["raw"]))
    decided = {line.text: line.rule for line in explained}
    assert decided["Send this page to a friend"] == "en.share.friend"


def test_settings_in_the_documents_are_settings() -> None:
    [example] = blocks("dataset.md", "toml")
    expression = tomllib.loads(example)["filter"]["expression"]
    Filter(expression)
    assert settings.load(overrides={"filter.expression": expression}).filter.expression == expression


def test_defaults_in_the_documents_are_the_defaults() -> None:
    shipped = tomllib.loads((settings.resource("config") / "pipeline.toml").read_text())
    rows = re.findall(r"^\| ((?:`\w+\.\w+`(?:, )?)+) \| ([^|]+) \|", (DOCS / "operations.md").read_text(), re.MULTILINE)
    checked = 0
    for names, values in rows:
        for name, value in zip(names.split(", "), re.split(r", (?!\d{3})", values), strict=True):
            section, key = name.strip("`").split(".")
            assert str(shipped[section][key]).removesuffix(".0") == value.replace(" ", "").replace(",", ""), name
            checked += 1
    assert checked >= 6


def test_queries_in_the_documents_run(dataset: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(dataset("language"))
    [code] = blocks("dataset.md", "python")
    names: dict[str, pl.DataFrame] = {}
    exec(code, names)
    assert 0 < names["good"].height < len(pl.read_parquet("articles/**/*.parquet"))
    by_rule, by_author = blocks("dataset.md", "sql")[0].split(";\n")[:2]
    assert duckdb.sql(by_rule.replace("site = 'example.org'", "language = 'en'")).fetchall()
    assert duckdb.sql(by_author).fetchall()


def test_links_between_documents_lead_somewhere() -> None:
    links = [
        (page, target)
        for page in (DOCS.parent / "README.md", *DOCS.rglob("*.md"))
        for target in re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", page.read_text())
    ]
    assert {page.name for page, _ in links} >= {"README.md", "architecture.md"}
    assert [f"{page.name} links to {target}" for page, target in links if not (page.parent / target).exists()] == []


def test_the_api_page_has_every_public_name() -> None:
    named = re.findall(r"^::: cleancopy\.(\w+)$", (DOCS / "api.md").read_text(), re.MULTILINE)
    assert sorted(named) == sorted({*cleancopy.__all__} - {"__version__"})


def test_the_commands_page_has_every_command_and_option() -> None:
    written = runpy.run_path(str(DOCS / "_site" / "hooks.py"))["reference"]()
    assert [name for name in COMMANDS if f"\n## {name}\n" not in f"\n{written}"] == []
    for name in ("rules test", "rules new", "config show", "config init"):
        assert f"\n## {name}\n" in written
    assert "`-o, --out DIR`" in written
    assert "\ncleancopy clean pages/*.html > articles.jsonl\n" in written


def test_a_page_that_loads_from_elsewhere_is_not_built() -> None:
    check = runpy.run_path(str(DOCS / "_site" / "hooks.py"))["on_post_page"]
    page = SimpleNamespace(file=SimpleNamespace(src_uri="a.md"))
    for fine in ('<a href="https://example.org">', '<script src="assets/a.js"></script>', "&lt;script src=https://a"):
        assert check(fine, page=page) == fine
    for bad in (
        '<script src="https://a.example/a.js">',
        "<img alt='' src=//a.example/a.png>",
        '<link href="http://a.example">',
    ):
        with pytest.raises(ValueError, match=r"a\.md: the page would load"):
            check(bad, page=page)


def test_commands_of_the_rules_page_do_what_it_says(
    dataset: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command as it is printed, from top to bottom, by somebody who has a page and a dataset."""
    page = (DOCS / "rules.md").read_text()
    monkeypatch.chdir(tmp_path)
    shutil.copytree(dataset("none"), "dataset")
    Path("page.txt").write_text(WRONG)
    Path("new.toml").write_bytes((settings.resource("config") / "languages" / "en.toml").read_bytes())
    printed = {}
    for line in re.findall(r"^    cleancopy (.*)$", page.replace("\\\n", " "), re.MULTILINE):
        command = shlex.split(line, comments=True)
        made = CliRunner(env={"COLUMNS": "160"}).invoke(app, command)
        assert made.exit_code == 0, f"{line}: {made.output} {made.exception}"
        printed.setdefault(" ".join(command[:3]), made.output)
    assert "no rule matches" in printed["rules test --line"]
    assert "all hold" in printed["rules test new.toml"]
    assert "matches" not in printed["rules new en.share.friend"], "the page's example is known already"
    assert "1 of 1 documents change" in printed["explain page.txt --diff"]
    assert "never fired" in printed["rules usage dataset/"]
    for name in ("page.html", "diff.html"):
        check_page(Path(name).read_text())
    [written] = [rule for rule in tomllib.loads(Path("new.toml").read_text())["rule"] if "friend" in rule["id"]]
    assert written == tomllib.loads(blocks("rules.md", "toml")[0])["rule"][0]


WRONG = """\
The lighthouse that nobody switched off

The lighthouse at the end of the long pier has burned every night since 1911, although no ship has needed it since then.

Its keeper says that the town never found the switch, and that the bill is paid by a fund whose founder is forgotten.

Send this page to a friend

"We would not know how to come home without it," says one of them, who has gone out every morning for forty years.
"""
