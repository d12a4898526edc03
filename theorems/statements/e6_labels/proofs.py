"""The arcsine law as a square, the two radii, and the moments over all permutations."""

from __future__ import annotations

import itertools

from certify.geometry.transport import labels
from theorems.engine.declare import Facts
from theorems.exact.algebra import real_matrix, vanishes

__all__ = ["moments", "radii", "tilt"]


def tilt() -> Facts:
    """|e|²|π + e|² − (|π|²|e|² − ⟨π, e⟩²) = (⟨π, e⟩ + |e|²)²: the sine of the angle between π and π + e is
    at most t. Both lie in a plane, and angles of rays obey the triangle inequality."""
    for s in (2, 3, 4):
        p, e = (real_matrix(name, s, 1) for name in ("p", "e"))
        left = e.dot(e) * (p + e).dot(p + e) - (p.dot(p) * e.dot(e) - p.dot(e) ** 2)
        yield f"{s} columns", vanishes(left - (p.dot(e) + e.dot(e)) ** 2)


def radii() -> Facts:
    """Turns by x and y with x + y = m cost A sin²x + B sin²y; A cos 2x + B cos 2y is a scalar product with the unit
    vector of 2x. A distance from a line in the plane of norms gives the other radius."""
    import sympy

    a, b = sympy.symbols("A B", positive=True)
    m, x, beta, u, v = sympy.symbols("m x beta u v", real=True)
    turned = a * sympy.cos(2 * x) + b * sympy.cos(2 * m - 2 * x)
    part = (a + b * sympy.cos(2 * m)) * sympy.cos(2 * x) + b * sympy.sin(2 * m) * sympy.sin(2 * x)
    yield "a scalar product", sympy.expand(sympy.expand_trig(turned - part)) == 0
    squared = (a + b - 2 * labels.angle_radius_squared(a, b, sympy.sin(m))) ** 2
    length = (a + b * sympy.cos(2 * m)) ** 2 + (b * sympy.sin(2 * m)) ** 2
    yield "its length", sympy.simplify(squared - length) == 0
    yield "the distance", vanishes((1 + beta**2) * (u**2 + v**2) - (u - beta * v) ** 2 - (beta * u + v) ** 2)


def moments() -> Facts:
    """Mean and variance of Σ a_j b_σ(j)."""
    import sympy

    for s in (2, 3, 4):
        a, b = sympy.symbols(f"a1:{s + 1}", real=True), sympy.symbols(f"b1:{s + 1}", real=True)
        sums = [sum(p * q for p, q in zip(a, order, strict=True)) for order in itertools.permutations(b)]
        mean, variance = labels.permutation_moments(a, b)
        yield f"{s} columns: mean", vanishes(sum(sums) / sympy.Integer(len(sums)) - mean)
        squares = sum(sympy.expand(v**2) for v in sums) / sympy.Integer(len(sums))
        yield f"{s} columns: variance", vanishes(squares - mean**2 - variance)
