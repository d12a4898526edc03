r"""C5. Levels of alignment: ranks, windows, single directions.

Statement
    At an interface let K = WWᵀ, H = W'ᵀW', with eigenvalues κ_i, η_i, leading windows P_k, Q_k and eigenvectors u_i,
    v_i. *Level 1*: equal ranks. *Level 2(k)*: P_k = Q_k, where κ_k > κ_{k+1} and η_k > η_{k+1}, no condition for k = n.
    *Level 3(k)*: u_i = ±v_i for i ≤ k. If the k first gaps are open on both sides,

    .. math:: \text{Level 3}(k)\iff\text{Level 2}(j)\ \text{for all}\ j\le k .

    With s_j = ‖sinΘ_j‖_F between the windows and β_i the angle between the lines of u_i and v_i,

    .. math::
        \sin^2\beta_i\le s_i^2+s_{i-1}^2,\qquad
        s_j^2\le\min\Bigl(\sum_{i\le j}\sin^2\beta_i,\ \sum_{i>j}\sin^2\beta_i\Bigr).

    With ties: some eigenbases agree in order iff the windows at the gaps of K and those at the gaps of H are together
    one chain of nested subspaces, iff :math:`\langle H,K\rangle=\sum\kappa_i\eta_i`. No level implies a lower one:
    Level 3(n) leaves the ranks open. For H = K all levels hold.

Reference
    FLAG (arXiv 2605.09861); equality in von Neumann's trace inequality.
"""

from __future__ import annotations

import itertools

import flint

from certify.geometry.interface.hierarchy import direction_bound, window_bound
from theorems.engine.declare import Declaration, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.scalars import Scalar, num
from theorems.exact.spectra import Rows, leading_projector, multiply
from theorems.statements.c5_hierarchy import proofs, samples
from theorems.subjects.symmetric_pairs import PAIR, SIZES, pair, symmetric

theorem = Declaration(
    __doc__, parameters=(*PAIR, Parameter.integer("k", 1, "n")), dimensions=SIZES, strategy=samples.turned_pairs
)


@hypothesis(r"1\le k\le n", defines="there is no window k")
def window(x: Instance) -> bool:
    """1 ≤ k ≤ n"""
    return 1 <= x.integer("k") <= pair(x).n


@hypothesis(r"\kappa_1>\dots>\kappa_{k+1},\ \eta_1>\dots>\eta_{k+1}", defines="windows or lines are not unique")
def simple(x: Instance) -> bool:
    """the k first gaps of K and of H are open; the last of n has no gap behind it"""
    k = x.integer("k")
    return all(values[i] > values[i + 1] for values in pair(x).eigenvalues for i in range(min(k, len(values) - 1)))


@hypothesis(r"\kappa_1>\dots>\kappa_n,\ \eta_1>\dots>\eta_n,\ k<n", defines="lines are not unique")
def all_simple(x: Instance) -> bool:
    """all gaps are open, and k < n"""
    p = pair(x)
    return x.integer("k") < p.n and all(a > b for v in p.eigenvalues for a, b in itertools.pairwise(v))


def _inner(a: Rows, b: Rows) -> Scalar:
    return sum((u * v for p, q in zip(a, b, strict=True) for u, v in zip(p, q, strict=True)), flint.fmpq(0))


def _sine_squared(x: Instance, j: int) -> Scalar:
    """s_j²."""
    return pair(x).sine_squared(j) if j > 0 else num(0)


def _line(a: flint.fmpq_mat, i: int) -> Rows:
    upto, below = leading_projector(a, i), leading_projector(a, i - 1)
    return [[u - v for u, v in zip(p, q, strict=True)] for p, q in zip(upto, below, strict=True)]


def _direction_squared(x: Instance, i: int) -> Scalar:
    """sin²β_i = 1 − ⟨u_i, v_i⟩²."""
    return num(1 - _inner(_line(pair(x).k, i), _line(pair(x).h, i)))


def _level_two(x: Instance, j: int) -> bool:
    p, q = pair(x).projectors(j)
    return p == q


def _level_three(x: Instance, k: int) -> bool:
    return all(_direction_squared(x, i) == 0 for i in range(1, k + 1))


_WINDOW = (symmetric, window, simple)


@theorem.fact(r"\text{Level 3}(k)\iff\text{Level 2}(j)\ (j\le k)", *_WINDOW)
def levels(x: Instance, less: Scalar = 0) -> bool:
    """Level 3(k) holds iff Level 2(j) does for all j ≤ k"""
    k = x.integer("k")
    return _level_three(x, k) == all(_level_two(x, j) for j in range(1, k + 1 - int(less)))


@theorem.bound(r"\sin^2\beta_k\le s_k^2+s_{k-1}^2", *_WINDOW, attained_at=samples.one_plane)
def direction(x: Instance) -> Sides:
    """sin²β_k ≤ s_k² + s_{k−1}²"""
    k = x.integer("k")
    return _direction_squared(x, k), num(direction_bound(_sine_squared(x, k), _sine_squared(x, k - 1)))


@theorem.bound(
    r"s_k^2\le\min(\textstyle\sum_{i\le k},\sum_{i>k})\sin^2\beta_i",
    *(symmetric, window, all_simple),
    attained_at=lambda: [x for x in samples.one_plane() if _sine_squared(x, x.integer("k")) > 0],
    strategy=lambda: samples.turned_pairs().filter(all_simple.met),
)
def windows(x: Instance) -> Sides:
    """s_k² ≤ min(Σ_{i≤k}, Σ_{i>k}) sin²β_i"""
    lines = [_direction_squared(x, i) for i in range(1, pair(x).n + 1)]
    return _sine_squared(x, x.integer("k")), window_bound(lines, x.integer("k"))


