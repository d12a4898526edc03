r"""C7. Neural collapse of free features: what stationarity with weight decay says, and what it does not.

Statement
    Let :math:`F=\ell(WH)+\tfrac\lambda2\|W\|_F^2+\tfrac{\lambda_H}2\|H\|_F^2`, W of shape C × d, H free features, n for
    each class, P = WH. At a stationary point :math:`\lambda W^TW=\lambda_HHH^T`, and with it

    .. math:: \lambda(WW^T)^2=\lambda_HPP^T,\qquad\lambda_H(H^TH)^2=\lambda P^TP,

    and for λ, λ_H > 0 also :math:`H=W^+P`. Hence features are equal within classes (NC1) iff outputs are. Then, with
    class means M, :math:`P=\bar P\otimes1_n^T`, the means are equiangular of one length (NC2) iff the columns of P̄ are,
    the rows of W iff the rows of P̄ are, and :math:`M=\kappa W^T`, :math:`\kappa=\sqrt{\lambda/(n\lambda_H)}` (NC3), iff
    P̄ is symmetric and positive semidefinite. Stationarity alone gives this duality of Grams and not NC3. For
    :math:`\ell=\tfrac12\|P-I\otimes1_n^T\|_F^2`

    .. math:: F\ge C\bigl(\sqrt{n\lambda\lambda_H}-\tfrac12\lambda\lambda_H\bigr),

    for n ≥ λλ_H and d ≥ C attained with P = (1 − √(λλ_H/n)) I ⊗ 1ᵀ, an orthogonal frame: all singular values are then
    equal, and windows k < C, like their bases, are not defined (C5).
    An instance gives W, H, the gradient G of ℓ in P, λ, λ_H, n.

Reference
    FLAG (arXiv 2605.09861); Papyan, Han and Donoho (2020) for the phenomenon.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import flint

from certify.geometry.interface.collapse import collapse_scale, self_duality_factor, squared_loss_minimum
from certify.verdict import Verdict, combine
from theorems.engine.declare import Declaration, Sides
from theorems.engine.instance import Instance
from theorems.engine.theorem import small
from theorems.exact.scalars import num
from theorems.exact.spectra import frobenius_squared, leading_projector, multiply
from theorems.statements.c7_neural_collapse import proofs
from theorems.subjects.free_features import (
    FEATURES,
    SIZES,
    collapsed,
    composable,
    free_points,
    means,
    positive,
    stationary,
    stationary_features,
)
from theorems.subjects.symmetric_pairs import is_semidefinite

theorem = Declaration(
    __doc__, parameters=FEATURES, dimensions=SIZES, strategy=stationary_features, families=free_points
)


def _decays(x: Instance) -> tuple[flint.fmpq, flint.fmpq]:
    return x.rational("decay"), x.rational("feature_decay")


def _layers(x: Instance) -> tuple[flint.fmpq_mat, flint.fmpq_mat, flint.fmpq_mat]:
    """W, H and P."""
    w, h = x.matrix("W"), x.matrix("H")
    return w, h, w * h


def _equal_columns(a: flint.fmpq_mat, i: int, j: int) -> bool:
    return all(row[i] == row[j] for row in a.tolist())


def _equiangular(gram: flint.fmpq_mat) -> bool:
    """Equal entries on the diagonal, and equal ones off it."""
    n = gram.nrows()
    lengths = {str(gram[i, i]) for i in range(n)}
    angles = {str(gram[i, j]) for i in range(n) for j in range(n) if i != j}
    return len(lengths) == 1 and len(angles) <= 1


_FIFTH = Fraction(1, 5)
_SIMPLEX = Instance.of(
    W=[[-_FIFTH], [-7 * _FIFTH]],
    H=[[1, -1]],
    G=[[_FIFTH / 2, -_FIFTH / 2], [7 * _FIFTH / 2, -7 * _FIFTH / 2]],
    decay=1,
    feature_decay=1,
    n=1,
)
_POINT = (composable, stationary)


@theorem.fact(r"\lambda W^TW=\lambda_HHH^T", *_POINT)
def duality(x: Instance) -> bool:
    """λWᵀW = λ_H HHᵀ"""
    (decay, features), (w, h, _) = _decays(x), _layers(x)
    return decay * (w.transpose() * w) == features * (h * h.transpose())


@theorem.fact(r"\lambda(WW^T)^2=\lambda_HPP^T", *_POINT)
def rows(x: Instance) -> bool:
    """λ(WWᵀ)² = λ_H PPᵀ"""
    (decay, features), (w, _, p) = _decays(x), _layers(x)
    gram = w * w.transpose()
    return decay * (gram * gram) == features * (p * p.transpose())


@theorem.fact(r"\lambda_H(H^TH)^2=\lambda P^TP", *_POINT)
def columns(x: Instance) -> bool:
    """λ_H(HᵀH)² = λPᵀP"""
    (decay, features), (_, h, p) = _decays(x), _layers(x)
    gram = h.transpose() * h
    return features * (gram * gram) == decay * (p.transpose() * p)


@theorem.fact(r"H=W^+P", *_POINT, positive)
def recovered(x: Instance) -> bool:
    """H = W⁺P: the features lie in what W reads"""
    w, h, _ = _layers(x)
    onto = leading_projector(w.transpose() * w, w.rank())
    return flint.fmpq_mat(multiply(onto, h.tolist())) == h


@theorem.fact(r"h_i=h_j\iff p_i=p_j", *_POINT, positive, strategy=lambda: stationary_features(collapse=True))
def within_classes(x: Instance) -> bool:
    """two features are equal iff their outputs are, so that NC1 can be seen at the outputs"""
    _, h, p = _layers(x)
    return all(_equal_columns(h, i, j) == _equal_columns(p, i, j) for i in range(h.ncols()) for j in range(i))


_COLLAPSED = (*_POINT, positive, collapsed)


@theorem.fact(
    r"M^TM\text{ equiangular}\iff\bar P^T\bar P\text{ is}",
    *_COLLAPSED,
    strategy=lambda: stationary_features(collapse=True, symmetric=True),
    tight=lambda: [_SIMPLEX],
)
def frame_of_means(x: Instance) -> bool:
    """the class means are equiangular of one length iff the columns of P̄ are"""
    _, h, p = _layers(x)
    m, q = means(h, x.integer("n")), means(p, x.integer("n"))
    return _equiangular(m.transpose() * m) == _equiangular(q.transpose() * q)


@theorem.fact(
    r"WW^T\text{ equiangular}\iff\bar P\bar P^T\text{ is}",
    *_COLLAPSED,
    strategy=lambda: stationary_features(collapse=True, symmetric=True),
)
def frame_of_rows(x: Instance) -> bool:
    """the rows of W are equiangular of one length iff the rows of P̄ are"""
    w, _, p = _layers(x)
    q = means(p, x.integer("n"))
    return _equiangular(w * w.transpose()) == _equiangular(q * q.transpose())


@theorem.fact(
    r"M=\kappa W^T\iff\bar P=\bar P^T\succeq0",
    *_COLLAPSED,
    strategy=lambda: stationary_features(collapse=True, symmetric=True),
)
def self_dual(x: Instance) -> bool:
    """M = κWᵀ iff P̄ is symmetric and positive semidefinite"""
    _w, _, p = _layers(x)
    q = means(p, x.integer("n"))
    return _dual(x) == (q == q.transpose() and is_semidefinite(q))


def _dual(x: Instance) -> bool:
    """M = κWᵀ, by κ² and the sign of one entry: entries of M and κW have one sign, and squares in the ratio κ²."""
    w, h, _ = _layers(x)
    (decay, features), n = _decays(x), x.integer("n")
    pairs = zip(means(h, n).entries(), w.transpose().entries(), strict=True)
    kappa = decay / (n * features) if features > 0 else flint.fmpq(0)
    return all(m * m == kappa * v * v and m * v >= 0 for m, v in pairs)


def orthogonal_frames() -> Iterable[Instance]:
    """The minimizer, for which n, λ and λ_H have rational roots; and no features at n = λλ_H."""
    half = [[Fraction(1, 2)], [0]], [[0], [Fraction(1, 2)]]
    eye = [[1, 0], [0, 1]]
    h = [[a[0] if j < 4 else b[0] for j in range(8)] for a, b in zip(*half, strict=True)]
    g = [[Fraction(-1, 2) * int(j // 4 == i) for j in range(8)] for i in range(2)]
    yield Instance.of(W=eye, H=h, G=g, decay=1, feature_decay=1, n=4)
    yield Instance.of(W=[[0]], H=[[0]], G=[[-1]], decay=1, feature_decay=1, n=1)
    yield Instance.of(W=[[1]], H=[[Fraction(1, 2)] * 4], G=[[Fraction(-1, 2)] * 4], decay=1, feature_decay=1, n=4)


@theorem.bound(
    r"C(\sqrt{n\lambda\lambda_H}-\tfrac12\lambda\lambda_H)\le F",
    *(composable, positive),
    attained_at=orthogonal_frames,
)
def minimum(x: Instance) -> Sides:
    """C(√(nλλ_H) − ½λλ_H) ≤ ½‖WH − I ⊗ 1ᵀ‖² + ½λ‖W‖² + ½λ_H‖H‖², whatever W and H are"""
    (decay, features), (w, h, p), n = _decays(x), _layers(x), x.integer("n")
    classes = w.nrows()
    labels = flint.fmpq_mat([[int(j // n == i) for j in range(n * classes)] for i in range(classes)])
    sizes = decay * frobenius_squared(w) + features * frobenius_squared(h)
    value = squared_loss_minimum(num(decay), num(features), n, classes)
    return value, num((frobenius_squared(p - labels) + sizes) / 2)


@theorem.fact(r"R=0,\ \text{NC1}\Rightarrow M=\kappa W^T", *_COLLAPSED, false=True)
def duality_suffices(x: Instance) -> bool:
    """the duality of Grams gives NC3: M = κWᵀ at every stationary point with NC1"""
    return _dual(x)


@theorem.fact(r"M^TM\text{ equiangular}\iff\bar P\bar P^T\text{ is}", *_COLLAPSED, false=True)
def means_by_rows(x: Instance) -> bool:
    """the class means are equiangular of one length iff the rows of P̄ are"""
    _, h, p = _layers(x)
    m, q = means(h, x.integer("n")), means(p, x.integer("n"))
    return _equiangular(m.transpose() * m) == _equiangular(q * q.transpose())


@theorem.fact(r"\lambda(WW^T)=\lambda_HPP^T", *_POINT, false=True)
def unsquared(x: Instance) -> bool:
    """λWWᵀ = λ_H PPᵀ: the Gram of W is that of the outputs, not its root"""
    (decay, features), (w, _, p) = _decays(x), _layers(x)
    return decay * (w * w.transpose()) == features * (p * p.transpose())


_TURNED = Instance.of(W=[[1, 0], [0, 1]], H=[[0, 1], [-1, 0]], G=[[0, -1], [1, 0]], decay=1, feature_decay=1, n=1)
_ANY = Instance.of(W=[[1, 0], [0, 2]], H=[[1, 1], [0, 1]], G=[[0, 0], [0, 0]], decay=1, feature_decay=1, n=1)
_FREE = Instance.of(W=[[1, 0]], H=[[1], [1]], G=[[0]], decay=0, feature_decay=0, n=1)
_APART = Instance.of(W=[[1, 0]], H=[[1, 1], [0, 1]], G=[[0, 0]], decay=1, feature_decay=1, n=2)
_UNEQUAL = Instance.of(W=[[1, 0], [0, 2]], H=[[1, 0], [0, 1]], G=[[0, 0], [0, 0]], decay=1, feature_decay=1, n=1)
_INVERSE = _UNEQUAL.replace(H=[[1, 0], [0, Fraction(1, 2)]])
_LONGER = _UNEQUAL.replace(W=[[1, 0], [0, 1]], H=[[2, 0], [0, 2]])
_SPREAD = [[Fraction(3, 5), Fraction(4, 5), 0, 0], [0, 0, Fraction(-3, 5), Fraction(4, 5)]]
_WITHIN = Instance.of(
    W=[[1, 0], [0, 1]], H=_SPREAD, G=[[-v for v in row] for row in _SPREAD], decay=1, feature_decay=1, n=2
)
_ROWS = (duality, _ANY), (rows, _ANY), (columns, _ANY)
_POSITIVE = (recovered, _FREE), (within_classes, _APART), (frame_of_means, _UNEQUAL), (frame_of_rows, _INVERSE)
for reading, instance in (*_ROWS, *_POSITIVE, (self_dual, _LONGER)):
    theorem.witness(reading, stationary, instance.replace(decay=1, feature_decay=1))
for reading, instance in (*_POSITIVE, (self_dual, _LONGER)):
    theorem.witness(reading, positive, instance.replace(decay=0, feature_decay=0))
theorem.witness(minimum, positive, Instance.of(W=[[3]], H=[[0]], G=[[0]], decay=-1, feature_decay=-1, n=1))
theorem.witness(
    frame_of_means, collapsed, _WITHIN.replace(W=[[1, 0], [0, 7]], H=[_SPREAD[0], [7 * v for v in _SPREAD[1]]])
)
theorem.witness(frame_of_rows, collapsed, _WITHIN)
theorem.witness(self_dual, collapsed, _WITHIN)
theorem.witness(duality_suffices, None, _TURNED)
theorem.witness(means_by_rows, None, _SIMPLEX)
theorem.witness(unsquared, None, Instance.of(W=[[2]], H=[[2]], G=[[-1]], decay=1, feature_decay=1, n=1))
theorem.mutant("unsquared", "the Gram of W for its square", rows, unsquared)
theorem.mutant("duality suffices", "M = κWᵀ always", self_dual, duality_suffices)
theorem.mutant("means by rows", "rows of P̄ for columns", frame_of_means, means_by_rows)


@theorem.stratum
def rank_deficient(x: Instance) -> bool:
    """a stationary point that does not use a class"""
    w = x.matrix("W")
    return 0 < w.rank() < w.nrows()


@theorem.stratum
def dual(x: Instance) -> bool:
    """features that are κWᵀ, of two classes that are used, with four samples"""
    return composable.met(x) and x.integer("n") == 4 and x.matrix("W").rank() == 2 and _dual(x)


@theorem.property
def factors(x: Instance) -> Verdict | None:
    """κ², the scale of the minimizer and its value agree with each other where n ≥ λλ_H"""
    (decay, features), n = _decays(x), x.integer("n")
    if decay * features > n:
        return None
    kappa, scale = (f(num(decay), num(features), n) for f in (self_duality_factor, collapse_scale))
    value = squared_loss_minimum(num(decay), num(features), n, 1)
    # W = √(scale/κ)·I on one class and h = κw: outputs n·κw² = … of size √n·scale.
    size = scale / kappa
    found = n * (scale - 1) * (scale - 1) / 2 + num(decay) * size / 2 + num(features) * n * kappa * kappa * size / 2
    return combine((small(lambda: kappa * kappa * n * num(features) - num(decay)), small(lambda: found - value)))


theorem.proof("symbolic", "all real G, λ and λ_H, shapes 2-1-2, 2-2-2, 2-2-4")(proofs.products)
theorem.proof("symbolic", "all singular values, λ, λ_H > 0; von Neumann's inequality is used")(proofs.squared_loss)
