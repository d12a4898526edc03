"""Derivatives of the chart, the greatest third cumulant, and the power law as a member of the Gibbs family."""

from __future__ import annotations

from typing import Any

from certify.geometry.spectrum.chart import (
    chart,
    energies,
    gibbs,
    mean_log_rank,
    power_sum,
    top_radial,
    variance_log_rank,
)
from theorems.engine.declare import Facts
from theorems.exact.algebra import vanishes

__all__ = ["derivatives", "power_law", "third_cumulant"]

_SIZES = range(2, 6)


def derivatives() -> Facts:
    """φ' = u > 0 and φ'' = −2v < 0, v being a sum of squares, and φ''' = 4κ₃."""
    import sympy

    alpha = sympy.Symbol("alpha", real=True)
    for d in _SIZES:
        phi, u, v = chart(d, alpha), mean_log_rank(d, 2 * alpha), variance_log_rank(d, 2 * alpha)
        weights = [sympy.exp(-2 * alpha * sympy.log(k)) for k in range(1, d + 1)]
        mass: Any = sum(weights)
        squares: Any = sum(
            weights[i] * weights[j] * (sympy.log(i + 1) - sympy.log(j + 1)) ** 2 for i in range(d) for j in range(i)
        )
        third: Any = sum(w * (sympy.log(k) - u) ** 3 for k, w in enumerate(weights, 1)) / mass
        yield f"d = {d}: φ' = u", vanishes(sympy.diff(phi, alpha) - u)
        yield f"d = {d}: φ'' = −2v", vanishes(sympy.diff(phi, alpha, 2) + 2 * v)
        yield f"d = {d}: φ''' = 4κ₃", vanishes(sympy.diff(-2 * v, alpha) - 4 * third)
        yield f"d = {d}: u > 0", sympy.together(u).is_positive
        yield f"d = {d}: v = Σ g_i g_j (log i − log j)²", vanishes(v - squares / mass**2)
        yield f"d = {d}: v > 0", (squares / mass**2).is_positive


def third_cumulant() -> Facts:
    """E(X − m)³ ≤ 1/(6√3): (x − m)³ lies below a chord through x = 1, from x = 0 where m ≤ 1/3 and from the point of
    tangency beyond; at the mean the chords are m(1 − m)(1 − 2m) and (1 − m)³/4. The mirror image bounds it below."""
    import sympy

    x, m, b = sympy.symbols("x m b", real=True)
    low = m * (1 - m) * (1 - 2 * m)
    chord = -(m**3) + ((1 - m) ** 3 + m**3) * x
    # chord − cubic = x(1 − x)(x + 1 − 3m), which is not negative on [0, 1] for m ≤ 1/3.
    yield "the chord from 0 lies above", vanishes(chord - (x - m) ** 3 - x * (1 - x) * (x + 1 - 3 * m))
    yield "its value at the mean", vanishes(chord.subs(x, m) - low)
    # With b = 1 − m and y = x − m ≤ b: tangent at y = −b/2.
    tangent_line = (-b / 2) ** 3 + 3 * (b / 2) ** 2 * (x + b / 2)
    yield "the tangent chord lies above", vanishes(tangent_line - x**3 - (b - x) * (x + b / 2) ** 2)
    yield "its value at the mean is b³/4", vanishes(tangent_line.subs(x, 0) - b**3 / 4)
    yield "b ≤ 2/3 makes it at most 2/27", (sympy.Rational(2, 3) ** 3 / 4) ** 2 < sympy.Rational(1, 108)
    # 1/108 is the square of 1/(6√3); with w = 1 − 2m the square of m(1 − m)(1 − 2m) is w²(1 − w²)²/16.
    w = 1 - 2 * m
    yield "m(1 − m)(1 − 2m) in w", vanishes(low - w * (1 - w**2) / 4)
    q = sympy.Symbol("q", nonnegative=True)
    rest = sympy.Rational(4, 27) - q * (1 - q) ** 2
    yield (
        "q(1 − q)² ≤ 4/27 for q = w² ≤ 1",
        vanishes(rest - (q - sympy.Rational(1, 3)) ** 2 * (sympy.Rational(4, 3) - q)),
    )


def power_law() -> Facts:
    """The power law has the energies g(2α), and φ(α) is its top-radial coordinate."""
    import sympy

    alpha = sympy.Symbol("alpha", real=True)
    for d in _SIZES:
        sigma = [sympy.exp(-alpha * sympy.log(k)) for k in range(1, d + 1)]
        square = sum(x**2 for x in sigma)
        energy, family = energies(sigma), gibbs(d, 2 * alpha)
        coordinate = top_radial(sympy.Integer(1), sympy.sqrt(square), d)
        expanded = sympy.expand_log(coordinate - chart(d, alpha), force=True)
        pairs = zip(energy, family, strict=True)
        yield f"d = {d}: H_d(2α) = Σ k^(−2α)", vanishes(power_sum(d, 2 * alpha) - square)
        yield f"d = {d}: energies of the power law are g(2α)", all(vanishes(p - q) for p, q in pairs)
        yield f"d = {d}: g sums to 1", vanishes(sum(family) - 1)
        decay = zip(family, sigma, strict=True)
        yield f"d = {d}: g_k = k^(−s) g_1", all(vanishes(g - x**2 * family[0]) for g, x in decay)
        yield f"d = {d}: φ(α) is the top-radial coordinate", sympy.expand(expanded) == 0
