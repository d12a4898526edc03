"""What is asserted of two layers that meet at an interface (THEORY A2, B3, C4, E1; E7, second half).

W writes into the interface and W' reads from it; H = W'ᵀW' and K = WWᵀ.
"""

from __future__ import annotations

from certify.claims.assertion import Assertion, limit_of, measured
from certify.subjects import edge_subject as subject
from certify.verdict import Parameter

__all__ = [
    "IMBALANCE",
    "INTERSECTION",
    "MOST_COMMUTATOR",
    "angle_ids",
    "commutator",
    "cosines",
    "imbalance",
    "intersection",
    "overlap",
    "relative_imbalance",
    "sines",
    "subject",
    "truncation",
]


IMBALANCE = "B3.imbalance"
INTERSECTION = "A2.intersection"
MOST_COMMUTATOR = 3109888511976 * 2.0**-42
"""1/√2 rounded up to 42 binary digits: no normalized commutator of two positive semidefinite matrices is above."""


def cosines(k: int, width: float) -> Assertion:
    """The k cosines of two windows of k ranks."""
    return measured(
        f"E.cosines[{k}]",
        f"the cosines of the principal angles between the {k} leading directions written and read, decreasing",
        width,
        count=k,
        parameters={"window": k},
    )


def sines(k: int, width: float) -> Assertion:
    """Their sines, which tell small angles from none."""
    return measured(
        f"E.sines[{k}]",
        f"the sines of the principal angles between the {k} leading directions written and read, increasing",
        width,
        count=k,
        parameters={"window": k},
    )


def angle_ids(k: int) -> list[str]:
    """The ids of the claims about the angles of two windows of k ranks."""
    return [f"E.cosines[{k}]", f"E.sines[{k}]", f"E.overlap[{k}]"]


def overlap(k: int, width: float) -> Assertion:
    """Their mean square."""
    statement = f"the overlap of the {k} leading directions written and read, the mean squared cosine"
    return measured(f"E.overlap[{k}]", statement, width, parameters={"window": k})


def imbalance(relative: float, mass: float) -> Assertion:
    """‖H − K‖_F, to ``relative`` of ``mass``, which is ‖W‖_F² + ‖W'‖_F²."""
    statement = "the imbalance ‖H − K‖_F of the read-in Gram H = W'ᵀW' and the write-out Gram K = WWᵀ"
    return measured(IMBALANCE, statement, limit_of(relative, mass))


def relative_imbalance(width: float) -> Assertion:
    """The imbalance, free of the layers' scales."""
    statement = "the imbalance relative to √(‖H‖_F² + ‖K‖_F²), between 0 (balanced) and 1 (HK = 0)"
    return measured("B3.imbalance.relative", statement, width)


def commutator(width: float) -> Assertion:
    """How far the two Grams are from commuting."""
    return measured("C4.commutator", "the normalized commutator ‖[H, K]‖_F / (‖H‖_F ‖K‖_F), at most 1/√2", width)


def truncation(k: int, relative: float, scale: float) -> Assertion:
    """What the product loses by both windows of k ranks, to ``relative`` of ``scale``, which is ‖W'‖_F ‖W‖_F."""
    return measured(
        f"E1.truncation[{k}]",
        f"‖W'W − (W')_{k}(W)_{k}‖ is at most the first value in the Frobenius and the second in the spectral norm",
        limit_of(relative, scale),
        count=2,
        parameters={"window": k},
    )


def intersection(n: int, method: str, prime: int) -> Assertion:
    """The dimension of im W ∩ ker W' in R^n.

    ``method`` says what bounded rank W'W: ``inequality`` when the ranks of both layers decide it, ``cosines`` when as
    many cosines of one window are positive as the upper bound says, ``modular`` when the rank modulo ``prime`` meets
    it, ``exact`` after an exact proof, ``bounds`` when it stays open.
    """
    parameters: dict[str, Parameter] = {"dimension": n}
    if method not in ("inequality", "cosines"):
        parameters["prime"] = prime
    parameters["method"] = method
    return measured(
        INTERSECTION,
        "the dimension of im W ∩ ker W', rank W − rank W'W, and the rank of W'W",
        0.0,
        count=2,
        parameters=parameters,
        note="the only invariant of an interface under hidden reparameterization",
    )
