r"""Norms of row groups, column by column, of a transport X = W'W and of its truncations, from few products.

**Cells.** A cell (G, j) of a matrix holds the rows of a group G in column j. A float matrix that is within r of the
exact one on a cell, in the Euclidean norm, has there a norm within r of the exact one. The product errs on a cell by
γ_n‖W'_G‖_F‖w_j‖, see (2) of :mod:`certify.linalg.gemm`, summed over the rows of G.

**Truncations.** Let W̃ = ŪSV̄ᵀ be within ε of W in the Frobenius norm, with singular values s, and σ those of W. Then

    ‖W_r − W̃_r‖ ≤ ε (1 + σ_r/(σ_r − s_{r+1}) + σ_{r+1}/(s_r − σ_{r+1})),   0 < r < rank W̃,                       (21)

and 2ε for larger r. With F = W − W̃, ⊥ for what is beyond r, X = Ũ⊥ᵀU_r and Y = Ṽ⊥ᵀV_r: X S_r = S̃⊥Y + Ũ⊥ᵀFV_r and
Y S_r = S̃⊥X + Ṽ⊥ᵀFᵀU_r, so the larger norm a of X S_r and Y S_r has a ≤ s_{r+1}a/σ_r + ε, which bounds ‖P̃⊥W_r‖. In the
same way, with the roles of W and W̃ changed, ‖P̃(W − W_r)‖ ≤ εσ_{r+1}/(s_r − σ_{r+1}); and W_r − W̃_r = P̃⊥W_r −
P̃(W − W_r) + P̃F. For r ≥ rank W̃ the best approximation W_r is no farther from W than W̃ is.

The error X_{r',r} − X of the truncation to windows (r, r') is −Ū'(M − M_{r',r})V̄ᵀ for W̃ and W̃', M = S'C̄S with the
core C̄, and M_{r',r} its leading block. From one pair of windows to a smaller one M − M_{r',r} gains two strips, so that
all windows together take about two products of full size, and small errors keep small bounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import flint
import numpy as np
import numpy.typing as npt

from certify.linalg.cores.core import Core
from certify.linalg.cores.near import Near
from certify.linalg.cores.scalars import EPS, ONE, TINY, ZERO, frobenius_up, product_error, up
from certify.linalg.gemm import underflow
from certify.linalg.kernels import times
from certify.rigor.interval import Interval
from certify.rigor.rounding import ETA, FloatArray, add_up, gamma, mul_up, norm_up

__all__ = ["Grouping", "Spectrum", "Truncated", "Units", "cell_norms", "pair_sums", "truncations"]

Spectrum = tuple[FloatArray, FloatArray]
"""Lower and upper bounds of singular values, decreasing."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Row groups that partition m rows: their rows one group after the other, and where each group starts."""

    order: npt.NDArray[np.intp]
    starts: npt.NDArray[np.intp]
    largest: int

    @classmethod
    def of(cls, groups: Sequence[Sequence[int]]) -> Grouping:
        """The grouping of groups of row indices, none of them empty."""
        sizes = [len(rows) for rows in groups]
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
        return cls(np.concatenate([np.asarray(rows, dtype=np.intp) for rows in groups]), starts, max(sizes))

    def arranged(self, a: FloatArray) -> FloatArray:
        """The rows of a matrix, one group after the other."""
        return a if np.array_equal(self.order, np.arange(self.order.size)) else a[self.order]


