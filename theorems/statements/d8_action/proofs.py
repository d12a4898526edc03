"""Why D8 holds: the divergence as an integral, Jensen's inequality as a product, and where v_d is monotone."""

from __future__ import annotations

import flint

from certify.geometry.spectrum.action import divergence, gibbs_divergence, third_cumulant
from certify.geometry.spectrum.chart import gibbs, mean_log_rank, variance_log_rank
from certify.geometry.spectrum.wide_spectra import wide_affinity, wide_divergence
from theorems.engine.declare import Facts
from theorems.exact.algebra import vanishes

__all__ = ["bregman", "inequalities", "many_ranks", "monotone"]


def bregman() -> Facts:
    """KL(g(s)‖g(s')) is 0 at s' = s, its derivative in s' is u(s) − u(s') = ∫_s^{s'} v, and so is that of
    ∫_s^{s'} (s' − x)v(x)dx; the weight s' − x has the integral ½(s' − s)², which gives both bounds."""
    import sympy

    s, t = sympy.symbols("s t", real=True)
    for d in (2, 3, 4):
        form = gibbs_divergence(d, s, t)
        terms = divergence(gibbs(d, s), gibbs(d, t))
        yield f"d = {d}: 0 at s' = s", vanishes(form.subs(t, s))
        slope = sympy.diff(form, t) - (mean_log_rank(d, s) - mean_log_rank(d, t))
        yield f"d = {d}: the slope", vanishes(sympy.expand_log(sympy.expand(slope), force=True))
        yield f"d = {d}: u' = −v", vanishes(sympy.diff(mean_log_rank(d, s), s) + variance_log_rank(d, s))
        yield f"d = {d}: v' = −κ₃", vanishes(sympy.diff(variance_log_rank(d, s), s) + third_cumulant(d, s))
        yield f"d = {d}: the sum", vanishes(sympy.expand_log(sympy.diff(terms - form, t), force=True))
    x = sympy.Symbol("x", real=True)
    yield "∫(s' − x)dx", vanishes(sympy.integrate(t - x, (x, s, t)) - (t - s) ** 2 / 2)


def inequalities() -> Facts:
    """KL = −2Σp log√(q/p) ≥ −2 log Σ√(pq), as log y ≤ log m + (y − m)/m, y = √(q/p), whose mean under p is m = cos θ;
    the slope of −2 log cos θ − θ² is 2(tan θ − θ), of which the slope is 2tan² θ; Lagrange's identity for steps."""
    import sympy

    for n in (2, 3):
        p, m = sympy.symbols(f"p1:{n + 1}", positive=True), sympy.Symbol("m", positive=True)
        y = sympy.symbols(f"y1:{n + 1}", positive=True)
        mean = sum(a * b for a, b in zip(p, y, strict=True))
        tangent = sum(a * (b - m) / m for a, b in zip(p, y, strict=True))
        yield f"{n} ranks: the mean of the tangents is 0", vanishes(tangent - (mean - m * sum(p)) / m)
    z, theta = sympy.Symbol("z", positive=True), sympy.Symbol("theta", real=True)
    yield "log z ≤ z − 1: the slope of the difference", vanishes(sympy.diff(z - 1 - sympy.log(z), z) - (z - 1) / z)
    slope = sympy.diff(-2 * sympy.log(sympy.cos(theta)) - theta**2, theta)
    yield "the slope in θ", sympy.simplify(slope - 2 * (sympy.tan(theta) - theta)) == 0
    yield "and its slope", sympy.simplify(sympy.diff(slope, theta) - 2 * sympy.tan(theta) ** 2) == 0
    for layers in (2, 3, 4, 5):
        x = sympy.symbols(f"x1:{layers}", real=True)
        rest = (layers - 1) * sum(v**2 for v in x) - sum(x) ** 2
        pairs = sum((a - b) ** 2 for i, a in enumerate(x) for b in x[:i])
        yield f"L = {layers}: steps", vanishes(rest - pairs)


def monotone() -> Facts:
    """v₂ = log² 2 · q/(1 + q)², q = 2^{−s}: decreasing in s ≥ 0, as q ≤ 1; and v₃'(0) > 0."""
    import sympy

    s, q = sympy.Symbol("s", real=True), sympy.Symbol("q", positive=True)
    form = sympy.log(2) ** 2 * q / (1 + q) ** 2
    yield "v₂ in q", sympy.simplify(variance_log_rank(2, s) - form.subs(q, 2**-s)) == 0
    yield "its slope in q", vanishes(sympy.diff(form, q) - sympy.log(2) ** 2 * (1 - q) / (1 + q) ** 3)
    yield "v₃'(0) > 0", bool(third_cumulant(3, flint.arb(0)) < 0)


def many_ranks() -> Facts:
    """By zeta functions affinity and divergence are enclosed without a sum over the ranks."""
    pairs = [(0, 1), (1, 2), (flint.arb("0.5"), 4), (2, flint.arb("2.125")), (-1, 1)]
    for d in (2, 3, 1000, 10**5):
        for k, (s, t) in enumerate((flint.arb(a), flint.arb(b)) for a, b in pairs):
            value, cosine = wide_divergence(d, s, t), wide_affinity(d, s, t)
            if d <= 1000:
                yield f"d = {d}, pair {k}: the sum", bool(value.overlaps(gibbs_divergence(d, s, t)))
            yield f"d = {d}, pair {k}: −2 log cos θ ≤ KL", bool(-2 * cosine.log() <= value)
