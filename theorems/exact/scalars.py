"""Exact scalars for theorem modules, and the sign of a margin.

A *scalar* is ``fmpq`` where the number is rational, else a ball ``arb`` at the working precision, else (only inside
:func:`decide`, to settle a margin that balls cannot tell from 0) a SymPy number. Theorem modules take scalars from
:mod:`theorems.exact.spectra`, pass every other exact input through :func:`num`, and hand them to the formulas of
``certify.geometry``.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Generator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import flint

from certify.errors import UsageError
from certify.rigor.ball import ball, interval, precision
from certify.verdict import Verdict

__all__ = ["Inexact", "Outcome", "Scalar", "decide", "exact_values", "in_balls", "mode", "num", "root", "settle"]

Scalar: TypeAlias = Any

_PRECISIONS = (64, 192, 768, 3072)
_symbolic: ContextVar[bool] = ContextVar("symbolic", default=False)


class Inexact(Exception):
    """A number has no closed form that the exact mode knows."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decided margin: its verdict, its enclosure in float64, and how it was decided."""

    verdict: Verdict
    lower: float
    upper: float
    method: str


def mode() -> tuple[int, bool]:
    """The working precision, and whether scalars are SymPy numbers: the key under which scalars may be kept."""
    return flint.ctx.prec, _symbolic.get()


@contextlib.contextmanager
def in_balls() -> Generator[None]:
    """Scalars are rational numbers and balls inside, also where a margin is settled exactly."""
    token = _symbolic.set(False)
    try:
        yield
    finally:
        _symbolic.reset(token)


def num(x: int | Fraction | flint.fmpq | flint.arb) -> Scalar:
    """An exact input as a scalar of the current mode."""
    if isinstance(x, Fraction):
        x = flint.fmpq(x.numerator, x.denominator)
    if not _symbolic.get():
        return flint.fmpq(x) if isinstance(x, int) else x
    if isinstance(x, flint.arb):
        raise Inexact
    import sympy

    x = flint.fmpq(x)
    return sympy.Rational(int(x.p), int(x.q))


def settle(x: Scalar) -> Scalar:
    """A scalar with its logarithms split into those of primes, so that equal exact numbers look equal.

    All numbers whose logarithm is taken here are positive, so splitting is valid.
    """
    if not _symbolic.get():
        return x
    import sympy

    return sympy.expand(sympy.expand_log(sympy.expand(x), force=True, factor=True))


def root(x: Scalar) -> Scalar:
    """The square root of a non-negative scalar: exact when it is rational."""
    if isinstance(x, flint.fmpq):
        top, bottom = x.p.sqrtrem(), x.q.sqrtrem()
        if top[1] == 0 and bottom[1] == 0:
            return num(flint.fmpq(top[0], bottom[0]))
        if _symbolic.get():
            import sympy

            return sympy.sqrt(num(x))
        return flint.arb(x).sqrt()
    if isinstance(x, flint.arb):
        return num(x.nonnegative_part().sqrt())
    import sympy

    return sympy.sqrt(x)


def decide(margin: Callable[[], Scalar], *, strict: bool) -> Outcome:
    """The verdict of "margin > 0" (``strict``) or "margin ≥ 0", at increasing precision; equality is decided exactly.

    Balls never prove an equality: when they keep straddling 0, the same margin is evaluated in SymPy numbers and must
    simplify to 0 identically. What neither settles is UNDECIDED.
    """
    outcome = Outcome(Verdict.UNDECIDED, float("nan"), float("nan"), "no enclosure")
    for step, bits in enumerate(_PRECISIONS):
        with precision(bits):
            value = margin()
            lo, hi = interval(ball(value))
        if isinstance(value, flint.fmpq):
            positive = value > 0 or (value == 0 and not strict)
            return Outcome(Verdict.CERTIFIED if positive else Verdict.REFUTED, lo, hi, "exact")
        verdict = Verdict.of_margin(lo, hi, strict=strict)
        outcome = Outcome(verdict, lo, hi, f"balls of {bits} bits")
        if verdict is not Verdict.UNDECIDED:
            return outcome
        if step == 1 and lo <= 0 <= hi and _vanishes(margin):
            return Outcome(Verdict.REFUTED if strict else Verdict.CERTIFIED, 0.0, 0.0, "exact")
    return outcome


def _vanishes(margin: Callable[[], Scalar]) -> bool:
    """Whether the margin, evaluated in SymPy numbers, is identically 0."""
    found = exact_values(lambda: (margin(),))
    return found is not None and (bool(found[0] == 0) or _product_is_one(found[0]))


def exact_values(scalars: Callable[[], Sequence[Scalar]]) -> tuple[Any, ...] | None:
    """Scalars as SymPy numbers without a float in them; None where one of them has no closed form that is known."""
    _refuse_balls()
    token = _symbolic.set(True)
    try:
        import sympy

        found = tuple(settle(sympy.sympify(value)) for value in scalars())
        return None if any(value.has(sympy.Float) for value in found) else found
    except (Inexact, TypeError, ValueError, ArithmeticError, UsageError):
        return None
    finally:
        _symbolic.reset(token)


@functools.cache
def _refuse_balls() -> None:
    """Keep SymPy from turning a ball into the float of its midpoint, which would make [−1, 1] an exact 0."""
    from sympy.core.sympify import SympifyError, converter

    def refuse(x: flint.arb) -> Any:
        raise SympifyError(f"the ball {x} has no exact value")

    converter[flint.arb] = refuse


def _product_is_one(value: Any) -> bool:
    """Whether Σ c_i log a_i vanishes because ∏ a_i^(n c_i), with n the common denominator, simplifies to 1."""
    import sympy

    terms: list[tuple[Any, Any]] = [term.as_coeff_Mul() for term in sympy.Add.make_args(value)]
    if not all(isinstance(factor, sympy.log) and coefficient.is_Rational for coefficient, factor in terms):
        return False
    common = sympy.ilcm(*(coefficient.q for coefficient, _ in terms))
    above: Any = sympy.Integer(1)
    below: Any = sympy.Integer(1)
    for coefficient, factor in terms:
        power = int(coefficient * common)
        if power > 0:
            above *= factor.args[0] ** power
        else:
            below *= factor.args[0] ** -power
    return bool(sympy.radsimp(sympy.expand(above - below)) == 0)
