r"""A transport W'W and its truncations (W')_{r'}(W)_r, column by column of each row group, from near-decompositions.

**Product.** Column j of fl(W'W) errs by at most :math:`\gamma\||W'||w_j|\|\le\gamma\|W'\|_F\|w_j\|`, and so does every
part of it.

**Best approximations.** Let B = ŪSV̄ᵀ be within ε of W (spectral norm) and let σ be the singular values of W, with
σ_r > s_{r+1} and s_r > σ_{r+1}. Then ‖W_r − B_r‖ <= ε(1 + σ_r/(σ_r − s_{r+1}) + σ_{r+1}/(s_r − σ_{r+1})).

*Proof.* Let Q, Q* be the projectors onto the leading left and right spaces of B, P and P* those of W, W − B = F. As
W_r = PW = WP*, the identities (1−Q)W_r = (1−Q)(B + F)P* = B(1−Q*)P* + (1−Q)FP* and
W_r(1−Q*) = P(1−Q)B + PF(1−Q*) hold. With a, b the norms of the left sides, ‖(1−Q*)P*‖ <= b/σ_r and ‖P(1−Q)‖ <= a/σ_r,
so max(a, b) <= s_{r+1}max(a, b)/σ_r + ε, that is max(a, b) <= εσ_r/(σ_r − s_{r+1}). In the same way the norms of
(1−P)B_r and B_r(1−P*) are at most εs_r/(s_r − σ_{r+1}), hence ‖Q(1−P)W‖ = ‖Q(1−P)(W−W_r)‖ <= σ_{r+1}‖Q(1−P)‖ <=
εσ_{r+1}/(s_r − σ_{r+1}). Finally W_r − B_r = (1−Q)W_r + Q(W − B) − Q(W − W_r).  □

The truncated transport is then off by the sum over both layers of the distance of their approximations times the norm
of the other layer, and its float form by what bases, core and products round.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import arb

from certify.checker.arithmetic.near_decomposition import NearSVD
from certify.checker.arithmetic.ranges import Range, outside
from certify.checker.arithmetic.rounding import ETA, Array, U, above, absolute_norm, ball, gamma, product, roundings

__all__ = ["Transport"]

Groups = Sequence[Sequence[int]]


class Transport:
    """W'W over 2^(sum of exponents), where the exponents bound the Frobenius norms of W and W'.

    Parameters
    ----------
    layers : W and W' as they are.
    near : their near-decompositions.
    groups : row indices of W'.
    """

    def __init__(
        self, layers: tuple[Array, Array], near: tuple[NearSVD, NearSVD], exponents: tuple[int, int], groups: Groups
    ) -> None:
        lower, upper = (np.ldexp(a, -e) for a, e in zip(layers, exponents, strict=True))
        self.near, self.exponents = near, exponents
        self.groups = [np.asarray(rows) for rows in groups]
        self.whole, _ = product(upper, lower)
        lengths = np.sqrt(np.einsum("ij,ij->j", lower, lower)) * (1.0 + 4 * gamma(lower.shape[0] + 4))
        terms = lower.shape[0]
        # ‖W'‖_F is at most 1 up to what scaling flushed.
        self.slip = lengths * (2 * gamma(roundings(terms))) + 2.0**-900
        self.cells = self._norms(self.whole, self.slip)
        self.core: Array | None = None
        self.core_slip = arb(0)

    def _norms(self, x: Array, slip: Array | float) -> Range:
        found = np.stack([np.sqrt(np.einsum("ij,ij->j", x[rows], x[rows])) for rows in self.groups])
        relative = 4 * gamma(max(rows.size for rows in self.groups) + 8)
        wide = outside(found * (1.0 - relative) - slip, found * (1.0 + relative) + slip)
        return Range(np.maximum(wide.lo, 0.0), wide.hi)

    def truncated(self, windows: tuple[int, int]) -> tuple[Range, Range] | None:
        """Norms of the cells of the change, and of those of the truncated transport; None without certified gaps."""
        approximations = [self._moved(side, r) for side, r in enumerate(windows)]
        if not all(moved.is_finite() for moved in approximations):
            return None
        write, read = self.near
        tops = [self._top(side) for side in (0, 1)]
        errors = [self._unit(side, near.error) for side, near in enumerate(self.near)]
        short, slip = self._short(windows, tops)
        off = approximations[0] * (tops[1] + errors[1]) + approximations[1] * (tops[0] + errors[0]) + slip
        if not off < 1:
            return None
        bound = above(off)
        return self._norms(short - self.whole, self.slip + bound), self._norms(short, bound)

    def _unit(self, side: int, value: float) -> arb:
        return ball(value) * arb(2) ** (self.near[side].exponent - self.exponents[side])

    def _top(self, side: int) -> arb:
        return self._unit(side, float(self.near[side].s[0]))

    def _moved(self, side: int, r: int) -> arb:
        near = self.near[side]
        if r >= near.d:
            return self._unit(side, near.error)
        kept, beyond, error = (ball(float(x)) for x in (near.s[r - 1], near.s[r], near.error))
        # σ_r >= s_r − ε and σ_{r+1} <= s_{r+1} + ε.
        gap = kept - beyond - error
        if not gap > 0:
            return arb.nan()
        return self._unit(side, near.error) * (1 + (kept - error) / gap + (beyond + error) / gap)

    def _short(self, windows: tuple[int, int], tops: Sequence[arb]) -> tuple[Array, arb]:
        """The truncated product of the near-decompositions, and what it is off."""
        write, read = self.near
        if self.core is None:
            self.core, rounding = product(np.ascontiguousarray(read.right.T), write.left)
            tilt = ball(read.right_distance)
            self.core_slip = ball(rounding) + tilt + (1 + tilt) * ball(write.left_distance)
        r, r_next = windows
        scales = [
            np.ldexp(near.s[:window], near.exponent - exponent)
            for near, window, exponent in zip(self.near, windows, self.exponents, strict=True)
        ]
        middle = scales[1][:, None] * self.core[:r_next, :r] * scales[0]
        off = tops[0] * tops[1] * self.core_slip + ball(4 * U) * ball(absolute_norm(middle)) + ball(8 * ETA) * middle.size
        half, rounding = product(middle, np.ascontiguousarray(write.right[:, :r].T))
        found, last = product(read.left[:, :r_next], half)
        outer, inner = ball(read.left_distance), ball(write.right_distance)
        slip = ball(last) + (1 + outer) * (ball(rounding) + (1 + inner) * off)
        return found, slip + (outer + inner * (1 + outer)) * tops[0] * tops[1]
