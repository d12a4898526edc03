"""Why B3.flow holds: the splitting of H by its own window, and what a gap can lose."""

from __future__ import annotations

from theorems.engine.declare import Facts
from theorems.exact.algebra import vanishes

__all__ = ["lost_gap", "splitting"]


def splitting() -> Facts:
    """H − m with m the mid-range has the norm ½(λ₁ − λ_n), and (I − P)(H − m)P = (I − P)Q(H − m)QP + the same with
    I − Q: each is at most ½(λ₁ − λ_n)‖sinΘ‖; for lines of the plane the block is exactly (λ₁ − λ₂) cos θ sin θ."""
    import sympy

    a, b, c, s, m = sympy.symbols("a b c s m", real=True)
    h = sympy.Matrix([[c, -s], [s, c]]) * sympy.diag(a, b) * sympy.Matrix([[c, s], [-s, c]])
    yield "plane", vanishes(h[1, 0] - (a - b) * c * s)
    for n in (2, 3, 4):
        eta = sympy.symbols(f"e1:{n + 1}", real=True)
        p = sympy.Matrix(n, n, lambda i, j, n=n: sympy.Symbol(f"p{min(i, j)}{max(i, j)}", real=True))
        one, d = sympy.eye(n), sympy.diag(*eta)
        for k in range(1, n):
            q = sympy.diag(*([1] * k + [0] * (n - k)))
            whole = (one - p) * (d - m * one) * p
            parts = (one - p) * q * (d - m * one) * q * p + (one - p) * (one - q) * (d - m * one) * (one - q) * p
            yield f"n = {n}, k = {k}", all(vanishes(v) for v in whole - parts)
            # (I − P)cP = 0 for a projector: what is left is c(P − P²).
            yield (
                f"n = {n}, k = {k}: m drops out",
                all(vanishes(v) for v in whole - (one - p) * d * p + m * (p - p * p)),
            )


def lost_gap() -> Facts:
    """The loss is 2(ax + by) + b² − a²; b² − a² ≤ (b − a)(x − y) where b > |a| as a + b ≤ x − y, and that is
    (bx + ay) − (ax + by), the inner products of (x, y) with (b, a) and (a, b), each at most wp."""
    import sympy

    a, b, x, y = sympy.symbols("a b x y", real=True)
    loss = (x**2 - y**2) - ((x - a) ** 2 - (y + b) ** 2)
    yield "the loss", vanishes(loss - 2 * (a * x + b * y) - (b**2 - a**2))
    yield "b > |a|", vanishes((b - a) * (x - y) - (b**2 - a**2) - (b - a) * ((x - a) - (y + b)))
    yield "inner products", vanishes((b - a) * (x - y) - (b * x + a * y) + (a * x + b * y))
    square = (x**2 + y**2) * (a**2 + b**2)
    yield "Cauchy for (a, b)", vanishes(square - (a * x + b * y) ** 2 - (a * y - b * x) ** 2)
    yield "Cauchy for (b, a)", vanishes(square - (b * x + a * y) ** 2 - (b * y - a * x) ** 2)
    # b < 0, |b| > a ≥ 0: b² ≤ |b|y as the end is not negative, so that the loss is at most 2ax − a² − |b|y.
    yield "b < 0", vanishes((2 * a * x - a**2 + b * y) - loss + b * (y + b))
