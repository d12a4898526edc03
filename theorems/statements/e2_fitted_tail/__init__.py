r"""E2. The tail of a spectrum from its fit.

Statement
    What a window leaves out is known from the fit of a spectrum up to the total variation between the two. For energies
    p of a layer on d ranks and g of its fit, :math:`g_k=k^{-s}/H_d(s)`, and every window r

    .. math::
        |\mathrm{tail}_p(r)-\mathrm{tail}_g(r)|
        \le\min\Bigl(\sum_{k\le r}|p_k-g_k|,\ \sum_{k>r}|p_k-g_k|\Bigr)
        \le\tfrac12\sum_k|p_k-g_k|\le\sin\theta,\qquad\cos\theta=\sum_k\sqrt{p_kg_k} .

    Let X = W'W, truncated to windows r and r', let ε and ε' be such bounds for W and W'. Then

    .. math::
        \|X-X_{r',r}\|_F^2\le\sigma_1(W')^2\|W\|_F^2\,(\mathrm{tail}_g(r)+\varepsilon)
        +\|W'\|_F^2\,(\mathrm{tail}_{g'}(r')+\varepsilon')\,\sigma_1(W)^2 .

    An instance calls W and W' A and A_next, and the sum of g is its ``mass``.

Reference
    GSA-II (arXiv 2605.02111); Cauchy and Schwarz for the last bound, E1 for the truncation.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from certify.geometry.spectrum.chart import tail_energy
from certify.geometry.transport.fitted_tail import (
    angle_sine,
    fitted_tail_bound,
    fitted_truncation_squared,
    tail_difference,
    total_variation,
)
from certify.rigor.functions import maximum
from certify.verdict import Verdict, combine
from theorems.engine.declare import Declaration, Facts, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import small
from theorems.exact.scalars import Scalar
from theorems.statements.e2_fitted_tail import proofs, samples
from theorems.statements.e2_fitted_tail.samples import Layer, case, diagonal, layers
from theorems.subjects.transports import composable, leading, transport

theorem = Declaration(
    __doc__,
    parameters=samples.FITTED,
    dimensions=samples.SIZES,
    strategy=samples.transports_with_fits,
    families=samples.plain,
)


@hypothesis(r"W,W'\ne0", defines="there are no energies")
def nonzero(x: Instance) -> bool:
    """W and W' are not 0"""
    return all(x.matrix(name).rank() > 0 for name in ("A", "A_next"))


@hypothesis(r"0\le r\le d,\ 0\le r'\le d'", defines="there is no such window")
def windows(x: Instance) -> bool:
    """the windows lie between 0 and the number of ranks"""
    cut = (("A", "r"), ("A_next", "r_next"))
    return all(0 <= x.integer(r) <= min(x.matrix(a).nrows(), x.matrix(a).ncols()) for a, r in cut)


@hypothesis(r"\sum_kg_k=1", needed="what g has too much or too little is nobody's energy")
def normalized(x: Instance) -> bool:
    """the fits have mass 1"""
    return x.rational("mass") == 1


_SPECTRA = (nonzero, windows)


@theorem.bound(
    r"|\mathrm{tail}_p(r)-\mathrm{tail}_g(r)|\le\min(\sum_{k\le r}|p_k-g_k|,\sum_{k>r}|p_k-g_k|)",
    *_SPECTRA,
    normalized,
    attained_at=samples.tails,
)
def fitted_tail(x: Instance) -> Sides:
    """|tail_p(r) − tail_g(r)| ≤ min(Σ_{k≤r}|p_k − g_k|, Σ_{k>r}|p_k − g_k|)"""
    w, _ = layers(x)
    return tail_difference(w.p, w.g, w.r), fitted_tail_bound(w.p, w.g, w.r)


