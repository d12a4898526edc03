r"""Singular values of a matrix of any grading, each to a relative accuracy, at the price of multiple precision.

**Lemma** (Ostrowski, twice). Let V be n × n with ‖VᵀV − I‖ ≤ b < 1, let the columns of AV be [B, D], and B = U diag(s)
with s > 0 and ‖UᵀU − I‖ ≤ a < 1. Then with the s in decreasing order

    s_i √((1 − a)/(1 + b)) ≤ σ_i(A) ≤ √((s_i²(1 + a) + ‖D‖²)/(1 − b)).

*Proof.* σ_i(A)/√(1 ± b) bounds σ_i(AV), σ_i(U diag(s)) lies in s_i √(1 ± a), and AVVᵀAᵀ = BBᵀ + DDᵀ.  □

Nothing is assumed of V, which holds as many bits as it needs. It is found level by level: singular vectors of what is
left, in floating point, of which those of the largest values are kept; from the others, what their images have along all
images that were kept is taken out until nothing of relative size 2^-44 remains.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import flint
import numpy as np
import numpy.typing as npt

from certify.linalg.principal_angles import defect_frobenius
from certify.rigor.ball import upper
from certify.rigor.rounding import FloatArray, norm_up

__all__ = ["WORK_LIMIT", "graded_values", "matrix_of"]

WORK_LIMIT = 2**25
"""Multiplications of one product: larger matrices are not tried."""
_LEAST_BITS = 192
_LEVEL = 2.0**-14
_CLEAN = 2.0**-44
_SWEEPS = 12
_GUARD = 80
_U = 2.0**-53


def matrix_of(a: FloatArray) -> flint.arb_mat:
    """The exact matrix of floats."""
    return flint.arb_mat(a.shape[0], a.shape[1], a.reshape(-1).tolist())


def graded_values(form: Callable[[], flint.arb_mat], most_bits: int, count: int) -> list[flint.arb]:
    """Balls around the ``count`` leading singular values of an m × n matrix, m ≥ n, decreasing; fewer where the rest is
    too small for the precision, none where nothing was proved.

    Parameters
    ----------
    form : gives the matrix at the precision of flint's context.
    most_bits : the largest precision to try.
    """
    bits, found = _LEAST_BITS, list[flint.arb]()
    while True:
        with flint.ctx.workprec(bits):
            m = form()
            try:
                basis, kept = _basis(m, bits, count)
                found = _enclosed(m, basis, kept)
            except np.linalg.LinAlgError:
                return []
            if len(found) >= count or 2 * bits > most_bits:
                return found[:count]
        bits *= 2


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a matrix as floats of magnitude below 1, each over its own power of two; ``radius`` is relative to
    these."""

    floats: FloatArray
    exponents: npt.NDArray[np.int64]
    radius: float


def _columns(m: flint.arb_mat) -> _Columns:
    rows, columns = m.nrows(), m.ncols()
    parts = [[x.mid().man_exp() for x in row] for row in m.tolist()]
    sizes = np.array([[int(e) + int(abs(a)).bit_length() if a else -(2**60) for a, e in row] for row in parts])
    sizes = sizes.reshape(rows, columns)
    exponents = sizes.max(axis=0, initial=-(2**60))
    floats = np.zeros((rows, columns))
    radius = 0.0
    for i, row in enumerate(m.tolist()):
        for j, x in enumerate(row):
            if sizes[i, j] > exponents[j] - 1000:
                man, e = parts[i][j]
                drop = max(int(abs(man)).bit_length() - 64, 0)
                floats[i, j] = math.ldexp(float(int(man) >> drop), int(e) + drop - int(exponents[j]))
            radius = max(radius, upper(x.rad() * flint.arb(2) ** -int(exponents[j])) if x.rad() else 0.0)
    return _Columns(floats, exponents, radius)


def _exact(m: flint.arb_mat) -> flint.arb_mat:
    return m.mid()


def _cut(m: flint.arb_mat, places: list[int]) -> flint.arb_mat:
    rows = m.tolist()
    return flint.arb_mat(len(rows), len(places), [row[j] for row in rows for j in places])


def _beside(x: flint.arb_mat, y: flint.arb_mat) -> flint.arb_mat:
    rows = zip(x.tolist(), y.tolist(), strict=True)
    return flint.arb_mat(x.nrows(), x.ncols() + y.ncols(), [z for a, b in rows for z in (*a, *b)])


