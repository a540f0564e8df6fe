from __future__ import annotations

import random
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cleancopy.census import store
from cleancopy.census.pages import page_of
from cleancopy.census.samples import Page, known, together
from tests.census.sites import url

LINES = st.none() | st.lists(st.integers(0, 9), max_size=3).map(lambda each: np.array(each, np.uint64))
PAGES = st.lists(st.tuples(st.integers(0, 30), LINES), max_size=40)


def plain(pages: list[Page]) -> list[tuple[int, list[int] | None]]:
    return [(page, None if lines is None else lines.tolist()) for page, lines in pages]


@given(PAGES, st.integers(3, 12), st.randoms(use_true_random=False), st.integers(0, 40))
def test_a_sample_depends_on_no_order_and_no_sharing_out(
    pages: list[Page], most: int, dice: random.Random, cut: int
) -> None:
    whole = plain(together(pages, most))
    mixed = pages[:]
    dice.shuffle(mixed)
    parts = [together(mixed[:cut], most), together(mixed[cut:], most)]
    dice.shuffle(parts)
    assert plain(together([*parts[0], *parts[1], *parts[0]], most)) == whole
    assert [page for page, _ in whole] == sorted({page for page, _ in pages})[:most]


def test_how_many_pages_a_site_has() -> None:
    pages: list[Page] = [(page_of(url(number)), None) for number in range(20_000)]
    assert known(together(pages[:99], 100), 100) == 99
    # The standard error is a tenth for a sample of 100.
    assert abs(known(together(pages, 100), 100) / 20_000 - 1) < 0.3


@settings(max_examples=20)
@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=3), PAGES.map(lambda pages: together(pages, 8)), max_size=12)
)
def test_files_of_samples_are_read_together_site_by_site(sites: dict[str, list[Page]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        held = {site: pages for site, pages in sites.items() if pages}
        paths = []
        for number, (site, pages) in enumerate(held.items()):
            for part in (pages[::2], pages[1::2]):
                paths.append(folder / f"{number}-{len(paths)}.arrow")
                store.write_samples(paths[-1], [(site, part)] if part else [])
        found = dict(store.read_together(paths, 8, folder))
    assert list(found) == sorted(held)
    assert {site: plain(pages) for site, pages in found.items()} == {s: plain(p) for s, p in held.items()}


def test_more_files_than_can_be_open_are_put_together_in_steps(tmp_path: Path) -> None:
    paths = []
    for number in range(11):
        paths.append(tmp_path / f"{number}.arrow")
        store.write_samples(paths[-1], [("a.example", [(number, np.array([number], np.uint64))])])
    before = store.FAN_IN
    store.FAN_IN = 3
    try:
        ((site, pages),) = store.read_together(paths, 100, tmp_path)
    finally:
        store.FAN_IN = before
    assert (site, plain(pages)) == ("a.example", [(number, [number]) for number in range(11)])
