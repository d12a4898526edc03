"""The exact matrices that families are built from: rotations, and fixed matrices of small integers."""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random

from theorems.engine.instance import Matrix
from theorems.subjects.rational_matrices import diagonal, product

__all__ = ["fixed_integers", "fixed_matrix", "plus", "rotation"]


def rotation(n: int, degrees: Fraction) -> Matrix:
    """A rational rotation by about this angle in each plane of neighbouring coordinates, one after the other."""
    t = Fraction(math.tan(math.radians(float(degrees)) / 2)).limit_denominator(100)
    c, s = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    result = diagonal([Fraction(1)] * n, n, n)
    for k in range(n - 1):
        plane = [list(row) for row in diagonal([Fraction(1)] * n, n, n)]
        plane[k][k] = plane[k + 1][k + 1] = c
        plane[k][k + 1], plane[k + 1][k] = -s, s
        result = product(result, tuple(map(tuple, plane)))
    return result


def fixed_integers(name: str, count: int) -> list[int]:
    """Small integers that depend on nothing but the name."""
    random = Random(f"noise of {name}")
    return [random.randint(-2, 2) for _ in range(count)]


def fixed_matrix(name: str, rows: int, columns: int) -> Matrix:
    """A matrix of small integers that depends on nothing but its name and shape."""
    entries = iter(fixed_integers(name, rows * columns))
    return tuple(tuple(Fraction(next(entries)) for _ in range(columns)) for _ in range(rows))


def plus(a: Matrix, b: Matrix, factor: Fraction) -> Matrix:
    """a + factor · b."""
    return tuple(tuple(x + factor * y for x, y in zip(p, q, strict=True)) for p, q in zip(a, b, strict=True))
