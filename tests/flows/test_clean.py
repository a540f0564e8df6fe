"""The flow: the same work as without Prefect, and what an operator sees of it."""

from __future__ import annotations

import ast
import json
import os
import random
import re
import runpy
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import Any
from unittest import mock

import pyarrow.parquet as pq
import pytest
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from pydantic import ValidationError

from cleancopy import settings
from cleancopy.errors import ConfigurationError, TransientError
from cleancopy.runs import embedded
from cleancopy.runs.direct import run_direct
from cleancopy.runs.pipeline import RunAborted
from cleancopy.runs.trace import Step, checked
from tests.readers.test_web import ARTICLE, Server, server
from tests.runs import inputs

__all__ = ["server"]

BASE = {"run.engine": "inline", "clean.model": False, "run.shard_bytes": "12KB"}


def run(clean: ModuleType, source: Path, out: Path, **overrides: Any) -> Any:
    keys = {**BASE, **{name.replace("__", "."): value for name, value in overrides.items()}}
    return clean.clean_articles({"sources": [str(source)], "out": str(out), "settings": keys}, return_state=True)


def artifacts(key: str) -> Any:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        found = client.request("POST", "/artifacts/latest/filter", json={"artifacts": {"key": {"any_": [key]}}})
    return found.json()[0]["data"]


def test_the_flow_does_what_a_direct_run_does(clean: ModuleType, tmp_path: Path) -> None:
    source = inputs.write(tmp_path / "in", files=2, records=8)
    state = run(clean, source, tmp_path / "flow", run__engine="processes", run__workers=1)
    assert state.is_completed()
    run_direct([str(source)], tmp_path / "direct", settings.load(None, BASE))
    assert inputs.differences(inputs.tree(tmp_path / "flow"), inputs.tree(tmp_path / "direct")) == []
    assert "| articles | 16 |" in artifacts("clean-report")
    page = re.search(r"`([^`]+\.html)`", artifacts("clean-report"))
    assert page is not None
    assert Path(page[1]).parent == tmp_path / "flow" / "_cleancopy" / "reports"
    assert "<!doctype html>" in Path(page[1]).read_text()
    assert "Languages: en 16" in artifacts("clean-report")
    shards, rules = (json.loads(artifacts(key)) for key in ("clean-shards", "clean-rules"))
    assert sum(row["articles"] for row in shards) == 16
    removed = pq.read_table(tmp_path / "flow" / "removed")
    assert sum(row["lines"] for row in rules) == removed.num_rows
    again = run(clean, source, tmp_path / "flow")
    assert again.message.startswith("0 articles, 0 rejected, 0 shards cleaned")
    assert json.loads(artifacts("clean-shards")) == shards, "a run that did nothing shows no empty table"
    assert json.loads(artifacts("clean-rules")) == rules


def test_lineage_is_what_openlineage_looks_for(clean: ModuleType, tmp_path: Path) -> None:
    """As `openlineage-prefect` 0.0.1b22 does: the tables of a task run, by description, the first row of each."""
    from prefect.client.orchestration import get_client

    source = inputs.write(tmp_path / "in", files=1, records=1)
    run(clean, source, tmp_path / "out")
    wanted = {("input", "file", str(source)), ("output", "file", str(tmp_path / "out" / "articles"))}
    datasets: set[tuple[str, ...]] = set()
    deadline = monotonic() + 60  # The server learns of task runs by events, some time after they are over.
    with get_client(sync_client=True) as client:
        while not wanted <= datasets and monotonic() < deadline:
            runs = {"task_runs": {"name": {"like_": "record-lineage"}}}
            ids = [each["id"] for each in client.request("POST", "/task_runs/filter", json=runs).json()]
            body = {"artifacts": {"task_run_id": {"any_": ids}}}
            datasets = {
                (table["description"].split("_")[-1].lower(), *(ast.literal_eval(table["data"])[0].values()))
                for table in client.request("POST", "/artifacts/filter", json=body).json()
                if "ol-dataset" in table["description"]
            }
    assert wanted <= datasets


