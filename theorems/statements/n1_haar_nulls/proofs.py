"""Where the formulas of N1 come from."""

from __future__ import annotations

from fractions import Fraction

import flint

from certify.geometry.interface import haar_nulls as nulls
from theorems.engine.declare import Facts
from theorems.exact.algebra import vanishes
from theorems.exact.scalars import num
from theorems.statements.n1_haar_nulls.averages import commutator_moment, inner_moment

__all__ = ["by_pairings", "four_equations", "gaussian_average", "gaussian_fourth_moment"]


def four_equations() -> Facts:
    """E f² = αp₂²q₂² + β(p₂²q₄ + p₄q₂²) + γp₄q₄ for K Gaussian and for K = uuᵀ: four equations that α, β, γ solve, of
    which three determine them."""
    import sympy

    n, p2, p4 = sympy.symbols("n p2 p4", positive=True)
    dimension = (n - 1) * (n + 2) / 2
    gauss = 4 * dimension * (dimension + 2), 2 * n**3 + 5 * n**2 - 7 * n - 12 + 12 / n
    sphere = (1 - 1 / n) ** 2, (1 - 1 / n) ** 4 + (n - 1) / n**4
    h = nulls.Traceless(n, 0, p2, p4)
    found = [nulls.commutator_second_moment(h, nulls.Traceless(n, 0, sympy.sqrt(q), r)) for q, r in (gauss, sphere)]
    plain = n * (n + 2)
    expected = (
        (4 * n**2 + 24) * p2**2 + 8 * n * p4,
        4 * (p2**2 + 2 * p4) / plain
        - 4 * (4 * p2**2 + 16 * p4) / (plain * (n + 4))
        + 4 * (12 * p2**2 + 48 * p4) / (plain * (n + 4) * (n + 6)),
    )
    yield "K Gaussian", vanishes(found[0] - expected[0])
    yield "K = uuᵀ", vanishes(found[1] - expected[1])
    determinant = gauss[0] ** 2 * sphere[1] - gauss[0] * gauss[1] * sphere[0]
    yield "they determine α, β and γ", not vanishes(determinant)


def gaussian_average() -> Facts:
    """For K with independent Gaussian entries, of variance 1 off the diagonal, E f² = (Σ d)² + 4Σ d² over ordered
    pairs, d = (h_a − h_b)²; that is (4n² + 24)p₂² + 8n p₄ for traceless H."""
    import sympy

    for n in range(2, 6):
        h = list(sympy.symbols(f"h1:{n}", real=True))
        h.append(-sum(h))
        squares = [(a - b) ** 2 for a in h for b in h]
        p2, p4 = sum(a**2 for a in h), sum(a**4 for a in h)
        average = sum(squares) ** 2 + 4 * sum(d**2 for d in squares)
        yield f"n = {n}", vanishes(average - (4 * n**2 + 24) * p2**2 - 8 * n * p4)


def gaussian_fourth_moment() -> Facts:
    """E tr K₀⁴ = 2n³ + 5n² − 7n − 12 + 12/n by Wick's theorem, with
    E K_ij K_kl = δ_ik δ_jl + δ_il δ_jk − (2/n)δ_ij δ_kl for the traceless part K₀ of the Gaussian."""
    for n in range(1, 7):

        def covariance(i: int, j: int, k: int, l: int, n: int = n) -> Fraction:
            return Fraction((i == k) * (j == l) + (i == l) * (j == k)) - Fraction(2, n) * (i == j) * (k == l)

        total = Fraction(0)
        for i in range(n):
            for j in range(n):
                for k in range(n):
                    for l in range(n):
                        total += covariance(i, j, j, k) * covariance(k, l, l, i)
                        total += covariance(i, j, k, l) * covariance(j, k, l, i)
                        total += covariance(i, j, l, i) * covariance(j, k, k, l)
        yield f"n = {n}", total == 2 * n**3 + 5 * n**2 - 7 * n - 12 + Fraction(12, n)


def by_pairings() -> Facts:
    """The averages over O(n), by pairings, agree with the formulas."""
    spectra = {
        2: ([1, 0], [2, -1]),
        3: ([1, 0, 0], [2, 0, -1]),
        5: ([1, 1, 0, 0, 0], [2, 0, 0, 0, -1]),
        6: ([3, 0, 0, 0, 0, 0], [1, 1, 1, 0, 0, -2]),
    }
    for n, pair in spectra.items():
        h, k = (tuple(flint.fmpq(v) for v in values) for values in pair)
        moments = [nulls.traceless(n, *(num(sum(a**j for a in v)) for j in (1, 2, 3, 4))) for v in (h, k)]
        yield f"n = {n}: mean", nulls.commutator_mean(*moments) == commutator_moment(h, k, 1)
        yield f"n = {n}: second moment", nulls.commutator_second_moment(*moments) == commutator_moment(h, k, 2)
        square = commutator_moment(h, k, 2) - commutator_moment(h, k, 1) ** 2
        yield f"n = {n}: variance of the commutator", nulls.commutator_variance(*moments) == square
        variance = inner_moment(h, k, 2) - inner_moment(h, k, 1) ** 2
        yield f"n = {n}: variance", nulls.inner_product_variance(*moments) == variance
