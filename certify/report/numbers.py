"""Enclosures as decimal text that still encloses: every decimal is rounded outward."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

from certify.verdict import Claim, Enclosure, Verdict

__all__ = ["bound_text", "enclosure_text", "margin_text"]

# Any sum, difference or half of two float64 numbers has fewer than 2500 decimal digits, so this context is exact.
_EXACT = Context(prec=2500, Emin=-9999, Emax=9999)
_DIGITS = 12


def _spell(number: Decimal) -> str:
    """Plain notation for moderate exponents, scientific otherwise; all digits of ``number`` are kept."""
    if not number:
        return "0"
    if -5 <= number.adjusted() < 15:
        return f"{number:f}"
    mantissa = number.scaleb(-number.adjusted(), _EXACT)
    return f"{mantissa:f}e{number.adjusted():+d}"


def bound_text(value: float, *, down: bool, digits: int = 3) -> str:
    """``value`` in ``digits`` significant decimals, rounded down or up.

    >>> bound_text(0.1234567, down=True), bound_text(0.1234567, down=False)
    ('0.123', '0.124')
    >>> bound_text(float("inf"), down=False)
    '∞'
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return _spell(Context(prec=digits, rounding=ROUND_FLOOR if down else ROUND_CEILING).plus(Decimal(value)))


def _unit(number: Decimal, digits: int) -> Decimal:
    """The unit of the last of ``digits`` significant digits of ``number``."""
    return Decimal((0, (1,), number.adjusted() - digits + 1))


def enclosure_text(enclosure: Enclosure) -> str:
    """A decimal enclosure of ``enclosure``: ``midpoint ± radius``, or its two end points where that says little.

    At most 12 significant digits are shown; what rounding the midpoint costs is part of the radius.

    >>> enclosure_text(Enclosure(0.25, 0.25)), enclosure_text(Enclosure(27.0, 28.0))
    ('0.25', '[27, 28]')
    >>> enclosure_text(Enclosure(1.4142135623, 1.4142135624))
    '1.41421356235 ± 5.1e-11'
    """
    lo, hi = enclosure.lower, enclosure.upper
    if not enclosure.valid:
        return "NaN"
    if lo == hi and (lo == 0 or math.isinf(lo)):
        return bound_text(lo, down=True)
    whole = lo > -1e6 and hi < 1e6 and lo == int(lo) and hi == int(hi)
    if not enclosure.finite or (lo != hi and (whole or lo <= 0 <= hi)):
        return f"[{bound_text(lo, down=True)}, {bound_text(hi, down=False)}]"
    low, high = Decimal(lo), Decimal(hi)
    middle = _EXACT.multiply(_EXACT.add(low, high), Decimal("0.5"))
    radius = _EXACT.subtract(high, middle)
    unit = _unit(middle, _DIGITS)
    if radius:
        unit = max(unit, _unit(radius, 2))
    shown = middle.quantize(unit, context=_EXACT)
    total = _EXACT.add(radius, _EXACT.abs(_EXACT.subtract(middle, shown)))
    if not total:
        return _spell(shown.normalize(Context(prec=_DIGITS, rounding=ROUND_HALF_EVEN)))
    if not shown or total > abs(shown):
        return f"[{bound_text(lo, down=True)}, {bound_text(hi, down=False)}]"
    return f"{_spell(shown)} ± {_spell(Context(prec=2, rounding=ROUND_CEILING).plus(total))}"


def margin_text(claim: Claim) -> str:
    """The end of the margin that decides: a lower bound if certified, an upper bound if refuted, else both."""
    lower, upper = bound_text(claim.margin.lower, down=True), bound_text(claim.margin.upper, down=False)
    if claim.verdict is Verdict.CERTIFIED:
        return f"≥ {lower}"
    if claim.verdict is Verdict.REFUTED:
        return f"≤ {upper}"
    return f"[{lower}, {upper}]"
