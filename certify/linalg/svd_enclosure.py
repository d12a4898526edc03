"""From a certified factor A V = U diag(s) + E to enclosures of singular values and bounds of singular subspaces.

Notation as in `certify.linalg.svd_factor`. N is the set of kept columns, S = diag(s) over N, H = UᵀU − I over N,
a = ‖H‖₂, b = ‖VᵀV − I‖₂ < 1/2. The matrix M = SUᵀUS = S(I + H)S has the eigenvalues σ_i(US)².

Singular values of US, i in N. Four enclosures, intersected:
  (3) Ostrowski: σ_i² = s_i² θ_i with |θ_i − 1| ≤ a.
  (4) U = QP (polar, a < 1): |σ_i(PS) − s_i| ≤ ‖(P − I)S‖ = ‖(P + I)⁻¹HS‖ ≤ ‖HS‖/(1 + √(1 − a)).
  (5) Weyl: |σ_i² − s_i²| ≤ ‖SHS‖.
  (6) Kato–Temple for e_i: with ϱ = M_ii, f² = Σ_{j≠i} M_ij², and eigenvalue bounds α ≥ λ_{i+1}, β ≤ λ_{i−1}, α < ϱ < β,
      ϱ − f²/(β − ϱ) ≤ λ_i ≤ ϱ + f²/(ϱ − α). (For the upper one, (t − α)(t − λ_i) ≥ 0 at every eigenvalue t; integrate
      against the spectral measure of e_i.) For i = 1 the lower and for the last i the upper bound is ϱ itself.

To AV. Additive: ± ‖E‖₂. Multiplicative (a < 1): AV_N = (U + E')S with E' = ES⁻¹ and U + E' = (I + X)U, X = E'U⁺,
‖X‖ ≤ x = ‖E'‖_F/√(1 − a); σ_i((I + X)US) lies in [1 − x, 1 + x] σ_i(US). Columns outside N add at most ‖AV_D‖² to any
σ_i², and bound the remaining singular values (Weyl for AV_N(AV_N)ᵀ + AV_D(AV_D)ᵀ).

To A: σ_i(AV)/√(1 + b) ≤ σ_i(A) ≤ σ_i(AV)/√(1 − b) (Ostrowski again).

Right subspaces. V = QR with R upper triangular, so span(v_1..v_k) = span(q_1..q_k). G = QᵀAᵀAQ = R⁻ᵀNR⁻¹ with
N = (AV)ᵀAV.
Let Y = W₂ᵀE_k with W₂ the eigenvectors of G for λ_{k+1}, …: ‖Y‖ = ‖sin Θ‖, and Λ₂Y − YG₁₁ = W₂ᵀ[0; G₂₁]. Multiplying by
G₁₁⁻¹,  ‖sin Θ‖ ≤ ‖G₂₁G₁₁⁻¹‖ / (1 − λ_{k+1}(G)/λ_min(G₁₁)).                                                        (7)
G₂₁G₁₁⁻¹ = −(R₁₂R₂₂⁻¹)ᵀ + R₂₂⁻ᵀN₂₁N₁₁⁻¹R₁₁ᵀ, R₁₂ = R₁₁⁻ᵀ(VᵀV)₁₂, and the singular values of R lie in
[√(1−b), √(1+b)], so
‖G₂₁G₁₁⁻¹‖ ≤ b/(1 − b) + ν√((1 + b)/(1 − b)), ν = ‖N₂₁N₁₁⁻¹‖, and λ_min(G₁₁) ≥ λ_min(N₁₁)/(1 + b).
With ε = ‖E'_{≤k}‖_F and c = (√(1 − a) − ε)²: N₁₁ = S₁(U₁ + E'₁)ᵀ(U₁ + E'₁)S₁ ≥ c s_k², and expanding N₂₁ term by term
ν ≤ [‖S₂H₂₁‖ + √(1 + a)(s_{k+1} ε + ‖E_{>k}‖) + ‖E_{>k}‖ ε] / (c s_k).                                              (8)

Left subspaces. If span(v_1..v_k) has a basis V_true + V_⊥Z, ‖Z‖ = tan θ, then A maps it to (U_true + U_⊥Σ₂ZΣ₁⁻¹)Σ₁:
the tangent shrinks by σ_{k+1}/σ_k. And span(AV_k) = span(U_k + E'_k) is within ε/√(1 − a) of span(U_k). The sum of the
two bounds the angle.                                                                                                (9)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from certify.linalg.svd_factor import Defect, Factor, defect
from certify.rigor.rounding import (
    FloatArray,
    add_down,
    add_up,
    div_down,
    div_up,
    mul_down,
    mul_up,
    norm_up,
    sqrt_down,
    sqrt_up,
    sub_down,
)

__all__ = ["Enclosed", "enclose"]

_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Enclosed:
    """Certified singular values and subspaces of a scaled m × n matrix, m ≥ n, from n (or fewer) columns V.

    With fewer columns than n, ``upper`` is about A restricted to span V; see `certify.linalg.leading_svd`. Then
    ``outside`` bounds the coupling ‖(I − P)AᵀAQ‖₂ to the complement and ``following`` the next singular value.
    """

    lower: FloatArray
    upper: FloatArray
    s: FloatArray
    u: FloatArray
    v: FloatArray
    residual: float
    method: str
    kept: int
    columns: FloatArray
    left: Defect
    a: float
    b: float
    b_frobenius: float
    outside: float = 0.0
    following: float = 0.0

    def coarse(self, relative: float, absolute: float, known: float) -> bool:
        """Whether a kept singular value is enclosed with more than the given relative width, and with more than
        ``absolute`` of the first or ``known`` of itself."""
        low = self.lower[: self.kept]
        width = self.upper[: self.kept] - low
        return not bool(np.all(width <= np.maximum(relative * low, np.minimum(absolute * low[0], known * low))))

    @np.errstate(all="ignore")
    def angle(self, k: int, *, domain: bool) -> float:
        """Bound (7) for the domain side, (9) for the range side; ``inf`` without a certified gap or with a ≥ 1."""
        n = self.s.size
        below = float(self.upper[k]) if k < n else self.following
        if not (k <= self.kept and self.a < 1.0 and self.lower[k - 1] > below):
            return math.inf
        columns, s = self.columns, self.s
        eps = float(norm_up(div_up(columns[:k], s[:k])))
        root = float(sub_down(sqrt_down(sub_down(1.0, self.a)), eps))
        if not root > 0.0:
            return math.inf
        right = 0.0 if k == self.v.shape[0] else self._domain(k, eps, root, below)
        if domain or not right < 1.0:
            return right if right < 1.0 else math.inf
        tangent = div_up(right, sqrt_down(sub_down(1.0, mul_up(right, right))))
        moved = mul_up(div_up(below, float(self.lower[k - 1])), tangent)
        total = float(add_up(moved, div_up(eps, sqrt_down(sub_down(1.0, self.a)))))
        return total if total < 1.0 else math.inf

    def _domain(self, k: int, eps: float, root: float, below: float) -> float:
        s, a, b = self.s, self.a, self.b
        rest = float(norm_up(self.columns[k:]))
        following = float(s[k]) if k < self.kept else 0.0
        stretched = sqrt_up(add_up(1.0, a))
        head = self.left.block(k, s[: self.kept]) if k < self.kept else 0.0
        numerator = add_up(head, add_up(mul_up(stretched, add_up(mul_up(following, eps), rest)), mul_up(rest, eps)))
        scale = mul_down(mul_down(root, root), float(s[k - 1]))
        nu = div_up(numerator, scale)
        one_minus = sub_down(1.0, b)
        numerator = add_up(div_up(b, one_minus), mul_up(nu, sqrt_up(div_up(add_up(1.0, b), one_minus))))
        smallest = mul_down(scale, float(s[k - 1]))
        if self.outside:
            numerator = add_up(numerator, div_up(mul_up(self.outside, add_up(1.0, b)), smallest))
        gap = sub_down(1.0, div_up(mul_up(mul_up(below, below), add_up(1.0, b)), smallest))
        if not gap > 0.0:
            return math.inf
        value = float(div_up(numerator, gap))
        return value if value >= 0.0 else math.inf


@np.errstate(all="ignore")
def enclose(factor: Factor, loss: float, *, tight: bool, method: str) -> Enclosed | None:
    """Enclosures for the matrix that ``factor`` belongs to, which differs from the one meant by ``loss`` (Frobenius).

    ``None`` where the factor is too poor to prove anything: b ≥ 1/2, or a bound is not a number.
    """
    kept, s = factor.kept, factor.s[: factor.kept]
    right = defect(factor.v, tight=tight)
    b = right.norm()
    if not b < 0.5:
        return None
    left = defect(np.ascontiguousarray(factor.u[:, :kept]) if kept < factor.s.size else factor.u, tight=tight)
    a, a_s, a_ss = left.norms(s)
    # (A − A_float)V enters E: each column by loss · ‖v_j‖ ≤ loss √(1 + b).
    columns = add_up(factor.residual, loss * 2.0) if loss else factor.residual
    e = float(add_up(factor.residual_norm, loss * 2.0))
    dropped = float(add_up(factor.dropped, loss * 2.0)) if kept < factor.s.size else 0.0
    low, high = _of_us(s, left, (a, a_s, a_ss), tight=tight)
    low, high = _of_av(s, low, high, columns[:kept], e, a)
    if kept < factor.s.size:
        high = sqrt_up(add_up(mul_up(high, high), mul_up(dropped, dropped)))
        null = factor.s.size - kept
        low, high = np.concatenate([low, np.zeros(null)]), np.concatenate([high, np.full(null, dropped)])
    low = div_down(low, sqrt_up(add_up(1.0, b)))
    high = div_up(high, sqrt_down(sub_down(1.0, b)))
    # σ is decreasing, so lower bounds may be raised to later ones and upper bounds lowered to earlier ones.
    low = np.maximum.accumulate(np.maximum(np.where(low == low, low, 0.0), 0.0)[::-1])[::-1].copy()
    high = np.minimum.accumulate(np.where(high >= 0.0, high, np.inf))
    if not bool(np.all(low <= high)) or not bool(np.all(np.isfinite(high))):
        return None
    u = factor.u if kept == factor.s.size else _completed(factor.u, kept)
    left = replace(left, x_magnitude=None)  # as large as U, and asked no more
    residual = float(add_up(e, dropped))
    return Enclosed(low, high, factor.s, u, factor.v, residual, method, kept, columns, left, a, b, right.frobenius())


def _of_us(
    s: FloatArray, left: Defect, norms: tuple[float, float, float], *, tight: bool
) -> tuple[FloatArray, FloatArray]:
    # Enclosures of σ_i(US) by (3)–(6).
    a, a_s, a_ss = norms
    squared_low, squared_high = mul_down(s, s), mul_up(s, s)
    low = sqrt_down(np.maximum(sub_down(squared_low, a_ss), 0.0))
    high = sqrt_up(add_up(squared_high, a_ss))
    if a < 1.0:
        low = np.maximum(low, mul_down(s, sqrt_down(sub_down(1.0, a))))
        high = np.minimum(high, mul_up(s, sqrt_up(add_up(1.0, a))))
        polar = div_up(a_s, add_down(1.0, sqrt_down(sub_down(1.0, a))))
        low = np.maximum(low, sub_down(s, polar))
        high = np.minimum(high, add_up(s, polar))
    if tight:
        low, high = _kato_temple(s, left, low, high)
    return low, high


def _kato_temple(s: FloatArray, left: Defect, low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    squared_low, squared_high = mul_down(s, s), mul_up(s, s)
    spread = add_up(mul_up(left.entry, mul_up(left.columns, left.columns)), left.floor)
    # |C_ii| carries its own rounding factor in `magnitude`; the signed diagonal gets it here.
    spread = add_up(spread, mul_up(2.0**-49, np.abs(left.diagonal)))
    factor_low, factor_high = sub_down(add_down(1.0, left.diagonal), spread), add_up(add_up(1.0, left.diagonal), spread)
    rho_low = np.where(factor_low > 0, mul_down(squared_low, factor_low), 0.0)
    rho_high = mul_up(squared_high, factor_high)
    f = mul_up(s, left.rows(s))
    f2 = mul_up(f, f)
    for _ in range(_ROUNDS):
        alpha = np.append(mul_up(high, high)[1:], -np.inf)
        beta = np.insert(mul_down(low, low)[:-1], 0, np.inf)
        above, under = sub_down(rho_low, alpha), sub_down(beta, rho_high)
        upper = np.where(above > 0, add_up(rho_high, div_up(f2, above)), np.inf)
        lower = np.where(under > 0, sub_down(rho_low, div_up(f2, under)), 0.0)
        low = np.maximum(low, sqrt_down(np.maximum(lower, 0.0)))
        high = np.minimum(high, sqrt_up(upper))
    return low, high


def _of_av(
    s: FloatArray, low: FloatArray, high: FloatArray, columns: FloatArray, e: float, a: float
) -> tuple[FloatArray, FloatArray]:
    new_low, new_high = sub_down(low, e), add_up(high, e)
    if a < 1.0:
        x = div_up(float(norm_up(div_up(columns, s))), sqrt_down(sub_down(1.0, a)))
        if x < 1.0:
            new_low = np.maximum(new_low, mul_down(low, sub_down(1.0, x)))
            new_high = np.minimum(new_high, mul_up(high, add_up(1.0, x)))
    return new_low, new_high


def _completed(u: FloatArray, kept: int) -> FloatArray:
    # Left singular vectors of the null columns: any orthonormal completion, by QR of the kept ones and fixed noise.
    m, n = u.shape
    noise = np.random.default_rng(m * 1_000_003 + n).standard_normal((m, n - kept))
    q = np.linalg.qr(np.hstack([u[:, :kept], noise]))[0]
    result = u.copy()
    result[:, kept:] = q[:, kept:]
    return result
