"""Certified roots of decreasing functions: a float candidate, proved by the signs on its two sides."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import flint

from certify.rigor.ball import hull_ball

__all__ = ["Fit", "bracket", "no_fit"]

_WIDENINGS = 80
_POLISHINGS = 6
_FAR, _HALVINGS = 0.25, 5


@dataclass(frozen=True, slots=True)
class Fit:
    """An enclosed exponent, or a NaN ball and the cause why there is none."""

    alpha: flint.arb
    cause: str = ""


def no_fit(cause: str) -> Fit:
    """The fit that failed, for a stated cause."""
    return Fit(flint.arb.nan(), cause)


def bracket(
    value: Callable[[float], flint.arb],
    slope: Callable[[float], float],
    guess: float,
    within: tuple[float, float] = (-math.inf, math.inf),
) -> Fit:
    """Enclose every root of a decreasing function that itself is only known up to an enclosure.

    Parameters
    ----------
    value : x to an enclosure of f(x), f decreasing on ``within``.
    slope : x to an approximation of -f'(x); a poor one costs width, never truth.
    guess : a candidate root.
    within : where f is known to decrease.

    Algorithm
    ---------
    The candidate is polished by Newton steps on the midpoint. Then a <= root <= b is proved by f(a) >= 0 and f(b) <= 0
    for every f in the enclosure, at distances that grow until the signs are certain. Distances that are not small, for
    which the slope at the candidate says little, are halved again towards it.
    """
    rate = math.nan
    uncertainty = math.nan
    for _ in range(_POLISHINGS):
        found, rate = value(guess), slope(guess)
        if not found.is_finite() or not rate > 0:
            return no_fit("the equation of the exponent could not be evaluated near its candidate")
        uncertainty = float(found.rad()) / rate
        step = float(found.mid()) / rate
        guess = min(max(guess + step, within[0]), within[1])
        if abs(step) <= uncertainty + 4 * math.ulp(guess):
            break
    spread = 1.02 * uncertainty + 2 * math.ulp(guess)
    lower = _side(value, guess, -spread, within[0])
    upper = _side(value, guess, spread, within[1])
    if lower is None or upper is None:
        return no_fit("no sign of the exponent's equation could be proved on one side of its candidate")
    return Fit(hull_ball(lower, upper))


def _side(value: Callable[[float], flint.arb], guess: float, step: float, limit: float) -> float | None:
    for _ in range(_WIDENINGS):
        x = guess + step
        if not abs(limit - guess) >= abs(step) or not math.isfinite(x):
            return None
        found = value(x)
        if found >= 0 if step < 0 else found <= 0:
            return _nearer(value, guess, x) if abs(step) > _FAR else x
        step *= 1.5
    return None


def _nearer(value: Callable[[float], flint.arb], guess: float, x: float) -> float:
    """A point between the candidate and x with the sign that is certain at x."""
    inner = guess
    for _ in range(_HALVINGS):
        middle = (inner + x) / 2
        found = value(middle)
        certain = found >= 0 if x < guess else found <= 0
        inner, x = (inner, middle) if certain else (middle, x)
    return x