@dataclass(frozen=True, slots=True)
class Units:
    """W and W' over powers of two, so that neither has a Frobenius norm above 1; W' has its rows arranged."""

    writer: FloatArray
    reader: FloatArray
    exponents: tuple[int, int]

    @classmethod
    def of(cls, writer: FloatArray, reader: FloatArray, exponents: tuple[int, int], grouping: Grouping) -> Units:
        """Both layers times 2^-exponent; the exponents bound the norms."""
        lower, upper = (np.ldexp(a, -e) for a, e in zip((writer, reader), exponents, strict=True))
        return cls(lower, grouping.arranged(upper), exponents)

    def product(self, grouping: Grouping) -> tuple[FloatArray, FloatArray]:
        """fl(W'W), and bounds of its errors on all cells, shape (groups, columns).

        What scaling flushed moves a cell by at most √(mn)η for each layer.
        """
        inner = self.writer.shape[0]
        found = times(self.reader, self.writer)
        rows = norm_up(self.reader, axis=1)
        squares = np.add.reduceat(rows * rows, grouping.starts)
        # At most |G| roundings of relative size u in the sum, one in each square and one in the root.
        heavy = np.sqrt(squares) * (1.0 + gamma(grouping.largest + 8)) + np.sqrt(4.0 * grouping.largest * ETA)
        columns = norm_up(self.writer, axis=0)
        error = mul_up(gamma(inner), mul_up(heavy[:, None], columns[None, :]))
        lost = 2.0 * ETA * (self.writer.size + self.reader.size) + underflow(inner) * grouping.largest
        return found, add_up(error, lost)


def cell_norms(x: FloatArray, grouping: Grouping, error: FloatArray | float, roundings: int = 0) -> Interval:
    """The norms of all cells of every matrix that is within ``error`` of ``x`` on each; entries of x are at most 2.

    ``roundings`` counts those of relative size u that each entry of x suffered beside.

    A sum of k squares in any order errs by γ_{k+1} relatively and 3k ETA; the root halves that, and adds a rounding.
    """
    k = grouping.largest
    root = np.sqrt(np.add.reduceat(x * x, grouping.starts, axis=0))
    relative, tiny = gamma(k + 8 + 2 * roundings), np.sqrt(4.0 * k * ETA)
    upper = add_up(add_up(root * (1.0 + relative), tiny), error)
    lower = np.maximum(-add_up(-np.maximum(root * (1.0 - relative) - 2 * tiny, 0.0), error), 0.0)
    return Interval(lower, upper)


def pair_sums(a: Interval, b: Interval) -> Interval:
    """Σ_j a_Gj b_Hj for all pairs of rows of two arrays of non-negative numbers below 2, (g, n) and (h, n).

    Products of non-negative floats err by γ_n relatively, and by the underflow term.
    """
    n = a.shape[1]
    relative, tiny = gamma(n + 4), underflow(n)
    upper = add_up(times(a.hi, b.hi.T) * (1.0 + relative), 2 * tiny)
    lower = np.maximum(times(a.lo, b.lo.T) * (1.0 - relative) - 2 * tiny, 0.0)
    return Interval(lower, upper)


@dataclass(frozen=True, slots=True)
class Truncated:
    """The error of truncation to a pair of windows (r, r'), rows arranged: a float matrix, and how far it is off.

    ``off`` is in the Frobenius norm, infinite where nothing is proved; ``error`` is the same array for all windows.
    """

    windows: tuple[int, int]
    error: FloatArray
    off: float


