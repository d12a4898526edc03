r"""Principal angles between leading singular subspaces of two layers that meet, from blocks of their core.

Let P, P' project onto the true leading subspaces of k dimensions in R^n and P̃, P̃' onto those of the exact orthonormal
bases Ū, V̄' (:mod:`certify.checker.arithmetic.near_decomposition`), so that ‖P − P̃‖₂ <= sin θ, ‖P' − P̃'‖₂ <= sin θ'.

**Cosines.** They are the singular values of P'P, hence within sin θ + sin θ' of those of P̃'P̃ (Weyl), which are those of
the leading k × k block C̄₁₁ of C̄ = V̄'ᵀŪ. A block of C is as near to that of C̄ as C is.

**More than half of all dimensions.** Let Ū and V̄' have n columns, so that C̄ is orthogonal, and 2k > n. Then
C̄₁₁ᵀC̄₁₁ = I − C̄₂₁ᵀC̄₂₁ and C̄₂₂C̄₂₂ᵀ = I − C̄₂₁C̄₂₁ᵀ: C̄₁₁ has the n − k singular values of the trailing block C̄₂₂, and 2k − n
that are 1.

**Sines.** They are the singular values of (I − P')P, within sin θ + sin θ' of those of (I − P̃')P̃, which are √(1 − c²)
for the cosines c of the bases. Where that tells too little, c being near 1, they are taken from a matrix. Where V̄' has
n columns that is C̄₂₁; and for 2k > n, where both have, C̄₁₂ᵀC̄₁₂ = I − C̄₂₂ᵀC̄₂₂ has the eigenvalues of
I − C̄₂₂C̄₂₂ᵀ = C̄₂₁C̄₂₁ᵀ, so that C̄₁₂ has all sines but 2k − n that are 0. Otherwise, with ‖V' − V̄'‖ <= q and
‖U − Ū‖ <= p, (I − V̄'V̄'ᵀ)Ū is within q(2 + q) + (1 + q)²p of R = U − V'(V'ᵀU).

**Overlap.** o = ⟨P', P⟩/k. The difference P − P̃ has trace 0 and trace norm 2Σ sin θ_i, so
|⟨P', P − P̃⟩| <= tr(P − P̃)₊ = Σ sin θ_i <= k sin θ for every projector P'. Hence o errs by at most sin θ + sin θ'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb

from certify.checker.arithmetic.crossing import Crossing
from certify.checker.arithmetic.near_decomposition import NearSVD, near_svd
from certify.checker.arithmetic.rounding import ETA, Array, U, above, ball, product
from certify.checker.arithmetic.scaled_matrix import Unit, frobenius

__all__ = ["Angles", "angles", "sines"]


@dataclass(frozen=True, slots=True)
class Angles:
    """Bounds of the k principal cosines, decreasing, of the sines, increasing, and a ball around the overlap Σcos²/k.

    ``turn`` are about the right singular vectors of the block of the core: those of the block of the sines too, in
    reverse order.
    """

    cosines: tuple[Array, Array]
    sines: tuple[Array, Array]
    overlap: arb
    turn: Array


def angles(crossing: Crossing, windows: list[int]) -> dict[int, Angles]:
    """Principal cosines between the k leading left singular vectors of W and right ones of W', for every window k."""
    if not windows:
        return {}
    core, slip, _ = crossing.core
    found: dict[int, Angles] = {}
    for k in windows:
        block = core[k:, k:] if _trailing(crossing, k) else core[:k, :k]
        low, high, turn = np.zeros(0), np.zeros(0), np.zeros((0, 0))
        if block.size:
            # The bases themselves are good for about n k roundings.
            near = near_svd(Unit.of(block), 4 * crossing.n * block.shape[0] * U)
            (low, high), turn = _moved(*near.sigma(), above(slip)), near.right
        turned = _turned(crossing, k)
        cosines = _after(1.0, k, _moved(low, high, above(turned)))
        both = cosines, _after(0.0, k, _moved(*_complement(low, high), above(turned)))
        found[k] = Angles(*both, _overlap(core[:k, :k], above(slip), turned), turn)
    return found