def _ends(values: list[Scalar]) -> list[int]:
    return [i for i in range(1, len(values)) if values[i - 1] > values[i]]


@theorem.fact(r"\langle H,K\rangle=\sum\kappa_i\eta_i\iff\text{flags nested}", symmetric)
def ties(x: Instance) -> bool:
    """some eigenbases agree, that is ⟨H, K⟩ = Σ κ_i η_i, iff the windows at all gaps are one chain of subspaces"""
    p = pair(x)
    kappa, eta = p.eigenvalues
    agree = _inner(p.h.tolist(), p.k.tolist()) == sum((a * b for a, b in zip(kappa, eta, strict=True)), flint.fmpq(0))
    nested = True
    for i in _ends(kappa):
        for j in _ends(eta):
            first, second = leading_projector(p.k, i), leading_projector(p.h, j)
            nested = nested and multiply(first, second) == (first if i <= j else second)
    return agree == nested


@theorem.fact(r"\text{Level 2}(k)\Rightarrow\text{Level 1}", *_WINDOW, false=True)
def equal_ranks(x: Instance) -> bool:
    """Level 2(k) implies equal ranks"""
    return not _level_two(x, x.integer("k")) or pair(x).k.rank() == pair(x).h.rank()


@theorem.fact(r"\text{Level 3}(n)\Rightarrow\text{Level 1}", *_WINDOW, false=True)
def full_ranks(x: Instance) -> bool:
    """Level 3(n) implies equal ranks"""
    n = pair(x).n
    return x.integer("k") < n or not _level_three(x, n) or pair(x).k.rank() == pair(x).h.rank()


@theorem.fact(r"\text{Level 2}(k)\Rightarrow\text{Level 3}(k)", *_WINDOW, false=True)
def window_decides(x: Instance) -> bool:
    """Level 2(k) implies Level 3(k)"""
    return not _level_two(x, x.integer("k")) or _level_three(x, x.integer("k"))


@theorem.fact(r"\text{Level 2}(k),\ [H,K]=0\Rightarrow\text{Level 3}(k)", *_WINDOW, false=True)
def commuting_decides(x: Instance) -> bool:
    """Level 2(k) and [H, K] = 0 imply Level 3(k)"""
    c = pair(x).commutator
    return c != 0 * c or window_decides(x)


@theorem.bound(r"\sin^2\beta_k\le s_k^2", *_WINDOW, false=True)
def one_window(x: Instance) -> Sides:
    """sin²β_k ≤ s_k²: the window that ends with a direction bounds it"""
    k = x.integer("k")
    return _direction_squared(x, k), _sine_squared(x, k)


def _diagonals(kappa: list[int], eta: list[int], k: int) -> Instance:
    rows = [[[v if i == j else 0 for j in range(len(d))] for i, v in enumerate(d)] for d in (kappa, eta)]
    return Instance.of(K=rows[0], H=rows[1], k=k)


_INSIDE = Instance.of(K=[[3, 0, 0], [0, 2, 0], [0, 0, 1]], H=[[2, 1, 0], [1, 2, 0], [0, 0, 0]], k=2)
theorem.witness(equal_ranks, None, _diagonals([2, 1], [2, 0], 1))
theorem.witness(full_ranks, None, _diagonals([2, 1], [2, 0], 2))
theorem.constant("less", "how many of the windows up to k may be left out", sharp=True)
theorem.witness(window_decides, None, _INSIDE)
theorem.witness(commuting_decides, None, _diagonals([3, 2, 1], [2, 3, 1], 2))
theorem.witness(one_window, None, _INSIDE)
theorem.mutant("window decides", "only j = k", levels, lambda x: _only_last(x))
theorem.mutant("one window", "s_k² alone", direction, one_window)
theorem.mutant("commuting", "[H, K] = 0 for nested flags", ties, lambda x: _commuting(x))


def _only_last(x: Instance) -> bool:
    return _level_three(x, x.integer("k")) == _level_two(x, x.integer("k"))


def _commuting(x: Instance) -> bool:
    p, c = pair(x), pair(x).commutator
    kappa, eta = p.eigenvalues
    agree = _inner(p.h.tolist(), p.k.tolist()) == sum((a * b for a, b in zip(kappa, eta, strict=True)), flint.fmpq(0))
    return agree == (c == 0 * c)


@theorem.stratum
def tied(x: Instance) -> bool:
    """a tie on one side, and flags that are nested"""
    kappa, eta = pair(x).eigenvalues
    return len(_ends(kappa)) < len(kappa) - 1 and pair(x).commutator == 0 * pair(x).commutator and len(eta) > 2


@theorem.stratum
def inside_window(x: Instance) -> bool:
    """the windows of k agree and the directions do not"""
    return simple.met(x) and _level_two(x, x.integer("k")) and not _level_three(x, x.integer("k"))


@theorem.property
def balanced(x: Instance) -> bool:
    """for H = K every level holds that is defined"""
    y = x.replace(H=x["K"])
    return (not simple.met(y) or _level_three(y, x.integer("k"))) and ties(y)


theorem.proof("symbolic", "all overlaps w_ij = ⟨u_i, v_j⟩², n = 2, 3, 4; rows and columns sum to 1")(proofs.overlaps)
