r"""C6. How much of a subspace two heads share.

Statement
    Let P, P' be the projectors onto the subspaces of two heads in :math:`\mathbb R^d` (the row spaces of their blocks
    for Q, K, V, the column spaces for O), of dimensions a, b ≥ 1. Then

    .. math::
        o=\frac{\|PP'\|_F^2}{\min(a,b)}\in\Bigl[\max\Bigl(0,\frac{a+b-d}{\min(a,b)}\Bigr),\,1\Bigr],\qquad
        \mathbb E\,o=\frac{\max(a,b)}d,\quad\operatorname{Var}o=\frac{2ab(d-a)(d-b)}{d^2(d-1)(d+2)\min(a,b)^2}

    where one of the subspaces is uniform, whatever the other is; so the overlaps of the pairs among independent uniform
    heads are pairwise uncorrelated, and the variance of their mean is that of one divided by their number. The
    dimension is the rank of a block, not its number of rows. Changes of basis within a head leave o as it is, common
    orthogonal ones of the outer space too.

Reference
    FLAG (arXiv 2605.09861); moments under a Haar rotation (N1).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import flint

from certify.geometry.interface.hierarchy import head_mean, head_overlap, head_range, head_variance
from theorems.engine.declare import Declaration, Sides, hypothesis
from theorems.engine.instance import Instance, Matrix
from theorems.engine.theorem import Parameter
from theorems.exact.orthogonal_moments import average, contractions
from theorems.exact.scalars import Scalar, num
from theorems.exact.spectra import Rows, leading_projector
from theorems.statements.c6_head_overlap import proofs

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def heads() -> SearchStrategy[Instance]:
    """Blocks of small integers, some with rows that repeat or vanish, some nested or orthogonal."""
    from hypothesis import strategies as st

    from theorems.subjects.rational_matrices import integers_matrix

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        d = draw(st.integers(2, 4))
        a, b = draw(st.integers(1, d)), draw(st.integers(1, d))
        first, second = draw(integers_matrix(a, d, 2)), draw(integers_matrix(b, d, 2))
        kind = draw(st.sampled_from(("any", "any", "nested", "axes", "repeated")))
        if kind == "nested":
            second = (*first, *second)[: max(a, b)]
        elif kind == "axes":
            first, second = (tuple(_axis(d, draw(st.integers(0, d - 1))) for _ in range(n)) for n in (a, b))
        elif kind == "repeated":
            second = (first[0], first[0])
        return Instance.of(A=first, B=second)

    return build().filter(nonzero.met)


def _axis(d: int, i: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(int(i == j)) for j in range(d))


theorem = Declaration(
    __doc__,
    parameters=(Parameter.matrix("A", "m", "d"), Parameter.matrix("B", "p", "d")),
    dimensions={"m": (1, 3), "p": (1, 3), "d": (1, 3)},
    strategy=heads,
)


@hypothesis(r"A,B\ne0", defines="there is no subspace, and o divides by its dimension")
def nonzero(x: Instance) -> bool:
    """neither block is 0"""
    return min(_dimensions(x)[1:]) > 0


@hypothesis(r"d\ge2", defines="the variance divides by d − 1")
def plane(x: Instance) -> bool:
    """d ≥ 2"""
    return x.matrix("A").ncols() >= 2


def _dimensions(x: Instance) -> tuple[int, int, int]:
    """d, a, b."""
    first, second = x.matrix("A"), x.matrix("B")
    return first.ncols(), first.rank(), second.rank()


def _projector(a: flint.fmpq_mat) -> Rows:
    return leading_projector(a.transpose() * a, a.rank())


@functools.lru_cache(maxsize=1024)
def _inner(x: Instance) -> flint.fmpq:
    """‖PP'‖_F² = tr PP'."""
    first, second = (_projector(x.matrix(name)) for name in ("A", "B"))
    pairs = (u * v for p, q in zip(first, second, strict=True) for u, v in zip(p, q, strict=True))
    return sum(pairs, flint.fmpq(0))


def _overlap(x: Instance) -> Scalar:
    _, a, b = _dimensions(x)
    return head_overlap(num(_inner(x)), a, b)


@functools.lru_cache(maxsize=256)
def _moment(d: int, a: int, b: int, power: int) -> flint.fmpq:
    """E‖PP'_U‖^{2 power}, power 1 or 2, U uniform on O(d)."""
    h, k = ([flint.fmpq(int(i < n)) for i in range(d)] for n in (a, b))

    sides = [contractions("aabb"[: 2 * power], lambda *places, v=v: _weight(v, places), d) for v in (h, k)]
    return average(d, sides[0], sides[1], 2 * power)


def _weight(values: list[flint.fmpq], places: tuple[int, ...]) -> flint.fmpq:
    found = flint.fmpq(1)
    for i in places:
        found *= values[i]
    return found


def nested() -> Iterable[Instance]:
    """One subspace lies in the other."""
    yield Instance.of(A=[[1, 2, 0]], B=[[1, 2, 0], [0, 1, 1]])
    yield Instance.of(A=[[1, 0], [0, 1]], B=[[3, 1]])


