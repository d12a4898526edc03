"""Angles at an interface: small ones by their sines, full windows, clusters, windows that are not there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest

from certify.certificate import Certificate, NotAsked
from certify.chain import Chain, load
from certify.checker import check
from certify.claims.thresholds import Thresholds
from certify.execution import certify
from certify.prover import angles
from certify.verdict import Claim, Enclosure

CASES = Path(__file__).parents[3] / "shared" / "data" / "cases"


def made(*layers: np.ndarray, **thresholds: object) -> tuple[Certificate, dict[str, Claim], dict[str, str]]:
    """A certificate that the checker accepts, its claims about the interface, and what it says was not asked."""
    chain = Chain.from_arrays(layers)
    written = certify(chain, thresholds=replace(Thresholds(), **thresholds), workers=1)
    assert [str(reason) for reason in check(written, chain, workers=1).reasons] == []
    claims = {claim.id: claim for claim in written.claims if claim.subject.startswith("edge")}
    return written, claims, {item.id: item.reason for item in written.not_asked}


def orthogonal(n: int, seed: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))[0]


@pytest.mark.parametrize("angle", [1e-2, 1e-5, 1e-8, 1e-11])
def test_a_small_angle_has_digits(angle: float) -> None:
    turned = np.array([[1.0, angle], [-angle, 1.0]])
    _, claims, _ = made(np.diag([3.0, 1.0]), np.diag([3.0, 1.0]) @ turned)
    value = claims["E.sines[1]"].values[0]
    # Of W' = S·R with R a multiple of a rotation the leading right singular vector is the first row of R.
    truth = mp.sin(mp.atan(mp.mpf(angle)))
    assert value.lower <= truth <= value.upper
    assert value.upper - value.lower <= 1e-6 * angle + 2e-12


def test_the_sines_of_subspaces_that_meet_are_exactly_0() -> None:
    _, claims, _ = made(orthogonal(5, 1) * [5, 4, 3, 2, 1], orthogonal(5, 2) * [5, 4, 3, 2, 1.0])
    assert claims["E.sines[4]"].values[:3] == (Enclosure(0.0, 0.0),) * 3
    assert claims["E.cosines[4]"].values[:3] == (Enclosure(1.0, 1.0),) * 3
    assert claims["E.sines[4]"].values[3].lower > 0


def test_the_full_window_is_asked_where_it_is_not_the_whole_space() -> None:
    rng = np.random.default_rng(3)
    _, claims, _ = made(rng.standard_normal((7, 3)), rng.standard_normal((5, 7)))
    assert {id for id in claims if id.startswith("E.cosines")} == {"E.cosines[1]", "E.cosines[2]", "E.cosines[3]"}
    _, claims, _ = made(rng.standard_normal((3, 3)), rng.standard_normal((3, 3)))
    assert "E.cosines[3]" not in claims


def test_a_window_inside_a_cluster_is_moved_to_its_edges() -> None:
    sigma = [5.0, 4.0, 4.0, 4.0, 2.0, 1.0]
    layers = orthogonal(6, 1) * sigma, np.diag([6.0, 5, 4, 3, 2, 1]) @ orthogonal(6, 2)
    _, claims, skipped = made(*layers, windows="3")
    assert {id for id in claims if id.startswith("E.cosines")} == {"E.cosines[1]", "E.cosines[4]"}
    for id in ("E.cosines[3]", "E.sines[3]", "E.overlap[3]", "N1.overlap[3]"):
        assert "moved to the edges of the cluster: 1, 4" in skipped[id]
    u, v = layers[0] / sigma, np.linalg.svd(layers[1])[2].T
    truth = np.linalg.svd(u[:, :4].T @ v[:, :4])[1]
    values = claims["E.cosines[4]"].values
    assert all(value.lower - 1e-12 <= x <= value.upper + 1e-12 for value, x in zip(values, truth, strict=True))


def test_below_the_rank_the_cluster_has_one_edge() -> None:
    low = orthogonal(6, 3)[:, :2] @ np.diag([2.0, 1.0]) @ orthogonal(6, 4)[:2]
    _, claims, skipped = made(low, orthogonal(6, 2) * [6, 5, 4, 3, 2, 1.0])
    assert "E.cosines[2]" in claims
    assert "moved to the edge of the cluster: 2" in skipped["E.cosines[4]"]


def test_without_any_edge_nothing_is_known() -> None:
    _, claims, _ = made(np.eye(4), np.eye(4))
    assert claims["E.overlap[2]"].values == (Enclosure(0.0, 1.0),)
    assert claims["E.sines[2]"].values == (Enclosure(0.0, 1.0),) * 2
    assert "no gap" in claims["E.cosines[2]"].cause


@pytest.mark.parametrize("cosines", [[0.0, 1.0], [0.0, 0.0], [1.0, 1.0], [0.6, 0.6], [1 - 2.0**-53, 1.0]])
def test_a_derived_sine_holds_both_ends(cosines: list[float]) -> None:
    found = angles._derived({1: [Enclosure(*cosines)]})[1][0]  # pyright: ignore[reportPrivateUsage]
    with mp.workdps(50):
        low, high = (mp.sqrt((1 - mp.mpf(c)) * (1 + mp.mpf(c))) for c in cosines[::-1])
        assert found.lower <= low <= high <= found.upper
    if cosines[0] == cosines[1] and cosines[0] in (0.0, 1.0):
        assert found == Enclosure(1 - cosines[0], 1 - cosines[0])


@pytest.mark.parametrize(("windows", "asked"), [("9007199254740992", []), ("1,7", [1]), ("2", [2])])
def test_windows_that_are_not_there_are_named(windows: str, asked: list[int]) -> None:
    _, claims, skipped = made(orthogonal(3, 1) * [3, 2, 1], orthogonal(3, 2) * [3, 2, 1.0], windows=windows)
    assert [id for id in claims if id.startswith("E.cosines")] == [f"E.cosines[{k}]" for k in asked]
    assert ("E.cosines" in skipped) == (windows != "2")
    assert "more than 2 ranks" in skipped.get("E.cosines", "more than 2 ranks")


def test_that_they_were_not_asked_cannot_be_left_out() -> None:
    layers = orthogonal(3, 1) * [3, 2, 1], orthogonal(3, 2) * [3, 2, 1.0]
    written, _, _ = made(*layers, windows="7")
    for not_asked in (
        tuple(item for item in written.not_asked if item.id != "E.cosines"),
        tuple(NotAsked(x.id, x.subject, "no need") if x.id == "E.cosines" else x for x in written.not_asked),
    ):
        found = check(replace(written, not_asked=not_asked), Chain.from_arrays(layers), workers=1)
        assert any("not what was left unasked" in str(reason) for reason in found.reasons)


def test_what_lies_between_0_and_1_is_published_so() -> None:
    rng = np.random.default_rng(8)
    for layers in ([np.eye(3)] * 2, [np.diag([1.0, 0, 0]), np.diag([0, 1.0, 0])], list(rng.standard_normal((2, 3, 3)))):
        _, claims, _ = made(*layers)
        for id, claim in claims.items():
            if id.startswith(("E.", "B3.imbalance.relative", "C4.")):
                assert all(0 <= value.lower <= value.upper <= 1 for value in claim.values), id


@pytest.mark.skipif(not CASES.is_dir(), reason="reference data is absent")
def test_the_cases_that_were_reported() -> None:
    found = certify(load(CASES / "06_angles.safetensors"), workers=1)
    cosines = next(claim.values for claim in found.claims if claim.id == "E.cosines[3]")
    assert all(value.contains(x) for value, x in zip(cosines, (1, 1, 0), strict=True))
    assert all(value.upper - value.lower < 1e-11 for value in cosines)
    found = certify(load(CASES / "08_angle1e-8.safetensors"), workers=1)
    sine = next(claim.values[0] for claim in found.claims if claim.id == "E.sines[1]")
    assert 0.9999e-8 < sine.lower <= sine.upper < 1.0001e-8
