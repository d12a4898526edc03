"""What is asserted of the row groups of a transport X = W'W: who acts on whom, and which truncation changes it.

Norms are in units of a power of two that is recorded, weights of pairs in units of its square (THEORY E1, E4–E7).
"""

from __future__ import annotations

from collections.abc import Mapping

from certify.claims.assertion import Assertion, measured
from certify.verdict import Parameter

__all__ = [
    "FULL",
    "GRAPH",
    "LABELS",
    "MOST_CELLS",
    "MOST_EDGES",
    "MOST_GROUPS",
    "PAIR_IDS",
    "PER_LEVEL",
    "SUPPORTS",
    "THRESHOLDS",
    "WINDOW",
    "columns",
    "conclusion",
    "graph",
    "labels",
    "level_id",
    "level_ids",
    "margins",
    "pairs",
    "smallest_level",
    "supports",
    "thresholds",
    "truncation",
]

THRESHOLDS, SUPPORTS, GRAPH, LABELS, WINDOW = (
    "E4.thresholds",
    "E4.supports",
    "E4.graph",
    "E6.labels",
    "E7.smallest_level",
)
FULL = "100"
"""The level of the full windows."""
MOST_GROUPS = 256
MOST_CELLS = 2**26
"""Of more groups, and of more entries of W'W, nothing is said."""

MOST_EDGES = 512
"""Of more edges, weights and correlations are not published."""

PER_LEVEL = ("E1.transport", "E7.columns", "E7.pairs", "E7.margins", "E7.conclusion")
PAIR_IDS = (GRAPH, LABELS)


def level_id(name: str, level: str) -> str:
    """The id of a claim at the windows of a level of energy."""
    return f"{name}[{level}]"


def level_ids(level: str) -> list[str]:
    """The ids of all claims at a level."""
    return [level_id(name, level) for name in PER_LEVEL]


def thresholds(groups: str, count: int, rule: str, level: str, exponent: int) -> Assertion:
    """The threshold of each of ``count`` groups, chosen by a rule from the truncation at a level."""
    return measured(
        THRESHOLDS,
        "the thresholds θ_G of the row groups of W'W, recorded numbers, in units of 2^exponent; 0 for a group that has "
        "none and is left out",
        0.0,
        count=count,
        parameters={"groups": groups, "rule": rule, "level": level, "exponent": exponent},
    )


def supports(columns: int, hub_groups: int, noise: float, active: Mapping[str, str]) -> Assertion:
    """Which columns are active in which group; ``active`` spells the columns of each group as bits in hexadecimal.

    ``noise`` is the recorded ν, 0 where no cell is outside the supports.
    """
    known: dict[str, Parameter] = {"columns": columns, "hub_groups": hub_groups, "noise_threshold": noise}
    return measured(
        SUPPORTS,
        "the cells (G, j) with x_G(j) = ‖X_{G,j}‖ >= θ_G, the columns active in one group, and the hubs, active in "
        "hub_groups groups or more",
        0.0,
        count=3,
        parameters={**known, **active},
    )


def graph(edges: str, listed: int, edge: float, relative: float) -> Assertion:
    """The edges among the groups, as bits of the upper triangle in hexadecimal; weights of ``listed`` of them."""
    return measured(
        GRAPH,
        "the norm of the cells outside the supports, and the weights w_GH = Σ x_G(j)x_H(j) over shared columns of all "
        "pairs with w_GH >= ω, the edges",
        relative,
        count=1 + listed,
        parameters={"edges": edges, "edge_threshold": edge},
        named=("the norm of the other cells", *["the weight of an edge"] * listed),
        note="" if listed else "weights are published of the edges of graphs that have some, and not too many",
    )


def labels(letters: str, listed: int, correlation: float, ratio: float, width: float) -> Assertion:
    """The labels of the edges, a letter each, and their correlations beside what permutations give."""
    return measured(
        LABELS,
        "the number of edges with label C; and of each edge the correlation c of the profiles on shared columns, its "
        "mean and its deviation when the columns of one are permuted; labels C (c >= κ, norms within a factor β*), "
        "A (c >= κ, not within it), T (c < κ)",
        width,
        count=1 + 3 * listed,
        parameters={"labels": letters, "kappa": correlation, "ratio": ratio},
        named=("the number of labels C", *["a correlation", "its mean", "its deviation"] * listed),
    )


def truncation(level: str, windows: tuple[int, int], relative: float) -> Assertion:
    """How far the truncation is off: its own norm, and the bound from singular values alone."""
    return measured(
        level_id("E1.transport", level),
        "‖X_{r',r} − X‖_F for the windows that hold this part of the energy of W and of W', and its bound from "
        "singular values",
        relative,
        count=2,
        parameters=_windows(level, windows),
        named=("‖X_{r',r} − X‖_F", "its bound"),
    )


def columns(level: str, windows: tuple[int, int], cells: int, number: int, share: float) -> Assertion:
    """How many cells, and how many whole columns, are farther from the threshold than the truncation moves them."""
    return measured(
        level_id("E7.columns", level),
        "the number of cells with ‖E_{G,j}‖ < |x_G(j) − θ_G|, and of columns all of whose cells are such",
        share * number,
        count=2,
        parameters={**_windows(level, windows), "cells": cells, "columns": number},
        counted=("cells", "columns"),
    )


def pairs(level: str, windows: tuple[int, int], number: int, edges: int) -> Assertion:
    """How many pairs of groups with a shared column keep their edge or its absence, and how many edges their label."""
    return measured(
        level_id("E7.pairs", level),
        "the number of pairs that share a column and whose weight is farther from ω than the truncation may move it, "
        "and of edges whose label it cannot change",
        0.0,
        count=2,
        parameters={**_windows(level, windows), "pairs": number, "edges": edges},
        counted=("pairs", "labels"),
    )


def margins(level: str, windows: tuple[int, int], lines: str, count: int, relative: float) -> Assertion:
    """The smallest margin of each line of the block form."""
    return measured(
        level_id("E7.margins", level),
        "the smallest margin of each line of the block form; positive where the truncation leaves the line as it is",
        relative,
        count=count,
        parameters={**_windows(level, windows), "lines": lines},
        named=tuple(f"the margin of {line}" for line in lines.split(",")),
    )


def conclusion(level: str, windows: tuple[int, int]) -> Assertion:
    """Whether the block form holds, and whether both structures agree when they are compared."""
    return measured(
        level_id("E7.conclusion", level),
        "whether all margins of the block form are positive (1) or not (0), and whether X and X_{r',r} have the same "
        "supports, hubs, edges and labels, and noise on the same side of ν",
        0.0,
        count=2,
        parameters=_windows(level, windows),
        note="the block form is sufficient; the comparison decides",
        counted=("whether the block form holds", "whether the structures agree"),
    )


def smallest_level() -> Assertion:
    """From which level on the structure is that of the full transport."""
    return measured(
        WINDOW,
        "the smallest level from which on the block form holds at all levels, and from which on the structures agree; "
        "100 for the full windows alone",
        0.0,
        count=2,
        counted=("the smallest level by margins", "the smallest level by comparison"),
    )


def _windows(level: str, windows: tuple[int, int]) -> dict[str, Parameter]:
    return {"level": level, "ranks": windows[0], "ranks_next": windows[1]}
