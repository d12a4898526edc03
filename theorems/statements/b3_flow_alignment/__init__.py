r"""B3.flow. Under weight decay windows align at the rate of the imbalance, while their gap is open.

Statement
    With K = WWᵀ, H = W'ᵀW', Δ = H − K, P the projector of the k-window of K, 0 < k < n, and γ > 0 the sum of the gaps
    λ_k − λ_{k+1} of K and H,

    .. math::
        \frac{\|(I-P)\Delta P\|_F}{\lambda_1(H)-\lambda_n(H)}\le\|\sin\Theta_k\|_F
        \le\frac{\sqrt2\,\|\Delta\|_F}{\gamma} .

    Under gradient flow with decay λ (B1) Δ(t) = e^{−2λt}Δ(0), so the angle decays no slower than e^{−2λt} while γ stays
    above a positive number, and no faster while the off-diagonal block of Δ(0) in the frame of K(t) stays away from 0
    and λ₁(H) − λ_n(H) is bounded. If the two layers move along a path of Frobenius length p,

    .. math:: \gamma(t)\ge\gamma-2wp,\qquad w^2=\sigma_k^2+\sigma_{k+1}^2\ \text{summed over both layers};

    in time τ the flow of F is no longer than :math:`p=\sqrt{\tau(F-\inf F)}`. Hence a horizon from one snapshot:

    .. math::
        \|\sin\Theta_k(t+\tau)\|_F\le\frac{\sqrt2\,e^{-2\lambda\tau}\|\Delta(t)\|_F}{\gamma-2w\sqrt{\tau e}},
        \qquad e=F(t)-\inf F,

    while the denominator is positive, for τ < T = p*²/e with p* = γ/(2w). With c = 2λT the right side is
    :math:`e^{-cu^2}/(1-u)` times its value at τ = 0, u² = τ/T, which is least at u = 0 or, for c large enough, at
    :math:`u=\tfrac12(1+\sqrt{1-2/c})`. Where all that is known of F is that the loss is not negative, e is at least
    λ/2 Σ‖W‖², c is at most 1, and the bound is least at once. An instance gives both layers, the window k, and both
    layers moved.

Reference
    FLAG (arXiv 2605.09861); B1, B3; Mirsky's inequality for singular values.
"""

from __future__ import annotations

from fractions import Fraction

import flint

from certify.geometry.interface.ridge import (
    flow_factor,
    flow_path,
    horizon_bound,
    rate_range,
    remaining_gap,
)
from certify.verdict import Verdict
from theorems.engine.declare import Declaration, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter, small
from theorems.exact.scalars import Scalar, num, root
from theorems.exact.spectra import (
    Rows,
    frobenius_squared,
    leading_projector,
    multiply,
    rows_of,
    singular_values,
    spectrum,
)
from theorems.statements.b3_flow_alignment import proofs, samples, solutions

_NAMES = ("W", "W_next", "W_end", "W_next_end")
theorem = Declaration(
    __doc__,
    parameters=(*(Parameter.matrix(name, "n", "n") for name in _NAMES[:2]), Parameter.integer("k", 1, "n"))
    + tuple(Parameter.matrix(name, "n", "n") for name in _NAMES[2:]),
    dimensions={"n": (1, 3)},
    strategy=lambda: samples.moved_layers().filter(gap.met),
)


@hypothesis(r"0<k<n", defines="there is no gap at k")
def window(x: Instance) -> bool:
    """0 < k < n"""
    return 0 < x.integer("k") < x.matrix("W").nrows()


@hypothesis(r"\gamma>0", defines="the bound divides by γ")
def gap(x: Instance) -> bool:
    """γ > 0"""
    return window.met(x) and bool(_gap(*_grams(x), x.integer("k")) > 0)


@hypothesis(r"\lambda_1(H)>\lambda_n(H)", defines="the bound divides by it")
def spread(x: Instance) -> bool:
    """H is no multiple of I"""
    values = spectrum(_grams(x)[1])
    return bool(values[0] > values[-1])