def truncations(
    core: Core,
    spectra: tuple[Spectrum, Spectrum],
    exponents: tuple[int, int],
    grouping: Grouping,
    windows: Sequence[tuple[int, int]],
) -> Iterator[Truncated]:
    """X_{r',r} − X over 2^(sum of exponents), for pairs of windows of which none grows; see the module's docstring.

    Parameters
    ----------
    core : of W and W'.
    spectra : enclosed singular values of W and of W'.
    exponents : those of :class:`Units`.
    """
    write, read = core.write, core.read
    shifts = write.exponent - exponents[0], read.exponent - exponents[1]
    u, v = grouping.arranged(read.left.x), write.right.x
    m, rounding = core.form(
        np.ldexp(read.s, shifts[1]), np.ldexp(write.s, shifts[0]), (1 + core.write.top()) * (1 + core.read.top())
    )
    unit = flint.arb(2) ** (shifts[0] + shifts[1])
    inner = core.error(1, 1) * unit + rounding + 8 * m.size * TINY
    tilt, tilt_next = write.right.off_spectral, read.left.off_spectral
    tops = [_top(side, shift) for side, shift in zip((write, read), shifts, strict=True)]
    # ‖D̄‖_F ≤ ‖M̄‖_F ≤ s'₁‖S‖_F and ‖S‖_F ≤ 2, for layers of Frobenius norm at most 1.
    turned = (tilt + tilt_next * (1 + tilt)) * (2 * tops[1] + inner) + inner * (1 + tilt) * (1 + tilt_next)
    found = np.zeros((u.shape[0], v.shape[0]))
    float_error = ZERO
    before = read.k, write.k
    for r, r_next in windows:
        now = min(r_next, before[0]), min(r, before[1])
        float_error = (float_error + _strips(found, u, v, m, before, now)).upper()
        before = now
        moved = [
            _moved(side, spectrum, shift, exponent, window)
            for side, spectrum, shift, exponent, window in zip(
                (write, read), spectra, shifts, exponents, (r, r_next), strict=True
            )
        ]
        errors = [side.error * flint.arb(2) ** shift for side, shift in zip((write, read), shifts, strict=True)]
        off = sum((errors[i] + moved[i]) * (tops[1 - i] + errors[1 - i]) for i in (0, 1)) + turned + float_error
        yield Truncated((r, r_next), found, up(off))


def _top(side: Near, shift: int) -> flint.arb:
    return side.top() * flint.arb(2) ** shift


def _moved(side: Near, spectrum: Spectrum, shift: int, exponent: int, r: int) -> flint.arb:
    """(21), for the layer over 2^exponent."""
    error = side.error * flint.arb(2) ** shift
    if r >= side.k:
        return 2 * error
    scale = flint.arb(2) ** -exponent
    low, high = flint.arb(float(spectrum[0][r - 1])) * scale, flint.arb(float(spectrum[1][r])) * scale
    kept, beyond = (flint.arb(float(side.s[i])) * flint.arb(2) ** shift for i in (r - 1, r))
    if not (low > beyond and kept > high):
        return flint.arb.pos_inf()
    return error * (1 + low / (low - beyond) + high / (kept - high))


def _strips(
    found: FloatArray, u: FloatArray, v: FloatArray, m: FloatArray, before: tuple[int, int], now: tuple[int, int]
) -> flint.arb:
    """Take from ``found`` what leaves the leading block of M, and bound the rounding in the Frobenius norm."""
    (b_next, b), (r_next, r) = before, now
    error = ZERO
    if r_next < b_next and b:
        rows = m[r_next:b_next, :b]
        inner = times(rows, v[:, :b].T)
        size, width = frobenius_up(rows), flint.arb(b).sqrt() * 2
        error += product_error(b, size, width, inner.size)
        error += _last(found, u[:, r_next:b_next], inner, error)
    if r < b and r_next:
        columns = m[:r_next, r:b]
        inner = times(u[:, :r_next], columns)
        size, width = frobenius_up(columns), flint.arb(r_next).sqrt() * 2
        first = product_error(r_next, width, size, inner.size)
        error += first + _last(found, inner, v[:, r:b].T, first)
    return error


def _last(found: FloatArray, left: FloatArray, right: FloatArray, inner: flint.arb) -> flint.arb:
    """Subtract a product from ``found``; the rounding, and what the error ``inner`` of a factor is multiplied by."""
    k = left.shape[1]
    product = times(left, right)
    found -= product
    error = product_error(k, frobenius_up(left), frobenius_up(right), product.size)
    # The other factor has nearly orthonormal columns: of norm below 2, so that an error of its partner is doubled at
    # most. A difference rounds by u of the result, or of what is flushed.
    return error + inner + EPS * frobenius_up(found) * (ONE + 4 * EPS) + 2 * found.size * TINY
