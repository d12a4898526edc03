r"""The checker's own rounding analysis of float64 array code.

Model. Every operation returns ``(exact)(1 + d) + e`` with |d| <= u = 2^-53 and |e| <= η = 2^-1022, where e covers
gradual underflow, flush-to-zero of results and reading subnormal operands as zero. Hence for vectors of length k with
entries of magnitude at most 2, summed in any order, with or without fused multiply-add,

.. math:: |\mathrm{fl}(x\cdot y)-x\cdot y|\le\gamma_k|x|\cdot|y|+8k\eta,\qquad\gamma_k=ku/(1-ku).

*Proof.* Each product passes through at most k roundings (its own and at most k - 1 additions), which gives the factors
:math:`1+\theta_k`, :math:`|\theta_k|\le\gamma_k` (Higham, Accuracy and Stability, Lemma 3.1). A flushed operand
changes a product by at most 2η, two of them by 4η, the flushed product by η, each flushed sum by η: at most 6η a term,
and later factors :math:`1+\theta_k` multiply this by less than 4/3 while ku <= 1/5.  □

Matrix norms of the bound use :math:`\||X||Y|\|_2\le\||X|\|_2\||Y|\|_2` and
:math:`\||X|\|_2\le\sqrt{\|X\|_1\|X\|_\infty}`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TypeAlias, cast

import numpy as np
import scipy.linalg
from flint import arb, ctx
from numpy.typing import NDArray

from certify.errors import InternalError

__all__ = [
    "ETA",
    "Array",
    "U",
    "above",
    "absolute_norm",
    "ball",
    "below",
    "check_arithmetic",
    "gamma",
    "gram",
    "product",
    "roundings",
]

Array: TypeAlias = NDArray[np.float64]

U = 2.0**-53
ETA = 2.0**-1022
_LONGEST = 2**44
_BLOCK = 256
_GEMM = cast("Callable[..., Array]", scipy.linalg.get_blas_funcs("gemm", dtype=np.float64))


def gamma(k: int) -> float:
    """An upper bound of k u / (1 - k u); the product k u is exact below 2^53 and the rest is rounded up twice."""
    if not 0 <= k <= _LONGEST:
        raise InternalError(f"no rounding bound for sums of {k} terms")
    return k * U * (1 + 2 * k * U) * (1 + 4 * U)


def ball(lower: float, upper: float | None = None) -> arb:
    """The ball around [lower, upper], or the exact ball of one float."""
    if upper is None or lower == upper:
        return arb(lower)
    return arb(lower).union(arb(upper))


def above(x: arb) -> float:
    """A float64 upper bound of every point of a ball; infinite or NaN balls give infinity."""
    if not x.is_finite():
        return math.inf
    top = x.upper()
    # Conversion rounds by less than two units in the last place; two steps outward cover it.
    return math.nextafter(math.nextafter(float(top), math.inf), math.inf)


def below(x: arb) -> float:
    """A float64 lower bound of every point of a ball; infinite or NaN balls give minus infinity."""
    return -above(-x)


def absolute_norm(x: Array) -> float:
    """Upper bound of the spectral norms of |x| and of x: the root of (largest row sum)(largest column sum).

    Computed Gram matrices get no shorter bound, as nothing says that a product returns them symmetric.
    """
    return _absolute_norm(x, math.inf)


def _absolute_norm(x: Array, most: float = 2.0) -> float:
    """The same for entries that are checked."""
    if x.size == 0:
        return 0.0
    size = np.abs(x)
    if most < math.inf and not float(size.max()) <= most:
        raise InternalError("a rounding bound was asked for entries above 2 or not finite")
    rows = _sum_bound(float(size.sum(axis=1).max()), x.shape[1])
    columns = _sum_bound(float(size.sum(axis=0).max()), x.shape[0])
    return above((ball(rows) * ball(columns)).sqrt())


def _sum_bound(value: float, terms: int) -> float:
    """A computed sum of non-negative terms is below the exact one by at most the factor 1 - γ; additions that
    underflow are exact or lose at most η each."""
    return above(ball(value) * (1 + ball(2 * gamma(terms))) + ball(4 * terms * ETA))


def product(x: Array, y: Array, *, onto: tuple[Array, arb] | None = None) -> tuple[Array, float]:
    """``fl(xy)`` and a bound of ``‖fl(xy) − xy‖₂``, for matrices with entries of magnitude at most 2.

    Long inner dimensions are cut into blocks whose products are added one after the other: no term then passes
    through more than ``_BLOCK`` + (number of blocks) - 1 roundings, so that γ stays small.

    Parameters
    ----------
    onto : a matrix in C order to which xy is added where it lies, and a bound of its Frobenius norm; then both are of
        the sum, whose terms pass through as many roundings as the inner dimension has places.
    """
    left, right = _absolute_norm(x), _absolute_norm(y)
    if onto is not None:
        total, size = onto
        k = x.shape[1]
        found = _added(x, y, total)
        bound = ball(_product_bound(k, left, right, found.size, k))
        return found, above(bound + ball(gamma(k)) * size)
    found = _multiplied(x, y)
    return found, _product_bound(x.shape[1], left, right, found.size)


def _added(x: Array, y: Array, total: Array) -> Array:
    """``total`` += xy where it lies; BLAS sees transposes."""
    if not x.size or not y.size:
        return total
    a, b = np.ascontiguousarray(y).T, np.asfortranarray(x)
    found = _GEMM(1.0, a, b, 1.0, total.T, trans_b=True, overwrite_c=True).T
    if not np.shares_memory(found, total):
        raise InternalError("a sum was not formed where it lies")
    return total


def _multiplied(x: Array, y: Array) -> Array:
    found = x[:, :_BLOCK] @ y[:_BLOCK]
    for start in range(_BLOCK, x.shape[1], _BLOCK):
        found += x[:, start : start + _BLOCK] @ y[start : start + _BLOCK]
    return found


def gram(x: Array, *, upper: bool = False) -> tuple[Array, float]:
    """``fl(xᵀx)`` and a bound of ``‖fl(xᵀx) − xᵀx‖₂``, for entries of magnitude at most 2.

    ``upper`` says that x is an upper triangle; what is added of its zeros is left out.
    """
    size = _absolute_norm(x)
    n = x.shape[1]
    if n <= 2 * _BLOCK:
        found = _multiplied(x.T, x)
    else:
        # One triangle, by blocks of columns: the same sums.
        found = np.empty((n, n))
        for start in range(0, n, _BLOCK):
            end = start + _BLOCK
            if upper:
                for row in range(0, end, _BLOCK):
                    last = row + _BLOCK
                    found[row:last, start:end] = _multiplied(x[:last, row:last].T, x[:last, start:end])
            else:
                found[:start, start:end] = _multiplied(x[:, :start].T, x[:, start:end])
                # BLAS sees that both are one, and does half of it.
                found[start:end, start:end] = _multiplied(x[:, start:end].T, x[:, start:end])
            found[start:end, :start] = found[:start, start:end].T
    return found, _product_bound(x.shape[0], size, size, found.size)


def roundings(k: int) -> int:
    """How many roundings a term of :func:`product` or :func:`gram` passes through at most, for k terms."""
    return min(k, _BLOCK) + max(-(-k // _BLOCK) - 1, 0)


def _product_bound(k: int, left: float, right: float, entries: int, steps: int | None = None) -> float:
    relative = gamma(roundings(k) if steps is None else steps)
    return above(ball(relative) * ball(left) * ball(right) + ball(8 * k * ETA) * arb(entries).sqrt())


@functools.cache
def check_arithmetic() -> None:
    """Refuse to work where the model above is visibly false: directed rounding, or a fast matrix product.

    A product in the manner of Strassen adds entries of different size before it multiplies, and emulated float64
    cuts them to a common grid; both lose the small block below, whose exact value is an integer times 2^-40.

    Raises
    ------
    InternalError : the floating-point environment or the BLAS does not obey the model.
    """
    one, tiny = np.float64(1), np.float64(U)
    nearest = one + tiny == one and one + 3 * tiny == one + 4 * tiny and -one - tiny == -one
    n = 512
    i, j = np.indices((n, n))
    small = ((3 * i + 5 * j) % 17 - 8).astype(np.float64)
    x = np.where((i < n // 2) & (j < n // 2), small * 2.0**40, small)
    y = np.where((i < n // 2), small, small * 2.0**-40)
    x[n // 2 :, : n // 2] = 0
    exact = small[n // 2 :, n // 2 :] @ small[n // 2 :, :]  # integers below 2^53: exact in any order
    products = x @ y, _added(x, y, np.zeros((n, n)))
    faithful = all(np.array_equal(found[n // 2 :], exact * 2.0**-40) for found in products)
    # Subnormal numbers may flush as results; as operands that are scaled up they are read.
    gradual = bool(np.all(np.ldexp(np.full(8, 2.0**-1074), 60) == 2.0**-1014))
    if not (nearest and gradual and faithful and ctx.prec >= 53):
        raise InternalError(
            "the floating-point arithmetic of this process does not obey the model of the checker",
            hint="another BLAS, or a process that does not change the rounding mode",
        )
