"""Where the interfaces and chains of a certificate stand: in a domain, outside, undecided, or where none applies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from certify.certificate.records import NotAsked
from certify.enclosure import widest
from certify.verdict import Claim, Enclosure, Parameter

__all__ = ["Domain", "domains"]

_PREFIX = "E7.domain."
_DRIFT = "D4.drift.transport["
NOT_APPLICABLE = "NOT APPLICABLE"


@dataclass(frozen=True)
class Domain:
    """Where one interface or chain stands.

    Parameters
    ----------
    subject : that of its claim.
    kind : ``spectral`` or ``static``.
    status : IN, OUT, UNDECIDED or NOT APPLICABLE.
    lines : what else the claim records: the status of every line, the nearest failing one.
    factor : by how many times the nearest failing claim misses; None where none fails, infinite where that is unknown.
    drift : by chart, how far its exponent moves and the bound of it, where there are any.
    note : what a reader should know, such as that a line is vacuous; the reason where no domain applies.
    """

    subject: str
    kind: str
    status: str
    lines: Mapping[str, Parameter]
    factor: float | None
    drift: Mapping[str, tuple[Enclosure, Enclosure]]
    note: str

    def __str__(self) -> str:
        """The status, the lines and the numbers, one a line."""
        text = [f"{self.subject}: {self.kind} domain: {self.status}"]
        text += [f"  {name.replace('_', ' ')}: {value}" for name, value in self.lines.items()]
        if self.factor is not None:
            text.append(f"  misses by the factor {self.factor:.3g}")
        text += [
            f"  drift, {chart}: {moved.upper:.3g}, bound {bound.lower:.3g}"
            for chart, (moved, bound) in self.drift.items()
            if moved.finite and bound.finite
        ]
        return "\n".join([*text, *([f"  {self.note}"] if self.note else [])])


def domains(claims: Iterable[Claim], not_asked: Iterable[NotAsked]) -> list[Domain]:
    """All domains that a certificate speaks of: those asked, in order, then those that do not apply."""
    made = {(claim.subject, claim.id): claim for claim in claims}
    asked = [_asked(claim, made) for claim in made.values() if claim.id.startswith(_PREFIX)]
    return asked + [
        Domain(item.subject, item.id.removeprefix(_PREFIX), NOT_APPLICABLE, {}, None, {}, item.reason)
        for item in not_asked
        if item.id.startswith(_PREFIX)
    ]


def _asked(claim: Claim, made: Mapping[tuple[str, str], Claim]) -> Domain:
    lines = {k: v for k, v in claim.parameters.items() if k not in ("domain", "width_limit")}
    id, _, subject = str(lines.get("nearest_failing", "")).partition(" of ")
    nearest = made.get((subject, id))
    return Domain(
        claim.subject,
        claim.id.removeprefix(_PREFIX),
        str(claim.parameters.get("domain", "")),
        lines,
        None if nearest is None else _factor(nearest),
        dict(_drift(claim.subject, made)),
        claim.note,
    )


def _factor(claim: Claim) -> float:
    if "full" in claim.parameters:
        return float(claim.parameters["full"]) / claim.values[0].lower if claim.values[0].lower > 0 else math.inf
    width, limit = widest(claim.values), float(claim.parameters.get("width_limit", 0.0))
    return math.inf if width is None or limit == 0 else float(width) / limit


def _drift(subject: str, made: Mapping[tuple[str, str], Claim]) -> Iterator[tuple[str, tuple[Enclosure, Enclosure]]]:
    for (about, id), claim in made.items():
        if about == subject and id.startswith(_DRIFT) and len(claim.values) == 2:
            yield id.removeprefix(_DRIFT).rstrip("]"), (claim.values[0], claim.values[1])
