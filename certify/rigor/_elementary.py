"""Elementary functions of float64 interval end points, correctly rounded in both directions, by ``flint.arb``.

At a float argument every function here is transcendental except at the listed exact points (Lindemann–Weierstrass,
Gelfond–Schneider), so a ball of sufficient precision lies strictly between two neighbouring floats, and those are the
two directed roundings. Should the precision limit be met first, the result is a true enclosure, only not the tightest.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np

from certify.errors import UsageError
from certify.rigor.ball import lower, precision, upper
from certify.rigor.rounding import FloatArray

__all__ = ["NAMES", "Pair", "apply", "tightest"]

Pair = tuple[float, float]

_START_BITS = 80
_LIMIT_BITS = 1 << 14
_MAX = float(np.finfo(np.float64).max)
_TINY = 2.0**-1074
_INF = math.inf


def _between(y: flint.arb) -> Pair | None:
    # Neighbouring floats that certainly enclose y, or the float that y is. The comparisons are the proof, not float(y).
    m = float(y)
    if math.isnan(m):
        return None
    if y > m:
        above = math.nextafter(m, _INF)
        return (m, above) if y < above else None
    if y < m:
        below = math.nextafter(m, -_INF)
        return (below, m) if y > below else None
    return (m, m) if y.is_exact() and y == m else None


def tightest(f: Callable[[], flint.arb]) -> Pair:
    """Both directed roundings of the number that ``f`` encloses at the working precision, which is raised as needed.

    The number must be a float (and then be returned exactly) or not a float at all.
    """
    bits = _START_BITS
    while True:
        with precision(bits):
            y = f()
            pair = _between(y)
        if pair is not None:
            return pair
        if bits >= _LIMIT_BITS:
            return (-_INF, _INF) if y.is_nan() else (lower(y), upper(y))
        bits *= 2


@dataclass(frozen=True)
class _Function:
    """A monotone function on [start, end]; ``open`` excludes end points, where ``limits`` still give the bounds."""

    ball: Callable[[flint.arb], flint.arb]
    exact: Callable[[float], float | None]
    start: float = -_INF
    end: float = _INF
    open: bool = False
    limits: tuple[float | None, float | None] = (-_INF, _INF)
    saturates: Callable[[float], Pair | None] = lambda x: None
    increasing: bool = True

    def at(self, x: float) -> Pair:
        """Both directed roundings of the value at ``x``, or of the limit where ``x`` is an end of an open domain."""
        for end, limit in zip((self.start, self.end), self.limits, strict=True):
            if x == end and limit is not None:
                return limit, limit
        value = self.exact(x)
        if value is not None:
            return value, value
        return self.saturates(x) or tightest(lambda: self.ball(flint.arb(x)))

    def over(self, lo: float, hi: float) -> Pair:
        if hi < self.start or lo > self.end or (self.open and (hi <= self.start or lo >= self.end)):
            return math.nan, math.nan
        lo, hi = max(lo, self.start), min(hi, self.end)
        first = self.at(lo)
        last = first if lo == hi else self.at(hi)
        return (first[0], last[1]) if self.increasing else (last[0], first[1])


def _maps(point: float, value: float) -> Callable[[float], float | None]:
    return lambda x: value if x == point else None


def _grows(overflow: float, underflow: float = -_INF, *, odd: bool = False) -> Callable[[float], Pair | None]:
    # Beyond `overflow` the value exceeds the largest float; below `underflow` it is positive and under half the
    # smallest. `odd` mirrors the first.
    def saturates(x: float) -> Pair | None:
        if x > overflow:
            return _MAX, _INF
        if odd and x < -overflow:
            return -_INF, -_MAX
        return (0.0, _TINY) if x < underflow else None

    return saturates


def _flat(x: float) -> Pair | None:
    # 1 − tanh 20 = 8.5e-18 < 2^-54; beyond, the value lies strictly between the last float before 1, and 1.
    one_below = 1 - 2.0**-53
    if x > 20:
        return one_below, 1.0
    return (-1.0, -one_below) if x < -20 else None


def _power_of(base: int) -> Callable[[float], float | None]:
    # base^x for integer x is a float if base = 2, or if 0 ≤ x and 10^x < 2^53 · 2^x, i.e. x ≤ 22.
    def exact(x: float) -> float | None:
        if x != math.floor(x) or not (-1074 <= x < 1024 if base == 2 else 0 <= x <= 22):
            return None
        return math.ldexp(1.0, int(x)) if base == 2 else float(10 ** int(x))

    return exact


def _logarithm_to(base: int) -> Callable[[float], float | None]:
    def exact(x: float) -> float | None:
        if base == 2:
            mantissa, exponent = math.frexp(x)
            return float(exponent - 1) if mantissa == 0.5 else None
        if not 1 <= x <= 1e22:
            return None
        guess = round(math.log10(x))
        return float(guess) if Fraction(x) == 10**guess else None

    return exact


def _log_base(base: int) -> Callable[[flint.arb], flint.arb]:
    return lambda x: x.log() / flint.arb(base).log()


def _right_angle(x: float) -> Pair | None:
    # atan(±inf) = ±π/2, the only infinite arguments with a finite irrational limit.
    if not math.isinf(x):
        return None
    low, high = tightest(lambda: flint.arb.pi() / 2)
    return (low, high) if x > 0 else (-high, -low)


def _above_minus_one(x: float) -> Pair | None:
    # exp(−40) = 4.2e-18 < 2^-53, the distance from −1 to the next float.
    return (-1.0, 2.0**-53 - 1) if x < -40 else _grows(710)(x)


_ZERO = _maps(0.0, 0.0)

_MONOTONE: dict[str, _Function] = {
    "exp": _Function(flint.arb.exp, _maps(0.0, 1.0), limits=(0.0, _INF), saturates=_grows(710, -746)),
    "exp2": _Function(lambda x: flint.arb(2) ** x, _power_of(2), limits=(0.0, _INF), saturates=_grows(1024, -1075)),
    "exp10": _Function(lambda x: flint.arb(10) ** x, _power_of(10), limits=(0.0, _INF), saturates=_grows(309, -324)),
    "expm1": _Function(flint.arb.expm1, _ZERO, limits=(-1.0, _INF), saturates=_above_minus_one),
    "log": _Function(flint.arb.log, _maps(1.0, 0.0), start=0.0, open=True),
    "log2": _Function(_log_base(2), _logarithm_to(2), start=0.0, open=True),
    "log10": _Function(_log_base(10), _logarithm_to(10), start=0.0, open=True),
    "log1p": _Function(flint.arb.log1p, _ZERO, start=-1.0, open=True),
    "asin": _Function(flint.arb.asin, _ZERO, start=-1.0, end=1.0, limits=(None, None)),
    "acos": _Function(flint.arb.acos, _maps(1.0, 0.0), start=-1.0, end=1.0, limits=(None, None), increasing=False),
    "atan": _Function(flint.arb.atan, _ZERO, limits=(None, None), saturates=_right_angle),
    "sinh": _Function(flint.arb.sinh, _ZERO, saturates=_grows(711, odd=True)),
    "tanh": _Function(flint.arb.tanh, _ZERO, limits=(-1.0, 1.0), saturates=_flat),
    "asinh": _Function(flint.arb.asinh, _ZERO),
    "acosh": _Function(flint.arb.acosh, _maps(1.0, 0.0), start=1.0, limits=(None, _INF)),
    "atanh": _Function(flint.arb.atanh, _ZERO, start=-1.0, end=1.0, open=True),
}

_COSH_RIGHT = _Function(flint.arb.cosh, _maps(0.0, 1.0), start=0.0, limits=(None, _INF), saturates=_grows(711))


def _cosh(lo: float, hi: float) -> Pair:
    near = 0.0 if lo <= 0 <= hi else min(abs(lo), abs(hi))
    return _COSH_RIGHT.over(near, max(abs(lo), abs(hi)))


def _turn(x: float, phase: Fraction, period: int) -> int:
    # floor((x/π − phase)/period) for phase ≠ 0: x/π is irrational or 0, so the quotient is never an integer.
    bits = _START_BITS
    while True:
        with precision(bits):
            turns = (flint.arb(x) / flint.arb.pi() - flint.fmpq(phase.numerator, phase.denominator)) / period
            number = turns.floor().unique_fmpz()
        if number is not None:
            return int(number)
        bits *= 2


def _crosses(lo: float, hi: float, phase: Fraction, period: int) -> bool:
    return math.isinf(lo) or math.isinf(hi) or _turn(lo, phase, period) != _turn(hi, phase, period)


def _wave(ball: Callable[[flint.arb], flint.arb], at_zero: float, top: Fraction, bottom: Fraction, x: Pair) -> Pair:
    # Extremes ±1 where (x/π − phase)/2 is an integer; monotone between, so the end points decide otherwise.
    high = 1.0 if _crosses(*x, top, 2) else None
    low = -1.0 if _crosses(*x, bottom, 2) else None
    if high is not None and low is not None:
        return low, high
    ends = [(at_zero, at_zero) if v == 0 else tightest(lambda v=v: ball(flint.arb(v))) for v in x]
    return (
        min(low for low, _ in ends) if low is None else low,
        max(high for _, high in ends) if high is None else high,
    )


def _sin(lo: float, hi: float) -> Pair:
    return _wave(flint.arb.sin, 0.0, Fraction(1, 2), Fraction(-1, 2), (lo, hi))


def _cos(lo: float, hi: float) -> Pair:
    # The maximum at 0 needs no crossing test of its own kind: phase 0 would make the quotient an integer at x = 0.
    if lo <= 0 <= hi:
        far = max(-lo, hi)
        low = -1.0 if math.isinf(far) or _turn(far, Fraction(1), 2) >= 0 else None
        if low is None:
            low = 1.0 if far == 0 else tightest(lambda: flint.arb(far).cos())[0]
        return low, 1.0
    return _wave(flint.arb.cos, 1.0, Fraction(2), Fraction(1), (lo, hi))


def _tan(lo: float, hi: float) -> Pair:
    if _crosses(lo, hi, Fraction(1, 2), 1):
        return -_INF, _INF
    ends = [(0.0, 0.0) if v == 0 else tightest(lambda v=v: flint.arb(v).tan()) for v in (lo, hi)]
    return ends[0][0], ends[1][1]


_OTHER: dict[str, Callable[[float, float], Pair]] = {"cosh": _cosh, "sin": _sin, "cos": _cos, "tan": _tan}


def _round_away(x: FloatArray) -> FloatArray:
    whole = np.trunc(x)
    return np.where(np.isinf(x), x, whole + np.sign(x) * (np.abs(x - whole) >= 0.5))


# Exact and increasing, so that end points map to end points.
_STEPS: dict[str, Callable[[FloatArray], FloatArray]] = {
    "ceil": np.ceil,
    "floor": np.floor,
    "round": np.rint,
    "round_away": _round_away,
    "sign": np.sign,
    "trunc": np.trunc,
}

NAMES = tuple(sorted([*_MONOTONE, *_OTHER, *_STEPS]))
"""Functions of one variable: elementary ones, and steps (``round`` takes ties to even, ``round_away`` away from 0)."""


@np.errstate(invalid="ignore")
def apply(name: str, lo: FloatArray, hi: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Bounds of an elementary function over every interval of an array, restricted to the function's domain.

    Empty intervals, and intervals outside the domain, give (NaN, NaN).

    Raises :class:`UsageError` for a name that is not in ``NAMES``.
    """
    if name in _STEPS:
        return _STEPS[name](lo), _STEPS[name](hi)
    over = _MONOTONE[name].over if name in _MONOTONE else _OTHER.get(name)
    if over is None:
        raise UsageError(f"{name!r} is not an elementary function", hint="one of " + ", ".join(NAMES))
    pairs = [
        (math.nan, math.nan) if math.isnan(a) else over(a, b)
        for a, b in zip(lo.ravel().tolist(), hi.ravel().tolist(), strict=True)
    ]
    both = np.array(pairs, dtype=np.float64).reshape(*lo.shape, 2)
    return both[..., 0], both[..., 1]
