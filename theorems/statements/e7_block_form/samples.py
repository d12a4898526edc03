"""Errors that attain the bounds of the block form, errors on every side of its lines, and small ones at random."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from theorems.engine.instance import Instance
from theorems.subjects.perturbed_splits import case, perturbed

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy

__all__ = ["cells", "certified", "edges", "noises", "pairs", "perturbed_splits", "plain", "scaled"]


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
