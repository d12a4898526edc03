"""Balls go from one process to another without growing: ``pickle`` does not know the type by itself.

``flint.arb(middle, radius)`` takes its radius rounded up to 30 bits and enlarged by a unit of the last of them, so that
a ball made again from its own parts is wider than it was. Made with m·2^e − 2^(e−40) in place of a radius m·2^e of at
most 30 bits, the top 30 bits are those just below the radius, and the unit leads back to it.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable

import flint

__all__ = ["register", "restored", "taken_apart"]

Parts = tuple[int, int] | str
"""A mantissa and an exponent of 2, or the name of what is not finite."""

_FINER = 40


def register() -> None:
    """Let ``pickle`` take balls apart in this process; where they are made again nothing has to be registered."""
    copyreg.pickle(flint.arb, taken_apart)  # pyright: ignore[reportArgumentType]


def taken_apart(x: flint.arb) -> tuple[Callable[[Parts, Parts], flint.arb], tuple[Parts, Parts]]:
    """How ``pickle`` makes the ball again."""
    return restored, (_parts(x.mid()), _parts(x.rad()))


def restored(middle: Parts, radius: Parts) -> flint.arb:
    """The ball of these parts; one that contains it where flint rounds otherwise than is said above.

    >>> x = flint.arb(1) / 3
    >>> _, parts = taken_apart(x)
    >>> restored(*parts).rad() == x.rad(), restored(*parts).mid() == x.mid()
    (True, True)
    """
    if isinstance(middle, str) or isinstance(radius, str):
        return _unbounded(middle, radius)
    mantissa, exponent = radius
    center, wanted = flint.arb((middle[0], middle[1])), flint.arb((mantissa, exponent))
    if not mantissa:
        return center
    found = flint.arb(center, flint.arb(((mantissa << _FINER) - 1, exponent - _FINER)))
    return found if found.rad() == wanted else flint.arb(center, wanted)


def _parts(x: flint.arb) -> Parts:
    if not x.is_finite():
        return "nan" if x.is_nan() else "-inf" if x < 0 else "inf"
    mantissa, exponent = x.man_exp()
    return int(mantissa), int(exponent)


def _unbounded(middle: Parts, radius: Parts) -> flint.arb:
    if middle == "nan":
        return flint.arb.nan()
    if radius == "inf":
        return flint.arb(0, flint.arb.pos_inf())
    return flint.arb.neg_inf() if middle == "-inf" else flint.arb.pos_inf()
