"""How near each claim is to turning, as a part of its own scale, so that claims of different kinds can be compared."""

from __future__ import annotations

import math
from dataclasses import dataclass

from certify.certificate import Certificate
from certify.claims import layer
from certify.claims.catalogue import entry_of
from certify.report.overview import short
from certify.verdict import Claim, Kind, Verdict

__all__ = ["Near", "nearest"]

_GAP = "spectrum.gap["


@dataclass(frozen=True, slots=True)
class Near:
    """A claim and the part of ``scale`` that its deciding margin has to spare; 0 where it is UNDECIDED, ∞ if exact.

    ``part`` is never rounded up: that much of the scale is proved to be left.
    """

    claim: Claim
    part: float
    scale: str

    @property
    def name(self) -> str:
        """The claim in plain words, without its subject."""
        entry = entry_of(self.claim.id)
        return self.claim.id if entry is None else entry.title(self.claim.id)

    @property
    def spare(self) -> str:
        """What is to spare, in words."""
        if self.claim.verdict is Verdict.UNDECIDED:
            return "nothing"
        if math.isinf(self.part):
            return "exact"
        return f"{_rounded_down(100 * self.part)} % of {self.scale}"

    @property
    def value(self) -> str:
        """The enclosed quantity in four digits; the first and the last of many."""
        values = [short(value) for value in self.claim.values]
        return " ≤ ".join(values) if len(values) <= 2 else f"{values[0]} … {values[-1]}"


def nearest(certificate: Certificate) -> list[Near]:
    """Every claim, the nearest to turning first, the UNDECIDED ones before all others."""
    tops = {
        claim.subject: claim.values[0].upper
        for claim in certificate.claims
        if claim.id == layer.SIGMA and claim.values and claim.values[0].finite
    }
    found = [_near(claim, tops.get(claim.subject, math.inf)) for claim in certificate.claims]
    return sorted(found, key=lambda near: near.part)


def _near(claim: Claim, top: float) -> Near:
    if claim.verdict is Verdict.UNDECIDED:
        return Near(claim, 0.0, "nothing")
    held = claim.verdict is Verdict.CERTIFIED
    margin = max(claim.margin.lower if held else -claim.margin.upper, 0.0)
    if claim.kind is Kind.MEASUREMENT:
        limit = float(claim.parameters.get("width_limit", 0.0))
        # With a limit of 0 the enclosure is one exact number, and there is nothing to turn.
        return Near(claim, math.nextafter(margin / limit, 0.0) if limit > 0 else math.inf, "its limit of width")
    if all(value.lower == value.upper and value.lower.is_integer() for value in claim.values):
        return Near(claim, math.inf, "its value")
    if claim.id.startswith(_GAP) and math.isfinite(top) and top > 0:
        return Near(claim, math.nextafter(margin / top, 0.0), "σ₁")
    ends = [abs(end) for value in claim.values for end in (value.lower, value.upper)]
    size = max(ends, default=0.0)
    if not 0 < size < math.inf:
        return Near(claim, math.inf if margin > 0 else 0.0, "its bound")
    return Near(claim, math.nextafter(margin / size, 0.0), "its bound" if len(claim.values) > 1 else "its value")


def _rounded_down(x: float) -> str:
    """Two digits, never more than x."""
    if x <= 0:
        return "0"
    places = 1 - math.floor(math.log10(x))
    return f"{math.floor(x * 10.0**places) / 10.0**places:.{max(places, 0)}f}"
