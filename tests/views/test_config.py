"""Settings out of files, variables and options; what is said of them is true."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cleancopy.cli import app
from cleancopy.errors import ConfigurationError
from cleancopy.settings import Settings, load, load_from, variable, variables
from cleancopy.views.settings_page import described, starting_file, table, values

DOCS = Path(__file__).parents[2] / "docs"
WRITE = bool(os.environ.get("CLEANCOPY_WRITE_DOCS"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("CLEANCOPY_"):
            monkeypatch.delenv(name)
    return tmp_path


def run(*arguments: str, **environment: str) -> str:
    made = CliRunner(env=environment).invoke(app, [*arguments], catch_exceptions=False)
    assert made.exit_code == 0, made.output
    return made.stdout


def shown(*arguments: str, **environment: str) -> dict[str, dict[str, object]]:
    made: dict[str, dict[str, object]] = json.loads(run("config", "show", "--json", *arguments, **environment))
    return made


def test_each_setting_comes_from_the_nearest_place_that_has_it() -> None:
    names = ("run.workers", "run.retries", "run.engine", "clean.threshold", "input.fields.text")
    Path("cleancopy.toml").write_text("run.workers = 2\nrun.retries = 7\nrun.engine = 'inline'\n")
    found = shown("--set", "run.engine=dask", CLEANCOPY_RUN_RETRIES="8", CLEANCOPY_RUN_ENGINE="processes")
    assert {name: (found[name]["value"], found[name]["origin"]) for name in names} == {
        "run.workers": (2, "cleancopy.toml"),
        "run.retries": (8, "CLEANCOPY_RUN_RETRIES"),
        "run.engine": ("dask", "--set"),
        "clean.threshold": (0.5, "default"),
        "input.fields.text": ("text", "default"),
    }
    Path("own.toml").write_text("[run]\nretries = 9\n")
    found = shown("--config", "own.toml")
    assert (found["run.retries"]["value"], found["run.workers"]["origin"]) == (9, "default"), "one file, not two"


def test_what_is_shown_can_be_handed_back() -> None:
    printed = run("config", "show", CLEANCOPY_RUN_SHARD_BYTES="1MiB", CLEANCOPY_CLEAN_PACKS='["en"]')
    Path("again.toml").write_text(printed)
    again = load(Path("again.toml"))
    assert again == load(overrides={"run.shard_bytes": "1MiB", "clean.packs": ["en"]})
    changed = run("config", "show", "--changed", "--set", "run.workers=3")
    assert " ".join(changed.split()) == "[run] workers = 3 # --set"


def test_commands_obey_them() -> None:
    Path("page.jsonl").write_text(
        json.dumps({"body": "The mill turns at night.\n\nNobody grinds there any more."}) + "\n"
    )
    Path("cleancopy.toml").write_text("clean.model = false\nrun.engine = 'inline'\n")
    run("run", "page.jsonl", "--out", "out", "--direct", CLEANCOPY_INPUT_FIELDS_TEXT="body")
    [report] = Path("out/_cleancopy/runs").glob("*.json")
    said = json.loads(report.read_text())["settings"]
    assert (said["input"]["fields"]["text"], said["clean"]["model"], said["run"]["engine"]) == ("body", False, "inline")
    assert json.loads(run("clean", "page.jsonl", CLEANCOPY_INPUT_FIELDS_TEXT="body"))["text"].endswith("any more.")


def test_the_library_reads_neither_file_nor_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("cleancopy.toml").write_text("run.workers = 2\n")
    monkeypatch.setenv("CLEANCOPY_RUN_WORKERS", "3")
    assert Settings.load().run.workers == load().run.workers == 0


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        (
            {"CLEANCOPY_RUN_WORKER": "3"},
            "CLEANCOPY_RUN_WORKER: there is no such setting; did you mean CLEANCOPY_RUN_WORKERS",
        ),
        ({"CLEANCOPY_RUN_WORKERS": "many"}, "CLEANCOPY_RUN_WORKERS: run.workers: "),
        ({"CLEANCOPY_INPUT_FIELDS": "x"}, "CLEANCOPY_INPUT_FIELDS: input.fields is a section"),
    ],
)
def test_wrong_variables_are_errors_that_name_them(environment: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_from(environment=environment)
    assert says in str(caught.value)


def test_other_variables_are_not_ours() -> None:
    others = {"CLEANCOPY_CACHE": "/tmp", "RUN_WORKERS": "3", "CLEANCOPY_RUNNER": "x", "CLEANCOPY_RUN_WORKERS": ""}
    assert variables(others) == {}
    assert load_from(environment=others).settings == load()


def test_a_wrong_file_is_named() -> None:
    Path("cleancopy.toml").write_text("run.worker = 2\n")
    made = CliRunner().invoke(app, ["config", "show"])
    assert isinstance(made.exception, ConfigurationError)
    assert str(made.exception) == "cleancopy.toml: unknown key run.worker; did you mean run.workers?"


def test_the_file_to_begin_with_changes_nothing_until_it_is_changed() -> None:
    assert run("config", "init") == "wrote cleancopy.toml\n"
    written = Path("cleancopy.toml").read_text()
    assert load(Path("cleancopy.toml")) == load()
    assert set(shown()) == {each.key for each in described()}
    assert not [key for key, each in shown().items() if each["origin"] != "default"]
    everything = re.sub(r"(?m)^# (?=\w+ = )", "", written)
    assert load_from(Path("cleancopy.toml")).values == load_from().values
    Path("all.toml").write_text(everything)
    assert set(load_from(Path("all.toml")).origins.values()) == {"all.toml"}
    assert load(Path("all.toml")) == load()
    made = CliRunner().invoke(app, ["config", "init"])
    assert isinstance(made.exception, ConfigurationError)
    assert Path("cleancopy.toml").read_text() == written == starting_file()


def test_every_setting_is_described_with_its_default() -> None:
    found = {each.key: each for each in described()}
    loaded = load_from()
    assert list(found) == list(loaded.values)
    assert len({variable(key) for key in found}) == len(found)
    for key, each in found.items():
        assert tomllib.loads(f"value = {each.default}")["value"] == loaded.values[key]
        assert each.words or key.startswith("input.fields."), key
        assert values(key)
    decides = {key for key, each in found.items() if each.decides}
    for key, other in {
        "run.workers": 3,
        "input.on_changed": "keep",
        "clean.threshold": 0.4,
        "input.format": "text",
    }.items():
        assert (load(overrides={key: other}).fingerprint() != load().fingerprint()) == (key in decides), key


def test_the_page_is_true() -> None:
    path = DOCS / "settings.md"
    before, mark, _ = path.read_text().partition("<!-- generated: settings -->\n")
    page = f"{before}{mark}\n{table()}\n"
    if WRITE:
        path.write_text(page)
    assert mark
    assert path.read_text() == page, "docs/settings.md is not what the settings are; run with CLEANCOPY_WRITE_DOCS=1"
