r"""A certified decomposition as a nearby exact one.

:func:`certify.linalg.svd_enclosure.enclose` has AV = US + E over the kept columns, ‖AV_D‖ ≤ ``dropped`` over the
others, H = UᵀU − I with ‖H‖₂ ≤ a < 1 and VᵀV − I of norm b < 1/2. With the polar factors Ū of U (kept) and V̄ of V,

    ‖U − Ū‖ ≤ ‖H‖/(1 + √(1−a)),  ‖(U − Ū)S‖ ≤ ‖HS‖/(1 + √(1−a)),  ‖V − V̄‖ ≤ ‖VᵀV − I‖/(1 + √(1−b)),               (1)

in the Frobenius and in the spectral norm: U = ŪP with P = (UᵀU)^½, U − Ū = Ū(P − I) = Ū(P + I)⁻¹H, and the smallest
eigenvalue of P + I is at least 1 + √(1−a); S multiplies from the right. Let S be 0 on the dropped columns. Then

    Ẽ = A − ŪSV̄ᵀ,   Ẽ V̄ = (AV − US) + A(V̄ − V) + (U − Ū)S,                                                        (2)

V̄ is square and orthogonal, so ‖Ẽ‖ ≤ ‖E‖ + dropped + ‖(U − Ū)S‖ + ‖A‖₂‖V − V̄‖, in the Frobenius norm, and in the
spectral norm with ‖A‖₂ ≤ s₁ + ‖Ẽ‖₂ solved for ‖Ẽ‖₂. A wide matrix is decomposed through its transpose, and the sides
change places.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import flint
import numpy as np

from certify.linalg.cores.scalars import EPS, ONE, TINY, ZERO, frobenius_up
from certify.linalg.svd import CertifiedSVD
from certify.rigor.rounding import FloatArray

__all__ = ["Near", "Side", "near"]

_FAR = 0.9


@dataclass(frozen=True, slots=True)
class Side:
    """Singular vectors x (n × k) close to an orthonormal x̄, in the Frobenius norm.

    off, off_spectral : bounds of ‖x − x̄‖_F and ‖x − x̄‖₂; weighted : of ‖(x − x̄) diag(s)‖_F.
    """

    x: FloatArray
    off: flint.arb
    off_spectral: flint.arb
    weighted: flint.arb


@dataclass(slots=True)
class Near:
    """2^-exponent times a layer, within ``error`` of left.x̄ diag(s) right.x̄ᵀ.

    Parameters
    ----------
    shape : (rows, columns) of the layer.
    s : (k,) decreasing and not negative, the kept singular values, scaled.
    error, error_spectral : bounds of ‖Ẽ‖_F and ‖Ẽ‖₂.
    lean : bound of ‖E S⁻¹‖_F.
    left_defect, right_defect, right_defect_frobenius : a, b and ‖VᵀV − I‖_F of the module's docstring, for the matrix
        or, where it is wide, for its transpose.
    """

    shape: tuple[int, int]
    exponent: int
    s: FloatArray
    left: Side
    right: Side
    error: flint.arb
    error_spectral: flint.arb
    lean: flint.arb
    left_defect: flint.arb
    right_defect: flint.arb
    right_defect_frobenius: flint.arb
    _powers: dict[int, flint.arb] = field(default_factory=dict[int, flint.arb])

    @property
    def k(self) -> int:
        """The number of kept singular values."""
        return self.s.size

    def top(self, power: int = 1) -> flint.arb:
        """s₁ to a power; 0 where nothing was kept."""
        return flint.arb(float(self.s[0])) ** power if self.k else ZERO

    def size(self, power: int) -> flint.arb:
        """Upper bound of ‖diag(s)^power‖_F."""
        if power not in self._powers:
            exact = flint.arb(self.k).sqrt().upper()
            self._powers[power] = (
                exact if power == 0 else frobenius_up(self.s**power) * (1 + 4 * EPS) + 4 * self.k * TINY
            )
        return self._powers[power]

    def without_vectors(self) -> Near:
        """What is known of the layer, its singular vectors left out."""
        sides = (replace(side, x=np.zeros((side.x.shape[0], 0))) for side in (self.left, self.right))
        left, right = sides
        return replace(self, left=left, right=right)

    @property
    def gram_error(self) -> flint.arb:
        """Bound of ‖AAᵀ − ŪS²Ūᵀ‖_F, and of the same for AᵀA."""
        return 2 * self.top() * self.error + self.error_spectral * self.error


def near(svd: CertifiedSVD) -> Near | None:
    """The nearby exact decomposition; None where nothing was proved that a core could use."""
    m, n = svd.shape
    enclosed = svd.enclosed
    if enclosed is None:
        if svd.method != "exact":
            return None
        left, right = (Side(np.zeros((side, 0)), ZERO, ZERO, ZERO) for side in (m, n))
        return Near((m, n), 0, np.zeros(0), left, right, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO)
    if not enclosed.a < _FAR:
        return None
    k = enclosed.kept
    s = np.ascontiguousarray(enclosed.s[:k])
    # Of LAPACK's factors neither is proved.
    if not (s[-1] >= 0.0 and np.all(s[:-1] >= s[1:])):
        return None
    a, b = flint.arb(enclosed.a), flint.arb(enclosed.b)
    lean_left, lean_right = 1 + (ONE - a).sqrt(), 1 + (ONE - b).sqrt()
    top = flint.arb(float(s[0]))
    defect, weighted = (flint.arb(enclosed.left.frobenius(w)) / lean_left for w in (None, s))
    tall = Side(np.ascontiguousarray(enclosed.u[:, :k]), defect, a / lean_left, weighted.min(top * defect))
    b_frobenius = flint.arb(enclosed.b_frobenius)
    off = b_frobenius / lean_right
    square = Side(np.ascontiguousarray(enclosed.v[:, :k]), off, b / lean_right, top * off)
    # (2), solved for the spectral norm: ‖Ẽ‖₂(1 − ‖V − V̄‖₂) ≤ ‖E‖₂ + dropped + ‖(U − Ū)S‖ + s₁‖V − V̄‖₂.
    spectral = (flint.arb(enclosed.residual) + tall.weighted + top * square.off_spectral) / (1 - square.off_spectral)
    error = frobenius_up(enclosed.columns) + tall.weighted + (top + spectral) * square.off
    with np.errstate(all="ignore"):
        lean = frobenius_up(enclosed.columns[:k] / s) * (1 + 4 * EPS) + k * TINY
    left, right = (tall, square) if m >= n else (square, tall)
    return Near(
        (m, n), svd.exponent, s, left, right, error.upper(), spectral.min(error).upper(), lean, a, b, b_frobenius
    )
