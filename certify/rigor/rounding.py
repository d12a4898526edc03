"""Guaranteed bounds on float64 computations, in round-to-nearest arithmetic with or without flush-to-zero.

Model. For ∘ in {+, −, ×, ÷}, without overflow,

    fl(x ∘ y) = (x ∘ y)(1 + δ) + ε,   |δ| ≤ U = 2⁻⁵³,   |ε| ≤ ETA = 2⁻¹⁰²²,   δ ε = 0,            (1)

ETA being the smallest *normal* number: a subnormal result may be rounded or flushed to zero. Operands are read exactly
(no "denormals are zero"). Square roots of floats never underflow, so ε = 0 there. ``nextafter``, ``ldexp`` by a factor
that keeps the number normal, comparison and negation are exact.

Every function returns a bound that includes its own rounding. NaN operands give NaN; an overflow gives an infinite or a
largest-finite bound on the safe side; neither is ever a false finite bound. Exact zeros stay exact.

For real bounds of k terms, γ_k = kU/(1 − kU) (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, ch. 3).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, Protocol, cast, overload

import numpy as np
import numpy.typing as npt

from certify.errors import UsageError

__all__ = [
    "ETA",
    "FloatArray",
    "Floats",
    "U",
    "add_down",
    "add_up",
    "div_down",
    "div_up",
    "dot_bounds",
    "down",
    "gamma",
    "ldexp_down",
    "ldexp_up",
    "mul_down",
    "mul_up",
    "norm_down",
    "norm_up",
    "sqrt_down",
    "sqrt_up",
    "sub_down",
    "sub_up",
    "sum_down",
    "sum_up",
    "up",
]

FloatArray = npt.NDArray[np.float64]
Floats = float | FloatArray
Axis = int | tuple[int, ...]

U = 2.0**-53
"""Unit roundoff of float64."""

ETA = 2.0**-1022
"""Smallest normal float64: the underflow unit, with flush-to-zero covered."""

_SAFE_EXPONENT = 400
_PLAIN = 2.0**700

QUIET: dict[str, Any] = {"over": "ignore", "under": "ignore", "invalid": "ignore", "divide": "ignore"}
"""Keywords of ``np.errstate``: the bounds themselves tell what overflowed or was undefined."""


def gamma(k: int) -> float:
    """Upper bound of γ_k = kU/(1 − kU) = k/(2⁵³ − k); ``inf`` for k ≥ 2⁵³.

    Python divides integers with correct rounding, so one step upward makes the quotient a bound.

    >>> gamma(0), gamma(1) > U, gamma(2**53)
    (0.0, True, inf)
    """
    if k < 0:
        raise UsageError(f"gamma needs a non-negative count, got {k}")
    if k == 0:
        return 0.0
    if k >= 2**53:
        return math.inf
    return math.nextafter(k / (2**53 - k), math.inf)


@overload
def up(x: float) -> float: ...
@overload
def up(x: FloatArray) -> FloatArray: ...
@np.errstate(**QUIET)
def up(x: Any) -> Any:
    """The next float64 above; an upper bound of any real that rounds (to nearest, no underflow) to ``x``.

    >>> float(up(1.0)) == 1.0 + 2 * U
    True
    """
    return np.nextafter(x, np.inf)


@overload
def down(x: float) -> float: ...
@overload
def down(x: FloatArray) -> FloatArray: ...
@np.errstate(**QUIET)
def down(x: Any) -> Any:
    """The next float64 below; a lower bound of any real that rounds (to nearest, no underflow) to ``x``."""
    return np.nextafter(x, -np.inf)


class _Binary(Protocol):
    @overload
    def __call__(self, x: float, y: float) -> float: ...
    @overload
    def __call__(self, x: FloatArray, y: Floats) -> FloatArray: ...
    @overload
    def __call__(self, x: float, y: FloatArray) -> FloatArray: ...


def _binary(scalar: Callable[[float, float], float]) -> Callable[[Callable[[Any, Any], Any]], _Binary]:
    """A bound of arrays that takes ``scalar``, the same bound of two floats, where it is given such."""

    def of(bound: Callable[[Any, Any], Any]) -> _Binary:
        quiet = np.errstate(**QUIET)(bound)

        @functools.wraps(bound)
        def either(x: Any, y: Any) -> Any:
            # NumPy's dispatch and error state cost twenty times as much as the operation.
            return scalar(float(x), float(y)) if isinstance(x, float) and isinstance(y, float) else quiet(x, y)

        return cast(_Binary, either)

    return of


def _float_above(result: float) -> float:
    # As in `_above`, for a result that is not exact.
    return result + 2 * ETA if abs(result) <= ETA else math.nextafter(result, math.inf)


def _float_add(x: float, y: float) -> float:
    return x + y if x == 0 or y == 0 or x == -y else _float_above(x + y)


def _float_mul(x: float, y: float) -> float:
    return x * y if x == 0 or y == 0 else _float_above(x * y)


def _float_div(x: float, y: float) -> float:
    if y == 0:
        return math.inf
    return x / y if x == 0 else _float_above(x / y)


def _above(result: Any, exact: Callable[[], Any]) -> Any:
    # By (1): |result| > ETA was rounded relatively, so the next float bounds it; otherwise the real value is within
    # ETA of the result, or was rounded from just below the normal range, and adding 2 ETA bounds it (should that sum
    # be flushed, result < -ETA would have to hold). Where `exact`, which only small results are, the result is the
    # real value.
    above = np.nextafter(result, np.inf)
    small = np.abs(result) <= ETA
    if not np.count_nonzero(small):
        return above
    return np.where(exact(), result, np.where(small, result + 2 * ETA, above))[()]


def _added(result: Any, x: Any, y: Any, cancels: Callable[[], Any]) -> Any:
    # As in `_above`, for x + y or −(x + y), x − y or −(x − y): exact where a term is 0 or the terms cancel.
    above = _above(result, cancels)
    for term in (x, y):
        if isinstance(term, float) and term != 0.0:
            continue
        zero = np.equal(term, 0)
        if np.count_nonzero(zero):
            above = np.where(zero, result, above)[()]
    return above


@_binary(_float_add)
def add_up(x: Any, y: Any) -> Any:
    """Upper bound of x + y, elementwise."""
    return _added(np.add(x, y), x, y, lambda: np.equal(x, -y))


@_binary(lambda x, y: -_float_add(-x, -y))
def add_down(x: Any, y: Any) -> Any:
    """Lower bound of x + y, elementwise."""
    return -_added(-np.add(x, y), x, y, lambda: np.equal(x, -y))


@_binary(lambda x, y: _float_add(x, -y))
def sub_up(x: Any, y: Any) -> Any:
    """Upper bound of x − y, elementwise."""
    return _added(np.subtract(x, y), x, y, lambda: np.equal(x, y))


@_binary(lambda x, y: -_float_add(-x, y))
def sub_down(x: Any, y: Any) -> Any:
    """Lower bound of x − y, elementwise."""
    return -_added(-np.subtract(x, y), x, y, lambda: np.equal(x, y))


def _mul_exact(x: Any, y: Any) -> Any:
    return (x == 0) | (y == 0)


@_binary(_float_mul)
def mul_up(x: Any, y: Any) -> Any:
    """Upper bound of x y, elementwise; 0 · inf is NaN."""
    return _above(np.multiply(x, y), lambda: _mul_exact(x, y))


@_binary(lambda x, y: -_float_mul(-x, y))
def mul_down(x: Any, y: Any) -> Any:
    """Lower bound of x y, elementwise; 0 · inf is NaN."""
    return -_above(-np.multiply(x, y), lambda: _mul_exact(x, y))


@_binary(_float_div)
def div_up(x: Any, y: Any) -> Any:
    """Upper bound of x / y, elementwise; ``inf`` where y = 0."""
    zero = np.equal(y, 0)
    above = _above(np.divide(x, y), lambda: np.equal(x, 0))
    return np.where(zero, np.inf, above)[()] if np.count_nonzero(zero) else above


@_binary(lambda x, y: -_float_div(-x, y))
def div_down(x: Any, y: Any) -> Any:
    """Lower bound of x / y, elementwise; ``-inf`` where y = 0."""
    return -div_up(np.negative(x), y)


def _float_sqrt(x: float, direction: float) -> float:
    if x == 0:
        return 0.0
    return math.nextafter(math.sqrt(x), direction) if x > 0 else math.nan


@overload
def sqrt_up(x: float) -> float: ...
@overload
def sqrt_up(x: FloatArray) -> FloatArray: ...
def sqrt_up(x: Any) -> Any:
    """Upper bound of √x, elementwise; NaN where x < 0."""
    if isinstance(x, float):
        return _float_sqrt(x, math.inf)
    return _sqrt_up(x)


@np.errstate(**QUIET)
def _sqrt_up(x: Any) -> Any:
    return np.where(np.equal(x, 0), 0.0, np.nextafter(np.sqrt(x), np.inf))[()]


@overload
def sqrt_down(x: float) -> float: ...
@overload
def sqrt_down(x: FloatArray) -> FloatArray: ...
def sqrt_down(x: Any) -> Any:
    """Lower bound of √x, elementwise; NaN where x < 0."""
    if isinstance(x, float):
        return _float_sqrt(x, -math.inf)
    return _sqrt_down(x)


@np.errstate(**QUIET)
def _sqrt_down(x: Any) -> Any:
    return np.where(np.equal(x, 0), 0.0, np.nextafter(np.sqrt(x), -np.inf))[()]


@np.errstate(**QUIET)
def ldexp_up(x: Any, exponent: Any) -> Any:
    """Upper bound of x 2^exponent; exact where the product is a normal number or x = 0."""
    scaled = np.ldexp(x, exponent)
    return np.where((np.abs(scaled) <= ETA) & np.not_equal(x, 0), scaled + 2 * ETA, _finite_side(x, scaled))[()]


def ldexp_down(x: Any, exponent: Any) -> Any:
    """Lower bound of x 2^exponent; exact where the product is a normal number or x = 0."""
    return -ldexp_up(np.negative(x), exponent)


def _finite_side(x: Any, scaled: Any) -> Any:
    # A negative finite number that overflowed is bounded above by the most negative float, not by -inf.
    return np.where(np.isfinite(x) & (scaled == -np.inf), -np.finfo(np.float64).max, scaled)


def _terms(x: FloatArray, axis: Axis | None) -> int:
    axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    return math.prod(x.shape[a] for a in axes)


def _scaled(x: FloatArray, axis: Axis | None) -> tuple[FloatArray, Any, Any]:
    # Returns (y, e, moved) with x = 2^e y up to ETA per entry of y; e = 0 and moved = False when every nonzero slice
    # has its largest entry within 2^±400, so that neither squares nor sums of 2^200 of them overflow.
    largest = np.max(np.abs(x), axis=axis, keepdims=True, initial=0.0)
    exponent = np.where(largest == 0, 0, np.frexp(largest)[1])
    if np.all(np.abs(exponent) <= _SAFE_EXPONENT):
        return x, 0, False
    return np.ldexp(x, -exponent), np.squeeze(exponent, axis=axis), True


@np.errstate(**QUIET)
def _sum_above(x: Any, axis: Axis | None) -> Any:
    # Any order of summation of k floats: by (1), fl(Σ) = Σ x_i (1 + θ_i) + Σ ε_j (1 + θ_j), |θ| ≤ γ_{k-1}, at most
    # k − 1 terms ε. With T = fl(Σ|x|) ≥ (1 − γ)Σ|x| − 2kETA:  |fl(Σ) − Σ| ≤ γ (T + 2kETA)/(1 − γ) + 2kETA.
    # Scaling moves each entry by at most ETA: another kETA.
    x = np.asarray(x, dtype=np.float64)
    k = _terms(x, axis)
    if k <= 1:
        return np.sum(x, axis=axis)
    y, exponent, _ = _scaled(x, axis)
    total, absolute = np.sum(y, axis=axis), np.sum(np.abs(y), axis=axis)
    g, eta = gamma(k), 4 * k * ETA
    error = add_up(div_up(mul_up(g, add_up(absolute, eta)), sub_down(1.0, g)), eta)
    bound = ldexp_up(add_up(total, error), exponent)
    return np.where(np.all(x == 0, axis=axis), 0.0, bound)[()]


@overload
def sum_up(x: FloatArray, axis: None = None) -> float: ...
@overload
def sum_up(x: FloatArray, axis: Axis) -> FloatArray: ...
def sum_up(x: FloatArray, axis: Axis | None = None) -> Any:
    """Upper bound of the sum of the entries along ``axis`` (all entries by default).

    The excess is about γ_k Σ|x| for k terms; intermediate overflow is avoided by scaling.

    >>> import numpy as np
    >>> float(sum_up(np.array([1e308, 1e308, -1e308]))) >= 1e308
    True
    """
    return _sum_above(x, axis)


@overload
def sum_down(x: FloatArray, axis: None = None) -> float: ...
@overload
def sum_down(x: FloatArray, axis: Axis) -> FloatArray: ...
def sum_down(x: FloatArray, axis: Axis | None = None) -> Any:
    """Lower bound of the sum of the entries along ``axis`` (all entries by default)."""
    return -_sum_above(np.negative(x), axis)


@np.errstate(**QUIET)
def _norm(x: Any, axis: Axis | None, *, upward: bool) -> Any:
    # y = scaled slice of k entries, each moved by at most ETA. s = fl(Σ y²) obeys |s − Σy²| ≤ γ_k Σy² + 4kETA (each
    # square and each addition at most one ε, each amplified by less than 2). So Σy² ≤ (s + 4kETA)/(1 − γ_k) and
    # Σy² ≥ (s − 4kETA)/(1 + γ_k); the triangle inequality adds √k ETA ≤ kETA for the scaling.
    x = np.asarray(x, dtype=np.float64)
    if axis is None and x.size > 1:
        flat = x.ravel(order="K")
        squares = float(flat @ flat)
        # Without scaling: whatever the entries, their squares and sums did not overflow.
        if 1 / _PLAIN < squares < _PLAIN:
            return _root_of_sum(squares, x.size, upward=upward)
    return _norms(x, axis)[upward]


def _norms(x: FloatArray, axis: Axis | None) -> tuple[Any, Any]:
    k = _terms(x, axis)
    if k == 1:
        single = np.sum(np.abs(x), axis=axis)
        return single, single
    y, exponent, moved = _scaled(x, axis)
    s, eta = np.sum(y * y, axis=axis), 4 * k * ETA
    low, high = (_root_of_sum(s, k, upward=upward) for upward in (False, True))
    if moved:
        high = add_up(high, eta)
        low = np.maximum(sub_down(low, eta), 0.0)
    zero = np.all(x == 0, axis=axis)
    lower = np.maximum(ldexp_down(low, exponent), 0.0)
    return np.where(zero, 0.0, lower)[()], np.where(zero, 0.0, ldexp_up(high, exponent))[()]


def _root_of_sum(squares: Any, k: int, *, upward: bool) -> Any:
    g, eta = gamma(k), 4 * k * ETA
    if upward:
        return sqrt_up(div_up(add_up(squares, eta), sub_down(1.0, g)))
    least = div_down(sub_down(squares, eta), add_up(1.0, g))
    return sqrt_down(max(least, 0.0) if isinstance(least, float) else np.maximum(least, 0.0))


@overload
def norm_up(x: FloatArray, axis: None = None) -> float: ...
@overload
def norm_up(x: FloatArray, axis: Axis) -> FloatArray: ...
def norm_up(x: FloatArray, axis: Axis | None = None) -> Any:
    """Upper bound of the Euclidean norm along ``axis``; the Frobenius norm of the whole array by default.

    Relative excess about γ_k for k entries, whatever their size: each slice is scaled by a power of two.

    >>> import numpy as np
    >>> bool(5e200 <= norm_up(np.array([3e200, 4e200])) <= 5.000001e200)
    True
    """
    return _norm(x, axis, upward=True)


@overload
def norm_down(x: FloatArray, axis: None = None) -> float: ...
@overload
def norm_down(x: FloatArray, axis: Axis) -> FloatArray: ...
def norm_down(x: FloatArray, axis: Axis | None = None) -> Any:
    """Lower bound of the Euclidean norm along ``axis``; the Frobenius norm of the whole array by default."""
    return _norm(x, axis, upward=False)


@np.errstate(**QUIET)
def dot_bounds(x: FloatArray, y: FloatArray) -> tuple[Any, Any]:
    """Lower and upper bounds of the inner products Σ x_i y_i along the last axis.

    With k terms: |fl(Σ x_i y_i) − Σ x_i y_i| ≤ γ_k Σ|x_i y_i| + 4kETA, in any order and with or without fused
    multiply-add. Both factors are scaled by powers of two; the scaling moves each entry by at most ETA while the other
    factor is at most 2^400, which adds at most 2k · 2^401 ETA before unscaling.

    Raises ``ValueError`` when the shapes do not broadcast.

    >>> import numpy as np
    >>> low, high = dot_bounds(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    >>> bool(low <= 11 <= high)
    True
    """
    x, y = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    k = x.shape[-1]
    a, ea, moved_a = _scaled(x, -1)
    b, eb, moved_b = _scaled(y, -1)
    products = a * b
    total, absolute = np.sum(products, axis=-1), np.sum(np.abs(products), axis=-1)
    eta = 4 * k * ETA * (2.0**401 if moved_a or moved_b else 1.0)
    g = gamma(k + 1)
    error = add_up(div_up(mul_up(g, add_up(absolute, eta)), sub_down(1.0, g)), eta)
    exponent = np.add(ea, eb)
    zero = np.all((x == 0) | (y == 0), axis=-1) & np.isfinite(total)
    low, high = ldexp_down(sub_down(total, error), exponent), ldexp_up(add_up(total, error), exponent)
    return np.where(zero, 0.0, low)[()], np.where(zero, 0.0, high)[()]
