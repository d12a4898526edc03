"""The distance to a hyperbola by Lagrange's identity, and the simple bound below it."""

from __future__ import annotations

from certify.geometry.transport import robustness as formulas
from theorems.engine.declare import Facts
from theorems.exact.algebra import vanishes

__all__ = ["axis", "lagrange", "simple"]


def lagrange() -> Facts:
    """|a' − a|² + |b' − b|² + 2μ(⟨a', b'⟩ − ω) − g(μ) = (1 + μ)|p' − p/(1 + μ)|² + (1 − μ)|q' − q/(1 − μ)|² with
    p, q = (a ± b)/√2: for |μ| < 1 no (a', b') of the hyperbola is nearer than g(μ), and where p', q' make the squares
    vanish one is as near."""
    import sympy

    mu, w = sympy.symbols("mu omega", real=True)
    for n in (1, 2, 3):
        a, b, c, d = (sympy.symbols(f"{name}1:{n + 1}", real=True) for name in "abcd")
        moved = sum((x - y) ** 2 for x, y in zip((*c, *d), (*a, *b), strict=True))
        inner = sum(x * y for x, y in zip(c, d, strict=True))
        sums = sum(((x + y) - (u + v) / (1 + mu)) ** 2 for x, y, u, v in zip(c, d, a, b, strict=True)) / 2
        apart = sum(((x - y) - (u - v) / (1 - mu)) ** 2 for x, y, u, v in zip(c, d, a, b, strict=True)) / 2
        dual = formulas.dual_radius_squared(*formulas.pair_axes(a, b), w, mu)
        yield f"{n} columns", vanishes(moved + 2 * mu * (inner - w) - dual - (1 + mu) * sums - (1 - mu) * apart)
        near = [[(u - mu * v) / (1 - mu**2) for u, v in zip(x, y, strict=True)] for x, y in ((a, b), (b, a))]
        weight = sum(u * v for u, v in zip(*near, strict=True))
        there = sum((u - v) ** 2 for u, v in zip((*near[0], *near[1]), (*a, *b), strict=True))
        axes = formulas.pair_axes(a, b)
        yield f"{n} columns: the point", vanishes(there - formulas.moved_squared(*axes, mu))
        at = formulas.dual_radius_squared(*axes, weight, mu)
        yield f"{n} columns: no gap between dual and point", vanishes(there - at)


def axis() -> Facts:
    """Q = 0 and P ≥ 8ω: at μ = 1 the second square is free, |p'|² = P/4 and |q'|² = P/4 − 2ω ≥ 0, and the cost is
    P/2 − 2ω. Else P > 0 and the equation of μ falls from +∞ to −∞, or for Q = 0 to P/4 − 2ω < 0."""
    import sympy

    p, w, mu = sympy.symbols("P omega mu", positive=True)
    q = sympy.Symbol("Q", nonnegative=True)
    yield "the cost", vanishes(p / 4 + (p / 4 - 2 * w) - (p / 2 - 2 * w))
    equation = p / (1 + mu) ** 2 - q / (1 - mu) ** 2 - 2 * w
    slope = sympy.diff(equation, mu)
    yield "the equation falls", vanishes(slope + 2 * p / (1 + mu) ** 3 + 2 * q / (1 - mu) ** 3)


def simple() -> Facts:
    """|⟨a', b'⟩ − ⟨a, b⟩| = |⟨a, f⟩ + ⟨b, e⟩ + ⟨e, f⟩| for a' = a + e, b' = b + f is at most
    √(|a|² + |b|²)·√(|e|² + |f|²) + ½(|e|² + |f|²); the root of the right side is the formula."""
    import sympy

    u, v, e, f = sympy.symbols("u v e f", real=True)
    yield "Cauchy and Schwarz", vanishes((u**2 + v**2) * (e**2 + f**2) - (u * f + v * e) ** 2 - (u * e - v * f) ** 2)
    yield "a product", vanishes(e**2 + f**2 - 2 * e * f - (e - f) ** 2)
    mass, gap = sympy.symbols("m g", positive=True)
    root = formulas.simple_radius(mass, 0, gap)
    yield "the root", sympy.radsimp(root**2 / 2 + root * sympy.sqrt(mass) - gap).simplify() == 0
