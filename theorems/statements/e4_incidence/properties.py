"""What changes nothing: orders, signs, rotations inside a group, scales; and what balls may say."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, cast

from flint import fmpq

from certify.geometry.transport.incidence import activities, is_active
from certify.rigor.ball import ball
from certify.verdict import Verdict
from theorems.engine.instance import Instance
from theorems.subjects.row_splits import Split

__all__ = ["columnwise", "enclosures", "permuted", "scaled", "turned"]

Rows = list[list[Fraction]]


def _with(x: Instance, change: Callable[[Rows], Rows], **values: object) -> Split:
    return Split(x.replace(X=change([list(row) for row in cast(Any, x["X"])]), **values))


def permuted(x: Instance) -> bool:
    """the masks move with rows and columns, whatever signs and order of groups"""
    s = Split(x)
    groups = [row[::-1] for row in cast(Any, x["groups"])[::-1]]
    y = _with(
        x,
        lambda a: [[-v for v in row[1:]] + row[:1] for row in a[::-1]],
        groups=groups,
        theta=cast(Any, x["theta"])[::-1],
    )
    moved = [frozenset((s.m - 1 - i, (j - 1) % s.n) for i, j in entries) for entries in s.masks]
    return list(y.masks) == moved


def turned(x: Instance) -> bool:
    """a rotation inside a group changes no support and no energy"""
    s = Split(x)
    i, k = next((g[:2] for g in s.groups if len(g) > 1), (0, 0))

    def rotated(a: Rows) -> Rows:
        pairs = list(zip(a[i], a[k], strict=True))
        a[i], a[k] = [(3 * u - 4 * v) / 5 for u, v in pairs], [(4 * u + 3 * v) / 5 for u, v in pairs]
        return a

    y = _with(x, rotated if i < k else list)
    return (s.masks, s.squared, s.energies) == (y.masks, y.squared, y.energies)


def scaled(x: Instance) -> bool:
    """X and θ scaled together keep the masks"""
    t = Fraction(3, 7)
    s, y = Split(x), _with(x, lambda a: [[t * v for v in r] for r in a], theta=[t * v for v in cast(Any, x["theta"])])
    weights = all(ball(y.weight(g, h)).overlaps(ball(fmpq(9, 49) * s.weight(g, h))) for g, h in s.pairs)
    return s.masks == y.masks and weights


def columnwise(x: Instance) -> bool:
    """the masks of a column read that column only"""
    s = Split(x)
    alone = [_with(x, lambda a, j=j: [[row[j]] for row in a]).masks for j in range(s.n)]
    joined = [frozenset((i, j) for j, found in enumerate(alone) for i, _ in found[k]) for k in range(3)]
    return joined == list(s.masks)


def enclosures(x: Instance) -> bool:
    """balls contain activities and never contradict a support"""
    s = Split(x)
    values = activities(s.squared)
    wrong = [
        is_active(ball(s.squared[g][j]) + ball(0, 0.125), s.thresholds[g])
        is (Verdict.REFUTED if j in s.supports[g] else Verdict.CERTIFIED)
        or values[g][j] < 0
        or not (values[g][j] ** 2).overlaps(ball(s.squared[g][j]))
        for g, j in s.cells
    ]
    return not any(wrong)
