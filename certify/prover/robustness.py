"""The radius of an incidence structure and its nearest facet, from enclosed activities (THEORY E5, E6)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from certify.certificate.publication import publish
from certify.claims import robustness as claims
from certify.geometry.transport import robustness as formulas
from certify.prover.label_radii import Facet, label_line
from certify.prover.ledger import Ledger
from certify.prover.profiles import Pairs, Profiles
from certify.prover.structure import Structure
from certify.prover.widening import REORDERED
from certify.rigor.functions import sqrt
from certify.rigor.interval import Interval
from certify.rigor.rounding import FloatArray
from certify.verdict import Enclosure

__all__ = ["measure_radius", "near_multipliers"]

_PART = 2.0**-22
"""The perturbation of a facet goes beyond it by this part of its distance."""
_LEAST = 2.0**-100
_STEPS = 40


def measure_radius(ledger: Ledger, structure: Structure, groups: Sequence[int], relative: float) -> None:
    """The claim about one structure; ``groups`` are the places of its groups among those of the chain."""
    profiles, levels = structure.profiles, structure.levels
    theta = levels.theta[:, None]
    columns = formulas.column_radius(profiles.x, Interval(np.broadcast_to(theta, profiles.active.shape).copy()))
    g, j = np.unravel_index(int(np.argmin(columns.hi)), columns.shape)
    cell = columns[g, j]
    lines = {"columns": _least(columns)}
    facets = [Facet(cell, ("column", (int(groups[int(g)]), int(j))), _step(cell), None)]
    if levels.edge is not None:
        pairs, omega = profiles.pairs, levels.edge
        radii = pair_radii(profiles, pairs, np.full(pairs[0].size, omega))
        lines["pairs"] = _least(radii)
        k = int(np.argmin(radii.hi))
        one = pairs[0][k : k + 1], pairs[1][k : k + 1]
        weight = profiles.weights(one)
        beyond = max(_step(abs(weight - omega)[0]), float(np.spacing(omega)))
        past = omega - beyond if weight.lo[0] >= omega else omega + beyond
        place = int(groups[int(one[0][0])]), int(groups[int(one[1][0])])
        facets.append(Facet(radii[k], ("pair", place), beyond, pair_radii(profiles, one, np.array([past]))[0]))
    if levels.noise is not None:
        apart = formulas.noise_radius(Interval(levels.noise), profiles.noise)
        lines["noise"] = apart
        facets.append(Facet(apart, ("noise", ()), _step(apart), None))
    if structure.labels:
        lines["labels"], found = label_line(structure, groups)
        facets += found
    nearest = min(facets, key=lambda item: float(item.distance.hi))
    moved = nearest.distance + Interval(nearest.beyond) if nearest.moved is None else nearest.moved
    radius = Interval(min(float(x.lo) for x in lines.values()), nearest.distance.hi)
    asserted = claims.radius(claims.facet_text(*nearest.facet), ",".join(lines), nearest.beyond, relative)
    ledger.measure(asserted, [_published(x) for x in (radius, moved, *lines.values())])


def pair_radii(profiles: Profiles, pairs: Pairs, omega: FloatArray) -> Interval:
    """The distance of some pairs from the hyperbola of ω, between a dual and a point."""
    left, right = profiles.lengths(pairs)
    half, weights = (left * left + right * right) / 2, profiles.weights(pairs)
    plus, minus = half + weights, half - weights
    minus = Interval(np.maximum(minus.lo, 0.0), np.maximum(minus.hi, 0.0))
    mu = Interval(near_multipliers(plus.hi, minus.hi, omega))
    level = Interval(omega)
    below = formulas.dual_radius_squared(plus, minus, level, mu)
    above = formulas.point_squared(plus, minus, level, sqrt(minus) / (1 - mu))
    low, high = np.maximum(below.lo, 0.0), above.hi
    return sqrt(Interval(np.minimum(low, high), high))


def near_multipliers(plus: FloatArray, minus: FloatArray, omega: FloatArray) -> FloatArray:
    """About the multipliers of many pairs, below 1, by bisection; any number between −1 and 1 gives bounds."""
    low, high = np.full(plus.shape, -1.0), np.full(plus.shape, 1.0)
    level = 2 * omega
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            mu = (low + high) / 2
            up, down = 1 + mu, 1 - mu
            further = plus / (up * up) - minus / (down * down) > level
            low, high = np.where(further, mu, low), np.where(further, high, mu)
    return np.clip(low, -1 + 2.0**-40, 1 - 2.0**-40)


def _step(apart: Interval) -> float:
    return max(_PART * float(apart.hi), _LEAST)


def _least(x: Interval) -> Interval:
    return Interval(float(np.min(x.lo)), float(np.min(x.hi)))


def _published(x: Interval) -> Enclosure:
    return publish(float(x.lo), float(x.hi), floor=REORDERED * float(x.hi), nonnegative=True)
