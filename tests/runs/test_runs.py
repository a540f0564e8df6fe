"""What a data engineer relies on from one run to the next."""

from __future__ import annotations

import fcntl
import json
import os
import random
import subprocess
import sys
import threading
import time
import tomllib
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cleancopy import cli, settings
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.pack import small
from cleancopy.dataset.receipts import SLOWEST, Receipt, recorded
from cleancopy.dataset.sinks import SINKS
from cleancopy.dataset.verify import verify
from cleancopy.dataset.writer import Shape
from cleancopy.errors import ConfigurationError, DatasetError
from cleancopy.runs.direct import drive, run_direct
from cleancopy.runs.pipeline import RunAborted, Summary, compact, open_replay, open_run
from tests.runs import inputs

BASE = {"run.engine": "inline", "clean.model": False, "run.shard_bytes": "12KB", "run.rejected_share_records": 100000}


def run(source: Path | list[Path], out: Path, **overrides: object) -> Summary:
    sources = [str(each) for each in (source if isinstance(source, list) else [source])]
    keys = {name.replace("__", "."): value for name, value in overrides.items()}
    return run_direct(sources, out, settings.load(None, {**BASE, **keys}))


def ids(out: Path) -> list[str]:
    return sorted(inputs.table_of(out, "articles", ["source_id"])["source_id"].to_pylist())


