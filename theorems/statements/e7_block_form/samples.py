"""A transport in row groups, an error of it, and numbers at which its structure is cut; constructed on every side."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flint import fmpq

from certify.geometry.transport.block_form import cell_margin, cells_norm, noise_margin, pair_error, pair_margin
from certify.geometry.transport.incidence import shared_support, squared_activities
from certify.verdict import Verdict
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.scalars import Scalar, decide, num, root
from theorems.subjects.row_splits import Split

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy

__all__ = [
    "ERRORS",
    "SIZES",
    "Perturbed",
    "case",
    "cells",
    "certified",
    "edges",
    "noises",
    "pairs",
    "perturbed",
    "perturbed_splits",
    "plain",
    "scaled",
]

ERRORS = (
    Parameter.matrix("X", "m", "n"),
    Parameter.matrix("E", "m", "n"),
    Parameter.matrix("groups", "m", "g"),
    Parameter.vector("theta", "g", Fraction(1, 4), 4),
    Parameter.rational("omega", Fraction(1, 4), 6),
    Parameter.rational("nu", 0, 4),
)
SIZES = {"m": (1, 3), "n": (1, 2), "g": (1, 2)}


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
        """Whether the noise is at most ν."""
        noise = sum((split.squared[g][j] for g, j in split.cells if j not in split.supports[g]), fmpq(0))
        return bool(noise <= self.nu**2)

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


def cells() -> Iterable[Instance]:
    """Errors along the rows of a cell, up and down, of one row and of two."""
    yield case([[2]], [[1]], [1])
    yield case([[2]], [[-1]], [1])
    yield case([[3], [4]], [[Fraction(3, 5)], [Fraction(4, 5)]], [1], groups=[[1], [1]])
    # The other column is turned, and slack.
    along, across = (Fraction(3, 5), Fraction(4, 5)), (-4, 3)
    for first, second in ((along, across), (across, along)):
        yield case([[3, 3], [4, 4]], [[first[0], second[0]], [first[1], second[1]]], [1], groups=[[1], [1]])


def pairs() -> Iterable[Instance]:
    """Both activities of every shared column grow; one group errs more than the other, or alone."""
    yield case([[2, 3], [3, 1]], [[1, 1], [2, 1]], [1, 1])
    yield case([[2], [3]], [[1], [0]], [1, 1])
    yield case([[2], [3]], [[0], [1]], [1, 1])
    yield case([[2, 9], [3, 1]], [[1, 0], [1, 0]], [1, 2])
    # The pairs with the third group are slack.
    yield case([[2], [3], [5]], [[1], [1], [-1]], [1, 1, 1])
    yield case([[5], [2], [3]], [[-1], [1], [1]], [1, 1, 1])
    # The slack pair has the smallest bound.
    yield case([[1], [2], [3]], [[Fraction(-1, 2)], [1], [1]], [Fraction(1, 4), 1, 1])


def noises() -> Iterable[Instance]:
    """The error of the noise is a multiple of it; what is active errs too."""
    yield case([[3, 9], [4, 9]], [[Fraction(3, 5), 2], [Fraction(4, 5), 0]], [5, 5])
    yield case([[3, 4]], [[Fraction(3, 10), Fraction(2, 5)]], [6])


def certified() -> Iterable[Instance]:
    """Errors just inside the lines, where twice the errors would change the structure."""
    less = Fraction(9, 10)
    yield case([[1]], [[less]], [2])
    yield case([[1]], [[Fraction(3, 2)]], [2])
    yield case([[2], [2]], [[Fraction(3, 2)], [0]], [Fraction(1, 4), Fraction(1, 4)], 6)
    yield case([[2]], [[Fraction(3, 2)]], [5], nu=3)


def edges() -> Iterable[tuple[str, Instance, bool, bool]]:
    """For every line an error inside its margin, at it, and outside; whether it is certified, whether it keeps."""
    half = Fraction(1, 2)
    for name, e, certified, kept in (("inside", half, True, True), ("at", 1, False, False), ("out", 2, False, False)):
        yield f"an inactive cell, {name}", case([[1]], [[e]], [2]), certified, kept
    for name, e, certified, kept in (("inside", half, True, True), ("at", 1, False, True), ("out", 2, False, False)):
        yield f"an active cell, {name}", case([[3]], [[-e]], [2]), certified, kept
    for name, omega, certified, kept in (("inside", 7, True, True), ("at", 6, False, False), ("out", 5, False, False)):
        yield f"a missing edge, {name}", case([[2], [2]], [[1], [0]], [half, half], omega), certified, kept
    for name, omega, certified, kept in (("inside", 1, True, True), ("at", 2, False, True), ("out", 3, False, False)):
        yield f"an edge, {name}", case([[2], [2]], [[-1], [0]], [half, half], omega), certified, kept
    for name, nu, certified, kept in (("inside", 4, True, True), ("at", 3, False, True), ("out", 2, False, False)):
        yield f"the noise, {name}", case([[2]], [[1]], [5], nu=nu), certified, kept


def perturbed_splits() -> SearchStrategy[Instance]:
    """Small integers in groups of one to three rows, errors along X or across, thresholds and ω near what they cut."""
    from theorems.subjects.orbit_samples import seeded

    def build(source: Random) -> Instance:
        m, n, g = source.randint(1, 4), source.randint(1, 3), source.randint(1, 2)
        rows = [[source.randint(0, 4) for _ in range(n)] for _ in range(m)]
        step = source.choice((Fraction(1, 16), Fraction(1, 8), Fraction(1, 4)))
        if source.random() < 0.5:
            scale = [[source.choice((-step, 0, step)) for _ in range(n)] for _ in range(g)]
            labels = [source.randrange(g) for _ in range(m)]
            error = [[scale[label][j] * v for j, v in enumerate(row)] for label, row in zip(labels, rows, strict=True)]
        else:
            labels = [source.randrange(g) for _ in range(m)]
            error = [[source.choice((-step, 0, step)) for _ in range(n)] for _ in range(m)]
        theta = [source.choice((Fraction(1, 2), Fraction(3, 2), Fraction(5, 2), 1, 3)) for _ in range(g)]
        omega = Fraction(source.randint(1, 40), source.choice((1, 2, 4)))
        groups = [[int(label == k) for k in range(g)] for label in labels]
        return case(rows, error, theta, omega, source.randint(1, 8), groups)

    return seeded(build)


def plain(size: int, rng: Random) -> Iterator[Instance]:
    """One column, every row a group."""
    while True:
        m = rng.randint(1, min(size, 2))
        quarter = Fraction(1, 4)
        theta = [quarter * rng.randint(1, 8) for _ in range(m)]
        x = [[rng.randint(0, 3)] for _ in range(m)]
        e = [[quarter * rng.randint(-4, 4)] for _ in range(m)]
        yield case(x, e, theta, quarter * rng.randint(1, 24), rng.randint(0, 4))


def scaled(x: Instance) -> bool:
    """X, E, θ and ν scaled by 3 and ω by 9 change no verdict"""
    tripled = {name: [[3 * v for v in row] for row in _rows(x, name)] for name in ("X", "E")}
    numbers = {"omega": 9 * _number(x, "omega"), "nu": 3 * _number(x, "nu")}
    y = x.replace(**tripled, theta=[3 * v for v in _rows(x, "theta")], **numbers)
    p, q = perturbed(x), perturbed(y)
    return p.certified() is q.certified() and p.same() == q.same()


def _rows(x: Instance, name: str) -> Any:
    return x[name]


def _number(x: Instance, name: str) -> Any:
    return x[name]
