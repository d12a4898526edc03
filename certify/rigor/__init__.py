"""The ground floor: rounding bounds, scalar balls, interval arrays, exact rationals."""

from certify.rigor.ball import ball, ge, gt, hull_ball, increase_until, le, lower, lt, precision, upper
from certify.rigor.exact import (
    float_down,
    float_up,
    fmpq_matrix,
    fmpz_matrix,
    fraction,
    hex_float,
    parse_hex,
    to_float64,
)
from certify.rigor.interval import Interval
from certify.rigor.rounding import ETA, U, gamma

__all__ = [
    "ETA",
    "Interval",
    "U",
    "ball",
    "float_down",
    "float_up",
    "fmpq_matrix",
    "fmpz_matrix",
    "fraction",
    "gamma",
    "ge",
    "gt",
    "hex_float",
    "hull_ball",
    "increase_until",
    "le",
    "lower",
    "lt",
    "parse_hex",
    "precision",
    "to_float64",
    "upper",
]
