"""Pairs to clusters, and the original of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleancopy.duplicates.shingles import mixed


def components(count: int, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each of `count` nodes the smallest node that edges connect it with, however long the way.

    Rounds of vector operations, of which there are as many as the logarithm of the longest way.
    """
    labels = np.arange(count)
    while True:
        low, high = np.minimum(labels[first], labels[second]), np.maximum(labels[first], labels[second])
        apart = low != high
        if not apart.any():
            return labels
        first, second = first[apart], second[apart]
        np.minimum.at(labels, high[apart], low[apart])
        while not np.array_equal(labels[labels], labels):
            labels = labels[labels]


@dataclass(frozen=True, slots=True)
class Members:
    """Articles of clusters, as far as it matters for who is the original; columns as in the signatures.

    row, cluster, site, site_name, date, characters: one entry a member. credit, by: what is credited, and the member
    that does, one entry a credit.
    """

    row: NDArray[np.int64]
    cluster: NDArray[np.int64]
    site: NDArray[np.uint64]
    site_name: NDArray[np.uint64]
    date: NDArray[np.int64]
    characters: NDArray[np.int64]
    credit: NDArray[np.uint64]
    by: NDArray[np.int64]


def originals(members: Members) -> NDArray[np.int64]:
    """The row of the original of each member's cluster: whom most others credit, then the earliest, the longest, the
    first row.

    A site is credited by its domain or by its name, and only by other sites: every site names itself.
    """
    order = np.lexsort((members.row, -members.characters, members.date, -_votes(members), members.cluster))
    cluster = members.cluster[order]
    new = np.ones(len(order), bool)
    new[1:] = cluster[1:] != cluster[:-1]
    chosen = np.empty(len(order), np.int64)
    chosen[order] = members.row[order[new]][np.cumsum(new) - 1]
    return chosen


def _votes(members: Members) -> NDArray[np.int64]:
    """How many members of other sites credit each member's site."""
    cluster = mixed(members.cluster.astype(np.uint64))
    credited = mixed(cluster[members.by] ^ members.credit)
    by_all = np.unique(credited, return_counts=True)
    by_own = np.unique(mixed(credited ^ members.site[members.by]), return_counts=True)
    found = np.zeros(len(members.row), np.int64)
    for name in (members.site, np.where(members.site_name == members.site, 0, members.site_name)):
        key = mixed(cluster ^ name)
        found += np.where(name == 0, 0, _count(by_all, key) - _count(by_own, mixed(key ^ members.site)))
    return found


def _count(counted: tuple[NDArray[np.uint64], NDArray[np.int64]], keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    values, counts = counted
    if not len(values):
        return np.zeros(len(keys), np.int64)
    at = np.minimum(np.searchsorted(values, keys), len(values) - 1)
    return np.where(values[at] == keys, counts[at], 0)
