r"""All singular values of a float matrix without singular vectors, from a tridiagonal form of its Gram matrix.

T, tridiagonal, and Q from Householder's reduction of G = fl(MᵀM) may be any floats. With b ≥ ‖QᵀQ − I‖ and Q = Q̄P
(polar), QTQᵀ has the eigenvalues of PTP, θ_i λ_i(T) with |θ_i − 1| ≤ b (A. M. Ostrowski, 1959), so that by Weyl

    |λ_i(MᵀM) − θ_i λ_i(T)| ≤ ‖G − QTQᵀ‖ + ‖G − MᵀM‖.                                                              (13)

QTQᵀ is formed as QZ with Z = fl(TQᵀ), ‖Z − TQᵀ‖_F ≤ 4u‖|T|‖₂‖Q‖_F: three products and two sums in an entry.

Eigenvalues of T by Sturm counts: the number of negative q_i in q_i = (d_i − x) − e²_{i−1}/q_{i−1} is that of the
eigenvalues below x. With rounded operations q_i = ((d_i − x)(1+ε₁) − e²_{i−1}(1+ε₂)(1+ε₃)/q_{i−1})(1+ε₄), and the
numbers q_i/((1+ε₁)(1+ε₄)), which have the signs of the q_i, satisfy the exact recurrence for a matrix with the diagonal
of T and off-diagonal entries e_i(1 + δ), |δ| ≤ 2.6u: five factors under a root (J. W. Demmel, *Applied Numerical Linear
Algebra*, lemma 5.3). That matrix is within 6u max|e| of T. A q_i of ±0 counts by its sign, as a number too small to
matter would: the next term is then infinite with that sign, and the q after it d − x. No e_i is taken below 2^-400, so
that everything is a number; this, what underflows and what becomes infinite move T by less than 2^-398.
"""

from __future__ import annotations

import flint
import numpy as np
import numpy.typing as npt
from scipy.linalg import get_lapack_funcs

from certify.linalg.cores.scalars import EPS, ONE, TINY, frobenius_up, product_error, times, up
from certify.rigor.rounding import FloatArray, U, add_up, mul_down, mul_up, sqrt_down, sqrt_up, sub_down

__all__ = ["eigenvalues_between", "tridiagonal_values"]

_LEAST = 2.0**-400
_RANGE = 2.0**-300
_NEAR = 2.0**-45
"""How far from the computed eigenvalues T is searched, relative to its norm."""


@np.errstate(all="ignore")
def tridiagonal_values(m: FloatArray, radius: float, fine: float) -> tuple[FloatArray, FloatArray] | None:
    """Bounds of the singular values of every matrix within ``radius`` (Frobenius) of m, entries at most 2.

    m has at least as many rows as columns, and two columns. Decreasing. The squares are known to about
    γ_k(‖M‖_F² + √k‖MᵀM‖_F); None where this moves the smallest value by more than 2 ``fine``, and where nothing was
    proved.
    """
    gram, gamma = times(m.T, m)
    size, k = frobenius_up(m), m.shape[1]
    error = product_error(gamma, m.shape[0], size, size, k * k)
    reduce, space, values = get_lapack_funcs(("sytrd", "sytrd_lwork", "sterf"), dtype=np.float64)
    reflectors, d, e, tau, info = reduce(gram.T, lower=1, lwork=int(space(k, lower=1)[0]))
    if info or not (np.all(np.isfinite(d)) and np.all(np.isfinite(e))):
        return None
    theta, info = values(d, e)
    bound = _row_sum(d, e)
    squares = 2 * gamma * (float(np.sum(np.abs(theta))) + np.sqrt(k) * float(np.linalg.norm(theta)))
    smallest = max(float(theta[0]), squares)
    if info or not (bound > _RANGE and squares / np.sqrt(smallest) <= 4 * fine):
        return None
    q = _basis(reflectors, tau)
    between = None if q is None else eigenvalues_between(d, e, theta)
    if q is None or between is None:
        return None
    defect, moved = _defect(q), _residual(gram, q, d, e, bound)
    off = up(error + moved * (1 + defect).sqrt() if defect.upper() < 1 else flint.arb.pos_inf())
    if not off < np.inf:
        return None
    low, high = (np.maximum(end[::-1], 0.0) for end in between)
    b = up(defect)
    low = sqrt_down(np.maximum(sub_down(mul_down(low, sub_down(1.0, b)), off), 0.0))
    high = sqrt_up(add_up(mul_up(high, add_up(1.0, b)), off))
    return np.maximum(sub_down(low, radius), 0.0), add_up(high, radius)


