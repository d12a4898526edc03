"""Certificates about whole chains: accepted as they are, rejected when a rank or a verdict is another."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import certify
from certify.certificate import Certificate
from certify.chain import Chain, Edge
from certify.checker import Outcome, check
from certify.execution import certify as run
from certify.verdict import Enclosure, Verdict
from tests.checker.networks import law


def pruned(seed, shape, keep):
    """Integer weights of which few are left."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(shape) < keep, rng.integers(-4, 5, shape), 0).astype(float) + np.eye(*shape)[:, ::-1]


CHAINS = {
    "hourglass": [law(3, 6, 0.5, 1), law(7, 3, 0.5, 2), law(5, 7, 0.5, 3)],
    "wide middle": [law(9, 3, 0.5, 1), law(8, 9, 0.5, 2), law(2, 8, 0.5, 3)],
    "low rank product": [np.eye(5)[:, :3], np.eye(4, 5)[:, ::-1].copy(), law(4, 4, 0.5, 1)],
    "pruned": [pruned(1, (6, 5), 0.3), pruned(2, (6, 6), 0.2), pruned(3, (4, 6), 0.2)],
    "one layer": [law(4, 3, 0.6, 1)],
    "singular layer": [np.outer([1.0, 2.0], [3.0, 1.0]), np.eye(2)],
    "read in the last place": [np.eye(5)[:, 2:3], np.diag([3.0, 2.0, 1.0, 0.0, 0.0])[:3]],
    "orthogonal": [np.eye(3), np.eye(3)[::-1].copy(), np.eye(3)],
}


def accepted(chain, **options):
    found = run(chain, workers=1, **options)
    result = check(found, chain, workers=2)
    assert [str(reason) for reason in result.reasons] == []
    return found


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("layers", [0, 24])
@pytest.mark.parametrize("seconds", [0.0, 10.0])
def test_untouched_is_accepted(name, layers, seconds):
    thresholds = certify.Thresholds(barcode_layers=layers, exact_product_seconds=seconds)
    accepted(Chain.from_arrays(CHAINS[name]), thresholds=thresholds)


def test_branches_and_several_lines():
    base = Chain.from_arrays([law(3, 3, 0.5, i) for i in range(5)])
    branched = Chain(base.layers, (Edge(0, 1), Edge(0, 2), Edge(3, 4)))
    found = accepted(branched)
    assert {item.subject for item in found.not_asked if item.id == "A4.polystable"} == {"chain W1 -> W3"}
    assert any(claim.subject == "chain W4 -> W5" for claim in found.claims)
    apart = Chain(base.layers, (Edge(0, 1),))
    assert {claim.subject for claim in accepted(apart).claims if claim.id == "A5.barcode"} == {
        "chain W1 -> W2", "chain W3", "chain W4", "chain W5",
    }  # fmt: skip


def test_every_method_occurs():
    methods = {
        claim.parameters["method"]
        for name in CHAINS
        for claim in run(Chain.from_arrays(CHAINS[name]), workers=1).claims
        if claim.id == "A2.intersection"
    }
    assert methods >= {"inequality", "cosines", "modular", "exact"}


def attack(chain, id, change):
    base = run(chain, workers=1)
    place = next(i for i, claim in enumerate(base.claims) if claim.id == id)
    claims = list(base.claims)
    claims[place] = change(claims[place])
    forged = Certificate.from_json(replace(base, claims=tuple(claims)).to_json())
    result = check(forged, chain, workers=1)
    assert result.outcome is Outcome.REJECTED
    return [reason for reason in result.reasons if reason.place.startswith(f"claims[{place}].")]


def test_a_larger_and_a_smaller_rank_of_a_product():
    chain = Chain.from_arrays(CHAINS["low rank product"])
    for dimension, rank, method in ((1.0, 2.0, "exact"), (0.0, 3.0, "modular"), (2.0, 1.0, "exact")):
        truth = next(claim for claim in run(chain, workers=1).claims if claim.id == "A2.intersection").values
        forged = (Enclosure(dimension, dimension), Enclosure(rank, rank))
        if forged == truth:
            continue
        reasons = attack(
            chain,
            "A2.intersection",
            lambda claim, v=forged, m=method: replace(claim, values=v, parameters={**claim.parameters, "method": m}),
        )
        assert any("not proved" in reason.message for reason in reasons)


def test_polystable_that_is_not():
    chain = Chain.from_arrays(CHAINS["hourglass"])
    reasons = attack(
        chain,
        "A4.polystable",
        lambda claim: replace(
            claim,
            values=(Enclosure(1.0, 1.0),),
            parameters={**claim.parameters, "polystable": "yes", "reason": "all ranks are 3"},
            note="",
        ),
    )
    assert {reason.place.rpartition(".")[2] for reason in reasons} >= {"values", "note"}


@pytest.mark.parametrize(("low", "high"), [(2, 2), (3, 3), (0, 0), (-1, 1), (0, 9)])
def test_the_rank_of_a_product_that_no_barcode_repeats(low, high):
    """Beyond barcode_layers the rank of the product stands in a parameter only."""
    chain = Chain.from_arrays(CHAINS["pruned"])
    thresholds = certify.Thresholds(barcode_layers=1)
    base = run(chain, workers=1, thresholds=thresholds)
    place = next(i for i, claim in enumerate(base.claims) if claim.id == "A4.polystable")
    parameters = {**base.claims[place].parameters, "product_rank_low": low, "product_rank_high": high}
    assert parameters != base.claims[place].parameters
    claims = list(base.claims)
    claims[place] = replace(claims[place], parameters=parameters)
    assert check(replace(base, claims=tuple(claims)), chain, workers=1).outcome is Outcome.REJECTED


@st.composite
def matrices(draw, shape):
    """Integer, floating, graded or deficient matrices that are not zero."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    a = rng.standard_normal(shape)
    kind = draw(st.sampled_from(["float", "float32", "integer", "graded", "deficient", "scaled", "sparse"]))
    if kind == "float32":
        a = a.astype(np.float32)
    elif kind == "integer":
        a = rng.integers(-2, 3, shape).astype(np.float64)
    elif kind == "graded":
        a = a * 10.0 ** -rng.integers(0, 12, (shape[0], 1))
    elif kind == "deficient":
        a[:, 0] = a[:, -1]
    elif kind == "scaled":
        a = a * 10.0 ** draw(st.integers(-100, 100))
    elif kind == "sparse":
        a = np.where(rng.random(shape) < 0.5, a, 0.0)
    return a if a.any() else np.ones(shape)


@st.composite
def chains(draw):
    dims = draw(st.lists(st.integers(1, 6), min_size=2, max_size=4))
    return Chain.from_arrays([draw(matrices((n, m))) for m, n in itertools.pairwise(dims)])


@settings(max_examples=40)
@given(chains())
def test_every_certificate_of_the_protocol_is_accepted(chain):
    found = accepted(chain)
    assert found.verdict in set(Verdict)
