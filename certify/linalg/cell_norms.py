r"""Norms of row groups, column by column, of a transport X = W'W and of its truncations, from few products.

**Cells.** A cell (G, j) of a matrix holds the rows of a group G in column j. A float matrix that is within r of the
exact one on a cell, in the Euclidean norm, has there a norm within r of the exact one. The product errs on a cell by
γ_n‖W'_G‖_F‖w_j‖, see (2) of :mod:`certify.linalg.gemm`, summed over the rows of G.

**Truncations.** Let B = ŪSV̄ᵀ be within ε of W, W − B = F, in the Frobenius norm, P and P* the projectors of W_r, and
σ the singular values of W, with s_r > σ_{r+1} and σ_r > s_{r+1}. With the weights g_i = s_i/(s_i − σ_{r+1}) of the
modes i ≤ r of B, and h_i = s_i/(σ_r − s_i) of the others,

    ‖(W_r − B_r)e_j‖ ≤ ε (1 + √2 (Σ_{i≤r} g_i² v̄_i(j)²)^½ + √2 (Σ_{i>r} h_i² v̄_i(j)²)^½),                        (21)

and the same for rows G, with Σ_{j∈G} ū_i(j)²; for r ≥ rank B, 2ε. Proof. B_r − W_r = (1−P)B_r − PF − P(B − B_r), as
PW = W_r. Between mode i of B and a pair (u, v) of singular vectors of W for σ, x = ⟨u, ū_i⟩ and y = ⟨v, v̄_i⟩ obey
xs_i = σy − f and ys_i = σx − f', with the entries f, f' of F in both pairs of bases; so x(s_i² − σ²) = −(s_if + σf').
For i ≤ r and σ ≤ σ_{r+1}, |xs_i|/g_i ≤ |s_if + σf'|/(s_i + σ), a mean of f and f'; the squares sum to 2ε² at most, and
(1−P)B_re_j = Σ_i (1−P)ū_i s_i/g_i · g_iv̄_i(j). In the same way P(B − B_r), for i > r and σ ≥ σ_r. For r ≥ rank B the
best approximation W_r is no farther from W than B is.

The error X_{r',r} − X of the truncation to windows (r, r') is −Ū'(M − M_{r',r})V̄ᵀ for W̃ and W̃', M = S'C̄S with the
core C̄, and M_{r',r} its leading block. From one pair of windows to a smaller one M − M_{r',r} gains two strips, so that
all windows together take about two products of full size, and small errors keep small bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import flint
import numpy as np
import numpy.typing as npt

from certify.linalg.cores.core import Core
from certify.linalg.cores.near import Near
from certify.linalg.cores.scalars import EPS, ONE, TINY, ZERO, frobenius_up, product_error, up
from certify.linalg.gemm import underflow
from certify.linalg.kernels import times
from certify.linalg.norms import column_norms_up
from certify.rigor.interval import Interval
from certify.rigor.rounding import ETA, QUIET, FloatArray, U, add_up, div_up, gamma, mul_up, sub_down

__all__ = ["Grouping", "Spectrum", "Truncated", "Units", "cell_norms", "pair_sums", "truncations"]

_MANY = 128
"""From so many rows on groups are squared and summed one after the other."""
_EXPONENT = 1000
Spectrum = tuple[FloatArray, FloatArray]
"""Lower and upper bounds of singular values, decreasing."""


@dataclass(frozen=True)
class Grouping:
    """Row groups that partition m rows: their rows one group after the other, and where each group starts."""

    order: npt.NDArray[np.intp]
    starts: npt.NDArray[np.intp]
    largest: int

    def squares(self, x: FloatArray, beside: FloatArray | None = None) -> FloatArray:
        """Σ x² over the rows of each group of an arranged array, (…, m, n), or Σ fl(x + beside)², in any order."""
        if x.shape[-2] < _MANY:
            whole = x if beside is None else x + beside
            return np.add.reduceat(whole * whole, self.starts, axis=-2)
        found = np.empty((*x.shape[:-2], self.starts.size, x.shape[-1]))
        for place, (start, end) in enumerate(pairwise([*self.starts.tolist(), self.order.size])):
            part = x[..., start:end, :]
            part = part if beside is None else part + beside[..., start:end, :]
            np.einsum("...ij,...ij->...j", part, part, out=found[..., place, :])
        return found

    @classmethod
    def of(cls, groups: Sequence[Sequence[int]]) -> Grouping:
        """The grouping of groups of row indices, none of them empty."""
        sizes = [len(rows) for rows in groups]
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
        return cls(np.concatenate([np.asarray(rows, dtype=np.intp) for rows in groups]), starts, max(sizes))

    def arranged(self, a: FloatArray) -> FloatArray:
        """The rows of a matrix, one group after the other."""
        return a if np.array_equal(self.order, np.arange(self.order.size)) else a[self.order]


def _scaled(a: FloatArray, exponent: int) -> FloatArray:
    """2^exponent a, rounded where it is subnormal."""
    return a * 2.0**exponent if abs(exponent) < _EXPONENT else np.ldexp(a, exponent)


@dataclass(frozen=True, slots=True)
class Units:
    """W and W' over powers of two, so that neither has a Frobenius norm above 1; W' has its rows arranged."""

    writer: FloatArray
    reader: FloatArray
    exponents: tuple[int, int]
    lengths: tuple[FloatArray, FloatArray]
    """Upper bounds of the norms of the columns of W and of the rows of W' in each group."""

    @classmethod
    def of(cls, writer: FloatArray, reader: FloatArray, exponents: tuple[int, int], grouping: Grouping) -> Units:
        """Both layers times 2^-exponent; the exponents bound the norms."""
        lower, upper = (_scaled(a, -e) for a, e in zip((writer, reader), exponents, strict=True))
        upper = grouping.arranged(upper)
        squares = np.add.reduceat(np.einsum("ij,ij->i", upper, upper), grouping.starts)
        # Of |G|n squares in any order, and their root.
        count = grouping.largest * upper.shape[1]
        heavy = np.sqrt(squares) * (1.0 + gamma(count + 8)) + np.sqrt(4.0 * count * ETA)
        return cls(lower, upper, exponents, (column_norms_up(lower), heavy))

    def product(self, grouping: Grouping) -> tuple[FloatArray, FloatArray]:
        """fl(W'W), and bounds of its errors on all cells, shape (groups, columns).

        What scaling flushed moves a cell by at most √(mn)η for each layer.
        """
        inner = self.writer.shape[0]
        found, rounding = times(self.reader, self.writer)
        columns, rows = self.lengths
        error = mul_up(rounding, mul_up(rows[:, None], columns[None, :]))
        lost = 2.0 * ETA * (self.writer.size + self.reader.size) + underflow(inner) * grouping.largest
        return found, add_up(error, lost)


