"""Polystability of chains and their destabilizers, over every orbit."""

from __future__ import annotations

import dataclasses
from random import Random

import pytest
from flint import fmpq_mat

from certify.errors import ChainError
from certify.geometry.orbits.barcode_order import barcodes
from certify.geometry.orbits.pair_orbit import invariant
from certify.geometry.orbits.stability import (
    chain_limit,
    destabilizer,
    end_to_end,
    interface_intersection,
    polystable,
    reachable,
    unobservable,
)
from certify.linalg.exact.subspace import image, kernel
from certify.verdict import Verdict
from tests.geometry.pairs import all_strata, chain, pair

VECTORS = [(1, 1), (2, 2, 2), (1, 3, 2), (2, 2, 2, 2), (2, 1, 2, 1)]


@pytest.mark.parametrize("dims", VECTORS)
def test_every_orbit_is_judged_with_a_witness(dims):
    source = Random(0)
    length = len(dims) - 1
    verdicts = set()
    for bars in barcodes(dims):
        w = chain(bars, dims, source)
        found = polystable(w)
        assert found.proves(w)
        # Closed orbits of framed chains: full bars, and bars over a single vertex.
        expected = all((i, j) == (0, length) or i == j for i, j in bars)
        assert (found.verdict is Verdict.CERTIFIED) == expected
        limit = destabilizer(w).limit
        assert polystable(limit).verdict is Verdict.CERTIFIED
        assert end_to_end(limit) == end_to_end(w)
        verdicts.add(found.verdict)
    assert verdicts == ({Verdict.CERTIFIED, Verdict.REFUTED} if length > 1 else {Verdict.CERTIFIED})


def test_spoiled_destabilizers_are_rejected():
    w = [fmpq_mat([[1], [0]]), fmpq_mat([[0, 1]])]
    found = polystable(w)
    assert found.verdict is Verdict.REFUTED
    assert found.destabilizer is not None
    assert found.proves(w)
    good = found.destabilizer
    assert not dataclasses.replace(good, limit=tuple(w)).proves(w)
    assert not dataclasses.replace(good, weights=tuple(tuple(-x for x in part) for part in good.weights)).proves(w)
    assert not dataclasses.replace(good, weights=((0, 0),), limit=tuple(w)).proves(w)
    assert not dataclasses.replace(good, bases=(fmpq_mat(2, 2),)).proves(w)
    assert not dataclasses.replace(found, destabilizer=None).proves(w)
    assert not dataclasses.replace(found, verdict=Verdict.CERTIFIED).proves(w)
    assert not dataclasses.replace(found, layer_ranks=(1, 0)).proves(w)


def test_two_layers_are_polystable_iff_image_and_kernel_are_complements():
    source = Random(1)
    seen = set()
    for stratum in all_strata(3):
        u, v = pair(stratum, source)
        rows = v.annihilator.matrix.transpose()
        w = [u.matrix if u.dim else fmpq_mat(stratum[0], 1), rows if rows.nrows() else fmpq_mat(1, stratum[0])]
        split = stratum[3] == 0 and stratum[1] + stratum[2] == stratum[0]
        assert (polystable(w).verdict is Verdict.CERTIFIED) == split
        assert interface_intersection(*w) == stratum[3]
        assert reachable(w, 1) == u
        assert unobservable(w, 1) == v
        seen.add(split)
    assert seen == {True, False}


def test_limits_exist_only_without_negative_powers():
    w = [fmpq_mat([[1], [1]]), fmpq_mat([[1, 1]])]
    one = fmpq_mat([[1, 0], [0, 1]])
    assert chain_limit(w, [one], [[0, 0]]) == w
    assert chain_limit(w, [one], [[0, 1]]) is None  # W₂ blows up
    assert chain_limit(w, [one], [[0, -1]]) is None  # W₁ does
    with pytest.raises(ChainError):
        polystable([fmpq_mat(2, 2), fmpq_mat(3, 3)])


def test_network_reading_of_the_complementary_stratum():
    # row(W₂) = im W₁ makes V = ker W₂ the orthogonal complement of U = im W₁.
    w1 = fmpq_mat([[1, 2], [0, 1], [1, 1]])
    w2 = w1.transpose()
    assert kernel(w2) == image(w1).annihilator
    assert invariant(image(w1), kernel(w2)) == 0
    assert polystable([w1, w2]).verdict is Verdict.CERTIFIED
