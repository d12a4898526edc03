r"""The Hellinger projection of a spectrum onto the power laws: all global minimizers, by branch and bound (D5, D6).

Minimizing :math:`\sum_k(\sqrt{p_k}-\sqrt{g_k(2\alpha)})^2` is maximizing the affinity, whose logarithm and slope are

.. math::
    f(\alpha)=\log\sum_k\sqrt{p_k}\,k^{-\alpha}-\tfrac12\log H_d(2\alpha),\qquad
    f'(\alpha)=u_d(2\alpha)-E_{\nu(\alpha)}[\log k],\quad \nu_k(\alpha)\propto\sqrt{p_k}\,k^{-\alpha}.

f need not be unimodal, even for decreasing p: for d = 256 and σ = (1, ε, …, ε) it has two maxima, and the larger one
jumps from α near 3.7 to α near 0.6 where ε passes 0.0494. So the search covers the whole line:

* α < 0: p decreases, so ν(α) is below g(α) in the likelihood-ratio order, :math:`E_\nu\le u_d(\alpha)<u_d(2\alpha)` and
  f increases.
* α >= A: f' < 0 as soon as :math:`\sum_k\sqrt{p_k}k^{-A}\sum_kk^{-2A}\log k<\sqrt{p_2}\,2^{-A}\log2`. *Proof*: f' < 0
  iff :math:`H_d(2\alpha)\sum\sqrt{p_k}k^{-\alpha}\log k>\sum\sqrt{p_k}k^{-\alpha}\sum k^{-2\alpha}\log k`. At A + t
  the left side is at least its term :math:`\sqrt{p_2}2^{-A-t}\log2`, the right side at most :math:`2^{-2t}` times its
  value at A.
* [a, b] inside [0, A]: u_d(2α) and E_ν(α) both decrease in α (the derivatives are minus a variance), so f' lies in
  :math:`[u_d(2b)-E_{\nu(a)},\,u_d(2a)-E_{\nu(b)}]`. A box where f' has one sign, or where f stays below the value
  already reached, holds no maximizer.
* What is left is a box where f'' < 0 is proved; there f' decreases and its signs at two points enclose the maximizer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import flint
import numpy as np

from certify.geometry.number import Number, coerce
from certify.geometry.spectrum.approx_candidates import FloatArray, approx_affinity_maximum, approx_concave
from certify.geometry.spectrum.chart import (
    mean_log_rank,
    moment_columns,
    moments,
    power_sum,
    powers,
    tilted_mean_log_rank,
    tilted_moments,
)
from certify.geometry.spectrum.roots import Fit, bracket, no_fit
from certify.rigor.ball import hull_ball
from certify.rigor.functions import log

__all__ = ["affinity_slope", "log_affinity", "maximize_affinity"]

_RIGHT_LIMIT = 2.0**20
_BOXES = 600
_NARROWEST = 2.0**-30
_TRIED = 10


def log_affinity(root_p: Sequence[Number], alpha: Number) -> Number:
    r"""f(α), the logarithm of :math:`\sum_k\sqrt{p_kg_k(2\alpha)}` up to the norm of ``root_p`` (D6)."""
    return log(tilted_moments(root_p, alpha)[0]) - log(power_sum(len(root_p), 2 * coerce(alpha))) / 2


def affinity_slope(root_p: Sequence[Number], alpha: Number) -> Number:
    r"""f'(α) = :math:`u_d(2\alpha)-E_{\nu(\alpha)}[\log k]` (D6)."""
    return mean_log_rank(len(root_p), 2 * coerce(alpha)) - tilted_mean_log_rank(root_p, alpha)


_Moments = tuple[flint.arb, flint.arb, flint.arb]


