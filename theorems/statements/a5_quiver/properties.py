"""What a change of basis keeps, what shorter products say, and what chains of floats give."""

from __future__ import annotations

import itertools

from certify.geometry.orbits.barcode import barcode, normal_form, rank_array
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


def inequalities(x: Instance) -> bool:
    """shorter products bound a rank; Frobenius' bound falls short by the bars strictly inside

    R(u, v) − (R(a, v) + R(u, b) − R(a, b)) counts the bars that contain [a, b] and neither u nor v.
    """
    ranks = rank_array(layers_of(x))
    bars = barcode(ranks)
    exact = {place: (r, r) for place, r in ranks.items()}
    loose = {place: (r - 1, r + 1) for place, r in ranks.items()}
    claims: list[bool] = []
    for u, v in ((u, v) for u, v in ranks if v >= u + 2):
        for reach in (None, 1):
            first = u + 1 if reach is None else max(u + 1, v - reach)
            best = max(
                ranks[u, v] - sum(m for (i, j), m in bars.items() if u < i <= a and b <= j < v)
                for a in range(first, v)
                for b in range(a, v)
            )
            claims += [
                frobenius_lower(exact, u, v, reach) == max(0, best),
                frobenius_lower(loose, u, v, reach) == max(0, best - 3),
            ]
        shorter = min(ranks[u, v - 1], ranks[u + 1, v])
        claims += [shorter_upper(exact, u, v) == shorter, shorter_upper(loose, u, v) == shorter + 1]
        claims.append(shorter_upper({(v, v): (0, 5)}, u, v) == 5 and shorter_upper({(u, u): (0, 4)}, u, v) == 4)
    return all(claims)
