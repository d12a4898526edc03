"""The facets of a structure and their perturbations; errors that just reach a facet, at random and exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flint import fmpq

from certify.geometry.transport import robustness as formulas
from certify.geometry.transport.block_form import cells_norm
from certify.geometry.transport.robustness import Facet
from certify.rigor.ball import ball
from theorems.engine.instance import Instance
from theorems.exact.scalars import Scalar, in_balls, num
from theorems.exact.spectra import frobenius_squared
from theorems.subjects.perturbed_splits import Perturbed, case, perturbed

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy

__all__ = [
    "aligned",
    "as_float",
    "changed",
    "closest",
    "errors",
    "facets",
    "flipping",
    "nearest",
    "noise_norm",
    "pair_vectors",
    "reached",
    "spent",
    "squared",
]


def pair_vectors(p: Perturbed, facet: Facet) -> tuple[list[Scalar], list[Scalar]]:
    """The activities of two groups on the columns they share."""
    g, h = facet.place
    shared = sorted(p.before.supports[g] & p.before.supports[h])
    return [p.x(g, j) for j in shared], [p.x(h, j) for j in shared]


def noise_norm(p: Perturbed) -> Scalar:
    """‖noise‖ from the activities outside the supports."""
    return cells_norm(p.x(*cell) for cell in p.noise_cells())


def facets(p: Perturbed, noise: bool = False) -> list[Facet]:
    """All facets; that of the noise without a noise cell too if ``noise``. A group without rows has no cells."""
    groups = p.before.groups
    found = [Facet("column", (g, j)) for g, j in p.before.cells if groups[g]]
    found += [Facet("pair", pair) for pair in p.pairs]
    return found + [Facet("noise", ())] * (noise or any(groups[g] for g, _ in p.noise_cells()))


def squared(p: Perturbed, facet: Facet) -> Scalar:
    """The squared distance of X from a facet."""
    if facet.kind == "pair":
        return formulas.hyperbola_radius_squared(*formulas.pair_axes(*pair_vectors(p, facet)), num(p.omega))
    if facet.kind == "noise":
        apart = formulas.noise_radius(num(p.nu), noise_norm(p))
    else:
        apart = formulas.column_radius(p.x(*facet.place), num(p.before.thresholds[facet.place[0]]))
    return apart * apart


def nearest(p: Perturbed, noise: bool = False) -> Facet:
    """The facet with the least distance; any will do at a tie."""
    return closest(facets(p, noise), lambda facet: squared(p, facet))


def closest(places: list[Facet], distance: Callable[[Facet], Scalar]) -> Facet:
    """The place of the least number; in balls, whatever the mode, since others than the least need no exact value."""
    with in_balls():
        return min(places, key=lambda facet: as_float(distance(facet)))


def as_float(x: Scalar) -> float:
    """Close to a scalar."""
    return float(ball(x).mid())


def flipping(p: Perturbed, facet: Facet, step: float) -> list[list[Fraction]]:
    """The perturbation of a facet that goes ``step`` beyond it, with float64 entries, each taken as it is."""
    s = p.before
    x = [[as_float(p.x(g, j)) for j in range(s.n)] for g in range(s.size)]
    level = {"pair": as_float(p.omega), "noise": as_float(p.nu)}.get(facet.kind)
    if level is None:
        level = as_float(s.thresholds[facet.place[0]])
    least = min(map(as_float, s.thresholds))
    beyond = step * least if facet.kind == "pair" else step
    supports = [found if rows else frozenset(range(s.n)) for rows, found in zip(s.groups, s.supports, strict=True)]
    error = [[0.0] * s.n for _ in range(s.m)]
    for (g, j), target in formulas.flipped_activities(x, supports, facet, level, beyond).items():
        target = max(as_float(target), 0.0)
        if x[g][j] == 0:
            error[s.groups[g][0]][j] = target
            continue
        for i in s.groups[g]:
            error[i][j] = as_float(s.x[i, j]) * (target / x[g][j] - 1)
    return [[Fraction(v) for v in row] for row in error]


def changed(p: Perturbed) -> bool:
    """Whether X and X + E differ in their structure, or in whether the noise is at most ν."""
    return not p.same() or p.is_quiet(p.before) != p.is_quiet(p.after)


def spent(x: Instance) -> fmpq:
    """‖E‖_F²."""
    return frobenius_squared(x.matrix("E"))


def errors() -> SearchStrategy[Instance]:
    """Small matrices, and the perturbation of one of their facets, short of it, just beyond it, and further."""
    from theorems.subjects.orbit_samples import seeded

    def build(source: Random) -> Instance:
        m, n, g = source.randint(1, 4), source.randint(1, 3), source.randint(1, 3)
        labels = [k if k < m and k < g else source.randrange(g) for k in range(m)]
        x = case(
            [[source.randint(-1, 4) for _ in range(n)] for _ in range(m)],
            [[0] * n for _ in range(m)],
            [source.choice((Fraction(1, 2), Fraction(1, 4), Fraction(3, 2), 3)) for _ in range(g)],
            Fraction(source.randint(-1, 30), source.choice((1, 2, 4))),
            Fraction(source.randint(0, 12), 2),
            [[int(label == k) for k in range(g)] for label in labels],
        )
        p = perturbed(x)
        found = facets(p)
        facet = source.choice([f for f in found if f.kind == "pair"] or found)
        error = flipping(p, facet, source.choice((1 / 1024, 1 / 8)))
        factor = source.choice((Fraction(3, 4), 1, 1, Fraction(5, 4)))
        return x.replace(E=[[factor * v for v in row] for row in error])

    return seeded(build)


_LITTLE = Fraction(1, 4)


def _pair(a: list[int], b: list[int], mu: Fraction) -> Instance:
    """Two rows that move to the nearest point of the multiplier μ < 0."""
    scale = 1 - mu * mu
    left = [(u - mu * v) / scale for u, v in zip(a, b, strict=True)]
    right = [(v - mu * u) / scale for u, v in zip(a, b, strict=True)]
    omega = sum(u * v for u, v in zip(left, right, strict=True))
    moves: Any = [[p - q for p, q in zip(after, v, strict=True)] for after, v in ((left, a), (right, b))]
    return case([a, b], moves, [_LITTLE, _LITTLE], omega)


def reached() -> Iterable[Instance]:
    """A column, a pair and the noise, each reached at the least cost and from the side that includes the level."""
    yield case([[1]], [[1]], [2])
    yield case([[3], [4]], [[Fraction(3, 5)], [Fraction(4, 5)]], [6], groups=[[1], [1]], nu=20)
    yield _pair([4], [1], Fraction(-1, 10))
    yield _pair([4, 3], [1, 2], Fraction(-1, 10))
    yield from aligned()
    yield case([[3, 4]], [[Fraction(-3, 5), Fraction(-4, 5)]], [6])


def aligned() -> Iterable[Instance]:
    """Equal activities grow to an edge: the simple bound is the distance."""
    yield case([[2], [2]], [[1], [1]], [_LITTLE, _LITTLE], 9)
    yield case([[3, 4], [3, 4]], [[Fraction(3, 5), Fraction(4, 5)]] * 2, [_LITTLE, _LITTLE], 36)
