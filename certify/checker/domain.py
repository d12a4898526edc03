"""The spectral domain, and both of a chain, concluded again from other claims, which are proved by themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from flint import fmpq

from certify.checker.expected import Expected
from certify.checker.layer import LayerFacts
from certify.checker.lookup import Lookup
from certify.claims import causes, layer
from certify.claims import domain as claims
from certify.claims.assertion import Assertion
from certify.claims.rigidity import TRANSPORT_DRIFT_IDS
from certify.verdict import Claim, Enclosure, Verdict

__all__ = ["chain_domain_claims", "domain_claim"]

_ENDS = {Verdict.CERTIFIED: (1.0, 1.0), Verdict.REFUTED: (0.0, 0.0), Verdict.UNDECIDED: (0.0, 1.0)}


def domain_claim(writer: LayerFacts, reader: LayerFacts, subject: str, lookup: Lookup) -> Iterator[Expected]:
    """Whether an interface lies in the spectral domain; none between layers that are not square of one size."""
    sides = {*writer.matrix.shape, *reader.matrix.shape}
    if len(sides) > 1:
        lookup.skip(subject, [claims.SPECTRAL], causes.UNEQUAL_SHAPES)
        return
    lines: dict[str, Verdict | None] = {}
    failing: list[tuple[fmpq | None, Claim]] = []
    subjects = dict.fromkeys(claims.LAYER_LINES, (writer.subject, reader.subject))
    for name, ids in {**claims.LAYER_LINES, **claims.EDGE_LINES}.items():
        wanted = [(about, id) for about in subjects.get(name, (subject,)) for id in ids]
        found = [lookup.claim(*place) for place in wanted if lookup.place(*place) is not None]
        verdicts = [claim.verdict for claim in found]
        lines[name] = None if not found else _worst(verdicts)
        failing += [(_factor(claim), claim) for claim in found if claim.verdict is not Verdict.CERTIFIED]
    nearest = ("", "")
    if failing:
        least = min((factor for factor, _ in failing if factor is not None), default=None)
        first = next(claim for factor, claim in failing if factor == least)
        nearest = first.subject, first.id
    whole = _worst([verdict for verdict in lines.values() if verdict is not None])
    yield _truth(claims.spectral(lines, nearest, _vacuous(subject, lookup)), whole)


def chain_domain_claims(subject: str, edges: Sequence[str], lookup: Lookup, *, incidence: bool) -> Iterator[Expected]:
    """Whether a line of layers lies in the domains, from what the certificate says of its interfaces."""
    kinds = [(claims.SPECTRAL, claims.chain_spectral, causes.NOT_ALL_SQUARE)]
    kinds += [(claims.STATIC, claims.chain_static, causes.NOT_ALL_STATIC)] if incidence else []
    known = {ends: verdict for verdict, ends in _ENDS.items()}
    for id, asserted, lacking in kinds:
        if not edges or any(lookup.place(edge, id) is None for edge in edges):
            lookup.skip(subject, [id], lacking if edges else causes.NO_INTERFACE)
            continue
        values = [lookup.values(edge, id, 1)[0] for edge in edges]
        found = [known.get((value.lower, value.upper), Verdict.UNDECIDED) for value in values]
        yield _truth(asserted(found, edges), _worst(found))


def _truth(asserted: Assertion, whole: Verdict) -> Expected:
    truth = Enclosure(*_ENDS[whole])
    return Expected(
        asserted,
        lambda values: "" if values[0] == truth else f"not proved: the lines say {asserted.parameters['domain']}",
        causes=lambda: [causes.DOMAIN_OPEN],
    )


def _worst(verdicts: Sequence[Verdict]) -> Verdict:
    for verdict in (Verdict.REFUTED, Verdict.UNDECIDED):
        if verdict in verdicts:
            return verdict
    return Verdict.CERTIFIED


def _factor(claim: Claim) -> fmpq | None:
    """Width over limit, or the full rank over the one there is; None for infinity."""
    if claim.id == layer.RANK:
        above, below = claim.parameters["full"], claim.values[0].lower
    else:
        ends = [(_exact(value.upper), _exact(value.lower)) for value in claim.values if value.finite]
        if len(ends) < len(claim.values):
            return None
        above, below = max(high - low for high, low in ends), claim.parameters.get("width_limit", 0.0)
    divisor = _exact(below)
    return None if divisor == 0 else (above if isinstance(above, fmpq) else _exact(above)) / divisor


def _exact(x: object) -> fmpq:
    """A recorded number; 0 for what is none, which the claim that recorded it is rejected for."""
    if not isinstance(x, int | float) or not math.isfinite(x):
        return fmpq(0)
    return fmpq(*x.as_integer_ratio())


def _vacuous(subject: str, lookup: Lookup) -> list[str]:
    found: list[str] = []
    for chart, id in zip(layer.CHARTS, TRANSPORT_DRIFT_IDS, strict=True):
        if lookup.place(subject, id) is None:
            continue
        moved, bound = lookup.values(subject, id, 2)
        if moved.finite and bound.finite and _exact(bound.lower) > claims.LOOSE * _exact(moved.upper):
            found.append(chart)
    return found
