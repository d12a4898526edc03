"""One assertion: everything about a claim that is known before anything is measured."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from certify.verdict import Enclosure, Kind, Parameter

__all__ = ["Assertion", "compared", "limit_of", "measured"]


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a claim asserts.

    Parameters
    ----------
    id, statement, kind, strict, parameters, note : those of the :class:`~certify.verdict.Claim`.
    count : how many enclosures it publishes.
    limit : of a measurement, how wide these may be; it stands among the parameters as ``width_limit``.
    counted : what each value counts, or which question it answers, where that tells more than that it is too wide.
    named : what each value is, or all of them with ``{}`` for their number, where there are several.
    """

    id: str
    statement: str
    kind: Kind
    count: int = 1
    strict: bool = False
    parameters: Mapping[str, Parameter] = field(default_factory=dict[str, Parameter])
    limit: float = 0.0
    note: str = ""
    counted: tuple[str, ...] = ()
    named: str | tuple[str, ...] = ()

    def widest(self, values: Sequence[Enclosure]) -> str:
        """The name of the first value of the largest rounded width; empty where values have none."""
        if not self.named or not values:
            return ""
        widths = [value.upper - value.lower for value in values]
        place = widths.index(max(widths))
        return self.named.format(place + 1) if isinstance(self.named, str) else self.named[place]


def measured(
    id: str,
    statement: str,
    limit: float,
    *,
    count: int = 1,
    parameters: Mapping[str, Parameter] | None = None,
    note: str = "",
    counted: tuple[str, ...] = (),
    named: str | tuple[str, ...] = (),
) -> Assertion:
    """That ``count`` enclosures hold their quantities and are no wider than ``limit``."""
    known = {**(parameters or {}), "width_limit": limit}
    return Assertion(id, statement, Kind.MEASUREMENT, count, False, known, limit, note, counted, named)


def compared(
    id: str,
    statement: str,
    *,
    strict: bool,
    count: int = 1,
    parameters: Mapping[str, Parameter] | None = None,
    note: str = "",
) -> Assertion:
    """That a margin is positive (``strict``) or not negative."""
    return Assertion(id, statement, Kind.INEQUALITY, count, strict, parameters or {}, 0.0, note)


def limit_of(relative: float, scale: float) -> float:
    """The limit of a width that was asked for relative to ``scale``; 0 where the scale overflowed.

    A limit that overflows itself is the largest float.

    >>> limit_of(0.5, 3.0), limit_of(0.5, math.inf), limit_of(2.0, sys.float_info.max) == sys.float_info.max
    (1.5, 0.0, True)
    """
    return min(relative * scale, sys.float_info.max) if math.isfinite(scale) else 0.0
