"""Seeded random matrices with exact entries and a known condition number."""

from __future__ import annotations

import random
from fractions import Fraction
from math import isqrt

from flint import fmpq, fmpq_mat

from certify.errors import UsageError

__all__ = ["condition_bound", "random_orthogonal", "random_rational", "random_unimodular"]


def random_unimodular(n: int, seed: int, *, condition: int = 10**6) -> fmpq_mat:
    """An integer matrix of determinant ±1 with spectral condition number at most ``condition`` (n x n, seeded).

    A product of elementary matrices and a permutation, grown while the bound of :func:`condition_bound` allows.

    >>> g = random_unimodular(3, seed=1, condition=100)
    >>> abs(g.det()) == 1 and condition_bound(g) <= 100
    True
    """
    if condition < n:
        raise UsageError(
            f"the bound used here is at least {n} for {n}x{n} matrices", limit=f"condition >= {n}", hint="raise it"
        )
    source = random.Random(seed)
    order = list(range(n))
    source.shuffle(order)
    g = fmpq_mat(n, n, [source.choice((-1, 1)) if order[i] == j else 0 for i in range(n) for j in range(n)])
    for _ in range(8 * n if n > 1 else 0):
        i, j = source.sample(range(n), 2)
        step = fmpq_mat(n, n, [int(r == s) for r in range(n) for s in range(n)])
        step[i, j] = source.choice((-2, -1, 1, 2))
        longer = step * g
        if condition_bound(longer) <= condition:
            g = longer
    return g


def random_orthogonal(n: int, seed: int, *, height: int = 3) -> fmpq_mat:
    """A rational orthogonal matrix: the Cayley transform (I − S)(I + S)^{-1} of a random skew S, times signs.

    >>> q = random_orthogonal(3, seed=0)
    >>> q * q.transpose() == fmpq_mat(3, 3, [1, 0, 0, 0, 1, 0, 0, 0, 1])
    True
    """
    source = random.Random(seed)
    skew, one = fmpq_mat(n, n), fmpq_mat(n, n)
    for i in range(n):
        one[i, i] = fmpq(1)
        for j in range(i):
            x = fmpq(source.randint(-height, height), source.randint(1, height))
            skew[i, j], skew[j, i] = x, -x
    signs = fmpq_mat(n, n, [source.choice((-1, 1)) if i == j else 0 for i in range(n) for j in range(n)])
    return signs * (one - skew) * (one + skew).inv()


def random_rational(n: int, seed: int, *, condition: int = 10**6) -> fmpq_mat:
    """An invertible rational matrix whose spectral condition number is exactly ``condition`` (1 when n = 1).

    The product Q1 D Q2 of rational orthogonal matrices and a positive diagonal D with extreme entries 1 and
    ``condition``.
    """
    source = random.Random(seed)
    values = [1, condition] + [source.randint(1, condition) for _ in range(n - 2)]
    d = fmpq_mat(n, n)
    for i, value in zip(range(n), values[:n] if n > 1 else [source.randint(1, 9)], strict=False):
        d[i, i] = fmpq(value)
    return random_orthogonal(n, source.randrange(2**32)) * d * random_orthogonal(n, source.randrange(2**32))


def condition_bound(g: fmpq_mat) -> int:
    """An integer at least ‖g‖_F ‖g^{-1}‖_F, hence at least the spectral condition number.

    Raises ZeroDivisionError for a singular matrix.
    """
    square = _squares(g) * _squares(g.inv())
    return isqrt(square.numerator // square.denominator) + 1


def _squares(a: fmpq_mat) -> Fraction:
    total = sum((x * x for x in a.entries()), start=fmpq(0))
    return Fraction(int(total.p), int(total.q))
