"""Why D4 holds: the identity whatever the chart is, and what a transport does to every singular value."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, cast

from certify.geometry.spectrum.chart import chart
from certify.geometry.spectrum.fits import residual
from certify.geometry.spectrum.rigidity import action_lower_bound, drift_bound, identity_gap, slack_transport
from certify.verdict import Verdict, combine
from theorems.engine.declare import Facts
from theorems.engine.instance import Instance
from theorems.engine.theorem import small
from theorems.exact.algebra import vanishes
from theorems.exact.scalars import Scalar
from theorems.subjects.interfaces import interface, slack_of

__all__ = ["algebra", "invariance", "quadratic_forms"]

# Three charts give exponents to float64 accuracy, which bounds how well balls can state an equality of them.
_TINY = Fraction(1, 2**30)


def algebra() -> Facts:
    """φ(α') − φ(α) = a⁺ − s − (ρ' − ρ) for r = φ(α) + ρ, r' = φ(α') + ρ' and s = r + a⁺ − r', and the converse is the
    drift bound solved for the amplitude: charts, coordinates and amplitudes are free symbols."""
    import sympy

    alpha, beta, a, rho, tau, u = sympy.symbols("alpha beta a rho tau u", real=True)
    for d in (2, 3, 4):
        r, r_next = chart(d, alpha) + rho, chart(d, beta) + tau
        s = slack_transport(r, a, r_next)
        amount = action_lower_bound(d, alpha, beta, rho, tau)
        solved = drift_bound(amount, tau - rho, d, alpha, beta) - abs(beta - alpha)
        yield f"d = {d}: the residual of φ(α) + ρ is ρ", vanishes(residual(r, d, alpha) - rho)
        yield f"d = {d}: the converse is the drift bound, solved for the amplitude", sympy.simplify(solved) == 0
        yield f"d = {d}: identity", vanishes(identity_gap(d, alpha, beta, a, s, tau - rho))
        yield f"d = {d}: its defect", vanishes(identity_gap(d, alpha, beta, a, s + u, tau - rho) - u)


def quadratic_forms() -> Facts:
    """σ_d(T)|Ax| ≤ |TAx| ≤ σ₁(T)|Ax| for every x, for T diagonal; orthogonal factors change no singular value. By the
    min–max principle σ_d(T)σ_k(A) ≤ σ_k(TA) ≤ σ₁(T)σ_k(A) for every k, and k = 1 is the slack inequality."""
    import sympy

    for d in (2, 3):
        # t₁² ≥ … ≥ t_d² ≥ 0 as partial sums of squares, so that every sign is visible.
        w = sympy.symbols(f"w1:{d + 1}", real=True)
        t = [sum(v**2 for v in w[i:]) for i in range(d)]
        y = sympy.Matrix(d, d, sympy.symbols(f"a1:{d * d + 1}")) * sympy.Matrix(sympy.symbols(f"x1:{d + 1}"))
        image, norm = sum(p * v**2 for p, v in zip(t, y, strict=True)), sum(v**2 for v in y)
        above = sum(w[j] ** 2 * y[i] ** 2 for i in range(d) for j in range(i))
        below = sum(w[j] ** 2 * y[i] ** 2 for i in range(d) for j in range(i, d - 1))
        yield f"d = {d}: t₁²|Ax|² − |TAx|² is a sum of squares", vanishes(t[0] * norm - image - above)
        yield f"d = {d}: |TAx|² − t_d²|Ax|² is a sum of squares", vanishes(image - t[-1] * norm - below)


def invariance(x: Instance) -> Verdict:
    """orthogonal changes of basis and scalar factors change nothing"""
    # A ↦ PAQ, A' ↦ 3RA'Q with signed permutations turns T into a multiple of RTPᵀ.
    a, b = cast(Any, x["A"]), cast(Any, x["A_next"])
    y = x.replace(A=[row[::-1] for row in a[::-1]], A_next=[[-3 * v for v in row[::-1]] for row in b])

    def gap(k: int) -> Scalar:
        e, f = interface(x, raw=False), interface(y, raw=False)
        return (slack_of(e), *e.transport, *e.exponents)[k] - (slack_of(f), *f.transport, *f.exponents)[k]

    return combine(small(lambda k=k: gap(k), _TINY) for k in range(5))
