from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cleancopy.dataset.layout import Layout
from cleancopy.dataset.receipts import recorded
from cleancopy.dataset.verify import verify
from cleancopy.errors import CleancopyError
from cleancopy.runs.direct import run_direct
from cleancopy.runs.executors import make
from cleancopy.runs.pipeline import Summary, open_run
from cleancopy.runs.status import status
from cleancopy.settings import Settings, load
from tests.census.sites import BOX, article, page, record, write
from tests.runs import inputs

SETTINGS = {"run.engine": "inline", "run.shard_files": 1, "census.enabled": True, "clean.packs": ["common", "en"]}


def settings(**more: Any) -> Settings:
    return load(overrides={**SETTINGS, **{key.replace("__", "."): value for key, value in more.items()}})


def run(folder: Path, out: Path, **more: Any) -> Summary:
    return run_direct([str(folder)], out, settings(**more))


def texts(out: Path) -> dict[str, str]:
    rows = [row for path in sorted(out.glob("articles/*.parquet")) for row in pq.read_table(path).to_pylist()]
    return {row["source_id"]: row["text"] for row in rows}


def boxed(out: Path) -> set[str]:
    return {id_ for id_, text in texts(out).items() if BOX in text}


def site(folder: Path, numbers: range, a_file: int = 3) -> Path:
    for first in numbers[::a_file]:
        some = [record(number, page(article(number))) for number in numbers if first <= number < first + a_file]
        write(folder / f"{first:03d}.jsonl", some)
    return folder


def test_count_then_clean(tmp_path: Path) -> None:
    folder = site(tmp_path / "in", range(9))
    write(folder / "other.jsonl", [record(100, page(article(100)), "alone.example")])
    write(folder / "without.jsonl", [{"id": "101", "text": "\n\n".join(page(article(101)))}])
    out = tmp_path / "out"
    summary = run(folder, out)
    assert summary.published
    assert boxed(out) == {"100", "101"}
    for number in range(9):
        assert all(paragraph in texts(out)[str(number)] for paragraph in article(number)[1:])
    removed = pq.read_table(out / "removed").to_pylist()
    assert BOX in {row["text"] for row in removed if row["rule"] == "census.repeated"}
    assert verify(Layout.at(out)).problems == []
    sites = [each.sites for receipt in recorded(Layout.at(out)).values() for each in receipt.inputs.values()]
    held = {name: (pages, bool(template)) for some in sites for name, (pages, template) in some.items()}
    assert held == {"courier.example": (3, True), "alone.example": (1, False)}
    assert list((out / "_cleancopy" / "tmp").iterdir()) == []
    assert len(list((out / "_cleancopy" / "census").iterdir())) == 2


def test_the_same_bytes_however_the_work_is_shared_out(tmp_path: Path) -> None:
    folder = site(tmp_path / "in", range(9))
    run(folder, tmp_path / "one")
    for path in folder.iterdir():
        os.utime(path, ns=(0, path.stat().st_mtime_ns))
    run(folder, tmp_path / "two", run__engine="processes", run__workers=2)
    assert inputs.tree(tmp_path / "one") == inputs.tree(tmp_path / "two")
    # Other shards are other files; what they say is the same.
    mixed = tmp_path / "mixed"
    records = [json.loads(line) for path in sorted(folder.iterdir()) for line in path.read_text("utf-8").splitlines()]
    write(mixed / "all.jsonl", records[::-1])
    run(mixed, tmp_path / "three")
    assert texts(tmp_path / "three") == texts(tmp_path / "one")


def test_a_run_that_was_killed_ends_with_the_same_bytes(tmp_path: Path) -> None:
    folder = site(tmp_path / "in", range(9))
    run(folder, tmp_path / "whole")
    with open_run([str(folder)], tmp_path / "killed", settings()) as opened, make(opened.settings) as executor:
        opened.take_census(executor)
        opened.done(opened.todo[0], opened.attempt(executor, opened.todo[0]))
    summary = run(folder, tmp_path / "killed")
    assert summary.shards["ready"] == 1
    assert inputs.tree(tmp_path / "killed") == inputs.tree(tmp_path / "whole")


def test_a_grown_census_cleans_again_what_it_would_change(tmp_path: Path) -> None:
    folder, out = site(tmp_path / "in", range(2)), tmp_path / "out"
    run(folder, out)
    assert boxed(out) == {"0", "1"}
    site(folder, range(10, 16))
    summary = run(folder, out)
    assert summary.stale == {"census grew": 1}
    assert boxed(out) == set()
    # From eight pages to ten the census stays as it is, and no page is cleaned twice.
    site(folder, range(20, 22))
    assert run(folder, out).stale == {}
    assert boxed(out) == set()
    # To twenty it is counted anew.
    site(folder, range(30, 40))
    assert run(folder, out).stale.total() == 4
    assert run(folder, out).shards["cleaned"] == 0
    assert status(Layout.at(out), settings()).stale == {}


def test_runs_that_grow_come_to_what_one_run_gives_where_each_growth_counts(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    for step in range(4):
        site(folder, range(10 * step, 10 * step + 3))
        run(folder, out, census__growth=1)
    run(folder, tmp_path / "whole", census__growth=1)
    assert texts(out) == texts(tmp_path / "whole")


def test_what_is_stale_is_said(tmp_path: Path) -> None:
    folder, out = site(tmp_path / "in", range(2)), tmp_path / "out"
    run(folder, out)
    site(tmp_path / "more", range(10, 16))
    run(tmp_path / "more", out)  # the first two pages are not among the sources
    state = status(Layout.at(out), settings())
    assert state.stale == {"census grew": 1}
    assert state.census == {"courier.example": 2}
    assert boxed(out) == {"0", "1"}


def test_a_few_pages_of_a_shard_do_not_clean_it_again(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    many = [record(number, page(article(number)), f"{number}.example") for number in range(200, 212)]
    write(folder / "many.jsonl", [*many, record(0, page(article(0)))])
    run(folder, out)
    site(folder, range(10, 16))
    assert run(folder, out).stale == {}
    state = status(Layout.at(out), settings())
    assert (state.stale, state.census) == ({}, {"courier.example": 1})


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    folder = site(tmp_path / "in", range(6))
    run(folder, tmp_path / "out", census__enabled=False)
    assert len(boxed(tmp_path / "out")) == 6
    assert not (tmp_path / "out" / "_cleancopy" / "census.json").exists()


def test_a_census_is_used_again(tmp_path: Path) -> None:
    folder, first = site(tmp_path / "in", range(6)), tmp_path / "first"
    run(folder, first)
    alone = site(tmp_path / "alone", range(50, 51))
    for name in (first, *(first / "_cleancopy" / "census").glob("*.templates")):
        out = tmp_path / f"with-{name.name}"
        run(alone, out, census__file=str(name))
        assert boxed(out) == set()
    run(alone, tmp_path / "without")
    assert boxed(tmp_path / "without") == {"50"}
    with pytest.raises(CleancopyError, match="holds no census"):
        run(alone, tmp_path / "none", census__file=str(alone))


def test_the_same_article_at_many_addresses_keeps_its_paragraphs(tmp_path: Path) -> None:
    copies = [record(number, page(article(0))) for number in range(12)]
    others = [record(number, page(article(number))) for number in range(20, 24)]
    write(tmp_path / "in" / "all.jsonl", [*copies, *others])
    run(tmp_path / "in", tmp_path / "out")
    found = texts(tmp_path / "out")
    for number in range(12):
        assert all(paragraph in found[str(number)] for paragraph in article(0)[1:])
    assert boxed(tmp_path / "out") == set()
