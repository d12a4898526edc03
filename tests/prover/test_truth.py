"""Every value of every claim contains the truth at 60 digits, and its margin follows from its values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.chain import Chain
from certify.claims.catalogue import entries
from certify.claims.storage_formats import STORAGE_NAMES
from certify.claims.thresholds import Thresholds
from certify.execution import run_protocol
from certify.verdict import Verdict
from tests.geometry.oracle import mp
from tests.prover.containment import KINDS, arrays_of, campaign, check
from tests.prover.truth import Layer
from tests.prover.truths import BOUNDED, TRUTHS, values


def random(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return rng.standard_normal(shape) * 2.0 ** rng.integers(-30, 30)


@settings(max_examples=12)
@given(st.lists(st.integers(1, 4), min_size=3, max_size=4), st.integers(0, 2**32))
def test_random_chains(widths: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    claims = check([random(rng, (widths[i + 1], widths[i])) for i in range(len(widths) - 1)])
    assert any(claim.verdict is Verdict.CERTIFIED for claim in claims)


@settings(max_examples=6)
@given(st.integers(1, 5), st.integers(0, 2**32))
def test_random_square_chains_certify_the_transport_form(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    claims = check([random(rng, (n, n)), random(rng, (n, n))])
    assert {claim.id for claim in claims} >= {"D4.amplitude.transport", "D4.slack.transport"}


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (1, 5), (5, 1), (2, 2), (2, 3)])
def test_tiny_shapes(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(sum(shape))
    m, n = shape
    check([random(rng, (m, n)), random(rng, (n, m)), random(rng, (m, n))])


def test_exact_power_laws() -> None:
    claims = check([np.diag(1.0 / np.arange(1, 6)), np.diag(np.arange(1.0, 6) ** -2)])
    for claim in claims:
        if claim.id.endswith(".alpha"):
            assert claim.verdict is Verdict.CERTIFIED
        if claim.id.startswith("D4.drift"):
            assert claim.verdict is Verdict.CERTIFIED, claim


def test_rank_deficient_integer_layers() -> None:
    claims = check([np.array([[1.0, 2, 3], [2, 4, 6], [1, 1, 1]]), np.array([[1.0, 2, 4], [4, 5, 6], [7, 8, 9.5]])])
    ranks = [claim for claim in claims if claim.id == "E7.rank"]
    assert [claim.verdict for claim in ranks] == [Verdict.REFUTED, Verdict.CERTIFIED]
    assert ranks[0].parameters["method"] == "exact"
    assert not any("transport" in claim.id for claim in claims)
    for claim in claims:
        if claim.subject == "layer W1" and claim.id.startswith("D6.log_log"):
            assert claim.verdict is Verdict.UNDECIDED
            assert "logarithm" in claim.cause


def test_a_deficient_rank_is_undecided_without_the_exact_one() -> None:
    claims = check([np.ones((3, 3))], Thresholds(exact_rank_seconds=0.0))
    rank = next(claim for claim in claims if claim.id == "E7.rank")
    assert rank.verdict is Verdict.UNDECIDED
    assert "exact rank" in rank.cause


def test_orthogonal_layers() -> None:
    quarter = np.array([[0.0, -1.0], [1.0, 0.0]])
    claims = check([quarter, quarter])
    by_id = {claim.id: claim for claim in claims if claim.subject == "layer W1"}
    assert by_id["spectrum.gap[1]"].verdict is Verdict.UNDECIDED
    assert by_id["D6.hellinger.alpha"].verdict is Verdict.CERTIFIED
    cosines = next(claim for claim in claims if claim.id == "E.cosines[1]")
    assert cosines.verdict is Verdict.UNDECIDED
    assert "gap" in cosines.cause


@pytest.mark.parametrize(("exponent", "representable"), [(-500, True), (500, True), (-1060, False), (1020, False)])
def test_extreme_scales(exponent: int, representable: bool) -> None:
    rng = np.random.default_rng(7)
    first = np.ldexp(rng.integers(1, 9, (3, 3)).astype(float), exponent)
    claims = check([first, rng.standard_normal((2, 3))])
    for claim in claims:
        if representable and claim.id in ("D4.top_radial", "E.overlap[1]", "C4.commutator"):
            assert claim.verdict is Verdict.CERTIFIED, claim


def test_a_planted_shift_is_seen() -> None:
    """The containment test itself: a value moved by a millionth of a percent is outside."""
    claims = list(run_protocol(Chain.from_arrays([np.array([[3.0, 1.0], [0.5, 2.0]])]), workers=1).claims)
    layer = Layer(np.array([[3.0, 1.0], [0.5, 2.0]]))
    for claim in claims:
        if claim.id in ("spectrum.sigma", "E7.normalization", "D6.kl.alpha"):
            truth = values(layer, claim.id)[0]
            assert claim.values[0].lower <= truth <= claim.values[0].upper
            assert not claim.values[0].lower <= truth * (1 + mp.mpf("1e-8")) <= claim.values[0].upper


def test_every_claim_has_a_truth() -> None:
    """A claim that no truth is held against turns this red: it needs a line in `tests.prover.truths`."""
    assert {entry.key for entry in entries()} == set(TRUTHS)
    assert set(BOUNDED) <= set(TRUTHS)


@pytest.mark.parametrize("seed", [0, 4])
def test_several_groups_with_edges_and_labels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    claims = check([np.abs(rng.standard_normal((4, 6))), np.abs(rng.standard_normal((24, 4)))])
    radius = next(claim for claim in claims if claim.id == "E5.radius")
    assert radius.parameters["lines"] == "columns,pairs,noise,labels"
    assert {"E6.labels", "E7.pairs[99]", "E7.domain.static"} <= {claim.id for claim in claims}


@pytest.mark.parametrize("format", STORAGE_NAMES)
def test_what_survives_storage(format: str) -> None:
    rng = np.random.default_rng(STORAGE_NAMES.index(format))
    claims = check([rng.random((3, 5)), rng.random((24, 3))], Thresholds(storage=format))
    kept = next(claim for claim in claims if claim.id == "storage.structure")
    assert len(kept.values) == 4
    assert {"storage.ball", "storage.rank", "storage.gaps"} <= {claim.id for claim in claims}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_chains_of_every_kind(kind: str, seed: int) -> None:
    check(arrays_of(kind, seed))


def test_a_hundred_thousand_values(request: pytest.FixtureRequest) -> None:
    number = 10**5 if request.config.getoption("--thorough") else 2000
    wrong = [one for _, _, found in campaign(number, 1000) for one in found]
    assert wrong == []
