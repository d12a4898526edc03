"""Whether what is published lies between what is known and what publication may make of it; and small spellings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from flint import arb, fmpq

from certify.checker.arithmetic.ranges import Mask, Range
from certify.checker.layer import UNKNOWN
from certify.verdict import Enclosure

__all__ = ["between", "between_counts", "bits", "count", "in_units", "least_root", "with_zero"]


_TIMES = 8.0


def between(own: Sequence[Range], most: Sequence[Range], published: Sequence[Enclosure]) -> str:
    """Whether what is published lies between what is known and what publication may make of it."""
    if not own and all(value == UNKNOWN for value in published):
        return ""
    for place, (narrow, wide, value) in enumerate(zip(own, most, published, strict=True)):
        low, high = float(narrow.lo), float(narrow.hi)
        if not ((value.lower <= low or value.lower == 0 >= low) and high <= value.upper):
            return f"not proved: value {place} lies between {low.hex()} and {high.hex()}"
        # Publication widens by the width on either side, also where one end is sharp, and rounds to a grid; what the
        # prover knows may be a few times as wide.
        room = _TIMES * (float(wide.hi) - float(wide.lo))
        tiny = 2.0**-38 * max(abs(value.lower), abs(value.upper)) + 2.0**-490 + room
        if not (float(wide.lo) - tiny <= value.lower and value.upper <= float(wide.hi) + tiny):
            return f"value {place} is wider than what is published"
    return ""


def between_counts(sides: Sequence[Sequence[Enclosure]], published: Sequence[Enclosure]) -> str:
    """Whether counts lie between those that are certain and those that publication may leave open."""
    if not sides[0]:
        return "" if all(value == UNKNOWN for value in published) else "nothing is known of these windows"
    for narrow, wide, value in zip(*sides, published, strict=True):
        if not (value.lower <= narrow.lower and narrow.upper <= value.upper):
            return f"not proved: between {narrow.lower:g} and {narrow.upper:g}"
        if not (wide.lower <= value.lower and value.upper <= wide.upper):
            return f"wider than what is published: between {narrow.lower:g} and {narrow.upper:g}"
    return ""


def count(yes: Mask, no: Mask) -> Enclosure:
    """How many are certain, and how many are not refuted."""
    return Enclosure(float(np.count_nonzero(yes)), float(no.size - np.count_nonzero(no)))


def bits(mask: Mask) -> str:
    """A mask in hexadecimal."""
    return np.packbits(mask).tobytes().hex()


def in_units(text: str, exponent: int) -> float:
    """A given number in units, cut far above all that is compared with it."""
    with np.errstate(over="ignore"):
        return min(float(np.ldexp(float(text), exponent)), 2.0**500)


def least_root(square: Fraction) -> float:
    """The least float whose square is not below a fraction, found among the neighbours of a root."""
    near = float(arb(fmpq(*square.as_integer_ratio())).sqrt().mid())
    around = [near]
    for side in (-math.inf, math.inf):
        step = near
        for _ in range(3):
            step = math.nextafter(step, side)
            around.append(step)
    return min(x for x in around if x >= 0 and Fraction(x) ** 2 >= square)


def with_zero(x: Range) -> Range:
    """The same numbers after 0."""
    return Range(np.concatenate([[0.0], x.lo]), np.concatenate([[0.0], x.hi]))
