"""Why D9 holds: quadratic forms, and the remainder in three cases of the leading eigenvalue of S."""

from __future__ import annotations

from certify.geometry.spectrum.near_identity import frobenius_ratio, remainder_bound
from theorems.engine.declare import Facts
from theorems.exact.algebra import real_matrix, square, vanishes

__all__ = ["quadratic_forms", "three_cases", "upper_side"]


def quadratic_forms() -> Facts:
    """|Av|² = |v|² + 2ε vᵀSv + ε²|Bv|², of which v leading for A, or for S, gives the bounds of σ₁; and ‖A‖_F²."""
    import sympy

    e = sympy.Symbol("epsilon", real=True)
    for d in (2, 3):
        b, v = real_matrix("b", d, d), real_matrix("v", d, 1)
        a, s = sympy.eye(d) + e * b, (b + b.T) / 2
        form = square(v) + 2 * e * (v.T * s * v)[0] + e**2 * square(b * v)
        yield f"d = {d}: |Av|²", vanishes(square(a * v) - form)
        yield f"d = {d}: vᵀAv", vanishes((v.T * a * v)[0] - square(v) - e * (v.T * s * v)[0])
        yield f"d = {d}: ‖A‖_F²", vanishes(square(a) - d * frobenius_ratio(e, b.trace() / d, square(b) / d))


def three_cases() -> Facts:
    """With ℓ = ελ_max(S), t = ετ: −R = ½log(1 + 2t + ε²β) − t + ℓ − log σ₁, where ε²β ≤ x², σ₁ ≥ 1 + ℓ and r ≥ 0."""
    import sympy

    ell, t = sympy.symbols("ell t", real=True)
    x = sympy.Symbol("x", positive=True)
    bound = remainder_bound(x)
    yield "F' = y(2 + y)/(1 + y)", vanishes(sympy.diff(bound, x) - x * (2 + x) / (1 + x))
    yield "F ≤ y²: F(0) = 0 and 2y − F' = y²/(1 + y)", vanishes(2 * x - sympy.diff(bound, x) - x**2 / (1 + x))
    # ℓ ≥ 0: log(1 + y) ≤ y gives −R ≤ x²/2 + ℓ − log(1 + ℓ), which increases in ℓ ≤ x to F(x).
    grows = ell - sympy.log(1 + ell)
    yield "ℓ ≥ 0: increasing", vanishes(sympy.diff(grows, ell) - ell / (1 + ell))
    yield "ℓ ≥ 0: F(x) at ℓ = x", sympy.expand(x**2 / 2 + grows.subs(ell, x) - bound) == 0
    # −1 < ℓ < 0: −R ≤ ℓ − t by r ≥ 0; where this exceeds F, t < ℓ − F < −x²/2, and −R increases in t up to there.
    slope = sympy.diff(sympy.log(1 + 2 * t + x**2) / 2 - t, t)
    yield "−1 < ℓ < 0: the slope in t", vanishes(slope + (2 * t + x**2) / (1 + 2 * t + x**2))
    f = sympy.Symbol("F", real=True)
    rest = (1 + ell) ** 2 - (1 + x**2 - 2 * f + 2 * ell) - ell**2 - (2 * f - x**2)
    yield "−1 < ℓ < 0: the argument of the logarithm at t = ℓ − F is at most (1 + ℓ)²", vanishes(rest)
    twice = 2 * bound - x**2
    yield "2F − x² ≥ 0: it is 0 at 0 and increases", vanishes(sympy.diff(twice, x) - 2 * x / (1 + x))
    # ℓ ≤ −1: −R ≤ ℓ − t ≤ x − 1 as t ≥ −x.
    least = (x - 1) ** 2 / 2 + sympy.Rational(1, 2)
    yield (
        "ℓ ≤ −1: F − (x − 1) = (x − log(1 + x)) + ½(x − 1)² + ½",
        sympy.expand(bound - (x - 1) - (x - sympy.log(1 + x)) - least) == 0,
    )


def upper_side() -> Facts:
    """log σ₁ − ℓ ≤ ½x², and t − ½log(1 + 2t + t²) = t − log(1 + t) decreases on (−1, 0], so −x is its worst t; for
    t ≥ 0 it is at most its value at −t. F(−x)/x² increases, as all its Taylor coefficients are positive."""
    import sympy

    x, t = sympy.symbols("x t", real=True)
    yield "1 + 2t + t² is a square", vanishes(1 + 2 * t + t**2 - (1 + t) ** 2)
    yield "the slope of t − log(1 + t)", vanishes(sympy.diff(t - sympy.log(1 + t), t) - t / (1 + t))
    even = sympy.diff((-t - sympy.log(1 - t)) - (t - sympy.log(1 + t)), t)
    yield "the value at −t is larger: the difference has the slope 2t²/(1 − t²)", vanishes(even - 2 * t**2 / (1 - t**2))
    bound = remainder_bound(-x)
    yield "together F(−x)", sympy.expand(x**2 / 2 + (-x - sympy.log(1 - x)) - bound) == 0
    # F(−x) = x² + x³/3 + x⁴/4 + …: F(−x)' = 2x + x²/(1 − x).
    yield "F(−x)' = 2x + x² + x³ + …", vanishes(sympy.diff(bound, x) - 2 * x - x**2 / (1 - x))
    at_half = bound.subs(x, sympy.Rational(1, 2)) * 4
    yield "F(−½)/¼ = 4 log 2 − 3/2", sympy.simplify(at_half - 4 * sympy.log(2) + sympy.Rational(3, 2)) == 0
