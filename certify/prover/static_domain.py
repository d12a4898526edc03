"""The static domain of an interface, from the claims that were made before (THEORY-2 §0a, E7).

A level is a candidate where its windows are not full. Rank and level lines are read off claims; the domain is what they
say at the largest candidate, so that it holds iff there is a candidate from which on all hold.
"""

from __future__ import annotations

from fractions import Fraction

from certify.claims import causes, incidence
from certify.claims import domain as claims
from certify.claims import layer as layer_claims
from certify.claims.robustness import RADIUS
from certify.enclosure import widest
from certify.prover.domain import TRUTH
from certify.prover.layer import LayerFacts
from certify.prover.ledger import Ledger
from certify.verdict import Claim, Enclosure, Verdict, combine

__all__ = ["measure_static_domain"]

Lines = dict[str, Verdict | None]


def measure_static_domain(ledger: Ledger, writer: LayerFacts, reader: LayerFacts) -> None:
    """Whether the interface lies in the static domain; nothing where incidence is left out."""
    made = {claim.id: claim for claim in ledger.claims}
    if incidence.THRESHOLDS not in made:
        reasons = [item.reason for item in ledger.not_asked if item.id == incidence.THRESHOLDS]
        ledger.skip([claims.STATIC] if reasons else [], "".join(reasons))
        return
    rank = _rank(writer, reader)
    if incidence.SUPPORTS not in made:
        lines: Lines = {**dict.fromkeys(claims.STATIC_LINES), "rank": rank, "columns": Verdict.UNDECIDED}
        _assert(ledger, claims.static(lines, "", False, None, ""), lines)
        return
    if made[incidence.SUPPORTS].values[0].upper == 0:
        ledger.skip([claims.STATIC], causes.NO_ACTIVE_COLUMN)
        return
    own = _Interface(ledger, made, writer, reader)
    if not own.candidates:
        ledger.skip([claims.STATIC], causes.NO_SMALLER_WINDOW)
        return
    found = [(level, {"rank": rank, **own.lines(level)}) for level in own.candidates]
    holds = [combine(v for v in lines.values() if v is not None) is Verdict.CERTIFIED for _, lines in found]
    first = max((place + 1 for place, yes in enumerate(holds) if not yes), default=0)
    level, lines = found[min(first, len(found) - 1)]
    conclusion = made[incidence.level_id("E7.conclusion", level)].values[1]
    nearest = "" if first < len(found) else own.nearest(level, lines)
    _assert(ledger, claims.static(lines, level, first < len(found), _truth(conclusion), nearest), lines)


def _assert(ledger: Ledger, asserted: claims.Assertion, lines: Lines) -> None:
    whole = combine(verdict for verdict in lines.values() if verdict is not None)
    ledger.measure(asserted, [TRUTH[whole]], causes.DOMAIN_OPEN)


def _rank(*layers: LayerFacts) -> Verdict:
    found = (claim for facts in layers for claim in facts.ledger.claims)
    return combine(claim.verdict for claim in found if claim.id == layer_claims.RANK)


def _truth(value: Enclosure) -> Verdict:
    return next((verdict for verdict, truth in TRUTH.items() if truth == value), Verdict.UNDECIDED)


class _Interface:
    """What the claims say of each level."""

    def __init__(self, ledger: Ledger, made: dict[str, Claim], writer: LayerFacts, reader: LayerFacts) -> None:
        self.made, self.layers = made, (writer, reader)
        self.reasons = {item.id: item.reason for item in ledger.not_asked}
        truncations = [claim for id, claim in made.items() if id.startswith("E1.transport[")]
        full = writer.d, reader.d
        self.ranks = {
            str(claim.parameters["level"]): tuple(int(claim.parameters[name]) for name in ("ranks", "ranks_next"))
            for claim in truncations
        }
        self.candidates = [level for level, ranks in self.ranks.items() if ranks != full]

    def lines(self, level: str) -> Lines:
        """The verdicts of all lines but that of the rank."""
        margins = self._of("E7.margins", level)
        values = dict(zip(str(margins.parameters["lines"]).split(","), margins.values, strict=True))
        found: Lines = {"gaps": self._gaps(level), "truncation": self._of("E1.transport", level).verdict}
        found |= {
            line: None if name not in values else Verdict.of_margin(values[name].lower, values[name].upper, strict=True)
            for line, name in claims.MARGIN_LINES.items()
        }
        if self.reasons.get(incidence.GRAPH) == causes.NO_EDGE_GAP:
            found["pairs"] = Verdict.UNDECIDED
        return found

    def _of(self, name: str, level: str) -> Claim:
        return self.made[incidence.level_id(name, level)]

    def _gaps(self, level: str) -> Verdict:
        """Whether σ_r > σ_{r+1} on both sides; a full window needs no gap."""
        found = [Verdict.CERTIFIED]
        for facts, r in zip(self.layers, self.ranks[level], strict=True):
            if r < facts.d:
                above, below = facts.sigma[r - 1], facts.sigma[r]
                known = above.finite and below.finite
                apart = above.lower > below.upper, above.upper <= below.lower
                kind = Verdict.CERTIFIED if apart[0] else Verdict.REFUTED if apart[1] else Verdict.UNDECIDED
                found.append(kind if known else Verdict.UNDECIDED)
        return combine(found)

    def nearest(self, level: str, lines: Lines) -> str:
        """The failing line of the least factor; empty if none fails."""
        failing = [name for name, verdict in lines.items() if verdict not in (None, Verdict.CERTIFIED)]
        return min(failing, key=lambda name: self._factor(level, name), default="")

    def _factor(self, level: str, line: str) -> Fraction | float:
        """By which factor a line fails: the norm of the truncation over the line's distance, the width of that norm
        over its limit, the full rank over the one there is."""
        if line == "rank":
            return max(map(_lost, self.layers))
        moved = self._of("E1.transport", level)
        if line == "truncation":
            return _over(widest(moved.values), float(moved.parameters["width_limit"]))
        radius = self.made[RADIUS]
        names = str(radius.parameters["lines"]).split(",")
        room = dict(zip(names, radius.values[2:], strict=True)).get(line)
        if room is None or not moved.values[0].finite:
            return float("inf")
        return _over(Fraction(moved.values[0].upper), room.lower)


def _lost(facts: LayerFacts) -> Fraction | float:
    return _over(Fraction(facts.d), facts.rank[0])


def _over(above: Fraction | None, below: float) -> Fraction | float:
    divisor = Fraction(below)
    return float("inf") if above is None or divisor <= 0 else above / divisor
