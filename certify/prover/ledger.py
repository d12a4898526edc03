"""Claims with their margins and verdicts, built from published enclosures only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import flint

from certify.certificate import NotAsked
from certify.certificate.publication import UNKNOWN, margin_of_width, publish, widest
from certify.rigor.ball import hull_ball, interval
from certify.verdict import Claim, Enclosure, Kind, Verdict

__all__ = ["UNKNOWN", "Ledger", "ball_of", "publish_ball"]

Scalar = int | float | str


def ball_of(enclosure: Enclosure) -> flint.arb:
    """The ball of a published enclosure; a NaN ball where nothing is known."""
    return hull_ball(enclosure.lower, enclosure.upper) if enclosure.finite else flint.arb.nan()


def publish_ball(ball: flint.arb, *, floor: float = 0.0, nonnegative: bool = False) -> Enclosure:
    """:func:`certify.certificate.publication.publish` of a ball; a NaN ball publishes as unknown."""
    lower, upper = interval(ball)
    return publish(lower, upper, floor=floor, nonnegative=nonnegative)


@dataclass(slots=True)
class Ledger:
    """The claims about one layer or one edge, in the order in which they are made."""

    subject: str
    claims: list[Claim] = field(default_factory=list[Claim])
    not_asked: list[NotAsked] = field(default_factory=list[NotAsked])

    def measure(
        self,
        id: str,
        statement: str,
        values: Sequence[Enclosure],
        limit: float,
        *,
        parameters: dict[str, Scalar] | None = None,
        cause: str = "",
        note: str = "",
    ) -> None:
        """A measurement: CERTIFIED iff no enclosure is wider than ``limit``, otherwise UNDECIDED.

        ``cause`` says why nothing could be enclosed; without it, a failed measurement states its width.
        """
        margin = margin_of_width(values, limit)
        certified = margin.lower >= 0
        if not certified and not cause:
            width = widest(values)
            cause = (
                "the computation overflowed or could not be enclosed"
                if width is None
                else f"the enclosure is {float(width):.3g} wide, above its limit {limit:.3g}"
            )
        self.claims.append(
            Claim(
                id=id,
                subject=self.subject,
                kind=Kind.MEASUREMENT,
                statement=statement,
                verdict=Verdict.CERTIFIED if certified else Verdict.UNDECIDED,
                values=tuple(values),
                margin=margin,
                strict=False,
                parameters={**(parameters or {}), "width_limit": limit},
                cause="" if certified else cause,
                note=note,
            )
        )

    def compare(
        self,
        id: str,
        statement: str,
        values: Sequence[Enclosure],
        margin: Enclosure,
        *,
        strict: bool,
        parameters: dict[str, Scalar] | None = None,
        cause: str = "",
        note: str = "",
    ) -> None:
        """An inequality, decided by the sign of its margin; ``cause`` says why an unknown margin is unknown."""
        verdict = Verdict.of_margin(margin.lower, margin.upper, strict=strict)
        undecided = verdict is Verdict.UNDECIDED
        self.claims.append(
            Claim(
                id=id,
                subject=self.subject,
                kind=Kind.INEQUALITY,
                statement=statement,
                verdict=verdict,
                values=tuple(values),
                margin=margin,
                strict=strict,
                parameters=parameters or {},
                cause=(cause or "the enclosure of the margin contains 0") if undecided else "",
                note=note,
            )
        )

    def skip(self, ids: Iterable[str], reason: str) -> None:
        """Claims that do not apply to this subject."""
        self.not_asked += [NotAsked(id, self.subject, reason) for id in ids]
