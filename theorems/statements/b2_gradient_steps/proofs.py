"""Why B2 holds: a step inserted into Δ⁺, and both bounds as solutions of their recursion."""

from __future__ import annotations

from typing import Any

from certify.geometry.interface.ridge import imbalance_floor, production_bound, step_factor
from theorems.engine.declare import Facts
from theorems.exact.algebra import real_matrix, vanishes

__all__ = ["both_forms", "sums"]


def both_forms() -> Facts:
    """The step inserted into Δ⁺: cross terms cancel as W_{l+1}ᵀN_{l+1} = N_lW_lᵀ."""
    import sympy

    eta, decay = sympy.symbols("eta lambda", real=True)
    for widths in ((1, 2, 2, 1), (2, 1, 2), (2, 2, 1, 2)):
        count = len(widths) - 1
        w = [real_matrix(f"w{i}_", widths[i + 1], widths[i]) for i in range(count)]
        g = real_matrix("g", widths[-1], widths[0])
        n = []
        for i in range(count):
            left, right = sympy.eye(widths[-1]), sympy.eye(widths[0])
            for a in reversed(w[i + 1 :]):
                left = left * a
            for a in w[:i]:
                right = a * right
            n.append(left.T * g * right.T)
        r = [a + decay * b for a, b in zip(n, w, strict=True)]
        moved = [b - eta * a for a, b in zip(r, w, strict=True)]
        for i in range(count - 1):
            delta, after, by_n, by_r = (p[i + 1].T * p[i + 1] - p[i] * p[i].T for p in (w, moved, n, r))
            first = after - step_factor(decay, eta) * delta - eta**2 * by_n
            second = after - (1 - 2 * eta * decay) * delta - eta**2 * by_r
            yield f"widths {widths}, interface {i + 1}: with N", all(vanishes(v) for v in first)
            yield f"widths {widths}, interface {i + 1}: with R", all(vanishes(v) for v in second)


def sums() -> Facts:
    """Both bounds satisfy their recursion: b⁺ = q b + η²P, and b⁺ ≥ |1 − 2ηλ|b + η²‖∇F‖² where descent pays, as
    |1 − 2ηλ| ≤ 1; in the nuclear norm ‖R'ᵀR' − RRᵀ‖_* ≤ ‖R'‖_F² + ‖R‖_F² ≤ ‖∇F‖²."""
    import sympy

    eta, decay, start, p, f, slope, c = sympy.symbols("eta lambda Delta P F S c", positive=True)
    for t in range(1, 6):
        now, after = (imbalance_floor(decay, eta, start, p, k) for k in (t, t + 1))
        yield f"t = {t}: floor", vanishes(after - step_factor(decay, eta) * now - eta**2 * p)
        now, after = (production_bound(decay, eta, start, f + (k - t) * c * eta * slope, c, k) for k in (t, t + 1))
        for sign in (1, -1):
            q = sign * (1 - 2 * eta * decay)
            spare = (after - q * now - eta**2 * slope).replace(sympy.Abs, lambda v, q=q: _signed(v, q))
            yield f"t = {t}, sign {sign}: production", vanishes(spare - (1 - q) * eta * f / c)
    yield "t = 0", vanishes(imbalance_floor(decay, eta, start, p, 0) - start)


def _signed(inside: Any, q: Any) -> Any:
    """|1 − 2ηλ| where it is q: 1 − 2ηλ or its negative."""
    return q if vanishes(inside - q) or vanishes(inside + q) else inside
