"""A transport in row groups and an error of it: both structures, and the margins of the block form."""

from __future__ import annotations

import functools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from flint import fmpq

from certify.geometry.transport.block_form import cell_margin, cells_norm, noise_margin, pair_error, pair_margin
from certify.geometry.transport.incidence import shared_support, squared_activities
from certify.verdict import Verdict
from theorems.engine.declare import hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.scalars import Scalar, decide, num, root
from theorems.subjects.row_splits import Split

__all__ = ["ERRORS", "SIZES", "Perturbed", "case", "level", "perturbed"]

ERRORS = (
    Parameter.matrix("X", "m", "n"),
    Parameter.matrix("E", "m", "n"),
    Parameter.matrix("groups", "m", "g"),
    Parameter.vector("theta", "g", Fraction(1, 4), 4),
    Parameter.rational("omega", Fraction(1, 4), 6),
    Parameter.rational("nu", 0, 4),
)
SIZES = {"m": (1, 3), "n": (1, 2), "g": (1, 2)}


@hypothesis(r"\nu\ge0", defines="no norm is below a negative level")
def level(x: Instance) -> bool:
    """ν is not negative"""
    return x.rational("nu") >= 0


class Perturbed:
    """X and X + E, each with its structure, and the margins of the lines for X and E."""

    def __init__(self, x: Instance) -> None:
        a, e = x.matrix("X"), x.matrix("E")
        whole: Any = (a + e).tolist()
        self.before = Split(x)
        self.after = Split(x.replace(X=[[Fraction(int(v.p), int(v.q)) for v in row] for row in whole]))
        self.omega, self.nu = x.rational("omega"), x.rational("nu")
        self.errors = squared_activities(e.tolist(), self.before.groups)
        self.pairs = [p for p in self.before.pairs if shared_support(self.before.supports, *p)]

    def x(self, g: int, j: int) -> Scalar:
        """The activity of a cell."""
        return root(self.before.squared[g][j])

    def e(self, g: int, j: int) -> Scalar:
        """The error of a cell."""
        return root(self.errors[g][j])

    def cell(self, g: int, j: int, times: Scalar = 1) -> Scalar:
        """The margin of a cell; the error counts ``times``."""
        return cell_margin(self.x(g, j), num(self.before.thresholds[g]), times * self.e(g, j))

    def pair_error(self, g: int, h: int) -> Scalar:
        """The bound of the change of a weight."""
        columns = range(self.before.n)
        left, right = ([self.x(k, j) for j in columns] for k in (g, h))
        left_error, right_error = ([self.e(k, j) for j in columns] for k in (g, h))
        shared = shared_support(self.before.supports, g, h)
        return num(0) + pair_error(left, right, left_error, right_error, shared)

    def pair(self, g: int, h: int, times: Scalar = 1) -> Scalar:
        """The margin of a pair with a shared column."""
        return pair_margin(self.before.weight(g, h), num(self.omega), times * self.pair_error(g, h))

    def noise_cells(self) -> list[tuple[int, int]]:
        """The cells of X outside the supports."""
        return [(g, j) for g, j in self.before.cells if j not in self.before.supports[g]]

    def noise(self, times: Scalar = 1) -> Scalar:
        """The margin of the noise."""
        cells = self.noise_cells()
        norm, error = (cells_norm(f(g, j) for g, j in cells) for f in (self.x, self.e))
        return noise_margin(num(self.nu), norm, times * error)

    def certified(self, times: Scalar = 1) -> Verdict:
        """CERTIFIED when the margins of all lines are positive; a pair without a shared column has no line."""
        return _all_positive(
            [
                *(lambda c=c: self.cell(*c, times) for c in self.before.cells),
                *(lambda p=p: self.pair(*p, times) for p in self.pairs),
                lambda: self.noise(times),
            ]
        )

    def cells_certified(self) -> Verdict:
        """CERTIFIED when the margins of all cells are positive."""
        return _all_positive([lambda c=c: self.cell(*c) for c in self.before.cells])

    def structure(self, split: Split) -> tuple[object, ...]:
        """Supports, and which pairs have an edge."""
        edges = [decide(lambda p=p: split.weight(*p) - num(self.omega), strict=False).verdict for p in split.pairs]
        return split.supports, edges

    def is_quiet(self, split: Split) -> bool:
        """Whether the noise is at most ν, which it never is below 0."""
        noise = sum((split.squared[g][j] for g, j in split.cells if j not in split.supports[g]), fmpq(0))
        return self.nu >= 0 and bool(noise <= self.nu**2)

    def same(self) -> bool:
        """Whether X and X + E have one structure."""
        return self.structure(self.before) == self.structure(self.after)


def _all_positive(lines: list[Callable[[], Scalar]]) -> Verdict:
    verdicts = (decide(line, strict=True).verdict for line in lines)
    return next((v for v in verdicts if v is not Verdict.CERTIFIED), Verdict.CERTIFIED)


@functools.lru_cache(maxsize=512)
def perturbed(x: Instance) -> Perturbed:
    """The error and both structures of an instance."""
    return Perturbed(x)


def case(x: Any, e: Any, theta: Any, omega: object = 1, nu: object = 4, groups: Any = None) -> Instance:
    """An instance; every row is a group where none are given."""
    alone = [[int(i == k) for k in range(len(x))] for i in range(len(x))]
    return Instance.of(X=x, E=e, groups=groups or alone, theta=theta, omega=omega, nu=nu)
