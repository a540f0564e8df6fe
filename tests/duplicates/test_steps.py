"""Each step alone, against what a slow and simple program says."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleancopy.duplicates import candidates, clusters, ids, signatures
from cleancopy.duplicates.shingles import shingles
from cleancopy.duplicates.similarity import jaccard
from tests.duplicates import stories

TEXTS = st.lists(
    st.sampled_from(["eins", "Zwei", "drei", "vier", "東京", "都", "!", "-", "\n", "naïve", "ＡＢＣ"]), max_size=9
)


def sets(texts: list[str]) -> list[np.ndarray]:
    hashes, starts, _ = shingles(texts)
    return [np.unique(hashes[a:b]) for a, b in pairwise(starts.tolist())]


@given(st.lists(TEXTS.map(" ".join), max_size=6))
def test_shingles_of_a_text_are_the_same_beside_any_others(texts: list[str]) -> None:
    together = sets(texts)
    assert [found.tolist() for found in together] == [sets([text])[0].tolist() for text in texts]
    assert all(len(found) for found in together)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("The mill, by the river.", "the mill by the RIVER", True),
        ("Straße und Weg", "STRASSE und Weg", True),
        ("the mill by", "by mill the", False),
        ("mill", "river", False),
        ("mill", "mill mill", False),
        ("", "!", False),  # no words at all: only the same text is the same
        ("東京都", "東京府", False),
    ],
)
def test_what_counts_as_the_same_shingles(one: str, other: str, same: bool) -> None:
    first, second = sets([one, other])
    assert (jaccard(first, second) == 1) is same
    assert jaccard(first, second) in (0, 1)


def test_words_are_counted_and_ideographs_are_words() -> None:
    assert shingles(["one two", "東京都の天気", "", "a_b c-d"])[2].tolist() == [2, 6, 0, 4]


@given(st.lists(st.integers(0, 9), unique=True, min_size=1), st.lists(st.integers(0, 9), unique=True, min_size=1))
def test_jaccard_is_that_of_sets(one: list[int], other: list[int]) -> None:
    expected = len({*one} & {*other}) / len({*one} | {*other})
    assert jaccard(np.array(sorted(one), np.uint64), np.array(sorted(other), np.uint64)) == expected


def test_minhash_finds_what_is_alike_as_often_as_stated() -> None:
    """Of pairs with a similarity around 0.5, 92 % share a band."""
    told = [stories.story(seed, 6) for seed in range(300)]
    copies = [stories.edited(text, 0.12, seed) for seed, text in enumerate(told)]
    expected = np.mean(
        [
            1 - (1 - jaccard(a, b) ** signatures.ROWS) ** signatures.BANDS
            for a, b in zip(sets(told), sets(copies), strict=True)
        ]
    )
    assert 0.6 < expected < 0.999
    found = np.mean([(a == b).any() for a, b in zip(bands(told), bands(copies), strict=True)])
    assert abs(found - expected) < 4 * (expected * (1 - expected) / len(told)) ** 0.5


def bands(texts: list[str]) -> np.ndarray:
    table = signatures.signatures(
        {
            "text": texts,
            **{name: [f"{at:032x}" for at in range(len(texts))] for name in ("doc_id", "text_sha256")},
            **{
                name: [None] * len(texts)
                for name in ("site", "site_name", "canonical_url", "published_at", "published_precision")
            },
            "credits": [[]] * len(texts),
        }
    )
    return np.stack([table[f"band_{band:02}"].to_numpy() for band in range(signatures.BANDS)], 1)


ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=30)


@given(ROWS, st.randoms())
def test_texts_are_numbered_whatever_their_order(rows: list[tuple[int, int]], chance: object) -> None:
    """rows: (words, hash); texts with the same hash have as many words."""
    texts = np.array([(words, digest) for words, digest in rows], np.uint64).reshape(-1, 2)
    words = np.array([each for each, _ in rows], np.int32)
    numbers, firsts = candidates.number(texts, words)
    expected = sorted({(each, (each, digest)) for each, digest in rows})
    assert [expected[number][1] for number in numbers] == rows
    assert [rows.index(text) for _, text in expected] == firsts.tolist()


@given(st.lists(st.integers(0, 6), max_size=60), st.integers(1, 3), st.data())
def test_candidates_share_a_band_and_stand_near(hashes: list[int], parts: int, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(hashes))))
    by_hash = defaultdict(list)
    for text, value in enumerate(hashes):
        by_hash[value].append(text)
    expected = {
        (texts[a], texts[b])
        for texts in by_hash.values()
        for a, b in combinations(range(len(texts)), 2)
        if b - a <= candidates.NEAREST
    }
    values, texts = np.array(hashes, np.uint64)[order], np.array(order, np.int64)
    found: list[tuple[int, int]] = []
    for part in range(parts):
        here = values % np.uint64(parts) == part
        packed = candidates.pairs(values[here], texts[here])
        assert (np.diff(packed.astype(np.float64)) > 0).all()
        found += zip(*(each.tolist() for each in candidates.unpack(packed)), strict=True)
    assert sorted(found) == sorted(expected)


def test_candidates_of_files_in_parts(tmp_path: Path) -> None:
    hashes = np.random.default_rng(1).integers(0, 40, 200, dtype=np.uint64)
    paths = [tmp_path / f"{at}.parquet" for at in range(4)]
    for at, path in enumerate(paths):
        pq.write_table(pa.table({"band_07": hashes[50 * at : 50 * at + 50]}), path, write_page_checksum=True)
    numbers = np.arange(200)
    numbers[::9] = candidates.NONE
    np.save(tmp_path / "numbers.npy", numbers)
    found = []
    for part in range(3):
        candidates.candidates(paths, tmp_path / "numbers.npy", 7, part, 3, tmp_path / "out.npy")
        found += np.load(tmp_path / "out.npy").tolist()
    kept = numbers != candidates.NONE
    assert sorted(found) == candidates.pairs(hashes[kept], numbers[kept]).tolist() != []


@given(st.integers(1, 12), st.data())
def test_components_are_what_edges_connect(count: int, data: st.DataObject) -> None:
    node = st.integers(0, count - 1)
    edges = data.draw(st.lists(st.tuples(node, node), max_size=14))
    expected = list(range(count))
    for _ in range(count):
        for a, b in edges:
            expected[a] = expected[b] = min(expected[a], expected[b])
    first, second = (np.array([edge[end] for edge in edges], np.int64) for end in (0, 1))
    assert clusters.components(count, first, second).tolist() == expected


SITES = st.integers(1, 4)
MEMBER = st.tuples(
    st.integers(0, 2),  # cluster
    SITES,
    st.integers(0, 5),  # name; 0: none; 1 to 4: named as a site is
    st.lists(st.integers(1, 5), unique=True, max_size=3),  # credited
    st.integers(0, 2),  # date
    st.integers(0, 2),  # characters
)


@given(st.lists(MEMBER, max_size=12))
def test_the_original_is_whom_others_credit_then_the_earliest_then_the_longest(members: list[tuple]) -> None:
    """Against the rule as it is written in docs/duplicates.md, one member at a time."""

    def key(row: int) -> tuple[int, int, int, int]:
        cluster, site, name, _, date, characters = members[row]
        others = [each for each in members if each[0] == cluster and each[1] != site]
        votes = sum(len({site, name} & {*each[3]} - {0}) for each in others)
        return -votes, date, -characters, row

    expected = [min((at for at, each in enumerate(members) if each[0] == member[0]), key=key) for member in members]
    columns = list(zip(*members, strict=True)) or [()] * 6
    given_members = clusters.Members(
        row=np.arange(len(members)),
        cluster=np.array(columns[0], np.int64),
        site=np.array(columns[1], np.uint64),
        site_name=np.array(columns[2], np.uint64),
        date=np.array(columns[4], np.int64),
        characters=np.array(columns[5], np.int64),
        credit=np.array([name for each in members for name in each[3]], np.uint64),
        by=np.array([at for at, each in enumerate(members) for _ in each[3]], np.int64),
    )
    assert clusters.originals(given_members).tolist() == expected


@pytest.mark.parametrize(
    ("moment", "precision", "last"),
    [
        ((2024, 2, 7, 10, 30), "minute", (2024, 2, 7, 10, 30, 59, 999_999)),
        ((2024, 2, 7), "day", (2024, 2, 7, 23, 59, 59, 999_999)),
        ((2024, 2, 1), "month", (2024, 2, 29, 23, 59, 59, 999_999)),
        ((2024, 1, 1), "year", (2024, 12, 31, 23, 59, 59, 999_999)),
        ((1969, 7, 20, 20, 17, 40), "second", (1969, 7, 20, 20, 17, 40)),
    ],
)
def test_a_date_is_the_last_moment_that_it_may_mean(moment: tuple, precision: str, last: tuple) -> None:
    found = signatures.latest(datetime(*moment, tzinfo=UTC), precision)
    assert datetime.fromtimestamp(found // 1_000_000, UTC).replace(microsecond=found % 1_000_000) == datetime(
        *last, tzinfo=UTC
    )
    assert found < signatures.latest(None, None)


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=5), st.integers(0, 2))
def test_ids_keep_their_order_as_numbers(values: list[bytes], cut: int) -> None:
    column = pa.chunked_array([pa.array(values, ids.ID).slice(cut)])
    numbers = ids.numbers(column)
    assert ids.column(numbers).to_pylist() == values[cut:]
    assert sorted(values[cut:]) == ids.column(numbers[np.lexsort((numbers[:, 1], numbers[:, 0]))]).to_pylist()