@theorem.bound(
    r"\min(\sum_{k\le r}|p_k-g_k|,\sum_{k>r}|p_k-g_k|)\le\tfrac12\sum_k|p_k-g_k|",
    *_SPECTRA,
    normalized,
    attained_at=samples.tails,
    name="total variation",
)
def in_total(x: Instance) -> Sides:
    """min(Σ_{k≤r}|p_k − g_k|, Σ_{k>r}|p_k − g_k|) ≤ ½ Σ|p_k − g_k|"""
    w, _ = layers(x)
    return fitted_tail_bound(w.p, w.g, w.r), total_variation(w.p, w.g)


@theorem.bound(r"\tfrac12\sum_k|p_k-g_k|\le\sin\theta", *_SPECTRA, normalized, attained_at=samples.angle_attained)
def angle(x: Instance) -> Sides:
    """½ Σ|p_k − g_k| ≤ sin θ, cos θ = Σ√(p_k g_k)"""
    w, _ = layers(x)
    return total_variation(w.p, w.g), angle_sine(w.p, w.g)


def _truncated(x: Instance, error: Callable[[Layer], Scalar]) -> Sides:
    w, w_next = layers(x)
    tails = [tail_energy(layer.g, layer.r) + error(layer) for layer in (w, w_next)]
    bound = fitted_truncation_squared((w.top, w.squared), (w_next.top, w_next.squared), *tails)
    return transport(x).error_squared, bound


_ERROR = r"\|X-X_{r',r}\|_F^2\le\sigma_1(W')^2\|W\|_F^2(\mathrm{tail}_g(r)+\varepsilon)+\dots"
_TRANSPORT = (*_SPECTRA, normalized, composable, leading)


@theorem.bound(_ERROR, *_TRANSPORT, attained_at=samples.truncations)
def fitted_truncation(x: Instance) -> Sides:
    """‖X − X_{r',r}‖_F² ≤ σ₁(W')²‖W‖_F²(tail_g(r) + ε) + ‖W'‖_F²(tail_g'(r') + ε')σ₁(W)², ε the smaller sum"""
    return _truncated(x, lambda w: fitted_tail_bound(w.p, w.g, w.r))


@theorem.bound(
    _ERROR.replace(r"\varepsilon", r"\sin\theta"),
    *_TRANSPORT,
    attained_at=samples.from_the_angle,
    note="attained where one window is full and the other layer's fit is exact",
)
def truncation_by_angles(x: Instance) -> Sides:
    """‖X − X_{r',r}‖_F² ≤ the same with sin θ and sin θ' for ε and ε'"""
    return _truncated(x, lambda w: angle_sine(w.p, w.g))


@theorem.bound(r"\tfrac12\sum_k|p_k-g_k|\le\sin^2\theta", *_SPECTRA, normalized, false=True)
def squared_sine(x: Instance) -> Sides:
    """½ Σ|p_k − g_k| ≤ sin²θ"""
    value, sine = angle(x)
    return value, sine * sine


@theorem.bound(r"|\mathrm{tail}_p(r)-\mathrm{tail}_g(r)|\le\max_k|p_k-g_k|", *_SPECTRA, normalized, false=True)
def largest_difference(x: Instance) -> Sides:
    """|tail_p(r) − tail_g(r)| ≤ max|p_k − g_k|"""
    w, _ = layers(x)
    steps = [tail_difference([p], [g], 0) for p, g in zip(w.p, w.g, strict=True)]
    return tail_difference(w.p, w.g, w.r), maximum(steps[0], steps[0], *steps[1:])


@theorem.bound(
    r"\|X-X_{r',r}\|_F^2\le\sigma_1(W')^2\|W\|_F^2\,\mathrm{tail}_g(r)+\dots",
    *_TRANSPORT,
    false=True,
    note="a fit may have a lighter tail than the spectrum",
)
def tail_of_the_fit_alone(x: Instance) -> Sides:
    """‖X − X_{r',r}‖_F² ≤ σ₁(W')²‖W‖_F² tail_g(r) + ‖W'‖_F² tail_g'(r')σ₁(W)²"""
    return _truncated(x, lambda w: w.squared * 0)


