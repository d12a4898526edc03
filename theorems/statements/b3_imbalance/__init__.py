r"""B3. Imbalance controls alignment: sinΘ between what a layer writes and what the next reads.

Statement
    Let K = WWᵀ, H = W'ᵀW', Δ = H − K, 0 < k < n, and γ > 0 the sum of the gaps λ_k − λ_{k+1} of K and of H. Then

    .. math::
        \|\sin\Theta(U_k(K),V_k(H))\|_F\le\frac{\min(\sqrt2\,\|\Delta\|_F,\ 2\sqrt{\min(k,n-k)}\,\|\Delta\|_2)}{\gamma},

    both from :math:`\gamma\|\sin\Theta\|_F^2\le\langle K-H,P-Q\rangle_F` for the projectors P, Q onto the windows;
    with the mixed gap λ_k(K) − λ_{k+1}(H) > 0 also :math:`\|\Delta\|_F/(\lambda_k(K)-\lambda_{k+1}(H))`. These hold for
    all symmetric K and H. For positive semidefinite ones the relative imbalance
    :math:`\|\Delta\|_F/\sqrt{\|H\|_F^2+\|K\|_F^2}` lies in [0, 1].

Reference
    FLAG (arXiv 2605.09861); Davis–Kahan.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from fractions import Fraction
from typing import cast

import flint

from certify.geometry.interface.alignment import alignment_bound, overlap, relative_imbalance
from certify.geometry.spectrum.chart import gaps
from certify.verdict import Verdict
from theorems.engine.declare import Declaration, Sides, hypothesis
from theorems.engine.instance import Instance, Matrix
from theorems.engine.theorem import Parameter, small
from theorems.exact.scalars import Scalar, num, root
from theorems.exact.spectra import multiply, singular_values
from theorems.statements.b3_imbalance import proofs, properties
from theorems.subjects import symmetric_pairs
from theorems.subjects.symmetric_pairs import PAIR, SIZES, Pair, integer_layers, pair, pairs, symmetric

theorem = Declaration(
    __doc__,
    parameters=(*PAIR, Parameter.integer("k", 1, "n"), Parameter.choice("window", "leading", "opposite")),
    dimensions=SIZES,
    strategy=lambda: pairs(positive=False, least=2, windows=True),
)

semidefinite = symmetric_pairs.semidefinite.because("K and −K have relative imbalance √2")


@hypothesis(r"0<k<n", defines="there is no gap at k")
def window(x: Instance) -> bool:
    """0 < k < n"""
    return 0 < x.integer("k") < pair(x).n


@hypothesis(r"\gamma>0", defines="the bound divides by γ")
def gap(x: Instance) -> bool:
    """γ > 0"""
    return window.met(x) and sum(_gaps(x)) > 0


@hypothesis(r"\lambda_k(K)>\lambda_{k+1}(H)", defines="the bound divides by it")
def mixed_gap(x: Instance) -> bool:
    """λ_k(K) > λ_{k+1}(H)"""
    return window.met(x) and _mixed_gap(pair(x), x.integer("k")) > 0


@hypothesis(r"U_k,V_k\text{ leading}", needed="the leading window of K and the trailing one of H = K are orthogonal")
def leading(x: Instance) -> bool:
    """both windows belong to the largest eigenvalues"""
    return x.choice("window") == "leading"


@hypothesis(r"(K,H)\ne0", defines="the relative imbalance divides by the norms")
def nonzero(x: Instance) -> bool:
    """K or H is not 0"""
    return any(v != 0 for m in (x.matrix("K"), x.matrix("H")) for v in m.entries())


def _sine(x: Instance) -> Scalar:
    return root(pair(x).sine_squared(x.integer("k"), trailing=x.choice("window") != "leading"))


def _gaps(x: Instance) -> tuple[Scalar, Scalar]:
    first, second = (gaps(values)[x.integer("k") - 1] for values in pair(x).eigenvalues)
    return first, second


def _mixed_gap(p: Pair, k: int) -> Scalar:
    return p.eigenvalues[0][k - 1] - p.eigenvalues[1][k]


def lines_at_an_angle() -> Iterable[Instance]:
    """Multiples of projectors at a rational angle: lines in the plane and in space, and planes of two such lines."""
    for c, s in ((Fraction(3, 5), Fraction(4, 5)), (Fraction(12, 13), Fraction(5, 13))):
        turned = [[2 * c * c, 2 * c * s], [2 * c * s, 2 * s * s]]
        yield Instance.of(K=[[2, 0], [0, 0]], H=turned, k=1, window="leading")
        wider = [[*row, 0] for row in turned] + [[0, 0, 0]]
        yield Instance.of(K=[[2, 0, 0], [0, 0, 0], [0, 0, 0]], H=wider, k=1, window="leading")
        twice = [[*row, 0, 0] for row in turned] + [[0, 0, *row] for row in turned]
        diagonal = [[2 * int(i == j and i % 2 == 0) for j in range(4)] for i in range(4)]
        yield Instance.of(K=diagonal, H=twice, k=2, window="leading")
        # A direction that both share: k = 2, while min(k, n − k) is 1.
        beside = [[*row, 0] for row in turned] + [[0, 0, 2]]
        yield Instance.of(K=[[2, 0, 0], [0, 0, 0], [0, 0, 2]], H=beside, k=2, window="leading")


def different_gaps() -> Iterable[Instance]:
    """Gaps 3 and 1 of K and H, beside the multiples of projectors."""
    yield from lines_at_an_angle()
    yield Instance.of(K=[[3, 0], [0, 0]], H=[[1, 0], [0, 2]], k=1, window="leading")


def crossed() -> Iterable[Instance]:
    """The window of H lies where K is small, and the mixed gap is as large as the imbalance."""
    yield Instance.of(K=[[2, 0], [0, 1]], H=[[0, 0], [0, 1]], k=1, window="leading")
    yield Instance.of(K=[[5, 0, 0], [0, 5, 0], [0, 0, 2]], H=[[5, 0, 0], [0, 1, 0], [0, 0, 2]], k=2, window="leading")


def nothing_shared() -> Iterable[Instance]:
    """HK = 0."""
    yield Instance.of(K=[[3, 0], [0, 0]], H=[[0, 0], [0, 2]], k=1, window="leading")


_WINDOW = (symmetric, window, gap, leading)


@theorem.bound(
    r"\|\sin\Theta\|_F\le\sqrt2\,\|\Delta\|_F/\gamma", *_WINDOW, name="Frobenius", attained_at=different_gaps
)
def frobenius(x: Instance, factor: Scalar = 1) -> Sides:
    """‖sinΘ‖_F ≤ √2 ‖Δ‖_F/γ"""
    p = pair(x)
    return _sine(x), factor * alignment_bound(p.norm(p.delta), *_gaps(x))


@theorem.bound(r"\|\sin\Theta\|_F\le2\sqrt{\min(k,n-k)}\,\|\Delta\|_2/\gamma", *_WINDOW, attained_at=different_gaps)
def spectral(x: Instance) -> Sides:
    """‖sinΘ‖_F ≤ 2 √min(k, n − k) ‖Δ‖₂/γ"""
    p, k = pair(x), x.integer("k")
    write, read = _gaps(x)
    return _sine(x), 2 * root(num(min(k, p.n - k))) * p.norm2(p.delta) / (write + read)


@theorem.bound(
    r"\gamma\|\sin\Theta\|_F^2\le\langle K-H,P-Q\rangle_F",
    *_WINDOW,
    attained_at=different_gaps,
    note="the only reading that sees the sign of Δ; P and Q project onto the two windows",
)
def inner_product(x: Instance) -> Sides:
    """γ ‖sinΘ‖_F² ≤ ⟨K − H, P − Q⟩_F"""
    p, k, opposite = pair(x), x.integer("k"), x.choice("window") != "leading"
    moved = zip(p.delta.entries(), *(itertools.chain(*q) for q in p.projectors(k, trailing=opposite)), strict=True)
    return sum(_gaps(x)) * p.sine_squared(k, trailing=opposite), num(sum((d * (b - a) for d, a, b in moved), num(0)))


@theorem.bound(
    r"\|\sin\Theta\|_F\le\|\Delta\|_F/(\lambda_k(K)-\lambda_{k+1}(H))",
    *(symmetric, window, mixed_gap, leading),
    name="mixed gap",
    attained_at=crossed,
    strategy=lambda: pairs(positive=False, least=2, windows=True).filter(mixed_gap.met),
)
def mixed(x: Instance) -> Sides:
    """‖sinΘ‖_F ≤ ‖Δ‖_F/(λ_k(K) − λ_{k+1}(H))"""
    p = pair(x)
    return _sine(x), p.norm(p.delta) / _mixed_gap(p, x.integer("k"))


@theorem.bound(
    r"\|\Delta\|_F/\sqrt{\|H\|_F^2+\|K\|_F^2}\le1",
    *(symmetric, nonzero, semidefinite),
    attained_at=nothing_shared,
    strategy=lambda: pairs(windows=True).filter(nonzero.met),
)
def relative(x: Instance) -> Sides:
    """‖Δ‖_F/√(‖H‖_F² + ‖K‖_F²) ≤ 1"""
    p = pair(x)
    return relative_imbalance(p.norm(p.delta), p.norm(p.h), p.norm(p.k)), num(1)


@theorem.bound(r"\|\sin\Theta\|_F\le\|\Delta\|_F", *_WINDOW, false=True)
def no_gap(x: Instance) -> Sides:
    """‖sinΘ‖_F ≤ ‖Δ‖_F"""
    p = pair(x)
    return _sine(x), p.norm(p.delta)


@theorem.bound(r"\|\sin\Theta\|_F\le\|\Delta\|_F/\gamma", *_WINDOW, false=True)
def constant_one(x: Instance) -> Sides:
    """‖sinΘ‖_F ≤ ‖Δ‖_F/γ"""
    p = pair(x)
    return _sine(x), p.norm(p.delta) / sum(_gaps(x))


_QUARTER = Instance.of(K=[[Fraction(1, 4), 0], [0, 0]], H=[[0, 0], [0, Fraction(1, 4)]], k=1, window="leading")
theorem.constant("factor", "factor of √2 ‖Δ‖_F/γ", sharp=True)
for reading in (frobenius, spectral, inner_product, mixed):
    theorem.witness(reading, leading, Instance.of(K=[[2, 0], [0, 1]], H=[[2, 0], [0, 1]], k=1, window="opposite"))
theorem.witness(relative, semidefinite, Instance.of(K=[[1]], H=[[-1]], k=1, window="leading"))
theorem.witness(no_gap, None, _QUARTER)
theorem.witness(constant_one, None, Instance.of(K=[[1, 0], [0, 0]], H=[[0, 0], [0, 1]], k=1, window="leading"))
theorem.mutant("constant one", "1 instead of √2", frobenius, constant_one)
theorem.mutant("sign of the imbalance", "H − K instead of K − H", inner_product, lambda x: _negated(inner_product(x)))
theorem.mutant("doubled gap", "2γ instead of γ", frobenius, lambda x: _with_gap(x, 2))


def _negated(sides: Sides) -> Sides:
    return sides[0], -sides[1]


def _with_gap(x: Instance, factor: int) -> Sides:
    p = pair(x)
    write, read = _gaps(x)
    return _sine(x), alignment_bound(p.norm(p.delta), factor * write, factor * read)


@theorem.stratum
def middle_window(x: Instance) -> bool:
    """1 < k < n − 1, where min(k, n − k) is 2"""
    return 1 < x.integer("k") < pair(x).n - 1


@theorem.stratum
def indefinite(x: Instance) -> bool:
    """K or H has a negative eigenvalue"""
    return not semidefinite.met(x)


@theorem.property(name="overlap")
def shared(x: Instance) -> Verdict | None:
    """the overlap of the windows is 1 − ‖sinΘ‖_F²/k, its cosines being the singular values of PQ"""
    k = x.integer("k")
    if not all(isinstance(v, flint.fmpq) for rows in pair(x).projectors(k) for row in rows for v in row):
        return None

    def rest() -> Scalar:
        p, q = pair(x).projectors(k)
        cosines = singular_values(flint.fmpq_mat(multiply(p, q)))[:k]
        return overlap(cosines) - (1 - pair(x).sine_squared(k) / k)

    return small(rest)


@theorem.property
def coordinates(x: Instance) -> Verdict | None:
    """reversing the coordinates of both matrices changes nothing"""
    if not all(v > 0 for v in _gaps(x)):
        return None
    k, (first, second) = x.integer("k"), (cast(Matrix, x[name]) for name in ("K", "H"))
    y = x.replace(K=[row[::-1] for row in first[::-1]], H=[row[::-1] for row in second[::-1]])
    return small(lambda: pair(x).sine_squared(k) - pair(y).sine_squared(k))


theorem.proof("symbolic", "all real symmetric K, H of size 2×2, 3×3, 4×4, all k")(proofs.monotone)
theorem.proof("symbolic", "all real symmetric K, H of size 2×2, 3×3, 4×4, all k")(proofs.mixed_gap)
theorem.proof("symbolic", "all real symmetric 2×2 matrices")(proofs.two_by_two)
theorem.property(properties.enclosed, name="norms", strategy=integer_layers)
theorem.proof("instances", "integer layers W' = WᵀWWᵀ, n = 2, 3, 4, entries up to 2000")(properties.commuting)
