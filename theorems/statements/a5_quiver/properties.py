"""What a change of basis keeps, what chains of floats give, and what shorter products say."""

from __future__ import annotations

import itertools

from certify.geometry.orbits.barcode import Barcode, barcode, normal_form, rank_array, ranks_of_barcode
from certify.geometry.orbits.barcode_order import barcodes
from certify.geometry.orbits.chain_ranks import (
    barcode_bounds,
    certified_barcode,
    chain_ranks,
    interface_intersections,
    polystable_ranks,
)
from certify.geometry.orbits.rank_inequalities import frobenius_lower, shorter_upper
from certify.geometry.orbits.stability import polystable
from certify.linalg.exact.subspace import image, kernel
from certify.rigor.exact import fmpq_matrix
from theorems.engine.declare import Facts
from theorems.engine.instance import Instance
from theorems.statements.a5_quiver.samples import chain as layers_of

__all__ = ["inequalities", "of_floats", "reparameterized"]


def reparameterized(x: Instance) -> bool:
    """R and the barcode do not change under exact g_0, ..., g_L of condition up to 10⁶"""
    from theorems.subjects.orbit_samples import own_change

    chain = layers_of(x)
    dims = [chain[0].ncols(), *(w.nrows() for w in chain)]
    g = [own_change(x, n, salt=v) for v, n in enumerate(dims)]
    moved = [g[v + 1] * w * g[v].inv() for v, w in enumerate(chain)]
    return rank_array(moved) == rank_array(chain) and normal_form(moved).proves(moved)


def of_floats(x: Instance) -> bool:
    """for chains of floats: certified ranks, intersections at interfaces, bounds of multiplicities, polystability"""
    from theorems.subjects.orbit_samples import floats

    matrices = [floats(w) for w in layers_of(x)]
    chain = [fmpq_matrix(w) for w in matrices]
    ranks, found = rank_array(chain), chain_ranks(matrices)
    bars = barcode(ranks)
    meets = [(image(w) & kernel(w_next)).dim for w, w_next in itertools.pairwise(chain)]
    # Bounds that are loose on one side, the other way round for products of an even number of layers.
    loose = [
        {(u, v): (max(0, r - 1), r) if (v - u + shift) % 2 else (r, r + 1) for (u, v), r in ranks.items()}
        for shift in (0, 1)
    ]
    return (
        found == {place: (r, r) for place, r in ranks.items()}
        and certified_barcode(found) == bars
        and interface_intersections(found) == [(i, i) for i in meets]
        and all(low <= bars.get(k, 0) <= high for t in loose for k, (low, high) in barcode_bounds(t).items())
        and all(
            low <= i <= high for t in loose for i, (low, high) in zip(meets, interface_intersections(t), strict=True)
        )
        and polystable_ranks(found).verdict is polystable(chain).verdict
    )


def inequalities() -> Facts:
    """Frobenius' bound falls short by the bars strictly inside, R(u, v) − (R(a, v) + R(u, b) − R(a, b)) being the bars
    that contain [a, b] and neither u nor v; a shorter product bounds a longer one. What is not known says nothing."""
    for dims in ((1, 2, 2, 1), (2, 2, 2, 2), (1, 2, 2, 2, 1), (1,) * 6):
        length = len(dims) - 1
        for u, v in [(u, v) for u, v in itertools.combinations(range(length + 1), 2) if v - u > 1]:
            places = [(a, b) for a in range(u, v + 1) for b in range(a, v + 1) if (a, b) != (u, v)]
            unknown: list[tuple[int, int] | None] = [None, *places]
            yield (
                f"dimensions {dims}, R({u}, {v})",
                all(_bounded(bars, length, u, v, gone) for bars in barcodes(dims) for gone in unknown),
            )
    for place in ((1, 3), (0, 2), (0, 0), (3, 3), (2, 3), (0, 1)):
        yield f"R({place[0]}, {place[1]}) alone", shorter_upper({place: (0, 7)}, 0, 3) == 7
        others = dict.fromkeys(((1, 3), (0, 2), (0, 0), (3, 3), (2, 3), (0, 1)), (0, 9))
        yield f"R({place[0]}, {place[1]}) the smallest", shorter_upper(others | {place: (0, 7)}, 0, 3) == 7
    yield "a layer", shorter_upper({(0, 0): (2, 3), (1, 1): (1, 4), (0, 1): (0, 1)}, 0, 1) == 3


def _bounded(bars: Barcode, length: int, u: int, v: int, gone: tuple[int, int] | None) -> bool:
    ranks = ranks_of_barcode(bars, length)
    known = {place: r for place, r in ranks.items() if place not in (gone, (u, v))}
    found: list[bool] = []
    for reach in (None, 1, 2):
        first = u + 1 if reach is None else max(u + 1, v - reach)
        inner = [
            ranks[u, v] - sum(m for (i, j), m in bars.items() if u < i <= a and b <= j < v)
            for a in range(first, v)
            for b in range(a, v)
            if gone not in ((a, v), (u, b), (a, b))
        ]
        for slack in (0, 1):
            table = {place: (r - slack, r + slack) for place, r in known.items()}
            found.append(frobenius_lower(table, u, v, reach) == max([0, *(r - 3 * slack for r in inner)]))
    table = {place: (0, r) for place, r in known.items()}
    adjacent = [p for p in ((u, v - 1), (u + 1, v)) if p != gone]
    return all(found) and ranks[u, v] <= shorter_upper(table, u, v) <= min(ranks[p] for p in adjacent)
