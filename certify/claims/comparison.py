"""What is asserted of one matrix or interface in two models, A and B: certified differences, B less A."""

from __future__ import annotations

from certify.claims.assertion import Assertion, limit_of, measured
from certify.claims.layer import CHARTS
from certify.verdict import Parameter

__all__ = [
    "ALPHA",
    "CHANGE",
    "CHANGE_RANK",
    "COMMUTATOR",
    "IMBALANCE",
    "LARGEST_MOVE",
    "NUMERICAL_RANK",
    "RANK",
    "RELATIVE",
    "SIGMA",
    "STABLE",
    "TOP_RADIAL",
    "alpha",
    "angles",
    "angles_id",
    "change",
    "change_energy",
    "change_rank",
    "commutator",
    "imbalance",
    "largest_move",
    "numerical_rank",
    "overlap",
    "overlap_id",
    "rank",
    "relative",
    "sigma",
    "stable",
    "top_radial",
]

CHANGE, RELATIVE, LARGEST_MOVE = "compare.change", "compare.relative_change", "compare.largest_move"
SIGMA, TOP_RADIAL, ALPHA, STABLE = "compare.sigma", "compare.top_radial", "compare.alpha.", "compare.stable_rank"
RANK, NUMERICAL_RANK, CHANGE_RANK = "compare.rank", "compare.numerical_rank", "compare.change_rank"
IMBALANCE, COMMUTATOR = "compare.imbalance", "compare.commutator"

_SIDES = {"left": "what the layer writes", "right": "what the layer reads"}


def change(relative_limit: float, scale: float) -> Assertion:
    """The size of ΔW = W_B − W_A in two norms."""
    return measured(CHANGE, "‖ΔW‖_F and ‖ΔW‖₂ of ΔW = W_B − W_A", limit_of(relative_limit, scale), count=2)


def relative(limit: float) -> Assertion:
    """The size of the change relative to that of W_A."""
    return measured(RELATIVE, "‖ΔW‖_F/‖W_A‖_F", limit)


def sigma(d: int, relative_limit: float, largest: float) -> Assertion:
    """The d differences of singular values."""
    statement = "the differences σ_i(W_B) − σ_i(W_A), i increasing, each at most ‖ΔW‖₂ in magnitude (Weyl)"
    return measured(SIGMA, statement, limit_of(relative_limit, largest), count=d)


def largest_move(relative_limit: float, largest: float) -> Assertion:
    """The largest move of a singular value."""
    return measured(LARGEST_MOVE, "max_i |σ_i(W_B) − σ_i(W_A)|", limit_of(relative_limit, largest))


def top_radial(d: int, width: float) -> Assertion:
    """The difference of the top-radial coordinates."""
    statement = "the difference of r = log σ_1 + ½ log d − log ‖W‖_F"
    return measured(TOP_RADIAL, statement, width, parameters={"d": d})


def alpha(chart: str, d: int, width: float) -> Assertion:
    """The difference of the exponents of one chart."""
    statement = f"the difference of the exponents α of the {CHARTS[chart]}"
    return measured(f"{ALPHA}{chart}", statement, width, parameters={"chart": chart, "d": d})


def stable(d: int, relative_limit: float) -> Assertion:
    """The difference of the stable ranks."""
    return measured(STABLE, "the difference of the stable ranks ‖W‖_F²/σ_1²", limit_of(relative_limit, float(d)))


def rank(ranks: tuple[tuple[int, int], tuple[int, int]]) -> Assertion:
    """The difference of the exact ranks; ``ranks`` are bounds of that of W_A and of W_B."""
    return measured(RANK, "the difference of the exact ranks", 0.0, parameters=_bounds(*ranks))


def numerical_rank(above: float, ranks: tuple[tuple[int, int], tuple[int, int]]) -> Assertion:
    """The difference of the numbers of singular values above a recorded threshold."""
    statement = f"the difference of the numbers of singular values above {above!r}"
    return measured(NUMERICAL_RANK, statement, 0.0, parameters={"above": above, **_bounds(*ranks)})


def _bounds(a: tuple[int, int], b: tuple[int, int]) -> dict[str, Parameter]:
    return {"a_least": a[0], "a_most": a[1], "b_least": b[0], "b_most": b[1]}


def change_rank() -> Assertion:
    """The exact rank of the change."""
    return measured(CHANGE_RANK, "the exact rank of ΔW", 0.0)


def change_energy(percent: int) -> Assertion:
    """The smallest window of ΔW that holds so much of its energy."""
    statement = f"the smallest window that holds {percent} % of the energy of ΔW"
    return measured(f"compare.change_energy.{percent}", statement, 0.0, parameters={"percent": percent})


def angles(side: str, k: int, width: float) -> Assertion:
    """The principal angles between the two models' windows of k leading singular directions."""
    statement = (
        f"the sines of the {k} principal angles between the leading {side} singular subspaces of W_A and W_B, "
        f"{_SIDES[side]}, decreasing"
    )
    return measured(angles_id(side, k), statement, width, count=k, parameters={"window": k, "side": side})


def angles_id(side: str, k: int) -> str:
    """The id of :func:`angles`."""
    return f"compare.{side}_angles[{k}]"


def overlap(k: int, width: float) -> Assertion:
    """What the models say of the overlap at one window, and the difference."""
    statement = f"the overlaps of the windows of {k} directions in A and in B, and their difference"
    return measured(overlap_id(k), statement, width, count=3, parameters={"window": k})


def overlap_id(k: int) -> str:
    """The id of :func:`overlap`."""
    return f"compare.overlap[{k}]"


def imbalance(width: float) -> Assertion:
    """The relative imbalances and their difference."""
    return measured(IMBALANCE, "‖Δ‖_F/√(‖H‖_F² + ‖K‖_F²) in A and in B, and their difference", width, count=3)


def commutator(width: float) -> Assertion:
    """The commutator magnitudes and their difference."""
    return measured(COMMUTATOR, "‖[H,K]‖_F/(‖H‖_F‖K‖_F) in A and in B, and their difference", width, count=3)
