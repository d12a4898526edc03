"""Two layers with their energies, a power law fitted to each, and the windows that cut them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import flint

from certify.geometry.spectrum.chart import gibbs
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.scalars import Scalar, mode, num, root
from theorems.exact.spectra import frobenius_squared, singular_squares

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy

__all__ = [
    "FITTED",
    "SIZES",
    "Layer",
    "angle_attained",
    "case",
    "diagonal",
    "from_the_angle",
    "layers",
    "plain",
    "tails",
    "transports_with_fits",
    "truncations",
]

FITTED = (
    Parameter.matrix("A", "n", "m"),
    Parameter.matrix("A_next", "q", "n"),
    Parameter.integer("r", 0, "m"),
    Parameter.integer("r_next", 0, "q"),
    Parameter.rational("s", -2, 4),
    Parameter.rational("s_next", -2, 4),
    Parameter.rational("mass", Fraction(1, 2), 2),
    Parameter.choice("window", "leading", "coordinate"),
)
SIZES = {"m": (1, 4), "n": (1, 4), "q": (1, 4)}


class Layer:
    """A layer: its window, its largest singular value, squared norm and energies, and the energies of its fit."""

    def __init__(self, a: flint.fmpq_mat, r: int, s: flint.fmpq, mass: flint.fmpq) -> None:
        squares = singular_squares(a)
        self.r, self.top, self.squared = r, root(squares[0]), num(frobenius_squared(a))
        self.p: list[Scalar] = [v / self.squared for v in squares]
        self.g: list[Scalar] = [num(mass) * v for v in gibbs(len(squares), num(s))]


@functools.lru_cache(maxsize=512)
def _layers(x: Instance, _mode: tuple[int, bool]) -> tuple[Layer, Layer]:
    mass = x.rational("mass")
    return (
        Layer(x.matrix("A"), x.integer("r"), x.rational("s"), mass),
        Layer(x.matrix("A_next"), x.integer("r_next"), x.rational("s_next"), mass),
    )


def layers(x: Instance) -> tuple[Layer, Layer]:
    """W and W', kept while the working precision does not change."""
    return _layers(x, mode())


def case(
    a: object, b: object, r: int, r_next: int, *, s: int = 0, s_next: int = 0, mass: object = 1, window: str = "leading"
) -> Instance:
    """An instance from two matrices, their windows and the exponents of their fits."""
    return Instance.of(A=a, A_next=b, r=r, r_next=r_next, s=s, s_next=s_next, mass=mass, window=window)


def diagonal(*values: int) -> list[list[int]]:
    """The square diagonal matrix of these values."""
    return [[v if i == j else 0 for j in range(len(values))] for i, v in enumerate(values)]


def tails() -> Iterable[Instance]:
    """The head is the smaller sum, the tail is, and both; tails heavier and lighter than those of the fit.

    With σ² = (4, 1, 1) and s = 0 all energies are twice or half of those of the fit, and every bound is 1/3.
    """
    yield case(diagonal(2, 1, 1), diagonal(1, 1, 1), 1, 1)
    yield case(diagonal(1, 0), diagonal(1, 1), 1, 1)
    yield case(diagonal(1, 1), diagonal(1, 1), 1, 1, s=2)
    yield case(diagonal(2, 1, 0, 0), diagonal(1, 1, 1, 1), 1, 1)
    yield case(diagonal(1, 1, 0, 0), diagonal(1, 1, 1, 1), 2, 1)
    yield case(diagonal(1, 1, 1, 0), diagonal(1, 1, 1, 1), 3, 1)


def angle_attained() -> Iterable[Instance]:
    """Every energy is λ or 1/λ times that of the fit."""
    yield case(diagonal(2, 1, 1), diagonal(1, 1, 1), 1, 1)
    yield case(diagonal(2, 1), diagonal(1, 1), 1, 1, s=-2)


def truncations() -> Iterable[Instance]:
    """One window cuts, or both; the fit is exact, or its tail is lighter by just what is added."""
    one = diagonal(1, 1)
    yield case(one, one, 1, 2)
    yield case(one, one, 2, 1)
    yield case(one, one, 1, 2, s=2)
    yield case(one, one, 2, 1, s_next=2)
    # The windows face each other crosswise: nothing of X is kept.
    crossed = diagonal(1, 2)
    yield case(diagonal(2, 1), crossed, 1, 1, s=2, s_next=2)
    yield case(diagonal(2, 1), crossed, 1, 1, s=4, s_next=3)


def from_the_angle() -> Iterable[Instance]:
    """The fit is exact; or σ² = (25, 18, 12) for the energies (6, 3, 2)/11, whose tail 5/11 becomes a head of 5/11."""
    yield case(diagonal(1, 1), diagonal(1, 1), 1, 2)
    yield case(diagonal(1, 1), diagonal(1, 1), 2, 1)
    spread = [[5, 0, 0, 0, 0, 0], [0, 3, 3, 0, 0, 0], [0, 0, 0, 2, 2, 2]]
    yield case(spread, diagonal(1, 1, 1), 1, 3, s=1)
    turned = [list(column) for column in zip(*spread, strict=True)]
    yield case(diagonal(1, 1, 1), turned, 3, 1, s_next=1)


def transports_with_fits() -> SearchStrategy[Instance]:
    """Layers of rational spectra that face each other up to a permutation, or of integers; fits of integer exponents.

    With an integer exponent the energies of a fit are rational, and equal sums are decided.
    """
    from theorems.subjects import orbit_samples as own
    from theorems.subjects.random_exact import random_orthogonal

    def layer(source: Random, left: flint.fmpq_mat, right: flint.fmpq_mat) -> flint.fmpq_mat:
        rows, columns = left.nrows(), right.nrows()
        values = sorted((source.choice((0, 1, 1, 2, 3, 5)) for _ in range(min(rows, columns))), reverse=True)
        values[0] = max(values[0], 1)
        middle = flint.fmpq_mat(rows, columns)
        for k, value in enumerate(values):
            middle[k, k] = flint.fmpq(value)
        return left * middle * right.transpose()

    def build(source: Random) -> Instance:
        m, n, q = (source.randint(1, 4) for _ in range(3))
        turn = [random_orthogonal(k, source.randrange(2**32), height=2) for k in (m, n, q)]
        order = source.sample(range(n), n)
        shuffled = flint.fmpq_mat(n, n, [int(order[i] == k) for i in range(n) for k in range(n)])
        a, b = layer(source, turn[1], turn[0]), layer(source, turn[2], turn[1] * shuffled)
        if min(m, n) <= 2 and source.random() < 0.3:  # with more ranks the sums over irrational energies stay open
            a = flint.fmpq_mat(n, m, [source.randint(1, 4) for _ in range(n * m)])
        windows = source.randint(0, min(m, n)), source.randint(0, min(n, q))
        return case(own.rows(a), own.rows(b), *windows, s=source.randint(-2, 4), s_next=source.randint(-2, 4))

    return own.seeded(build)


def plain(size: int, rng: Random) -> Iterator[Instance]:
    """Diagonal layers of small integers, fits with integer exponents."""
    while True:
        d = rng.randint(1, size + 1)
        values = [rng.randint(0, 2) for _ in range(d)]
        row = [[1, *([0] * (d - 1))]]
        mass = rng.choice((1, 1, Fraction(3, 2)))
        yield case(diagonal(*values), row, rng.randint(0, d), 1, s=rng.randint(-1, 3), mass=mass)