def _grams(x: Instance, end: str = "") -> tuple[flint.fmpq_mat, flint.fmpq_mat]:
    """K and H."""
    w, w_next = x.matrix(f"W{end}"), x.matrix(f"W_next{end}")
    return w * w.transpose(), w_next.transpose() * w_next


def _gap(k: flint.fmpq_mat, h: flint.fmpq_mat, at: int) -> Scalar:
    return sum((values[at - 1] - values[at] for values in (spectrum(k), spectrum(h))), num(0))


def _minus(a: Rows, b: Rows) -> Rows:
    return [[u - v for u, v in zip(p, q, strict=True)] for p, q in zip(a, b, strict=True)]


def _norm(a: Rows) -> Scalar:
    total = sum((u * u for row in a for u in row), start=flint.fmpq(0))
    return root(total) if isinstance(total, flint.fmpq) else num(total.nonnegative_part().sqrt())


def _sine(x: Instance) -> Scalar:
    """‖sinΘ_k‖_F = ‖(I − Q)P‖_F, and without rounding 0 for equal windows."""
    k = x.integer("k")
    p, q = (leading_projector(a, k) for a in _grams(x))
    return _norm(_minus(p, multiply(q, p)))


def _block(x: Instance) -> Scalar:
    """‖(I − P)ΔP‖_F."""
    k, h = _grams(x)
    p = leading_projector(k, x.integer("k"))
    moved = multiply(rows_of(h - k), p)
    return _norm(_minus(moved, multiply(p, moved)))


def _weight(x: Instance) -> Scalar:
    """w."""
    k = x.integer("k")
    squares = [v for a in _grams(x) for v in spectrum(a)[k - 1 : k + 1]]
    return root(sum(squares, num(0)))


def _path(x: Instance) -> Scalar:
    """The Frobenius norm of both changes, the least length of a path."""
    changes = [x.matrix(f"{name}_end") - x.matrix(name) for name in ("W", "W_next")]
    return root(frobenius_squared(changes[0]) + frobenius_squared(changes[1]))


_CLOSE = Fraction(1, 2**16)


@theorem.bound(
    r"\|(I-P)\Delta P\|_F/(\lambda_1(H)-\lambda_n(H))\le\|\sin\Theta_k\|_F",
    *(window, spread),
    attained_at=samples.small_angles,
    gap=_CLOSE,
    strategy=lambda: samples.moved_layers().filter(spread.met),
)
def slowest(x: Instance) -> Sides:
    """‖(I − P)ΔP‖_F/(λ₁(H) − λ_n(H)) ≤ ‖sinΘ_k‖_F"""
    k, h = _grams(x)
    values = spectrum(h)
    low, _ = rate_range(_block(x), values[0] - values[-1], root(frobenius_squared(h - k)), num(1))
    return low, _sine(x)


@theorem.bound(r"\|\sin\Theta_k\|_F\le\sqrt2\,\|\Delta\|_F/\gamma", window, gap, attained_at=samples.equal_lines)
def fastest(x: Instance) -> Sides:
    """‖sinΘ_k‖_F ≤ √2 ‖Δ‖_F/γ"""
    k, h = _grams(x)
    _, high = rate_range(num(0), num(1), root(frobenius_squared(h - k)), _gap(k, h, x.integer("k")))
    return _sine(x), high


@theorem.bound(r"\gamma-2wp\le\gamma(t)", window, attained_at=samples.closing, gap=_CLOSE)
def gap_kept(x: Instance, lost: Scalar = 1) -> Sides:
    """γ − 2wp ≤ γ(t), p the length of the path"""
    start, end = (_gap(*_grams(x, name), x.integer("k")) for name in ("", "_end"))
    return remaining_gap(start, lost * _weight(x), _path(x)), end


@theorem.bound(r"\|(I-P)\Delta P\|_F\le\|\sin\Theta_k\|_F", window, spread, false=True)
def without_spread(x: Instance) -> Sides:
    """‖(I − P)ΔP‖_F ≤ ‖sinΘ_k‖_F, whatever the size of H"""
    return _block(x), _sine(x)


