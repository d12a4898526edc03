"""What chance gives at an interface, beside what is there (THEORY-2 §3): moments under a Haar rotation."""

from __future__ import annotations

from collections.abc import Sequence

from certify.claims.assertion import Assertion, limit_of, measured
from certify.verdict import Enclosure

__all__ = ["COMMUTATOR", "RESOLUTION", "commutator_null", "overlap_id", "overlap_null", "resolved"]

COMMUTATOR = "N1.commutator"
RESOLUTION = 0.01
"""A standard score is stated where it is known to this part of itself, or of 1."""


def overlap_id(k: int) -> str:
    """The id of the claim about two windows of k ranks."""
    return f"N1.overlap[{k}]"


def overlap_null(k: int, n: int, width: float, deviation: Enclosure) -> Assertion:
    """Mean and deviation of the overlap of uniform windows in R^n, and the standard score of the one that is there.

    The score may be as wide as the overlap may, twice, in deviations.
    """
    return measured(
        overlap_id(k),
        f"for uniform windows of {k} directions in R^{n} the overlap has a mean and a deviation: both, and the "
        "deviations of the overlap that is there above the mean",
        limit_of(2 * width, 1 / deviation.lower) if deviation.lower > 0 else 0.0,
        count=3,
        parameters={"dimension": n, "window": k},
    )


def commutator_null(n: int, score: Enclosure) -> Assertion:
    """The commutator against a uniform rotation of one layer: ratio, standard score, and Cantelli's bound."""
    return measured(
        COMMUTATOR,
        "one layer turned by a uniform rotation, ‖[H, K]‖_F² has a mean and a deviation: ‖[H, K]‖_F over the root of "
        "the mean, the deviations of its square above the mean, and a bound of the chance to lie as far on that side",
        limit_of(RESOLUTION, _size(score)),
        count=3,
        parameters={"dimension": n},
    )


def resolved(values: Sequence[Enclosure], part: float = 1.0) -> bool:
    """Whether ratio, score and bound are known to ``part`` of the resolution."""
    limit = part * RESOLUTION * _size(values[1])
    return all(value.finite and value.upper - value.lower <= limit for value in values)


def _size(score: Enclosure) -> float:
    """The least absolute value of the score, and 1 if that is less."""
    return max(1.0, score.lower, -score.upper) if score.finite else 1.0
