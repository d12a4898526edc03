"""What is asked of attention heads: ranks, overlaps of all pairs, what chance gives, and products (THEORY C6, A4)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import flint
import numpy as np

from certify.certificate.publication import publish
from certify.claims import causes
from certify.claims import heads as claims
from certify.claims.heads import Role
from certify.claims.small_values import plain_error
from certify.claims.thresholds import Thresholds
from certify.geometry.interface.haar_nulls import cantelli
from certify.geometry.interface.hierarchy import head_null, head_overlap
from certify.heads import Heads
from certify.linalg import svd
from certify.linalg.cores import near
from certify.linalg.overlaps import inner_products
from certify.linalg.subspace import Subspace
from certify.prover.head_products import Factor, measure_product
from certify.prover.layer import exact_rank_of
from certify.prover.ledger import UNKNOWN, Ledger, ball_of, publish_ball
from certify.prover.widening import overlap_floor, tilt_floors
from certify.rigor.rounding import FloatArray
from certify.verdict import Enclosure

__all__ = ["NO_OVERLAP", "measure_heads"]

NO_OVERLAP = Enclosure(0.0, 1.0)
"""What is published of an overlap where a subspace is not known."""


@dataclass(frozen=True, slots=True)
class _Head:
    """A block, the cause where its rank is only bounded, and its row space where it is known.

    ``tilt`` is how far off the row space is for whoever encloses it again.
    """

    factor: Factor
    cause: str = ""
    space: Subspace | None = field(default=None)
    tilt: float = math.inf

    @property
    def rank(self) -> tuple[int, int]:
        """Bounds of the rank."""
        return self.factor.rank


def measure_heads(heads: Heads, matrices: Sequence[Callable[[], FloatArray]], thresholds: Thresholds) -> Ledger:
    """All claims about a head structure; ``matrices`` read those of its layers, in their order, one at a time."""
    ledger = Ledger(claims.subject(heads))
    factors: dict[str, list[Factor]] = {}
    for (role, _), matrix in zip(heads.layers, matrices, strict=True):
        factors[role] = _role(ledger, heads, role, matrix(), thresholds)
    for name, (left, right) in claims.PRODUCTS.items():
        if left in factors and right in factors:
            if factors[right]:
                measure_product(ledger, name, heads, factors[left], factors[right], thresholds)
            else:
                ledger.skip(claims.product_ids(name), causes.COPIES_DIFFER)
    return ledger


def _role(ledger: Ledger, heads: Heads, role: str, matrix: FloatArray, thresholds: Thresholds) -> list[Factor]:
    """All claims about one role, from the matrix of its layer, shape (n_out, n_in); its blocks, none that differ."""
    known = Role(heads, role, (matrix.shape[0], matrix.shape[1]))
    blocks = _blocks(known, matrix)
    if blocks is None:
        ledger.skip(claims.role_ids(role), causes.COPIES_DIFFER)
        return []
    found = [_head(block, thresholds.exact_rank_seconds) for block in blocks]
    cause = next((head.cause for head in found if head.cause), "")
    ledger.measure(claims.ranks(known), [Enclosure(*head.rank) for head in found], cause)
    ids = claims.overlap_ids(role)
    if known.count < 2:
        ledger.skip(ids, causes.ONE_HEAD)
    elif known.count > claims.MOST_HEADS:
        ledger.skip(ids, causes.too_many_heads(known.count, claims.MOST_HEADS))
    elif any(head.rank == (0, 0) for head in found):
        ledger.skip(ids, causes.HEAD_ZERO)
    else:
        _overlaps(ledger, known, found, thresholds)
    return [head.factor for head in found]


def _blocks(role: Role, matrix: FloatArray) -> list[FloatArray] | None:
    """One block for each head, heads by rows; None where copies that a layer holds of it are not equal."""
    rows = matrix.T if role.name == "output" else matrix
    found: list[FloatArray] = []
    for start in role.starts:
        copies = [rows[i : i + role.size] for i in range(start, start + role.copies * role.size, role.size)]
        if not all(np.array_equal(copies[0], copy) for copy in copies[1:]):
            return None
        found.append(np.ascontiguousarray(copies[0]))
    return found


def _head(block: FloatArray, allowed: float) -> _Head:
    if not block.any():
        return _Head(Factor(block, (0, 0), None, 0.0, 0.0))
    m, n = block.shape
    full = min(m, n)
    found = svd(block)
    tops = [float(x) for x in found.upper]
    floor = plain_error((m, n), tops)
    sigma = [
        publish(float(low), high, floor=floor, nonnegative=True) for low, high in zip(found.lower, tops, strict=True)
    ]
    positive = max(sum(value.lower > 0 for value in sigma), 1)
    if positive < full:
        exact, cause = exact_rank_of(block, allowed)
        if exact is None:
            return _Head(Factor(block, (positive, full), near(found), tops[0], floor), cause)
        positive = exact
    factor = Factor(block, (positive, positive), near(found), tops[0], floor)
    if positive == n:
        return _Head(factor, "", Subspace(np.eye(n), 0.0), 0.0)
    following = sigma[positive].upper if positive < full else 0.0
    tilt = tilt_floors(m, n, tops, [sigma[positive - 1].lower - following])[0]
    basis = np.ascontiguousarray(found.v[:, :positive])
    return _Head(factor, "", Subspace(basis, found.sin_theta_right(positive)), tilt)


def _overlaps(ledger: Ledger, role: Role, found: Sequence[_Head], thresholds: Thresholds) -> None:
    width = thresholds.overlap_width
    spaces = [head.space for head in found if head.space is not None]
    if len(spaces) < len(found):
        values, cause = [NO_OVERLAP] * role.pairs, causes.HEAD_RANK_OPEN
    else:
        pairs = combinations(found, 2)
        values = [_overlap(role.dimension, pair, x) for pair, x in zip(pairs, inner_products(spaces), strict=True)]
        cause = causes.HEAD_OPEN if NO_OVERLAP in values else ""
    ledger.measure(claims.overlap(role, width), values, cause)
    _null(ledger, role, [head.rank for head in found], values, width, cause)


def _overlap(n: int, pair: tuple[_Head, _Head], inner: flint.arb) -> Enclosure:
    """The overlap of two heads as it is published."""
    a, b = (head.rank[0] for head in pair)
    if max(a, b) == n:
        return Enclosure(1.0, 1.0)
    floor = overlap_floor(n, (a, b), (pair[0].tilt, pair[1].tilt))
    if floor >= 1.0 or not inner.is_finite():
        return NO_OVERLAP
    return publish_ball(head_overlap(inner, a, b), floor=floor, nonnegative=True, most=1.0)


def _null(
    ledger: Ledger,
    role: Role,
    ranks: Sequence[tuple[int, int]],
    overlaps: Sequence[Enclosure],
    width: float,
    cause: str,
) -> None:
    """The published mean beside what independent uniform subspaces would have."""
    n = role.dimension
    total = sum((ball_of(value) for value in overlaps), flint.arb(0))
    mean = publish_ball(total / role.pairs, nonnegative=True, most=1.0)
    if any(low != high for low, high in ranks):
        ledger.measure(claims.null(role, width, UNKNOWN), [mean, *[UNKNOWN] * 4], cause)
        return
    if sum(low < n for low, _ in ranks) < 2:
        ledger.skip(claims.overlap_ids(role.name)[1:], causes.HEADS_FILL)
        return
    expected, variance = head_null(n, [low for low, _ in ranks])
    deviation = publish_ball(variance.sqrt())
    distance = ball_of(mean) - expected
    values = [
        mean,
        publish_ball(expected),
        deviation,
        publish_ball(distance / variance.sqrt()),
        publish_ball(_chance(variance, distance), nonnegative=True, most=1.0),
    ]
    ledger.measure(claims.null(role, width, deviation), values, cause)


def _chance(variance: flint.arb, distance: flint.arb) -> flint.arb:
    """Cantelli's bound from the ends of the distance: the square of a ball around 0 would reach below 0."""
    near, far = flint.arb(distance.abs_lower()), flint.arb(distance.abs_upper())
    return cantelli(variance, near).union(cantelli(variance, far))
