"""No row goes but with what replaces it: sources come, change and go, in part, together, and beside damage."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cleancopy import settings
from cleancopy.cleaning import Cleaning
from cleancopy.dataset import publish
from cleancopy.dataset.layout import Layout, is_sealed, sealed, unsealed
from cleancopy.dataset.publish import check_kept
from cleancopy.dataset.receipts import Receipt, recorded
from cleancopy.dataset.verify import verify
from cleancopy.errors import CleancopyError, ConservationError, DatasetError, ShardError
from cleancopy.runs.direct import drive, run_direct
from cleancopy.runs.pipeline import Run, Summary, compact, open_replay
from cleancopy.runs.status import status
from cleancopy.schema import SCHEMA_VERSION
from cleancopy.views.report import write_report
from tests.runs import inputs
from tests.runs.test_runs import BASE

WHOLE = {**BASE, "run.shard_bytes": "1MiB"}


def text(folder: Path, name: str, seed: int) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.txt"
    path.write_text(inputs.text(random.Random(seed), 3))
    return path


def run(given: Path | Iterable[Path], out: Path, **overrides: object) -> Summary:
    sources = [str(given)] if isinstance(given, Path) else [str(each) for each in given]
    return run_direct(sources, out, chosen(**overrides))


def chosen(**overrides: object) -> settings.Settings:
    return settings.load(None, {**WHOLE, **{name.replace("__", "."): value for name, value in overrides.items()}})


def rows(out: Path) -> dict[str, tuple[str, str]]:
    """File → raw hash and configuration of its one row."""
    table = pq.read_table(out / "articles").to_pylist()
    assert len({row["source_uri"] for row in table}) == len(table)
    return {Path(row["source_uri"]).stem: (row["raw_sha256"], row["config_fingerprint"]) for row in table}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Five small texts, which share a shard."""
    for number in range(1, 6):
        text(tmp_path / "in", str(number), number)
    return tmp_path / "in"


@pytest.fixture
def out(tmp_path: Path, source: Path) -> Path:
    out = tmp_path / "out"
    assert run(source, out).shards["cleaned"] == 1
    return out


@pytest.mark.parametrize(
    ("how", "away", "packed"),
    [
        ("changed", False, False),
        ("changed", True, True),
        ("another format", True, False),
        ("other settings", False, True),
    ],
)
def test_a_run_over_one_file_leaves_the_others(source: Path, out: Path, how: str, away: bool, packed: bool) -> None:
    before = rows(out)
    if packed:
        text(source, "6", 6)
        run(source, out)
        compact(out, chosen())
        before = rows(out)
    if how == "changed":
        text(source, "1", 11)
    if away:
        for name in "2345":
            (source / f"{name}.txt").unlink()
    more: dict[str, dict[str, object]] = {
        "another format": {"input__format": "html"},
        "other settings": {"clean__threshold": 0.3},
    }
    summary = run(source / "1.txt", out, **more.get(how, {}))
    after = rows(out)
    assert summary.shards["cleaned"] == 1
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} == {"1"}
    assert verify(Layout.at(out)).problems == []


def test_a_deleted_file_keeps_its_rows_though_its_neighbour_changes(source: Path, out: Path) -> None:
    before = rows(out)
    (source / "2.txt").unlink()
    text(source, "1", 11)
    text(source, "6", 6)
    run(source, out)
    after = rows(out)
    assert sorted(after) == list("123456")
    assert {name for name in before if after[name] != before[name]} == {"1"}
    assert run(source, out).shards["cleaned"] == 0
    assert run(source, out, input__on_missing="remove").shards["cleaned"] == 0
    assert sorted(rows(out)) == list("13456")
    assert verify(Layout.at(out)).problems == []


def test_settings_reach_the_living_files_of_a_shard_with_a_deleted_one(source: Path, out: Path) -> None:
    before = rows(out)
    (source / "2.txt").unlink()
    now = chosen(clean__threshold=0.3)
    assert status(Layout.at(out), now).shards == {"stale": 1}
    run(source, out, clean__threshold=0.3)
    after = rows(out)
    assert {name for name in before if after[name] == before[name]} == {"2"}
    state = status(Layout.at(out), now)
    assert (state.shards, state.stale, state.sources) == ({"done": 1, "kept": 1}, {}, 5)