def _after(known: float, k: int, ends: tuple[Array, Array]) -> tuple[Array, Array]:
    """The same after what two subspaces of more than half of all dimensions have in common; k together."""
    low, high = (np.concatenate([np.full(k - end.size, known), end]) for end in ends)
    return low, high


def _moved(low: Array, high: Array, off: float) -> tuple[Array, Array]:
    """Bounds of numbers in [0, 1] that are so far from those between the given ones."""
    return np.clip(np.nextafter(low - off, -np.inf), 0.0, 1.0), np.clip(np.nextafter(high + off, np.inf), 0.0, 1.0)


def _complement(low: Array, high: Array) -> tuple[Array, Array]:
    """Bounds of √((1 − c)(1 + c)), which decreases; of four roundings three count half, and nothing underflows."""
    ends = [np.sqrt((1.0 - c) * (1.0 + c)) for c in (high, low)]
    return ends[0] * (1.0 - 8 * U) - 2.0**-500, ends[1] * (1.0 + 8 * U) + 2.0**-500


def sines(crossing: Crossing, k: int, turn: Array | None = None) -> tuple[Array, Array]:
    """Bounds of the k sines, increasing, of the angles of :func:`angles`, and its ``turn`` where that is at hand."""
    core, slip, _ = crossing.core
    if _trailing(crossing, k):
        rest = core[:k, k:]
    elif crossing.complete[1]:
        rest = core[k:, :k]
    else:
        rest, slip = _outside(crossing, k)
    turned = _turned(crossing, k)
    fits = turn is not None and turn.shape[0] == rest.shape[1] <= rest.shape[0]
    reverse = np.asfortranarray(turn[:, ::-1]) if turn is not None and fits else None
    # A block of zeros is as far from the exact one as any other.
    lower, upper = np.zeros(min(rest.shape)), np.zeros(min(rest.shape))
    if rest.any():
        lower, upper = near_svd(Unit.of(rest), _room(crossing, rest, turned), reverse).sigma()
    return _after(0.0, k, _moved(lower[::-1], upper[::-1], above(slip + turned)))


def _trailing(crossing: Crossing, k: int) -> bool:
    """Whether the angles of the orthogonal complements, which are smaller, are as good."""
    return 2 * k > crossing.n and all(crossing.complete)


def _room(crossing: Crossing, block: Array, turned: arb) -> float:
    """How far from orthonormal singular vectors of a block may be: the bases are good for about n k roundings, and
    less than what they are turned by is lost beside that."""
    return max(4 * crossing.n * min(block.shape) * U, min(above(turned), 2.0**-10) / 16)


def _outside(crossing: Crossing, k: int) -> tuple[Array, arb]:
    """R, and how far it is from (I − V̄'V̄'ᵀ)Ū."""
    write, read = crossing.near
    left, right = write.left[:, :k], read.right[:, :k]
    across, across_slip = product(right.T, left)
    back, back_slip = product(right, across)
    rest = left - back
    p, q = ball(write.left_distance), ball(read.right_distance)
    # The difference rounds once an entry.
    slip = (1 + q) * ball(across_slip) + ball(back_slip) + ball(2 * U) * frobenius(rest) + ball(ETA) * rest.size
    return rest, slip + q * (2 + q) + (1 + q) * (1 + q) * p


def _turned(crossing: Crossing, k: int) -> arb:
    """sin θ + sin θ'."""
    write, read = crossing.near
    return ball(_side_angle(write, k, write.shape[0])) + ball(_side_angle(read, k, read.shape[1]))


def _side_angle(factors: NearSVD, k: int, dimension: int) -> float:
    return 0.0 if k == dimension else factors.sin_theta(k)


def _overlap(core: Array, slip: float, turned: arb) -> arb:
    """A ball around Σcos²/k: the Frobenius norm of a k × k matrix errs by at most √k ‖·‖₂."""
    k = core.shape[0]
    size = frobenius(core) + arb(0, above(ball(slip) * arb(k).sqrt()))
    return ((size * size) / k + arb(0, above(turned))).max(arb(0)).min(arb(1))
