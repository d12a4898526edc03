"""Why the bounds hold: signs, a mean, Cauchy–Schwarz, and the insertion into the truncation error."""

from __future__ import annotations

import itertools

from certify.geometry.transport.fitted_tail import fitted_truncation_squared
from theorems.engine.declare import Facts
from theorems.exact.algebra import is_sum_of_squares, vanishes

__all__ = ["insertion", "mean", "signs", "two_norms"]


def signs() -> Facts:
    """A sum is at most the sum of absolute values, for every pattern of signs; for equal masses the tail of p − g is
    minus its head."""
    import sympy

    for d in (1, 2, 3, 4, 5):
        y = sympy.symbols(f"y1:{d + 1}", real=True)
        for pattern in itertools.product((-1, 1), repeat=d):
            value, size = sum(e * v**2 for e, v in zip(pattern, y, strict=True)), sum(v**2 for v in y)
            yield f"signs {pattern}", is_sum_of_squares(size - value) and is_sum_of_squares(size + value)
        p, g = sympy.symbols(f"p1:{d + 1}", real=True), sympy.symbols(f"g1:{d + 1}", real=True)
        equal = {p[-1]: sum(g) - sum(p[:-1])}
        for r in range(d + 1):
            head, tail = sum(p[:r]) - sum(g[:r]), sum(p[r:]) - sum(g[r:])
            yield f"d = {d}, r = {r}: tail and head", vanishes(sympy.sympify(head + tail).subs(equal))


def mean() -> Facts:
    """The smaller of two numbers is at most their mean, and head and tail together are the whole sum."""
    import sympy

    a, u = sympy.symbols("a u", real=True)
    yield "b = a + u² ≥ a", is_sum_of_squares((a + a + u**2) / 2 - a)
    for d in (1, 2, 3, 4, 5):
        steps = sympy.symbols(f"t1:{d + 1}", nonnegative=True)
        yield f"d = {d}: halves", all(vanishes(sum(steps[:r]) + sum(steps[r:]) - sum(steps)) for r in range(d + 1))


def two_norms() -> Facts:
    """With p = a², g = b²: |p − g| = |a − b|(a + b), Σ(a ∓ b)² = Σp + Σg ∓ 2Σab, Lagrange's identity, and
    (2 − 2c)(2 + 2c) = 4(1 − c²)."""
    import sympy

    c = sympy.Symbol("c", real=True)
    yield "the product of the squared norms", vanishes((2 - 2 * c) * (2 + 2 * c) - 4 * (1 - c**2))
    for d in (1, 2, 3, 4, 5):
        a, b = sympy.symbols(f"a1:{d + 1}", real=True), sympy.symbols(f"b1:{d + 1}", real=True)
        pairs = list(zip(a, b, strict=True))
        masses, cosine = sum(x**2 + y**2 for x, y in pairs), sum(x * y for x, y in pairs)
        yield f"d = {d}: differences", vanishes(sum((x - y) ** 2 for x, y in pairs) - masses + 2 * cosine)
        yield f"d = {d}: sums", vanishes(sum((x + y) ** 2 for x, y in pairs) - masses - 2 * cosine)
        yield f"d = {d}: factors", all(vanishes(x**2 - y**2 - (x - y) * (x + y)) for x, y in pairs)
        squares = sum((a[i] * b[j] - a[j] * b[i]) ** 2 for i in range(d) for j in range(i))
        inner = sum(x**2 for x in a) * sum(y**2 for y in b) - cosine**2
        yield f"d = {d}: Lagrange", vanishes(inner - squares)


def insertion() -> Facts:
    """With upper bounds p + u², q + v² of the tails the bound exceeds σ₁(W')²τ² + τ'²σ₁(W)² by squares, where
    τ² = ‖W‖_F² p and τ'² = ‖W'‖_F² q; E1 bounds the error by that."""
    import sympy

    top, norm, top_next, norm_next, p, q, u, v = sympy.symbols("a m b n p q u v", real=True)
    found = fitted_truncation_squared((top, norm**2), (top_next, norm_next**2), p + u**2, q + v**2)
    yield (
        "the excess",
        is_sum_of_squares(sympy.expand(found - top_next**2 * norm**2 * p - norm_next**2 * q * top**2)),
    )
    exact = fitted_truncation_squared((top, norm**2), (top_next, norm_next**2), p, q)
    yield "exact tails", vanishes(exact - top_next**2 * norm**2 * p - norm_next**2 * q * top**2)
