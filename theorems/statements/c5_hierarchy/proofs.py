"""Why C5 holds: overlaps of two eigenbases are doubly stochastic."""

from __future__ import annotations

from typing import Any

from certify.geometry.interface.hierarchy import direction_bound, window_bound
from theorems.engine.declare import Facts
from theorems.exact.algebra import doubly_stochastic_zero

__all__ = ["overlaps"]


def overlaps() -> Facts:
    """s_j² = Σ_{a≤j<b} w_ab: s_i² + s_{i−1}² − sin²β_i = Σ_{a<i<b}(w_ab + w_ba), and what the second bound leaves is
    Σ_{a≠b≤j} w_ab, or Σ_{a≠b>j} w_ab."""
    import sympy

    for n in (2, 3, 4):
        w: Any = sympy.Matrix(n, n, lambda a, b: sympy.Symbol(f"w{a}{b}", nonnegative=True))
        sines = [sum(w[a, b] for a in range(j) for b in range(j, n)) for j in range(n + 1)]
        lines = [1 - w[i, i] for i in range(n)]
        for i in range(n):
            spare = direction_bound(sines[i + 1], sines[i]) - lines[i]
            around = sum(w[a, b] + w[b, a] for a in range(i) for b in range(i + 1, n))
            yield f"n = {n}, i = {i + 1}: direction", doubly_stochastic_zero(spare - around, w)
        for j in range(1, n):
            parts = (range(j), range(j, n))
            for name, part in zip(("first", "last"), parts, strict=True):
                inside = sum(w[a, b] for a in part for b in part if a != b)
                rest = sum(lines[i] for i in part) - sines[j] - inside
                yield f"n = {n}, j = {j}: the {name} lines", doubly_stochastic_zero(rest, w)
            smaller = window_bound(lines, j) - sympy.Min(sum(lines[:j]), sum(lines[j:]))
            yield f"n = {n}, j = {j}: the smaller of both", smaller == 0
