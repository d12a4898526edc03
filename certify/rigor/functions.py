"""Elementary functions of whatever is given: one formula serves enclosures, symbolic proof and the test oracle.

An :class:`Interval` function takes the part of the interval inside its domain; an ``arb`` function gives NaN unless the
whole ball lies inside. Arguments may be exact (``int``, ``float``, ``Fraction``, ``fmpz``, ``fmpq``), ``flint.arb``,
:class:`Interval`, ``mpmath.mpf`` or ``sympy.Expr``; the result has the richest of the types given, in the order

    exact → arb → Interval → mpf → sympy,

exact arguments giving an ``arb`` at the working precision. SymPy and mpmath are imported only when one of their objects
is the argument.
"""

from __future__ import annotations

import enum
from fractions import Fraction
from typing import Any

import flint

from certify.errors import UsageError
from certify.rigor.ball import ball
from certify.rigor.exact import to_fraction
from certify.rigor.interval import Interval

__all__ = ["absolute", "arccos", "exp", "log", "maximum", "minimum", "power", "sqrt"]


class _Kind(enum.IntEnum):
    EXACT = 0
    BALL = 1
    INTERVAL = 2
    ORACLE = 3
    SYMBOLIC = 4


def _kind(x: object) -> _Kind:
    if isinstance(x, flint.arb):
        return _Kind.BALL
    if isinstance(x, Interval):
        return _Kind.INTERVAL
    if type(x) in (int, float, Fraction):
        return _Kind.EXACT
    for base in type(x).__mro__:
        package = base.__module__.partition(".")[0]
        if package == "mpmath":
            return _Kind.ORACLE
        if package == "sympy":
            return _Kind.SYMBOLIC
    return _Kind.EXACT


def _lift(*arguments: Any) -> tuple[_Kind, list[Any]]:
    kind = max(_kind(x) for x in arguments)
    if kind == _Kind.SYMBOLIC:
        return kind, [_to_sympy(x) for x in arguments]
    if kind == _Kind.ORACLE:
        context = next(x.context for x in arguments if _kind(x) == _Kind.ORACLE)
        return kind, [_to_mpf(x, context) for x in arguments]
    if kind == _Kind.INTERVAL:
        return kind, [Interval.of(x) for x in arguments]
    return _Kind.BALL, [ball(x) for x in arguments]


def _single(x: Any) -> tuple[_Kind, Any]:
    if isinstance(x, flint.arb):
        return _Kind.BALL, x
    kind, (y,) = _lift(x)
    return kind, y


def _refuse(x: object, target: str) -> UsageError:
    return UsageError(f"{type(x).__name__} and {target} do not mix: an enclosure has no exact {target} value")


def _to_sympy(x: Any) -> Any:
    kind = _kind(x)
    if kind == _Kind.SYMBOLIC:
        return x
    if kind != _Kind.EXACT:
        raise _refuse(x, "SymPy")
    import sympy

    value = to_fraction(x)
    return sympy.Rational(value.numerator, value.denominator)


def _to_mpf(x: Any, context: Any) -> Any:
    kind = _kind(x)
    if kind == _Kind.ORACLE:
        return x
    if kind != _Kind.EXACT:
        raise _refuse(x, "mpmath")
    value = to_fraction(x)
    return context.mpf(value.numerator) / value.denominator


def log(x: Any) -> Any:
    """Natural logarithm. A ball that is not certainly positive gives a NaN ball.

    >>> log(1).contains(0)
    True
    """
    if isinstance(x, flint.arb):
        return x.log()
    kind, (y,) = _lift(x)
    if kind == _Kind.SYMBOLIC:
        import sympy

        return sympy.log(y)
    return y.context.log(y) if kind == _Kind.ORACLE else y.log()


def exp(x: Any) -> Any:
    """Exponential.

    >>> exp(0)
    1.00000000000000
    """
    if isinstance(x, flint.arb):
        return x.exp()
    kind, (y,) = _lift(x)
    if kind == _Kind.SYMBOLIC:
        import sympy

        return sympy.exp(y)
    return y.context.exp(y) if kind == _Kind.ORACLE else y.exp()


def sqrt(x: Any, *, nonnegative: bool = False) -> Any:
    """Square root. A ball that reaches below 0 gives a NaN ball, unless ``nonnegative``.

    An interval is cut at 0 in any case. With ``nonnegative`` the caller states a proof that the enclosed number is ≥ 0
    (a sum of squares, say), and the negative part of its ball is discarded; a ball that is entirely negative still
    gives NaN.

    >>> sqrt(4)
    2.00000000000000
    """
    if isinstance(x, Interval):
        return x.sqrt()
    kind, y = _single(x)
    if kind == _Kind.SYMBOLIC:
        import sympy

        return sympy.sqrt(y)
    if kind == _Kind.ORACLE:
        return y.context.sqrt(y)
    if kind == _Kind.BALL and nonnegative and not y >= 0:
        top = y.upper()
        return flint.arb(0).union(top.sqrt()) if top >= 0 else flint.arb.nan()
    return y.sqrt()


def power(x: Any, y: Any) -> Any:
    """x to the power y. An integer exponent allows any base; another exponent needs a base that is certainly ≥ 0.

    >>> power(flint.arb(-2), 3)
    -8.00000000000000
    """
    if _kind(y) == _Kind.EXACT and _kind(x) <= _Kind.INTERVAL:
        exponent = to_fraction(y)
        if exponent.denominator == 1:
            return (x if isinstance(x, Interval) else ball(x)) ** int(exponent)
        if exponent == Fraction(1, 2):
            return sqrt(x)
    _, (a, b) = _lift(x, y)
    return a**b


def absolute(x: Any) -> Any:
    """Absolute value."""
    return abs(_lift(x)[1][0])


def maximum(x: Any, y: Any, *more: Any) -> Any:
    """The largest of two or more values.

    >>> maximum(1, Fraction(5, 2), 2)
    2.50000000000000
    """
    return _extreme("max", x, y, *more)


def minimum(x: Any, y: Any, *more: Any) -> Any:
    """The smallest of two or more values."""
    return _extreme("min", x, y, *more)


def _extreme(name: str, *arguments: Any) -> Any:
    if len(arguments) == 2 and isinstance(arguments[0], Interval) and isinstance(arguments[1], Interval | float):
        return getattr(arguments[0], f"{name}imum")(arguments[1])
    kind, values = _lift(*arguments)
    if kind == _Kind.SYMBOLIC:
        import sympy

        return sympy.Max(*values) if name == "max" else sympy.Min(*values)
    if kind == _Kind.ORACLE:
        return max(values) if name == "max" else min(values)
    result = values[0]
    for value in values[1:]:
        if isinstance(result, Interval):
            result = result.maximum(value) if name == "max" else result.minimum(value)
        else:
            result = result.max(value) if name == "max" else result.min(value)
    return result


def arccos(x: Any) -> Any:
    """Arc cosine on [−1, 1]; a ball that is not certainly inside gives a NaN ball."""
    kind, (y,) = _lift(x)
    if kind == _Kind.SYMBOLIC:
        import sympy

        return sympy.acos(y)
    return y.context.acos(y) if kind == _Kind.ORACLE else y.acos()
