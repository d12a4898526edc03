r"""Small singular values to a relative accuracy: near-singular vectors of many digits, and Ostrowski's theorem.

A is m × n, m ≥ n, in units of 2^-p, that is an integer matrix, and so is W, n × n, whose columns come from anywhere:
W_N and the others, W_D. B is AW cut to units, so that every column is off by at most √m units. With D² = diag(B_NᵀB_N),

    WᵀW = I + F,  ‖F‖₂ ≤ f < 1,    D⁻¹(B_NᵀB_N)D⁻¹ = I + E,  ‖E‖₂ ≤ e < 1,     ‖B_D‖₂ ≤ δ,                           (1)

the singular values of B_N are d_(k)√θ_k with θ_k in [1 − e, 1 + e], d_(1) ≥ d_(2) ≥ … (Ostrowski, for the congruence
by D of I + E, whose eigenvalues lie there). Columns B_D add at most δ² to any σ_k(B_N)², and beyond the last of N
nothing but δ² is left (Weyl). Cutting moves them by at most √(mn) units. Ostrowski again for A = (AW)W⁻¹: σ_k(A) lies
in σ_k(AW)·[1/√(1 + f), 1/√(1 − f)].                                                                                (2)
A is what is meant up to √(mn) units, by which σ_k moves once more.                                                 (3)

*Where W comes from.* LAPACK gives singular vectors V of A. Those of σ_k ≥ 2^-cut σ_1 are good; the others carry
components of relative size u along them, whose images drown theirs. With B = AV = [B_1 B_2] the combination
B_2 − B_1K, K ≈ (B_1ᵀB_1)⁻¹B_1ᵀB_2, is cleared of those images; W_2 = V_2 − V_1K stays orthogonal to V_1 up to
‖K‖ ≈ 2^cut u. What is left is a smaller matrix of the same kind, of norm below 2^-cut, and is treated alike, until it
is below 2^-reach ‖A‖. Integers are taken, and not balls, because the precision of balls belongs to the whole process.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import mul

import numpy as np
from flint import arb, fmpz, fmpz_mat

from certify.rigor.rounding import FloatArray

__all__ = ["GUARD", "Fixed", "RelativeValues", "fixed", "relative_values", "relative_values_of"]

GUARD = 64
"""How many units there are in 2^-reach, in bits."""

_CUT = 12
_SWEEPS = 20
_LEVELS = 2000


@dataclass(frozen=True, slots=True)
class Fixed:
    """2^(exponent − bits) times an integer matrix, m ≥ n, within ``off`` units (Frobenius) of what is meant."""

    matrix: fmpz_mat
    bits: int
    exponent: int
    off: arb


@dataclass(frozen=True, slots=True)
class RelativeValues:
    """Balls around the leading singular values, decreasing, and an upper bound of all others."""

    leading: list[arb]
    beyond: arb


def relative_values(a: FloatArray, reach: int) -> RelativeValues | None:
    """Enclose every singular value above 2^-reach of the largest to about ten digits of its own.

    Parameters
    ----------
    a : finite floats, of any shape and scale.

    Returns
    -------
    None for a zero matrix, and where LAPACK or the proof fails.
    """
    kept = a[np.any(a != 0, axis=1)][:, np.any(a != 0, axis=0)]
    if not kept.size:
        return None
    return relative_values_of(fixed(kept if kept.shape[0] >= kept.shape[1] else kept.T, reach + GUARD), reach, _CUT)


def fixed(a: FloatArray, bits: int) -> Fixed:
    """A nonzero matrix of finite floats, its largest entry between 1/2 and 1 in multiples of 2^exponent."""
    exponent = int(np.frexp(np.max(np.abs(a)))[1])
    ratios = [x.as_integer_ratio() for x in a.ravel().tolist()]
    shifts = [bits - exponent - denominator.bit_length() + 1 for _, denominator in ratios]
    entries = [n << s if s >= 0 else n >> -s for (n, _), s in zip(ratios, shifts, strict=True)]
    exact = all(s >= 0 for s in shifts)
    return Fixed(
        fmpz_mat(a.shape[0], a.shape[1], entries), bits, exponent, arb(0) if exact else arb(a.size).sqrt().upper()
    )


def relative_values_of(a: Fixed, reach: int, cut: int) -> RelativeValues | None:
    """:func:`relative_values` of a matrix in units; ``cut`` costs as many bits of 53, and makes levels fewer."""
    try:
        w, kept = _vectors(a.matrix, a.bits, reach, cut)
    except np.linalg.LinAlgError:
        return None
    return None if kept == 0 else _proved(a, w, kept)


def _vectors(a: fmpz_mat, bits: int, reach: int, cut: int) -> tuple[fmpz_mat, int]:
    """W, and how many of its columns make N."""
    n = a.ncols()
    image, trailing = a, fmpz_mat(n, n, [int(i == j) << bits for i in range(n) for j in range(n)])
    least = max(map(_size, a.entries())) - reach
    found: list[list[fmpz]] = []
    for _ in range(_LEVELS):
        top = max(map(_size, image.entries()))
        if top <= max(least, 0):
            break
        turn = np.linalg.svd(_floats(image, top), full_matrices=False)[2].T
        exact = fmpz_mat(turn.shape[0], turn.shape[1], [int(x) for x in np.ldexp(turn, 60).ravel().tolist()])
        columns, others = (_cut(x * exact, 60).transpose().tolist() for x in (image, trailing))
        squares = [_square(x) for x in columns]
        order = sorted(range(len(columns)), key=squares.__getitem__, reverse=True)
        kept = sum(squares[k] << 2 * cut >= squares[order[0]] for k in order)
        found += [others[k] for k in order[:kept]]
        if kept == len(order):
            return fmpz_mat(found).transpose(), n
        head, first = (fmpz_mat([x[k] for k in order[:kept]]).transpose() for x in (columns, others))
        rest, last = (fmpz_mat([x[k] for k in order[kept:]]).transpose() for x in (columns, others))
        inverse = _Inverse(head.transpose() * head, bits)
        for _ in range(_SWEEPS):
            step = inverse.of(head.transpose() * rest)
            rest, last = rest - _cut(head * step, bits), last - _cut(first * step, bits)
            if max(map(_size, step.entries())) <= GUARD // 4:
                break
            inverse.refine()
        image, trailing = rest, last
    return fmpz_mat(found + trailing.transpose().tolist()).transpose(), len(found)


class _Inverse:
    """2^(bits + 2top) times an approximate inverse of a Gram matrix that is nearly diagonal, by Newton's iteration."""

    def __init__(self, gram: fmpz_mat, bits: int) -> None:
        self.gram, self.bits = gram, bits
        self.shift = max(_size(gram[k, k]) for k in range(gram.nrows()))
        one = fmpz(1) << bits + self.shift
        r = gram.nrows()
        self.matrix = fmpz_mat(r, r, [one // gram[i, i] if i == j else 0 for i in range(r) for j in range(r)])

    def of(self, x: fmpz_mat) -> fmpz_mat:
        """2^bits times the inverse times x."""
        return _cut(self.matrix * x, self.shift)

    def refine(self) -> None:
        """X ← X + X(I − GX)."""
        r = self.gram.nrows()
        rest = -_cut(self.gram * self.matrix, self.shift)
        for k in range(r):
            rest[k, k] += fmpz(1) << self.bits
        self.matrix += _cut(self.matrix * rest, self.bits)


def _proved(a: Fixed, w: fmpz_mat, kept: int) -> RelativeValues | None:
    """(1), (2) and (3)."""
    bits, m, n = a.bits, a.matrix.nrows(), a.matrix.ncols()
    one = fmpz(1) << 2 * bits
    f = _norm_up([_square_up(x - (one if i == j else 0), one * one) for i, j, x in _triangle(w.transpose() * w)])
    columns = _cut(a.matrix * w, bits).transpose().tolist()
    head = fmpz_mat(columns[:kept])
    gram = head * head.transpose()
    squares = [gram[k, k] for k in range(kept)]
    if not all(x > 0 for x in squares):
        return None
    e = _norm_up([_square_up(x, squares[i] * squares[j]) for i, j, x in _triangle(gram) if i != j])
    if not (f < 1 and e < 1):
        return None
    unit, cut = arb(2) ** (a.exponent - bits), arb(m * n).sqrt()
    delta = arb(sum(map(_square, columns[kept:]), fmpz(0)))
    low, high = (1 - arb(e)).sqrt(), (1 + arb(e)).sqrt()
    grow, shrink = 1 / (1 - arb(f)).sqrt(), 1 / (1 + arb(f)).sqrt()
    leading: list[arb] = []
    for square in sorted(squares, reverse=True):
        d = arb(square).sqrt()
        least = ((d * low - cut) * shrink - a.off).lower().max(arb(0))
        most = (((d * high) ** 2 + delta).sqrt() + cut) * grow + a.off
        leading.append(least.union(most.upper()) * unit)
    return RelativeValues(leading, (((delta.sqrt() + cut) * grow + a.off) * unit).upper())


def _triangle(gram: fmpz_mat) -> Iterable[tuple[int, int, fmpz]]:
    """The entries on and below the diagonal of a symmetric matrix."""
    for i, row in enumerate(gram.tolist()):
        for j in range(i + 1):
            yield i, j, row[j]


def _square_up(x: fmpz, over: fmpz) -> float:
    """Upper bound of 2x²/over, of which half would do on a diagonal; a quotient of integers is rounded to nearest."""
    return 2 * (int(x * x) / int(over)) * (1 + 2.0**-50) + 2.0**-1000


def _norm_up(squares: Sequence[float]) -> float:
    """Upper bound of the root of a sum."""
    return math.sqrt(math.fsum(squares)) * (1 + 2.0**-50)


def _size(x: fmpz) -> int:
    return int(x).bit_length()


def _square(entries: Sequence[fmpz]) -> fmpz:
    return sum(map(mul, entries, entries), fmpz(0))


def _cut(x: fmpz_mat, bits: int) -> fmpz_mat:
    """The integer part of 2^-bits x; below by less than a unit."""
    return fmpz_mat(x.nrows(), x.ncols(), [y >> bits for y in x.entries()])


def _floats(x: fmpz_mat, top: int) -> FloatArray:
    """About 2^-top x."""
    shift = max(top - 64, 0)
    entries = [float(int(y >> shift)) for y in x.entries()]
    return np.ldexp(np.array(entries).reshape(x.nrows(), x.ncols()), shift - top)
