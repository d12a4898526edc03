"""The spectral domain of an interface, and both domains of a chain, from claims made before (THEORY D4, E7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from certify.claims import causes
from certify.claims import domain as claims
from certify.claims import layer as layer_claims
from certify.claims.rigidity import TRANSPORT_DRIFT_IDS
from certify.enclosure import widest
from certify.prover.layer import LayerFacts
from certify.prover.ledger import Ledger
from certify.verdict import Claim, Enclosure, Verdict, combine

__all__ = ["TRUTH", "Standing", "measure_chain_domains", "measure_domain", "standing_of"]

TRUTH = {
    Verdict.CERTIFIED: Enclosure(1.0, 1.0),
    Verdict.REFUTED: Enclosure(0.0, 0.0),
    Verdict.UNDECIDED: Enclosure(0.0, 1.0),
}


def measure_domain(ledger: Ledger, writer: LayerFacts, reader: LayerFacts) -> None:
    """Whether the interface lies in the spectral domain; only asked between square layers of one size."""
    m, n = writer.matrix.shape
    if not m == n == reader.matrix.shape[0] == reader.matrix.shape[1]:
        ledger.skip([claims.SPECTRAL], causes.UNEQUAL_SHAPES)
        return
    layers = [claim for facts in (writer, reader) for claim in facts.ledger.claims]
    used: list[Claim] = []
    lines: dict[str, Verdict | None] = {}
    for asked, made in ((claims.LAYER_LINES, layers), (claims.EDGE_LINES, ledger.claims)):
        for name, ids in asked.items():
            found = [claim for claim in made if claim.id in ids]
            lines[name] = claims.line_verdict([claim.verdict for claim in found])
            used += found
    failing = [claim for claim in used if claim.verdict is not Verdict.CERTIFIED]
    nearest = min(failing, key=_factor, default=None)
    whole = combine(verdict for verdict in lines.values() if verdict is not None)
    asserted = claims.spectral(
        lines, ("", "") if nearest is None else (nearest.subject, nearest.id), _vacuous(ledger.claims)
    )
    ledger.measure(asserted, [TRUTH[whole]], causes.DOMAIN_OPEN)


class Standing(NamedTuple):
    """Whether an interface lies in the domains; None where that was not asked."""

    subject: str
    spectral: Verdict | None
    static: Verdict | None


def measure_chain_domains(ledger: Ledger, edges: Sequence[Standing], *, incidence: bool) -> None:
    """Whether a line of layers lies in the domains, from what was found of its interfaces.

    ``incidence`` tells whether the static domain is asked for at all.
    """
    sides = {claims.SPECTRAL: (claims.chain_spectral, [edge.spectral for edge in edges], causes.NOT_ALL_SQUARE)}
    if incidence:
        sides[claims.STATIC] = claims.chain_static, [edge.static for edge in edges], causes.NOT_ALL_STATIC
    for id, (asserted, verdicts, lacking) in sides.items():
        found = [verdict for verdict in verdicts if verdict is not None]
        if not edges:
            ledger.skip([id], causes.NO_INTERFACE)
        elif len(found) < len(edges):
            ledger.skip([id], lacking)
        else:
            whole = combine(found)
            ledger.measure(asserted(found, [edge.subject for edge in edges]), [TRUTH[whole]], causes.DOMAIN_OPEN)


def standing_of(ledger: Ledger) -> Standing:
    """Whether the interface of a ledger lies in the domains."""
    values = {claim.id: claim.values[0] for claim in ledger.claims if claim.id in (claims.SPECTRAL, claims.STATIC)}
    found = [
        next((v for v, truth in TRUTH.items() if truth == values[id]), Verdict.UNDECIDED) if id in values else None
        for id in (claims.SPECTRAL, claims.STATIC)
    ]
    return Standing(ledger.subject, *found)


def _factor(claim: Claim) -> Fraction | float:
    """By which factor a claim fails: its width over its limit, the full rank over the one there is."""
    if claim.id == layer_claims.RANK:
        low = claim.values[0].lower
        return Fraction(claim.parameters["full"]) / Fraction(low) if low > 0 else float("inf")
    width, limit = widest(claim.values), Fraction(claim.parameters.get("width_limit", 0.0))
    return float("inf") if width is None or limit == 0 else width / limit


def _vacuous(made: Iterable[Claim]) -> list[str]:
    """The charts whose drift bound exceeds the drift more than LOOSE times."""
    drifts = [claim for claim in made if claim.id in TRANSPORT_DRIFT_IDS]
    known = [(claim, *claim.values) for claim in drifts if all(value.finite for value in claim.values)]
    return [
        str(claim.parameters["chart"])
        for claim, moved, bound in known
        if Fraction(bound.lower) > claims.LOOSE * Fraction(moved.upper)
    ]