@np.errstate(all="ignore")
def eigenvalues_between(d: FloatArray, e: FloatArray, theta: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Bounds of the eigenvalues, increasing, of the tridiagonal matrix with diagonal ``d`` and ``e`` beside it.

    ``theta`` are approximations, increasing. None where an eigenvalue is not near its approximation. Entries between
    2^-300 and 2^300 in magnitude somewhere, none above.

    >>> low, high = eigenvalues_between(np.array([2.0, 2.0]), np.array([1.0]), np.array([1.0, 3.0]))
    >>> bool(low[0] <= 1 <= high[0] and low[1] <= 3 <= high[1])
    True
    """
    k = d.size
    near = _NEAR * float(_row_sum(d, e))
    points = np.concatenate([theta - near, theta + near])
    below = _counts(d, e, points)
    place = np.arange(k)
    if not (np.all(below[:k] <= place) and np.all(below[k:] > place)):
        return None
    slack = up(6 * EPS * flint.arb(float(np.max(np.abs(e), initial=0.0))) + flint.arb(2) ** -398)
    return sub_down(points[:k], slack), add_up(points[k:], slack)


def _counts(d: FloatArray, e: FloatArray, points: FloatArray) -> npt.NDArray[np.int64]:
    """How many eigenvalues of a matrix near T are below each point."""
    squares = np.square(np.maximum(np.abs(e), _LEAST))
    q = d[0] - points
    term, found = np.empty_like(q), np.signbit(q).astype(np.int64)
    for i in range(1, d.size):
        np.divide(squares[i - 1], q, out=term)
        np.subtract(d[i], points, out=q)
        q -= term
        found += np.signbit(q)
    return found


def _row_sum(d: FloatArray, e: FloatArray) -> float:
    """An upper bound of ‖|T|‖₂."""
    rows = np.abs(d)
    rows[1:] += np.abs(e)
    rows[:-1] += np.abs(e)
    return float(np.max(rows)) * (1 + 8 * U)


def _basis(reflectors: FloatArray, tau: FloatArray) -> FloatArray | None:
    """Q of the reduction."""
    k = reflectors.shape[0]
    q = np.zeros((k, k), order="F")
    q[0, 0] = 1.0
    (expand,) = get_lapack_funcs(("orgqr",), dtype=np.float64)
    rest, _, info = expand(np.asfortranarray(reflectors[1:, :-1]), tau, lwork=64 * k, overwrite_a=1)
    q[1:, 1:] = rest
    return q if not info and np.max(np.abs(q)) <= 2.0 else None


def _defect(q: FloatArray) -> flint.arb:
    """A bound of ‖QᵀQ − I‖_F: the product, and one rounding of the subtraction."""
    k = q.shape[0]
    gram, gamma = times(q.T, q)
    gram.flat[:: k + 1] -= 1.0
    size = frobenius_up(q)
    return (frobenius_up(gram) * (1 + 2 * EPS) + product_error(gamma, k, size, size, k * k)).upper()


def _residual(gram: FloatArray, q: FloatArray, d: FloatArray, e: FloatArray, bound: float) -> flint.arb:
    """A number that √(1 + b) times bounds ‖G − QTQᵀ‖_F."""
    k = q.shape[0]
    z = d[:, None] * q.T
    z[1:] += e[:, None] * q.T[:-1]
    z[:-1] += e[:, None] * q.T[1:]
    product, gamma = times(q, z)
    np.subtract(gram, product, out=product)
    size = frobenius_up(q)
    rest = frobenius_up(product) * (1 + 2 * EPS) + k * k * TINY
    rest += product_error(gamma, k, size, frobenius_up(z), k * k, ONE + flint.arb(bound))
    return (rest + 4 * EPS * flint.arb(bound) * size + 8 * k * k * TINY).upper()