_ONE = diagonal(1, 1)
theorem.witness(fitted_tail, normalized, case(diagonal(1, 0), [[1, 0]], 1, 1, mass=2))
theorem.witness(angle, normalized, case(diagonal(1, 0), [[1, 0]], 1, 1, mass=Fraction(8, 5)))
theorem.witness(fitted_truncation, normalized, case(_ONE, _ONE, 1, 2, s=1, mass=Fraction(3, 4)))
theorem.witness(truncation_by_angles, normalized, case(_ONE, _ONE, 1, 2, s=4, s_next=4, mass=Fraction(4, 3)))
for reading in (fitted_truncation, truncation_by_angles):
    theorem.witness(reading, leading, case(diagonal(1, 2), _ONE, 1, 2, s=2, window="coordinate"))
theorem.witness(squared_sine, None, case(diagonal(2, 1), [[1, 0]], 0, 1))
# With three ranks every tail of p − g, or its head, is one of the differences.
theorem.witness(largest_difference, None, case(diagonal(1, 1, 0, 0), [[1, 0, 0, 0]], 2, 1))
theorem.witness(tail_of_the_fit_alone, None, case(_ONE, _ONE, 1, 2, s=2))


@theorem.stratum
def heavier(x: Instance) -> bool:
    """the tail of W is heavier than that of its fit"""
    w, _ = layers(x)
    return bool(tail_energy(w.p, w.r) > tail_energy(w.g, w.r))


@theorem.stratum
def lighter(x: Instance) -> bool:
    """the tail of W is lighter than that of its fit"""
    w, _ = layers(x)
    return bool(tail_energy(w.p, w.r) < tail_energy(w.g, w.r))


@theorem.stratum
def both_windows_cut(x: Instance) -> bool:
    """both windows leave energy out"""
    return all(bool(tail_energy(w.p, w.r) > 0) for w in layers(x))


@theorem.property
def scale(x: Instance) -> Verdict:
    """the bounds do not depend on the scale of W, and those of the truncation have its square for a factor"""
    rows: Any = x["A"]
    y = x.replace(A=[[3 * v for v in row] for row in rows])
    same = [small(lambda f=f: f(x)[1] - f(y)[1]) for f in (fitted_tail, in_total, angle)]
    grown = [small(lambda f=f: 9 * f(x)[1] - f(y)[1]) for f in (fitted_truncation, truncation_by_angles)]
    return combine([*same, *grown])


signs = theorem.proof("symbolic", "all real p and g of d ≤ 5 ranks and equal mass, all windows")(proofs.signs)
mean = theorem.proof("symbolic", "all non-negative differences of d ≤ 5 ranks, all windows")(proofs.mean)
theorem.proof("symbolic", "all energies of d ≤ 5 ranks")(proofs.two_norms)
theorem.proof("symbolic", "all norms and all bounds of the tails, given E1")(proofs.insertion)


@theorem.proof("instances", "one instance for every condition")
def refused() -> Facts:
    """A layer that is 0 and a window beyond the ranks are refused, on either side."""
    zero, wide = [[0, 0]], [[1, 0]]
    for hypothesis_, bad in (
        (nonzero, (case([[0], [0]], wide, 0, 0), case([[1], [0]], zero, 0, 0))),
        (windows, (case([[1], [0]], wide, 2, 0), case([[1], [0]], wide, 0, 2), case([[1]], [[1]], -1, 0))),
    ):
        for k, x in enumerate(bad, 1):
            yield f"{hypothesis_.name}, instance {k}", hypothesis_.holds(x) is Verdict.REFUTED


theorem.stronger(in_total, normalized, "a minimum is at most the mean, whatever the masses are", mean)

theorem.mutant("half", "half of the sums", fitted_tail, lambda x: (fitted_tail(x)[0], fitted_tail(x)[1] / 2))
theorem.mutant("squared sine", "sin²θ for sin θ", angle, squared_sine)
theorem.mutant("largest difference", "one term of the sums", fitted_tail, largest_difference)
theorem.mutant("no error", "the tail of the fit alone", fitted_truncation, tail_of_the_fit_alone)
