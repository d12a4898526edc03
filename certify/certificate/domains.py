"""Where the interfaces and chains of a certificate stand: in a domain, outside, undecided, or where none applies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from certify.certificate.records import NotAsked
from certify.enclosure import widest
from certify.subjects import layer_subject
from certify.verdict import Claim, Enclosure, Parameter

__all__ = ["Domain", "domains"]

_PREFIX = "E7.domain."
_DRIFT = "D4.drift.transport["
_FULL = "100"
_COUNTED = "cells", "columns"
NOT_APPLICABLE = "NOT APPLICABLE"
_RANK, _RADIUS, _SMALLEST, _TRANSPORT = "E7.rank", "E5.radius", "E7.smallest_level", "E1.transport[{}]"
_DECIDING = {
    "rank": _RANK,
    "gaps": "spectrum.sigma",
    "truncation": _TRANSPORT,
    **dict.fromkeys(("columns", "pairs", "noise", "labels"), "E7.margins[{}]"),
}
"""By line of the static domain the claim that decides it, at a level."""

_REASONS = {"columns": "E4.supports", "pairs": "E4.graph", "labels": "E6.labels"}
"""Where that claim was not asked, the reason says why a line does not apply, or why it is undecided."""


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
        Of a line of the static domain, the norm of the truncation over the line's distance in E5.radius.
    drift : by chart, how far its exponent moves and the bound of it, where there are any.
    note : what a reader should know, such as that a line is vacuous; the reason where no domain applies.
    deciding : of the static domain, the claims that decide each line, or why it does not apply.
    curve : of the static domain, by level below the full windows, the parts of the cells and of the columns that the
        truncation certainly keeps.
    smallest : of the static domain, the levels from which on the block form holds, and the structures agree when they
        are compared; 100 for the full windows alone.
    """

    subject: str
    kind: str
    status: str
    lines: Mapping[str, Parameter]
    factor: float | None
    drift: Mapping[str, tuple[Enclosure, Enclosure]]
    note: str
    deciding: Mapping[str, str] = field(default_factory=dict[str, str])
    curve: Mapping[str, tuple[Enclosure, Enclosure]] = field(default_factory=dict[str, tuple[Enclosure, Enclosure]])
    smallest: tuple[Enclosure, ...] = ()

    def __str__(self) -> str:
        """The status, the lines and the numbers, one a line."""
        text = [f"{self.subject}: {self.kind} domain: {self.status}"]
        for name, value in self.lines.items():
            said = self.deciding.get(name, "")
            text.append(f"  {name.replace('_', ' ')}: {value}" + (f" ({said})" if said else ""))
        if self.factor is not None:
            text.append(f"  misses by the factor {self.factor:.3g}")
        text += [
            f"  drift, {chart}: {moved.upper:.3g}, bound {bound.lower:.3g}"
            for chart, (moved, bound) in self.drift.items()
            if moved.finite and bound.finite
        ]
        for what, level in zip(("by margins", "by comparison"), self.smallest, strict=False):
            text.append(f"  smallest level, {what}: {_level(level)}")
        text += [
            f"  certainly kept at {level} %: {cells.lower:.3g} of the cells, {columns.lower:.3g} of the columns"
            for level, (cells, columns) in self.curve.items()
        ]
        return "\n".join([*text, *([f"  {self.note}"] if self.note else [])])


def _level(level: Enclosure) -> str:
    if not level.finite:
        return "unknown"
    if level.lower == 100:
        return "none below the full windows"
    return f"{level.lower:g} %" if level.lower == level.upper else f"{level.lower:g} to {level.upper:g} %"


def domains(made: Iterable[Claim], not_asked: Iterable[NotAsked]) -> list[Domain]:
    """All domains that a certificate speaks of: those asked, in order, then those that do not apply."""
    found = {(claim.subject, claim.id): claim for claim in made}
    reasons = {(item.subject, item.id): item.reason for item in not_asked}
    asked = [_asked(claim, found, reasons) for claim in found.values() if claim.id.startswith(_PREFIX)]
    return asked + [
        Domain(subject, id.removeprefix(_PREFIX), NOT_APPLICABLE, {}, None, {}, reason)
        for (subject, id), reason in reasons.items()
        if id.startswith(_PREFIX)
    ]