@pytest.mark.parametrize(
    ("where", "namespace", "name"),
    [
        ("s3://bucket/raw/a.jsonl", "s3://bucket", "raw/a.jsonl"),
        ("https://example.org/a.warc.gz", "https://example.org", "a.warc.gz"),
        ("file:///data/raw", "file", "/data/raw"),
        ("/data/raw", "file", "/data/raw"),
        ("s3://bucket", "s3://bucket", "/"),
    ],
)
def test_datasets_are_named_as_openlineage_names_them(clean: ModuleType, where: str, namespace: str, name: str) -> None:
    assert clean._artifacts.dataset_name(where) == (namespace, name)


def test_a_flow_of_ones_own(embedded_server: embedded.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANCOPY_CLEAN_MODEL", "false")
    monkeypatch.setenv("CLEANCOPY_RUN_ENGINE", "inline")
    source = inputs.write(tmp_path / "in", files=1, records=2)
    example = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "own_flow.py"))
    assert example["nightly"]([str(source)], str(tmp_path / "out")) == 2
    with pytest.raises(RuntimeError, match="ended with 2"):
        example["clean"].fn([str(tmp_path / "nothing")], str(tmp_path / "other"))


def test_secrets_come_from_blocks(
    clean: ModuleType,
    embedded_server: embedded.Server,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from prefect.blocks.system import Secret

    server.manner = {"locked"}
    server.files["a.txt"] = ARTICLE.encode()
    Secret(value="ann:s3cret-word").save("site-login", overwrite=True)
    monkeypatch.delenv("SITE_LOGIN", raising=False)
    parameters = {
        "sources": [server.url("a.txt", "${SITE_LOGIN}@")],
        "out": str(tmp_path / "out"),
        "settings": BASE,
        "secrets": {"SITE_LOGIN": "site-login"},
    }
    state = clean.clean_articles(parameters, return_state=True)
    assert os.environ.pop("SITE_LOGIN") == "ann:s3cret-word"
    assert state.message.startswith("1 article,")
    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=10)
    kept = [path for folder in (embedded_server.folder, tmp_path) for path in folder.rglob("*") if path.is_file()]
    assert [path for path in kept if b"s3cret-word" in path.read_bytes()] == []
    parameters["secrets"] = {"SITE_LOGIN": "other-login"}
    state = clean.clean_articles(parameters, return_state=True)
    with pytest.raises(ConfigurationError, match=r"secrets\.SITE_LOGIN: .* no Secret block 'other-login'"):
        state.result()


