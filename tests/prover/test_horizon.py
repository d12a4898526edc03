"""What is certified of gradient flow with weight decay: the truth, where it is asked, and what is given for it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from certify.chain import Chain
from certify.chain.model import Edge
from certify.claims.thresholds import Thresholds
from certify.errors import UsageError
from certify.execution import run_protocol
from certify.verdict import Claim, Verdict
from tests.prover.containment import check

QUICK = {"incidence_levels": "none", "barcode_layers": 0}


def turned(n: int, angle: float, seed: int = 3) -> list[np.ndarray]:
    """Two layers of one spectrum, the second turned against the first a little."""
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.standard_normal((n, n)))[0] for _ in range(2))
    law = np.diag(2.0 ** -np.arange(n))
    return [left @ law @ right, law @ (left.T + angle * rng.standard_normal((n, n)))]


def made(arrays: list[np.ndarray], **given: str) -> list[Claim]:
    return list(run_protocol(Chain.from_arrays(arrays), Thresholds(**given, **QUICK), workers=1).claims)


def about(claims: list[Claim], id: str) -> Claim:
    return next(claim for claim in claims if claim.id == id and claim.subject.startswith("edge"))


@pytest.mark.parametrize(
    "given",
    [{"loss": "0.5"}, {"excess": "1e-3"}, {"excess": "1e-9", "loss": "0.5"}, {"excess": "100", "loss": "0.5"}, {}],
)
@pytest.mark.parametrize("seed", range(2))
def test_every_value_holds_the_truth(given: dict[str, str], seed: int) -> None:
    rng = np.random.default_rng(seed)
    sides = rng.integers(1, 4, 4)
    chains = [turned(3, 1e-3, seed), [rng.standard_normal((m, n)) for n, m in itertools.pairwise(sides.tolist())]]
    for arrays in chains:
        claims = check(arrays, Thresholds(ridge="0.07", **given, **QUICK))
        asked = {claim.id.partition("[")[0] for claim in claims}
        assert ("B3.horizon" in asked) == bool(given and len(arrays[0]) > 1)
        assert "B1.half_life" in asked


def test_the_least_bound_is_now_or_later() -> None:
    # With the loss alone the rate 2λT is at most 1; it grows as F nears its infimum, and from 2.46 on waiting helps.
    arrays = turned(3, 1e-3)
    now = check(arrays, Thresholds(ridge="0.07", loss="1e-9", **QUICK))
    later = check(arrays, Thresholds(ridge="0.07", excess="1e-3", **QUICK))
    for claims, waits in ((now, False), (later, True)):
        time, best = about(claims, "B3.horizon[1]").values
        angle, bound, least = about(claims, "B3.horizon.bound[1]").values
        assert (best.lower > 0) == waits
        assert best.upper < time.lower
        assert (least.upper < bound.lower) == waits
        assert angle.upper < bound.upper
        assert all(about(claims, id).verdict is Verdict.CERTIFIED for id in ("B3.horizon[1]", "B3.horizon.bound[1]"))


def test_the_lesser_bound_counts() -> None:
    arrays = turned(3, 1e-3)
    times = [
        about(made(arrays, ridge="0.07", **given), "B3.horizon[1]").values[0]
        for given in ({"loss": "2"}, {"loss": "2", "excess": "9"}, {"excess": "0.1"}, {"loss": "2", "excess": "0.1"})
    ]
    assert times[0] == times[1]
    assert times[2] == times[3]


def test_all_layers_count() -> None:
    # The third layer does not meet the first interface, but its weight decay is part of F.
    arrays = turned(3, 1e-3)
    short, long = (
        about(made(given, ridge="0.5", loss="1e-3"), "B3.horizon[1]").values[0]
        for given in (arrays, [*arrays, 10 * np.eye(3)])
    )
    assert long.upper < short.lower / 10


def test_where_it_is_not_asked() -> None:
    layers = Chain.from_arrays([np.eye(3) * x for x in (1.0, 2.0, 3.0, 4.0)]).layers
    edges = (Edge(0, 1, "relu"), Edge(1, 2, "linear"), Edge(2, 3, "linear+dropout"))
    found = run_protocol(Chain(layers, edges), Thresholds(ridge="1", loss="1", **QUICK), workers=1)
    assert {claim.subject for claim in found.claims if claim.id == "B1.half_life"} == {"edge W2 -> W3"}
    left = [item for item in found.not_asked if item.id.startswith(("B1.", "B3."))]
    assert {item.subject: item.reason for item in left} == {
        "edge W1 -> W2": "between the layers lies relu, and the imbalance obeys the flow's law where nothing does",
        "edge W3 -> W4": "between the layers lies linear+dropout, and the imbalance obeys the flow's law where nothing "
        "does",
    }
    assert {item.id for item in left} == {"B1.half_life", "B3.path", "B3.horizon", "B3.horizon.bound"}
    branched = Chain(layers, (Edge(0, 1), Edge(0, 2), Edge(1, 3), Edge(2, 3)))
    found = run_protocol(branched, Thresholds(ridge="1", **QUICK), workers=1)
    assert not [claim for claim in found.claims if claim.id.startswith("B1.")]
    assert sum(item.id == "B1.half_life" for item in found.not_asked) == 4


def test_nothing_is_said_without_a_ridge() -> None:
    claims = made(turned(3, 1e-3))
    assert not [claim for claim in claims if claim.id.startswith(("B1.", "B3.path", "B3.horizon"))]


def test_no_gap_is_undecided() -> None:
    claims = made([np.eye(3), np.eye(3)], ridge="1", loss="1")
    for id in ("B3.path[1]", "B3.horizon[1]", "B3.horizon.bound[1]"):
        claim = about(claims, id)
        assert claim.verdict is Verdict.UNDECIDED
        assert claim.cause == "no gap between σ_1 and σ_2 is certified in either layer"


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e999", "1e-999", "", "0x1", "one", "1_0", "1" * 99])
@pytest.mark.parametrize("name", ["ridge", "loss", "excess"])
def test_what_is_no_positive_number_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"the threshold {name} is no positive number"):
        Thresholds(**{"ridge": "1", name: text})


@pytest.mark.parametrize("name", ["loss", "excess"])
def test_a_bound_needs_the_ridge(name: str) -> None:
    with pytest.raises(UsageError, match=f"the threshold {name} is given without a ridge"):
        Thresholds(**{name: "1"})
