"""The closure order of the orbits of a dimension vector."""

from __future__ import annotations

import itertools

import networkx as nx
import pytest
from flint import fmpq_mat

from certify.geometry.orbits.barcode import (
    below,
    normal_form,
    ranks_of_barcode,
)
from certify.geometry.orbits.barcode_order import barcodes, closure_order, degenerations


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
