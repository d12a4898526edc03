"""Why B3.flow holds: the splitting of H by its own window, and what a gap can lose."""

from __future__ import annotations

from certify.geometry.interface.ridge import best_factor, best_share, share_factor
from theorems.engine.declare import Facts
from theorems.exact.algebra import vanishes

__all__ = ["least_bound", "lost_gap", "splitting"]


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


def least_bound() -> Facts:
    """The logarithm of e^{−cu²}/(1 − u) has the derivative (1 − 2cu(1 − u))/(1 − u), which is 0 where
    u = ½(1 ± √(1 − 2/c)); the factor at the larger one falls as u grows, from above 1. With the loss alone 4p*² ≤ w²,
    by γ ≤ w²."""
    import sympy

    c, u = sympy.symbols("c u", positive=True)
    slope = sympy.diff(-c * u**2 - sympy.log(1 - u), u)
    yield "slope", vanishes(slope - (1 - 2 * c * u * (1 - u)) / (1 - u))
    # c = 1/(2v(1 − v)) for ½ ≤ v < 1 runs over c ≥ 2, and v is the larger root: v = (1 + h)/2, h = √(1 − 2/c).
    h = sympy.Symbol("h", nonnegative=True)
    v = (1 + h) / 2
    rate = 1 / (2 * v * (1 - v))
    yield "larger root", sympy.simplify(best_share(rate) - v) == 0
    # √(h²) is h, which SymPy does not see in the exponent.
    ratio = best_factor(rate).subs(sympy.sqrt(1 - 2 / rate), h) / share_factor(rate, v)
    yield "factor", sympy.simplify(sympy.expand_log(sympy.log(ratio), force=True)) == 0
    log_factor = -v / (2 * (1 - v)) - sympy.log(1 - v)
    yield "its logarithm", sympy.simplify(-rate * v**2 - sympy.log(1 - v) - log_factor) == 0
    yield "it falls", vanishes(sympy.diff(log_factor, h) * 2 * (1 - v) ** 2 + (2 * v - 1) / 2)
    yield "from above 1", bool(log_factor.subs(h, 0) > 0)
    above, below = sympy.symbols("a b", nonnegative=True)
    yield "the loss alone", vanishes((above + below) ** 2 - (above - below) ** 2 - 4 * above * below)
