"""The claims about the row groups of an interface, and how each is proved again (THEORY E1, E4–E7).

Activities, errors and all that follows are enclosed twice: as narrowly as the checker knows them, which must lie
inside what is published, and widened by a multiple of the floors that publication adds, which what is published must
not exceed.
Recorded thresholds are chosen numbers; that they were chosen by the rule is checked to that accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from certify.chain.groups import Groups, blocks, groups_text
from certify.checker.arithmetic.crossing import Crossing
from certify.checker.expected import Expected
from certify.checker.layer import LayerFacts
from certify.checker.lookup import Lookup, MissingClaimError
from certify.checker.published import bits
from certify.checker.recorded_thresholds import Recorded
from certify.checker.row_groups import RowGroups
from certify.checker.row_lines import Structured
from certify.claims import causes
from certify.claims import incidence as claims

__all__ = ["incidence_claims"]


def incidence_claims(
    writer: LayerFacts,
    reader: LayerFacts,
    crossing: Crossing,
    groups: Groups | None,
    subject: str,
    lookup: Lookup,
    options: Recorded,
) -> Iterator[Expected]:
    """The claims about the row groups of ``reader``; ``groups`` are those that the chain names."""
    if not options.incidence_percents:
        return
    chosen = groups or blocks(reader.matrix.shape[0], options.group_rows)
    if len(chosen) > claims.MOST_GROUPS:
        lookup.skip(subject, [claims.THRESHOLDS], causes.too_many_groups(len(chosen), claims.MOST_GROUPS))
        return
    rows, columns = reader.matrix.shape[0], writer.matrix.shape[1]
    if rows * columns > claims.MOST_CELLS:
        lookup.skip(subject, [claims.THRESHOLDS], causes.too_large_transport(rows, columns, claims.MOST_CELLS))
        return
    if not all(math.isfinite(facts.frobenius.upper) for facts in (writer, reader)):
        lookup.skip(subject, [claims.THRESHOLDS], causes.NO_THRESHOLD)
        return
    found = RowGroups(writer, reader, crossing, chosen, subject, lookup, options)
    if lookup.place(subject, claims.THRESHOLDS) is None and found.may_lack_thresholds():
        lookup.skip(subject, [claims.THRESHOLDS], causes.NO_THRESHOLD)
        return
    yield from _demanded(found)


def _demanded(found: RowGroups) -> Iterator[Expected]:
    """All claims in their order."""
    options, lookup, subject = found.options, found.lookup, found.subject
    theta = np.array([value.lower for value in lookup.values(subject, claims.THRESHOLDS, len(found.groups))])
    texts = [level.text for level in found.levels]
    recorded = str(lookup.parameter(subject, claims.THRESHOLDS, "level"))
    at = recorded if recorded in texts else claims.FULL
    rule = options.activity_threshold if options.activity_threshold in ("adapted", "largest") else "given"
    yield Expected(
        claims.thresholds(groups_text(found.groups), len(found.groups), rule, at, sum(found.exponents)),
        lambda values: found.threshold_fault(values, theta, at, rule),
    )
    rows = np.flatnonzero(theta > 0)
    if not rows.size:
        raise MissingClaimError(subject, claims.THRESHOLDS, "no group has a threshold")
    if lookup.place(subject, claims.SUPPORTS) is None and found.may_touch(rows, theta):
        lookup.skip(subject, [claims.SUPPORTS], causes.SUPPORT_OPEN)
        return
    active = found.full.x.narrow.at(rows).lo >= theta[rows][:, None]
    spelled = {f"active {group}": bits(active[place]) for place, group in enumerate(rows)}
    structured = Structured(found, rows, theta[rows], active)
    yield Expected(
        claims.supports(active.shape[1], options.hub_groups, structured.nu or 0.0, spelled),
        lambda values: found.support_fault(values, rows, theta, active),
    )
    yield from structured.demanded()
