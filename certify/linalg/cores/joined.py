r"""A long line of layers in segments, joined by their cores.

With P = P_h P_l, where the float inner products stand for M̄_h ≈ P_h and M̄_l ≈ P_l within e_h and e_l, and the core C
within (3) of C̄ between them, the float M = fl(fl(M_h C) M_l) has

    ‖P − M‖₂ ≤ ‖P_h‖₂ e_l + e_h ‖M_l‖₂ + (‖M_h‖₂ ‖C − C̄‖ + δ) ‖M_l‖₂ + δ',                                         (12)

for P_h P_l − M̄_h M̄_l = P_h(P_l − M̄_l) + (P_h − M̄_h)M̄_l and M̄_h M̄_l is M_h C̄ M_l between directions that are
orthonormal; δ and δ' are the roundings (2) of the two products. ‖M_h‖₂ and ‖M_l‖₂ are enclosed from the floats, and
‖P_h‖₂ ≤ ‖M_h‖₂ + e_h: they grow as the product does, and not as products of norms of pairs.

As many products of matrices are formed as without segments: two for every joint, none for the second layer of a segment
and its first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import flint
import numpy as np

from certify.linalg.chain_product import ProductSpectrum
from certify.linalg.cores.core import Core
from certify.linalg.cores.line import Line
from certify.linalg.cores.near import Near
from certify.linalg.cores.scalars import ZERO, frobenius_up, product_error, times
from certify.linalg.cores.values import largest_value
from certify.linalg.matrix import scale
from certify.rigor.rounding import FloatArray

__all__ = ["JoinedLine", "line_spectrum"]

_SEGMENT = 6


@dataclass(frozen=True, slots=True)
class JoinedLine:
    """W_l ⋯ W_1 of the first layers of a line.

    upper, length : the last segment and how many layers it has.
    lower, joint : the product of the segments below it and the core between them; None for the first segment.
    """

    upper: Line
    length: int = 1
    lower: Line | None = None
    joint: Core | None = None

    @classmethod
    def of(cls, first: Near) -> JoinedLine:
        """The line of one layer."""
        return cls(Line.of(first))

    def extended(self, c: Core) -> JoinedLine:
        """The line with one more layer, ``c.read``, above its last one."""
        if self.length < _SEGMENT:
            return replace(self, upper=self.upper.extended(c), length=self.length + 1)
        return JoinedLine(Line.of(c.read), 1, self._joined(), c.without_vectors())

    def spectrum(self) -> ProductSpectrum | None:
        """All min(n_0, n_l) singular values, of two layers or more; None where something overflowed."""
        return self._joined().spectrum()

    def _joined(self) -> Line:
        if self.lower is None or self.joint is None:
            return self.upper
        if self.length == 1:
            return self.lower.extended(self.joint)
        return _join(self.lower, self.joint, self.upper, enclose=self.length > 2)


def line_spectrum(layers: Sequence[Near], cores: Sequence[Core]) -> ProductSpectrum | None:
    """Enclose all min(n_0, n_L) singular values of W_L ⋯ W_1 from its layers, first to last, and their cores.

    None where something overflowed.
    """
    line = JoinedLine.of(layers[0])
    for c in cores:
        line = line.extended(c)
    return line.spectrum()


def _join(low: Line, c: Core, high: Line, *, enclose: bool) -> Line:
    """P_h P_l with its error (12); ``enclose`` ‖M_h‖₂, or else the norm of the pair is as good."""
    m_high, m_low = _size(high) if enclose else high.size(), _size(low)
    norm_high = high.norm.min(m_high + high.error).upper()
    error = norm_high * low.error + high.error * m_low
    norm = norm_high * low.norm
    m, shift = None, 0
    if high.m is not None and low.m is not None and c.c.size:
        m, rounding, shift = _product(high, c, low, m_high, m_low)
        error += rounding
    return Line(
        columns=low.columns,
        rows=high.rows,
        m=m,
        single=ZERO,
        exponent=low.exponent + high.exponent,
        shift=shift,
        error=error.upper(),
        earlier=flint.arb.pos_inf(),
        fresh=flint.arb.pos_inf(),
        norm=norm.upper(),
        norm_earlier=flint.arb.pos_inf(),
        condition=low.condition * high.condition,
    )


def _product(high: Line, c: Core, low: Line, m_high: flint.arb, m_low: flint.arb) -> tuple[FloatArray, flint.arb, int]:
    """M, what it adds to (12), and the power of two by which it was divided."""
    assert high.m is not None
    assert low.m is not None
    unit_high, unit_low = flint.arb(2) ** high.shift, flint.arb(2) ** low.shift
    size_high, size_core, size_low = (frobenius_up(x) for x in (high.m, c.c, low.m))
    t, gamma = times(high.m, c.c)
    first = product_error(gamma, c.c.shape[0], size_high, size_core, t.size, (1 + size_high) * (1 + size_core))
    size_t = frobenius_up(t)
    product, gamma = times(t, low.m)
    second = product_error(gamma, t.shape[1], size_t, size_low, product.size, (1 + size_t) * (1 + size_low))
    scaled = scale(product)
    second += flint.arb(scaled.loss) * flint.arb(2) ** scaled.exponent
    error = (m_high * c.error(0, 0) + first * unit_high) * m_low + second * unit_high * unit_low
    return scaled.matrix, error.upper(), high.shift + low.shift + scaled.exponent


def _size(line: Line) -> flint.arb:
    """‖M‖₂ from above, enclosed from the float."""
    if line.m is None or not np.all(np.isfinite(line.m)):
        return line.size()
    top = largest_value(line.m, ZERO).upper() * flint.arb(2) ** line.shift
    return line.size().min(top).upper() if top.is_finite() else line.size()
