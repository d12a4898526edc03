r"""The singular values of the product of a whole line of layers, from its cores.

With A_l = Ū_l S_l V̄_lᵀ + Ẽ_l and P_l = A_l ⋯ A_1, floats M_l stand for Ū_l M_l V̄_1ᵀ ≈ P_l: M_1 = S_1 and
M_l = fl(S_l C_{l−1} M_{l−1}), so that

    n_l ≥ ‖A_l M_{l−1} − M_l‖,    n_1 = ε_1,    n_l = ε_l‖M_{l−1}‖₂ + δ_T‖M_{l−1}‖₂ + γ‖T‖_F‖M_{l−1}‖_F,            (11)

with T = fl(S_l C_{l−1}) within δ_T of exact. With t_l ≥ ‖A_l‖₂ and g_l ≥ ‖A_l A_{l−1}‖₂, which the interface knows,

    ‖P_l − M_l‖₂ ≤ e_l = min(t_l e_{l−1} + n_l,  g_l e_{l−2} + t_l n_{l−1} + n_l),
    ‖P_l‖₂ ≤ p_l = min(t_l p_{l−1},  g_l p_{l−2}),

for P_l − M_l = A_l A_{l−1}(P_{l−2} − M_{l−2}) + A_l(A_{l−1}M_{l−2} − M_{l−1}) + (A_l M_{l−1} − M_l):

the errors of a line grow with the norms of its pairs and not with those of its layers, which do not add up where they
are not aligned. Weyl moves every singular value by at most e_L. M is kept near 1 by powers of two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import flint
import numpy as np

from certify.linalg.chain_product import ProductSpectrum
from certify.linalg.cores.core import Core
from certify.linalg.cores.graded import within
from certify.linalg.cores.near import Near
from certify.linalg.cores.scalars import ONE, ZERO, frobenius_up, product_error, times, up
from certify.linalg.cores.transport import transport_norms
from certify.linalg.cores.values import GRAM_SIZE
from certify.linalg.matrix import scale
from certify.linalg.svd import svd
from certify.rigor.rounding import FloatArray, add_up, sub_down

__all__ = ["Line"]

_ILL = 1e6


@dataclass(frozen=True, slots=True)
class Line:
    """W_l ⋯ W_1 of the first layers of a line.

    columns, rows : n_0 and n_l.
    m : the float inner product divided by 2^shift; None where it is 0, and for one layer.
    exponent : of the layers, ``shift`` left out.
    single : s₁ of a single layer, 0 of a product.
    error, earlier : e_l and e_{l−1}; fresh : n_l; norm, norm_earlier : p_l and p_{l−1}; ``earlier``, ``fresh`` and
    ``norm_earlier`` are infinite where they are not known.
    condition : an estimate from above of the condition number of the product.
    """

    columns: int
    rows: int
    m: FloatArray | None
    single: flint.arb
    exponent: int
    shift: int
    error: flint.arb
    earlier: flint.arb
    fresh: flint.arb
    norm: flint.arb
    norm_earlier: flint.arb
    condition: float

    @classmethod
    def of(cls, first: Near) -> Line:
        """The line of one layer."""
        rows, columns = first.shape
        off = first.error_spectral
        norm = first.top() + off
        return cls(columns, rows, None, first.top(), first.exponent, 0, off, ZERO, off, norm, ONE, _condition(first))

    def extended(self, c: Core) -> Line:
        """The line with one more layer, ``c.read``, above its last one."""
        above = c.read
        own, pair = above.top() + above.error_spectral, _pair(c)
        m, fresh, shift = self._times(c)
        fresh = (fresh + above.error_spectral * self.size()).upper()
        error = (own * self.error + fresh).upper()
        norm = (own * self.norm).upper()
        if pair.is_finite() and self.earlier.is_finite():
            error = error.min((pair * self.earlier + own * self.fresh + fresh).upper())
            norm = norm.min((pair * self.norm_earlier).upper())
        return Line(
            self.columns,
            above.shape[0],
            m,
            ZERO,
            self.exponent + above.exponent,
            shift,
            error,
            self.error,
            fresh,
            norm,
            self.norm,
            self.condition * _condition(above),
        )

    def size(self) -> flint.arb:
        """A bound of ‖M_l‖₂."""
        if self.m is None:
            return self.single
        return (self.norm + self.error).min(frobenius_up(self.m) * flint.arb(2) ** self.shift).upper()

    def _times(self, c: Core) -> tuple[FloatArray | None, flint.arb, int]:
        """M, (11) without ε_l, and the power of two by which M was divided."""
        if not c.read.k or (self.m is None and not self.single > 0):
            return None, ZERO, 0
        if self.m is None:
            m, rounding = c.form(c.read.s, c.write.s, (1 + c.write.top()) * (1 + c.read.top()))
            return m, rounding + c.error(1, 1), 0
        t, rounding = c.form(c.read.s, None, 1 + c.read.top())
        unit, size, t_size = flint.arb(2) ** self.shift, frobenius_up(self.m), frobenius_up(t)
        product, gamma = times(t, self.m)
        error = product_error(gamma, t.shape[1], t_size, size, product.size, (1 + t_size) * (1 + size))
        scaled = scale(product)
        error += flint.arb(scaled.loss) * flint.arb(2) ** scaled.exponent
        error = error * unit + (rounding + c.error(1, 0)) * self.size()
        return scaled.matrix, error.upper(), self.shift + scaled.exponent

    def spectrum(self) -> ProductSpectrum | None:
        """All min(n_0, n_l) singular values, of two layers or more; None where something overflowed."""
        count = min(self.columns, self.rows)
        error = up(self.error * flint.arb(2) ** -self.shift)
        if self.m is None:
            return ProductSpectrum(np.zeros(count), np.full(count, error), self.exponent, error)
        if not (error < np.inf and np.all(np.isfinite(self.m))):
            return None
        low, high = np.zeros(count), np.full(count, error)
        found = self._inner(error)
        kept = min(count, found[0].size)
        low[:kept], high[:kept] = found[0][:kept], found[1][:kept]
        return ProductSpectrum(low, high, self.exponent + self.shift, error)

    def _inner(self, error: float) -> tuple[FloatArray, FloatArray]:
        """Bounds of the singular values of all matrices within ``error`` of ``m``."""
        assert self.m is not None
        decaying = not self.condition < _ILL
        found = within(self.m, error) if decaying and min(self.m.shape) >= GRAM_SIZE else None
        if found is not None:
            return found
        factored = svd(self.m, "fast", gram=not decaying)
        return np.maximum(sub_down(factored.lower, error), 0.0), add_up(factored.upper, error)


def _pair(c: Core) -> flint.arb:
    """A bound of ‖A'A‖₂ on the scale of the two layers."""
    return (transport_norms(c)[1] * flint.arb(2) ** -(c.write.exponent + c.read.exponent)).upper()


def _condition(x: Near) -> float:
    if not x.k:
        return 1.0
    smallest = float(x.s[-1])
    return float(x.s[0]) / smallest if smallest > 2.0**-900 else math.inf
