"""Chains with free ends as representations of the linear quiver 0 → 1 → ... → L: ranks, barcode, normal form.

A chain W_1, ..., W_L with W_v of shape n_v x n_{v-1} is, up to bases in all the K^{n_v}, a direct sum of intervals
[i, j]: one-dimensional at the vertices i, ..., j, joined by identities. Source: FLAG (arXiv 2605.09861); Gabriel's
theorem for type A, and Abeasis–Del Fra for the closures.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from certify.errors import ChainError
from certify.linalg.exact.field import Field, Matrix, field_of
from certify.linalg.exact.subspace import Subspace, echelon, from_columns, is_invertible, whole

__all__ = [
    "Barcode",
    "NormalForm",
    "Ranks",
    "barcode",
    "barcode_chain",
    "below",
    "dimension_vector",
    "multiplicity",
    "normal_form",
    "rank_array",
    "ranks_of_barcode",
]

Interval: TypeAlias = "tuple[int, int]"
# (i, j) → number of copies of the interval of vertices i..j, only positive entries.
Barcode: TypeAlias = "dict[Interval, int]"
# (u, v) with 0 ≤ u ≤ v ≤ L → rank of K^{n_u} → K^{n_v}.
Ranks: TypeAlias = "dict[Interval, int]"


def dimension_vector(chain: Sequence[Matrix]) -> tuple[int, ...]:
    """(n_0, ..., n_L). Raises :class:`ChainError` for an empty chain or shapes that do not compose."""
    if not chain:
        raise ChainError("a chain needs at least one matrix")
    for k, (lower, upper) in enumerate(itertools.pairwise(chain), start=1):
        if upper.ncols() != lower.nrows():
            raise ChainError(
                f"matrices {k} and {k + 1} do not compose: {lower.nrows()}x{lower.ncols()} writes {lower.nrows()} "
                f"numbers, {upper.nrows()}x{upper.ncols()} reads {upper.ncols()}"
            )
    return (chain[0].ncols(), *(w.nrows() for w in chain))


def rank_array(chain: Sequence[Matrix]) -> Ranks:
    """R(u, v) = rank(W_v ⋯ W_{u+1}) for 0 ≤ u ≤ v ≤ L, R(v, v) = n_v, over any exact field.

    >>> from flint import fmpq_mat
    >>> rank_array([fmpq_mat([[1, 0], [0, 0]])])
    {(0, 0): 2, (1, 1): 2, (0, 1): 1}
    """
    dims = dimension_vector(chain)
    ranks: Ranks = {(v, v): n for v, n in enumerate(dims)}
    for u in range(len(chain)):
        product = None
        for v in range(u + 1, len(chain) + 1):
            product = chain[v - 1] if product is None else chain[v - 1] * product
            ranks[u, v] = int(product.rank())
    return ranks


def multiplicity(ranks: Mapping[Interval, int], i: int, j: int) -> int:
    """The number of copies of [i, j]: R(i,j) − R(i−1,j) − R(i,j+1) + R(i−1,j+1), ranks out of range being 0."""
    return ranks.get((i, j), 0) - ranks.get((i - 1, j), 0) - ranks.get((i, j + 1), 0) + ranks.get((i - 1, j + 1), 0)


def barcode(ranks: Mapping[Interval, int]) -> Barcode:
    """The multiplicities of all intervals, a complete invariant of the chain with free ends.

    >>> barcode({(0, 0): 2, (1, 1): 2, (0, 1): 1})
    {(0, 0): 1, (0, 1): 1, (1, 1): 1}
    """
    found = {(i, j): multiplicity(ranks, i, j) for i, j in sorted(ranks)}
    if any(m < 0 for m in found.values()):
        raise ChainError("no chain has these ranks", place=next(str(k) for k, m in found.items() if m < 0))
    return {interval: m for interval, m in found.items() if m}


def ranks_of_barcode(bars: Mapping[Interval, int], length: int) -> Ranks:
    """R(u, v): the number of intervals that contain u and v; ``length`` is L.

    >>> ranks_of_barcode({(0, 0): 1, (0, 1): 1, (1, 1): 1}, 1)
    {(0, 0): 2, (0, 1): 1, (1, 1): 2}
    """
    return {
        (u, v): sum(m for (i, j), m in bars.items() if i <= u and v <= j)
        for u in range(length + 1)
        for v in range(u, length + 1)
    }


def below(first: Mapping[Interval, int], second: Mapping[Interval, int]) -> bool:
    """Whether the orbit with ranks ``first`` lies in the closure of the one with ranks ``second``: R ≤ R'."""
    return all(rank <= second.get(place, 0) for place, rank in first.items())


def barcode_chain(bars: Mapping[Interval, int], length: int, field: Field) -> list[Matrix]:
    """The normal form: a chain of 0/1 matrices, the basis at each vertex being its bars in sorted order."""
    order = [interval for interval in sorted(bars) for _ in range(bars[interval])]
    alive = [[k for k, (i, j) in enumerate(order) if i <= v <= j] for v in range(length + 1)]
    return [
        field.matrix(len(alive[v]), len(alive[v - 1]), [int(k == m) for k in alive[v] for m in alive[v - 1]])
        for v in range(1, length + 1)
    ]


