"""Approximate factors with certified residuals: A V = U diag(s) + E.

Everything here is a posteriori: V, U and s may come from anywhere; what is proved is the columnwise bound e_j ≥ ‖E_j‖
and the two Gram defects H = UᵀU − I, K = VᵀV − I. Notation: u = 2^-53, γ_k = ku/(1 − ku), η = ETA; equation (2) is the
product bound of `certify.linalg.gemm`. A is m × n, scaled so that |a_ij| < 1; V has n rows and any number of columns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from certify.linalg.gemm import norm_error, split_columns, underflow
from certify.linalg.kernels import times, times_exactly
from certify.linalg.norms import column_norms_up, norm2_abs_up, norm2_symmetric_up
from certify.rigor.rounding import ETA, FloatArray, U, add_up, div_up, mul_up, norm_up, up

__all__ = ["Defect", "Factor", "Product", "defect", "from_gram", "from_svd", "product"]

_DROP = 2.0**-40
"""Columns of AV below this multiple of the largest are not divided by their norm: they are bounded as residual."""


@dataclass(frozen=True, slots=True)
class Product:
    """B ≈ AV with ‖(B − AV)_j‖ ≤ error_j for every column, ‖B − AV‖₂ ≤ norm."""

    b: FloatArray
    error: FloatArray
    norm: float


def product(a: FloatArray, v: FloatArray, *, tight: bool) -> Product:
    """Form B ≈ AV.

    Plain: by (2), |B − AV| ≤ γ_n |A||V| + 8nη; columnwise ‖|A||v_j|‖ ≤ ‖|A|‖₂ ‖v_j‖.

    Tight: rows of A and columns of V are split on grids (`split_columns`), A = A₁ + A₂, V = V₁ + V₂, and
    AV = A₁V₁ + (A₁V₂ + A₂V), where the first product is exact and the others are small. C = fl(fl(A₁V₂) + fl(A₂V)):
    ‖(B − AV)_j‖ ≤ u‖b_j‖ + u‖c_j‖ + γ_n(‖|A₁|‖₂‖v₂ⱼ‖ + ‖A₂‖_F ‖v_j‖) + 16nη√m + 2η√m.
    """
    m, n = a.shape
    root = math.sqrt(m) * 1.0001
    magnitude = norm2_abs_up(np.abs(a))
    columns = column_norms_up(v)
    if not tight:
        b, gamma = times(a, v)
        error = add_up(mul_up(mul_up(gamma, magnitude), columns), up(underflow(n) * root))
        norm = norm_error(gamma, n, magnitude, norm2_abs_up(np.abs(v)), b.size)
        return Product(b, error, norm)
    a1t, a2t, row_grid = split_columns(a.T, n)
    v1, v2, grid = split_columns(v, n)
    a1, a2 = a1t.T, a2t.T
    b = times_exactly(a1, v1)
    c, gamma = times(a1, v2)
    c2, gamma2 = times(a2, v)
    c += c2
    b += c
    # ‖A₂‖_F ≤ √n ‖g‖/2 and ‖v₂ⱼ‖ ≤ √n g_j/2, both from |X₂| ≤ g/2.
    a2_norm = mul_up(norm_up(row_grid), up(math.sqrt(n) / 2))
    v2_norm = mul_up(grid, up(math.sqrt(n) / 2))
    small = mul_up(gamma, mul_up(add_up(magnitude, a2_norm), v2_norm))
    small = add_up(small, mul_up(gamma2, mul_up(a2_norm, columns)))
    c_norm = column_norms_up(c)
    rounding = mul_up(U, add_up(column_norms_up(b), c_norm))
    error = add_up(add_up(rounding, small), up((2 * underflow(n) + 4 * ETA) * root))
    return Product(b, error, float(norm_up(error)))


@dataclass(frozen=True, slots=True)
class Defect:
    """A Gram defect H = XᵀX − I of an m × n matrix: |H − C| ≤ entry · min(c_i c_j, |x_i|ᵀ|x_j|) + floor, C symmetric.

    magnitude : |C|, enlarged by the roundings that are relative to it.
    diagonal : the diagonal of C, signed.
    columns : upper bounds c_j of ‖x_j‖.
    x_magnitude : |X| where the second majorant is needed (plain products); ``None`` where ``entry`` is small anyway.
    """

    magnitude: FloatArray
    diagonal: FloatArray
    entry: float
    floor: float
    columns: FloatArray
    x_magnitude: FloatArray | None

    def norm(self) -> float:
        """Upper bound of ‖H‖₂."""
        spread = self._spread(None)
        return self._total(norm2_symmetric_up(self.magnitude), spread, spread, None, None)

    def frobenius(self, weights: FloatArray | None = None) -> float:
        """Upper bound of ‖H‖_F, or of ‖H diag(w)‖_F for weights w ≥ 0."""
        spread = float(norm_up(self.columns))
        if weights is None:
            root = math.sqrt(self.columns.size) * 1.0001
            return self._frobenius(float(norm_up(self.magnitude)), mul_up(spread, spread), mul_up(root, root))
        weighted = float(norm_up(mul_up(self.columns, weights)))
        floor = mul_up(math.sqrt(self.columns.size) * 1.0001, float(norm_up(weights)))
        return self._frobenius(float(norm_up(mul_up(self.magnitude, weights))), mul_up(spread, weighted), floor)

    def _frobenius(self, head: float, spread: float, floor: float) -> float:
        return float(add_up(add_up(head, mul_up(self.entry, spread)), mul_up(self.floor, floor)))

    def norms(self, s: FloatArray) -> tuple[float, float, float]:
        """Upper bounds of ‖H‖₂, ‖H diag(s)‖₂ and ‖diag(s) H diag(s)‖₂ for weights s ≥ 0."""
        plain, weighted = self._spread(None), self._spread(s)
        return (
            self._total(norm2_symmetric_up(self.magnitude), plain, plain, None, None),
            self._total(norm2_symmetric_up(self.magnitude, None, s), plain, weighted, None, s),
            self._total(norm2_symmetric_up(self.magnitude, s, s), weighted, weighted, s, s),
        )

    def _spread(self, weights: FloatArray | None) -> float:
        # The smaller of ‖c w‖₂ (columns) and ‖|X| diag(w)‖₂ bounds either majorant of the error.
        columns = float(norm_up(self.columns if weights is None else mul_up(self.columns, weights)))
        return columns if self.x_magnitude is None else min(columns, norm2_abs_up(self.x_magnitude, weights))

    def _total(
        self, head: float, left_spread: float, right_spread: float, left: FloatArray | None, right: FloatArray | None
    ) -> float:
        root = math.sqrt(self.columns.size) * 1.0001
        l, r = (root if w is None else float(norm_up(w)) for w in (left, right))
        error = mul_up(self.entry, mul_up(left_spread, right_spread))
        return float(add_up(add_up(head, error), mul_up(self.floor, mul_up(l, r))))

    def rows(self, weights: FloatArray) -> FloatArray:
        """Upper bounds of the off-diagonal row norms (Σ_{j≠i} (H_ij w_j)²)^½."""
        n = self.columns.size
        t = mul_up(self.magnitude, weights)
        t.flat[:: n + 1] = 0.0
        error = mul_up(mul_up(self.entry, self.columns), float(norm_up(mul_up(self.columns, weights))))
        return add_up(add_up(norm_up(t, axis=1), error), mul_up(self.floor, float(norm_up(weights))))

    def block(self, k: int, weights: FloatArray) -> float:
        """Upper bound of ‖diag(w_{>k}) H_{>k,≤k}‖_F."""
        below = weights[k:]
        spread = mul_up(float(norm_up(mul_up(self.columns[k:], below))), float(norm_up(self.columns[:k])))
        head = norm_up(mul_up(self.magnitude[k:, :k], below[:, None]))
        floor = mul_up(self.floor, mul_up(float(norm_up(below)), math.sqrt(k) * 1.0001))
        return float(add_up(add_up(head, mul_up(self.entry, spread)), floor))


def defect(x: FloatArray, *, tight: bool) -> Defect:
    """Enclose H = XᵀX − I for an m × n matrix with entries at most 2 in magnitude.

    Plain: by (2) the product errs by at most γ_m |x_i|ᵀ|x_j| + 8mη; subtracting 1 rounds once, relative to the result.

    Tight: X = X₁ + X₂ on column grids (`split_columns`). XᵀX = X₁ᵀX₁ + (Q + Qᵀ)/2 with Q = X₂ᵀ(2X₁ + X₂) and
    2X₁ + X₂ = X₁ + X; the first product is exact. With w = fl(X₁ + X), ‖x₂ᵢ‖ ≤ √m g_i/2 and ‖w_j‖ ≤ ω c_j,
    ω = 2 + √m ϱ/2 + 8u, ϱ = max_j g_j/c_j: |fl(Q) − Q| ≤ (γ_m + 2u) (√m/2) ϱ ω c_i c_j + 8mη. Q + Qᵀ rounds once more
    relative to 2(√m/2)ϱω c_i c_j, and the two additions to X₁ᵀX₁ round relative to |C| and to |C| + |Q|: 8u in place of
    2u, and the factor 1 + 4u of ``magnitude``, cover them.
    """
    m, n = x.shape
    columns = column_norms_up(x)
    if not tight:
        c, entry = times(x.T, x)
        c.flat[:: n + 1] -= 1.0
        magnitude_of_x = np.abs(x)
    else:
        x1, x2, grid = split_columns(x, m)
        q, gamma = times(x2.T, x1 + x)
        c = times_exactly(x1.T, x1)
        c.flat[:: n + 1] -= 1.0
        c += (q + q.T) * 0.5
        half_root = math.sqrt(m) * 0.5001
        present = columns > 0
        ratio = float(np.max(div_up(grid[present], columns[present]), initial=0.0))
        omega = 2.0 + half_root * ratio + 8 * U
        entry = float(up((gamma + 8 * U) * half_root * ratio * omega * 1.001))
        magnitude_of_x = None
    diagonal = np.diagonal(c).copy()
    np.abs(c, out=c)
    c *= 1.0 + 8 * U
    return Defect(c, diagonal, entry, 16 * m * ETA, columns, magnitude_of_x)


@dataclass(frozen=True, slots=True)
class Factor:
    """A V = U diag(s) + E with s decreasing and positive for the first ``kept`` columns, zero after.

    residual : columnwise bounds e_j ≥ ‖E_j‖.
    residual_norm : bound of ‖E‖₂ over the kept columns.
    dropped : bound of ‖A V_D‖₂ over the columns that were not kept (0.0 when all were).
    """

    v: FloatArray
    u: FloatArray
    s: FloatArray
    kept: int
    residual: FloatArray
    residual_norm: float
    dropped: float


def _arrange(b: FloatArray, *others: FloatArray) -> tuple[FloatArray, list[FloatArray]]:
    s = np.sqrt(np.einsum("ij,ij->j", b, b))
    order = np.argsort(-s, kind="stable")
    if np.array_equal(order, np.arange(s.size)):
        return s, [b, *others]
    return s[order], [np.ascontiguousarray(x[..., order]) for x in (b, *others)]


def from_gram(a: FloatArray, v: FloatArray, *, tight: bool) -> Factor:
    """Factor with U = AV/s: no residual product is needed.

    s are the (float) column norms of B ≈ AV, r = fl(1/s), U = fl(B r). Then |US − B| ≤ (2u + u²)|B| + 2η(s_j + 1), so
    ‖E_j‖ ≤ error_j + 2.001u ‖b_j‖ + 2η√m(s_j + 1). Columns with s_j ≤ 2^-40 s_1 get u_j = 0, s_j = 0 and
    ‖E_j‖ ≤ error_j + ‖b_j‖.
    """
    p = product(a, v, tight=tight)
    s, (b, v, error) = _arrange(p.b, v, p.error)
    m, n = b.shape
    kept = int(np.count_nonzero(s > _DROP * s[0]))
    norms = column_norms_up(b)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore", under="ignore"):
        reciprocal = np.where(np.arange(n) < kept, 1.0 / s, 0.0)
    u = b * reciprocal
    root = math.sqrt(m) * 1.0001
    rounding = add_up(mul_up(2.001 * U, norms[:kept]), up(2 * ETA * root * (s[:kept] + 1.0)))
    residual = np.empty(n)
    residual[:kept] = add_up(error[:kept], rounding)
    residual[kept:] = add_up(error[kept:], norms[kept:])
    norm = min(float(add_up(p.norm, float(norm_up(rounding)))), float(norm_up(residual[:kept])))
    dropped = float(norm_up(residual[kept:])) if kept < n else 0.0
    s = np.where(np.arange(n) < kept, s, 0.0)
    return Factor(v, u, s, kept, residual, norm, dropped)


def from_svd(a: FloatArray, u: FloatArray, s: FloatArray, v: FloatArray, *, tight: bool) -> Factor:
    """Factor with given U and s: E = (AV − B) + (B − US).

    With R = fl(B − fl(US)): ‖(B − US)_j‖ ≤ (1 + 2u)‖r_j‖ + 2u s_j‖u_j‖ + 2η√m.
    """
    p = product(a, v, tight=tight)
    r = p.b - u * s
    root = math.sqrt(a.shape[0]) * 1.0001
    rounding = add_up(
        mul_up(1.0 + 4 * U, column_norms_up(r)), add_up(mul_up(2 * U, mul_up(s, column_norms_up(u))), 2 * ETA * root)
    )
    residual = add_up(p.error, rounding)
    norm = min(float(add_up(p.norm, float(norm_up(rounding)))), float(norm_up(residual)))
    return Factor(v, u, s, s.size, residual, norm, 0.0)