def test_what_failed_stays_as_it_was(source: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(out)
    (source / "5.txt").unlink()
    text(source, "1", 11)
    text(source, "6", 6)

    def fail(*_: Any) -> Receipt:
        raise ShardError("the store is away")

    with monkeypatch.context() as patch:
        patch.setattr(Run, "attempt", fail)
        assert run(source, out, run__max_failed_share=1, input__on_missing="remove").failures
    assert rows(out) == {name: row for name, row in before.items() if name != "5"}
    run(source, out)
    assert sorted(rows(out)) == list("12346")
    assert verify(Layout.at(out)).problems == []


def test_a_source_that_changes_after_the_plan_fails_its_shard_alone(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(out)
    for name in "16":
        text(source, name, 20)
    attempt = Run.attempt

    def written(self: Run, executor: Any, shard: Any) -> Receipt:
        text(source, "6", 21)
        return attempt(self, executor, shard)

    limits: dict[str, object] = {"run__shard_files": 1, "run__max_failed_share": 1, "run__retries": 0}
    with monkeypatch.context() as patch:
        patch.setattr(Run, "attempt", written)
        summary = run(source, out, **limits)
    (why,) = summary.failures.values()
    assert "6.txt: has changed since the run was planned; run again" in why
    after = rows(out)
    assert {name for name in after if after[name] != before[name]} == {"1"}
    assert run(source, out, **limits).changes == {"added": 1}
    assert sorted(rows(out)) == list("123456")


def test_a_source_that_changes_while_its_rejects_are_replayed_fails(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, out = tmp_path / "bad.jsonl", tmp_path / "replayed"
    bad.write_text('{"text": ""}\n')
    run(bad, out)
    bad.write_text(bad.read_text() * 2)  # changed before the replay: what lies where the reject was is tried
    with open_replay(out, chosen()) as replay:
        assert not drive(replay).failures
    read = Cleaning.read

    def changing(*given: Any, **named: Any) -> Any:
        bad.write_text(bad.read_text() * 2)
        return read(*given, **named)

    monkeypatch.setattr(Cleaning, "read", changing)
    with open_replay(out, chosen(run__max_failed_share=1, run__retries=0)) as replay:
        (why,) = drive(replay).failures.values()
    assert "has changed since the run was planned" in why


def test_of_a_large_file_all_parts_are_published_or_none(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = inputs.write(tmp_path / "large", files=1, records=12)
    out = tmp_path / "cut"
    limits: dict[str, object] = {"run__shard_bytes": "8KB", "run__max_failed_share": 1}
    assert run(large, out, **limits).shards["cleaned"] > 2
    before = pq.read_table(out / "articles").sort_by("doc_id")
    inputs.write(large, files=1, records=12, seed=2)
    attempt = Run.attempt

    def fail(self: Run, executor: Any, shard: Any) -> Receipt:
        if shard.parts[0].start:
            return attempt(self, executor, shard)
        raise ShardError("the store is away")

    with monkeypatch.context() as patch:
        patch.setattr(Run, "attempt", fail)
        assert run(large, out, **limits).failures
    assert pq.read_table(out / "articles").sort_by("doc_id").equals(before)
    again = run(large, out, **limits)
    assert (again.shards["cleaned"], again.shards["ready"] > 0) == (1, True)
    assert verify(Layout.at(out)).problems == []
    assert not set(pq.read_table(out / "articles")["doc_id"].to_pylist()) & set(before["doc_id"].to_pylist())


def test_lost_files_of_kept_rows_stop_no_other_source(source: Path, out: Path) -> None:
    (source / "2.txt").unlink()
    next((out / "articles").iterdir()).unlink()
    text(source, "6", 6)
    summary = run(source, out)
    assert (summary.shards["damaged"], sorted(rows(out))) == (1, ["6"])
    (problem,) = verify(Layout.at(out)).problems
    assert "No such file" in problem
    text(source, "2", 2)
    assert run(source, out).shards["damaged"] == 0
    assert sorted(rows(out)) == list("123456")


def test_damaged_rows_are_not_carried_over(source: Path, out: Path) -> None:
    (path,) = (out / "articles").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :])
    (source / "2.txt").unlink()
    text(source, "1", 11)
    with pytest.raises(DatasetError, match="not what was written"):
        run(source, out)
    path.write_bytes(whole)
    run(source, out)
    assert len(rows(out)) == 5


def _without(receipts: dict[str, Receipt]) -> dict[str, Receipt]:
    (shard, receipt), *others = receipts.items()
    inputs_left = dict([*receipt.inputs.items()][1:])
    return {**dict(others), shard: replace(receipt, inputs=inputs_left)}


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda receipts: {}, "would go"),
        (_without, "would go"),
        (lambda receipts: {**receipts, "twice": next(iter(receipts.values()))}, "in 2 parts"),
    ],
)
def test_a_publication_that_loses_rows_is_refused(
    out: Path, spoil: Callable[[dict[str, Receipt]], dict[str, Receipt]], says: str
) -> None:
    receipts = recorded(Layout.at(out))
    check_kept(receipts, receipts, ())
    with pytest.raises(ConservationError, match=f"{says}.*nothing was published"):
        check_kept(receipts, spoil(receipts), ())


