r"""Small singular values to a relative accuracy, by splitting off the large ones again and again.

Matrices have whole entries, in units of 2^-p of the largest: balls of many digits would need a precision of their own,
and that of FLINT belongs to the whole process. Let C be m × t, m >= t, V square with ‖VᵀV − I‖₂ <= h < 1, and let
[B₁ B₂] be CV cut to units, off by at most √(mt) of them. For any K let C' be B₂ − B₁K cut to units, again off by √(mt),
and Z = B₁ᵀC'. With D² = diag(B₁ᵀB₁), ‖D⁻¹B₁ᵀB₁D⁻¹ − I‖₂ <= e < 1 and s = min d·√(1 − e):

* B₁ᵀB₁ = D(I + E)D, so σ_k(B₁) lies in d_(k)·[√(1 − e), √(1 + e)] (Ostrowski), and is at least s.
* Let K' = (B₁ᵀB₁)⁻¹Z, ‖K'‖ <= ‖Z‖/s². Then C'' = C' − B₁K' is orthogonal to B₁, ‖C'' − C'‖ <= ‖Z‖/s, and
  [B₁ B₁K + C'] = [B₁ C'']·T with T = [[I, K + K'], [0, I]]. The singular values of [B₁ C''] are those of B₁ and of C''
  together.
* With κ >= ‖K + K'‖, ‖T‖ and ‖T⁻¹‖ are at most τ = (κ + √(κ² + 4))/2, the value for 2 × 2 matrices. Hence

.. math:: \sigma_k(C)\in\Big(\sigma_k([B_1\;C''])\cdot[\tau^{-1},\tau]\pm2\sqrt{mt}\Big)
   \cdot\Big[\frac1{\sqrt{1+h}},\frac1{\sqrt{1-h}}\Big].

The same is then done with C', which is not larger than what V leaves of C. V comes from LAPACK and K from a few steps
of iterative refinement; nothing is assumed of either. κ is about 2^cut·2^-53 where B₁ keeps the singular values above
2^-cut of the largest, so that every level costs a relative error of that size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from flint import arb, fmpz, fmpz_mat

from certify.checker.arithmetic.rounding import Array, ball

__all__ = ["SPARE", "Bounds", "relative_bounds", "whole"]

Bounds = list[tuple[arb, arb]]
"""Lower and upper bounds of singular values, decreasing."""

_CUT = 12
_STEPS = 20
_FLOATS = 60
SPARE = 64
"""How many units there are in 2^-reach, in bits."""
_LEVELS = 2000


@dataclass(frozen=True, slots=True)
class _Level:
    """Bounds of σ(B₁) and ‖C'' − C'‖ in units, and τ, √(mt), √(1 + h), √(1 − h)."""

    head: Bounds
    moved: arb
    tau: arb
    cut: arb
    stretched: arb
    shrunk: arb

    def of_whole(self, tail: Bounds) -> Bounds:
        """Bounds of σ(C) from those of the next matrix."""
        both = self.head + [(low - self.moved, high + self.moved) for low, high in tail]
        lower = sorted((low.lower() for low, _ in both), reverse=True)
        upper = sorted((high.upper() for _, high in both), reverse=True)
        return [
            (
                ((low / self.tau - 2 * self.cut) / self.stretched).max(arb(0)),
                (high * self.tau + 2 * self.cut) / self.shrunk,
            )
            for low, high in zip(lower, upper, strict=True)
        ]


def relative_bounds(a: Array, reach: int) -> Bounds | None:
    """Bounds of all singular values of a finite matrix, relative ones of those above 2^-reach of the largest.

    None where LAPACK fails, or the columns lean on each other.
    """
    kept = a[np.ix_((a != 0).any(axis=1), (a != 0).any(axis=0))]
    nothing = (arb(0), arb(0))
    if not kept.size:
        return [nothing] * min(a.shape)
    bits = reach + SPARE
    top = int(np.frexp(np.abs(kept).max())[1])
    parts = [_units(float(x), bits - top) for x in (kept if kept.shape[0] >= kept.shape[1] else kept.T).flat]
    lost = arb(kept.size).sqrt() if any(inexact for _, inexact in parts) else arb(0)
    matrix = fmpz_mat(max(kept.shape), min(kept.shape), [x for x, _ in parts])
    found = whole(matrix, bits, reach, _CUT)
    if found is None:
        return None
    unit = arb(2) ** (top - bits)
    scaled = [((low - lost).max(arb(0)) * unit, (high + lost) * unit) for low, high in found]
    return scaled + [nothing] * (min(a.shape) - len(scaled))


def _units(x: float, shift: int) -> tuple[int, bool]:
    """The integer part of 2^shift x, and whether x has more."""
    top, bottom = x.as_integer_ratio()
    shift -= bottom.bit_length() - 1
    return (top << shift, False) if shift >= 0 else (top >> -shift, top & ((1 << -shift) - 1) != 0)


def whole(matrix: fmpz_mat, bits: int, reach: int, cut: int) -> Bounds | None:
    """The bounds for a matrix of integers of about ``bits`` digits, the longer side first, in units."""
    floor = _norm(matrix) * arb(2) ** -reach
    levels: list[_Level] = []
    c = matrix
    try:
        while c.ncols() and not _norm(c) <= floor:
            if len(levels) == _LEVELS:
                return None
            level, c = _split(c, bits, cut)
            levels.append(level)
    except (np.linalg.LinAlgError, _Leaning):
        return None
    found: Bounds = [(arb(0), _norm(c))] * c.ncols()
    for level in reversed(levels):
        found = level.of_whole(found)
    return found


