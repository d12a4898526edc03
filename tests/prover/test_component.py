"""Interfaces and whole chains: exact ranks in every stratum, invariance, the Kempf–Ness gap against 60 digits."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from random import Random

import mpmath
import numpy as np
import pytest
from flint import fmpq_mat

from certify.chain import Chain
from certify.checker import check
from certify.claims.thresholds import Thresholds
from certify.execution import certify, run_protocol
from certify.geometry.orbits.barcode import barcode, barcode_chain, rank_array
from certify.geometry.orbits.barcode_order import barcodes
from certify.geometry.orbits.stability import polystable
from certify.linalg.exact.field import QQ
from certify.verdict import Claim, Enclosure, Verdict
from theorems.subjects.random_exact import random_unimodular

Array = np.ndarray
DIMS = (2, 3, 2, 2)


def floats(chain: Sequence[fmpq_mat]) -> list[Array]:
    assert all(int(x.q) == 1 for w in chain for x in w.entries())
    return [np.array([[float(int(x.p)) for x in row] for row in w.tolist()]) for w in chain]


def rationals(arrays: Sequence[Array]) -> list[fmpq_mat]:
    return [fmpq_mat([[int(x) for x in row] for row in w.tolist()]) for w in arrays]


def asked(arrays: Sequence[Array], **thresholds: float) -> dict[str, list[Claim]]:
    """The claims of family A by id, of all edges and of the chain."""
    found = run_protocol(Chain.from_arrays(arrays), Thresholds(**thresholds), workers=1)  # type: ignore[arg-type]
    claims: dict[str, list[Claim]] = {}
    for claim in found.claims:
        if claim.id.startswith("A"):
            claims.setdefault(claim.id, []).append(claim)
    return claims


def bars_of(claim: Claim) -> dict[tuple[int, int], int]:
    count = len(str(claim.parameters["dimensions"]).split(","))
    places = [(i, j) for i in range(count) for j in range(i, count)]
    assert all(value.lower == value.upper for value in claim.values)
    return {place: int(x.lower) for place, x in zip(places, claim.values, strict=True) if x.lower}


def exactly(claim: Claim, *values: float) -> bool:
    return claim.values == tuple(Enclosure(x, x) for x in values) and claim.verdict is Verdict.CERTIFIED


def test_every_orbit_comes_out_exact() -> None:
    source = Random(5)
    g = [random_unimodular(n, source.randrange(2**32), condition=100) for n in DIMS]
    seen: set[str] = set()
    polystabilities: set[str] = set()
    for bars in barcodes(DIMS):
        rational = [g[v + 1] * w * g[v].inv() for v, w in enumerate(barcode_chain(bars, len(DIMS) - 1, QQ))]
        ranks = rank_array(rational)
        if not all(ranks[l, l + 1] for l in range(len(rational))):
            continue  # a zero matrix is refused as input
        arrays = floats(rational)
        found = asked(arrays)
        assert bars_of(found["A5.barcode"][0]) == bars
        for l, claim in enumerate(found["A2.intersection"]):
            assert exactly(claim, ranks[l, l + 1] - ranks[l, l + 2], ranks[l, l + 2])
        word = {Verdict.CERTIFIED: "yes", Verdict.REFUTED: "no"}[polystable(rational).verdict]
        (claim,) = found["A4.polystable"]
        assert claim.parameters["polystable"] == word
        assert claim.verdict is Verdict.CERTIFIED
        seen.add(str(bars))
        polystabilities.add(word)
    assert len(seen) == 22
    assert polystabilities == {"yes", "no"}


@pytest.fixture(scope="module")
def integers() -> dict[str, list[Array]]:
    rng = np.random.default_rng(11)

    def low(m: int, n: int, r: int) -> Array:
        return (rng.integers(-3, 4, (m, r)) @ rng.integers(-3, 4, (r, n))).astype(float)

    wide = rng.integers(-3, 4, (12, 20)).astype(float)
    pruned = wide.copy()
    pruned[:, ::3] = 0.0
    pruned[4] = 0.0
    image = rng.integers(-3, 4, (20, 6)).astype(float)
    left, right = np.hstack([np.eye(3), -np.eye(3)]), np.vstack([np.eye(3), np.eye(3)])
    return {
        "low rank": [low(20, 12, 4), low(12, 20, 7), low(9, 12, 3)],
        "pruned": [image, pruned, rng.integers(-3, 4, (5, 12)).astype(float)],
        "annihilating": [right, left, np.eye(4, 3) @ np.diag([1.0, 2.0, 0.0])],
        "inside the kernel": [np.eye(6)[:, :3].copy(), np.diag([0.0, 0, 1, 1, 1, 0]), np.eye(2, 6)],
        "projections": [np.diag([1.0, 1, 0, 0]), np.diag([0.0, 1, 1, 0]), np.diag([0.0, 0, 1, 1])],
        "float factors": [low(8, 5, 2) * 0.1 * 2.0**-40, np.diag([1.0, 2, 3, 0, 0, 0, 0, 0]) / 3],
    }


NAMES = ("low rank", "pruned", "annihilating", "inside the kernel", "projections", "float factors")


def test_the_names_are_those_of_the_chains(integers: dict[str, list[Array]]) -> None:
    assert set(NAMES) == set(integers)


@pytest.mark.parametrize("name", NAMES)
def test_deficient_chains_are_exact_and_their_certificates_verify(name: str, integers: dict[str, list[Array]]) -> None:
    arrays = integers[name]
    found = asked(arrays)
    exact = [fmpq_mat([[int(x * 2**120) for x in row] for row in w.tolist()]) for w in arrays]
    ranks = rank_array(exact)
    assert bars_of(found["A5.barcode"][0]) == barcode(ranks)
    for l, claim in enumerate(found["A2.intersection"]):
        assert exactly(claim, ranks[l, l + 1] - ranks[l, l + 2], ranks[l, l + 2])
    size = min(arrays[0].shape[1], arrays[-1].shape[0])
    beyond = found["A4.product.sigma"][0].values[ranks[0, len(arrays)] :]
    assert beyond == (Enclosure(0.0, 0.0),) * (size - ranks[0, len(arrays)])
    chain = Chain.from_arrays(arrays)
    assert [str(reason) for reason in check(certify(chain, workers=1), chain, workers=1).reasons] == []


def test_the_product_of_two_layers_may_vanish(integers: dict[str, list[Array]]) -> None:
    first, second = asked(integers["annihilating"])["A2.intersection"]
    assert exactly(first, 3, 0)
    assert first.parameters["method"] == "exact"
    assert exactly(second, 1, 2)
    assert second.parameters == {"dimension": 3, "method": "inequality", "width_limit": 0.0}


def test_a_hidden_reparameterization_moves_none_of_the_numbers(integers: dict[str, list[Array]]) -> None:
    arrays = integers["low rank"]
    sizes = [1, *(w.shape[0] for w in arrays[:-1]), 1]
    seed = iter(range(100))
    g = [random_unimodular(n, next(seed), condition=100) for n in sizes]
    moved = rationals(arrays)
    for l in range(1, len(arrays)):
        moved[l - 1], moved[l] = g[l] * moved[l - 1], moved[l] * g[l].inv()
    before, after = asked(arrays), asked(floats(moved))
    for id in ("A2.intersection", "A5.ranks", "A5.barcode", "A4.polystable"):
        assert [claim.values for claim in before[id]] == [claim.values for claim in after[id]]
    assert before["A4.kempf_ness.gap"][0].values != after["A4.kempf_ness.gap"][0].values


def test_generic_chains_have_the_ranks_of_their_narrowest_space() -> None:
    rng = np.random.default_rng(2)
    dims = (7, 9, 5, 8, 8, 3)
    found = asked([rng.standard_normal((b, a)) for a, b in itertools.pairwise(dims)])
    places = [(u, v) for u in range(len(dims)) for v in range(u + 1, len(dims))]
    assert exactly(found["A5.ranks"][0], *(min(dims[u : v + 1]) for u, v in places))
    assert found["A4.polystable"][0].parameters["reason"] == "rank W_4 >= 8 > 3 >= rank W_5"
    assert exactly(found["A4.polystable"][0], 0)


def test_without_exact_work_the_bounds_hold_the_truth(integers: dict[str, list[Array]]) -> None:
    arrays = integers["projections"]
    bounded, exact = asked(arrays, exact_product_seconds=0.0), asked(arrays)
    for id in ("A2.intersection", "A5.ranks", "A5.barcode"):
        for loose, tight in zip(bounded[id], exact[id], strict=True):
            assert loose.verdict is Verdict.UNDECIDED
            assert loose.cause.endswith("exact ranks were not asked for")
            for a, b in zip(loose.values, tight.values, strict=True):
                assert a.lower <= b.lower == b.upper <= a.upper
    assert bounded["A4.polystable"][0].parameters["polystable"] == "unknown"
    small = asked(arrays, exact_product_seconds=1e-9)["A2.intersection"][0]
    assert small.cause == "1 ranks are only bounded: proving them exactly exceeds the work allowed, 1e-09 s"


@pytest.mark.parametrize("length", [3, 6])
def test_long_chains_are_asked_for_polystability_only(length: int) -> None:
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    given = [np.diag([1.0, 0.0]), *[turn @ turn] * (length - 2), np.diag([0.0, 2.0])]
    found = asked(given, barcode_layers=length - 1)
    assert set(found) == {
        "A2.intersection", "A4.polystable", "A4.product.sigma", "A4.kempf_ness.gap", "A4.kempf_ness.gap.relative",
    }  # fmt: skip
    assert found["A4.polystable"][0].parameters["product_rank_high"] == 0
    assert exactly(found["A4.polystable"][0], 0)
    assert exactly(asked([turn] * length, barcode_layers=1)["A4.polystable"][0], 1)


def gap_to_60_digits(arrays: Sequence[Array]) -> tuple[mpmath.mpf, mpmath.mpf]:
    with mpmath.workdps(60):
        product = mpmath.eye(arrays[0].shape[1])
        for w in arrays:
            product = mpmath.matrix(w.tolist()) * product
        size = min(product.rows, product.cols)
        tall = product if product.rows >= product.cols else product.T
        sigma = [mpmath.mpf(s) for s in mpmath.svd_r(tall, compute_uv=False)][:size]
        norms = mpmath.fsum(mpmath.mpf(x) ** 2 for w in arrays for x in w.ravel().tolist())
        length = len(arrays)
        gap = norms - length * mpmath.fsum(mpmath.power(abs(s), mpmath.mpf(2) / length) for s in sigma)
        return gap, gap / norms


@pytest.mark.parametrize("dims", [(3, 3), (3, 5, 2), (4, 4, 4, 4), (2, 6, 1, 5), (5, 3, 4, 6, 4, 5, 3)])
@pytest.mark.parametrize("scale", [1.0, 2.0**-90, 1e30])
def test_the_gap_against_60_digits(dims: tuple[int, ...], scale: float) -> None:
    rng = np.random.default_rng(sum(dims))
    arrays = [rng.standard_normal((b, a)) * scale ** (-1) ** l for l, (a, b) in enumerate(itertools.pairwise(dims))]
    found = asked(arrays)
    truths = gap_to_60_digits(arrays)
    for id, truth in zip(("A4.kempf_ness.gap", "A4.kempf_ness.gap.relative"), truths, strict=True):
        (claim,) = found[id]
        assert claim.verdict is Verdict.CERTIFIED
        assert mpmath.mpf(claim.values[0].lower) <= truth <= mpmath.mpf(claim.values[0].upper) or abs(truth) < 1e-50
    assert found["A4.kempf_ness.gap.relative"][0].values[0].upper <= 1 + 2.0**-20


def test_a_balanced_chain_has_no_gap() -> None:
    turn = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
    middle = np.diag([3.0, 2.0, 1.0])
    found = asked([middle @ turn, middle, turn @ middle])
    (gap,) = found["A4.kempf_ness.gap"][0].values
    assert gap.lower == 0
    assert gap.upper < 1e-8
    (moved,) = asked([middle @ turn, 2 * middle, turn @ middle])["A4.kempf_ness.gap"][0].values
    assert moved.lower > 1


def test_overflow_is_undecided_and_not_an_error() -> None:
    found = asked([np.eye(2) * 1e200, np.eye(2) * 1e200])
    assert found["A4.kempf_ness.gap"][0].verdict is Verdict.UNDECIDED
    assert exactly(found["A4.polystable"][0], 1)


def test_one_layer_is_a_chain() -> None:
    found = asked([np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]])])
    assert "A2.intersection" not in found
    assert exactly(found["A4.polystable"][0], 1)
    assert bars_of(found["A5.barcode"][0]) == {(0, 0): 2, (0, 1): 1, (1, 1): 1}
    assert found["A4.kempf_ness.gap"][0].values[0].lower == 0
