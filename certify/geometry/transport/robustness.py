r"""How far a transport may move before its incidence structure changes, and the move that changes it (THEORY E5).

The structure of X, its supports, edges and whether the noise is at most ν, first changes at the distance

.. math:: R=\min(\rho_{col},\rho_{hyp},\rho_{noise})

in the Frobenius norm, in the activities :math:`x_G(j)` alone. A column costs :math:`|x_G(j)-\theta_G|`. A pair costs
the distance from its activities (a, b) on the shared columns to :math:`\{\langle a,b\rangle=\omega\}`: with
P = |a + b|²/2 and Q = |a − b|²/2 that of (√P, √Q) to the hyperbola :math:`y^2-z^2=2\omega`, whose nearest point is
:math:`(\sqrt P/(1+\mu),\sqrt Q/(1-\mu))` for the multiplier μ in (−1, 1) with
:math:`P/(1+\mu)^2-Q/(1-\mu)^2=2\omega`. The noise costs :math:`|\nu-\|noise\||`, and without a noise cell it never
changes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import flint

from certify.geometry.number import Number, certain, coerce, total
from certify.geometry.transport import labels
from certify.rigor.functions import absolute, maximum, minimum, sqrt

__all__ = [
    "Facet",
    "Nearest",
    "column_radius",
    "dual_radius_squared",
    "flipped_activities",
    "hyperbola_radius_squared",
    "moved_squared",
    "multiplier",
    "nearest_pair",
    "noise_radius",
    "pair_axes",
    "point_squared",
    "simple_radius",
]

_STEPS = 80


class Facet(NamedTuple):
    """Where a structure first changes: ``column`` (group, column), ``pair`` (two groups), ``noise`` (nowhere), or the
    label of an edge by its ``angle`` or ``ratio`` (two groups)."""

    kind: str
    place: tuple[int, ...]


class Nearest(NamedTuple):
    """Activities (a', b') on shared columns, one sequence for each group."""

    left: list[Number]
    right: list[Number]


def column_radius(activity: Number, threshold: Number) -> Number:
    r""":math:`|x_G(j)-\theta_G|`, the cost of moving one column into or out of a support (E5)."""
    return absolute(activity - threshold)


def noise_radius(level: Number, noise: Number) -> Number:
    r""":math:`|\nu-\|noise\||`, the cost of moving the noise across its level where there is a noise cell (E5)."""
    return absolute(level - noise)


def pair_axes(left: Sequence[Number], right: Sequence[Number]) -> tuple[Number, Number]:
    r""":math:`(|a+b|^2/2,\ |a-b|^2/2)`, whose difference is :math:`2\langle a,b\rangle` (E5).

    >>> pair_axes([flint.fmpq(4)], [flint.fmpq(1)])
    (25/2, 9/2)
    """
    sums = total((a + b) * (a + b) for a, b in zip(left, right, strict=True))
    return sums / 2, total((a - b) * (a - b) for a, b in zip(left, right, strict=True)) / 2


def dual_radius_squared(plus: Number, minus: Number, weight: Number, mu: Number) -> Number:
    r""":math:`P\frac\mu{1+\mu}-Q\frac\mu{1-\mu}-2\omega\mu`: at most ρ_hyp² for |μ| < 1, equal at the multiplier.

    >>> dual_radius_squared(*pair_axes([flint.fmpq(4)], [flint.fmpq(1)]), flint.fmpq(2600, 1089), flint.fmpq(1, 10))
    173/1089
    """
    return plus * mu / (1 + mu) - minus * mu / (1 - mu) - 2 * weight * mu


def moved_squared(plus: Number, minus: Number, mu: Number) -> Number:
    r""":math:`P\frac{\mu^2}{(1+\mu)^2}+Q\frac{\mu^2}{(1-\mu)^2}`: what the point of a multiplier is away (E5)."""
    return plus * (mu / (1 + mu)) ** 2 + minus * (mu / (1 - mu)) ** 2


def point_squared(plus: Number, minus: Number, weight: Number, apart: Number) -> Number:
    r""":math:`(\sqrt P-\sqrt{2\omega+z^2})^2+(\sqrt Q-z)^2`: at least ρ_hyp², for a point of the hyperbola (E5).

    Parameters
    ----------
    apart : z with z² ≥ −2ω.
    """
    along = sqrt(plus, nonnegative=True) - sqrt(apart * apart + 2 * weight, nonnegative=True)
    across = sqrt(minus, nonnegative=True) - apart
    return along * along + across * across


def multiplier(plus: Number, minus: Number, weight: Number) -> Number:
    """The multiplier μ of the nearest point: exact where all numbers and μ are rational, else close; 1 on the axis.

    On the axis, Q = 0 and P ≥ 8ω, the nearest points have |a' − b'|² = P/2 − 4ω and any direction.

    Parameters
    ----------
    plus, minus : P and Q of :func:`pair_axes`.
    weight : ω.
    """
    exact = [_rational(x) for x in (plus, minus, weight)]
    if not any(x is None for x in exact):
        p, q, w = (flint.fmpq(0) if x is None else x for x in exact)
        found = [flint.fmpq(1)] if q == 0 and p >= 8 * w else _rational_multipliers(p, q, w)
        if found:
            mu = found[0]
            return mu if isinstance(plus, flint.fmpq) else plus * 0 + Fraction(int(mu.p), int(mu.q))
    return _near(*(_middle(x) for x in (plus, minus, weight)))


def hyperbola_radius_squared(plus: Number, minus: Number, weight: Number) -> Number:
    """ρ_hyp² for a pair: exact where the multiplier is rational, else a ball between a dual and a point (E5).

    >>> hyperbola_radius_squared(*pair_axes([flint.fmpq(4)], [flint.fmpq(1)]), flint.fmpq(2600, 1089))
    173/1089
    >>> hyperbola_radius_squared(flint.fmpq(8), flint.fmpq(0), flint.fmpq(1, 2))
    3
    """
    if minus == 0 and certain(plus >= 8 * weight):
        return plus / 2 - 2 * weight
    if minus == 0 and certain(plus <= 8 * weight):
        return (sqrt(plus) - sqrt(2 * weight)) ** 2
    mu = multiplier(plus, minus, weight)
    if not isinstance(mu, float):
        return moved_squared(plus, minus, mu)
    p, q, w = (flint.arb(x) if isinstance(x, flint.fmpq) else coerce(x) for x in (plus, minus, weight))
    apart = sqrt(q, nonnegative=True) / (1 - mu)
    # The hyperbola is y² = 2ω + z²; it has no points with z² < −2ω.
    onto = apart if certain(apart * apart + 2 * w > 0) else sqrt(-2 * w, nonnegative=True)
    return dual_radius_squared(p, q, w, flint.arb(mu)).union(point_squared(p, q, w, onto))


def simple_radius(left: Number, right: Number, gap: Number) -> Number:
    r"""The root of :math:`\rho^2/2+\rho\sqrt{A+B}=|w-\omega|`, at most ρ_hyp (E5).

    Parameters
    ----------
    left, right : A = |a|² and B = |b|².
    gap : |w − ω|.

    >>> import sympy
    >>> simple_radius(sympy.Integer(2), sympy.Integer(2), sympy.Rational(5, 2))
    1
    """
    return sqrt(left + right + 2 * gap) - sqrt(left + right)


def nearest_pair(left: Sequence[Number], right: Sequence[Number], weight: Number) -> Nearest:
    r"""The nearest activities of inner product ω: :math:`a'=(a-\mu b)/(1-\mu^2)`, b' likewise (E5).

    On the axis the first column takes the difference.

    >>> nearest_pair([flint.fmpq(4)], [flint.fmpq(1)], flint.fmpq(2600, 1089))
    Nearest(left=[130/33], right=[20/33])
    """
    plus, minus = pair_axes(left, right)
    mu = multiplier(plus, minus, weight)
    if certain(mu < 1):
        scale = 1 - mu * mu
        both = list(zip(left, right, strict=True))
        return Nearest([(a - mu * b) / scale for a, b in both], [(b - mu * a) / scale for a, b in both])
    half = [(a + b) / 4 for a, b in zip(left, right, strict=True)]
    # p' = p/2 and |q'|² = |p'|² − 2ω; a' and b' are (p' ± q')/√2.
    apart = sqrt((plus / 4 - 2 * weight) / 2, nonnegative=True)
    return Nearest([half[0] + apart, *half[1:]], [half[0] - apart, *half[1:]])


def flipped_activities(
    x: Sequence[Sequence[Number]],
    supports: Sequence[frozenset[int]],
    facet: Facet,
    level: Number,
    beyond: Number,
) -> Mapping[tuple[int, int], Number]:
    """The activities of the cells that the perturbation of a facet changes, and to what (E5).

    Parameters
    ----------
    x : activities, one row for each group.
    level : θ_G, ω, ν, κ or β*, whichever the facet is about.
    beyond : how far past the level the activity, weight, norm, correlation or ratio is brought; positive.
    """
    if facet.kind == "column":
        g, j = facet.place
        down = j in supports[g]
        return {(g, j): level - beyond if down else level + beyond}
    if facet.kind != "noise":
        g, h = facet.place
        shared = sorted(supports[g] & supports[h])
        a, b = [x[g][j] for j in shared], [x[h][j] for j in shared]
        if facet.kind != "pair":
            left, right = _relabelled(facet.kind, a, b, level, beyond)
            return {(k, j): v for k, row in ((g, left), (h, right)) for j, v in zip(shared, row, strict=True)}
        heavy = certain(total(u * v for u, v in zip(a, b, strict=True)) >= level)
        moved = nearest_pair(a, b, level - beyond if heavy else level + beyond)
        new = {(g, j): v for j, v in zip(shared, moved.left, strict=True)}
        return new | {(h, j): v for j, v in zip(shared, moved.right, strict=True)}
    cells = [(g, j) for g, row in enumerate(x) for j in range(len(row)) if j not in supports[g]]
    norm = sqrt(total(x[g][j] * x[g][j] for g, j in cells), nonnegative=True)
    target = level + beyond if certain(norm <= level) else level - beyond
    if not certain(norm > 0):
        return {cells[0]: target}
    return {(g, j): x[g][j] * (target / norm) for g, j in cells}


def _relabelled(
    kind: str, left: Sequence[Number], right: Sequence[Number], level: Number, beyond: Number
) -> tuple[list[Number], list[Number]]:
    """Profiles that are brought past κ or β*."""
    a, b = (sqrt(total(v * v for v in p), nonnegative=True) for p in (left, right))
    if kind == "ratio":
        close = certain(maximum(a / b, b / a) <= level)
        return labels.scaled_profiles(left, right, level + beyond if close else maximum(level - beyond, 1))
    alike = certain(total(u * v for u, v in zip(left, right, strict=True)) >= level * a * b)
    return labels.turned_profiles(left, right, level - beyond if alike else minimum(level + beyond, 1))


def _rational(x: Number) -> flint.fmpq | None:
    if isinstance(x, flint.fmpq):
        return x
    if isinstance(x, int | Fraction):
        return flint.fmpq(x.numerator, x.denominator)
    if getattr(x, "is_Rational", False):
        return flint.fmpq(int(x.p), int(x.q))
    return None


def _rational_multipliers(p: flint.fmpq, q: flint.fmpq, w: flint.fmpq) -> list[flint.fmpq]:
    """Rational roots in (−1, 1) of P(1 − μ)² − Q(1 + μ)² − 2ω(1 − μ²)²."""
    equation = flint.fmpq_poly([p - q - 2 * w, -2 * (p + q), p - q + 4 * w, 0, -2 * w])
    return [root for root, _ in equation.roots() if -1 < root < 1] if equation.degree() > 0 else []


def _middle(x: Number) -> float:
    if isinstance(x, flint.fmpq):
        return int(x.p) / int(x.q)
    return float(x.mid()) if isinstance(x, flint.arb) else float(x)


def _near(p: float, q: float, w: float) -> float:
    """The multiplier by bisection: the equation decreases."""
    low, high = -1.0, 1.0
    for _ in range(_STEPS):
        mu = (low + high) / 2
        if not low < mu < high:
            break
        value = p / (1 + mu) ** 2 - (q / (1 - mu) ** 2 if q > 0 else 0.0) - 2 * w
        low, high = (mu, high) if value > 0 and not math.isnan(value) else (low, mu)
    return low
