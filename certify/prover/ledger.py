"""Claims with their margins and verdicts, built from published enclosures only."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import flint

from certify.certificate import NotAsked
from certify.certificate.publication import UNKNOWN, margin_of_width, publish
from certify.claims.assertion import Assertion
from certify.claims.causes import not_decided, undecided
from certify.enclosure import widest
from certify.rigor.ball import hull_ball, interval
from certify.verdict import Claim, Enclosure, Verdict

__all__ = ["UNKNOWN", "Ledger", "ball_of", "publish_ball"]


def ball_of(enclosure: Enclosure) -> flint.arb:
    """The ball of a published enclosure; a NaN ball where nothing is known."""
    return hull_ball(enclosure.lower, enclosure.upper) if enclosure.finite else flint.arb.nan()


def publish_ball(
    ball: flint.arb, *, floor: float = 0.0, nonnegative: bool = False, most: float = math.inf
) -> Enclosure:
    """:func:`certify.certificate.publication.publish` of a ball; a NaN ball publishes as unknown."""
    lower, upper = interval(ball)
    return publish(lower, upper, floor=floor, nonnegative=nonnegative, most=most)


@dataclass(slots=True)
class Ledger:
    """The claims about one layer or one edge, in the order in which they are made."""

    subject: str
    claims: list[Claim] = field(default_factory=list[Claim])
    not_asked: list[NotAsked] = field(default_factory=list[NotAsked])

    def measure(self, asserted: Assertion, values: Sequence[Enclosure], cause: str = "") -> None:
        """A measurement: CERTIFIED iff no enclosure is wider than its limit, otherwise UNDECIDED.

        ``cause`` says why nothing could be enclosed; without it, a failed measurement states its width.
        """
        margin = margin_of_width(values, asserted.limit)
        verdict = Verdict.CERTIFIED if margin.lower >= 0 else Verdict.UNDECIDED
        self._add(asserted, values, margin, verdict, cause)

    def compare(self, asserted: Assertion, values: Sequence[Enclosure], margin: Enclosure, cause: str = "") -> None:
        """An inequality, decided by the sign of its margin; ``cause`` says why an unknown margin is unknown."""
        verdict = Verdict.of_margin(margin.lower, margin.upper, strict=asserted.strict)
        self._add(asserted, values, margin, verdict, cause)

    def _add(
        self, asserted: Assertion, values: Sequence[Enclosure], margin: Enclosure, verdict: Verdict, cause: str
    ) -> None:
        if verdict is not Verdict.UNDECIDED:
            cause = ""
        elif not cause and asserted.counted:
            cause = not_decided(asserted.counted, [value.upper - value.lower for value in values])
        elif not cause:
            width = widest(values)
            known = None if width is None else float(width)
            cause = undecided(asserted.kind, known, asserted.limit, asserted.widest(values))
        self.claims.append(
            Claim(
                id=asserted.id,
                subject=self.subject,
                kind=asserted.kind,
                statement=asserted.statement,
                verdict=verdict,
                values=tuple(values),
                margin=margin,
                strict=asserted.strict,
                parameters=dict(asserted.parameters),
                cause=cause,
                note=asserted.note,
            )
        )

    def skip(self, ids: Iterable[str], reason: str) -> None:
        """Claims that do not apply to this subject."""
        self.not_asked += [NotAsked(id, self.subject, reason) for id in ids]
