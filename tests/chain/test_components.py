"""Connected parts of a chain's graph."""

from __future__ import annotations

import numpy as np

from certify.chain import Chain, Edge
from certify.chain.components import components_of


def chain(count, edges):
    base = Chain.from_arrays([np.eye(2)] * count)
    return Chain(base.layers, tuple(Edge(*edge) for edge in edges))


def parts(count, edges):
    return [(part.subject, part.layers, part.edges, part.straight) for part in components_of(chain(count, edges))]


def test_one_line():
    assert parts(3, [(0, 1), (1, 2)]) == [("chain", (0, 1, 2), (0, 1), True)]
    assert parts(3, [(1, 2), (0, 1)]) == [("chain", (0, 1, 2), (1, 0), True)]
    assert parts(1, []) == [("chain", (0,), (), True)]


def test_several_parts_in_the_order_of_their_lowest_layers():
    assert parts(5, [(1, 3), (0, 2), (2, 4)]) == [
        ("chain W1 -> W5", (0, 2, 4), (1, 2), True),
        ("chain W2 -> W4", (1, 3), (0,), True),
    ]
    assert parts(3, [(0, 1)])[1] == ("chain W3", (2,), (), True)


def test_branches_are_not_straight():
    assert parts(3, [(0, 1), (0, 2)]) == [("chain", (0, 1, 2), (0, 1), False)]
    assert parts(3, [(0, 2), (1, 2)])[0][3] is False
    assert [straight for *_, straight in parts(4, [(0, 1), (1, 2), (0, 2)])] == [False, True]


def test_late_edges_join_parts():
    assert parts(4, [(0, 1), (2, 3), (1, 2)]) == [("chain", (0, 1, 2, 3), (0, 2, 1), True)]
