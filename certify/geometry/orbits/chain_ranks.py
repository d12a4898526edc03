"""Exact ranks along a chain of float matrices: intersections at interfaces, polystability, certified barcode.

Floats are dyadic rationals, so every rank here is a fact about integers, not a decision about a threshold. A rank is
bounded below by elimination modulo a prime and above by the ranks of shorter products; the two agree for most chains,
and only where a product loses rank is an exact proof needed (:mod:`certify.linalg.exact.rank`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy.typing as npt
from flint import fmpz_mat, nmod_mat

from certify.errors import ChainError, LimitError
from certify.geometry.orbits.barcode import Barcode, multiplicity
from certify.linalg.exact.integer_matrix import integer_matrix, large_prime
from certify.linalg.exact.rank import ENTRY_LIMIT, WORK_LIMIT, exact_rank
from certify.verdict import Verdict

__all__ = [
    "ChainPolystability",
    "RankBounds",
    "barcode_bounds",
    "certified_barcode",
    "chain_ranks",
    "interface_intersections",
    "polystable_ranks",
]

# (u, v), 0 ≤ u ≤ v ≤ L → certified (lower, upper) bounds of rank(W_v ⋯ W_{u+1}); exact where they agree.
RankBounds: TypeAlias = "dict[tuple[int, int], tuple[int, int]]"


def chain_ranks(matrices: Sequence[npt.ArrayLike], *, work_limit: float = WORK_LIMIT) -> RankBounds:
    """Certified bounds of the ranks of all products of consecutive layers.

    Parameters
    ----------
    matrices : W_1, ..., W_L; W_l has shape (n_l, n_{l−1}), any real dtype that float64 holds exactly.
    work_limit : seconds of one core that a single exact proof may be estimated to take; where it would exceed this, or
        a layer has more than 2**23 entries, the bounds stay apart.

    Raises
    ------
    ChainError
        No layers, or shapes that do not compose.
    InputError, UnsupportedError
        As :func:`certify.linalg.matrix.as_matrix`.

    >>> chain_ranks([[[1.0, 1.0], [1.0, 1.0]], [[1.0, -1.0]]])[0, 2]
    (0, 0)
    """
    layers = [_integer(w) for w in matrices]
    if not layers:
        raise ChainError("a chain needs at least one matrix")
    bounds: RankBounds = {(0, 0): (layers[0].ncols(), layers[0].ncols())}
    for v, w in enumerate(layers, start=1):
        below = bounds[v - 1, v - 1][0]
        if w.ncols() != below:
            raise ChainError(f"layers {v - 1} and {v} do not compose: {below} numbers written, {w.ncols()} read")
        bounds[v, v] = (w.nrows(), w.nrows())
    prime = large_prime(0)
    reduced = [nmod_mat(w, prime) if _affordable(w) else None for w in layers]
    for length in range(1, len(layers) + 1):
        for u in range(len(layers) - length + 1):
            v = u + length
            high = min(bounds[u, v - 1][1], bounds[u + 1, v][1])
            bounds[u, v] = _bound(layers[u:v], reduced[u:v], high, work_limit)
    return bounds


def _integer(w: npt.ArrayLike) -> fmpz_mat:
    # One common power of two a layer: products of integer layers are then integer multiples of products of layers.
    return integer_matrix(w, rows=False, columns=False)


def _affordable(w: fmpz_mat) -> bool:
    return w.nrows() * w.ncols() <= ENTRY_LIMIT


def _bound(
    layers: Sequence[fmpz_mat], reduced: Sequence[nmod_mat | None], high: int, work_limit: float
) -> tuple[int, int]:
    product = reduced[0]
    for w in reduced[1:]:
        product = None if product is None or w is None else w * product
    if product is None:
        return 0, high
    low = int(product.rank())
    if low == high:
        return low, high
    exact = layers[0]
    for w in layers[1:]:
        exact = w * exact
    try:
        rank = exact_rank(exact, work_limit=work_limit)
    except LimitError:
        return low, high
    return rank, rank


def interface_intersections(bounds: RankBounds) -> list[tuple[int, int]]:
    """Certified (lower, upper) bounds of dim(im W_l ∩ ker W_{l+1}) = rank W_l − rank(W_{l+1} W_l) for 1 ≤ l < L.

    >>> interface_intersections(chain_ranks([[[1.0], [1.0]], [[1.0, -1.0]]]))
    [(1, 1)]
    """
    length = max(v for _, v in bounds)
    found: list[tuple[int, int]] = []
    for l in range(1, length):
        rank, product = bounds[l - 1, l], bounds[l - 1, l + 1]
        found.append((max(0, rank[0] - product[1]), rank[1] - product[0]))
    return found


@dataclass(frozen=True, slots=True)
class ChainPolystability:
    """Whether all layers have the rank of the product; ``cause`` says what was found, or what is missing.

    ``layers`` and ``product`` are certified bounds of the ranks.
    """

    verdict: Verdict
    layers: tuple[tuple[int, int], ...]
    product: tuple[int, int]
    cause: str


def polystable_ranks(bounds: RankBounds) -> ChainPolystability:
    """Polystability of the framed chain, rank W_1 = ... = rank W_L = rank(W_L ⋯ W_1), from certified ranks.

    CERTIFIED when all these ranks are known and equal, REFUTED when two of them are certainly different.

    >>> polystable_ranks(chain_ranks([[[1.0], [0.0]], [[0.0, 1.0]]])).cause
    'rank W_1 >= 1 > 0 >= rank of the product'
    """
    length = max(v for _, v in bounds)
    layers = tuple(bounds[l - 1, l] for l in range(1, length + 1))
    product = bounds[0, length]
    names = [*(f"rank W_{l}" for l in range(1, length + 1)), "rank of the product"]
    every = [*layers, product]
    largest = max(range(len(every)), key=lambda k: every[k][0])
    smallest = min(range(len(every)), key=lambda k: every[k][1])
    low, high = every[largest][0], every[smallest][1]
    if low > high:
        cause = f"{names[largest]} >= {low} > {high} >= {names[smallest]}"
        return ChainPolystability(Verdict.REFUTED, layers, product, cause)
    if all(x == y for x, y in every):
        return ChainPolystability(Verdict.CERTIFIED, layers, product, f"all ranks are {low}")
    unknown = ", ".join(f"{name} in [{x}, {y}]" for name, (x, y) in zip(names, every, strict=True) if x != y)
    return ChainPolystability(Verdict.UNDECIDED, layers, product, f"not certified: {unknown}")


def barcode_bounds(bounds: RankBounds) -> dict[tuple[int, int], tuple[int, int]]:
    """Certified (lower, upper) bounds of the multiplicity of every interval [i, j] of vertices 0..L."""
    lows = {place: low for place, (low, _) in bounds.items()}
    highs = {place: high for place, (_, high) in bounds.items()}
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for i, j in sorted(bounds):
        plus, minus = [(i, j), (i - 1, j + 1)], [(i - 1, j), (i, j + 1)]
        low = sum(lows.get(p, 0) for p in plus) - sum(highs.get(p, 0) for p in minus)
        high = sum(highs.get(p, 0) for p in plus) - sum(lows.get(p, 0) for p in minus)
        found[i, j] = (max(0, low), high)
    return found


def certified_barcode(bounds: RankBounds) -> Barcode | None:
    """The barcode when every rank is certified, else None; :func:`barcode_bounds` says what is known then.

    >>> certified_barcode(chain_ranks([[[1.0], [0.0]], [[0.0, 1.0]]]))
    {(0, 1): 1, (1, 2): 1}
    """
    if any(low != high for low, high in bounds.values()):
        return None
    ranks = {place: low for place, (low, _) in bounds.items()}
    found = {(i, j): multiplicity(ranks, i, j) for i, j in sorted(ranks)}
    return {interval: m for interval, m in found.items() if m}
