"""What a change of basis keeps, what chains of floats give, and what shorter products say."""

from __future__ import annotations

import itertools

from certify.geometry.orbits.barcode import Barcode, barcode, barcode_chain, normal_form, rank_array, ranks_of_barcode
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
from certify.linalg.exact.field import QQ
from certify.linalg.exact.subspace import image, kernel
from certify.rigor.exact import fmpq_matrix
from certify.verdict import Verdict
from theorems.engine.declare import Facts
from theorems.engine.instance import Instance
from theorems.statements.a5_quiver.samples import chain as layers_of

__all__ = ["float_ranks", "of_floats", "open_ranks", "rank_bounds", "reparameterized"]


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
        and barcode_bounds(found) == {place: (bars.get(place, 0),) * 2 for place in ranks}
        and interface_intersections(found) == [(i, i) for i in meets]
        and all(low <= bars.get(k, 0) <= high for t in loose for k, (low, high) in barcode_bounds(t).items())
        and all(
            low <= i <= high for t in loose for i, (low, high) in zip(meets, interface_intersections(t), strict=True)
        )
        and polystable_ranks(found).verdict is polystable(chain).verdict
    )


def float_ranks() -> Facts:
    """Ranks of chains of floats, proved, against the bars."""
    from theorems.subjects.orbit_samples import floats

    for dims in ((2, 3, 2, 1), (2, 3, 3, 1), (1, 2, 2, 2), (1, 1, 2, 1, 1)):
        length = len(dims) - 1
        known = [(ranks_of_barcode(bars, length), barcode_chain(bars, length, QQ)) for bars in barcodes(dims)]
        yield (
            f"dimensions {dims}",
            all(chain_ranks(list(map(floats, c))) == {p: (r, r) for p, r in ranks.items()} for ranks, c in known),
        )


def open_ranks() -> Facts:
    """Polystability from bounds of ranks: refuted by two ranks that differ, certified where all agree, else open, with
    the ranks that are missing."""
    one, two, wide = (1, 1), (2, 2), (1, 2)
    listed = (
        ((one, one, one), one, Verdict.CERTIFIED, "all ranks are 1"),
        ((two, two, two), two, Verdict.CERTIFIED, "all ranks are 2"),
        ((two, one, one), one, Verdict.REFUTED, "rank W_1 >= 2 > 1 >= rank W_2"),
        ((one, wide, two), (0, 1), Verdict.REFUTED, "rank W_3 >= 2 > 1 >= rank W_1"),
        ((wide, two, two), one, Verdict.REFUTED, "rank W_2 >= 2 > 1 >= rank of the product"),
        ((one, wide, one), one, Verdict.UNDECIDED, "not certified: rank W_2 in [1, 2]"),
        (
            (wide, one, one),
            (0, 1),
            Verdict.UNDECIDED,
            "not certified: rank W_1 in [1, 2], rank of the product in [0, 1]",
        ),
        ((one, one, one), (0, 1), Verdict.UNDECIDED, "not certified: rank of the product in [0, 1]"),
        ((one, one, wide), one, Verdict.UNDECIDED, "not certified: rank W_3 in [1, 2]"),
    )
    for layers, product, verdict, cause in listed:
        # The products of two layers say nothing of it.
        table = {(l, l + 1): bounds for l, bounds in enumerate(layers)} | {
            (0, 2): (0, 9),
            (1, 3): (0, 9),
            (0, 3): product,
        }
        found = polystable_ranks(table)
        yield f"{layers}, {product}", (found.verdict, found.cause) == (verdict, cause)
        closed = all(low == high for low, high in (*layers, product))
        yield f"{layers}, {product}: no barcode", certified_barcode(table) is None
        del table[0, 2], table[1, 3]
        yield f"{layers}, {product}: a barcode", (certified_barcode(table) is not None) == closed
        yield f"{layers}, {product}: the bounds", (found.layers, found.product) == (layers, product)
    short = polystable_ranks({(0, 0): two, (0, 1): wide})
    yield "one layer", short.cause == "not certified: rank W_1 in [1, 2], rank of the product in [1, 2]"
    yield "one interface", interface_intersections({(0, 1): one, (0, 2): (0, 0)}) == [one]


def rank_bounds() -> Facts:
    """Bounds of a rank from shorter products, against the bars: R(u, v) − (R(a, v) + R(u, b) − R(a, b)) counts those
    that contain [a, b] and neither u nor v; with places missing, and with bounds that are loose by various amounts."""
    for dims in ((2, 2, 2, 2), (1,) * 5, (1, 2, 1, 2, 1), (1,) * 6):
        cases = [(bars, u, v) for bars in barcodes(dims) for u in range(len(dims) - 2) for v in range(u + 2, len(dims))]
        yield (
            f"dimensions {dims}: Frobenius",
            all(_frobenius(*case, len(dims) - 1, times) for case in cases for times in (0, 1)),
        )
        yield f"dimensions {dims}: shorter products", all(_shorter(*case, len(dims) - 1) for case in cases)


def _loose(place: tuple[int, int]) -> tuple[int, int]:
    """How far the bounds of a place are below and above its rank."""
    u, v = place
    return (u + 2 * v) % 3, (2 * u + v + 1) % 4


def _frobenius(bars: Barcode, u: int, v: int, length: int, times: int) -> bool:
    ranks = ranks_of_barcode(bars, length)
    table = {p: (r - times * _loose(p)[0], r + times * _loose(p)[1]) for p, r in ranks.items()}

    def expected(reach: int, missing: tuple[int, int]) -> int:
        best = 0
        for a, b in itertools.combinations_with_replacement(range(max(u + 1, v - reach), v), 2):
            if missing not in ((a, v), (u, b), (a, b)):
                inside = sum(m for (i, j), m in bars.items() if u < i <= a and b <= j < v)
                loss = _loose((a, v))[0] + _loose((u, b))[0] + _loose((a, b))[1]
                best = max(best, ranks[u, v] - inside - times * loss)
        return best

    for missing in ((-1, -1), (u + 1, v), (u, v - 1), (u + 1, v - 1), (u + 1, u + 1)):
        # What stands at (u, v) itself is not asked.
        known = {p: bounds for p, bounds in table.items() if p != missing} | {(u, v): (99, 99)}
        for reach in (None, 1, 2):
            if frobenius_lower(known, u, v, reach) != expected(length if reach is None else reach, missing):
                return False
    return True


def _shorter(bars: Barcode, u: int, v: int, length: int) -> bool:
    ranks = ranks_of_barcode(bars, length)
    inner = [p for p in ranks if u <= p[0] and p[1] <= v and p != (u, v)]
    ends = [(a, b) for a, b in inner if (a == u or b == v) and b - a in (0, 1, v - u - 1)]
    for low in ends:
        known = {p: (0, 7 + (p != low)) for p in ends}
        if shorter_upper(known, u, v) != 7 or shorter_upper({p: known[p] for p in ends if p != low}, u, v) != 8:
            return False
    return shorter_upper({p: (r, r) for p, r in ranks.items()}, u, v) >= ranks[u, v]
