"""The claims that must be made about a head structure, and how each is proved again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from flint import arb

from certify.chain import Chain
from certify.checker.arithmetic.exact_rank import has_rank
from certify.checker.arithmetic.head_overlaps import Span, mean_moments, overlaps, room, span_of
from certify.checker.arithmetic.head_products import product_room, product_values
from certify.checker.arithmetic.near_decomposition import NearSVD, near_svd
from certify.checker.arithmetic.rounding import Array, ball
from certify.checker.arithmetic.scaled_matrix import Unit
from certify.checker.expected import Expected, ball_of, enclosed
from certify.checker.expression import matrix_of
from certify.checker.layer import UNKNOWN, rank_cause
from certify.checker.lookup import Lookup
from certify.checker.product_ranks import rank_fault, whole_numbers
from certify.checker.recorded_thresholds import Recorded
from certify.checker.tasks import once
from certify.claims import causes
from certify.claims import heads as claims
from certify.claims.heads import Role
from certify.heads import Heads
from certify.verdict import Enclosure

__all__ = ["heads_claims"]

_NO_OVERLAP = Enclosure(0.0, 1.0)
"""What is said of an overlap where a subspace is not known."""


class _Blocks:
    """The blocks of one role, heads by rows, and what is computed of them once."""

    def __init__(self, role: Role, matrix: Array) -> None:
        self.role = role
        rows = matrix.T if role.name == "output" else matrix
        copies = rows[: role.count * role.copies * role.size].reshape(role.count, role.copies, role.size, -1)
        self.agree = bool((copies == copies[:, :1]).all())
        self.each = [np.ascontiguousarray(copies[head, 0]) for head in range(role.count)]
        self.ranks: list[tuple[int, int]] = []

    def near(self, head: int) -> NearSVD:
        """The checker's own decomposition of a block that is not 0."""
        return once(self, f"_near{head}", lambda: near_svd(Unit.of(self.each[head])))

    @property
    def spans(self) -> list[Span | None]:
        """The row spaces, of ranks that are exact; None for the whole space."""

        def made() -> list[Span | None]:
            n = self.role.dimension
            return [None if rank == n else span_of(self.near(i), rank) for i, (rank, _) in enumerate(self.ranks)]

        return once(self, "_spans", made)

    def forget(self) -> None:
        """Drop the decompositions where nothing needs them any more."""
        for name in [name for name in vars(self) if name.startswith(("_near", "_spans"))]:
            del vars(self)[name]


def heads_claims(heads: Heads, chain: Chain, lookup: Lookup, thresholds: Recorded) -> Iterator[Expected]:
    """The claims about a head structure in order."""
    subject = claims.subject(heads)
    found: dict[str, _Blocks] = {}
    for name, place in heads.layers:
        layer = chain.layers[place]
        blocks = found[name] = _Blocks(Role(heads, name, layer.shape), matrix_of(layer))
        if blocks.agree:
            yield from _role(blocks, subject, lookup, thresholds)
        else:
            lookup.skip(subject, claims.role_ids(name), causes.COPIES_DIFFER)
    for name, (left, right) in claims.PRODUCTS.items():
        if left in found and right in found:
            if found[right].agree:
                yield from _product(name, heads, found[left], found[right], subject, lookup, thresholds)
            else:
                lookup.skip(subject, claims.product_ids(name), causes.COPIES_DIFFER)


def _role(blocks: _Blocks, subject: str, lookup: Lookup, thresholds: Recorded) -> Iterator[Expected]:
    role, width = blocks.role, thresholds["overlap_width"]
    asserted = claims.ranks(role)
    shape = role.size, role.dimension
    blocks.ranks = [whole_numbers(x, min(shape)) for x in lookup.values(subject, asserted.id, role.count)]
    yield Expected(
        asserted,
        lambda values: _rank_fault(blocks, values),
        causes=lambda: [rank_cause(shape, thresholds["exact_rank_seconds"])],
    )
    reason = (
        causes.ONE_HEAD if role.count == 1
        else causes.too_many_heads(role.count, claims.MOST_HEADS) if role.count > claims.MOST_HEADS
        else causes.HEAD_ZERO if any(high == 0 for _, high in blocks.ranks)
        else ""
    )  # fmt: skip
    if reason:
        lookup.skip(subject, claims.overlap_ids(role.name), reason)
        return
    known = all(low == high for low, high in blocks.ranks)
    asserted = claims.overlap(role, width)
    published = lookup.values(subject, asserted.id, role.pairs)
    cause = causes.HEAD_RANK_OPEN if not known else causes.HEAD_OPEN if _NO_OVERLAP in published else ""
    yield Expected(asserted, lambda values: _overlap_fault(blocks, values, known=known), causes=lambda: [cause])
    yield from _null(blocks, published, subject, lookup, width, cause, known=known)


def _rank_fault(blocks: _Blocks, values: Sequence[Enclosure]) -> str:
    full = min(blocks.each[0].shape)
    for head, (block, value) in enumerate(zip(blocks.each, values, strict=True)):
        low, high = whole_numbers(value, full)
        if value != Enclosure(low, high):
            return f"the rank of head {head} is no whole number of its range"
        if not block.any():
            if high:
                return f"head {head} is zero"
            continue
        if low == high < full:
            if not has_rank(block, low):
                return f"not proved: the rank of head {head} could not be computed again to this number"
            continue
        positive = max(int(np.count_nonzero(blocks.near(head).sigma()[0] > 0)), 1)
        if high < full or (positive < low and not (low == high and has_rank(block, low))):
            return f"not proved: {positive} singular values of head {head} are certainly positive"
    return ""


