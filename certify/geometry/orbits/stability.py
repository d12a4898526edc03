"""Polystability of a chain with framed ends, decided by exact ranks, with a destabilizing one-parameter subgroup.

The group is ∏ GL(n_l) over the hidden interfaces, W_l ↦ g_l W_l g_{l−1}^{-1} with g_0 = I, g_L = I. The orbit of
(W_1, ..., W_L) is closed (the chain is *polystable*) iff rank W_1 = ... = rank W_L = rank(W_L ⋯ W_1).

Why. Let I_l be the image of W_l ⋯ W_1 and K_l the kernel of W_L ⋯ W_{l+1} in K^{n_l}. Give I_l modulo I_l ∩ K_l the
weight 0, K_l the weight l, and the rest the weight l − L. Every W_l maps each weight to weights at least as large, so
the limit t → 0 exists; only the weight-0 parts survive, on which all maps are isomorphisms of rank r = rank(W_L ⋯ W_1).
So the closure contains a chain all of whose ranks are r, and ranks are constant on an orbit. A chain of equal ranks is
in the orbit of a balanced one, which minimizes the norm on the orbit and therefore has a closed orbit (Kempf–Ness).
Source: FLAG (arXiv 2605.09861).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from certify.errors import InternalError
from certify.geometry.orbits.barcode import dimension_vector, rank_array
from certify.linalg.exact.field import Matrix, field_of
from certify.linalg.exact.subspace import Subspace, from_columns, identity, image, is_invertible, kernel, whole
from certify.verdict import Verdict

__all__ = [
    "Destabilizer",
    "Polystability",
    "chain_limit",
    "destabilizer",
    "end_to_end",
    "interface_intersection",
    "polystable",
    "reachable",
    "reparameterize",
    "unobservable",
]


def end_to_end(chain: Sequence[Matrix]) -> Matrix:
    """W_L ⋯ W_1."""
    return reduce(lambda product, w: w * product, chain)


def reparameterize(chain: Sequence[Matrix], g: Sequence[Matrix]) -> list[Matrix]:
    """The chain g_l W_l g_{l−1}^{-1} for hidden g_1, ..., g_{L−1}; the ends stay as they are."""
    dims = dimension_vector(chain)
    field = field_of(chain[0])
    framed = [identity(dims[0], field), *g, identity(dims[-1], field)]
    return [upper * w * lower.inv() for w, lower, upper in zip(chain, framed, framed[1:], strict=False)]


def interface_intersection(lower: Matrix, upper: Matrix) -> int:
    """dim(im W_l ∩ ker W_{l+1}) = rank W_l − rank(W_{l+1} W_l), by rank–nullity on im W_l.

    Floats of any size: :func:`certify.linalg.exact.rank.intersection_dimension`.
    """
    return int(lower.rank()) - int((upper * lower).rank())


def reachable(chain: Sequence[Matrix], interface: int) -> Subspace:
    """I_l = im(W_l ⋯ W_1) for 1 ≤ l ≤ L."""
    return image(end_to_end(chain[:interface]))


def unobservable(chain: Sequence[Matrix], interface: int) -> Subspace:
    """K_l = ker(W_L ⋯ W_{l+1}) for 0 ≤ l < L."""
    return kernel(end_to_end(chain[interface:]))


@dataclass(frozen=True, slots=True)
class Destabilizer:
    """A one-parameter subgroup of ∏ GL(n_l) and the limit it takes a chain to, outside the orbit of the chain.

    ``bases[l−1]`` and ``weights[l−1]`` belong to interface l: λ_l(t) = basis · diag(t^weights) · basis^{-1}.
    """

    bases: tuple[Matrix, ...]
    weights: tuple[tuple[int, ...], ...]
    limit: tuple[Matrix, ...]

    def proves(self, chain: Sequence[Matrix]) -> bool:
        """Check by multiplication that the limit for t → 0 exists, is the one stated, and has other ranks."""
        if not all(is_invertible(b) for b in self.bases):
            return False
        limit = chain_limit(chain, self.bases, self.weights)
        if limit is None or tuple(limit) != self.limit:
            return False
        return rank_array(chain) != rank_array(self.limit)


@dataclass(frozen=True, slots=True)
class Polystability:
    """The verdict with its witness: the ranks, and for a chain that is not polystable a destabilizer."""

    verdict: Verdict
    layer_ranks: tuple[int, ...]
    product_rank: int
    destabilizer: Destabilizer | None

    def proves(self, chain: Sequence[Matrix]) -> bool:
        """Check the witness against the chain."""
        ranks = tuple(int(w.rank()) for w in chain)
        if ranks != self.layer_ranks or int(end_to_end(chain).rank()) != self.product_rank:
            return False
        equal = set(ranks) == {self.product_rank}
        if self.verdict is Verdict.CERTIFIED:
            return equal
        return self.destabilizer is not None and not equal and self.destabilizer.proves(chain)


def polystable(chain: Sequence[Matrix]) -> Polystability:
    """Whether the orbit of a framed chain under ∏ GL(n_l) is closed, for matrices over an exact field.

    Parameters
    ----------
    chain : W_1, ..., W_L, each n_l x n_{l−1}, L ≥ 1.

    Raises
    ------
    ChainError
        Shapes that do not compose.

    Chains of floats: :func:`certify.geometry.orbits.chain_ranks.polystable_ranks` decides by exact ranks, without the
    witness.

    >>> from flint import fmpq_mat
    >>> polystable([fmpq_mat([[1], [0]]), fmpq_mat([[1, 0]])]).verdict.name
    'CERTIFIED'
    >>> found = polystable([fmpq_mat([[1], [0]]), fmpq_mat([[1, 1]])])
    >>> found.verdict.name, found.layer_ranks, found.product_rank
    ('CERTIFIED', (1, 1), 1)
    >>> polystable([fmpq_mat([[1], [0]]), fmpq_mat([[0, 1]])]).destabilizer.limit
    ([0]
    [0], [0, 0])
    """
    dimension_vector(chain)
    ranks = tuple(int(w.rank()) for w in chain)
    product_rank = int(end_to_end(chain).rank())
    if set(ranks) == {product_rank}:
        return Polystability(Verdict.CERTIFIED, ranks, product_rank, None)
    return Polystability(Verdict.REFUTED, ranks, product_rank, destabilizer(chain))


def destabilizer(chain: Sequence[Matrix]) -> Destabilizer:
    """The subgroup of the module's docstring and its limit: the closed orbit in the closure of the orbit of the chain.

    For a polystable chain the limit lies in the orbit itself.
    """
    dims = dimension_vector(chain)
    field, length = field_of(chain[0]), len(chain)
    bases: list[Matrix] = []
    weights: list[tuple[int, ...]] = []
    for l in range(1, length):
        seen, unseen = reachable(chain, l), unobservable(chain, l)
        blocks: list[tuple[int, Sequence[Sequence[Any]]]] = [
            (0, (seen & unseen).complement_in(seen)),
            (l, unseen.basis),
            (l - length, (seen + unseen).complement_in(whole(dims[l], field))),
        ]
        bases.append(from_columns([v for _, vectors in blocks for v in vectors], dims[l], field))
        weights.append(tuple(w for w, vectors in blocks for _ in vectors))
    limit = chain_limit(chain, bases, weights)
    if limit is None:
        raise InternalError("the weight filtration of a chain is not preserved by its matrices")
    return Destabilizer(tuple(bases), tuple(weights), tuple(limit))


def chain_limit(
    chain: Sequence[Matrix], bases: Sequence[Matrix], weights: Sequence[Sequence[int]]
) -> list[Matrix] | None:
    """The limit of the chain under λ_l(t) = bases[l−1] · diag(t^weights[l−1]) · bases[l−1]^{-1} for t → 0, or None.

    In the bases, entry (i, j) of W_l gets the factor t^(w_i − w_j), the ends having weight 0: there is a limit iff no
    entry with a negative power is nonzero, and it keeps the entries with power 0. The bases must be invertible.
    """
    dims = dimension_vector(chain)
    field = field_of(chain[0])
    framed = [identity(dims[0], field), *bases, identity(dims[-1], field)]
    heights = [[0] * dims[0], *weights, [0] * dims[-1]]
    limit: list[Matrix] = []
    for l, w in enumerate(chain, start=1):
        entries = (framed[l].inv() * w * framed[l - 1]).entries()
        powers = [x - y for x in heights[l] for y in heights[l - 1]]
        if any(entry and power < 0 for entry, power in zip(entries, powers, strict=True)):
            return None
        kept = [entry if power == 0 else 0 * entry for entry, power in zip(entries, powers, strict=True)]
        limit.append(framed[l] * field.matrix(dims[l], dims[l - 1], kept) * framed[l - 1].inv())
    return limit
