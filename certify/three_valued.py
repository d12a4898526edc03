"""Three-valued verdicts.

A verdict never collapses to a truth value by accident: ``bool(verdict)`` raises, because "not certified"
and "refuted" are different findings.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

from certify.errors import AmbiguousVerdictError

__all__ = ["Verdict", "combine"]


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
