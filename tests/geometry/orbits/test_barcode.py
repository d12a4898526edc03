"""Barcodes of chains: ranks and normal forms, every orbit of small dimension vectors."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from flint import fmpq_mat, fmpz_mat, nmod_mat

from certify.errors import ChainError, LimitError
from certify.geometry.orbits import barcode_order
from certify.geometry.orbits.barcode import (
    NormalForm,
    barcode,
    barcode_chain,
    dimension_vector,
    normal_form,
    rank_array,
    ranks_of_barcode,
)
from certify.geometry.orbits.barcode_order import barcodes, closure_order, spell
from certify.linalg.exact.field import QQ, PrimeField
from tests.geometry.pairs import chain, change

VECTORS = [(1, 1), (2, 3), (2, 2, 2), (1, 3, 2), (2, 1, 2, 1), (1, 2, 2, 1)]


@pytest.mark.parametrize("dims", VECTORS)
def test_every_orbit_is_hit_and_brought_to_its_normal_form(dims):
    source = Random(0)
    seen = []
    for bars in barcodes(dims):
        w = chain(bars, dims, source)
        form = normal_form(w)
        assert form.proves(w)
        assert form.bars == bars == barcode(rank_array(w))
        assert rank_array(form.chain()) == rank_array(w)
        seen.append(spell(form.bars))
    assert len(set(seen)) == len(seen) == len(list(barcodes(dims)))


@pytest.mark.parametrize("dims", VECTORS)
def test_ranks_do_not_see_a_change_of_basis(dims):
    source = Random(1)
    for bars in barcodes(dims):
        w = chain(bars, dims, source)
        g = [change(n, source) for n in dims]
        moved = [g[v + 1] * x * g[v].inv() for v, x in enumerate(w)]
        assert rank_array(moved) == rank_array(w) == ranks_of_barcode(bars, len(dims) - 1)


def test_spoiled_normal_forms_are_rejected():
    w = chain({(0, 2): 1, (1, 1): 1}, (1, 2, 1), Random(2))
    form = normal_form(w)
    assert form.proves(w)
    zero = fmpq_mat(2, 2)
    assert not NormalForm(form.bars, (form.bases[0], zero, form.bases[2])).proves(w)
    assert not NormalForm({(0, 1): 1, (1, 2): 1}, form.bases).proves(w)
    assert not form.proves(w[:1])
    assert not form.proves([w[0] * 2, w[1]])


def test_orbits_over_a_finite_field_by_counting():
    # |orbit| summed over all barcodes = number of chains: the classes found by normal form partition them.
    p, dims = 2, (2, 2, 1)
    field = PrimeField(p)
    sizes: dict[str, int] = {}
    for entries in itertools.product(range(p), repeat=4):
        for more in itertools.product(range(p), repeat=2):
            w = [field.matrix(2, 2, entries), field.matrix(1, 2, more)]
            form = normal_form(w)
            assert form.proves(w)
            sizes[spell(form.bars)] = sizes.get(spell(form.bars), 0) + 1
    assert sum(sizes.values()) == p**6
    assert set(sizes) == {spell(b) for b in barcodes(dims)}
    # Rank one then zero: 9 matrices of rank 1, and of the 3 nonzero functionals the one that kills the image.
    assert sizes["[0,0] + [0,1] + [1,2]"] == 9


def test_limits_and_refusals(monkeypatch):
    with pytest.raises(ChainError, match="do not compose"):
        rank_array([fmpq_mat(2, 3), fmpq_mat(2, 3)])
    with pytest.raises(ChainError, match="at least one"):
        dimension_vector([])
    with pytest.raises(ChainError, match="no chain"):
        barcode({(0, 0): 1, (1, 1): 1, (0, 1): 2})
    monkeypatch.setattr(barcode_order, "_LIMIT", 3)
    with pytest.raises(LimitError, match="more than 3"):
        closure_order((2, 2, 2))


def test_other_matrix_types():
    assert rank_array([fmpz_mat([[1, 2], [2, 4]])])[0, 1] == 1
    assert normal_form([nmod_mat(2, 2, [1, 2, 2, 4], 5)]).bars == {(0, 0): 1, (0, 1): 1, (1, 1): 1}
    assert barcode_chain({}, 1, QQ)[0].nrows() == 0
    assert spell({}) == "0"
    assert spell({(0, 1): 2, (1, 1): 1}) == "2[0,1] + [1,1]"
