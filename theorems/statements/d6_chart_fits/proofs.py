"""Where the bounds of D6 and the equations of its fits come from."""

from __future__ import annotations

import math

from flint import arb

from certify.errors import PolystableError
from certify.geometry.spectrum.chart import power_sum, tilted_mean_log_rank, tilted_moments, top_radial
from certify.geometry.spectrum.fits import log_log_slope, residual
from certify.geometry.spectrum.hellinger import affinity_slope, log_affinity, maximize_affinity
from certify.geometry.spectrum.roots import Fit, bracket
from theorems.engine.declare import Facts
from theorems.exact.algebra import vanishes

__all__ = ["affinity", "extremes", "normal_equation", "poor_slopes", "unranked"]


def affinity() -> Facts:
    """The formulas of the Hellinger fit against the definition, for free weights."""
    import sympy

    alpha = sympy.Symbol("alpha", real=True)
    for d in (2, 3, 4):
        q = sympy.symbols(f"q1:{d + 1}", positive=True)
        logs = [sympy.log(k) for k in range(1, d + 1)]
        weights = [v * sympy.exp(-alpha * t) for v, t in zip(q, logs, strict=True)]
        mass = sum(weights)
        first, second = (sum(w * t**n for w, t in zip(weights, logs, strict=True)) / mass for n in (1, 2))
        moments = tilted_moments(q, alpha)
        value, slope = log_affinity(q, alpha), affinity_slope(q, alpha)
        stated = sympy.log(mass) - sympy.log(sum(sympy.exp(-2 * alpha * t) for t in logs)) / 2
        yield f"d = {d}: mass", vanishes(moments[0] - mass)
        yield f"d = {d}: mean", vanishes(moments[1] - first) and vanishes(tilted_mean_log_rank(q, alpha) - first)
        yield f"d = {d}: second moment", vanishes(moments[2] - second)
        yield f"d = {d}: the log-affinity", sympy.simplify(value - stated) == 0
        yield f"d = {d}: its slope", vanishes(sympy.diff(value, alpha) - slope)


def normal_equation() -> Facts:
    """The least-squares exponent solves the normal equation and recovers every power law."""
    import sympy

    alpha, scale = sympy.Symbol("alpha", real=True), sympy.Symbol("c", positive=True)
    for d in (2, 3, 4):
        values = sympy.symbols(f"v1:{d + 1}", positive=True)
        logs = [sympy.log(k) for k in range(1, d + 1)]
        centre = sum(logs) / d
        slope = log_log_slope(values)
        normal = sum((t - centre) * (sympy.log(v) + slope * t) for t, v in zip(logs, values, strict=True))
        law = [scale * sympy.exp(-alpha * t) for t in logs]
        recovered = sympy.expand_log(log_log_slope(law), force=True)
        yield f"d = {d}: normal equation", vanishes(normal)
        yield f"d = {d}: c k^(−α) has exponent α", vanishes(recovered - alpha)


def extremes() -> Facts:
    """ρ grows in η_1 and falls in every other η_k, so its extremes are at η_1 = ±η, η_k = ∓η, where it is the bound."""
    import sympy

    alpha, eta = sympy.symbols("alpha eta", real=True)
    for d in (2, 3):
        etas = sympy.symbols(f"h1:{d + 1}", real=True)
        sigma = [sympy.exp(h - alpha * sympy.log(k)) for k, h in enumerate(etas, start=1)]
        r = top_radial(sigma[0], sympy.sqrt(sum(v**2 for v in sigma)), d)
        rho = sympy.expand_log(residual(r, d, alpha), force=True)
        shares = [v**2 / sum(w**2 for w in sigma) for v in sigma]
        yield f"d = {d}: dρ/dη_1 = 1 − p_1", vanishes(sympy.diff(rho, etas[0]) - (1 - shares[0]))
        for k in range(1, d):
            yield f"d = {d}: dρ/dη_{k + 1} = −p_{k + 1}", vanishes(sympy.diff(rho, etas[k]) + shares[k])
        g = 1 / power_sum(d, 2 * alpha)
        top = rho.subs({h: eta if k == 0 else -eta for k, h in enumerate(etas)}, simultaneous=True)
        # With symbols for log 2 and log 3 SymPy keeps every power an exponential, and equal terms cancel.
        opaque = {sympy.log(k): sympy.Symbol(f"log{k}", positive=True) for k in range(2, d + 1)}
        top, g = top.subs(opaque), g.subs(opaque)
        gap = sympy.exp(sympy.expand(-2 * top)) - g - (1 - g) * sympy.exp(-4 * eta)
        same = sympy.powsimp(sympy.expand(sympy.numer(sympy.together(gap)))) == 0
        yield f"d = {d}: the extreme is the bound", same


def _root(slope: float, guess: float, within: tuple[float, float] = (-math.inf, math.inf)) -> Fit | None:
    """The root of 1 − x, known to ± 1/1000, from a wrong slope; None where the search breaks down."""
    try:
        return bracket(lambda x: 1 - arb(x) + arb(0, 0.001), lambda _: slope, guess, within)
    except (TypeError, PolystableError):
        return None


def poor_slopes() -> Facts:
    """Candidates that stay far from the root, on either side of it, are enclosed by proved signs, or refused."""
    for slope in (30.0, 3.0, 1.0):
        for guess in (0.0, 2.0):
            found = _root(slope, guess)
            inside = found is not None and not found.cause and found.alpha.contains(arb(1, 0.001))
            yield f"slope {slope:g}, candidate {guess:g}: the root", inside
    # One side has room for a proof, the other has none.
    for guess, within in ((0.25, (-10.0, 0.5)), (1.75, (1.5, 10.0))):
        found = _root(3.0, guess, within)
        refused = found is not None and found.cause.startswith("no sign") and found.alpha.is_nan()
        yield f"no root within {within}", refused


def unranked() -> Facts:
    """A spectrum known to ±1/100 about the jump of the best exponent: both maximizers are enclosed, with the cause."""
    rest = [arb(1)] * 255
    exact = [maximize_affinity([arb(first) / 10000, *rest]).alpha for first in (202500, 202550)]
    for first in (202477, 202577):
        found = maximize_affinity([arb(first) / 10000 + arb(0, 0.01), *rest])
        yield f"{first / 10000}: both", all(found.alpha.contains(alpha) for alpha in exact)
        yield f"{first / 10000}: said", "rival" in found.cause
