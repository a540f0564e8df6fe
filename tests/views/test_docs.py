"""Documents say what the code says: tables are generated (anew with CLEANCOPY_WRITE_DOCS=1), examples run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from cleancopy import settings
from cleancopy.cli import app
from cleancopy.dataset.schema_table import schema_table, signal_table
from cleancopy.filtering import Filter
from cleancopy.rules import RulePack
from cleancopy.schema import DATASETS

DOCS = Path(__file__).parents[2] / "docs"
TABLES = {**{name: schema_table(name) for name in DATASETS}, "signals": signal_table()}


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


def test_tables_are_those_of_the_schema() -> None:
    path = DOCS / "dataset.md"
    text = path.read_text()
    for name, table in TABLES.items():
        section = f"<!-- generated: {name} -->\n\n{table}\n"
        written = re.sub(rf"<!-- generated: {name} -->\n(\n\|[^\n]*(\n\|[^\n]*)*\n)?", lambda _, s=section: s, text)
        if os.environ.get("CLEANCOPY_WRITE_DOCS"):
            path.write_text(written)
            text = written
        assert text.count(section) == 1, f"docs/dataset.md: the table {name} is not that of the schema"


def test_rules_in_the_documents_hold() -> None:
    [example] = blocks("rules.md", "toml")
    RulePack.parse({"language": "en", **tomllib.loads(example)}, "docs/rules.md")


def test_settings_in_the_documents_are_settings() -> None:
    [example] = blocks("dataset.md", "toml")
    expression = tomllib.loads(example)["filter"]["expression"]
    Filter(expression)
    assert settings.load(overrides={"filter.expression": expression}).filter.expression == expression


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
    for page in DOCS.glob("*.md"):
        for target in re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_commands_for_a_new_rule_write_the_rule_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (DOCS / "rules.md").read_text().replace("\\\n", " ")
    [command] = re.findall(r"^    cleancopy (rules new .*)$", page, re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    shutil.copy(settings.resource("config") / "rules" / "en.toml", "new.toml")
    made = CliRunner().invoke(app, shlex.split(command))
    assert made.exit_code == 0, made.output
    assert "matches" not in made.output, "the page's example is known already"
    [written] = [rule for rule in tomllib.loads(Path("new.toml").read_text())["rule"] if "friend" in rule["id"]]
    [example] = blocks("rules.md", "toml")
    assert written == tomllib.loads(example)["rule"][0]
