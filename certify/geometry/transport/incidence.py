r"""Row groups of a transport: active columns, the parts core, overlap and noise, and the incidence graph (THEORY E4).

A row group G has the activity :math:`x_G(j)=\|X_{G,j}\|_2` on column j and, for a recorded threshold θ_G, the active
support :math:`S_G=\{j:x_G(j)\ge\theta_G\}`. Activities enter through their squares, so that for rational data every
support is decided exactly. Groups are sequences of row indices; a support is a set of column indices.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from certify.errors import AmbiguousVerdictError
from certify.geometry.number import Number, certain, total
from certify.rigor.functions import sqrt
from certify.verdict import Verdict

__all__ = [
    "Masks",
    "activities",
    "hubs",
    "is_active",
    "is_edge",
    "masked",
    "masks",
    "pairwise_overlap",
    "shared_support",
    "squared_activities",
    "supports",
]

Groups = Sequence[Collection[int]]
Supports = Sequence[Collection[int]]
Entries = frozenset[tuple[int, int]]


class Masks(NamedTuple):
    """Three sets of entries (row, column); they partition all entries when the groups partition the rows."""

    core: Entries
    overlap: Entries
    noise: Entries


def squared_activities(x: Sequence[Sequence[Number]], groups: Groups) -> list[list[Number]]:
    r""":math:`x_G(j)^2=\sum_{i\in G}X_{ij}^2`, one row per group, one column per column of X.

    >>> squared_activities([[3, 1], [4, 0], [0, 2]], [(0, 1), (2,)])
    [[25, 1], [0, 4]]
    """
    zeros = [v * 0 for v in x[0]]
    return [[sum((x[i][j] * x[i][j] for i in rows), start=zero) for j, zero in enumerate(zeros)] for rows in groups]


def activities(squared: Sequence[Sequence[Number]]) -> list[list[Number]]:
    """x_G(j) from the squared activities; exact numbers become balls."""
    return [[sqrt(s) for s in row] for row in squared]


def is_active(squared: Number, threshold: Number) -> Verdict:
    """Verdict of x ≥ θ for an activity x ≥ 0, given x² and θ: θ < 0 or x² ≥ θ². Exact numbers are always decided.

    >>> is_active(25, 5).name, is_active(24, 5).name, is_active(0, -1).name
    ('CERTIFIED', 'REFUTED', 'CERTIFIED')
    """
    if certain(threshold < 0) or certain(squared >= threshold * threshold):
        return Verdict.CERTIFIED
    # Where the sign of an enclosed θ is open, θ² encloses 0 and nothing is refuted.
    return Verdict.REFUTED if certain(squared < threshold * threshold) else Verdict.UNDECIDED


def supports(squared: Sequence[Sequence[Number]], thresholds: Sequence[Number]) -> list[frozenset[int]]:
    """S_G for every group.

    Raises
    ------
    AmbiguousVerdictError
        Where enclosures leave open whether a column is active; exact numbers never do.
    """
    found: list[frozenset[int]] = []
    for group, (row, threshold) in enumerate(zip(squared, thresholds, strict=True)):
        verdicts = [is_active(s, threshold) for s in row]
        if Verdict.UNDECIDED in verdicts:
            column = verdicts.index(Verdict.UNDECIDED)
            raise AmbiguousVerdictError(
                f"whether column {column} is active in group {group} is undecided",
                hint="raise the precision, give exact numbers, or record a threshold farther from the activity",
            )
        found.append(frozenset(j for j, verdict in enumerate(verdicts) if verdict is Verdict.CERTIFIED))
    return found


def masks(groups: Groups, supports: Supports, columns: int) -> Masks:
    """Core: i ∈ G and j ∈ S_G only. Overlap: i ∈ G and j ∈ S_G ∩ S_H for some H ≠ G. Noise: i ∈ G and j ∉ S_G.

    >>> found = masks([(0,), (1,)], [{0, 1}, {1}], 2)
    >>> sorted(found.core), sorted(found.overlap), sorted(found.noise)
    ([(0, 0)], [(0, 1), (1, 1)], [(1, 0)])
    """
    core: set[tuple[int, int]] = set()
    overlap: set[tuple[int, int]] = set()
    noise: set[tuple[int, int]] = set()
    crowded = hubs(supports, columns, 2)
    for rows, support in zip(groups, supports, strict=True):
        for j in range(columns):
            kind = noise if j not in support else overlap if j in crowded else core
            kind.update((i, j) for i in rows)
    return Masks(frozenset(core), frozenset(overlap), frozenset(noise))


def masked(x: Sequence[Sequence[Number]], entries: Collection[tuple[int, int]]) -> list[list[Number]]:
    """X on some entries and 0 elsewhere."""
    return [[v if (i, j) in entries else v * 0 for j, v in enumerate(row)] for i, row in enumerate(x)]


def shared_support(supports: Supports, left: int, right: int) -> frozenset[int]:
    """SRS of two groups: the columns active in both."""
    return frozenset(supports[left]).intersection(supports[right])


def pairwise_overlap(left: Sequence[Number], right: Sequence[Number], shared: Iterable[int]) -> Number:
    r""":math:`w_{GH}=\sum_{j\in S_G\cap S_H}x_G(j)\,x_H(j)` from the activities of two groups."""
    return total(left[j] * right[j] for j in sorted(shared))


def is_edge(weight: Number, least: Number) -> Verdict:
    """Verdict of w_GH ≥ ω: whether two groups are joined in the incidence graph.

    >>> is_edge(2, 2).name, is_edge(1, 2).name
    ('CERTIFIED', 'REFUTED')
    """
    if certain(weight >= least):
        return Verdict.CERTIFIED
    return Verdict.REFUTED if certain(weight < least) else Verdict.UNDECIDED


def hubs(supports: Supports, columns: int, least: int) -> frozenset[int]:
    """The columns active in at least ``least`` groups.

    >>> sorted(hubs([{0, 1}, {1}, {1, 2}], 3, 3))
    [1]
    """
    return frozenset(j for j in range(columns) if sum(j in support for support in supports) >= least)