def cell_norms(
    x: FloatArray, grouping: Grouping, error: FloatArray | float, beside: FloatArray | None = None
) -> Interval:
    """The norms of all cells of every matrix that is within ``error`` of ``x``, or of ``x + beside``, on each.

    x is one matrix with arranged rows, or several along its first axis; entries are at most 2. The sum rounds once.

    A sum of k squares in any order errs by γ_{k+1} relatively and 3k ETA; the root halves that, and adds a rounding.
    """
    k = grouping.largest
    root = np.sqrt(grouping.squares(x, beside))
    relative, tiny = gamma(k + 8 + (0 if beside is None else 2)), np.sqrt(4.0 * k * ETA)
    upper = add_up(add_up(root * (1.0 + relative), tiny), error)
    lower = np.maximum(-add_up(-np.maximum(root * (1.0 - relative) - 2 * tiny, 0.0), error), 0.0)
    return Interval(lower, upper)


def pair_sums(a: Interval, b: Interval) -> Interval:
    """Σ_j a_Gj b_Hj for all pairs of rows of two arrays of non-negative numbers below 2, (g, n) and (h, n).

    Either may be several along its first axis. Products of non-negative floats err by γ_n relatively, and by the
    underflow term.
    """
    tiny = underflow(a.shape[-1])
    (high, over), (low, under) = _row_products(a.hi, b.hi), _row_products(a.lo, b.lo)
    upper = add_up(high * (1.0 + (over + 8 * U)), 2 * tiny)
    lower = np.maximum(low * (1.0 - (under + 8 * U)) - 2 * tiny, 0.0)
    return Interval(lower, upper)


def _row_products(a: FloatArray, b: FloatArray) -> tuple[FloatArray, float]:
    if a.ndim == b.ndim == 2:
        return times(a, b.T)
    many = max(x.shape[0] for x in (a, b) if x.ndim == 3)
    found = [times(a if a.ndim == 2 else a[i], (b if b.ndim == 2 else b[i]).T) for i in range(many)]
    return np.stack([product for product, _ in found]), max(rounding for _, rounding in found)


