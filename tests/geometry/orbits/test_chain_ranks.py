"""Exact ranks along float chains."""

from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pytest
from flint import fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

from certify.errors import ChainError, InputError
from certify.geometry.orbits import chain_ranks as module
from certify.geometry.orbits.barcode import barcode, rank_array
from certify.geometry.orbits.barcode_order import barcodes
from certify.geometry.orbits.chain_ranks import (
    barcode_bounds,
    certified_barcode,
    chain_ranks,
    interface_intersections,
    polystable_ranks,
)
from certify.geometry.orbits.stability import interface_intersection, polystable
from certify.verdict import Verdict
from tests.geometry.pairs import chain as rational_chain
from theorems.subjects.random_exact import random_unimodular


def exact(w: np.ndarray) -> fmpq_mat:
    scaled = [[int(x) for x in row] for row in (w * 64).tolist()]
    return fmpq_mat(len(scaled), len(scaled[0]), [x for row in scaled for x in row])


@st.composite
def chains(draw: st.DrawFn) -> list[np.ndarray]:
    """Float chains with entries that are multiples of 1/64, of random low ranks."""
    dims = draw(st.lists(st.integers(1, 5), min_size=2, max_size=5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    found = []
    for a, b in itertools.pairwise(dims):
        r = int(rng.integers(0, min(a, b) + 1))
        found.append((rng.integers(-3, 4, (b, r)) @ rng.integers(-3, 4, (r, a))) / 64.0 * 4.0 ** rng.integers(0, 2))
    return found


@given(chains())
def test_float_chains_have_the_ranks_and_verdicts_of_exact_chains(w):
    bounds = chain_ranks(w)
    assert all(low == high for low, high in bounds.values())
    rational = [exact(x) for x in w]
    ranks = rank_array(rational)
    assert {place: low for place, (low, _) in bounds.items()} == ranks
    assert certified_barcode(bounds) == barcode(ranks)
    assert polystable_ranks(bounds).verdict is polystable(rational).verdict
    expected = [interface_intersection(a, b) for a, b in itertools.pairwise(rational)]
    assert interface_intersections(bounds) == [(i, i) for i in expected]
    assert {k: v for k, (v, _) in barcode_bounds(bounds).items() if v} == certified_barcode(bounds)


def test_every_orbit_is_hit_by_integer_chains():
    source, dims = Random(0), (2, 3, 2, 2)
    seen = []
    for bars in barcodes(dims):
        g = [random_unimodular(n, source.randrange(2**32), condition=100) for n in dims]
        w = [g[v + 1] * x * g[v].inv() for v, x in enumerate(rational_chain_normal(bars, dims))]
        floats = [np.array([[float(int(x.p)) for x in row] for row in m.tolist()]) for m in w]
        assert certified_barcode(chain_ranks(floats)) == bars
        seen.append(tuple(bars.items()))
    assert len(set(seen)) == len(list(barcodes(dims)))


def rational_chain_normal(bars, dims):
    from certify.geometry.orbits.barcode import barcode_chain
    from certify.linalg.exact.field import QQ

    return barcode_chain(bars, len(dims) - 1, QQ)


def test_rational_chains_of_large_condition_agree_with_their_barcode():
    source = Random(1)
    for bars in barcodes((2, 2, 2)):
        assert barcode(rank_array(rational_chain(bars, (2, 2, 2), source))) == bars


def test_what_is_not_affordable_stays_open():
    rng = np.random.default_rng(4)
    low = rng.integers(-(2**20), 2**20, (40, 39)) @ rng.integers(-(2**20), 2**20, (39, 40))
    w = [low.astype(float), np.eye(40)]
    bounds = chain_ranks(w, work_limit=1e-9)
    assert bounds[0, 1] == (39, 40)
    assert polystable_ranks(bounds).verdict is Verdict.UNDECIDED
    assert certified_barcode(bounds) is None
    multiplicities = barcode_bounds(bounds)
    truth = barcode({place: low for place, (low, _) in chain_ranks(w).items()})
    assert all(lo <= truth.get(place, 0) <= hi for place, (lo, hi) in multiplicities.items())
    truth_bounds = interface_intersections(chain_ranks(w))
    assert all(a <= t[0] <= b for (a, b), t in zip(interface_intersections(bounds), truth_bounds, strict=True))


def test_undecided_and_its_cause():
    bounds = {(0, 0): (3, 3), (1, 1): (3, 3), (0, 1): (2, 3)}
    found = polystable_ranks(bounds)
    assert found.verdict is Verdict.UNDECIDED
    assert "rank W_1 in [2, 3]" in found.cause


def test_polystability_of_ordinary_networks():
    rng = np.random.default_rng(0)
    square = [rng.standard_normal((8, 8)) for _ in range(3)]
    assert polystable_ranks(chain_ranks(square)).verdict is Verdict.CERTIFIED
    bottleneck = [rng.standard_normal((8, 8)), rng.standard_normal((3, 8)), rng.standard_normal((8, 3))]
    found = polystable_ranks(chain_ranks(bottleneck))
    assert found.verdict is Verdict.REFUTED
    assert "8 > 3" in found.cause


def test_last_bits_decide():
    w = [np.array([[1.0], [3.0]]), np.array([[3.0, -1.0]])]
    assert polystable_ranks(chain_ranks(w)).verdict is Verdict.REFUTED
    w[1][0, 0] = np.nextafter(3.0, 4.0)
    assert polystable_ranks(chain_ranks(w)).verdict is Verdict.CERTIFIED


def test_refusals(monkeypatch):
    with pytest.raises(ChainError, match="at least one"):
        chain_ranks([])
    with pytest.raises(ChainError, match="do not compose"):
        chain_ranks([np.ones((2, 3)), np.ones((2, 3))])
    with pytest.raises(InputError):
        chain_ranks([np.array([[np.inf]])])
    monkeypatch.setattr(module, "ENTRY_LIMIT", 3)
    assert chain_ranks([np.eye(2), np.eye(2)])[0, 2] == (0, 2)
