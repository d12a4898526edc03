"""Half units of storage formats from their definition, and what survives them, at 60 digits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.geometry import oracle
from tests.geometry.oracle import mp
from tests.prover.incidence_truth import Incidence

Real = Any
_FORMATS = {"fp32": (24, -126), "fp16": (11, -14), "bf16": (8, -126), "fp8_e4m3": (4, -6), "fp8_e5m2": (3, -14)}
"""Bits of the significand, and the least normal exponent."""


def half_units(a: np.ndarray, format: str) -> Any:
    """Half a unit of every entry."""
    if format == "int8":
        return mp.matrix([[mp.mpf(float(np.max(np.abs(row)))) / 254] * len(row) for row in a])
    bits, least = _FORMATS[format]
    return mp.matrix([
        [mp.mpf(2) ** (max(math.frexp(abs(x))[1] - 1 if x else least, least) - bits) for x in map(float, row)]
        for row in a
    ])  # fmt: skip


def ball(a: np.ndarray, format: str) -> list[Real]:
    """‖D‖_F, and the least of it and √(‖D‖₁‖D‖_∞)."""
    d = half_units(a, format)
    rows = max(mp.fsum(d[i, j] for j in range(d.cols)) for i in range(d.rows))
    columns = max(mp.fsum(d[i, j] for i in range(d.rows)) for j in range(d.cols))
    whole = oracle.frobenius(d)
    return [whole, min(whole, mp.sqrt(rows * columns))]


def rank(layer: Any, format: str) -> list[Real]:
    """How many singular values no matrix of the ball can lose."""
    radius = ball(layer.array, format)[1]
    return [mp.mpf(sum(s > radius for s in layer.sigma))]


def gaps(layer: Any, format: str) -> list[Real]:
    """How many gaps no matrix of the ball can close."""
    radius = ball(layer.array, format)[1]
    return [mp.mpf(sum(layer.gap(k) > 2 * radius for k in range(1, layer.d)))]


def structure(x: Incidence, format: str) -> list[Real]:
    """Cells, columns, pairs and labels that survive, by definition."""
    w, v = (mp.matrix([[abs(t) for t in row] for row in side.matrix.tolist()]) for side in x.sides)
    d, e = (half_units(side.array, format) for side in x.sides)
    columns = [mp.sqrt(mp.fsum(d[i, j] ** 2 for i in range(d.rows))) for j in range(d.cols)]
    heads = [_largest(x.sides[1].matrix, rows) * x.scale for rows in x.groups]
    rest = x.cells((e * w + e * d) * x.scale)
    moved = [
        [min(cell, head * column + other) for cell, column, other in zip(row, columns, others, strict=True)]
        for row, head, others in zip(x.cells((v * d + e * w + e * d) * x.scale), heads, rest, strict=True)
    ]
    yes = dict(zip(x.rows, ([m > 0 for m in row] for row in x.cell_margins(moved)), strict=True))
    found = [sum(map(sum, yes.values())), sum(all(yes[g][j] for g in x.rows) for j in range(x.n))]
    if x.omega is None:
        return [mp.mpf(count) for count in found]
    stay = {g: {j for j in x.active[g] if yes[g][j]} for g in x.rows}
    idle = {g: {j for j in range(x.n) if j not in x.active[g] and yes[g][j]} for g in x.rows}
    pairs = [
        pair
        for pair, margin in zip(x.pairs, x.pair_margins(moved), strict=True)
        if margin > 0 and len((stay[pair[0]] & stay[pair[1]]) | idle[pair[0]] | idle[pair[1]]) == x.n
    ]
    edges = zip(x.edges(x.x), x.label_margins(moved), strict=True)
    return [mp.mpf(count) for count in (*found, len(pairs), sum(m > 0 and pair in pairs for pair, m in edges))]


def _largest(a: Real, rows: Sequence[int]) -> Real:
    """The spectral norm of some rows."""
    return max(oracle.singular_values(mp.matrix([[a[i, j] for j in range(a.cols)] for i in rows])), default=mp.mpf(0))