def in_general_position() -> Iterable[Instance]:
    """Planes of space that meet at a right angle in a line; larger ones; all of the space; lines at a right angle."""
    yield Instance.of(A=[[1, 0, 0], [0, 1, 0]], B=[[1, 0, 0], [0, 0, 1]])
    yield Instance.of(A=[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], B=[[0, 0, 1, 0], [0, 0, 0, 1]])
    yield Instance.of(A=[[1, 1]], B=[[1, -1]])
    yield Instance.of(A=[[1, 0], [0, 0]], B=[[0, 1], [0, 0]])


@theorem.bound(r"\max(0,(a+b-d)/\min(a,b))\le o", nonzero, attained_at=in_general_position)
def least(x: Instance) -> Sides:
    """max(0, (a + b − d)/min(a, b)) ≤ o"""
    low, _ = head_range(*_dimensions(x))
    return low, _overlap(x)


@theorem.bound(r"o\le1", nonzero, attained_at=nested)
def largest(x: Instance) -> Sides:
    """o ≤ 1"""
    _, high = head_range(*_dimensions(x))
    return _overlap(x), high


@theorem.fact(r"\mathbb E\,o=\max(a,b)/d", nonzero)
def mean(x: Instance) -> bool:
    """E o = max(a, b)/d"""
    d, a, b = _dimensions(x)
    return _agree(head_mean(d, a, b), _moment(d, a, b, 1) / min(a, b))


@theorem.fact(r"\operatorname{Var}o=2ab(d-a)(d-b)/(d^2(d-1)(d+2)\min(a,b)^2)", nonzero, plane)
def variance(x: Instance) -> bool:
    """Var o = 2ab(d − a)(d − b)/(d²(d − 1)(d + 2) min(a, b)²)"""
    d, a, b = _dimensions(x)
    truth = (_moment(d, a, b, 2) - _moment(d, a, b, 1) ** 2) / min(a, b) ** 2
    return _agree(head_variance(d, a, b), truth)


def _agree(found: Scalar, truth: flint.fmpq) -> bool:
    return bool(flint.arb(found).overlaps(flint.arb(truth)) and abs(flint.arb(found) - flint.arb(truth)) < 1e-9)


@theorem.bound(r"\max(0,2-d/m)\le\|PP'\|_F^2/m,\ m\text{ rows}", nonzero, false=True)
def rows_for_rank(x: Instance) -> Sides:
    """the number of rows of a block is its dimension: max(0, 2 − d/m) ≤ ‖PP'‖_F²/m"""
    rows = min(x.matrix("A").nrows(), x.matrix("B").nrows())
    return num(max(flint.fmpq(0), 2 - flint.fmpq(x.matrix("A").ncols(), rows))), num(_inner(x) / rows)


@theorem.fact(r"\mathbb E\,o=ab/d^2", nonzero, false=True)
def squared_mean(x: Instance) -> bool:
    """E o = ab/d²"""
    d, a, b = _dimensions(x)
    return _agree(flint.fmpq(a * b, d * d), _moment(d, a, b, 1) / min(a, b))


@theorem.fact(r"\operatorname{Var}o=2ab(d-a)(d-b)/(d^3(d+2)\min(a,b)^2)", nonzero, plane, false=True)
def larger_denominator(x: Instance) -> bool:
    """Var o = 2ab(d − a)(d − b)/(d³(d + 2) min(a, b)²)"""
    d, a, b = _dimensions(x)
    truth = (_moment(d, a, b, 2) - _moment(d, a, b, 1) ** 2) / min(a, b) ** 2
    return _agree(head_variance(d, a, b) * (d - 1) / d, truth)


_LINES = Instance.of(A=[[1, 0]], B=[[1, 1]])
theorem.witness(rows_for_rank, None, Instance.of(A=[[1, 0], [0, 0]], B=[[0, 1], [0, 0]]))
theorem.witness(squared_mean, None, _LINES)
theorem.witness(larger_denominator, None, _LINES)
theorem.mutant("rows for rank", "the number of rows for the rank", least, rows_for_rank)
theorem.mutant("squared mean", "ab/d²", mean, squared_mean)
theorem.mutant("larger denominator", "d(d + 2) for (d − 1)(d + 2)", variance, larger_denominator)


@theorem.stratum
def deficient(x: Instance) -> bool:
    """a block with more rows than its rank"""
    return any(x.matrix(name).rank() < x.matrix(name).nrows() for name in ("A", "B"))


@theorem.stratum
def crowded(x: Instance) -> bool:
    """a + b > d, so that the subspaces meet, and neither is the whole space"""
    d, a, b = _dimensions(x)
    return a + b > d and max(a, b) < d


@theorem.property
def bases(x: Instance) -> bool:
    """another basis within a head, and a common signed permutation of the outer coordinates, change nothing"""
    first, second = (cast(Matrix, x[name]) for name in ("A", "B"))
    mixed = [[u + 2 * v for u, v in zip(row, first[0], strict=True)] if i else list(row) for i, row in enumerate(first)]
    moved = [[(-1) ** j * v for j, v in enumerate(row)][::-1] for row in mixed]
    turned = [[(-1) ** j * v for j, v in enumerate(row)][::-1] for row in second]
    return _inner(x.replace(A=mixed)) == _inner(x) == _inner(x.replace(A=moved, B=turned))


theorem.proof("symbolic", "all projectors in d = 2, 3; tr PP' = ‖PP'‖² is used")(proofs.traces)
theorem.proof("exhaustive", "signed permutations of d ≤ 4 coordinates, two oblique lines")(proofs.one_factor_suffices)
