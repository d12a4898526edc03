"""What is asserted of how two layers are aligned: diagonal of Δ, angle beside its bound, levels (THEORY B3, C2, C5)."""

from __future__ import annotations

import math

from certify.claims.assertion import Assertion, limit_of, measured
from certify.verdict import Enclosure

__all__ = [
    "DIAGONAL",
    "RANKS",
    "TRUTHS",
    "angle",
    "angle_id",
    "diagonal",
    "levels",
    "levels_id",
    "ranks",
    "ranks_agree",
]

DIAGONAL = "B3.imbalance.diagonal"
RANKS = "C5.ranks"

TRUTHS = {True: Enclosure(1.0, 1.0), False: Enclosure(0.0, 0.0), None: Enclosure(0.0, 1.0)}
"""What is published of a statement that holds, that does not, and of which neither is known."""


def angle_id(k: int) -> str:
    """The id of the claim about the angle between two windows of k ranks and its bound."""
    return f"B3.angle[{k}]"


def levels_id(k: int) -> str:
    """The id of the claim about the levels of alignment of two windows of k ranks."""
    return f"C5.levels[{k}]"


def diagonal(relative: float, mass: float) -> Assertion:
    """The norm of diag(H − K), to ``relative`` of ``mass``, which is ‖W‖_F² + ‖W'‖_F²."""
    return measured(
        DIAGONAL,
        "the norm of the diagonal of H − K: by how much the squared norms of what leaves and what enters differ, over "
        "the neurons of the interface",
        limit_of(relative, mass),
    )


def angle(k: int, n: int, width: float) -> Assertion:
    """‖sinΘ_k‖_F and B3's bound of it, in R^n; ``width`` is that of a sine, of which there are k."""
    return measured(
        angle_id(k),
        f"‖sin Θ‖_F between the {k} leading directions written and read, and its bound by the imbalance, "
        "√2 ‖H − K‖_F over the gaps of both Grams, or the largest there is, whichever is less",
        math.sqrt(k) * width,
        count=2,
        parameters={"dimension": n, "window": k},
    )


def ranks() -> Assertion:
    """Whether both layers have one rank, Level 1."""
    return measured(RANKS, "whether both layers have the same rank (1) or not (0): alignment of level 1", 0.0)


def levels(k: int) -> Assertion:
    """Whether two windows of k ranks are the same space, Level 2, and have the same directions, Level 3."""
    return measured(
        levels_id(k),
        f"whether (1) or not (0) the {k} leading directions written and read span one subspace: level 2; and whether "
        f"the first {k} singular vectors of both can be chosen the same up to signs: level 3",
        0.0,
        count=2,
        parameters={"window": k},
    )


def ranks_agree(rank: tuple[float, float], rank_next: tuple[float, float]) -> bool | None:
    """Whether two bounded integers are equal.

    >>> ranks_agree((2, 2), (2, 2)), ranks_agree((1, 2), (3, 3)), ranks_agree((1, 2), (2, 2))
    (True, False, None)
    """
    if max(rank[0], rank_next[0]) > min(rank[1], rank_next[1]):
        return False
    return True if rank[0] == rank[1] == rank_next[0] == rank_next[1] else None
