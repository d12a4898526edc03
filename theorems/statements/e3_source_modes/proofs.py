"""Orthogonal changes inside a cluster keep the sum, and every unit vector is a column of one of them."""

from __future__ import annotations

from typing import Any

from certify.geometry.transport.source_modes import cluster_energy, cluster_gram
from theorems.engine.declare import Facts
from theorems.exact.algebra import decreasing, is_sum_of_squares, real_matrix, vanishes

__all__ = ["between_the_ends", "columns", "rotations"]


def _turns(k: int) -> list[tuple[str, Any]]:
    """Cayley's rotations of k ≤ 3 dimensions, which are dense in all rotations, and these times a reflection."""
    import sympy

    skew = sympy.zeros(k, k)
    for i in range(k):
        for j in range(i):
            skew[i, j] = sympy.Symbol(f"s{i}{j}", real=True)
            skew[j, i] = -skew[i, j]
    one = sympy.eye(k)
    q = (one - skew) * (one + skew).adjugate() / (one + skew).det()
    mirror = sympy.diag(*([1] * (k - 1)), -1)
    return [("rotations", q), ("reflections", q * mirror)]


def rotations() -> Facts:
    """Σ‖X_G v_j‖² does not change under O(k), and is ‖(XP_C)_G‖_F²; the sign of one mode is the case k = 1."""
    import sympy

    for k in (1, 2, 3):
        x = real_matrix("x", 1, k)
        unit = sympy.eye(k)
        before = cluster_energy(x.tolist(), [0], unit.tolist())
        yield f"k = {k}: the sum is that of X", vanishes(before - sum(v**2 for v in x))
        for name, q in _turns(k):
            after = cluster_energy(x.tolist(), [0], [list(q[:, j]) for j in range(k)])
            yield f"k = {k}, {name}", vanishes(after - before)


def between_the_ends() -> Facts:
    """In eigenvectors of the Gram matrix the activity of a unit vector z is Σ λ_i z_i², between λ_1 and λ_k by sums of
    squares; and for k = 2, (λ − y)(λ' − y) = −(zᵀMz')², z' the unit vector across."""
    import sympy

    for k in (1, 2, 3, 4):
        values, z = decreasing("u", k), sympy.symbols(f"z1:{k + 1}", real=True)
        y = sum(v * c**2 for v, c in zip(values, z, strict=True))
        unit = sum(c**2 for c in z)
        above = sum((values[0] - v) * c**2 for v, c in zip(values, z, strict=True))
        below = sum((v - values[-1]) * c**2 for v, c in zip(values, z, strict=True))
        yield f"k = {k}: above", vanishes(values[0] * unit - y - above) and is_sum_of_squares(above)
        yield f"k = {k}: below", vanishes(y - values[-1] * unit - below) and is_sum_of_squares(below)
    x, (c, s) = real_matrix("x", 2, 2), sympy.symbols("c s", real=True)
    gram = sympy.Matrix(cluster_gram(x.tolist(), [0, 1], [[1, 0], [0, 1]]))
    along, across = sympy.Matrix([c, s]), sympy.Matrix([-s, c])
    y, mixed = (along.T * gram * along)[0], (along.T * gram * across)[0]
    product = y**2 - gram.trace() * y * (c**2 + s**2) + gram.det() * (c**2 + s**2) ** 2
    yield "k = 2: (λ − y)(λ' − y) = −mixed²", vanishes(product + mixed**2)


def columns() -> Facts:
    """A unit vector z ≠ e₁ is the first column of the reflection I − 2wwᵀ/wᵀw, w = z − e₁: every unit vector of an
    eigenspace is a mode of some decomposition."""
    import sympy

    for k in (2, 3, 4):
        t = sympy.symbols(f"t1:{k}", real=True)
        size = sum(v**2 for v in t)
        # All unit vectors but e₁, by projection from e₁.
        z = sympy.Matrix([(size - 1) / (size + 1), *(2 * v / (size + 1) for v in t)])
        w = z - sympy.Matrix([1, *([0] * (k - 1))])
        mirror = sympy.eye(k) - 2 * w * w.T / w.dot(w)
        yield f"k = {k}: the first column", all(vanishes(v) for v in mirror[:, 0] - z)
        yield f"k = {k}: orthogonal", all(vanishes(v) for v in mirror * mirror.T - sympy.eye(k))