def test_a_publication_that_was_killed_is_finished_whole_or_not_begun(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text(source, "6", 6)
    run(source, out)
    text(source, "6", 16)
    before, layout = rows(out), Layout.at(out)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(publish, "_carry_out", killed)
        with pytest.raises(KeyboardInterrupt):
            run(source, out)
    assert layout.journal.exists()
    for path in layout.receipts.iterdir():  # one stands, the other is replaced
        whole = path.read_bytes()
        stands = "1.txt" in whole.decode()
        path.write_bytes(whole[:-9] + b"!" + whole[-8:])
        if not stands:
            continue
        with pytest.raises(DatasetError, match=rf"{path.name} is damaged.*restore"):
            run(source, out)
        assert rows(out) == before
        path.write_bytes(whole)
    assert run(source, out).resumed
    assert {name for name, row in rows(out).items() if row != before[name]} == {"6"}
    assert verify(layout).problems == []


@pytest.mark.parametrize("note", [{"a": [1, "é"]}, {"name": "x" * 40, "rows": 12345}])
def test_a_seal_tells_every_bit_and_every_cut(note: dict[str, Any]) -> None:
    whole = sealed(note)
    assert unsealed(whole) == note
    places = [(at, bit) for at in range(len(whole)) for bit in range(8)]
    flipped = [whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :] for at, bit in places]
    for damaged in (each for each in flipped if not is_sealed(each)):
        with pytest.raises(ValueError, match=r"."):  # or it would be believed, as a note of an earlier version
            json.loads(damaged)
    for damaged in (*flipped, *(whole[:end] for end in range(len(whole)))):
        with pytest.raises(ValueError, match="check does not fit"):
            unsealed(damaged)


NOTES = ["receipts/*.json", "runs/*.json", "runs/*.jsonl", "reports/*.json", "configurations/*.json"]


@pytest.mark.parametrize("kind", NOTES)
def test_flipped_bits_and_cut_tails_of_a_note_are_told(source: Path, out: Path, kind: str) -> None:
    layout = Layout.at(out)
    write_report(layout)
    path = next(layout.state.glob(kind))
    whole = path.read_bytes()
    before = rows(out)
    in_seal = range(whole.rindex(b', "check"'), len(whole)) if kind != "configurations/*.json" else ()
    chance = random.Random(3)
    flipped = [
        whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :]
        for place in {*chance.sample(range(len(whole)), 12), *chance.sample(in_seal, min(6, len(in_seal)))}
    ]
    ends = {
        *chance.sample(range(len(whole)), 4),
        *(end + 1 for end in range(len(whole)) if whole[end:].startswith(b"\n")),
    }
    for damaged in (*flipped, *(whole[:end] for end in ends - {len(whole)})):
        path.write_bytes(damaged)
        assert any(path.name in problem for problem in verify(layout).problems)
        if kind.startswith("receipts"):
            with pytest.raises(CleancopyError, match=rf"{path.name} is damaged.*restore"):
                run(source, out)
        elif kind in ("runs/*.json", "reports/*.json"):
            with pytest.raises(DatasetError, match=rf"{path.name} is damaged.*delete it"):
                write_report(layout)
        assert rows(out) == before
    path.write_bytes(whole)
    assert verify(layout).problems == []
    write_report(layout)