_Made = Mapping[tuple[str, str], Claim]


def _asked(claim: Claim, made: _Made, reasons: Mapping[tuple[str, str], str]) -> Domain:
    lines = {k: v for k, v in claim.parameters.items() if k not in ("domain", "width_limit")}
    subject, kind, status = claim.subject, claim.id.removeprefix(_PREFIX), str(claim.parameters.get("domain", ""))
    if claim.id == f"{_PREFIX}static" and "level" in lines:
        level = str(lines["level"])
        return Domain(
            subject, kind, status, lines, _static_factor(claim, made), {}, claim.note,
            dict(_deciding(subject, level, lines, reasons)), _curve(subject, made),
            made[subject, _SMALLEST].values if (subject, _SMALLEST) in made else (),
        )  # fmt: skip
    id, _, about = str(lines.get("nearest_failing", "")).partition(" of ")
    nearest = made.get((about, id))
    factor = None if nearest is None else _factor(nearest)
    return Domain(subject, kind, status, lines, factor, dict(_drift(subject, made)), claim.note)


def _factor(claim: Claim) -> float:
    if "full" in claim.parameters:
        return float(claim.parameters["full"]) / claim.values[0].lower if claim.values[0].lower > 0 else math.inf
    width, limit = widest(claim.values), float(claim.parameters.get("width_limit", 0.0))
    return math.inf if width is None or limit == 0 else float(width) / limit


def _static_factor(claim: Claim, made: _Made) -> float | None:
    line, level, subject = (str(x) for x in (*map(claim.parameters.get, ("nearest_failing", "level")), claim.subject))
    if line == "none":
        return None
    if line == "rank":
        # A name may hold the arrow itself.
        parts = subject.split(" ", 1)[1].split(" -> ")
        names = {" -> ".join(part) for place in range(1, len(parts)) for part in (parts[:place], parts[place:])}
        ranks = [made[key] for key in ((layer_subject(name), _RANK) for name in names) if key in made]
        return max(map(_factor, ranks), default=math.inf)
    moved, radius = made.get((subject, _TRANSPORT.format(level))), made.get((subject, _RADIUS))
    if moved is None or radius is None or not moved.values:
        return math.inf
    if line == "truncation":
        return _factor(moved)
    rooms = dict(zip(str(radius.parameters.get("lines", "")).split(","), radius.values[2:], strict=False))
    room = rooms[line].lower if line in rooms else 0.0
    return moved.values[0].upper / room if room > 0 else math.inf


def _deciding(
    subject: str, level: str, lines: Mapping[str, Parameter], reasons: Mapping[tuple[str, str], str]
) -> Iterator[tuple[str, str]]:
    for name, id in _DECIDING.items():
        reason = reasons.get((subject, _REASONS.get(name, "")))
        if reason is not None:
            yield name, reason
        elif lines.get(name) != NOT_APPLICABLE:
            yield name, id.format(level)
        elif name == "noise":
            yield name, "no cell is outside the supports"


def _curve(subject: str, made: _Made) -> dict[str, tuple[Enclosure, Enclosure]]:
    found: dict[str, tuple[Enclosure, Enclosure]] = {}
    for (about, id), claim in made.items():
        level = str(claim.parameters.get("level"))
        if about == subject and id.startswith("E7.columns[") and level != _FULL and len(claim.values) == 2:
            parts = [_part(value, claim.parameters.get(of)) for value, of in zip(claim.values, _COUNTED, strict=True)]
            found[level] = parts[0], parts[1]
    return found


def _part(value: Enclosure, count: Parameter | None) -> Enclosure:
    return value / count if isinstance(count, int) and count > 0 and value.finite else Enclosure(0.0, 1.0)


def _drift(subject: str, made: _Made) -> Iterator[tuple[str, tuple[Enclosure, Enclosure]]]:
    for (about, id), claim in made.items():
        if about == subject and id.startswith(_DRIFT) and len(claim.values) == 2:
            yield id.removeprefix(_DRIFT).rstrip("]"), (claim.values[0], claim.values[1])