def _overlap_fault(blocks: _Blocks, values: Sequence[Enclosure], *, known: bool) -> str:
    if not known:
        return "" if all(value == _NO_OVERLAP for value in values) else "not proved: the rank of a head is open"
    own, n = overlaps(blocks.spans), blocks.role.dimension
    pairs = combinations(range(blocks.role.count), 2)
    for (i, j), x, value in zip(pairs, own, values, strict=True):
        if value == _NO_OVERLAP:
            continue
        allowed = room(n, blocks.spans[i], blocks.spans[j])
        if reason := enclosed([x], [value], allowed, within=(0.0, 1.0)):
            return f"{reason} (heads {i} and {j})"
    return ""


def _null(
    blocks: _Blocks,
    published: Sequence[Enclosure],
    subject: str,
    lookup: Lookup,
    width: float,
    cause: str,
    *,
    known: bool,
) -> Iterator[Expected]:
    """The mean of the published overlaps beside its moments by chance."""
    role, ranks = blocks.role, [low for low, _ in blocks.ranks]
    if known and sum(rank < role.dimension for rank in ranks) < 2:
        lookup.skip(subject, claims.overlap_ids(role.name)[1:], causes.HEADS_FILL)
        return
    values = lookup.values(subject, claims.overlap_ids(role.name)[1], 5)
    own_mean = sum(map(ball_of, published), arb(0)) / role.pairs
    if known:
        expected, variance = (arb(x) for x in mean_moments(role.dimension, ranks))
        score = (ball_of(values[0]) - expected) / variance.sqrt()
        own = [own_mean, expected, variance.sqrt(), score, 1 / (1 + _squared(score))]
    else:
        own = [own_mean, *[arb.nan()] * 4]
    yield Expected(
        claims.null(role, width, values[2]),
        lambda found: _null_fault(own, found),
        causes=lambda: [cause],
    )


def _null_fault(own: Sequence[arb], values: Sequence[Enclosure]) -> str:
    unit = 0.0, 1.0
    free = -float("inf"), float("inf")
    ranges = unit, free, free, free, unit
    faults = (enclosed([x], [value], 0.0, within=w) for x, value, w in zip(own, values, ranges, strict=True))
    return next(filter(None, faults), "")


def _product(
    name: str, heads: Heads, left: _Blocks, right: _Blocks, subject: str, lookup: Lookup, thresholds: Recorded
) -> Iterator[Expected]:
    """The products BᵀC of every head, B of ``left`` and C of the group in ``right``."""
    pairs = [(i, i // (heads.count // heads.kv)) for i in range(heads.count)]
    each = min(heads.size, left.role.dimension, right.role.dimension)
    asserted = claims.product_ranks(name, heads)
    ranks = [whole_numbers(x, each) for x in lookup.values(subject, asserted.id, heads.count)]
    yield Expected(
        asserted,
        lambda values: _product_rank_fault(heads.size, left, right, pairs, values),
        causes=lambda: [causes.ranks_bounded(ranks, thresholds["exact_product_seconds"])],
    )
    id = claims.product_ids(name)[1]
    published = lookup.values(subject, id, each * heads.count)
    yield Expected(
        claims.product_sigma(name, heads, each, thresholds["product_relative"], published),
        lambda values: _product_sigma_fault(left, right, pairs, [high for _, high in ranks], values),
    )


def _product_rank_fault(
    size: int, left: _Blocks, right: _Blocks, pairs: Sequence[tuple[int, int]], values: Sequence[Enclosure]
) -> str:
    for (i, g), value in zip(pairs, values, strict=True):
        b, c = left.each[i], right.each[g]
        rank, other = left.ranks[i], right.ranks[g]
        published = whole_numbers(value, size)
        if value != Enclosure(*published):
            return f"the rank of head {i} is no whole number of its range"
        low, high = max(0, rank[0] + other[0] - size), min(rank[1], other[1])
        if reason := rank_fault(published, low, high, [lambda c=c: c, lambda b=b: b.T]):
            return f"{reason} (head {i})"
    return ""


def _product_sigma_fault(
    left: _Blocks, right: _Blocks, pairs: Sequence[tuple[int, int]], ranks: Sequence[int], values: Sequence[Enclosure]
) -> str:
    each = len(values) // len(pairs)
    for (i, g), rank in zip(pairs, ranks, strict=True):
        own = values[i * each : (i + 1) * each]
        if any(value != Enclosure(0.0, 0.0) for value in own[rank:]):
            return f"a singular value of head {i} beyond the rank of its product is 0"
        if all(value == UNKNOWN for value in own[:rank]):
            continue
        lower, upper = product_values(left.near(i), right.near(g))
        found = [ball(float(low), float(high)) for low, high in zip(lower[:rank], upper[:rank], strict=True)]
        if reason := enclosed(found, own[:rank], product_room(left.near(i), right.near(g)), nonnegative=True):
            return f"{reason} (head {i})"
    left.forget()
    right.forget()
    return ""


def _squared(x: arb) -> arb:
    """The square of a ball, which is not negative."""
    return x.abs_lower() ** 2 if not x.is_finite() else (x.abs_lower() ** 2).union(x.abs_upper() ** 2)
