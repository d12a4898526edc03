r"""The singular values of the product of a whole line of layers, from its cores.

W_L ⋯ W_1 = Ū_L (S_L C̄_{L−1} S_{L−1} ⋯ C̄_1 S_1) V̄_1ᵀ up to the errors of the layers. The inner product is formed from
the right, M ← S_{l+1}C_l M, with

    e ← γ‖T‖_F‖M‖_F + δ_T(‖M‖_F + e) + s_{l+1} e,       T = fl(S_{l+1}C_l) within δ_T of exact,                     (11)

and the layers change the product by at most Π(s + ε) − Πs in the spectral norm. Weyl moves every singular value by at
most the sum. M is kept near 1 by powers of two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import flint
import numpy as np

from certify.linalg.chain_product import ProductSpectrum
from certify.linalg.cores.core import Core
from certify.linalg.cores.graded import within
from certify.linalg.cores.near import Near
from certify.linalg.cores.scalars import ZERO, frobenius_up, product_error, times, up
from certify.linalg.cores.values import GRAM_SIZE
from certify.linalg.matrix import scale
from certify.linalg.svd import svd
from certify.rigor.rounding import FloatArray, add_up, sub_down

__all__ = ["Line", "line_spectrum"]

_ILL = 1e6


@dataclass(frozen=True, slots=True)
class Line:
    """W_l ⋯ W_1 of the first layers of a line.

    columns, rows : n_0 and n_l.
    m, error : the float inner product, 2^-shift of the exact one within ``error``; None before the first core.
    exponent : of the layers, ``shift`` left out.
    big, small : Π(s + ε) and Πs; ``small`` is 0 where a layer keeps nothing.
    condition : an estimate from above of the condition number of the product.
    """

    columns: int
    rows: int
    m: FloatArray | None
    error: flint.arb
    exponent: int
    shift: int
    big: flint.arb
    small: flint.arb
    condition: float

    @classmethod
    def of(cls, first: Near) -> Line:
        """The line of one layer."""
        rows, columns = first.shape
        big = first.top() + first.error_spectral
        return cls(columns, rows, None, ZERO, first.exponent, 0, big, first.top(), _condition(first))

    def extended(self, c: Core) -> Line:
        """The line with one more layer, ``c.read``, above its last one."""
        above = c.read
        m, error, shift = self._times(c) if above.k and self.small > 0 else (None, ZERO, 0)
        return Line(
            self.columns,
            above.shape[0],
            m,
            error,
            self.exponent + above.exponent,
            shift,
            self.big * (above.top() + above.error_spectral),
            self.small * above.top(),
            self.condition * _condition(above),
        )

    def _times(self, c: Core) -> tuple[FloatArray, flint.arb, int]:
        """(11), and the power of two by which the product was divided."""
        if self.m is None:
            m, rounding = c.form(c.read.s, c.write.s, (1 + c.write.top()) * (1 + c.read.top()))
            return m, rounding + c.error(1, 1), 0
        t, rounding = c.form(c.read.s, None, 1 + c.read.top())
        t_error, size, t_size = rounding + c.error(1, 0), frobenius_up(self.m), frobenius_up(t)
        product, gamma = times(t, self.m)
        error = t_error * (size + self.error) + c.read.top() * self.error
        error += product_error(gamma, t.shape[1], t_size, size, product.size, (1 + t_size) * (1 + size))
        scaled = scale(product)
        error = (error * flint.arb(2) ** -scaled.exponent + flint.arb(scaled.loss)).upper()
        return scaled.matrix, error, self.shift + scaled.exponent

    def spectrum(self) -> ProductSpectrum | None:
        """All min(n_0, n_l) singular values, of two layers or more; None where something overflowed."""
        count = min(self.columns, self.rows)
        moved = (self.big - self.small).upper().max(ZERO)
        if self.m is None:
            return ProductSpectrum(np.zeros(count), np.full(count, up(moved)), self.exponent, up(moved))
        error = up((self.error + moved * flint.arb(2) ** -self.shift).upper())
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
        found = within(self.m, error, decaying=decaying) if min(self.m.shape) >= GRAM_SIZE else None
        if found is not None:
            return found
        factored = svd(self.m, "fast", gram=not decaying)
        return np.maximum(sub_down(factored.lower, error), 0.0), add_up(factored.upper, error)


def line_spectrum(layers: Sequence[Near], cores: Sequence[Core]) -> ProductSpectrum | None:
    """Enclose all min(n_0, n_L) singular values of W_L ⋯ W_1 from its layers, first to last, and their cores.

    None where something overflowed.
    """
    line = Line.of(layers[0])
    for c in cores:
        line = line.extended(c)
    return line.spectrum()


def _condition(x: Near) -> float:
    if not x.k:
        return 1.0
    smallest = float(x.s[-1])
    return float(x.s[0]) / smallest if smallest > 2.0**-900 else math.inf
