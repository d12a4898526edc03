"""What is asked of one interface in two models."""

from __future__ import annotations

import flint

from certify.claims import causes
from certify.claims import comparison as claims
from certify.claims.thresholds import Thresholds
from certify.comparison.layers import enclosure, windows
from certify.comparison.side import Side
from certify.geometry.interface.alignment import commutator_magnitude, overlap, relative_imbalance
from certify.linalg.gram_pair import gram_pair_norms
from certify.linalg.subspace import Subspace, principal_cosines
from certify.prover.ledger import Ledger
from certify.rigor.ball import hull_ball
from certify.verdict import Enclosure

__all__ = ["Pair", "compare_interface"]

Pair = tuple[Side, Side]
"""The writer and the reader of an interface, of one model."""


def compare_interface(subject: str, a: Pair, b: Pair, thresholds: Thresholds) -> Ledger:
    """All claims about the interface that ``subject`` names; ``a`` and ``b`` are it in the two models."""
    ledger = Ledger(subject)
    sizes = sorted({k for i in (0, 1) for k in windows(a[i], b[i], thresholds)})
    for k in (k for k in sizes if k < min(*a[0].matrix.shape, *a[1].matrix.shape)):
        first, second = _overlap(a, k), _overlap(b, k)
        unknown = first is None or second is None
        values = [Enclosure(0.0, 1.0)] * 2 + [Enclosure(-1.0, 1.0)] if unknown else _triple(first, second)
        ledger.measure(claims.overlap(k, thresholds.overlap_width), values, causes.no_gap(k) if unknown else "")
    first, second = _balance(a), _balance(b)
    ledger.measure(claims.imbalance(thresholds.imbalance_relative), _triple(first[0], second[0]))
    ledger.measure(claims.commutator(thresholds.commutator_width), _triple(first[1], second[1]))
    return ledger


def _triple(first: flint.arb | None, second: flint.arb | None) -> list[Enclosure]:
    a, b = (flint.arb.nan() if x is None else x for x in (first, second))
    return [enclosure(a), enclosure(b), enclosure(b - a)]


def _overlap(pair: Pair, k: int) -> flint.arb | None:
    """Ball around the overlap of the window of k directions; None without a certified gap on both sides."""
    writer, reader = pair
    left = Subspace(writer.found.u[:, :k], writer.sin_theta(k, right=False))
    right = Subspace(reader.found.v[:, :k], reader.sin_theta(k, right=True))
    if not left.sin_theta + right.sin_theta < 1.0:
        return None
    found = principal_cosines(left, right)
    return overlap([hull_ball(float(x), float(y)) for x, y in zip(found.lo, found.hi, strict=True)])


def _balance(pair: Pair) -> tuple[flint.arb, flint.arb]:
    r"""Relative imbalance and commutator magnitude.

    A radius ρ of W moves its Gram matrix by at most τ = ρ(2‖W‖_F + ρ), and then ‖[H,K]‖_F by at most
    2(τ_H‖K‖_F + ‖H‖_Fτ_K + τ_Hτ_K).
    """
    writer, reader = pair
    norms = gram_pair_norms(writer.matrix, reader.matrix)
    write, read = _shift(writer), _shift(reader)
    moved = 2 * (read * norms.write + norms.read * write + read * write)
    imbalance = _wide(norms.imbalance, read + write)
    commutator = _wide(norms.commutator, moved)
    h, k = _wide(norms.read, read), _wide(norms.write, write)
    return relative_imbalance(imbalance, h, k), commutator_magnitude(commutator, h, k)


def _shift(side: Side) -> flint.arb:
    radius = flint.arb(side.radius)
    # ``side.norm`` is of the true matrix.
    return radius * (2 * (side.norm + radius) + radius)


def _wide(ball: flint.arb, radius: flint.arb) -> flint.arb:
    if not ball.is_finite():
        return ball
    reach = radius.upper()
    return hull_ball((ball - reach).lower().max(flint.arb(0)), (ball + reach).upper()) if reach else ball
