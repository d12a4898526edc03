"""Barcodes of chains: ranks, normal forms, closure order, pictures; every orbit of small dimension vectors."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from random import Random

import networkx as nx
import pytest
from flint import fmpq_mat, fmpz_mat, nmod_mat

from certify.errors import ChainError, LimitError
from certify.geometry import quiver_order
from certify.geometry.quiver import (
    NormalForm,
    barcode,
    barcode_chain,
    below,
    dimension_vector,
    normal_form,
    rank_array,
    ranks_of_barcode,
)
from certify.geometry.quiver_order import barcodes, closure_order, degenerations, spell
from certify.geometry.quiver_picture import barcode_svg, barcode_text
from certify.linalg.exact_field import QQ, PrimeField
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


@pytest.mark.parametrize("dims", [(2, 2), (2, 2, 2), (1, 3, 2), (1, 2, 2, 1), (2, 2, 2, 2)])
def test_closure_order(dims):
    order = closure_order(dims)
    length = len(dims) - 1
    assert nx.is_directed_acyclic_graph(order)
    assert len(order) == len(list(barcodes(dims)))
    tops = [x for x in order if order.in_degree(x) == 0]
    bottoms = [x for x in order if order.out_degree(x) == 0]
    assert len(tops) == len(bottoms) == 1
    assert all(i == j for (i, j), _ in bottoms[0])
    reach = {x: nx.descendants(order, x) | {x} for x in order}
    for x, y in itertools.product(order, repeat=2):
        assert (y in reach[x]) == below(ranks_of_barcode(dict(y), length), ranks_of_barcode(dict(x), length))
    for x, y in order.edges:
        assert dict(y) in list(degenerations(dict(x)))


def test_an_elementary_degeneration_is_a_limit():
    # [0,1] + t at the arrow: for every t ≠ 0 the chain is isomorphic to [0,2] + [1,1], at t = 0 to [0,1] + [1,2].
    def at(t: int) -> list[fmpq_mat]:
        return [fmpq_mat([[1], [0]]), fmpq_mat([[t, 1]])]

    assert normal_form(at(0)).bars == {(0, 1): 1, (1, 2): 1}
    assert all(normal_form(at(t)).bars == {(0, 2): 1, (1, 1): 1} for t in (1, -1, 7))
    assert {(0, 1): 1, (1, 2): 1} in list(degenerations({(0, 2): 1, (1, 1): 1}))


def test_limits_and_refusals(monkeypatch):
    with pytest.raises(ChainError, match="do not compose"):
        rank_array([fmpq_mat(2, 3), fmpq_mat(2, 3)])
    with pytest.raises(ChainError, match="at least one"):
        dimension_vector([])
    with pytest.raises(ChainError, match="no chain"):
        barcode({(0, 0): 1, (1, 1): 1, (0, 1): 2})
    monkeypatch.setattr(quiver_order, "_LIMIT", 3)
    with pytest.raises(LimitError, match="more than 3"):
        closure_order((2, 2, 2))


def test_other_matrix_types():
    assert rank_array([fmpz_mat([[1, 2], [2, 4]])])[0, 1] == 1
    assert normal_form([nmod_mat(2, 2, [1, 2, 2, 4], 5)]).bars == {(0, 0): 1, (0, 1): 1, (1, 1): 1}
    assert barcode_chain({}, 1, QQ)[0].nrows() == 0
    assert spell({}) == "0"
    assert spell({(0, 1): 2, (1, 1): 1}) == "2[0,1] + [1,1]"


def test_pictures_show_every_bar():
    bars = {(0, 0): 1, (0, 2): 4, (1, 2): 2}
    text = barcode_text(bars, ["input", "hidden", "out"])
    assert text.splitlines()[1].count("●") == 1
    assert text.splitlines()[2].count("●") == 3
    assert text.splitlines()[2].rstrip().endswith("4")
    assert len(text.splitlines()) == 4
    root = ET.fromstring(barcode_svg(bars, ["a<b", "c&d", "e"]))
    texts = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a<b", "c&d", "e", "1", "4", "2"} <= set(texts)
    thick = [e for e in root.iter("{http://www.w3.org/2000/svg}line") if e.get("stroke-width")]
    assert len(thick) == 3
    assert ET.fromstring(barcode_svg({}, ["x"])).tag.endswith("svg")
