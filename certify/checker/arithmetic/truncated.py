r"""A transport W'W and its truncations (W')_{r'}(W)_r, column by column of each row group, from near-decompositions.

**Product.** Column j of fl(W'W) errs by at most :math:`\gamma\||W'||w_j|\|\le\gamma\|W'\|_F\|w_j\|`, and so does every
part of it.

**Best approximations.** Let B = ŪSV̄ᵀ, F = W − B, ‖F‖_F <= ε, and let σ be the singular values of W with σ_r > s_{r+1}
and s_r > σ_{r+1}. Then for every column j

.. math::
    \|(W_r-B_r)e_j\|\le\varepsilon\Bigl(1+\sqrt2\,\bigl(\sum_{i\le r}g_i^2\bar v_i(j)^2\bigr)^{1/2}
    +\sqrt2\,\bigl(\sum_{i>r}h_i^2\bar v_i(j)^2\bigr)^{1/2}\Bigr),\quad
    g_i=\frac{s_i}{s_i-\sigma_{r+1}},\ h_i=\frac{s_i}{\sigma_r-s_i}.

*Proof.* Let Q project onto the left singular vectors of W up to r: QW = W_r, so B_r − W_r = (1−Q)B_r − QF − Q(B − B_r).
Let (u, v) be singular vectors of W for σ, or one of them with σ = 0. From uᵀWv̄_i = σ⟨v, v̄_i⟩ and ūᵢᵀWv = σ⟨ū_i, u⟩,
s_i⟨u, ū_i⟩ = σ⟨v, v̄_i⟩ − f and s_i⟨v, v̄_i⟩ = σ⟨u, ū_i⟩ − f', f = uᵀFv̄_i, f' = ūᵢᵀFv. Eliminating the second product
gives (σ² − s_i²)⟨u, ū_i⟩ = s_if + σf'. Over the u beyond r, where σ <= σ_{r+1}, and i <= r:
(s_i/g_i)|⟨u, ū_i⟩| <= |s_if + σf'|/(s_i + σ), whose square is at most f² + f'²; these add up to 2ε². So the matrix
(1−Q)Ū_rS_rG⁻¹ has Frobenius norm √2ε at most, and (1−Q)B_re_j is its product with (g_iv̄_i(j))_i. The same for u up to
r and i > r with h_i.  □

With W_c = W − W_r and B_c = B − B_r, W_c − B_c = F − (W_r − B_r) = (1−Q)F + (1−Q)B_r − Q(B − B_r) has the same bound.
By transposition both hold for rows, and for the norms of groups of them with the sums of the squares of ū_i over a
group.

**Changes.** W'W − W'_{r'}W_r = W'_{r'}W_c + W'_cW. With column and row the bounds above for W and W', the cell (G, j)
of its distance from the same in B and B' is at most

.. math::
    \|W'_G\|(\mathrm{column}_j+\varepsilon)+\mathrm{row}_G(\|B_ce_j\|+\|Be_j\|),

and ‖B_ce_j‖² = Σ_{i>r}s_i²v̄_i(j)². In B and B' the change is a sum over the steps from each window to the next smaller
one, from (q', q) to (r', r)

.. math:: \bar U'_{r'}M_{r',\,r:q}\bar V_{r:q}^T+\bar U'_{r':q'}M_{r':q',\,q}\bar V_q^T,\qquad M=TV'^TUS,

which is thin where windows are near each other; both terms are one product of matrices side by side. It is formed with
float bases: exactly so it would be U'MVᵀ − U'_{r'}M_{r'r}V_rᵀ, and to each of the two the bases add
(p + q(1 + p))t_1s_1, for ‖U' − Ū'‖ <= p and ‖V − V̄‖ <= q, and the core its error times (1 + p)(1 + q). Every product
then adds its own, and γ of what it is added to: of (1 + p)(1 + q)‖M‖_F, for M without the entries of a window, and of
the errors so far.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from flint import arb
from numpy.typing import NDArray

from certify.checker.arithmetic.crossing import Crossing
from certify.checker.arithmetic.near_decomposition import NearSVD
from certify.checker.arithmetic.ranges import Range, lengths
from certify.checker.arithmetic.rounding import ETA, Array, U, above, absolute_norm, ball, gamma, product, roundings
from certify.checker.arithmetic.scaled_matrix import frobenius
from certify.checker.tasks import once

__all__ = ["Transport"]

Groups = Sequence[Sequence[int]]


def _places(rows: Sequence[int]) -> slice | NDArray[np.intp]:
    """Rows that follow each other are not copied."""
    first, last = rows[0], rows[-1] + 1
    return slice(first, last) if [*rows] == [*range(first, last)] else np.asarray(rows)


class Transport:
    """W'W over 2^(sum of exponents), where the exponents bound the Frobenius norms of W and W'.

    Parameters
    ----------
    layers : W and W' as they are.
    crossing : their core, asked for with the first truncation.
    groups : row indices of W'.
    """

    def __init__(
        self,
        layers: tuple[Array, Array],
        crossing: Crossing,
        exponents: tuple[int, int],
        groups: Groups,
    ) -> None:
        lower, upper = (np.ldexp(a, -e) for a, e in zip(layers, exponents, strict=True))
        self.crossing, self.exponents = crossing, exponents
        self.groups = [_places(rows) for rows in groups]
        self.largest = max(map(len, groups))
        self.planned: list[tuple[int, int]] = []
        self.whole, _ = product(upper, lower)
        sizes = np.sqrt(np.einsum("ij,ij->j", lower, lower)) * (1.0 + 4 * gamma(lower.shape[0] + 4))
        terms = lower.shape[0]
        # ‖W'‖_F is at most 1 up to what scaling flushed.
        # A root of squares that underflow may be 2^-500 short.
        self.slip = (sizes + 2.0**-500) * (2 * gamma(roundings(terms))) + 2.0**-900
        self.cells = self._norms(self.whole, self.slip)
        relative = 1.0 + 4 * gamma(terms + self.largest * upper.shape[1] + 8)
        self.columns = sizes * relative + 2.0**-500
        self.rows = np.array([np.linalg.norm(upper[rows]) for rows in self.groups]) * relative + 2.0**-500

    @property
    def near(self) -> tuple[NearSVD, NearSVD]:
        """The near-decompositions of W and W'."""
        return self.crossing.near

    @property
    def squares(self) -> tuple[Array, Array]:
        """Squares of the right vectors of W, and of the left ones of W' summed over the groups."""
        return once(self, "_squares", self._square)

    def _square(self) -> tuple[Array, Array]:
        write, read = self.near
        sums = [np.einsum("ij,ij->j", read.left[rows], read.left[rows]) for rows in self.groups]
        return np.square(write.right), np.stack(sums)

    def _norms(self, x: Array, slip: Array | float, less: Array | None = None) -> Range:
        """Norms of the cells of x, or of x less another matrix, entries off by ``slip``."""
        parts = (x[rows] if less is None else x[rows] - less[rows] for rows in self.groups)
        found = np.stack([np.sqrt(np.einsum("ij,ij->j", part, part)) for part in parts])
        return lengths(found, found, self.largest + 8, slip)

    def plan(self, windows: Iterable[tuple[int, int]]) -> None:
        """Windows of which truncations are asked for; those of one plan are cheaper together."""
        self.planned = sorted({*self.planned, *windows}, reverse=True)

    def truncated(self, windows: tuple[int, int]) -> tuple[Range, Range] | None:
        """Norms of the cells of the change, and of those of the truncated transport; None without certified gaps."""
        if windows not in self.planned:
            self.plan([windows])
            vars(self).pop("_all", None)
        return once(self, "_all", self._truncate)[windows]

    def _truncate(self) -> dict[tuple[int, int], tuple[Range, Range] | None]:
        """All windows of the plan; they do not increase, or the steps would begin again."""
        found: dict[tuple[int, int], tuple[Range, Range] | None] = {}
        change, slip, reached = np.zeros(self.whole.shape), arb(0), (self.near[0].d, self.near[1].d)
        for windows in self.planned:
            if windows[1] > reached[1]:
                change, slip, reached = np.zeros(self.whole.shape), arb(0), (self.near[0].d, self.near[1].d)
            change, more = self._step(change, reached, windows, slip)
            slip += more
            reached = windows
            off = self._distance(windows) + above(slip + self._tilt())
            if not np.all(off < 1):
                found[windows] = None
                continue
            # The difference rounds once an entry, and the norms of its cells are at most 2.
            kept = self._norms(self.whole, self.slip + off + 4 * U, change)
            found[windows] = self._norms(change, off), kept
        return found

    def _distance(self, windows: tuple[int, int]) -> Array:
        """How far the cells of the change may be from those in the near-decompositions."""
        column, row = (self._moved(side, r) for side, r in enumerate(windows))
        write = self.near[0]
        spread = above(self._unit(0, write.spread))
        scaled = np.ldexp(write.s[windows[0] :], write.exponent - self.exponents[0])
        beyond = np.sqrt(self.squares[0][:, windows[0] :] @ np.square(scaled)) * (1.0 + 2.0**-30)
        beyond += (2 * write.right_distance + 2.0**-400) * float(np.max(scaled, initial=0.0)) + 2.0**-400
        off = self.rows[:, None] * (column + spread) + row[:, None] * (beyond + self.columns + spread)
        return off * (1.0 + 2.0**-40) + 2.0**-900

    def _unit(self, side: int, value: float) -> arb:
        return ball(value) * arb(2) ** (self.near[side].exponent - self.exponents[side])

    def _top(self, side: int) -> arb:
        return self._unit(side, float(self.near[side].s[0]))

    def _moved(self, side: int, r: int) -> Array:
        """Bounds of (W_r − B_r)e_j for all columns, or of the rows of W'_{r'} − B'_{r'} in all groups."""
        near, squares = self.near[side], self.squares[side]
        # In the Frobenius norm over the rows of a group.
        rank = min(self.largest, near.d) if side else 1
        tilt = (near.left_distance if side else near.right_distance) * (math.sqrt(rank) + 2.0**-40)
        if r >= near.d:
            return np.full(squares.shape[0], above(self._unit(side, near.spread)))
        # σ_r >= s_r − ε and σ_{r+1} <= s_{r+1} + ε; the weights increase in the σ that they have.
        low = np.nextafter(near.s[r - 1] - near.error, -np.inf)
        high = np.nextafter(near.s[r] + near.error, np.inf)
        if not (low > near.s[r] and near.s[r - 1] > high):
            return np.full(squares.shape[0], np.inf)
        found = np.ones(squares.shape[0])
        for part, gaps in ((slice(0, r), near.s[:r] - high), (slice(r, None), low - near.s[r:])):
            weights = near.s[part] / gaps * (1.0 + 2.0**-40)
            sums = squares[:, part] @ np.square(weights)
            largest = float(np.max(weights, initial=0.0))
            found += 1.5 * (np.sqrt(sums) * (1.0 + 2.0**-30) + largest * (2 * tilt + 2.0**-500))
        return found * (above(self._unit(side, near.spread)) * (1.0 + 2.0**-40))

    @property
    def middle(self) -> tuple[Array, arb]:
        """M, and how far it is from that of the orthonormal bases."""
        return once(self, "_middle", self._make_middle)

    def _make_middle(self) -> tuple[Array, arb]:
        core, core_slip, _ = self.crossing.core
        scales = [
            np.ldexp(near.s, near.exponent - exponent) for near, exponent in zip(self.near, self.exponents, strict=True)
        ]
        found = scales[1][:, None] * core * scales[0]
        off = self._top(0) * self._top(1) * core_slip
        return found, off + ball(4 * U) * ball(absolute_norm(found)) + ball(8 * ETA) * found.size

    @property
    def weight(self) -> arb:
        """‖M‖_F of the float M."""
        return once(self, "_weight", lambda: frobenius(self.middle[0]))

    def _tilt(self) -> arb:
        """What float bases and the core add to a change."""
        outer, inner = ball(self.near[1].left_distance), ball(self.near[0].right_distance)
        core = (1 + outer) * (1 + inner) * self.middle[1]
        return 2 * (core + (outer + inner * (1 + outer)) * self._top(0) * self._top(1))

    def _step(self, change: Array, old: tuple[int, int], new: tuple[int, int], before: arb) -> tuple[Array, arb]:
        """Add to a change, off by ``before``, what lies between two windows; the sum, and what that rounds."""
        (q, q_next), (r, r_next) = old, new
        if old == new:
            return change, arb(0)
        left, right, middle = self.near[1].left, self.near[0].right, self.middle[0]
        outer, inner = 1 + ball(self.near[1].left_distance), 1 + ball(self.near[0].right_distance)
        lower, lower_slip = product(left[:, :r_next], middle[:r_next, r:q])
        upper, upper_slip = product(middle[r_next:q_next, :q], right[:, :q].T)
        # Errors are spectral, and of a matrix of so many ranks at the most.
        size = outer * inner * self.weight + before * arb(min(change.shape)).sqrt()
        change, last = product(
            np.concatenate([lower, left[:, r_next:q_next]], axis=1),
            np.concatenate([right[:, r:q].T, upper]),
            onto=(change, size),
        )
        return change, ball(lower_slip) * inner + ball(upper_slip) * outer + ball(last)