@dataclass(frozen=True, slots=True)
class Truncated:
    """The error of truncation to a pair of windows (r, r'), rows arranged: a float matrix, and how far it is off.

    ``off`` bounds that on each cell, infinite where nothing is proved; ``room`` is the same bound for layers that are
    only known as far as is published. ``error`` is the same array for all windows.
    """

    windows: tuple[int, int]
    error: FloatArray
    off: FloatArray
    room: FloatArray


@dataclass(frozen=True, slots=True)
class _Side:
    """A layer over 2^exponent: its near decomposition, enclosed singular values, and squares of vector entries.

    squares : (cells along the outer side, k): of v for the layer that writes, summed over groups of u for the other.
    sizes : norms of W e_j, or of the rows of W' in each group, from above.
    """

    near: Near
    spectrum: Spectrum
    shift: int
    exponent: int
    squares: FloatArray
    sizes: FloatArray
    published: float

    @property
    def top(self) -> flint.arb:
        return self.near.top() * flint.arb(2) ** self.shift

    @property
    def error(self) -> flint.arb:
        return self.near.error * flint.arb(2) ** self.shift

    @np.errstate(**QUIET)
    def moved(self, windows: Sequence[int], outer: flint.arb) -> FloatArray:
        """(21) over ε by window, (windows, cells); ``outer`` bounds how far the outer vectors are from orthonormal."""
        s, r = np.ldexp(self.near.s, self.shift), np.asarray(windows)
        found = np.full((r.size, self.squares.shape[0]), 2.0)
        part = np.flatnonzero(r < s.size)
        if not part.size:
            return found
        r = r[part]
        low, high = (np.ldexp(self.spectrum[i][r - 1 + i], -self.exponent) for i in (0, 1))
        within = np.arange(s.size) < r[:, None]
        gaps = np.where(within, sub_down(s, high[:, None]), sub_down(low[:, None], s))
        weights = div_up(np.broadcast_to(s, gaps.shape), np.where(gaps > 0, gaps, 0.0))
        bound = np.ones((r.size, self.squares.shape[0]))
        for kept in (within, ~within):
            own = np.where(kept, weights, 0.0)
            total, rounding = times(self.squares, np.square(own).T)
            sums = total * ((1.0 + rounding) * (1.0 + gamma(s.size + 18)))
            largest = np.max(own, axis=1, initial=0.0)
            root = add_up(np.sqrt(sums.T) * (1.0 + 4 * U), mul_up(largest, 2 * up(outer) + 2.0**-500)[:, None])
            bound = add_up(bound, mul_up(1.5, root))
        apart = (low > s[r]) & (s[r - 1] > high)
        found[part] = np.where(apart[:, None], bound, np.inf)
        return found


def truncations(
    core: Core,
    spectra: tuple[Spectrum, Spectrum],
    units: Units,
    grouping: Grouping,
    windows: Sequence[tuple[int, int]],
    published: tuple[float, float],
) -> Iterator[Truncated]:
    """X_{r',r} − X in units, for pairs of windows of which none grows; see the module's docstring.

    Parameters
    ----------
    core : of W and W'.
    spectra : enclosed singular values of W and of W'.
    published : how far both layers are known to whoever reads what is published, in units.
    """
    write, read = core.write, core.read
    exponents = units.exponents
    shifts = write.exponent - exponents[0], read.exponent - exponents[1]
    u, v = grouping.arranged(read.left.x), write.right.x
    columns, rows = units.lengths
    writer = _Side(write, spectra[0], shifts[0], exponents[0], np.square(v), columns, published[0])
    group_squares = grouping.squares(u) * (1.0 + gamma(grouping.largest + 2))
    reader = _Side(read, spectra[1], shifts[1], exponents[1], group_squares, rows, published[1])
    m, rounding = core.form(
        np.ldexp(read.s, shifts[1]), np.ldexp(write.s, shifts[0]), (1 + core.write.top()) * (1 + core.read.top())
    )
    unit = flint.arb(2) ** (shifts[0] + shifts[1])
    inner = core.error(1, 1) * unit + rounding + 8 * m.size * TINY
    tilt, tilt_next = write.right.off_spectral, read.left.off_spectral
    # U'DVᵀ − Ū'D̄V̄ᵀ = (U' − Ū')D̄V̄ᵀ + U'D̄(V − V̄)ᵀ + U'(D − D̄)Vᵀ. D̄ is M̄ less its leading block, so that it is S' times
    # a matrix of norm ‖S‖_F at most, and one of ‖S'‖_F times S; both are 2 at most for layers of Frobenius norm 1.
    weighted = (x.weighted * flint.arb(2) ** shift for x, shift in zip((write.right, read.left), shifts, strict=True))
    lean, lean_next = (
        2 * (off * s.top).min(known)
        for off, s, known in zip((tilt, tilt_next), (reader, writer), weighted, strict=True)
    )
    turned = lean_next + (1 + tilt_next) * (lean + (1 + tilt) * inner)
    # ‖P_G(U − Ū)‖_F is at most so many times ‖U − Ū‖₂.
    together = flint.arb(min(grouping.largest, u.shape[1])).sqrt()
    moved = (
        writer.moved([r for r, _ in windows], tilt),
        reader.moved([r_next for _, r_next in windows], tilt_next * together),
    )
    own = _cells(writer, reader, moved, (up(writer.error), up(reader.error)))
    room = _cells(writer, reader, moved, published)
    found = np.zeros((u.shape[0], v.shape[0]))
    float_error = ZERO
    before = read.k, write.k
    for place, (r, r_next) in enumerate(windows):
        now = min(r_next, before[0]), min(r, before[1])
        float_error = (float_error + _strips(found, u, v, m, before, now)).upper()
        before = now
        rest = up(turned + float_error)
        yield Truncated((r, r_next), found, own(place, rest), room(place, rest))