@pytest.fixture(params=sorted(SINKS))
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The format of the dataset: the test is one of both."""
    monkeypatch.setitem(BASE, "output.format", request.param)
    return str(request.param)


in_both_formats = pytest.mark.usefixtures("form")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return inputs.write(tmp_path / "in", files=3, records=8)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@in_both_formats
def test_nothing_new_is_nothing_done(source: Path, out: Path) -> None:
    first = run(source, out)
    before = inputs.tree(out)
    second = run(source, out)
    assert first.shards["cleaned"] > 3
    assert second.shards == {"done": first.shards["cleaned"], "cleaned": 0, "failed": 0}
    assert inputs.differences(inputs.tree(out), before) == []


def test_receipts_name_the_slowest_records(source: Path, out: Path) -> None:
    run(source, out)
    receipts = recorded(Layout.at(out))
    assert receipts
    for receipt in receipts.values():
        assert 0 < len(receipt.slowest) <= SLOWEST
        seconds = [slow.seconds for slow in receipt.slowest]
        assert seconds == sorted(seconds, reverse=True)
        assert {slow.source for slow in receipt.slowest} <= receipt.inputs.keys()
        assert Receipt.from_json(receipt.to_json()) == receipt


def test_new_files_make_new_shards_and_leave_the_old_ones(source: Path, out: Path) -> None:
    first = run(source, out)
    names = {path.name for path in (out / "articles").iterdir()}
    inputs.write(source, files=2, records=8, first=3)
    (source / "000a.jsonl").write_bytes((source / "001.jsonl").read_bytes())  # sorts between old ones
    second = run(source, out)
    assert second.shards["done"] == first.shards["cleaned"]
    assert names < {path.name for path in (out / "articles").iterdir()}
    assert second.dataset.articles == 6 * 8
    assert verify(Layout.at(out)).problems == []


def test_a_changed_setting_redoes_and_says_so(source: Path, out: Path) -> None:
    run(source, out)
    second = run(source, out, clean__threshold=0.25)
    assert list(second.stale) == ["settings changed: clean.threshold"]
    assert second.shards["cleaned"] == sum(second.stale.values())
    assert run(source, out, clean__threshold=0.25, run__batch_bytes="1KB").shards["cleaned"] == 0


def test_an_empty_dataset_says_what_it_was_made_with(tmp_path: Path, out: Path) -> None:
    source = tmp_path / "bad.jsonl"
    source.write_text("{broken\n")
    for threshold in (0.5, 0.25):
        run(source, out, clean__threshold=threshold)
        stamps = [
            pq.read_schema(path).metadata
            for path in (out / "articles" / "schema.parquet", *(out / "rejected").iterdir())
        ]
        assert len(stamps) == 2
        key = b"cleancopy.config_fingerprint"
        assert stamps[0][key] == stamps[1][key]


@in_both_formats
def test_a_format_that_is_said_later_is_read(tmp_path: Path, out: Path) -> None:
    source = tmp_path / "dump.dat"
    source.write_text("".join(json.dumps({"text": inputs.text(random.Random(each), 4)}) + "\n" for each in range(3)))
    first = run(source, out)
    assert first.counts.rejected == {"format.unknown": 1}
    assert run(source, out, input__format="jsonl").counts.articles == 3
    assert inputs.table_of(out, "rejected").num_rows == 0
    assert run(source, out, input__format="jsonl").shards["cleaned"] == 0


@in_both_formats
def test_a_lost_or_damaged_file_is_made_again(source: Path, out: Path) -> None:
    run(source, out)
    before = inputs.tree(out)
    lost, cut = sorted((out / "articles").iterdir())[:2]
    lost.unlink()
    cut.write_bytes(cut.read_bytes()[:-1])
    assert len(verify(Layout.at(out)).problems) == 2
    assert run(source, out).shards["cleaned"] == 2
    assert inputs.differences(inputs.tree(out), before) == []


@in_both_formats
def test_verify_notices_a_single_changed_byte(source: Path, out: Path) -> None:
    run(source, out)
    path = sorted((out / "removed").iterdir())[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    (problem,) = verify(Layout.at(out)).problems
    assert path.name in problem


@pytest.mark.parametrize(("policy", "kept"), [("replace", False), ("keep", True)])
def test_a_changed_source(source: Path, out: Path, policy: str, kept: bool) -> None:
    run(source, out)
    before = ids(out)
    inputs.write(source, files=1, records=12, first=1, seed=2)
    run(source, out, input__on_changed=policy)
    assert (ids(out) == before) is kept
    assert len(ids(out)) == (24 if kept else 28)
    assert verify(Layout.at(out)).problems == []


@pytest.mark.parametrize(("policy", "articles"), [("keep", 24), ("remove", 16)])
def test_a_deleted_source(source: Path, out: Path, policy: str, articles: int) -> None:
    run(source, out)
    (source / "001.jsonl").unlink()
    summary = run(source, out, input__on_missing=policy)
    assert summary.dataset.articles == articles == len(ids(out))
    assert verify(Layout.at(out)).problems == []
    assert run(source, out, input__on_missing=policy, clean__threshold=0.3).dataset.articles == articles


@in_both_formats
def test_many_small_files_share_a_shard_and_one_leaves_it(tmp_path: Path, out: Path) -> None:
    source = inputs.write(tmp_path / "in", files=6, records=1)
    first = run(source, out, run__shard_bytes="1MiB")
    assert first.shards["cleaned"] == 1
    (source / "002.jsonl").unlink()
    second = run(source, out, run__shard_bytes="1MiB", input__on_missing="remove")
    assert second.dataset.articles == 5 == len(ids(out))
    assert verify(Layout.at(out)).problems == []


@in_both_formats
def test_the_same_bytes_however_the_work_is_cut(source: Path, tmp_path: Path) -> None:
    trees = []
    for name, overrides in {
        "inline": {},
        "small": {"run__batch_bytes": "1KB"},
        "processes": {"run__engine": "processes", "run__workers": 2, "run__batch_bytes": "3KB"},
    }.items():
        run(source, tmp_path / name, **overrides)
        trees.append(inputs.tree(tmp_path / name))
    assert inputs.differences(trees[1], trees[0]) == []
    assert inputs.differences(trees[2], trees[0]) == []


def test_row_groups_and_files_are_bounded(source: Path, out: Path) -> None:
    run(source, out, run__shard_bytes="1MiB", output__row_group_bytes="8KiB", output__file_bytes="32KiB")
    files = sorted((out / "articles").iterdir())
    groups = [pq.ParquetFile(path).num_row_groups for path in files]
    assert len(files) > 1
    assert max(groups) > 1
    assert verify(Layout.at(out)).problems == []


def test_a_record_s_other_fields_count_towards_batches_and_row_groups(tmp_path: Path, out: Path) -> None:
    source = tmp_path / "in.jsonl"
    text = inputs.text(random.Random(1), 3)
    for more, many in (("x" * 10_000, True), ("x", False)):
        source.write_text("".join(json.dumps({"id": str(n), "text": text, "more": more}) + "\n" for n in range(20)))
        run(source, out, run__shard_bytes="1MiB", run__batch_bytes="20KB", output__row_group_bytes="40KiB")
        (path,) = (out / "articles").iterdir()
        assert (pq.ParquetFile(path).num_row_groups > 4) is many


def test_what_json_lacks_in_other_fields_is_text_and_costs_no_other_record(tmp_path: Path, out: Path) -> None:
    source = tmp_path / "in.jsonl"
    text = json.dumps(inputs.text(random.Random(1), 3))
    deep = "[" * 90 + "NaN" + "]" * 90
    source.write_text("".join(f'{{"text": {text}, "more": {more}}}\n' for more in (deep, "[1e999, 1]", '{"a": 1}')))
    assert run(source, out).dataset.articles == 3
    more = [json.loads(each)["more"] for each in pq.read_table(out / "articles")["metadata"].to_pylist()]
    assert json.dumps(more[0]) == deep.replace("NaN", '"NaN"')
    assert more[1:] == [["1e999", 1], {"a": 1}]


@pytest.mark.parametrize(
    ("partition_by", "folders"),
    [("language", ["lang=en"]), ("month", ["month=2024-05", "month=2024-06", "month=unknown"])],
)
def test_partitions_load_everywhere(tmp_path: Path, out: Path, partition_by: str, folders: list[str]) -> None:
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow.dataset as ds

    source = tmp_path / "in.jsonl"
    days = ["2024-05-31", "2024-06-01", "someday"]
    chance = random.Random(6)
    lines = [{"id": str(n), "text": inputs.text(chance, 4), "date": days[n % 3]} for n in range(12)]
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run(source, out, output__partition_by=partition_by)
    assert sorted(path.name for path in (out / "articles").iterdir()) == folders
    key = folders[0].split("=")[0]
    wanted = sorted(folder.split("=")[1] for folder in folders)
    files = f"{out}/articles/**/*.parquet"
    read = {
        "pandas": pd.read_parquet(out / "articles")[key].astype(str).tolist(),
        "polars": pl.read_parquet(files, hive_partitioning=True)[key].to_list(),
        "duckdb": [row[0] for row in duckdb.sql(f"select {key} from read_parquet('{files}')").fetchall()],
        "pyarrow": ds.dataset(out / "articles", partitioning="hive").to_table()[key].to_pylist(),
    }
    assert {name: len(values) for name, values in read.items()} == dict.fromkeys(read, 12)
    assert {name: sorted(set(values)) for name, values in read.items()} == dict.fromkeys(read, wanted)
    run(source, out)
    assert {path.suffix for path in (out / "articles").iterdir()} == {".parquet"}


def test_too_many_rejects_publish_nothing(source: Path, out: Path) -> None:
    run(source, out)
    before = inputs.tree(out)
    (source / "bad.jsonl").write_text("{broken\n" * 100)
    with pytest.raises(RunAborted, match=r"max_rejected_share = 0.5.*json"):
        run(source, out, run__rejected_share_records=50)
    after = inputs.tree(out)
    assert {name: content for name, content in after.items() if not name.startswith("_cleancopy")} == {
        name: content for name, content in before.items() if not name.startswith("_cleancopy")
    }
    summary = run(source, out, run__max_rejected_share=1)
    assert summary.shards["ready"] > 0
    assert summary.shards["cleaned"] == 0
    assert summary.dataset.rejected.total() == 103


def test_the_log_says_what_happened(source: Path, out: Path) -> None:
    summary = run(source, out)
    lines = (out / "_cleancopy" / "runs" / f"{summary.run}.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    assert [each["event"] for each in events] == ["planned", *["cleaned"] * summary.shards["cleaned"], "published"]
    assert events[0]["todo"] == summary.shards["cleaned"]
    assert sum(each["articles"] for each in events[1:-1]) == events[-1]["articles"] == 24


def test_two_runs_at_once(source: Path, out: Path) -> None:
    with open_run([str(source)], out, settings.load(None, BASE)) as first:
        with pytest.raises(DatasetError, match=rf"cleancopy run \(process {os.getpid()} "):
            run(source, out)
        drive(first)
    assert run(source, out).shards["cleaned"] == 0


@in_both_formats
def test_rejects_are_replayed(tmp_path: Path, out: Path) -> None:
    source = tmp_path / "in.jsonl"
    chance = random.Random(4)
    texts = [inputs.text(chance, 3 if index % 3 else 12) for index in range(12)]
    source.write_text("".join(json.dumps({"id": str(n), "text": text}) + "\n" for n, text in enumerate(texts)) + "{x\n")
    first = run(source, out, limits__record_lines=12)
    assert first.counts.rejected == {"record.lines": 4, "json.broken": 1}
    with open_replay(out, settings.load(None, BASE)) as replay:
        summary = drive(replay)
    assert summary.dataset.articles == 12
    assert summary.dataset.rejected.total() == 1
    assert ids(out) == sorted(str(n) for n in range(12))
    assert verify(Layout.at(out)).problems == []
    by_id = {row["source_id"]: row["text"] for row in inputs.table_of(out, "articles").to_pylist()}
    run(source, tmp_path / "fresh")
    fresh = inputs.table_of(tmp_path / "fresh", "articles").to_pylist()
    assert by_id == {row["source_id"]: row["text"] for row in fresh}


@in_both_formats
def test_small_files_are_put_together_and_taken_apart(source: Path, out: Path) -> None:
    run(source, out)
    before = inputs.table_of(out, "articles").sort_by("doc_id")
    files, left = compact(out, settings.load(None, BASE))
    assert (files > 10, left) == (True, 3)
    assert inputs.table_of(out, "articles").sort_by("doc_id").equals(before)
    assert verify(Layout.at(out)).problems == []
    assert run(source, out).shards["cleaned"] == 0
    assert compact(out, settings.load(None, BASE)) == (3, 3)
    inputs.write(source, files=1, records=12, first=1, seed=2)
    run(source, out)
    assert len(ids(out)) == 28
    assert verify(Layout.at(out)).problems == []
    with open_replay(out, settings.load(None, BASE)) as replay:
        drive(replay)
    assert verify(Layout.at(out)).problems == []
    assert compact(out, settings.load(None, BASE))[1] == 3
    run(source, out.parent / "fresh")
    assert ids(out) == ids(out.parent / "fresh")


def test_a_pack_is_put_together_with_others_whole_or_not_at_all(source: Path, out: Path) -> None:
    run(source, out)
    compact(out, settings.load(None, BASE))
    inputs.write(source, files=4, records=9, first=3)
    run(source, out)
    layout = Layout.at(out)
    receipts = recorded(layout)
    slices = Counter(file.path for receipt in receipts.values() for file in receipt.files)
    assert max(slices.values()) > 3
    largest = max(file.bytes for receipt in receipts.values() for file in receipt.files)
    packs = 0
    for file_bytes in range(2 * largest, 40 * largest, largest):
        groups = small(receipts, layout, Shape("parquet", "none", 1 << 20, file_bytes, 3, 1000))
        taken = [Counter(each.file.path for each in group) for group in groups]
        assert [path for paths in taken for path, count in paths.items() if count != slices[path]] == []
        packs += sum(count > 1 for paths in taken for count in paths.values())
    assert packs > 0
    assert compact(out, settings.load(None, {**BASE, "output.file_bytes": 9 * largest}))[1] < len(slices)
    assert (len(ids(out)), verify(layout).problems) == (60, [])


def test_a_full_disk(source: Path, tmp_path: Path) -> None:
    """On a small file system of its own; needs the right to mount one."""
    mount = tmp_path / "small"
    mount.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(mount)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"cannot mount a tmpfs: {made.stderr.decode().strip()}")
    try:
        with pytest.raises(DatasetError, match=r"No space left.*run again"):
            run(source, mount / "out")
        subprocess.run(["mount", "-o", "remount,size=16m", str(mount)], check=True)
        run(source, mount / "out")
        run(source, tmp_path / "roomy")
        assert inputs.differences(inputs.tree(mount / "out"), inputs.tree(tmp_path / "roomy")) == []
        assert inputs.leftovers(mount / "out") == []
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=True)


COMMAND = [sys.executable, "-m", "cleancopy.cli"]


MISTAKES = tomllib.loads((Path(__file__).parent / "mistakes.toml").read_text())["case"]


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: " ".join(case["arguments"]))
def test_mistakes_end_in_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], case: dict[str, list[str]]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.txt").write_text("Nobody will read this.")
    Path("pack.toml").write_text('language = "en"\nrule = 4\n')
    Path("wrong.toml").write_text('limits.record_bytes = "many"\n')
    Path("mine").mkdir()
    Path("mine/README.md").write_text("Mine.")
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(sys, "argv", ["cleancopy", *case["arguments"]])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    told = capsys.readouterr().err
    assert [part for part in case["says"] if part not in told] == [], told
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("damaged", "content", "command", "says"),
    [
        ("_cleancopy/runs/*.json", "{", "status", "is damaged"),
        ("_cleancopy/runs/*.json", "{", "report", "is damaged"),
        ("_cleancopy/publishing.json", "{", "compact", "is damaged"),
        ("_cleancopy/receipts/*.json", "{", "status", "is damaged"),
        ("_cleancopy/receipts/*.json", None, "compact", "belongs to no receipt"),
        ("articles/*.parquet", "x", "stats", "is no file of articles/"),
        ("articles/*.parquet", "x", "compact", "cannot be read"),
        ("articles/*.parquet", None, "compact", "is missing"),
    ],
)
def test_damage_is_named_in_one_message(
    source: Path,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    damaged: str,
    content: str | None,
    command: str,
    says: str,
) -> None:
    run(source, out)
    path = next(out.glob(damaged), out / damaged)
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_text(content)
    monkeypatch.setattr(sys, "argv", ["cleancopy", command, str(out)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 1
    told = capsys.readouterr().err
    assert path.stem in told
    assert says in told


def test_a_run_without_a_receipt_doubles_and_takes_out_nothing(source: Path, out: Path) -> None:
    run(source, out)
    before = inputs.tree(out)
    lost = next(Layout.at(out).receipts.iterdir())
    kept = lost.read_bytes()
    lost.unlink()
    for given in (source, inputs.write(source.parent / "other", files=1, records=2)):
        with pytest.raises(DatasetError, match=rf"{lost.stem}.*belongs to no receipt; restore"):
            run(given, out)
    lost.write_bytes(kept)
    assert inputs.differences(inputs.tree(out), before) == []


def test_a_source_has_one_name_from_wherever_it_is_given(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(source, out)
    (source.parent / "elsewhere").mkdir()
    monkeypatch.chdir(source.parent / "elsewhere")
    again = run(Path("../in"), out)
    assert again.shards == {"done": first.shards["cleaned"], "cleaned": 0, "failed": 0}


def test_a_run_does_not_read_what_it_wrote(source: Path, out: Path) -> None:
    run(source, out)
    with pytest.raises(ConfigurationError, match="lies in the dataset"):
        run(out / "articles", out)
    with pytest.raises(ConfigurationError, match="would lie in its source"):
        run(source, source / "out")
    (out.parent / "other").mkdir()
    with pytest.raises(ConfigurationError, match="would lie in its source"):
        run(source, out.parent / "other" / ".." / source.name / "out")
    run(source, source / "_out")  # hidden, as nothing that a folder stands for is


def test_a_look_at_the_lock_refuses_no_run(source: Path, out: Path) -> None:
    run(source, out)
    with Layout(out).lock.open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        gone = threading.Timer(0.03, fcntl.flock, (looking, fcntl.LOCK_UN))
        gone.start()
        assert run(source, out).shards["cleaned"] == 0
        gone.join()


def test_brackets_in_names_are_no_markup(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "[bold]out[" / "[/red]"
    ran = subprocess.run([*COMMAND, "run", "--direct", str(source), "--out", str(out)], capture_output=True, text=True)
    assert (ran.returncode, str(out) in ran.stdout) == (0, True), ran.stderr


def test_help_is_quick() -> None:
    subprocess.run([*COMMAND, "--help"], check=True, capture_output=True)
    before = os.times()
    subprocess.run([*COMMAND, "--help"], check=True, capture_output=True)
    after = os.times()
    assert after.children_user + after.children_system - before.children_user - before.children_system < 0.6


def test_stopped_by_a_signal_it_leaves_nobody_behind(tmp_path: Path, out: Path) -> None:
    source = inputs.write(tmp_path / "in", files=30, records=20)
    command = [
        *COMMAND,
        "run",
        str(source),
        "--out",
        str(out),
        "--direct",
        "--workers",
        "2",
        "--set",
        "run.shard_bytes=12KB",
    ]
    command += ["--set", "clean.model=false"]
    stopped = subprocess.Popen(command, process_group=0, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(out.glob("_cleancopy/staged/*")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    stopped.terminate()
    assert stopped.wait(20) == 143
    deadline = time.monotonic() + 10
    while _is_alive(stopped.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_alive(stopped.pid)


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