@dataclass(frozen=True, slots=True)
class NormalForm:
    """``bars`` and, for every vertex v, an invertible matrix g_v with g_v W_v g_{v-1}^{-1} = N_v (0/1 matrices).

    ``bases[v]`` is g_v^{-1}: its columns are the basis of K^{n_v} adapted to the bars alive at v, in sorted order.
    """

    bars: Barcode
    bases: tuple[Matrix, ...]

    def chain(self) -> list[Matrix]:
        """N_1, ..., N_L."""
        return barcode_chain(self.bars, len(self.bases) - 1, field_of(self.bases[0]))

    def proves(self, chain: Sequence[Matrix]) -> bool:
        """Check by multiplication: W_v B_{v-1} = B_v N_v for every v, with all B_v invertible."""
        return (
            len(chain) == len(self.bases) - 1
            and all(is_invertible(b) for b in self.bases)
            and all(
                w * lower == upper * normal
                for w, lower, upper, normal in zip(chain, self.bases[:-1], self.bases[1:], self.chain(), strict=True)
            )
        )


class _Bar:
    # A bar that is still growing: its birth, and its vector at each vertex from the birth on.
    def __init__(self, birth: int, vector: Sequence[Any]) -> None:
        self.birth = birth
        self.vectors = [list(vector)]

    def add(self, factor: Any, older: _Bar) -> None:
        # The older bar has a vector at every vertex where this one has, so adding it is a change of basis.
        shift = self.birth - older.birth
        for k, own in enumerate(self.vectors):
            other = older.vectors[k + shift]
            self.vectors[k] = [x + factor * y for x, y in zip(own, other, strict=True)]


def normal_form(chain: Sequence[Matrix]) -> NormalForm:
    """The barcode of a chain with an exact change of basis at every vertex that brings the chain to its normal form.

    Vertex by vertex, the images of the living basis vectors are reduced against one another, always an image of a
    younger bar by images of older ones; a bar whose image becomes zero ends, and vectors outside the image begin bars.

    >>> from flint import fmpq_mat
    >>> chain = [fmpq_mat([[1, 2], [2, 4]]), fmpq_mat([[2, -1]])]
    >>> form = normal_form(chain)
    >>> form.bars, form.proves(chain)
    ({(0, 0): 1, (0, 1): 1, (1, 2): 1}, True)
    """
    dims = dimension_vector(chain)
    field = field_of(chain[0])
    living = [_Bar(0, v) for v in whole(dims[0], field).basis]
    ended: list[tuple[int, _Bar]] = []
    for v, w in enumerate(chain, start=1):
        survivors = _push(living, w, field, v - 1, ended)
        taken = Subspace.span([bar.vectors[-1] for bar in survivors], field, dims[v])
        living = survivors + [_Bar(v, x) for x in taken.complement_in(whole(dims[v], field))]
    ended += [(len(chain), bar) for bar in living]
    ordered = sorted(ended, key=lambda pair: (pair[1].birth, pair[0]))
    bars: Barcode = {}
    for death, bar in ordered:
        bars[bar.birth, death] = bars.get((bar.birth, death), 0) + 1
    bases = [
        from_columns([bar.vectors[v - bar.birth] for death, bar in ordered if bar.birth <= v <= death], dims[v], field)
        for v in range(len(dims))
    ]
    return NormalForm(bars, tuple(bases))


def _push(living: list[_Bar], w: Matrix, field: Field, v: int, ended: list[tuple[int, _Bar]]) -> list[_Bar]:
    survivors: list[_Bar] = []
    # Oldest first: an image that depends on earlier ones belongs to the youngest bar of the relation.
    for bar in sorted(living, key=lambda b: b.birth):
        image = _apply(w, bar.vectors[-1], field)
        relation = _dependence([s.vectors[-1] for s in survivors], image, field)
        if relation is None:
            bar.vectors.append(image)
            survivors.append(bar)
            continue
        # At this moment survivors carry one vector more (at v + 1); addition up to v uses aligned indices only.
        for factor, older in zip(relation, survivors, strict=True):
            if factor:
                bar.add(-factor, older)
        ended.append((v, bar))
    return survivors


def _apply(w: Matrix, vector: Sequence[Any], field: Field) -> list[Any]:
    return list((w * from_columns([vector], w.ncols(), field)).entries())


def _dependence(vectors: list[list[Any]], target: list[Any], field: Field) -> list[Any] | None:
    # Coefficients of target in the independent vectors, or None when it is independent of them.
    height, count = len(target), len(vectors)
    rows, pivots = echelon(from_columns([*vectors, target], height, field))
    if count in pivots:
        return None
    return [row[count] for row in rows]
