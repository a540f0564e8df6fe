"""The table of a dataset: the same however its articles came, current or said not to be, made anew after a kill."""

from __future__ import annotations

import json
import re
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cleancopy import settings
from cleancopy.cli import app
from cleancopy.dataset import card
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.sinks import SINKS, data_files, sink_of
from cleancopy.dataset.verify import verify
from cleancopy.duplicates import signatures, similarity
from cleancopy.runs import pipeline
from cleancopy.runs.direct import run_direct
from tests.duplicates import killing, stories
from tests.duplicates.stories import Page
from tests.runs import inputs, killed

SETTINGS = ("run.engine=inline", "clean.model=false", "run.rejected_share_records=100000", "dedup.enabled=true")


def run(sources: Sequence[Path], out: Path, *overrides: str) -> pipeline.Summary:
    return run_direct([str(each) for each in sources], out, settings.load(None, [*SETTINGS, *overrides]))


def table(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (out / "duplicates").iterdir()}


def rows(out: Path) -> list[dict[str, Any]]:
    """The table with the addresses of its articles."""
    columns = ["doc_id", "url", "text"]
    articles = {row["doc_id"]: row for row in pq.read_table(out / "articles", columns=columns).to_pylist()}
    found = pq.read_table(out / "duplicates").to_pylist()
    return [{**row, **articles[row["doc_id"]]} for row in found]


def problems(out: Path) -> list[str]:
    return verify(Layout.at(out)).problems


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("sources")
    return [stories.write(folder / f"{seed}.jsonl", stories.pages(6, seed)) for seed in range(4)]