def _cells(
    writer: _Side, reader: _Side, moved: tuple[FloatArray, FloatArray], known: tuple[float, float]
) -> Callable[[int, float], FloatArray]:
    """How far cells are off at a window, beside a ``rest``, for layers W and W' that are known to ``known``:

    ‖W'_G‖‖(W_r − B_r)e_j‖ + ‖(W'_{r'} − B'_{r'})_G‖‖Be_j‖ for what is kept, and ε(‖W'‖ + ε') + ε'‖W‖ for the whole.
    """
    columns, rows = mul_up(moved[0], known[0]), mul_up(moved[1], known[1])
    sizes = add_up(writer.sizes, known[0])
    tops = up(writer.top), up(reader.top)
    whole = add_up(mul_up(known[0], add_up(tops[1], 2 * known[1])), mul_up(known[1], add_up(tops[0], known[0])))

    @np.errstate(**QUIET)
    def off(place: int, rest: float) -> FloatArray:
        # Numbers that are not negative: five roundings take at most (1 + u)^-5 of them, and what underflows.
        kept = reader.sizes[:, None] * columns[place] + rows[place][:, None] * sizes
        found = (kept + add_up(whole, rest)) * (1.0 + 16 * U) + 2.0**-1000
        return np.where(np.isnan(found), np.inf, found)

    return off


def _strips(
    found: FloatArray, u: FloatArray, v: FloatArray, m: FloatArray, before: tuple[int, int], now: tuple[int, int]
) -> flint.arb:
    """Take from ``found`` what leaves the leading block of M, and bound the rounding in the Frobenius norm."""
    (b_next, b), (r_next, r) = before, now
    error = ZERO
    if r_next < b_next and b:
        rows = m[r_next:b_next, :b]
        inner, rounding = times(rows, v[:, :b].T)
        size, width = frobenius_up(rows), flint.arb(b).sqrt() * 2
        error += product_error(rounding, b, size, width, inner.size)
        error += _last(found, u[:, r_next:b_next], inner, error)
    if r < b and r_next:
        columns = m[:r_next, r:b]
        inner, rounding = times(u[:, :r_next], columns)
        size, width = frobenius_up(columns), flint.arb(r_next).sqrt() * 2
        first = product_error(rounding, r_next, width, size, inner.size)
        error += first + _last(found, inner, v[:, r:b].T, first)
    return error


def _last(found: FloatArray, left: FloatArray, right: FloatArray, inner: flint.arb) -> flint.arb:
    """Subtract a product from ``found``; the rounding, and what the error ``inner`` of a factor is multiplied by."""
    k = left.shape[1]
    product, rounding = times(left, right)
    found -= product
    error = product_error(rounding, k, frobenius_up(left), frobenius_up(right), product.size)
    # The other factor has nearly orthonormal columns: of norm below 2, so that an error of its partner is doubled at
    # most. A difference rounds by u of the result, or of what is flushed.
    return error + inner + EPS * frobenius_up(found) * (ONE + 4 * EPS) + 2 * found.size * TINY
