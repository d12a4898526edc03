"""Matrices with entries over the whole exponent range of float64, and exact arithmetic on them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

SPECIAL = np.array(
    [0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1e-20, 1.0, -1.0, 1e154, -1e154, 1e308, 1.7e308]
)


def matrix(rng: np.random.Generator, m: int, n: int) -> np.ndarray:
    """Rows and columns graded by up to 2^±600 in all, some entries special, some rows or columns zero."""
    kind = rng.integers(5)
    if kind == 0:
        return rng.choice(SPECIAL, size=(m, n))
    top, bottom = {1: (1000, -1070), 2: (30, -30), 3: (0, 0), 4: (500, -500)}[int(kind)]
    exponents = rng.integers(bottom, top + 1, size=(m, n) if kind == 1 else (m, 1))
    if kind == 4:
        exponents = exponents + rng.integers(-400, 401, size=(1, n))
    a = np.ldexp(rng.standard_normal((m, n)), exponents)
    a[rng.random((m, n)) < 0.2] = 0.0
    if rng.random() < 0.2:
        a[rng.integers(m)] = 0.0
    return np.nan_to_num(a, posinf=1.7e308, neginf=-1.7e308)


def exact(a: np.ndarray) -> list[list[Fraction]]:
    """The matrix in exact numbers."""
    return [[Fraction(float(x)) for x in row] for row in a]


def product(a: list[list[Fraction]], b: list[list[Fraction]]) -> list[list[Fraction]]:
    """AB."""
    columns = list(zip(*b, strict=True))
    return [[sum((x * y for x, y in zip(row, column, strict=True)), Fraction(0)) for column in columns] for row in a]


def inside(low: float, x: Fraction, high: float) -> bool:
    """Whether low ≤ x ≤ high; infinite ends hold everything, NaN ends nothing."""
    below = low == -np.inf or (np.isfinite(low) and Fraction(float(low)) <= x)
    return bool(below and (high == np.inf or (np.isfinite(high) and x <= Fraction(float(high)))))


def square_inside(low: float, square: Fraction, high: float) -> bool:
    """Whether the root of ``square`` lies in [low, high]."""
    below = low <= 0 or (np.isfinite(low) and Fraction(float(low)) ** 2 <= square)
    return bool(
        below and (high == np.inf or (np.isfinite(high) and high >= 0 and square <= Fraction(float(high)) ** 2))
    )