@pytest.fixture(scope="module")
def whole(sources: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "out"
    run(sources, out)
    return out


def test_stories_are_found(whole: Path) -> None:
    """Each cluster holds one story and each story is one cluster."""
    assert problems(whole) == []
    found = rows(whole)
    told = {row["doc_id"]: row["text"].split(".")[0] for row in found}  # the model is off: the first words stay
    assert len(found) == 24
    clusters = {row["cluster_id"] for row in found}
    assert 1 < len(clusters) <= 8
    starts = [stories.story(seed).split(".")[0].split() for seed in range(8)]
    stories_of = {}
    for row in found:
        words = told[row["doc_id"]].split()
        shared = [sum(a == b for a, b in zip(words, each, strict=False)) for each in starts]
        stories_of.setdefault(row["cluster_id"], set()).add(shared.index(max(shared)))
    assert sorted(each for found in stories_of.values() for each in found) == sorted(
        {each for found in stories_of.values() for each in found}
    )
    assert all(len(each) == 1 for each in stories_of.values())
    exact = {row["doc_id"] for row in found if row["copy"] == "exact"}
    texts = {row["doc_id"]: row["text"] for row in found}
    assert exact == {
        row["doc_id"] for row in found if not row["is_original"] and texts[row["original_id"]] == row["text"]
    }
    assert exact


@hypothesis_settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(range(4)),
    runs=st.lists(st.integers(1, 3), max_size=2),
    files=st.integers(1, 4),
    seed=st.integers(),
)
def test_one_run_or_many_in_any_order_give_the_same_bytes(
    order: list[int],
    runs: list[int],
    files: int,
    seed: int,
    sources: list[Path],
    whole: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    out = tmp_path_factory.mktemp("grown") / "out"
    for stop in sorted({*runs, 4}):
        run(
            [sources[at] for at in order[:stop]],
            out,
            f"run.shard_files={files}",
            f"run.batch_bytes={1000 + seed % 9000}",
        )
    assert table(out) == table(whole)


def test_processes_give_the_same_bytes(sources: list[Path], whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / "duplicates")
    shutil.rmtree(tmp_path / "out" / "_cleancopy" / "duplicates")
    pipeline.duplicates(tmp_path / "out", settings.load(None, [*SETTINGS, "run.engine=processes", "run.workers=2"]))
    assert table(tmp_path / "out") == table(whole)


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_articles_of_any_format_are_read(form: str, sources: list[Path], whole: Path, tmp_path: Path) -> None:
    """The same table from many small row groups, also where compaction has put shards into one file."""
    out = tmp_path / "out"
    overrides = (*SETTINGS, "dedup.keep=original", f"output.format={form}", "output.row_group_bytes=1024")
    run(sources, out, *overrides, "run.shard_files=1", "dedup.enabled=false")
    pipeline.compact(out, settings.load(None, overrides))
    pipeline.duplicates(out, settings.load(None, overrides))
    assert table(out) == table(whole)
    assert problems(out) == problems(out / "originals") == []
    (articles,) = data_files(out / "articles")
    assert articles.name.endswith(SINKS[form].suffix)
    assert len(sink_of(articles).contents(articles).group_rows) > 4
    originals = [
        doc_id
        for path in data_files(out / "originals" / "articles")
        for group in range(len(sink_of(path).contents(path).group_rows))
        for doc_id in sink_of(path).contents(path).read(group, ["doc_id"])["doc_id"].to_pylist()
    ]
    assert sorted(originals) == [row["doc_id"] for row in rows(whole) if row["is_original"]]
    tables = re.findall("(?m)^- config_name: (.*)$", (out / "README.md").read_text())
    assert ("duplicates" in tables) is (form == "parquet")  # datasets reads a folder in one format


def test_a_source_that_goes_leaves_no_trace(sources: list[Path], whole: Path, tmp_path: Path) -> None:
    extra = stories.write(tmp_path / "extra.jsonl", stories.pages(5, 77))
    out = tmp_path / "out"
    run([*sources, extra], out)
    assert table(out) != table(whole)
    extra.unlink()
    run(sources, out, "input.on_missing=remove")
    assert table(out) == table(whole)
    assert problems(out) == []
    signed = list((out / "_cleancopy" / "duplicates" / "signatures").iterdir())
    assert len(signed) == len(list((out / "_cleancopy" / "receipts").iterdir()))


def test_a_second_run_signs_and_compares_only_what_is_new(
    sources: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    signed: list[int] = []
    compared: list[int] = []
    sign, compare = signatures.sign, similarity.compare

    def note_signed(root: Path, receipt: Any) -> None:
        signed.append(receipt.rows("articles"))
        sign(root, receipt)

    def note_compared(folder: Path, where: Path, pairs: Any) -> Any:
        compared.append(len(pairs))
        return compare(folder, where, pairs)

    monkeypatch.setattr(signatures, "sign", note_signed)
    monkeypatch.setattr(similarity, "compare", note_compared)
    run(sources[:3], out)
    before = sum(compared)
    assert sum(signed) == 18
    assert before > 0
    run(sources, out)
    assert sum(signed) == 24
    assert before < sum(compared)
    once = sum(compared)
    run(sources, out)  # nothing new
    pipeline.duplicates(out, settings.load(None, [*SETTINGS, "dedup.similarity=0.9"]))
    pipeline.compact(out, settings.load(None, list(SETTINGS)))
    pipeline.duplicates(out, settings.load(None, [*SETTINGS]))
    assert (sum(signed), sum(compared)) == (24, once)


@pytest.mark.parametrize(
    ("pages", "original"),
    [
        pytest.param(
            [
                Page(
                    "https://copier.com/a",
                    "",
                    "2024-05-01",
                    "Credit: theconversation.com",
                ),
                Page("https://theconversation.com/a", "", "2024-05-03"),
                Page("https://third.com/a", "", "2024-05-02"),
            ],
            "https://theconversation.com/a",
            id="whom a copy credits",
        ),
        pytest.param(
            [
                Page("https://one.example/a", "", "2024-05-02"),
                Page("https://two.example/a", "", "2024-05-01"),
                Page("https://three.example/a", ""),
            ],
            "https://two.example/a",
            id="the earliest",
        ),
        pytest.param(
            [Page("https://one.example/a", "", "2024-05-02"), Page("https://two.example/a", "long", "2024-05-02")],
            "https://two.example/a",
            id="the longest",
        ),
    ],
)
def test_the_original(pages: list[Page], original: str, tmp_path: Path) -> None:
    told, more = stories.story(1), stories.story(2, 1)
    written = [page._replace(text=f"{told}\n\n{more}" if page.text else told) for page in pages]
    run([stories.write(tmp_path / "pages.jsonl", written)], tmp_path / "out")
    found = rows(tmp_path / "out")
    assert [row["url"] for row in found if row["is_original"]] == [original]
    assert {row["cluster_size"] for row in found} == {len(pages)}


def test_killed_at_any_kind_of_change_of_the_file_system(sources: list[Path], tmp_path: Path) -> None:
    """The table and the dataset `originals` are those of an undisturbed process after the next one.

    Files of the work are thrown away together, and `tests.runs` kills the publication that `originals` has from runs.
    """
    before = tmp_path / "before"
    run(sources[:1], before, "dedup.keep=original")
    run(sources[:2], before, "dedup.enabled=false")
    after = tmp_path / "after"
    shutil.copytree(before, after)
    overrides = (*SETTINGS, "dedup.keep=original")
    changes = killing.steps(after, overrides)
    expected = inputs.tree(after)
    assert problems(after) == problems(after / "originals") == []
    passed_over = re.compile(r"mkdir|rmdir|shutil|open|/tmp/duplicates\.\*/[a-z]+-|/originals/.*(staged|schema)")
    points = [step for step in killed.kinds(changes) if not passed_over.search(changes[step - 1])]
    assert 10 < len(points) < 20
    for step in points:
        out = tmp_path / str(step)
        shutil.copytree(before, out)
        process = killing.start(out, overrides, step)
        process.join(120)
        assert process.exitcode == -signal.SIGKILL
        pipeline.duplicates(out, settings.load(None, overrides))
        assert inputs.differences(inputs.tree(out), expected) == []
        assert inputs.leftovers(out) == inputs.leftovers(out / "originals") == []
    assert problems(out) == problems(out / "originals") == []


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda out: damage(out / "duplicates" / "part-00000.parquet"), "its content is not what was written"),
        (lambda out: (out / "duplicates" / "part-00000.parquet").unlink(), "No such file"),
        (lambda out: damage(out / "_cleancopy" / "duplicates" / "table.json"), "table.json is damaged"),
        (lambda out: (out / "_cleancopy" / "duplicates" / "table.json").unlink(), "is not finished"),
        (
            lambda out: shutil.copy(out / "duplicates" / "part-00000.parquet", out / "duplicates" / "x.parquet"),
            "no file of the table",
        ),
    ],
)
def test_damage_is_named_and_mended(spoil: Any, said: str, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(whole, out)
    spoil(out)
    (found,) = problems(out)
    assert said in found
    if "no file" not in said:
        assert f"cleancopy duplicates {out}" in found
        damaged = said.startswith("its content")
        if damaged:  # of the same size: it is not looked into unless asked to
            (out / "duplicates" / "part-00000.parquet").unlink()
        pipeline.duplicates(out, settings.load(None, list(SETTINGS)))
        assert table(out) == table(whole)
        assert problems(out) == []


def test_what_is_kept_for_the_next_run_may_be_lost_or_damaged(sources: list[Path], whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(sources[:3], out)
    kept = out / "_cleancopy" / "duplicates"
    damage(kept / "similar.parquet")
    first = next((kept / "signatures").iterdir())
    first.write_bytes(first.read_bytes()[:-9])
    run(sources, out)
    assert table(out) == table(whole)


def test_a_table_of_earlier_articles_is_said_to_be(sources: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(sources[:1], out)
    text = (out / "README.md").read_text()
    assert "The table `duplicates`" in text
    assert card.is_as_written(text)
    run(sources[:2], out, "dedup.enabled=false")
    (found,) = problems(out)
    assert "of an earlier state" in found
    assert "The table `duplicates`" not in (out / "README.md").read_text()
    pipeline.duplicates(out, settings.load(None, list(SETTINGS)))
    assert problems(out) == []
    assert "The table `duplicates`" in (out / "README.md").read_text()


def test_originals_are_a_dataset_of_their_own(sources: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    for given_sources in (sources[:3], sources):
        run(given_sources, out, "dedup.keep=original", "run.shard_files=1")
        assert problems(out) == problems(out / "originals") == []
        found = rows(out)
        originals = {row["doc_id"] for row in found if row["is_original"]}
        copies = {row["doc_id"]: row for row in found if not row["is_original"]}
        assert copies
        assert {*pq.read_table(out / "originals" / "articles")["doc_id"].to_pylist()} == originals
        rejects = pq.read_table(out / "originals" / "rejected").to_pylist()
        assert sorted((row["reason"], row["url"]) for row in rejects) == sorted(
            (f"duplicate.{row['copy']}", row["url"]) for row in copies.values()
        )
        clusters = {row["url"]: row["cluster_id"] for row in copies.values()}
        assert all(clusters[row["url"]] in row["detail"] for row in rejects)
    before = inputs.tree(out / "originals")
    times = {path: path.stat().st_mtime_ns for path in (out / "originals" / "articles").iterdir()}
    extra = stories.write(tmp_path / "extra.jsonl", [Page("https://new.com/a", stories.story(99))])
    run([*sources, extra], out, "dedup.keep=original", "run.shard_files=1")
    assert {path: path.stat().st_mtime_ns for path in times} == times  # nothing of them has changed
    extra.unlink()
    run(sources, out, "dedup.keep=original", "run.shard_files=1", "input.on_missing=remove")
    assert inputs.differences(inputs.tree(out / "originals"), before) == []


def test_no_articles_make_an_empty_table(tmp_path: Path) -> None:
    source = stories.write(tmp_path / "none.jsonl", [])
    out = tmp_path / "out"
    summary = run([source], out)
    assert summary.duplicates == {"articles": 0, "clusters": 0, "exact": 0, "near": 0, "largest": 0}
    assert pq.read_table(out / "duplicates").num_rows == 0
    assert problems(out) == []


def test_commands_say_what_was_found(whole: Path) -> None:
    found = rows(whole)
    copies = sum(not row["is_original"] for row in found)
    said = CliRunner().invoke(app, ["duplicates", str(whole)])
    assert said.exit_code == 0
    assert f"{copies} copies" in said.stdout
    figures = json.loads(CliRunner().invoke(app, ["duplicates", str(whole), "--json"]).stdout)
    assert figures["exact"] + figures["near"] == copies
    assert json.loads(CliRunner().invoke(app, ["stats", str(whole), "--json"]).stdout)["near_duplicates"] == figures
    copy = next(row for row in found if row["copy"] == "near")
    shown = CliRunner().invoke(app, ["show", str(whole), "--id", copy["doc_id"]]).stdout
    assert f"near copy of {copy['original_id'][:12]}" in shown
    row = json.loads(CliRunner().invoke(app, ["show", str(whole), "--id", copy["doc_id"], "--json"]).stdout)
    assert row["duplicates"]["cluster_id"] == copy["cluster_id"]


def test_no_dataset_is_no_traceback(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["duplicates", str(tmp_path)])
    assert "is no dataset" in str(said.exception)