class _Search:
    """Moments at the end points of boxes, each computed once."""

    def __init__(self, root_p: Sequence[flint.arb]) -> None:
        self.root_p = list(root_p)
        self.columns = moment_columns(self.root_p)
        self._moments: dict[float, tuple[_Moments, _Moments]] = {}
        self._value: dict[float, flint.arb] = {}

    def _both(self, alpha: float) -> tuple[_Moments, _Moments]:
        if alpha not in self._moments:
            # The weights of the power law at 2α are the squares of those at α.
            weights = powers(len(self.root_p), flint.arb(alpha))
            self._moments[alpha] = moments(weights, self.columns), moments([w * w for w in weights])
        return self._moments[alpha]

    def tilted(self, alpha: float) -> _Moments:
        return self._both(alpha)[0]

    def gibbs(self, alpha: float) -> _Moments:
        return self._both(alpha)[1]

    def value(self, alpha: float) -> flint.arb:
        """:func:`log_affinity`; the mass of the ones is the power sum."""
        if alpha not in self._value:
            self._value[alpha] = log(self.tilted(alpha)[0]) - log(self.gibbs(alpha)[0]) / 2
        return self._value[alpha]

    def slope(self, alpha: float) -> flint.arb:
        """:func:`affinity_slope`."""
        return self.gibbs(alpha)[1] - self.tilted(alpha)[1]

    def rate(self, alpha: float) -> float:
        """An approximation of -f''."""
        nu, g = self.tilted(alpha), self.gibbs(alpha)
        return float((2 * (g[2] - g[1] * g[1]) - (nu[2] - nu[1] * nu[1])).mid())

    def slope_range(self, a: float, b: float) -> tuple[flint.arb, flint.arb]:
        """Balls below and above every f' on [a, b]."""
        return self.gibbs(b)[1] - self.tilted(a)[1], self.gibbs(a)[1] - self.tilted(b)[1]

    def concave(self, a: float, b: float) -> bool:
        """Whether f'' = Var_ν − 2 v_d(2α) is proved negative on [a, b].

        The moments E[log k] and E[log² k] of both families decrease in α: minus a variance, and minus the covariance of
        two increasing functions of k.
        """
        nu_square, nu_mean = self.tilted(a)[2], self.tilted(b)[1]
        g_square, g_mean = self.gibbs(b)[2], self.gibbs(a)[1]
        return (nu_square - nu_mean * nu_mean) - 2 * (g_square - g_mean * g_mean) < 0

    def leftover(self, a: float, b: float, reached: flint.arb) -> list[tuple[float, float]]:
        """The boxes of [a, b] in which a maximizer of f with maximum >= ``reached`` is not excluded."""
        kept: list[tuple[float, float]] = []
        boxes = deque([(a, b)] if a < b else [])
        for _ in range(_BOXES):
            if not boxes:
                return kept
            left, right = boxes.popleft()
            low, high = self.slope_range(left, right)
            if low > 0 or high < 0:
                continue
            width = flint.arb(right) - flint.arb(left)
            if (
                self.value(left) + width * high.max(flint.arb(0)) < reached
                or self.value(right) - width * low.min(flint.arb(0)) < reached
            ):
                continue
            middle = (left + right) / 2
            if right - left < _NARROWEST * max(1.0, right) or not left < middle < right:
                kept.append((left, right))
            else:
                boxes.extend([(left, middle), (middle, right)])
        return [*kept, *boxes]


def maximize_affinity(root_p: Sequence[flint.arb]) -> Fit:
    r"""Enclose every global maximizer of the affinity with the power laws.

    Parameters
    ----------
    root_p : the square roots of a decreasing energy distribution, up to a common factor (the singular values, say).

    Returns
    -------
    The enclosure of the set of maximizers. Where it is one certified maximizer there is no cause; where boxes could
    not be excluded (a tie of two maxima, a flat maximum) the enclosure is their hull and the cause says so.
    """
    search = _Search(root_p)
    right = _search_end(search)
    if right is None:
        return no_fit("the second singular value is not certainly positive: rank one has no finite exponent")
    floats = np.array([float((x / root_p[0]).mid()) for x in root_p])
    guess = approx_affinity_maximum(floats, right)
    reached = search.value(guess)
    box = _concave_box(search, floats, guess)
    fit = _FLAT if box is None else bracket(search.slope, search.rate, guess, box)
    if box is None or fit.cause:
        return _hull(search.leftover(0.0, right, reached), _FLAT.cause)
    rivals = search.leftover(0.0, box[0], reached) + search.leftover(box[1], right, reached)
    if rivals:
        return Fit(
            _hull(rivals, "").alpha.union(fit.alpha), "the affinity has rival maxima that its enclosure cannot rank"
        )
    return fit


_FLAT = no_fit("the maximum of the affinity is too flat to single out its exponent")


def _search_end(search: _Search) -> float | None:
    """A with f' < 0 on [A, ∞), or None where the second entry may vanish."""
    root_p = search.root_p
    if len(root_p) < 2 or not root_p[1] > 0:
        return None
    log_2 = flint.arb(2).log()
    end = 1.0
    while end <= _RIGHT_LIMIT:
        mass, (whole, mean, _) = search.tilted(end)[0], search.gibbs(end)
        if mass * whole * mean < root_p[1] * (-end * log_2).exp() * log_2:
            return end
        end *= 2
    return None


def _concave_box(search: _Search, root_p: FloatArray, guess: float) -> tuple[float, float] | None:
    halves = [0.25 * 2.0**-k for k in range(_TRIED)]
    first = [*approx_concave(root_p, guess, halves), True].index(True)
    half = 0.25 * 2.0**-first
    while half > _NARROWEST * max(1.0, guess):
        if search.concave(guess - half, guess + half):
            return guess - half, guess + half
        half /= 2
    return None


def _hull(boxes: Sequence[tuple[float, float]], cause: str) -> Fit:
    if not boxes:
        return no_fit("no box of the search can hold the maximum")
    return Fit(hull_ball(min(a for a, _ in boxes), max(b for _, b in boxes)), cause)
