"""Where the bound of the change of a tail comes from, and why x^{−s} is convex."""

from __future__ import annotations

from typing import Any

from certify.geometry.spectrum.chart import gibbs, tail_energy
from theorems.engine.declare import Facts
from theorems.exact.algebra import vanishes

__all__ = ["convexity", "covariance"]


def covariance() -> Facts:
    """d/ds tail = −Cov(1_{k>r}, log k), and |Cov| ≤ ¼ log d: Popoviciu's bound twice, as a sum of squares."""
    import sympy

    s = sympy.Symbol("s", real=True)
    for d in (2, 3, 4):
        family: list[Any] = gibbs(d, s)
        logs = [sympy.log(k) for k in range(1, d + 1)]
        for r in range(1, d):
            tail = tail_energy(family, r)
            mixed = sum(g * x for g, x in zip(family[r:], logs[r:], strict=True))
            cov = mixed - tail * sum(g * x for g, x in zip(family, logs, strict=True))
            yield f"d = {d}, r = {r}: the slope is minus the covariance", vanishes(sympy.diff(tail, s) + cov)
    t, a, b = sympy.symbols("t a b", real=True)
    # Cov = t(1 − t)(b − a), a and b the means of log k on k ≤ r and k > r, 0 ≤ a ≤ b ≤ log d; and t(1 − t) ≤ ¼.
    yield "covariance of an indicator", vanishes(t * b - t * (t * b + (1 - t) * a) - t * (1 - t) * (b - a))
    yield "t(1 − t) ≤ ¼", vanishes(sympy.Rational(1, 4) - t * (1 - t) - (t - sympy.Rational(1, 2)) ** 2)


def convexity() -> Facts:
    """x^{−s} is convex on x > 0 for s ≥ 0, which is what Hadamard's inequality asks of every unit interval."""
    import sympy

    x = sympy.Symbol("x", positive=True)
    s = sympy.Symbol("s", nonnegative=True)
    second = sympy.simplify(sympy.diff(x ** (-s), x, 2) / x ** (-s - 2))
    yield "(x^{−s})'' = s(s + 1) x^{−s−2}", vanishes(second - s * (s + 1))
    yield "s(s + 1) ≥ 0", (s * (s + 1)).is_nonnegative
