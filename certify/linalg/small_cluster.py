r"""A few small singular values of a large matrix to a relative accuracy, below a gap.

A is m × n, m ≥ n, W any n × r of rank r, Q₂ an orthonormal basis of its span and Q₁ one of the complement; B = AW,
θ_1 ≥ … ≥ θ_r the singular values of AQ₂, b ≥ θ_1, and s ≤ σ_{n−r}(A) with 2b² < s². Let D be diagonal with
BᵀB = D(I + E)D, ‖E‖₂ ≤ e < 1, and WᵀW = I + F, ‖F‖₂ ≤ f < 1, and
‖Q₁Q₁ᵀAᵀBD⁻¹‖₂ ≤ ζ. Then for k = 1, …, r

    √(1 − ρ) θ_k ≤ σ_{n−r+k}(A) ≤ θ_k,      ρ = ζ²/((1 − e)(s² − 2b²)),                                            (1)
    σ_k(B)/√(1 + f) ≤ θ_k ≤ σ_k(B)/√(1 − f).                                                                        (2)

*Proof.* The upper half is Cauchy's interlacing; (2) is Ostrowski's theorem, for B = (AQ₂)R, RᵀR = I + F. If ‖Ax‖ = t
for a unit x of the span of Q₁, then ‖Ay‖² ≤ t² + b² for unit y of that of x and W, orthogonal sums of r + 1
dimensions, so s² ≤ t² + b² (minimax): H₁₁ = Q₁ᵀAᵀAQ₁ ≥ s² − b². For μ ≤ b², H₁₁ − μ ≥ s² − 2b² > 0, and AᵀA has as
many eigenvalues below μ as H₂₂ − μ − Zᵀ(H₁₁ − μ)⁻¹Z, Z = Q₁ᵀAᵀAQ₂ (Haynsworth). With B = (AQ₂)R, ZR = Q₁ᵀAᵀB and
(ZR)ᵀZR ≤ ζ²D² ≤ ζ²BᵀB/(1 − e) = ζ²RᵀH₂₂R/(1 − e); hence that matrix is at least (1 − ρ)H₂₂ − μ, of which no more are
negative than there are θ_k²(1 − ρ) < μ. No σ_{n−r+k}(A)² below θ_k²(1 − ρ) is left, for k from r upward, where ρ < 1.
□

AW has to be known to a fraction of σ_n. Both factors are cut into slices of 19 bits, whose products with up to 2^12
terms are exact in floats; W is what its slices make, and A is off by ``off``.
"""

from __future__ import annotations

import numpy as np
from flint import arb, fmpz, fmpz_mat

from certify.linalg.relative_svd import Fixed, relative_values_of
from certify.rigor.rounding import FloatArray

__all__ = ["small_cluster"]

_BITS, _SLICES = 19, 7
_UNITS = 2 * _BITS * _SLICES
_SWEEPS = 4
_REACH, _CUT = 80, 12
_U = 2.0**-53


def small_cluster(a: FloatArray, r: int, above: float) -> list[arb] | None:
    """Enclose the r smallest singular values of a tall finite matrix.

    Parameters
    ----------
    a : of shape (m, n), m >= n > r > 0.
    above : a lower bound of σ_{n−r}.

    Returns
    -------
    Balls, decreasing; None where there is no gap, a slice is too large for exact products, or LAPACK or the proof
    fails.
    """
    try:
        return _enclosed(a, r, above)
    except (np.linalg.LinAlgError, OverflowError):
        return None


def _enclosed(a: FloatArray, r: int, above: float) -> list[arb] | None:
    """The same, where LAPACK may fail."""
    n = a.shape[1]
    exponent = int(np.frexp(np.max(np.abs(a)))[1])
    scaled = np.ldexp(a, -exponent)
    u, s, vt = np.linalg.svd(scaled, full_matrices=False)
    left, right, kept = u[:, : n - r], vt[: n - r].T, s[: n - r]
    if not kept[-1] > 0:
        return None
    parts, w = _slices(scaled), _slices(vt[n - r :].T)
    left_out = scaled
    for i, x in enumerate(parts, 1):
        left_out = left_out - np.ldexp(x, -_BITS * i)
    back = np.array_equal(np.ldexp(scaled, exponent), a)
    off = _length(left_out) if left_out.any() else arb(0)
    off += arb(0) if back else arb(a.size) * arb(2) ** -1074
    image = _product(parts, w)
    for _ in range(_SWEEPS):
        if image is None:
            return None
        step = right @ ((left.T @ _floats(image)) / kept[:, None])
        w = [x - y for x, y in zip(w, _slices(step), strict=True)]
        image = _product(parts, w)
    # Turned towards the singular vectors, so that the columns of AW have lengths of their own.
    if image is None:
        return None
    w = _turned(w, np.linalg.svd(_floats(image), full_matrices=False)[2].T)
    image = _product(parts, w)
    return None if image is None else _proved(scaled, exponent, off, w, image, above)


def _slices(x: FloatArray) -> list[FloatArray]:
    """Whole numbers X_i with x = Σ 2^(-19i) X_i up to 2^(-19·7 - 1) an entry; |x| <= 1."""
    found: list[FloatArray] = []
    for i in range(1, _SLICES + 1):
        top = np.rint(np.ldexp(x, _BITS * i))
        x = x - np.ldexp(top, -_BITS * i)
        found.append(top)
    return found