def _basis(m: flint.arb_mat, bits: int, count: int) -> tuple[flint.arb_mat, int]:
    """V, and how many of its leading columns have images that are known; nothing of it is proved."""
    n = m.ncols()
    rest = flint.arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
    kept = flint.arb_mat(n, 0)
    left, scales, weights = np.zeros((m.nrows(), 0)), np.zeros(0, dtype=np.int64), np.zeros(0)
    least = int(_columns(m).exponents.max()) - bits + _GUARD
    while rest.ncols() and kept.ncols() < count:
        image = _columns(m * rest)
        top = int(image.exponents.max())
        if top < least:
            break
        floats = np.ldexp(image.floats, np.maximum(image.exponents - top, -1100))
        turn = np.linalg.svd(floats, full_matrices=False)[2].T
        rest = _exact(rest * matrix_of(np.ascontiguousarray(turn)))
        image = _columns(m * rest)
        lengths = np.linalg.norm(image.floats, axis=0)
        sizes = np.ldexp(lengths, np.maximum(image.exponents - int(image.exponents.max()), -1100))
        head = [int(j) for j in np.argsort(-sizes, kind="stable") if sizes[j] >= _LEVEL * sizes.max()]
        kept = _beside(kept, _cut(rest, head))
        left = np.hstack([left, image.floats[:, head] / lengths[head]])
        # Lengths enter the coefficients as powers of two times numbers between 1/2 and √m.
        scales = np.concatenate([scales, image.exponents[head]])
        weights = np.concatenate([weights, lengths[head]])
        rest = _cut(rest, [j for j in range(rest.ncols()) if j not in set(head)])
        rest = _cleaned(m, kept, rest, left, scales, weights)
    return _beside(kept, rest), kept.ncols()


def _cleaned(
    m: flint.arb_mat,
    kept: flint.arb_mat,
    rest: flint.arb_mat,
    left: FloatArray,
    scales: npt.NDArray[np.int64],
    weights: FloatArray,
) -> flint.arb_mat:
    for _ in range(_SWEEPS if rest.ncols() else 0):
        image = _columns(m * rest)
        lengths = np.linalg.norm(image.floats, axis=0)
        along = left.T @ image.floats
        if not np.any(np.abs(along) > _CLEAN * lengths):
            break
        shares = (along / weights[:, None]).tolist()
        coefficients = [
            flint.arb(x) * flint.arb(2) ** (int(e) - int(scales[i])) if x else flint.arb(0)
            for i, row in enumerate(shares)
            for x, e in zip(row, image.exponents, strict=True)
        ]
        rest = _exact(rest - kept * flint.arb_mat(kept.ncols(), rest.ncols(), coefficients))
    return rest


def _enclosed(m: flint.arb_mat, basis: flint.arb_mat, kept: int) -> list[flint.arb]:
    """The lemma."""
    if not kept:
        return []
    v = _columns(basis)
    sides = np.ldexp(v.floats, np.maximum(v.exponents, -1100))
    b = _defect(sides, 0.0)
    image = _columns(_cut(m * basis, list(range(kept))))
    lengths = np.linalg.norm(image.floats, axis=0)
    if not np.all(lengths > 0.25):
        return []
    a = _defect(image.floats / lengths, 8 * image.radius * math.sqrt(image.floats.size))
    if not (a < 0.5 and b < 0.5):
        return []
    dropped = flint.arb(0)
    for row in _cut(m * basis, list(range(kept, basis.ncols()))).tolist():
        dropped += sum((x * x for x in row), flint.arb(0))
    s = [flint.arb(float(x)) * flint.arb(2) ** int(e) for x, e in zip(lengths, image.exponents, strict=True)]
    s.sort(key=lambda x: x.mid(), reverse=True)
    low, a, b = flint.arb(1 - flint.arb(a)) / (1 + flint.arb(b)), flint.arb(a), flint.arb(b)
    return [(x * low.sqrt()).union(((x * x * (1 + a) + dropped) / (1 - b)).sqrt()) for x in s]


def _defect(x: FloatArray, radius: float) -> float:
    """Bound of ‖XᵀX − I‖_F for an X whose entries are within three roundings, and ``radius`` in all, of those of x."""
    if not float(np.abs(x).max(initial=0.0)) <= 2.0:
        return math.inf
    size = flint.arb(float(norm_up(x)))
    off = 4 * flint.arb(_U) * size + flint.arb(radius) + flint.arb(2) ** -1000 * x.size
    return upper(flint.arb(defect_frobenius(x)) + 2 * size * off + off * off)
