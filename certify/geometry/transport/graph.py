"""The incidence graph of a transport from its entries, with the attributes of that of a certificate (THEORY E4, E6)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from certify.certificate.incidence_graph import assembled
from certify.errors import UsageError
from certify.geometry.number import Number, certain, coerce, total
from certify.geometry.transport import incidence as formulas
from certify.rigor.ball import interval
from certify.rigor.functions import maximum, sqrt
from certify.verdict import Parameter, Verdict

if TYPE_CHECKING:
    import networkx

__all__ = ["incidence_graph", "label"]


def label(left: Sequence[Number], right: Sequence[Number], correlation: Number, ratio: Number) -> str:
    """SC, SA or ST for the profiles of two groups on the columns that they share; undecided where balls overlap (E6).

    >>> label([3, 4], [6, 8], 0.5, 2), label([1, 0], [1, 3], 0.5, 2), label([1], [3], 1, 2)
    ('SC', 'ST', 'SA')
    """
    first, second = (sqrt(total(coerce(v) * v for v in p), nonnegative=True) for p in (left, right))
    if len(left) > 1:
        excess = total(coerce(a) * b for a, b in zip(left, right, strict=True)) - correlation * first * second
        if certain(excess < 0):
            return "ST"
        if not certain(excess >= 0):
            return "undecided"
    apart = maximum(first - ratio * second, second - ratio * first)
    return "SC" if certain(apart <= 0) else "SA" if certain(apart > 0) else "undecided"


def incidence_graph(
    x: Sequence[Sequence[Number]],
    groups: Sequence[Collection[int]],
    thresholds: Sequence[Number],
    edge: Number,
    *,
    correlation: float = 0.9,
    ratio: float = 2.0,
    hub_groups: int = 2,
) -> networkx.Graph:
    """Groups as nodes, edges where w_GH ≥ ``edge``, with weights, shared columns and labels; hubs on the graph.

    Raises
    ------
    UsageError : a threshold or ``edge`` is not positive, κ above 1 or β* below 1, or groups that do not partition.
    AmbiguousVerdictError : enclosures leave open whether a column is active.

    >>> found = incidence_graph([[3, 1], [4, 0], [6, 2]], [(0, 1), (2,)], [2, 2], 1)
    >>> list(found.edges(data="label")), found.graph["hubs"]
    ([(0, 1, 'SC')], '0')
    """
    if sorted(row for rows in groups for row in rows) != list(range(len(x))):
        raise UsageError("the groups do not partition the rows", place=f"{len(x)} rows")
    if not all(certain(level > 0) for level in (*thresholds, edge)):
        raise UsageError("a threshold is not certainly positive", hint="thresholds and the least weight are above 0")
    if not (0 < correlation <= 1 <= ratio):
        raise UsageError("κ is at most 1 and β* at least 1", place=f"κ = {correlation}, β* = {ratio}")
    squared = formulas.squared_activities(x, groups)
    supports = formulas.supports(squared, thresholds)
    values = formulas.activities(squared)
    edges: dict[tuple[int, int], dict[str, Parameter]] = {}
    for left, right in combinations(range(len(groups)), 2):
        shared = sorted(formulas.shared_support(supports, left, right))
        weight = formulas.pairwise_overlap(values[left], values[right], shared)
        if not shared or formulas.is_edge(weight, edge) is Verdict.REFUTED:
            continue
        low, high = interval(coerce(weight))
        first, second = ([values[group][j] for j in shared] for group in (left, right))
        edges[left, right] = {
            "weight_lower": low,
            "weight_upper": high,
            "label": label(first, second, correlation, ratio),
        }
    nodes: dict[int, dict[str, Parameter]] = {
        place: {"rows": ",".join(map(str, sorted(rows)))} for place, rows in enumerate(groups)
    }
    levels: dict[str, Parameter] = {"kappa": correlation, "ratio": ratio, "hub_groups": hub_groups}
    return assembled({i: sorted(s) for i, s in enumerate(supports)}, nodes, edges, hub_groups, levels)
