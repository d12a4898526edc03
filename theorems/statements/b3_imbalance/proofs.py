"""Why imbalance controls alignment: sums over overlaps of two eigenbases with doubly stochastic weights."""

from __future__ import annotations

from typing import Any

from certify.geometry.spectrum.chart import gaps
from theorems.engine.declare import Facts
from theorems.exact.algebra import doubly_stochastic_zero, vanishes

__all__ = ["mixed_gap", "monotone", "two_by_two"]


def monotone() -> Facts:
    """⟨K − H, P − Q⟩ − γ(k − Σ_{i,j≤k} w_ij) is a sum of products of non-negative terms, w_ij = ⟨u_i, v_j⟩²; that it is
    at most ‖Δ‖_F √2 ‖sinΘ‖_F, or ‖Δ‖₂ 2√min(k, n − k) ‖sinΘ‖_F, are the inequalities of Cauchy and Hölder."""
    import sympy

    for n in (2, 3, 4):
        w: Any = sympy.Matrix(n, n, lambda i, j: sympy.Symbol(f"w{i}{j}", nonnegative=True))
        kappa, eta = sympy.symbols(f"a1:{n + 1}", real=True), sympy.symbols(f"b1:{n + 1}", real=True)
        for k in range(1, n):
            inner = sum(kappa[:k]) + sum(eta[:k])
            inner -= sum(kappa[i] * w[i, j] for i in range(n) for j in range(k))
            inner -= sum(eta[j] * w[i, j] for i in range(k) for j in range(n))
            gamma = gaps(kappa)[k - 1] + gaps(eta)[k - 1]
            sine = k - sum(w[i, j] for i in range(k) for j in range(k))
            rest = sum((kappa[i] - kappa[k - 1]) * w[i, j] for i in range(k) for j in range(k, n))
            rest += sum((kappa[k] - kappa[i]) * w[i, j] for i in range(k, n) for j in range(k))
            rest += sum((eta[j] - eta[k - 1]) * w[i, j] for j in range(k) for i in range(k, n))
            rest += sum((eta[k] - eta[j]) * w[i, j] for j in range(k, n) for i in range(k))
            yield f"n = {n}, k = {k}", doubly_stochastic_zero(inner - gamma * sine - rest, w)


def two_by_two() -> Facts:
    """2‖Δ‖_F² − γ² sin²θ is a sum of squares, and so is ‖Δ‖_F² − (λ₁(K) − λ₂(H))² sin²θ; for semidefinite matrices
    ‖H‖² + ‖K‖² − ‖Δ‖² = 2⟨H, K⟩ is a sum of products of non-negative terms."""
    import sympy

    a, b, p, q, c, s = sympy.symbols("a b p q c s", real=True)
    # K = diag(a, b), H with eigenvalues p, q and its first eigenvector (c, s).
    delta = c**2 * ((a - p) ** 2 + (b - q) ** 2) + s**2 * ((a - q) ** 2 + (b - p) ** 2)
    squares = 2 * c**2 * ((a - p) ** 2 + (b - q) ** 2) + s**2 * (a - q - p + b) ** 2
    yield "γ", vanishes(2 * delta - (a - b + p - q) ** 2 * s**2 - squares)
    mixed_squares = c**2 * ((a - p) ** 2 + (b - q) ** 2) + s**2 * (b - p) ** 2
    yield "the mixed gap", vanishes(delta - (a - q) ** 2 * s**2 - mixed_squares)
    inner = c**2 * (a * p + b * q) + s**2 * (a * q + b * p)
    whole = (c**2 + s**2) * (a**2 + b**2 + p**2 + q**2)
    yield "the relative imbalance", vanishes(whole - delta - 2 * inner)


def mixed_gap() -> Facts:
    """‖Δ‖_F² = Σ (κ_i − η_j)² w_ij and ‖sinΘ‖_F² = Σ_{i≤k<j} w_ij; there (κ_i − η_j)² exceeds the square of the mixed
    gap m by (a + b)(2m + a + b), where κ_i = κ_k + a and η_j = η_{k+1} − b."""
    import sympy

    for n in (2, 3, 4):
        w: Any = sympy.Matrix(n, n, lambda i, j: sympy.Symbol(f"w{i}{j}", nonnegative=True))
        kappa, eta = sympy.symbols(f"a1:{n + 1}", real=True), sympy.symbols(f"b1:{n + 1}", real=True)
        places = [(i, j) for i in range(n) for j in range(n)]
        delta = sum(v**2 for v in (*kappa, *eta)) - 2 * sum(kappa[i] * eta[j] * w[i, j] for i, j in places)
        for k in range(1, n):
            m = kappa[k - 1] - eta[k]
            sine = k - sum(w[i, j] for i in range(k) for j in range(k))
            crossing = [(i, j) for i, j in places if i < k <= j]
            over = {(i, j): kappa[i] - kappa[k - 1] + eta[k] - eta[j] for i, j in crossing}
            rest = sum(over[p] * (2 * m + over[p]) * w[p] for p in crossing)
            rest += sum((kappa[i] - eta[j]) ** 2 * w[i, j] for i, j in places if (i, j) not in over)
            yield f"n = {n}, k = {k}: the sine", doubly_stochastic_zero(sine - sum(w[p] for p in crossing), w)
            yield f"n = {n}, k = {k}", doubly_stochastic_zero(delta - m**2 * sine - rest, w)