def test_a_run_over_the_limit_fails(clean: ModuleType, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text("{broken\n" * 10)
    state = run(clean, source, tmp_path / "out", run__rejected_share_records=5)
    assert state.is_failed()
    assert isinstance(state.result(raise_on_failure=False), RunAborted)
    assert not list((tmp_path / "out" / "articles").iterdir())


def test_a_shard_that_fails_leaves_the_others(clean: ModuleType, tmp_path: Path) -> None:
    source = inputs.write(tmp_path / "in", files=3, records=8)
    out = tmp_path / "out"
    run(clean, source, out)
    victim = sorted((out / "_cleancopy" / "receipts").iterdir())[0].stem
    # A shard that has taken down too many workers before is given up.
    (out / "_cleancopy" / "tmp" / f"{victim}.suspects").write_bytes(checked(Step.CLEANING, 0, 0) * 30)
    state = run(clean, source, out, run__max_failed_share=0.9, clean__threshold=0.3)
    assert state.name == "CompletedWithFailures"
    assert "1 failed" in state.message


def test_transient_errors_alone_are_retried(clean: ModuleType) -> None:
    from prefect.states import Failed

    assert clean._is_transient(None, None, Failed(data=TransientError("the network is gone")))
    assert not clean._is_transient(None, None, Failed(data=RunAborted("no")))


def test_parameters_are_checked(clean: ModuleType) -> None:
    schema = clean.clean_articles.parameters.model_dump()
    assert "parameters" in schema["properties"]
    with pytest.raises(ValidationError, match="sauces"):
        clean.CleanParameters.model_validate({"sauces": ["a"], "sources": ["a"], "out": "b"})


def test_the_embedded_server_rests_between_flushes(embedded_server: object) -> None:
    """Prefect cuts the interval off to whole seconds; at 0 its server takes two thirds of a core for nothing."""
    from prefect.settings import get_current_settings

    assert int(get_current_settings().server.services.task_run_recorder.flush_interval) >= 1


@pytest.mark.parametrize(
    ("source", "first", "last", "articles"),
    [
        ("raw/{day:%Y-%m-%d}.jsonl", "2024-05-01", "2024-05-03", ["01-0", "03-0"]),
        ("raw", "2024-05-03", "2024-05-04", ["03-0", "04-0"]),
        ("raw/2024-*", "2024-05-01.jsonl", "2024-05-0", ["01-0", "03-0", "04-0"]),
        ("raw/2024-05-0[3-9].jsonl", "2024-05-04", "2024-05-09", ["04-0"]),
    ],
)
def test_a_backfill_takes_its_range(
    backfill: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    first: str,
    last: str,
    articles: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("raw").mkdir()
    for day in ("01", "03", "04"):
        line = {"id": f"{day}-0", "text": inputs.text(random.Random(day), 4)}
        Path(f"raw/2024-05-{day}.jsonl").write_text(json.dumps(line))
    parameters = {"source": source, "first": first, "last": last, "out": "out", "settings": BASE}
    state = backfill.backfill_articles(parameters, return_state=True)
    assert state.is_completed(), state.message
    assert sorted(pq.read_table("out/articles")["source_id"].to_pylist()) == articles


def test_a_backfill_needs_a_range(backfill: ModuleType) -> None:
    for source, first, last, message in (
        ("raw/{day}.jsonl", "2024-05-02", "2024-05-01", "must not be before"),
        ("raw/{day}.jsonl", "May", "2024-05-01", "first: 'May' is no day, such as"),
        ("raw/{day}/{hour}.jsonl", "2024-05-01", "2024-05-01", "source: only {day:…} can be filled in"),
        ("raw/{day.hour}.jsonl", "2024-05-01", "2024-05-01", "source: only {day:…} can be filled in"),
        ("raw", "b", "a", "must not be before"),
    ):
        with pytest.raises(ValidationError, match=message):
            backfill.BackfillParameters(source=source, first=first, last=last, out="out")


def test_credentials_of_a_source_reach_no_server(
    clean: ModuleType,
    embedded_server: embedded.Server,
    server: Server,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.manner = {"locked"}
    server.files.update({"a.txt": ARTICLE.encode(), "b.txt": b" "})
    sources = [server.url("a.txt?token=s3cret-word"), server.url("b.txt", "ann:s3cret-word@")]
    overrides = ["run.engine=inline", "clean.model=false"]
    summary = clean.run_here(sources, str(tmp_path / "out"), None, overrides, print)
    assert (summary.counts.articles, summary.counts.rejected.total()) == (1, 1)
    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=10)
    kept = [path for folder in (embedded_server.folder, tmp_path) for path in folder.rglob("*") if path.is_file()]
    assert any(b"/a.txt" in path.read_bytes() for path in kept if "prefect.db" in path.name)
    assert [path for path in kept if b"s3cret-word" in path.read_bytes()] == []
    assert "s3cret-word" not in caplog.text


def test_credentials_among_the_parameters_are_told_without_them(
    clean: ModuleType, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["a.txt"] = ARTICLE.encode()
    log = mock.Mock()
    monkeypatch.setattr(clean, "get_run_logger", lambda: log)
    for url, warned in ((server.url("a.txt"), False), (server.url("a.txt?token=s3cret-word"), True)):
        log.reset_mock()
        parameters = {"sources": [url], "out": str(tmp_path / "out"), "settings": BASE}
        state = clean.clean_articles(parameters, return_state=True)
        assert state.is_completed()
        said = [call.args[0] % call.args[1:] for call in log.warning.call_args_list]
        assert [server.url("a.txt") in text and "which Prefect stores" in text for text in said] == [True] * warned
        assert "s3cret" not in str(log.mock_calls)