def _whole(w: list[FloatArray]) -> np.ndarray:
    """W in units of 2^(-19·7), as Python integers."""
    total = np.zeros(w[0].shape, dtype=object)
    for i, x in enumerate(w, 1):
        total = total + (x.astype(np.int64).astype(object) << _BITS * (_SLICES - i))
    return total


def _turned(w: list[FloatArray], turn: FloatArray) -> list[FloatArray]:
    """About W·turn, as slices again."""
    exact = np.rint(np.ldexp(turn, 60)).astype(np.int64).astype(object)
    rest = (_whole(w) @ exact) >> 60
    found: list[FloatArray] = []
    for i in range(1, _SLICES + 1):
        shift = _BITS * (_SLICES - i)
        top = (rest + (1 << shift >> 1)) >> shift
        rest = rest - (top << shift)
        found.append(top.astype(float))
    return found


def _product(a: list[FloatArray], w: list[FloatArray]) -> np.ndarray | None:
    """AW exactly, in units of 2^-266, as Python integers; None if a product of slices may round."""
    n = w[0].shape[0]
    total: np.ndarray | None = None
    for i, x in enumerate(a, 1):
        if not x.any():
            continue
        for j, y in enumerate(w, 1):
            if not n * float(np.abs(x).max()) * float(np.abs(y).max()) <= 2.0**53:
                return None
            part = (x @ y).astype(np.int64).astype(object) << _UNITS - _BITS * (i + j)
            total = part if total is None else total + part
    return total


def _floats(x: np.ndarray) -> FloatArray:
    """Entries times 2^-266, to nearest."""
    return np.ldexp((x).astype(float), -_UNITS)


def _norm(x: np.ndarray) -> arb:
    """The Frobenius norm of whole numbers."""
    return arb(fmpz(int((x * x).sum()))).sqrt()


def _proved(
    a: FloatArray, exponent: int, off: arb, w: list[FloatArray], image: np.ndarray, above: float
) -> list[arb] | None:
    """(1) and (2) for the matrix that the slices make, and Weyl's inequality for what they leave out."""
    m, r = a.shape[0], image.shape[1]
    units, one = _whole(w), 1 << _UNITS
    f = _norm(units.T @ units - np.diag(np.array([one] * r, dtype=object))) * arb(2) ** -_UNITS
    gram = image.T @ image
    squares = [int(gram[k, k]) for k in range(r)]
    if not (f < 1 and min(squares) > 0):
        return None
    lengths = [arb(fmpz(x)).sqrt() * arb(2) ** -_UNITS for x in squares]
    leans = [
        arb(fmpz(int(gram[i, j]) ** 2)) / fmpz(squares[i] * squares[j]) for i in range(r) for j in range(r) if i != j
    ]
    e = sum(leans, arb(0)).sqrt()
    size = max(int(x).bit_length() for x in image.ravel())
    whole = Fixed(fmpz_mat(m, r, [fmpz(int(x)) for x in image.ravel()]), size, size, arb(0))
    found = relative_values_of(whole, _REACH, _CUT)
    if not e < 1 or found is None or len(found.leading) < r:
        return None
    unit, shrink, grow = arb(2) ** -_UNITS, 1 / (1 + f).sqrt(), 1 / (1 - f).sqrt()
    theta = [(x.lower() * unit * shrink, x.upper() * unit * grow) for x in found.leading]
    b, s = theta[0][1], arb(above) * arb(2) ** -exponent - off
    gap = s * s - 2 * b * b
    if not (s > 0 and gap > 0):
        return None
    zeta = _coupling(a, off, w, image, lengths, f)
    rho = zeta * zeta / ((1 - e) * gap)
    if not rho < 1:
        return None
    scale, keep = arb(2) ** exponent, (1 - rho).sqrt()
    return [(x * keep - off).lower().max(arb(0)).union((y + off).upper()) * scale for x, y in theta]


def _coupling(a: FloatArray, off: arb, w: list[FloatArray], image: np.ndarray, lengths: list[arb], f: arb) -> arb:
    """ζ by plain products: AᵀBD⁻¹ less a combination WM, which the projection takes away.

    An entry of fl(BD⁻¹) errs by 4U of itself, columns of BD⁻¹ have length 1; fl(AᵀB') by γ_m|A|ᵀ|B'|, and fl(G − WM) by
    γ_{r+2}|W||M| and U of itself, W by U. Each product of floats may lose 2^-1074 more.
    """
    (m, n), r = a.shape, image.shape[1]
    small = _floats(image) / np.array([float(x.mid()) for x in lengths])
    near_w = np.ldexp(_whole(w).astype(float), -_BITS * _SLICES)
    g = a.T @ small
    m_ = near_w.T @ g
    rest = g - near_w @ m_
    root, u = arb(r).sqrt(), arb(_U)
    combined = (_length(m_) * root * (1 + f).sqrt()) * (1 + 2 * u)
    lost = _length(a) * root * (_gamma(m) * (1 + 5 * u) + 5 * u) + off * root * (1 + 5 * u)
    lost += combined * (_gamma(r + 2) + 2 * u) + arb(2 * m * n * r) * arb(2) ** -1074
    return _length(rest) * (1 + 2 * u) + lost


def _gamma(k: int) -> arb:
    return arb(k * _U) / (1 - arb(k * _U))


def _length(x: FloatArray) -> arb:
    """Upper bound of the Frobenius norm; squares that underflow are below 2^-1022."""
    return arb(float(np.linalg.norm(x))) * (1 + 2 * _gamma(x.size + 8)) + arb(x.size) * arb(2) ** -500
