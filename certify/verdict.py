"""Claims: the lines of a certificate, each with a three-valued verdict."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from certify.enclosure import Enclosure
from certify.three_valued import Verdict, combine

__all__ = ["Claim", "Enclosure", "Kind", "Parameter", "Verdict", "combine"]

Parameter = int | float | str
"""A recorded exact number or name."""


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
    subject : ``"layer NAME"``, ``"edge LOWER -> UPPER"``, ``"chain"``, ``"chain LOWEST -> HIGHEST"``
        or ``"heads NAME"``.
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