@theorem.bound(r"\gamma-2wp\le\gamma(t),\ p\text{ of spectral norms}", window, false=True)
def spectral_path(x: Instance) -> Sides:
    """γ − 2wp ≤ γ(t) with the spectral norms of the changes"""
    changes = [x.matrix(f"{name}_end") - x.matrix(name) for name in ("W", "W_next")]
    a, b = (singular_values(c)[0] for c in changes)
    start, end = (_gap(*_grams(x, name), x.integer("k")) for name in ("", "_end"))
    return remaining_gap(start, _weight(x), root(a * a + b * b)), end


@theorem.bound(r"\gamma\le\gamma(t)", window, false=True)
def gap_stays(x: Instance) -> Sides:
    """the gap of a window that is open stays as it is"""
    start, end = (_gap(*_grams(x, name), x.integer("k")) for name in ("", "_end"))
    return start, end


_NARROWED = Instance.of(
    W=samples.diagonal([0, 0]),
    W_next=samples.diagonal([4, 1]),
    k=1,
    W_end=samples.diagonal([0, 0]),
    W_next_end=samples.diagonal([Fraction(15, 4), Fraction(5, 4)]),
)
theorem.constant("lost", "factor of what the gap may lose", sharp=False)
theorem.witness(without_spread, None, next(iter(samples.small_angles())))
theorem.witness(spectral_path, None, _NARROWED)
theorem.witness(gap_stays, None, _NARROWED)
theorem.mutant("without spread", "the spread of H is left out", slowest, without_spread)
theorem.mutant("less lost", "0.999 of what the gap may lose", gap_kept, lost=Fraction(999, 1000))
theorem.mutant(
    "constant one", "1 instead of √2", fastest, lambda x: (2 * fastest(x)[0] / 2 * root(num(2)), fastest(x)[1])
)


@theorem.stratum
def turned(x: Instance) -> bool:
    """windows that are neither equal nor orthogonal, in three dimensions"""
    return x.matrix("W").nrows() == 3 and bool(_sine(x) > 0) and bool(_sine(x) < 1)


@theorem.stratum
def closed(x: Instance) -> bool:
    """a path after which the bound keeps no gap"""
    return bool(remaining_gap(_gap(*_grams(x), x.integer("k")), _weight(x), _path(x)) < 0)


@theorem.property
def horizon(x: Instance) -> Verdict:
    """at a path of the flow's length the horizon is the bound of the angle with the gap that is kept"""
    k, h = _grams(x)
    size, width = root(frobenius_squared(h - k)), _gap(k, h, x.integer("k"))
    decay, time, excess = num(Fraction(1, 2)), num(4), num(Fraction(1, 10**6))
    path = flow_path(time, excess)
    kept = remaining_gap(width, _weight(x), path)
    square = small(lambda: path * path - time * excess)
    ratio = horizon_bound(decay, time, size, width, _weight(x), excess) * kept
    _, high = rate_range(num(0), num(1), size, num(1))
    return square if square is not Verdict.CERTIFIED else small(lambda: ratio - high * flow_factor(decay, time))


theorem.proof("symbolic", "all real symmetric H, n = 2; all P, n = 3, 4, by the splitting of H")(proofs.splitting)
theorem.proof("symbolic", "all σ_k = x ≥ σ_{k+1} = y ≥ 0, all changes; Mirsky's inequality is used")(proofs.lost_gap)
theorem.proof("symbolic", "all λ, T > 0 with λT ≥ 1; all σ_k ≥ σ_{k+1} ≥ 0 for the loss alone")(proofs.least_bound)
along = theorem.proof("instances", "a network of two layers near a minimum, to t = 2, enclosed in balls")(
    solutions.snapshot
)
theorem.mutant("rate 4λ", "e^{−4λτ} along a solution", proof=lambda: along(solutions.twice_the_rate))
theorem.mutant("half the path", "½√(τe) along a solution", proof=lambda: along(horizon_bound, solutions.half_the_path))
