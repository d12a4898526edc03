r"""Singular values of a graded matrix, each to a relative accuracy, from its Gram matrix in multiple precision.

**Lemma.** Let G = AᵀA, let V be n × n with ‖VᵀV - I‖ <= b < 1, and let the leading k × k block of VᵀGV be D(I + E)D with
D = diag(d) > 0 and ‖E‖ <= a < 1. Let t be the trace of the trailing block. Then, with d in decreasing order,

.. math:: d_i^2(1-a)/(1+b)\le\sigma_i(A)^2\le(d_i^2(1+a)+t)/(1-b),\qquad i\le k.

*Proof.* By Sylvester's law in Ostrowski's form the eigenvalues of a congruent matrix are those of the first one times
numbers between the extreme eigenvalues of VᵀV, and those of D(I + E)D are d_i² times numbers in [1 - a, 1 + a]. The i-th
eigenvalue of a positive semidefinite block matrix is at least that of its leading block and exceeds it at most by the
largest eigenvalue of the trailing one.  □

V is sought in rounds: eigenvectors of what is left, in floating point; those of the largest eigenvalues are kept, and
the others are made orthogonal to them in the scalar product of G.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import scipy.linalg
from flint import arb, arb_mat, ctx

from certify.checker.arithmetic.rounding import Array
from certify.verdict import Enclosure

__all__ = ["exact", "graded_fault", "graded_sigma"]

_KEPT = 2.0**-14
_NEGLIGIBLE = 2.0**-46
_REPEATED = 16
_FAINT = 2**10
_MOST_BITS = 2**15
_SPARE_BITS = 200


def exact(a: Array) -> arb_mat:
    """The matrix of floats as it is."""
    return arb_mat(a.tolist())


def graded_fault(form: Callable[[], arb_mat], values: Sequence[Enclosure], open_ones: Sequence[int]) -> str:
    """Whether singular values lie in their published enclosures, of those at the places ``open_ones``.

    The precision is that which the enclosures call for.
    """
    most = max(open_ones)
    ends = [x.lower if x.lower > 0 else x.upper for x in values[: most + 1]]
    if not all(0 < x < math.inf for x in ends):
        return f"not proved: σ_{most + 1}"
    bits = 2 * (math.frexp(ends[0])[1] - math.frexp(min(ends))[1]) + _SPARE_BITS
    found = graded_sigma(form, bits, most + 1) if bits <= _MOST_BITS else []
    for k in open_ones:
        if k >= len(found):
            return f"not proved: σ_{k + 1} is too small for {bits} bits"
        value, own = values[k], found[k]
        if not ((value.lower == 0 or value.lower <= own) and own <= value.upper):
            return f"not proved: σ_{k + 1} is enclosed by {own.str(17)}"
    return ""


def graded_sigma(form: Callable[[], arb_mat], bits: int, count: int) -> list[arb]:
    """Balls around the ``count`` largest singular values, or as many as the precision allows.

    Parameters
    ----------
    form : gives the matrix, with at least as many rows as columns, at the precision of flint's context.
    bits : that precision; singular values below 2^(60 - bits/2) of the largest one are lost.
    """
    with ctx.workprec(bits):
        a = form()
        g = a.transpose() * a
        v, kept = _vectors(g.mid(), bits, count)
        return _proved(g, v, kept)[:count]


def _proved(g: arb_mat, v: arb_mat, kept: int) -> list[arb]:
    n = g.ncols()
    inner, h = (v.transpose() * v).tolist(), (v.transpose() * g * v).tolist()
    squares = [h[i][i].mid() for i in range(kept)]
    if not all(x > 0 for x in squares):
        return []
    roots = [x.sqrt() for x in squares]
    one = arb(1)
    b = _size([[x - one if i == j else x for j, x in enumerate(row)] for i, row in enumerate(inner)])
    a = _size([[h[i][j] / (roots[i] * roots[j]) - (i == j) for j in range(kept)] for i in range(kept)])
    if not (a < 1 and b < 1):
        return []
    beyond = sum((h[i][i] for i in range(kept, n)), arb(0)).max(arb(0))
    ends = sorted(squares, reverse=True)
    return [(x * (1 - a) / (1 + b)).sqrt().union(((x * (1 + a) + beyond) / (1 - b)).sqrt()) for x in ends]


def _size(rows: list[list[arb]]) -> arb:
    """An upper bound of the Frobenius norm."""
    return sum((abs(x).upper() ** 2 for row in rows for x in row), arb(0)).sqrt().upper()


def _vectors(g: arb_mat, bits: int, count: int) -> tuple[arb_mat, int]:
    """V, and the size k of the block that is resolved. Of these nothing is assumed."""
    n = g.ncols()
    rest = [[arb(int(i == j)) for j in range(n)] for i in range(n)]
    kept: list[list[arb]] = []
    floor = _exponent(max((g[i, i] for i in range(n)), key=lambda x: x.mid())) - bits + 100
    while rest:
        block = _rows(rest) * g * _rows(rest).transpose()
        top = max(_exponent(block[i, i]) for i in range(len(rest)))
        if top < floor or len(kept) >= count:
            break
        values, turn = scipy.linalg.eigh(_floats(block, top), check_finite=False)
        rest = (exact(np.ascontiguousarray(turn.T)) * _rows(rest)).mid().tolist()[::-1]
        chosen = [x >= _KEPT * values[-1] for x in values[::-1]]
        kept += [row for row, good in zip(rest, chosen, strict=True) if good]
        rest = [row for row, good in zip(rest, chosen, strict=True) if not good]
        if rest:
            rest = _apart(g, kept, rest)
    return _rows(kept + rest).transpose(), len(kept)


def _apart(g: arb_mat, kept: list[list[arb]], rest: list[list[arb]]) -> list[list[arb]]:
    left = _rows(kept)
    image = (left * g).mid()
    own = (image * left.transpose()).mid()
    squares = [own[i, i] for i in range(len(kept))]
    for _ in range(_REPEATED):
        right = _rows(rest)
        mixed = (image * right.transpose()).mid().tolist()
        lengths = (right * g * right.transpose()).mid()
        shares = [[(x / s).mid() for x in row] for row, s in zip(mixed, squares, strict=True)]
        worst = max(
            abs(x) / (squares[i] * abs(lengths[j, j])).sqrt() if lengths[j, j] != 0 else arb(0)
            for i, row in enumerate(mixed)
            for j, x in enumerate(row)
        )
        if worst < _NEGLIGIBLE:
            break
        rest = (right - _rows(shares).transpose() * left).mid().tolist()
    return rest


def _rows(rows: list[list[arb]]) -> arb_mat:
    return arb_mat(rows)


def _exponent(x: arb) -> int:
    man, exponent = x.mid().man_exp()
    return int(exponent) + int(abs(man)).bit_length() if man else -(2**62)


def _floats(block: arb_mat, top: int) -> Array:
    """The middle points over 2^top; what is far below is 0."""
    unit = arb(2) ** -top
    return np.array(
        [[float((x * unit).mid()) if _exponent(x) > top - _FAINT else 0.0 for x in row] for row in block.tolist()]
    )
