"""Why C7 holds: products of the two gradients, and the squared loss value by value."""

from __future__ import annotations

from certify.geometry.interface.collapse import collapse_scale, squared_loss_minimum
from theorems.engine.declare import Facts
from theorems.exact.algebra import real_matrix, vanishes

__all__ = ["products", "squared_loss"]


def products() -> Facts:
    """Wᵀ(GHᵀ + λW) − (WᵀG + λ_HH)Hᵀ = λWᵀW − λ_HHHᵀ; from W and Wᵀ, from Hᵀ and H, around it come the squares."""
    import sympy

    decay, features = sympy.symbols("lambda mu", real=True)
    for c, d, count in ((2, 1, 2), (2, 2, 2), (2, 2, 4)):
        w, h, g = real_matrix("w", c, d), real_matrix("h", d, count), real_matrix("g", c, count)
        first, second = g * h.T + decay * w, w.T * g + features * h
        gap = decay * w.T * w - features * h * h.T
        name = f"shapes {c}-{d}-{count}"
        yield f"{name}: duality", all(vanishes(v) for v in w.T * first - second * h.T - gap)
        squares = decay * (w * w.T) ** 2 - features * (w * h) * (w * h).T
        yield f"{name}: rows", all(vanishes(v) for v in squares - w * gap * w.T)
        squares = features * (h.T * h) ** 2 - decay * (w * h).T * (w * h)
        yield f"{name}: columns", all(vanishes(v) for v in squares + h.T * gap * h)


def squared_loss() -> Facts:
    """½λ‖W‖² + ½λ_H‖H‖² ≥ √(λλ_H)‖WH‖_*, and ½(σ − √n)² + √(λλ_H)σ leaves the square ½(σ − √n + √(λλ_H))²."""
    import sympy

    a, b = sympy.symbols("a b", real=True)
    yield "½(a² + b²) − ab is a square", vanishes((a**2 + b**2) / 2 - a * b - (a - b) ** 2 / 2)
    sigma, decay, features = sympy.symbols("sigma lambda mu", positive=True)
    for n in (1, 2, 4):
        root = sympy.sqrt(decay * features)
        least = squared_loss_minimum(decay, features, n, 1)
        rest = (sigma - sympy.sqrt(n)) ** 2 / 2 + root * sigma - least
        yield f"n = {n}", sympy.simplify(rest - (sigma - sympy.sqrt(n) + root) ** 2 / 2) == 0
        best = sympy.sqrt(n) * collapse_scale(decay, features, n)
        yield f"n = {n}: the best value", sympy.simplify(best - (sympy.sqrt(n) - root)) == 0
