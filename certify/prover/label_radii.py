"""How far the profiles of edges are from another label, and the nearest move that gives one (THEORY E6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from certify.geometry.transport import labels as formulas
from certify.prover.profiles import Pairs, Profiles
from certify.prover.structure import Structure
from certify.rigor.functions import maximum, minimum, sqrt
from certify.rigor.interval import Interval
from certify.rigor.rounding import FloatArray

__all__ = ["Facet", "angle_radii", "label_line", "ratio_radii"]

_PART = 2.0**-22
_LEAST = 2.0**-100
_LARGEST = float(np.finfo(np.float64).max)
"""Below infinity; no interval begins there."""


class Facet(NamedTuple):
    """Something that can change: its distance, its name, how far beyond it is gone, and how far that is.

    ``moved`` is None where that is as much farther.
    """

    distance: Interval
    facet: tuple[str, tuple[int, ...]]
    beyond: float
    moved: Interval | None


def angle_radii(profiles: Profiles, edges: Pairs, kappa: FloatArray) -> Interval:
    """The costs of turning the profiles of edges to the correlation κ, 0 to 1; infinite on a single column."""
    left, right = profiles.lengths(edges)
    sine = abs(_turn(profiles.correlations(edges), Interval(kappa)))
    found = sqrt(formulas.angle_radius_squared(left * left, right * right, sine))
    single = profiles.shared[edges] == 1
    return Interval(np.where(single, _LARGEST, found.lo), np.where(single, np.inf, found.hi))


def ratio_radii(profiles: Profiles, edges: Pairs, beta: FloatArray) -> Interval:
    """The costs of bringing the ratio of the norms to β ≥ 1 or to 1/β, whichever is nearer."""
    left, right = profiles.lengths(edges)
    return sqrt(formulas.ratio_radius_squared(maximum(left, right), minimum(left, right), Interval(beta)))


def label_line(structure: Structure, groups: Sequence[int]) -> tuple[Interval, list[Facet]]:
    """The least distance of an edge from another label, and the facet of the nearest edge whose label is known.

    T ends where the correlation reaches κ. C and A end there, or where the ratio reaches β* or 1/β*; on a single column
    only there. Where the label is open the distance is between the least of both and that of the end of all.
    """
    profiles, edges, levels = structure.profiles, structure.edges, structure.levels
    letters = np.array(list(structure.labels))
    size = letters.size
    angle = angle_radii(profiles, edges, np.full(size, levels.correlation))
    ratio = ratio_radii(profiles, edges, np.full(size, levels.ratio))
    single = profiles.shared[edges] == 1
    both, turned, open_ = minimum(angle, ratio), letters == "T", letters == "?"
    last = np.where(single, ratio.hi, angle.hi)
    low = np.where(turned, angle.lo, both.lo)
    high = np.where(turned, angle.hi, np.where(open_, last, both.hi))
    line = Interval(float(np.min(low)), float(np.min(high)))
    known = np.where(open_, np.inf, high)
    k = int(np.argmin(known))
    if not np.isfinite(known[k]):
        return line, []
    one = edges[0][k : k + 1], edges[1][k : k + 1]
    by_angle = bool(turned[k]) or angle.hi[k] <= ratio.hi[k]
    beyond, moved = (_turned if by_angle else _scaled)(structure, one, str(letters[k]))
    name = "angle" if by_angle else "ratio", (int(groups[int(one[0][0])]), int(groups[int(one[1][0])]))
    return line, [Facet((angle if by_angle else ratio)[k], name, beyond, moved)]


def _turned(structure: Structure, one: Pairs, letter: str) -> tuple[float, Interval]:
    """How far past κ, for about 2^-22 of the turn: a change of κ turns by itself over the sine of its angle."""
    kappa = structure.levels.correlation
    turn = _turn(structure.profiles.correlations(one), Interval(np.array([kappa])))
    step = _PART * float(abs(turn).hi[0]) * float(np.sqrt((1 - kappa) * (1 + kappa)))
    beyond = max(step, float(np.spacing(kappa)), _LEAST)
    past = min(kappa + beyond, 1.0) if letter == "T" else max(kappa - beyond, 0.0)
    return beyond, angle_radii(structure.profiles, one, np.array([past]))[0]


def _scaled(structure: Structure, one: Pairs, letter: str) -> tuple[float, Interval]:
    beta = structure.levels.ratio
    left, right = structure.profiles.lengths(one)
    apart = abs(maximum(left, right) / minimum(left, right) - beta)
    beyond = max(_PART * min(float(apart.hi[0]), 1.0), float(np.spacing(beta)), _LEAST)
    past = beta + beyond if letter == "C" else max(beta - beyond, 1.0)
    return beyond, ratio_radii(structure.profiles, one, np.array([past]))[0]


def _turn(cosine: Interval, kappa: Interval) -> Interval:
    """The sine of the angle between those of two cosines."""
    sines = [sqrt((1 - x) * (1 + x)) for x in (cosine, kappa)]
    return formulas.turned_by((cosine, kappa), (sines[0], sines[1]))
