"""How large an instance may be that comes from a file: what is larger might not be decided in bounded time."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, cast

from certify.errors import LimitError
from theorems.engine.instance import Instance, Value, format_value, fractions_of
from theorems.engine.theorem import Parameter, Theorem

__all__ = ["DIGITS", "LENGTH", "RANGE", "SCALAR_DIGITS", "SIDE", "WORK", "check_limits", "within_limits"]

DIGITS = 24
"""Decimal digits of a numerator or a denominator."""
SIDE = 8
"""Rows and columns of a matrix; matrices of a chain."""
LENGTH = 48
"""Entries of a vector."""
WORK = 6000
"""Σ k²·(longest side), over the k digits beyond the first of every numerator and denominator: what eigenvalues cost."""
RANGE = 32
"""The absolute value of an integer or of a rational parameter, unless the parameter says otherwise."""
SCALAR_DIGITS = 4
"""Decimal digits of the numerator or denominator of a rational parameter: it may be an exponent."""

_POWERS = [10**k for k in range(1, DIGITS + 1)]


def within_limits(theorem: Theorem, x: Instance) -> bool:
    """Whether an instance is small enough to be decided in bounded time."""
    return next(_excesses(theorem, x), None) is None


def check_limits(theorem: Theorem, x: Instance) -> None:
    """Refuse an instance that is larger than what is decided in bounded time.

    Raises
    ------
    LimitError : a number has too many digits, a side is too long, or a size or an exponent is too large.
    """
    for place, what, limit in _excesses(theorem, x):
        raise LimitError(
            f"{theorem.id}: {what}", place=place, limit=limit, hint="a witness of smaller size or with smaller numbers"
        )


def _excesses(theorem: Theorem, x: Instance) -> Iterator[tuple[str, str, str]]:
    """Where, what, and the limit, for everything that is too large."""
    work = 0
    for p in theorem.parameters:
        value, place = x[p.name], f"instance.{p.name}"
        longest, most = _longest(p, value)
        if longest > most:
            yield place, f"{p.name} has a side of {longest}", f"{most} for a {p.kind}"
        digits = [_digits(n) for v in fractions_of(value) for n in (v.numerator, v.denominator)]
        most = SCALAR_DIGITS if p.kind in ("integer", "rational") else DIGITS
        if max(digits, default=0) > most:
            yield place, f"a number of {p.name} is too long", f"{most} digits in a numerator or a denominator"
        elif p.kind in ("integer", "rational") and abs(cast(Fraction, value)) > (p.limit or RANGE):
            yield place, f"{p.name} = {format_value(value)} is too large", f"{p.limit or RANGE} in absolute value"
        work += sum((k - 1) ** 2 for k in digits) * (longest if p.kind in ("matrix", "chain") else 1)
    if work > WORK:
        yield "instance", f"long numbers in large matrices: together they weigh {work}", f"{WORK}, Σ (digits − 1)²·side"


def _longest(p: Parameter, value: Value) -> tuple[int, int]:
    """The longest side of a value, and the limit for it."""
    if p.kind == "vector":
        return len(cast(tuple[Any, ...], value)), LENGTH
    if p.kind == "matrix":
        rows = cast(tuple[tuple[Any, ...], ...], value)
        return max(len(rows), len(rows[0])), SIDE
    if p.kind == "chain":
        matrices = cast(tuple[tuple[tuple[Any, ...], ...], ...], value)
        return max(len(matrices), *(max(len(m), len(m[0])) for m in matrices)), SIDE
    return 1, 1


def _digits(n: int) -> int:
    # Digits are counted by comparing, since writing a long number out takes quadratic time.
    return bisect.bisect_right(_POWERS, abs(n)) + 1
