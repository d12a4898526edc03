"""Three-valued verdicts and the claims that carry them.

A verdict never collapses to a truth value by accident: ``bool(verdict)`` raises, because "not certified"
and "refuted" are different findings.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from certify.errors import AmbiguousVerdictError

__all__ = ["Claim", "Enclosure", "Kind", "Parameter", "Verdict", "combine"]

Parameter = int | float | str
"""A recorded exact number or name."""


class Verdict(enum.Enum):
    """CERTIFIED: proved. REFUTED: the opposite is proved. UNDECIDED: neither.

    ``&``, ``|`` and ``~`` are Kleene's strong three-valued connectives.
    """

    CERTIFIED = "CERTIFIED"
    REFUTED = "REFUTED"
    UNDECIDED = "UNDECIDED"

    def __bool__(self) -> bool:
        raise AmbiguousVerdictError(
            f"the truth value of {self.value} is not defined",
            hint="compare with `is Verdict.CERTIFIED` or `is Verdict.REFUTED`",
        )

    def __and__(self, other: Verdict) -> Verdict:
        return combine((self, other))

    def __or__(self, other: Verdict) -> Verdict:
        return ~(~self & ~other)

    def __invert__(self) -> Verdict:
        return _NEGATION[self]

    @classmethod
    def of_margin(cls, lower: float, upper: float, *, strict: bool = True) -> Verdict:
        """Verdict of "margin > 0" (``strict``) or "margin >= 0", for a margin enclosed in [lower, upper].

        A NaN or an inverted enclosure is UNDECIDED.

        >>> Verdict.of_margin(0.5, 0.6).name, Verdict.of_margin(-1.0, 1.0).name
        ('CERTIFIED', 'UNDECIDED')
        """
        if not lower <= upper:
            return cls.UNDECIDED
        if lower > 0 or (not strict and lower == 0):
            return cls.CERTIFIED
        if upper < 0 or (strict and upper == 0):
            return cls.REFUTED
        return cls.UNDECIDED


_NEGATION = {
    Verdict.CERTIFIED: Verdict.REFUTED,
    Verdict.REFUTED: Verdict.CERTIFIED,
    Verdict.UNDECIDED: Verdict.UNDECIDED,
}


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """Conjunction of verdicts; the empty conjunction is CERTIFIED.

    >>> combine([Verdict.CERTIFIED, Verdict.UNDECIDED]).name
    'UNDECIDED'
    """
    found = set(verdicts)
    if Verdict.REFUTED in found:
        return Verdict.REFUTED
    if Verdict.UNDECIDED in found:
        return Verdict.UNDECIDED
    return Verdict.CERTIFIED


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A closed interval [lower, upper] with float64 end points, exact as dyadic rationals; infinities allowed."""

    lower: float
    upper: float

    @property
    def valid(self) -> bool:
        """False when an end point is NaN or the end points are inverted."""
        return self.lower <= self.upper

    def contains(self, value: float) -> bool:
        """Exact membership of a float; NaN is never a member."""
        return self.lower <= value <= self.upper

    @property
    def finite(self) -> bool:
        """True when both end points are finite and in order."""
        return self.valid and math.isfinite(self.lower) and math.isfinite(self.upper)


class Kind(enum.Enum):
    """What a claim asserts.

    MEASUREMENT: the quantity lies in its enclosure, and the enclosure is no wider than a recorded limit.
    INEQUALITY: the margin is positive (or non-negative, for a non-strict claim).
    """

    MEASUREMENT = "measurement"
    INEQUALITY = "inequality"


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of a certificate.

    Parameters
    ----------
    id : dotted statement id, such as ``"D4.drift.transport"``; the part before the first dot is a THEORY id.
    subject : ``"layer NAME"``, ``"edge LOWER -> UPPER"``, ``"chain"`` or ``"chain LOWEST -> HIGHEST"``.
    kind : see :class:`Kind`.
    statement : the sentence that is asserted, with the recorded numbers in it.
    verdict : its verdict; agrees with ``margin`` by :meth:`Verdict.of_margin`.
    values : enclosures of the quantities the claim speaks of, one or more.
    margin : enclosure of the signed slack; positive means the claim holds.
    strict : whether the claim needs a positive margin (True) or a non-negative one.
    parameters : recorded exact numbers and names (window, threshold, chart, ...).
    cause : why the claim is UNDECIDED; empty otherwise.
    note : what a reader should know about the claim (for instance that a bound is empty).
    """

    id: str
    subject: str
    kind: Kind
    statement: str
    verdict: Verdict
    values: tuple[Enclosure, ...]
    margin: Enclosure
    strict: bool = True
    parameters: dict[str, Parameter] = field(default_factory=dict[str, Parameter])
    cause: str = ""
    note: str = ""
