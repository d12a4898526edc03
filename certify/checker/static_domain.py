"""The static domain of an interface again, from recorded claims, each of which is proved by itself (THEORY-2 §0a, E7).

Levels are walked from the largest downwards, as long as everything holds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from flint import fmpq

from certify.checker.expected import Expected
from certify.checker.layer import LayerFacts
from certify.checker.lookup import Lookup
from certify.checker.recorded_thresholds import Recorded
from certify.claims import causes, incidence, layer
from certify.claims import domain as claims
from certify.claims.robustness import RADIUS
from certify.verdict import Enclosure, Verdict

__all__ = ["static_claim"]

_YES, _NO, _OPEN = Verdict.CERTIFIED, Verdict.REFUTED, Verdict.UNDECIDED
_ENDS = {_YES: Enclosure(1.0, 1.0), _NO: Enclosure(0.0, 0.0), _OPEN: Enclosure(0.0, 1.0)}
_Lines = dict[str, Verdict | None]


def static_claim(
    writer: LayerFacts, reader: LayerFacts, subject: str, lookup: Lookup, options: Recorded
) -> Iterator[Expected]:
    """Whether an interface lies in the static domain; none where incidence is left out or there is no structure."""
    if not options.incidence_percents:
        return
    if lookup.place(subject, incidence.THRESHOLDS) is None:
        reason = next(x.reason for x in lookup.skipped if (x.id, x.subject) == (incidence.THRESHOLDS, subject))
        lookup.skip(subject, [claims.STATIC], reason)
        return
    own = _Recorded(writer, reader, subject, lookup)
    if lookup.place(subject, incidence.SUPPORTS) is None:
        lines: _Lines = {**dict.fromkeys(claims.STATIC_LINES), "rank": own.rank(), "columns": _OPEN}
        yield _expected(claims.static(lines, "", False, None, ""), lines)
        return
    if lookup.values(subject, incidence.SUPPORTS, 3)[0].upper == 0:
        lookup.skip(subject, [claims.STATIC], causes.NO_ACTIVE_COLUMN)
        return
    texts = [text for text, _ in options.incidence_percents if not own.is_full(text)]
    if not texts:
        lookup.skip(subject, [claims.STATIC], causes.NO_SMALLER_WINDOW)
        return
    level, known = texts[-1], own.lines(texts[-1])
    inside = _worst(known) is _YES
    for text in reversed(texts[:-1]):
        below = own.lines(text)
        if not inside or _worst(below) is not _YES:
            break
        level, known = text, below
    agreed = lookup.values(subject, incidence.level_id("E7.conclusion", level), 2)[1]
    comparison = {(ends.lower, ends.upper): verdict for verdict, ends in _ENDS.items()}.get(
        (agreed.lower, agreed.upper), _OPEN
    )
    nearest = "" if inside else own.nearest(level, known)
    yield _expected(claims.static(known, level, inside, comparison, nearest), known)


def _expected(asserted: claims.Assertion, lines: _Lines) -> Expected:
    truth = _ENDS[_worst(lines)]
    return Expected(
        asserted,
        lambda values: "" if values[0] == truth else f"not proved: the lines say {asserted.parameters['domain']}",
        causes=lambda: [causes.DOMAIN_OPEN],
    )


def _worst(lines: _Lines) -> Verdict:
    """No line that applies may fail."""
    return _NO if _NO in lines.values() else _OPEN if _OPEN in lines.values() else _YES


def _sign(value: Enclosure) -> Verdict:
    return _YES if value.lower > 0 else _NO if value.upper <= 0 else _OPEN


class _Recorded:
    """What the certificate says of an interface."""

    def __init__(self, writer: LayerFacts, reader: LayerFacts, subject: str, lookup: Lookup) -> None:
        self.sides, self.subject, self.lookup = (writer, reader), subject, lookup

    def rank(self) -> Verdict:
        """The worse verdict of both ranks."""
        return _worst({side.subject: self.lookup.claim(side.subject, layer.RANK).verdict for side in self.sides})

    def _ranks(self, level: str) -> list[int]:
        id = incidence.level_id("E1.transport", level)
        found = [self.lookup.parameter(self.subject, id, name) for name in ("ranks", "ranks_next")]
        # What is no window is refused where it is recorded.
        return [
            r if isinstance(r, int) and 1 <= r <= side.d else side.d for r, side in zip(found, self.sides, strict=True)
        ]

    def is_full(self, level: str) -> bool:
        """Whether nothing is truncated at a level."""
        return self._ranks(level) == [side.d for side in self.sides]

    def lines(self, level: str) -> _Lines:
        """All lines at a level."""
        lookup, subject = self.lookup, self.subject
        id = incidence.level_id("E7.margins", level)
        names = str(lookup.parameter(subject, id, "lines")).split(",")
        margins = dict(zip(names, lookup.values(subject, id, len(names)), strict=True))
        found: _Lines = {
            "rank": self.rank(),
            "gaps": self._gaps(level),
            "truncation": lookup.claim(subject, incidence.level_id("E1.transport", level)).verdict,
            **{line: _sign(margins[name]) if name in margins else None for line, name in claims.MARGIN_LINES.items()},
        }
        skipped = ((x.id, x.subject, x.reason) for x in lookup.skipped)
        if (incidence.GRAPH, subject, causes.NO_EDGE_GAP) in skipped:
            found["pairs"] = _OPEN
        return found

    def _gaps(self, level: str) -> Verdict:
        """The worse of both gaps; behind a full window there is no value that could reach it."""
        found: _Lines = {}
        for place, (side, r) in enumerate(zip(self.sides, self._ranks(level), strict=True)):
            ends = [(x.lower, x.upper) if x.finite else (-math.inf, math.inf) for x in side.sigma[r - 1 : r + 1]]
            if len(ends) == 2:
                (low, high), (least, most) = ends
                found[str(place)] = _YES if low > most else _NO if high <= least else _OPEN
        return _worst(found)

    def nearest(self, level: str, lines: _Lines) -> str:
        """The failing line that misses by the least factor, the first of equal ones."""
        failing = {name: self._factor(level, name) for name, verdict in lines.items() if verdict in (_NO, _OPEN)}
        least = min((factor for factor in failing.values() if factor is not None), default=None)
        return next((name for name, factor in failing.items() if factor == least), "")

    def _factor(self, level: str, line: str) -> fmpq | None:
        """The truncation's norm over the distance of a line, or what the claim of a line misses by; None: infinity."""
        if line == "rank":
            found = [_quotient(side.d, self.lookup.values(side.subject, layer.RANK, 1)[0].lower) for side in self.sides]
            return None if None in found else max(x for x in found if x is not None)
        claim = self.lookup.claim(self.subject, incidence.level_id("E1.transport", level))
        if line == "truncation":
            if not all(value.finite for value in claim.values):
                return None
            width = max(_exact(value.upper) - _exact(value.lower) for value in claim.values)
            return _quotient(width, claim.parameters.get("width_limit"))
        names = str(self.lookup.parameter(self.subject, RADIUS, "lines")).split(",")
        if line not in names or not claim.values[0].finite:
            return None
        room = self.lookup.values(self.subject, RADIUS, 2 + len(names))[2 + names.index(line)]
        return _quotient(_exact(claim.values[0].upper), room.lower)


def _quotient(above: fmpq | int, below: object) -> fmpq | None:
    divisor = _exact(below) if isinstance(below, int | float) and math.isfinite(below) else fmpq(0)
    return fmpq(above) / divisor if divisor > 0 else None


def _exact(x: float) -> fmpq:
    return fmpq(*x.as_integer_ratio())
