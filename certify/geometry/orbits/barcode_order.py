"""The orbits of a dimension vector of the linear quiver, and the order of their closures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import networkx as nx

from certify.errors import LimitError
from certify.geometry.orbits.barcode import Barcode, below, ranks_of_barcode

__all__ = ["barcodes", "closure_order", "degenerations", "spell"]

_LIMIT = 2000


def barcodes(dims: Sequence[int]) -> Iterator[Barcode]:
    """All barcodes with ``dims[v]`` bars over vertex v: the orbits of that dimension vector.

    >>> len(list(barcodes((1, 1)))), len(list(barcodes((2, 2, 2))))
    (2, 10)
    """

    def extend(v: int, open_bars: dict[int, int]) -> Iterator[Barcode]:
        # open_bars: birth → how many bars born there reach vertex v.
        if v == len(dims) - 1:
            yield {(birth, v): m for birth, m in open_bars.items() if m}
            return
        for kept in _choices(sorted(open_bars.items()), dims[v + 1]):
            ended = {(birth, v): m - kept.get(birth, 0) for birth, m in open_bars.items()}
            born = dims[v + 1] - sum(kept.values())
            for rest in extend(v + 1, kept | {v + 1: born}):
                yield {bar: m for bar, m in ended.items() if m} | rest

    yield from extend(0, {0: dims[0]})


def _choices(groups: list[tuple[int, int]], limit: int) -> Iterator[dict[int, int]]:
    if not groups:
        yield {}
        return
    (birth, count), rest = groups[0], groups[1:]
    for kept in range(min(count, limit) + 1):
        for others in _choices(rest, limit - kept):
            yield {birth: kept} | others


def degenerations(bars: Barcode) -> Iterator[Barcode]:
    """The elementary degenerations [a, d] + [c, b] → [a, b] + [c, d] for a < c ≤ b + 1, b < d ([b+1, b] being empty).

    Each is a limit of chains: on [a, b] + [c, d] let the arrow b → b+1 send the last basis vector of [a, b] to t times
    the vector of [c, d]. For t ≠ 0 this is [a, d] + [c, b], for t = 0 the sum.
    """
    for (a, d), m in bars.items():
        for (c, b), k in [*bars.items(), *(((c, c - 1), 1) for c in range(a + 1, d + 1))]:
            if not (a < c <= b + 1 and b < d) or m < 1 or k < 1:
                continue
            new = dict(bars)
            new[a, d] -= 1
            if b >= c:
                new[c, b] -= 1
            for interval in ((a, b), (c, d)):
                new[interval] = new.get(interval, 0) + 1
            yield {interval: n for interval, n in sorted(new.items()) if n}


def spell(bars: Barcode) -> str:
    """A barcode as text, ``"[0,2] + 2[1,1]"``; ``"0"`` when it is empty."""
    parts = [f"{m if m > 1 else ''}[{i},{j}]" for (i, j), m in sorted(bars.items())]
    return " + ".join(parts) or "0"


def closure_order(dims: Sequence[int]) -> nx.DiGraph[Any]:
    """The Hasse diagram of the closure order: an edge from an orbit to each orbit it covers.

    Nodes are barcodes as sorted tuples of ((i, j), multiplicity); the attribute ``label`` spells them, ``ranks`` holds
    the rank array. Raises :class:`LimitError` beyond 2000 orbits.

    >>> order = closure_order((1, 1, 1))
    >>> len(order), [order.nodes[x]["label"] for x in order if order.out_degree(x) == 0]
    (4, ['[0,0] + [1,1] + [2,2]'])
    """
    nodes: list[Barcode] = []
    for bars in barcodes(dims):
        nodes.append(bars)
        if len(nodes) > _LIMIT:
            raise LimitError(
                f"the dimension vector {tuple(dims)} has more than {_LIMIT} orbits",
                limit=f"{_LIMIT} orbits",
                hint="take smaller dimensions or fewer layers",
            )
    length = len(dims) - 1
    ranks = [ranks_of_barcode(bars, length) for bars in nodes]
    keys = [tuple(sorted(bars.items())) for bars in nodes]
    order: nx.DiGraph[Any] = nx.DiGraph()
    for key, bars, rank in zip(keys, nodes, ranks, strict=True):
        order.add_node(key, label=spell(bars), ranks=rank)
    for i, upper in enumerate(ranks):
        for j, lower in enumerate(ranks):
            if i != j and below(lower, upper):
                order.add_edge(keys[i], keys[j])
    reduced: nx.DiGraph[Any] = nx.transitive_reduction(order)
    reduced.add_nodes_from(order.nodes(data=True))
    return reduced