def test_the_log_of_a_killed_run_may_end_anywhere(source: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text(source, "6", 6)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Run, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            run(source, out)
    assert verify(Layout.at(out)).problems == []


def test_verify_reads_the_card(out: Path) -> None:
    layout = Layout.at(out)
    text = layout.card.read_text()
    layout.card.write_text(text.replace("license: unknown", "license: cc0-1.0"))
    assert verify(layout).problems == []
    for wrong in (text.replace("| 5 |", "| 6 |", 1), text[:-40], ""):
        layout.card.write_text(wrong)
        (problem,) = verify(layout).problems
        assert "README.md has changed" in problem


def test_a_dataset_of_the_version_before_opens(source: Path, out: Path) -> None:
    (source / "bad.jsonl").write_text("{broken\n")
    run(source, out)
    before, layout = rows(out), Layout.at(out)
    told = {path.name: path.read_bytes() for path in layout.receipts.iterdir()}
    _as_before(layout)
    with pytest.raises(DatasetError, match="cleancopy compact"):
        verify(layout)
    with pytest.raises(DatasetError, match="cleancopy compact"):
        status(layout, chosen())
    with pytest.raises(DatasetError, match="cleancopy compact"):
        write_report(layout)
    text(source, "1", 11)
    (source / "2.txt").unlink()
    assert run(source, out).shards["cleaned"] == 1
    after = rows(out)
    assert {name for name in before if after[name] != before[name]} == {"1"}
    assert verify(layout).problems == []
    assert not layout.plan.exists()
    assert told.keys() & {path.name for path in layout.receipts.iterdir()}


def test_rows_of_an_earlier_schema_are_kept_and_brought_up_to_date(tmp_path: Path) -> None:
    source, out = inputs.write(tmp_path / "in", files=3, records=6), tmp_path / "out"
    for number in range(3):
        text(source, f"t{number}", number)
    (source / "page.html").write_text("".join(f"<p>{sentence}</p>" for sentence in inputs.SENTENCES))
    run(source, out, run__shard_bytes="12KB", limits__record_lines=10)
    layout = Layout.at(out)
    (source / "gone.txt").write_bytes((source / "t0.txt").read_bytes())
    run(source, out, run__shard_bytes="12KB", limits__record_lines=10)
    _in_schema_two(layout)
    _as_before(layout)
    (source / "gone.txt").unlink()

    def places() -> dict[tuple[str, int], str]:
        found: dict[tuple[str, int], str] = {}
        for table, said in (("articles", "raw_sha256"), ("rejected", "reason")):
            for path in (out / table).rglob("*.parquet"):
                read = pq.ParquetFile(path).read(["source_uri", "source_position", said]).to_pydict()
                for uri, at, what in zip(read["source_uri"], read["source_position"], read[said], strict=True):
                    assert (uri, at) not in found
                    found[uri, at] = what
        return found

    before = places()
    assert {"record.lines", "json.broken"} < set(before.values())
    compact(out, chosen())
    assert places() == before
    assert {problem.partition(": ")[2][:33] for problem in verify(layout).problems} == {
        "its rows are of schema version 2,"
    }
    for part in ("t1.txt", "000.jsonl"):
        run(source / part, out, run__shard_bytes="12KB")
        assert places().keys() == before.keys()
    with open_replay(out, chosen()) as replay:
        assert drive(replay).dataset.rejected == {"json.broken": 3}
    assert places().keys() == before.keys()
    compact(out, chosen())
    run(source, out, run__shard_bytes="12KB")
    compact(out, chosen())
    assert places().keys() == before.keys()
    kept = [path for path in (out / "articles").iterdir() if "repairs" not in pq.read_schema(path).names]
    assert [Path(each).stem for path in kept for each in pq.read_table(path)["source_uri"].to_pylist()] == ["gone"]
    problems = verify(layout).problems
    assert problems
    assert all(
        f"its rows are of schema version 2, not {SCHEMA_VERSION}; run again with their sources" in each
        for each in problems
    )
    run(source, out, input__on_missing="remove")
    assert verify(layout).problems == []


def _in_schema_two(layout: Layout) -> None:
    """Write the files as the version before did: without what was repaired."""
    for shard, receipt in recorded(layout).items():
        files = []
        for file in receipt.files:
            path = layout.root / file.path
            table = pq.read_table(path)
            table = table.drop_columns(["repairs"]) if file.dataset == "articles" else table
            stamps = {**(table.schema.metadata or {}), b"cleancopy.schema_version": b"2"}
            pq.write_table(table.replace_schema_metadata(stamps), path)
            content = path.read_bytes()
            files.append(replace(file, bytes=len(content), sha256=hashlib.sha256(content).hexdigest()))
        made_with = {**receipt.configuration, "schema": "2", "fingerprint": "0" * 16}
        plain = replace(receipt, files=tuple(files), configuration=made_with)
        (layout.receipts / f"{shard}.json").write_bytes(plain.to_json())


def test_rows_of_an_earlier_schema_are_cleaned_again_or_carried(source: Path, out: Path) -> None:
    layout = Layout.at(out)
    _without_captions(layout)
    (source / "2.txt").unlink()
    summary = run(source, out)
    assert list(summary.stale) == [f"schema changed: 3 to {SCHEMA_VERSION}"]
    assert len(rows(out)) == 5
    found = {path: pq.read_schema(path) for path in (out / "articles").iterdir()}
    assert sorted("captions" in schema.names for schema in found.values()) == [False, True]
    (old,) = [pq.read_table(path).to_pylist() for path, schema in found.items() if "captions" not in schema.names]
    assert [Path(row["source_uri"]).stem for row in old] == ["2"]
    assert run(source, out).shards["cleaned"] == 0


def test_a_plan_of_the_version_before_that_is_damaged_is_told(source: Path, out: Path) -> None:
    layout = Layout.at(out)
    _as_before(layout)
    layout.plan.write_text(layout.plan.read_text().replace("1.txt", "7.txt", 1))
    with pytest.raises(DatasetError, match=r"plan\.jsonl is damaged.*restore"):
        run(source, out)
    layout.plan.unlink()
    with pytest.raises(DatasetError, match=r"plan\.jsonl is missing; restore"):
        run(source, out)


def _without_captions(layout: Layout) -> None:
    """Write rows and receipts as schema version 3 had them."""
    for shard, receipt in recorded(layout).items():
        files = []
        for file in receipt.files:
            path = layout.root / file.path
            table = pq.read_table(path)
            metadata = {**(table.schema.metadata or {}), b"cleancopy.schema_version": b"3"}
            if "captions" in table.column_names:
                table = table.drop_columns(["captions"])
            pq.write_table(table.replace_schema_metadata(metadata), path)
            content = path.read_bytes()
            files.append(replace(file, bytes=len(content), sha256=hashlib.sha256(content).hexdigest()))
        configuration = {**receipt.configuration, "schema": "3"}
        earlier = replace(receipt, files=tuple(files), configuration=configuration)
        (layout.receipts / f"{shard}.json").write_bytes(earlier.to_json())


def _as_before(layout: Layout) -> None:
    """Write the notes as the last version did: parts in a plan, receipts without a check and counts by source."""
    lines: list[dict[str, Any]] = []
    for shard, receipt in recorded(layout).items():
        parts = [{k: v for k, v in asdict(part).items() if k not in ("first", "last")} for part in receipt.parts]
        name = hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=10).hexdigest()
        lines.append({"shard": name, "parts": parts, "fingerprints": receipt.fingerprints})
        plain = json.loads(receipt.to_json())
        del plain["check"]
        plain |= {"shard": name, "inputs": receipt.fingerprints}
        (layout.receipts / f"{shard}.json").unlink()
        (layout.receipts / f"{name}.json").write_text(json.dumps(plain, indent=1))
    for path in layout.runs.iterdir():
        notes = [json.loads(line) for line in path.read_text().splitlines()]
        told = [{name: value for name, value in note.items() if name != "check"} for note in notes]
        path.write_text("".join(json.dumps(note) + "\n" * (path.suffix == ".jsonl") for note in told))
    layout.plan.write_text("".join(json.dumps(line) + "\n" for line in [*lines, {"complete": len(lines)}]))