class _Leaning(ValueError):
    """The columns of a product are not orthogonal enough for a bound."""


def _split(c: fmpz_mat, bits: int, cut_bits: int) -> tuple[_Level, fmpz_mat]:
    """One level, and the next matrix."""
    m, t = c.nrows(), c.ncols()
    right = scipy.linalg.svd(_floats(c), full_matrices=False, check_finite=False, lapack_driver="gesvd")[2]
    v = fmpz_mat(t, t, [int(x) for x in np.rint(np.ldexp(right.T, _FLOATS)).flat])
    gram = (v.transpose() * v).tolist()
    h = _off_identity(gram, [fmpz(1) << 2 * _FLOATS] * t)
    turned = _shifted(c * v, _FLOATS).transpose().tolist()
    columns = sorted(((_square(column), column) for column in turned), key=lambda x: x[0], reverse=True)
    if not columns[0][0] > 0:
        raise _Leaning
    r = sum(square << 2 * cut_bits >= columns[0][0] for square, _ in columns)
    rows = fmpz_mat([column for _, column in columns[:r]])
    squares = [square for square, _ in columns[:r]]
    inner = rows * rows.transpose()
    e = _off_identity(inner.tolist(), squares)
    low, high = (1 - e).sqrt(), (1 + e).sqrt()
    lengths = [arb(square).sqrt() for square in squares]
    head = [(d * low, d * high) for d in lengths]
    cut, stretched, shrunk = arb(m * t).sqrt(), (1 + h).sqrt(), (1 - h).sqrt()
    if r == t:
        level = _Level(head=head, moved=arb(0), tau=arb(1), cut=cut, stretched=stretched, shrunk=shrunk)
        return level, fmpz_mat(m, 0)
    rest = fmpz_mat([column for _, column in columns[r:]]).transpose()
    k = _projection(rows, inner, rest, bits)
    left = rest - _shifted(rows.transpose() * k, bits)
    s = (lengths[-1] * low).lower()
    z = _norm(rows * left)
    kappa = _norm(k) * arb(2) ** -bits + z / (s * s)
    tau = (kappa + (kappa * kappa + 4).sqrt()) / 2
    return _Level(head=head, moved=z / s, tau=tau, cut=cut, stretched=stretched, shrunk=shrunk), left


def _projection(rows: fmpz_mat, inner: fmpz_mat, rest: fmpz_mat, bits: int) -> fmpz_mat:
    """K near G⁻¹B₁ᵀB₂ in units of 2^-bits, for G = B₁ᵀB₁, which is nearly diagonal.

    X near G⁻¹ and K gain digits together: K by the residual of B₂ − B₁K, X by (2I − XG)X.
    """
    head, found = rows.transpose(), fmpz_mat(rows.nrows(), rest.ncols())
    places = range(rows.nrows())
    scale = int(inner[0, 0]).bit_length()
    x = fmpz_mat([[(fmpz(1) << bits + scale) // inner[i, i] if i == j else 0 for j in places] for i in places])
    two = fmpz_mat([[fmpz(2 * (i == j)) << bits for j in places] for i in places])
    for _ in range(_STEPS):
        step = _shifted(x * (rows * rest), scale)
        found, rest = found + step, rest - _shifted(head * step, bits)
        if _norm(step) < 2.0**16 * step.ncols():
            break
        x = _shifted((two - _shifted(x * inner, scale)) * x, bits)
    return found


def _off_identity(gram: Sequence[Sequence[fmpz]], squares: Sequence[fmpz]) -> arb:
    """An upper bound of ‖D⁻¹GD⁻¹ − I‖_F for D² = diag(squares), which is below 1.

    Each quotient of integers is rounded to nearest, or below 2^-1022.

    Raises
    ------
    _Leaning : it is not.
    """
    total, terms = 0.0, 0
    for i, row in enumerate(gram):
        for j, x in enumerate(row):
            off = x - squares[i] if i == j else x
            total += int(off * off) / int(squares[i] * squares[j])
            terms += 1
    found = ((ball(total) * (1 + ball(terms * 2.0**-51)) + ball(terms * 2.0**-1000)).sqrt()).upper()
    if not found < 1:
        raise _Leaning
    return found


def _square(entries: Sequence[fmpz]) -> fmpz:
    return sum((x * x for x in entries), fmpz(0))


def _norm(x: fmpz_mat) -> arb:
    """The Frobenius norm."""
    return arb(_square(x.entries())).sqrt()


def _shifted(x: fmpz_mat, bits: int) -> fmpz_mat:
    """Every entry divided by 2^bits, and the fraction left out: less than a unit."""
    return fmpz_mat(x.nrows(), x.ncols(), [y >> bits for y in x.entries()])


def _floats(c: fmpz_mat) -> Array:
    """About the same matrix over a power of two."""
    top = max(int(x).bit_length() for x in c.entries())
    away = max(top - 2 * _FLOATS, 0)
    return np.ldexp(np.array([float(int(x >> away)) for x in c.entries()]), away - top).reshape(c.nrows(), c.ncols())
